//! Preamble and group 0002 (PS3.10 2026d, 7.1), read tolerantly and written anew.

use crate::node::UNDEFINED;
use crate::stream::Stream;
use crate::{Encoding, Note, ReadError, header, sniff};
use tokumei_core::{Tag, TagPath, Vr, dictionary, tags};

/// An element of group 0002 as the file has it.
#[derive(Clone, PartialEq, Eq)]
pub struct MetaElement {
    /// Its tag.
    pub tag: Tag,
    /// Its value representation.
    pub vr: Vr,
    /// Its value, padding included.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for MetaElement {
    /// Shows tag, value representation and length, never the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} bytes", self.tag, self.vr, self.value.len())
    }
}

/// What group 0002 of an output says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMeta {
    /// Media Storage SOP Class UID (0002,0002).
    pub sop_class_uid: String,
    /// Media Storage SOP Instance UID (0002,0003).
    pub sop_instance_uid: String,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: String,
    /// Implementation Class UID (0002,0012).
    pub implementation_class_uid: String,
    /// Implementation Version Name (0002,0013).
    pub implementation_version_name: String,
}

impl NewMeta {
    /// Returns a zero preamble, `DICM` and group 0002.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut group = Vec::with_capacity(256);
        put(&mut group, 0x0001, Vr::OB, b"\0\x01");
        put(&mut group, 0x0002, Vr::UI, self.sop_class_uid.as_bytes());
        put(&mut group, 0x0003, Vr::UI, self.sop_instance_uid.as_bytes());
        put(&mut group, 0x0010, Vr::UI, self.transfer_syntax.as_bytes());
        put(&mut group, 0x0012, Vr::UI, self.implementation_class_uid.as_bytes());
        put(&mut group, 0x0013, Vr::SH, self.implementation_version_name.as_bytes());
        let mut out = Vec::with_capacity(128 + 4 + 12 + group.len());
        out.resize(128, 0);
        out.extend(b"DICM");
        put(&mut out, 0x0000, Vr::UL, &(group.len() as u32).to_le_bytes());
        out.extend(group);
        out
    }
}

fn put(out: &mut Vec<u8>, element: u16, vr: Vr, value: &[u8]) {
    let odd = value.len() % 2;
    header::put(out, Encoding::ExplicitLittle, Tag(0x0002, element), vr, (value.len() + odd) as u32);
    out.extend(value);
    out.extend(std::iter::repeat_n(vr.padding(), odd));
}

/// What stands before the data set.
#[derive(Default)]
pub(crate) struct Prologue {
    pub preamble: Option<[u8; 128]>,
    pub meta: Vec<MetaElement>,
    pub notes: Vec<Note>,
    /// Offset of the data set.
    pub body: u64,
    /// Whether `DICM` was there.
    pub magic: bool,
}

impl Prologue {
    /// Returns the declared transfer syntax, without its padding; `None` where it is missing, empty or no text.
    pub fn transfer_syntax(&self) -> Option<&str> {
        let element = self.meta.iter().find(|element| element.tag == tags::TRANSFER_SYNTAX_UID)?;
        let text = std::str::from_utf8(&element.value).unwrap_or("?").trim_matches(['\0', ' ']);
        (!text.is_empty()).then_some(text)
    }
}

/// Reads preamble, `DICM` and group 0002, as far as they are there.
pub(crate) fn read(stream: &mut Stream<'_>) -> Result<Prologue, ReadError> {
    let mut prologue = Prologue::default();
    let room = stream.len().saturating_sub(132);
    let start = stream.window(0, 4096)?;
    if start.get(128..132) == Some(b"DICM") && !is_chance(start, room) {
        prologue.preamble = start[..128].try_into().ok();
        prologue.magic = true;
        prologue.body = 132;
    } else {
        prologue.notes.push(Note::NoPreamble);
        prologue.magic = start.starts_with(b"DICM");
        prologue.body = if prologue.magic { 4 } else { 0 };
    }
    read_group(stream, &mut prologue)?;
    if prologue.meta.is_empty() {
        prologue.notes.push(Note::NoMeta);
    }
    Ok(prologue)
}

/// Tells whether `DICM` stands at its place by chance, within a value of a data set that begins at once.
fn is_chance(start: &[u8], room: u64) -> bool {
    let after = &start[132..];
    if group_encoding(after).is_some() || sniff::encoding(after, room, None).is_some() {
        return false;
    }
    let whole = room + 132;
    sniff::encoding(start, whole, None)
        .is_some_and(|encoding| sniff::score(start, whole, encoding, sniff::Order::Ascending).elements >= 3)
}

fn read_group(stream: &mut Stream<'_>, prologue: &mut Prologue) -> Result<(), ReadError> {
    let mut group_end = None;
    loop {
        let start = prologue.body;
        let room = stream.len().saturating_sub(start);
        let Some(encoding) = group_encoding(stream.get(start, 12)?) else { break };
        // Only a group 0002 that began so is big endian; otherwise it is group 0200 of the data set.
        if encoding == Encoding::ExplicitBig
            && !(prologue.meta.is_empty() || prologue.notes.contains(&Note::MetaEncoding(encoding)))
        {
            break;
        }
        // A deflate stream may begin like group 0002, so there the group length is believed.
        if group_end == Some(start) && prologue.transfer_syntax().is_some_and(is_deflated) {
            break;
        }
        let read = header::decode(stream.get(start, 12)?, encoding, room);
        let read = read.filter(|read| read.length != UNDEFINED && read.size + u64::from(read.length) <= room);
        let Some(read) = read else {
            match group_end.filter(|end| *end > start && *end <= stream.len()) {
                Some(end) if prologue.transfer_syntax().is_some() => prologue.body = end,
                _ => return Err(ReadError::Unparsable { path: TagPath::default(), offset: start }),
            }
            prologue.notes.push(Note::MetaDamaged);
            return Ok(());
        };
        if encoding != Encoding::ExplicitLittle && !prologue.notes.contains(&Note::MetaEncoding(encoding)) {
            prologue.notes.push(Note::MetaEncoding(encoding));
        }
        let value = stream.get(start + read.size, u64::from(read.length))?.to_vec();
        prologue.body = start + read.size + u64::from(read.length);
        if read.tag.is_group_length() && value.len() == 4 && prologue.meta.is_empty() {
            group_end = Some(prologue.body + u64::from(header::number(&value, 0, encoding)));
        }
        let vr = read.vr.or_else(|| dictionary::vr(read.tag)).unwrap_or(Vr::UN);
        prologue.meta.push(MetaElement { tag: read.tag, vr, value });
    }
    match group_end {
        None if !prologue.meta.is_empty() => prologue.notes.push(Note::NoMetaGroupLength),
        Some(end) if end != prologue.body => prologue.notes.push(Note::MetaGroupLengthWrong),
        _ => {}
    }
    Ok(())
}

/// Tells how an element of group 0002 is encoded; `None` when it is of another group.
fn group_encoding(bytes: &[u8]) -> Option<Encoding> {
    if bytes.len() < 8 {
        return None;
    }
    match bytes[..2] {
        [0x02, 0x00] if bytes[4..6].iter().all(u8::is_ascii_uppercase) => Some(Encoding::ExplicitLittle),
        [0x02, 0x00] => Some(Encoding::ImplicitLittle),
        [0x00, 0x02] if Vr::from_bytes([bytes[4], bytes[5]]).is_some() => Some(Encoding::ExplicitBig),
        _ => None,
    }
}

fn is_deflated(uid: &str) -> bool {
    crate::syntax::lookup(uid).is_some_and(|syntax| syntax.deflated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_meta_is_padded_and_counted() {
        let meta = NewMeta {
            sop_class_uid: "1.2".into(),
            sop_instance_uid: "1.2.3.4".into(),
            transfer_syntax: "1.2.840.10008.1.2".into(),
            implementation_class_uid: "1.9".into(),
            implementation_version_name: "ABC".into(),
        };
        let mut expected = vec![0; 128];
        expected.extend(b"DICM\x02\0\0\0UL\x04\0\x56\0\0\0");
        expected.extend(b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01");
        expected.extend(b"\x02\0\x02\0UI\x04\x001.2\0");
        expected.extend(b"\x02\0\x03\0UI\x08\x001.2.3.4\0");
        expected.extend(b"\x02\0\x10\0UI\x12\x001.2.840.10008.1.2\0");
        expected.extend(b"\x02\0\x12\0UI\x04\x001.9\0");
        expected.extend(b"\x02\0\x13\0SH\x04\x00ABC ");
        // 14 + 12 + 16 + 26 + 12 + 12 bytes follow the group length.
        expected[132 + 8] = 92;
        assert_eq!(meta.to_bytes(), expected);
    }
}
