//! The words that may stay: anatomy, views, sequences, contrast, reconstruction, findings, and plain language.
//!
//! It is an allow-list. It holds no names of persons or places; words that are useful here and are also borne as names
//! are marked, and are believed only where nothing points to a person. The lists are text files under `data/`, one
//! word a line; what each covers and where it is from is said at its top.

mod table;

use crate::normal::fold;
use std::sync::OnceLock;
use table::{SUFFIXES, WORDS};

/// How a word of the vocabulary may be understood.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Known {
    /// A word of imaging or of plain language.
    Plain,
    /// Such a word that is also borne as a name.
    Ambiguous,
}

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
    WORDS
        .known(folded)
        .or_else(|| folded.strip_suffix("es").and_then(stem_of))
        .or_else(|| folded.strip_suffix('s').and_then(stem_of))
}

fn stem_of(stem: &str) -> Option<Known> {
    (stem.len() >= 3 && stem.is_ascii()).then(|| WORDS.known(stem)).flatten()
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
        WORDS.iter().filter(|word| !word.is_ascii()).map(|word| word.chars().count()).max().unwrap_or(0)
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
    SUFFIXES.has_beginning(folded)
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
        let english = WORDS.iter().filter(|word| word.is_ascii()).count();
        assert!(english > 1500 && WORDS.iter().count() - english > 500);
        assert!(WORDS.iter().all(|word| !word.is_empty()));
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
