//! Frames that no search for text was made for end in a state with a reason: tiny and huge ones, of one value and of two, of
//! numbers that are none, damaged ones and ones that nothing here decodes.

use crate::support::{cook, index, outputs, recipe, run, said, tokumei};
use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use std::collections::BTreeMap;
use std::path::Path;

const ULTRASOUND: &str = "1.2.840.10008.5.1.4.1.1.6.1";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const RLE: &str = "1.2.840.10008.1.2.5";
const MPEG4: &str = "1.2.840.10008.1.2.4.102";

/// An ultrasound image without its pixel data: the kind that is always searched.
fn image(number: usize, size: (u16, u16), bits: u16) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    let texts = [
        (Tag(0x0008, 0x0008), VR::CS, "ORIGINAL\\PRIMARY".to_owned()),
        (Tag(0x0008, 0x0016), VR::UI, ULTRASOUND.to_owned()),
        (Tag(0x0008, 0x0018), VR::UI, format!("1.2.392.999999.7.{number}")),
        (Tag(0x0008, 0x0060), VR::CS, "US".to_owned()),
        (Tag(0x0010, 0x0010), VR::PN, "SHISAKU^HANA".to_owned()),
        (Tag(0x0010, 0x0020), VR::LO, "ODD-1".to_owned()),
        (Tag(0x0020, 0x000D), VR::UI, "1.2.392.999999.7".to_owned()),
        (Tag(0x0020, 0x000E), VR::UI, "1.2.392.999999.7.0".to_owned()),
        (Tag(0x0028, 0x0004), VR::CS, "MONOCHROME2".to_owned()),
    ];
    for (tag, vr, text) in texts {
        object.put(DataElement::new(tag, vr, PrimitiveValue::from(text)));
    }
    let numbers = [(0x0002, 1), (0x0010, size.1), (0x0011, size.0), (0x0100, bits), (0x0101, bits), (0x0102, bits - 1)];
    for (element, number) in numbers.into_iter().chain([(0x0103, 0)]) {
        object.put(DataElement::new(Tag(0x0028, element), VR::US, PrimitiveValue::from(number)));
    }
    object
}

fn native(number: usize, size: (u16, u16), bits: u16, pixels: Vec<u8>) -> InMemDicomObject {
    let mut object = image(number, size, bits);
    let (element, vr) = if bits == 32 { (0x0008, VR::OF) } else { (0x0010, VR::OW) };
    let value = match bits {
        32 => PrimitiveValue::F32(pixels.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()),
        16 => PrimitiveValue::U16(pixels.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two)).collect()),
        _ => PrimitiveValue::from(pixels),
    };
    object.put(DataElement::new(Tag(0x7FE0, element), vr, value));
    object
}

fn coded(number: usize, fragment: Vec<u8>) -> InMemDicomObject {
    let mut object = image(number, (64, 64), 8);
    object.put(DataElement::new(Tag(0x7FE0, 0x0010), VR::OB, PixelFragmentSequence::new_fragments(vec![fragment])));
    object
}

fn save(object: InMemDicomObject, syntax: &str, path: &Path) {
    let instance = object.element(Tag(0x0008, 0x0018)).unwrap().to_str().unwrap().into_owned();
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(syntax)
        .media_storage_sop_class_uid(ULTRASOUND)
        .media_storage_sop_instance_uid(instance);
    object.with_meta(meta).unwrap().write_to_file(path).unwrap();
}

/// Makes an image of 30,000 by 30,000 pixels of one of two, without room on the disk.
fn widen(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let mut bytes = bytes[..bytes.len() - 6].to_vec();
    bytes.extend(900_000_000_u32.to_le_bytes());
    std::fs::write(path, &bytes).unwrap();
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(bytes.len() as u64 + 900_000_000).unwrap();
}

#[test]
fn r4_24_frames_of_every_odd_kind_end_in_a_state_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::create_dir(&input).unwrap();
    let two_values: Vec<u8> = (0..64 * 64).flat_map(|at| if at % 64 < 32 { [0, 0] } else { [0xFF, 0xFF] }).collect();
    let not_a_number = f32::NAN.to_le_bytes().repeat(64 * 64);
    let cases = [
        ("one-pixel", native(1, (1, 1), 8, vec![7, 0]), EXPLICIT, ("released", "")),
        ("one-value", native(2, (64, 64), 8, vec![7; 64 * 64]), EXPLICIT, ("released", "")),
        ("two-values", native(3, (64, 64), 16, two_values), EXPLICIT, ("released", "")),
        ("no-number", native(4, (64, 64), 32, not_a_number), EXPLICIT, ("released", "")),
        ("damaged", coded(5, vec![0; 4]), RLE, ("quarantined", "frame-damaged")),
        ("video", coded(6, vec![0; 4]), MPEG4, ("quarantined", "not-maskable")),
        ("huge", native(7, (30_000, 30_000), 8, vec![1, 2]), EXPLICIT, ("quarantined", "text-search-impossible")),
    ];
    let mut expected = BTreeMap::new();
    for (name, object, syntax, (state, reason)) in cases {
        save(object, syntax, &input.join(name));
        expected.insert(name, (state.to_owned(), reason.to_owned()));
    }
    widen(&input.join("huge"));

    let output = run("pseudonymized", &out, &[], &[&input]);
    let rows = index(&folder.path().join("out.vault"));
    let ended = |name: &str| {
        let row = rows.iter().find(|row| row.source.ends_with(name)).unwrap();
        (row.state.clone(), row.reason.split(' ').next().unwrap_or_default().to_owned())
    };
    let found: BTreeMap<&str, (String, String)> = expected.keys().map(|name| (*name, ended(name))).collect();
    assert_eq!(found, expected, "{}", said(&output));
    assert_eq!(output.status.code(), Some(1));
    let ledger = std::fs::read_to_string(out.join("audit/ledger.jsonl")).unwrap();
    assert_eq!(outputs(&out).len(), 4);
    assert_eq!(ledger.matches("\"threshold\":500").count(), 4, "{ledger}");
}

#[test]
fn r6_03_the_ledger_holds_the_detector_and_the_thresholds_that_profile_explain_names() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    cook(&recipe("ct_explicit-le_plain"), &input);
    save(native(1, (64, 64), 8, vec![7; 64 * 64]), EXPLICIT, &input.join("ultrasound"));
    run("pseudonymized", &out, &[], &[&input]);
    let ledger = std::fs::read_to_string(out.join("audit/ledger.jsonl")).unwrap();
    let looks: Vec<serde_json::Value> = ledger
        .lines()
        .filter_map(|line| Some(serde_json::from_str::<serde_json::Value>(line).ok()?["look"].clone()))
        .collect();
    let mut seen: Vec<(&str, u64)> =
        looks.iter().filter_map(|look| Some((look["class"].as_str()?, look["threshold"].as_u64()?))).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("primary", 850), ("risky", 500)], "{ledger}");
    assert!(looks.iter().filter_map(|look| look["by"].as_str()).all(|by| by.starts_with("tokumei-text-net ")));
    let explained = said(&tokumei(["profile", "explain", "pseudonymized", "PixelData"]));
    assert!(
        explained.contains("likely by 0.5 or more") && explained.contains("in a primary one by 0.85"),
        "{explained}"
    );
}
