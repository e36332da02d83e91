//! A few texts of a header, for reports: read within bounds, whatever a file claims.

use crate::index::open;
use std::path::Path;
use tokumei_core::Tag;
use tokumei_wire::Limits;

/// A header for a report is no longer than this, and no more is inflated.
const HEAD: u64 = 64 << 20;

/// Returns the texts of top-level elements, in the order of `wanted` and without padding; empty where there is none.
/// They are to be compared: what is not UTF-8 is not decoded.
///
/// `None` when the file cannot be read, or its header is longer than 64 MiB: somebody may have put pixels into an item.
pub fn texts(file: &Path, wanted: &[Tag]) -> Option<Vec<String>> {
    let (source, _) = open(file).ok()?;
    let limits = Limits { head: HEAD, inflated: HEAD, ..Limits::default() };
    let data_set = tokumei_wire::read(&source, &limits).ok()?;
    let text = |tag: &Tag| {
        let bytes = data_set.first(*tag).and_then(|id| data_set.value(id)).unwrap_or_default();
        String::from_utf8_lossy(bytes).trim_matches([' ', '\0']).to_owned()
    };
    Some(wanted.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;

    const SEX: Tag = Tag(0x0010, 0x0040);

    /// An explicit little endian data set: a sequence with an item of so many bytes in it, then a sex.
    fn written(folder: &Path, nested: u32) -> std::path::PathBuf {
        let path = folder.join("a.dcm");
        let mut head = vec![0; 128];
        head.extend(b"DICM\x02\x00\x00\x00UL\x04\x00\x1c\x00\x00\x00\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0");
        // Referenced Image Sequence, an item, Pixel Data.
        head.extend(b"\x08\x00\x40\x11SQ\0\0");
        head.extend((nested + 20).to_le_bytes());
        head.extend(b"\xfe\xff\x00\xe0");
        head.extend((nested + 12).to_le_bytes());
        head.extend(b"\xe0\x7f\x10\x00OB\0\0");
        head.extend(nested.to_le_bytes());
        std::fs::write(&path, &head).unwrap();
        let end = head.len() as u64 + u64::from(nested);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(end).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, b"\x10\x00\x40\x00CS\x02\x00F ", end).unwrap();
        path
    }

    #[test]
    fn texts_come_without_padding_and_absent_ones_are_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), 8);
        assert_eq!(texts(&path, &[Tag(0x0010, 0x1010), SEX]), Some(vec![String::new(), "F".to_owned()]));
    }

    #[test]
    fn pixels_in_an_item_are_not_read_for_a_text_behind_them() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(texts(&written(folder.path(), 200 << 20), &[SEX]), None);
        assert_eq!(texts(&folder.path().join("none"), &[SEX]), None);
    }
}
