//! The header of a code stream of plain samples.
//!
//! ISO/IEC 18181-1, Annexes C and D.

use crate::Format;

/// Returns the header of an image of so many bits, padded to a byte.
pub(super) fn header(format: &Format, bits: u32) -> Vec<u8> {
    let mut header = Bits { bytes: Vec::new(), count: 0 };
    header.put(0x0AFF, 16);
    header.put(0, 1);
    header.dimension(format.rows);
    header.put(0, 3);
    header.dimension(format.columns);
    // Not all by default, no extra fields, samples are integers.
    header.put(0, 3);
    if bits == 8 {
        header.put(0, 2);
    } else {
        header.put(3, 2);
        header.put(bits - 1, 6);
    }
    // Whether 16 bits are enough while decoding, no extra channel, no XYB.
    header.put(u32::from(bits <= 8), 1);
    header.put(0, 3);
    if format.samples == 3 {
        header.put(1, 1);
    } else {
        // Grey, D65, transfer as sRGB, relative intent.
        for (value, count) in [(0, 2), (1, 2), (1, 2), (0, 1), (2, 2), (11, 4), (1, 2)] {
            header.put(value, count);
        }
    }
    // No extension, all of the transform by default.
    header.put(0, 2);
    header.put(1, 1);
    header.bytes
}

/// Bits, the first one lowest.
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn put(&mut self, value: u32, count: usize) {
        for bit in 0..count {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let at = self.count / 8;
            self.bytes[at] |= ((value >> bit & 1) as u8) << (self.count % 8);
            self.count += 1;
        }
    }

    fn dimension(&mut self, length: u32) {
        let (kind, count) = match length - 1 {
            0..0x200 => (0, 9),
            0x200..0x2000 => (1, 13),
            _ => (2, 18),
        };
        self.put(kind, 2);
        self.put(length - 1, count);
    }
}
