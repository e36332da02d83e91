//! Pictures for the eyes of whoever decides.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

/// A picture of three bytes a pixel: red, green, blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub columns: u32,
    /// Height in pixels.
    pub rows: u32,
    /// Rows from the top, pixels from the left.
    pub rgb: Vec<u8>,
}

/// How much time may be spent to make a file small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effort {
    /// As little as can be: somebody waits.
    Least,
    /// What is usual for a file that is kept.
    Usual,
}

impl Picture {
    /// Returns the picture as PNG: of one byte a pixel where it has no colour. `None` where it has no pixel, or not as many as it
    /// has columns and rows.
    pub fn png(&self, effort: Effort) -> Option<Vec<u8>> {
        let grey = self.rgb.chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
        let written = if grey {
            let values: Vec<u8> = self.rgb.iter().step_by(3).copied().collect();
            self.encoded(ColorType::Grayscale, &values, effort)
        } else {
            self.encoded(ColorType::Rgb, &self.rgb, effort)
        };
        written.ok()
    }

    fn encoded(&self, colour: ColorType, samples: &[u8], effort: Effort) -> Result<Vec<u8>, EncodingError> {
        let (compression, filter) = match effort {
            Effort::Least => (Compression::Fast, Filter::Sub),
            Effort::Usual => (Compression::Balanced, Filter::Adaptive),
        };
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.columns, self.rows);
        encoder.set_color(colour);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(compression);
        encoder.set_filter(filter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(samples)?;
        writer.finish()?;
        Ok(bytes)
    }

    /// Sets a pixel that is within the picture.
    pub fn put(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        if x < self.columns && y < self.rows {
            let at = 3 * (y as usize * self.columns as usize + x as usize);
            self.rgb[at..at + 3].copy_from_slice(&colour);
        }
    }
}

/// Shows the size alone: a picture may show a name.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picture").field("columns", &self.columns).field("rows", &self.rows).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn png_holds_every_pixel_and_one_byte_of_each_where_there_is_no_colour() {
        let grey = Picture { columns: 3, rows: 2, rgb: (0..6).flat_map(|value| [value * 40; 3]).collect() };
        let mut coloured = grey.clone();
        coloured.put(2, 1, [1, 2, 3]);
        coloured.put(3, 1, [9; 3]);
        for effort in [Effort::Least, Effort::Usual] {
            for (picture, samples) in [(&grey, 1), (&coloured, 3)] {
                let image = image::load_from_memory(&picture.png(effort).unwrap()).unwrap();
                assert_eq!(image.color().channel_count(), samples);
                assert_eq!(image.to_rgb8().into_raw(), picture.rgb);
            }
        }
        assert_eq!(coloured.rgb[15..], [1, 2, 3]);
        assert_eq!(Picture { columns: 0, rows: 2, rgb: vec![] }.png(Effort::Least), None);
        assert_eq!(Picture { columns: 3, rows: 3, ..grey }.png(Effort::Usual), None);
    }
}
