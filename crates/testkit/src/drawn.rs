//! Frames with text drawn on them.

use font8x8::UnicodeFonts;

/// Returns a frame with `ground` everywhere and a text of 8 × 8 letters, each of their pixels drawn `times` × `times`, in `ink`.
///
/// # Panics
/// If a letter is none of the font, or does not fit.
pub fn written(
    size: (usize, usize),
    ground: impl Fn(usize, usize) -> u16,
    text: &str,
    at: (usize, usize),
    times: usize,
    ink: u16,
) -> Vec<u16> {
    let mut frame: Vec<u16> = (0..size.0 * size.1).map(|i| ground(i % size.0, i / size.0)).collect();
    for (n, letter) in text.chars().enumerate() {
        let rows = font8x8::BASIC_FONTS.get(letter).expect("a letter of the font");
        for (y, x) in (0..8 * times).flat_map(|y| (0..8 * times).map(move |x| (y, x))) {
            if rows[y / times] >> (x / times) & 1 == 1 {
                frame[(at.1 + y) * size.0 + at.0 + n * 8 * times + x] = ink;
            }
        }
    }
    frame
}
