//! The shape of the frames, as the header of a data set states it.

use crate::beside::{has_its_length, native_length};
use crate::header::{integer, values};
use tokumei_codec::{Format, Photometric};
use tokumei_core::{Reason, Tag, Vr, tags};
use tokumei_wire::{DataSet, Encoding};

const SAMPLES_PER_PIXEL: Tag = Tag(0x0028, 0x0002);
const PHOTOMETRIC_INTERPRETATION: Tag = Tag(0x0028, 0x0004);
const PLANAR_CONFIGURATION: Tag = Tag(0x0028, 0x0006);
const NUMBER_OF_FRAMES: Tag = Tag(0x0028, 0x0008);
const ROWS: Tag = Tag(0x0028, 0x0010);
const COLUMNS: Tag = Tag(0x0028, 0x0011);
const BITS_ALLOCATED: Tag = Tag(0x0028, 0x0100);
const BITS_STORED: Tag = Tag(0x0028, 0x0101);
const PIXEL_REPRESENTATION: Tag = Tag(0x0028, 0x0103);

/// The shape of all frames of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub format: Format,
    pub frames: u64,
    /// Whether native samples stand in words of 16 bits.
    pub words: bool,
    /// Whether the photometric interpretation is one that is known.
    pub knows_colour: bool,
}

impl Shape {
    /// Reads the shape of the pixel data that a data set has.
    ///
    /// # Errors
    /// The reason for quarantine when the numbers are missing or make no frame.
    ///
    /// # Standard
    /// PS3.3 2026d, C.7.6.3 and C.7.6.6.
    pub fn of(data_set: &DataSet) -> Result<Shape, Reason> {
        let missing = |tag: Tag| Reason::at("image-shape", tag);
        let number = |tag| integer(data_set, tag).and_then(|number| u16::try_from(number).ok());
        let needed = |tag| number(tag).ok_or_else(|| missing(tag));
        let pixel_data = data_set.pixel_data().ok_or_else(|| missing(tags::PIXEL_DATA))?;
        let node = data_set.node(pixel_data.node);
        let allocated = needed(BITS_ALLOCATED)?;
        let named = values(data_set, PHOTOMETRIC_INTERPRETATION).first().and_then(|name| Photometric::parse(name));
        let photometric = match named {
            Some(Photometric::YbrFull422) if !pixel_data.encapsulated && is_full(data_set) => Photometric::YbrFull,
            Some(photometric) => photometric,
            None => Photometric::Monochrome2,
        };
        let format = Format {
            rows: u32::from(needed(ROWS)?),
            columns: u32::from(needed(COLUMNS)?),
            samples: number(SAMPLES_PER_PIXEL).unwrap_or(1),
            allocated,
            stored: number(BITS_STORED).unwrap_or(allocated),
            signed: number(PIXEL_REPRESENTATION) == Some(1),
            planar: number(PLANAR_CONFIGURATION) == Some(1),
            photometric,
            big_endian: node.encoding == Encoding::ExplicitBig,
        };
        let frames = stated_frames(data_set).ok_or_else(|| missing(NUMBER_OF_FRAMES))?;
        // Only the limit on memory does not concern what is never decoded.
        let checked = Format { rows: 1, columns: 1, ..format }.check();
        if checked.is_err() || format.rows == 0 || format.columns == 0 {
            return Err(missing(ROWS));
        }
        let words = node.vr != Vr::OB;
        Ok(Shape { format, frames, words, knows_colour: named.is_some() })
    }
}

/// High Bit (0028,0102): Bits Stored - 1 where it is missing or impossible.
pub(crate) fn high_bit(data_set: &DataSet, shape: &Shape) -> u16 {
    let (stored, allocated) = (shape.format.stored, shape.format.allocated);
    let high = integer(data_set, Tag(0x0028, 0x0102)).and_then(|high| u16::try_from(high).ok());
    high.filter(|high| (stored - 1..allocated).contains(high)).unwrap_or(stored - 1)
}

/// Returns how many frames a data set has: what it says where its pixel data has room for that many, else 1; 0 without pixel data.
///
/// The number is counted where it leaves. One that nothing bears out may be any number that somebody has written there.
pub fn frames(data_set: &DataSet) -> u64 {
    let Some(pixel_data) = data_set.pixel_data() else { return 0 };
    let length = pixel_data.range.end.saturating_sub(pixel_data.range.start);
    let has_room = |frames: &u64| match pixel_data.encapsulated {
        true => *frames <= length / FRAGMENT,
        false => *frames <= length.saturating_mul(8) && has_its_length(data_set),
    };
    stated_frames(data_set).filter(has_room).unwrap_or(1)
}

/// The fewest bytes of a frame in fragments: the head of an item and a value (PS3.5 2026d, A.4).
const FRAGMENT: u64 = 10;

/// Number of Frames (0028,0008): 1 where it is missing or empty, `None` where it is no positive number.
pub(crate) fn stated_frames(data_set: &DataSet) -> Option<u64> {
    match values(data_set, NUMBER_OF_FRAMES).as_slice() {
        [] => Some(1),
        [one] => one.parse().ok().filter(|frames| *frames > 0),
        _ => None,
    }
}

/// Tells whether pixel data of YBR_FULL_422 has three samples for each pixel after all; such files exist.
fn is_full(data_set: &DataSet) -> bool {
    let Some(pixel_data) = data_set.pixel_data() else { return false };
    let length = pixel_data.range.end - pixel_data.range.start;
    native_length(data_set, false).is_some_and(|full| length == full || length == full + full % 2)
}
