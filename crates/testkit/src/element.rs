//! A data set as a recipe describes it, not yet in any encoding.

use tokumei_core::Tag;

/// A data element to be written, right or wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its tag.
    pub tag: Tag,
    /// The two letters of its value representation, legal or not.
    pub vr: [u8; 2],
    /// Its value.
    pub value: Value,
    /// Whether it is written as UN, its content in implicit VR little endian (PS3.5 2026d, 6.2.2).
    pub un: bool,
    /// Whether its length is undefined; `None` leaves the choice to the layout.
    pub undefined: Option<bool>,
    /// A length to write in place of the true one.
    pub length: Option<u32>,
    /// Whether an odd value stays odd.
    pub odd: bool,
    /// Whether the delimiter of an undefined length is left out.
    pub open: bool,
    /// Whether it stands beside an earlier element of the same tag, not in its place.
    pub again: bool,
}

impl Element {
    /// Returns a well-formed element.
    pub fn new(tag: Tag, vr: &str, value: Value) -> Self {
        let letters = vr.as_bytes();
        let vr = [letters.first().copied().unwrap_or(b'U'), letters.get(1).copied().unwrap_or(b'N')];
        Element { tag, vr, value, un: false, undefined: None, length: None, odd: false, open: false, again: false }
    }

    /// Returns a well-formed element whose value is `text` as it stands.
    pub fn text(tag: Tag, vr: &str, text: &str) -> Self {
        Element::new(tag, vr, Value::Bytes(vec![Piece::Raw(text.as_bytes().to_vec())]))
    }
}

/// The value of an [`Element`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Bytes and numbers, one after the other.
    Bytes(Vec<Piece>),
    /// The items of a sequence.
    Items(Vec<Item>),
    /// Encapsulated pixel data: the first fragment is the Basic Offset Table.
    Fragments(Vec<Vec<Piece>>),
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Bytes as they stand, in every encoding.
    Raw(Vec<u8>),
    /// A number that the value representation and the byte order turn into bytes.
    Number(f64),
}

/// An item of a sequence.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Item {
    /// Its elements, in the order in which they are written.
    pub elements: Vec<Element>,
    /// Whether its length is undefined; `None` leaves the choice to the layout.
    pub undefined: Option<bool>,
    /// A length to write in place of the true one.
    pub length: Option<u32>,
}
