//! Pixel data: byte for byte the same where no mask touches it.

use super::Output;
use crate::check::Check;
use crate::instance::{Element, Instance, Value};
use crate::papers::Mask;
use crate::report::Findings;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use tokumei_core::{Tag, tags};

const PIXELS: [Tag; 3] = [tags::PIXEL_DATA, tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];

/// Compares the pixel data of an output with that of its original.
pub(crate) fn check(
    original: &Instance,
    source: &Path,
    output: &Output<'_>,
    findings: &mut Findings<'_>,
) -> Result<(), &'static str> {
    let masks = output.leaf.map(|leaf| leaf.masks.as_slice()).unwrap_or_default();
    for tag in PIXELS {
        match (original.child(0, tag), output.instance.child(0, tag)) {
            (None, None) => {}
            (Some(before), Some(after)) if is_same(before, after) => {
                if !masks.is_empty() {
                    findings.add(Check::MaskNotSet, tag);
                }
            }
            (Some(before), Some(after)) if !masks.is_empty() => {
                let (Value::Bytes(_) | Value::Long { .. }, Value::Bytes(_) | Value::Long { .. }) =
                    (&before.value, &after.value)
                else {
                    return Err("masked-compressed");
                };
                if output.inflated.is_some() {
                    return Err("masked-deflated");
                }
                let layout = Layout::of(output.instance).ok_or("masked-layout")?;
                match outside(source, before, output.path, after, &layout, masks) {
                    Ok(false) => {}
                    Ok(true) => findings.add(Check::PixelDataOutsideMask, tag),
                    Err(_) => return Err("io-error"),
                }
            }
            _ => findings.add(Check::PixelData, tag),
        }
    }
    Ok(())
}

fn is_same(before: &Element, after: &Element) -> bool {
    match (&before.value, &after.value) {
        (Value::Bytes(before), Value::Bytes(after)) => before == after,
        (Value::Long { length: a, digest: before }, Value::Long { length: b, digest: after }) => {
            a == b && before == after
        }
        (Value::Fragments { length: a, digest: before }, Value::Fragments { length: b, digest: after }) => {
            a == b && before == after
        }
        _ => false,
    }
}

/// How native samples lie (PS3.5 2026d, 8.2; PS3.3 2026d, C.7.6.3).
struct Layout {
    columns: u64,
    rows: u64,
    samples: u64,
    bytes: u64,
    by_plane: bool,
}

impl Layout {
    fn of(instance: &Instance) -> Option<Layout> {
        let big = instance.meta.transfer_syntax() == "1.2.840.10008.1.2.2";
        let number = |element| {
            let bytes = instance.child(0, Tag(0x0028, element))?.bytes()?;
            let pair: [u8; 2] = bytes.get(..2)?.try_into().ok()?;
            Some(u64::from(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
        };
        let bits = number(0x0100)?;
        let layout = Layout {
            columns: number(0x0011)?,
            rows: number(0x0010)?,
            samples: number(0x0002)?,
            bytes: bits / 8,
            by_plane: number(0x0006) == Some(1),
        };
        let sound = bits % 8 == 0 && layout.columns * layout.rows * layout.samples * layout.bytes > 0;
        sound.then_some(layout)
    }

    /// Returns column and row of the pixel that a byte of the pixel data belongs to.
    fn pixel(&self, offset: u64) -> (u64, u64) {
        let plane = self.columns * self.rows * self.bytes;
        let pixel = if self.by_plane {
            offset % plane / self.bytes
        } else {
            offset % (plane * self.samples) / (self.bytes * self.samples)
        };
        (pixel % self.columns, pixel / self.columns)
    }
}

/// Tells whether a byte outside every mask differs.
fn outside(
    source: &Path,
    before: &Element,
    output: &Path,
    after: &Element,
    layout: &Layout,
    masks: &[Mask],
) -> io::Result<bool> {
    let length = before.at.end - before.at.start;
    if length != after.at.end - after.at.start {
        return Ok(true);
    }
    let open = |path: &Path, at: u64| -> io::Result<_> {
        let mut reader = BufReader::with_capacity(1 << 18, File::open(path)?);
        reader.seek(SeekFrom::Start(at))?;
        Ok(reader.take(length).bytes())
    };
    let pairs = open(source, before.at.start)?.zip(open(output, after.at.start)?);
    for (offset, (a, b)) in (0_u64..).zip(pairs) {
        if a? != b? && !is_masked(layout.pixel(offset), masks) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_masked((column, row): (u64, u64), masks: &[Mask]) -> bool {
    masks.iter().any(|mask| {
        let [x, y, width, height] = mask.effective.map(u64::from);
        (x..x + width).contains(&column) && (y..y + height).contains(&row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_belongs_to_a_pixel_of_its_frame_and_plane() {
        let mut layout = Layout { columns: 4, rows: 2, samples: 3, bytes: 1, by_plane: false };
        assert_eq!(layout.pixel(3 * 5 + 2), (1, 1));
        assert_eq!(layout.pixel(24 + 3), (1, 0));
        layout.by_plane = true;
        assert_eq!(layout.pixel(8 + 5), (1, 1));
        assert!(is_masked((1, 1), &[Mask { effective: [1, 1, 1, 1] }]));
        assert!(!is_masked((2, 1), &[Mask { effective: [1, 1, 1, 1] }]));
    }
}
