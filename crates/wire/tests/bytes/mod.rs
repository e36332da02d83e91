//! An emitter of bytes that shares nothing with the library: what the tests read is written here.
#![allow(dead_code)]

/// Returns an element with an explicit value representation, little endian.
pub fn el(group: u16, element: u16, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut out = tag(group, element);
    out.extend(vr.as_bytes());
    if ["OB", "OW", "SQ", "UN", "UT", "OV"].contains(&vr) {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
    out
}

/// Returns an element in implicit encoding.
pub fn im(group: u16, element: u16, value: &[u8]) -> Vec<u8> {
    let mut out = tag(group, element);
    out.extend((value.len() as u32).to_le_bytes());
    out.extend(value);
    out
}

/// Returns an element in explicit big endian encoding.
pub fn be(group: u16, element: u16, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut out = group.to_be_bytes().to_vec();
    out.extend(element.to_be_bytes());
    out.extend(vr.as_bytes());
    if ["OB", "OW", "SQ", "UN"].contains(&vr) {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_be_bytes());
    } else {
        out.extend((value.len() as u16).to_be_bytes());
    }
    out.extend(value);
    out
}

/// Returns a header of undefined length, explicit little endian.
pub fn open(group: u16, element: u16, vr: &str) -> Vec<u8> {
    let mut out = tag(group, element);
    out.extend(vr.as_bytes());
    out.extend([0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    out
}

/// Returns an item of defined length, little endian.
pub fn item(content: &[u8]) -> Vec<u8> {
    im(0xFFFE, 0xE000, content)
}

/// Returns an item of undefined length with its delimiter, little endian.
pub fn open_item(content: &[u8]) -> Vec<u8> {
    [b"\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF", content, ITEM_END].concat()
}

pub const ITEM_END: &[u8] = b"\xFE\xFF\x0D\xE0\0\0\0\0";
pub const SEQUENCE_END: &[u8] = b"\xFE\xFF\xDD\xE0\0\0\0\0";

fn tag(group: u16, element: u16) -> Vec<u8> {
    [group.to_le_bytes(), element.to_le_bytes()].concat()
}

pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const BIG: &str = "1.2.840.10008.1.2.2";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const JPEG: &str = "1.2.840.10008.1.2.4.50";

/// Returns group 0002 with nothing but a transfer syntax.
pub fn meta(syntax: &str) -> Vec<u8> {
    let mut uid = syntax.as_bytes().to_vec();
    if uid.len() % 2 == 1 {
        uid.push(0);
    }
    let element = el(2, 0x10, "UI", &uid);
    [el(2, 0, "UL", &(element.len() as u32).to_le_bytes()), element].concat()
}

/// Returns a file with preamble and group 0002.
pub fn file(syntax: &str, body: &[u8]) -> Vec<u8> {
    [&[0x11; 128], b"DICM".as_slice(), &meta(syntax), body].concat()
}

/// Returns a few ordinary elements, explicit little endian.
pub fn plain() -> Vec<u8> {
    [
        el(8, 0x16, "UI", b"1.2.3\0"),
        el(8, 0x60, "CS", b"CT"),
        el(0x10, 0x10, "PN", b"A^B "),
        el(0x10, 0x20, "LO", b"ID"),
    ]
    .concat()
}
