//! Pixel data: what a release shows of it by itself, and how it compares with the original.

mod codestream;
mod compressed;
mod decode;
mod fragments;
mod frame;
mod native;
mod picture;
mod rle;
mod scan;
mod shape;
mod source;

use crate::check::Check;
use crate::instance::{Element, Instance, Value};
use crate::papers::{Leaf, Mask};
use crate::report::Findings;
use native::Layout;
use shape::Shape;
use source::Source;
use std::path::Path;
use tokumei_core::{OptionName, Tag, tags};

const PIXELS: [Tag; 3] = [tags::PIXEL_DATA, tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];

/// An instance and where its bytes are.
pub(crate) struct Stored<'a> {
    pub instance: &'a Instance,
    pub path: &'a Path,
    /// The data set of a deflated file.
    pub inflated: Option<&'a [u8]>,
}

impl<'a> Stored<'a> {
    fn source(&self) -> Result<Source<'a>, &'static str> {
        Source::open(self.path, self.inflated).map_err(|_| "io-error")
    }
}

/// Checks the pixel data of an output by itself: what the ledger calls masked is, and frames hold nothing but samples.
///
/// # Errors
/// Why something could not be looked at.
pub(crate) fn check(output: &Stored<'_>, leaf: Option<&Leaf>, findings: &mut Findings<'_>) -> Result<(), &'static str> {
    let masks = leaf.map(|leaf| leaf.masks.as_slice()).unwrap_or_default();
    let cleaned = leaf.is_some_and(|leaf| leaf.options.iter().any(|code| code == OptionName::CleanPixelData.code()));
    if cleaned && masks.is_empty() {
        findings.whole(Check::CleaningWithoutMask);
    }
    let found: Vec<&Element> = PIXELS.iter().filter_map(|tag| output.instance.child(0, *tag)).collect();
    if found.is_empty() && !masks.is_empty() {
        findings.whole(Check::MaskWithoutPixelData);
    }
    for element in found {
        match &element.value {
            Value::Fragments { .. } => compressed::check(output, element, masks, findings)?,
            Value::Bytes(_) | Value::Long { .. } if !masks.is_empty() => {
                let layout = layout(output.instance, element)?;
                if !layout.is_constant(&(&output.source()?, element.at.clone()), masks)? {
                    findings.add(Check::MaskNotConstant, element.tag);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Compares the pixel data of an output with that of its original: outside every mask nothing may differ.
///
/// # Errors
/// Why it could not be compared.
pub(crate) fn compare(
    original: &Stored<'_>,
    output: &Stored<'_>,
    masks: &[Mask],
    findings: &mut Findings<'_>,
) -> Result<(), &'static str> {
    for tag in PIXELS {
        match (original.instance.child(0, tag), output.instance.child(0, tag)) {
            (None, None) => {}
            (Some(before), Some(after)) if is_same(before, after) => {
                if !masks.is_empty() {
                    findings.add(Check::MaskNotSet, tag);
                }
            }
            (Some(before), Some(after)) => match (&before.value, &after.value) {
                (Value::Bytes(_) | Value::Long { .. }, Value::Bytes(_) | Value::Long { .. }) => {
                    if let Some(check) = native(original, before, output, after, masks)? {
                        findings.add(check, tag);
                    }
                }
                (Value::Fragments { .. }, Value::Fragments { .. }) => {
                    if compressed::differs(original, before, output, after, masks)? {
                        findings.add(touched(masks), tag);
                    }
                }
                _ => findings.add(Check::PixelData, tag),
            },
            _ => findings.add(Check::PixelData, tag),
        }
    }
    Ok(())
}

/// The check that a difference in samples breaks.
fn touched(masks: &[Mask]) -> Check {
    if masks.is_empty() { Check::PixelData } else { Check::PixelDataOutsideMask }
}

fn layout(instance: &Instance, element: &Element) -> Result<Layout, &'static str> {
    Shape::of(instance).and_then(|shape| Layout::of(&shape, element.vr)).ok_or("masked-layout")
}

/// Returns the check that native pixel data breaks, if any.
fn native(
    original: &Stored<'_>,
    before: &Element,
    output: &Stored<'_>,
    after: &Element,
    masks: &[Mask],
) -> Result<Option<Check>, &'static str> {
    let unused = shape::has_embedded_overlays(original.instance);
    if masks.is_empty() && !unused {
        return Ok(Some(Check::PixelData));
    }
    let shape = Shape::of(original.instance).ok_or("masked-layout")?;
    if Shape::of(output.instance).as_ref() != Some(&shape) {
        return Ok(Some(Check::PixelData));
    }
    let layout = Layout::of(&shape, after.vr).ok_or("masked-layout")?;
    let value = if unused { shape.value_bits() } else { u64::MAX };
    let (from, to) = (original.source()?, output.source()?);
    let differs =
        layout.differs((&from, before.at.clone()), (&to, after.at.clone()), masks, value).map_err(|_| "io-error")?;
    Ok(differs.then(|| touched(masks)))
}

fn is_same(before: &Element, after: &Element) -> bool {
    match (&before.value, &after.value) {
        (Value::Bytes(before), Value::Bytes(after)) => before == after,
        (Value::Long { length: a, digest: before }, Value::Long { length: b, digest: after }) => {
            a == b && before == after
        }
        (Value::Fragments { length: a, digest: before, .. }, Value::Fragments { length: b, digest: after, .. }) => {
            a == b && before == after
        }
        _ => false,
    }
}

/// Tells whether a pixel lies in what a mask covers.
fn is_masked((column, row): (u64, u64), masks: &[Mask]) -> bool {
    masks.iter().any(|mask| {
        let [x, y, width, height] = mask.effective.map(u64::from);
        (x..x + width).contains(&column) && (y..y + height).contains(&row)
    })
}
