//! Places of a plane that exceed a threshold, and which of them touch.

use tokumei_core::Region;

/// A row of neighbouring places above a threshold; `to` is not part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    pub y: usize,
    pub from: usize,
    pub to: usize,
}

/// A rectangle of places; right and bottom edge are not part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Bounds {
    /// Returns the rectangle around a group; `None` where it has no run.
    pub fn of(group: &[Run]) -> Option<Self> {
        let each = group.iter().map(|run| Self { left: run.from, top: run.y, right: run.to, bottom: run.y + 1 });
        each.reduce(Self::around)
    }

    /// Returns the rectangle around two.
    pub fn around(a: Self, b: Self) -> Self {
        Self {
            left: a.left.min(b.left),
            top: a.top.min(b.top),
            right: a.right.max(b.right),
            bottom: a.bottom.max(b.bottom),
        }
    }

    /// Returns the rectangle with so many places more at each side, within a plane of this size.
    pub fn grown(self, x: usize, y: usize, width: usize, height: usize) -> Self {
        Self {
            left: self.left.saturating_sub(x),
            top: self.top.saturating_sub(y),
            right: (self.right + x).min(width),
            bottom: (self.bottom + y).min(height),
        }
    }

    /// Returns a rectangle of the network's map, which has half the width and height, in pixels of a frame of this size.
    pub fn in_pixels(self, width: usize, height: usize) -> Self {
        let (right, bottom) = ((2 * self.right).min(width), (2 * self.bottom).min(height));
        Self { left: 2 * self.left, top: 2 * self.top, right, bottom }
    }

    /// Returns it so many places farther to the right and down.
    pub fn moved(self, right: usize, down: usize) -> Self {
        let Self { left, top, right: end, bottom } = self;
        Self { left: left + right, top: top + down, right: end + right, bottom: bottom + down }
    }

    /// Tells whether it is so much higher than wide that a line in it runs downwards.
    pub fn is_upright(self) -> bool {
        let (w, h) = (self.right - self.left, self.bottom - self.top);
        h > w + w / 4
    }

    /// Returns it as a region of a frame.
    pub fn region(self) -> Region {
        Region {
            x: self.left as u32,
            y: self.top as u32,
            width: (self.right - self.left) as u32,
            height: (self.bottom - self.top) as u32,
        }
    }

    /// Tells whether two have a place in common.
    pub fn touches(self, other: Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// Returns how many places there are.
    pub fn area(self) -> usize {
        (self.right - self.left) * (self.bottom - self.top)
    }
}

/// Returns the runs of a plane of rows of `width` whose places are at least `least`, from the top down.
pub fn runs(plane: &[u8], width: usize, least: u8) -> Vec<Run> {
    let mut runs = Vec::new();
    for (y, row) in plane.chunks_exact(width).enumerate() {
        let mut x = 0;
        while let Some(from) = row[x..].iter().position(|score| *score >= least).map(|at| at + x) {
            let to = row[from..].iter().position(|score| *score < least).map_or(row.len(), |at| at + from);
            runs.push(Run { y, from, to });
            x = to;
        }
    }
    runs
}

/// Returns the runs that touch, at corners too, group by group, in the order of their first run.
pub fn groups(runs: &[Run]) -> Vec<Vec<Run>> {
    let mut root: Vec<usize> = (0..runs.len()).collect();
    let mut above = 0;
    for (i, run) in runs.iter().enumerate() {
        while runs[above].y + 1 < run.y || (runs[above].y + 1 == run.y && runs[above].to < run.from) {
            above += 1;
        }
        let mut other = above;
        while other < i && runs[other].y + 1 == run.y && runs[other].from <= run.to {
            let (a, b) = (find(&mut root, other), find(&mut root, i));
            root[a.max(b)] = a.min(b);
            other += 1;
        }
    }
    let mut groups: Vec<Vec<Run>> = Vec::new();
    let mut place = vec![usize::MAX; runs.len()];
    for (i, run) in runs.iter().enumerate() {
        let first = find(&mut root, i);
        if place[first] == usize::MAX {
            place[first] = groups.len();
            groups.push(Vec::new());
        }
        groups[place[first]].push(*run);
    }
    groups
}

fn find(root: &mut [usize], mut one: usize) -> usize {
    while root[one] != one {
        root[one] = root[root[one]];
        one = root[one];
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runs of a plane drawn with `#`.
    fn drawn(rows: &[&str]) -> Vec<Run> {
        let plane: Vec<u8> = rows.iter().flat_map(|row| row.bytes().map(|c| if c == b'#' { 200 } else { 0 })).collect();
        runs(&plane, rows[0].len(), 128)
    }

    #[test]
    fn places_that_touch_at_a_corner_are_of_one_rectangle_and_others_are_not() {
        let rows = ["###.....###.", "###.....###.", "###.....###.", "...###......", "...###......", "...###......"];
        let runs = drawn(&rows);
        assert_eq!(groups(&runs).iter().map(Vec::len).collect::<Vec<_>>(), [6, 3]);
    }

    #[test]
    fn arms_that_meet_below_are_one_group() {
        let rows = ["#..#..#", "#..#..#", "#######"];
        assert_eq!(groups(&drawn(&rows)).len(), 1);
    }
}
