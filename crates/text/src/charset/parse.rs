//! Reading SpecificCharacterSet (0008,0005), misspellings included.

use super::set::Set;
use super::{CharacterSets, Scheme};
use crate::issue::{Issue, Issues};
use std::cell::RefCell;

/// What one term of the attribute names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Term {
    Absent,
    Set(u16),
    Whole(Scheme),
    Unknown,
}

/// Most bytes of a value that is remembered.
const MOST: usize = 256;

thread_local! {
    /// The last value that a thread has read: it is asked for again and again, and mostly the same in all of a study.
    static LAST: RefCell<Option<(Vec<u8>, CharacterSets)>> = const { RefCell::new(None) };
}

pub(super) fn parse(value: &[u8]) -> CharacterSets {
    LAST.with_borrow_mut(|last| match last {
        Some((known, sets)) if known == value => sets.clone(),
        _ => {
            let sets = read(value);
            *last = (value.len() <= MOST).then(|| (value.to_vec(), sets.clone()));
            sets
        }
    })
}

fn read(value: &[u8]) -> CharacterSets {
    let mut issues = Issues::none();
    // No arrangement needs more than a few terms; a hostile one may hold millions.
    let terms: Vec<Term> = value.split(|&b| b == b'\\').take(32).map(|raw| term(raw, &mut issues)).collect();
    let scheme = scheme(&terms, &mut issues);
    CharacterSets { scheme, issues }
}

fn scheme(terms: &[Term], issues: &mut Issues) -> Scheme {
    let named: Vec<Term> = terms.iter().copied().filter(|&t| t != Term::Absent).collect();
    let first = terms.first().copied().unwrap_or(Term::Absent);
    let leading = if named.len() == 1 { named[0] } else { first };
    if let Term::Whole(whole) = leading {
        if terms.len() > 1 {
            issues.insert(Issue::MisplacedTerm);
        }
        return whole;
    }
    let (mut g0, mut g1) = (Set::Ascii, None);
    let mut declared = Set::Ascii.bit();
    for (position, &term) in terms.iter().enumerate() {
        let Term::Set(number) = term else {
            if matches!(term, Term::Whole(_)) {
                issues.insert(Issue::MisplacedTerm);
            }
            continue;
        };
        let Some(set) = Set::from_number(number) else { continue };
        declared |= set.bit();
        if set == Set::Katakana {
            declared |= Set::Romaji.bit();
        }
        if position == 0 {
            (g0, g1) = initial(set, issues);
        }
    }
    if g0 == Set::Romaji && terms.len() == 1 {
        declared &= !Set::Ascii.bit();
    }
    Scheme::Iso2022 { g0, g1, declared }
}

/// Returns the sets that the first term makes active at the start of each value.
fn initial(set: Set, issues: &mut Issues) -> (Set, Option<Set>) {
    if set.is_multi_byte() {
        issues.insert(Issue::MisplacedTerm);
    }
    match set {
        Set::Katakana => (Set::Romaji, Some(Set::Katakana)),
        Set::Ascii | Set::Romaji | Set::Jis0208 | Set::Jis0212 => (Set::Ascii, None),
        other => (Set::Ascii, Some(other)),
    }
}

fn term(raw: &[u8], issues: &mut Issues) -> Term {
    let raw = raw.trim_ascii();
    let raw = &raw[..raw.iter().rposition(|&b| b != 0 && b != b' ').map_or(0, |last| last + 1)];
    if raw.is_empty() {
        return Term::Absent;
    }
    let letters: Vec<u8> =
        raw.iter().take(64).filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect();
    let term = named(&letters);
    if term == Term::Unknown {
        issues.insert(Issue::UnknownTerm);
    } else if !is_defined(raw, term) {
        issues.insert(Issue::MisspelledTerm);
    }
    term
}

/// Returns what a term means once only its letters and digits are left.
fn named(letters: &[u8]) -> Term {
    match letters {
        b"GB18030" | b"ISO2022GB18030" => return Term::Whole(Scheme::Gb18030),
        b"GBK" | b"ISO2022GBK" | b"GB2312" => return Term::Whole(Scheme::Gbk),
        b"UTF8" | b"ISO10646" | b"ISOIR192" | b"ISO2022IR192" | b"UNICODE" => return Term::Whole(Scheme::Utf8),
        b"SHIFTJIS" | b"SJIS" | b"WINDOWS31J" | b"CP932" => return Term::Whole(Scheme::ShiftJis),
        b"EUCJP" => return Term::Whole(Scheme::EucJp),
        b"ASCII" | b"USASCII" => return Term::Set(6),
        b"ISO2022JP" => return Term::Set(87),
        b"EUCKR" | b"KSX1001" => return Term::Set(149),
        _ => {}
    }
    if let Some(part) = strip_any(letters, &[b"ISO8859", b"LATIN"]).and_then(number) {
        return latin(part).map_or(Term::Unknown, Term::Set);
    }
    match strip_any(letters, &[b"ISO2022IR", b"ISO2022", b"ISOIR", b"IR", b"ISO"]).and_then(number) {
        Some(192) => Term::Whole(Scheme::Utf8),
        Some(14) => Term::Set(13),
        Some(number) if Set::from_number(number).is_some() => Term::Set(number),
        _ => Term::Unknown,
    }
}

/// Returns the registration number of a part of ISO 8859.
fn latin(part: u16) -> Option<u16> {
    const PARTS: [(u16, u16); 11] = [
        (1, 100),
        (2, 101),
        (3, 109),
        (4, 110),
        (5, 144),
        (6, 127),
        (7, 126),
        (8, 138),
        (9, 148),
        (11, 166),
        (15, 203),
    ];
    PARTS.iter().find(|row| row.0 == part).map(|row| row.1)
}

fn strip_any<'a>(letters: &'a [u8], prefixes: &[&[u8]]) -> Option<&'a [u8]> {
    prefixes.iter().find_map(|prefix| letters.strip_prefix(*prefix))
}

fn number(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 4 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Tells whether `raw` is spelled as the standard has it.
fn is_defined(raw: &[u8], term: Term) -> bool {
    match term {
        Term::Set(number) => {
            raw == format!("ISO_IR {number}").as_bytes() || raw == format!("ISO 2022 IR {number}").as_bytes()
        }
        Term::Whole(Scheme::Utf8) => raw == b"ISO_IR 192",
        Term::Whole(Scheme::Gb18030) => raw == b"GB18030",
        Term::Whole(Scheme::Gbk) => raw == b"GBK",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_terms_are_understood_and_told() {
        for term in ["ISO-IR 100", "ISO IR 100", "iso_ir 100", "ISO_IR100", "ISO 8859-1", "LATIN1"] {
            let sets = CharacterSets::parse(term.as_bytes());
            assert_eq!(sets.scheme, CharacterSets::parse(b"ISO_IR 100").scheme, "{term}");
            assert!(sets.issues().contains(Issue::MisspelledTerm), "{term}");
        }
        assert_eq!(CharacterSets::parse(b"UTF-8").scheme, Scheme::Utf8);
    }

    #[test]
    fn defined_terms_have_no_issue() {
        for term in
            ["", "ISO_IR 6", "ISO_IR 192 ", "GB18030", "GBK", "\\ISO 2022 IR 149", "ISO 2022 IR 13\\ISO 2022 IR 87"]
        {
            assert!(CharacterSets::parse(term.as_bytes()).issues().is_empty(), "{term}");
        }
    }

    #[test]
    fn nonsense_is_the_default_repertoire_with_an_issue() {
        let sets = CharacterSets::parse(b"KLINGON");
        assert_eq!(sets.scheme, CharacterSets::default_repertoire().scheme);
        assert!(sets.issues().contains(Issue::UnknownTerm));
    }

    #[test]
    fn utf8_beside_other_terms_is_misplaced() {
        assert!(CharacterSets::parse(b"ISO_IR 192\\ISO 2022 IR 87").issues().contains(Issue::MisplacedTerm));
        assert_eq!(CharacterSets::parse(b"\\ISO_IR 192").scheme, Scheme::Utf8);
    }
}
