//! RLE lossless: each byte of the samples in a segment of its own, coded row by row.
//!
//! Masking codes anew only the rows that a region touches, since no run crosses the border of a row; where some encoder
//! let one cross, the whole segment is coded anew.
//!
//! PS3.5 2026d, A.4.2 and Annex G.

mod header;
mod packbits;
mod packed;
mod segment;

use crate::{Codec, Damage, Fill, Format, MAX_FRAME, Masked, Photometric};
use header::Header;
use packed::Packed;
use segment::Segment;
use std::ops::Range;
use tokumei_core::Region;

/// The codec of RLE lossless frames.
pub(crate) struct Rle;

impl Codec for Rle {
    fn writes(&self) -> &'static str {
        "1.2.840.10008.1.2.5"
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        let effective: Vec<Region> = regions.iter().filter_map(|region| format.cut(*region)).collect();
        if effective.is_empty() {
            let bytes = self.clean(frame, format)?.unwrap_or_else(|| frame.to_vec());
            return Ok(Masked { bytes, effective });
        }
        if let Some(packed) = Packed::open(frame, format, regions, fill) {
            return packed.mask();
        }
        let (shape, segments) = open(frame, format)?;
        let rows = Spans::new(&effective);
        let coded = segments.iter().enumerate().map(|(index, segment)| {
            let value = shape.byte_of(index, fill, format);
            segment.mask(&rows, value)
        });
        let coded: Vec<Vec<u8>> = coded.collect();
        Ok(Masked { bytes: header::join(&coded)?, effective })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        if let Some(packed) = Packed::open(frame, format, &[], &Fill([0; 4])) {
            return packed.clean(frame);
        }
        let (_, segments) = open(frame, format)?;
        let header = Header::read(frame)?;
        if header.is_tidy(frame, &segments) {
            return Ok(None);
        }
        let coded: Vec<Vec<u8>> = segments.iter().map(Segment::needed).collect();
        header::join(&coded).map(Some)
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        if let Some(packed) = Packed::open(frame, format, &[], &Fill([0; 4])) {
            return packed.decode();
        }
        let (shape, segments) = open(frame, format)?;
        let pixel = format.sample_bytes() * usize::from(format.samples);
        let mut out = vec![0; format.decoded_len() as usize];
        for (index, segment) in segments.iter().enumerate() {
            let (sample, byte) = shape.place(index);
            let places = out[sample * format.sample_bytes() + byte..].iter_mut().step_by(pixel);
            segment.decode_into(places);
        }
        Ok(out)
    }
}

/// How the bytes of samples are dealt to segments.
struct Shape {
    /// Bytes of a sample: 1 for 1 bit, since composite pixel codes are padded to whole bytes (PS3.5 2026d, G.2); packed bits
    /// are another matter.
    bytes: usize,
    samples: usize,
}

impl Shape {
    fn new(format: &Format) -> Result<Shape, Damage> {
        format.check()?;
        if format.photometric == Photometric::YbrFull422 {
            return Err(Damage::Unsupported("RLE with subsampled colour"));
        }
        if format.allocated == 1 && format.samples != 1 {
            return Err(Damage::Unsupported("several samples of 1 bit"));
        }
        Ok(Shape { bytes: usize::from(format.allocated.div_ceil(8)), samples: usize::from(format.samples) })
    }

    /// Returns the sample of a segment, and which of its bytes the segment holds, the least significant being 0.
    fn place(&self, segment: usize) -> (usize, usize) {
        (segment / self.bytes, self.bytes - 1 - segment % self.bytes)
    }

    /// Returns the byte that hides pixels in a segment.
    fn byte_of(&self, segment: usize, fill: &Fill, format: &Format) -> u8 {
        let (sample, byte) = self.place(segment);
        crate::native::fill_bits(format, fill.0[sample]).to_le_bytes()[byte]
    }
}

/// Finds the segments of a frame and walks over their runs, before any memory is taken for samples.
fn open<'a>(frame: &'a [u8], format: &Format) -> Result<(Shape, Vec<Segment<'a>>), Damage> {
    let shape = Shape::new(format)?;
    let header = Header::read(frame)?;
    if header.ranges.len() != shape.bytes * shape.samples {
        return Err(Damage::Mismatch("the number of segments"));
    }
    debug_assert!(format.decoded_len() <= MAX_FRAME, "the format was checked");
    let (columns, rows) = (format.columns as usize, format.rows as usize);
    let segments = header.ranges.iter().map(|range| Segment::new(&frame[range.clone()], columns, rows));
    Ok((shape, segments.collect::<Result<_, _>>()?))
}

/// What is hidden in each row: regions by rows, so that a row finds its own.
struct Spans<'a> {
    regions: &'a [Region],
    /// Rows between the first and the last that is touched.
    rows: Range<usize>,
}

impl Spans<'_> {
    fn new(regions: &[Region]) -> Spans<'_> {
        let top = regions.iter().map(|region| region.y).min().unwrap_or(0);
        let bottom = regions.iter().map(|region| region.y + region.height).max().unwrap_or(0);
        Spans { regions, rows: top as usize..bottom as usize }
    }

    /// Returns the columns that are hidden in a row; ranges may overlap.
    fn of(&self, row: usize) -> impl Iterator<Item = Range<usize>> {
        let regions = if self.rows.contains(&row) { self.regions } else { &[] };
        let touches = move |region: &&Region| (region.y as usize..(region.y + region.height) as usize).contains(&row);
        regions.iter().filter(touches).map(|region| region.x as usize..(region.x + region.width) as usize)
    }
}

#[cfg(test)]
mod tests;
