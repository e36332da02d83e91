//! Which attributes a rule of a profile file speaks of.

use std::fmt;
use tokumei_core::{Tag, dictionary};

/// A tag, or a family of tags with a lower-case `x` for any hexadecimal digit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Selector {
    mask: u32,
    value: u32,
}

impl Selector {
    /// Parses a keyword, `(0010,0010)`, `00100010` or a family such as `60xx3000`. `None` where it is none of them.
    pub fn parse(text: &str) -> Option<Selector> {
        if let Some(tag) = dictionary::tag(text) {
            return Some(Selector { mask: u32::MAX, value: tag.as_u32() });
        }
        let digits: String = text.chars().filter(|c| !matches!(c, '(' | ')' | ',')).collect();
        if digits.len() != 8 {
            return None;
        }
        let (mut mask, mut value) = (0_u32, 0_u32);
        for digit in digits.chars() {
            let number = if digit == 'x' { 0 } else { digit.to_digit(16)? };
            mask = mask << 4 | if digit == 'x' { 0 } else { 0xF };
            value = value << 4 | number;
        }
        Some(Selector { mask, value })
    }

    /// Returns the tag, where the selector holds one only.
    pub fn tag(self) -> Option<Tag> {
        if self.mask == u32::MAX { Some(Tag::from_u32(self.value)) } else { None }
    }

    /// Returns the first tag of the selector, with 0 for every digit left open.
    pub(crate) fn first(self) -> Tag {
        Tag::from_u32(self.value)
    }

    /// Tells whether the selector holds a tag. A family holds no private attribute unless its group is written out.
    pub fn matches(self, tag: Tag) -> bool {
        let whole_group = self.mask >> 16 == 0xFFFF;
        tag.as_u32() & self.mask == self.value && (whole_group || !tag.is_private())
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..8).rev() {
            let shift = place * 4;
            if self.mask >> shift & 0xF == 0 { write!(f, "x")? } else { write!(f, "{:X}", self.value >> shift & 0xF)? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyword_and_three_spellings_of_a_tag_are_the_same_attribute() {
        for text in ["PatientName", "(0010,0010)", "00100010", "0010,0010"] {
            assert_eq!(Selector::parse(text).and_then(Selector::tag), Some(Tag(0x0010, 0x0010)), "{text}");
        }
        assert_eq!(Selector::parse("PatientNam"), None);
        assert_eq!(Selector::parse("0010001"), None);
    }

    #[test]
    fn family_holds_even_groups_only() {
        let family = Selector::parse("60xx3000").expect("a family");
        assert!(family.matches(Tag(0x6002, 0x3000)) && !family.matches(Tag(0x6001, 0x3000)));
        assert!(Selector::parse("0029xxxx").expect("a group").matches(Tag(0x0029, 0x1010)));
        assert_eq!(family.to_string(), "60xx3000");
    }
}
