//! The RLE header: where the segments start. PS3.5 2026d, G.4 and G.5.

use super::segment::Segment;
use crate::Damage;
use std::ops::Range;

/// Bytes of the header.
const LENGTH: usize = 64;

/// The segments of a frame.
pub(super) struct Header {
    /// Each segment from its start to the start of the next one; the last to the end of the frame.
    pub ranges: Vec<Range<usize>>,
    /// Whether the offsets that stand for no segment are zero.
    unused_are_zero: bool,
}

impl Header {
    /// # Errors
    /// [`Damage`] when the header is cut off, or its offsets do not ascend within the frame.
    pub fn read(frame: &[u8]) -> Result<Header, Damage> {
        let words = frame.get(..LENGTH).ok_or(Damage::Truncated)?.as_chunks::<4>().0;
        let count = u32::from_le_bytes(words[0]) as usize;
        if !(1..=15).contains(&count) {
            return Err(Damage::Malformed("the number of segments"));
        }
        let mut starts: Vec<usize> = words[1..=count].iter().map(|word| u32::from_le_bytes(*word) as usize).collect();
        if starts[0] < LENGTH || !starts.is_sorted_by(|one, next| one < next) {
            return Err(Damage::Malformed("the offsets of segments"));
        }
        if starts[count - 1] >= frame.len() {
            return Err(Damage::Truncated);
        }
        starts.push(frame.len());
        let ranges = starts.windows(2).map(|pair| pair[0]..pair[1]).collect();
        Ok(Header { ranges, unused_are_zero: words[1 + count..].iter().all(|word| *word == [0; 4]) })
    }

    /// Returns whether a frame holds nothing but what its segments need, and zeros.
    pub fn is_tidy(&self, frame: &[u8], segments: &[Segment]) -> bool {
        let zeros = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        self.unused_are_zero && zeros(&frame[LENGTH..self.ranges[0].start]) && segments.iter().all(Segment::is_tidy)
    }
}

/// Joins segments behind a header, each with even length.
///
/// # Errors
/// [`Damage::TooLarge`] when offsets would need more than 32 bits.
pub(super) fn join(segments: &[Vec<u8>]) -> Result<Vec<u8>, Damage> {
    let even = |segment: &Vec<u8>| segment.len().next_multiple_of(2);
    let length = LENGTH + segments.iter().map(even).sum::<usize>();
    u32::try_from(length).map_err(|_| Damage::TooLarge)?;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend((segments.len() as u32).to_le_bytes());
    let mut start = LENGTH;
    for segment in segments {
        bytes.extend((start as u32).to_le_bytes());
        start += even(segment);
    }
    bytes.resize(LENGTH, 0);
    for segment in segments {
        bytes.extend(segment);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
    }
    Ok(bytes)
}
