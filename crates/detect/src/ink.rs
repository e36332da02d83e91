//! How far a mask must reach: to where the ink of a line ends, and not far beyond.

use crate::ground::{ALIKE, Ink, NEAR, like_ink};
use crate::lines::{Found, Line};
use crate::runs::Bounds;
use crate::strokes::{REACH, top_hat};
use crate::view::View;

/// What is to be masked of a line.
#[derive(Clone, Copy, Debug)]
pub struct Fitted {
    /// Up to where its ink ends.
    pub seen: Found,
    /// And where it may go on unseen.
    pub whole: Found,
}

/// Returns what is to be masked of a line of text: the letters that the network sees, what looks like more letters at both
/// ends, and a rim for the faint edges of ink.
///
/// Nothing is taken away of what the network sees, since faint ink in it need not show as strokes; what it sees mere traces of
/// is masked too, unless the letters stand out so clearly that more of them would.
pub fn fitted(view: &View, line: Line) -> Fitted {
    let marks = Marks::clearer(view, &line);
    let core = if marks.are_clear() { line.core } else { line.traced };
    let seen = longer(core, marks.ends(core));
    let whole = marks.ink(view).map_or(seen, |ink| longer(seen, like_ink(view, seen, ink)));
    let mask = |bounds| Found { region: rimmed(view, bounds).region(), score: line.score };
    Fitted { seen: mask(seen), whole: mask(whole) }
}

/// Returns a line with so many pixels more before and behind it.
fn longer(line: Bounds, (before, behind): (usize, usize)) -> Bounds {
    match line.is_upright() {
        true => Bounds { top: line.top - before, bottom: line.bottom + behind, ..line },
        false => Bounds { left: line.left - before, right: line.right + behind, ..line },
    }
}

/// Returns a line with a rim, within the frame.
fn rimmed(view: &View, line: Bounds) -> Bounds {
    let across = (letter(line) / 8).clamp(RIM, RIM + 1);
    let (x, y) = if line.is_upright() { (across, RIM) } else { (RIM, across) };
    line.grown(x, y, view.width, view.height)
}

/// Returns how high the letters of a line are, or how wide where it runs downwards.
fn letter(core: Bounds) -> usize {
    (core.right - core.left).min(core.bottom - core.top)
}

/// How many pixels beyond the ink are masked.
const RIM: usize = 3;

/// Ink stands out by at least this, in 255ths of the range.
const FAINT: u8 = 10;

/// Letters whose tone counts stand out by at least this, in 255ths of the range: thrice what pixels of one ink differ.
const CLEAR: u8 = 3 * NEAR;

/// How far each pixel around a line stands out, in one of the two views.
struct Marks {
    channel: usize,
    core: Bounds,
    window: Bounds,
    /// Of the window, row by row.
    strokes: Vec<u8>,
    /// What nine tenths of the pixels of the letters do not exceed.
    inside: u8,
    /// What half of those before and behind them do not exceed: there may be letters among them.
    around: u8,
}

impl Marks {
    /// Returns the marks of the view in which the letters stand out more from what is around them.
    fn clearer(view: &View, line: &Line) -> Self {
        let [lines, ranks] = [0, 1].map(|channel| Self::of(view, channel, line.core, line.window));
        let over = |one: &Self, other: &Self| u32::from(one.inside) * (u32::from(other.around) + 4);
        if over(&ranks, &lines) > over(&lines, &ranks) { ranks } else { lines }
    }

    fn of(view: &View, channel: usize, core: Bounds, window: Bounds) -> Self {
        let seen = window.grown(REACH, REACH, view.width, view.height);
        let width = seen.right - seen.left;
        let rows = (seen.top..seen.bottom).map(|y| &view.pixels[y * view.width..][seen.left..seen.right]);
        let plane: Vec<u8> = rows.flatten().map(|pixel| pixel[channel]).collect();
        let turned: Vec<u8> = plane.iter().map(|one| 255 - one).collect();
        let all: Vec<u8> =
            top_hat(&plane, width).iter().zip(top_hat(&turned, width)).map(|(one, other)| other.max(*one)).collect();
        let rows = (window.top..window.bottom).map(|y| &all[(y - seen.top) * width..]);
        let strokes: Vec<u8> =
            rows.flat_map(|row| &row[window.left - seen.left..window.right - seen.left]).copied().collect();
        let mut marks = Self { channel, core, window, strokes, inside: 0, around: 0 };
        (marks.inside, marks.around) = marks.strength();
        marks
    }

    /// Returns how far the letters stand out, and what is before and behind them; other lines may be above and below.
    fn strength(&self) -> (u8, u8) {
        let (mut inside, mut around) = ([0_usize; 256], [0_usize; 256]);
        for (i, stroke) in self.strokes.iter().enumerate() {
            let width = self.window.right - self.window.left;
            let (x, y) = (self.window.left + i % width, self.window.top + i / width);
            let across = (self.core.left..self.core.right).contains(&x);
            let down = (self.core.top..self.core.bottom).contains(&y);
            match (across, down) {
                (true, true) => inside[usize::from(*stroke)] += 1,
                (true, false) if self.core.is_upright() => around[usize::from(*stroke)] += 1,
                (false, true) if !self.core.is_upright() => around[usize::from(*stroke)] += 1,
                _ => {}
            }
        }
        (value(&inside, 9, 10), value(&around, 1, 2))
    }

    /// Tells whether the letters stand out so much that all of them would be seen.
    fn are_clear(&self) -> bool {
        u32::from(self.inside) >= 4 * (u32::from(self.around) + 4)
    }

    /// Returns the tone of the letters: that about which most pixels of their strokes are that differ from the ground.
    ///
    /// `None` where they stand out too little to tell. The ground between letters has strokes too, but the ground's tone.
    fn ink(&self, view: &View) -> Option<Ink> {
        let (core, window) = (self.core, self.window);
        if u32::from(self.inside) < u32::from(CLEAR).max(2 * (u32::from(self.around) + 4)) {
            return None;
        }
        let tone = |x: usize, y: usize| view.pixels[y * view.width + x][self.channel];
        let ground = self.ground(tone);
        let mut tones = [0_usize; 256];
        for (i, stroke) in self.strokes.iter().enumerate() {
            let width = window.right - window.left;
            let (x, y) = (window.left + i % width, window.top + i / width);
            let inside = (core.left..core.right).contains(&x) && (core.top..core.bottom).contains(&y);
            if inside && *stroke >= (self.inside / 4).max(CLEAR) && tone(x, y).abs_diff(ground) > ALIKE {
                tones[usize::from(tone(x, y))] += 1;
            }
        }
        let alike = |tone: u8| -> usize {
            tones[tone.saturating_sub(NEAR).into()..=tone.saturating_add(NEAR).into()].iter().sum()
        };
        // Of flat ink's neighbours each has as many alike: the tone itself is the one that pixels have.
        let tone = (0..=255).max_by_key(|tone| (alike(*tone), tones[usize::from(*tone)]))?;
        (alike(tone) > 0).then_some(Ink { channel: self.channel, tone })
    }

    /// Returns what half of the pixels above and below a line do not exceed, or left and right of one that runs downwards; none, as black
    /// is, where the frame ends with the letters: what tones these have themselves tells neither ink nor ground.
    fn ground(&self, tone: impl Fn(usize, usize) -> u8) -> u8 {
        let (core, window) = (self.core, self.window);
        let mut tones = [0; 256];
        if core.is_upright() {
            for x in (window.left..core.left).chain(core.right..window.right) {
                (core.top..core.bottom).for_each(|y| tones[usize::from(tone(x, y))] += 1);
            }
        } else {
            for y in (window.top..core.top).chain(core.bottom..window.bottom) {
                (core.left..core.right).for_each(|x| tones[usize::from(tone(x, y))] += 1);
            }
        }
        value(&tones, 1, 2)
    }

    /// Returns how far ink like that of the letters goes on before and behind them, over gaps as wide as a letter.
    fn ends(&self, core: Bounds) -> (usize, usize) {
        let window = self.window;
        let least = (self.inside / 2).max(FAINT);
        let at = |x: usize, y: usize| {
            self.strokes[(y - window.top) * (window.right - window.left) + x - window.left] >= least
        };
        let gap = letter(core).max(5);
        if core.is_upright() {
            let row = |y: usize| (core.left..core.right).any(|x| at(x, y));
            return (reach((window.top..core.top).rev(), gap, row), reach(core.bottom..window.bottom, gap, row));
        }
        let column = |x: usize| (core.top..core.bottom).any(|y| at(x, y));
        (reach((window.left..core.left).rev(), gap, column), reach(core.right..window.right, gap, column))
    }
}

/// Returns how far there is something, over gaps of at most `gap`.
pub fn reach(places: impl Iterator<Item = usize>, gap: usize, there: impl Fn(usize) -> bool) -> usize {
    let mut last = 0;
    for (i, place) in places.enumerate() {
        if there(place) {
            last = i + 1;
        } else if i >= last + gap {
            break;
        }
    }
    last
}

/// Returns the least value that a share of them, `part` of `of`, does not exceed.
fn value(counts: &[usize; 256], part: usize, of: usize) -> u8 {
    let all: usize = counts.iter().sum();
    let mut below = 0;
    let reached = |&count: &usize| {
        below += count;
        of * below >= part * all
    };
    counts.iter().position(reached).unwrap_or(0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::Region;

    /// A frame of 120 × 60 with bars 2 wide and 10 high, one every 6 pixels from `from` to `to`, on 50.
    fn barred(from: usize, to: usize, ink: u8) -> View {
        let mut frame = vec![50_u8; 120 * 60];
        for (x, y) in (from..to).step_by(6).flat_map(|x| (20..30).map(move |y| (x, y))) {
            frame[y * 120 + x..][..2].fill(ink);
        }
        // What spans the range, far away.
        (frame[0], frame[119]) = (0, 255);
        View::from_samples(120, 60, 1, &frame).unwrap()
    }

    fn line(core: [usize; 4]) -> Line {
        let [left, top, right, bottom] = core;
        let core = Bounds { left, top, right, bottom };
        Line { both: core, core, traced: core, window: core.grown(14, 3, 120, 60), score: 1.0 }
    }

    #[test]
    fn mask_ends_three_pixels_beyond_the_letters() {
        let found = fitted(&barred(40, 82, 200), line([40, 20, 78, 30])).seen;
        assert_eq!((found.region.x, found.region.y, found.region.width, found.region.height), (37, 17, 44, 16));
    }

    #[test]
    fn letters_that_the_network_has_not_seen_are_masked_up_to_the_window() {
        // Bars at 40, 46 … 76, the last of them two wide.
        for ink in [200, 10, 62] {
            let found = fitted(&barred(40, 82, ink), line([52, 20, 66, 30])).seen;
            assert_eq!((found.region.x, found.region.x + found.region.width), (37, 81), "{ink}");
        }
    }

    #[test]
    fn faint_letters_within_stay_masked() {
        let found = fitted(&barred(40, 58, 200), line([40, 20, 100, 30])).seen;
        assert_eq!((found.region.x, found.region.x + found.region.width), (37, 103));
    }

    /// A view of 160 columns and as many rows as said: bars of a tone on 200, as high as the first rows said and from column 40 to 78, and
    /// ground of another tone behind them. The range is full, and ranks are like tones.
    fn running_out(height: usize, bars: std::ops::Range<usize>, ink: u8, (from, ground): (usize, u8)) -> View {
        let bar = |x: usize, y: usize| (40..82).contains(&x) && (x - 40) % 6 < 2 && bars.contains(&y);
        let tone = |x: usize, y: usize| match bar(x, y) {
            true => ink,
            false => {
                if x >= from {
                    ground
                } else {
                    200
                }
            }
        };
        let frame: Vec<u8> = (0..160 * height).map(|i| tone(i % 160, i / 160)).collect();
        let mut view = View::from_samples(160, height as u32, 1, &frame).unwrap();
        view.pixels = frame.iter().map(|one| [*one; 2]).collect();
        view
    }

    /// Where a mask ends, as it is seen and whole, less its rim.
    fn ends(view: &View, core: [usize; 4], beyond: usize) -> (u32, u32) {
        let [left, top, right, bottom] = core;
        let core = Bounds { left, top, right, bottom };
        let window = core.grown(beyond, 3, view.width, view.height);
        let Fitted { seen, whole } = fitted(view, Line { both: core, core, traced: core, window, score: 1.0 });
        assert_eq!((seen.region.x, whole.region.x), (37, 37));
        (seen.region.x + seen.region.width - 3, whole.region.x + whole.region.width - 3)
    }

    #[test]
    fn whole_goes_on_over_ground_of_the_inks_tone_as_far_as_the_line_is_long() {
        let alike = [(0, 0), (0, 16), (100, 84), (100, 100), (100, 116)];
        // Letters that stand out by 20 tell nothing of their tone.
        let other = [(0, 17), (100, 83), (100, 117), (100, 40), (180, 180)];
        let ends = |(ink, ground)| ends(&running_out(60, 20..30, ink, (78, ground)), [40, 20, 78, 30], 4);
        assert_eq!(alike.map(ends), [(78, 78 + 38); 5]);
        assert_eq!(other.map(ends), [(78, 78); 5]);
    }

    #[test]
    fn ground_is_looked_at_from_where_ink_ends_that_is_seen() {
        // Bars half as high as the line, of which the network has seen four; the edge of the ground stands out like a stroke.
        let view = running_out(60, 20..25, 0, (84, 0));
        assert_eq!(ends(&view, [40, 20, 60, 30], 30), (84, 84 + 44));
    }

    #[test]
    fn whatever_a_line_and_its_ground_the_whole_holds_what_is_seen_and_stays_in_the_frame() {
        let mut state = 7_u64;
        let mut drawn = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..2000 {
            let (width, height) = (1 + drawn(40), 1 + drawn(40));
            let tones = 1 + drawn(4);
            let frame: Vec<u8> = (0..width * height).map(|_| (drawn(tones) * 255 / 3) as u8).collect();
            let view = View::from_samples(width as u32, height as u32, 1, &frame).unwrap();
            let (left, top) = (drawn(width), drawn(height));
            let core =
                Bounds { left, top, right: left + 1 + drawn(width - left), bottom: top + 1 + drawn(height - top) };
            let window = core.grown(drawn(9), drawn(9), width, height);
            let Fitted { seen, whole } = fitted(&view, Line { both: core, core, traced: core, window, score: 1.0 });
            let end = |one: Region| (one.x + one.width, one.y + one.height);
            let (inner, outer) = (end(seen.region), end(whole.region));
            assert!(whole.region.x <= seen.region.x && whole.region.y <= seen.region.y);
            assert!(inner.0 <= outer.0 && inner.1 <= outer.1);
            assert!(outer.0 <= width as u32 && outer.1 <= height as u32);
        }
    }

    #[test]
    fn upright_line_grows_downwards_and_stays_in_the_frame() {
        let found = fitted(&barred(40, 46, 200), line([0, 0, 10, 60])).seen;
        assert_eq!((found.region.x, found.region.y, found.region.width, found.region.height), (0, 0, 13, 60));
    }
}
