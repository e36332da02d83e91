//! Bits of entropy-coded segments, read from bytes that hold no stuffing and written with it.

/// Returns at least 57 bits from bit `at` on, the first of them on top; zeros behind the end.
#[inline(always)]
pub(crate) fn peek(data: &[u8], at: usize) -> u64 {
    let first = at >> 3;
    match data.get(first..first + 8).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()) {
        Some(bytes) => u64::from_be_bytes(bytes) << (at & 7),
        None => 0,
    }
}

/// Returns the `count` topmost bits of a word, `count` at most 16.
#[inline(always)]
pub(crate) fn top(word: u64, count: u32) -> u32 {
    // Two shifts, for a count of zero.
    ((word >> 1) >> (63 - count)) as u32
}

/// Returns the difference that `bits`, `category` of them, stand for.
///
/// T.81, F.2.2.1, EXTEND.
#[inline(always)]
pub(crate) fn extend(bits: u32, category: u32) -> i32 {
    let negative = category > 0 && bits >> (category - 1) == 0;
    bits as i32 - if negative { (1i32 << category) - 1 } else { 0 }
}

/// Returns the category of a difference and the bits that follow the category's code.
///
/// T.81, F.1.2.1.
#[inline(always)]
pub(crate) fn category(difference: i32) -> (u32, u32) {
    let category = 32 - difference.unsigned_abs().leading_zeros();
    let bits = if difference < 0 { difference - 1 } else { difference };
    (category, bits as u32 & ((1 << category) - 1))
}

/// Writes bits with a zero byte behind every 0xFF.
///
/// T.81, B.1.1.5.
pub(crate) struct Writer {
    out: Vec<u8>,
    held: u64,
    free: u32,
}

impl Writer {
    /// Starts at a byte border behind `out`.
    pub(crate) fn new(out: Vec<u8>) -> Writer {
        Writer { out, held: 0, free: 64 }
    }

    /// Appends the low `count` bits of `bits`, at most 57.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: u64, count: u32) {
        if count < self.free {
            self.held = self.held << count | bits;
            self.free -= count;
        } else {
            let over = count - self.free;
            let word = self.held << self.free | bits >> over;
            self.flush(word);
            self.held = bits;
            self.free = 64 - over;
        }
    }

    /// Appends the bits from `start` to `end` of bytes without stuffing.
    pub(crate) fn copy(&mut self, data: &[u8], start: usize, end: usize) {
        let mut at = start;
        while at + 56 <= end {
            self.put(peek(data, at) >> 8, 56);
            at += 56;
        }
        if at < end {
            let rest = (end - at) as u32;
            self.put(peek(data, at) >> (64 - rest), rest);
        }
    }

    /// Fills the last byte with ones.
    pub(crate) fn align(&mut self) {
        let held = 64 - self.free;
        let ones = held.wrapping_neg() & 7;
        self.put((1 << ones) - 1, ones);
        let bytes = 8 - self.free / 8;
        if self.free < 64 {
            let word = (self.held << self.free).to_be_bytes();
            stuff(word.get(..bytes as usize).unwrap_or(&word), &mut self.out);
        }
        (self.held, self.free) = (0, 64);
    }

    /// Appends bytes that need no stuffing; the writer must be at a byte border.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends bytes with stuffing; the writer must be at a byte border.
    pub(crate) fn stuffed(&mut self, bytes: &[u8]) {
        stuff(bytes, &mut self.out);
    }

    /// Returns what was written; the writer must be at a byte border.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    #[inline(always)]
    fn flush(&mut self, word: u64) {
        let bytes = word.to_be_bytes();
        if holds_marker_byte(word) { stuff(&bytes, &mut self.out) } else { self.out.extend_from_slice(&bytes) }
    }
}

/// Tells whether a byte of a word may be 0xFF.
#[inline(always)]
pub(crate) fn holds_marker_byte(word: u64) -> bool {
    // Looks for a zero byte in the complement; may see one byte too many, never too few.
    let zeros = !word;
    zeros.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}

/// Appends bytes, a zero behind every 0xFF.
fn stuff(bytes: &[u8], out: &mut Vec<u8>) {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        if holds_marker_byte(u64::from_ne_bytes(*word)) {
            stuff_each(word, out);
        } else {
            out.extend_from_slice(word);
        }
    }
    stuff_each(rest, out);
}

fn stuff_each(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        out.push(byte);
        if byte == 0xFF {
            out.push(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_and_their_bits_are_those_of_table_f1() {
        for (difference, expected) in [(0, (0, 0)), (1, (1, 1)), (-1, (1, 0)), (3, (2, 3)), (-3, (2, 0)), (-2, (2, 1))]
        {
            assert_eq!(category(difference), expected);
            assert_eq!(extend(expected.1, expected.0), difference);
        }
        assert_eq!(category(-2047), (11, 0));
        assert_eq!(extend(0, 11), -2047);
    }

    #[test]
    fn bits_are_written_from_the_top_and_filled_with_ones() {
        let mut writer = Writer::new(vec![]);
        writer.put(0b101, 3);
        writer.put(0, 0);
        writer.align();
        assert_eq!(writer.into_bytes(), [0b1011_1111]);
    }

    #[test]
    fn a_zero_follows_every_byte_of_ones() {
        let mut writer = Writer::new(vec![]);
        (0..3).for_each(|_| writer.put(0xFF, 8));
        writer.align();
        writer.put(0x01_2345_6789_ABCD, 56);
        writer.put(0xEFFF, 16);
        writer.align();
        let expected = [0xFF, 0, 0xFF, 0, 0xFF, 0, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFF, 0];
        assert_eq!(writer.into_bytes(), expected);
    }

    #[test]
    fn a_run_of_bits_is_copied_from_and_to_any_bit() {
        let data: Vec<u8> = (0..40).map(|byte: u8| byte.wrapping_mul(73)).chain([0; 8]).collect();
        for (start, end, before) in [(0, 320, 0), (3, 300, 5), (7, 8, 1), (9, 9, 3), (64, 128, 63 % 57)] {
            let mut writer = Writer::new(vec![]);
            writer.put(0, before as u32);
            writer.copy(&data, start, end);
            writer.align();
            let bytes: Vec<u8> = writer.into_bytes();
            let mut plain = vec![];
            let mut skip = false;
            for byte in bytes {
                if !std::mem::take(&mut skip) {
                    plain.push(byte);
                    skip = byte == 0xFF;
                }
            }
            let bit = |bytes: &[u8], at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
            assert!((start..end).all(|at| bit(&data, at) == bit(&plain, before + at - start)));
        }
    }

    #[test]
    fn every_word_with_a_byte_of_ones_is_seen() {
        (0..8).for_each(|byte| assert!(holds_marker_byte(0xFF << (8 * byte))));
        assert!(!holds_marker_byte(0x0102_0304_7F80_FE00));
    }
}
