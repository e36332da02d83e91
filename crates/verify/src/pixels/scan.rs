//! Walks over the marker segments of JPEG and JPEG-LS without decoding, to tell samples from what is none.
//!
//! T.81, Annex B; T.87, Annex C. What an encoder hides within entropy-coded data is not seen here.

use std::ops::Range;

/// A code stream, walked over.
#[derive(Default)]
pub(super) struct Scan {
    /// What decoding needs; without comments, application segments and what follows the end.
    pub needed: Vec<Range<usize>>,
    /// Whether there is anything else.
    pub has_more: bool,
    pub frame: Option<Frame>,
}

/// What a frame header says.
pub(super) struct Frame {
    /// The last byte of its marker.
    pub marker: u8,
    pub precision: u8,
    pub rows: u64,
    pub columns: u64,
    /// Sampling factors of each component.
    pub factors: Vec<u8>,
}

impl Frame {
    fn of(marker: u8, body: &[u8]) -> Option<Frame> {
        let [precision, r1, r0, c1, c0, count, components @ ..] = body else { return None };
        let pair = |high: &u8, low: &u8| u64::from(*high) << 8 | u64::from(*low);
        let factors: Vec<u8> = components.chunks_exact(3).map(|one| one[1]).collect();
        let frame = Frame { marker, precision: *precision, rows: pair(r1, r0), columns: pair(c1, c0), factors };
        (frame.factors.len() == usize::from(*count)).then_some(frame)
    }

    /// Tells which components have fewer samples than others.
    pub fn is_coarse(&self) -> Vec<bool> {
        let most = |shift: u8| self.factors.iter().map(|factor| factor >> shift & 15).max();
        let (across, down) = (most(4), most(0));
        self.factors.iter().map(|factor| Some(factor >> 4) != across || Some(factor & 15) != down).collect()
    }
}

/// Walks over a frame; `None` when it is no code stream to its end.
pub(super) fn scan(bytes: &[u8], is_ls: bool) -> Option<Scan> {
    let mut scan = Scan::default();
    if bytes.get(..2)? != [0xFF, 0xD8] {
        return None;
    }
    scan.needed.push(0..2);
    let (mut jfif, mut adobe) = (0, 0);
    let mut at = 2;
    loop {
        let Some(start) = bytes.get(at..)?.iter().position(|byte| *byte == 0xFF).map(|found| at + found) else {
            // Some writers leave the end out.
            scan.has_more |= bytes[at..].iter().any(|byte| *byte != 0);
            return Some(scan);
        };
        scan.has_more |= start > at;
        let fill = bytes[start..].iter().take_while(|byte| **byte == 0xFF).count();
        let marker = *bytes.get(start + fill)?;
        at = start + fill + 1;
        match marker {
            0xD9 => {
                scan.has_more |= !is_padding(&bytes[at..], at);
                return Some(scan);
            }
            0xD0..=0xD7 | 0x01 => continue,
            0x00 | 0xD8 => return None,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk::<2>()?));
        let body = bytes.get(at + 2..at + length)?;
        at += length;
        let stays = match marker {
            0xE0 if is_plain_jfif(body) && !is_ls => (0, std::mem::replace(&mut jfif, 1) == 0),
            0xEE if is_plain_adobe(body) && !is_ls => (0, std::mem::replace(&mut adobe, 1) == 0),
            0xE8 if is_ls && body.len() == 5 && body.starts_with(b"mrfx") => (1, true),
            0xE0..=0xEF | 0xFE => (0, false),
            _ => (1, true),
        };
        scan.has_more |= !stays.1;
        if stays.0 == 1 {
            scan.needed.push(start..at);
        }
        match marker {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | 0xF7 if scan.frame.is_none() => {
                scan.frame = Some(Frame::of(marker, body)?);
            }
            0xDA => {
                let end = data_end(bytes, at, is_ls);
                scan.needed.push(at..end);
                at = end;
            }
            _ => {}
        }
    }
}

/// Returns where coded data end: at a marker that is none for a restart.
fn data_end(bytes: &[u8], from: usize, is_ls: bool) -> usize {
    let is_data = |next: u8| if is_ls { next < 0x80 } else { next == 0 } || matches!(next, 0xD0..=0xD7 | 0xFF);
    let pairs = bytes[from..].windows(2);
    let found = pairs.clone().position(|pair| pair[0] == 0xFF && !is_data(pair[1]));
    let mut end = found.map_or(bytes.len(), |found| from + found);
    // Fill bytes belong to the marker.
    while end > from && bytes.get(end) == Some(&0xFF) && bytes[end - 1] == 0xFF {
        end -= 1;
    }
    end
}

/// Tells whether nothing follows but the byte that makes the length even; some writers take a fill byte for it.
pub(super) fn is_padding(rest: &[u8], at: usize) -> bool {
    rest.is_empty() || matches!(rest, [0 | 0xFF]) && at % 2 == 1
}

/// JFIF 1.02: a segment without thumbnail.
fn is_plain_jfif(body: &[u8]) -> bool {
    matches!(body, [b'J', b'F', b'I', b'F', 0, 1, 0..=2, 0..=2, _, _, _, _, 0, 0])
}

/// T.872, 6.5.3: nothing but the colour transform.
fn is_plain_adobe(body: &[u8]) -> bool {
    body.strip_prefix(b"Adobe\0\x64\0\0\0\0").is_some_and(|rest| rest.len() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = b"\xff\xc0\0\x0b\x08\0\x08\0\x10\x01\x01\x11\0";
    const DATA: &[u8] = b"\xff\xda\0\x02ab\xff\0\xff\xd0\xff\xd9";

    fn stream(segments: &[u8], tail: &[u8]) -> Vec<u8> {
        [b"\xff\xd8", segments, FRAME, DATA, tail].concat()
    }

    fn has_more(bytes: &[u8]) -> bool {
        scan(bytes, false).unwrap().has_more
    }

    #[test]
    fn samples_and_what_decodes_them_are_not_more() {
        assert!(!has_more(&stream(b"", b"")));
        let jfif = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
        let adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01";
        assert!(!has_more(&stream(&[&jfif[..], adobe].concat(), b"")));
        assert!(has_more(&stream(&[jfif, &jfif[..]].concat(), b"")));
        let frame = scan(&stream(b"", b""), false).unwrap().frame.unwrap();
        assert_eq!((frame.rows, frame.columns, frame.is_coarse()), (8, 16, vec![false]));
    }

    #[test]
    fn texts_and_bytes_behind_the_end_are_more() {
        for segment in
            [&b"\xff\xfe\0\x08YAMADA"[..], b"\xff\xe1\0\x08Exif\0\0", b"\xff\xee\0\x0dAdobe\0\x65\0\0\0\0", b"x"]
        {
            assert!(has_more(&stream(segment, b"")), "{segment:?}");
            let plain = scan(&stream(b"", b""), false).unwrap();
            let bytes = stream(segment, b"");
            let other = scan(&bytes, false).unwrap();
            let cut = |bytes: &[u8], scan: &Scan| -> Vec<u8> {
                scan.needed.iter().flat_map(|range| bytes[range.clone()].to_vec()).collect()
            };
            assert_eq!(cut(&bytes, &other), cut(&stream(b"", b""), &plain));
        }
        assert!(has_more(&stream(b"", b"YAMADA")) && has_more(&stream(b"", b"\0\0")));
        // The stream is 13 + 12 + 2 bytes long: one more makes it even.
        assert!(!has_more(&stream(b"", b"\0")) && !has_more(&stream(b"", b"\xff")));
    }

    #[test]
    fn coded_data_of_jpeg_ls_hold_bits_that_are_stuffed() {
        let bytes =
            [&b"\xff\xd8"[..], b"\xff\xf7\0\x0b\x08\0\x08\0\x10\x01\x01\x11\0", b"\xff\xda\0\x02a\xff\x7fb\xff\xd9"]
                .concat();
        let scan = scan(&bytes, true).unwrap();
        assert!(!scan.has_more);
        assert_eq!(scan.needed.last(), Some(&(19..23)));
    }

    #[test]
    fn what_is_no_stream_is_refused() {
        for bytes in [&b""[..], b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xfe\xff\xff", b"\xff\xd8\xff\xd8"]
        {
            assert!(scan(bytes, false).is_none_or(|scan| scan.frame.is_none()), "{bytes:?}");
        }
    }
}
