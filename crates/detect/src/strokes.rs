//! The second opinion: thin strokes, and chains of marks that could be letters. Hand-made, without the network.

use crate::runs::{Bounds, groups, runs};
use crate::view::View;

/// How far each pixel of a frame stands out of what is wider than a stroke around it.
#[derive(Clone, Debug)]
pub struct Strokes {
    width: usize,
    /// Brighter than around, row by row.
    bright: Vec<u8>,
    /// Darker than around.
    dark: Vec<u8>,
}

/// Marks wider than this are no strokes, in pixels.
pub const REACH: usize = 15;
/// How far a pixel must stand out to belong to a stroke, in 255ths of the range.
const FAINT: u8 = 14;
/// How far a pixel must stand out to belong to a mark of a chain.
const CLEAR: u8 = 20;
/// The fewest marks of a chain.
const CHAIN: usize = 6;
/// More marks than these are grain, not letters.
const GRAIN: usize = 4000;

impl Strokes {
    /// Returns the strokes of a frame, in its view from the smallest to the largest sample.
    pub fn of(view: &View) -> Self {
        let plane: Vec<u8> = view.pixels.iter().map(|pixel| pixel[0]).collect();
        let turned: Vec<u8> = plane.iter().map(|one| 255 - one).collect();
        Self { width: view.width, bright: top_hat(&plane, view.width), dark: top_hat(&turned, view.width) }
    }

    /// Returns the share of a rectangle's pixels that belong to strokes.
    pub fn share(&self, bounds: Bounds) -> f32 {
        let stands_out = |i: usize| self.bright[i] > FAINT || self.dark[i] > FAINT;
        let rows = (bounds.top..bounds.bottom).map(|y| y * self.width);
        let count: usize =
            rows.map(|row| (row + bounds.left..row + bounds.right).filter(|i| stands_out(*i)).count()).sum();
        count as f32 / bounds.area().max(1) as f32
    }

    /// Returns the chains of at least six marks of like height that follow each other like letters.
    pub fn chains(&self) -> Vec<Bounds> {
        [&self.bright, &self.dark].into_iter().flat_map(|plane| chains(marks(plane, self.width))).collect()
    }
}

/// Returns what an opening by a square of [`REACH`] takes away.
pub fn top_hat(plane: &[u8], width: usize) -> Vec<u8> {
    let eroded = over_rows(&over_columns(plane, width, u8::min), width, u8::min);
    let opened = over_rows(&over_columns(&eroded, width, u8::max), width, u8::max);
    plane.iter().zip(opened).map(|(one, opened)| one.saturating_sub(opened)).collect()
}

/// Returns for each pixel the extreme of the [`REACH`] pixels around it in its column.
fn over_columns(plane: &[u8], width: usize, of: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    windows(plane, width, &of)
}

/// Returns for each pixel the extreme of the [`REACH`] pixels around it in its row.
fn over_rows(plane: &[u8], width: usize, of: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(plane.len());
    plane.chunks_exact(width).for_each(|row| out.extend_from_slice(&windows(row, 1, &of)));
    out
}

/// Returns the extremes of windows of [`REACH`] places that lie `step` apart, side by side for `step` lines.
///
/// Windows of 2, 4 and 8 places are built from each other; two of 8 make one of 15. Beyond the edges the last
/// place repeats.
fn windows(plane: &[u8], step: usize, of: &impl Fn(u8, u8) -> u8) -> Vec<u8> {
    let half = REACH / 2;
    let mut line = Vec::with_capacity(plane.len() + REACH * step);
    (0..half).for_each(|_| line.extend_from_slice(&plane[..step]));
    line.extend_from_slice(plane);
    (0..REACH - half).for_each(|_| line.extend_from_slice(&plane[plane.len() - step..]));
    for shift in [1, 2, 4, 7] {
        line = line.iter().zip(&line[shift * step..]).map(|(one, other)| of(*one, *other)).collect();
    }
    line.truncate(plane.len());
    line
}

/// Returns the marks of a plane that could be letters by their size and shape, from left to right.
fn marks(plane: &[u8], width: usize) -> Vec<Bounds> {
    let starts = plane.windows(2).filter(|two| two[0] < CLEAR && two[1] >= CLEAR).count();
    if starts > 100 * GRAIN {
        return Vec::new();
    }
    let mut marks: Vec<Bounds> = Vec::new();
    for group in groups(&runs(plane, width, CLEAR)) {
        let Some(bounds) = Bounds::of(&group) else { continue };
        let (w, h) = (bounds.right - bounds.left, bounds.bottom - bounds.top);
        let ink: usize = group.iter().map(|run| run.to - run.from).sum();
        let letter = (6..=48).contains(&h)
            && 3 * w >= h
            && w <= 2 * h
            && 8 * ink <= 7 * bounds.area()
            && 8 * ink >= bounds.area();
        if letter {
            marks.push(bounds);
        }
        if marks.len() > GRAIN {
            return Vec::new();
        }
    }
    marks.sort_by_key(|one| (one.left, one.top));
    marks
}

/// Returns the rectangles around marks that follow each other on a line.
fn chains(marks: Vec<Bounds>) -> Vec<Bounds> {
    let mut used = vec![false; marks.len()];
    let mut chains = Vec::new();
    for first in 0..marks.len() {
        if used[first] {
            continue;
        }
        let (mut last, mut whole, mut count) = (marks[first], marks[first], 1);
        for next in first + 1..marks.len() {
            let h = last.bottom - last.top;
            if marks[next].left > last.right + h {
                break;
            }
            if !used[next] && follows(last, marks[next]) {
                used[next] = true;
                (last, whole, count) = (marks[next], Bounds::around(whole, marks[next]), count + 1);
            }
        }
        if count >= CHAIN {
            chains.push(whole);
        }
    }
    chains
}

/// Tells whether a mark could be the next letter: to the right of the last, as high, on the same line.
fn follows(last: Bounds, next: Bounds) -> bool {
    let (a, b) = (last.bottom - last.top, next.bottom - next.top);
    let shared = last.bottom.min(next.bottom).saturating_sub(last.top.max(next.top));
    next.left >= last.right && 3 * a <= 4 * b && 3 * b <= 4 * a && 4 * shared >= 3 * a.max(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_those_of_fifteen_places() {
        let mut plane = vec![9u8; 40];
        plane[20] = 1;
        let lowest = windows(&plane, 1, &u8::min);
        assert!((0..40).all(|i| (lowest[i] == 1) == (13..=27).contains(&i)));
        assert_eq!(over_columns(&plane, 1, u8::min), lowest);
    }

    #[test]
    fn line_stands_out_and_a_wide_bar_does_not() {
        let mut plane = vec![50u8; 60 * 60];
        for y in 0..60 {
            plane[y * 60 + 10] = 250;
            plane[y * 60 + 30..y * 60 + 50].fill(250);
        }
        let strokes = top_hat(&plane, 60);
        assert_eq!((strokes[30 * 60 + 10], strokes[30 * 60 + 40]), (200, 0));
    }

    #[test]
    fn marks_in_a_row_are_a_chain_and_scattered_ones_are_not() {
        let mark = |left: usize, top: usize| Bounds { left, top, right: left + 6, bottom: top + 10 };
        let line: Vec<Bounds> = (0..6).map(|n| mark(10 + 9 * n, 20 + n % 2)).collect();
        assert_eq!(chains(line.clone()), [Bounds { left: 10, top: 20, right: 61, bottom: 31 }]);
        assert_eq!(chains(line[..5].to_vec()), []);
        assert_eq!(chains((0..6).map(|n| mark(10 + 9 * n, 20 + 8 * n)).collect()), []);
    }

    #[test]
    fn small_frames_have_no_strokes() {
        for (w, h) in [(1u32, 1u32), (3, 2), (20, 1)] {
            let view = View::from_samples(w, h, 1, &vec![5u8; (w * h) as usize]).unwrap();
            let strokes = Strokes::of(&view);
            assert_eq!(strokes.share(Bounds { left: 0, top: 0, right: w as usize, bottom: h as usize }), 0.0);
            assert_eq!(strokes.chains(), []);
        }
    }
}
