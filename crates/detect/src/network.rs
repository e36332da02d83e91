//! The network: where text is, from two views, at half the resolution.
//!
//! `train/net.py` holds the same layers. The weights are 32-bit little-endian floats, layer by layer in the order
//! of [`LAYERS`], each with its weights (row, column, input, output) and then its biases.

use crate::convolution::{After, Image, Layer};
use crate::view::View;

/// Layers in the order of the file: kernel, inputs, outputs, stride, dilation; and what follows the sum.
const LAYERS: [([usize; 5], After); 11] = [
    ([3, 2, 16, 2, 1], After::Cut),
    ([3, 16, 24, 2, 1], After::Cut),
    ([3, 24, 24, 1, 1], After::CutAndAdd),
    ([3, 24, 40, 2, 1], After::Cut),
    ([3, 40, 40, 1, 1], After::CutAndAdd),
    ([3, 40, 40, 1, 2], After::CutAndAdd),
    ([3, 40, 40, 1, 4], After::CutAndAdd),
    ([3, 40, 40, 1, 2], After::CutAndAdd),
    ([1, 40, 24, 1, 1], After::Keep),
    ([3, 24, 24, 1, 1], After::Cut),
    ([1, 24, 4, 1, 1], After::Keep),
];

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
        let needed: usize = LAYERS.iter().map(|([k, i, o, ..], _)| k * k * i * o + o).sum();
        if !rest.is_empty() || numbers.len() != needed || numbers.iter().any(|n| !n.is_finite()) {
            return None;
        }
        let mut left = numbers.as_slice();
        let mut take = |count| {
            let (taken, rest) = left.split_at(count);
            left = rest;
            taken
        };
        let layer = |(shape, after): ([usize; 5], After)| {
            let [k, i, o, ..] = shape;
            Layer::new(shape, after, take(k * k * i * o), take(o))
        };
        Some(Self { layers: LAYERS.into_iter().map(layer).collect() })
    }

    /// Writes the logits of a part of a view into `out`, rows of `stride` numbers, each for 2 × 2 pixels.
    ///
    /// The part begins at pixel (`x`, `y`) and is `width` × `height`, multiples of [`STEP`]; what lies outside
    /// the frame is grey.
    pub fn logits(&self, view: &View, x: usize, y: usize, width: usize, height: usize) -> Vec<f32> {
        let [half, quarter, more, eighth, wide1, wide2, wide3, wide4, up, join, last] = self.layers.as_slice() else {
            return vec![0.0; width * height / 4];
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

/// Returns a part of the view as numbers from −1 to 1.
fn part(view: &View, x: usize, y: usize, width: usize, height: usize) -> Image {
    let mut image = Image::zeros(width, height, 2);
    let inside = view.width.saturating_sub(x).min(width);
    for row in 0..view.height.saturating_sub(y).min(height) {
        let from = &view.pixels[(y + row) * view.width + x..][..inside];
        for (to, pixel) in image.row_mut(row).chunks_exact_mut(2).zip(from) {
            to[0] = f32::from(pixel[0]) / 128.0 - 1.0;
            to[1] = f32::from(pixel[1]) / 128.0 - 1.0;
        }
    }
    image
}

/// Adds an image of half the size, each of its pixels to four.
fn add_doubled(mut fine: Image, coarse: &Image) -> Image {
    let channels = fine.channels;
    for y in 0..fine.height {
        let from = coarse.row(y / 2);
        for (x, pixel) in fine.row_mut(y).chunks_exact_mut(channels).enumerate() {
            pixel.iter_mut().zip(&from[x / 2 * channels..]).for_each(|(a, b)| *a += b);
        }
    }
    fine
}

/// Lays the four channels of each pixel out as 2 × 2 pixels.
fn unfold(image: &Image) -> Vec<f32> {
    let mut out = Vec::with_capacity(image.width * image.height * 4);
    for y in 0..2 * image.height {
        let row = image.row(y / 2).chunks_exact(4);
        row.for_each(|four| out.extend_from_slice(&four[y % 2 * 2..][..2]));
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
        image.row_mut(0).copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        assert_eq!(unfold(&image), [1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0]);
    }

    #[test]
    fn what_lies_outside_the_frame_is_grey() {
        let view = View::from_samples(1, 1, 1, &[5u8]).unwrap();
        let part = part(&view, 0, 0, 8, 8);
        assert_eq!(part.row(0)[..4], [-1.0, 0.0, 0.0, 0.0]);
        assert_eq!(part.row(1), [0.0; 16]);
    }
}
