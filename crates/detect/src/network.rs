//! The network: where text is, from two views, at half the resolution.
//!
//! `train/net.py` holds the same layers. The weights are 32-bit little-endian floats, layer by layer in the order
//! of [`LAYERS`], each with its weights (row, column, input, output) and then its biases.

use crate::convolution::{After, Image, LIMIT, Layer, Shape};
use crate::view::View;

/// Layers in the order of the file: kernel, inputs, outputs, stride, dilation; what follows the sum; and of what power of two the
/// numbers are that go in and come out.
///
/// Of 100 drawn images the largest numbers are a third to two thirds of what 14 bits of these powers hold; larger ones are cut.
const LAYERS: [([usize; 5], After, [u32; 2]); 11] = [
    ([3, 2, 16, 2, 1], After::Cut, [7, 11]),
    ([3, 16, 24, 2, 1], After::Cut, [11, FINE]),
    ([3, 24, 24, 1, 1], After::CutAndAdd, [FINE, FINE]),
    ([3, 24, 40, 2, 1], After::Cut, [FINE, COARSE]),
    ([3, 40, 40, 1, 1], After::CutAndAdd, [COARSE, COARSE]),
    ([3, 40, 40, 1, 2], After::CutAndAdd, [COARSE, COARSE]),
    ([3, 40, 40, 1, 4], After::CutAndAdd, [COARSE, COARSE]),
    ([3, 40, 40, 1, 2], After::CutAndAdd, [COARSE, COARSE]),
    ([1, 40, 24, 1, 1], After::Keep, [COARSE, COARSE]),
    ([3, 24, 24, 1, 1], After::Cut, [COARSE, 3]),
    ([1, 24, 4, 1, 1], After::Keep, [3, LOGIT]),
];

/// At a quarter of the frame's resolution one is two to this power.
const FINE: u32 = 9;
/// At an eighth of it.
const COARSE: u32 = 5;
/// In the logits.
pub const LOGIT: u32 = 10;

/// The sides of what the network is given are multiples of this.
pub const STEP: usize = 8;

/// The network with its weights.
#[derive(Clone, Debug)]
pub struct Network {
    layers: Vec<Layer>,
}

impl Network {
    /// Reads the weights; `None` where they are not as many as the layers need, or no numbers.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let numbers: Vec<f32> = numbers.iter().map(|four| f32::from_le_bytes(*four)).collect();
        let needed: usize = LAYERS.iter().map(|([k, i, o, ..], ..)| k * k * i * o + o).sum();
        if !rest.is_empty() || numbers.len() != needed || numbers.iter().any(|n| !n.is_finite()) {
            return None;
        }
        let mut left = numbers.as_slice();
        let mut take = |count| {
            let (taken, rest) = left.split_at(count);
            left = rest;
            taken
        };
        let layer = |([kernel, input, output, stride, dilation], after, bits): ([usize; 5], After, [u32; 2])| {
            let shape = Shape { kernel, input, output, stride, dilation, after, bits };
            Layer::new(shape, take(kernel * kernel * input * output), take(output))
        };
        Some(Self { layers: LAYERS.into_iter().map(layer).collect() })
    }

    /// Returns the logits of a part of a view, row by row, each for 2 × 2 pixels; one is two to the power of [`LOGIT`].
    ///
    /// The part begins at pixel (`x`, `y`) and is `width` × `height`, multiples of [`STEP`]; what lies outside
    /// the frame is grey.
    pub fn logits(&self, view: &View, x: usize, y: usize, width: usize, height: usize) -> Vec<i16> {
        let [half, quarter, more, eighth, wide1, wide2, wide3, wide4, up, join, last] = self.layers.as_slice() else {
            return vec![0; width * height / 4];
        };
        let start = part(view, x, y, width, height);
        let fine = more.apply(&quarter.apply(&half.apply(&start)));
        let mut coarse = eighth.apply(&fine);
        for layer in [wide1, wide2, wide3, wide4] {
            coarse = layer.apply(&coarse);
        }
        let fine = add_doubled(fine, &up.apply(&coarse));
        unfold(&last.apply(&join.apply(&fine)))
    }
}

/// Returns a part of the view as numbers from −128 to 127.
fn part(view: &View, x: usize, y: usize, width: usize, height: usize) -> Image {
    let mut image = Image::zeros(width, height, 2);
    let inside = view.width.saturating_sub(x).min(width);
    for row in 0..view.height.saturating_sub(y).min(height) {
        let from = &view.pixels[(y + row) * view.width + x..][..inside];
        let to = image.row_mut(row).iter_mut().zip(from);
        to.for_each(|(to, pixel)| *to = pixel.map(|one| i16::from(one) - 128));
    }
    image
}

/// Adds an image of half the size, each of its pixels to four. The numbers of the first are finer.
fn add_doubled(mut fine: Image, coarse: &Image) -> Image {
    const FINER: u32 = FINE - COARSE;
    let pairs = fine.pairs;
    for y in 0..fine.height {
        let from = coarse.row(y / 2);
        for (x, pixel) in fine.row_mut(y).chunks_exact_mut(pairs).enumerate() {
            let both = pixel.as_flattened_mut().iter_mut().zip(from[x / 2 * pairs..].as_flattened());
            both.for_each(|(a, b)| *a = (((*a + (1 << FINER) / 2) >> FINER) + b).clamp(-LIMIT, LIMIT));
        }
    }
    fine
}

/// Lays the four channels of each pixel out as 2 × 2 pixels.
fn unfold(image: &Image) -> Vec<i16> {
    let mut out = Vec::with_capacity(image.width * image.height * 4);
    for y in 0..2 * image.height {
        let row = image.row(y / 2).chunks_exact(2);
        row.for_each(|four| out.extend_from_slice(&four[y % 2]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_another_number_are_no_network() {
        assert!(Network::read(&[]).is_none());
        assert!(Network::read(&[0; 4 * 1000]).is_none());
        assert!(Network::read(&[0; 4 * 1000 + 1]).is_none());
    }

    #[test]
    fn four_channels_become_four_pixels() {
        let mut image = Image::zeros(2, 1, 4);
        image.row_mut(0).copy_from_slice(&[[1, 2], [3, 4], [5, 6], [7, 8]]);
        assert_eq!(unfold(&image), [1, 2, 5, 6, 3, 4, 7, 8]);
    }

    #[test]
    fn what_lies_outside_the_frame_is_grey() {
        let view = View::from_samples(1, 1, 1, &[5u8]).unwrap();
        let part = part(&view, 0, 0, 8, 8);
        assert_eq!(part.row(0)[..2], [[-128, 0], [0, 0]]);
        assert_eq!(part.row(1), [[0; 2]; 8]);
    }
}
