//! Convolutions of small images in whole numbers.
//!
//! The numbers of an image stand for fractions of two to a power that each layer says. No sum can leave its range: the weights are made
//! as fine as that allows, when they are read.

use crate::sums::{LANES, Lanes, Plain, Unit, Weights};

/// An image with a border of zeros around it.
#[derive(Debug)]
pub struct Image {
    pub width: usize,
    pub height: usize,
    /// Pairs of numbers that a pixel has.
    pub pairs: usize,
    numbers: Vec<[i16; 2]>,
}

/// The widest border that a layer asks for.
const BORDER: usize = 4;

/// No number of an image is larger or, below zero, smaller: two of them can be added in 16 bits.
pub const LIMIT: i16 = (1 << 14) - 1;

impl Image {
    /// Returns an image of zeros with an even number of channels.
    pub fn zeros(width: usize, height: usize, channels: usize) -> Self {
        let pairs = channels / 2;
        let numbers = vec![[0; 2]; (width + 2 * BORDER) * (height + 2 * BORDER) * pairs];
        Self { width, height, pairs, numbers }
    }

    /// Returns where the pixels of row `y` begin; `y` may lie within the border.
    #[inline(always)]
    fn start(&self, y: isize, x: isize) -> usize {
        let row = (y + BORDER as isize) as usize * (self.width + 2 * BORDER);
        (row + (x + BORDER as isize) as usize) * self.pairs
    }

    /// Returns the numbers of row `y` without its border.
    pub fn row(&self, y: usize) -> &[[i16; 2]] {
        let start = self.start(y as isize, 0);
        &self.numbers[start..start + self.width * self.pairs]
    }

    /// Returns the numbers of row `y` without its border, to be written.
    pub fn row_mut(&mut self, y: usize) -> &mut [[i16; 2]] {
        let start = self.start(y as isize, 0);
        let length = self.width * self.pairs;
        &mut self.numbers[start..start + length]
    }
}

/// What a layer does with its sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// Nothing.
    Keep,
    /// Negative numbers become zero.
    Cut,
    /// Negative numbers become zero, then the layer's own input is added.
    CutAndAdd,
}

/// What a layer is: a square kernel, or a single point, over all channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    pub kernel: usize,
    /// Channels that go in and come out, both even.
    pub input: usize,
    pub output: usize,
    pub stride: usize,
    pub dilation: usize,
    pub after: After,
    /// One is two to this power in the numbers that go in, and in those that come out: no larger one where the input is added.
    pub powers: [i32; 2],
}

/// One layer with its weights.
#[derive(Clone, Debug)]
pub struct Layer {
    shape: Shape,
    /// How far a sum is shifted down to the numbers that come out.
    shift: u32,
    /// How far its own input is, where that is added.
    own_shift: u32,
    outputs: Outputs,
}

/// The outputs of a layer, all computed side by side: as many as these hold, or fewer.
#[derive(Clone, Debug)]
enum Outputs {
    Eight(Block<0, 1>),
    Sixteen(Block<1, 0>),
    TwentyFour(Block<1, 1>),
    Forty(Block<2, 1>),
}

/// The most outputs of a layer.
const MOST: usize = Lanes::<i32, 2, 1>::COUNT;

/// Outputs of a layer, zeros beyond the last one.
#[derive(Clone, Debug)]
struct Block<const W: usize, const R: usize> {
    /// For each row, column and pair of input channels of the kernel.
    weights: Vec<Weights<W, R>>,
    /// What each sum begins with: its bias, and a half, so that it is rounded where it is shifted down.
    begin: Lanes<i32, W, R>,
}

impl<const W: usize, const R: usize> Block<W, R> {
    fn new(output: usize, weights: &[i16], begin: &[i32]) -> Self {
        let two = |two: &[i16], at: usize| if at < output { [two[at], two[output + at]] } else { [0; 2] };
        Self {
            weights: weights.chunks_exact(2 * output).map(|both| Lanes::from_fn(|at| two(both, at))).collect(),
            begin: Lanes::from_fn(|at| begin.get(at).copied().unwrap_or(0)),
        }
    }
}

impl Layer {
    /// Makes a layer of at most [`MOST`] outputs from weights in the order row, column, input, output, and one bias an output; `None` where
    /// a weight or a sum could leave its range.
    pub fn new(shape: Shape, weights: &[f32], bias: &[f32]) -> Option<Self> {
        let output = shape.output;
        assert!(output <= MOST, "a layer has {output} outputs, and {MOST} are computed at most");
        let fits = |shift: &u32| is_within(shape, *shift, weights, bias);
        let shift = (0..=FINEST).rev().find(fits)?;
        let weights: Vec<i16> = weights.iter().map(|weight| scaled(shape, shift, *weight) as i16).collect();
        let begin: Vec<i32> = bias.iter().map(|bias| begin(shape, shift, *bias) as i32).collect();
        let outputs = match output.div_ceil(LANES) {
            ..=1 => Outputs::Eight(Block::new(output, &weights, &begin)),
            2 => Outputs::Sixteen(Block::new(output, &weights, &begin)),
            3 => Outputs::TwentyFour(Block::new(output, &weights, &begin)),
            _ => Outputs::Forty(Block::new(output, &weights, &begin)),
        };
        let [from, to] = shape.powers;
        let own_shift = from.saturating_sub(to).clamp(0, COARSEST as i32) as u32;
        Some(Self { shape, shift, own_shift, outputs })
    }

    /// Returns the layer's output for an image whose sides the stride divides.
    pub fn apply(&self, image: &Image) -> Image {
        let Shape { stride, output, .. } = self.shape;
        let mut out = Image::zeros(image.width / stride, image.height / stride, output);
        #[cfg(target_arch = "x86_64")]
        if let Some(unit) = pulp::x86::V4::try_new() {
            (0..out.height).for_each(|y| unit.vectorize(Row { unit, layer: self, image, y, out: out.row_mut(y) }));
            return out;
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(unit) = pulp::x86::V3::try_new() {
            (0..out.height).for_each(|y| unit.vectorize(Row { unit, layer: self, image, y, out: out.row_mut(y) }));
            return out;
        }
        (0..out.height).for_each(|y| self.fill_row(Plain, image, y, out.row_mut(y)));
        out
    }

    /// Computes a row, of as many pixels side by side as the unit has registers for their sums.
    #[inline(always)]
    fn fill_row<U: Machine>(&self, unit: U, image: &Image, y: usize, out: &mut [[i16; 2]]) {
        match (&self.outputs, U::HAS_MANY) {
            (Outputs::Eight(block), false) => self.fill::<U, 0, 1, 8>(unit, block, image, y, out),
            (Outputs::Eight(block), true) => self.fill::<U, 0, 1, 12>(unit, block, image, y, out),
            (Outputs::Sixteen(block), false) => self.fill::<U, 1, 0, 6>(unit, block, image, y, out),
            (Outputs::Sixteen(block), true) => self.fill::<U, 1, 0, 12>(unit, block, image, y, out),
            (Outputs::TwentyFour(block), false) => self.fill::<U, 1, 1, 4>(unit, block, image, y, out),
            (Outputs::TwentyFour(block), true) => self.fill::<U, 1, 1, 10>(unit, block, image, y, out),
            (Outputs::Forty(block), false) => self.fill::<U, 2, 1, 2>(unit, block, image, y, out),
            (Outputs::Forty(block), true) => self.fill::<U, 2, 1, 6>(unit, block, image, y, out),
        }
    }

    /// Computes the outputs of `P` pixels side by side; beyond the end of the row the last one again.
    // Loops with numbers here and below: the steps of iterators are not always built into the code for the wider unit.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn fill<U: Unit<W, R>, const W: usize, const R: usize, const P: usize>(
        &self,
        unit: U,
        block: &Block<W, R>,
        image: &Image,
        y: usize,
        out: &mut [[i16; 2]],
    ) {
        let Shape { kernel, input, output, stride, dilation, .. } = self.shape;
        let count = out.len() / (output / 2);
        // Where the columns of the kernel lie side by side, a row of it is one run.
        let (columns, run) = if dilation == 1 { (1, kernel * input / 2) } else { (kernel, input / 2) };
        let half = (kernel / 2 * dilation) as isize;
        for first in (0..count).step_by(P) {
            let mut places = [0; P];
            for pixel in 0..P {
                places[pixel] = (first + pixel).min(count - 1);
            }
            let mut sums = [unit.begin(block.begin); P];
            for (i, weights) in block.weights.chunks_exact(run).enumerate() {
                let above = (y * stride + i / columns * dilation) as isize - half;
                let left = (i % columns * dilation) as isize - half;
                let mut from: [&[[i16; 2]]; P] = [&[]; P];
                for pixel in 0..P {
                    let x = (places[pixel] * stride) as isize + left;
                    from[pixel] = &image.numbers[image.start(above, x)..][..run];
                }
                add_products(unit, &mut sums, weights, from);
            }
            for pixel in 0..P {
                let numbers = unit.numbers(sums[pixel]);
                let at = (places[pixel], y);
                // Of forty places the last eight may hold no output at all.
                for n in 0..output.div_ceil(LANES) {
                    let eight = if n < 2 * W { numbers.wide[n / 2][n % 2] } else { numbers.rest[n - 2 * W] };
                    self.finish(n * LANES, eight, image, at, out);
                }
            }
        }
    }

    /// Writes up to [`LANES`] outputs of a pixel, those from `first` on.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn finish(&self, first: usize, mut sum: [i32; LANES], image: &Image, (x, y): (usize, usize), out: &mut [[i16; 2]]) {
        let Shape { output, after, .. } = self.shape;
        let least = if after == After::Keep { -i32::from(LIMIT) } else { 0 };
        let coarser = |own: i16| rounded(own.into(), self.own_shift);
        for lane in 0..LANES {
            sum[lane] = (sum[lane] >> self.shift).clamp(least, i32::from(LIMIT));
        }
        let to = &mut out[(x * output + first) / 2..].as_flattened_mut();
        let own = &image.numbers[image.start(y as isize, x as isize)..].as_flattened();
        // Whole blocks have a length that is known, so that they need no call to be copied.
        if let Some(to) = to.first_chunk_mut::<LANES>().filter(|_| first + LANES <= output) {
            if after == After::CutAndAdd {
                let own = &own[first..][..LANES];
                for lane in 0..LANES {
                    sum[lane] = (sum[lane] + coarser(own[lane])).min(i32::from(LIMIT));
                }
            }
            for lane in 0..LANES {
                to[lane] = sum[lane] as i16;
            }
            return;
        }
        for lane in 0..output - first {
            let own = if after == After::CutAndAdd { coarser(own[first + lane]) } else { 0 };
            to[lane] = (sum[lane] + own).min(i32::from(LIMIT)) as i16;
        }
    }
}

/// Adds for each pixel the products of its numbers and their weights.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn add_products<U: Unit<W, R>, const W: usize, const R: usize, const P: usize>(
    unit: U,
    sums: &mut [U::Sums; P],
    weights: &[Weights<W, R>],
    mut from: [&[[i16; 2]]; P],
) {
    // All of one length, so that none is asked for its own in the loop.
    for pixel in 0..P {
        from[pixel] = &from[pixel][..weights.len()];
    }
    let mut all = *sums;
    for i in 0..weights.len() {
        for pixel in 0..P {
            all[pixel] = unit.add(all[pixel], from[pixel][i], &weights[i]);
        }
    }
    *sums = all;
}

/// A unit for each number of outputs.
trait Machine: Unit<0, 1> + Unit<1, 0> + Unit<1, 1> + Unit<2, 1> {
    /// Whether it has 32 vector registers, not 16.
    const HAS_MANY: bool;
}

impl Machine for Plain {
    const HAS_MANY: bool = false;
}

#[cfg(target_arch = "x86_64")]
impl Machine for pulp::x86::V3 {
    const HAS_MANY: bool = false;
}

#[cfg(target_arch = "x86_64")]
impl Machine for pulp::x86::V4 {
    const HAS_MANY: bool = true;
}

/// A sum is shifted down by no more than this.
const FINEST: u32 = 20;
/// A number of a layer's input is shifted down by no more than this.
pub const COARSEST: u32 = 15;

/// Returns a number shifted down, rounded.
#[inline(always)]
pub fn rounded(number: i32, shift: u32) -> i32 {
    (number + ((1 << shift) >> 1)) >> shift
}

/// Returns a weight as it is multiplied where sums are shifted down by `shift`.
fn scaled(shape: Shape, shift: u32, weight: f32) -> f64 {
    let [from, to] = shape.powers;
    (f64::from(weight) * power(to - from + shift as i32)).round()
}

/// Returns what a sum begins with.
fn begin(shape: Shape, shift: u32, bias: f32) -> f64 {
    let half = f64::from((1_u32 << shift) / 2);
    (f64::from(bias) * power(shape.powers[1] + shift as i32)).round() + half
}

/// Two to a power.
fn power(of: i32) -> f64 {
    2_f64.powi(of)
}

/// Tells whether all weights and sums stay within their range, whatever goes in.
fn is_within(shape: Shape, shift: u32, weights: &[f32], bias: &[f32]) -> bool {
    let mut most: Vec<f64> = bias.iter().map(|bias| begin(shape, shift, *bias).abs()).collect();
    for weights in weights.chunks_exact(shape.output) {
        for (most, weight) in most.iter_mut().zip(weights) {
            let weight = scaled(shape, shift, *weight).abs();
            *most += weight * f64::from(LIMIT);
            if weight > f64::from(i16::MAX) || *most > f64::from(i32::MAX) {
                return false;
            }
        }
    }
    most.iter().all(|most| *most <= f64::from(i32::MAX))
}

/// One row of work, for a vector unit.
#[cfg(target_arch = "x86_64")]
struct Row<'a, U> {
    unit: U,
    layer: &'a Layer,
    image: &'a Image,
    y: usize,
    out: &'a mut [[i16; 2]],
}

#[cfg(target_arch = "x86_64")]
impl<U: Machine> pulp::NullaryFnOnce for Row<'_, U> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.layer.fill_row(self.unit, self.image, self.y, self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image whose second channel of each pair is zero.
    fn image(width: usize, height: usize, numbers: &[i16]) -> Image {
        let mut image = Image::zeros(width, height, 2);
        (0..height).for_each(|y| {
            let row = image.row_mut(y).iter_mut().zip(&numbers[y * width..]);
            row.for_each(|(to, number)| *to = [*number, 0]);
        });
        image
    }

    /// A layer of 2 channels in and 2 out, of which the first alone counts.
    fn layer(kernel: usize, [stride, dilation]: [usize; 2], weights: &[f32], bias: f32) -> Layer {
        let shape = Shape { kernel, input: 2, output: 2, stride, dilation, after: After::Keep, powers: [3, 3] };
        let weights: Vec<f32> = weights.iter().flat_map(|weight| [*weight, 0.0, 0.0, 0.0]).collect();
        Layer::new(shape, &weights, &[bias, 0.0]).unwrap()
    }

    fn firsts(image: &Image, y: usize) -> Vec<i16> {
        image.row(y).iter().map(|two| two[0]).collect()
    }

    #[test]
    fn kernel_of_ones_sums_the_nine_around_and_zeros_beyond_the_edge() {
        // One is eight: a bias of 1.25 is ten.
        let out = layer(3, [1, 1], &[1.0; 9], 1.25).apply(&image(3, 2, &[1, 2, 3, 4, 5, 6]));
        assert_eq!(firsts(&out, 0), [22, 31, 26]);
        assert_eq!(firsts(&out, 1), [22, 31, 26]);
    }

    #[test]
    fn stride_of_two_begins_at_the_first_pixel() {
        // Only the middle of the kernel counts.
        let weights = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let out = layer(3, [2, 1], &weights, 0.0).apply(&image(4, 2, &[1, 2, 3, 4, 5, 6, 7, 8]));
        assert_eq!((out.width, out.height), (2, 1));
        assert_eq!(firsts(&out, 0), [1, 3]);
    }

    #[test]
    fn dilation_reaches_further() {
        // The kernel's left and right columns of its middle row.
        let weights = [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let numbers: Vec<i16> = (0..12).collect();
        let out = layer(3, [1, 4], &weights, 0.0).apply(&image(12, 1, &numbers));
        assert_eq!(firsts(&out, 0)[..5], [4, 5, 6, 7, 8]);
    }

    #[test]
    fn channels_are_mixed_rounded_cut_and_added() {
        // Two channels in, two out: half the sum, and the difference, which is negative and cut.
        let of = |after| {
            let shape = Shape { kernel: 1, input: 2, output: 2, stride: 1, dilation: 1, after, powers: [5, 5] };
            let mut image = Image::zeros(1, 1, 2);
            image.row_mut(0)[0] = [10, 21];
            Layer::new(shape, &[0.5, 1.0, 0.5, -1.0], &[0.0, 0.0]).unwrap().apply(&image).row(0).to_vec()
        };
        assert_eq!(
            (of(After::Keep), of(After::Cut), of(After::CutAndAdd)),
            (vec![[16, -11]], vec![[16, 0]], vec![[26, 21]])
        );
    }

    #[test]
    fn own_input_is_added_in_the_power_of_what_comes_out() {
        // Twice the numbers in eighths become halves: 10 and 21 of them are 5 and 11 (rounded up from 10.5), to which 3 and 5 come.
        let shape =
            Shape { kernel: 1, input: 2, output: 2, stride: 1, dilation: 1, after: After::CutAndAdd, powers: [3, 1] };
        let mut image = Image::zeros(1, 1, 2);
        image.row_mut(0)[0] = [10, 21];
        let out = Layer::new(shape, &[2.0, 0.0, 0.0, 2.0], &[0.0, 0.0]).unwrap().apply(&image);
        assert_eq!(out.row(0), [[5 + 3, 11 + 5]]);
        // Of fours to halves: eight times as many.
        let coarse = Shape { after: After::Keep, powers: [-2, 1], ..shape };
        let out = Layer::new(coarse, &[1.0, 0.0, 0.0, 1.0], &[0.0, 0.0]).unwrap().apply(&image);
        assert_eq!(out.row(0), [[80, 168]]);
    }

    #[test]
    fn numbers_end_at_the_limit_and_sums_do_not_leave_their_range() {
        let shape =
            Shape { kernel: 3, input: 40, output: 40, stride: 1, dilation: 1, after: After::Keep, powers: [5, 5] };
        for weight in [1.9, -1.9] {
            let layer = Layer::new(shape, &[weight; 9 * 40 * 40], &[100.0; 40]).unwrap();
            let mut image = Image::zeros(8, 8, 40);
            (0..8).for_each(|y| image.row_mut(y).fill([LIMIT; 2]));
            let expected = if weight > 0.0 { LIMIT } else { -LIMIT };
            assert!(layer.apply(&image).row(4).iter().all(|two| *two == [expected; 2]));
        }
        // 9 × 40 products of 16,383 and 400 are more than 31 bits hold; one weight of 40,000 is more than 15.
        assert!(Layer::new(shape, &[400.0; 9 * 40 * 40], &[0.0; 40]).is_none());
        let point = Shape { kernel: 1, input: 2, output: 2, ..shape };
        assert!(Layer::new(point, &[40_000.0, 0.0, 0.0, 0.0], &[0.0; 2]).is_none());
    }

    /// The sums one by one.
    fn plain(shape: Shape, weights: &[f32], bias: &[f32], image: &Image, y: usize) -> Vec<i16> {
        let Shape { kernel, input, output, stride, dilation, .. } = shape;
        let half = (kernel / 2 * dilation) as isize;
        let sum = |x: usize, o: usize| {
            let mut sum = f64::from(bias[o]) * power(shape.powers[1]);
            for (i, weight) in weights.chunks_exact(output).map(|one| one[o]).enumerate() {
                let (row, column, channel) = (i / input / kernel, i / input % kernel, i % input);
                let above = (y * stride + row * dilation) as isize - half;
                let left = (x * stride + column * dilation) as isize - half;
                let number = image.numbers[image.start(above, left)..].as_flattened()[channel];
                sum += f64::from(number) * f64::from(weight);
            }
            (sum + 0.5).floor().clamp(0.0, LIMIT.into()) as i16
        };
        (0..image.width / stride * output).map(|i| sum(i / output, i % output)).collect()
    }

    #[test]
    fn pixels_and_outputs_side_by_side_give_the_same_as_one_by_one_in_each_unit() {
        for (width, input, output, stride, dilation) in [
            (40, 4, 12, 1, 2),
            (40, 4, 12, 2, 1),
            (4, 2, 16, 1, 1),
            (26, 6, 24, 1, 4),
            (12, 4, 40, 2, 1),
            (9, 2, 30, 1, 1),
            (7, 2, 4, 1, 1),
        ] {
            let shape = Shape { kernel: 3, input, output, stride, dilation, after: After::Cut, powers: [4, 4] };
            let mut image = Image::zeros(width, 8, input);
            let number = |n: usize| ((n * 7919) % 1000) as i16 - 400;
            for y in 0..8 {
                let row = image.row_mut(y).as_flattened_mut().iter_mut().enumerate();
                row.for_each(|(x, to)| *to = number(y * width * input + x));
            }
            // Quarters, so that they are exact.
            let weights: Vec<f32> = (0..9 * input * output).map(|n| ((n * 104_729) % 17) as f32 / 4.0 - 2.0).collect();
            let bias: Vec<f32> = (0..output).map(|n| n as f32).collect();
            let layer = Layer::new(shape, &weights, &bias).unwrap();
            let out = layer.apply(&image);
            for y in 0..8 / stride {
                assert_eq!(out.row(y).as_flattened(), plain(shape, &weights, &bias, &image, y), "{shape:?}");
                let mut row = vec![[0; 2]; width / stride * output / 2];
                layer.fill_row(Plain, &image, y, &mut row);
                assert_eq!(out.row(y), row, "{shape:?}");
                #[cfg(target_arch = "x86_64")]
                if let Some(unit) = pulp::x86::V3::try_new() {
                    row.fill([0; 2]);
                    unit.vectorize(Row { unit, layer: &layer, image: &image, y, out: &mut row });
                    assert_eq!(out.row(y), row, "{shape:?}");
                }
            }
        }
    }
}
