//! A release of two CT instances with their originals, vault and papers, written byte by byte.

use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tokumei_core::OptionName;
use tokumei_profile::Profile;
use tokumei_verify::{Options, Report};

pub const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const PATIENT: &str = "BBBBBBBBBBBBBBBB";

/// One data element, explicit little endian.
#[derive(Clone)]
pub struct Element {
    pub tag: (u16, u16),
    vr: &'static str,
    value: Vec<u8>,
}

/// Returns an element with text, padded.
pub fn text(group: u16, element: u16, vr: &'static str, text: &str) -> Element {
    bytes(group, element, vr, text.as_bytes())
}

/// Returns an element with bytes, padded.
pub fn bytes(group: u16, element: u16, vr: &'static str, value: &[u8]) -> Element {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if matches!(vr, "UI" | "OB" | "OW") { 0 } else { b' ' });
    }
    Element { tag: (group, element), vr, value }
}

/// Returns a sequence of defined length.
pub fn sequence(group: u16, element: u16, items: Vec<Vec<Element>>) -> Element {
    let mut value = Vec::new();
    for item in items {
        let body = encoded(&item);
        value.extend([0xFE, 0xFF, 0x00, 0xE0]);
        value.extend((body.len() as u32).to_le_bytes());
        value.extend(body);
    }
    Element { tag: (group, element), vr: "SQ", value }
}

/// Returns encapsulated pixel data: an offset table and one fragment a frame.
pub fn fragments(table: &[u32], frames: &[&[u8]]) -> Element {
    let table: Vec<u8> = table.iter().flat_map(|offset| offset.to_le_bytes()).collect();
    let mut value = Vec::new();
    for item in std::iter::once(&table[..]).chain(frames.iter().copied()) {
        value.extend([0xFE, 0xFF, 0x00, 0xE0]);
        value.extend((item.len() as u32).to_le_bytes());
        value.extend(item);
    }
    value.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    Element { tag: (0x7FE0, 0x0010), vr: "OB", value }
}

/// Sets an element in its place.
pub fn put(data: &mut Vec<Element>, new: Element) {
    data.retain(|element| element.tag != new.tag);
    let at = data.partition_point(|element| element.tag < new.tag);
    data.insert(at, new);
}

fn profile() -> &'static Profile {
    static PROFILE: OnceLock<Profile> = OnceLock::new();
    PROFILE.get_or_init(|| Profile::builtin("ai-training").unwrap())
}

/// Returns a UID under 2.25 whose UUID has version 8 and the variant of RFC 9562.
pub fn uid(number: u128) -> String {
    format!("2.25.{}", 8_u128 << 76 | 2_u128 << 62 | number)
}

/// Returns the codes of what the profile executes without touching pixel data.
pub fn codes() -> Vec<String> {
    let pixels = [OptionName::CleanPixelData, OptionName::CleanRecognizableVisualFeatures];
    profile()
        .options()
        .iter()
        .filter(|option| !pixels.contains(option))
        .map(|option| option.code().to_owned())
        .collect()
}

/// Returns DeidentificationMethodCodeSequence (0012,0064) with these codes.
pub fn code_sequence(codes: &[String]) -> Element {
    let item = |code: &String| {
        vec![
            text(0x0008, 0x0100, "SH", code),
            text(0x0008, 0x0102, "SH", "DCM"),
            text(0x0008, 0x0104, "LO", "Some Option"),
        ]
    };
    sequence(0x0012, 0x0064, codes.iter().map(item).collect())
}

fn encoded(elements: &[Element]) -> Vec<u8> {
    let mut out = Vec::new();
    for Element { tag, vr, value } in elements {
        out.extend(tag.0.to_le_bytes());
        out.extend(tag.1.to_le_bytes());
        out.extend(vr.as_bytes());
        if matches!(*vr, "OB" | "OW" | "SQ" | "UN" | "UT") {
            out.extend([0, 0]);
            // Pixel data of bytes are fragments here.
            let length = if *tag == (0x7FE0, 0x0010) && *vr == "OB" { u32::MAX } else { value.len() as u32 };
            out.extend(length.to_le_bytes());
        } else {
            out.extend((value.len() as u16).to_le_bytes());
        }
        out.extend(value);
    }
    out
}

/// One instance, where it stands, its leaf and its original.
pub struct Instance {
    pub preamble: [u8; 128],
    pub meta: Vec<Element>,
    pub data: Vec<Element>,
    /// Bytes after the data set.
    pub tail: Vec<u8>,
    pub original: Vec<Element>,
    /// File meta information of the original, where it is another.
    pub original_meta: Option<Vec<Element>>,
    pub patient: String,
    pub study: String,
    pub series: String,
    pub name: String,
    pub options: Vec<String>,
    pub masks: Vec<[u32; 4]>,
    /// Paths of the leaf's changes.
    pub changed: Vec<String>,
}

/// The release and what belongs to it.
pub struct Release {
    pub instances: Vec<Instance>,
}

impl Release {
    /// Returns a release without a fault.
    pub fn new() -> Release {
        let mut instances = vec![instance(1), instance(2)];
        let reference = vec![text(0x0008, 0x1150, "UI", CT), text(0x0008, 0x1155, "UI", &uid(2))];
        put(&mut instances[0].data, sequence(0x0008, 0x1140, vec![reference]));
        Release { instances }
    }

    /// Writes release, vault and originals below a folder.
    pub fn write(&self, folder: &Path) {
        let root = folder.join("release");
        let (mut ledger, mut treatments, mut manifest) = (String::new(), String::new(), String::new());
        let mut index = "source,state,reason,release\n".to_owned();
        for (number, one) in self.instances.iter().enumerate() {
            let path = format!("dicom/{}/{}/{}/{}.dcm", one.patient, one.study, one.series, one.name);
            let content = file_of(one.preamble, &one.meta, &one.data, &one.tail);
            save(&root.join(&path), &content);
            let source = folder.join(format!("in/{number}.dcm"));
            save(&source, &file_of([0; 128], one.original_meta.as_ref().unwrap_or(&one.meta), &one.original, &[]));
            index += &format!("{},released,,{path}\n", source.display());
            let digest: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
            ledger += &(leaf(one, &digest).to_string() + "\n");
            treatments += &(treatment(one).to_string() + "\n");
            let row = json!({ "bytes": content.len(), "digest": digest, "instance": stated(one), "path": path });
            manifest += &(row.to_string() + "\n");
        }
        let hash = profile().hash().to_owned();
        let count = self.instances.len();
        let paper = json!({ "counts": { "released": count }, "leaves": count, "profile": { "hash": hash } });
        save(&root.join("audit/ledger.jsonl"), ledger.as_bytes());
        save(&root.join("audit/treatments.jsonl"), treatments.as_bytes());
        save(&root.join("audit/root.json"), paper.to_string().as_bytes());
        save(&root.join("manifest.jsonl"), manifest.as_bytes());
        save(&folder.join("vault/index.csv"), index.as_bytes());
    }
}

/// Returns the path of an instance that [`Release::new`] has, in a written release.
pub fn file(root: &Path, number: usize) -> PathBuf {
    let name = uid(number as u128 + 1);
    root.join(format!("dicom/{PATIENT}/{}/{}/{name}.dcm", uid(10), uid(11)))
}

/// Verifies a written release against its originals.
pub fn verify(root: &Path) -> Report {
    verify_by(root, 2)
}

/// Verifies a written release by itself.
pub fn verify_alone(root: &Path) -> Report {
    tokumei_verify::verify(&options(root, 1, None, Vec::new())).unwrap()
}

/// Verifies a written release with so many threads.
pub fn verify_by(root: &Path, threads: usize) -> Report {
    let beside = |name: &str| root.parent().unwrap().join(name);
    tokumei_verify::verify(&options(root, threads, Some(beside("vault")), vec![beside("in")])).unwrap()
}

fn options(root: &Path, threads: usize, vault: Option<PathBuf>, originals: Vec<PathBuf>) -> Options {
    Options { release: root.to_owned(), vault, originals, profile: profile().clone(), threads }
}

fn save(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The SOP Instance UID that the data set states.
fn stated(one: &Instance) -> String {
    let element = one.data.iter().find(|element| element.tag == (0x0008, 0x0018)).unwrap();
    String::from_utf8(element.value.clone()).unwrap().trim_end_matches('\0').to_owned()
}

fn leaf(one: &Instance, digest: &str) -> serde_json::Value {
    let masks: Vec<_> =
        one.masks.iter().map(|mask| json!({ "by": "x", "effective": mask, "requested": mask })).collect();
    json!({
        "instance": stated(one),
        "masks": masks,
        "options": one.options,
        "output": digest,
        "profile": profile().hash(),
        "state": "released",
        "treatment": stated(one),
    })
}

/// The treatment of an instance, which has the name of the instance here.
fn treatment(one: &Instance) -> serde_json::Value {
    let steps: Vec<_> = one.changed.iter().map(|path| json!({ "action": "D", "path": path })).collect();
    json!({ "id": stated(one), "steps": steps })
}

fn file_of(preamble: [u8; 128], meta: &[Element], data: &[Element], tail: &[u8]) -> Vec<u8> {
    let group = encoded(meta);
    let mut out = preamble.to_vec();
    out.extend(b"DICM");
    out.extend(encoded(&[bytes(0x0002, 0x0000, "UL", &(group.len() as u32).to_le_bytes())]));
    out.extend(group);
    out.extend(encoded(data));
    out.extend(tail);
    out
}

fn instance(number: u128) -> Instance {
    Instance {
        preamble: [0; 128],
        meta: meta(number),
        data: output(number),
        tail: Vec::new(),
        original: original(number),
        original_meta: None,
        patient: PATIENT.into(),
        study: uid(10),
        series: uid(11),
        name: uid(number),
        options: codes(),
        masks: Vec::new(),
        changed: Vec::new(),
    }
}

fn meta(number: u128) -> Vec<Element> {
    vec![
        bytes(0x0002, 0x0001, "OB", &[0, 1]),
        text(0x0002, 0x0002, "UI", CT),
        text(0x0002, 0x0003, "UI", &uid(number)),
        text(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1"),
        text(0x0002, 0x0012, "UI", &uid(100)),
    ]
}

/// What original and output have in common.
fn common() -> Vec<Element> {
    let number = |element, value: u16| bytes(0x0028, element, "US", &value.to_le_bytes());
    vec![
        text(0x0008, 0x0005, "CS", "\\ISO 2022 IR 87"),
        text(0x0008, 0x0008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
        text(0x0008, 0x0016, "UI", CT),
        text(0x0008, 0x0060, "CS", "CT"),
        text(0x0008, 0x0070, "LO", "TOSHIBA"),
        text(0x0008, 0x103E, "LO", "chest"),
        text(0x0010, 0x0040, "CS", "M"),
        text(0x0010, 0x1010, "AS", "064Y"),
        text(0x0018, 0x0060, "DS", "120"),
        text(0x0018, 0x1030, "LO", "abdomen"),
        number(0x0002, 1),
        text(0x0028, 0x0004, "CS", "MONOCHROME2"),
        number(0x0010, 2),
        number(0x0011, 2),
        number(0x0100, 16),
        number(0x0101, 16),
        number(0x0102, 15),
        number(0x0103, 0),
        text(0x0028, 0x1052, "DS", "-1024"),
        text(0x0028, 0x1053, "DS", "1"),
        bytes(0x7FE0, 0x0010, "OW", &[1, 2, 3, 4, 5, 6, 7, 8]),
    ]
}

fn output(number: u128) -> Vec<Element> {
    let mut data = common();
    for new in [
        text(0x0008, 0x0018, "UI", &uid(number)),
        text(0x0008, 0x0020, "DA", "20180110"),
        text(0x0008, 0x0022, "DA", "20180110"),
        text(0x0008, 0x0050, "SH", "BCDFGHJKLMNPQRS2"),
        text(0x0008, 0x0090, "PN", ""),
        text(0x0010, 0x0010, "PN", PATIENT),
        text(0x0010, 0x0020, "LO", PATIENT),
        text(0x0010, 0x0030, "DA", ""),
        text(0x0012, 0x0062, "CS", "YES"),
        text(0x0012, 0x0063, "LO", "by hand"),
        code_sequence(&codes()),
        text(0x0020, 0x000D, "UI", &uid(10)),
        text(0x0020, 0x000E, "UI", &uid(11)),
        text(0x0020, 0x0052, "UI", &uid(12)),
        text(0x0028, 0x0303, "CS", "MODIFIED"),
    ] {
        put(&mut data, new);
    }
    data
}

fn original(number: u128) -> Vec<Element> {
    let mut data = common();
    for new in [
        text(0x0008, 0x0018, "UI", &format!("1.2.392.200036.9116.7.1.{number}")),
        text(0x0008, 0x0020, "DA", "20180210"),
        text(0x0008, 0x0022, "DA", "20180210"),
        text(0x0008, 0x0050, "SH", "A20180210-77"),
        text(0x0008, 0x0090, "PN", "Suzuki^Jiro"),
        bytes(0x0010, 0x0010, "PN", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
        text(0x0010, 0x0020, "LO", "12345678"),
        text(0x0010, 0x0030, "DA", "19530417"),
        text(0x0020, 0x000D, "UI", "1.2.392.200036.9116.7.1"),
        text(0x0020, 0x000E, "UI", "1.2.392.200036.9116.7.2"),
        text(0x0020, 0x0052, "UI", "1.2.392.200036.9116.7.3"),
    ] {
        put(&mut data, new);
    }
    data
}
