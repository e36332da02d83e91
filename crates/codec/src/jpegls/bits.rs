//! Bits of a scan: a byte 0xFF is followed by one with seven bits.
//!
//! ITU-T T.87 (06/1998), A.1 and C.1.

/// Reads bits until the next marker. It never fails: what is missing reads as zero and is remembered.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, the first one on top.
    cache: u64,
    valid: u32,
    overrun: bool,
    malformed: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Reader<'a> {
        Reader { bytes, at, cache: 0, valid: 0, overrun: false, malformed: false }
    }

    /// Returns whether bits were asked for that are not there.
    pub(super) fn overrun(&self) -> bool {
        self.overrun
    }

    /// Returns whether codes were met that no encoder writes.
    pub(super) fn malformed(&self) -> bool {
        self.malformed
    }

    /// Remembers that a code makes no sense.
    pub(super) fn reject(&mut self) {
        self.malformed = true;
    }

    /// Returns where the next marker may be searched: no byte before is one.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn bits(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        if self.valid < count {
            self.fill();
        }
        let value = (self.cache >> (64 - count)) as u32;
        self.skip(count);
        value
    }

    /// Reads a limited-length Golomb code: `limit` zeros announce `escape` bits of the value less one.
    #[inline]
    pub(super) fn golomb(&mut self, k: u32, limit: u32, escape: u32) -> u32 {
        if self.valid < 40 {
            self.fill();
        }
        let zeros = (self.cache | 1).leading_zeros();
        if zeros < limit && zeros + 1 + k <= self.valid {
            let rest = self.cache << (zeros + 1);
            self.skip(zeros + 1 + k);
            return (zeros << k) | (rest >> 32 >> (32 - k)) as u32;
        }
        self.long(k, limit, escape)
    }

    #[cold]
    fn long(&mut self, k: u32, limit: u32, escape: u32) -> u32 {
        self.fill();
        let zeros = self.cache.leading_zeros();
        if zeros > limit {
            self.malformed = true;
        }
        let zeros = zeros.min(limit);
        self.skip(zeros + 1);
        if zeros < limit { (zeros << k) | self.bits(k) } else { self.bits(escape) + 1 }
    }

    #[inline]
    fn skip(&mut self, count: u32) {
        if count > self.valid {
            self.overrun = true;
            self.cache = 0;
            self.valid = 0;
        } else {
            self.cache <<= count;
            self.valid -= count;
        }
    }

    /// Fills the cache with whole bytes, to 56 bits at least when there are as many.
    fn fill(&mut self) {
        if self.valid > 56 {
            return;
        }
        if let Some(eight) = self.bytes.get(self.at..self.at + 8) {
            let word = u64::from_be_bytes(eight.try_into().expect("it has eight bytes"));
            if !has_ff(word) {
                // The bits of a byte that is only partly taken are taken again, the same, with the next word.
                let taken = (64 - self.valid) / 8;
                self.cache |= word >> self.valid;
                self.valid += 8 * taken;
                self.at += taken as usize;
                return;
            }
        }
        self.fill_by_bytes();
    }

    fn fill_by_bytes(&mut self) {
        while self.valid <= 56 {
            let Some(&byte) = self.bytes.get(self.at) else { return };
            if byte == 0xFF && self.bytes.get(self.at + 1).is_none_or(|&next| next >= 0x80) {
                return;
            }
            self.cache |= u64::from(byte) << (56 - self.valid);
            // The zero on top of the byte behind 0xFF falls on the last bit of that one.
            self.valid += if byte == 0xFF { 7 } else { 8 };
            self.at += 1;
        }
    }
}

/// Returns whether one of the bytes is 0xFF.
fn has_ff(word: u64) -> bool {
    let ones = 0x0101_0101_0101_0101;
    let tops = 0x8080_8080_8080_8080;
    (!word).wrapping_sub(ones) & word & tops != 0
}

/// Writes bits.
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// The last bits, in the lowest places; fewer than 32 between calls.
    cache: u64,
    filled: u32,
}

impl Writer {
    /// Goes on behind `bytes`, which must not end with 0xFF.
    pub(super) fn new(bytes: Vec<u8>) -> Writer {
        Writer { bytes, cache: 0, filled: 0 }
    }

    /// Writes the lowest `count` bits, 32 at most; the others must be zero.
    #[inline]
    pub(super) fn bits(&mut self, value: u32, count: u32) {
        self.cache = (self.cache << count) | u64::from(value);
        self.filled += count;
        if self.filled >= 32 {
            self.drain();
        }
    }

    #[inline]
    pub(super) fn golomb(&mut self, mapped: u32, k: u32, limit: u32, escape: u32) {
        let zeros = mapped >> k;
        if zeros < limit {
            if zeros + 1 + k <= 32 {
                self.bits((1 << k) | (mapped & ((1 << k) - 1)), zeros + 1 + k);
                return;
            }
            self.zeros(zeros);
            self.bits((1 << k) | (mapped & ((1 << k) - 1)), k + 1);
        } else {
            self.zeros(limit);
            self.bits(1, 1);
            self.bits(mapped - 1, escape);
        }
    }

    fn zeros(&mut self, count: u32) {
        self.bits(0, count / 2);
        self.bits(0, count - count / 2);
    }

    fn drain(&mut self) {
        let word = (self.cache >> (self.filled - 32)) as u32;
        // Doubled, the word fills what is tested; a 0xFF before it makes its first byte shorter.
        if !has_ff(u64::from(word) << 32 | u64::from(word)) && self.bytes.last() != Some(&0xFF) {
            self.bytes.extend_from_slice(&word.to_be_bytes());
            self.filled -= 32;
        } else {
            while self.filled >= 8 {
                self.byte();
            }
        }
        self.cache &= (1 << self.filled) - 1;
    }

    fn byte(&mut self) {
        let count = if self.bytes.last() == Some(&0xFF) { 7 } else { 8 };
        self.filled -= count;
        let byte = (self.cache >> self.filled) & ((1 << count) - 1);
        self.bytes.push(byte as u8);
    }

    /// Pads with zeros to a byte that is not 0xFF and gives the bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        while self.filled >= 8 {
            self.byte();
        }
        if self.filled > 0 {
            let count = if self.bytes.last() == Some(&0xFF) { 7 } else { 8 };
            self.cache <<= count - self.filled;
            self.filled = count;
            self.byte();
        }
        if self.bytes.last() == Some(&0xFF) {
            self.bytes.push(0);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_behind_ff_has_seven_bits() {
        let mut writer = Writer::new(vec![0]);
        writer.bits(0xFF, 8);
        writer.bits(0x7F, 7);
        writer.bits(0b1, 1);
        assert_eq!(writer.finish(), [0, 0xFF, 0x7F, 0x80]);
        let mut reader = Reader::new(&[0xFF, 0x7F, 0x80, 0xFF, 0xD9], 0);
        assert_eq!((reader.bits(8), reader.bits(7), reader.bits(1)), (0xFF, 0x7F, 1));
        assert!(!reader.overrun());
        reader.bits(8);
        assert!(reader.overrun());
        assert_eq!(reader.position(), 3);
    }

    #[test]
    fn a_last_byte_of_ff_is_closed() {
        let mut writer = Writer::new(vec![0]);
        writer.bits(0xFFFF, 16);
        assert_eq!(writer.finish(), [0, 0xFF, 0x7F, 0x80]);
        let mut writer = Writer::new(vec![0]);
        writer.bits(0xFF, 8);
        assert_eq!(writer.finish(), [0, 0xFF, 0]);
    }

    #[test]
    fn golomb_codes_come_back() {
        let cases =
            [(0, 0, 23, 8), (22, 0, 23, 8), (23, 0, 23, 8), (200, 2, 23, 8), (65_535, 15, 47, 16), (65_535, 0, 47, 16)];
        let mut writer = Writer::new(vec![0]);
        for (mapped, k, limit, escape) in cases {
            writer.golomb(mapped, k, limit, escape);
        }
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes, 1);
        for (mapped, k, limit, escape) in cases {
            assert_eq!(reader.golomb(k, limit, escape), mapped);
        }
        assert!(!reader.overrun() && !reader.malformed());
    }
}
