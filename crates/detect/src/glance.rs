//! A glance at some places of a frame, where the quick screen has strokes: may there be text at all?
//!
//! The network looks at the places and a little around them, at a small part of what the whole frame would cost. What it sees there
//! it sees in the whole frame too, so a place that shows nothing now would show nothing then.

use crate::detector::Detector;
use crate::lines::may_be_text;
use crate::map::{Map, TILE};
use crate::network::STEP;
use crate::runs::Bounds;
use crate::view::View;
use tokumei_core::Region;

/// How far around a place is looked at, in pixels: the network sees about 90, of which the nearest matter most.
const AROUND: usize = 48;

/// More places than these are no places but the frame.
const MANY: usize = 400;

impl Detector {
    /// Tells whether there may be text at some places of a frame or close to them, so that the whole of it is worth a search.
    ///
    /// `places` are in pixels of the frame; `least` is the mean likelihood from which something counts, 0 to 1. In frames that are
    /// searched at half their size too it answers yes where a place is as large as letters that only the half shows.
    pub fn may_show_text(&self, view: &View, places: &[Region], least: f32) -> bool {
        let (width, height) = (view.width, view.height);
        if width.max(height) > self.settings().large as usize && places.iter().any(|place| place.width >= LARGE) {
            return true;
        }
        let shows = |map: &Map| may_be_text(map, self.settings().place, least);
        let windows = if places.len() > MANY { Vec::new() } else { windows(places, width, height) };
        let much = windows.iter().map(|one| one.area()).sum::<usize>() * 2 > width * height;
        let wide = windows.iter().any(|one| (one.right - one.left).max(one.bottom - one.top) > TILE);
        if much || wide || places.len() > MANY {
            return shows(&Map::of(self.network(), view));
        }
        windows.into_iter().any(|window| shows(&Map::part(self.network(), view, window)))
    }
}

/// A place as wide as this may hold letters that only the halved frame shows.
const LARGE: u32 = 128;

/// Returns the rectangles to be looked at: places with what is around them, those that share pixels as one.
fn windows(places: &[Region], width: usize, height: usize) -> Vec<Bounds> {
    let mut windows: Vec<Bounds> = Vec::new();
    for place in places {
        let (left, top) = (place.x as usize, place.y as usize);
        let at = Bounds { left, top, right: left + place.width as usize, bottom: top + place.height as usize };
        let mut window = at.grown(AROUND, AROUND, width, height);
        (window.left, window.top) = (window.left / STEP * STEP, window.top / STEP * STEP);
        while let Some(other) = windows.iter().position(|other| share(*other, window)) {
            window = Bounds::around(window, windows.swap_remove(other));
        }
        windows.push(window);
    }
    windows
}

fn share(a: Bounds, b: Bounds) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::strokes;
    use tokumei_testkit::written;

    fn at(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region { x, y, width, height }
    }

    #[test]
    fn places_are_looked_at_with_what_is_around_them_and_close_ones_together() {
        let apart = windows(&[at(0, 0, 32, 8), at(320, 400, 64, 16)], 512, 512);
        let first = Bounds { left: 0, top: 0, right: 80, bottom: 56 };
        // 320 - 48 = 272 and 400 - 48 = 352 are multiples of eight.
        assert_eq!(apart, [first, Bounds { left: 272, top: 352, right: 432, bottom: 464 }]);
        let chain = [at(0, 0, 32, 8), at(160, 0, 32, 8), at(80, 0, 32, 8)];
        assert_eq!(windows(&chain, 512, 512), [Bounds { left: 0, top: 0, right: 240, bottom: 56 }]);
    }

    #[test]
    fn name_is_seen_at_its_strokes_and_a_smooth_place_shows_nothing() {
        let detector = Detector::new();
        for (at, times) in [((3, 2), 1), ((352, 495), 2), ((40, 440), 3)] {
            let frame = written((512, 512), |x, y| (x + y) as u16, "SATO 1970", at, times, 4000);
            let view = View::from_samples(512, 512, 1, &frame).unwrap();
            let places = strokes(512, 512, &frame);
            assert!(!places.is_empty(), "{at:?}");
            assert!(detector.may_show_text(&view, &places, 0.5), "{at:?}");
        }
        let frame: Vec<u16> = (0..512 * 512).map(|i| (i % 512 + i / 512) as u16).collect();
        let view = View::from_samples(512, 512, 1, &frame).unwrap();
        assert!(!detector.may_show_text(&view, &[at(100, 100, 32, 8), at(480, 504, 32, 8)], 0.3));
        assert!(!detector.may_show_text(&view, &[], 0.3));
    }

    #[test]
    fn places_all_over_a_frame_are_looked_at_as_one() {
        let detector = Detector::new();
        let view = View::from_samples(64, 64, 1, &[7_u8; 64 * 64]).unwrap();
        assert!(!detector.may_show_text(&view, &[at(0, 0, 64, 32)], 0.3));
        let frame = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, 4095);
        let view = View::from_samples(320, 200, 1, &frame).unwrap();
        assert!(detector.may_show_text(&view, &vec![at(0, 0, 32, 8); MANY + 1], 0.5));
        assert!(detector.may_show_text(&view, &[at(0, 0, 128, 32), at(192, 160, 128, 32), at(0, 160, 128, 32)], 0.5));
    }

    #[test]
    fn large_place_in_a_large_frame_is_worth_a_search_without_a_look() {
        let detector = Detector::new();
        let view = View::from_samples(1200, 1200, 1, &vec![7_u8; 1200 * 1200]).unwrap();
        assert!(detector.may_show_text(&view, &[at(0, 0, 128, 32)], 0.3));
        assert!(!detector.may_show_text(&view, &[at(0, 0, 64, 16)], 0.3));
    }
}
