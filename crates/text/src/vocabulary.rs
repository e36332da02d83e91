//! The words that may stay: anatomy, views, sequences, contrast, reconstruction, findings, and plain language.
//!
//! It is an allow-list. It holds no names of persons or places; words that are useful here and are also borne as names
//! are marked, and are believed only where nothing points to a person. The lists are text files under `data/`, one
//! word a line; what each covers and where it is from is said at its top.

use crate::normal::fold;
use std::collections::HashMap;
use std::sync::OnceLock;

/// How a word of the vocabulary may be understood.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Known {
    /// A word of imaging or of plain language.
    Plain,
    /// Such a word that is also borne as a name.
    Ambiguous,
}

const PLAIN: [&str; 4] = [
    include_str!("../data/imaging-en.txt"),
    include_str!("../data/code-meanings-en.txt"),
    include_str!("../data/devices-en.txt"),
    include_str!("../data/imaging-ja.txt"),
];

const AMBIGUOUS: [&str; 2] = [include_str!("../data/ambiguous-en.txt"), include_str!("../data/ambiguous-ja.txt")];

/// Returns whether `word` is in the vocabulary, in any width, case or script of kana; English plurals count too.
///
/// ```
/// use tokumei_text::vocabulary::{self, Known};
/// assert_eq!(vocabulary::lookup("ABDOMEN"), Some(Known::Plain));
/// assert_eq!(vocabulary::lookup("造影"), Some(Known::Plain));
/// assert_eq!(vocabulary::lookup("Brown"), Some(Known::Ambiguous));
/// assert_eq!(vocabulary::lookup("Wilhelmina"), None);
/// ```
pub fn lookup(word: &str) -> Option<Known> {
    lookup_folded(&fold(word))
}

/// Returns the same for a word that is already folded.
pub(crate) fn lookup_folded(folded: &str) -> Option<Known> {
    let words = words();
    let found = words.get(folded).copied();
    found
        .or_else(|| folded.strip_suffix("es").and_then(|stem| stem_of(words, stem)))
        .or_else(|| folded.strip_suffix('s').and_then(|stem| stem_of(words, stem)))
}

fn stem_of(words: &HashMap<String, Known>, stem: &str) -> Option<Known> {
    (stem.len() >= 3 && stem.is_ascii()).then(|| words.get(stem).copied()).flatten()
}

/// Words of makers' names, and what stands beside them.
const MAKERS: &str = "acuson agfa aloka canon carestream elekta esaote fuji fujifilm ge hitachi hologic kodak konica minolta \
     medison mindray neusoft philips picker samsung shimadzu siemens toshiba uih united imaging healthcare healthineers \
     medical systems system corporation co ltd inc gmbh ag nv electronics company technologies";

/// Tells whether a text given as an institution or address names none: it is a maker's name, which scanners fill in by
/// themselves, or the name of a department, or one word of plain language.
pub(crate) fn names_no_place(text: &str) -> bool {
    const DEPARTMENTS: [&str; 8] =
        ["radiology", "放射線科", "放射線部", "放射線診断科", "画像診断科", "画像診断部", "ct", "mri"];
    let folded = fold(text);
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    let makers =
        words.peek().is_some() && words.all(|word| MAKERS.split(' ').any(|maker| maker.eq_ignore_ascii_case(word)));
    let plain = lookup_folded(&folded) == Some(Known::Plain);
    makers || plain || DEPARTMENTS.contains(&folded.as_str())
}

/// Returns the length in characters of the longest Japanese word, folded.
pub(crate) fn longest() -> usize {
    static LONGEST: OnceLock<usize> = OnceLock::new();
    *LONGEST.get_or_init(|| {
        words().keys().filter(|word| !word.is_ascii()).map(|word| word.chars().count()).max().unwrap_or(0)
    })
}

/// Returns how many bytes at the start of Japanese text are words of the vocabulary of two characters or more, with the
/// spaces between them.
pub(crate) fn known_prefix(text: &str) -> usize {
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if matches!(first, ' ' | '\u{3000}' | '・') {
            at += first.len_utf8();
            continue;
        }
        let ends = text[at..].char_indices().skip(1).map(|(end, c)| (end, end + c.len_utf8())).take(longest());
        match ends.filter(|&(_, end)| lookup(&text[at..at + end]) == Some(Known::Plain)).last() {
            Some((_, end)) => at += end,
            None => break,
        }
    }
    at
}

/// Tells whether folded text is a word of the vocabulary or part of one.
pub(crate) fn is_part_of_a_word(folded: &str) -> bool {
    let suffixes = suffixes();
    let at = suffixes.partition_point(|suffix| *suffix < folded);
    suffixes.get(at).is_some_and(|suffix| suffix.starts_with(folded))
}

fn words() -> &'static HashMap<String, Known> {
    static WORDS: OnceLock<HashMap<String, Known>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let listed = |lists: &'static [&'static str], known| {
            lists
                .iter()
                .flat_map(|list| list.lines())
                .filter(|line| !line.starts_with('#'))
                .map(move |word| (fold(word), known))
        };
        let mut words: HashMap<String, Known> =
            listed(&PLAIN, Known::Plain).filter(|(word, _)| !word.is_empty()).collect();
        words.extend(listed(&AMBIGUOUS, Known::Ambiguous).filter(|(word, _)| !word.is_empty()));
        words
    })
}

/// Every end of every word, sorted: a text is part of a word if it begins one of them.
fn suffixes() -> &'static [&'static str] {
    static SUFFIXES: OnceLock<Vec<&'static str>> = OnceLock::new();
    SUFFIXES.get_or_init(|| {
        let ends = |word: &'static String| word.char_indices().map(move |(at, _)| &word[at..]);
        // Most of them are told apart by their first eight bytes, as one number.
        let mut suffixes: Vec<(u64, &str)> = words().keys().flat_map(ends).map(|end| (first(end), end)).collect();
        suffixes.sort_unstable();
        suffixes.dedup();
        suffixes.into_iter().map(|(_, end)| end).collect()
    })
}

/// Returns the first eight bytes of a text as a number that is in the order of the texts.
fn first(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

/// Tells whether a token is a number, a number with a unit, or a short code of letters and digits as protocols have it.
///
/// Up to four digits before and six after the point stand by themselves (`0.625`, `512x512`, `1.5T`, `120kV`); a code is up to four
/// letters with up to three digits (`T2`, `VB17`, `B30f`, `C7`) or `b` with four (`b1000`). Longer ones may be IDs.
pub(crate) fn is_technical(token: &str) -> bool {
    if token.len() > 24 || !token.is_ascii() {
        return false;
    }
    token
        .split(['x', 'X', '*', ':', '/', '-', '+', '_'])
        .all(|part| part.is_empty() || is_quantity(part) || is_code(part) || lookup(part) == Some(Known::Plain))
}

fn is_quantity(part: &str) -> bool {
    let number = part.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    let unit = &part[number.len()..];
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_number = whole.len() <= 4
        && fraction.len() <= 6
        && digits(whole)
        && digits(fraction)
        && number != "."
        && !number.is_empty();
    is_number && (unit.is_empty() || unit == "%" || (unit.len() <= 5 && (unit.len() <= 2 || lookup(unit).is_some())))
}

fn is_code(part: &str) -> bool {
    let letters = part.len() - part.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    let rest = &part[letters..];
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let tail = &rest[digits..];
    let most = if part[..letters].eq_ignore_ascii_case("b") { 4 } else { 3 };
    (1..=4).contains(&letters)
        && (1..=most).contains(&digits)
        && tail.len() <= 2
        && tail.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_common_protocols_are_known() {
        for word in
            "CHEST ROUTINE AXIAL HEAD PERFUSION KNEE CM Nodule left lobe liver FLAIR MPRAGE SCOUT LOC MPR MIP DERIVED"
                .split(' ')
        {
            assert!(lookup(word).is_some(), "{word}");
        }
        for word in ["頭部", "胸部", "腹部", "骨盤", "単純", "造影", "軸位断", "所見なし"] {
            assert!(lookup(word).is_some(), "{word}");
        }
    }

    #[test]
    fn there_are_enough_words_and_none_is_empty() {
        let english = words().keys().filter(|w| w.is_ascii()).count();
        assert!(english > 1500 && words().len() - english > 500);
        assert!(!words().contains_key(""));
    }

    #[test]
    fn measures_and_codes_are_technical_and_ids_are_not() {
        for token in [
            "3mm", "5.0", "b1000", "120kV", "0.625", "C-1", "L4-5", "1/3", "512x512", "VB17", "B30f", "3D", "1.5T",
            "T2",
        ] {
            assert!(is_technical(token), "{token}");
        }
        for token in ["12345", "K4373", "ZX52176", "1958021", "Yamada", "090-9371-71690"] {
            assert!(!is_technical(token), "{token}");
        }
    }

    #[test]
    fn parts_of_words_are_recognised() {
        assert!(is_part_of_a_word("mogr") && is_part_of_a_word("stern") && is_part_of_a_word("chest"));
        assert!(!is_part_of_a_word("yamada"));
    }
}
