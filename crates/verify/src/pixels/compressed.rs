//! Encapsulated pixel data, frame by frame.

use super::Stored;
use super::fragments::Frames;
use super::frame::Coding;
use super::shape::Shape;
use crate::check::Check;
use crate::instance::{Element, Instance};
use crate::papers::Mask;
use crate::report::Findings;

/// Checks each frame by itself.
///
/// # Errors
/// Why a frame could not be looked at; the others were.
pub(super) fn check(
    output: &Stored<'_>,
    element: &Element,
    masks: &[Mask],
    findings: &mut Findings<'_>,
) -> Result<(), &'static str> {
    let (shape, coding) = of(output.instance)?;
    let frames = Frames::of(output, element, &shape)?;
    if frames.tables_lie {
        findings.add(Check::OffsetTable, element.tag);
    }
    let mut looked = Ok(());
    for number in 0..frames.len() {
        let frame = frames.read(number)?;
        match coding.has_more(&frame, &shape) {
            Ok(false) => {}
            Ok(true) => findings.add(Check::PixelDataText, element.tag),
            Err(reason) => looked = looked.and(Err(reason)),
        }
        if masks.is_empty() {
            continue;
        }
        match coding.decode(&frame, &shape).and_then(|decoded| decoded.is_constant(&shape, masks)) {
            Ok(true) => {}
            Ok(false) => findings.add(Check::MaskNotConstant, element.tag),
            Err(reason) => looked = looked.and(Err(reason)),
        }
    }
    looked
}

/// Tells whether a sample outside every mask differs from the original.
///
/// # Errors
/// Why it cannot be told.
pub(super) fn differs(
    original: &Stored<'_>,
    before: &Element,
    output: &Stored<'_>,
    after: &Element,
    masks: &[Mask],
) -> Result<bool, &'static str> {
    let ((old, from), (new, to)) = (of(original.instance)?, of(output.instance)?);
    let size = |shape: &Shape| (shape.columns, shape.rows, shape.samples, shape.allocated, shape.frames);
    if size(&old) != size(&new) {
        return Ok(true);
    }
    let (originals, outputs) = (Frames::of(original, before, &old)?, Frames::of(output, after, &new)?);
    // What is lost, decoders fill each in its own way; the output has it as the writer's decoder did.
    let is_loose = original.instance.meta.transfer_syntax() == "1.2.840.10008.1.2.4.91";
    let mut looked = Ok(false);
    for number in 0..originals.len().min(outputs.len()) {
        let (one, other) = (originals.read(number)?, outputs.read(number)?);
        let needed = || from.needed(&one).is_some_and(|needed| to.needed(&other) == Some(needed));
        // The same bytes decode to the same samples, whether there is a decoder or not.
        if one == other || from == to && needed() {
            continue;
        }
        let pair = from.decode(&one, &old).and_then(|one| Ok((one, to.decode(&other, &new)?)));
        match pair.and_then(|(before, after)| before.differs(&after, &new, masks, is_loose)) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(reason) => looked = looked.and(Err(reason)),
        }
    }
    looked
}

fn of(instance: &Instance) -> Result<(Shape, Coding), &'static str> {
    let shape = Shape::of(instance).ok_or("frames-unknown")?;
    let coding = Coding::of(&instance.meta.transfer_syntax()).ok_or("decoder-missing")?;
    Ok((shape, coding))
}
