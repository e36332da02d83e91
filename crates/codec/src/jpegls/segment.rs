//! Marker segments of a code stream.
//!
//! ITU-T T.87 (06/1998), Annex C; ITU-T T.81, Annex B.

use crate::{Damage, raster};

pub(super) const RST0: u8 = 0xD0;
pub(super) const SOI: u8 = 0xD8;
pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
pub(super) const DRI: u8 = 0xDD;
const APP0: u8 = 0xE0;
const APP8: u8 = 0xE8;
const APP15: u8 = 0xEF;
pub(super) const SOF55: u8 = 0xF7;
pub(super) const LSE: u8 = 0xF8;
const COM: u8 = 0xFE;

/// A marker and what belongs to it.
pub(super) struct Segment<'a> {
    pub marker: u8,
    /// Where its first 0xFF is; there may be several.
    pub start: usize,
    pub body: &'a [u8],
    /// Where the next segment or the data of a scan begin.
    pub end: usize,
}

/// Returns where the first segment begins.
pub(super) fn start(bytes: &[u8]) -> Result<usize, Damage> {
    match bytes {
        [0xFF, SOI, ..] => Ok(2),
        [] | [0xFF] => Err(Damage::Truncated),
        _ => Err(Damage::Malformed("no start of image")),
    }
}

/// Reads the segment at a place.
pub(super) fn next(bytes: &[u8], start: usize) -> Result<Segment<'_>, Damage> {
    let mut at = start;
    if *bytes.get(at).ok_or(Damage::Truncated)? != 0xFF {
        return Err(Damage::Malformed("no marker where one is due"));
    }
    while *bytes.get(at).ok_or(Damage::Truncated)? == 0xFF {
        at += 1;
    }
    let marker = bytes[at];
    at += 1;
    if marker == EOI {
        return Ok(Segment { marker, start, body: &[], end: at });
    }
    let length = bytes.get(at..at + 2).ok_or(Damage::Truncated)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length < 2 {
        return Err(Damage::Malformed("the length of a segment"));
    }
    let body = bytes.get(at + 2..at + length).ok_or(Damage::Truncated)?;
    Ok(Segment { marker, start, body, end: at + length })
}

/// Returns where the next marker is, behind the data of a scan, or the end of the bytes.
pub(super) fn scan_end(bytes: &[u8], from: usize) -> usize {
    let behind = &bytes[from.min(bytes.len())..];
    let found = behind.windows(2).position(|pair| pair[0] == 0xFF && pair[1] >= 0x80);
    found.map_or(bytes.len(), |found| from + found)
}

/// Checks that a segment says nothing of how samples are coded.
pub(super) fn check_ignorable(segment: &Segment<'_>) -> Result<(), Damage> {
    match segment.marker {
        APP8 if colour_transform(segment) => Err(Damage::Unsupported("a colour transform that the standard lacks")),
        APP0..=APP15 | COM => Ok(()),
        _ => Err(Damage::Malformed("a marker that has no place there")),
    }
}

/// Returns whether a segment names a colour transform of HP, which CharLS knows too.
fn colour_transform(segment: &Segment<'_>) -> bool {
    segment.marker == APP8 && matches!(segment.body, [b'm', b'r', b'f', b'x', transform, ..] if *transform != 0)
}

/// Returns a code stream without application segments, comments and what follows its end.
pub(super) fn clean(bytes: &[u8]) -> Result<Option<Vec<u8>>, Damage> {
    let mut at = start(bytes)?;
    let mut kept = bytes[..at].to_vec();
    loop {
        let segment = next(bytes, at)?;
        match segment.marker {
            APP8 if colour_transform(&segment) => {
                // Its five bytes are needed; more have no meaning.
                kept.extend_from_slice(&[0xFF, APP8, 0, 7]);
                kept.extend_from_slice(&segment.body[..5]);
            }
            APP0..=APP15 | COM => {}
            _ => kept.extend_from_slice(&bytes[segment.start..segment.end]),
        }
        at = segment.end;
        if segment.marker == EOI {
            break;
        }
        if segment.marker == SOS {
            at = scan_with_restarts(bytes, at);
            kept.extend_from_slice(&bytes[segment.end..at]);
        }
    }
    Ok(raster::unless_padding(bytes, kept))
}

/// Returns where a scan ends, restart markers being part of it.
fn scan_with_restarts(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        at = scan_end(bytes, at);
        let fill = bytes[at..].iter().take_while(|&&byte| byte == 0xFF).count();
        match bytes.get(at + fill) {
            Some(RST0..=0xD7) => at += fill + 1,
            _ => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_sample_is_removed() {
        let comment = [0xFF, COM, 0, 5, b'T', b'A', b'R'];
        let header = [0xFF, SOF55, 0, 4, 1, 2];
        let scan = [0xFF, SOS, 0, 3, 9, 0x12, 0xFF, 0x7F, 0xFF, RST0, 0x34];
        let end = [0xFF, 0xFF, EOI];
        let whole = [&[0xFF, SOI][..], &comment, &header, &[0xFF, APP0, 0, 2], &scan, &end, b"\0name"].concat();
        let clean_one = [&[0xFF, SOI][..], &header, &scan, &end].concat();
        assert_eq!(clean(&whole), Ok(Some(clean_one.clone())));
        assert_eq!(clean(&clean_one), Ok(None));
        for length in 0..clean_one.len() {
            assert_eq!(clean(&clean_one[..length]), Err(Damage::Truncated), "{length}");
        }
    }
}
