//! Which fragments make up which frame (PS3.5 2026d, A.4).

use super::Stored;
use super::shape::Shape;
use super::source::Source;
use crate::instance::{Element, Value};
use std::ops::Range;
use tokumei_core::Tag;

/// Longest frame that is read, in bytes.
const LONGEST: u64 = 256 << 20;
const EXTENDED_OFFSETS: Tag = Tag(0x7FE0, 0x0001);
const EXTENDED_LENGTHS: Tag = Tag(0x7FE0, 0x0002);

/// The frames of encapsulated pixel data.
pub(super) struct Frames<'a> {
    source: Source<'a>,
    /// The fragments, without the offset table.
    places: &'a [(u64, u32)],
    frames: Vec<Range<usize>>,
    /// Whether a table of offsets says something else.
    pub tables_lie: bool,
}

impl<'a> Frames<'a> {
    /// Finds the frames.
    ///
    /// # Errors
    /// When fragments do not tell their frames, or cannot be read.
    pub fn of(stored: &Stored<'a>, element: &'a Element, shape: &Shape) -> Result<Frames<'a>, &'static str> {
        let Value::Fragments { places, .. } = &element.value else { return Err("frames-unknown") };
        let (table, places) = places.split_first().ok_or("frames-unknown")?;
        let source = stored.source()?;
        let mut offsets = vec![0; table.1 as usize];
        source.read(table.0, &mut offsets).map_err(|_| "io-error")?;
        let offsets: Vec<u64> = offsets.chunks_exact(4).map(number).collect();
        let long = |tag| -> Option<Vec<u64>> {
            let bytes = stored.instance.child(0, tag)?.bytes()?;
            Some(bytes.chunks_exact(8).map(number).collect())
        };
        let extended = long(EXTENDED_OFFSETS);
        let mut found = Frames { source, places, frames: Vec::new(), tables_lie: false };
        let tables: Vec<&[u64]> = extended.iter().map(Vec::as_slice).chain([offsets.as_slice()]).collect();
        let tables: Vec<&[u64]> = tables.into_iter().filter(|table| !table.is_empty()).collect();
        let frames = usize::try_from(shape.frames).map_err(|_| "frames-unknown")?;
        found.frames = found.split(frames, &tables)?;
        found.tables_lie = tables.iter().any(|table| found.starts(table, frames).as_deref() != Some(&found.frames));
        if let (Some(lengths), Some(_)) = (long(EXTENDED_LENGTHS), &extended) {
            found.tables_lie |= !found.are_lengths(&lengths);
        }
        Ok(found)
    }

    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Returns the bytes of a frame.
    pub fn read(&self, frame: usize) -> Result<Vec<u8>, &'static str> {
        let places = &self.places[self.frames[frame].clone()];
        let length: u64 = places.iter().map(|(_, length)| u64::from(*length)).sum();
        if length > LONGEST {
            return Err("frame-too-large");
        }
        let mut bytes = vec![0; length as usize];
        let mut rest = bytes.as_mut_slice();
        for (at, length) in places {
            let (part, behind) = rest.split_at_mut(*length as usize);
            self.source.read(*at, part).map_err(|_| "io-error")?;
            rest = behind;
        }
        Ok(bytes)
    }

    fn split(&self, frames: usize, tables: &[&[u64]]) -> Result<Vec<Range<usize>>, &'static str> {
        if self.places.len() == frames {
            return Ok((0..frames).map(|frame| frame..frame + 1).collect());
        }
        if frames == 1 && !self.places.is_empty() {
            return Ok(std::iter::once(0..self.places.len()).collect());
        }
        let by_table = tables.iter().find_map(|table| self.starts(table, frames));
        by_table.or_else(|| self.by_markers(frames)).ok_or("frames-unknown")
    }

    /// Reads a table; `None` when it does not point at fragments, one after the other.
    fn starts(&self, table: &[u64], frames: usize) -> Option<Vec<Range<usize>>> {
        let mut starts = Vec::new();
        let mut offset = 0_u64;
        let mut next = table.iter().peekable();
        for (fragment, (_, length)) in self.places.iter().enumerate() {
            if next.next_if_eq(&&offset).is_some() {
                starts.push(fragment);
            }
            offset += u64::from(*length) + 8;
        }
        (next.peek().is_none()).then(|| self.ranges(starts, frames))?
    }

    /// Takes a fragment that begins like an image for the first one of a frame.
    fn by_markers(&self, frames: usize) -> Option<Vec<Range<usize>>> {
        let begins = |(at, length): &(u64, u32)| {
            let mut start = [0; 3];
            *length >= 4 && self.source.read(*at, &mut start).is_ok() && matches!(start, [0xFF, 0xD8 | 0x4F, 0xFF])
        };
        let starts = self.places.iter().enumerate().filter(|(_, place)| begins(place)).map(|(at, _)| at);
        self.ranges(starts.collect(), frames)
    }

    fn ranges(&self, starts: Vec<usize>, frames: usize) -> Option<Vec<Range<usize>>> {
        let ends = starts.iter().skip(1).copied().chain([self.places.len()]);
        let sound = starts.len() == frames && starts.first() == Some(&0);
        sound.then(|| starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect())
    }

    /// Tells whether lengths are those of the frames, with or without padding.
    fn are_lengths(&self, lengths: &[u64]) -> bool {
        let length = |frame: &Range<usize>| -> u64 {
            let places = self.places[frame.clone()].iter();
            places.map(|(_, length)| u64::from(*length)).sum()
        };
        let mut pairs = lengths.iter().zip(self.frames.iter().map(length));
        lengths.len() == self.frames.len() && pairs.all(|(stated, real)| real == *stated || real == stated + 1)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
