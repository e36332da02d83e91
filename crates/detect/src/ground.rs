//! Where a line may go on unseen: over ground as bright as its ink.

use crate::ink::reach;
use crate::runs::Bounds;
use crate::view::View;

/// The tone of a line's ink in one of the two views, 0 to 255.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    pub channel: usize,
    pub tone: u8,
}

/// Pixels of one ink differ from its tone by no more, in 255ths of the range or of the rank.
pub const NEAR: u8 = 8;

/// Ground that differs from an ink by no more is as bright: both scatter.
pub const ALIKE: u8 = 2 * NEAR;

/// Returns how far before and behind a line the ground is as bright as its ink, over gaps as wide as a letter, but no farther than
/// the line is long.
///
/// Dark letters on bright tissue that run into the black beside it are an example: they differ from the black by a level or two, which
/// no search sees and a narrow window shows.
pub fn like_ink(view: &View, line: Bounds, ink: Ink) -> (usize, usize) {
    let alike = |x: usize, y: usize| view.pixels[y * view.width + x][ink.channel].abs_diff(ink.tone) <= ALIKE;
    // Something else may lie on the ground: a ruler, a ramp's edge.
    let mostly = |count: usize, of: usize| count * 4 >= of * 3;
    let (w, h) = (line.right - line.left, line.bottom - line.top);
    if line.is_upright() {
        let row = |y: usize| mostly((line.left..line.right).filter(|x| alike(*x, y)).count(), w);
        let (before, behind) = (line.top.saturating_sub(h)..line.top, line.bottom..(line.bottom + h).min(view.height));
        return (reach(before.rev(), w, row), reach(behind, w, row));
    }
    let column = |x: usize| mostly((line.top..line.bottom).filter(|y| alike(x, *y)).count(), h);
    let (before, behind) = (line.left.saturating_sub(w)..line.left, line.right..(line.right + w).min(view.width));
    (reach(before.rev(), h, column), reach(behind, h, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Detector;
    use tokumei_core::Region;
    use tokumei_testkit::written;

    /// A frame of 12 bits, as wide as said and 200 high, bright between two columns and black with a little grain beside them, with
    /// letters of the black's own tone.
    fn crossing(
        width: usize,
        bright: std::ops::Range<usize>,
        text: &str,
        at: (usize, usize),
        times: usize,
    ) -> Vec<u16> {
        let grain = |x: usize, y: usize| ((x * 31 + y * 57 + x * y) % 5) as u16;
        let ground = |x: usize, y: usize| if bright.contains(&x) { 2400 + 20 * grain(x, y) } else { 3 + grain(x, y) };
        written((width, 200), ground, text, at, times, 4)
    }

    fn boxes(width: usize, frame: &[u16]) -> Vec<Region> {
        let height = (frame.len() / width) as u32;
        let view = View::from_samples(width as u32, height, 1, frame).unwrap();
        Detector::new().detect(&view).boxes.iter().map(|one| one.region).collect()
    }

    fn covered(regions: &[Region], x: u32, y: u32) -> bool {
        regions.iter().any(|one| (one.x..one.x + one.width).contains(&x) && (one.y..one.y + one.height).contains(&y))
    }

    /// Turns a frame so that its lines run downwards.
    fn upright(width: usize, frame: &[u16]) -> Vec<u16> {
        (0..width).flat_map(|x| frame.iter().skip(x).step_by(width).copied()).collect()
    }

    #[test]
    fn three_quarters_of_a_row_or_column_are_like_the_ink_in_its_view() {
        for (like, reached) in [(12, 20), (9, 20), (8, 0)] {
            // A line of 20 × 12 whose ink is 50 in the view of ranks; behind it so many rows of that tone.
            let tone = |x: usize, y: usize| if x >= 20 && (4..4 + like).contains(&y) { 66 } else { 200 };
            let level = View { pixels: (0..60 * 20).map(|i| [50, tone(i % 60, i / 60)]).collect(), ..blank(60, 20) };
            let upright = View { pixels: (0..60 * 20).map(|i| [50, tone(i / 20, i % 20)]).collect(), ..blank(20, 60) };
            let ink = Ink { channel: 1, tone: 50 };
            let line = Bounds { left: 0, top: 4, right: 20, bottom: 16 };
            assert_eq!(like_ink(&level, line, ink), (0, reached), "{like}");
            let line = Bounds { left: 4, top: 0, right: 16, bottom: 20 };
            assert_eq!(like_ink(&upright, line, ink), (0, reached), "{like}");
        }
    }

    fn blank(width: usize, height: usize) -> View {
        View { width, height, pixels: Vec::new(), flat: false, tints: Vec::new() }
    }

    #[test]
    fn dark_letters_that_run_into_black_are_masked_there_too() {
        // Eleven letters 16 pixels apart from 100 on; six of them lie on bright ground, before or behind the others.
        for bright in [0..194, 182..400] {
            let frame = crossing(400, bright.clone(), "YAMADA TARO", (100, 90), 2);
            let found = boxes(400, &frame);
            for x in (100..270).step_by(5) {
                assert!(covered(&found, x, 97), "{x} {bright:?} {found:?}");
            }
            let found = boxes(200, &upright(400, &frame));
            for y in (100..270).step_by(5) {
                assert!(covered(&found, 97, y), "{y} {bright:?} {found:?}");
            }
        }
    }

    #[test]
    fn large_letters_that_run_into_black_are_masked() {
        let found = boxes(900, &crossing(900, 0..470, "SATO KEN", (60, 60), 10));
        for x in (60..700).step_by(10) {
            assert!(covered(&found, x, 95), "{x} {found:?}");
        }
    }

    #[test]
    fn bright_letters_are_masked_up_to_where_their_ink_ends() {
        let ground = |x: usize, _: usize| if x < 250 { 900 } else { 4 };
        let frame = written((400, 200), ground, "YAMADA TARO", (60, 90), 2, 4000);
        let found = boxes(400, &frame);
        assert!(covered(&found, 62, 97) && covered(&found, 230, 97), "{found:?}");
        assert!(!covered(&found, 262, 97) && !covered(&found, 40, 97), "{found:?}");
        // Air of a few levels about none, many of them none, where each has a rank of its own.
        let air = |x: usize, y: usize| ((x * 37 + y * 91 + x * y * 7) % 23).saturating_sub(9) as u16;
        let found = boxes(400, &written((400, 200), air, "YAMADA TARO", (60, 90), 2, 4000));
        assert!(covered(&found, 62, 97) && covered(&found, 230, 97), "{found:?}");
        assert!(!covered(&found, 262, 97) && !covered(&found, 40, 97), "{found:?}");
    }
}
