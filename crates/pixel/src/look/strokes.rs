//! The quick screen: where in a frame there are strokes as close together as those of letters.
//!
//! It costs a small part of a search with the network and finds every clutter of strokes, so it decides where to
//! search, never that there is no text. A line of letters as high as 6 to 60 pixels that stands out from its
//! surroundings by an eighth of the frame's range shows; fainter or larger ones need not.

use tokumei_core::Region;

/// The width of a cell, in pixels of the scale it is looked at.
const WIDTH: usize = 32;
/// The height of a cell.
const HEIGHT: usize = 8;
/// Each frame is looked at with every pixel, with each second and with each fourth.
const SCALES: [usize; 3] = [1, 2, 4];
/// Edges in a cell that are those of letters by themselves.
const ALONE: u32 = 52;
/// Edges in two cells side by side that are.
const TOGETHER: u32 = 38;

/// Returns the cells of a frame with strokes like those of letters, in pixels of the frame.
///
/// A cell counts its edges: neighbours in a row that differ by two fifths of the cell's own range. Letters make at least two
/// edges every eight pixels; a border between tissues makes one a row, and in noise such steps are rare.
pub(crate) fn strokes(width: usize, height: usize, grey: &[u16]) -> Vec<Region> {
    let least = range(grey) / 8;
    let mut found = Vec::new();
    for scale in SCALES {
        let (columns, rows) = (width / scale / WIDTH, height / scale / HEIGHT);
        let mut counts = vec![0; columns];
        for row in 0..rows {
            for (column, count) in counts.iter_mut().enumerate() {
                *count = edges(grey, width, scale, column * WIDTH, row * HEIGHT, least);
            }
            for column in 0..columns {
                let beside = |other: usize| counts.get(other).is_some_and(|count| *count >= TOGETHER);
                let neighbour = beside(column + 1) || column.checked_sub(1).is_some_and(beside);
                if counts[column] >= ALONE || counts[column] >= TOGETHER && neighbour {
                    let side = |length: usize| (length * scale) as u32;
                    let (x, y) = (side(column * WIDTH), side(row * HEIGHT));
                    found.push(Region { x, y, width: side(WIDTH), height: side(HEIGHT) });
                }
            }
        }
    }
    found
}

/// Returns how far apart a hundredth of the samples below and a two-hundredth above lie, looked at in every seventh.
fn range(grey: &[u16]) -> u16 {
    let some = || grey.iter().step_by(7).copied();
    let (low, high) = (some().min().unwrap_or(0), some().max().unwrap_or(0));
    let shift = (16 - (high - low).leading_zeros()).saturating_sub(12);
    let mut counts = vec![0_u32; 1 << 12];
    some().for_each(|sample| counts[usize::from((sample - low) >> shift)] += 1);
    let all = some().count() as u64;
    let place = |share: u64| {
        let mut left = all * share / 200;
        let reached = |&count: &u32| {
            let here = u64::from(count) > left;
            left = left.saturating_sub(u64::from(count));
            here
        };
        counts.iter().position(reached).unwrap_or(counts.len() - 1) as u16
    };
    (place(199) - place(2)) << shift
}

/// Counts the edges of a cell; none where its range is below `least`.
fn edges(grey: &[u16], width: usize, scale: usize, x: usize, y: usize, least: u16) -> u32 {
    let mut cell = [[0_u16; WIDTH]; HEIGHT];
    for (row, line) in cell.iter_mut().enumerate() {
        let start = (y + row) * scale * width + x * scale;
        if scale == 1 {
            line.copy_from_slice(&grey[start..start + WIDTH]);
        } else {
            let from = grey[start..].iter().step_by(scale);
            line.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
    }
    let (mut low, mut high) = (u16::MAX, 0);
    for line in &cell {
        for sample in line {
            (low, high) = (low.min(*sample), high.max(*sample));
        }
    }
    let range = high - low;
    if range < least.max(1) {
        return 0;
    }
    let step = (u32::from(range) * 2 / 5).max(1) as u16;
    let mut count = 0_u32;
    for line in &cell {
        let steep = line.windows(2).map(|two| u8::from(two[0].abs_diff(two[1]) >= step));
        count += u32::from(steep.sum::<u8>());
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::drawn::written;

    #[test]
    fn letters_show_small_and_large_bright_and_dark() {
        for (times, ground, ink) in [(1, 100, 900), (2, 900, 100), (4, 0, 4095)] {
            let frame = written((512, 256), |_, _| ground, "YAMADA", (32, 32), times, ink);
            let found = strokes(512, 256, &frame);
            assert!(!found.is_empty(), "{times}");
            assert!(found.iter().all(|one| one.y < 32 + 16 * times as u32), "{times}");
        }
    }

    #[test]
    fn tissue_borders_and_ramps_do_not_show() {
        let disc = |x: usize, y: usize| u16::from(x.abs_diff(128).pow(2) + y.abs_diff(128).pow(2) < 8000) * 1000;
        let ramp = |x: usize, y: usize| (x * 3 + y) as u16;
        for ground in [&disc as &dyn Fn(usize, usize) -> u16, &ramp, &|_, _| 7] {
            assert_eq!(strokes(256, 256, &written((256, 256), ground, "", (0, 0), 1, 0)), []);
        }
    }

    #[test]
    fn smallest_frames_have_no_cells() {
        assert_eq!(strokes(1, 1, &[9]), []);
        assert_eq!(strokes(31, 7, &[9; 31 * 7]), []);
    }
}
