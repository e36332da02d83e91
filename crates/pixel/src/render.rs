//! Pixel data as it will be written.

use crate::altered::Altered;
use crate::bits::{Stored, has_embedded_planes};
use crate::fill::fill;
use crate::header::bytes;
use crate::recode::{Coded, Work, is_clean, recode};
use crate::request::Requests;
use crate::shape::{Shape, high_bit};
use crate::spool::Scratch;
use std::io;
use std::ops::Range;
use tokumei_codec::{Damage, Fill, Format, Native, codec};
use tokumei_core::{Reason, Region, Tag};
use tokumei_wire::{DataSet, FrameError, Frames, PixelData, Source};

const EXTENDED_OFFSET_TABLE: Tag = Tag(0x7FE0, 0x0001);

/// What is going to change in pixel data, as far as it can be told without reading it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outlook {
    /// Whether something will be hidden.
    pub masked: bool,
    /// UID of the transfer syntax that will be written, where it is another.
    pub transfer_syntax: Option<&'static str>,
    /// Photometric Interpretation (0028,0004) that will be written, where it is another.
    pub photometric: Option<&'static str>,
}

/// Tells what is going to change in the pixel data of an instance.
///
/// # Errors
/// The reason for quarantine when its header does not say what must be known to mask it.
pub fn outlook(data_set: &DataSet, requests: &Requests) -> Result<Outlook, Reason> {
    if requests.regions.is_empty() || data_set.pixel_data().is_none() {
        return Ok(Outlook::default());
    }
    let shape = Shape::of(data_set)?;
    if !shape.knows_colour {
        return Err(Reason::new("photometric-unknown"));
    }
    let syntax = data_set.transfer_syntax();
    let codec = codec(syntax).ok_or_else(|| Reason::at("not-maskable", syntax_name(syntax)))?;
    let photometric = codec.photometric(shape.format.photometric);
    Ok(Outlook {
        masked: true,
        transfer_syntax: Some(codec.writes()).filter(|writes| *writes != syntax),
        photometric: (photometric != shape.format.photometric).then(|| photometric.name()),
    })
}

/// The last parts of the UID of a transfer syntax, which is known, so that a reason is short.
fn syntax_name(uid: &str) -> &str {
    uid.strip_prefix("1.2.840.10008.").unwrap_or(uid)
}

/// The pixel data of an output.
pub struct Rendered<'a> {
    from: From<'a>,
    /// Where it lies in [`Rendered::source`]; `None` when it is not streamed.
    pub range: Option<Range<u64>>,
    /// The new value of pixel data that is in memory, because its data set was deflated.
    pub value: Option<Vec<u8>>,
    /// Whether it consists of fragments.
    pub encapsulated: bool,
    /// Whether every byte is that of the original.
    pub untouched: bool,
    /// Offsets and lengths for the Extended Offset Table, where there is one and frames moved.
    pub extended_offset_table: Option<(Vec<u64>, Vec<u64>)>,
    /// What is hidden in the frames: what was asked for, grown to the blocks of the codec.
    pub effective: Vec<Region>,
}

enum From<'a> {
    Original(&'a (dyn Source + Sync)),
    Altered(Altered<'a>),
    Coded(Box<Coded>),
}

impl Rendered<'_> {
    /// Returns what the pixel data is to be read from.
    pub fn source(&self) -> &dyn Source {
        match &self.from {
            From::Original(source) => *source,
            From::Altered(altered) => altered,
            From::Coded(coded) => coded.as_ref(),
        }
    }
}

/// Why pixel data could not be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// Reading the source failed, or it has become shorter; or fragments do not tell their frames.
    #[error("the frames could not be read")]
    Frames(#[from] FrameError),
    /// Writing coded frames failed.
    #[error("the coded frames could not be written")]
    Unwritable(io::Error),
    /// A frame cannot be decoded, cleaned or coded.
    #[error("frame {frame}: {damage}")]
    Damaged {
        /// Which, from 0.
        frame: usize,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The header does not say what must be known.
    #[error("the header does not give the shape of the frames")]
    Shape(Reason),
}

/// Renders the pixel data of an instance: as it is, cleaned of what is no sample, or with regions hidden in every frame.
///
/// What holds nothing to clean or to hide is read from the original, byte for byte.
///
/// # Errors
/// [`RenderError`], above all for frames that cannot be decoded: nothing of them is passed on.
///
/// # Standard
/// PS3.15 2026d, E.3.1; PS3.5 2026d, A.4 (encapsulation and offset tables).
pub fn render<'a>(
    data_set: &DataSet,
    source: &'a (dyn Source + Sync),
    requests: &Requests,
    scratch: Scratch<'_>,
) -> Result<Rendered<'a>, RenderError> {
    let Some(pixel_data) = data_set.pixel_data().filter(|pixel_data| !pixel_data.range.is_empty()) else {
        return Ok(original(source, None));
    };
    let regions: Vec<Region> = requests.regions.iter().map(|request| request.region).collect();
    let spare = Shape::of(data_set).is_ok_and(|shape| {
        let can = !pixel_data.encapsulated && matches!(shape.format.allocated, 8 | 16);
        shape.format.stored < shape.format.allocated && !can
    });
    if spare && has_embedded_planes(data_set) {
        return Err(RenderError::Shape(Reason::new("overlay-in-pixel-data")));
    }
    if pixel_data.encapsulated {
        return encapsulated(data_set, source, &pixel_data, &regions, scratch);
    }
    native(data_set, source, &pixel_data, &regions)
}

fn original<'a>(source: &'a (dyn Source + Sync), pixel_data: Option<&PixelData>) -> Rendered<'a> {
    Rendered {
        from: From::Original(source),
        range: pixel_data.map(|pixel_data| pixel_data.range.clone()),
        value: None,
        encapsulated: pixel_data.is_some_and(|pixel_data| pixel_data.encapsulated),
        untouched: true,
        extended_offset_table: None,
        effective: Vec::new(),
    }
}

fn native<'a>(
    data_set: &DataSet,
    source: &'a (dyn Source + Sync),
    pixel_data: &PixelData,
    regions: &[Region],
) -> Result<Rendered<'a>, RenderError> {
    let shape = Shape::of(data_set);
    let stored = shape.as_ref().ok().and_then(|shape| Stored::of(data_set, shape));
    if regions.is_empty() && stored.is_none() {
        return Ok(original(source, Some(pixel_data)));
    }
    let shape = shape.map_err(RenderError::Shape)?;
    let (format, fill) = placed(shape.format, fill(data_set, &shape.format), high_bit(data_set, &shape));
    let native = Native::new(&format, shape.frames, shape.words, regions, &fill)
        .map_err(|damage| RenderError::Damaged { frame: 0, damage })?;
    let effective = native.effective().to_vec();
    let altered = Altered { source, start: pixel_data.range.start, native, stored };
    let held = data_set.value(pixel_data.node).map(|value| {
        let mut value = value.to_vec();
        altered.alter(&mut value, 0);
        value
    });
    let range = Some(pixel_data.range.clone());
    let rendered = original(source, None);
    Ok(Rendered { from: From::Altered(altered), range, value: held, untouched: false, effective, ..rendered })
}

/// Moves the fill value to where the header has the bits of a sample: the highest of them need not be Bits Stored - 1.
fn placed(format: Format, fill: Fill, high: u16) -> (Format, Fill) {
    let shift = high + 1 - format.stored;
    if shift == 0 || format.allocated > 32 {
        return (format, fill);
    }
    (Format { stored: high + 1, ..format }, Fill(fill.0.map(|value| value << shift)))
}

fn encapsulated<'a>(
    data_set: &DataSet,
    source: &'a (dyn Source + Sync),
    pixel_data: &PixelData,
    regions: &[Region],
    scratch: Scratch<'_>,
) -> Result<Rendered<'a>, RenderError> {
    let shape = Shape::of(data_set).map_err(RenderError::Shape)?;
    let syntax = data_set.transfer_syntax();
    let unknown = || RenderError::Shape(Reason::at("not-maskable", syntax_name(syntax)));
    let codec = codec(syntax).ok_or_else(unknown)?;
    let extended = bytes(data_set, EXTENDED_OFFSET_TABLE).map(|(bytes, _)| entries(bytes));
    let frames = Frames::find(source, pixel_data, shape.frames, extended.as_deref())?;
    let fill = if regions.is_empty() { Fill([0; 4]) } else { fill(data_set, &shape.format) };
    let work = Work { codec, format: shape.format, regions, fill };
    let untouched = regions.is_empty() && frames.tables_fit && is_clean(&work, &frames, source)?;
    if untouched {
        return Ok(original(source, Some(pixel_data)));
    }
    let mut coded = recode(&work, &frames, source, extended.is_some(), scratch)?;
    let (extended, effective) = (coded.extended.take(), std::mem::take(&mut coded.effective));
    Ok(Rendered {
        range: Some(0..coded.len()),
        from: From::Coded(Box::new(coded)),
        value: None,
        encapsulated: true,
        untouched: false,
        extended_offset_table: extended,
        effective,
    })
}

pub(crate) fn entries(bytes: &[u8]) -> Vec<u64> {
    let number = |entry: &[u8]| entry.iter().rev().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    bytes.chunks_exact(8).map(number).collect()
}
