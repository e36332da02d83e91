//! Places with strokes that were looked at in an earlier frame and showed no text, so that what stays is looked at once.

use crate::look::samples::Samples;
use std::collections::BTreeMap;
use tokumei_core::Region;
use tokumei_detect::REACH;

/// What places showed when they were looked at, with what the detector sees around them: a letter may be one beside some strokes and
/// none beside others.
#[derive(Default)]
pub(crate) struct Known {
    /// Counts the frames that were asked about.
    now: u64,
    /// For each cell that was looked at, when that was last.
    looked: BTreeMap<[u32; 4], u64>,
    /// What each block of the frame showed, and since when.
    blocks: Vec<Block>,
    /// How many blocks lie side by side.
    across: u32,
    /// How the values of the frame are spread, and since when: a view is made of a sample's place between the lowest and the highest,
    /// and of its rank.
    spread: Option<(u64, Spread)>,
}

/// What a block of a frame showed.
#[derive(Default)]
struct Block {
    /// Its samples, row by row; none before it was seen.
    shown: Vec<u16>,
    /// From which frame on it shows them.
    since: u64,
    /// In which frame it was compared last.
    compared: u64,
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
        let Some(counts) = samples.counts() else { return cells };
        self.now += 1;
        let (width, height) = samples.size();
        self.across = width.div_ceil(BLOCK);
        self.blocks.resize_with(self.across as usize * height.div_ceil(BLOCK) as usize, Block::default);
        self.spread(counts);
        cells.retain(|cell| {
            let since = self.since(samples, around(cell, samples.size()));
            self.looked.insert(key(cell), self.now).is_none_or(|looked| looked < since)
        });
        cells
    }

    fn spread(&mut self, counts: Vec<u32>) {
        let spread = Spread::of(counts);
        if self.spread.as_ref().is_none_or(|(_, before)| !spread.is_like(before)) {
            self.spread = Some((self.now, spread));
        }
    }

    /// Returns since when all of a rectangle shows what it shows now.
    fn since(&mut self, samples: &Samples, at: Region) -> u64 {
        let (now, across) = (self.now, self.across);
        let rows = at.y / BLOCK..(at.y + at.height).div_ceil(BLOCK);
        let begin = self.spread.as_ref().map_or(now, |(since, _)| *since);
        rows.flat_map(|y| (at.x / BLOCK..(at.x + at.width).div_ceil(BLOCK)).map(move |x| (x, y))).fold(
            begin,
            |since, (x, y)| {
                let block = &mut self.blocks[(y * across + x) as usize];
                block.compare(samples, Region { x: x * BLOCK, y: y * BLOCK, width: BLOCK, height: BLOCK }, now);
                since.max(block.since)
            },
        )
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

impl Block {
    /// Compares what it shows with what it showed before, once in each frame.
    fn compare(&mut self, samples: &Samples, at: Region, now: u64) {
        if std::mem::replace(&mut self.compared, now) == now {
            return;
        }
        let Some(rows) = samples.rows(at) else { return };
        if self.shown.is_empty() || !is_alike(rows.clone(), &self.shown, samples.channels() as usize) {
            self.shown.clear();
            rows.for_each(|row| self.shown.extend_from_slice(row));
            self.since = now;
        }
    }
}

/// Tells whether rows of pixels show in each channel what they showed before, but for an eighth of its range.
fn is_alike<'a>(now: impl Iterator<Item = &'a [u16]> + Clone, before: &[u16], channels: usize) -> bool {
    (0..channels).all(|channel| {
        let (mut low, mut high, mut apart, mut rest) = (u16::MAX, 0, 0, before);
        for row in now.clone() {
            let (old, more) = rest.split_at(row.len().min(rest.len()));
            rest = more;
            let pixels = row[channel..].iter().zip(&old[channel.min(old.len())..]).step_by(channels);
            (low, high, apart) = pixels.fold((low, high, apart), |(low, high, apart), (one, other)| {
                (low.min(*one), high.max(*one), apart.max(one.abs_diff(*other)))
            });
        }
        apart <= high.saturating_sub(low) / 8
    })
}

/// Returns a cell with all that the detector sees around it, also in the smaller frame in which letters as large as the cell are read.
fn around(cell: &Region, (width, height): (u32, u32)) -> Region {
    let reach = REACH * (cell.width / CELL).clamp(1, SMALLEST);
    let (x, y) = (cell.x.saturating_sub(reach), cell.y.saturating_sub(reach));
    let right = cell.x.saturating_add(cell.width).saturating_add(reach).min(width);
    let bottom = cell.y.saturating_add(cell.height).saturating_add(reach).min(height);
    Region { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
}

fn key(cell: &Region) -> [u32; 4] {
    [cell.y, cell.x, cell.width, cell.height]
}

/// The side of a block, the height of the smallest cells.
const BLOCK: u32 = 8;

/// How wide the cells of the quick screen are that are as large as letters of the frame as it is.
const CELL: u32 = 32;

/// Large letters are read in a frame that is smaller by at most so many times.
const SMALLEST: u32 = 4;
