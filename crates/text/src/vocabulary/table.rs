//! The words of the vocabulary, folded and sorted when the program is built.

use super::Known;
use std::ops::Range;

/// Words, or ends of words, in ascending order.
#[derive(Clone, Copy)]
pub(super) struct Table(&'static [u8]);

/// Every word.
pub(super) const WORDS: Table = Table(include_bytes!(concat!(env!("OUT_DIR"), "/words.bin")));

/// Every end of every word: a text is part of a word if it begins one of them.
pub(super) const SUFFIXES: Table = Table(include_bytes!(concat!(env!("OUT_DIR"), "/suffixes.bin")));

const TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/words.txt"));

/// Bytes of an entry.
const EACH: usize = 4;

impl Table {
    /// Returns how the word itself may be understood, where it is one.
    pub(super) fn known(self, word: &str) -> Option<Known> {
        let entry = self.entry(self.first_from(word)?);
        let known = if entry & 1 == 0 { Known::Plain } else { Known::Ambiguous };
        (&TEXT[place(entry)] == word).then_some(known)
    }

    /// Tells whether any of them begins with a text.
    pub(super) fn has_beginning(self, text: &str) -> bool {
        self.first_from(text).is_some_and(|at| TEXT[place(self.entry(at))].starts_with(text))
    }

    /// Returns all of them.
    pub(super) fn iter(self) -> impl Iterator<Item = &'static str> {
        (0..self.len()).map(move |at| &TEXT[place(self.entry(at))])
    }

    fn len(self) -> usize {
        self.0.len() / EACH
    }

    /// Returns the first that is not before a text.
    fn first_from(self, text: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match TEXT[place(self.entry(middle))] < *text {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        (low < self.len()).then_some(low)
    }

    fn entry(self, at: usize) -> u32 {
        let mut bytes = [0; EACH];
        bytes.copy_from_slice(&self.0[at * EACH..(at + 1) * EACH]);
        u32::from_le_bytes(bytes)
    }
}

/// Returns where in the text the word of an entry stands.
fn place(entry: u32) -> Range<usize> {
    let start = (entry >> 9) as usize;
    start..start + (entry >> 1 & 0xFF) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::fold;

    #[test]
    fn words_and_ends_stand_in_ascending_order_without_doubles() {
        for table in [WORDS, SUFFIXES] {
            assert!(table.iter().is_sorted_by(|one, next| one < next) && table.len() > 2000);
        }
    }

    #[test]
    fn every_word_of_the_lists_is_there_folded_and_found_by_each_of_its_ends() {
        let lists = [
            include_str!("../../data/imaging-en.txt"),
            include_str!("../../data/devices-en.txt"),
            include_str!("../../data/imaging-ja.txt"),
            include_str!("../../data/ambiguous-ja.txt"),
        ];
        for line in lists.iter().flat_map(|list| list.lines()).filter(|line| !line.starts_with('#')) {
            let word = fold(line);
            assert_eq!(WORDS.known(&word).is_some(), !word.is_empty(), "{line}");
            assert!(word.char_indices().all(|(at, _)| SUFFIXES.has_beginning(&word[at..])), "{line}");
        }
        assert_eq!((WORDS.known("zzzz"), WORDS.known("")), (None, None));
    }
}
