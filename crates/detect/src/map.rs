//! How likely there is text at each place of a frame.

use crate::network::{LOGIT, Network, STEP};
use crate::runs::{Bounds, groups, runs};
use crate::view::View;
use tokumei_core::Region;

/// Frames with a side above this are searched in tiles.
pub const TILE: usize = 960;
/// How much tiles overlap. The network sees about 90 pixels around a place, the nearest of them matter most.
const OVERLAP: usize = 128;

/// The logits of text, at half the width and height of the frame.
#[derive(Clone, Debug)]
pub struct Map {
    pub width: usize,
    /// Row by row, `128 + 16 × logit`, cut to a byte.
    pub scores: Vec<u8>,
    /// The higher ones of two looks, where there were two.
    pub either: Option<Vec<u8>>,
}

/// How the network looks at a part of a frame: upright, [`Network::logits`], or turned, [`Network::logits_of_turned`].
type Look = fn(&Network, &View, usize, usize, usize, usize) -> Vec<i16>;

impl Map {
    /// Returns a map of these scores.
    pub fn new(width: usize, scores: Vec<u8>) -> Self {
        Self { width, scores, either: None }
    }

    /// Searches a frame, in one piece or in tiles.
    pub fn of(network: &Network, view: &View) -> Self {
        Self::tiled(network, view, Network::logits)
    }

    /// Searches a rectangle of a frame, whose left and upper edges are multiples of [`STEP`].
    pub fn part(network: &Network, view: &View, at: Bounds) -> Self {
        Self::piece(network, view, at, Network::logits)
    }

    /// Searches some places of a frame and what is around them, or all of it where that is not more; elsewhere nothing is seen.
    pub fn within(network: &Network, view: &View, places: &[Region], around: usize) -> Self {
        Self::around(network, view, places, around, Network::logits)
    }

    /// Looks once more wherever there is a trace of text, at the frame turned by 180 degrees: the logits are the mean of both looks there.
    ///
    /// Text looks like text either way, while most of what only resembles it does so one way.
    pub fn checked(mut self, network: &Network, view: &View, around: usize) -> Self {
        let traces = self.traces(view);
        if traces.is_empty() {
            return self;
        }
        let again = Self::around(network, view, &traces, around, Network::logits_of_turned);
        let mut either = self.scores.clone();
        let both = self.scores.iter_mut().zip(&mut either).zip(again.scores);
        for ((score, either), other) in both.filter(|((score, _), _)| **score >= TRACE) {
            (*score, *either) = (score.midpoint(other), (*either).max(other));
        }
        Self { either: Some(either), ..self }
    }

    /// Returns the rectangles of a frame in which there is a trace of text.
    fn traces(&self, view: &View) -> Vec<Region> {
        groups(&runs(&self.scores, self.width, TRACE))
            .iter()
            .filter_map(|group| Some(Bounds::of(group)?.in_pixels(view.width, view.height).region()))
            .collect()
    }

    fn piece(network: &Network, view: &View, at: Bounds, look: Look) -> Self {
        let side = |from: usize, to: usize| (to - from).next_multiple_of(STEP);
        let (width, height) = (side(at.left, at.right), side(at.top, at.bottom));
        let logits = look(network, view, at.left, at.top, width, height);
        // What the rectangle is rounded up to may lie beyond the frame.
        let shown = (at.right - at.left).div_ceil(2);
        let rows = logits.chunks_exact(width / 2).take((at.bottom - at.top).div_ceil(2));
        Self::new(shown, rows.flat_map(|row| &row[..shown]).map(|logit| byte(*logit)).collect())
    }

    fn around(network: &Network, view: &View, places: &[Region], around: usize, look: Look) -> Self {
        let Some(windows) = windows(places, around, (view.width, view.height)) else {
            return Self::tiled(network, view, look);
        };
        let (width, height) = (view.width.div_ceil(2), view.height.div_ceil(2));
        let mut map = Self::new(width, vec![0; width * height]);
        for at in windows {
            let part = Self::piece(network, view, at, look);
            for (y, row) in part.scores.chunks_exact(part.width).enumerate() {
                map.scores[(at.top / 2 + y) * width + at.left / 2..][..part.width].copy_from_slice(row);
            }
        }
        map
    }

    fn tiled(network: &Network, view: &View, look: Look) -> Self {
        let (width, height) = (view.width.div_ceil(2), view.height.div_ceil(2));
        let mut map = Self::new(width, vec![0; width * height]);
        for rows in spans(view.height, TILE, OVERLAP) {
            for columns in spans(view.width, TILE, OVERLAP) {
                let (w, h) = (columns.length(), rows.length());
                map.keep(&look(network, view, columns.begin, rows.begin, w, h), rows, columns);
            }
        }
        map
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> usize {
        self.scores.len() / self.width
    }

    /// Takes what is to be kept over from a tile.
    fn keep(&mut self, logits: &[i16], rows: Span, columns: Span) {
        let (left, right) = (columns.from / 2, columns.to.div_ceil(2));
        let (stride, before) = (columns.length() / 2, left - columns.begin / 2);
        for y in rows.from / 2..rows.to.div_ceil(2) {
            let from = &logits[(y - rows.begin / 2) * stride + before..][..right - left];
            let to = &mut self.scores[y * self.width + left..][..right - left];
            to.iter_mut().zip(from).for_each(|(score, logit)| *score = byte(*logit));
        }
    }
}

/// How far around a place is looked at, in pixels: the network sees about 90, of which the nearest matter most.
pub const AROUND: usize = 48;

/// The score of a trace of text: a likelihood of a twentieth.
const TRACE: u8 = 81;

/// More places than these are no places but the frame.
const MANY: usize = 400;

/// Returns the rectangles to be looked at: places with what is around them, those that share pixels as one; `None` where to look at the
/// frame costs no more.
pub fn windows(places: &[Region], around: usize, (width, height): (usize, usize)) -> Option<Vec<Bounds>> {
    if places.len() > MANY {
        return None;
    }
    let mut windows: Vec<Bounds> = Vec::new();
    for place in places {
        let (left, top) = (place.x as usize, place.y as usize);
        let at = Bounds { left, top, right: left + place.width as usize, bottom: top + place.height as usize };
        let mut window = at.grown(around, around, width, height);
        (window.left, window.top) = (window.left / STEP * STEP, window.top / STEP * STEP);
        while let Some(other) = windows.iter().position(|other| share(*other, window)) {
            window = Bounds::around(window, windows.swap_remove(other));
        }
        windows.push(window);
    }
    let much = windows.iter().map(|one| one.area()).sum::<usize>() * 2 > width * height;
    let wide = windows.iter().any(|one| (one.right - one.left).max(one.bottom - one.top) > TILE);
    (!much && !wide).then_some(windows)
}

fn share(a: Bounds, b: Bounds) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

/// Returns `128 + 16 × logit`, rounded and cut.
fn byte(logit: i16) -> u8 {
    const FINER: u32 = LOGIT as u32 - 4;
    (((logit + (1 << FINER) / 2) >> FINER) + 128).clamp(0, 255) as u8
}

/// Returns the share of one that a score stands for.
pub fn likelihood(score: u8) -> f32 {
    let logit = (f32::from(score) - 128.0) / 16.0;
    // e^-x as (1 - x/1024)^1024: the library's own differs from machine to machine in its last bit.
    let mut power = 1.0 - logit / 1024.0;
    for _ in 0..10 {
        power *= power;
    }
    1.0 / (1.0 + power)
}

/// A tile along one side of a frame, in pixels: what the network is given, and what of its answer is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    begin: usize,
    end: usize,
    from: usize,
    to: usize,
}

impl Span {
    /// Returns how much the network is given.
    fn length(self) -> usize {
        (self.end - self.begin).next_multiple_of(STEP)
    }
}

/// Cuts a side into tiles. What is kept of them lies side by side and is the whole.
fn spans(side: usize, tile: usize, overlap: usize) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for begin in (0..side).step_by(tile - overlap) {
        let end = (begin + tile).min(side);
        let to = if end == side { side } else { end - overlap / 2 };
        spans.push(Span { begin, end, from: spans.last().map_or(0, |last| last.to), to });
        if end == side {
            break;
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Detector;
    use crate::convolution::LIMIT;
    use tokumei_testkit::written;

    #[test]
    fn tiles_keep_every_pixel_once() {
        for side in [1, 959, 960, 961, 1000, 1792, 1793, 3000] {
            let spans = spans(side, TILE, OVERLAP);
            assert_eq!((spans[0].from, spans[spans.len() - 1].to), (0, side));
            assert!(spans.windows(2).all(|two| two[0].to == two[1].from), "{side}");
            assert!(spans.iter().all(|one| one.begin <= one.from && one.to <= one.end && one.end - one.begin <= TILE));
            assert!(spans.iter().all(|one| one.begin % STEP == 0 && one.from % 2 == 0));
        }
    }

    #[test]
    fn places_are_looked_at_with_what_is_around_them_and_close_ones_together() {
        let at = |x, y, width, height| Region { x, y, width, height };
        let apart = windows(&[at(0, 0, 32, 8), at(320, 400, 64, 16)], AROUND, (512, 512)).unwrap();
        let first = Bounds { left: 0, top: 0, right: 80, bottom: 56 };
        // 320 - 48 = 272 and 400 - 48 = 352 are multiples of eight.
        assert_eq!(apart, [first, Bounds { left: 272, top: 352, right: 432, bottom: 464 }]);
        let chain = [at(0, 0, 32, 8), at(160, 0, 32, 8), at(80, 0, 32, 8)];
        assert_eq!(windows(&chain, AROUND, (512, 512)).unwrap(), [Bounds { left: 0, top: 0, right: 240, bottom: 56 }]);
    }

    #[test]
    fn turned_look_is_in_the_mean_where_the_first_saw_a_trace() {
        let detector = Detector::new();
        let network = detector.network();
        // Traces all over the frame, which is looked at whole, and traces in a part of it, which is looked at in windows.
        let rough = |x: usize, y: usize| (100 + (x * 31 + y * 57 + x * y) % 23) as u16;
        let even = |x: usize, y: usize| (60 + (x ^ y) % 3) as u16;
        let frames = [
            (328, 200, written((328, 200), rough, "SATO KEN", (40, 60), 2, 400), true),
            (512, 400, written((512, 400), even, "SATO KEN", (300, 20), 1, 200), false),
        ];
        for (width, height, frame, whole) in frames {
            let view = View::from_samples(width, height, 1, &frame).unwrap();
            let back: Vec<u16> = frame.iter().rev().copied().collect();
            let back = View::from_samples(width, height, 1, &back).unwrap();
            let first = Map::of(network, &view);
            let mut turned = Map::of(network, &back).scores;
            turned.reverse();
            assert_eq!(windows(&first.traces(&view), 96, (view.width, view.height)).is_none(), whole);
            let both = first.clone().checked(network, &view, 96);
            let either = both.either.unwrap();
            for (place, (one, other)) in first.scores.iter().zip(turned).enumerate() {
                let expected = if *one < TRACE { (*one, *one) } else { (one.midpoint(other), other.max(*one)) };
                assert_eq!((both.scores[place], either[place]), expected, "{place}");
            }
            assert!(first.scores.iter().any(|one| *one > 200) && first.scores.iter().any(|one| *one < TRACE));
        }
    }

    #[test]
    fn trace_is_a_likelihood_of_a_twentieth() {
        assert!(likelihood(TRACE - 1) < 0.05 && likelihood(TRACE) >= 0.05);
    }

    #[test]
    fn nothing_is_looked_at_again_where_there_is_no_trace() {
        let view = View::from_samples(64, 64, 1, &[7_u8; 64 * 64]).unwrap();
        let detector = Detector::new();
        let first = Map::of(detector.network(), &view);
        assert!(first.clone().checked(detector.network(), &view, 96).either.is_none());
    }

    #[test]
    fn likelihoods_are_those_of_the_logistic_function() {
        // 1 / (1 + e^-x) for x = 0, 1, -2.
        for (score, expected) in [(128, 0.5), (144, 0.731_06), (96, 0.119_2)] {
            assert!((likelihood(score) - expected).abs() < 1e-3, "{score}");
        }
        assert_eq!((byte(0), byte(1 << LOGIT), byte(-LIMIT), byte(LIMIT)), (128, 144, 0, 255));
    }
}
