//! JP2: a code stream within boxes, which pixel data must not have and sometimes does.
//!
//! ISO/IEC 15444-1, Annex I.

use crate::Damage;

const SIGNATURE: [u8; 12] = [0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A];

/// Returns the code stream of a frame, from its first byte to whatever follows it.
pub(super) fn code_stream(frame: &[u8]) -> Result<&[u8], Damage> {
    if !frame.starts_with(&SIGNATURE) {
        return Ok(frame);
    }
    let mut rest = frame;
    while !rest.is_empty() {
        let (kind, body, behind) = split(rest)?;
        match &kind {
            b"jp2c" => return Ok(body),
            b"jp2h" => check_header(body)?,
            _ => {}
        }
        rest = behind;
    }
    Err(Damage::Truncated)
}

/// Splits the first box off: its kind, its content, what follows.
fn split(bytes: &[u8]) -> Result<([u8; 4], &[u8], &[u8]), Damage> {
    let (head, body) = bytes.split_at_checked(8).ok_or(Damage::Truncated)?;
    let kind = [head[4], head[5], head[6], head[7]];
    let (length, head, body) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
        0 => return Ok((kind, body, &[])),
        1 => {
            let (long, body) = body.split_first_chunk::<8>().ok_or(Damage::Truncated)?;
            (u64::from_be_bytes(*long), 16, body)
        }
        length => (u64::from(length), 8, body),
    };
    let length = length.checked_sub(head).ok_or(Damage::Malformed("the length of a box"))?;
    let length = usize::try_from(length).map_err(|_| Damage::Truncated)?;
    let (body, behind) = body.split_at_checked(length).ok_or(Damage::Truncated)?;
    Ok((kind, body, behind))
}

/// Refuses palettes: the samples would be others than those of the code stream.
fn check_header(mut rest: &[u8]) -> Result<(), Damage> {
    while !rest.is_empty() {
        let (kind, _, behind) = split(rest)?;
        if &kind == b"pclr" || &kind == b"cmap" {
            return Err(Damage::Unsupported("a palette within JP2"));
        }
        rest = behind;
    }
    Ok(())
}
