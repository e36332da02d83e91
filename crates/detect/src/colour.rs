//! What of a frame differs in colour and not in brightness.
//!
//! Red letters on green have the largest and the smallest channel of their ground, so neither of the two views shows them. The
//! differences of the channels do: red against green, and blue against both. Where all of them are alike in two pixels, the pixels differ
//! by a grey, which the views of brightness show.

use crate::runs::Bounds;
use crate::screen::strokes;
use tokumei_core::Region;

/// The most differences that a pixel is told by: those of four channels.
const MOST: usize = 3;
/// Differences up to this share of the frame's range are none: grey that was coded as colour.
const DEAD: f32 = 1.0 / 32.0;
/// As many pixels with a colour are an accident.
const FEW: usize = 16;
/// The side of the cells that tell where colours differ.
const CELL: usize = 32;

/// The differences between the channels of a frame's pixels.
#[derive(Clone, Copy, Debug)]
pub struct Colours<'a, T> {
    samples: &'a [T],
    channels: usize,
    /// Differences up to this are none.
    dead: f32,
}

impl<'a, T: Copy + Into<f64>> Colours<'a, T> {
    /// Returns the colours of a frame; `None` where it is grey but for a few pixels.
    pub fn of(samples: &'a [T], channels: usize) -> Option<Self> {
        if channels < 2 {
            return None;
        }
        let finite = samples.iter().map(|&one| one.into() as f32).filter(|one| one.is_finite());
        let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), one| (a.min(one), b.max(one)));
        let colours = Self { samples, channels, dead: (high / 2.0 - low / 2.0) * 2.0 * DEAD };
        let coloured = |pixel: &&[T]| (0..colours.count()).any(|which| colours.of_pixel(pixel, which) != 0.0);
        let some = samples.chunks_exact(channels).filter(coloured).take(FEW + 1).count();
        (some > FEW).then_some(colours)
    }

    /// Returns how many differences there are.
    pub fn count(&self) -> usize {
        (self.channels - 1).min(MOST)
    }

    /// Returns up to where differences are none.
    pub fn dead(&self) -> f32 {
        self.dead
    }

    /// Returns how far a channel of each pixel lies above the mean of those before it, less what is none.
    pub fn plane(&self, which: usize) -> Vec<f32> {
        self.samples.chunks_exact(self.channels).map(|pixel| self.of_pixel(pixel, which)).collect()
    }

    #[inline(always)]
    fn of_pixel(&self, pixel: &[T], which: usize) -> f32 {
        let channel = |i: usize| pixel[i].into() as f32;
        let before = (0..=which).map(channel).sum::<f32>() / (which + 1) as f32;
        let differs = channel(which + 1) - before;
        match differs.abs() - self.dead {
            // What is no number too.
            more if !(more > 0.0 && more.is_finite()) => 0.0,
            more => more.copysign(differs),
        }
    }
}

/// Returns the cells of a frame in which its colours show strokes like those of letters; none where it is grey.
///
/// `samples` are `channels` for each pixel, row by row, `width` × `height` pixels.
pub fn strokes_of_colours<T: Copy + Into<f64>>(
    width: usize,
    height: usize,
    channels: usize,
    samples: &[T],
) -> Vec<Region> {
    let Some(colours) = Colours::of(samples, channels) else { return Vec::new() };
    let scale = MIDDLE * DEAD / colours.dead();
    let whole =
        |which| colours.plane(which).iter().map(|differs| (MIDDLE + differs * scale) as u16).collect::<Vec<_>>();
    (0..colours.count()).flat_map(|which| strokes(width, height, &whole(which))).collect()
}

/// What stands for no difference where differences are whole numbers.
const MIDDLE: f32 = 32768.0;

/// Returns the cells of a plane in which it differs by more than `least`.
pub fn differing(width: usize, height: usize, least: f32, plane: &[f32]) -> Vec<Region> {
    let mut found = Vec::new();
    for top in (0..height).step_by(CELL) {
        for left in (0..width).step_by(CELL) {
            let (right, bottom) = ((left + CELL).min(width), (top + CELL).min(height));
            let cell = (top..bottom).flat_map(|y| &plane[y * width + left..y * width + right]);
            let (low, high) = cell.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), one| (a.min(*one), b.max(*one)));
            if high - low > least {
                found.push(Bounds { left, top, right, bottom }.region());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_in_three_channels_has_no_colours_and_neither_have_few_pixels() {
        let grey: Vec<u8> =
            (0..900_u32).flat_map(|i| [(i % 256) as u8, (i % 256) as u8, (i % 256) as u8 ^ 1]).collect();
        assert!(Colours::of(&grey, 3).is_none());
        assert!(Colours::of(&grey, 1).is_none());
        let mut few = grey.clone();
        few[..3 * FEW].fill(0);
        (0..FEW).for_each(|i| few[3 * i] = 200);
        assert!(Colours::of(&few, 3).is_none());
        (0..=FEW).for_each(|i| few[3 * i] = 200);
        assert!(Colours::of(&few, 3).is_some());
        assert!(Colours::of(&[f32::NAN; 300], 3).is_none());
    }

    #[test]
    fn differences_are_those_of_a_channel_from_the_ones_before_it() {
        let frame: Vec<u8> =
            [[255_u8, 0, 0], [0, 255, 0], [0, 0, 255], [80, 80, 80], [100, 96, 98]].concat().repeat(20);
        let colours = Colours::of(&frame, 3).unwrap();
        let dead = 255.0 / 32.0;
        let at = |which: usize| colours.plane(which)[..5].to_vec();
        assert_eq!(at(0), [dead - 255.0, 255.0 - dead, 0.0, 0.0, 0.0]);
        assert_eq!(at(1), [dead - 127.5, dead - 127.5, 255.0 - dead, 0.0, 0.0]);
    }

    #[test]
    fn letters_of_another_colour_show_strokes_and_a_coloured_field_shows_none() {
        let frame = tokumei_testkit::written((256, 128), |_, _| 0, "YAMADA^TARO", (64, 64), 2, 1);
        let coloured = |ink: [u8; 3]| -> Vec<u8> {
            let field = |i: usize| if i % 256 < 40 { [0, 0, 250] } else { [0, 250, 0] };
            frame.iter().enumerate().flat_map(|(i, one)| if *one == 0 { field(i) } else { ink }).collect()
        };
        let found = strokes_of_colours(256, 128, 3, &coloured([250, 0, 0]));
        assert!(found.iter().any(|one| one.y >= 56 && one.y < 80 && one.x >= 64), "{found:?}");
        assert!(found.iter().all(|one| one.x + one.width > 64 && one.y + one.height > 64), "{found:?}");
        assert_eq!(strokes_of_colours(256, 128, 3, &coloured([0, 250, 0])), []);
        assert_eq!(strokes_of_colours(256, 128, 3, &[7_u8; 256 * 128 * 3]), []);
    }

    #[test]
    fn cells_differ_where_a_colour_begins() {
        let plane: Vec<f32> = (0..96 * 40).map(|i| if i % 96 >= 70 { 9.0 } else { 0.0 }).collect();
        let found = differing(96, 40, 1.0, &plane);
        let at = |y, height| Region { x: 64, y, width: 32, height };
        assert_eq!(found, [at(0, 32), at(32, 8)]);
    }
}
