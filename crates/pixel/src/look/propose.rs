//! Rectangles that the detector proposes to whoever looks at a frame.

use crate::look::frames::FrameReader;
use crate::look::samples::Meaning;
use crate::look::{detector, text_request};
use crate::render::RenderError;
use crate::request::Request;
use tokumei_core::Reason;
use tokumei_wire::{DataSet, Source};

/// Returns where the detector takes something in a frame for text, what it is unsure of too. It decides nothing.
///
/// # Errors
/// [`RenderError`] when the frame cannot be decoded, or is too large to be searched.
pub fn propose(data_set: &DataSet, source: &(dyn Source + Sync), frame: u64) -> Result<Vec<Request>, RenderError> {
    let reader = FrameReader::of(data_set, source)?;
    if frame >= reader.count {
        return Err(RenderError::Shape(Reason::new("no-such-frame")));
    }
    let bytes = reader.read(frame)?;
    let view = Meaning::of(data_set, reader.format()).samples(&bytes).view();
    let view = view.map_err(|error| RenderError::Shape(Reason::at("text-search-impossible", error.id())))?;
    let found = detector().detect(&view);
    Ok(found.boxes.iter().chain(&found.doubtful).map(text_request).collect())
}
