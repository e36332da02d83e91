//! The ways to write the name of a person, an institution or a place.

use super::date::full_width;
use super::kana;
use super::strength::{Strength, strength};
use crate::normal::fold;
use crate::vocabulary;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// More components than a name can have are left alone: the spellings grow with their pairs.
const MOST_COMPONENTS: usize = 5;

/// Returns the spellings of a person's name in the form of PN or in plain writing: every group, each part that is long
/// enough, both orders, with and without separators, in kanji, kana and Latin letters.
pub(crate) fn person(name: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for value in name.split('\\').take(8) {
        // A name that tells its own reading needs no guesses from its Latin letters.
        let guess =
            !value.split(['=', '^', ' ', '\u{3000}']).any(|part| kana::is_kana(&part.nfkc().collect::<String>()));
        value.split('=').take(3).for_each(|group| self::group(group.trim(), guess, &mut forms));
    }
    forms.retain(|form| !form.is_empty());
    forms
}

fn group(group: &str, guess: bool, forms: &mut BTreeSet<String>) {
    let parts = components(group);
    if parts.is_empty() {
        return;
    }
    forms.insert(group.to_owned());
    let scripts: Vec<Vec<BTreeSet<String>>> = parts.iter().map(|part| by_script(part, guess)).collect();
    for word in parts.iter().flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != 'ー')) {
        if word.chars().count() >= 4 || (word.chars().any(is_han) && word.chars().count() >= 2) {
            forms.extend(by_script(word, guess).into_iter().flatten().filter(|s| is_long_enough(s)));
        }
    }
    for spelling in scripts.iter().flatten().flatten().filter(|s| is_long_enough(s)) {
        forms.insert(spelling.clone());
    }
    parts.iter().for_each(|part| forms.extend(cut_off(part)));
    // The same script in both parts: nobody writes half a name in kana.
    for a in 0..parts.len() {
        for b in (0..parts.len()).filter(|&b| b != a) {
            pairs(&[parts[a].clone()].into(), &[parts[b].clone()].into(), forms);
            for (left, right) in scripts[a].iter().zip(&scripts[b]) {
                let strong = |s: &String| strength(&fold(s)) == Some(Strength::Strong);
                // What is found by its parts need not be searched for as a whole.
                if !(left.iter().all(strong) && right.iter().all(strong)) {
                    pairs(left, right, forms);
                }
            }
        }
    }
    if parts.len() > 2 {
        for separator in ["", " ", "^"] {
            forms.insert(parts.join(separator));
            forms.insert([&parts[1..], &parts[..1]].concat().join(separator));
        }
    }
    if let [whole] = parts.as_slice() {
        forms.extend(halves(whole));
    }
}

/// Returns the beginnings of a long name in Latin letters: systems with fields of 8 or 16 characters cut names off.
/// A beginning that is a word of the vocabulary is none.
fn cut_off(part: &str) -> Vec<String> {
    const SHORTEST: usize = 4;
    if !part.chars().all(char::is_alphabetic) || !part.is_ascii() || part.len() > 32 {
        return Vec::new();
    }
    let beginnings = (SHORTEST..part.len()).map(|end| &part[..end]);
    beginnings.filter(|word| vocabulary::lookup(word).is_none()).map(str::to_owned).collect()
}

/// Returns family, given and middle name, or the words of a name that has no carets.
fn components(group: &str) -> Vec<String> {
    let plain: String = group.nfkc().collect();
    let raw: Vec<&str> = if plain.contains('^') {
        // Prefix and suffix (Dr, Jr) say nothing about who it is.
        plain.split('^').take(3).collect()
    } else {
        plain.split(|c: char| c.is_whitespace() || matches!(c, ',' | '・' | ';' | '_')).collect()
    };
    let trimmed = raw.into_iter().map(|part| part.trim_matches(|c: char| !c.is_alphanumeric()).to_owned());
    trimmed.filter(|part| !part.is_empty() && !is_title(part)).take(MOST_COMPONENTS).collect()
}

fn is_title(part: &str) -> bool {
    matches!(
        fold(part).as_str(),
        "dr" | "mr" | "mrs" | "ms" | "miss" | "prof" | "md" | "phd" | "jr" | "sr" | "医師" | "先生" | "様"
    )
}

/// Returns the spellings of one part, one set a script: as it is, katakana, hiragana, half-width, Latin, full-width.
fn by_script(part: &str, guess: bool) -> Vec<BTreeSet<String>> {
    let mut own: BTreeSet<String> = [part.to_owned(), part.to_uppercase(), part.to_lowercase()].into();
    let bare: String = part.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36F}')).nfc().collect();
    if part.is_ascii() {
        own = [part.to_owned()].into();
    } else if bare != part && !kana::is_kana(part) {
        own.extend([bare, umlauts_spelled(part)]);
    }
    if part.chars().any(is_han) {
        own = [part.to_owned(), everyday_kanji(part)].into();
    }
    let sounds = if guess || !part.is_ascii() { readings(part) } else { Vec::new() };
    let mut latin: BTreeSet<String> = sounds.iter().take(6).flat_map(|sound| kana::romaji(sound)).take(16).collect();
    let mut wide = BTreeSet::new();
    if part.is_ascii() {
        wide.extend([full_width(part), full_width(&part.to_ascii_uppercase())]);
    }
    latin.extend(part.is_ascii().then(|| part.to_owned()));
    vec![
        own,
        sounds.iter().cloned().collect(),
        sounds.iter().map(|sound| kana::hiragana(sound)).collect(),
        sounds.iter().map(|sound| kana::half_width(sound)).collect(),
        latin,
        wide,
    ]
}

/// Returns the katakana readings of kana, or of Latin letters that can be Japanese: as written, then each long vowel
/// that the letters may hide.
fn readings(part: &str) -> Vec<String> {
    if kana::is_kana(part) {
        return vec![kana::katakana(part)];
    }
    let Some(read) = part.is_ascii().then(|| kana::from_romaji(part)).flatten() else { return Vec::new() };
    let characters: Vec<char> = read.chars().collect();
    let mut found = vec![read];
    for at in 1..=characters.len().min(12) {
        if characters.get(at).is_some_and(|c| "ァィゥェォャュョ".contains(*c)) || characters.get(at) == Some(&'ウ')
        {
            continue;
        }
        if is_o_or_u(characters[at - 1]) {
            let (head, tail) = characters.split_at(at);
            found.push(head.iter().chain(&['ウ']).chain(tail).collect());
        }
    }
    found
}

fn is_o_or_u(kana: char) -> bool {
    "オコゴソゾトドノホボポモヨロョウクグスズツヌフブプムユルュ".contains(kana)
}

fn pairs(left: &BTreeSet<String>, right: &BTreeSet<String>, forms: &mut BTreeSet<String>) {
    for a in left.iter().take(4) {
        for b in right.iter().take(4) {
            let separators: &[&str] = if a.is_ascii() {
                &["", " ", "^", ", ", ",", "_", "-", "."]
            } else {
                &["", " ", "\u{3000}", "^", "・"]
            };
            forms.extend(separators.iter().map(|separator| format!("{a}{separator}{b}")));
        }
    }
}

/// Returns the likely family and given name of a kanji name that is written in one.
fn halves(whole: &str) -> Vec<String> {
    let characters: Vec<char> = whole.chars().collect();
    if !characters.iter().all(|&c| is_han(c)) {
        return Vec::new();
    }
    let cuts: &[usize] = match characters.len() {
        3 => &[2],
        4 => &[2],
        5 => &[2, 3],
        6 => &[3],
        _ => &[],
    };
    cuts.iter()
        .flat_map(|&cut| [characters[..cut].iter().collect::<String>(), characters[cut..].iter().collect()])
        .filter(|half| half.chars().count() >= 2)
        .collect()
}

fn everyday_kanji(part: &str) -> String {
    part.chars().map(|c| if is_han(c) { fold(&c.to_string()).chars().next().unwrap_or(c) } else { c }).collect()
}

fn umlauts_spelled(part: &str) -> String {
    let mut spelled = String::new();
    for character in part.nfc() {
        match character {
            'ä' | 'æ' => spelled.push_str("ae"),
            'ö' | 'ø' | 'œ' => spelled.push_str("oe"),
            'ü' => spelled.push_str("ue"),
            'Ä' | 'Æ' => spelled.push_str("Ae"),
            'Ö' | 'Ø' => spelled.push_str("Oe"),
            'Ü' => spelled.push_str("Ue"),
            'å' => spelled.push_str("aa"),
            'Å' => spelled.push_str("Aa"),
            'ß' => spelled.push_str("ss"),
            other => spelled.extend(other.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36F}'))),
        }
    }
    spelled
}

/// Two kanji or syllables of Korean, three kana, three letters.
fn is_long_enough(part: &str) -> bool {
    let count = part.chars().count();
    count >= if part.chars().all(|c| is_han(c) || matches!(c, '가'..='힣')) { 2 } else { 3 }
}

pub(crate) fn is_han(character: char) -> bool {
    matches!(character, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '々')
}

/// Returns an institution as written and what is left of its name without the words that every hospital shares.
pub(crate) fn institution(text: &str) -> BTreeSet<String> {
    let mut forms: BTreeSet<String> = [text.trim().to_owned()].into();
    let plain: String = text.nfkc().collect();
    forms.insert(plain.trim().to_owned());
    for word in plain.split(|c: char| !c.is_alphanumeric() && !matches!(c, 'ー' | '\'')) {
        if word.is_ascii() {
            if word.len() >= 4 && !GENERIC.contains(&fold(word).as_str()) && !word.bytes().all(|b| b.is_ascii_digit()) {
                forms.insert(word.to_owned());
            }
        } else {
            stems(word, &mut forms);
        }
    }
    forms
}

fn stems(word: &str, forms: &mut BTreeSet<String>) {
    forms.insert(word.to_owned());
    let mut marked = word.to_owned();
    for generic in GENERIC_JA {
        marked = marked.replace(generic, "\n");
    }
    let long = |stem: &&str| stem.chars().count() >= if stem.chars().all(is_han) { 2 } else { 3 };
    forms.extend(marked.split('\n').filter(long).map(str::to_owned));
}

/// Words that tell what kind of place it is, not which.
const GENERIC: &[&str] = &[
    "hospital",
    "clinic",
    "university",
    "medical",
    "center",
    "centre",
    "institute",
    "general",
    "department",
    "college",
    "school",
    "health",
    "care",
    "healthcare",
    "radiology",
    "imaging",
    "national",
    "city",
    "county",
    "central",
    "memorial",
    "regional",
    "community",
    "infirmary",
    "foundation",
    "research",
    "saint",
    "north",
    "south",
    "east",
    "west",
    "northern",
    "southern",
    "eastern",
    "western",
    "children",
    "cancer",
    "heart",
    "state",
    "public",
    "private",
    "royal",
    "district",
    "division",
    "unit",
    "ward",
    "trust",
    "group",
    "street",
    "road",
    "avenue",
    "building",
    "floor",
    "room",
    "diagnostic",
    "klinikum",
    "krankenhaus",
    "hopital",
    "ospedale",
    "clinica",
    "sogo",
    "byoin",
    "daigaku",
    "chuo",
    "from",
    "with",
];

/// The same in Japanese, the longest first.
const GENERIC_JA: &[&str] = &[
    "医療センター",
    "国立病院機構",
    "独立行政法人",
    "社会医療法人",
    "社会福祉法人",
    "クリニック",
    "総合病院",
    "付属病院",
    "附属病院",
    "医療法人",
    "医科大学",
    "大学病院",
    "センター",
    "学校法人",
    "財団法人",
    "放射線科",
    "医学部",
    "診療所",
    "診療科",
    "研究所",
    "医院",
    "大学",
    "病院",
    "総合",
    "中央",
    "国立",
    "県立",
    "市立",
    "都立",
    "町立",
    "私立",
    "放射線",
    "画像",
    "診断",
    "記念",
    "市民",
    "地域",
    "医療",
];

/// Returns an address as written, from its town on, and its rare words.
pub(crate) fn address(text: &str) -> BTreeSet<String> {
    let mut forms: BTreeSet<String> = [text.trim().to_owned()].into();
    let plain: String = text.nfkc().collect::<String>().trim().to_owned();
    let mut rest = plain.as_str();
    for borders in [&['都', '道', '府', '県'][..], &['市', '郡'], &['区', '町', '村']] {
        // 京都府, 都城市: the border is never the first character.
        let mut inner = rest.char_indices().skip(1).take(7);
        if let Some((at, border)) = inner.find(|(_, c)| borders.contains(c)) {
            let after = &rest[at + border.len_utf8()..];
            if after.chars().count() >= 4 {
                rest = after;
                forms.insert(rest.to_owned());
            }
        }
    }
    for word in plain.split(|c: char| c.is_whitespace() || matches!(c, ',' | '^' | '=' | ';')) {
        let letters = word.chars().take_while(|c| c.is_alphabetic()).count();
        if word.is_ascii() && letters >= 5 && !GENERIC.contains(&fold(word).as_str()) {
            forms.insert(word.to_owned());
            forms.insert(word.chars().take(letters).collect());
        } else if !word.is_ascii() && word.chars().count() >= 4 {
            forms.insert(word.to_owned());
        }
    }
    let number = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let town = rest[..rest.len() - number.len()].trim();
    if town.chars().count() >= 2 && !town.is_ascii() {
        forms.insert(town.to_owned());
    }
    if number.chars().filter(char::is_ascii_digit).count() >= 6 {
        forms.insert(number.to_owned());
    }
    let wide: Vec<String> = forms.iter().map(|form| full_width(form)).collect();
    forms.extend(wide);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_known_by_its_first_letters_unless_they_are_a_word() {
        assert_eq!(cut_off("Mihonzaki"), ["Miho", "Mihon", "Mihonz", "Mihonza", "Mihonzak"]);
        assert_eq!(cut_off("Headley"), ["Headl", "Headle"]);
        assert!(cut_off("Miho").is_empty() && cut_off("見本").is_empty());
    }

    #[test]
    fn groups_orders_and_scripts_are_all_there() {
        let forms = person("Yamada^Tarou=山田^太郎=やまだ^たろう");
        for form in [
            "Yamada",
            "Tarou",
            "Yamada Tarou",
            "Tarou Yamada",
            "Yamada, Tarou",
            "YAMADA",
            "山田",
            "太郎",
            "山田太郎",
            "山田　太郎",
            "太郎 山田",
            "やまだ",
            "ヤマダ",
            "ﾔﾏﾀﾞ",
            "ﾔﾏﾀﾞ ﾀﾛｳ",
            "やまだたろう",
            "yamada taro",
            "taroh",
            "ＹＡＭＡＤＡ",
        ] {
            assert!(forms.iter().any(|f| f.eq_ignore_ascii_case(form)), "{form}");
        }
    }

    #[test]
    fn latin_names_are_also_looked_for_in_kana() {
        let forms = person("Satoh^Yuko");
        for form in ["サトウ", "さとう", "サトウ ユウコ", "ユウコ"] {
            assert!(forms.contains(form), "{form}");
        }
    }

    #[test]
    fn titles_and_short_parts_are_no_spelling() {
        let forms = person("Li^Bo^^Dr");
        assert!(!forms.contains("Li") && !forms.contains("Bo") && !forms.contains("Dr"));
        assert!(forms.contains("Li Bo") && forms.contains("Bo Li"));
    }

    #[test]
    fn european_letters_have_their_plain_forms() {
        let forms = person("Müller^Jürgen");
        for form in ["Muller", "Mueller", "MÜLLER", "Juergen"] {
            assert!(forms.contains(form), "{form}");
        }
    }

    #[test]
    fn kanji_names_in_one_are_cut_where_names_usually_are() {
        let forms = person("綾小路桜子");
        assert!(forms.contains("綾小路") && forms.contains("桜子"));
    }

    #[test]
    fn institutions_are_known_by_their_rare_words() {
        let forms = institution("Kakuu Chuo Sogo Hospital");
        assert!(forms.contains("Kakuu") && !forms.contains("Hospital"));
        assert!(institution("架空中央総合病院").contains("架空"));
    }

    #[test]
    fn addresses_are_known_from_their_town_on() {
        let forms = address("岩手県遠野市幻沢57-23-782");
        for form in ["遠野市幻沢57-23-782", "幻沢57-23-782", "幻沢"] {
            assert!(forms.contains(form), "{form}");
        }
    }
}
