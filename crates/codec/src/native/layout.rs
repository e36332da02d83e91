//! Where the samples of a native frame lie.

use crate::{Damage, Format, Photometric};
use tokumei_core::Region;

/// The sizes of a frame in bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    /// Planes that follow each other: one for each sample with planar configuration 1, else one.
    pub planes: usize,
    /// Bits of a pixel in a plane; with 4:2:2 the mean of a pair.
    pub pixel_bits: u64,
    pub row_bits: u64,
    pub plane_bits: u64,
    /// Whether two pixels share their colour differences.
    pub pairs: bool,
    /// Whether the bytes of each 16-bit word of the pixel data change places.
    pub swapped: bool,
}

impl Layout {
    pub fn new(format: &Format, words: bool) -> Result<Layout, Damage> {
        // Pixel data that streams may have frames that would not fit in memory decoded.
        match format.check() {
            Ok(()) | Err(Damage::TooLarge) => {}
            Err(damage) => return Err(damage),
        }
        if format.allocated == 1 && format.samples != 1 {
            return Err(Damage::Unsupported("several samples of 1 bit"));
        }
        let pairs = format.photometric == Photometric::YbrFull422;
        if pairs && format.samples != 3 {
            return Err(Damage::Mismatch("samples per pixel"));
        }
        if pairs && format.columns % 2 == 1 {
            return Err(Damage::Mismatch("rows and columns"));
        }
        if pairs && format.planar {
            return Err(Damage::Mismatch("planar configuration"));
        }
        let planar = format.planar && format.samples > 1;
        let planes = if planar { usize::from(format.samples) } else { 1 };
        let in_plane = if planar { 1 } else { u64::from(format.samples) };
        let pixel_bits = u64::from(format.allocated) * if pairs { 2 } else { in_plane };
        let row_bits = pixel_bits * u64::from(format.columns);
        let plane_bits = row_bits * u64::from(format.rows);
        // Samples of 16 bits are words themselves; larger ones are several words, the least significant first.
        let swapped = format.big_endian && words && format.allocated != 16;
        Ok(Layout { planes, pixel_bits, row_bits, plane_bits, pairs, swapped })
    }

    pub fn frame_bits(&self) -> u64 {
        self.plane_bits * self.planes as u64
    }

    /// Grows a region, which lies in the frame, to what can be hidden alone.
    pub fn grow(&self, region: Region) -> Region {
        if !self.pairs {
            return region;
        }
        let (left, right) = (region.x & !1, (region.x + region.width + 1) & !1);
        Region { x: left, width: right - left, ..region }
    }
}
