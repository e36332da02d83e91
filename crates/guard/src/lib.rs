//! The leak guard: searches the bytes of an output for every identifier that its original stated, in every encoding
//! the text could take, before the output gets its name.
//!
//! It shares nothing with the cleaning of text but the list of identifiers: it looks at bytes, not at values, so it
//! sees what a wrong parse, a forgotten element or an unknown character set would let through.
//!
//! ```
//! use tokumei_guard::Guard;
//! let mut identifiers = tokumei_text::Identifiers::new();
//! identifiers.add_person_name("Yamada^Tarou");
//! let guard = Guard::new(&identifiers)?;
//! assert!(!guard.search(b"....YAMADA TAROU....").is_empty());
//! assert!(guard.search(b"CHEST 5.0 AXIAL").is_empty());
//! # Ok::<(), tokumei_guard::TooMany>(())
//! ```
//!
//! # What is searched for
//! A form of six bytes or more is searched anywhere. A shorter one of ASCII letters or digits counts only where it
//! stands alone, since three or four letters stand inside many words. Weak spellings, which are words of the imaging
//! vocabulary too, are left to the cleaning of text, which sees their context.
//!
//! # How
//! One pass over the bytes: the four bytes at each place, letters in one case, are looked up among the beginnings of the
//! forms. An Aho-Corasick automaton of the same five thousand forms takes forty milliseconds to build, this takes
//! two, and a study of a few slices would pay more for the building than for all its images.

mod path;
mod samples;
mod uid;

pub use path::of_path_part;
pub use uid::UidSearch;

use samples::Samples;
use std::sync::OnceLock;
use tokumei_text::{Identifiers, Kind, Spelling, Strength, encodings};

/// Bytes from which a form is rare enough to be searched inside other text.
const LONG: usize = 6;

/// Fewest bytes of a form that are searched at all.
const SHORTEST: usize = 4;

/// Most bytes of all forms together, so that the memory of a search is bounded.
const MOST: usize = 8 << 20;

/// The original states more identifiers than can be searched for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany;

impl std::fmt::Display for TooMany {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the original states more identifiers than can be searched for")
    }
}

impl std::error::Error for TooMany {}

/// The forms of the identifiers of one original, ready for a search.
pub struct Guard {
    forms: Vec<Form>,
    /// The first four bytes of each form, folded, and its index: in ascending order.
    beginnings: Vec<(u32, u32)>,
    /// One bit for each hash of a beginning: most places of most files are dismissed here.
    sieve: Box<[u64; SIEVE / 64]>,
    /// The search among samples, which only compressed frames ask for.
    samples: OnceLock<Samples>,
}

/// Bits of the sieve: with five thousand forms one place in fifty is looked up further.
const SIEVE: usize = 1 << 18;

/// One byte form of an identifier.
struct Form {
    bytes: Vec<u8>,
    kind: Kind,
    any_case: bool,
    alone: bool,
}

/// A place in the output that holds an identifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    /// First byte, from 0.
    pub offset: usize,
    /// One past the last byte.
    pub end: usize,
    /// What kind of identifier it is.
    pub kind: Kind,
}

/// Tells whether a form is the letters of a text themselves, in one byte each or in the two of UTF-16: then the case of
/// letters can be left open.
fn is_letters(form: &[u8], text: &[u8]) -> bool {
    let wide = |low: usize| {
        form.len() == text.len() * 2
            && form.chunks_exact(2).zip(text).all(|(pair, byte)| pair[low] == *byte && pair[1 - low] == 0)
    };
    form.eq_ignore_ascii_case(text) || wide(0) || wide(1)
}

impl Guard {
    /// Prepares the search for the identifiers of an original; its UIDs are the matter of [`UidSearch`].
    ///
    /// # Errors
    /// [`TooMany`] when the original states more than can be searched for: nothing is then known to be clean.
    pub fn new(identifiers: &Identifiers) -> Result<Guard, TooMany> {
        let mut all: Vec<(u64, Vec<u8>, Kind, bool)> = Vec::new();
        for spelling in identifiers.spellings().filter(searched) {
            all.extend(encodings(spelling.text).into_iter().map(|form| {
                let any_case = spelling.text.is_ascii() && is_letters(&form, spelling.text.as_bytes());
                (in_order(&form), form, spelling.kind, any_case)
            }));
        }
        // Of equal forms the first one's kind stays. Most are told apart by their first eight bytes, as one number.
        all.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.cmp(&other.1)));
        all.dedup_by(|next, kept| {
            let same = next.1 == kept.1;
            kept.3 |= same && next.3;
            same
        });
        let forms: Vec<Form> =
            all.into_iter().filter_map(|(_, bytes, kind, any_case)| form(bytes, kind, any_case)).collect();
        if forms.iter().map(|form| form.bytes.len()).sum::<usize>() > MOST {
            return Err(TooMany);
        }
        Ok(Guard::over(forms))
    }

    fn over(forms: Vec<Form>) -> Guard {
        let first = |(index, form): (u32, &Form)| Some((beginning(&form.bytes)?, index));
        let mut beginnings: Vec<(u32, u32)> = (0..).zip(&forms).filter_map(first).collect();
        beginnings.sort_unstable();
        let mut sieve = Box::new([0; SIEVE / 64]);
        for (beginning, _) in &beginnings {
            let bit = hash(*beginning);
            sieve[bit / 64] |= 1 << (bit % 64);
        }
        Guard { forms, beginnings, sieve, samples: OnceLock::new() }
    }

    /// Returns how many byte forms are searched for.
    pub fn forms(&self) -> usize {
        self.forms.len()
    }

    /// Returns the longest form, in bytes: blocks of a longer text must overlap by as much.
    pub fn longest(&self) -> usize {
        self.forms.iter().map(|form| form.bytes.len()).max().unwrap_or(0)
    }

    /// Tells whether compressed samples hold a form that is too long to be there by chance.
    ///
    /// Eight given bytes stand at a given place of random ones once in 2^64 times, once in 2^56 with letters of either
    /// case; with ten thousand forms a terabyte of samples gives a false alarm once in a hundred times.
    pub fn is_in_samples(&self, bytes: &[u8]) -> bool {
        self.samples.get_or_init(|| Samples::over(&self.forms)).find(&self.forms, bytes).is_some()
    }

    /// Returns the places of `bytes` that hold an identifier, in order; empty when there is none.
    pub fn search(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (start, four) in bytes.windows(SHORTEST).enumerate() {
            let beginning = folded([four[0], four[1], four[2], four[3]]);
            let bit = hash(beginning);
            if self.sieve[bit / 64] & (1 << (bit % 64)) == 0 {
                continue;
            }
            let from = self.beginnings.partition_point(|(other, _)| *other < beginning);
            let forms = self.beginnings[from..].iter().take_while(|(other, _)| *other == beginning);
            let found = forms.filter_map(|(_, index)| self.forms[*index as usize].at(bytes, start));
            hits.extend(found);
        }
        hits
    }
}

impl Form {
    /// Returns the hit if the form stands at this place.
    fn at(&self, bytes: &[u8], start: usize) -> Option<Hit> {
        let end = start + self.bytes.len();
        let there = bytes.get(start..end)?;
        let same = if self.any_case { there.eq_ignore_ascii_case(&self.bytes) } else { there == self.bytes };
        let placed = !self.alone || stands_alone(bytes, start, end);
        (same && placed).then_some(Hit { offset: start, end, kind: self.kind })
    }
}

/// Returns the first eight bytes as a number that is in the order of the forms.
fn in_order(form: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = form.len().min(8);
    bytes[..length].copy_from_slice(&form[..length]);
    u64::from_be_bytes(bytes)
}

/// Returns the first four bytes as a number that is the same for letters of either case; `None` of fewer.
fn beginning(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(folded)
}

/// Sets the bit that tells a small letter from a capital. Other bytes that differ in it alone meet here too, and are told
/// apart when the form is compared.
fn folded(bytes: [u8; SHORTEST]) -> u32 {
    u32::from_le_bytes(bytes) | 0x2020_2020
}

fn hash(beginning: u32) -> usize {
    (beginning.wrapping_mul(0x9E37_79B1) >> 14) as usize % SIEVE
}

/// Tells whether a spelling is rare enough to be searched for in bytes.
fn searched(spelling: &Spelling<'_>) -> bool {
    spelling.strength == Strength::Strong && !spelling.is_common_word()
}

/// Returns the form with the rule by which it counts, `None` when it is too short to mean anything.
fn form(bytes: Vec<u8>, kind: Kind, any_case: bool) -> Option<Form> {
    let ascii = bytes.is_ascii();
    let long = bytes.len() >= LONG;
    if bytes.len() < SHORTEST || (!long && ascii && !any_case) {
        return None;
    }
    Some(Form { alone: ascii && !long, bytes, kind, any_case })
}

/// Tells whether neither neighbour of a place is an ASCII letter or digit.
fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    let after = bytes.get(end);
    [before, after].into_iter().flatten().all(|byte| !byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(names: &[&str], ids: &[&str]) -> Guard {
        let mut identifiers = Identifiers::new();
        names.iter().for_each(|name| identifiers.add_person_name(name));
        ids.iter().for_each(|id| identifiers.add_id(id));
        Guard::new(&identifiers).unwrap()
    }

    #[test]
    fn an_id_is_found_in_any_case_and_in_base64() {
        let guard = guard(&[], &["K7353979"]);
        assert_eq!(guard.search(b"<k7353979>").first().map(|hit| hit.kind), Some(Kind::Id));
        // base64 of "xxK7353979" is eHhLNzM1Mzk3OQ==
        assert!(!guard.search(b"eHhLNzM1Mzk3OQ==").is_empty());
    }

    #[test]
    fn a_kanji_name_is_found_in_iso_2022_shift_jis_and_utf_8() {
        let guard = guard(&["Yamamoto^Taro=山本^太郎"], &[]);
        // JIS X 0208: 山 3B33, 本 4B5C, 太 4240, 郎 4F3A; Shift_JIS: 8E52 967B 91BE 9859
        assert!(!guard.search(b"\x1b$B;3K\\B@O:\x1b(B").is_empty());
        assert!(!guard.search(b"\x8E\x52\x96\x7B\x91\xBE\x98\x59").is_empty());
        assert!(!guard.search("山本太郎".as_bytes()).is_empty());
    }

    #[test]
    fn a_short_word_counts_only_where_it_stands_alone() {
        let guard = guard(&["Mori^Ogai"], &[]);
        assert!(guard.search(b"MEMORIAL").is_empty());
    }

    #[test]
    fn a_long_form_is_found_among_samples_wherever_it_stands() {
        let guard = guard(&["Yamamoto^Taro=山本^太郎"], &["K7353979"]);
        for before in 0..23 {
            for form in [&b"k7353979"[..], b"YAMAMOTO^TARO", b"yamamoto taro", "山本太郎".as_bytes()] {
                let mut bytes: Vec<u8> = (0..before).map(|at| (at * 151 + 3) as u8).collect();
                bytes.extend(form);
                assert!(guard.is_in_samples(&bytes), "{before}");
                bytes.extend([0, 255, 7]);
                assert!(guard.is_in_samples(&bytes), "{before}");
            }
        }
        assert!(!guard.is_in_samples(b"xxK735397xx") && !guard.is_in_samples(b""));
    }

    #[test]
    fn nothing_to_search_for_finds_nothing() {
        assert!(Guard::new(&Identifiers::new()).unwrap().search(b"Yamada").is_empty());
    }
}
