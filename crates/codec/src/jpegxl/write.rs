//! Encodes an image without loss, through zune-jpegxl.

use super::header::header;
use super::read::{Image, guarded};
use crate::{Damage, Format};
use zune_core::bit_depth::BitDepth;
use zune_core::colorspace::ColorSpace;
use zune_core::options::EncoderOptions;
use zune_jpegxl::JxlSimpleEncoder;

/// Writes a bare code stream. The encoder knows 8 and 16 bits; the header then says how many there are.
pub(super) fn write(image: &Image, format: &Format, effort: u8) -> Result<Vec<u8>, Damage> {
    let failed = Damage::Unsupported("an image that cannot be written as JPEG XL");
    let (depth, bits) = if image.precision <= 8 { (BitDepth::Eight, 8) } else { (BitDepth::Sixteen, 16) };
    let bytes: Vec<u8> = match depth {
        BitDepth::Eight => image.values.iter().map(|&value| value as u8).collect(),
        _ => image.values.iter().flat_map(|value| value.to_ne_bytes()).collect(),
    };
    let colour = if format.samples == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = EncoderOptions::new(format.columns as usize, format.rows as usize, colour, depth)
        .set_num_threads(1)
        .set_effort(effort);
    let mut written = Vec::new();
    let encoded = || JxlSimpleEncoder::new(&bytes, options).encode(&mut written).map(|_| ()).map_err(|_| failed);
    guarded(encoded).map_err(|_| failed)?;
    let frame = written.strip_prefix(&header(format, bits)[..]).ok_or(failed)?;
    Ok([&header(format, image.precision)[..], frame].concat())
}
