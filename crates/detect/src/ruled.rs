//! Bars and rules: what repeats along a whole rectangle and is no letter.

use crate::view::View;
use tokumei_core::Region;

/// Tells whether a rectangle holds nothing but even bars side by side, as in a test picture: in one direction it changes at few
/// places, in the other at many, and all bars are of one width.
///
/// A letter changes in both directions, and a word at many places in the one along it. Strokes of letters are not as wide as what
/// lies between them, and the bars of a bar code, which may say who somebody is, are of several widths.
pub fn is_ruled(view: &View, region: Region) -> bool {
    let (left, top) = (region.x as usize, region.y as usize);
    let (width, height) = (region.width as usize, region.height as usize);
    if width == 0 || height == 0 || left + width > view.width || top + height > view.height {
        return false;
    }
    let at = |x: usize, y: usize| view.pixels[(top + y) * view.width + left + x];
    let differ = |one: [u8; 2], other: [u8; 2]| (0..2).any(|view| one[view].abs_diff(other[view]) > ALIKE);
    let across = (1..width).filter(|x| (0..height).any(|y| differ(at(x - 1, y), at(*x, y)))).count();
    let down = (1..height).filter(|y| (0..width).any(|x| differ(at(x, y - 1), at(x, *y)))).count();
    if across.min(down) > FEW {
        return false;
    }
    let through: Vec<u8> = match across > down {
        true => (0..width).map(|x| at(x, height / 2)[0]).collect(),
        false => (0..height).map(|y| at(width / 2, y)[0]).collect(),
    };
    is_even(&through)
}

/// Tells whether samples across bars are bars of one width, but for a few at the ends.
fn is_even(samples: &[u8]) -> bool {
    let (low, high) = samples.iter().fold((u8::MAX, 0), |(low, high), one| (low.min(*one), high.max(*one)));
    let middle = low.midpoint(high);
    let widths: Vec<usize> =
        samples.chunk_by(|one, other| (*one > middle) == (*other > middle)).map(<[u8]>::len).collect();
    let alike = |width: &usize| widths.iter().filter(|other| *other == width).count();
    let most = widths.iter().map(alike).max().unwrap_or(0);
    most >= MANY && widths.len() - most <= FEW
}

/// Samples that differ by no more are alike, in 255ths of the range and of the rank.
const ALIKE: u8 = 2;

/// The most places where a rectangle changes along its bars, those where a frame around them begins and ends, and the most bars of
/// another width, which are parts of that frame.
const FEW: usize = 4;

/// The fewest bars of one width, dark ones and bright ones.
const MANY: usize = 12;

/// Tells whether a rectangle holds hardly anything but bars that run through all of it, with grain upon them: nine tenths of how
/// its samples differ are those of its columns, or of its rows.
///
/// Letters end within what is masked of them, even those that are all stems.
pub fn is_barred(view: &View, region: Region) -> bool {
    let (left, top) = (region.x as usize, region.y as usize);
    let (width, height) = (region.width as usize, region.height as usize);
    if width * height == 0 || left + width > view.width || top + height > view.height {
        return false;
    }
    let (mut columns, mut rows, mut squares) = (vec![0_u64; width], vec![0_u64; height], 0_u64);
    for (y, row) in rows.iter_mut().enumerate() {
        let from = &view.pixels[(top + y) * view.width + left..][..width];
        for (column, pixel) in columns.iter_mut().zip(from) {
            let one = u64::from(pixel[0]);
            (*column, *row, squares) = (*column + one, *row + one, squares + one * one);
        }
    }
    let mean = rows.iter().sum::<u64>() as f64 / (width * height) as f64;
    let all = squares as f64 - mean * mean * (width * height) as f64;
    let of = |sums: &[u64], length: usize| {
        let apart = sums.iter().map(|sum| (*sum as f64 / length as f64 - mean).powi(2));
        apart.sum::<f64>() * length as f64
    };
    of(&columns, height).max(of(&rows, width)) >= 0.9 * all
}

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

    /// Bars of these widths, dark and bright in turn.
    fn bars(widths: &[usize]) -> View {
        let ink: Vec<u8> =
            widths.iter().zip([255, 0].iter().cycle()).flat_map(|(width, ink)| vec![*ink; *width]).collect();
        view(ink.len(), 40, |x, _| ink[x])
    }

    #[test]
    fn bar_code_and_a_number_of_bare_strokes_are_not() {
        // Code 39 (ISO/IEC 16388): *17*, wide elements twice as wide as narrow ones, or two and a half times.
        let letters = ["010010100", "100100001", "000100101", "010010100"];
        for (narrow, wide) in [(1, 2), (2, 4), (2, 5), (3, 6)] {
            let letter = |letter: &&str| {
                let elements = letter.bytes().map(move |bit| if bit == b'1' { wide } else { narrow });
                elements.chain([narrow]).collect::<Vec<usize>>()
            };
            let code = bars(&letters.iter().flat_map(letter).collect::<Vec<_>>());
            assert!(!is_ruled(&code, whole(&code)), "{narrow} {wide}");
        }
        // 1111111111, each a stroke of two pixels in eight.
        let number = bars(&[2, 6].repeat(10));
        assert!(!is_ruled(&number, whole(&number)));
        let even = bars(&[2, 2].repeat(10));
        assert!(is_ruled(&even, whole(&even)));
    }

    #[test]
    fn bars_with_grain_are_barred_and_stems_with_their_rim_are_not() {
        let grain = |x: usize, y: usize| (x * 7919 + y * 104_729) % 31;
        let bars = view(60, 100, |x, y| (usize::from(x % 4 < 2) * 200 + grain(x, y)) as u8);
        assert!(is_barred(&bars, whole(&bars)) && !is_ruled(&bars, whole(&bars)));
        let stems = view(60, 40, |x, y| if x % 8 < 4 && (5..35).contains(&y) { 200 } else { 0 });
        assert!(!is_barred(&stems, whole(&stems)));
        let name = written((120, 40), |_, _| 0, "ILLI1", (8, 12), 2, 255);
        let name = View::from_samples(120, 40, 1, &name).unwrap();
        assert!(!is_barred(&name, Region { x: 5, y: 9, width: 84, height: 20 }));
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
