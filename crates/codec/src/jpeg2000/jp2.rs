//! JP2: a code stream within boxes, which pixel data must not have and sometimes does.
//!
//! ISO/IEC 15444-1, Annex I.

use crate::{Damage, boxes};

const SIGNATURE: [u8; 12] = [0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A];

/// Returns the code stream of a frame, from its first byte to whatever follows it.
pub(super) fn code_stream(frame: &[u8]) -> Result<&[u8], Damage> {
    if !frame.starts_with(&SIGNATURE) {
        return Ok(frame);
    }
    let mut rest = frame;
    while !rest.is_empty() {
        let found = boxes::split(rest)?;
        match &found.kind {
            b"jp2c" => return Ok(found.body),
            b"jp2h" => check_header(found.body)?,
            _ => {}
        }
        rest = found.behind;
    }
    Err(Damage::Truncated)
}

/// Refuses palettes: the samples would be others than those of the code stream.
fn check_header(mut rest: &[u8]) -> Result<(), Damage> {
    while !rest.is_empty() {
        let found = boxes::split(rest)?;
        if matches!(&found.kind, b"pclr" | b"cmap") {
            return Err(Damage::Unsupported("a palette within JP2"));
        }
        rest = found.behind;
    }
    Ok(())
}
