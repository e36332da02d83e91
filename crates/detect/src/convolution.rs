//! Convolutions of small images in single precision, with the sums of each output in one fixed order.
//!
//! Multiplications and additions are rounded one by one everywhere (Rust never fuses them by itself), so a wider
//! vector unit makes it faster and changes no bit.

/// An image of `channels` numbers a pixel, with a border of zeros around it.
#[derive(Debug)]
pub struct Image {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    border: usize,
    numbers: Vec<f32>,
}

/// The widest border that a layer asks for.
const BORDER: usize = 4;

impl Image {
    /// Returns an image of zeros.
    pub fn zeros(width: usize, height: usize, channels: usize) -> Self {
        let numbers = vec![0.0; (width + 2 * BORDER) * (height + 2 * BORDER) * channels];
        Self { width, height, channels, border: BORDER, numbers }
    }

    /// Returns where the pixels of row `y` begin; `y` may lie within the border.
    fn start(&self, y: isize, x: isize) -> usize {
        let border = self.border as isize;
        let row = (y + border) as usize * (self.width + 2 * self.border);
        (row + (x + border) as usize) * self.channels
    }

    /// Returns the numbers of row `y` without its border.
    pub fn row(&self, y: usize) -> &[f32] {
        let start = self.start(y as isize, 0);
        &self.numbers[start..start + self.width * self.channels]
    }

    /// Returns the numbers of row `y` without its border, to be written.
    pub fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let start = self.start(y as isize, 0);
        let length = self.width * self.channels;
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

/// One layer: a square kernel, or a single point, over all channels.
#[derive(Clone, Debug)]
pub struct Layer {
    pub kernel: usize,
    pub input: usize,
    pub output: usize,
    pub stride: usize,
    pub dilation: usize,
    pub after: After,
    pairs: Vec<Block<2>>,
    /// What is left of the outputs when they are taken by pairs of [`LANES`].
    rest: Option<Block<1>>,
}

/// Outputs that are computed side by side.
const LANES: usize = 8;

/// Pixels that are computed side by side: with two times eight outputs each their sums fill twelve vector registers.
const PIXELS: usize = 6;

/// `N` times [`LANES`] outputs of a layer.
#[derive(Clone, Debug)]
struct Block<const N: usize> {
    /// The first of them.
    first: usize,
    /// For each row, column and input channel of the kernel.
    weights: Vec<[[f32; LANES]; N]>,
    bias: [[f32; LANES]; N],
}

impl<const N: usize> Block<N> {
    /// Takes the outputs from `first` on, zeros beyond the last one.
    fn new(first: usize, output: usize, weights: &[f32], bias: &[f32]) -> Self {
        let take = |of: &[f32]| {
            let mut lanes = [[0.0; LANES]; N];
            lanes.as_flattened_mut().iter_mut().zip(&of[first..]).for_each(|(lane, one)| *lane = *one);
            lanes
        };
        Self { first, weights: weights.chunks_exact(output).map(take).collect(), bias: take(bias) }
    }
}

impl Layer {
    /// Makes a layer from weights in the order row, column, input, output, and one bias an output.
    pub fn new(shape: [usize; 5], after: After, weights: &[f32], bias: &[f32]) -> Self {
        let [kernel, input, output, stride, dilation] = shape;
        let pairs = (output / LANES / 2 + usize::from(output % (2 * LANES) > LANES)) * 2 * LANES;
        Self {
            kernel,
            input,
            output,
            stride,
            dilation,
            after,
            pairs: (0..pairs).step_by(2 * LANES).map(|first| Block::new(first, output, weights, bias)).collect(),
            rest: (pairs < output).then(|| Block::new(pairs, output, weights, bias)),
        }
    }

    /// Returns the layer's output for an image whose sides the stride divides.
    pub fn apply(&self, image: &Image) -> Image {
        let mut out = Image::zeros(image.width / self.stride, image.height / self.stride, self.output);
        let wide = pulp::Arch::new();
        for y in 0..out.height {
            wide.dispatch(Row { layer: self, image, y, out: out.row_mut(y) });
        }
        out
    }

    #[inline(always)]
    fn fill_row(&self, image: &Image, y: usize, out: &mut [f32]) {
        for x in (0..out.len() / self.output).step_by(PIXELS) {
            for pair in &self.pairs {
                self.fill(pair, image, y, x, out);
            }
            if let Some(rest) = &self.rest {
                self.fill(rest, image, y, x, out);
            }
        }
    }

    /// Computes some outputs of [`PIXELS`] pixels side by side; beyond the end of the row the last one again.
    // Loops with numbers here and below: the steps of iterators are not always built into the code for the wider unit.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn fill<const N: usize>(&self, block: &Block<N>, image: &Image, y: usize, x: usize, out: &mut [f32]) {
        let last = out.len() / self.output - 1;
        let mut sums = [block.bias; PIXELS];
        // Where the columns of the kernel lie side by side, a row of it is one run.
        let (columns, run) = if self.dilation == 1 { (1, self.kernel * self.input) } else { (self.kernel, self.input) };
        let half = (self.kernel / 2 * self.dilation) as isize;
        for (i, weights) in block.weights.chunks_exact(run).enumerate() {
            let above = (y * self.stride + i / columns * self.dilation) as isize - half;
            let left = (i % columns * self.dilation) as isize - half;
            let mut from: [&[f32]; PIXELS] = [&[]; PIXELS];
            for (pixel, from) in from.iter_mut().enumerate() {
                let column = (x + pixel).min(last) * self.stride;
                *from = &image.numbers[image.start(above, column as isize + left)..][..run];
            }
            add_products(&mut sums, weights, from);
        }
        for pixel in 0..PIXELS {
            let x = (x + pixel).min(last);
            for n in 0..N {
                self.finish(block.first + n * LANES, sums[pixel][n], image, (x, y), out);
            }
        }
    }

    /// Writes up to [`LANES`] outputs of a pixel, those from `first` on.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn finish(&self, first: usize, mut sum: [f32; LANES], image: &Image, (x, y): (usize, usize), out: &mut [f32]) {
        if self.after != After::Keep {
            for lane in 0..LANES {
                sum[lane] = sum[lane].max(0.0);
            }
        }
        let to = &mut out[x * self.output + first..];
        let own = &image.numbers[image.start(y as isize, x as isize)..];
        // Whole blocks have a length that is known, so that they need no call to be copied.
        if let Some(to) = to.first_chunk_mut::<LANES>().filter(|_| first + LANES <= self.output) {
            if self.after == After::CutAndAdd {
                let own = &own[first..][..LANES];
                for lane in 0..LANES {
                    sum[lane] += own[lane];
                }
            }
            *to = sum;
            return;
        }
        for lane in 0..self.output - first {
            let own = if self.after == After::CutAndAdd { own[first + lane] } else { 0.0 };
            to[lane] = sum[lane] + own;
        }
    }
}

/// Adds for each pixel the products of its numbers and their weights, one after the other.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn add_products<const N: usize>(
    sums: &mut [[[f32; LANES]; N]; PIXELS],
    weights: &[[[f32; LANES]; N]],
    from: [&[f32]; PIXELS],
) {
    let length = weights.len();
    let [a, b, c, d, e, f] = from;
    let (a, b, c) = (&a[..length], &b[..length], &c[..length]);
    let (d, e, f) = (&d[..length], &e[..length], &f[..length]);
    let mut all = *sums;
    for i in 0..length {
        let numbers = [a[i], b[i], c[i], d[i], e[i], f[i]];
        for pixel in 0..PIXELS {
            for n in 0..N {
                for lane in 0..LANES {
                    all[pixel][n][lane] += numbers[pixel] * weights[i][n][lane];
                }
            }
        }
    }
    *sums = all;
}

/// One row of work, for the widest vector unit that the machine has.
struct Row<'a> {
    layer: &'a Layer,
    image: &'a Image,
    y: usize,
    out: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.layer.fill_row(self.image, self.y, self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize, numbers: &[f32]) -> Image {
        let mut image = Image::zeros(width, height, numbers.len() / width / height);
        let row = numbers.len() / height;
        (0..height).for_each(|y| image.row_mut(y).copy_from_slice(&numbers[y * row..][..row]));
        image
    }

    #[test]
    fn kernel_of_ones_sums_the_nine_around_and_zeros_beyond_the_edge() {
        let layer = Layer::new([3, 1, 1, 1, 1], After::Keep, &[1.0; 9], &[10.0]);
        let out = layer.apply(&image(3, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        assert_eq!(out.row(0), [22.0, 31.0, 26.0]);
        assert_eq!(out.row(1), [22.0, 31.0, 26.0]);
    }

    #[test]
    fn stride_of_two_begins_at_the_first_pixel() {
        // Only the middle of the kernel counts.
        let weights = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let layer = Layer::new([3, 1, 1, 2, 1], After::Keep, &weights, &[0.0]);
        let out = layer.apply(&image(4, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]));
        assert_eq!((out.width, out.height), (2, 1));
        assert_eq!(out.row(0), [1.0, 3.0]);
    }

    #[test]
    fn dilation_reaches_further() {
        // The kernel's left and right columns of its middle row.
        let weights = [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let layer = Layer::new([3, 1, 1, 1, 4], After::Keep, &weights, &[0.0]);
        let numbers: Vec<f32> = (0..12).map(|n| n as f32).collect();
        assert_eq!(layer.apply(&image(12, 1, &numbers)).row(0)[..5], [4.0, 5.0, 6.0, 7.0, 8.0]);
    }

    #[test]
    fn channels_are_mixed_cut_and_added() {
        // Two channels in, two out: the sum, and the difference, which is negative and cut.
        let layer = Layer::new([1, 2, 2, 1, 1], After::Cut, &[1.0, 1.0, 1.0, -1.0], &[0.0, 0.0]);
        assert_eq!(layer.apply(&image(1, 1, &[1.0, 2.0])).row(0), [3.0, 0.0]);
        let layer = Layer::new([1, 2, 2, 1, 1], After::CutAndAdd, &[1.0, 1.0, 1.0, -1.0], &[0.0, 0.0]);
        assert_eq!(layer.apply(&image(1, 1, &[1.0, 2.0])).row(0), [4.0, 2.0]);
    }

    /// The sums one by one, in the order of the weights.
    fn plain(shape: [usize; 5], weights: &[f32], bias: &[f32], image: &Image, y: usize) -> Vec<f32> {
        let [kernel, input, output, stride, dilation] = shape;
        let half = (kernel / 2 * dilation) as isize;
        let sum = |x: usize, o: usize| {
            let mut sum = bias[o];
            for (i, weight) in weights.chunks_exact(output).map(|one| one[o]).enumerate() {
                let (row, column, channel) = (i / input / kernel, i / input % kernel, i % input);
                let above = (y * stride + row * dilation) as isize - half;
                let left = (x * stride + column * dilation) as isize - half;
                sum += image.numbers[image.start(above, left) + channel] * weight;
            }
            sum.max(0.0)
        };
        (0..image.width / stride * output).map(|i| sum(i / output, i % output)).collect()
    }

    #[test]
    fn pixels_and_outputs_side_by_side_give_the_same_bits_as_one_by_one() {
        for (width, input, output, stride, dilation) in [
            (40, 3, 11, 1, 2),
            (40, 3, 11, 2, 1),
            (4, 2, 16, 1, 1),
            (26, 5, 24, 1, 4),
            (12, 4, 40, 2, 1),
            (7, 1, 4, 1, 1),
        ] {
            let shape = [3, input, output, stride, dilation];
            let numbers: Vec<f32> = (0..width * 8 * input).map(|n| ((n * 7919) % 1000) as f32 / 7.0 - 60.0).collect();
            let weights: Vec<f32> =
                (0..9 * input * output).map(|n| ((n * 104_729) % 1000) as f32 / 3000.0 - 0.15).collect();
            let bias: Vec<f32> = (0..output).map(|n| n as f32 / 10.0).collect();
            let (layer, image) = (Layer::new(shape, After::Cut, &weights, &bias), image(width, 8, &numbers));
            let out = layer.apply(&image);
            for y in 0..8 / stride {
                assert_eq!(out.row(y), plain(shape, &weights, &bias, &image, y), "{shape:?}");
            }
        }
    }
}
