//! The quick screen: where in a frame there are strokes as close together as those of letters.
//!
//! It costs a small part of a search with the network and finds every clutter of strokes, so it decides where to
//! search, never that there is no text. A line of letters as high as 6 to 60 pixels that stands out from its
//! surroundings by an eighth of the frame's range shows; fainter or larger ones need not.

use crate::marks;
use crate::tones::{Blocks, HIGH, WIDE, range};
use crate::vector::in_rows;
use std::cell::RefCell;
use tokumei_core::Region;

/// The width of a cell, in pixels of the scale it is looked at: two blocks.
const WIDTH: usize = 2 * WIDE;
/// The height of a cell.
const HEIGHT: usize = HIGH;
/// Edges in a cell that are those of letters by themselves.
const ALONE: u32 = 52;
/// Edges in two cells side by side that are.
const TOGETHER: u32 = 38;

/// Returns the cells of a frame with strokes like those of letters, in pixels of the frame.
///
/// `grey` is one sample a pixel, row by row, `width` × `height` of them.
///
/// A cell counts its edges: neighbours in a row that differ by two fifths of the cell's own range. Letters make at least two
/// edges every eight pixels; a border between tissues makes one a row, and in noise such steps are rare.
pub fn strokes(width: usize, height: usize, grey: &[u16]) -> Vec<Region> {
    if grey.is_empty() || grey.len() != width * height {
        return Vec::new();
    }
    within(width, height, grey, range(width, grey), Blocks::of(width, grey))
}

/// All that the quick screen has of a frame.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The cells with [`strokes`].
    pub strokes: Vec<Region>,
    /// The cells with [`marks`](crate::marks::marks).
    pub marks: Vec<Region>,
}

impl Places {
    /// Looks at a frame of one sample a pixel, row by row, `width` × `height` of them.
    pub fn of(width: usize, height: usize, grey: &[u16]) -> Self {
        if grey.is_empty() || grey.len() != width * height {
            return Self::default();
        }
        let (range, blocks) = (range(width, grey), Blocks::of(width, grey));
        let marks = marks::within(width, height, grey, range, &blocks);
        Self { strokes: within(width, height, grey, range, blocks), marks }
    }

    /// Returns all cells: each may be a letter.
    pub fn all(&self) -> Vec<Region> {
        [self.strokes.as_slice(), &self.marks].concat()
    }

    /// Returns all cells with strokes, and those with marks where these are few or lie at the edges of a frame of this size.
    ///
    /// Marks all over a frame are vessels or holes between tissues, and to look at each would cost as much as to search it; what a
    /// device writes stands at the edges, or has strokes.
    pub fn outer(&self, width: u32, height: u32) -> Vec<Region> {
        let margin = |from: u32, length: u32, all: u32| from.min(all.saturating_sub(from + length)) < all / MARGIN;
        let at_edge = |one: &Region| margin(one.x, one.width, width) || margin(one.y, one.height, height);
        let few = self.marks.len() <= FEW;
        let marks = self.marks.iter().filter(|one| few || at_edge(one));
        self.strokes.iter().chain(marks).copied().collect()
    }

    /// Returns the cells that make it likelier that a place is text: those with strokes, and those with marks where these are few.
    ///
    /// Vessels that stand out of all else have the marks of letters all over, and then they tell nothing.
    pub fn telling(&self) -> Vec<Region> {
        if self.marks.len() <= FEW { self.all() } else { self.strokes.clone() }
    }
}

/// The most cells of a frame whose marks tell something: those of some lines of text.
const FEW: usize = 40;
/// The part of a frame's width or height within which something stands at its edge: an eighth.
const MARGIN: u32 = 8;

/// Returns the cells of a frame whose samples have this range and whose blocks these are.
fn within(width: usize, height: usize, grey: &[u16], range: u16, blocks: Blocks) -> Vec<Region> {
    let mut found = Vec::new();
    let [mut half, mut quarter] = SPARE.take();
    let plane = Plane { width, height, grey, blocks };
    plane.add_cells(range, 1, &mut found);
    let halved = plane.halved(&mut half);
    halved.add_cells(range, 2, &mut found);
    halved.halved(&mut quarter).add_cells(range, 4, &mut found);
    if half.capacity() <= MOST_SPARE {
        SPARE.set([half, quarter]);
    }
    found
}

thread_local! {
    /// Memory of the smaller frames, for the next frame of the thread.
    static SPARE: RefCell<[Vec<u16>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// Larger ones are not kept, in pixels: those of frames of 2,048 by 2,048.
const MOST_SPARE: usize = 1 << 20;

/// A frame, or every second or fourth pixel of it.
struct Plane<'a> {
    width: usize,
    height: usize,
    grey: &'a [u16],
    blocks: Blocks,
}

impl Plane<'_> {
    /// Returns every second pixel of every second row in `to`, without what is left over at the end of a row or column.
    fn halved<'b>(&self, to: &'b mut Vec<u16>) -> Plane<'b> {
        let (width, height) = (self.width / 2, self.height / 2);
        to.resize(width * height, 0);
        let rows = self.grey.chunks_exact(self.width.max(1)).step_by(2);
        in_rows(
            #[inline(always)]
            || rows.zip(to.chunks_exact_mut(width.max(1))).for_each(|(row, to)| every_second(row, to)),
        );
        Plane { width, height, grey: to, blocks: Blocks::of(width, to) }
    }

    /// Adds the cells of a plane that is `scale` times as small as the frame, whose samples have this range.
    fn add_cells(&self, range: u16, scale: usize, found: &mut Vec<Region>) {
        let mut cells = Vec::new();
        in_rows(Look { plane: self, least: range / 8, cells: &mut cells });
        let grain = Grain::of(&cells);
        if grain.edges >= TOGETHER {
            leave_calm(self, &mut cells);
        }
        let columns = self.width / WIDTH;
        for (row, cells) in cells.chunks_exact(columns.max(1)).enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                let many = |cell: &Cell| cell.edges >= grain.asked(cell, TOGETHER);
                if !many(cell) {
                    continue;
                }
                let beside = |other: usize| cells.get(other).is_some_and(many);
                let neighbour = beside(column + 1) || column.checked_sub(1).is_some_and(beside);
                if neighbour || cell.edges >= grain.asked(cell, ALONE) {
                    let side = |length: usize| (length * scale) as u32;
                    let (x, y) = (side(column * WIDTH), side(row * HEIGHT));
                    found.push(Region { x, y, width: side(WIDTH), height: side(HEIGHT) });
                }
            }
        }
    }
}

/// What cells have that hold nothing but grain.
struct Grain {
    edges: u32,
    range: u16,
}

impl Grain {
    /// Returns what most cells of a frame have.
    fn of(cells: &[Cell]) -> Self {
        let middle = cells.len() / 2;
        // Where most cells have so few that none is asked for more because of them, it does not matter how many they have.
        let smooth = cells.iter().filter(|cell| cell.edges * 5 / 2 <= TOGETHER).count() > middle;
        if smooth || cells.is_empty() {
            return Self { edges: 0, range: 0 };
        }
        let mut edges: Vec<u32> = cells.iter().map(|cell| cell.edges).collect();
        let mut ranges: Vec<u16> = cells.iter().map(|cell| cell.range).collect();
        Self { edges: *edges.select_nth_unstable(middle).1, range: *ranges.select_nth_unstable(middle).1 }
    }

    /// Returns how many edges a cell must have where `least` are enough in a smooth frame: in one that is grain all over two and a
    /// half times as many as most cells have, though no more than those of a page of letters, unless its range is larger than that of most.
    fn asked(&self, cell: &Cell, least: u32) -> u32 {
        let stands_out = u32::from(cell.range) * 2 >= u32::from(self.range) * 3;
        if stands_out { least } else { least.max((self.edges * 5 / 2).min(PAGE)) }
    }
}

/// The most edges that a cell of letters is asked for.
const PAGE: u32 = 72;

/// A part of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cell {
    /// How many edges it has; none where its range is below what counts.
    edges: u32,
    /// How far its samples lie apart.
    range: u16,
}

/// Takes the edges of cells away that hold noise: in most frames with edges all over it is, and in pages of letters most
/// neighbours are of one ground or of one stroke.
fn leave_calm(plane: &Plane<'_>, cells: &mut [Cell]) {
    let columns = plane.width / WIDTH;
    for (i, cell) in cells.iter_mut().enumerate().filter(|(_, cell)| cell.edges > 0) {
        let (x, y) = (i % columns * WIDTH, i / columns * HEIGHT);
        let alike = |row: usize| {
            let from = &plane.grey[(y + row) * plane.width + x..][..WIDTH];
            from.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < cell.range / 8).count()
        };
        if (0..HEIGHT).map(alike).sum::<usize>() < CALM {
            cell.edges = 0;
        }
    }
}

/// The fewest neighbours in a cell of letters, of 248, that are alike in a frame with edges all over: two fifths. Of noise that is
/// as often of one value as of another there are 58.
const CALM: usize = 99;

/// Takes every second sample of a row.
#[inline(always)]
fn every_second(row: &[u16], to: &mut [u16]) {
    for (pair, to) in row.as_chunks::<2>().0.iter().zip(to) {
        *to = pair[0];
    }
}

/// The work on a frame at a scale, for the widest vector unit that the machine has.
struct Look<'a> {
    plane: &'a Plane<'a>,
    /// The range from which on the edges of a cell count.
    least: u16,
    cells: &'a mut Vec<Cell>,
}

impl pulp::NullaryFnOnce for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let &Plane { width, grey, ref blocks, .. } = self.plane;
        let columns = width / WIDTH;
        self.cells.reserve(columns * (grey.len() / width.max(1) / HEIGHT));
        for (row, rows) in grey.chunks_exact((HEIGHT * width).max(1)).enumerate() {
            for column in 0..columns {
                let [low, high] = blocks.both((2 * column, row), (2 * column + 1, row));
                let mut cell = Cell { edges: 0, range: high - low };
                if cell.range >= self.least.max(1) {
                    cell.climb(&rows[column * WIDTH..], width);
                }
                self.cells.push(cell);
            }
        }
    }
}

impl Cell {
    /// Counts the edges of a cell that begins with the first of `rows`, of which `width` samples are one.
    #[inline(always)]
    fn climb(&mut self, rows: &[u16], width: usize) {
        let step = (u32::from(self.range) * 2 / 5).max(1) as u16;
        // Whole rows of the cell are what the vector unit is good at, but behind the last one of the frame there is no neighbour.
        let steep = if rows.len() > (HEIGHT - 1) * width + WIDTH {
            steep::<WIDTH>(rows, width, step)
        } else {
            steep::<{ WIDTH - 1 }>(rows, width, step)
        };
        // The last column of a cell has its neighbour in the next.
        self.edges = steep[..WIDTH - 1].iter().sum::<u16>().into();
    }
}

/// Counts in each of the first `N` columns of a cell the neighbours to the right that differ by `step`.
// Loops with numbers: they are built into the code for the wider vector unit, the steps of iterators not always.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn steep<const N: usize>(rows: &[u16], width: usize, step: u16) -> [u16; WIDTH] {
    let mut steep = [0_u16; WIDTH];
    for row in 0..HEIGHT {
        let (one, next) = (&rows[row * width..][..N], &rows[row * width + 1..][..N]);
        for x in 0..N {
            steep[x] += u16::from(one[x].abs_diff(next[x]) >= step);
        }
    }
    steep
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_testkit::written;

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
    fn grain_all_over_does_not_show_and_letters_in_it_and_pages_of_them_do() {
        let mixed = |x: usize, y: usize| {
            let mut seed = (x as u64 + 1) << 20 ^ (y as u64 + 1);
            for _ in 0..3 {
                seed = (seed ^ (seed >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            }
            (seed >> 32) as u32
        };
        // The sum of four draws, so that most samples lie in the middle as those of a scanner's noise do.
        let noise = |x: usize, y: usize| {
            let draws = mixed(x, y).to_le_bytes();
            900 + draws.iter().map(|draw| u16::from(*draw) / 4).sum::<u16>()
        };
        assert_eq!(strokes(512, 512, &written((512, 512), noise, "", (0, 0), 1, 0)), []);
        // Samples that are as often of one value as of another have more steps than letters.
        let even = |x: usize, y: usize| (mixed(x, y) >> 20) as u16;
        assert_eq!(strokes(512, 512, &written((512, 512), even, "", (0, 0), 1, 0)), []);
        assert!(!strokes(512, 512, &written((512, 512), even, "YAMADA^TARO", (64, 64), 2, 12_000)).is_empty());
        assert!(!strokes(512, 512, &written((512, 512), noise, "YAMADA^TARO", (64, 64), 2, 2400)).is_empty());
        let mut page = vec![0; 512 * 512];
        for line in 0..30 {
            let text = written((512, 512), |_, _| 0, "NAME 19700101 YAMADA TARO KOBE", (8, 4 + 17 * line), 2, 4000);
            page.iter_mut().zip(text).for_each(|(to, from)| *to = from.max(*to));
        }
        assert!(!strokes(512, 512, &page).is_empty());
    }

    #[test]
    fn few_marks_tell_of_a_place_and_many_do_not() {
        let cell = |n: u32| Region { x: 16 * n, y: 0, width: 16, height: 16 };
        let places = |marks: u32| Places { strokes: vec![cell(99)], marks: (0..marks).map(cell).collect() };
        assert_eq!((places(40).telling().len(), places(40).all().len()), (41, 41));
        assert_eq!((places(41).telling(), places(41).all().len()), (vec![cell(99)], 42));
        let in_rows = |marks: u32| {
            let cell = |n: u32| Region { x: 16 * (n % 8), y: 16 * (n / 8), width: 16, height: 16 };
            Places { strokes: vec![], marks: (0..marks).map(cell).collect() }
        };
        assert_eq!(in_rows(40).outer(128, 128).len(), 40);
        // Of 8 × 6 cells in 8 × 8 those of the first row and the first and last of each other row lie within 16 pixels of an edge.
        assert_eq!(in_rows(48).outer(128, 128).len(), 8 + 2 * 5);
        let frame = written((512, 256), |_, _| 100, "YAMADA K", (32, 32), 2, 900);
        let found = Places::of(512, 256, &frame);
        assert_eq!((found.strokes, found.marks), (strokes(512, 256, &frame), crate::marks::marks(512, 256, &frame)));
        assert!(Places::of(9, 9, &[1; 7]).all().is_empty());
    }

    #[test]
    fn one_bright_column_hides_no_letters_whatever_the_width() {
        for (width, height) in [(400, 512), (401, 512), (616, 1024), (275, 8192)] {
            for bright in [0, 25] {
                let ground = |x: usize, y: usize| if x == bright { 60_000 } else { (x + y) as u16 % 64 };
                let frame = written((width, height), ground, "YAMADA", (70, 40), 2, 3000);
                assert!(!strokes(width, height, &frame).is_empty(), "{width} x {height}, {bright}");
            }
        }
    }

    #[test]
    fn smallest_frames_have_no_cells() {
        assert_eq!(strokes(1, 1, &[9]), []);
        assert_eq!(strokes(31, 7, &[9; 31 * 7]), []);
    }
}
