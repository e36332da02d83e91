//! Pictures of any part of any frame, through a window of one's choice, for the eyes of whoever decides.
//!
//! Native frames are read row by row, so that a frame of any size takes the memory of a few rows; coded ones are decoded whole
//! within the limit of the codecs, and the last ones are kept unless they are large.

mod rows;
mod tones;

pub use tones::Window;

use crate::fill::fill;
use crate::header::values;
use crate::picture::Picture;
use crate::preview::encoded;
use crate::render::RenderError;
use crate::shape::Shape;
use rows::Rows;
use std::sync::Arc;
use tokumei_codec::{Format, codec};
use tokumei_core::{Reason, Region, Tag};
use tokumei_wire::{DataSet, Source};
use tones::Tones;

/// Which part of which frame is looked at, and how.
#[derive(Clone, Copy, Debug)]
pub struct Shot<'r> {
    /// The frame, from 0.
    pub frame: u64,
    /// The part of it, in pixels of the frame; it is cut to the frame.
    pub area: Region,
    /// The longest side of the picture in pixels, at most [`MOST_SIDE`].
    pub side: u32,
    /// How samples become brightness.
    pub window: Window,
    /// What is hidden, in pixels of the frame.
    pub hidden: &'r [Region],
}

/// No picture has a longer side.
pub const MOST_SIDE: u32 = 2048;

/// Decoded frames of more bytes are not kept.
const KEPT: usize = 64 << 20;

/// A picture, and what it hides.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The picture.
    pub picture: Picture,
    /// What is hidden, in pixels of the frame: what was asked for, grown to what the codec can hide alone.
    pub effective: Vec<Region>,
}

/// The frames of one instance.
pub struct Viewer {
    shape: Shape,
    tones: Tones,
    /// The last coded frames that were decoded: one with nothing hidden, one with something.
    decoded: [Option<Decoded>; 2],
    /// The values of a frame, thinned out and in ascending order.
    spread: Option<(u64, Arc<Vec<f64>>)>,
}

#[derive(Clone)]
struct Decoded {
    frame: u64,
    asked: Vec<Region>,
    effective: Vec<Region>,
    format: Format,
    samples: Arc<Vec<u8>>,
}

impl Viewer {
    /// Reads from a header what its frames are like.
    ///
    /// # Errors
    /// [`RenderError`] when the header does not tell, or nothing here decodes the frames.
    pub fn of(data_set: &DataSet) -> Result<Viewer, RenderError> {
        let shape = Shape::of(data_set).map_err(RenderError::Shape)?;
        if codec(data_set.transfer_syntax()).is_none() {
            return Err(RenderError::Shape(Reason::new("not-maskable")));
        }
        Ok(Viewer { shape, tones: Tones::of(data_set, &shape), decoded: [None, None], spread: None })
    }

    /// Returns columns and rows of a frame.
    pub fn size(&self) -> (u32, u32) {
        (self.shape.format.columns, self.shape.format.rows)
    }

    /// Returns how many frames the header states.
    pub fn frames(&self) -> u64 {
        self.shape.frames
    }

    /// Tells whether a window changes anything: whether frames are grey.
    pub fn is_grey(&self) -> bool {
        self.tones.is_grey()
    }

    /// Returns the windows that the header proposes, centre and width.
    ///
    /// # Standard
    /// PS3.3 2026d, C.11.2.1.2.
    pub fn windows(&self) -> &[(f64, f64)] {
        &self.tones.windows
    }

    /// Returns the lowest and the highest value of a frame, as far as a thinned-out look tells, rescaled.
    ///
    /// # Errors
    /// As [`Viewer::picture`].
    pub fn range(
        &mut self,
        data_set: &DataSet,
        source: &(dyn Source + Sync),
        frame: u64,
    ) -> Result<(f64, f64), RenderError> {
        let spread = self.spread(data_set, source, frame)?;
        Ok((spread.first().copied().unwrap_or(0.0), spread.last().copied().unwrap_or(0.0)))
    }

    /// Draws a part of a frame.
    ///
    /// # Errors
    /// [`RenderError`] when the frame is not there, cannot be decoded, or is coded and larger than a codec may decode.
    pub fn picture(
        &mut self,
        data_set: &DataSet,
        source: &(dyn Source + Sync),
        shot: &Shot<'_>,
    ) -> Result<Shown, RenderError> {
        let nothing = || RenderError::Shape(Reason::new("no-such-frame"));
        let frame = Some(shot.frame).filter(|frame| *frame < self.shape.frames).ok_or_else(nothing)?;
        let area = self.shape.format.cut(shot.area).ok_or_else(nothing)?;
        let spread = match shot.window.needs_spread(&self.tones) {
            true => self.spread(data_set, source, frame)?,
            false => Arc::default(),
        };
        let grid = Grid::of(area, shot.side.clamp(1, MOST_SIDE));
        let (rows, effective) = self.rows(data_set, source, frame, shot.hidden)?;
        let mut paint = self.tones.paint(shot.window, &spread, &rows.format);
        let rgb = if self.tones.is_grey() {
            grid.draw(rows, |samples, out: &mut [[u8; 1]]| paint.grey(samples, out))?
        } else {
            grid.draw(rows, |samples, out: &mut [[u8; 3]]| paint.row(samples, out))?
        };
        Ok(Shown { picture: Picture { columns: grid.columns, rows: grid.rows, rgb }, effective })
    }

    /// Returns the rows of a frame with regions hidden.
    fn rows<'a>(
        &mut self,
        data_set: &'a DataSet,
        source: &'a (dyn Source + Sync),
        frame: u64,
        hidden: &[Region],
    ) -> Result<(Rows<'a>, Vec<Region>), RenderError> {
        let pixel_data = data_set.pixel_data().ok_or_else(|| RenderError::Shape(Reason::new("no-such-frame")))?;
        if !pixel_data.encapsulated {
            return Rows::native(data_set, source, &self.shape, &pixel_data, frame, hidden);
        }
        let decoded = self.decode(data_set, source, frame, hidden)?;
        Ok((Rows::decoded(decoded.format, decoded.samples), decoded.effective))
    }

    /// Decodes a coded frame, or takes the one that was decoded last.
    fn decode(
        &mut self,
        data_set: &DataSet,
        source: &(dyn Source + Sync),
        frame: u64,
        hidden: &[Region],
    ) -> Result<Decoded, RenderError> {
        let slot = usize::from(!hidden.is_empty());
        let last = self.decoded[slot].take().filter(|last| last.frame == frame && last.asked == hidden);
        if let Some(last) = last {
            self.decoded[slot] = Some(last.clone());
            return Ok(last);
        }
        let damaged = |damage| RenderError::Damaged { frame: frame as usize, damage };
        // Before any memory is taken for what the header says.
        self.shape.format.check().map_err(damaged)?;
        let (bytes, format) = encoded(data_set, source, &self.shape, frame)?;
        let reader =
            codec(data_set.transfer_syntax()).ok_or_else(|| RenderError::Shape(Reason::new("not-maskable")))?;
        let (samples, format, effective) = if hidden.is_empty() {
            (reader.decode(&bytes, &format).map_err(damaged)?, format, Vec::new())
        } else {
            let masked = reader.mask(&bytes, &format, hidden, &fill(data_set, &format)).map_err(damaged)?;
            let writer = codec(reader.writes()).unwrap_or(reader);
            let format = Format { photometric: reader.photometric(format.photometric), ..format };
            (writer.decode(&masked.bytes, &format).map_err(damaged)?, format, masked.effective)
        };
        // Decoded samples stand pixel by pixel, little endian.
        let format = Format { planar: false, big_endian: false, ..format };
        let decoded = Decoded { frame, asked: hidden.to_vec(), effective, format, samples: Arc::new(samples) };
        if decoded.samples.len() <= KEPT {
            self.decoded[slot] = Some(decoded.clone());
        }
        Ok(decoded)
    }

    /// Returns the values of a frame, thinned out to a grid of 512 by 512, in ascending order.
    fn spread(
        &mut self,
        data_set: &DataSet,
        source: &(dyn Source + Sync),
        frame: u64,
    ) -> Result<Arc<Vec<f64>>, RenderError> {
        if let Some((_, spread)) = self.spread.as_ref().filter(|(of, _)| *of == frame) {
            return Ok(Arc::clone(spread));
        }
        let (columns, rows) = self.size();
        let (mut lines, _) = self.rows(data_set, source, frame, &[])?;
        let places = |length: u32| (0..length).step_by(length.div_ceil(512).max(1) as usize);
        let mut found = Vec::new();
        for row in places(rows) {
            let format = lines.format;
            let samples = lines.row(row)?;
            let one = |column: u32| self.tones.value(&format, samples, column as usize);
            found.extend(places(columns).map(one).filter(|value| value.is_finite()));
        }
        found.sort_unstable_by(f64::total_cmp);
        let spread = Arc::new(found);
        self.spread = Some((frame, Arc::clone(&spread)));
        Ok(spread)
    }
}

/// Which samples of an area make which pixels of a picture.
struct Grid {
    area: Region,
    columns: u32,
    rows: u32,
}

/// So many samples along each side make a pixel, at most: a mean keeps thin strokes that a single sample would miss.
const MEAN: u32 = 4;

impl Grid {
    fn of(area: Region, side: u32) -> Grid {
        let longest = area.width.max(area.height);
        let scaled = |length: u32| match longest <= side {
            true => length,
            false => (u64::from(length) * u64::from(side) / u64::from(longest)).max(1) as u32,
        };
        Grid { area, columns: scaled(area.width), rows: scaled(area.height) }
    }

    /// Returns where the samples lie that make a pixel, along one side.
    fn sources(start: u32, length: u32, pixels: u32, pixel: u32) -> impl ExactSizeIterator<Item = u32> + Clone {
        let at = |pixel: u32| (u64::from(pixel) * u64::from(length) / u64::from(pixels)) as u32;
        let (from, to) = (at(pixel), at(pixel + 1).max(at(pixel) + 1).min(length));
        let count = (to - from).clamp(1, MEAN);
        (0..count).map(move |one| start + from + one * (to - from) / count)
    }

    /// Draws the picture, three bytes a pixel: `paint` turns a row of samples into colours of one part or three.
    fn draw<const PARTS: usize>(
        &self,
        mut rows: Rows<'_>,
        mut paint: impl FnMut(&[u8], &mut [[u8; PARTS]]),
    ) -> Result<Vec<u8>, RenderError> {
        let width = self.columns as usize;
        let (mut rgb, mut sums) = (Vec::with_capacity(width * self.rows as usize * 3), vec![[0_u32; PARTS]; width]);
        let mut line = vec![[0; PARTS]; rows.format.columns as usize];
        let sources = |pixel| Grid::sources(self.area.x, self.area.width, self.columns, pixel);
        // Worked out once: to divide anew in each row takes longer than all else.
        let places: Vec<Vec<u32>> = (0..self.columns).map(|pixel| sources(pixel).collect()).collect();
        for row in 0..self.rows {
            sums.fill([0; PARTS]);
            let mut lines = 0;
            for from in Grid::sources(self.area.y, self.area.height, self.rows, row) {
                paint(rows.row(from)?, &mut line);
                add(&line, &places, &mut sums);
                lines += 1;
            }
            let colours = sums.iter().map(|sum| sum.map(|part| (part / lines.max(1)) as u8));
            rgb.extend(colours.flat_map(|colour| std::array::from_fn::<u8, 3, _>(|part| colour[part.min(PARTS - 1)])));
        }
        Ok(rgb)
    }
}

/// Adds the means of a painted line to the sums of a row of pixels.
fn add<const PARTS: usize>(line: &[[u8; PARTS]], places: &[Vec<u32>], sums: &mut [[u32; PARTS]]) {
    for (places, sum) in places.iter().zip(sums) {
        let count = places.len().max(1) as u32;
        let mut pixel = [0_u32; PARTS];
        for colour in places.iter().filter_map(|place| line.get(*place as usize)) {
            pixel.iter_mut().zip(colour).for_each(|(part, one)| *part += u32::from(*one));
        }
        sum.iter_mut().zip(pixel).for_each(|(sum, part)| *sum += part / count);
    }
}

/// Returns the numbers of a decimal string.
fn numbers(data_set: &DataSet, tag: Tag) -> Vec<f64> {
    values(data_set, tag)
        .iter()
        .filter_map(|text| text.parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect()
}

#[cfg(test)]
mod tests;
