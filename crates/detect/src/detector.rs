//! The detector: from a view to what is to be masked.

use crate::evidence::Evidence;
use crate::glance::REACH;
use crate::ink::{Fitted, fitted};
use crate::lines::{Found, Line, disputed, lines};
use crate::map::Map;
use crate::network::Network;
use crate::ruled::{is_barred, is_ruled};
use crate::runs::Bounds;
use crate::scales::{SURE, Scale, is_large, is_most, larger, scales, smaller};
use crate::strokes::Strokes;
use crate::view::{Tint, View};
use sha2::{Digest, Sha256};
use tokumei_core::{Region, hex};

/// The weights that the program carries. `weights/README.md` says how they were made.
static WEIGHTS: &[u8] = include_bytes!("../weights/text.f32");

/// Finds text in frames with a small network whose weights are part of the program.
///
/// What it finds depends on the view alone: not on the machine, its vector units or the number of threads.
#[derive(Clone, Debug)]
pub struct Detector {
    network: Network,
    id: String,
    settings: Settings,
}

/// From when on a place is text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    /// The likelihood above which a place belongs to a rectangle.
    pub place: f32,
    /// The mean likelihood from which a rectangle is text.
    pub sure: f32,
    /// Frames with a side above this are searched at half their size too, for large letters, those above twice it at a quarter.
    pub large: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { place: 0.3, sure: 0.5, large: 128 }
    }
}

/// What was found in one frame.
#[derive(Clone, PartialEq, Debug)]
pub struct Detection {
    /// Where there is text.
    pub boxes: Vec<Found>,
    /// Where there may be: less likely, but there are strokes.
    pub doubtful: Vec<Found>,
    /// What speaks against trusting the answer.
    pub evidence: Evidence,
}

impl Detector {
    /// Returns the detector with the weights of the program.
    pub fn new() -> Self {
        Self::with_settings(Settings::default())
    }

    /// Returns the detector with the weights of the program and other settings.
    pub fn with_settings(settings: Settings) -> Self {
        let network = Network::read(WEIGHTS).expect("a test reads the weights that the program carries");
        let hash = hex(&Sha256::digest(WEIGHTS)[..8]);
        let id = format!("tokumei-text-net {} sha256:{hash}", env!("CARGO_PKG_VERSION"));
        Self { network, id, settings }
    }

    /// Returns name, version and the beginning of the digest of the weights, for the ledger.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the network.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// Returns from when on a place is text.
    pub(crate) fn settings(&self) -> Settings {
        self.settings
    }

    /// Returns where there is text in a frame, whatever the direction of its lines: those that are level or upright by two looks,
    /// the second at the frame turned by 180 degrees.
    pub fn detect(&self, view: &View) -> Detection {
        self.found(view, true)
    }

    /// Returns where there is text in a frame whose lines are level or upright, by one look, at less than half of what
    /// [`Detector::detect`] costs.
    pub fn detect_straight(&self, view: &View) -> Detection {
        self.found(view, false)
    }

    fn found(&self, view: &View, careful: bool) -> Detection {
        if view.width.min(view.height) < LOWEST {
            return Detection { boxes: vec![], doubtful: vec![], evidence: Evidence::of(view, &[], &[]) };
        }
        let (mut boxes, mut doubtful) = self.search(view, None, careful);
        for tint in view.tints.iter().filter(|tint| !tint.places.is_empty()) {
            let more = self.search(&tint.view, Some(tint), careful);
            boxes.extend(more.0);
            doubtful.extend(more.1);
        }
        let (seen, mut hidden): (Vec<Found>, Vec<Found>) = boxes.iter().map(|one| (one.seen, one.whole)).unzip();
        if careful && seen.len() <= MANY {
            hidden.extend(self.askew(view, &seen));
        }
        let boxes = without_inner(hidden);
        let evidence = Evidence::of(view, &boxes, &Strokes::of(view).chains());
        Detection { boxes, doubtful, evidence }
    }

    /// Returns where there is text, and where there may be, in a frame, or in the places of a difference of its colours: where the quick
    /// screen sees strokes or marks, or the halved frame something like text, in which there is less grain.
    fn search(&self, view: &View, tint: Option<&Tint>, careful: bool) -> (Vec<Fitted>, Vec<Found>) {
        let Settings { sure, large, .. } = self.settings;
        let mut cells = tint.map(|tint| tint.cells.clone());
        let mut found = Vec::new();
        for Scale { view: small, times } in scales(view, large) {
            let places = tint.map(|tint| smaller(&tint.places, times));
            let mut more = self.lines(&small, places.as_deref(), careful);
            if let Some(cells) = &mut cells {
                cells.extend(more.iter().map(|line| larger(line.wide(), times, view).region));
            }
            more.retain(|line| is_large(line, SURE, &small) && !is_most(line, &small));
            let larger = |one| larger(one, times, view);
            let counts = |one: Found| !is_barred(&small, one.region) && !is_ruled(view, larger(one).region);
            let more = masks(&small, more, sure, counts);
            found.extend(more.iter().map(|one| Fitted { seen: larger(one.seen), whole: larger(one.whole) }));
        }
        let (mut lines, disputed) = self.lines_and_doubts(view, cells.as_deref(), careful);
        // A colour that most of a frame has is no letter.
        lines.retain(|line| tint.is_none() || !is_most(line, view));
        found.extend(masks(view, lines, sure, |one| !is_ruled(view, one.region)));
        let (boxes, doubtful): (Vec<Fitted>, Vec<Fitted>) = found.into_iter().partition(|one| one.seen.score >= sure);
        let mut doubtful: Vec<Found> = doubtful.iter().map(|one| one.whole).chain(disputed).collect();
        if !doubtful.is_empty() {
            let strokes = Strokes::of(view);
            doubtful.retain(|one| strokes.share(bounds(one.region)) >= STROKES);
        }
        (boxes, doubtful)
    }

    fn lines(&self, view: &View, places: Option<&[Region]>, careful: bool) -> Vec<Line> {
        self.lines_and_doubts(view, places, careful).0
    }

    /// Returns the lines of a frame, or of some places of it, and where two looks at it disagree.
    fn lines_and_doubts(&self, view: &View, places: Option<&[Region]>, careful: bool) -> (Vec<Line>, Vec<Found>) {
        let Settings { place, sure, .. } = self.settings;
        let map = match places {
            None => Map::of(&self.network, view),
            Some(places) => Map::within(&self.network, view, places, REACH as usize),
        };
        let map = if careful { map.checked(&self.network, view, REACH as usize) } else { map };
        let lines = lines(&map, view.width, view.height, place, sure);
        let disputed = disputed(&map, view.width, view.height, place, sure, &lines);
        (lines, disputed)
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns what is to be masked of lines whose rectangles count: those that are text for sure up to where their ink ends and on over
/// ground where it would not be seen, the others whole, and all of them whole where there are too many to be an image with a caption.
fn masks(view: &View, lines: Vec<Line>, sure: f32, mut counts: impl FnMut(Found) -> bool) -> Vec<Fitted> {
    let few = lines.len() <= MANY;
    let mask = |line: Line| match few && line.score >= sure {
        true => fitted(view, line),
        false => Fitted { seen: line.wide(), whole: line.wide() },
    };
    lines.into_iter().map(mask).filter(|one| counts(one.seen)).collect()
}

/// Returns the rectangles that lie in no other, from the top down. What they cover together stays the same.
fn without_inner(mut boxes: Vec<Found>) -> Vec<Found> {
    boxes.sort_by_key(|one| (one.region.y, one.region.x, one.region.height, one.region.width));
    if boxes.len() > MANY {
        return boxes;
    }
    let holds = |a: Region, b: Region| {
        a.x <= b.x && a.y <= b.y && a.x + a.width >= b.x + b.width && a.y + a.height >= b.y + b.height
    };
    let outer = |i: usize| {
        let mut others = boxes.iter().enumerate().filter(|(j, _)| *j != i);
        !others.any(|(j, other)| holds(other.region, boxes[i].region) && (j < i || other.region != boxes[i].region))
    };
    (0..boxes.len()).filter(|i| outer(*i)).map(|i| boxes[i]).collect()
}

/// The least pixels that a letter is high. A strip that is narrower has no room for one, however long it is.
const LOWEST: usize = 5;

/// More rectangles than these are not compared with each other.
const MANY: usize = 2000;

/// The share of strokes from which a doubtful rectangle stays doubtful; below it there is no letter.
const STROKES: f32 = 0.06;

fn bounds(region: Region) -> Bounds {
    let (left, top) = (region.x as usize, region.y as usize);
    Bounds { left, top, right: left + region.width as usize, bottom: top + region.height as usize }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_testkit::written;

    fn noise(x: usize, y: usize) -> u16 {
        let mixed = (x as u32).wrapping_mul(374_761_393).wrapping_add((y as u32).wrapping_mul(668_265_263));
        ((mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177) >> 24) as u16
    }

    fn detect(width: usize, height: usize, frame: &[u16]) -> Detection {
        Detector::new().detect(&View::from_samples(width as u32, height as u32, 1, frame).unwrap())
    }

    /// Whether one rectangle holds what was written.
    fn holds(found: &Detection, x: usize, y: usize, w: usize, h: usize) -> bool {
        found.boxes.iter().any(|one| {
            let r = one.region;
            r.x as usize <= x
                && r.y as usize <= y
                && (r.x + r.width) as usize >= x + w
                && (r.y + r.height) as usize >= y + h
        })
    }

    #[test]
    fn name_on_black_is_found() {
        let frame = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, 4095);
        let found = detect(320, 200, &frame);
        assert!(holds(&found, 40, 60, 11 * 16, 14), "{found:?}");
        assert!(found.evidence.masked_share < 0.2);
    }

    #[test]
    fn name_on_noise_is_found_bright_and_dark() {
        for ink in [0, 600] {
            let frame = written((320, 200), |x, y| 200 + noise(x, y) / 4, "SUZUKI 1961", (24, 100), 2, ink);
            assert!(holds(&detect(320, 200, &frame), 24, 100, 11 * 16, 14), "{ink}");
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is_written() {
        let ramp = written((256, 256), |x, y| (x + y) as u16, "", (0, 0), 1, 0);
        let grain = written((256, 256), noise, "", (0, 0), 1, 0);
        let disc =
            |x: usize, y: usize| if (x.abs_diff(128)).pow(2) + (y.abs_diff(128)).pow(2) < 8000 { 900 } else { 30 };
        let body = written((256, 256), disc, "", (0, 0), 1, 0);
        for frame in [vec![7; 256 * 256], ramp, grain, body] {
            assert_eq!(detect(256, 256, &frame).boxes, []);
        }
    }

    #[test]
    fn large_frame_is_searched_in_tiles_and_its_edges_too() {
        let (w, h) = (1300, 1000);
        let places = [(870, 400), (1190, 980), (4, 4), (500, 890)];
        let mut frame: Vec<u16> = (0..w * h).map(|i| 100 + noise(i % w, i / w) / 8).collect();
        for at in places {
            let text = written((w, h), |_, _| 0, "ID 4711-0815", at, 1, 4000);
            frame.iter_mut().zip(text).for_each(|(under, ink)| *under = ink.max(*under));
        }
        let found = detect(w, h, &frame);
        for at in places {
            assert!(holds(&found, at.0, at.1, 12 * 8 - 2, 7), "{at:?}");
        }
    }

    #[test]
    fn name_in_every_colour_on_every_other_is_found_on_flat_and_on_textured_ground() {
        let full = [[230, 0, 0], [0, 230, 0], [0, 0, 230], [230, 230, 0], [0, 230, 230], [230, 0, 230]];
        // As bright as each other to the eye.
        let alike = [
            ([200, 0, 0], [0, 102, 0]),
            ([128, 128, 0], [0, 100, 220]),
            ([160, 80, 80], [80, 125, 80]),
            ([90, 0, 0], [0, 0, 90]),
        ];
        let pairs =
            full.iter().flat_map(|one| full.iter().map(|other| (*one, *other))).filter(|(one, other)| one != other);
        for (ground, ink) in pairs.chain(alike).chain(alike.map(|(one, other)| (other, one))) {
            for grain in [0, 24] {
                let frame = written((200, 64), |_, _| 0, "SATO 1970", (20, 24), 2, 1);
                let colour = |i: usize| if frame[i] == 1 { ink } else { ground };
                let grained = |i: usize| noise(i % 200, i / 200) * grain / 256;
                let samples: Vec<u16> = (0..200 * 64).flat_map(|i| colour(i).map(|one| one + grained(i))).collect();
                let view = View::from_samples(200, 64, 3, &samples).unwrap();
                assert!(
                    holds(&Detector::new().detect(&view), 20, 24, 9 * 16 - 2, 14),
                    "{ink:?} on {ground:?}, {grain}"
                );
            }
        }
    }

    #[test]
    fn letters_of_a_third_of_the_frame_are_found() {
        for (times, text) in [(8, "YAMADA"), (14, "TARO"), (20, "SUZ")] {
            let frame = written((512, 512), |x, y| 100 + noise(x, y) / 8, text, (12, 150), times, 4000);
            assert!(holds(&detect(512, 512, &frame), 14, 152, 8 * times * text.len() - 24, 7 * times - 4), "{times}");
        }
    }

    #[test]
    fn smallest_frames_are_searched() {
        for (w, h) in [(1, 1), (1, 9), (7, 3), (9, 1), (17, 16)] {
            assert_eq!(detect(w, h, &vec![9; w * h]).boxes, []);
        }
    }

    #[test]
    fn strip_without_room_for_a_letter_is_not_searched_however_long() {
        let strip: Vec<u8> = (0..1_u32 << 26).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (width, height) in [(1 << 26, 1), (1, 65_535), (65_535, 4)] {
            let frame = &strip[..(width * height) as usize];
            let view = View::from_samples(width, height, 1, frame).unwrap();
            assert_eq!(Detector::new().detect(&view).boxes, []);
        }
    }

    #[test]
    fn answer_is_the_same_in_every_thread() {
        let frame = written((300, 120), noise, "KOBAYASHI", (30, 40), 3, 2000);
        let alone = detect(300, 120, &frame);
        let threads: Vec<Detection> = std::thread::scope(|scope| {
            let each: Vec<_> = (0..4).map(|_| scope.spawn(|| detect(300, 120, &frame))).collect();
            each.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(!alone.boxes.is_empty());
        assert!(threads.iter().all(|one| *one == alone));
    }

    #[test]
    fn rectangles_within_others_are_left_out_and_equal_ones_kept_once() {
        let at = |x, y, width, height| Found { region: Region { x, y, width, height }, score: 1.0 };
        let all = vec![at(5, 5, 2, 2), at(0, 0, 10, 10), at(8, 8, 10, 10), at(0, 0, 10, 10)];
        assert_eq!(without_inner(all), [at(0, 0, 10, 10), at(8, 8, 10, 10)]);
    }

    #[test]
    fn whether_a_line_counts_is_told_by_what_is_seen_of_it() {
        let frame = written((300, 60), |x, _| if x < 150 { 200 } else { 0 }, "YAMADA", (40, 20), 2, 0);
        let view = View::from_samples(300, 60, 1, &frame).unwrap();
        let core = Bounds { left: 40, top: 20, right: 136, bottom: 34 };
        let line = Line { both: core, core, traced: core, window: core.grown(16, 4, 300, 60), score: 1.0 };
        let mut asked = Vec::new();
        let end = |one: Found| one.region.x + one.region.width;
        let found = masks(&view, vec![line], 0.5, |one| {
            asked.push(end(one));
            true
        });
        assert!(
            asked == [136 + 3] && end(found[0].seen) == 136 + 3 && end(found[0].whole) > 200,
            "{asked:?} {found:?}"
        );
    }

    #[test]
    fn lower_thresholds_never_clear_what_higher_ones_found() {
        let frame = written((320, 120), |x, y| 200 + noise(x, y) / 3, "SATO 1970/01/02", (30, 40), 2, 330);
        let view = View::from_samples(320, 120, 1, &frame).unwrap();
        let covers = |sure: f32| {
            let settings = Settings { sure, ..Settings::default() };
            Detector::with_settings(settings).detect(&view).evidence.masked_share
        };
        assert!(covers(0.3) >= covers(0.5) && covers(0.5) >= covers(0.9));
    }

    #[test]
    fn detector_names_itself_with_version_and_weights() {
        let id = Detector::new().id().to_string();
        assert!(id.starts_with("tokumei-text-net ") && id.split("sha256:").nth(1).is_some_and(|hash| hash.len() == 16));
    }

    #[test]
    fn careful_search_looks_twice_at_the_frame_its_smaller_ones_and_its_colours() {
        let differs = |view: &View, least: u32| {
            let scores = |found: Detection| -> Vec<f32> {
                found.boxes.iter().filter(|one| one.region.height >= least).map(|one| one.score).collect()
            };
            let (once, twice) = (scores(Detector::new().detect_straight(view)), scores(Detector::new().detect(view)));
            assert!(!once.is_empty() && !twice.is_empty() && once != twice, "{once:?} {twice:?}");
        };
        // Frames of up to 128 pixels have no smaller ones, and nothing askew is searched in them.
        let frame = written((120, 64), |x, y| 200 + noise(x, y) / 4, "SUZUKI", (10, 20), 2, 600);
        differs(&View::from_samples(120, 64, 1, &frame).unwrap(), 0);
        // As bright as each other: only the difference of the colours shows the letters.
        let frame = written((120, 64), |_, _| 0, "SATO", (20, 24), 2, 1);
        let colours: Vec<u16> =
            frame.iter().flat_map(|one| if *one == 1 { [0, 200, 0] } else { [200, 0, 0] }).collect();
        differs(&View::from_samples(120, 64, 3, &colours).unwrap(), 0);
        // Only a smaller frame shows letters as high.
        let frame = written((512, 512), |x, y| ((x + y) / 4) as u16, "SATO", (20, 200), 14, 4000);
        differs(&View::from_samples(512, 512, 1, &frame).unwrap(), 80);
    }

    #[test]
    fn turned_look_sees_as_much_around_a_trace_as_the_network_does() {
        let frame = written((512, 400), |x, y| 60 + noise(x, y) / 16, "SATO KEN", (300, 20), 1, 120);
        let view = View::from_samples(512, 400, 1, &frame).unwrap();
        let detector = Detector::new();
        let whole = Map::of(&detector.network, &view).checked(&detector.network, &view, 4000);
        let Settings { place, sure, .. } = detector.settings;
        assert_eq!(detector.lines(&view, None, true), lines(&whole, view.width, view.height, place, sure));
    }

    #[test]
    fn large_letters_are_judged_by_what_both_looks_see() {
        for (text, at, times) in [("Ito", (28, 116), 19), ("KEN", (2, 54), 21)] {
            let frame = written((512, 384), |x, y| (40 + (x ^ y) % 3 + x / 40) as u16, text, at, times, 200);
            assert!(holds(&detect(512, 384, &frame), at.0 + 8, at.1, 24 * times - 24, 7 * times), "{text}");
        }
    }
}
