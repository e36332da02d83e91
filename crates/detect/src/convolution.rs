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
    /// Blocks of [`LANES`] outputs: for each row, column and input channel of the kernel their weights.
    weights: Vec<Vec<[f32; LANES]>>,
    bias: Vec<[f32; LANES]>,
}

/// Outputs that are computed side by side.
const LANES: usize = 8;

impl Layer {
    /// Makes a layer from weights in the order row, column, input, output, and one bias an output.
    pub fn new(shape: [usize; 5], after: After, weights: &[f32], bias: &[f32]) -> Self {
        let [kernel, input, output, stride, dilation] = shape;
        let blocks = output.div_ceil(LANES);
        let lanes = |of: &[f32], block: usize| {
            let mut lanes = [0.0; LANES];
            let some = of.iter().skip(block * LANES).take(LANES);
            lanes.iter_mut().zip(some).for_each(|(lane, one)| *lane = *one);
            lanes
        };
        let packed = |block| weights.chunks_exact(output).map(|one| lanes(one, block)).collect();
        Self {
            kernel,
            input,
            output,
            stride,
            dilation,
            after,
            weights: (0..blocks).map(packed).collect(),
            bias: (0..blocks).map(|block| lanes(bias, block)).collect(),
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

    /// Computes one row, `PIXELS` pixels at a time.
    #[inline(always)]
    fn fill_row<const PIXELS: usize>(&self, image: &Image, y: usize, out: &mut [f32]) {
        let width = out.len() / self.output;
        let mut patches = vec![0.0; PIXELS * self.kernel * self.kernel * self.input];
        let mut x = 0;
        while x + PIXELS <= width {
            self.fill::<PIXELS>(image, y, x, &mut patches, out);
            x += PIXELS;
        }
        patches.truncate(patches.len() / PIXELS);
        while x < width {
            self.fill::<1>(image, y, x, &mut patches, out);
            x += 1;
        }
    }

    /// Computes `PIXELS` pixels side by side, all outputs of them.
    #[inline(always)]
    fn fill<const PIXELS: usize>(&self, image: &Image, y: usize, x: usize, patches: &mut [f32], out: &mut [f32]) {
        let size = patches.len() / PIXELS;
        for (pixel, patch) in patches.chunks_exact_mut(size).enumerate() {
            self.gather(image, y, x + pixel, patch);
        }
        for (block, (weights, bias)) in self.weights.iter().zip(&self.bias).enumerate() {
            let sums = add_products::<PIXELS>(*bias, weights, patches);
            let some = LANES.min(self.output - block * LANES);
            for (pixel, sum) in sums.into_iter().enumerate() {
                let own = image.start(y as isize, (x + pixel) as isize) + block * LANES;
                let value = match self.after {
                    After::Keep => sum,
                    After::Cut => sum.map(|one| one.max(0.0)),
                    After::CutAndAdd => {
                        let own = &image.numbers[own..][..some];
                        std::array::from_fn(|lane| sum[lane].max(0.0) + own.get(lane).copied().unwrap_or(0.0))
                    }
                };
                out[(x + pixel) * self.output + block * LANES..][..some].copy_from_slice(&value[..some]);
            }
        }
    }

    /// Copies what the kernel covers at a pixel into one run.
    #[inline(always)]
    fn gather(&self, image: &Image, y: usize, x: usize, patch: &mut [f32]) {
        // Where the columns of the kernel lie side by side, a row of it is one run already.
        let (columns, run) = if self.dilation == 1 { (1, self.kernel * self.input) } else { (self.kernel, self.input) };
        let half = (self.kernel / 2 * self.dilation) as isize;
        for (i, part) in patch.chunks_exact_mut(run).enumerate() {
            let above = (y * self.stride + i / columns * self.dilation) as isize - half;
            let left = (x * self.stride + i % columns * self.dilation) as isize - half;
            part.copy_from_slice(&image.numbers[image.start(above, left)..][..run]);
        }
    }
}

/// Returns for each patch the bias plus the products of its numbers and their weights, added one after the other.
#[inline(always)]
fn add_products<const PIXELS: usize>(
    bias: [f32; LANES],
    weights: &[[f32; LANES]],
    patches: &[f32],
) -> [[f32; LANES]; PIXELS] {
    let mut sums = [bias; PIXELS];
    let from: [&[f32]; PIXELS] = std::array::from_fn(|pixel| &patches[pixel * weights.len()..][..weights.len()]);
    for (i, weights) in weights.iter().enumerate() {
        for pixel in 0..PIXELS {
            let number = from[pixel][i];
            for lane in 0..LANES {
                sums[pixel][lane] += number * weights[lane];
            }
        }
    }
    sums
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
        self.layer.fill_row::<10>(self.image, self.y, self.out);
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

    #[test]
    fn blocks_of_pixels_of_either_width_give_the_same_bits() {
        let numbers: Vec<f32> = (0..40 * 8 * 3).map(|n| ((n * 7919) % 1000) as f32 / 7.0 - 60.0).collect();
        let weights: Vec<f32> = (0..9 * 3 * 11).map(|n| ((n * 104_729) % 1000) as f32 / 3000.0 - 0.15).collect();
        let layer = Layer::new([3, 3, 11, 1, 2], After::Cut, &weights, &[0.1; 11]);
        let image = image(40, 8, &numbers);
        let wide = layer.apply(&image);
        for y in 0..8 {
            let (mut four, mut one) = (vec![0.0; 440], vec![0.0; 440]);
            layer.fill_row::<4>(&image, y, &mut four);
            layer.fill_row::<1>(&image, y, &mut one);
            assert_eq!(wide.row(y), four);
            assert_eq!(wide.row(y), one);
        }
    }
}
