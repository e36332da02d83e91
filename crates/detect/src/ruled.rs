//! Bars and rules: what repeats along a whole rectangle and is no letter.

use crate::view::View;
use tokumei_core::Region;

/// Tells whether a rectangle holds nothing but bars side by side, as in a test picture: in one direction it changes at few
/// places, in the other at many.
///
/// A letter changes in both directions, and a word at many places in the one along it. No letter is made of six bars or more of one length.
pub fn is_ruled(view: &View, region: Region) -> bool {
    let (left, top) = (region.x as usize, region.y as usize);
    let (width, height) = (region.width as usize, region.height as usize);
    if left + width > view.width || top + height > view.height {
        return false;
    }
    let at = |x: usize, y: usize| view.pixels[(top + y) * view.width + left + x];
    let differ = |one: [u8; 2], other: [u8; 2]| (0..2).any(|view| one[view].abs_diff(other[view]) > ALIKE);
    let across = (1..width).filter(|x| (0..height).any(|y| differ(at(x - 1, y), at(*x, y)))).count();
    let down = (1..height).filter(|y| (0..width).any(|x| differ(at(x, y - 1), at(x, *y)))).count();
    across.min(down) <= FEW && across.max(down) >= MANY
}

/// Samples that differ by no more are alike, in 255ths of the range and of the rank.
const ALIKE: u8 = 2;

/// The most places where a rectangle changes along its bars: those where a frame around them begins and ends.
const FEW: usize = 4;

/// The fewest places where it changes across them.
const MANY: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Detector;
    use tokumei_testkit::written;

    fn view(width: usize, height: usize, of: impl Fn(usize, usize) -> u8) -> View {
        let frame: Vec<u8> = (0..width * height).map(|i| of(i % width, i / width)).collect();
        View::from_samples(width as u32, height as u32, 1, &frame).unwrap()
    }

    fn whole(view: &View) -> Region {
        Region { x: 0, y: 0, width: view.width as u32, height: view.height as u32 }
    }

    #[test]
    fn bars_are_ruled_with_a_frame_around_them_too() {
        let lying = view(32, 32, |_, y| (y % 2 * 255) as u8);
        let standing = view(32, 32, |x, _| (x % 2 * 255) as u8);
        let framed =
            view(32, 32, |x, y| if x < 7 || y < 7 { 127 + (x.min(y) / 3 % 2 * 64) as u8 } else { (y % 2 * 255) as u8 });
        for one in [lying, standing, framed] {
            assert!(is_ruled(&one, whole(&one)));
            assert_eq!(Detector::new().detect(&one).boxes, []);
        }
    }

    #[test]
    fn letters_on_bars_and_a_few_bars_and_a_flat_place_are_not() {
        let named = written((96, 32), |_, y| (y % 2 * 100) as u16, "YAMADA", (20, 8), 1, 255);
        let named = View::from_samples(96, 32, 1, &named).unwrap();
        assert!(!is_ruled(&named, whole(&named)));
        // Three bars are a letter, and so are they with a stem.
        let three = view(24, 24, |x, y| if (4..20).contains(&x) && y % 7 < 2 { 255 } else { 0 });
        let flat = view(24, 24, |_, _| 7);
        for one in [three, flat] {
            assert!(!is_ruled(&one, whole(&one)));
        }
    }

    #[test]
    fn every_letter_of_a_font_changes_in_both_directions() {
        for letter in (33..127_u8).map(char::from) {
            for times in [1, 2, 4] {
                let frame = written((64, 64), |_, _| 0, &letter.to_string(), (8, 8), times, 255);
                let view = View::from_samples(64, 64, 1, &frame).unwrap();
                assert!(!is_ruled(&view, whole(&view)), "{letter} {times}");
            }
        }
    }
}
