//! Data element tags.

use std::fmt;

/// A data element tag: group number, element number (PS3.5 2026d, 7.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(
    /// The group number.
    pub u16,
    /// The element number.
    pub u16,
);

impl Tag {
    /// Returns the tag whose 32-bit number is `number` (group in the high half).
    pub const fn from_u32(number: u32) -> Self {
        Tag((number >> 16) as u16, number as u16)
    }

    /// Returns the tag as one 32-bit number, group in the high half.
    pub const fn as_u32(self) -> u32 {
        (self.0 as u32) << 16 | self.1 as u32
    }

    /// Returns the group number.
    pub const fn group(self) -> u16 {
        self.0
    }

    /// Returns the element number.
    pub const fn element(self) -> u16 {
        self.1
    }

    /// Tells whether the group is odd, so that the element is private (PS3.5 2026d, 7.8).
    pub const fn is_private(self) -> bool {
        self.0 & 1 == 1
    }

    /// Tells whether this is a private creator element, (gggg,0010) to (gggg,00FF) with gggg odd.
    pub const fn is_private_creator(self) -> bool {
        self.is_private() && self.1 >= 0x10 && self.1 <= 0xFF
    }

    /// Tells whether this is a group length element, (gggg,0000).
    pub const fn is_group_length(self) -> bool {
        self.1 == 0
    }

    /// Returns the private creator element that reserves the block of this private element.
    ///
    /// `None` for a public element, a creator element, or one outside any block.
    pub const fn creator(self) -> Option<Tag> {
        if self.is_private() && self.1 >= 0x1000 { Some(Tag(self.0, self.1 >> 8)) } else { None }
    }

    /// Parses eight hexadecimal digits, `00100010`.
    pub fn parse_hex(text: &str) -> Option<Tag> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(text, 16).ok().map(Tag::from_u32)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"(0000,0000)";
        let mut put = |from: usize, number: u16| {
            for (place, digit) in text[from..from + 4].iter_mut().enumerate() {
                *digit = b"0123456789abcdef"[usize::from(number >> (12 - 4 * place) & 0xF)];
            }
        };
        put(1, self.0);
        put(6, self.1);
        f.write_str(str::from_utf8(&text).expect("digits are ASCII"))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tags that more than one room names.
#[allow(missing_docs)]
pub mod tags {
    use super::Tag;
    pub const TRANSFER_SYNTAX_UID: Tag = Tag(0x0002, 0x0010);
    pub const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
    pub const IMAGE_TYPE: Tag = Tag(0x0008, 0x0008);
    pub const SOP_CLASS_UID: Tag = Tag(0x0008, 0x0016);
    pub const SOP_INSTANCE_UID: Tag = Tag(0x0008, 0x0018);
    pub const STUDY_DATE: Tag = Tag(0x0008, 0x0020);
    pub const ACCESSION_NUMBER: Tag = Tag(0x0008, 0x0050);
    pub const MODALITY: Tag = Tag(0x0008, 0x0060);
    pub const PATIENT_NAME: Tag = Tag(0x0010, 0x0010);
    pub const PATIENT_ID: Tag = Tag(0x0010, 0x0020);
    pub const ISSUER_OF_PATIENT_ID: Tag = Tag(0x0010, 0x0021);
    pub const PATIENT_BIRTH_DATE: Tag = Tag(0x0010, 0x0030);
    pub const PATIENT_AGE: Tag = Tag(0x0010, 0x1010);
    pub const STUDY_INSTANCE_UID: Tag = Tag(0x0020, 0x000D);
    pub const SERIES_INSTANCE_UID: Tag = Tag(0x0020, 0x000E);
    pub const STUDY_ID: Tag = Tag(0x0020, 0x0010);
    pub const PIXEL_DATA: Tag = Tag(0x7FE0, 0x0010);
    pub const FLOAT_PIXEL_DATA: Tag = Tag(0x7FE0, 0x0008);
    pub const DOUBLE_FLOAT_PIXEL_DATA: Tag = Tag(0x7FE0, 0x0009);
    pub const ITEM: Tag = Tag(0xFFFE, 0xE000);
    pub const ITEM_DELIMITATION: Tag = Tag(0xFFFE, 0xE00D);
    pub const SEQUENCE_DELIMITATION: Tag = Tag(0xFFFE, 0xE0DD);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creator_of_a_private_element_is_the_block_in_its_high_byte() {
        assert_eq!(Tag(0x0029, 0x1131).creator(), Some(Tag(0x0029, 0x0011)));
        assert_eq!(Tag(0x0029, 0x0011).creator(), None);
        assert_eq!(Tag(0x0028, 0x1131).creator(), None);
    }

    #[test]
    fn hexadecimal_tag_of_wrong_length_or_letters_is_refused() {
        assert_eq!(Tag::parse_hex("7FE00010"), Some(tags::PIXEL_DATA));
        assert_eq!(Tag::parse_hex("60xx3000"), None);
        assert_eq!(Tag::parse_hex("+0100010"), None);
    }
}
