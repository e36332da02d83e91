//! New elements, to bytes.

use crate::node::UNDEFINED;
use crate::syntax::{self, Pixels, Syntax};
use crate::write::Splice;
use crate::{Encoding, NewElement, NewMeta, NewValue, header};
use tokumei_core::{Tag, Vr, tags};

/// A length that does not fit into 32 bits.
#[derive(Debug)]
pub(crate) struct TooLong(pub Tag);

/// Returns a whole file: preamble, group 0002, and `elements` in the order given, as `meta.transfer_syntax` says.
///
/// An unlisted transfer syntax is encoded as explicit little endian. The value of PixelData (7FE0,0010) under an
/// encapsulated transfer syntax is fragments: from the first item tag through the sequence delimiter.
///
/// # Panics
/// If a value is longer than 4 GiB - 2.
pub fn encode(meta: &NewMeta, elements: &[NewElement]) -> Vec<u8> {
    let syntax = syntax::lookup(&meta.transfer_syntax).unwrap_or(Syntax {
        encoding: Encoding::ExplicitLittle,
        deflated: false,
        pixels: Pixels::Native,
    });
    let mut head = meta.to_bytes();
    let body = head.len();
    for element in elements {
        put_root(&mut head, syntax, element).expect("the caller keeps values below 4 GiB");
    }
    let splice = Splice { head, bulk: None, tail: Vec::new(), deflate: syntax.deflated, body };
    let mut out = Vec::new();
    splice.write(&Vec::new(), &mut out).expect("writing to memory does not fail");
    out
}

/// Appends an element of the top level, where pixel data may be fragments.
pub(crate) fn put_root(out: &mut Vec<u8>, syntax: Syntax, element: &NewElement) -> Result<(), TooLong> {
    match &element.value {
        NewValue::Bytes(value)
            if element.tag == tags::PIXEL_DATA && syntax.pixels == Pixels::Encapsulated && !value.is_empty() =>
        {
            header::put(out, syntax.encoding, element.tag, Vr::OB, UNDEFINED);
            out.extend(value);
            Ok(())
        }
        _ => put_element(out, syntax.encoding, element),
    }
}

/// Appends an element. It calls itself once for each level that the caller nested.
pub(crate) fn put_element(out: &mut Vec<u8>, encoding: Encoding, element: &NewElement) -> Result<(), TooLong> {
    match &element.value {
        NewValue::Bytes(value) => put_value(out, encoding, element.tag, element.vr, value),
        NewValue::Items(items) => {
            let vr = if element.vr.has_long_header() { element.vr } else { Vr::SQ };
            header::put(out, encoding, element.tag, vr, 0);
            let content = if vr == Vr::UN { Encoding::ImplicitLittle } else { encoding };
            let from = out.len();
            put_items(out, content, element.tag, items)?;
            put_length(out, from, encoding).ok_or(TooLong(element.tag))
        }
    }
}

/// Appends items with their elements.
pub(crate) fn put_items(
    out: &mut Vec<u8>,
    encoding: Encoding,
    tag: Tag,
    items: &[Vec<NewElement>],
) -> Result<(), TooLong> {
    for item in items {
        header::put_item(out, encoding, tags::ITEM, 0);
        let from = out.len();
        for element in item {
            put_element(out, encoding, element)?;
        }
        put_length(out, from, encoding).ok_or(TooLong(tag))?;
    }
    Ok(())
}

/// Appends an element with a plain value, padded to even length.
pub(crate) fn put_value(out: &mut Vec<u8>, encoding: Encoding, tag: Tag, vr: Vr, value: &[u8]) -> Result<(), TooLong> {
    let odd = value.len() % 2;
    let length = u32::try_from(value.len() + odd).ok().filter(|length| *length != UNDEFINED).ok_or(TooLong(tag))?;
    header::put(out, encoding, tag, vr, length);
    out.extend(value);
    out.extend(std::iter::repeat_n(vr.padding(), odd));
    Ok(())
}

/// Writes the length of everything from `from` on into the four bytes before it.
pub(crate) fn put_length(out: &mut [u8], from: usize, encoding: Encoding) -> Option<()> {
    let length = u32::try_from(out.len() - from).ok().filter(|length| *length != UNDEFINED)?;
    out.get_mut(from.checked_sub(4)?..from)?.copy_from_slice(&encoding.put_u32(length));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_items_are_counted_in_every_encoding() {
        let name = NewElement::bytes(Tag(0x0010, 0x0010), Vr::PN, b"A^B".to_vec());
        let sequence = NewElement::items(Tag(0x0008, 0x1140), vec![vec![name], vec![]]);
        let mut out = Vec::new();
        put_element(&mut out, Encoding::ExplicitLittle, &sequence).expect("short");
        let mut expected = b"\x08\0\x40\x11SQ\0\0\x1C\0\0\0\xFE\xFF\0\xE0\x0C\0\0\0".to_vec();
        expected.extend(b"\x10\0\x10\0PN\x04\0A^B \xFE\xFF\0\xE0\0\0\0\0");
        assert_eq!(out, expected);
        out.clear();
        put_element(&mut out, Encoding::ImplicitLittle, &sequence).expect("short");
        let mut expected = b"\x08\0\x40\x11\x1C\0\0\0\xFE\xFF\0\xE0\x0C\0\0\0".to_vec();
        expected.extend(b"\x10\0\x10\0\x04\0\0\0A^B \xFE\xFF\0\xE0\0\0\0\0");
        assert_eq!(out, expected);
    }
}
