//! Walks over the headers of JPEG 2000 without decoding.
//!
//! ISO/IEC 15444-1, Annex A.

use super::scan::is_padding;
use std::ops::Range;

/// Most tiles, and most precincts or code blocks of one component: a few bytes could ask for more than memory holds.
const MOST_TILES: u64 = 4096;
const MOST_BLOCKS: u64 = 1 << 20;
const JP2: &[u8] = b"\0\0\0\x0cjP  ";

/// A code stream whose headers were walked over.
pub(super) struct CodeStream {
    /// The code stream in the frame.
    pub range: Range<usize>,
    /// Whether boxes, comments or bytes behind the end are there.
    pub has_more: bool,
    pub rows: u64,
    pub columns: u64,
    pub components: u64,
    /// Whether block coding is that of part 15.
    pub is_high_throughput: bool,
    /// Whether its parts are as many as memory allows.
    pub is_bounded: bool,
    /// What decoding needs; without the lengths that comments change.
    pub needed: Vec<Range<usize>>,
}

/// Walks over a frame; `None` when it is no code stream to its end.
pub(super) fn scan(frame: &[u8]) -> Option<CodeStream> {
    let range = if frame.starts_with(JP2) { boxed(frame)? } else { 0..frame.len() };
    let is_boxed = range.len() != frame.len();
    let bytes = &frame[range.clone()];
    if bytes.get(..2)? != [0xFF, 0x4F] {
        return None;
    }
    let (marker, size) = segment(bytes, 2)?;
    let mut stream = sized(&bytes[size.clone()]).filter(|_| marker == 0x51)?;
    stream.has_more = is_boxed;
    stream.needed.push(0..size.end);
    let mut at = stream.header(bytes, size.end, 0x90)?;
    while bytes.get(at..at + 2) == Some(&[0xFF, 0x90]) {
        at = stream.tile_part(bytes, at)?;
    }
    match &bytes[at..] {
        [0xFF, 0xD9, rest @ ..] => stream.has_more |= !is_padding(rest, range.start + at + 2),
        rest => stream.has_more |= !is_padding(rest, range.start + at),
    }
    stream.range = range;
    Some(stream)
}

fn sized(body: &[u8]) -> Option<CodeStream> {
    let number = |at: usize| Some(u64::from(u32::from_be_bytes(*body.get(at..)?.first_chunk()?)));
    let [x, y, x0, y0] = [number(2)?, number(6)?, number(10)?, number(14)?];
    let [tile_x, tile_y] = [number(18)?.max(1), number(22)?.max(1)];
    let components = u64::from(u16::from_be_bytes(*body.get(34..)?.first_chunk()?));
    Some(CodeStream {
        range: 0..0,
        has_more: false,
        rows: y.checked_sub(y0)?,
        columns: x.checked_sub(x0)?,
        components,
        is_high_throughput: body[0] & 0x40 != 0,
        is_bounded: x.div_ceil(tile_x) * y.div_ceil(tile_y) <= MOST_TILES,
        needed: Vec::new(),
    })
}

impl CodeStream {
    /// Walks over segments until `last`, and returns where that is.
    fn header(&mut self, bytes: &[u8], mut at: usize, last: u8) -> Option<usize> {
        while bytes.get(at..at + 2)? != [0xFF, last] {
            let (marker, body) = segment(bytes, at)?;
            match marker {
                0x64 => self.has_more = true,
                // Lengths of tile-parts, which comments in them change.
                0x55 => {}
                _ => self.needed.push(at..body.end),
            }
            match marker {
                0x52 => self.style(bytes.get(body.start + 5..body.end)?, bytes[body.start] & 1 != 0)?,
                0x53 => self.style(bytes.get(body.start + 2..body.end)?, bytes[body.start + 1] & 1 != 0)?,
                0x50 => self.is_high_throughput = true,
                _ => {}
            }
            at = body.end;
        }
        Some(at)
    }

    /// Reads what a coding style says of blocks and of the transform.
    fn style(&mut self, body: &[u8], has_precincts: bool) -> Option<()> {
        let [levels, width, height, style, _, precincts @ ..] = body else { return None };
        let across = |length: u64, power: u8| (length >> power.min(32)) + 2;
        let blocks = across(self.columns, width.saturating_add(2)) * across(self.rows, height.saturating_add(2));
        self.is_bounded &= blocks <= MOST_BLOCKS && *levels <= 32;
        for size in precincts.iter().filter(|_| has_precincts) {
            self.is_bounded &= across(self.columns, size & 15) * across(self.rows, size >> 4) <= MOST_BLOCKS;
        }
        self.is_high_throughput |= style & 0x40 != 0;
        Some(())
    }

    /// Walks over a tile-part and returns where it ends.
    fn tile_part(&mut self, bytes: &[u8], start: usize) -> Option<usize> {
        let (_, head) = segment(bytes, start)?;
        let length = u32::from_be_bytes(*bytes.get(head.start + 2..head.end)?.first_chunk()?) as usize;
        self.needed.push(start..head.start + 2);
        self.needed.push(head.start + 6..head.end);
        let at = self.header(bytes, head.end, 0x93)?;
        let end = match length {
            0 => bytes[at..].windows(2).position(|pair| pair == [0xFF, 0xD9]).map_or(bytes.len(), |found| at + found),
            length => start.checked_add(length).filter(|end| *end <= bytes.len() && *end >= at + 2)?,
        };
        self.needed.push(at..end);
        Some(end)
    }
}

/// Returns marker and body of the segment at a place.
fn segment(bytes: &[u8], at: usize) -> Option<(u8, Range<usize>)> {
    let &[0xFF, marker, high, low] = bytes.get(at..)?.first_chunk::<4>()? else { return None };
    let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
    (end >= at + 4 && end <= bytes.len()).then_some((marker, at + 4..end))
}

/// Finds the code stream within boxes (Annex I).
fn boxed(frame: &[u8]) -> Option<Range<usize>> {
    let mut at = 0;
    loop {
        let head = frame.get(at..)?.first_chunk::<8>()?;
        let length = u32::from_be_bytes(*head.first_chunk()?) as usize;
        let (start, end) = match length {
            0 => (at + 8, frame.len()),
            1 => {
                let long = u64::from_be_bytes(*frame.get(at + 8..)?.first_chunk()?);
                (at + 16, at.checked_add(usize::try_from(long).ok()?)?)
            }
            length => (at + 8, at + length),
        };
        if end < start || end > frame.len() {
            return None;
        }
        if &head[4..] == b"jp2c" {
            return Some(start..end);
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One tile of 8 by 8 whose only tile-part holds these segments and four bytes of data.
    fn stream(main: &[u8], tile: &[u8], tail: &[u8]) -> Vec<u8> {
        let mut size = vec![0xFF, 0x51, 0, 41, 0, 0];
        for number in [8_u32, 8, 0, 0, 8, 8, 0, 0] {
            size.extend(number.to_be_bytes());
        }
        size.extend([0, 1, 7, 1, 1]);
        let style = [0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, 1, 4, 4, 0, 1];
        let mut part = vec![0xFF, 0x90, 0, 10, 0, 0];
        part.extend((12 + tile.len() as u32 + 6).to_be_bytes());
        part.extend([0, 1]);
        [b"\xff\x4f", &size[..], &style, main, &part, tile, b"\xff\x93data\xff\xd9", tail].concat()
    }

    #[test]
    fn comments_boxes_and_bytes_behind_the_end_are_more() {
        let comment = b"\xff\x64\0\x08\0\x01text";
        let plain = scan(&stream(b"", b"", b"")).unwrap();
        assert!(!plain.has_more && plain.is_bounded);
        assert_eq!((plain.rows, plain.columns, plain.components), (8, 8, 1));
        for bytes in [stream(comment, b"", b""), stream(b"", comment, b""), stream(b"", b"", b"text")] {
            let scanned = scan(&bytes).unwrap();
            assert!(scanned.has_more);
            let cut = |bytes: &[u8], needed: &[Range<usize>]| -> Vec<u8> {
                needed.iter().flat_map(|range| bytes[range.clone()].to_vec()).collect()
            };
            assert_eq!(cut(&bytes, &scanned.needed), cut(&stream(b"", b"", b""), &plain.needed));
        }
        let mut boxes = b"\0\0\0\x0cjP  \x0d\x0a\x87\x0a".to_vec();
        boxes.extend(b"\0\0\0\0jp2c");
        boxes.extend(stream(b"", b"", b""));
        let boxed = scan(&boxes).unwrap();
        assert!(boxed.has_more && boxed.range == (20..boxes.len()));
    }

    #[test]
    fn what_is_no_stream_is_refused() {
        let whole = stream(b"", b"", b"");
        for length in 0..whole.len() - 2 {
            assert!(scan(&whole[..length]).is_none(), "{length}");
        }
    }
}
