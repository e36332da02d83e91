//! Small pictures of a frame, before and after, for the eyes of whoever decides.

use crate::fill::fill;
use crate::header::bytes;
use crate::picture::Picture;
use crate::recode::frame_of;
use crate::render::RenderError;
use crate::request::Requests;
use crate::shape::Shape;
use std::borrow::Cow;
use tokumei_codec::{Codec, Damage, Format, Native, Photometric, codec};
use tokumei_core::{Reason, Region, Tag};
use tokumei_wire::{DataSet, Encoding, FrameError, Frames, Source};

/// Longest side of a picture in pixels.
const SIDE: u32 = 512;

/// One frame before and after, at most 512 pixels wide and high.
#[derive(Clone, Debug)]
pub struct Preview {
    /// As it is in the original: it may show a name.
    pub before: Picture,
    /// As it will be in the output.
    pub after: Picture,
    /// Pixels of the frame for one of the picture.
    pub scale: f64,
    /// What is hidden, in pixels of the frame.
    pub effective: Vec<Region>,
}

/// Returns pictures of one frame, counted from 0. Grey values are stretched from the lowest to the highest of the original.
///
/// # Errors
/// [`RenderError`] when the frame cannot be decoded, or is not there.
pub fn preview(
    data_set: &DataSet,
    source: &(dyn Source + Sync),
    requests: &Requests,
    frame: u64,
) -> Result<Preview, RenderError> {
    let shape = Shape::of(data_set).map_err(RenderError::Shape)?;
    let damaged = |damage| RenderError::Damaged { frame: frame as usize, damage };
    // Before any memory is taken for what the header says.
    shape.format.check().map_err(damaged)?;
    let (encoded, format) = encoded(data_set, source, &shape, frame)?;
    let syntax = data_set.transfer_syntax();
    let codec = codec(syntax).ok_or_else(|| RenderError::Shape(Reason::new("not-maskable")))?;
    let decode = |codec: &dyn Codec, bytes: &[u8], format: &Format| codec.decode(bytes, format).map_err(damaged);
    let before = decode(codec, &encoded, &format)?;
    let regions: Vec<Region> = requests.regions.iter().map(|request| request.region).collect();
    let (after, effective) = if regions.is_empty() {
        (before.clone(), Vec::new())
    } else {
        let masked = codec.mask(&encoded, &format, &regions, &fill(data_set, &format)).map_err(damaged)?;
        let writer = tokumei_codec::codec(codec.writes()).unwrap_or(codec);
        let written = Format { photometric: codec.photometric(format.photometric), ..format };
        (decode(writer, &masked.bytes, &written)?, masked.effective)
    };
    let view = View::of(data_set, &format, &before);
    let scale = f64::from(format.columns.max(format.rows)) / f64::from(SIDE);
    let scale = scale.max(1.0);
    Ok(Preview { before: view.picture(&before, scale), after: view.picture(&after, scale), scale, effective })
}

/// Reads one frame as it is coded.
pub(crate) fn encoded(
    data_set: &DataSet,
    source: &dyn Source,
    shape: &Shape,
    frame: u64,
) -> Result<(Vec<u8>, Format), RenderError> {
    let missing = || RenderError::Damaged { frame: frame as usize, damage: Damage::Truncated };
    let there = data_set.pixel_data().filter(|_| frame < shape.frames);
    let pixel_data = there.ok_or_else(|| RenderError::Shape(Reason::new("no-such-frame")))?;
    if pixel_data.encapsulated {
        let frames = Frames::find(source, &pixel_data, shape.frames, None)?;
        return Ok((frame_of(&shape.format, &frames, source, frame as usize)?, shape.format));
    }
    let none = tokumei_codec::Fill([0; 4]);
    let native = Native::new(&shape.format, shape.frames, shape.words, &[], &none);
    let native = native.map_err(|damage| RenderError::Damaged { frame: frame as usize, damage })?;
    let length = pixel_data.range.end - pixel_data.range.start;
    let span = native.span(frame).filter(|span| span.end <= length).ok_or_else(missing)?;
    let decoded = match data_set.value(pixel_data.node) {
        Some(value) => {
            let bytes = value.get(span.start as usize..span.end as usize).ok_or_else(missing)?;
            native.decode(bytes, frame).map(Cow::into_owned)
        }
        None => {
            let mut bytes = vec![0; usize::try_from(span.end - span.start).map_err(|_| missing())?];
            let mut done = 0;
            while done < bytes.len() {
                let at = pixel_data.range.start + span.start + done as u64;
                match source.read_at(at, &mut bytes[done..]).map_err(FrameError::Io)? {
                    0 => return Err(missing()),
                    read => done += read,
                }
            }
            native.decode(bytes, frame).map(Cow::into_owned)
        }
    };
    // From here on the frame is as if it had been written little endian, pixel by pixel.
    let mut format = Format { planar: false, big_endian: false, ..shape.format };
    if format.photometric == Photometric::YbrFull422 {
        format.photometric = Photometric::YbrFull;
    }
    if format.allocated == 1 {
        (format.allocated, format.stored) = (8, 1);
    }
    decoded.map(|bytes| (bytes, format)).map_err(|_| missing())
}

/// How samples become colours.
struct View {
    format: Format,
    low: f64,
    high: f64,
    palette: Vec<[u8; 3]>,
    first: i64,
}

impl View {
    fn of(data_set: &DataSet, format: &Format, samples: &[u8]) -> View {
        let count = samples.len() / format.sample_bytes();
        let values = (0..count).map(|index| sample(format, samples, index));
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        let (palette, first) = match format.photometric {
            Photometric::Palette => palette(data_set),
            _ => (Vec::new(), 0),
        };
        View { format: *format, low, high, palette, first }
    }

    fn picture(&self, samples: &[u8], scale: f64) -> Picture {
        let side = |length: u32| ((f64::from(length) / scale) as u32).max(1);
        let (columns, rows) = (side(self.format.columns), side(self.format.rows));
        let mut rgb = Vec::with_capacity(columns as usize * rows as usize * 3);
        for row in 0..rows {
            for column in 0..columns {
                let at = |index: u32, most: u32| ((f64::from(index) * scale) as u32).min(most - 1) as usize;
                let pixel = at(row, self.format.rows) * self.format.columns as usize + at(column, self.format.columns);
                rgb.extend(self.colour(samples, pixel * usize::from(self.format.samples)));
            }
        }
        Picture { columns, rows, rgb }
    }

    fn colour(&self, samples: &[u8], index: usize) -> [u8; 3] {
        let value = |offset| sample(&self.format, samples, index + offset);
        let eight = |offset| value(offset) / f64::from((1_u32 << self.format.stored.clamp(8, 16)) - 1) * 255.0;
        match self.format.photometric {
            Photometric::Palette => {
                let entry = (value(0) as i64 - self.first).clamp(0, self.palette.len().max(1) as i64 - 1);
                self.palette.get(entry as usize).copied().unwrap_or([0; 3])
            }
            Photometric::YbrFull | Photometric::YbrFull422 if self.format.samples >= 3 => {
                // PS3.3 2026d, C.7.6.3.1.2.
                let (y, cb, cr) = (eight(0), eight(1) - 128.0, eight(2) - 128.0);
                [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|one| one.round() as u8)
            }
            _ if self.format.samples >= 3 => [eight(0) as u8, eight(1) as u8, eight(2) as u8],
            kind => {
                let grey = (value(0) - self.low) / (self.high - self.low).max(f64::MIN_POSITIVE) * 255.0;
                [if kind == Photometric::Monochrome1 { 255.0 - grey } else { grey } as u8; 3]
            }
        }
    }
}

/// Returns a decoded sample; what is not there is 0.
fn sample(format: &Format, samples: &[u8], index: usize) -> f64 {
    let size = format.sample_bytes();
    let bytes = samples.get(index * size..(index + 1) * size).unwrap_or_default();
    let number = bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let unused = 64 - u32::from(format.stored.clamp(1, 64));
    match format.signed {
        true => ((number << unused) as i64 >> unused) as f64,
        false => (number << unused >> unused) as f64,
    }
}

/// The colours of the palette, and the value of its first entry.
pub(crate) fn palette(data_set: &DataSet) -> (Vec<[u8; 3]>, i64) {
    let table = |tag: u16| -> Vec<u8> {
        let Some((table, encoding)) = bytes(data_set, Tag(0x0028, tag)) else { return Vec::new() };
        let high = usize::from(encoding != Encoding::ExplicitBig);
        let of = |byte: usize| table.chunks_exact(2).map(|entry| entry[byte]).collect::<Vec<_>>();
        // Entries of eight bits stand in the low byte of a word, whatever the descriptor says of them.
        let entries = of(high);
        if entries.iter().all(|entry| *entry == 0) { of(1 - high) } else { entries }
    };
    let (red, green, blue) = (table(0x1201), table(0x1202), table(0x1203));
    let colours = red.iter().zip(&green).zip(&blue).map(|((red, green), blue)| [*red, *green, *blue]);
    let descriptor = bytes(data_set, Tag(0x0028, 0x1101)).and_then(|(bytes, encoding)| {
        let pair = [*bytes.get(2)?, *bytes.get(3)?];
        let big = encoding == Encoding::ExplicitBig;
        Some(i64::from(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
    });
    (colours.collect(), descriptor.unwrap_or(0))
}
