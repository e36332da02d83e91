//! Rows of a frame, one at a time.

use crate::fill::fill;
use crate::render::RenderError;
use crate::shape::Shape;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use tokumei_codec::{Damage, Fill, Format, Native, Photometric};
use tokumei_core::Region;
use tokumei_wire::{DataSet, FrameError, PixelData, Source};

/// The rows of one frame.
pub(super) struct Rows<'a> {
    /// The shape of what [`Rows::row`] gives: pixel by pixel, little endian.
    pub format: Format,
    from: From<'a>,
    row: Vec<u8>,
}

enum From<'a> {
    /// All samples of the frame.
    Decoded(Arc<Vec<u8>>),
    /// Where they lie.
    Native(Box<Place<'a>>),
}

struct Place<'a> {
    data_set: &'a DataSet,
    source: &'a (dyn Source + Sync),
    pixel_data: PixelData,
    /// What hides the regions.
    masks: Native,
    /// The pixel data as if each row of each plane were a frame of its own: nothing stands between rows.
    lines: Native,
    /// The shape of such a line.
    line: Format,
    /// The first line of the frame, and how many lie between one plane and the next.
    first: u64,
    planes: u64,
    /// Bytes of the pixel data that were read with the last line, and where they begin: rows are asked for in their order.
    ahead: (u64, Vec<u8>),
}

/// So many bytes are read at a time where a row has fewer.
const AHEAD: usize = 32 << 10;

impl<'a> Rows<'a> {
    /// Returns the rows of a decoded frame.
    pub fn decoded(format: Format, samples: Arc<Vec<u8>>) -> Rows<'a> {
        Rows { format, from: From::Decoded(samples), row: Vec::new() }
    }

    /// Returns the rows of a native frame with regions hidden, and what is hidden of it.
    ///
    /// # Errors
    /// [`RenderError`] for a shape that no frame can have.
    pub fn native(
        data_set: &'a DataSet,
        source: &'a (dyn Source + Sync),
        shape: &Shape,
        pixel_data: &PixelData,
        frame: u64,
        hidden: &[Region],
    ) -> Result<(Rows<'a>, Vec<Region>), RenderError> {
        let damaged = |damage| RenderError::Damaged { frame: frame as usize, damage };
        let stored = shape.format;
        let masks =
            Native::new(&stored, shape.frames, shape.words, hidden, &fill(data_set, &stored)).map_err(damaged)?;
        let planes = if stored.planar && stored.samples > 1 { u64::from(stored.samples) } else { 1 };
        let samples = if planes > 1 { 1 } else { stored.samples };
        let line = Format { rows: 1, samples, planar: false, ..stored };
        let count = shape.frames.saturating_mul(planes).saturating_mul(u64::from(stored.rows));
        let lines = Native::new(&line, count, shape.words, &[], &Fill([0; 4])).map_err(damaged)?;
        let effective = masks.effective().to_vec();
        let first = frame * planes * u64::from(stored.rows);
        let place = Place {
            data_set,
            source,
            pixel_data: pixel_data.clone(),
            masks,
            lines,
            line,
            first,
            planes,
            ahead: (0, Vec::new()),
        };
        Ok((Rows { format: as_decoded(stored), from: From::Native(Box::new(place)), row: Vec::new() }, effective))
    }

    /// Returns the samples of a row, from 0: pixel by pixel.
    ///
    /// # Errors
    /// [`RenderError`] when the pixel data ends before it.
    pub fn row(&mut self, row: u32) -> Result<&[u8], RenderError> {
        let length = self.format.columns as usize * usize::from(self.format.samples) * self.format.sample_bytes();
        match &mut self.from {
            From::Decoded(samples) => {
                let start = row as usize * length;
                let truncated = RenderError::Damaged { frame: 0, damage: Damage::Truncated };
                samples.get(start..start + length).ok_or(truncated)
            }
            From::Native(place) => {
                self.row = place.row(row, self.format.rows, length)?;
                Ok(&self.row)
            }
        }
    }
}

/// From here on a native frame is as if it had been written little endian, pixel by pixel.
fn as_decoded(stored: Format) -> Format {
    let mut format = Format { planar: false, big_endian: false, ..stored };
    if format.photometric == Photometric::YbrFull422 {
        format.photometric = Photometric::YbrFull;
    }
    if format.allocated == 1 {
        (format.allocated, format.stored) = (8, 1);
    }
    format
}

impl Place<'_> {
    fn row(&mut self, row: u32, rows: u32, length: usize) -> Result<Vec<u8>, RenderError> {
        if self.planes == 1 {
            return self.line(self.first + u64::from(row));
        }
        let mut out = vec![0; length];
        let (size, planes) = (self.line.sample_bytes(), self.planes as usize);
        for plane in 0..planes {
            let line = self.line(self.first + plane as u64 * u64::from(rows) + u64::from(row))?;
            for (pixel, sample) in line.chunks_exact(size).enumerate() {
                let at = (pixel * planes + plane) * size;
                out[at..at + size].copy_from_slice(sample);
            }
        }
        Ok(out)
    }

    /// Reads one line, hides what is hidden of it, and decodes it.
    fn line(&mut self, line: u64) -> Result<Vec<u8>, RenderError> {
        let missing = || RenderError::Damaged { frame: 0, damage: Damage::Truncated };
        let length = self.pixel_data.range.end - self.pixel_data.range.start;
        let span = self.lines.span(line).filter(|span| span.end <= length + length % 2).ok_or_else(missing)?;
        let mut bytes = match self.data_set.value(self.pixel_data.node) {
            Some(value) => {
                value.get(span.start as usize..value.len().min(span.end as usize)).ok_or_else(missing)?.to_vec()
            }
            None => self.read(span.clone(), length)?.to_vec(),
        };
        self.masks.overwrite(&mut bytes, span.start);
        self.lines.decode(bytes, line).map(Cow::into_owned).map_err(|_| missing())
    }

    /// Returns a span of the pixel data, of which there are `length` bytes.
    fn read(&mut self, span: Range<u64>, length: u64) -> Result<&[u8], RenderError> {
        let wanted = (span.end - span.start) as usize;
        let held = |ahead: &(u64, Vec<u8>)| {
            let at = usize::try_from(span.start.checked_sub(ahead.0)?).ok()?;
            (at + wanted <= ahead.1.len()).then_some(at)
        };
        if held(&self.ahead).is_none() {
            let room = length.saturating_sub(span.start).min(AHEAD as u64) as usize;
            let (start, mut bytes) = (self.pixel_data.range.start + span.start, std::mem::take(&mut self.ahead.1));
            bytes.resize(wanted.max(room), 0);
            let mut done = 0;
            while done < bytes.len() {
                match self.source.read_at(start + done as u64, &mut bytes[done..]).map_err(FrameError::Io)? {
                    0 if done >= wanted => break,
                    0 => return Err(RenderError::Damaged { frame: 0, damage: Damage::Truncated }),
                    read => done += read,
                }
            }
            bytes.truncate(done);
            self.ahead = (span.start, bytes);
        }
        let at = held(&self.ahead).unwrap_or(0);
        Ok(&self.ahead.1[at..at + wanted])
    }
}
