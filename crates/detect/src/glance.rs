//! A glance at some places of a frame, where the quick screen has strokes: may there be text at all?
//!
//! The network looks at the places and a little around them, at a small part of what the whole frame would cost. What it sees there
//! it sees in the whole frame too, so a place that shows nothing now would show nothing to one look at all of it then.

use crate::detector::Detector;
use crate::lines::{likely_text, lines};
use crate::map::{AROUND, Map, TILE, windows};
use crate::ruled::is_barred;
use crate::runs::Bounds;
use crate::scales::{MOST_TIMES, SURE, Scale, is_large, scales, smaller};
use crate::view::View;
use tokumei_core::Region;

impl Detector {
    /// Tells whether there may be text at some places of a frame or close to them, so that the whole of it is worth a search.
    ///
    /// `places` are in pixels of the frame; `least` is the mean likelihood from which something counts, 0 to 1. Places that are as large as
    /// letters of the halved or the quartered frame are looked at in that too, and so is what has colours of its own there.
    pub fn may_show_text(&self, view: &View, places: &[Region], least: f32) -> bool {
        if places.is_empty() {
            return false;
        }
        let most = places.iter().map(|place| place.width / CELL).max().unwrap_or(0);
        let seen = |view: &View| {
            let mut smaller_ones = scales(view, self.settings().large).take_while(|scale| scale.times <= most);
            self.shows(view, places, least) || smaller_ones.any(|scale| self.shows_large(&scale, places))
        };
        seen(view) || view.tints.iter().any(|tint| seen(&tint.view))
    }

    fn shows(&self, view: &View, places: &[Region], least: f32) -> bool {
        let size = (view.width, view.height);
        let all = Bounds { left: 0, top: 0, right: size.0, bottom: size.1 };
        let looked_at = |around, places: &[Region]| windows(places, around, size).unwrap_or_else(|| vec![all]);
        let map = |at: Bounds| match at == all {
            // In tiles where it is large.
            true => Map::of(self.network(), view),
            false => Map::part(self.network(), view, at),
        };
        let place = self.settings().place;
        let likely = |at: Bounds| {
            let found = likely_text(&map(at), place, least - NARROW).into_iter();
            found.map(move |one| one.in_pixels(size.0, size.1).moved(at.left, at.top).region())
        };
        let shown: Vec<Region> = looked_at(AROUND, places).into_iter().flat_map(likely).collect();
        let slack = if size.0.max(size.1) > TILE { UNSURE } else { EXACT };
        looked_at(REACH as usize, &shown).into_iter().any(|at| {
            let found =
                lines(&map(at), at.right - at.left, at.bottom - at.top, place, self.settings().sure).into_iter();
            let mut likely = found.filter(|line| line.score >= least - slack);
            likely.any(|line| line.score >= ANYWHERE || touches(line.window.moved(at.left, at.top), places))
        })
    }

    /// Tells whether a smaller frame may show letters at places that are as large as such letters.
    fn shows_large(&self, Scale { view, times }: &Scale, places: &[Region]) -> bool {
        let large: Vec<Region> = places.iter().filter(|one| one.width >= CELL * times).copied().collect();
        let map = Map::within(self.network(), view, &smaller(&large, *times), AROUND);
        let found = lines(&map, view.width, view.height, self.settings().place, SURE);
        found.iter().any(|line| is_large(line, SURE - UNSURE, view) && !is_barred(view, line.core.region()))
    }
}

/// Returns how far around a place of the quick screen the detector sees, in pixels, also in the smaller frame in which letters as large
/// as the place are read.
pub fn reach(place: &Region) -> u32 {
    REACH * (place.width / CELL).clamp(1, MOST_TIMES)
}

/// Tells whether a line may be at one of some places.
fn touches(at: Bounds, places: &[Region]) -> bool {
    let Region { x, y, width, height } = at.region();
    let touches =
        |one: &Region| x < one.x + one.width && one.x < x + width && y < one.y + one.height && one.y < y + height;
    places.iter().any(touches)
}

/// What is as likely as this counts wherever it stands.
const ANYWHERE: f32 = 0.8;
/// A glance that sees little around a place may take it for less likely than a search by as much, with a good margin.
const NARROW: f32 = 0.3;
/// The same of a glance that sees almost all that a search does.
const UNSURE: f32 = 0.2;
/// A closer look sees of a place all that the network sees of it in the whole frame, where that is searched in one piece.
const EXACT: f32 = 0.01;
/// How far around a place the network sees, in pixels, rounded up.
pub const REACH: u32 = 96;

/// How wide the cells of the quick screen are in the scale that they are of.
const CELL: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::strokes;
    use tokumei_testkit::written;

    fn at(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region { x, y, width, height }
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
    fn what_a_search_finds_shows_in_a_glance_however_likely_it_is() {
        let detector = Detector::new();
        let grain = |x: usize, y: usize| ((x * 7919 + y * 104_729) ^ (x * y * 31)) as u16 % 64;
        let mut likely = 0;
        for (n, ink) in (100_u16..=190).step_by(6).enumerate() {
            let at = (20 + 29 * (n % 7), 30 + 23 * n);
            let frame = written((512, 512), |x, y| 90 + grain(x, y), "SATO", at, 1, ink);
            let view = View::from_samples(512, 512, 1, &frame).unwrap();
            for found in detector.detect_straight(&view).boxes {
                likely += usize::from(found.score < 0.9);
                let corner = Region { width: 16, height: 8, ..found.region };
                assert!(detector.may_show_text(&view, &[corner], found.score), "{found:?}");
            }
        }
        assert!(likely > 1, "{likely}");
    }

    #[test]
    fn places_all_over_a_frame_are_looked_at_as_one() {
        let detector = Detector::new();
        let view = View::from_samples(64, 64, 1, &[7_u8; 64 * 64]).unwrap();
        assert!(!detector.may_show_text(&view, &[at(0, 0, 64, 32)], 0.3));
        let frame = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, 4095);
        let view = View::from_samples(320, 200, 1, &frame).unwrap();
        assert!(detector.may_show_text(&view, &vec![at(0, 0, 32, 8); 401], 0.5));
        assert!(detector.may_show_text(&view, &[at(0, 0, 128, 32), at(192, 160, 128, 32), at(0, 160, 128, 32)], 0.5));
    }

    #[test]
    fn large_letters_are_seen_where_their_place_is_looked_at_in_the_smaller_frame() {
        let detector = Detector::new();
        let frame = written((512, 512), |x, y| ((x + y) / 4) as u16, "SATO", (20, 200), 14, 4000);
        let view = View::from_samples(512, 512, 1, &frame).unwrap();
        assert!(detector.may_show_text(&view, &[at(128, 224, 128, 32), at(0, 224, 128, 32)], 0.5));
        let view = View::from_samples(1200, 1200, 1, &vec![7_u8; 1200 * 1200]).unwrap();
        assert!(!detector.may_show_text(&view, &[at(0, 0, 128, 32)], 0.3));
    }

    #[test]
    fn letters_that_differ_in_colour_alone_are_seen() {
        let frame = written((200, 100), |_, _| 0, "YAMADA", (20, 40), 2, 1);
        let coloured: Vec<u8> =
            frame.iter().flat_map(|ink| if *ink == 0 { [0, 200, 0] } else { [200, 0, 0] }).collect();
        let view = View::from_samples(200, 100, 3, &coloured).unwrap();
        assert!(Detector::new().may_show_text(&view, &[at(32, 40, 32, 8)], 0.5));
    }
}
