//! Writes a data set as a DICOM file, in any encoding and with any of the faults that real files have.

use crate::{Element, Item, Piece, Value};
use flate2::{Compression, write::DeflateEncoder};
use std::io::Write;
use tokumei_core::{Tag, Vr};

/// The encoding of the data set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    /// Explicit VR little endian.
    #[default]
    ExplicitLittle,
    /// Implicit VR little endian.
    ImplicitLittle,
    /// Explicit VR big endian, retired.
    ExplicitBig,
    /// Explicit VR little endian, deflated (PS3.5 2026d, A.5).
    Deflated,
}

impl Encoding {
    /// Returns the transfer syntax that goes with this encoding and native pixel data.
    pub const fn transfer_syntax(self) -> &'static str {
        match self {
            Encoding::ExplicitLittle => "1.2.840.10008.1.2.1",
            Encoding::ImplicitLittle => "1.2.840.10008.1.2",
            Encoding::ExplicitBig => "1.2.840.10008.1.2.2",
            Encoding::Deflated => "1.2.840.10008.1.2.1.99",
        }
    }

    const fn style(self) -> Style {
        match self {
            Encoding::ExplicitLittle | Encoding::Deflated => Style { explicit: true, big: false },
            Encoding::ImplicitLittle => Style { explicit: false, big: false },
            Encoding::ExplicitBig => Style { explicit: true, big: true },
        }
    }
}

/// What stands before the file meta information.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Preamble {
    /// 128 zero bytes and the magic word.
    #[default]
    Zero,
    /// These bytes, cut or filled to 128, and the magic word.
    Bytes(Vec<u8>),
    /// The magic word alone.
    MagicOnly,
    /// Nothing at all.
    None,
}

/// How the file meta information is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Meta {
    /// As the standard says (PS3.10 2026d, 7.1).
    #[default]
    Proper,
    /// Without (0002,0000).
    NoGroupLength,
    /// With a group length that is 40 bytes too large.
    WrongGroupLength,
    /// In implicit VR.
    Implicit,
    /// Not at all.
    None,
}

/// Everything about a file that is not an element of its data set.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layout {
    /// The encoding of the data set.
    pub encoding: Encoding,
    /// The transfer syntax that is declared; `None` declares the one of the encoding.
    pub transfer_syntax: Option<String>,
    /// What stands before the file meta information.
    pub preamble: Preamble,
    /// How the file meta information is written.
    pub meta: Meta,
    /// Whether sequences and items have undefined lengths where nothing else is said.
    pub undefined: bool,
    /// Bytes to add at the end of the file.
    pub append: Vec<u8>,
    /// Bytes to cut off the end of the file, before `append`.
    pub truncate: usize,
}

#[derive(Clone, Copy)]
struct Style {
    explicit: bool,
    big: bool,
}

const IMPLICIT: Style = Style { explicit: false, big: false };
const EXPLICIT: Style = Style { explicit: true, big: false };
const UNDEFINED: u32 = 0xFFFF_FFFF;

/// Returns the bytes of a file that holds `elements`, written in the order given.
///
/// Elements of group 0002 go to the file meta information and replace those that `layout` would write there.
pub fn emit(elements: &[Element], layout: &Layout) -> Vec<u8> {
    let (meta, body): (Vec<&Element>, Vec<&Element>) = elements.iter().partition(|e| e.tag.group() == 2);
    let mut file = match &layout.preamble {
        Preamble::Zero => [vec![0; 128], b"DICM".to_vec()].concat(),
        Preamble::Bytes(bytes) => {
            let mut bytes = bytes.clone();
            bytes.resize(128, 0);
            [bytes, b"DICM".to_vec()].concat()
        }
        Preamble::MagicOnly => b"DICM".to_vec(),
        Preamble::None => Vec::new(),
    };
    file.extend(file_meta(&meta, &body, layout));
    file.extend(data_set(&body, layout));
    file.truncate(file.len().saturating_sub(layout.truncate));
    file.extend_from_slice(&layout.append);
    file
}

fn data_set(body: &[&Element], layout: &Layout) -> Vec<u8> {
    let mut bytes = Vec::new();
    for element in body {
        write_element(&mut bytes, element, layout.encoding.style(), layout.undefined);
    }
    if layout.encoding != Encoding::Deflated {
        return bytes;
    }
    let mut deflater = DeflateEncoder::new(Vec::new(), Compression::default());
    deflater.write_all(&bytes).expect("a vector takes every byte");
    let mut deflated = deflater.finish().expect("a vector takes every byte");
    if deflated.len() % 2 == 1 {
        deflated.push(0);
    }
    deflated
}

fn file_meta(given: &[&Element], body: &[&Element], layout: &Layout) -> Vec<u8> {
    if layout.meta == Meta::None {
        return Vec::new();
    }
    let style = if layout.meta == Meta::Implicit { IMPLICIT } else { EXPLICIT };
    let syntax = layout.transfer_syntax.as_deref().unwrap_or(layout.encoding.transfer_syntax());
    let mut elements = vec![Element::new(Tag(2, 1), "OB", Value::Bytes(vec![Piece::Raw(vec![0, 1])]))];
    for (source, target) in [(0x0016, 0x0002), (0x0018, 0x0003)] {
        if let Some(found) = body.iter().find(|element| element.tag == Tag(0x0008, source)) {
            elements.push(Element::new(Tag(2, target), "UI", found.value.clone()));
        }
    }
    if !syntax.is_empty() {
        elements.push(Element::text(Tag(2, 0x10), "UI", syntax));
    }
    elements.push(Element::text(Tag(2, 0x12), "UI", "2.25.329800735698586629295641978511506172918"));
    for element in given {
        elements.retain(|other| other.tag != element.tag);
        elements.push((*element).clone());
    }
    elements.sort_by_key(|element| element.tag);
    let mut group = Vec::new();
    for element in &elements {
        write_element(&mut group, element, style, false);
    }
    let lie = if layout.meta == Meta::WrongGroupLength { 40 } else { 0 };
    let mut bytes = Vec::new();
    if layout.meta != Meta::NoGroupLength {
        let length = Value::Bytes(vec![Piece::Number((group.len() + lie) as f64)]);
        write_element(&mut bytes, &Element::new(Tag(2, 0), "UL", length), style, false);
    }
    bytes.extend(group);
    bytes
}

fn write_element(out: &mut Vec<u8>, element: &Element, style: Style, undefined: bool) {
    let inner = if element.un { IMPLICIT } else { style };
    let open = match element.value {
        Value::Bytes(_) => element.undefined.unwrap_or(false),
        Value::Items(_) => element.undefined.unwrap_or(undefined),
        Value::Fragments(_) => true,
    };
    let mut value = match &element.value {
        Value::Bytes(pieces) => bytes_of(pieces, element.vr, inner.big),
        Value::Items(items) => items_of(items, inner, undefined),
        Value::Fragments(fragments) => fragments_of(fragments),
    };
    if value.len() % 2 == 1 && !element.odd {
        value.push(Vr::from_bytes(element.vr).map_or(0, Vr::padding));
    }
    let length = element.length.unwrap_or(if open { UNDEFINED } else { value.len() as u32 });
    write_header(out, element, style, length);
    out.extend(value);
    if open && !element.open {
        write_tag(out, Tag(0xFFFE, 0xE0DD), inner.big);
        out.extend([0; 4]);
    }
}

fn write_header(out: &mut Vec<u8>, element: &Element, style: Style, length: u32) {
    write_tag(out, element.tag, style.big);
    if !style.explicit {
        return out.extend(number(length.into(), 4, style.big));
    }
    let letters = if element.un { *b"UN" } else { element.vr };
    out.extend(letters);
    // Letters that the standard does not know stand before a 32-bit length (PS3.5 2026d, 7.1.2); small ones are a
    // slip of the writer's pen and not of its hand.
    if Vr::from_bytes(letters.map(|letter| letter.to_ascii_uppercase())).is_none_or(Vr::has_long_header) {
        out.extend([0, 0]);
        out.extend(number(length.into(), 4, style.big));
    } else {
        out.extend(number((length & 0xFFFF).into(), 2, style.big));
    }
}

fn items_of(items: &[Item], style: Style, undefined: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        let mut content = Vec::new();
        for element in &item.elements {
            write_element(&mut content, element, style, undefined);
        }
        let open = item.undefined.unwrap_or(undefined);
        write_tag(&mut out, Tag(0xFFFE, 0xE000), style.big);
        let length = item.length.unwrap_or(if open { UNDEFINED } else { content.len() as u32 });
        out.extend(number(length.into(), 4, style.big));
        out.extend(content);
        if open {
            write_tag(&mut out, Tag(0xFFFE, 0xE00D), style.big);
            out.extend([0; 4]);
        }
    }
    out
}

fn fragments_of(fragments: &[Vec<Piece>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, pieces) in fragments.iter().enumerate() {
        // The first fragment is the Basic Offset Table: 32-bit numbers.
        let mut bytes = bytes_of(pieces, if index == 0 { *b"UL" } else { *b"OB" }, false);
        if bytes.len() % 2 == 1 {
            bytes.push(0);
        }
        write_tag(&mut out, Tag(0xFFFE, 0xE000), false);
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(bytes);
    }
    out
}

fn bytes_of(pieces: &[Piece], vr: [u8; 2], big: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Raw(bytes) => out.extend_from_slice(bytes),
            Piece::Number(value) => out.extend(number_of(*value, vr, big)),
        }
    }
    out
}

fn number_of(value: f64, vr: [u8; 2], big: bool) -> Vec<u8> {
    match &vr {
        b"FL" | b"OF" => number((value as f32).to_bits().into(), 4, big),
        b"FD" | b"OD" => number(value.to_bits(), 8, big),
        b"US" | b"SS" | b"OW" => number(value as i64 as u64, 2, big),
        b"UL" | b"SL" | b"OL" => number(value as i64 as u64, 4, big),
        b"UV" | b"SV" | b"OV" => number(value as i64 as u64, 8, big),
        b"AT" => {
            let tag = value as u32;
            [number((tag >> 16).into(), 2, big), number((tag & 0xFFFF).into(), 2, big)].concat()
        }
        b"OB" | b"UN" => number(value as i64 as u64, 1, big),
        _ => value.to_string().into_bytes(),
    }
}

/// Returns the low `width` bytes of `value`.
fn number(value: u64, width: usize, big: bool) -> Vec<u8> {
    if big { value.to_be_bytes()[8 - width..].to_vec() } else { value.to_le_bytes()[..width].to_vec() }
}

fn write_tag(out: &mut Vec<u8>, tag: Tag, big: bool) {
    out.extend(number(tag.group().into(), 2, big));
    out.extend(number(tag.element().into(), 2, big));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(encoding: Encoding) -> Layout {
        Layout { encoding, preamble: Preamble::None, meta: Meta::None, ..Layout::default() }
    }

    #[test]
    fn explicit_implicit_and_big_endian_headers_are_as_the_standard_draws_them() {
        let rows = Element::new(Tag(0x0028, 0x0010), "US", Value::Bytes(vec![Piece::Number(258.0)]));
        let name = Element::text(Tag(0x0010, 0x0010), "PN", "A^B");
        let elements = [name, rows];
        assert_eq!(
            emit(&elements, &bare(Encoding::ExplicitLittle)),
            b"\x10\0\x10\0PN\x04\0A^B \x28\0\x10\0US\x02\0\x02\x01"
        );
        assert_eq!(
            emit(&elements, &bare(Encoding::ImplicitLittle)),
            b"\x10\0\x10\0\x04\0\0\0A^B \x28\0\x10\0\x02\0\0\0\x02\x01"
        );
        assert_eq!(
            emit(&elements, &bare(Encoding::ExplicitBig)),
            b"\0\x10\0\x10PN\0\x04A^B \0\x28\0\x10US\0\x02\x01\x02"
        );
    }

    #[test]
    fn sequence_in_un_has_implicit_items() {
        let item = Item { elements: vec![Element::text(Tag(0x0008, 0x1155), "UI", "1.2")], ..Item::default() };
        let mut sequence = Element::new(Tag(0x0009, 0x1001), "SQ", Value::Items(vec![item]));
        sequence.un = true;
        sequence.undefined = Some(true);
        let expected = b"\x09\0\x01\x10UN\0\0\xFF\xFF\xFF\xFF\
            \xFE\xFF\x00\xE0\x0C\0\0\0\x08\0\x55\x11\x04\0\0\x001.2\0\
            \xFE\xFF\xDD\xE0\0\0\0\0";
        assert_eq!(emit(&[sequence], &bare(Encoding::ExplicitLittle)), expected);
    }

    #[test]
    fn file_meta_counts_its_own_length_and_copies_the_uids() {
        let elements = [Element::text(Tag(0x0008, 0x0018), "UI", "1.2.3")];
        let file = emit(&elements, &Layout::default());
        assert_eq!(&file[128..144], b"DICM\x02\0\0\0UL\x04\0\x6C\0\0\0");
        assert_eq!(&file[158..172], b"\x02\0\x03\0UI\x06\x001.2.3\0");
    }

    #[test]
    fn fragments_end_with_a_delimiter_and_are_padded() {
        let value = Value::Fragments(vec![vec![Piece::Number(0.0)], vec![Piece::Raw(vec![1, 2, 3])]]);
        let pixels = Element::new(Tag(0x7FE0, 0x0010), "OB", value);
        let expected = b"\xE0\x7F\x10\0OB\0\0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\x04\0\0\0\0\0\0\0\
            \xFE\xFF\x00\xE0\x04\0\0\0\x01\x02\x03\0\xFE\xFF\xDD\xE0\0\0\0\0";
        assert_eq!(emit(&[pixels], &bare(Encoding::ExplicitLittle)), expected);
    }
}
