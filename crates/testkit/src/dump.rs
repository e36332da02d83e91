//! A file as text, read by dicom-object: another pair of eyes than the program's own.

use dicom_core::header::Header;
use dicom_core::value::Value;
use dicom_object::file::ReadPreamble;
use dicom_object::mem::InMemElement;
use dicom_object::{InMemDicomObject, OpenFileOptions};
use std::fmt::Write;
use tokumei_core::{Tag, dictionary};

/// Returns one line an element: tag, VR, keyword, length in bytes or items, and the value where it is short text.
///
/// A file that dicom-object cannot read gives one line that starts with `unreadable`.
pub fn dump(bytes: &[u8]) -> String {
    match OpenFileOptions::new().read_preamble(ReadPreamble::Auto).from_reader(bytes) {
        Err(_) => "unreadable\n".into(),
        Ok(object) => {
            let mut out = String::new();
            let syntax = object.meta().transfer_syntax().trim_end_matches('\0').to_string();
            let _ = writeln!(out, "transfer syntax {syntax}");
            lines(&mut out, &object, 0);
            out
        }
    }
}

fn lines(out: &mut String, object: &InMemDicomObject, depth: usize) {
    for element in object {
        line(out, element, depth);
        if let Value::Sequence(sequence) = element.value() {
            for (index, item) in sequence.items().iter().enumerate() {
                let _ = writeln!(out, "{:1$}item {index}", "", 2 * depth + 2);
                lines(out, item, depth + 2);
            }
        }
    }
}

fn line(out: &mut String, element: &InMemElement, depth: usize) {
    let tag = Tag(element.tag().group(), element.tag().element());
    let keyword = dictionary::keyword(tag).unwrap_or("-");
    let _ = write!(out, "{:1$}{tag} {2} {keyword}", "", 2 * depth, element.vr());
    let _ = match element.value() {
        Value::Sequence(sequence) => writeln!(out, " items {}", sequence.items().len()),
        Value::PixelSequence(sequence) => writeln!(out, " fragments {}", sequence.fragments().len()),
        Value::Primitive(value) => match value.to_multi_str() {
            texts if texts.iter().map(String::len).sum::<usize>() <= 128 => writeln!(out, " [{}]", texts.join("\\")),
            _ => writeln!(out, " bytes {}", value.calculate_byte_len()),
        },
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Element, Item, Layout, Value as Written, emit};

    #[test]
    fn dump_shows_nesting_and_text() {
        let inner = Element::text(Tag(0x0008, 0x1155), "UI", "1.2.3");
        let sequence = Written::Items(vec![Item { elements: vec![inner], ..Item::default() }]);
        let elements = [
            Element::text(Tag(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.2"),
            Element::text(Tag(0x0008, 0x0018), "UI", "1.2.4"),
            Element::new(Tag(0x0008, 0x1140), "SQ", sequence),
            Element::text(Tag(0x0010, 0x0010), "PN", "TEST^ONE"),
        ];
        let expected = "transfer syntax 1.2.840.10008.1.2.1\n\
            (0008,0016) UI SOPClassUID [1.2.840.10008.5.1.4.1.1.2]\n\
            (0008,0018) UI SOPInstanceUID [1.2.4]\n\
            (0008,1140) SQ ReferencedImageSequence items 1\n\
            \u{20} item 0\n\
            \u{20}   (0008,1155) UI ReferencedSOPInstanceUID [1.2.3]\n\
            (0010,0010) PN PatientName [TEST^ONE]\n";
        assert_eq!(dump(&emit(&elements, &Layout::default())), expected);
        assert_eq!(dump(b"no DICOM at all"), "unreadable\n");
    }
}
