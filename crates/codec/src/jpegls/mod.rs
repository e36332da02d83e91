//! JPEG-LS: lossless and near-lossless.
//!
//! The samples adapt the code of all that follow, so a masked frame is coded anew: without loss, whatever the input was,
//! which near-lossless syntax allows (NEAR may be 0). So what a reader saw outside the regions, it sees again.
//!
//! PS3.5 2026d, A.4.3; ITU-T T.87 (06/1998).

mod bits;
mod model;
mod read;
mod scan;
mod segment;
mod write;

use crate::{Codec, Damage, Fill, Format, Masked, raster};
use tokumei_core::Region;

/// The codec of both transfer syntaxes.
#[derive(Debug)]
pub(crate) struct JpegLs {
    uid: &'static str,
}

/// JPEG-LS Lossless Image Compression.
pub(crate) static LOSSLESS: JpegLs = JpegLs { uid: "1.2.840.10008.1.2.4.80" };
/// JPEG-LS Lossy (Near-Lossless) Image Compression.
pub(crate) static NEAR_LOSSLESS: JpegLs = JpegLs { uid: "1.2.840.10008.1.2.4.81" };

impl Codec for JpegLs {
    fn writes(&self) -> &'static str {
        self.uid
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        format.check()?;
        if regions.iter().all(|&region| format.cut(region).is_none()) {
            let bytes = self.clean(frame, format)?.unwrap_or_else(|| frame.to_vec());
            return Ok(Masked { bytes, effective: Vec::new() });
        }
        let mut image = read::read(frame, format)?;
        let values = raster::fill_values(fill, image.precision, false).map(|value| value as u16);
        let effective = raster::fill(&mut image.values, format, regions, values);
        Ok(Masked { bytes: write::write(image), effective })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        format.check()?;
        read::check(frame, format)?;
        segment::clean(frame)
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        format.check()?;
        let image = read::read(frame, format)?;
        let values = image.values.iter();
        let extended = values.map(|&value| raster::extend(i32::from(value), image.precision, format.signed));
        Ok(raster::pack(extended, format))
    }
}

#[cfg(test)]
mod tests;
