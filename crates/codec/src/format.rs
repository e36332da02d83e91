//! What the data set says of its frames.

use crate::Damage;
use tokumei_core::Region;

/// Most bytes that one decoded frame may need: 512 MiB.
pub const MAX_FRAME: u64 = 512 << 20;

/// Photometric Interpretation (0028,0004).
///
/// # Standard
/// PS3.3 2026d, C.7.6.3.1.2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Photometric {
    /// Low values bright.
    Monochrome1,
    /// Low values dark.
    Monochrome2,
    /// Indices into lookup tables of colours.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Luminance and two colour differences.
    YbrFull,
    /// The same, the colour differences at half the horizontal rate.
    YbrFull422,
    /// Irreversible colour transform of JPEG 2000.
    YbrIct,
    /// Reversible colour transform of JPEG 2000.
    YbrRct,
    /// XYB of JPEG XL.
    Xyb,
}

impl Photometric {
    /// Reads the attribute's value, `None` for retired or unknown ones.
    pub fn parse(value: &str) -> Option<Photometric> {
        Some(match value.trim_matches([' ', '\0']) {
            "MONOCHROME1" => Photometric::Monochrome1,
            "MONOCHROME2" => Photometric::Monochrome2,
            "PALETTE COLOR" => Photometric::Palette,
            "RGB" => Photometric::Rgb,
            "YBR_FULL" => Photometric::YbrFull,
            "YBR_FULL_422" => Photometric::YbrFull422,
            "YBR_ICT" => Photometric::YbrIct,
            "YBR_RCT" => Photometric::YbrRct,
            "XYB" => Photometric::Xyb,
            _ => return None,
        })
    }

    /// Returns the attribute's value.
    pub fn name(self) -> &'static str {
        match self {
            Photometric::Monochrome1 => "MONOCHROME1",
            Photometric::Monochrome2 => "MONOCHROME2",
            Photometric::Palette => "PALETTE COLOR",
            Photometric::Rgb => "RGB",
            Photometric::YbrFull => "YBR_FULL",
            Photometric::YbrFull422 => "YBR_FULL_422",
            Photometric::YbrIct => "YBR_ICT",
            Photometric::YbrRct => "YBR_RCT",
            Photometric::Xyb => "XYB",
        }
    }
}

/// The shape of a frame, as the Image Pixel Module states it.
///
/// # Standard
/// PS3.3 2026d, C.7.6.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// Rows (0028,0010), 1 to 65,535.
    pub rows: u32,
    /// Columns (0028,0011), 1 to 65,535.
    pub columns: u32,
    /// Samples per Pixel (0028,0002), 1 to 4.
    pub samples: u16,
    /// Bits Allocated (0028,0100): 1, or a multiple of 8 up to 64.
    pub allocated: u16,
    /// Bits Stored (0028,0101), at most Bits Allocated.
    pub stored: u16,
    /// Whether Pixel Representation (0028,0103) says two's complement.
    pub signed: bool,
    /// Whether Planar Configuration (0028,0006) says plane by plane.
    pub planar: bool,
    /// Photometric Interpretation (0028,0004).
    pub photometric: Photometric,
    /// Whether native samples are big endian.
    pub big_endian: bool,
}

impl Format {
    /// Checks that the numbers make a frame that fits in memory.
    ///
    /// # Errors
    /// [`Damage::Mismatch`] for a number that no frame can have, [`Damage::TooLarge`] beyond [`MAX_FRAME`].
    pub fn check(&self) -> Result<(), Damage> {
        let dimension = |length| (1..=65_535).contains(&length);
        if !dimension(self.rows) || !dimension(self.columns) {
            return Err(Damage::Mismatch("rows and columns"));
        }
        if !(1..=4).contains(&self.samples) {
            return Err(Damage::Mismatch("samples per pixel"));
        }
        if !matches!(self.allocated, 1 | 8 | 16 | 24 | 32 | 64) || !(1..=self.allocated).contains(&self.stored) {
            return Err(Damage::Mismatch("bits allocated"));
        }
        if self.decoded_len() > MAX_FRAME { Err(Damage::TooLarge) } else { Ok(()) }
    }

    /// Returns the bytes of a sample in a decoded frame: 1, 2, 4 or 8.
    pub fn sample_bytes(&self) -> usize {
        usize::from(self.allocated.div_ceil(8)).next_power_of_two()
    }

    /// Returns the length of a decoded frame in bytes.
    pub fn decoded_len(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns) * u64::from(self.samples) * self.sample_bytes() as u64
    }

    /// Returns a region cut to the frame, `None` when nothing of it is left.
    pub fn cut(&self, region: Region) -> Option<Region> {
        let right = region.x.saturating_add(region.width).min(self.columns);
        let bottom = region.y.saturating_add(region.height).min(self.rows);
        let inside = region.x < right && region.y < bottom;
        inside.then(|| Region { width: right - region.x, height: bottom - region.y, ..region })
    }
}

/// The stored value that hides a pixel: one number for each sample, in the bits of the sample (two's complement when
/// signed), of the colour model that the frame is coded in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill(pub [u32; 4]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_cut_to_the_frame() {
        let format = Format {
            rows: 10,
            columns: 20,
            samples: 1,
            allocated: 8,
            stored: 8,
            signed: false,
            planar: false,
            photometric: Photometric::Monochrome2,
            big_endian: false,
        };
        let cut = format.cut(Region { x: 15, y: 5, width: u32::MAX, height: 2 });
        assert_eq!(cut, Some(Region { x: 15, y: 5, width: 5, height: 2 }));
        assert_eq!(format.cut(Region { x: 20, y: 0, width: 5, height: 2 }), None);
        assert_eq!(format.check(), Ok(()));
        assert!(Format { rows: 65_535, columns: 65_535, ..format }.check().is_err());
    }
}
