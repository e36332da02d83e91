//! What the quick screen has of the tones of a frame: the range of the whole, and the lowest and highest sample of each small block.

use crate::vector::in_rows;

/// The width of a block, in pixels.
pub(crate) const WIDE: usize = 16;
/// The height of a block.
pub(crate) const HIGH: usize = 8;

/// The lowest and the highest sample of each whole block of a frame, row by row from its upper left corner. What is left over at the right
/// and below belongs to none.
pub(crate) struct Blocks {
    /// How many blocks lie side by side.
    pub columns: usize,
    tones: Vec<[u16; 2]>,
}

impl Blocks {
    /// Looks at a frame of one sample a pixel, row by row, `width` of them.
    pub fn of(width: usize, grey: &[u16]) -> Self {
        let columns = width / WIDE;
        let mut tones = Vec::with_capacity(columns * (grey.len() / width.max(1) / HIGH));
        if columns > 0 {
            in_rows(Look { grey, width, tones: &mut tones });
        }
        Self { columns, tones }
    }

    /// Returns the lowest and the highest sample of two blocks, each given by its column and its row.
    pub fn both(&self, one: (usize, usize), other: (usize, usize)) -> [u16; 2] {
        let at = |(column, row): (usize, usize)| self.tones[row * self.columns + column];
        let ([low, high], [lower, higher]) = (at(one), at(other));
        [low.min(lower), high.max(higher)]
    }
}

/// The work on a frame, for the widest vector unit that the machine has.
struct Look<'a> {
    grey: &'a [u16],
    width: usize,
    tones: &'a mut Vec<[u16; 2]>,
}

impl pulp::NullaryFnOnce for Look<'_> {
    type Output = ();

    // Loops with numbers: they are built into the code for the wider vector unit, the steps of iterators not always.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn call(self) {
        let Self { grey, width, tones } = self;
        let mut low = vec![0; width / WIDE * HALF];
        let mut high = low.clone();
        for rows in grey.chunks_exact(HIGH * width) {
            for ((low, high), x) in low.chunks_exact_mut(HALF).zip(high.chunks_exact_mut(HALF)).zip((0..).step_by(WIDE))
            {
                let (mut lowest, mut highest) = ([u16::MAX; WIDE], [0; WIDE]);
                for row in 0..HIGH {
                    let from = &rows[row * width + x..][..WIDE];
                    for i in 0..WIDE {
                        lowest[i] = lowest[i].min(from[i]);
                        highest[i] = highest[i].max(from[i]);
                    }
                }
                let (mut left, mut right) = ([0; HALF], [0; HALF]);
                for i in 0..HALF {
                    left[i] = lowest[i].min(lowest[HALF + i]);
                    right[i] = highest[i].max(highest[HALF + i]);
                }
                low.copy_from_slice(&left);
                high.copy_from_slice(&right);
            }
            // Whole rows, since that is what the vector unit is good at: then each column holds what those behind it do.
            for shift in [1, 2, 4] {
                for i in 0..low.len() - shift {
                    low[i] = low[i].min(low[i + shift]);
                }
                for i in 0..high.len() - shift {
                    high[i] = high[i].max(high[i + shift]);
                }
            }
            let firsts = low.chunks_exact(HALF).zip(high.chunks_exact(HALF)).map(|(low, high)| [low[0], high[0]]);
            tones.extend(firsts);
        }
    }
}

/// Half the width of a block.
const HALF: usize = WIDE / 2;

/// Returns how far apart a hundredth of the samples below and a two-hundredth above lie, looked at in some of them, of a frame of `width`
/// samples a row.
pub(crate) fn range(width: usize, grey: &[u16]) -> u16 {
    // A step that shares no factor with the width, so that all columns of a frame count alike.
    let least = (grey.len() / SOME).max(1) | 1;
    let step = (least..).step_by(2).find(|step| have_no_common_factor(*step, width)).unwrap_or(least);
    let some: Vec<u16> = grey.iter().step_by(step).copied().collect();
    let (low, high) = some.iter().fold((u16::MAX, 0), |(low, high), one| (low.min(*one), high.max(*one)));
    let shift = (16 - high.saturating_sub(low).leading_zeros()).saturating_sub(12);
    let mut counts = vec![0_u32; 1 << 12];
    some.iter().for_each(|sample| counts[usize::from((sample - low) >> shift)] += 1);
    let place = |share: u64| place(&counts, some.len() as u64 * share / 200) as u16;
    (place(199) - place(2)) << shift
}

/// Returns the first place behind which more than `before` are counted, else the last.
fn place(counts: &[u32], mut before: u64) -> usize {
    let mut passed = |counts: &[u32]| {
        let left = before.checked_sub(counts.iter().map(|count| u64::from(*count)).sum());
        before = left.unwrap_or(before);
        left.is_some()
    };
    // Whole groups first: there are far more counts than samples.
    let groups = counts.chunks_exact(GROUP).take_while(|group| passed(group)).count() * GROUP;
    let rest = counts[groups..].iter().take_while(|count| passed(std::slice::from_ref(count))).count();
    (groups + rest).min(counts.len() - 1)
}

fn have_no_common_factor(mut one: usize, mut other: usize) -> bool {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one == 1
}

/// Counts that are passed at once.
const GROUP: usize = 64;

/// About as many samples as these tell the range of a frame.
const SOME: usize = 1 << 13;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_the_tones_of_their_pixels_alone() {
        // 35 x 17 pixels hold two by two whole blocks.
        let mut grey: Vec<u16> = vec![500; 35 * 17];
        grey[7 * 35 + 15] = 3;
        grey[7 * 35 + 16] = 900;
        grey[15 * 35 + 31] = 7;
        grey[16 * 35 + 3] = 1;
        grey[34] = 2;
        let blocks = Blocks::of(35, &grey);
        assert_eq!(blocks.tones, [[3, 500], [500, 900], [500, 500], [7, 500]]);
        assert_eq!(blocks.both((0, 0), (1, 0)), [3, 900]);
        assert_eq!(blocks.both((1, 0), (1, 1)), [7, 900]);
        assert_eq!(Blocks::of(15, &[1; 15 * 20]).tones, [[0; 2]; 0]);
        assert_eq!(Blocks::of(0, &[]).tones, [[0; 2]; 0]);
    }

    #[test]
    fn place_is_the_first_with_more_counted_up_to_it() {
        let mut counts = [0; 3 * GROUP];
        (counts[3], counts[70], counts[150]) = (5, 2, 1);
        let places = [0, 4, 5, 6, 7, 8].map(|before| place(&counts, before));
        assert_eq!(places, [3, 3, 70, 70, 150, 3 * GROUP - 1]);
    }

    #[test]
    fn range_leaves_a_hundredth_and_a_two_hundredth_out() {
        let grey: Vec<u16> = (0..1000).collect();
        assert_eq!(range(1000, &grey), 985);
        assert_eq!(range(10, &[7; 100]), 0);
    }
}
