//! JPEG XL.
//!
//! Samples that are coded without loss as integers are decoded and coded anew. Others (XYB, DCT) are defined within a
//! tolerance only: no new frame could give every reader what the old one gave, so they are not masked.
//!
//! PS3.5 2026d, A.4.12; ISO/IEC 18181-1 and 18181-2.

mod container;
mod header;
mod read;
pub(crate) mod recompressed;
mod write;

use crate::{Codec, Damage, Fill, Format, Masked, raster};
use tokumei_core::Region;

/// Of 127 rows in so many pairs the encoder takes statistics.
const USUAL_EFFORT: u8 = 4;
const FULL_EFFORT: u8 = 127;

/// The codec of the syntaxes whose frames are code streams of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum JpegXl {
    /// JPEG XL Lossless.
    Lossless,
    /// JPEG XL, which may be lossless too.
    General,
}

impl Codec for JpegXl {
    fn writes(&self) -> &'static str {
        match self {
            JpegXl::Lossless => "1.2.840.10008.1.2.4.110",
            JpegXl::General => "1.2.840.10008.1.2.4.112",
        }
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        format.check()?;
        if regions.iter().all(|&region| format.cut(region).is_none()) {
            let bytes = self.clean(frame, format)?.unwrap_or_else(|| frame.to_vec());
            return Ok(Masked { bytes, effective: Vec::new() });
        }
        let mut image = read::read(&container::code_stream(frame)?, format)?;
        let values = raster::fill_values(fill, image.precision, false).map(|value| value as u16);
        let effective = raster::fill(&mut image.values, format, regions, values);
        Ok(Masked { bytes: encode(&image, format)?, effective })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        format.check()?;
        let stream = container::code_stream(frame)?;
        let length = read::length(&stream, format)?;
        let kept = if length < stream.len() || container::is_bare(frame) {
            stream[..length].to_vec()
        } else {
            container::needed(frame, &[])?
        };
        Ok(raster::unless_padding(frame, kept))
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        format.check()?;
        let image = read::read(&container::code_stream(frame)?, format)?;
        let values = image.values.iter();
        let extended = values.map(|&value| raster::extend(i32::from(value), image.precision, format.signed));
        Ok(raster::pack(extended, format))
    }
}

/// Encodes an image. The encoder breaks some long runs, fewer of them the more it has looked at; so what it wrote counts
/// only once another hand has read the same.
fn encode(image: &read::Image, format: &Format) -> Result<Vec<u8>, Damage> {
    for effort in [USUAL_EFFORT, FULL_EFFORT] {
        let bytes = write::write(image, format, effort)?;
        if read::read(&bytes, format).is_ok_and(|again| again.values == image.values) {
            return Ok(bytes);
        }
    }
    Err(Damage::Unsupported("an image that cannot be written as JPEG XL"))
}

#[cfg(test)]
mod tests;
