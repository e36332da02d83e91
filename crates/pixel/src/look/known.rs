//! Places with strokes that were looked at in an earlier frame and showed no text, so that what stays is looked at once.

use crate::look::samples::Samples;
use std::collections::BTreeMap;
use tokumei_core::Region;

/// What cells showed when they were looked at.
#[derive(Default)]
pub(crate) struct Known {
    /// The samples of each, by its place and size, channel by channel.
    cells: BTreeMap<[u32; 4], Vec<Vec<u16>>>,
}

impl Known {
    /// Keeps what cells of a frame show, in place of what they showed before.
    pub fn keep(&mut self, samples: &Samples, cells: &[Region]) {
        for cell in cells {
            if let Some(shown) = samples.of_cell(cell) {
                self.cells.insert(key(cell), shown);
            }
        }
    }

    /// Tells whether a cell shows what it showed when it was looked at.
    ///
    /// A letter is an edge of two fifths of a cell's range, or it would not be seen as strokes. Where no sample differs by an eighth
    /// of it there is no letter that was not there before.
    pub fn holds(&self, samples: &Samples, cell: &Region) -> bool {
        let (Some(before), Some(now)) = (self.cells.get(&key(cell)), samples.of_cell(cell)) else { return false };
        now.len() == before.len() && now.iter().zip(before).all(|(now, before)| is_alike(now, before))
    }
}

fn is_alike(now: &[u16], before: &[u16]) -> bool {
    let (low, high) = now.iter().fold((u16::MAX, 0), |(low, high), one| (low.min(*one), high.max(*one)));
    let most = high.saturating_sub(low) / 8;
    now.len() == before.len() && now.iter().zip(before).all(|(one, other)| one.abs_diff(*other) <= most)
}

fn key(cell: &Region) -> [u32; 4] {
    [cell.y, cell.x, cell.width, cell.height]
}
