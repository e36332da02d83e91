//! JPEG 2000 and its high-throughput sibling, through OpenJPEG.
//!
//! A wavelet coefficient reaches far, so a masked frame is decoded and coded anew with the reversible transform: every
//! sample that OpenJPEG gave for the original outside the regions, any reader gets again. (Of an irreversible stream
//! readers may differ by rounding; what is kept is what OpenJPEG reads.) HTJ2K cannot be written here without loss of
//! trust in the encoder; its frames become JPEG 2000 Lossless.
//!
//! In YBR_ICT and YBR_RCT the samples, and the fill, are red, green and blue: a reader undoes the transform.
//!
//! PS3.5 2026d, A.4.4 and 8.2.4; ISO/IEC 15444-1, 15444-15.

mod codestream;
mod ffi;
mod image;
mod jp2;

use crate::{Codec, Damage, Fill, Format, Masked, Photometric, raster};
use codestream::CodeStream;
use image::{Coding, Image};
use tokumei_core::Region;

/// Most samples of an image, which take four bytes each while they are decoded.
const MAX_SAMPLES: u64 = 128 << 20;

/// The codec of the syntaxes of JPEG 2000.
#[derive(Debug)]
pub(crate) struct Jpeg2000 {
    writes: &'static str,
    /// Whether the syntax that is read is another one.
    recodes: bool,
}

/// JPEG 2000 Image Compression (Lossless Only).
pub(crate) static LOSSLESS: Jpeg2000 = Jpeg2000 { writes: "1.2.840.10008.1.2.4.90", recodes: false };
/// JPEG 2000 Image Compression.
pub(crate) static GENERAL: Jpeg2000 = Jpeg2000 { writes: "1.2.840.10008.1.2.4.91", recodes: false };
/// The three syntaxes of High-Throughput JPEG 2000.
pub(crate) static HIGH_THROUGHPUT: Jpeg2000 = Jpeg2000 { writes: "1.2.840.10008.1.2.4.90", recodes: true };

impl Codec for Jpeg2000 {
    fn writes(&self) -> &'static str {
        self.writes
    }

    fn photometric(&self, of_input: Photometric) -> Photometric {
        match of_input {
            Photometric::YbrIct => Photometric::YbrRct,
            other => other,
        }
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        let transform = matches!(format.photometric, Photometric::YbrIct | Photometric::YbrRct);
        let untouched = regions.iter().all(|&region| format.cut(region).is_none());
        // An irreversible frame beside masked ones must not keep a photometric interpretation that they lose.
        let stays = self.photometric(format.photometric) == format.photometric;
        if untouched && stays && !self.recodes {
            let bytes = self.clean(frame, format)?.unwrap_or_else(|| frame.to_vec());
            return Ok(Masked { bytes, effective: Vec::new() });
        }
        let (stream, mut image) = read(frame, format)?;
        let values = raster::fill_values(fill, image.shape.precision, image.shape.signed);
        let effective = raster::fill(&mut image.values, format, regions, values);
        let least = format.rows.min(format.columns);
        let coding = Coding {
            progression: stream.progression,
            levels: stream.levels.min(least.ilog2() as u8),
            block: stream.block,
            transform: transform && format.samples == 3,
        };
        let written = ffi::encode(&image, &coding)?;
        // The library loses samples of one bit under the colour transform; whatever else it may lose is not let out.
        if ffi::decode(&written, &image.shape)? != image.values {
            return Err(Damage::Unsupported("samples that are not written as they are"));
        }
        Ok(Masked { bytes: CodeStream::parse(&written, format)?.kept, effective })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        check(format)?;
        let stream = jp2::code_stream(frame)?;
        let kept = CodeStream::parse(stream, format)?.kept;
        let cut = frame.len() == kept.len() - 2 && kept.starts_with(frame);
        Ok(if cut { None } else { raster::unless_padding(frame, kept) })
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        let (_, image) = read(frame, format)?;
        let extend = format.signed && !image.shape.signed;
        let values = image.values.iter().map(|&value| raster::extend(value, image.shape.precision, extend));
        Ok(raster::pack(values, format))
    }
}

fn check(format: &Format) -> Result<(), Damage> {
    format.check()?;
    let samples = u64::from(format.rows) * u64::from(format.columns) * u64::from(format.samples);
    if samples > MAX_SAMPLES { Err(Damage::TooLarge) } else { Ok(()) }
}

fn read(frame: &[u8], format: &Format) -> Result<(CodeStream, Image), Damage> {
    check(format)?;
    let stream = CodeStream::parse(jp2::code_stream(frame)?, format)?;
    let values = ffi::decode(&stream.kept, &stream.shape)?;
    let shape = stream.shape;
    Ok((stream, Image { shape, values }))
}

#[cfg(test)]
mod tests;
