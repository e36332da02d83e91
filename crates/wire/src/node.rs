//! One data element or item, as a place in the bytes.

use tokumei_core::{Tag, Vr};

/// The index of a node in [`DataSet::nodes`](crate::DataSet::nodes).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(
    /// The index.
    pub u32,
);

impl NodeId {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NodeKind {
    /// A data element with a plain value.
    Value,
    /// A data element whose value is items, whatever its header calls it.
    Sequence,
    /// An item of a sequence.
    Item,
    /// Encapsulated pixel data: fragments within one element; the fragments are no nodes.
    Fragments,
}

/// How element headers and numbers are written (PS3.5 2026d, 7.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// No value representation, little endian.
    ImplicitLittle,
    /// Value representation in the header, little endian.
    ExplicitLittle,
    /// Value representation in the header, big endian (retired).
    ExplicitBig,
}

impl Encoding {
    /// Tells whether the most significant byte comes first.
    pub const fn is_big_endian(self) -> bool {
        matches!(self, Encoding::ExplicitBig)
    }

    /// Tells whether headers carry the value representation.
    pub const fn is_explicit(self) -> bool {
        !matches!(self, Encoding::ImplicitLittle)
    }

    pub(crate) fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.is_big_endian() { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.is_big_endian() { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    pub(crate) fn put_u16(self, number: u16) -> [u8; 2] {
        if self.is_big_endian() { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub(crate) fn put_u32(self, number: u32) -> [u8; 4] {
        if self.is_big_endian() { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// The length that says "until the delimiter" (PS3.5 2026d, 7.5.1).
pub(crate) const UNDEFINED: u32 = 0xFFFF_FFFF;

/// A data element or an item: what it is and where its bytes lie. It never holds a value.
///
/// Offsets count bytes from the start of the file; in a deflated data set, from the start of the inflated data set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its tag; (FFFE,E000) for an item.
    pub tag: Tag,
    /// The effective value representation: by header, else by dictionary, else UN. SQ for every sequence and item.
    pub vr: Vr,
    /// The letters in the stream, `None` where there are none.
    pub written_vr: Option<[u8; 2]>,
    /// The encoding of the header; for an item, of its content.
    pub encoding: Encoding,
    /// The item or sequence around it.
    pub parent: Option<NodeId>,
    /// The index one past its last descendant.
    pub end: u32,
    /// Its place among its siblings, from 0.
    pub ordinal: u32,
    /// Offset of its header.
    pub start: u64,
    /// Offset of its value, or of its first item, element or fragment.
    pub value: u64,
    /// The length as written; 0xFFFF_FFFF is undefined.
    pub length: u32,
    /// Offset after everything, a delimiter included.
    pub stop: u64,
    /// How many sequences are around it.
    pub depth: u16,
}

impl Node {
    /// Tells whether a delimiter ends it rather than a length.
    pub const fn is_undefined_length(&self) -> bool {
        self.length == UNDEFINED
    }
}
