//! The same text with full-width letters, digits and signs as ASCII, and the way back.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Text whose characters correspond one to one to those of the original.
pub(crate) struct Narrow {
    text: String,
    /// Byte offsets of each character: here and in the original, with both ends last.
    offsets: Vec<(usize, usize)>,
}

impl Narrow {
    pub(crate) fn new(original: &str) -> Narrow {
        let mut narrow = Narrow { text: String::with_capacity(original.len()), offsets: Vec::new() };
        for (at, character) in original.char_indices() {
            narrow.offsets.push((narrow.text.len(), at));
            narrow.text.push(self::narrow(character));
        }
        narrow.offsets.push((narrow.text.len(), original.len()));
        narrow
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the range of the original for a range of whole characters here.
    pub(crate) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let find = |at: usize| self.offsets.partition_point(|&(here, _)| here < at);
        let original = |at: usize| self.offsets.get(find(at)).map_or(0, |offset| offset.1);
        original(range.start)..original(range.end)
    }
}

fn narrow(character: char) -> char {
    match character {
        '\0'..='\u{7F}' => character,
        '\u{3000}' | '\u{A0}' | '\u{2000}'..='\u{200B}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}' | '\u{2500}' => '-',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        // A half-width voiced mark would join the character before: it stays as it is.
        '\u{FF9E}' | '\u{FF9F}' => character,
        '\u{FF66}'..='\u{FF9D}' => std::iter::once(character).nfkc().next().unwrap_or(character),
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lead_back_to_the_original() {
        let narrow = Narrow::new("電話０９０−１２");
        assert_eq!(narrow.text(), "電話090-12");
        let at = narrow.text().find('0').expect("there");
        assert_eq!(&"電話０９０−１２"[narrow.origin(at..at + 3)], "０９０");
    }
}
