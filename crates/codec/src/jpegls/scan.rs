//! The lines of a scan, for either way of interleaving components.

use super::model::{Model, Port};
use std::ops::Range;

/// A decoded image.
pub(super) struct Image {
    pub rows: usize,
    pub columns: usize,
    /// Bits of a sample, 2 to 16.
    pub precision: u32,
    /// Samples of a pixel.
    pub samples: usize,
    pub interleave: Interleave,
    /// Samples, interleaved by pixel, none above what the precision allows.
    pub values: Vec<u16>,
}

/// How the components of a scan follow each other.
///
/// # Standard
/// ITU-T T.87 (06/1998), C.2.3, ILV.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Interleave {
    /// A scan has one component.
    None,
    /// Line by line.
    Line,
    /// Pixel by pixel.
    Sample,
}

/// The line that is coded and the one above it, each with a pixel more at either end.
pub(super) struct Lines<const N: usize> {
    above: Vec<[u16; N]>,
    line: Vec<[u16; N]>,
    run_index: usize,
}

impl<const N: usize> Lines<N> {
    pub(super) fn new(columns: usize) -> Lines<N> {
        Lines { above: vec![[0; N]; columns + 2], line: vec![[0; N]; columns + 2], run_index: 0 }
    }

    /// Begins as at the first line of an image.
    pub(super) fn restart(&mut self) {
        self.above.fill([0; N]);
        self.line.fill([0; N]);
        self.run_index = 0;
    }

    fn advance(&mut self) {
        std::mem::swap(&mut self.above, &mut self.line);
        let last = self.above.len() - 1;
        self.above[last] = self.above[last - 1];
        self.line[0] = self.above[1];
    }
}

/// Codes rows: those of the components `lines[i]` are the `N` from `components[i * N]` on.
pub(super) fn code_rows<P: Port, const N: usize>(
    port: &mut P,
    model: &mut Model,
    lines: &mut [Lines<N>],
    components: &[usize],
    image: &mut Image,
    rows: Range<usize>,
) {
    let stride = image.columns * image.samples;
    for row in image.values[rows.start * stride..rows.end * stride].chunks_exact_mut(stride) {
        for (lines, components) in lines.iter_mut().zip(components.chunks_exact(N)) {
            lines.advance();
            let pixels = row.chunks_exact_mut(image.samples).zip(&mut lines.line[1..]);
            if !P::READS {
                pixels.for_each(|(pixel, coded)| *coded = std::array::from_fn(|i| pixel[components[i]]));
            }
            model.line(port, &lines.above, &mut lines.line, &mut lines.run_index);
            if P::READS {
                let pixels = row.chunks_exact_mut(image.samples).zip(&lines.line[1..]);
                pixels.for_each(|(pixel, coded)| (0..N).for_each(|i| pixel[components[i]] = coded[i]));
            }
        }
    }
}
