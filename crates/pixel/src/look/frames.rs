//! Decoded frames, one at a time, of an original or of what will be written.

use crate::header::bytes;
use crate::look::spare;
use crate::recode::frame_of;
use crate::render::{RenderError, Rendered, entries};
use crate::shape::Shape;
use std::borrow::Cow;
use tokumei_codec::{Codec, Damage, Fill, Format, Native, Photometric, codec};
use tokumei_core::{Reason, Tag};
use tokumei_wire::{DataSet, FrameError, Frames, PixelData, Source};

const EXTENDED_OFFSET_TABLE: Tag = Tag(0x7FE0, 0x0001);

/// Reads and decodes single frames, so that no more than one need be in memory.
pub(crate) struct FrameReader<'a> {
    source: &'a dyn Source,
    place: Place<'a>,
    /// The shape of the frames as they are stored.
    stored: Format,
    /// How many frames there are.
    pub count: u64,
}

enum Place<'a> {
    /// From this offset on, so many bytes; the value where it is in memory.
    Native { native: Native, start: u64, length: u64, value: Option<&'a [u8]> },
    /// Fragments.
    Coded { codec: &'static dyn Codec, frames: Frames },
}

impl<'a> FrameReader<'a> {
    /// Opens the frames of an original.
    ///
    /// # Errors
    /// [`RenderError`] where the header does not tell the frames, or nothing here decodes them.
    pub fn of(data_set: &'a DataSet, source: &'a dyn Source) -> Result<FrameReader<'a>, RenderError> {
        let (shape, pixel_data) = there(data_set)?;
        if !pixel_data.encapsulated {
            // What is searched now is written later.
            let held = || if shape.frames == 1 { source.hold(pixel_data.range.clone()) } else { None };
            let value = data_set.value(pixel_data.node).or_else(held);
            return Self::native(source, &shape, &pixel_data, value);
        }
        let extended = bytes(data_set, EXTENDED_OFFSET_TABLE).map(|(bytes, _)| entries(bytes));
        Self::coded(source, &shape, &pixel_data, extended.as_deref(), decoder(data_set)?)
    }

    /// Opens the frames of what will be written in place of an original's.
    ///
    /// # Errors
    /// As [`FrameReader::of`].
    pub fn of_rendered(data_set: &'a DataSet, rendered: &'a Rendered<'_>) -> Result<FrameReader<'a>, RenderError> {
        let (mut shape, original) = there(data_set)?;
        let source = rendered.source();
        if !original.encapsulated {
            let value = rendered.value.as_deref().or_else(|| data_set.value(original.node));
            return Self::native(source, &shape, &original, value);
        }
        let read = decoder(data_set)?;
        let written = codec(read.writes()).unwrap_or(read);
        shape.format.photometric = read.photometric(shape.format.photometric);
        let range = rendered.range.clone().unwrap_or_else(|| original.range.clone());
        let pixel_data = PixelData { range, ..original };
        let extended = rendered.extended_offset_table.as_ref().map(|(offsets, _)| offsets.as_slice());
        Self::coded(source, &shape, &pixel_data, extended, written)
    }

    fn native(
        source: &'a dyn Source,
        shape: &Shape,
        pixel_data: &PixelData,
        value: Option<&'a [u8]>,
    ) -> Result<FrameReader<'a>, RenderError> {
        let native = Native::new(&shape.format, shape.frames, shape.words, &[], &Fill([0; 4]));
        let native = native.map_err(|damage| RenderError::Damaged { frame: 0, damage })?;
        let length = pixel_data.range.end - pixel_data.range.start;
        let place = Place::Native { native, start: pixel_data.range.start, length, value };
        Ok(FrameReader { source, place, stored: shape.format, count: shape.frames })
    }

    fn coded(
        source: &'a dyn Source,
        shape: &Shape,
        pixel_data: &PixelData,
        extended: Option<&[u64]>,
        codec: &'static dyn Codec,
    ) -> Result<FrameReader<'a>, RenderError> {
        let frames = Frames::find(source, pixel_data, shape.frames, extended)?;
        Ok(FrameReader { source, place: Place::Coded { codec, frames }, stored: shape.format, count: shape.frames })
    }

    /// Returns the shape of decoded frames: samples of a pixel side by side, little endian.
    pub fn format(&self) -> Format {
        let mut format = Format { planar: false, big_endian: false, ..self.stored };
        if format.photometric == Photometric::YbrFull422 {
            format.photometric = Photometric::YbrFull;
        }
        if format.allocated == 1 {
            (format.allocated, format.stored) = (8, 1);
        }
        format
    }

    /// Reads and decodes a frame, counted from 0.
    ///
    /// # Errors
    /// [`RenderError::Damaged`] for a frame that is not there or cannot be decoded, [`RenderError::Frames`] when reading fails.
    pub fn read(&self, frame: u64) -> Result<Cow<'a, [u8]>, RenderError> {
        let damaged = |damage| RenderError::Damaged { frame: frame as usize, damage };
        self.stored.check().map_err(damaged)?;
        match &self.place {
            Place::Coded { codec, frames } => {
                let coded = frame_of(&self.stored, frames, self.source, frame as usize)?;
                codec.decode(&coded, &self.stored).map(Cow::Owned).map_err(damaged)
            }
            Place::Native { native, start, length, value } => {
                let span = native.span(frame).filter(|span| span.end <= length.next_multiple_of(2));
                let span = span.ok_or_else(|| damaged(Damage::Truncated))?;
                let held = value.map(|value| value.get(span.start as usize..span.end as usize));
                match held {
                    Some(bytes) => native.decode(bytes.ok_or_else(|| damaged(Damage::Truncated))?, frame),
                    None => native.decode(self.raw(start + span.start, span.end - span.start, frame)?, frame),
                }
                .map_err(damaged)
            }
        }
    }

    fn raw(&self, from: u64, length: u64, frame: u64) -> Result<Vec<u8>, RenderError> {
        let short = || RenderError::Damaged { frame: frame as usize, damage: Damage::Truncated };
        let mut bytes = spare::bytes(usize::try_from(length).map_err(|_| short())?);
        let mut done = 0;
        while done < bytes.len() {
            match self.source.read_at(from + done as u64, &mut bytes[done..]) {
                Ok(0) => return Err(short()),
                Ok(read) => done += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(RenderError::Frames(FrameError::Io(error))),
            }
        }
        Ok(bytes)
    }
}

fn there(data_set: &DataSet) -> Result<(Shape, PixelData), RenderError> {
    let missing = || RenderError::Shape(Reason::new("no-such-frame"));
    let pixel_data = data_set.pixel_data().ok_or_else(missing)?;
    Ok((Shape::of(data_set).map_err(RenderError::Shape)?, pixel_data))
}

fn decoder(data_set: &DataSet) -> Result<&'static dyn Codec, RenderError> {
    let syntax = data_set.transfer_syntax();
    let short = syntax.strip_prefix("1.2.840.10008.").unwrap_or(syntax);
    codec(syntax).ok_or_else(|| RenderError::Shape(Reason::at("not-maskable", short)))
}
