//! Folding: the form in which two spellings of one thing are equal.
//!
//! Folded text has full-width katakana for every kana, small letters without diacritics, one form for kanji that have
//! several, plain digits, and no spaces, punctuation or long-vowel marks. It is for comparing, never for showing.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;
use unicode_normalization::UnicodeNormalization;

/// Folded text that knows where each of its characters came from.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Folded {
    text: String,
    /// For each byte of the folded text: the bytes of the original that its character came from.
    origins: Vec<(u32, u32)>,
}

impl Folded {
    /// Folds `original`; what lies beyond 4 GiB is left out.
    pub fn new(original: &str) -> Folded {
        let (text, origins) = (String::with_capacity(original.len()), Vec::with_capacity(original.len()));
        let mut folded = Folded { text, origins };
        let mut characters = original.char_indices().peekable();
        while let Some((start, character)) = characters.next() {
            let mut end = start + character.len_utf8();
            if character.is_ascii() && !characters.peek().is_some_and(|&(_, next)| extends(next)) {
                folded.push(character.to_ascii_lowercase(), start, end);
                continue;
            }
            let mut run = 0;
            while let Some(&(at, next)) = characters.peek().filter(|&&(_, next)| extends(next) && run < 8) {
                end = at + next.len_utf8();
                run += 1;
                characters.next();
            }
            folded.cluster(&original[start..end], start, end);
        }
        folded
    }

    /// Returns the folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the bytes of the original that a byte range of the folded text came from, or `None` when it is empty
    /// or out of bounds.
    pub fn origin(&self, range: Range<usize>) -> Option<Range<usize>> {
        let first = self.origins.get(range.start)?;
        let last = self.origins.get(range.end.checked_sub(1)?)?;
        (range.start < range.end).then_some(first.0 as usize..last.1 as usize)
    }

    /// Folds a base character with the marks that follow it.
    fn cluster(&mut self, cluster: &str, start: usize, end: usize) {
        let mut alone = cluster.chars();
        if let (Some(character @ ('\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{4E00}'..='\u{9FFF}')), None) =
            (alone.next(), alone.next())
        {
            return self.push(one(character), start, end);
        }
        let bare = cluster.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36F}' | '\u{FE00}'..='\u{FE0F}'));
        for character in bare.nfc().flat_map(char::to_lowercase).collect::<String>().nfkc() {
            match character {
                'ß' => ["s", "s"].iter().for_each(|s| self.push_str(s, start, end)),
                'æ' | 'œ' => self.push_str(if character == 'æ' { "ae" } else { "oe" }, start, end),
                '々' => {
                    if let Some(previous) = self.text.chars().next_back() {
                        self.push(previous, start, end);
                    }
                }
                _ => self.push(one(character), start, end),
            }
        }
    }

    fn push_str(&mut self, text: &str, start: usize, end: usize) {
        text.chars().for_each(|character| self.push(character, start, end));
    }

    fn push(&mut self, character: char, start: usize, end: usize) {
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { return };
        if is_separator(character) {
            return;
        }
        self.text.push(character);
        self.origins.extend(std::iter::repeat_n((start, end), character.len_utf8()));
    }
}

/// Returns the folded form of `text`.
///
/// ```
/// use tokumei_text::normal::fold;
/// assert_eq!(fold("ﾔﾏﾀﾞ　ﾀﾛｳ"), fold("やまだ・たろう"));
/// assert_eq!(fold("髙﨑"), fold("高崎"));
/// assert_eq!(fold("ＩＤ－００１２"), "id0012");
/// ```
pub fn fold(text: &str) -> String {
    Folded::new(text).text
}

/// Tells whether folding drops the character: whatever is neither a letter nor a digit, and marks of length.
pub fn is_separator(character: char) -> bool {
    !character.is_alphanumeric() || matches!(character, 'ー' | 'ｰ')
}

/// Tells whether a character changes the one before it.
fn extends(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36F}' | '\u{3099}' | '\u{309A}' | 'ﾞ' | 'ﾟ' | '\u{1160}'..='\u{11FF}' | '\u{FE00}'..='\u{FE0F}'
    )
}

/// Folds one character that NFKC has normalised.
fn one(character: char) -> char {
    match character {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => kana(char::from_u32(character as u32 + 0x60).unwrap_or(character)),
        'ァ'..='ヺ' => kana(character),
        'ø' => 'o',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ı' => 'i',
        'þ' => 't',
        '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' => kanji(character),
        _ => character,
    }
}

/// Old data writes small kana large, and some syllables in two ways.
fn kana(character: char) -> char {
    match character {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        'ヰ' => 'イ',
        'ヱ' => 'エ',
        'ヲ' => 'オ',
        other => other,
    }
}

/// Returns the everyday form of a kanji that names write in other ways.
fn kanji(character: char) -> char {
    static EVERYDAY: OnceLock<HashMap<char, char>> = OnceLock::new();
    let everyday = EVERYDAY.get_or_init(|| {
        VARIANTS.iter().flat_map(|&(common, variants)| variants.chars().map(move |variant| (variant, common))).collect()
    });
    everyday.get(&character).copied().unwrap_or(character)
}

/// The everyday form first, then old, printed and regional forms.
const VARIANTS: &[(char, &str)] = &[
    ('高', "髙"),
    ('崎', "﨑嵜碕埼"),
    ('辺', "邊邉"),
    ('沢', "澤泽"),
    ('浜', "濱濵滨"),
    ('斎', "齋斉齊"),
    ('島', "嶋嶌岛"),
    ('桜', "櫻"),
    ('国', "國囯"),
    ('広', "廣广"),
    ('真', "眞"),
    ('恵', "惠"),
    ('竜', "龍龙"),
    ('滝', "瀧"),
    ('沖', "冲"),
    ('吉', "𠮷"),
    ('土', "圡"),
    ('富', "冨"),
    ('関', "關关"),
    ('条', "條"),
    ('栄', "榮"),
    ('実', "實实"),
    ('寿', "壽"),
    ('徳', "德"),
    ('万', "萬"),
    ('与', "與"),
    ('豊', "豐"),
    ('峰', "峯"),
    ('野', "埜"),
    ('曽', "曾"),
    ('蔵', "藏"),
    ('黒', "黑"),
    ('横', "橫"),
    ('薮', "藪"),
    ('桧', "檜"),
    ('会', "會"),
    ('学', "學斈"),
    ('円', "圓"),
    ('亀', "龜"),
    ('鉄', "鐵鐡"),
    ('緑', "綠"),
    ('静', "靜"),
    ('顕', "顯"),
    ('礼', "禮"),
    ('弥', "彌"),
    ('渓', "溪"),
    ('来', "來"),
    ('松', "枩柗"),
    ('梅', "楳"),
    ('館', "舘"),
    ('船', "舩"),
    ('鶴', "靏靍"),
    ('桑', "桒"),
    ('郎', "郞"),
    ('朗', "朖"),
    ('清', "淸"),
    ('青', "靑"),
    ('瀬', "瀨"),
    ('頼', "賴"),
    ('増', "增"),
    ('巻', "卷"),
    ('県', "縣"),
    ('穂', "穗"),
    ('収', "收"),
    ('従', "從"),
    ('庄', "莊荘"),
    ('将', "將"),
    ('証', "證"),
    ('尽', "盡"),
    ('数', "數"),
    ('総', "總"),
    ('団', "團"),
    ('鎮', "鎭"),
    ('党', "黨"),
    ('独', "獨"),
    ('壱', "壹"),
    ('拝', "拜"),
    ('薫', "薰"),
    ('桝', "枡"),
    ('槙', "槇"),
    ('遥', "遙"),
    ('尭', "堯"),
    ('凛', "凜"),
    ('祢', "禰"),
    ('芦', "蘆"),
    ('蛍', "螢"),
    ('莱', "萊"),
    ('闘', "鬪"),
    ('鴎', "鷗"),
    ('焔', "焰"),
    ('掴', "摑"),
    ('頬', "頰"),
    ('聡', "聰"),
    ('応', "應"),
    ('検', "檢"),
    ('剣', "劍劒"),
    ('経', "經"),
    ('継', "繼"),
    ('医', "醫"),
    ('気', "氣"),
    ('区', "區"),
    ('号', "號"),
    ('湾', "灣"),
    ('弁', "辨瓣辯"),
    ('歩', "步"),
    ('梁', "樑"),
    ('昂', "昻"),
    ('呂', "吕"),
    ('侯', "矦"),
    ('秋', "穐龝"),
    ('岳', "嶽"),
    ('岩', "嵒巖"),
    ('留', "畄"),
    ('双', "雙"),
    ('杉', "椙"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_cases_and_scripts_of_kana_are_one() {
        assert_eq!(fold("ＡＢＣ　１２"), "abc12");
        assert_eq!(fold("ﾊﾟﾋﾟｯﾌﾟ"), fold("ぱぴっぷ"));
        assert_eq!(fold("サトー"), "サト");
        assert_eq!(fold("ｼﾖｳｼﾞ"), fold("しょうじ"));
    }

    #[test]
    fn letters_lose_their_marks() {
        assert_eq!(fold("Müller-Ångström"), "mullerangstrom");
        assert_eq!(fold("Łódź Straße"), "lodzstrasse");
        assert_eq!(fold("e\u{301}"), "e");
    }

    #[test]
    fn no_everyday_kanji_is_a_variant_of_another() {
        for (common, variants) in VARIANTS {
            assert!(variants.chars().all(|v| v != *common && !VARIANTS.iter().any(|row| row.0 == v)), "{common}");
        }
    }

    #[test]
    fn kanji_variants_and_repetition_are_one() {
        assert_eq!(fold("渡邊・齋藤・濱﨑"), fold("渡辺斎藤浜崎"));
        assert_eq!(fold("佐々木"), fold("佐佐木"));
    }

    #[test]
    fn origins_are_byte_ranges_of_the_original() {
        let original = "x ﾔﾏﾀﾞ-Ｔ";
        let folded = Folded::new(original);
        assert_eq!(folded.text(), "xヤマダt");
        let start = folded.text().find('マ').expect("there");
        let range = folded.origin(start..folded.text().len() - 1).expect("inside");
        assert_eq!(&original[range], "ﾏﾀﾞ");
        assert_eq!(folded.origin(3..3), None);
        assert_eq!(folded.origin(0..99), None);
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for text in ["髙橋 ｶﾞｸ", "İstanbul", "ŒUVRE", "佐々木", "㈱㍿", "ﬁ", "ヴァイオリン", "𠮷野家"]
        {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
