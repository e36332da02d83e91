//! The boxes that a code stream may be in.
//!
//! ISO/IEC 18181-2.

use crate::{Damage, boxes};
use std::borrow::Cow;

const SIGNATURE: [u8; 12] = [0, 0, 0, 12, b'J', b'X', b'L', b' ', 0x0D, 0x0A, 0x87, 0x0A];

/// Returns whether a frame has no boxes.
pub(super) fn is_bare(frame: &[u8]) -> bool {
    frame.starts_with(&[0xFF, 0x0A])
}

/// Returns the code stream of a frame, from its first byte to whatever follows it.
pub(super) fn code_stream(frame: &[u8]) -> Result<Cow<'_, [u8]>, Damage> {
    if is_bare(frame) {
        return Ok(Cow::Borrowed(frame));
    }
    if !frame.starts_with(&SIGNATURE) {
        let short = frame.len() < SIGNATURE.len() && (SIGNATURE.starts_with(frame) || frame == [0xFF]);
        return Err(if short { Damage::Truncated } else { Damage::Malformed("no signature of JPEG XL") });
    }
    let (mut parts, mut rest) = (Vec::new(), frame);
    while !is_padding(rest) {
        let found = boxes::split(rest)?;
        match &found.kind {
            b"jxlc" => return Ok(Cow::Borrowed(found.body)),
            b"jxlp" => parts.extend_from_slice(found.body.get(4..).ok_or(Damage::Truncated)?),
            _ => {}
        }
        rest = found.behind;
    }
    if parts.is_empty() { Err(Damage::Truncated) } else { Ok(Cow::Owned(parts)) }
}

/// Returns the boxes that a reader of samples needs, and those of the kinds named.
pub(super) fn needed(frame: &[u8], kinds: &[&[u8; 4]]) -> Result<Vec<u8>, Damage> {
    let (mut kept, mut rest) = (Vec::new(), frame);
    while !is_padding(rest) {
        let found = boxes::split(rest)?;
        let known = matches!(&found.kind, b"JXL " | b"ftyp" | b"jxll" | b"jxlc" | b"jxlp");
        if known || kinds.contains(&&found.kind) {
            kept.extend_from_slice(found.whole);
        }
        rest = found.behind;
    }
    Ok(kept)
}

/// Returns whether nothing is left but what pads a frame to even length.
fn is_padding(rest: &[u8]) -> bool {
    matches!(rest, [] | [0])
}
