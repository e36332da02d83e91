//! Images of invented people with something written on them.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use font8x8::UnicodeFonts;
use std::path::Path;

/// Where the name stands in each of the images: x, y, width, height.
pub const NAME: [u32; 4] = [8, 8, 420, 26];
/// Columns and rows.
pub const SIZE: (u16, u16) = (640, 480);

const ULTRASOUND: &str = "1.2.840.10008.5.1.4.1.1.6.1";
const ULTRASOUND_MULTI_FRAME: &str = "1.2.840.10008.5.1.4.1.1.3.1";
const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";
const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const JPEG: &str = "1.2.840.10008.1.2.4.50";

/// Writes six instances: an ultrasound image, a loop of six frames, a capture of 16 bits, a CT, one whose frame no program can
/// decode, and one that is cut off.
pub fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let ultrasound = fan("SHISAKU HANA 0047110815", 0.0);
    save(image(ULTRASOUND, "US", 1, 1, 8, ultrasound), ULTRASOUND, EXPLICIT, &folder.join("US0001.dcm"));
    let frames = (0..6).flat_map(|frame| fan("REIDAI KAZUO", f64::from(frame) * 0.7)).collect();
    let object = image(ULTRASOUND_MULTI_FRAME, "US", 2, 6, 8, frames);
    save(object, ULTRASOUND_MULTI_FRAME, EXPLICIT, &folder.join("US0002.dcm"));
    let values: Vec<u8> = slice().into_iter().flat_map(u16::to_le_bytes).collect();
    let object = image(SECONDARY_CAPTURE, "OT", 3, 1, 16, values);
    save(object, SECONDARY_CAPTURE, EXPLICIT, &folder.join("SC0003.dcm"));
    let mut object = image(CT, "CT", 4, 1, 16, slice_alone().into_iter().flat_map(u16::to_le_bytes).collect());
    put(&mut object, Tag(0x0028, 0x0301), VR::CS, "YES");
    save(object, CT, EXPLICIT, &folder.join("CT0004.dcm"));
    let mut object = image(SECONDARY_CAPTURE, "OT", 5, 1, 8, Vec::new());
    let broken = dicom_core::value::PixelFragmentSequence::new_fragments(vec![vec![0xFF, 0xD8, 0xFF, 0xD9]]);
    object.put(DataElement::new(Tag(0x7FE0, 0x0010), VR::OB, dicom_core::DicomValue::from(broken)));
    save(object, SECONDARY_CAPTURE, JPEG, &folder.join("SC0005.dcm"));
    let values = slice_alone().into_iter().flat_map(u16::to_le_bytes).collect();
    save(image(CT, "CT", 7, 1, 16, values), CT, EXPLICIT, &folder.join("CT0006.dcm"));
    let cut = std::fs::OpenOptions::new().write(true).open(folder.join("CT0006.dcm")).unwrap();
    cut.set_len(400_000).unwrap();
}

/// Writes two CT images that nothing holds back.
pub fn write_plain(folder: &Path) {
    for number in [8, 9] {
        let values = slice_alone().into_iter().flat_map(u16::to_le_bytes).collect();
        let mut object = image(CT, "CT", number, 1, 16, values);
        put(&mut object, Tag(0x0008, 0x0008), VR::CS, "ORIGINAL\\PRIMARY\\AXIAL");
        save(object, CT, EXPLICIT, &folder.join(format!("CT000{number}.dcm")));
    }
}

/// Writes an image of 30,000 by 30,000 pixels, which takes no room on the disk.
pub fn write_huge(path: &Path) {
    let mut object = image(SECONDARY_CAPTURE, "OT", 6, 1, 8, vec![1, 2]);
    for element in [0x0010, 0x0011] {
        object.put(DataElement::new(Tag(0x0028, element), VR::US, PrimitiveValue::from(30_000_u16)));
    }
    save(object, SECONDARY_CAPTURE, EXPLICIT, path);
    let bytes = std::fs::read(path).unwrap();
    let mut bytes = bytes[..bytes.len() - 6].to_vec();
    bytes.extend(900_000_000_u32.to_le_bytes());
    std::fs::write(path, &bytes).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(bytes.len() as u64 + 900_000_000).unwrap();
}

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, text: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(text)));
}

fn image(class: &str, modality: &str, number: u16, frames: u16, bits: u16, pixels: Vec<u8>) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    let root = "1.2.392.999999.20241122";
    let texts = [
        (Tag(0x0008, 0x0016), VR::UI, class.to_owned()),
        (Tag(0x0008, 0x0018), VR::UI, format!("{root}.{number}")),
        (Tag(0x0008, 0x0020), VR::DA, "20240513".to_owned()),
        (Tag(0x0008, 0x0060), VR::CS, modality.to_owned()),
        (Tag(0x0010, 0x0010), VR::PN, "SHISAKU^HANA".to_owned()),
        (Tag(0x0010, 0x0020), VR::LO, "0047110815".to_owned()),
        (Tag(0x0020, 0x000D), VR::UI, format!("{root}.9")),
        (Tag(0x0020, 0x000E), VR::UI, format!("{root}.9.{number}")),
        (Tag(0x0020, 0x0013), VR::IS, number.to_string()),
        (Tag(0x0028, 0x0004), VR::CS, "MONOCHROME2".to_owned()),
        (Tag(0x0028, 0x0008), VR::IS, frames.to_string()),
    ];
    for (tag, vr, text) in texts {
        put(&mut object, tag, vr, &text);
    }
    if bits == 16 {
        for (element, text) in [(0x1050, "40"), (0x1051, "400"), (0x1052, "-1024"), (0x1053, "1")] {
            put(&mut object, Tag(0x0028, element), VR::DS, text);
        }
    }
    let stored = if bits == 16 { 12 } else { 8 };
    let (columns, rows) = SIZE;
    let numbers = [(0x0002, 1), (0x0010, rows), (0x0011, columns), (0x0100, bits), (0x0101, stored)];
    for (element, number) in numbers.into_iter().chain([(0x0102, stored - 1), (0x0103, 0)]) {
        object.put(DataElement::new(Tag(0x0028, element), VR::US, PrimitiveValue::from(number)));
    }
    object.put(DataElement::new(Tag(0x7FE0, 0x0010), VR::OW, PrimitiveValue::from(pixels)));
    object
}

fn save(object: InMemDicomObject, class: &str, syntax: &str, path: &Path) {
    let instance = object.element(Tag(0x0008, 0x0018)).unwrap().to_str().unwrap().into_owned();
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(syntax)
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(instance);
    object.with_meta(meta).unwrap().write_to_file(path).unwrap();
}

/// A fan of soft echoes, with a name in its corner.
fn fan(name: &str, phase: f64) -> Vec<u8> {
    let (columns, rows) = (usize::from(SIZE.0), usize::from(SIZE.1));
    let mut pixels = vec![0_u8; columns * rows];
    for (at, pixel) in pixels.iter_mut().enumerate() {
        let (x, y) = ((at % columns) as f64 - 320.0, (at / columns) as f64 - 20.0);
        let (depth, angle) = (x.hypot(y), x.atan2(y));
        if (60.0..440.0).contains(&depth) && angle.abs() < 0.62 {
            let echo = (depth / 23.0 + phase).sin() * (angle * 9.0).cos() + ((depth - 230.0) / 90.0).cos();
            let cyst = (x - 40.0).hypot(y - 240.0) < 58.0;
            *pixel = if cyst { 14 } else { (62.0 + echo * 26.0) as u8 };
        }
    }
    write_text(name, 12, 12, |x, y| pixels[y * columns + x] = 235);
    write_text("2024-05-13  ABD", 12, 440, |x, y| pixels[y * columns + x] = 180);
    pixels
}

/// A round body with a spine, stored values with an intercept of -1024, and a name written into it.
fn slice() -> Vec<u16> {
    let mut values = slice_alone();
    write_text("REIDAI KAZUO  M 66Y", 12, 12, |x, y| values[y * usize::from(SIZE.0) + x] = 1100);
    values
}

fn slice_alone() -> Vec<u16> {
    let columns = usize::from(SIZE.0);
    let value = |at: usize| {
        let (x, y) = ((at % columns) as f64 - 320.0, (at / columns) as f64 - 250.0);
        let within = |cx: f64, cy: f64, a: f64, b: f64| ((x - cx) / a).powi(2) + ((y - cy) / b).powi(2) < 1.0;
        match () {
            () if within(0.0, 95.0, 28.0, 24.0) => 1024 + 420,
            () if within(-95.0, -10.0, 70.0, 95.0) || within(95.0, -10.0, 70.0, 95.0) => 1024 - 780,
            () if within(0.0, 0.0, 215.0, 160.0) => 1024 + 45,
            () if within(0.0, 0.0, 230.0, 175.0) => 1024 - 95,
            () => 24,
        }
    };
    (0..columns * usize::from(SIZE.1)).map(|at| value(at) as u16).collect()
}

/// Writes letters of twice 8 by 8 pixels.
fn write_text(text: &str, left: usize, top: usize, mut set: impl FnMut(usize, usize)) {
    for (index, letter) in text.chars().enumerate() {
        for (row, bits) in font8x8::BASIC_FONTS.get(letter).unwrap_or_default().iter().enumerate() {
            for column in (0..16).filter(|column| bits >> (column / 2) & 1 == 1) {
                for line in 0..2 {
                    set(left + index * 16 + column, top + row * 2 + line);
                }
            }
        }
    }
}
