//! Bytes inside pixel data that are not samples, or cannot be told from them.

use std::ops::Range;
use tokumei_core::Tag;
use tokumei_wire::{DataSet, Encoding};

/// Returns the range of the source that holds compressed frames.
///
/// Native pixel data is all samples, since assessment lets nothing else through. Compressed frames hold comments
/// and application segments among their samples.
///
/// # Standard
/// PS3.5 2026d, Annex A.4.
pub fn compressed(data_set: &DataSet) -> Option<Range<u64>> {
    data_set.pixel_data().filter(|pixel_data| pixel_data.encapsulated).map(|pixel_data| pixel_data.range)
}

/// Tells whether native pixel data is as long as rows, columns, samples, bits and frames say, but for a byte of padding.
///
/// What is longer holds something that is no sample, and what is shorter is not what the header says.
///
/// # Standard
/// PS3.5 2026d, 8.1.1 and 8.2.
pub(crate) fn has_its_length(data_set: &DataSet) -> bool {
    let Some(pixel_data) = data_set.pixel_data() else { return true };
    if pixel_data.encapsulated {
        return true;
    }
    let length = pixel_data.range.end - pixel_data.range.start;
    native_length(data_set).is_some_and(|samples| length == samples || length == samples + samples % 2)
}

/// Bytes of native samples, as the header states them.
fn native_length(data_set: &DataSet) -> Option<u64> {
    let number = |element| unsigned(data_set, Tag(0x0028, element));
    let frames = match text(data_set, Tag(0x0028, 0x0008)) {
        Some(text) if !text.is_empty() => text.parse::<u64>().ok()?,
        _ => 1,
    };
    let pixels = number(0x0010)?.checked_mul(number(0x0011)?)?.checked_mul(frames)?;
    // YBR_FULL_422 stores four samples for two pixels (PS3.3 2026d, C.7.6.3.1.2).
    let half = text(data_set, Tag(0x0028, 0x0004)).is_some_and(|name| name.ends_with("_422"));
    let samples = if half { 2 } else { number(0x0002).unwrap_or(1) };
    let bits = pixels.checked_mul(samples)?.checked_mul(number(0x0100)?)?;
    Some(bits.div_ceil(8))
}

fn unsigned(data_set: &DataSet, tag: Tag) -> Option<u64> {
    let id = data_set.first(tag)?;
    let bytes: [u8; 2] = data_set.value(id)?.get(..2)?.try_into().ok()?;
    let number = match data_set.node(id).encoding {
        Encoding::ExplicitBig => u16::from_be_bytes(bytes),
        _ => u16::from_le_bytes(bytes),
    };
    Some(u64::from(number))
}

fn text(data_set: &DataSet, tag: Tag) -> Option<String> {
    let bytes = data_set.value(data_set.first(tag)?)?;
    Some(String::from_utf8_lossy(bytes).trim_matches([' ', '\0']).to_owned())
}
