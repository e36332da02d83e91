//! What of a frame the detector looks at.

use crate::colour::{Colours, differing};
use crate::screen::Places;
use tokumei_core::Region;

/// The most pixels of a frame that a [`View`] is made of: 2²⁶, as 8,192 × 8,192. A search takes about
/// nine bytes for each.
pub const MAX_PIXELS: u64 = 1 << 26;

/// Why no view of a frame could be made. It holds no sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The frame has no rows, no columns or no channels.
    #[error("the frame has no samples")]
    Empty,
    /// The samples are not as many as rows, columns and channels say.
    #[error("the samples are not as many as rows, columns and channels say")]
    Length,
    /// The frame has more pixels than [`MAX_PIXELS`] (a [`crate::Projection`]: than [`crate::MAX_PROJECTED`]).
    #[error("the frame has too many pixels to be searched for text")]
    TooLarge,
}

impl ViewError {
    /// Returns the stable name of the kind, for reasons in index and ledger.
    pub fn id(self) -> &'static str {
        match self {
            ViewError::Empty => "empty",
            ViewError::Length => "length",
            ViewError::TooLarge => "too-large",
        }
    }
}

/// A frame in two views of eight bits: from its smallest to its largest sample, and by rank.
///
/// The first shows what stands out of everything, the second what stands out a little from its surroundings,
/// so that neither window nor bit depth matters. In a frame of more than one channel the first is of the
/// largest sample of each pixel, the second of the smallest; where it has colours, their differences have views of their own.
#[derive(Clone, Debug)]
pub struct View {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Row by row: line and rank of each pixel.
    pub(crate) pixels: Vec<[u8; 2]>,
    /// Whether nine tenths of the pixels lie within a fiftieth of the range.
    pub(crate) flat: bool,
    /// What differs in colour.
    pub(crate) tints: Vec<Tint>,
}

/// One difference of the colours of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Tint {
    pub view: View,
    /// Where it differs at all.
    pub places: Vec<Region>,
    /// Where it has strokes or marks like those of letters.
    pub cells: Vec<Region>,
}

impl View {
    /// Makes the views of a frame from its samples, `channels` for each pixel, row by row.
    ///
    /// Samples that are no number count as darker than all that are. Nothing is assumed of their range.
    ///
    /// # Errors
    /// [`ViewError`] where the frame is empty, too large or not of the length that is said.
    pub fn from_samples<T: Copy + Into<f64>>(
        width: u32,
        height: u32,
        channels: u32,
        samples: &[T],
    ) -> Result<Self, ViewError> {
        let (pixels, channels) = check(width, height, channels, samples.len(), MAX_PIXELS)?;
        let at = |i: usize| extremes(&samples[i * channels..][..channels]);
        let mut view = Self::from_extremes(width as usize, height as usize, pixels, at);
        if let Some(colours) = Colours::of(samples, channels) {
            let each = (0..colours.count()).map(|which| view.tint(colours.dead(), &colours.plane(which)));
            view.tints = each.collect();
        }
        Ok(view)
    }

    /// Returns the view of a difference of colours, which counts where it is more than `least`.
    pub(crate) fn tint(&self, least: f32, plane: &[f32]) -> Tint {
        let view = Self::from_extremes(self.width, self.height, plane.len(), |i| (plane[i], plane[i]));
        let grey: Vec<u16> = view.pixels.iter().map(|pixel| pixel[0].into()).collect();
        let cells = Places::of(self.width, self.height, &grey).all();
        Tint { view, places: differing(self.width, self.height, least, plane), cells }
    }

    /// Makes the views from the smallest and the largest sample of each pixel.
    pub(crate) fn from_extremes(width: usize, height: usize, pixels: usize, at: impl Fn(usize) -> (f32, f32)) -> Self {
        let scale = Scale::of(pixels, &at);
        let counts = scale.count(pixels, &at);
        let rank = ranks(&counts, pixels);
        let of = |i| {
            let (low, high) = at(i);
            [scale.line(high), rank[scale.bin(low)]]
        };
        let flat = is_flat(&counts, pixels, |bin| bin);
        Self { width, height, pixels: (0..pixels).map(of).collect(), flat, tints: Vec::new() }
    }

    /// Returns how wide and high the frame is, in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }

    /// Returns the frame at half its width and height, each pixel the mean of four, without its colours.
    pub(crate) fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let rows: Vec<&[[u8; 2]]> = self.pixels.chunks_exact(self.width).collect();
        let mut pixels = Vec::with_capacity(width * height);
        for pair in rows.chunks(2) {
            // A last row or column without a neighbour counts twice.
            let (upper, lower) = (pair[0], pair[pair.len() - 1]);
            let ((upper, end), (lower, low_end)) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
            pixels.extend(upper.iter().zip(lower).map(|([a, b], [c, d])| mean(*a, *b, *c, *d)));
            pixels.extend(end.iter().zip(low_end).map(|(a, c)| mean(*a, *a, *c, *c)));
        }
        Self { width, height, pixels, flat: self.flat, tints: Vec::new() }
    }
}

#[inline(always)]
fn mean(a: [u8; 2], b: [u8; 2], c: [u8; 2], d: [u8; 2]) -> [u8; 2] {
    let of = |i: usize| ((u16::from(a[i]) + u16::from(b[i]) + u16::from(c[i]) + u16::from(d[i]) + 2) / 4) as u8;
    [of(0), of(1)]
}

/// Checks what a caller says of a frame against its length; returns pixels and channels.
pub(crate) fn check(w: u32, h: u32, channels: u32, length: usize, most: u64) -> Result<(usize, usize), ViewError> {
    let pixels = u64::from(w) * u64::from(h);
    if pixels == 0 || channels == 0 {
        return Err(ViewError::Empty);
    }
    if pixels > most {
        return Err(ViewError::TooLarge);
    }
    match pixels.checked_mul(u64::from(channels)) {
        Some(samples) if samples == length as u64 => Ok((pixels as usize, channels as usize)),
        _ => Err(ViewError::Length),
    }
}

/// Returns the smallest and the largest sample of a pixel; NaN where none is a number.
#[inline(always)]
pub(crate) fn extremes<T: Copy + Into<f64>>(samples: &[T]) -> (f32, f32) {
    if let [one] = samples {
        let one = (*one).into() as f32;
        return (one, one);
    }
    let each = samples.iter().map(|&one| one.into() as f32);
    (each.clone().fold(f32::NAN, f32::min), each.fold(f32::NAN, f32::max))
}

/// The range of a frame's samples.
pub(crate) struct Scale {
    low: f32,
    width: f32,
    /// How far the smallest number lies above what is none.
    step: f32,
}

/// Tells whether a sample stands for no value.
#[inline(always)]
fn is_none(sample: f32) -> bool {
    sample.is_nan() || sample == f32::NEG_INFINITY
}

impl Scale {
    fn of(pixels: usize, at: &impl Fn(usize) -> (f32, f32)) -> Self {
        let (mut low, mut high, mut none) = (f32::INFINITY, f32::NEG_INFINITY, false);
        for (a, b) in (0..pixels).map(at) {
            none |= is_none(a) || is_none(b);
            if a.is_finite() {
                low = low.min(a);
            }
            if b.is_finite() {
                high = high.max(b);
            }
        }
        Self::over(low, high, none)
    }

    /// Returns the range between two numbers.
    pub(crate) fn between(low: f32, high: f32) -> Self {
        Self::over(low, high, false)
    }

    fn over(low: f32, high: f32, none: bool) -> Self {
        // Halves, because the width of a range of f32 need not be an f32.
        let width = if low < high { (high / 2.0 - low / 2.0) * 2.0 } else { 0.0 };
        let step = match (none, width) {
            (false, _) => 0.0,
            (true, 0.0) => 1.0,
            (true, width) => width / 8.0,
        };
        let low = if low.is_finite() { low } else { 0.0 };
        Self { low, width: (width + step).clamp(1e-9, f32::MAX), step }
    }

    /// Returns how far a sample lies above the darkest; 0 for what is no number.
    #[inline(always)]
    fn above(&self, sample: f32) -> f32 {
        if is_none(sample) { 0.0 } else { (sample - self.low + self.step).clamp(self.step, self.width) }
    }

    /// Returns the view from the smallest to the largest sample.
    #[inline(always)]
    pub(crate) fn line(&self, sample: f32) -> u8 {
        let line = self.above(sample) * (255.0 / self.width);
        (line.clamp(0.0, 255.0) + 0.5) as u8
    }

    #[inline(always)]
    pub(crate) fn bin(&self, sample: f32) -> usize {
        let bin = self.above(sample) * ((BINS - 1) as f32 / self.width);
        (bin as usize).min(BINS - 1)
    }

    fn count(&self, pixels: usize, at: &impl Fn(usize) -> (f32, f32)) -> Vec<u32> {
        let mut counts = vec![0u32; BINS];
        for (low, _) in (0..pixels).map(at) {
            counts[self.bin(low)] += 1;
        }
        counts
    }
}

/// Returns the rank of each bin, 0 to 255. No bin counts for more than a 64th of the frame, lest an empty
/// background take the range of all else.
fn ranks(counts: &[u32], pixels: usize) -> Vec<u8> {
    let most = (pixels / 64).max(1) as u64;
    let all: u64 = counts.iter().map(|&n| u64::from(n).min(most)).sum();
    let mut before = 0;
    let of = |&n: &u32| {
        let n = u64::from(n).min(most);
        before += n;
        rank(before - n, n, all)
    };
    counts.iter().map(of).collect()
}

/// Returns the rank of `count` pixels of `all`, 0 to 255, where so many are smaller.
pub(crate) fn rank(smaller: u64, count: u64, all: u64) -> u8 {
    let middle = 2 * smaller + count;
    ((middle * 255 + all) / (2 * all)) as u8
}

/// Tells whether nine tenths of the pixels lie within a fiftieth of the range. `bin` says to which part of it a count belongs.
pub(crate) fn is_flat(counts: &[u32], pixels: usize, bin: impl Fn(usize) -> usize) -> bool {
    let place = |share: u64| {
        let mut left = pixels as u64 * share / 100;
        let reached = |&n: &u32| {
            let here = u64::from(n) > left;
            left = left.saturating_sub(u64::from(n));
            here
        };
        bin(counts.iter().position(reached).unwrap_or(counts.len() - 1))
    };
    place(95) - place(5) < BINS / 50
}

const BINS: usize = 65536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_runs_from_the_smallest_to_the_largest_sample() {
        let view = View::from_samples(3, 1, 1, &[-1000i16, 0, 1000]).unwrap();
        assert_eq!(view.pixels.iter().map(|p| p[0]).collect::<Vec<_>>(), [0, 128, 255]);
    }

    #[test]
    fn rank_is_that_of_the_middle_of_equal_samples() {
        // Of four pixels each counts one: two at the bottom share ranks 0 and 1, but count for one only (a 64th, at least 1).
        let view = View::from_samples(4, 1, 1, &[7u8, 7, 9, 200]).unwrap();
        assert_eq!(view.pixels.iter().map(|p| p[1]).collect::<Vec<_>>(), [43, 43, 128, 213]);
    }

    #[test]
    fn colour_shows_its_largest_and_its_smallest_channel() {
        let view = View::from_samples(2, 1, 3, &[255u8, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!(view.pixels[0][0], 255);
        assert_eq!(view.pixels[0][1], view.pixels[1][1]);
    }

    #[test]
    fn colours_have_views_of_their_own_and_grey_in_three_channels_has_none() {
        let halves: Vec<u8> =
            (0..64 * 64).flat_map(|i| if i % 64 < 8 { [255_u8, 0, 0] } else { [0, 255, 0] }).collect();
        let view = View::from_samples(64, 64, 3, &halves).unwrap();
        // Neither the largest nor the smallest channel differs.
        assert!(view.pixels.iter().all(|pixel| *pixel == view.pixels[0]));
        assert_eq!(view.tints.len(), 2);
        assert_eq!((view.tints[0].view.pixels[7][0], view.tints[0].view.pixels[8][0]), (0, 255));
        assert_eq!(view.tints[0].places.iter().map(|one| one.x).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(view.tints[1].places, []);
        assert!(View::from_samples(64, 64, 3, &[9_u8; 64 * 64 * 3]).unwrap().tints.is_empty());
    }

    #[test]
    fn what_is_no_number_is_dark() {
        let samples = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 5.0, 6.0];
        let view = View::from_samples(5, 1, 1, &samples).unwrap();
        assert_eq!(view.pixels.iter().map(|p| p[0]).collect::<Vec<_>>(), [0, 255, 0, 28, 255]);
        // Numbers on a ground of none stand out, be they all the same.
        let view = View::from_samples(3, 1, 1, &[f32::NAN, 7.0, 7.0]).unwrap();
        assert_eq!(view.pixels.iter().map(|p| p[0]).collect::<Vec<_>>(), [0, 255, 255]);
        assert!(View::from_samples(2, 1, 1, &[f32::NAN; 2]).is_ok());
        assert!(View::from_samples(2, 1, 1, &[f64::MIN, f64::MAX]).is_ok());
        assert!(View::from_samples(2, 1, 1, &[f32::MIN, f32::MAX]).is_ok());
    }

    #[test]
    fn frames_that_are_not_what_they_say_are_refused() {
        let of = |w, h, c, samples: &[u8]| View::from_samples(w, h, c, samples).unwrap_err();
        assert_eq!(of(0, 5, 1, &[]), ViewError::Empty);
        assert_eq!(of(5, 5, 0, &[]), ViewError::Empty);
        assert_eq!(of(2, 2, 1, &[0; 3]), ViewError::Length);
        assert_eq!(of(2, 2, u32::MAX, &[0; 4]), ViewError::Length);
        assert_eq!(of(30_000, 30_000, 1, &[]), ViewError::TooLarge);
        assert_eq!(of(u32::MAX, u32::MAX, u32::MAX, &[]), ViewError::TooLarge);
    }

    #[test]
    fn frame_of_one_tone_is_flat_and_a_ramp_is_not() {
        assert!(View::from_samples(10, 10, 1, &[3u8; 100]).unwrap().flat);
        assert!(!View::from_samples(10, 10, 1, &(0..100u8).collect::<Vec<_>>()).unwrap().flat);
    }

    #[test]
    fn halved_frame_holds_means() {
        let view = View::from_samples(3, 1, 1, &[0u8, 100, 255]).unwrap().halved();
        assert_eq!((view.width, view.height, view.pixels.len()), (2, 1, 2));
        assert_eq!(view.pixels[0][0], 50);
    }
}
