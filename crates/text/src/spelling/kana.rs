//! Kana and Latin letters: transliteration both ways, and half-width kana.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// Syllables of two kana first. Hepburn, then Kunrei where it differs.
const SYLLABLES: &[(&str, &str, &str)] = &[
    ("キャ", "kya", ""),
    ("キュ", "kyu", ""),
    ("キョ", "kyo", ""),
    ("ギャ", "gya", ""),
    ("ギュ", "gyu", ""),
    ("ギョ", "gyo", ""),
    ("シャ", "sha", "sya"),
    ("シュ", "shu", "syu"),
    ("ショ", "sho", "syo"),
    ("シェ", "she", "sye"),
    ("ジャ", "ja", "zya"),
    ("ジュ", "ju", "zyu"),
    ("ジョ", "jo", "zyo"),
    ("ジェ", "je", "zye"),
    ("チャ", "cha", "tya"),
    ("チュ", "chu", "tyu"),
    ("チョ", "cho", "tyo"),
    ("チェ", "che", "tye"),
    ("ニャ", "nya", ""),
    ("ニュ", "nyu", ""),
    ("ニョ", "nyo", ""),
    ("ヒャ", "hya", ""),
    ("ヒュ", "hyu", ""),
    ("ヒョ", "hyo", ""),
    ("ビャ", "bya", ""),
    ("ビュ", "byu", ""),
    ("ビョ", "byo", ""),
    ("ピャ", "pya", ""),
    ("ピュ", "pyu", ""),
    ("ピョ", "pyo", ""),
    ("ミャ", "mya", ""),
    ("ミュ", "myu", ""),
    ("ミョ", "myo", ""),
    ("リャ", "rya", ""),
    ("リュ", "ryu", ""),
    ("リョ", "ryo", ""),
    ("ティ", "ti", ""),
    ("ディ", "di", ""),
    ("ファ", "fa", ""),
    ("フィ", "fi", ""),
    ("フェ", "fe", ""),
    ("フォ", "fo", ""),
    ("ヴァ", "va", ""),
    ("ヴィ", "vi", ""),
    ("ヴェ", "ve", ""),
    ("ヴォ", "vo", ""),
    ("ウィ", "wi", ""),
    ("ウェ", "we", ""),
    ("ア", "a", ""),
    ("イ", "i", ""),
    ("ウ", "u", ""),
    ("エ", "e", ""),
    ("オ", "o", ""),
    ("カ", "ka", ""),
    ("キ", "ki", ""),
    ("ク", "ku", ""),
    ("ケ", "ke", ""),
    ("コ", "ko", ""),
    ("ガ", "ga", ""),
    ("ギ", "gi", ""),
    ("グ", "gu", ""),
    ("ゲ", "ge", ""),
    ("ゴ", "go", ""),
    ("サ", "sa", ""),
    ("シ", "shi", "si"),
    ("ス", "su", ""),
    ("セ", "se", ""),
    ("ソ", "so", ""),
    ("ザ", "za", ""),
    ("ジ", "ji", "zi"),
    ("ズ", "zu", ""),
    ("ゼ", "ze", ""),
    ("ゾ", "zo", ""),
    ("タ", "ta", ""),
    ("チ", "chi", "ti"),
    ("ツ", "tsu", "tu"),
    ("テ", "te", ""),
    ("ト", "to", ""),
    ("ダ", "da", ""),
    ("ヂ", "ji", "zi"),
    ("ヅ", "zu", ""),
    ("デ", "de", ""),
    ("ド", "do", ""),
    ("ナ", "na", ""),
    ("ニ", "ni", ""),
    ("ヌ", "nu", ""),
    ("ネ", "ne", ""),
    ("ノ", "no", ""),
    ("ハ", "ha", ""),
    ("ヒ", "hi", ""),
    ("フ", "fu", "hu"),
    ("ヘ", "he", ""),
    ("ホ", "ho", ""),
    ("バ", "ba", ""),
    ("ビ", "bi", ""),
    ("ブ", "bu", ""),
    ("ベ", "be", ""),
    ("ボ", "bo", ""),
    ("パ", "pa", ""),
    ("ピ", "pi", ""),
    ("プ", "pu", ""),
    ("ペ", "pe", ""),
    ("ポ", "po", ""),
    ("マ", "ma", ""),
    ("ミ", "mi", ""),
    ("ム", "mu", ""),
    ("メ", "me", ""),
    ("モ", "mo", ""),
    ("ヤ", "ya", ""),
    ("ユ", "yu", ""),
    ("ヨ", "yo", ""),
    ("ラ", "ra", ""),
    ("リ", "ri", ""),
    ("ル", "ru", ""),
    ("レ", "re", ""),
    ("ロ", "ro", ""),
    ("ワ", "wa", ""),
    ("ヰ", "i", ""),
    ("ヱ", "e", ""),
    ("ヲ", "o", "wo"),
    ("ヴ", "vu", ""),
    ("ァ", "a", ""),
    ("ィ", "i", ""),
    ("ゥ", "u", ""),
    ("ェ", "e", ""),
    ("ォ", "o", ""),
    ("ャ", "ya", ""),
    ("ュ", "yu", ""),
    ("ョ", "yo", ""),
];

/// Returns `text` with hiragana as katakana.
pub(crate) fn katakana(text: &str) -> String {
    shifted(text, 'ぁ'..='ゖ', |code| code + 0x60)
}

/// Returns `text` with katakana as hiragana.
pub(crate) fn hiragana(text: &str) -> String {
    shifted(text, 'ァ'..='ヶ', |code| code - 0x60)
}

fn shifted(text: &str, from: std::ops::RangeInclusive<char>, shift: impl Fn(u32) -> u32) -> String {
    text.chars().map(|c| if from.contains(&c) { char::from_u32(shift(c as u32)).unwrap_or(c) } else { c }).collect()
}

/// Returns katakana in half-width characters; what has none stays.
pub(crate) fn half_width(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfd().map(|c| half(c).unwrap_or(c)).collect()
}

fn half(character: char) -> Option<char> {
    const FULL: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309A}";
    let at = FULL.chars().position(|c| c == character)?;
    char::from_u32(0xFF61 + at as u32)
}

/// Tells whether the text is kana alone.
pub(crate) fn is_kana(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー'))
}

/// Returns the usual ways to write a kana name in Latin letters: Hepburn and Kunrei, long vowels in full, short and
/// with h, and the syllabic n before b, m, p as n or m.
pub(crate) fn romaji(kana: &str) -> BTreeSet<String> {
    let kana = katakana(kana);
    let mut found = BTreeSet::new();
    for kunrei in [false, true] {
        let Some(plain) = transliterated(&kana, kunrei) else { continue };
        for long in long_vowels(&plain) {
            found.insert(labial(&long));
            found.insert(long);
        }
    }
    found
}

fn transliterated(kana: &str, kunrei: bool) -> Option<String> {
    let (mut rest, mut text, mut double) = (kana, String::new(), false);
    while let Some(first) = rest.chars().next() {
        if matches!(first, 'ッ' | 'ン' | 'ー') {
            rest = &rest[first.len_utf8()..];
            match first {
                'ッ' => double = true,
                'ン' => text.push('n'),
                _ => text.push('-'),
            }
            continue;
        }
        let (kana, hepburn, other) = SYLLABLES.iter().find(|row| rest.starts_with(row.0))?;
        let latin = if kunrei && !other.is_empty() { other } else { hepburn };
        if std::mem::take(&mut double) {
            text.push(if latin.starts_with("ch") { 't' } else { latin.chars().next()? });
        }
        text.push_str(latin);
        rest = &rest[kana.len()..];
    }
    Some(text)
}

/// Writes long vowels in the three ways passports and hospitals do.
fn long_vowels(plain: &str) -> [String; 4] {
    let spelled =
        plain.replace("o-", "ou").replace("u-", "uu").replace("a-", "aa").replace("e-", "ee").replace("i-", "ii");
    let short = spelled.replace("ou", "o").replace("oo", "o").replace("uu", "u").replace("aa", "a").replace("ee", "e");
    let with_h = spelled.replace("ou", "oh").replace("oo", "oh").replace("uu", "u");
    let marked = spelled.replace("ou", "ō").replace("oo", "ō").replace("uu", "ū");
    [spelled, short, with_h, marked]
}

fn labial(text: &str) -> String {
    text.replace("nb", "mb").replace("nm", "mm").replace("np", "mp")
}

/// Returns a Latin name read as katakana, if it can be read as Japanese.
pub(crate) fn from_romaji(latin: &str) -> Option<String> {
    let lower = latin.to_ascii_lowercase();
    let (mut rest, mut text) = (lower.as_str(), String::new());
    while !rest.is_empty() {
        if let Some((kana, length)) = syllable(rest) {
            text.push_str(kana);
            rest = &rest[length..];
            continue;
        }
        let bytes = rest.as_bytes();
        match (bytes[0], bytes.get(1).copied()) {
            (b'n' | b'm', next) if !matches!(next, Some(b'a' | b'i' | b'u' | b'e' | b'o' | b'y')) => text.push('ン'),
            (b't', Some(b'c')) => text.push('ッ'),
            (a, Some(b)) if a == b && b.is_ascii_lowercase() && !b"aiueon".contains(&a) => text.push('ッ'),
            (b'h', _)
                if text.ends_with(['オ', 'コ', 'ソ', 'ト', 'ノ', 'ホ', 'モ', 'ヨ', 'ロ', 'ゴ', 'ゾ', 'ド', 'ョ']) =>
            {
                text.push('ウ')
            }
            (b'\'' | b'-', _) => {}
            _ => return None,
        }
        rest = rest.get(1..)?;
    }
    (!text.is_empty()).then_some(text)
}

/// Returns the longest syllable at the start and the bytes it takes.
fn syllable(rest: &str) -> Option<(&'static str, usize)> {
    static READINGS: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    const RARE: &[&str] =
        &["ヰ", "ヱ", "ヲ", "ヂ", "ヅ", "ャ", "ュ", "ョ", "ティ", "ディ", "ァ", "ィ", "ゥ", "ェ", "ォ"];
    let readings = READINGS.get_or_init(|| {
        let usual = SYLLABLES.iter().filter(|row| !RARE.contains(&row.0));
        usual.flat_map(|row| [(row.1, row.0), (row.2, row.0)]).filter(|pair| !pair.0.is_empty()).collect()
    });
    (1..=4).rev().find_map(|length| Some((*readings.get(rest.get(..length)?)?, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_names_have_their_latin_spellings() {
        let satou = romaji("さとう");
        for spelling in ["satou", "sato", "satoh", "satō"] {
            assert!(satou.contains(spelling), "{spelling}");
        }
        assert!(romaji("シンジ").contains("shinji") && romaji("シンジ").contains("sinzi"));
        assert!(romaji("ほんま").contains("homma") && romaji("ほんま").contains("honma"));
        assert!(romaji("ハットリ").contains("hattori"));
        assert!(romaji("イッチョウ").contains("itcho"));
        assert!(romaji("山田").is_empty());
    }

    #[test]
    fn latin_names_are_read_as_kana() {
        assert_eq!(from_romaji("Yamada").as_deref(), Some("ヤマダ"));
        assert_eq!(from_romaji("Shinichi").as_deref(), Some("シニチ"));
        assert_eq!(from_romaji("Ryunosuke").as_deref(), Some("リュノスケ"));
        assert_eq!(from_romaji("Hattori").as_deref(), Some("ハットリ"));
        assert_eq!(from_romaji("Itoh").as_deref(), Some("イトウ"));
        assert_eq!(from_romaji("Homma").as_deref(), Some("ホンマ"));
        assert_eq!(from_romaji("Smith"), None);
    }

    #[test]
    fn half_width_kana_have_their_marks_apart() {
        assert_eq!(half_width("ヤマダ"), "ﾔﾏﾀﾞ");
        assert_eq!(half_width("パー"), "ﾊﾟｰ");
    }
}
