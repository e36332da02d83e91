//! From a map of likelihoods to rectangles of text.

use crate::ink::reach;
use crate::map::{Map, likelihood};
use crate::runs::{Bounds, Run, groups, runs};
use tokumei_core::Region;

/// A rectangle where there may be text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Found {
    /// Where it is, a little beyond the letters, within the frame.
    pub region: Region,
    /// How sure the network is, 0 to 1.
    pub score: f32,
}

/// A line of text, or several close together, as the network sees it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// Where the letters are that it sees, in pixels of the frame.
    pub core: Bounds,
    /// The part of it that both looks see together. A place more at its rim is of no weight, but for how much of a frame it covers.
    pub both: Bounds,
    /// The same drawn out to the last traces of letters.
    pub traced: Bounds,
    /// Where letters may be that it does not see.
    pub window: Bounds,
    /// How sure it is, 0 to 1.
    pub score: f32,
}

/// Returns the lines of a map whose places exceed the likelihood `least`.
///
/// The map's frame is `width` × `height`; places that touch, corners too, are of one rectangle, unless it
/// would hold much that is not text: then it is cut into several. Those whose mean is at least `sure` are drawn
/// out along their line as long as there is a trace of text.
pub fn lines(map: &Map, width: usize, height: usize, least: f32, sure: f32) -> Vec<Line> {
    let table: Vec<f32> = (0..=255).map(likelihood).collect();
    let mut found = Vec::new();
    for group in likely(map, &table, least) {
        let score = mean(map, &group, &table);
        for part in parts(&group) {
            let both = part.in_pixels(width, height);
            let part = edged(map, part, score_above(&table, least));
            let traced = if score >= sure { drawn_out(map, part, &table) } else { part };
            let (core, traced) = (part.in_pixels(width, height), traced.in_pixels(width, height));
            found.push(Line { both, core, traced, window: window(traced, width, height), score });
        }
    }
    found
}

/// Returns where one of two looks is `sure` of text and both together show no line.
pub fn disputed(map: &Map, width: usize, height: usize, least: f32, sure: f32, lines: &[Line]) -> Vec<Found> {
    let Some(either) = &map.either else { return Vec::new() };
    let seen = self::lines(&Map::new(map.width, either.clone()), width, height, least, sure);
    let apart = |one: &Line| one.score >= sure && !lines.iter().any(|line| line.traced.touches(one.both));
    seen.into_iter().filter(apart).map(Line::wide).collect()
}

/// Returns the rectangles of a map around places that exceed the likelihood `place`, and their mean `least`.
pub fn likely_text(map: &Map, place: f32, least: f32) -> Vec<Bounds> {
    let table: Vec<f32> = (0..=255).map(likelihood).collect();
    let mut found = likely(map, &table, place);
    found.retain(|group| mean(map, group, &table) >= least);
    found.iter().filter_map(|group| Bounds::of(group)).collect()
}

/// Returns the groups of places that exceed a likelihood and are as many as a letter needs.
fn likely(map: &Map, table: &[f32], least: f32) -> Vec<Vec<Run>> {
    let mut found = groups(&runs(&map.scores, map.width, score_above(table, least)));
    found.retain(|group| group.iter().map(|run| run.to - run.from).sum::<usize>() >= SMALLEST);
    found
}

/// Returns the least score that stands for more than a likelihood.
fn score_above(table: &[f32], likelihood: f32) -> u8 {
    table.iter().position(|one| *one > likelihood).unwrap_or(255) as u8
}

/// Returns a rectangle a place wider to each side where one of two looks saw letters go on.
fn edged(map: &Map, part: Bounds, least: u8) -> Bounds {
    let Some(either) = &map.either else { return part };
    let near = part.grown(1, 1, map.width, map.rows());
    let seen = |x: usize, y: usize| either[y * map.width + x] >= least;
    let column = |x: usize| (part.top..part.bottom).any(|y| seen(x, y));
    let row = |y: usize| (part.left..part.right).any(|x| seen(x, y));
    Bounds {
        left: if column(near.left) { near.left } else { part.left },
        top: if row(near.top) { near.top } else { part.top },
        right: if column(near.right - 1) { near.right } else { part.right },
        bottom: if row(near.bottom - 1) { near.bottom } else { part.bottom },
    }
}

/// The fewest places (2 × 2 pixels each) of a rectangle.
const SMALLEST: usize = 6;

/// Returns the mean likelihood of a group's places.
fn mean(map: &Map, group: &[Run], table: &[f32]) -> f32 {
    let (mut sum, mut count) = (0.0, 0);
    for run in group {
        let row = &map.scores[run.y * map.width..][run.from..run.to];
        sum += row.iter().map(|score| table[usize::from(*score)]).sum::<f32>();
        count += row.len();
    }
    sum / count.max(1) as f32
}

/// Returns the rectangles that hold a group: one, or where that would be half empty, one for each stretch of rows.
fn parts(group: &[Run]) -> Vec<Bounds> {
    let mut rows: Vec<Bounds> = Vec::new();
    for run in group {
        let row = Bounds { left: run.from, top: run.y, right: run.to, bottom: run.y + 1 };
        match rows.last_mut() {
            Some(last) if last.top == run.y => *last = Bounds::around(*last, row),
            _ => rows.push(row),
        }
    }
    let mut parts: Vec<(Bounds, usize)> = Vec::new();
    for row in rows {
        match parts.last_mut() {
            Some((part, filled)) if full(Bounds::around(*part, row), *filled + row.area()) => {
                *part = Bounds::around(*part, row);
                *filled += row.area();
            }
            _ => parts.push((row, row.area())),
        }
    }
    let filled = parts.iter().map(|one| one.1).sum();
    match parts.iter().map(|one| one.0).reduce(Bounds::around) {
        Some(whole) if full(whole, filled) => vec![whole],
        _ => parts.into_iter().map(|one| one.0).collect(),
    }
}

/// Tells whether a rectangle is filled enough to be masked as one.
fn full(bounds: Bounds, filled: usize) -> bool {
    bounds.area() * 11 <= filled * 20
}

/// Returns a rectangle drawn out at both ends of its line to the last place with a trace of text, over gaps
/// half as wide again as a letter, as a wide space is. The ends of faint lines are less likely than their middle.
fn drawn_out(map: &Map, part: Bounds, table: &[f32]) -> Bounds {
    let (w, h) = (part.right - part.left, part.bottom - part.top);
    let seen = map.either.as_ref().unwrap_or(&map.scores);
    let trace = |across: Box<dyn Iterator<Item = usize>>, count: usize| {
        across.map(|at| table[usize::from(seen[at])]).sum::<f32>() >= TRACE * count as f32
    };
    if part.is_upright() {
        let gap = w + w / 2;
        let row = |y: usize| trace(Box::new(y * map.width + part.left..y * map.width + part.right), w);
        let (before, behind) = (reach((0..part.top).rev(), gap, row), reach(part.bottom..map.rows(), gap, row));
        return Bounds { top: part.top - before, bottom: part.bottom + behind, ..part };
    }
    let gap = h + h / 2;
    let column = |x: usize| trace(Box::new((part.top..part.bottom).map(move |y| y * map.width + x)), h);
    let (before, behind) = (reach((0..part.left).rev(), gap, column), reach(part.right..map.width, gap, column));
    Bounds { left: part.left - before, right: part.right + behind, ..part }
}

/// The mean likelihood of a column, or row, from which it shows a trace of text.
const TRACE: f32 = 0.05;

/// Returns where the letters of a line may be: beyond their traces by a quarter of their height farther
/// (3 pixels at least) across the line and by about all of it along the line, because what is missed of a line
/// is mostly its first or its last letter.
fn window(traced: Bounds, width: usize, height: usize) -> Bounds {
    let letter = (traced.right - traced.left).min(traced.bottom - traced.top);
    let (across, along) = ((letter / 4).clamp(3, 14), (letter * 5 / 4).clamp(6, 40));
    let (x, y) = if traced.is_upright() { (across, along) } else { (along, across) };
    traced.grown(x, y, width, height)
}

impl Line {
    /// Returns the whole window as what was found.
    pub fn wide(self) -> Found {
        Found { region: self.window.region(), score: self.score }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map drawn with `#` for sure text, `+` for a trace of it and `.` for none.
    fn map(rows: &[&str]) -> Map {
        let score = |c| match c {
            b'#' => 200,
            b'+' => 110,
            _ => 0,
        };
        let scores = rows.iter().flat_map(|row| row.bytes().map(score)).collect();
        Map::new(rows[0].len(), scores)
    }

    fn regions(rows: &[&str]) -> Vec<[u32; 4]> {
        let map = map(rows);
        let found = lines(&map, 2 * map.width, 2 * map.rows(), 0.5, 0.5);
        let regions = found.iter().map(|one| one.wide().region);
        regions.map(|one| [one.x, one.y, one.width, one.height]).collect()
    }

    #[test]
    fn line_becomes_a_rectangle_that_is_larger_than_it() {
        let rows = ["............", "............", "....####....", "....####....", "............", "............"];
        // 8 × 4 pixels from (8, 4), grown by 6 along and 3 across.
        assert_eq!(regions(&rows), [[2, 1, 20, 10]]);
    }

    #[test]
    fn specks_are_no_text() {
        assert_eq!(regions(&["......", "..##..", "..##..", "......"]), [[0; 4]; 0]);
    }

    #[test]
    fn corner_of_two_bars_is_cut_in_two() {
        let bars: Vec<String> =
            (0..30).map(|y| if y < 27 { format!("###{}", ".".repeat(37)) } else { "#".repeat(40) }).collect();
        let rows: Vec<&str> = bars.iter().map(String::as_str).collect();
        assert_eq!(regions(&rows).len(), 2);
    }

    #[test]
    fn line_is_drawn_out_to_its_traces_but_not_over_a_wide_gap() {
        let near =
            ["..............................", "+..++####.+...................", "+..++####.+..................."];
        let found = drawn_out(&map(&near), Bounds { left: 5, top: 1, right: 9, bottom: 3 }, &table());
        assert_eq!((found.left, found.right), (0, 11));
        let far = ["....####......+"; 3];
        let found = drawn_out(&map(&far), Bounds { left: 4, top: 0, right: 8, bottom: 3 }, &table());
        assert_eq!((found.left, found.right), (4, 8));
    }

    #[test]
    fn line_reaches_a_place_farther_where_one_of_two_looks_saw_it() {
        let mean = map(&["..........", "...####...", "...####...", "..........", ".........."]);
        let part = Bounds { left: 3, top: 1, right: 7, bottom: 3 };
        assert_eq!(edged(&mean, part, 200), part);
        let either = map(&["...#......", "..######..", "...#####..", "..........", "....#....."]);
        let mean = Map { either: Some(either.scores), ..mean };
        // Left, above and right, where two more are seen; what is seen below does not touch it.
        assert_eq!(edged(&mean, part, 200), Bounds { left: 2, top: 0, right: 8, bottom: 3 });
        assert_eq!(edged(&mean, part, 201), part);
        // The frame ends.
        let whole = Bounds { left: 0, top: 0, right: 10, bottom: 5 };
        assert_eq!(edged(&mean, whole, 200), whole);
    }

    #[test]
    fn line_is_drawn_out_over_what_one_of_two_looks_saw() {
        let mean = map(&["............", "..####......", "..####......", "............"]);
        let either = map(&["............", "..######....", "..######....", "............"]);
        let part = Bounds { left: 2, top: 1, right: 6, bottom: 3 };
        assert_eq!(drawn_out(&mean, part, &table()), part);
        let mean = Map { either: Some(either.scores), ..mean };
        assert_eq!(drawn_out(&mean, part, &table()), Bounds { right: 8, ..part });
    }

    #[test]
    fn what_one_look_is_sure_of_is_disputed_where_there_is_no_line() {
        let rows = ["..............", ".####....####.", ".####....####.", ".............."];
        assert_eq!(disputed(&map(&rows), 28, 8, 0.5, 0.5, &[]), [], "one look");
        let both = map(&["..............", ".####.........", ".####.........", ".............."]);
        let both = Map { either: Some(map(&rows).scores), ..both };
        let seen = lines(&both, 28, 8, 0.5, 0.5);
        let places: Vec<Region> = disputed(&both, 28, 8, 0.5, 0.5, &seen).iter().map(|one| one.region).collect();
        // 8 × 4 pixels from (18, 2), grown by 6 along and 3 across.
        assert_eq!(places, [Region { x: 12, y: 0, width: 16, height: 8 }]);
        assert_eq!(disputed(&both, 28, 8, 0.5, 0.9999, &seen), []);
    }

    fn table() -> Vec<f32> {
        (0..=255).map(likelihood).collect()
    }
}
