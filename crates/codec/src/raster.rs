//! Samples between decoding and coding: regions are filled, bytes laid out as [`Codec::decode`](crate::Codec::decode) says.

use crate::{Fill, Format};
use tokumei_core::Region;

/// Fills regions of samples that are interleaved by pixel and returns the regions, cut to the frame.
///
/// `fill` has a value for each sample of a pixel.
pub(crate) fn fill<T: Copy>(values: &mut [T], format: &Format, regions: &[Region], fill: [T; 4]) -> Vec<Region> {
    let samples = usize::from(format.samples);
    let stride = format.columns as usize * samples;
    let effective: Vec<Region> = regions.iter().filter_map(|&region| format.cut(region)).collect();
    for region in &effective {
        let (left, right) = (region.x as usize * samples, (region.x + region.width) as usize * samples);
        let rows = values.chunks_exact_mut(stride).skip(region.y as usize).take(region.height as usize);
        for pixel in rows.flat_map(|row| row[left..right].chunks_exact_mut(samples)) {
            pixel.copy_from_slice(&fill[..samples]);
        }
    }
    effective
}

/// Returns the fill as samples of so many bits, in two's complement when signed.
pub(crate) fn fill_values(fill: &Fill, precision: u32, signed: bool) -> [i32; 4] {
    fill.0.map(|value| extend((value & mask(precision)) as i32, precision, signed))
}

/// Lays samples out in the bytes of a decoded frame. Signed ones of fewer bits are extended.
pub(crate) fn pack(values: impl Iterator<Item = i32>, format: &Format) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(format.decoded_len() as usize);
    match format.sample_bytes() {
        1 => bytes.extend(values.map(|value| value as u8)),
        2 => values.for_each(|value| bytes.extend_from_slice(&(value as u16).to_le_bytes())),
        4 => values.for_each(|value| bytes.extend_from_slice(&value.to_le_bytes())),
        _ => values.for_each(|value| bytes.extend_from_slice(&i64::from(value).to_le_bytes())),
    }
    bytes
}

/// Returns what was kept of a frame, `None` when all was, but for the byte that pads a frame to even length.
pub(crate) fn unless_padding(frame: &[u8], kept: Vec<u8>) -> Option<Vec<u8>> {
    let padded = frame.len() == kept.len() + 1 && frame.len().is_multiple_of(2) && frame.last() == Some(&0);
    let same = if padded { &frame[..kept.len()] } else { frame };
    (same != kept).then_some(kept)
}

/// Extends the sign of a sample of so many bits.
pub(crate) fn extend(value: i32, precision: u32, signed: bool) -> i32 {
    if signed { value << (32 - precision) >> (32 - precision) } else { value }
}

fn mask(precision: u32) -> u32 {
    u32::MAX >> (32 - precision.clamp(1, 32))
}
