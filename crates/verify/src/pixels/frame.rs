//! One compressed frame: what it holds beside samples, what decodes it, and its samples.

use super::codestream;
use super::decode::{self, Decoded};
use super::rle;
use super::scan;
use super::shape::{MOST_SAMPLES, Shape};
use flate2::{Decompress, FlushDecompress, Status};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A family of transfer syntaxes (PS3.5 2026d, Annex A).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Coding {
    Rle,
    Deflated,
    Jpeg,
    JpegLs,
    Jpeg2000,
    JpegXl,
}

impl Coding {
    /// Returns the family of a transfer syntax, `None` for video and what is unknown here.
    pub fn of(syntax: &str) -> Option<Coding> {
        Some(match syntax.strip_prefix("1.2.840.10008.1.2.")? {
            "5" => Coding::Rle,
            "8.1" => Coding::Deflated,
            "4.50" | "4.51" | "4.57" | "4.70" => Coding::Jpeg,
            "4.80" | "4.81" => Coding::JpegLs,
            "4.90" | "4.91" | "4.201" | "4.202" | "4.203" => Coding::Jpeg2000,
            "4.110" | "4.111" | "4.112" => Coding::JpegXl,
            _ => return None,
        })
    }

    /// Tells whether a frame holds comments, application segments, boxes, or bytes behind its end.
    ///
    /// # Errors
    /// When it is no frame of the family.
    pub fn has_more(self, frame: &[u8], shape: &Shape) -> Result<bool, &'static str> {
        let found = match self {
            Coding::Rle => rle::Segments::of(frame, shape).map(|segments| segments.has_more),
            Coding::Deflated => inflate(frame, shape).map(|(_, has_more)| has_more),
            Coding::Jpeg | Coding::JpegLs => scan::scan(frame, self == Coding::JpegLs).map(|scan| scan.has_more),
            Coding::Jpeg2000 => codestream::scan(frame).map(|stream| stream.has_more),
            Coding::JpegXl => has_other_boxes(frame),
        };
        found.ok_or("frame-refused")
    }

    /// Returns the bytes that decoding needs, if they can be told without decoding.
    pub fn needed(self, frame: &[u8]) -> Option<Vec<u8>> {
        let (bytes, needed) = match self {
            Coding::Jpeg | Coding::JpegLs => (frame, scan::scan(frame, self == Coding::JpegLs)?.needed),
            Coding::Jpeg2000 => {
                let stream = codestream::scan(frame)?;
                (&frame[stream.range.clone()], stream.needed)
            }
            _ => return None,
        };
        Some(needed.into_iter().flat_map(|range| bytes[range].iter().copied()).collect())
    }

    /// Decodes a frame.
    ///
    /// # Errors
    /// Why it was not decoded: there is no decoder, it refuses the frame, or the frame is too large.
    pub fn decode(self, frame: &[u8], shape: &Shape) -> Result<Decoded, &'static str> {
        if shape.count() > MOST_SAMPLES {
            return Err("frame-too-large");
        }
        let decode = || match self {
            Coding::Rle => {
                rle::Segments::of(frame, shape).and_then(|segments| segments.decode()).ok_or("frame-refused")
            }
            Coding::Deflated => {
                inflate(frame, shape).map(|(samples, _)| Decoded::Native(samples)).ok_or("frame-refused")
            }
            Coding::Jpeg => decode::jpeg(frame, shape),
            Coding::JpegLs => decode::jpeg_ls(frame, shape),
            Coding::Jpeg2000 => decode::jpeg_2000(frame, shape),
            Coding::JpegXl => Err("decoder-missing"),
        };
        // Decoders are the work of others; one that panics has not decoded.
        catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err("frame-refused"))
    }
}

/// Inflates a frame and tells whether its stream holds more than samples, or something follows it.
fn inflate(frame: &[u8], shape: &Shape) -> Option<(Vec<u8>, bool)> {
    let bits = shape.count().checked_mul(shape.allocated)?;
    let bits = if shape.is_422 { bits / 3 * 2 } else { bits };
    let length = usize::try_from(bits.div_ceil(8)).ok()?;
    // A deflate stream stands for little more than a thousand times its length.
    if length / 1100 > frame.len() || length as u64 > MOST_SAMPLES * 8 {
        return None;
    }
    let mut samples = Vec::with_capacity(length + 2);
    let mut stream = Decompress::new(false);
    let status = stream.decompress_vec(frame, &mut samples, FlushDecompress::Finish).ok()?;
    if samples.len() < length {
        return None;
    }
    let used = stream.total_in() as usize;
    let padding = samples.split_off(length);
    let ended = status == Status::StreamEnd && matches!(padding[..], [] | [0]);
    Some((samples, !ended || !scan::is_padding(&frame[used..], used)))
}

/// Tells whether a JPEG XL file has boxes beside those of the image (ISO/IEC 18181-2, clause 9). A bare code stream has none.
fn has_other_boxes(frame: &[u8]) -> Option<bool> {
    if frame.starts_with(&[0xFF, 0x0A]) {
        return Some(false);
    }
    if !frame.starts_with(b"\0\0\0\x0cJXL ") {
        return None;
    }
    let mut rest = frame;
    while let Some(head) = rest.first_chunk::<8>() {
        let length = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize {
            0 => rest.len(),
            1 => usize::try_from(u64::from_be_bytes(*rest.get(8..)?.first_chunk()?)).ok()?,
            length => length,
        };
        if !matches!(&head[4..], b"JXL " | b"ftyp" | b"jxlc" | b"jxlp" | b"jxll" | b"jbrd") {
            return Some(true);
        }
        rest = rest.get(length.max(8)..)?;
    }
    Some(!matches!(rest, [] | [0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn shape() -> Shape {
        Shape {
            columns: 4,
            rows: 2,
            samples: 1,
            allocated: 8,
            stored: 8,
            high: 7,
            by_plane: false,
            is_422: false,
            frames: 1,
            big_endian: false,
        }
    }

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut deflater = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        deflater.write_all(bytes).unwrap();
        deflater.finish().unwrap()
    }

    #[test]
    fn deflated_frames_hold_their_samples_and_nothing_else() {
        let more = |frame: &[u8]| Coding::Deflated.has_more(frame, &shape());
        let mut frame = deflated(&[7; 8]);
        assert_eq!(more(&frame), Ok(false));
        frame.extend(b"text");
        assert_eq!(more(&frame), Ok(true));
        assert_eq!(more(&deflated(b"12345678text")), Ok(true));
        assert_eq!(more(&deflated(b"1234")), Err("frame-refused"));
        assert!(
            matches!(Coding::Deflated.decode(&deflated(&[7; 8]), &shape()), Ok(Decoded::Native(bytes)) if bytes == [7; 8])
        );
    }

    #[test]
    fn boxes_beside_the_image_are_more() {
        let start = b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a\0\0\0\x14ftypjxl \0\0\0\0jxl ";
        let more = |boxes: &[u8]| Coding::JpegXl.has_more(&[start, boxes].concat(), &shape());
        assert_eq!(more(b"\0\0\0\x0ajxlc\xff\x0a"), Ok(false));
        assert_eq!(more(b"\0\0\0\x0cExiftext\0\0\0\x0ajxlc\xff\x0a"), Ok(true));
        assert_eq!(more(b"\0\0\0\xffjxlc\xff\x0a"), Err("frame-refused"));
    }

    #[test]
    fn frames_of_any_bytes_are_refused_without_a_panic() {
        let codings = [Coding::Rle, Coding::Deflated, Coding::Jpeg, Coding::JpegLs, Coding::Jpeg2000, Coding::JpegXl];
        let starts: [&[u8]; 5] = [
            b"",
            b"\xff\xd8\xff\xc0\0\x0b\x08\0\x02\0\x04\x01\x01\x11\0",
            b"\xff\x4f\xff\x51\0\x29",
            b"\xff\xd8\xff\xf7\0\x0b\x08\0\x02\0\x04\x01\x01\x11\0",
            b"\x01\0\0\0\x40\0\0\0",
        ];
        let mut state = 1_u64;
        for round in 0..2000 {
            let mut bytes = starts[round % starts.len()].to_vec();
            bytes.extend((0..round % 97).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            }));
            for coding in codings {
                let _ = (coding.has_more(&bytes, &shape()), coding.needed(&bytes));
                let _ = coding.decode(&bytes, &shape());
            }
        }
    }
}
