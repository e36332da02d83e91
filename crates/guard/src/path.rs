//! What the path of an original says of a person: exports are often filed by patient ID and name.

use crate::{Guard, TooMany};
use tokumei_text::{Identifiers, vocabulary};

/// Digits that make a word a number worth the search.
const DIGITS: usize = 6;

/// Prepares the search for what one part of a path says of a person, `None` when it says nothing.
///
/// A word with six digits or more is taken for an ID, unless it is a date: those are the profile's. A word of two kanji or
/// kana that the vocabulary does not know, and two Latin words side by side that it does not know either, are taken
/// for a name. UIDs are searched for elsewhere, and single Latin words are not searched for: most are names of
/// projects, and would hold back whatever mentions them.
///
/// # Errors
/// [`TooMany`] when there is more than can be searched for.
pub fn of_path_part(part: &str) -> Result<Option<Guard>, TooMany> {
    let mut identifiers = Identifiers::new();
    if !is_uid(part) {
        add(part, &mut identifiers);
    }
    if identifiers.is_empty() { Ok(None) } else { Guard::new(&identifiers).map(Some) }
}

fn is_uid(part: &str) -> bool {
    let stem = part.strip_suffix(".dcm").unwrap_or(part);
    stem.split('.').count() >= 4 && stem.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn add(part: &str, identifiers: &mut Identifiers) {
    let words: Vec<&str> = part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    for word in &words {
        if is_number(word) {
            identifiers.add_id(word);
        } else if is_japanese(word) && vocabulary::lookup(word).is_none() {
            identifiers.add_person_name(word);
        }
    }
    for pair in words.windows(2).filter(|pair| pair.iter().all(|word| is_name(word))) {
        identifiers.add_person_name(&pair.join("^"));
    }
}

fn is_number(word: &str) -> bool {
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    digits.len() >= DIGITS && word.is_ascii() && !(digits.len() == word.len() && is_date(&digits))
}

/// Tells whether digits may be a date, or a date and a time: a year of this or the last century, a month, a day.
fn is_date(digits: &str) -> bool {
    let part = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let day = |at: usize| (1..=12).contains(&part(at..at + 2)) && (1..=31).contains(&part(at + 2..at + 4));
    match digits.len() {
        6 => day(2),
        8 | 12 | 14 => (1900..2100).contains(&part(0..4)) && day(4),
        _ => false,
    }
}

fn is_japanese(word: &str) -> bool {
    let japanese = |c: char| matches!(c, '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{FF66}'..='\u{FF9F}');
    word.chars().count() >= 2 && word.chars().all(japanese)
}

fn is_name(word: &str) -> bool {
    word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) && vocabulary::lookup(word).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(parts: &[&str], output: &str) -> bool {
        let guards = parts.iter().filter_map(|part| of_path_part(part).expect("a path is short"));
        guards.into_iter().any(|guard| !guard.search(output.as_bytes()).is_empty())
    }

    #[test]
    fn numbers_and_names_of_a_path_are_found() {
        assert!(finds(&["K0012345", "IM0001"], "exam of K0012345"));
        assert!(finds(&["Shirakawa_Hanako"], "seen: SHIRAKAWA HANAKO"));
        assert!(finds(&["早乙女花子", "CT"], "早乙女花子"));
    }

    #[test]
    fn dates_uids_words_and_short_numbers_are_not_searched_for() {
        for part in ["20240315", "240315", "1.2.392.200036.1.123456", "head_ct_axial", "胸部", "IM0001", "Skyra"] {
            let guard = of_path_part(part).expect("a path is short");
            assert!(guard.is_none(), "{part}");
        }
    }
}
