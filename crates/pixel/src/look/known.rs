//! Places with strokes that were looked at in an earlier frame and showed no text, so that what stays is looked at once.

use crate::look::samples::Samples;
use std::collections::BTreeMap;
use std::ops::Range;
use tokumei_core::Region;
use tokumei_detect::reach;

/// Which places were looked at as they are, with what the detector sees around them: a letter may be one beside some strokes and none
/// beside others.
#[derive(Default)]
pub(crate) struct Known {
    /// By row, column, height and width.
    looked: BTreeMap<[u32; 4], Region>,
    /// What each block of the frame showed when it was last found to differ, row by row of the frame; none before the first frame.
    shown: Vec<u16>,
    /// How the values of the frame are spread: a view is made of a sample's place between the lowest and the highest, and of its rank.
    spread: Option<Spread>,
}

impl Known {
    /// Returns the cells of a frame that were not looked at before as they are now, and keeps that they are looked at.
    ///
    /// A letter is an edge of two fifths of a cell's range, or it would not be seen as strokes. A block is no larger than a cell, so that
    /// where no sample of it differs by an eighth of its range there is no letter that was not there before. Floating point is never known.
    pub fn unknown(&mut self, samples: &Samples, mut cells: Vec<Region>) -> Vec<Region> {
        if cells.is_empty() {
            return cells;
        }
        let (Some(counts), Some(values)) = (samples.counts(), samples.values()) else { return cells };
        let spread = Spread::of(counts);
        if self.spread.as_ref().is_none_or(|before| !spread.is_like(before)) {
            self.spread = Some(spread);
            self.looked.clear();
        }
        if self.shown.len() == values.len() {
            let size = samples.size();
            let changed = Changed::of(&mut self.shown, values, size, samples.channels() as usize);
            self.looked.retain(|_, cell| !changed.is_within(around(cell, size)));
        } else {
            self.shown = values.to_vec();
            self.looked.clear();
        }
        cells.retain(|cell| self.looked.insert([cell.y, cell.x, cell.height, cell.width], *cell).is_none());
        cells
    }
}

/// How the values of a frame are spread.
struct Spread {
    /// The lowest and the highest.
    range: [usize; 2],
    /// How many samples are no higher than each value.
    ranks: Vec<u32>,
}

impl Spread {
    /// Sums up how many samples have each value.
    fn of(mut counts: Vec<u32>) -> Spread {
        let at = |place: Option<usize>| place.unwrap_or(0);
        let range = [counts.iter().position(|one| *one > 0), counts.iter().rposition(|one| *one > 0)].map(at);
        let mut sum = 0_u32;
        counts.iter_mut().for_each(|count| {
            sum = sum.saturating_add(*count);
            *count = sum;
        });
        Spread { range, ranks: counts }
    }

    /// Tells whether no end of the range differs by an eighth of it, and no rank by a thirty-second of all.
    fn is_like(&self, before: &Spread) -> bool {
        let most = (self.range[1] - self.range[0]) / 8;
        let all = self.ranks.last().copied().unwrap_or(0);
        self.range.iter().zip(before.range).all(|(one, other)| one.abs_diff(other) <= most)
            && self.ranks.iter().zip(&before.ranks).all(|(one, other)| one.abs_diff(*other) <= all / 32)
    }
}

/// Which blocks of a frame differ from what they showed.
struct Changed {
    /// How many do above and left of each corner of a block, row by row.
    sums: Vec<u32>,
    /// How many corners lie side by side.
    corners: usize,
}

impl Changed {
    /// Compares a frame with what its blocks showed, and keeps what those show that differ.
    fn of(shown: &mut [u16], now: &[u16], (width, height): (u32, u32), channels: usize) -> Changed {
        let (width, block) = (width as usize * channels, BLOCK as usize * channels);
        let corners = width.div_ceil(block) + 1;
        let mut sums = vec![0; corners * (height.div_ceil(BLOCK) as usize + 1)];
        let bands = now.chunks(BLOCK as usize * width).zip(shown.chunks_mut(BLOCK as usize * width));
        for (y, (now, shown)) in bands.enumerate() {
            let mut row = 0;
            for x in 0..corners - 1 {
                let part = x * block..((x + 1) * block).min(width);
                if !is_alike(now, shown, width, part.clone(), channels) {
                    row += 1;
                    let rows = shown.chunks_exact_mut(width).zip(now.chunks_exact(width));
                    rows.for_each(|(shown, now)| shown[part.clone()].copy_from_slice(&now[part.clone()]));
                }
                sums[(y + 1) * corners + x + 1] = sums[y * corners + x + 1] + row;
            }
        }
        Changed { sums, corners }
    }

    /// Tells whether a block differs that shares pixels with a rectangle of the frame.
    fn is_within(&self, at: Region) -> bool {
        let sum = |x: u32, y: u32| self.sums[y as usize * self.corners + x as usize];
        let (left, right) = (at.x / BLOCK, (at.x + at.width).div_ceil(BLOCK));
        let (top, bottom) = (at.y / BLOCK, (at.y + at.height).div_ceil(BLOCK));
        sum(right, bottom) + sum(left, top) > sum(left, bottom) + sum(right, top)
    }
}

/// Tells whether a part of rows shows in each channel what it showed before, but for an eighth of its range.
fn is_alike(now: &[u16], before: &[u16], width: usize, part: Range<usize>, channels: usize) -> bool {
    let rows =
        || now.chunks_exact(width).zip(before.chunks_exact(width)).map(|(a, b)| (&a[part.clone()], &b[part.clone()]));
    if channels == 1 {
        let apart = rows().fold(Apart::NONE, |apart, (now, before)| apart.with(now.iter().zip(before)));
        return apart.is_small();
    }
    (0..channels).all(|channel| {
        let of = |row| <[u16]>::iter(row).skip(channel).step_by(channels);
        rows().fold(Apart::NONE, |apart, (now, before)| apart.with(of(now).zip(of(before)))).is_small()
    })
}

/// The lowest and the highest of samples, and the most by which one differs from what was there before.
struct Apart {
    low: u16,
    high: u16,
    most: u16,
}

impl Apart {
    const NONE: Apart = Apart { low: u16::MAX, high: 0, most: 0 };

    #[inline(always)]
    fn with<'a>(self, both: impl Iterator<Item = (&'a u16, &'a u16)>) -> Apart {
        both.fold(self, |Apart { low, high, most }, (one, other)| Apart {
            low: low.min(*one),
            high: high.max(*one),
            most: most.max(one.abs_diff(*other)),
        })
    }

    fn is_small(&self) -> bool {
        self.most <= self.high.saturating_sub(self.low) / 8
    }
}

/// Returns a cell with all that the detector sees around it, as far as it lies in the frame.
fn around(cell: &Region, (width, height): (u32, u32)) -> Region {
    let reach = reach(cell);
    let (x, y) = (cell.x.saturating_sub(reach).min(width), cell.y.saturating_sub(reach).min(height));
    let right = cell.x.saturating_add(cell.width).saturating_add(reach).min(width);
    let bottom = cell.y.saturating_add(cell.height).saturating_add(reach).min(height);
    Region { x, y, width: right - x, height: bottom - y }
}

/// The side of a block, the height of the smallest cells.
const BLOCK: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region { x, y, width, height }
    }

    #[test]
    fn block_differs_by_more_than_an_eighth_of_a_channels_range_and_is_then_kept() {
        // 13 × 9 pixels of three channels: two blocks across and two down, the outer ones cut. The last channel alone spans 80.
        let (size, mut now) = ((13, 9), vec![100_u16; 13 * 9 * 3]);
        now[2] = 180;
        now[13 * 8 * 3 + 12 * 3 + 2] = 180;
        let mut shown = now.clone();
        now[13 * 8 * 3 + 11 * 3 + 2] = 110;
        assert_eq!(
            Changed::of(&mut shown, &now, size, 3).sums,
            [0; 9],
            "ten of eighty are an eighth, and the block has one row"
        );
        now[13 * 8 * 3 + 11 * 3 + 2] = 111;
        let changed = Changed::of(&mut shown, &now, size, 3);
        assert!(changed.is_within(at(12, 8, 1, 1)) && changed.is_within(at(0, 0, 13, 9)));
        assert!(!changed.is_within(at(0, 0, 13, 8)) && !changed.is_within(at(0, 8, 8, 1)));
        assert_eq!(shown, now);
        // In a channel without a range any change counts.
        now[1] = 101;
        let changed = Changed::of(&mut shown, &now, size, 3);
        assert!(changed.is_within(at(0, 0, 1, 1)) && !changed.is_within(at(8, 0, 5, 9)));
    }

    #[test]
    fn spread_differs_where_an_end_or_a_rank_moves() {
        let of = |parts: &[(usize, u32)]| {
            let mut counts = vec![0; 1000];
            parts.iter().for_each(|(value, count)| counts[*value] = *count);
            Spread::of(counts)
        };
        // 64 samples from 0 to 800: an end may move by 100, and two of them may change sides of a value.
        let before = of(&[(0, 1), (400, 62), (800, 1)]);
        assert!(of(&[(0, 1), (400, 62), (900, 1)]).is_like(&before));
        assert!(!of(&[(0, 1), (400, 62), (950, 1)]).is_like(&before));
        assert!(of(&[(0, 1), (300, 2), (400, 60), (800, 1)]).is_like(&before));
        assert!(!of(&[(0, 1), (300, 3), (400, 59), (800, 1)]).is_like(&before));
    }
}
