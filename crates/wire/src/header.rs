//! The header of a data element, to and from bytes (PS3.5 2026d, 7.1.2 and 7.1.3).

use crate::Encoding;
use crate::node::UNDEFINED;
use tokumei_core::{Tag, Vr};

/// A header as it stands in the stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub tag: Tag,
    /// The letters, `None` in implicit encoding.
    pub letters: Option<[u8; 2]>,
    /// What the letters mean; UN when they mean nothing.
    pub vr: Option<Vr>,
    pub length: u32,
    /// Bytes of the header: 8 or 12.
    pub size: u64,
    pub oddity: Option<Oddity>,
}

/// What is unusual about a header that can be read all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Oddity {
    /// The letters name no value representation.
    UnknownVr,
    /// Lower case, or the short form for a long one.
    Form,
}

impl Header {
    /// Tells whether only the room around told the short form from the long one.
    pub fn is_ambiguous(&self) -> bool {
        match (self.oddity, self.vr) {
            (Some(Oddity::UnknownVr), _) => self.size == 8 && self.length == 0,
            (_, Some(vr)) => self.size == 8 && vr.has_long_header(),
            _ => false,
        }
    }
}

/// Reads the tag at the start of at least four bytes.
pub(crate) fn tag(bytes: &[u8], encoding: Encoding) -> Tag {
    Tag(encoding.u16([bytes[0], bytes[1]]), encoding.u16([bytes[2], bytes[3]]))
}

/// Reads the 32-bit number at `at`.
pub(crate) fn number(bytes: &[u8], at: usize, encoding: Encoding) -> u32 {
    encoding.u32([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Reads a header from its first 12 bytes, or 8 where no more are left.
///
/// `room` is how many bytes the element may have at most, header included; where a header has two readings, it
/// decides. `None` when the bytes are no header.
pub(crate) fn decode(bytes: &[u8], encoding: Encoding, room: u64) -> Option<Header> {
    if bytes.len() < 8 {
        return None;
    }
    let tag = tag(bytes, encoding);
    if !encoding.is_explicit() {
        let length = number(bytes, 4, encoding);
        return Some(Header { tag, letters: None, vr: None, length, size: 8, oddity: None });
    }
    let letters = [bytes[4], bytes[5]];
    if !letters.iter().all(|letter| (0x20..0x7F).contains(letter)) {
        return None;
    }
    let (vr, oddity) = meaning(letters);
    let short = encoding.u16([bytes[6], bytes[7]]);
    let long = (bytes.len() >= 12).then(|| number(bytes, 8, encoding));
    let fits_long = long.is_some_and(|length| length == UNDEFINED || u64::from(length) + 12 <= room);
    let fits_short = u64::from(short) + 8 <= room;
    let known_long = vr.has_long_header() && oddity != Some(Oddity::UnknownVr);
    let (is_long, oddity) = match (oddity, known_long) {
        (Some(Oddity::UnknownVr), _) => (short == 0 && fits_long, oddity),
        // Some writers give UN, UT and OB the short form: then the reserved bytes are the length.
        (_, true) if short != 0 && !fits_long && fits_short => (false, Some(Oddity::Form)),
        (_, long) => (long, oddity),
    };
    if is_long {
        Some(Header { tag, letters: Some(letters), vr: Some(vr), length: long?, size: 12, oddity })
    } else {
        Some(Header { tag, letters: Some(letters), vr: Some(vr), length: u32::from(short), size: 8, oddity })
    }
}

fn meaning(letters: [u8; 2]) -> (Vr, Option<Oddity>) {
    if let Some(vr) = Vr::from_bytes(letters) {
        return (vr, None);
    }
    match Vr::from_bytes(letters.map(|letter| letter.to_ascii_uppercase())) {
        Some(vr) => (vr, Some(Oddity::Form)),
        None => (Vr::UN, Some(Oddity::UnknownVr)),
    }
}

/// Appends a header. A value too long for the short form gets UN and the long one (PS3.5 2026d, 6.2.2).
pub(crate) fn put(out: &mut Vec<u8>, encoding: Encoding, tag: Tag, vr: Vr, length: u32) {
    put_tag(out, encoding, tag);
    if !encoding.is_explicit() {
        out.extend(encoding.put_u32(length));
        return;
    }
    let vr = if !vr.has_long_header() && length > 0xFFFE { Vr::UN } else { vr };
    out.extend(vr.as_str().as_bytes());
    match u16::try_from(length) {
        Ok(short) if !vr.has_long_header() => out.extend(encoding.put_u16(short)),
        _ => {
            out.extend([0, 0]);
            out.extend(encoding.put_u32(length));
        }
    }
}

/// Appends the tag and 32-bit length of an item or delimiter.
pub(crate) fn put_item(out: &mut Vec<u8>, encoding: Encoding, tag: Tag, length: u32) {
    put_tag(out, encoding, tag);
    out.extend(encoding.put_u32(length));
}

fn put_tag(out: &mut Vec<u8>, encoding: Encoding, tag: Tag) {
    out.extend(encoding.put_u16(tag.group()));
    out.extend(encoding.put_u16(tag.element()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::*;

    #[test]
    fn explicit_headers_have_eight_or_twelve_bytes() {
        let header = decode(b"\x10\0\x10\0PN\x04\0A^B ", ExplicitLittle, 12).expect("header");
        assert_eq!((header.tag, header.vr, header.length, header.size), (Tag(0x10, 0x10), Some(Vr::PN), 4, 8));
        let header = decode(b"\0\x10\0\x10OB\0\0\0\0\0\x02", ExplicitBig, 14).expect("header");
        assert_eq!((header.vr, header.length, header.size), (Some(Vr::OB), 2, 12));
        assert_eq!(decode(b"\x10\0\x10\0\x02\0\0\0", ExplicitLittle, 99), None);
    }

    #[test]
    fn unknown_letters_take_the_form_that_fits() {
        let long = decode(b"\x09\0\x10\x10ZZ\0\0\x02\0\0\0", ExplicitLittle, 14).expect("header");
        assert_eq!((long.length, long.size, long.oddity), (2, 12, Some(Oddity::UnknownVr)));
        let empty = decode(b"\x09\0\x10\x10ZZ\0\0\x10\0\x10\0", ExplicitLittle, 30).expect("header");
        assert_eq!((empty.length, empty.size), (0, 8));
        let short = decode(b"\x09\0\x10\x10??\x02\0abcd", ExplicitLittle, 30).expect("header");
        assert_eq!((short.length, short.size), (2, 8));
    }

    #[test]
    fn lower_case_means_upper_case() {
        let header = decode(b"\x10\0\x10\0pn\x04\0A^B ", ExplicitLittle, 12).expect("header");
        assert_eq!((header.vr, header.oddity), (Some(Vr::PN), Some(Oddity::Form)));
    }

    #[test]
    fn value_too_long_for_the_short_form_becomes_unknown() {
        let mut out = Vec::new();
        put(&mut out, ExplicitLittle, Tag(0x10, 0x20), Vr::LO, 0x1_0000);
        assert_eq!(out, b"\x10\0\x20\0UN\0\0\0\0\x01\0");
        out.clear();
        put(&mut out, ExplicitBig, Tag(0x10, 0x20), Vr::LO, 2);
        assert_eq!(out, b"\0\x10\0\x20LO\0\x02");
    }
}
