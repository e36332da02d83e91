//! Overlay planes in bits of the samples that hold no image.

use crate::header::{bytes, integer};
use crate::shape::{Shape, high_bit};
use tokumei_core::Tag;
use tokumei_wire::DataSet;

/// Which bits of a sample are its value; all others are cleared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stored {
    keep: u16,
    /// The bit that says that a value is below zero, and the bits above it that repeat it.
    sign: Option<(u16, u16)>,
    wide: bool,
    big_endian: bool,
}

impl Stored {
    /// Returns what is to be kept of native samples, `None` when no overlay plane can stand among their bits.
    ///
    /// # Standard
    /// PS3.3-2004, C.9.2: overlay planes in unused bits of Pixel Data (7FE0,0010), retired since; PS3.5 2026d, 8.1.1.
    pub fn of(data_set: &DataSet, shape: &Shape) -> Option<Stored> {
        let format = &shape.format;
        if !has_embedded_planes(data_set) || !matches!(format.allocated, 8 | 16) {
            return None;
        }
        let stored = u32::from(format.stored);
        let high = u32::from(high_bit(data_set, shape));
        let all = u32::from(u16::MAX) >> (16 - format.allocated);
        let value = (((1_u32 << stored) - 1) << (high + 1 - stored)) & all;
        let above = all & !((1_u32 << (high + 1)) - 1);
        let sign = format.signed.then_some((1_u16 << high, above as u16));
        Some(Stored { keep: value as u16, sign, wide: format.allocated == 16, big_endian: format.big_endian })
    }

    /// Clears the other bits in a block that begins `offset` bytes behind the first sample. Both are even for samples of 16
    /// bits.
    pub fn clear(&self, block: &mut [u8]) {
        if !self.wide {
            block.iter_mut().for_each(|byte| *byte = self.sample(u16::from(*byte)) as u8);
            return;
        }
        for pair in block.chunks_exact_mut(2) {
            let bytes = [pair[0], pair[1]];
            let cleared = match self.big_endian {
                true => self.sample(u16::from_be_bytes(bytes)).to_be_bytes(),
                false => self.sample(u16::from_le_bytes(bytes)).to_le_bytes(),
            };
            pair.copy_from_slice(&cleared);
        }
    }

    fn sample(&self, value: u16) -> u16 {
        let kept = value & self.keep;
        match self.sign {
            Some((sign, above)) if kept & sign != 0 => kept | above,
            _ => kept,
        }
    }
}

/// Tells whether overlay planes may stand in bits of the samples: a plane says at which bit it is, or has no data of its
/// own.
pub(crate) fn has_embedded_planes(data_set: &DataSet) -> bool {
    if data_set.within(Tag(0x6000, 0)..=Tag(0x60FF, 0xFFFF)).next().is_none() {
        return false;
    }
    const STATED: [u16; 5] = [0x0010, 0x0011, 0x0040, 0x0100, 0x0102];
    let embedded = |group: u16| {
        let at_a_bit = integer(data_set, Tag(group, 0x0102)).is_some_and(|position| position != 0);
        let stated = STATED.iter().any(|element| data_set.first(Tag(group, *element)).is_some());
        let data = bytes(data_set, Tag(group, 0x3000)).is_some_and(|(data, _)| !data.is_empty());
        at_a_bit || stated && !data
    };
    (0x6000..=0x60FF).step_by(2).any(embedded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_above_the_value_are_cleared_or_repeat_the_sign() {
        let mut block = [0x34, 0xF2, 0x34, 0x0A];
        let unsigned = Stored { keep: 0x0FFF, sign: None, wide: true, big_endian: false };
        unsigned.clear(&mut block);
        assert_eq!(block, [0x34, 0x02, 0x34, 0x0A]);
        let signed = Stored { sign: Some((0x0800, 0xF000)), ..unsigned };
        signed.clear(&mut block);
        assert_eq!(block, [0x34, 0x02, 0x34, 0xFA]);
    }
}
