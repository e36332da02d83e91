//! Preamble and file meta information (PS3.10 2026d, 7.1).

use super::read::{Bytes, Unread, walk_meta};
use std::io::{Cursor, SeekFrom};
use tokumei_core::{Tag, tags};

/// What stands before the data set.
pub(crate) struct Meta {
    pub preamble_is_zero: bool,
    pub elements: Vec<MetaElement>,
    /// Whether dicom-object, as a common reader, accepts it.
    pub is_common: bool,
    /// Where the data set begins.
    pub end: u64,
}

/// One element of group 0002.
pub(crate) struct MetaElement {
    pub tag: Tag,
    pub value: Vec<u8>,
}

/// Longest group 0002 that is read, in bytes.
const LONGEST: u64 = 1 << 20;

impl Meta {
    /// Returns a value as text without padding; empty when absent.
    pub(crate) fn word(&self, tag: Tag) -> String {
        let found = self.elements.iter().find(|element| element.tag == tag);
        found.map(|element| String::from_utf8_lossy(super::trimmed(&element.value)).into_owned()).unwrap_or_default()
    }

    /// Returns the transfer syntax.
    pub(crate) fn transfer_syntax(&self) -> String {
        self.word(tags::TRANSFER_SYNTAX_UID)
    }

    /// Returns what stands for the file meta information of a bare data set.
    pub(crate) fn bare(syntax: &str) -> Meta {
        let value = syntax.as_bytes().to_vec();
        let elements = vec![MetaElement { tag: tags::TRANSFER_SYNTAX_UID, value }];
        Meta { preamble_is_zero: true, elements, is_common: false, end: 0 }
    }

    /// Reads preamble, prefix and group 0002.
    pub(crate) fn read(source: &mut dyn Bytes, length: u64) -> Result<Meta, Unread> {
        let mut start = [0; 144];
        if length < 144 {
            return Err(Unread::NOT_PART_10);
        }
        source.read_exact(&mut start).map_err(|_| Unread::IO)?;
        if &start[128..132] != b"DICM" {
            return Err(Unread::NOT_PART_10);
        }
        // (0002,0000) UL, 4 bytes: the group's length (PS3.10 2026d, Table 7.1-1).
        if start[132..140] != [0x02, 0, 0, 0, b'U', b'L', 4, 0] {
            return Err(Unread("meta-without-length"));
        }
        let group = u64::from(u32::from_le_bytes([start[140], start[141], start[142], start[143]]));
        if group > LONGEST || group > length - 144 {
            return Err(Unread::CUT_OFF);
        }
        let mut body = vec![0; group as usize];
        source.read_exact(&mut body).map_err(|_| Unread::IO)?;
        let mut whole = start[128..].to_vec();
        whole.extend(&body);
        let is_common = dicom_object::FileMetaTable::from_reader(Cursor::new(whole)).is_ok();
        source.seek(SeekFrom::Start(144 + group)).map_err(|_| Unread::IO)?;
        let preamble_is_zero = start[..128].iter().all(|byte| *byte == 0);
        Ok(Meta { preamble_is_zero, elements: walk_meta(body)?, is_common, end: 144 + group })
    }
}
