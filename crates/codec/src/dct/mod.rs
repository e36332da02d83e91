//! JPEG baseline and extended (sequential DCT, Huffman), masked without decoding: blocks under a region become flat in
//! the coefficients, every other block keeps its coefficients.
//!
//! Whole MCUs become flat, and a decoder that interpolates subsampled colours changes some pixels around them: both
//! are part of the effective regions.
//!
//! # Standard
//! PS3.5 2026d, 8.2.1, 10.3 and A.4.1; ITU-T T.81 (09/92), Annexes A, B, F.

mod decode;
mod edit;
mod grid;
mod recode;
mod walk;

use crate::jpeg::frame::Process;
use crate::jpeg::stream::Stream;
use crate::jpeg::{self, same};
use crate::{Codec, Damage, Fill, Format, Masked};
use grid::{Grid, Hidden};
use tokumei_core::Region;

/// JPEG with the discrete cosine transform, in one of its two transfer syntaxes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dct {
    /// 1.2.840.10008.1.2.4.50, process 1: 8 bits.
    Baseline,
    /// 1.2.840.10008.1.2.4.51, processes 2 and 4: 8 and 12 bits.
    Extended,
}

impl Dct {
    fn read<'a>(self, frame: &'a [u8], format: &Format) -> Result<Stream<'a>, Damage> {
        let stream = jpeg::read(frame, format, &[Process::Baseline, Process::Extended])?;
        let fits = match stream.frame.precision {
            8 => format.stored <= 8 && format.allocated >= 8,
            12 => (9..=12).contains(&format.stored) && self == Dct::Extended,
            _ => false,
        };
        if fits { Ok(stream) } else { Err(Damage::Mismatch("bits stored")) }
    }
}

impl Codec for Dct {
    fn writes(&self) -> &'static str {
        match self {
            Dct::Baseline => "1.2.840.10008.1.2.4.50",
            Dct::Extended => "1.2.840.10008.1.2.4.51",
        }
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        let stream = self.read(frame, format)?;
        let grid = Grid::new(&stream.frame);
        walk::plausible(&stream, &grid)?;
        let cut: Vec<Region> = regions.iter().filter_map(|region| format.cut(*region)).collect();
        if cut.is_empty() {
            let clean = clean(frame, &stream, &grid)?;
            return Ok(Masked { bytes: clean.unwrap_or_else(|| frame.to_vec()), effective: vec![] });
        }
        let hidden = Hidden::new(&grid, &cut);
        let fill = jpeg::fill(&stream, format, fill);
        let bytes = match edit::edit(&stream, &grid, &hidden, &fill)? {
            Some(bytes) => bytes,
            None => recode::recode(&stream, &grid, &hidden, &fill)?,
        };
        let effective = cut.iter().filter_map(|region| format.cut(grid.effective(*region))).collect();
        Ok(Masked { bytes, effective })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        let stream = self.read(frame, format)?;
        let grid = Grid::new(&stream.frame);
        walk::plausible(&stream, &grid)?;
        clean(frame, &stream, &grid)
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        let stream = self.read(frame, format)?;
        let grid = Grid::new(&stream.frame);
        walk::plausible(&stream, &grid)?;
        decode::decode(&stream, &grid, format)
    }
}

/// Writes the stream without what it does not need; `None` when that is nothing.
fn clean(frame: &[u8], stream: &Stream, grid: &Grid) -> Result<Option<Vec<u8>>, Damage> {
    let bytes = edit::edit(stream, grid, &Hidden::none(), &[0; 4])?.expect("nothing changes, so no code can lack");
    Ok((!same(frame, &bytes)).then_some(bytes))
}

/// Returns the DC coefficient, quantized, of a block of one value.
fn flat(value: u32, precision: u8, divisor: u16) -> i32 {
    let centre = 1i32 << (precision - 1);
    let coefficient = 8 * (value as i32 - centre);
    let (divisor, half) = (i32::from(divisor), i32::from(divisor / 2));
    // Rounded to the nearest, halves away from zero.
    if coefficient < 0 { -((half - coefficient) / divisor) } else { (coefficient + half) / divisor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_block_has_the_nearest_dc() {
        assert_eq!(flat(0, 8, 16), -64);
        assert_eq!(flat(0, 8, 3), -341, "-1024 / 3 = -341.3");
        assert_eq!(flat(255, 8, 1), 1016);
        assert_eq!(flat(128, 8, 7), 0);
        assert_eq!(flat(0, 12, 1), -16_384);
        assert_eq!(flat(130, 8, 10), 2, "16 / 10 = 1.6");
    }
}
