//! One frame before and after, side by side, with what is hidden outlined and the rules that asked named below.

use font8x8::UnicodeFonts;
use tokumei_pipeline::{Effort, Picture, Preview, Request};

const GAP: u32 = 8;
const MARGIN: u32 = 4;
/// Height of a line of text.
const LINE: u32 = 12;
const PAPER: [u8; 3] = [40, 40, 40];
const INK: [u8; 3] = [235, 235, 235];
const OUTLINE: [u8; 3] = [255, 196, 0];

/// Returns the picture as PNG, `None` when it cannot be encoded.
pub fn png(preview: &Preview, requests: &[Request], titles: [&str; 2]) -> Option<Vec<u8>> {
    let (columns, rows) = (preview.before.columns, preview.before.rows);
    let names: Vec<String> = requests.iter().map(line).collect();
    let longest = names.iter().map(|name| name.chars().count() as u32 * 8).max().unwrap_or(0);
    let width = (2 * columns + GAP).max(longest.min(2048)) + 2 * MARGIN;
    let height = 2 * MARGIN + LINE + rows + GAP + names.len() as u32 * LINE;
    let paper = PAPER.repeat(width as usize * height as usize);
    let mut image = Picture { columns: width, rows: height, rgb: paper };
    for (index, picture) in [&preview.before, &preview.after].into_iter().enumerate() {
        let left = MARGIN + index as u32 * (columns + GAP);
        write(&mut image, left, MARGIN, titles[index]);
        place(&mut image, left, MARGIN + LINE, picture);
        for region in &preview.effective {
            let scaled = |length: u32| (f64::from(length) / preview.scale) as u32;
            let corner = (left + scaled(region.x), MARGIN + LINE + scaled(region.y));
            outline(&mut image, corner, (scaled(region.width).max(1), scaled(region.height).max(1)));
        }
    }
    for (index, name) in names.iter().enumerate() {
        write(&mut image, MARGIN, MARGIN + LINE + rows + GAP + index as u32 * LINE, name);
    }
    image.png(Effort::Usual)
}

/// The rule that asked for a rectangle, and the rectangle.
fn line(request: &Request) -> String {
    let region = request.region;
    format!(
        "{}/{}  x {} y {} w {} h {}",
        request.source.as_str(),
        request.by,
        region.x,
        region.y,
        region.width,
        region.height
    )
}

fn place(image: &mut Picture, left: u32, top: u32, picture: &Picture) {
    for (index, pixel) in picture.rgb.chunks_exact(3).enumerate() {
        let (column, row) = (index as u32 % picture.columns, index as u32 / picture.columns);
        image.put(left + column, top + row, [pixel[0], pixel[1], pixel[2]]);
    }
}

fn outline(image: &mut Picture, (left, top): (u32, u32), (width, height): (u32, u32)) {
    for x in 0..width {
        image.put(left + x, top, OUTLINE);
        image.put(left + x, top + height - 1, OUTLINE);
    }
    for y in 0..height {
        image.put(left, top + y, OUTLINE);
        image.put(left + width - 1, top + y, OUTLINE);
    }
}

/// Writes text of the Basic Latin, hiragana and katakana blocks; what the font has no glyph for becomes a point.
fn write(image: &mut Picture, left: u32, top: u32, text: &str) {
    for (index, letter) in text.chars().enumerate() {
        let glyph = font8x8::BASIC_FONTS.get(letter).or_else(|| font8x8::HIRAGANA_FONTS.get(letter));
        let glyph = glyph.or_else(|| font8x8::BASIC_FONTS.get('.')).unwrap_or_default();
        for (row, bits) in glyph.iter().enumerate() {
            for column in (0..8).filter(|column| bits >> column & 1 == 1) {
                image.put(left + index as u32 * 8 + column, top + row as u32, INK);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::Region;

    #[test]
    fn both_frames_stand_side_by_side_with_the_outline() {
        let region = Region { x: 2, y: 1, width: 3, height: 2 };
        let grey = |value| Picture { columns: 10, rows: 6, rgb: vec![value; 180] };
        let preview = Preview { before: grey(90), after: grey(10), scale: 1.0, effective: vec![region] };
        let bytes = png(&preview, &[], ["a", "b"]).expect("it can be encoded");
        let image = image::load_from_memory(&bytes).expect("a PNG").to_rgb8();
        assert_eq!(image.get_pixel(MARGIN, MARGIN + LINE).0, [90; 3]);
        assert_eq!(image.get_pixel(MARGIN + 10 + GAP, MARGIN + LINE).0, [10; 3]);
        assert_eq!(image.get_pixel(MARGIN + 2, MARGIN + LINE + 1).0, OUTLINE);
    }
}
