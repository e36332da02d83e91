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
        _ => digit(character).unwrap_or(character),
    }
}

/// Where the digits of other scripts begin, each from 0 to 9 (Unicode 16, general category Nd), as far as a character set of
/// DICOM has the script or a name may be written in it.
const ZEROS: [u32; 21] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946,
];

/// Returns the ASCII digit for a digit of another script.
fn digit(character: char) -> Option<char> {
    let code = character as u32;
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= code)].last()?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_scripts_are_digits() {
        assert_eq!(Narrow::new("٢٠٢٣ ۱۲ २५ ๒๕๖๗").text(), "2023 12 25 2567");
        assert_eq!(digit('\u{66A}'), None);
        assert!(ZEROS.windows(2).all(|pair| pair[0] + 10 <= pair[1]));
    }

    #[test]
    fn ranges_lead_back_to_the_original() {
        let narrow = Narrow::new("電話０９０−１２");
        assert_eq!(narrow.text(), "電話090-12");
        let at = narrow.text().find('0').expect("there");
        assert_eq!(&"電話０９０−１２"[narrow.origin(at..at + 3)], "０９０");
    }
}
