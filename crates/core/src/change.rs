//! What was changed, for the ledger.

use crate::{ActionCode, TagPath, Vr};

/// One change of a data element: where, by which action and rule, lengths before and after. Never a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The place of the element in the original.
    pub path: TagPath,
    /// The element's value representation.
    pub vr: Vr,
    /// What was done.
    pub action: ActionCode,
    /// The rule that asked for it, for example `E.1-1/00100010/basic`.
    pub rule: String,
    /// Value length in bytes before; `None` when the element was not there.
    pub before: Option<u64>,
    /// Value length in bytes after; `None` when the element is gone.
    pub after: Option<u64>,
}

/// A rectangle in pixels: origin top left, right and bottom edges not part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Region {
    /// Left edge, columns from 0.
    pub x: u32,
    /// Top edge, rows from 0.
    pub y: u32,
    /// Width in columns.
    pub width: u32,
    /// Height in rows.
    pub height: u32,
}
