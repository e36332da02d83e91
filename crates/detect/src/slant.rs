//! Lines that run askew: searched in the halved frame turned to both sides, where they are level or upright.

use crate::detector::Detector;
use crate::ink::fitted;
use crate::lines::{Found, Line, lines};
use crate::map::Map;
use crate::runs::Bounds;
use crate::view::View;
use tokumei_core::Region;

/// By how much the frame is turned: cosine and sine of 25 and 45 degrees to both sides, in 65,536ths. The network finds lines up to about
/// 15 degrees from the level and the upright by itself.
const TURNS: [(i64, i64); 4] = [(59_396, 27_697), (59_396, -27_697), (46_341, 46_341), (46_341, -46_341)];
/// What stands for one among sines and places.
const ONE: i64 = 1 << 16;
/// The least likelihood of what only a turned frame shows.
const SURE: f32 = 0.7;
/// Frames with both sides below this have no room for a line askew besides what is in them.
const SMALL: usize = 128;
/// Lines of letters up to this height, in pixels of the turned frame, are as likely as [`SURE`] asks; higher ones may be tissue.
const HIGH: usize = 20;
/// The least likelihood of those, and of one of which a part is hidden already, as the ghosts of level lines are.
const CLEAR: f32 = 0.85;
/// A strip that would become so many times as large when it is turned has no room for a line askew.
const SPARE: usize = 3;
/// The most rectangles that a line askew is masked by.
const STEPS: usize = 24;
/// What is masked of large letters is at least as wide and high, in pixels of the frame.
const LARGE: u32 = 64;
/// How many times the frame is as large as what is turned.
const TIMES: i64 = 2;

impl Detector {
    /// Returns rectangles that together hide the lines askew of a frame that `known` rectangles do not hide.
    pub(crate) fn askew(&self, view: &View, known: &[Found]) -> Vec<Found> {
        if view.width.max(view.height) < SMALL {
            return Vec::new();
        }
        let half = view.halved();
        let mut lines = Vec::new();
        for turned in TURNS.into_iter().filter_map(|turn| Turned::of(&half, turn)) {
            lines.extend(self.level(turned));
        }
        // A line shows in neighbouring turns too, best where it is most level.
        lines.sort_by(|one, other| other.0.score.total_cmp(&one.0.score));
        let mut found = Vec::new();
        for (line, turned) in lines.into_iter().take(MANY) {
            if !turned.is_known(&line, known) && 2 * turned.hidden(&line, &found, 0) < turned.count(&line) {
                found.extend(turned.steps(&line, view));
            }
        }
        found
    }

    /// Returns the lines of a turned frame with what is to be masked of them, and how it is turned.
    fn level(&self, mut turned: Turned) -> Vec<(Askew, Turned)> {
        let map = Map::of(self.network(), &turned.view);
        let mut lines = lines(&map, turned.view.width, turned.view.height, self.settings().place, SURE);
        let high = |core: &Bounds| (core.right - core.left).min(core.bottom - core.top) > HIGH;
        let frame = turned.size.0 * turned.size.1;
        // No line takes a fifth of a frame, slices side by side may.
        lines.retain(|line| line.score >= if high(&line.core) { CLEAR } else { SURE } && 5 * line.core.area() <= frame);
        let of =
            |line: &Line| Askew { core: line.core, mask: fitted(&turned.view, *line).whole.region, score: line.score };
        let lines: Vec<Askew> = lines.iter().take(MANY).map(of).collect();
        turned.view.pixels.clear();
        lines.into_iter().map(|line| (line, turned.clone())).collect()
    }
}

/// The most lines askew of a frame, and of a turned one.
const MANY: usize = 200;

/// A line of a turned frame.
struct Askew {
    core: Bounds,
    /// What is to be masked.
    mask: Region,
    score: f32,
}

/// A frame turned around its middle.
#[derive(Clone)]
struct Turned {
    view: View,
    turn: (i64, i64),
    /// Width and height before.
    size: (usize, usize),
}

impl Turned {
    /// Turns a frame; `None` for strips.
    fn of(half: &View, turn: (i64, i64)) -> Option<Self> {
        let size = (half.width, half.height);
        let side = |a: usize, b: usize| ((a as i64 * turn.0 + b as i64 * turn.1.abs()) / ONE) as usize + 1;
        let (width, height) = (side(size.0, size.1), side(size.1, size.0));
        if width.checked_mul(height)? > SPARE * size.0 * size.1 {
            return None;
        }
        let view = View { width, height, pixels: Vec::new(), flat: half.flat, tints: Vec::new() };
        let mut turned = Self { view, turn, size };
        let beyond = middle(half);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height as i64 {
            let (mut at_x, mut at_y) = turned.back(0, y * ONE);
            for _ in 0..width {
                pixels.push(between(half, at_x, at_y, beyond));
                (at_x, at_y) = (at_x + turn.0, at_y - turn.1);
            }
        }
        turned.view.pixels = pixels;
        Some(turned)
    }

    /// Returns where a place of the turned frame was before, both in 65,536ths of a pixel.
    fn back(&self, x: i64, y: i64) -> (i64, i64) {
        let (cosine, sine) = self.turn;
        let middle = |side: usize| (side as i64 - 1) * ONE / 2;
        let (x, y) = (x - middle(self.view.width), y - middle(self.view.height));
        ((x * cosine + y * sine) / ONE + middle(self.size.0), (y * cosine - x * sine) / ONE + middle(self.size.1))
    }

    /// Returns where a pixel of the turned frame is in the frame that was halved.
    fn place(&self, x: usize, y: usize) -> (i64, i64) {
        let (x, y) = self.back(x as i64 * ONE, y as i64 * ONE);
        ((TIMES * x + ONE) / ONE, (TIMES * y + ONE) / ONE)
    }

    /// Tells whether a line is one of the frame itself, which shows here too: mostly hidden; a little hidden and not likely to be another; or
    /// strokes of a large letter.
    fn is_known(&self, line: &Askew, known: &[Found]) -> bool {
        let (count, hidden) = (self.count(line), self.hidden(line, known, 0));
        let least = if line.score >= CLEAR { 90 } else { 30 };
        100 * hidden >= least * count || 3 * self.hidden(line, known, LARGE) >= count
    }

    /// Returns at how many places a line is looked at.
    fn count(&self, line: &Askew) -> usize {
        let Bounds { left, top, right, bottom } = line.core;
        (right - left).div_ceil(2) * (bottom - top).div_ceil(2)
    }

    /// Returns how many of these lie in rectangles of the frame whose sides are at least so long.
    fn hidden(&self, line: &Askew, rectangles: &[Found], least: u32) -> usize {
        let Bounds { left, top, right, bottom } = line.core;
        let places = (top..bottom).step_by(2).flat_map(|y| (left..right).step_by(2).map(move |x| (x, y)));
        let within = |(x, y): (i64, i64), one: &Region| {
            let side = |from: u32, length: u32| i64::from(from)..i64::from(from) + i64::from(length);
            side(one.x, one.width).contains(&x) && side(one.y, one.height).contains(&y)
        };
        let some = rectangles.iter().filter(|one| one.region.width.min(one.region.height) >= least);
        let some: Vec<&Found> = some.collect();
        places.filter(|(x, y)| some.iter().any(|one| within(self.place(*x, *y), &one.region))).count()
    }

    /// Returns rectangles of the frame, step by step along a line, that hold it.
    fn steps(&self, line: &Askew, view: &View) -> Vec<Found> {
        let Region { x, y, width, height } = line.mask;
        let (letter, length) = (width.min(height).max(1) as usize, width.max(height) as usize);
        let count = length.div_ceil(letter).clamp(1, STEPS);
        let part = |n: usize| length * n / count;
        let step = |n: usize| {
            let (from, to) = (part(n), part(n + 1));
            let (x, y) = (x as usize, y as usize);
            let bounds = match width >= height {
                true => Bounds { left: x + from, top: y, right: x + to, bottom: y + height as usize },
                false => Bounds { left: x, top: y + from, right: x + width as usize, bottom: y + to },
            };
            self.around(bounds, view).map(|region| Found { region, score: line.score })
        };
        (0..count).filter_map(step).collect()
    }

    /// Returns the rectangle of the frame that holds one of the turned frame; `None` where that lies outside of the frame.
    fn around(&self, bounds: Bounds, view: &View) -> Option<Region> {
        let Bounds { left, top, right, bottom } = bounds;
        let corners = [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| self.place(x, y));
        let span = |of: fn(&(i64, i64)) -> i64, side: usize| {
            let each = corners.iter().map(of);
            let low = each.clone().fold(i64::MAX, i64::min).clamp(0, side as i64);
            (low as u32, (each.fold(i64::MIN, i64::max) + 1).clamp(low, side as i64) as u32 - low as u32)
        };
        let ((x, width), (y, height)) = (span(|one| one.0, view.width), span(|one| one.1, view.height));
        (width > 0 && height > 0).then_some(Region { x, y, width, height })
    }
}

/// Returns the values in the middle of a frame's own, so that its border is no edge where it is turned.
fn middle(view: &View) -> [u8; 2] {
    let mut counts = [[0_usize; 256]; 2];
    for pixel in &view.pixels {
        (0..2).for_each(|channel| counts[channel][usize::from(pixel[channel])] += 1);
    }
    counts.map(|counts| {
        let mut below = 0;
        let reached = |count: &usize| {
            below += count;
            2 * below >= view.pixels.len()
        };
        counts.iter().position(reached).unwrap_or(0) as u8
    })
}

/// Returns what a frame shows at a place between pixels.
#[inline(always)]
fn between(view: &View, x: i64, y: i64, beyond: [u8; 2]) -> [u8; 2] {
    let (left, top) = (x >> 16, y >> 16);
    let at = |x: i64, y: i64| {
        let inside = (0..view.width as i64).contains(&x) && (0..view.height as i64).contains(&y);
        if inside { view.pixels[y as usize * view.width + x as usize] } else { beyond }
    };
    if left < -1 || top < -1 || left >= view.width as i64 || top >= view.height as i64 {
        return beyond;
    }
    let (right, low) = ((x & 0xFFFF) >> 8, (y & 0xFFFF) >> 8);
    let four = [at(left, top), at(left + 1, top), at(left, top + 1), at(left + 1, top + 1)];
    let weights = [(256 - right) * (256 - low), right * (256 - low), (256 - right) * low, right * low];
    [0, 1].map(|channel| {
        let sum: i64 = four.iter().zip(weights).map(|(pixel, weight)| i64::from(pixel[channel]) * weight).sum();
        ((sum + (1 << 15)) >> 16) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Detection;
    use tokumei_testkit::written;

    /// A name askew: what is written is read where the frame, turned, shows it.
    fn askew(turn: (i64, i64), ink: u8) -> (View, Vec<(usize, usize)>) {
        let mask = written((320, 320), |_, _| 0, "YAMADA^TARO", (60, 150), 2, 1);
        let (mut frame, mut inked) = (vec![40_u8; 320 * 320], Vec::new());
        for (i, to) in frame.iter_mut().enumerate() {
            let (x, y) = ((i % 320) as i64 - 160, (i / 320) as i64 - 160);
            *to += ((i * 7919) % 13) as u8;
            let (from_x, from_y) = ((x * turn.0 + y * turn.1) / ONE + 160, (y * turn.0 - x * turn.1) / ONE + 160);
            let inside = (0..320).contains(&from_x) && (0..320).contains(&from_y);
            if inside && mask[(from_y * 320 + from_x) as usize] == 1 {
                *to = ink;
                inked.push((i % 320, i / 320));
            }
        }
        (View::from_samples(320, 320, 1, &frame).unwrap(), inked)
    }

    /// The share of the inked pixels that a rectangle holds.
    fn hidden(found: &Detection, inked: &[(usize, usize)]) -> f64 {
        let holds = |one: &Found, x: u32, y: u32| {
            let r = one.region;
            (r.x..r.x + r.width).contains(&x) && (r.y..r.y + r.height).contains(&y)
        };
        let hidden = |(x, y): &&(usize, usize)| found.boxes.iter().any(|one| holds(one, *x as u32, *y as u32));
        inked.iter().filter(hidden).count() as f64 / inked.len() as f64
    }

    #[test]
    fn name_askew_is_hidden_whole_and_little_else() {
        // Cosine and sine of 20, 30 and 45 degrees.
        for (cosine, sine) in [(61_584, 22_415), (56_756, 32_768), (46_341, 46_341)] {
            for (sign, ink) in [(1, 255), (-1, 0)] {
                let (view, inked) = askew((cosine, sign * sine), ink);
                let found = Detector::new().detect(&view);
                let share = hidden(&found, &inked);
                assert!(share >= 0.95, "{cosine} {sign} {share}");
                assert!(found.evidence.masked_share < 0.2, "{cosine} {sign} {}", found.evidence.masked_share);
            }
        }
    }

    #[test]
    fn dark_name_askew_that_runs_into_black_is_hidden_whole() {
        let (_, inked) = askew((46_341, 46_341), 0);
        let grain = |i: usize| (i * 7919 % 5) as u16;
        let mut frame: Vec<u16> =
            (0..320 * 320).map(|i| if i % 320 < 165 { 2400 + 20 * grain(i) } else { 3 + grain(i) }).collect();
        inked.iter().for_each(|(x, y)| frame[y * 320 + x] = 4);
        let found = Detector::new().detect(&View::from_samples(320, 320, 1, &frame).unwrap());
        assert!(hidden(&found, &inked) >= 0.95, "{} {found:?}", hidden(&found, &inked));
    }

    #[test]
    fn name_askew_on_ground_that_a_level_line_is_masked_over_is_hidden_whole() {
        // Large dark letters that run into black, and over the black a bright name, turned by 45 degrees about a place.
        let grain = |x: usize, y: usize| (x * 31 + y * 57 + x * y) as u16 % 6;
        let ground = |x: usize, y: usize| if x < 276 { 2400 + 20 * grain(x, y) } else { 3 + grain(x, y) };
        for (text, (left, top)) in [("SUZUKI", (440, 120)), ("TEST 12", (440, 120)), ("YAMADA^TARO", (460, 90))] {
            let mut frame = written((819, 351), ground, "TEST 12", (42, 55), 8, 4);
            let name = written((819, 351), |_, _| 0, text, (left - 8 * text.len(), top - 7), 2, 1);
            let mut inked = Vec::new();
            for (i, to) in frame.iter_mut().enumerate() {
                let (x, y) = ((i % 819) as i64 - left as i64, (i / 819) as i64 - top as i64);
                let (from_x, from_y) = ((x + y) * 46_341 / ONE + left as i64, (y - x) * 46_341 / ONE + top as i64);
                let inside = (0..819).contains(&from_x) && (0..351).contains(&from_y);
                if inside && name[(from_y * 819 + from_x) as usize] == 1 {
                    *to = 3000;
                    inked.push((i % 819, i / 819));
                }
            }
            let found = Detector::new().detect(&View::from_samples(819, 351, 1, &frame).unwrap());
            assert!(hidden(&found, &inked) >= 0.99, "{text} {} {found:?}", hidden(&found, &inked));
        }
    }

    #[test]
    fn place_of_a_turned_frame_is_where_it_was() {
        let half = View::from_samples(100, 60, 1, &(0..6000).map(|i| (i % 251) as u8).collect::<Vec<_>>()).unwrap();
        for turn in TURNS {
            let turned = Turned::of(&half, turn).unwrap();
            let (x, y) =
                turned.back((turned.view.width as i64 - 1) * ONE / 2, (turned.view.height as i64 - 1) * ONE / 2);
            assert!((x - 99 * ONE / 2).abs() <= 2 && (y - 59 * ONE / 2).abs() <= 2);
            // A step to the right is one of cosine and minus sine.
            let next =
                turned.back((turned.view.width as i64 - 1) * ONE / 2 + ONE, (turned.view.height as i64 - 1) * ONE / 2);
            assert!((next.0 - x - turn.0).abs() <= 1 && (next.1 - y + turn.1).abs() <= 1);
        }
    }

    #[test]
    fn strips_and_the_smallest_frames_are_not_turned() {
        for (width, height) in [(1, 1), (2000, 30), (30, 2000), (1 << 20, 6)] {
            let view = View::from_samples(width, height, 1, &vec![9_u8; (width * height) as usize]).unwrap();
            assert!(TURNS.iter().all(|turn| Turned::of(&view, *turn).is_none()) || width == 1);
            assert!(Detector::new().askew(&view, &[]).is_empty());
        }
    }
}
