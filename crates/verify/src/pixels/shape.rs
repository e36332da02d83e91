//! What the header says of the samples.

use crate::instance::Instance;
use tokumei_core::Tag;

/// Most samples of a frame that are decoded.
pub(super) const MOST_SAMPLES: u64 = 1 << 26;

/// How large frames are, and what a sample is (PS3.3 2026d, C.7.6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub columns: u64,
    pub rows: u64,
    pub samples: u64,
    pub allocated: u64,
    pub stored: u64,
    pub high: u64,
    pub by_plane: bool,
    /// Whether two pixels share their colour when native (PS3.3 2026d, C.7.6.3.1.2, YBR_FULL_422).
    pub is_422: bool,
    pub frames: u64,
    pub big_endian: bool,
}

impl Shape {
    /// Reads it; `None` when the header lacks something or states none.
    pub fn of(instance: &Instance) -> Option<Shape> {
        let big_endian = instance.meta.transfer_syntax() == "1.2.840.10008.1.2.2";
        let number = |element| {
            let bytes = instance.child(0, Tag(0x0028, element))?.bytes()?;
            let pair: [u8; 2] = bytes.get(..2)?.try_into().ok()?;
            Some(u64::from(if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
        };
        let allocated = number(0x0100)?;
        let stored = number(0x0101).filter(|stored| (1..=allocated).contains(stored)).unwrap_or(allocated);
        let frames = instance.word(Tag(0x0028, 0x0008));
        let frames = if frames.is_empty() { 1 } else { frames.parse().ok().filter(|frames| *frames < 1 << 32)? };
        let photometric = instance.word(Tag(0x0028, 0x0004));
        let shape = Shape {
            columns: number(0x0011)?,
            rows: number(0x0010)?,
            samples: number(0x0002).unwrap_or(1),
            allocated,
            stored,
            high: number(0x0102).filter(|high| (stored - 1..allocated).contains(high)).unwrap_or(stored - 1),
            by_plane: number(0x0006) == Some(1),
            is_422: matches!(photometric.as_str(), "YBR_FULL_422" | "YBR_PARTIAL_422"),
            frames,
            big_endian,
        };
        let sound = shape.columns * shape.rows * shape.samples > 0
            && (allocated == 1 || allocated % 8 == 0 && (8..=64).contains(&allocated));
        sound.then_some(shape)
    }

    /// Returns the samples of one frame.
    pub fn count(&self) -> u64 {
        self.columns * self.rows * self.samples
    }

    /// Returns which bits of a sample are its value.
    pub fn value_bits(&self) -> u64 {
        (u64::MAX >> (64 - self.stored)) << (self.high + 1 - self.stored)
    }
}

/// Tells whether overlay planes stand in bits of the samples, which a writer may clear (PS3.3-2004, C.9.2, retired).
pub(super) fn has_embedded_overlays(instance: &Instance) -> bool {
    let is_embedded = |group: u16| {
        let position = instance.child(0, Tag(group, 0x0102)).and_then(|element| element.bytes());
        let data = instance.child(0, Tag(group, 0x3000)).is_some_and(|element| !element.is_empty());
        position.is_some_and(|position| position.iter().any(|byte| *byte != 0)) && !data
    };
    (0x6000..=0x60FF).step_by(2).any(is_embedded)
}
