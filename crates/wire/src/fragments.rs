//! The fragments of encapsulated pixel data (PS3.5 2026d, A.4), hopped from header to header.

use crate::header;
use crate::node::UNDEFINED;
use crate::stream::Stream;
use crate::{Encoding, ReadError};
use tokumei_core::{TagPath, tags};

/// Fragments that were passed.
pub(crate) struct Fragments {
    /// Offset after the sequence delimiter.
    pub stop: u64,
    /// How many, without the Basic Offset Table.
    pub count: u32,
}

/// Hops the fragments that begin at `offset` and must end at `bound` at the latest.
pub(crate) fn hop(
    stream: &mut Stream<'_>,
    mut offset: u64,
    bound: u64,
    encoding: Encoding,
    most: u32,
    path: &TagPath,
) -> Result<Fragments, ReadError> {
    let mut items = 0u32;
    loop {
        let damaged = || ReadError::FragmentsDamaged { path: path.clone(), offset };
        let bytes = match stream.peek8(offset)? {
            Some(bytes) if offset + 8 <= bound => bytes,
            _ => return Err(damaged()),
        };
        let length = header::number(&bytes, 4, encoding);
        match header::tag(&bytes, encoding) {
            tags::ITEM if length != UNDEFINED => {}
            tags::SEQUENCE_DELIMITATION if length == 0 => {
                return Ok(Fragments { stop: offset + 8, count: items.saturating_sub(1) });
            }
            _ => return Err(damaged()),
        }
        items += 1;
        if items > most {
            return Err(ReadError::TooManyElements { offset });
        }
        match (offset + 8).checked_add(u64::from(length)).filter(|end| *end <= bound) {
            Some(end) => offset = end,
            None => return Err(damaged()),
        }
    }
}
