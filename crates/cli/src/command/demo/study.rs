//! The study of the demonstration. Everybody in it is invented.

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use encoding_rs::ISO_2022_JP;
use std::io;
use std::path::Path;

/// The file that is shown before and after.
pub const FIRST_SLICE: &str = "CT/IM0001";

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const ULTRASOUND: &str = "1.2.840.10008.5.1.4.1.1.6.1";
const BASIC_TEXT_SR: &str = "1.2.840.10008.5.1.4.1.1.88.11";
const DIRECTORY: &str = "1.2.840.10008.1.3.10";
const ROOT: &str = "1.2.392.999999.20240513";
const SIDE: u16 = 64;

/// Writes the study: three CT slices and a report of one person, an ultrasound image of another, a DICOMDIR, a note.
pub fn write(folder: &Path) -> io::Result<()> {
    for name in ["CT", "US", "SR"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    for slice in 1..=3 {
        let object = ct(slice);
        save(object, CT, &uid(&format!("1.2.{slice}")), &folder.join(format!("CT/IM{slice:04}")))?;
    }
    save(ultrasound(), ULTRASOUND, &uid("2.2.1"), &folder.join("US/IM0001"))?;
    save(report(), BASIC_TEXT_SR, &uid("1.3.1"), &folder.join("SR/IM0001"))?;
    save(directory(), DIRECTORY, &uid("9"), &folder.join("DICOMDIR"))?;
    std::fs::write(folder.join("memo.txt"), "試作 花 様 の CT、三枚。担当: 臨床 健司\n")
}

fn save(object: InMemDicomObject, class: &str, instance: &str, path: &Path) -> io::Result<()> {
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax("1.2.840.10008.1.2.1")
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(instance);
    let file = object.with_meta(meta).map_err(io::Error::other)?;
    file.write_to_file(path).map_err(io::Error::other)
}

fn uid(tail: &str) -> String {
    format!("{ROOT}.{tail}")
}

/// Puts texts into a data set, in ISO 2022 IR 87 where they are not ASCII.
fn put(object: &mut InMemDicomObject, texts: &[(u32, VR, &str)]) {
    for (tag, vr, text) in texts {
        let tag = Tag((tag >> 16) as u16, *tag as u16);
        object.put(DataElement::new(tag, *vr, encoded(text)));
    }
}

/// Returns a text as a value. Bytes of kanji are made here, since the writer knows one character set of a data set
/// and this one has two.
fn encoded(text: &str) -> PrimitiveValue {
    if text.is_ascii() {
        return PrimitiveValue::from(text);
    }
    let (mut bytes, _, _) = ISO_2022_JP.encode(text);
    if bytes.len() % 2 == 1 {
        bytes.to_mut().push(b' ');
    }
    PrimitiveValue::from(bytes.into_owned())
}

fn put_numbers(object: &mut InMemDicomObject, numbers: &[(u16, u16)]) {
    for (element, number) in numbers {
        object.put(DataElement::new(Tag(0x0028, *element), VR::US, PrimitiveValue::from(*number)));
    }
}

fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

fn item(texts: &[(u32, VR, &str)]) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    put(&mut object, texts);
    object
}

/// Returns what is known of the first person.
fn hana() -> InMemDicomObject {
    item(&[
        (0x0008_0005, VR::CS, r"\ISO 2022 IR 87"),
        (0x0008_0020, VR::DA, "20240513"),
        (0x0008_0030, VR::TM, "101500"),
        (0x0008_0050, VR::SH, "A2405130017"),
        (0x0008_0080, VR::LO, "架空市立試作病院"),
        (0x0008_0081, VR::ST, "架空県試作市架空町1-2-3"),
        (0x0008_0090, VR::PN, "RINSHO^KENJI=臨床^健司=りんしょう^けんじ"),
        (0x0008_1030, VR::LO, "胸部CT 試作花様"),
        (0x0010_0010, VR::PN, "SHISAKU^HANA=試作^花=しさく^はな"),
        (0x0010_0020, VR::LO, "0047110815"),
        (0x0010_0030, VR::DA, "19650317"),
        (0x0010_0040, VR::CS, "F"),
        (0x0010_1010, VR::AS, "059Y"),
        (0x0010_1040, VR::LO, "架空県試作市架空町4-5-6"),
        (0x0010_2154, VR::SH, "03-0000-4711"),
        (0x0010_4000, VR::LT, "試作様は前回と同じ体位を希望"),
        (0x0020_000D, VR::UI, &uid("1")),
        (0x0020_0010, VR::SH, "ST4711"),
    ])
}

fn ct(slice: u16) -> InMemDicomObject {
    let mut object = hana();
    let number = slice.to_string();
    put(
        &mut object,
        &[
            (0x0008_0008, VR::CS, r"ORIGINAL\PRIMARY\AXIAL"),
            (0x0008_0016, VR::UI, CT),
            (0x0008_0018, VR::UI, &uid(&format!("1.2.{slice}"))),
            (0x0008_0060, VR::CS, "CT"),
            (0x0008_0070, VR::LO, "INVENTED MEDICAL"),
            (0x0008_1010, VR::SH, "CTROOM47"),
            (0x0008_103E, VR::LO, "Chest 5mm"),
            (0x0008_1070, VR::PN, "SOSA^TARO=操作^太郎"),
            (0x0018_0050, VR::DS, "5"),
            (0x0018_0060, VR::DS, "120"),
            (0x0018_1000, VR::LO, "SN-47110815"),
            (0x0018_5100, VR::CS, "HFS"),
            (0x0020_000E, VR::UI, &uid("1.2")),
            (0x0020_0011, VR::IS, "2"),
            (0x0020_0013, VR::IS, &number),
            (0x0020_0032, VR::DS, &format!(r"-100\-100\{}", 5 * slice)),
            (0x0020_0037, VR::DS, r"1\0\0\0\1\0"),
            (0x0020_0052, VR::UI, &uid("1.9")),
            (0x0028_0004, VR::CS, "MONOCHROME2"),
            (0x0028_0030, VR::DS, r"0.5\0.5"),
            (0x0028_0301, VR::CS, "NO"),
            (0x0028_1052, VR::DS, "-1024"),
            (0x0028_1053, VR::DS, "1"),
            (0x0029_0010, VR::LO, "INVENTED HEADER"),
            (0x0029_1010, VR::LO, "SHISAKU HANA"),
        ],
    );
    put_numbers(&mut object, &image_numbers(16));
    let requested = item(&[(0x0032_1060, VR::LO, "胸部 試作花"), (0x0040_1001, VR::SH, "R4711")]);
    put_items(&mut object, Tag(0x0040, 0x0275), vec![requested]);
    let pixels: Vec<u16> = (0..SIDE * SIDE).map(|at| disc(at % SIDE, at / SIDE, slice)).collect();
    object.put(DataElement::new(Tag(0x7FE0, 0x0010), VR::OW, PrimitiveValue::U16(pixels.into())));
    object
}

/// Returns the grey value of a disc in air.
fn disc(x: u16, y: u16, slice: u16) -> u16 {
    let from_middle = |at: u16| i32::from(at) - i32::from(SIDE / 2);
    let distance = from_middle(x).pow(2) + from_middle(y).pow(2);
    if distance < 600 { 1024 + 20 * slice } else { 24 }
}

fn image_numbers(bits: u16) -> [(u16, u16); 7] {
    let stored = if bits == 16 { 12 } else { 8 };
    let sample = [(0x0002, if bits == 16 { 1 } else { 3 }), (0x0010, SIDE), (0x0011, SIDE), (0x0100, bits)];
    let [a, b, c, d] = sample;
    [a, b, c, d, (0x0101, stored), (0x0102, stored - 1), (0x0103, 0)]
}

/// Returns an image that may show a name, as ultrasound images do.
fn ultrasound() -> InMemDicomObject {
    let mut object = item(&[
        (0x0008_0005, VR::CS, r"\ISO 2022 IR 87"),
        (0x0008_0008, VR::CS, r"ORIGINAL\PRIMARY\ABDOMINAL"),
        (0x0008_0016, VR::UI, ULTRASOUND),
        (0x0008_0018, VR::UI, &uid("2.2.1")),
        (0x0008_0020, VR::DA, "20240514"),
        (0x0008_0060, VR::CS, "US"),
        (0x0008_0070, VR::LO, "INVENTED MEDICAL"),
        (0x0010_0010, VR::PN, "REIDAI^KAZUO=例題^一雄=れいだい^かずお"),
        (0x0010_0020, VR::LO, "0047110999"),
        (0x0010_0030, VR::DA, "19580101"),
        (0x0010_0040, VR::CS, "M"),
        (0x0020_000D, VR::UI, &uid("2")),
        (0x0020_000E, VR::UI, &uid("2.2")),
        (0x0020_0011, VR::IS, "1"),
        (0x0020_0013, VR::IS, "1"),
        (0x0028_0004, VR::CS, "RGB"),
        // What says of itself that it shows text, and shows none that can be found, waits for a human.
        (0x0028_0301, VR::CS, "YES"),
    ]);
    put_numbers(&mut object, &image_numbers(8));
    put_numbers(&mut object, &[(0x0006, 0)]);
    let pixels = vec![40_u8; 3 * usize::from(SIDE) * usize::from(SIDE)];
    object.put(DataElement::new(Tag(0x7FE0, 0x0010), VR::OB, PrimitiveValue::from(pixels)));
    object
}

fn report() -> InMemDicomObject {
    let mut object = hana();
    put(
        &mut object,
        &[
            (0x0008_0016, VR::UI, BASIC_TEXT_SR),
            (0x0008_0018, VR::UI, &uid("1.3.1")),
            (0x0008_0023, VR::DA, "20240513"),
            (0x0008_0033, VR::TM, "120000"),
            (0x0008_0060, VR::CS, "SR"),
            (0x0008_0070, VR::LO, "INVENTED MEDICAL"),
            (0x0020_000E, VR::UI, &uid("1.3")),
            (0x0020_0011, VR::IS, "3"),
            (0x0020_0013, VR::IS, "1"),
            (0x0040_A040, VR::CS, "CONTAINER"),
            (0x0040_A050, VR::CS, "SEPARATE"),
            (0x0040_A491, VR::CS, "COMPLETE"),
            (0x0040_A493, VR::CS, "UNVERIFIED"),
        ],
    );
    put_items(&mut object, Tag(0x0040, 0xA043), vec![code("18748-4", "LN", "Diagnostic imaging report")]);
    put_items(&mut object, Tag(0x0040, 0xA372), Vec::new());
    let mut observer = item(&[
        (0x0040_A010, VR::CS, "HAS OBS CONTEXT"),
        (0x0040_A040, VR::CS, "PNAME"),
        (0x0040_A123, VR::PN, "RINSHO^KENJI=臨床^健司"),
    ]);
    put_items(&mut observer, Tag(0x0040, 0xA043), vec![code("121008", "DCM", "Person Observer Name")]);
    let mut finding = item(&[
        (0x0040_A010, VR::CS, "CONTAINS"),
        (0x0040_A040, VR::CS, "TEXT"),
        (0x0040_A160, VR::UT, "試作花さんの右肺上葉に結節を認める。"),
    ]);
    put_items(&mut finding, Tag(0x0040, 0xA043), vec![code("121071", "DCM", "Finding")]);
    put_items(&mut object, Tag(0x0040, 0xA730), vec![observer, finding]);
    object
}

fn code(value: &str, scheme: &str, meaning: &str) -> InMemDicomObject {
    item(&[(0x0008_0100, VR::SH, value), (0x0008_0102, VR::SH, scheme), (0x0008_0104, VR::LO, meaning)])
}

fn directory() -> InMemDicomObject {
    let mut object = item(&[(0x0004_1130, VR::CS, "DEMO")]);
    for element in [0x1200, 0x1202] {
        object.put(DataElement::new(Tag(0x0004, element), VR::UL, PrimitiveValue::from(0_u32)));
    }
    object.put(DataElement::new(Tag(0x0004, 0x1212), VR::US, PrimitiveValue::from(0_u16)));
    let person = item(&[
        (0x0004_1430, VR::CS, "PATIENT"),
        (0x0008_0005, VR::CS, r"\ISO 2022 IR 87"),
        (0x0010_0010, VR::PN, "SHISAKU^HANA=試作^花"),
        (0x0010_0020, VR::LO, "0047110815"),
    ]);
    put_items(&mut object, Tag(0x0004, 0x1220), vec![person]);
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn study_opens_and_its_names_are_in_iso_2022() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let object = dicom_object::open_file(folder.path().join(FIRST_SLICE)).unwrap();
        assert_eq!(object.element(Tag(0x0010, 0x0020)).unwrap().to_str().unwrap(), "0047110815");
        let bytes = std::fs::read(folder.path().join(FIRST_SLICE)).unwrap();
        let name = b"SHISAKU^HANA=\x1B$B;n:n\x1B(B^\x1B$B2V\x1B(B=";
        assert!(bytes.windows(name.len()).any(|window| window == name));
    }
}
