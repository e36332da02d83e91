//! Frames of 1 bit whose pixels are packed into bytes before the bytes are coded, as several writers do.
//!
//! PS3.5 2026d, 8.1.1 (packing); Annex G knows composite pixel codes of whole bytes only, and says nothing of them.

use super::header::{self, Header};
use super::segment::Segment;
use crate::native::Native;
use crate::{Damage, Fill, Format, Masked};
use tokumei_core::Region;

/// One segment of packed bits.
pub(super) struct Packed<'a> {
    header: Header,
    segment: Segment<'a>,
    native: Native,
}

impl<'a> Packed<'a> {
    /// Opens a frame of 1 bit whose codes are too few for a byte a pixel, and enough for a bit a pixel.
    pub fn open(frame: &'a [u8], format: &Format, regions: &[Region], fill: &Fill) -> Option<Packed<'a>> {
        if format.allocated != 1 || format.samples != 1 {
            return None;
        }
        let header = Header::read(frame).ok()?;
        let [range] = header.ranges.as_slice() else { return None };
        let bytes = &frame[range.clone()];
        let pixels = format.columns as usize * format.rows as usize;
        if Segment::new(bytes, pixels, 1).is_ok() {
            return None;
        }
        let segment = Segment::new(bytes, pixels.div_ceil(8), 1).ok()?;
        let native = Native::new(format, 1, false, regions, fill).ok()?;
        Some(Packed { header, segment, native })
    }

    pub fn mask(&self) -> Result<Masked, Damage> {
        let mut bits = self.segment.decode();
        self.native.overwrite(&mut bits, 0);
        let bytes = header::join(&[self.segment.encode_all(&bits)])?;
        Ok(Masked { bytes, effective: self.native.effective().to_vec() })
    }

    pub fn clean(&self, frame: &[u8]) -> Result<Option<Vec<u8>>, Damage> {
        if self.header.is_tidy(frame, std::slice::from_ref(&self.segment)) {
            return Ok(None);
        }
        header::join(&[self.segment.needed()]).map(Some)
    }

    pub fn decode(&self) -> Result<Vec<u8>, Damage> {
        Ok(self.native.decode(self.segment.decode(), 0)?.into_owned())
    }
}
