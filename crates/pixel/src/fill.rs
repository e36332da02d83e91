//! The stored value that hides a pixel.

use crate::header::{bytes, integer, values};
use tokumei_codec::{Fill, Format, Photometric};
use tokumei_core::{Tag, tags};
use tokumei_wire::{DataSet, Encoding};

const SMALLEST_IMAGE_PIXEL_VALUE: Tag = Tag(0x0028, 0x0106);
const PIXEL_PADDING_VALUE: Tag = Tag(0x0028, 0x0120);
const RESCALE_INTERCEPT: Tag = Tag(0x0028, 0x1052);
const RESCALE_SLOPE: Tag = Tag(0x0028, 0x1053);
const RED_DESCRIPTOR: Tag = Tag(0x0028, 0x1101);
const PALETTES: [Tag; 3] = [Tag(0x0028, 0x1201), Tag(0x0028, 0x1202), Tag(0x0028, 0x1203)];

/// Hounsfield units of air.
const AIR: f64 = -1024.0;

/// Returns what a masked pixel becomes: the padding value where the image has one, else black.
///
/// Black is the darkest stored value that the header lets one know of: 0, the highest one in MONOCHROME1, air in a CT, the
/// darkest entry of a palette, in YBR luminance 0 without colour.
///
/// # Standard
/// PS3.3 2026d, C.7.5.1.1.2 (padding), C.7.6.3.1.2 and C.7.9 (palettes), C.11.1 (rescale).
pub(crate) fn fill(data_set: &DataSet, format: &Format) -> Fill {
    let zero = Fill([0; 4]);
    match format.photometric {
        Photometric::YbrFull | Photometric::YbrFull422 => {
            let middle = 1 << (format.stored.clamp(1, 16) - 1);
            Fill([0, middle, middle, 0])
        }
        Photometric::Palette => Fill([darkest(data_set).unwrap_or(0), 0, 0, 0]),
        Photometric::Monochrome1 | Photometric::Monochrome2 if format.samples == 1 && format.stored <= 16 => {
            Fill([grey(data_set, format) as u32, 0, 0, 0])
        }
        _ => zero,
    }
}

fn grey(data_set: &DataSet, format: &Format) -> i64 {
    let (lowest, highest) = match format.signed {
        true => (-(1 << (format.stored - 1)), (1 << (format.stored - 1)) - 1),
        false => (0, (1 << format.stored) - 1),
    };
    // The attribute is of the kind that the pixels are, whatever its value representation says.
    let stored = |tag| {
        let number = integer(data_set, tag)?;
        let number = if format.signed { i64::from(number as u16 as i16) } else { number };
        (lowest..=highest).contains(&number).then_some(number)
    };
    if let Some(padding) = stored(PIXEL_PADDING_VALUE) {
        return padding;
    }
    if format.photometric == Photometric::Monochrome1 {
        return highest;
    }
    if !format.signed {
        return 0;
    }
    air(data_set).or_else(|| stored(SMALLEST_IMAGE_PIXEL_VALUE)).unwrap_or(0).clamp(lowest, highest)
}

/// The stored value of air in a CT.
fn air(data_set: &DataSet) -> Option<i64> {
    let number = |tag| values(data_set, tag).first().and_then(|text| text.parse::<f64>().ok());
    if values(data_set, tags::MODALITY).first().map(String::as_str) != Some("CT") {
        return None;
    }
    let slope = number(RESCALE_SLOPE).filter(|slope| slope.is_normal())?;
    let stored = (AIR - number(RESCALE_INTERCEPT)?) / slope;
    stored.is_finite().then_some(stored.round() as i64)
}

/// The index of the darkest entry of the palette. A palette in segments gives its first index.
fn darkest(data_set: &DataSet) -> Option<u32> {
    let (descriptor, encoding) = bytes(data_set, RED_DESCRIPTOR)?;
    let word = |bytes: &[u8]| match encoding {
        Encoding::ExplicitBig => u16::from_be_bytes([bytes[0], bytes[1]]),
        _ => u16::from_le_bytes([bytes[0], bytes[1]]),
    };
    let descriptor: Vec<u16> = descriptor.chunks_exact(2).map(word).collect();
    let [entries, first, _] = *descriptor.as_slice() else { return None };
    let entries = if entries == 0 { 1 << 16 } else { usize::from(entries) };
    let tables: Option<Vec<&[u8]>> = PALETTES.iter().map(|tag| bytes(data_set, *tag).map(|(bytes, _)| bytes)).collect();
    let Some(tables) = tables else { return Some(u32::from(first)) };
    let entry = |index: usize| -> Option<u32> {
        let of_table = |table: &&[u8]| match table.len() >= entries * 2 {
            true => table.get(index * 2..index * 2 + 2).map(|bytes| u32::from(word(bytes))),
            false => table.get(index).map(|byte| u32::from(*byte)),
        };
        tables.iter().map(of_table).sum()
    };
    let darkest = (0..entries).filter_map(|index| Some((entry(index)?, index))).min();
    darkest.map_or(Some(u32::from(first)), |(_, index)| u32::try_from(index).ok()?.checked_add(u32::from(first)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::Vr;
    use tokumei_wire::{Limits, NewElement, NewMeta, encode, read};

    fn data_set(elements: &[(u32, Vr, &[u8])]) -> DataSet {
        let meta = NewMeta {
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.2".into(),
            sop_instance_uid: "1.2.3".into(),
            transfer_syntax: "1.2.840.10008.1.2.1".into(),
            implementation_class_uid: "1.2.4".into(),
            implementation_version_name: "TEST".into(),
        };
        let elements = elements.iter().map(|(tag, vr, value)| {
            NewElement::bytes(Tag::from_u32(*tag), *vr, value.to_vec()) // In the order of the test.
        });
        read(&encode(&meta, &elements.collect::<Vec<_>>()), &Limits::default()).expect("it was just written")
    }

    fn format(photometric: Photometric, stored: u16, signed: bool) -> Format {
        Format {
            rows: 4,
            columns: 4,
            samples: 1,
            allocated: 16,
            stored,
            signed,
            planar: false,
            photometric,
            big_endian: false,
        }
    }

    #[test]
    fn black_is_zero_or_the_highest_value() {
        let empty = data_set(&[(0x0008_0060, Vr::CS, b"MR")]);
        assert_eq!(fill(&empty, &format(Photometric::Monochrome2, 12, false)), Fill([0; 4]));
        assert_eq!(fill(&empty, &format(Photometric::Monochrome1, 12, false)), Fill([4095, 0, 0, 0]));
        assert_eq!(fill(&empty, &format(Photometric::Monochrome1, 16, true)), Fill([32767, 0, 0, 0]));
        let ybr = Format { samples: 3, allocated: 8, ..format(Photometric::YbrFull422, 8, false) };
        assert_eq!(fill(&empty, &ybr), Fill([0, 128, 128, 0]));
    }

    #[test]
    fn padding_comes_first_and_a_ct_has_air() {
        let ct =
            [(0x0008_0060, Vr::CS, b"CT".as_slice()), (0x0028_1052, Vr::DS, b"-24 "), (0x0028_1053, Vr::DS, b"1 ")];
        let signed = format(Photometric::Monochrome2, 16, true);
        assert_eq!(fill(&data_set(&ct), &signed), Fill([-1000_i32 as u32, 0, 0, 0]));
        let mut padded = ct.to_vec();
        padded.insert(1, (0x0028_0120, Vr::SS, &[0x30, 0xF8]));
        assert_eq!(fill(&data_set(&padded), &signed), Fill([-2000_i32 as u32, 0, 0, 0]));
    }

    #[test]
    fn palette_gives_its_darkest_entry() {
        let table = |bytes: &'static [u8]| bytes;
        let palette = data_set(&[
            (0x0028_1101, Vr::US, &[3, 0, 10, 0, 16, 0]),
            (0x0028_1201, Vr::OW, table(&[9, 9, 1, 0, 5, 5])),
            (0x0028_1202, Vr::OW, table(&[9, 9, 2, 0, 5, 5])),
            (0x0028_1203, Vr::OW, table(&[9, 9, 3, 0, 5, 5])),
        ]);
        assert_eq!(fill(&palette, &format(Photometric::Palette, 8, false)), Fill([11, 0, 0, 0]));
    }
}
