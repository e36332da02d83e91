//! JPEG XL JPEG Recompression: a JPEG file in other clothes.
//!
//! The JPEG comes back bit for bit, and its coefficients can be masked without touching others; so masked frames are of
//! the syntax JPEG Baseline.

use super::read::{guarded, open};
use super::{container, read};
use crate::{Codec, Damage, Fill, Format, Masked, raster};
use jxl_oxide::{InitializeResult, JxlImage};
use tokumei_core::Region;

const BASELINE: &str = "1.2.840.10008.1.2.4.50";

/// The codec.
#[derive(Debug)]
pub(crate) struct Recompressed;

impl Codec for Recompressed {
    fn writes(&self) -> &'static str {
        BASELINE
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        baseline()?.mask(&reconstruct(frame, format)?, format, regions, fill)
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        if baseline()?.clean(&reconstruct(frame, format)?, format)?.is_some() {
            // It is within compressed data that belong to the JPEG.
            return Err(Damage::Unsupported("a recompressed JPEG with comments"));
        }
        let stream = container::code_stream(frame)?;
        if read::length(&stream, format)? < stream.len() {
            return Err(Damage::Malformed("bytes behind a code stream"));
        }
        Ok(raster::unless_padding(frame, container::needed(frame, &[b"jbrd"])?))
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        baseline()?.decode(&reconstruct(frame, format)?, format)
    }
}

fn baseline() -> Result<&'static dyn Codec, Damage> {
    crate::codec(BASELINE).ok_or(Damage::Unsupported("recompressed JPEG"))
}

/// Gives the JPEG back.
fn reconstruct(frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
    format.check()?;
    let malformed = Damage::Malformed("a recompressed JPEG");
    // The headers are checked before anything is decoded.
    guarded(|| open(&container::code_stream(frame)?, format).map(|_| ()))?;
    guarded(|| {
        let mut waiting = JxlImage::builder().build_uninit();
        let mut fed = 0;
        let mut image = loop {
            if fed == frame.len() {
                return Err(Damage::Truncated);
            }
            let end = frame.len().min(fed.max(4096) * 2);
            fed += waiting.feed_bytes(&frame[fed..end]).map_err(|_| malformed)?;
            match waiting.try_init().map_err(|_| malformed)? {
                InitializeResult::NeedMoreData(_) if end == frame.len() => return Err(Damage::Truncated),
                InitializeResult::NeedMoreData(more) => waiting = more,
                InitializeResult::Initialized(image) => break image,
            }
        };
        image.feed_bytes(&frame[fed..]).map_err(|_| malformed)?;
        image.finalize().map_err(|_| malformed)?;
        if !image.is_loading_done() {
            return Err(Damage::Truncated);
        }
        let mut jpeg = Limited { bytes: Vec::new(), most: frame.len().saturating_mul(64) };
        image.reconstruct_jpeg(&mut jpeg).map_err(|_| malformed)?;
        Ok(jpeg.bytes)
    })
}

/// A sink that refuses what no recompression saves.
struct Limited {
    bytes: Vec<u8>,
    most: usize,
}

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
