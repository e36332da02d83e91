//! One file before and after, read by another reader than the one that wrote it.

use dicom_core::header::Header;
use dicom_core::value::Value;
use dicom_object::InMemDicomObject;
use encoding_rs::ISO_2022_JP;
use std::path::{Path, PathBuf};
use tokumei_core::{Tag, dictionary};

/// One attribute of the two files.
pub struct Row {
    /// Its keyword and tag.
    pub keyword: String,
    /// Its value in the original.
    pub before: String,
    /// Its value in the output; `None` when it is gone.
    pub after: Option<String>,
}

/// Returns the attributes whose values differ, with one or two that are the same.
pub fn rows(before: &Path, after: &Option<PathBuf>) -> Vec<Row> {
    let open = |path: &Path| dicom_object::open_file(path).map(|file| file.into_inner());
    let (Ok(before), Some(Ok(after))) = (open(before), after.as_deref().map(open)) else { return Vec::new() };
    let mut rows = Vec::new();
    for element in &before {
        let tag = element.tag();
        let (text, other) = (value(&before, tag), value(&after, tag));
        let Some(text) = text.filter(|_| tag != dicom_core::Tag(0x7FE0, 0x0010)) else { continue };
        if other.as_deref() != Some(text.as_str()) || KEPT.contains(&Tag(tag.group(), tag.element())) {
            let known = Tag(tag.group(), tag.element());
            let keyword = dictionary::keyword(known).unwrap_or("–");
            rows.push(Row { keyword: format!("  {known} {keyword}"), before: text, after: other });
        }
    }
    rows
}

/// Attributes that are shown although they stay as they are.
const KEPT: &[Tag] = &[Tag(0x0008, 0x0060), Tag(0x0018, 0x0060), Tag(0x0028, 0x0030)];

/// Returns a value as text; the reader leaves escape sequences of ISO 2022 in place, so they are decoded here.
fn value(object: &InMemDicomObject, tag: dicom_core::Tag) -> Option<String> {
    let element = object.get(tag)?;
    let text = match element.value() {
        Value::Primitive(primitive) => primitive.to_multi_str().join("\\"),
        Value::Sequence(sequence) => format!("{} item(s)", sequence.items().len()),
        Value::PixelSequence(_) => return None,
    };
    let text = text.trim_end_matches(['\0', ' ']).to_string();
    if !text.contains('\u{1b}') {
        return Some(text);
    }
    let (decoded, _, damaged) = ISO_2022_JP.decode(text.as_bytes());
    Some(if damaged { text.escape_debug().to_string() } else { decoded.into_owned() })
}
