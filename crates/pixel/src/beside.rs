//! Bytes inside pixel data that are not samples, or cannot be told from them.

use crate::header::{integer, values};
use crate::shape::stated_frames;
use tokumei_core::Tag;
use tokumei_wire::DataSet;

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
    let fits = |halved| {
        native_length(data_set, halved).is_some_and(|samples| length == samples || length == samples + samples % 2)
    };
    // YBR_FULL_422 stores four samples for two pixels (PS3.3 2026d, C.7.6.3.1.2), but some writers store six.
    fits(true) || fits(false)
}

/// Bytes of native samples, as the header states them; `halved` as YBR_FULL_422 asks for, where it says so.
pub(crate) fn native_length(data_set: &DataSet, halved: bool) -> Option<u64> {
    let number = |element| integer(data_set, Tag(0x0028, element)).and_then(|number| u64::try_from(number).ok());
    let pixels = number(0x0010)?.checked_mul(number(0x0011)?)?.checked_mul(stated_frames(data_set)?)?;
    let half = halved && values(data_set, Tag(0x0028, 0x0004)).first().is_some_and(|name| name.ends_with("_422"));
    let samples = if half { 2 } else { number(0x0002).unwrap_or(1) };
    let bits = pixels.checked_mul(samples)?.checked_mul(number(0x0100)?)?;
    Some(bits.div_ceil(8))
}
