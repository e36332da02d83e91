//! A code stream, taken apart into segments and scans, and put together again.
//!
//! T.81, Annex B.

use crate::Damage;
use crate::jpeg::entropy::Entropy;
use crate::jpeg::frame::{Frame, ScanHeader};
use crate::jpeg::huffman::Table;
use crate::jpeg::keep;
use std::ops::Range;

/// A code stream of one image whose every component is in one scan.
pub(crate) struct Stream<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) frame: Frame,
    /// What stands between the first marker and the end of the last scan.
    pub(crate) parts: Vec<Part>,
    /// The marker that ends the image, with its fill bytes; empty when it is missing.
    end: Range<usize>,
}

/// A part of a code stream.
pub(crate) enum Part {
    /// A segment that is no scan.
    Segment(Segment),
    /// A scan header and its entropy-coded segments.
    Scan(Box<Scan>),
}

/// A marker segment.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) marker: u8,
    /// From the fill bytes before the marker to the end of the payload.
    pub(crate) span: Range<usize>,
    pub(crate) payload: Range<usize>,
}

/// A scan with all that decoding it needs.
pub(crate) struct Scan {
    pub(crate) segment: Segment,
    pub(crate) header: ScanHeader,
    /// Tables of each slot of the header.
    pub(crate) tables: Vec<Tables>,
    /// MCUs between restart markers, 0 for none.
    pub(crate) restart: u16,
    pub(crate) entropy: Entropy,
}

/// Tables of one component in a scan, as they stand when it starts.
pub(crate) struct Tables {
    pub(crate) dc: Option<Table>,
    pub(crate) ac: Option<Table>,
    /// Divisors in zigzag order, none of them 0.
    pub(crate) quantization: Option<[u16; 64]>,
}

impl<'a> Stream<'a> {
    /// Takes a code stream apart.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Stream<'a>, Damage> {
        if bytes.get(..2) != Some(&[0xFF, 0xD8]) {
            return Err(Damage::Malformed("it does not start with a start of image"));
        }
        let mut reader = Reader { bytes, at: 2, ..Reader::default() };
        while !reader.complete() {
            reader.part()?;
        }
        let end = reader.end()?;
        let frame = reader.frame.ok_or(Damage::Malformed("it has no frame header"))?;
        Ok(Stream { bytes, frame, parts: reader.parts, end })
    }

    /// Returns the scans in their order.
    pub(crate) fn scans(&self) -> impl Iterator<Item = &Scan> {
        self.parts.iter().filter_map(|part| match part {
            Part::Scan(scan) => Some(&**scan),
            Part::Segment(_) => None,
        })
    }

    /// Writes the stream with the segments that it needs and with scans that `scan` writes, header included.
    ///
    /// Huffman tables are left out unless `tables`.
    pub(crate) fn write(
        &self,
        tables: bool,
        mut scan: impl FnMut(&Scan, Vec<u8>) -> Result<Vec<u8>, Damage>,
    ) -> Result<Vec<u8>, Damage> {
        let mut out = Vec::with_capacity(self.bytes.len() + 1024);
        out.extend_from_slice(&[0xFF, 0xD8]);
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Scan(part) => out = scan(part, out)?,
                Part::Segment(segment) if segment.marker == 0xC4 && !tables => (),
                Part::Segment(segment) => keep::write(self, index, segment, &mut out),
            }
        }
        out.extend_from_slice(self.slice(&self.end));
        Ok(out)
    }

    /// Returns bytes of the stream.
    pub(crate) fn slice(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// Appends a segment with its marker and length.
pub(crate) fn write_segment(marker: u8, payload: &[u8], out: &mut Vec<u8>) {
    let length = (payload.len() as u16).wrapping_add(2).to_be_bytes();
    out.extend_from_slice(&[0xFF, marker, length[0], length[1]]);
    out.extend_from_slice(payload);
}

/// Where reading stands and what the segments so far have said.
#[derive(Default)]
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    frame: Option<Frame>,
    parts: Vec<Part>,
    /// Which components have had their scan.
    scanned: [bool; 4],
    quantization: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart: u16,
}

impl Reader<'_> {
    fn complete(&self) -> bool {
        self.frame
            .as_ref()
            .is_some_and(|frame| self.scanned.iter().take(frame.components.len()).all(|scanned| *scanned))
    }

    /// Goes to the next marker, behind bytes that belong to no segment, and returns it with its place.
    fn marker(&mut self) -> Option<(u8, Range<usize>)> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let start = self.at + rest.iter().position(|&byte| byte == 0xFF)?;
            let fill = self.bytes.get(start..)?.iter().take_while(|&&byte| byte == 0xFF).count();
            self.at = start + fill + 1;
            match *self.bytes.get(start + fill)? {
                0 => (),
                marker => return Some((marker, start..self.at)),
            }
        }
    }

    /// Reads one segment.
    fn segment(&mut self) -> Result<Segment, Damage> {
        let (marker, span) = self.marker().ok_or(Damage::Truncated)?;
        match marker {
            0xD8 => return Err(Damage::Malformed("a second image starts within the first")),
            0xD9 => return Err(Damage::Truncated),
            0xCC => return Err(Damage::Unsupported("arithmetic coding")),
            0xDC => return Err(Damage::Unsupported("a number of lines defined behind the scan")),
            0xDE | 0xDF => return Err(Damage::Unsupported("hierarchical coding")),
            0xC0..=0xC7 | 0xC9..=0xCF | 0xDA | 0xDB | 0xDD | 0xE0..=0xEF | 0xFE => (),
            _ => return Err(Damage::Malformed("a marker is reserved or out of its place")),
        }
        let length = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<2>()).ok_or(Damage::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let payload = self.at + 2..self.at + length;
        if length < 2 {
            return Err(Damage::Malformed("a segment is shorter than its length"));
        }
        if payload.end > self.bytes.len() {
            return Err(Damage::Truncated);
        }
        self.at = payload.end;
        Ok(Segment { marker, span: span.start..payload.end, payload })
    }

    /// Reads one part and learns what it says.
    fn part(&mut self) -> Result<(), Damage> {
        let segment = self.segment()?;
        let payload = self.bytes.get(segment.payload.clone()).unwrap_or_default();
        match segment.marker {
            0xDA => return self.scan(segment, payload),
            0xDB => self.quantization(payload)?,
            0xC4 => self.huffman(payload)?,
            0xDD => {
                let interval =
                    payload.try_into().map_err(|_| Damage::Malformed("a restart interval has another length"))?;
                self.restart = u16::from_be_bytes(interval);
            }
            marker @ 0xC0..=0xCF => {
                if self.frame.is_some() {
                    return Err(Damage::Malformed("it has two frame headers"));
                }
                self.frame = Some(Frame::parse(marker, payload)?);
            }
            _ => (),
        }
        self.parts.push(Part::Segment(segment));
        Ok(())
    }

    fn scan(&mut self, segment: Segment, payload: &[u8]) -> Result<(), Damage> {
        let frame = self.frame.as_ref().ok_or(Damage::Malformed("a scan comes before the frame header"))?;
        let header = ScanHeader::parse(payload, frame)?;
        let mut tables = vec![];
        for slot in &header.slots {
            if std::mem::replace(&mut self.scanned[slot.component & 3], true) {
                return Err(Damage::Malformed("a component has two scans"));
            }
            let quantization = frame.components.get(slot.component).map_or(0, |component| component.quantization);
            tables.push(Tables {
                dc: self.dc[usize::from(slot.dc & 3)].clone(),
                ac: self.ac[usize::from(slot.ac & 3)].clone(),
                quantization: self.quantization[usize::from(quantization & 3)],
            });
        }
        let entropy = Entropy::read(self.bytes, self.at, self.restart > 0)?;
        self.at = entropy.end;
        self.parts.push(Part::Scan(Box::new(Scan { segment, header, tables, restart: self.restart, entropy })));
        Ok(())
    }

    /// T.81, B.2.4.1.
    fn quantization(&mut self, mut payload: &[u8]) -> Result<(), Damage> {
        let wrong = Damage::Malformed("a quantization table is not one");
        while let Some((&first, rest)) = payload.split_first() {
            let (wide, id) = (usize::from(first >> 4), usize::from(first & 15));
            let (values, rest) = rest.split_at_checked(64 * (wide + 1)).ok_or(wrong)?;
            if wide > 1 || id > 3 {
                return Err(wrong);
            }
            let mut table = [0; 64];
            for (value, bytes) in table.iter_mut().zip(values.chunks_exact(wide + 1)) {
                *value = bytes.iter().fold(0, |value, &byte| value << 8 | u16::from(byte));
            }
            if table.contains(&0) {
                return Err(wrong);
            }
            self.quantization[id] = Some(table);
            payload = rest;
        }
        Ok(())
    }

    /// T.81, B.2.4.2.
    fn huffman(&mut self, mut payload: &[u8]) -> Result<(), Damage> {
        while let Some((&first, rest)) = payload.split_first() {
            let (class, id) = (first >> 4, usize::from(first & 15));
            if class > 1 || id > 3 {
                return Err(Damage::Malformed("a Huffman table has a class or identifier that none can have"));
            }
            let (table, rest) = Table::parse(rest)?;
            if class == 0 {
                self.dc[id] = Some(table)
            } else {
                self.ac[id] = Some(table)
            }
            payload = rest;
        }
        Ok(())
    }

    /// Finds the end of the image behind the last scan. What stands before it says nothing any more.
    fn end(&mut self) -> Result<Range<usize>, Damage> {
        loop {
            let before = self.at;
            match self.marker() {
                None => return Ok(self.bytes.len()..self.bytes.len()),
                Some((0xD9, span)) => return Ok(span),
                // A restart marker behind the last interval.
                Some((0xD0..=0xD7, _)) => (),
                Some((0xC0..=0xC3 | 0xC5..=0xCB | 0xCD..=0xCF | 0xDA, _)) => {
                    return Err(Damage::Malformed("a component has two scans"));
                }
                Some(_) => {
                    self.at = before;
                    self.segment()?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey frame of one block, its tables with one code each.
    pub(crate) fn grey() -> Vec<u8> {
        let mut out = vec![0xFF, 0xD8];
        write_segment(0xDB, &[&[0][..], &[1; 64]].concat(), &mut out);
        write_segment(0xC0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0], &mut out);
        let table = |class: u8| [&[class, 1][..], &[0; 15], &[0]].concat();
        write_segment(0xC4, &[table(0x00), table(0x10)].concat(), &mut out);
        write_segment(0xDA, &[1, 1, 0, 0, 63, 0], &mut out);
        out.extend([0x3F, 0xFF, 0xD9]);
        out
    }

    fn error(bytes: &[u8]) -> &'static str {
        Stream::parse(bytes).map_or_else(|damage| damage.id(), |_| "none")
    }

    #[test]
    fn a_stream_is_put_together_as_it_was() {
        let bytes = grey();
        let stream = Stream::parse(&bytes).unwrap();
        assert_eq!(stream.scans().count(), 1);
        let again = stream.write(true, |scan, mut out| {
            out.extend_from_slice(stream.slice(&scan.segment.span));
            out.push(0x3F);
            Ok(out)
        });
        assert_eq!(again, Ok(bytes));
    }

    #[test]
    fn a_stream_cut_off_before_its_scan_is_truncated() {
        let bytes = grey();
        for end in 2..bytes.len() - 14 {
            assert_eq!(error(&bytes[..end]), "truncated", "{end} bytes");
        }
        assert_eq!(error(&[]), "malformed");
    }

    #[test]
    fn segments_out_of_their_place_are_refused() {
        let bytes = grey();
        let with = |at: usize, marker: u8, payload: &[u8]| {
            let mut segment = vec![];
            write_segment(marker, payload, &mut segment);
            [&bytes[..at], &segment, &bytes[at..]].concat()
        };
        let end = bytes.len() - 2;
        assert_eq!(error(&with(2, 0xC2, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0])), "unsupported", "progressive");
        assert_eq!(error(&with(2, 0xC0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0])), "malformed", "two frames");
        assert_eq!(error(&with(2, 0xCC, &[0, 0])), "unsupported", "arithmetic");
        assert_eq!(error(&with(2, 0xDE, &[0, 0])), "unsupported", "hierarchical");
        assert_eq!(error(&with(2, 0xF7, &[0, 0])), "malformed", "reserved");
        assert_eq!(error(&with(2, 0xD8, &[])), "malformed", "an image in an image");
        assert_eq!(error(&with(2, 0xDA, &[1, 1, 0, 0, 63, 0])), "malformed", "a scan before the frame");
        assert_eq!(error(&with(2, 0xDD, &[0])), "malformed", "a restart interval of one byte");
        assert_eq!(error(&with(end, 0xDA, &[1, 1, 0, 0, 63, 0])), "malformed", "a component twice");
        assert_eq!(error(&with(end, 0xDC, &[0, 9])), "unsupported", "lines defined later");
        assert_eq!(error(&with(2, 0xDB, &[&[0][..], &[0; 64]].concat())), "malformed", "divisors of zero");
        assert_eq!(error(&with(2, 0xC4, &[0x20; 17])), "malformed", "a class of 2");
        assert_eq!(error(&with(end, 0xFE, b"text")), "none");
        assert_eq!(error(&with(2, 0xE1, b"text")), "none");
    }
}
