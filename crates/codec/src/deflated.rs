//! Deflated image frames: each frame a deflate stream of its own, around native samples.
//!
//! PS3.5 2026d, 8.2.16 and A.4.13; RFC 1951.

use crate::native::Frames;
use crate::{Codec, Damage, Fill, Format, MAX_FRAME, Masked};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokumei_core::Region;

/// The codec of deflated image frames.
pub(crate) struct Deflated;

const WRITES: &str = "1.2.840.10008.1.2.8.1";

/// The frames inside.
const NATIVE: Frames = Frames::new(WRITES);

impl Codec for Deflated {
    fn writes(&self) -> &'static str {
        WRITES
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        if regions.iter().all(|region| format.cut(*region).is_none()) {
            let bytes = self.clean(frame, format)?.unwrap_or_else(|| frame.to_vec());
            return Ok(Masked { bytes, effective: Vec::new() });
        }
        let native = NATIVE.mask(&Inflated::new(frame, format)?.samples, format, regions, fill)?;
        Ok(Masked { bytes: deflate(&native.bytes)?, ..native })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        let inflated = Inflated::new(frame, format)?;
        if let Some(samples) = NATIVE.clean(&inflated.samples, format)? {
            return deflate(&samples).map(Some);
        }
        let Some(used) = inflated.used else { return deflate(&inflated.samples).map(Some) };
        let padding = &frame[used..];
        let harmless = padding.is_empty() || used % 2 == 1 && padding == [0];
        Ok((!harmless).then(|| frame[..used].to_vec()))
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        NATIVE.decode(&Inflated::new(frame, format)?.samples, format)
    }
}

/// A frame out of its stream.
struct Inflated {
    /// As many bytes as the samples need.
    samples: Vec<u8>,
    /// The bytes of the stream; none when it goes on behind the samples.
    used: Option<usize>,
}

impl Inflated {
    fn new(frame: &[u8], format: &Format) -> Result<Inflated, Damage> {
        let length = NATIVE.len(format)?;
        debug_assert!(length as u64 <= MAX_FRAME, "the format was checked");
        let mut stream = Decompress::new(false);
        let mut samples = Vec::new();
        // A stream may stand for a thousand times its length, so memory grows with what really comes out.
        while samples.len() < length {
            samples.reserve_exact((length - samples.len()).min(samples.len().max(1 << 16)));
            let read = (stream.total_in(), stream.total_out());
            let rest = frame.get(stream.total_in() as usize..).unwrap_or_default();
            let status = stream.decompress_vec(rest, &mut samples, FlushDecompress::None);
            let stuck = (stream.total_in(), stream.total_out()) == read;
            match status.map_err(|_| Damage::Malformed("the deflate stream"))? {
                _ if samples.len() >= length => {}
                Status::StreamEnd => return Err(Damage::Truncated),
                _ if stuck => return Err(Damage::Truncated),
                _ => {}
            }
        }
        let beyond = samples.len() > length;
        samples.truncate(length);
        let used = if beyond { None } else { end(&mut stream, frame, length)? };
        Ok(Inflated { samples, used })
    }
}

/// Returns where the stream ends if nothing more comes out of it.
fn end(stream: &mut Decompress, frame: &[u8], length: usize) -> Result<Option<usize>, Damage> {
    let mut more = [0; 1];
    let rest = frame.get(stream.total_in() as usize..).unwrap_or_default();
    let status = stream.decompress(rest, &mut more, FlushDecompress::None);
    let ended = status.map_err(|_| Damage::Malformed("the deflate stream"))? == Status::StreamEnd;
    if stream.total_out() > length as u64 {
        return Ok(None);
    }
    if ended { Ok(Some(stream.total_in() as usize)) } else { Err(Damage::Truncated) }
}

fn deflate(samples: &[u8]) -> Result<Vec<u8>, Damage> {
    let mut stream = Compress::new(Compression::default(), false);
    let mut bytes = Vec::new();
    loop {
        bytes.reserve(samples.len() / 4 + 1024);
        let rest = &samples[stream.total_in() as usize..];
        let status = stream.compress_vec(rest, &mut bytes, FlushCompress::Finish);
        if status.map_err(|_| Damage::Malformed("the deflate stream"))? == Status::StreamEnd {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Photometric;

    const GREY: Format = Format {
        rows: 1,
        columns: 3,
        samples: 1,
        allocated: 8,
        stored: 8,
        signed: false,
        planar: false,
        photometric: Photometric::Monochrome2,
        big_endian: false,
    };

    /// One last block of bytes as they are (RFC 1951, 3.2.4).
    fn stored(bytes: &[u8]) -> Vec<u8> {
        let length = bytes.len() as u16;
        [&[1], &length.to_le_bytes()[..], &(!length).to_le_bytes(), bytes].concat()
    }

    #[test]
    fn samples_are_inflated_masked_and_deflated() {
        let frame = stored(&[1, 2, 3]);
        assert_eq!(Deflated.decode(&frame, &GREY), Ok(vec![1, 2, 3]));
        let regions = [Region { x: 1, y: 0, width: 1, height: 1 }];
        let masked = Deflated.mask(&frame, &GREY, &regions, &Fill([9; 4])).unwrap();
        assert_eq!(Deflated.decode(&masked.bytes, &GREY), Ok(vec![1, 9, 3]));
        assert_eq!(masked.effective, regions);
        assert_eq!(Deflated.mask(&frame, &GREY, &[], &Fill([9; 4])).unwrap().bytes, frame);
    }

    #[test]
    fn the_stream_of_another_encoder_is_read() {
        // 1,000 bytes of 7 by zlib.
        let zlib = [0x63, 0x67, 0x1f, 0x05, 0xa3, 0x60, 0x14, 0x0c, 0x77, 0x00, 0x00];
        let format = Format { rows: 10, columns: 100, ..GREY };
        assert_eq!(Deflated.decode(&zlib, &format), Ok(vec![7; 1000]));
        assert_eq!(Deflated.clean(&zlib, &format), Ok(None));
    }

    #[test]
    fn what_is_no_sample_is_removed() {
        let frame = stored(&[1, 2, 3]);
        let clean = |bytes: &[u8]| Deflated.clean(bytes, &GREY).unwrap();
        assert_eq!(clean(&frame), None);
        assert_eq!(clean(&[&frame[..], &[0, 0]].concat()), Some(frame.clone()));
        assert_eq!(clean(&[&frame[..], b"name"].concat()), Some(frame));
        let odd = stored(&[1, 2]);
        let two = Format { columns: 2, ..GREY };
        assert_eq!(Deflated.clean(&[&odd[..], &[0]].concat(), &two), Ok(None));
        assert_eq!(Deflated.clean(&[&odd[..], &[1]].concat(), &two), Ok(Some(odd)));
        let longer = clean(&stored(&[1, 2, 3, b'n'])).unwrap();
        assert_eq!((Deflated.decode(&longer, &GREY), clean(&longer)), (Ok(vec![1, 2, 3]), None));
    }

    #[test]
    fn frames_that_cannot_be_are_refused() {
        let frame = stored(&[1, 2, 3]);
        for end in 0..frame.len() {
            assert_eq!(Deflated.decode(&frame[..end], &GREY), Err(Damage::Truncated), "{end} bytes");
        }
        assert_eq!(Deflated.decode(&stored(&[1, 2]), &GREY), Err(Damage::Truncated));
        assert_eq!(Deflated.decode(&[0xFF; 8], &GREY), Err(Damage::Malformed("the deflate stream")));
        // No end behind the samples.
        assert_eq!(Deflated.decode(&[&[0], &frame[1..]].concat(), &GREY), Err(Damage::Truncated));
        let huge = Format { rows: 8192, columns: 65_535, ..GREY };
        assert_eq!(Deflated.decode(&frame, &huge), Err(Damage::Truncated));
        assert_eq!(Deflated.decode(&frame, &Format { rows: 65_535, ..huge }), Err(Damage::TooLarge));
    }
}
