//! Decoders, all of them by others than who wrote the frames, and without unsafe code.
//!
//! What a header asks for is checked before anything is decoded, so that a frame cannot take more memory than its data set
//! says it has.

use super::codestream;
use super::native::Layout;
use super::picture::Picture;
use super::scan;
use super::shape::Shape;
use super::source::Source;
use crate::papers::Mask;
use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
use jpeg_decoder::{ColorTransform, Decoder, PixelFormat};
use tokumei_core::Vr;

/// The samples of one frame.
pub(super) enum Decoded {
    Picture(Picture),
    /// As native pixel data has them.
    Native(Vec<u8>),
}

impl Decoded {
    /// Tells whether a sample outside every mask differs; see [`Picture::differs`].
    pub fn differs(
        &self,
        other: &Decoded,
        shape: &Shape,
        masks: &[Mask],
        is_loose: bool,
    ) -> Result<bool, &'static str> {
        match (self, other) {
            (Decoded::Picture(before), Decoded::Picture(after)) => before.differs(after, masks, is_loose),
            (Decoded::Native(before), Decoded::Native(after)) => {
                let (from, to) = (Source::Bytes(before), Source::Bytes(after));
                let places = (0..before.len() as u64, 0..after.len() as u64);
                let differs = layout(shape)?.differs((&from, places.0), (&to, places.1), masks, u64::MAX);
                differs.map_err(|_| "io-error")
            }
            _ => Err("masked-layout"),
        }
    }

    /// Tells whether every masked rectangle holds one value.
    pub fn is_constant(&self, shape: &Shape, masks: &[Mask]) -> Result<bool, &'static str> {
        match self {
            Decoded::Picture(picture) => Ok(picture.is_constant(masks)),
            Decoded::Native(bytes) => {
                layout(shape)?.is_constant(&(&Source::Bytes(bytes), 0..bytes.len() as u64), masks)
            }
        }
    }
}

fn layout(shape: &Shape) -> Result<Layout, &'static str> {
    Layout::of(&Shape { frames: 1, ..*shape }, Vr::OB).ok_or("masked-layout")
}

/// Decodes JPEG with 8 bits, or without loss; no colour is converted (four components are turned
/// round, all alike).
pub(super) fn jpeg(frame: &[u8], shape: &Shape) -> Result<Decoded, &'static str> {
    let header = scan::scan(frame, false).and_then(|scan| scan.frame).ok_or("frame-refused")?;
    let components = header.factors.len();
    if (header.rows, header.columns, components as u64) != (shape.rows, shape.columns, shape.samples) {
        return Err("frame-refused");
    }
    if !matches!(header.marker, 0xC0..=0xC3) || header.marker != 0xC3 && header.precision != 8 {
        return Err("decoder-missing");
    }
    if header.precision > 8 && components > 1 {
        return Err("decoder-missing");
    }
    let mut decoder = Decoder::new(frame);
    // Not `None`, which puts planes one behind the other where pixels belong.
    match components {
        3 => decoder.set_color_transform(ColorTransform::RGB),
        4 => decoder.set_color_transform(ColorTransform::CMYK),
        _ => {}
    }
    decoder.set_max_decoding_buffer_size(shape.count() as usize * 2 + (1 << 16));
    let bytes = decoder.decode().map_err(|_| "frame-refused")?;
    let format = decoder.info().ok_or("frame-refused")?.pixel_format;
    let mut picture = Picture::new(shape, components);
    picture.coarse = header.is_coarse();
    let size = if format == PixelFormat::L16 { 2 } else { 1 };
    if bytes.len() != picture.values.len() * size {
        return Err("frame-refused");
    }
    for (value, sample) in picture.values.iter_mut().zip(bytes.chunks_exact(size)) {
        *value = match sample {
            [low, high] => i32::from(u16::from_ne_bytes([*low, *high])),
            _ => i32::from(sample[0]),
        };
    }
    Ok(Decoded::Picture(picture))
}

/// Decodes JPEG-LS of one component.
pub(super) fn jpeg_ls(frame: &[u8], shape: &Shape) -> Result<Decoded, &'static str> {
    let header = scan::scan(frame, true).and_then(|scan| scan.frame).ok_or("frame-refused")?;
    if (header.rows, header.columns, header.factors.len() as u64) != (shape.rows, shape.columns, shape.samples) {
        return Err("frame-refused");
    }
    if header.factors.len() > 1 {
        return Err("decoder-missing");
    }
    let (width, height) = (shape.columns as u32, shape.rows as u32);
    let (samples, ..) = jpegls::decode(frame, width, height).map_err(|_| "frame-refused")?;
    let mut picture = Picture::new(shape, 1);
    if samples.len() != picture.values.len() {
        return Err("frame-refused");
    }
    picture.values = samples.into_iter().map(i32::from).collect();
    Ok(Decoded::Picture(picture))
}

/// Decodes JPEG 2000 of part 1.
pub(super) fn jpeg_2000(frame: &[u8], shape: &Shape) -> Result<Decoded, &'static str> {
    let stream = codestream::scan(frame).ok_or("frame-refused")?;
    if (stream.rows, stream.columns, stream.components) != (shape.rows, shape.columns, shape.samples) {
        return Err("frame-refused");
    }
    if stream.is_high_throughput {
        return Err("decoder-missing");
    }
    if !stream.is_bounded {
        return Err("frame-too-large");
    }
    let settings = DecodeSettings { resolve_palette_indices: false, strict: true, target_resolution: None };
    let image = Image::new(&frame[stream.range], &settings).map_err(|_| "frame-refused")?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| "frame-refused")?;
    let components = decoded.components();
    let mut picture = Picture::new(shape, shape.samples as usize);
    if components.len() as u64 != shape.samples {
        return Err("frame-refused");
    }
    for (number, component) in components.iter().enumerate() {
        let places = picture.values.iter_mut().skip(number).step_by(components.len());
        if component.samples().len() as u64 != shape.rows * shape.columns {
            return Err("frame-refused");
        }
        for (value, sample) in places.zip(component.samples()) {
            *value = sample.round() as i32;
        }
    }
    Ok(Decoded::Picture(picture))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Rows, columns and components.
    type Size = (u64, u64, u64);
    type Decoder = fn(&[u8], &Shape) -> Result<Decoded, &'static str>;

    /// Decodes the streams of other encoders whose name holds one of these words, and returns how many were right.
    fn right(family: &str, words: &[&str], decode: Decoder, size: fn(&[u8]) -> Option<Size>) -> usize {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/codec").join(family);
        let mut count = 0;
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let is_raw = name.ends_with(".raw") || name.ends_with(".md");
            if is_raw
                || !words.iter().any(|word| name.contains(word))
                || ["8s", "12s", "16s"].iter().any(|signed| name.contains(signed))
            {
                continue;
            }
            let frame = std::fs::read(&path).unwrap();
            let raw = std::fs::read(path.with_extension("raw")).unwrap();
            let (rows, columns, samples) = size(&frame).unwrap();
            let bytes = raw.len() / (rows * columns * samples) as usize;
            let shape = Shape {
                columns,
                rows,
                samples,
                allocated: 8 * bytes as u64,
                stored: 8 * bytes as u64,
                high: 8 * bytes as u64 - 1,
                by_plane: false,
                is_422: false,
                frames: 1,
                big_endian: false,
            };
            let little = |sample: &[u8]| sample.iter().rev().fold(0, |value, byte| value << 8 | i32::from(*byte));
            match decode(&frame, &shape) {
                Ok(Decoded::Picture(picture)) => {
                    assert!(picture.values.iter().copied().eq(raw.chunks_exact(bytes).map(little)), "{name}");
                    count += 1;
                }
                Err("decoder-missing") => {}
                _ => panic!("{name}"),
            }
        }
        count
    }

    fn of_jpeg(frame: &[u8]) -> Option<Size> {
        let header = scan::scan(frame, frame.windows(2).any(|pair| pair == [0xFF, 0xF7]))?.frame?;
        Some((header.rows, header.columns, header.factors.len() as u64))
    }

    fn of_jpeg_2000(frame: &[u8]) -> Option<Size> {
        codestream::scan(frame).map(|stream| (stream.rows, stream.columns, stream.components))
    }

    #[test]
    fn lossless_streams_of_other_encoders_give_their_samples() {
        assert!(right("jpeg", &["predictor", "first"], jpeg, of_jpeg) >= 2);
        assert!(right("jpeg2000", &["_rev", "boxes"], jpeg_2000, of_jpeg_2000) >= 3);
        assert!(right("jpegls", &["charls_19x37x1"], jpeg_ls, of_jpeg) >= 3);
    }
}
