//! Decodes all blocks to samples.
//!
//! T.81, A.3 and F.2.

use super::grid::{Grid, Hidden};
use super::walk::{Block, Coding, Stop, Visitor, walk};
use crate::jpeg::bits::{extend, peek, top};
use crate::jpeg::stream::Stream;
use crate::{Damage, Format};
use std::ops::Range;

/// Decodes a stream to samples interleaved by pixel, subsampled components repeated.
pub(crate) fn decode(stream: &Stream, grid: &Grid, format: &Format) -> Result<Vec<u8>, Damage> {
    let length = usize::try_from(format.decoded_len()).map_err(|_| Damage::TooLarge)?;
    let mut samples = vec![0; length];
    for scan in stream.scans() {
        let slots = &scan.header.slots;
        let mut decode = Decode {
            codings: Coding::of(scan)?,
            dc: [0; 4],
            components: slots.iter().map(|slot| slot.component).collect(),
            basis: basis(),
            grid,
            sample: format.sample_bytes(),
            samples,
        };
        walk(scan, grid, &Hidden::none(), &mut decode)?;
        samples = decode.samples;
    }
    Ok(samples)
}

struct Decode<'a> {
    codings: Vec<Coding>,
    dc: [i32; 4],
    /// Component of each slot.
    components: Vec<usize>,
    basis: [[f32; 8]; 8],
    grid: &'a Grid,
    /// Bytes of a sample.
    sample: usize,
    samples: Vec<u8>,
}

impl Visitor for Decode<'_> {
    fn start(&mut self, _: &Range<usize>) {
        self.dc = [0; 4];
    }

    fn block(&mut self, block: &Block, data: &[u8], at: usize) -> Result<usize, Stop> {
        let coding = &self.codings[block.slot];
        let (difference, mut at) = coding.difference(data, at)?;
        let dc = &mut self.dc[block.slot & 3];
        *dc = dc.saturating_add(difference);
        let mut coefficients = [0f32; 64];
        coefficients[0] = *dc as f32 * f32::from(coding.divisors[0]);
        let mut next = 1;
        while next < 64 {
            let word = peek(data, at);
            let (length, symbol) = coding.ac.decoder.symbol(word).ok_or(Stop::Code(at))?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            at += (length + size) as usize;
            if size == 0 && run < 15 {
                break;
            }
            next += run;
            if size > 0 {
                let place = *ZIGZAG.get(next).ok_or(Stop::Code(at))?;
                let value = extend(top(word << length, size), size) as f32;
                coefficients[usize::from(place)] = value * f32::from(coding.divisors[next]);
            }
            next += 1;
        }
        if next > 64 {
            return Err(Stop::Code(at));
        }
        let values = inverse(&coefficients, &self.basis);
        self.place(block, &values);
        Ok(at)
    }

    fn end(&mut self, _: &[u8], _: &Range<usize>, _: usize, _: usize, _: bool) {}
}

impl Decode<'_> {
    /// Stores a block in all pixels that its samples stand for.
    fn place(&mut self, block: &Block, values: &[[f32; 8]; 8]) {
        let component = self.components[block.slot];
        let grid = self.grid;
        let ((h, v), (most_h, most_v)) = (grid.factors.get(component).copied().unwrap_or((1, 1)), grid.most);
        let (centre, highest) = ((1u32 << (grid.precision - 1)) as f32, ((1u32 << grid.precision) - 1) as f32);
        let pixel = self.sample * grid.factors.len();
        let pixels = |sample: u32, factor: u32, most: u32, end: u32| {
            (sample * most).div_ceil(factor).min(end)..((sample + 1) * most).div_ceil(factor).min(end)
        };
        for (y, row) in (8 * block.y..).zip(values) {
            // Values are not negative once they are in range, so cutting rounds them down.
            let row = row.map(|value| (value + centre + 0.5).clamp(0.0, highest) as u16);
            let across = (8 * block.x..).zip(row);
            for to_y in pixels(y, v, most_v, grid.rows) {
                let start = to_y as usize * grid.columns as usize;
                let line = self.samples.get_mut(start * pixel..).unwrap_or_default();
                let line = &mut line[..grid.columns as usize * pixel];
                let mut store = |x: u32, value: u16| {
                    let at = x as usize * pixel + component * self.sample;
                    line[at] = value as u8;
                    if self.sample > 1 {
                        line[at + 1] = (value >> 8) as u8;
                    }
                };
                if h == most_h {
                    across.clone().take_while(|(x, _)| *x < grid.columns).for_each(|(x, value)| store(x, value));
                    continue;
                }
                for (x, value) in across.clone() {
                    pixels(x, h, most_h, grid.columns).for_each(|x| store(x, value));
                }
            }
        }
    }
}

/// Returns cosines by frequency and place, scaled as the transform wants them.
fn basis() -> [[f32; 8]; 8] {
    std::array::from_fn(|frequency| {
        std::array::from_fn(|place| {
            let scale = if frequency == 0 { 0.125f64.sqrt() } else { 0.5 };
            let angle = (2 * place + 1) as f64 * frequency as f64 * std::f64::consts::PI / 16.0;
            (scale * angle.cos()) as f32
        })
    })
}

/// Transforms coefficients, in rows, to samples around 0.
///
/// T.81, A.3.3.
fn inverse(coefficients: &[f32; 64], basis: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
    let mut values = [[0f32; 8]; 8];
    for (coefficients, vertical) in coefficients.as_chunks::<8>().0.iter().zip(basis) {
        if coefficients == &[0.0; 8] {
            continue;
        }
        let mut line = [0f32; 8];
        for (coefficient, horizontal) in coefficients.iter().zip(basis) {
            line.iter_mut().zip(horizontal).for_each(|(value, cosine)| *value += coefficient * cosine);
        }
        for (row, cosine) in values.iter_mut().zip(vertical) {
            row.iter_mut().zip(&line).for_each(|(value, line)| *value += cosine * line);
        }
    }
    values
}

/// Places of coefficients in the order of their codes.
///
/// T.81, Figure A.6.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_dc_alone_is_flat() {
        let mut coefficients = [0.0; 64];
        coefficients[0] = -1024.0;
        let values = inverse(&coefficients, &basis());
        assert!(values.iter().flatten().all(|value| (value + 128.0).abs() < 1e-3));
    }

    #[test]
    fn a_horizontal_frequency_varies_along_rows() {
        let mut coefficients = [0.0; 64];
        coefficients[1] = 100.0;
        let values = inverse(&coefficients, &basis());
        // 1/4 · 1/√2 · 100 · cos(π/16)
        assert!(values.iter().all(|row| (row[0] - 17.338).abs() < 1e-2 && (row[7] + 17.338).abs() < 1e-2));
    }

    #[test]
    fn every_place_comes_once() {
        let mut places = ZIGZAG;
        places.sort();
        assert!(places.iter().enumerate().all(|(at, &place)| at == usize::from(place)));
        assert_eq!(&ZIGZAG[..6], [0, 1, 8, 16, 9, 2]);
    }
}
