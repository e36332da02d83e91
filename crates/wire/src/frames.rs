//! Which fragments make up which frame of encapsulated pixel data (PS3.5 2026d, A.4).

use crate::header;
use crate::source::fill;
use crate::{Encoding, PixelData, Source};
use std::io;
use std::ops::Range;
use tokumei_core::tags;

/// The frames of encapsulated pixel data, each a run of fragments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frames {
    /// The values of all fragments, in the order of the source.
    fragments: Vec<Range<u64>>,
    /// For each frame, the index one past its last fragment.
    ends: Vec<u32>,
    /// Whether the Basic Offset Table had entries.
    pub has_basic_offset_table: bool,
    /// Whether the tables were right, or empty.
    pub tables_fit: bool,
}

/// Why fragments could not be told apart into frames.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Reading the source failed.
    #[error("the pixel data could not be read")]
    Io(#[from] io::Error),
    /// The source got shorter after it was read.
    #[error("the source is shorter than when it was read")]
    Shrunk,
    /// There are fewer fragments than frames, or none at all.
    #[error("there are fewer fragments than frames")]
    TooFewFragments,
    /// An offset table has the wrong number of entries, or one that is no beginning of a fragment.
    #[error("the offset table does not fit the fragments")]
    OffsetTable,
    /// Nothing says where one frame ends and the next begins.
    #[error("nothing says which fragments make up a frame")]
    Ambiguous,
}

impl FrameError {
    /// Returns the stable name of the kind, for reasons in index and ledger.
    pub const fn id(&self) -> &'static str {
        match self {
            FrameError::Io(_) | FrameError::Shrunk => "unreadable",
            FrameError::TooFewFragments => "too-few-fragments",
            FrameError::OffsetTable => "offset-table",
            FrameError::Ambiguous => "frames-ambiguous",
        }
    }
}

impl Frames {
    /// Finds the frames of encapsulated pixel data.
    ///
    /// `count` is Number of Frames (0028,0008); `extended` the Extended Offset Table (7FE0,0001), if there is one. A single
    /// frame takes all fragments, and as many fragments as frames leave no doubt; else a table tells, or the mark
    /// that begins each image of the JPEG family.
    ///
    /// # Errors
    /// [`FrameError`]; a table that is there must fit.
    pub fn find(
        source: &dyn Source,
        pixel_data: &PixelData,
        count: u64,
        extended: Option<&[u64]>,
    ) -> Result<Frames, FrameError> {
        let (table, fragments) = fragments(source, &pixel_data.range)?;
        let Some(first) = fragments.first().filter(|_| count > 0 && count <= fragments.len() as u64) else {
            return Err(FrameError::TooFewFragments);
        };
        let (start, stop) = (first.start - 8, pixel_data.range.end);
        let basic = basic_table(source, &table)?;
        let has_basic_offset_table = !basic.is_empty();
        // The offset of a fragment counts from the first one's item tag.
        let table = Some(basic.as_slice()).filter(|basic| !basic.is_empty());
        let table = table.or(extended.filter(|offsets| !offsets.is_empty()));
        if table.is_some_and(|offsets| offsets.iter().any(|offset| *offset >= stop - start)) {
            return Err(FrameError::OffsetTable);
        }
        let by_table = table.map(|offsets| ends_by_table(&fragments, start, offsets, count));
        let tables_fit = !matches!(by_table, Some(Err(_)));
        let sure = if count == 1 {
            Some(vec![fragments.len() as u32])
        } else if count == fragments.len() as u64 {
            Some((1..=count as u32).collect())
        } else {
            None
        };
        let ends = match (sure, by_table) {
            (Some(ends), _) => ends,
            (None, Some(by_table)) => by_table?,
            (None, None) => ends_by_marks(source, &fragments, count)?,
        };
        Ok(Frames { fragments, ends, has_basic_offset_table, tables_fit })
    }

    /// Returns how many frames there are; at least one.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether there is no frame; there always is one.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the values of the fragments of a frame; nothing for a frame that there is not.
    pub fn fragments(&self, frame: usize) -> &[Range<u64>] {
        let begin = frame.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(frame).copied().unwrap_or(begin);
        self.fragments.get(begin as usize..end as usize).unwrap_or_default()
    }

    /// Returns the length of a frame in bytes, padding of its fragments included.
    pub fn frame_len(&self, frame: usize) -> u64 {
        self.fragments(frame).iter().map(|fragment| fragment.end - fragment.start).sum()
    }

    /// Reads a frame, its fragments put together.
    ///
    /// # Errors
    /// [`FrameError::Io`] and [`FrameError::Shrunk`]. The caller bounds [`Frames::frame_len`] before.
    pub fn read(&self, source: &dyn Source, frame: usize) -> Result<Vec<u8>, FrameError> {
        let mut bytes = vec![0; usize::try_from(self.frame_len(frame)).map_err(|_| FrameError::Shrunk)?];
        let mut at = 0;
        for fragment in self.fragments(frame) {
            let end = at + (fragment.end - fragment.start) as usize;
            read_exact(source, fragment.start, &mut bytes[at..end])?;
            at = end;
        }
        Ok(bytes)
    }
}

fn read_exact(source: &dyn Source, offset: u64, bytes: &mut [u8]) -> Result<(), FrameError> {
    if fill(source, offset, bytes)? { Ok(()) } else { Err(FrameError::Shrunk) }
}

/// Lists the Basic Offset Table's value and those of the fragments. The walker has hopped them before.
fn fragments(source: &dyn Source, range: &Range<u64>) -> Result<(Range<u64>, Vec<Range<u64>>), FrameError> {
    let (mut at, mut items) = (range.start, Vec::new());
    let mut bytes = [0; 8];
    while at + 8 <= range.end {
        read_exact(source, at, &mut bytes)?;
        // Encapsulated data sets are explicit little endian (PS3.5 2026d, A.4).
        if header::tag(&bytes, Encoding::ExplicitLittle) != tags::ITEM {
            break;
        }
        let value = at + 8..at + 8 + u64::from(header::number(&bytes, 4, Encoding::ExplicitLittle));
        if value.end > range.end {
            return Err(FrameError::Shrunk);
        }
        at = value.end;
        items.push(value);
    }
    if items.is_empty() {
        return Err(FrameError::TooFewFragments);
    }
    let table = items.remove(0);
    Ok((table, items))
}

/// Reads the entries of the Basic Offset Table.
fn basic_table(source: &dyn Source, table: &Range<u64>) -> Result<Vec<u64>, FrameError> {
    // As many entries as the walker lets elements be, four bytes each, is more than any file has.
    const MOST: u64 = 64 << 20;
    let length = table.end - table.start;
    if length > MOST || !length.is_multiple_of(4) {
        return Err(FrameError::OffsetTable);
    }
    let mut bytes = vec![0; length as usize];
    read_exact(source, table.start, &mut bytes)?;
    let entries = bytes.chunks_exact(4).map(|entry| u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]));
    Ok(entries.map(u64::from).collect())
}

fn ends_by_table(fragments: &[Range<u64>], start: u64, offsets: &[u64], count: u64) -> Result<Vec<u32>, FrameError> {
    if offsets.len() as u64 != count || offsets.first() != Some(&0) {
        return Err(FrameError::OffsetTable);
    }
    let index_of = |offset: u64| {
        let value = start.checked_add(offset)?.checked_add(8)?;
        fragments.binary_search_by_key(&value, |fragment| fragment.start).ok()
    };
    let mut ends = Vec::with_capacity(offsets.len());
    for pair in offsets.windows(2) {
        let index = index_of(pair[1]).filter(|_| pair[0] < pair[1]).ok_or(FrameError::OffsetTable)?;
        ends.push(index as u32);
    }
    ends.push(fragments.len() as u32);
    Ok(ends)
}

/// Finds the fragments that begin with the mark of an image: SOI or SOC.
fn ends_by_marks(source: &dyn Source, fragments: &[Range<u64>], count: u64) -> Result<Vec<u32>, FrameError> {
    let mut begins = Vec::new();
    for (index, fragment) in fragments.iter().enumerate() {
        let mut mark = [0; 3];
        if fragment.end - fragment.start >= 3 {
            read_exact(source, fragment.start, &mut mark)?;
        }
        if matches!(mark, [0xFF, 0xD8 | 0x4F, 0xFF]) {
            begins.push(index as u32);
        }
    }
    if begins.len() as u64 != count || begins.first() != Some(&0) {
        return Err(FrameError::Ambiguous);
    }
    begins.push(fragments.len() as u32);
    Ok(begins.split_off(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encapsulated pixel data with a table and fragments.
    fn encapsulated(table: &[u32], fragments: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut item = |value: &[u8]| {
            bytes.extend(b"\xFE\xFF\x00\xE0");
            bytes.extend((value.len() as u32).to_le_bytes());
            bytes.extend(value);
        };
        item(&table.iter().flat_map(|entry| entry.to_le_bytes()).collect::<Vec<_>>());
        fragments.iter().for_each(|fragment| item(fragment));
        bytes.extend(b"\xFE\xFF\xDD\xE0\0\0\0\0");
        bytes
    }

    fn find(bytes: &[u8], count: u64, extended: Option<&[u64]>) -> Result<Vec<Vec<u8>>, &'static str> {
        let range = 0..bytes.len() as u64;
        let pixel_data = PixelData { node: crate::NodeId(0), range, encapsulated: true, fragments: 0 };
        let frames = Frames::find(&bytes, &pixel_data, count, extended).map_err(|error| error.id())?;
        Ok((0..frames.len()).map(|frame| frames.read(&bytes, frame).expect("memory does not shrink")).collect())
    }

    #[test]
    fn a_single_frame_takes_all_fragments() {
        let bytes = encapsulated(&[], &[b"ab", b"cd", b"ef"]);
        assert_eq!(find(&bytes, 1, None), Ok(vec![b"abcdef".to_vec()]));
    }

    #[test]
    fn tables_say_where_frames_begin() {
        let bytes = encapsulated(&[0, 20], &[b"ab", b"cd", b"ef"]);
        assert_eq!(find(&bytes, 2, None), Ok(vec![b"abcd".to_vec(), b"ef".to_vec()]));
        let bytes = encapsulated(&[], &[b"ab", b"cd", b"ef"]);
        assert_eq!(find(&bytes, 2, Some(&[0, 10])), Ok(vec![b"ab".to_vec(), b"cdef".to_vec()]));
    }

    #[test]
    fn tables_that_point_elsewhere_are_refused_where_they_are_needed() {
        for table in [&[0, 9][..], &[0, 200], &[0], &[10, 0], &[0, 0]] {
            assert_eq!(find(&encapsulated(table, &[b"ab", b"cd", b"ef"]), 2, None), Err("offset-table"));
        }
        assert_eq!(find(&encapsulated(&[0, 200], &[b"ab", b"cd"]), 2, None), Err("offset-table"));
        assert_eq!(find(&encapsulated(&[0, 9], &[b"ab", b"cd"]), 2, None).map(|frames| frames.len()), Ok(2));
    }

    #[test]
    fn without_a_table_marks_tell_or_nothing_does() {
        let bytes = encapsulated(&[], &[b"\xFF\xD8\xFF.", b"..", b"\xFF\xD8\xFF."]);
        assert_eq!(find(&bytes, 2, None).map(|frames| frames.len()), Ok(2));
        assert_eq!(find(&encapsulated(&[], &[b"ab", b"cd", b"ef"]), 2, None), Err("frames-ambiguous"));
        assert_eq!(find(&encapsulated(&[], &[b"ab"]), 2, None), Err("too-few-fragments"));
        assert_eq!(find(&encapsulated(&[], &[]), 1, None), Err("too-few-fragments"));
    }
}
