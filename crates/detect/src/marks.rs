//! The other half of the quick screen: where in a frame there are small sharp marks of one tone, as letters are, however few of them and
//! however they are turned.
//!
//! [`strokes`](crate::screen::strokes) needs many edges from left to right. A letter by itself, a line that runs downwards or the round
//! strokes of kana have few; but their ink is of one tone, it ends within a pixel or two, and a few pixels on there is the ground again.
//! Borders between tissues are wide on one side, and in noise most samples lie between the darkest and the brightest.

use crate::tones::{Blocks, HIGH, WIDE as BLOCK, range};
use crate::vector::in_rows;
use tokumei_core::Region;

/// The side of a cell, in pixels: a block is as wide and half as high.
const SIDE: usize = 2 * HIGH;
const _: () = assert!(SIDE == BLOCK);
/// Ink ends within so many pixels to both sides, in a row or in a column.
const REACH: usize = 5;
/// The most samples of a cell, of 256, that are in the middle half of its range.
const BETWEEN: u32 = 64;
/// The fewest samples of ink in a cell.
const INK: u32 = 10;
/// The fewest of them with ground within two pixels.
const SHARP: u32 = 8;
/// The fewest neighbours in rows and columns that differ by two fifths of the cell's range.
const STEEP: u32 = 20;
/// The fewest of them that differ by seven tenths. The borders of thin skin and of a table are softer, whatever drew them.
const SUDDEN: u32 = 6;

/// Returns the cells of a frame with marks like those of letters.
///
/// `grey` is one sample a pixel, row by row, `width` × `height` of them.
pub fn marks(width: usize, height: usize, grey: &[u16]) -> Vec<Region> {
    if grey.is_empty() || grey.len() != width * height {
        return Vec::new();
    }
    within(width, height, grey, range(width, grey), &Blocks::of(width, grey))
}

/// Returns the cells of a frame whose samples have this range and whose blocks these are.
pub(crate) fn within(width: usize, height: usize, grey: &[u16], range: u16, blocks: &Blocks) -> Vec<Region> {
    let mut found = Vec::new();
    if width.min(height) >= SIDE {
        let least = (range / 4).max(1);
        in_rows(Look { grey, width, height, blocks, least, found: &mut found });
    }
    found
}

/// The work on a frame, for the widest vector unit that the machine has.
struct Look<'a> {
    grey: &'a [u16],
    width: usize,
    height: usize,
    blocks: &'a Blocks,
    /// The smallest range of a cell with marks.
    least: u16,
    found: &'a mut Vec<Region>,
}

impl pulp::NullaryFnOnce for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { grey, width, height, blocks, least, found } = self;
        for row in 0..height.div_ceil(SIDE) {
            // The last cells of a row, and the last row of them, end with the frame.
            let y = (row * SIDE).min(height - SIDE);
            for column in 0..width.div_ceil(SIDE) {
                let x = (column * SIDE).min(width - SIDE);
                let tones = match (x, y) == (column * SIDE, row * SIDE) {
                    true => Tones::between(blocks.both((column, 2 * row), (column, 2 * row + 1))),
                    false => Tones::of(&grey[y * width + x..], width),
                };
                let inside = x + SIDE < width && y + SIDE < height;
                let may_be = |cell: &[u16]| tones.are_two(cell, width) && (!inside || tones.are_steep(cell, width));
                if tones.range >= least && may_be(&grey[y * width + x..]) {
                    // What lies beyond the frame is no ground, neither for bright marks nor for dark ones.
                    let around = |beyond| Window::around(grey, (width, height), (x, y), beyond);
                    if around(u16::MAX).has_marks(tones) || around(0).turned().has_marks(tones.turned()) {
                        let side = SIDE as u32;
                        found.push(Region { x: x as u32, y: y as u32, width: side, height: side });
                    }
                }
            }
        }
    }
}

/// The tones of a cell.
#[derive(Clone, Copy)]
struct Tones {
    low: u16,
    high: u16,
    range: u16,
}

// Loops with numbers here and below: they are built into the code for the wider vector unit, the steps of iterators not always.
#[allow(clippy::needless_range_loop)]
impl Tones {
    /// Looks at the cell at the beginning of `grey`.
    #[inline(always)]
    fn of(grey: &[u16], width: usize) -> Self {
        let (mut low, mut high) = ([u16::MAX; SIDE], [0; SIDE]);
        for row in 0..SIDE {
            let from = &grey[row * width..][..SIDE];
            for column in 0..SIDE {
                low[column] = low[column].min(from[column]);
                high[column] = high[column].max(from[column]);
            }
        }
        let (mut lowest, mut highest) = (low[0], high[0]);
        for column in 1..SIDE {
            lowest = lowest.min(low[column]);
            highest = highest.max(high[column]);
        }
        Self::between([lowest, highest])
    }

    #[inline(always)]
    fn between([low, high]: [u16; 2]) -> Self {
        Self { low, high, range: high - low }
    }

    /// Tells whether few samples of the cell are neither dark nor bright.
    #[inline(always)]
    fn are_two(self, grey: &[u16], width: usize) -> bool {
        let (low, high) = (self.low + self.range / 4, self.high - self.range / 4);
        let mut between = [0_u16; SIDE];
        for half in 0..2 {
            for row in half * SIDE / 2..(half + 1) * SIDE / 2 {
                let from = &grey[row * width..][..SIDE];
                for column in 0..SIDE {
                    between[column] += u16::from(from[column] > low) & u16::from(from[column] < high);
                }
            }
            if sum(between) > BETWEEN {
                return false;
            }
        }
        true
    }

    /// Tells whether enough neighbours in a cell, and beside and below it, differ as those of marks do. They do so for bright marks and for
    /// dark ones alike.
    #[inline(always)]
    fn are_steep(self, grey: &[u16], width: usize) -> bool {
        let [step, jump] = self.steps();
        let (mut steep, mut sudden) = ([0_u16; SIDE], [0_u16; SIDE]);
        for row in 0..SIDE {
            let one = &grey[row * width..][..SIDE];
            let (right, below) = (&grey[row * width + 1..][..SIDE], &grey[(row + 1) * width..][..SIDE]);
            for x in 0..SIDE {
                let steps = [one[x].abs_diff(right[x]), one[x].abs_diff(below[x])];
                steep[x] += u16::from(steps[0] >= step) + u16::from(steps[1] >= step);
                sudden[x] += u16::from(steps[0] >= jump) + u16::from(steps[1] >= jump);
            }
        }
        sum(steep) >= STEEP && sum(sudden) >= SUDDEN
    }

    /// Returns how far neighbours differ at the borders of marks, and at their sharpest.
    #[inline(always)]
    fn steps(self) -> [u16; 2] {
        [(self.range / 5 * 2).max(1), (self.range / 10 * 7).max(1)]
    }

    fn turned(self) -> Self {
        Self { low: !self.high, high: !self.low, range: self.range }
    }
}

#[inline(always)]
fn sum(counts: [u16; SIDE]) -> u32 {
    counts.into_iter().map(u32::from).sum()
}

/// The side of a cell with [`REACH`] pixels around it.
const WIDE: usize = SIDE + 2 * REACH;

/// A cell and what is around it.
struct Window([[u16; WIDE]; WIDE]);

impl Window {
    /// Takes the window around the cell at (`x`, `y`), with `beyond` where there is no frame.
    #[inline(always)]
    fn around(grey: &[u16], (width, height): (usize, usize), (x, y): (usize, usize), beyond: u16) -> Self {
        let mut window = [[beyond; WIDE]; WIDE];
        if x.min(y) >= REACH && x + SIDE + REACH <= width && y + SIDE + REACH <= height {
            for (row, to) in window.iter_mut().enumerate() {
                to.copy_from_slice(&grey[(y + row - REACH) * width + x - REACH..][..WIDE]);
            }
            return Self(window);
        }
        let (left, right) = (x.saturating_sub(REACH), (x + SIDE + REACH).min(width));
        for (row, to) in window.iter_mut().enumerate() {
            if let Some(from) = (y + row).checked_sub(REACH).filter(|from| *from < height) {
                to[left + REACH - x..right + REACH - x].copy_from_slice(&grey[from * width..][left..right]);
            }
        }
        Self(window)
    }

    /// Returns the window with dark for bright; `tones` are those of the cell.
    #[inline(always)]
    fn turned(&self) -> Self {
        Self(self.0.map(|row| row.map(|sample| !sample)))
    }

    /// Tells whether there are bright marks.
    #[inline(always)]
    fn has_marks(&self, tones: Tones) -> bool {
        let Tones { high, range, .. } = tones;
        let (top, half) = (high - range / 16, high - range.div_ceil(2));
        let [step, jump] = tones.steps();
        let (mut ink, mut sharp, mut steep, mut sudden) = ([0; SIDE], [0; SIDE], [0; SIDE], [0; SIDE]);
        for y in REACH..REACH + SIDE {
            let sides = [self.lowest(y, 0, -1), self.lowest(y, 0, 1), self.lowest(y, -1, 0), self.lowest(y, 1, 0)];
            let one = part(&self.0[y], REACH);
            let (right, below) = (part(&self.0[y], REACH + 1), part(&self.0[y + 1], REACH));
            for x in 0..SIDE {
                let [left, right, above, below] = [sides[0].0[x], sides[1].0[x], sides[2].0[x], sides[3].0[x]];
                let thin = u16::from(left.max(right).min(above.max(below)) <= half) & u16::from(one[x] >= top);
                ink[x] += thin;
                let [left, right, above, below] = [sides[0].1[x], sides[1].1[x], sides[2].1[x], sides[3].1[x]];
                sharp[x] += thin & u16::from(left.min(right).min(above.min(below)) <= half);
            }
            for x in 0..SIDE {
                let steps = [one[x].abs_diff(right[x]), one[x].abs_diff(below[x])];
                steep[x] += u16::from(steps[0] >= step) + u16::from(steps[1] >= step);
                sudden[x] += u16::from(steps[0] >= jump) + u16::from(steps[1] >= jump);
            }
        }
        sum(ink) >= INK && sum(sharp) >= SHARP && sum(steep) >= STEEP && sum(sudden) >= SUDDEN
    }

    /// Returns the lowest of the [`REACH`] samples to one side of each sample of a row of the cell, and of the nearest two.
    #[inline(always)]
    fn lowest(&self, y: usize, down: isize, right: isize) -> ([u16; SIDE], [u16; SIDE]) {
        let mut lowest = [u16::MAX; SIDE];
        let mut near = lowest;
        for step in 1..=REACH as isize {
            let from = part(&self.0[(y as isize + step * down) as usize], (REACH as isize + step * right) as usize);
            for x in 0..SIDE {
                lowest[x] = lowest[x].min(from[x]);
            }
            if step == 2 {
                near = lowest;
            }
        }
        (lowest, near)
    }
}

/// Returns as many samples of a row as a cell is wide.
#[inline(always)]
fn part(row: &[u16; WIDE], from: usize) -> [u16; SIDE] {
    *row[from..].first_chunk().expect("no part begins behind twice the reach")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::strokes;
    use tokumei_testkit::written;

    const SIZE: (usize, usize) = (300, 260);

    fn ramp(x: usize, y: usize) -> u16 {
        (x + y) as u16
    }

    /// The frame with rows for columns.
    fn turned(frame: &[u16]) -> Vec<u16> {
        (0..SIZE.0).flat_map(|x| (0..SIZE.1).map(move |y| frame[y * SIZE.0 + x])).collect()
    }

    #[test]
    fn single_letter_and_initials_show_where_strokes_do_not() {
        for (text, times) in [("K", 2), ("S", 3), ("Y.T.", 2), ("Y.T.", 1), ("8", 4)] {
            for (ground, ink) in [(0, 3000), (3000, 0)] {
                let frame = written(SIZE, |x, y| ground + ramp(x, y) / 8, text, (40, 50), times, ink);
                let found = marks(SIZE.0, SIZE.1, &frame);
                assert!(!found.is_empty(), "{text} {times} {ink}");
                let (right, low) = ((40 + 8 * times * text.len()) as u32, (50 + 8 * times) as u32);
                assert!(found.iter().all(|one| one.x < right && one.y < low && one.x >= 32 && one.y >= 48), "{text}");
            }
        }
    }

    #[test]
    fn line_that_runs_downwards_shows_as_well_as_one_that_does_not() {
        let frame = written(SIZE, ramp, "YAMADA^TARO", (30, 70), 2, 4000);
        let down = turned(&frame);
        assert_eq!(strokes(SIZE.1, SIZE.0, &down), []);
        assert!(marks(SIZE.0, SIZE.1, &frame).len() >= 11);
        assert!(marks(SIZE.1, SIZE.0, &down).len() >= 11);
    }

    #[test]
    fn letters_at_the_edges_show() {
        for at in [(0, 0), (284, 0), (0, 244), (284, 244)] {
            let frame = written(SIZE, ramp, "H", at, 2, 4000);
            assert!(!marks(SIZE.0, SIZE.1, &frame).is_empty(), "{at:?}");
        }
    }

    #[test]
    fn what_scanners_show_without_letters_does_not_show() {
        let far = |x: usize, y: usize| ((x as f64 - 150.0).hypot(y as f64 - 130.0) * 4.0) as i64;
        // A body on air, a field of view that is a circle, the thin soft shell of a table, a chequered noise.
        let body = |x: usize, y: usize| if far(x, y) < 400 { 1100 } else { 20 };
        let field = |x: usize, y: usize| if far(x, y) < 519 { 1000 + ramp(x, y) % 7 } else { 0 };
        let shell = |x: usize, y: usize| (900 - 60 * (far(x, y) - 360).abs()).max(30) as u16;
        let noise = |x: usize, y: usize| {
            let mixed = (x as u64 * 7919 + y as u64 * 104_729 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            900 + (mixed ^ (mixed >> 31)).to_le_bytes()[4..].iter().map(|draw| u16::from(*draw)).sum::<u16>()
        };
        // Skin that is two pixels thin, softened by the scanner.
        let skin = |x: usize, y: usize| (1100 - 9 * (far(x, y) - 400).pow(2)).max(40) as u16;
        let all: [&dyn Fn(usize, usize) -> u16; 7] = [&body, &field, &shell, &skin, &noise, &ramp, &|_, _| 7];
        for (n, of) in all.into_iter().enumerate() {
            assert_eq!(marks(SIZE.0, SIZE.1, &written(SIZE, of, "", (0, 0), 1, 0)), [], "{n}");
        }
    }

    #[test]
    fn smallest_frames_have_no_cells() {
        assert_eq!(marks(0, 0, &[]), []);
        assert_eq!(marks(1, 1, &[9]), []);
        assert_eq!(marks(15, 400, &[9; 15 * 400]), []);
        assert_eq!(marks(16, 16, &[9; 16 * 16]), []);
        assert_eq!(marks(17, 16, &[9; 16]), []);
    }
}
