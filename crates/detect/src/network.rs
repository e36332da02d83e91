//! The network: where text is, from two views, at half the resolution.
//!
//! `train/net.py` holds the same layers. The weights are 32-bit little-endian floats, layer by layer in the order of [`LAYERS`], each
//! with its weights (row, column, input, output), its biases, and of what power of two the numbers are that come out. The last one, whose
//! numbers are of the power [`LOGIT`], has none.

use crate::convolution::{After, COARSEST, Image, LIMIT, Layer, Shape, rounded};
use crate::view::View;

/// Layers in the order of the file: kernel, inputs, outputs, stride, dilation; what follows the sum.
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

/// One is two to this power in the views, 128 levels.
const VIEW: i32 = 7;
/// In the logits.
pub const LOGIT: i32 = 10;

/// The layer whose numbers are added to those of a quarter of the resolution.
const UP: usize = 8;
/// The layer that those come from.
const FINE: usize = 2;

/// The sides of what the network is given are multiples of this.
pub const STEP: usize = 8;

/// The network with its weights.
#[derive(Clone, Debug)]
pub struct Network {
    layers: Vec<Layer>,
    /// How far the numbers of a quarter of the resolution are shifted down where others are added.
    finer: u32,
}

impl Network {
    /// Reads the weights; `None` where they are not as many as the layers need, or no numbers, or too large, or their powers cannot be.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let numbers: Vec<f32> = numbers.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if !rest.is_empty() || numbers.iter().any(|n| !n.is_finite()) {
            return None;
        }
        let (mut left, mut from, mut powers) = (numbers.as_slice(), VIEW, Vec::new());
        let mut layers = Vec::new();
        for (place, ([kernel, input, output, stride, dilation], after)) in LAYERS.into_iter().enumerate() {
            let (weights, rest) = left.split_at_checked(kernel * kernel * input * output)?;
            let (bias, rest) = rest.split_at_checked(output)?;
            let (power, rest) = if place + 1 < LAYERS.len() { rest.split_first()? } else { (&(LOGIT as f32), rest) };
            let to = whole(*power).filter(|to| after != After::CutAndAdd || from - to >= 0)?;
            let shape = Shape { kernel, input, output, stride, dilation, after, powers: [from, to] };
            layers.push(Layer::new(shape, weights, bias)?);
            powers.push(to);
            (left, from) = (rest, to);
        }
        let finer = u32::try_from(powers[FINE] - powers[UP]).ok().filter(|finer| *finer <= COARSEST)?;
        left.is_empty().then_some(Self { layers, finer })
    }

    /// Returns the logits of a part of a view, row by row, each for 2 × 2 pixels; one is two to the power of [`LOGIT`].
    ///
    /// The part begins at pixel (`x`, `y`) and is `width` × `height`, multiples of [`STEP`]; what lies outside
    /// the frame is grey.
    pub fn logits(&self, view: &View, x: usize, y: usize, width: usize, height: usize) -> Vec<i16> {
        self.answer(part(view, x, y, width, height))
    }

    /// Returns the same logits as the network sees them in the part turned by 180 degrees, each where [`Network::logits`] has it.
    pub fn logits_of_turned(&self, view: &View, x: usize, y: usize, width: usize, height: usize) -> Vec<i16> {
        let mut logits = self.answer(turned(&part(view, x, y, width, height)));
        logits.reverse();
        logits
    }

    fn answer(&self, start: Image) -> Vec<i16> {
        let [half, quarter, more, eighth, wide1, wide2, wide3, wide4, up, join, last] = self.layers.as_slice() else {
            return vec![0; start.width * start.height / 4];
        };
        let fine = more.apply(&quarter.apply(&half.apply(&start)));
        let mut coarse = eighth.apply(&fine);
        for layer in [wide1, wide2, wide3, wide4] {
            coarse = layer.apply(&coarse);
        }
        let fine = add_doubled(fine, &up.apply(&coarse), self.finer);
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

/// Returns a part turned by 180 degrees.
fn turned(part: &Image) -> Image {
    let mut image = Image::zeros(part.width, part.height, 2);
    for row in 0..part.height {
        let to = image.row_mut(part.height - 1 - row);
        to.copy_from_slice(part.row(row));
        to.reverse();
    }
    image
}

/// Returns a power of two that numbers can be of.
fn whole(power: f32) -> Option<i32> {
    let whole = power as i32;
    (whole as f32 == power && (-LARGEST..=LARGEST).contains(&whole)).then_some(whole)
}

/// No numbers are of a larger power, nor of a smaller one below zero.
const LARGEST: i32 = COARSEST as i32;

/// Adds an image of half the size, each of its pixels to four. The numbers of the first are finer, by this power of two.
fn add_doubled(mut fine: Image, coarse: &Image, finer: u32) -> Image {
    let pairs = fine.pairs;
    for y in 0..fine.height {
        let from = coarse.row(y / 2);
        for (x, pixel) in fine.row_mut(y).chunks_exact_mut(pairs).enumerate() {
            let both = pixel.as_flattened_mut().iter_mut().zip(from[x / 2 * pairs..].as_flattened());
            both.for_each(|(a, b)| *a = (rounded((*a).into(), finer) as i16 + b).clamp(-LIMIT, LIMIT));
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

    /// Weights of zeros with these powers.
    fn of_powers(powers: [f32; 10]) -> Vec<u8> {
        let layers = LAYERS.iter().map(|([k, i, o, ..], _)| vec![0.0; k * k * i * o + o]);
        let powers = powers.into_iter().map(Some).chain([None]);
        let all = layers.zip(powers).flat_map(|(layer, power)| layer.into_iter().chain(power));
        all.flat_map(|number: f32| number.to_le_bytes()).collect()
    }

    #[test]
    fn powers_that_numbers_cannot_be_of_are_no_network() {
        let good = [10.0, 7.0, 7.0, 3.0, 2.0, 1.0, 0.0, -1.0, -1.0, 2.0];
        assert!(Network::read(&of_powers(good)).is_some());
        let bad = [(0, 0.5), (0, 16.0), (9, -16.0), (0, f32::NAN), (0, 1e30), (4, 4.0), (8, 8.0)];
        for (place, power) in bad {
            let mut powers = good;
            powers[place] = power;
            assert!(Network::read(&of_powers(powers)).is_none(), "{place} {power}");
        }
    }

    #[test]
    fn four_channels_become_four_pixels() {
        let mut image = Image::zeros(2, 1, 4);
        image.row_mut(0).copy_from_slice(&[[1, 2], [3, 4], [5, 6], [7, 8]]);
        assert_eq!(unfold(&image), [1, 2, 5, 6, 3, 4, 7, 8]);
    }

    #[test]
    fn turned_part_ends_with_its_first_pixel() {
        let view = View::from_samples(16, 8, 1, &(0..128).map(|i| i as u8).collect::<Vec<_>>()).unwrap();
        let (upright, turned) = (part(&view, 0, 0, 16, 8), turned(&part(&view, 0, 0, 16, 8)));
        for (x, y) in (0..16).flat_map(|x| (0..8).map(move |y| (x, y))) {
            assert_eq!(turned.row(y)[x], upright.row(7 - y)[15 - x]);
        }
    }

    #[test]
    fn what_lies_outside_the_frame_is_grey() {
        let view = View::from_samples(1, 1, 1, &[5u8]).unwrap();
        let part = part(&view, 0, 0, 8, 8);
        assert_eq!(part.row(0)[..2], [[-128, 0], [0, 0]]);
        assert_eq!(part.row(1), [[0; 2]; 8]);
    }
}
