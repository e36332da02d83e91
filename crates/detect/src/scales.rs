//! A frame at half and at a quarter of its size, in which letters show that are too large for the network in the frame.

use crate::lines::{Found, Line};
use crate::runs::Bounds;
use crate::view::View;
use tokumei_core::Region;

/// A frame made smaller.
pub struct Scale {
    pub view: View,
    /// How many times the frame is as wide and high.
    pub times: u32,
}

/// The smallest is so many times as small as the frame.
pub const MOST_TIMES: u32 = 4;

/// Returns a frame with a side above `least` at half its size, and one with a side above twice that at a quarter of it.
pub fn scales(view: &View, least: u32) -> impl Iterator<Item = Scale> {
    let side = view.width.max(view.height);
    let half = (side > least as usize).then(|| Scale { view: view.halved(), times: 2 });
    let next = move |last: &Scale| {
        (last.times == 2 && side > 2 * least as usize).then(|| Scale { view: last.view.halved(), times: MOST_TIMES })
    };
    std::iter::successors(half, next)
}

/// Tells whether a line covers two fifths of a frame: in a smaller one that is a row of slices, or the frame itself.
pub fn is_most(line: &Line, view: &View) -> bool {
    5 * line.both.area() > 2 * view.width * view.height
}

/// Tells whether a rectangle of a smaller frame holds letters larger than the network is good at in the whole one; the rest of
/// what it finds there was found before, or is grain that looks like letters when it is made smaller. `sure` is the least likelihood.
pub fn is_large(line: &Line, sure: f32, view: &View) -> bool {
    let Bounds { left, top, right, bottom } = line.core;
    let through = left == 0 && right == view.width || top == 0 && bottom == view.height;
    let sure = if through { sure.max(THROUGH) } else { sure };
    line.score >= sure && (right - left).min(bottom - top) >= HIGH
}

/// The least likelihood of what goes from edge to edge, as layers of tissue do.
const THROUGH: f32 = 0.94;

/// The least likelihood of what only a smaller frame shows: large letters have more, and rows of vertebrae or of slices less.
pub const SURE: f32 = 0.83;
/// Its least height, in pixels of that frame: letters of 64 pixels are found in the frame itself, some of 80 are not.
const HIGH: usize = 26;

/// Returns a rectangle of a smaller frame in pixels of the frame.
pub fn larger(mut found: Found, times: u32, view: &View) -> Found {
    let region = &mut found.region;
    (region.x, region.y) = (times * region.x, times * region.y);
    region.width = (times * region.width).min(view.width as u32 - region.x);
    region.height = (times * region.height).min(view.height as u32 - region.y);
    found
}

/// Returns rectangles of the frame in pixels of a smaller one.
pub fn smaller(places: &[Region], times: u32) -> Vec<Region> {
    let side = |from: u32, length: u32| (from + length).div_ceil(times) - from / times;
    let one = |place: &Region| Region {
        x: place.x / times,
        y: place.y / times,
        width: side(place.x, place.width),
        height: side(place.y, place.height),
    };
    places.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_is_looked_at_as_small_as_its_size_allows() {
        let sizes = |side: u32| {
            let view = View::from_samples(side, 9, 1, &vec![3_u8; side as usize * 9]).unwrap();
            scales(&view, 128).map(|one| (one.times, one.view.size())).collect::<Vec<_>>()
        };
        assert_eq!(sizes(128), []);
        assert_eq!(sizes(201), [(2, (101, 5))]);
        assert_eq!(sizes(300), [(2, (150, 5)), (4, (75, 3))]);
    }

    #[test]
    fn line_that_covers_two_fifths_of_a_frame_is_most_of_it() {
        let view = View::from_samples(20, 10, 1, &[3_u8; 200]).unwrap();
        let line = |height| {
            let core = Bounds { left: 0, top: 0, right: 20, bottom: height };
            Line { both: core, core, traced: core, window: core, score: 0.9 }
        };
        assert!(is_most(&line(5), &view) && !is_most(&line(4), &view));
    }

    #[test]
    fn rectangles_keep_their_place_at_another_scale() {
        let view = View::from_samples(41, 41, 1, &[3_u8; 41 * 41]).unwrap();
        let place = Region { x: 7, y: 8, width: 34, height: 20 };
        // 7 / 4 = 1, 41 / 4 = 11 rounded up; 8 / 4 = 2, 28 / 4 = 7.
        let small = smaller(&[place], 4)[0];
        assert_eq!(small, Region { x: 1, y: 2, width: 10, height: 5 });
        let back = larger(Found { region: small, score: 0.7 }, 4, &view).region;
        assert_eq!(back, Region { x: 4, y: 8, width: 37, height: 20 });
    }
}
