//! The pixel data on the way: passed over at the top level, held within items.

use super::{Frame, Level, Walker, effective};
use crate::header::Header;
use crate::syntax::Pixels;
use crate::{NodeKind, Note, PixelData, ReadError, fragments};
use tokumei_core::{Tag, tags};

impl Walker<'_> {
    /// Tells whether no pixel data has been passed, or only an empty element.
    pub(super) fn awaits_pixels(&self) -> bool {
        self.out.pixel_data.as_ref().is_none_or(|pixels| pixels.range.is_empty())
    }

    pub(super) fn native_pixels(&mut self, frame: Frame, read: &Header, value: u64, end: u64) -> Result<(), ReadError> {
        if read.tag == tags::PIXEL_DATA && self.pixels == Pixels::Encapsulated && read.length > 0 {
            return Err(ReadError::EncodingContradicts { offset: self.pos });
        }
        if read.length % 2 == 1 {
            self.note(Note::OddLength(self.path(Some(read.tag))))?;
        }
        let id = self.leaf(frame, read, NodeKind::Value, effective(read), value, end)?;
        self.out.pixel_data = Some(PixelData { node: id, range: value..end, encapsulated: false, fragments: 0 });
        if read.length > 0 && !self.resident {
            self.out.streamed = Some(id);
            self.out.stream.pass_over(value, end);
        }
        Ok(())
    }

    pub(super) fn encapsulated(&mut self, frame: Frame, read: &Header, value: u64) -> Result<(), ReadError> {
        let top = frame.level == Level::Root && self.awaits_pixels();
        if !frame.encoding.is_explicit() || frame.level == Level::Root && self.pixels != Pixels::Encapsulated {
            return Err(ReadError::EncodingContradicts { offset: self.pos });
        }
        let path = self.path(Some(read.tag));
        let passed =
            fragments::hop(&mut self.out.stream, value, frame.bound, frame.encoding, self.limits.nodes, &path)?;
        let streamed = top && !self.resident;
        if !streamed {
            self.out.stream.hold(passed.stop)?;
        }
        let id = self.leaf(frame, read, NodeKind::Fragments, effective(read), value, passed.stop)?;
        if top {
            let range = value..passed.stop;
            self.out.pixel_data =
                Some(PixelData { node: id, range: range.clone(), encapsulated: true, fragments: passed.count });
            if streamed {
                self.out.streamed = Some(id);
                self.out.stream.pass_over(range.start, range.end);
            }
        }
        Ok(())
    }
}

/// Tells whether this is the pixel data, integer or float.
pub(super) fn is_pixel_data(tag: Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA)
}
