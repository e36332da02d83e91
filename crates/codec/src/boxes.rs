//! Boxes, as JP2 and JPEG XL files have them.
//!
//! ISO/IEC 15444-1, I.4; ISO/IEC 18181-2, 5.

use crate::Damage;

/// A box: its kind and its content.
pub(crate) struct Split<'a> {
    pub kind: [u8; 4],
    pub body: &'a [u8],
    /// Its bytes, with the head.
    pub whole: &'a [u8],
    /// What follows.
    pub behind: &'a [u8],
}

/// Splits the first box off.
pub(crate) fn split(bytes: &[u8]) -> Result<Split<'_>, Damage> {
    let (head, body) = bytes.split_at_checked(8).ok_or(Damage::Truncated)?;
    let kind = [head[4], head[5], head[6], head[7]];
    let (length, head, body) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
        0 => return Ok(Split { kind, body, whole: bytes, behind: &[] }),
        1 => {
            let (long, body) = body.split_first_chunk::<8>().ok_or(Damage::Truncated)?;
            (u64::from_be_bytes(*long), 16, body)
        }
        length => (u64::from(length), 8, body),
    };
    let length = length.checked_sub(head as u64).ok_or(Damage::Malformed("the length of a box"))?;
    let length = usize::try_from(length).map_err(|_| Damage::Truncated)?;
    let (body, behind) = body.split_at_checked(length).ok_or(Damage::Truncated)?;
    Ok(Split { kind, body, whole: &bytes[..head + length], behind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_boxes_are_not_believed() {
        assert_eq!(
            split(b"\0\0\0\x0Aabcdxyz").map(|found| (found.kind, found.body, found.behind)).ok(),
            Some((*b"abcd", &b"xy"[..], &b"z"[..]))
        );
        assert_eq!(split(b"\0\0\0\x0Cabcdxyz").err(), Some(Damage::Truncated));
        assert_eq!(split(b"\0\0\0\x07abcdxyz").err(), Some(Damage::Malformed("the length of a box")));
        assert_eq!(split(b"\0\0\0\x01abcd\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF").err(), Some(Damage::Truncated));
    }
}
