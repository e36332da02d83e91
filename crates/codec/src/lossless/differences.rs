//! Differences as Huffman codes: a category, then the bits that tell differences of the category apart.
//!
//! Differences are modulo 65,536; category 16 is 32,768 alone and has no bits.
//!
//! T.81, H.1.2.2 and Table H.2.

use crate::jpeg::bits::{Writer, extend, peek, top};
use crate::jpeg::huffman::{Decoder, Encoder};

/// Bits that one look into a [`Reader`] resolves.
const LOOK: u32 = 12;

/// A Huffman table for reading differences.
pub(crate) struct Reader {
    /// For the next [`LOOK`] bits: the difference times 65,536, and how many bits it takes; 0 where it takes more.
    fast: Box<[u32; 1 << LOOK]>,
    decoder: Decoder,
}

impl Reader {
    /// Prepares a table.
    pub(crate) fn new(decoder: Decoder) -> Reader {
        let mut fast = Box::new([0; 1 << LOOK]);
        for (at, entry) in fast.iter_mut().enumerate() {
            let word = (at as u64) << (64 - LOOK);
            if let Some((difference, used)) = slow(&decoder, word).filter(|&(_, used)| used <= LOOK) {
                *entry = u32::from(difference) << 16 | used;
            }
        }
        Reader { fast, decoder }
    }

    /// Returns the difference on top of a word and how many bits it takes, at most 31; `None` when no code is there.
    #[inline(always)]
    fn read(&self, word: u64) -> Option<(u16, u32)> {
        let entry = self.fast[(word >> (64 - LOOK)) as usize];
        if entry != 0 { Some(((entry >> 16) as u16, entry & 0xFFFF)) } else { slow(&self.decoder, word) }
    }
}

#[inline]
fn slow(decoder: &Decoder, word: u64) -> Option<(u16, u32)> {
    let (length, category) = decoder.symbol(word)?;
    match u32::from(category) {
        16 => Some((0x8000, length)),
        category @ 0..=15 => Some((extend(top(word << length, category), category) as u16, length + category)),
        _ => None,
    }
}

/// Reads the differences of a line, of which component `i` has table `i`, and returns the bit behind them; the bit of
/// what is no code when there is one.
pub(crate) fn read_line(readers: &[Reader], line: &mut [u16], data: &[u8], at: usize) -> Result<usize, usize> {
    match readers {
        [reader] => read_single(reader, line, data, at),
        _ => read_interleaved(readers, line, data, at),
    }
}

#[inline(always)]
fn read_single(reader: &Reader, line: &mut [u16], data: &[u8], mut at: usize) -> Result<usize, usize> {
    let (groups, rest) = line.as_chunks_mut::<2>();
    for [one, two] in groups {
        let (mut word, used);
        word = peek(data, at);
        (*one, used) = reader.read(word).ok_or(at)?;
        // Of 57 bits at least 26 are left, and a fast look needs 12: only a slow one may need more.
        word <<= used;
        at += used as usize;
        let entry = reader.fast[(word >> (64 - LOOK)) as usize];
        let (second, used) = match entry {
            0 => slow(&reader.decoder, peek(data, at)).ok_or(at)?,
            _ => ((entry >> 16) as u16, entry & 0xFFFF),
        };
        *two = second;
        at += used as usize;
    }
    for one in rest {
        let (difference, used) = reader.read(peek(data, at)).ok_or(at)?;
        *one = difference;
        at += used as usize;
    }
    Ok(at)
}

fn read_interleaved(readers: &[Reader], line: &mut [u16], data: &[u8], mut at: usize) -> Result<usize, usize> {
    for pixel in line.chunks_exact_mut(readers.len()) {
        for (to, reader) in pixel.iter_mut().zip(readers) {
            let (difference, used) = reader.read(peek(data, at)).ok_or(at)?;
            *to = difference;
            at += used as usize;
        }
    }
    Ok(at)
}

/// Returns category of a difference, and its bits.
#[inline(always)]
fn category(difference: u16) -> (u32, u32) {
    let signed = i32::from(difference as i16);
    let category = 32 - signed.unsigned_abs().leading_zeros();
    // All ones below for a negative one, less one; category 16 has no bits.
    let bits = (signed + (signed >> 31)) as u32 & ((1 << category) - 1);
    if category == 16 { (16, 0) } else { (category, bits) }
}

/// Counts the categories of a line, component by component.
pub(crate) fn count_line(counts: &mut [[u64; 256]], line: &[u16]) {
    for pixel in line.chunks_exact(counts.len()) {
        for (difference, counts) in pixel.iter().zip(&mut *counts) {
            counts[category(*difference).0 as usize & 31] += 1;
        }
    }
}

/// A Huffman table for writing differences, by category: the code with room for the bits behind it, and the length of
/// both.
pub(crate) type Codes = [(u64, u32); 32];

/// Prepares a table.
pub(crate) fn codes(encoder: &Encoder) -> Codes {
    std::array::from_fn(|category| {
        let (code, length) = encoder.code(category as u8).unwrap_or((0, 0));
        let bits = if category < 16 { category as u32 } else { 0 };
        (code << bits, length + bits)
    })
}

/// Writes the differences of a line, of which component `i` has table `i`.
pub(crate) fn write_line(codes: &[Codes], line: &[u16], writer: &mut Writer) {
    for pixel in line.chunks_exact(codes.len()) {
        for (difference, codes) in pixel.iter().zip(codes) {
            let (category, bits) = category(*difference);
            let (code, length) = codes[category as usize & 31];
            writer.put(code | u64::from(bits), length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::huffman::Table;

    #[test]
    fn categories_are_those_of_table_h2() {
        assert_eq!(category(0), (0, 0));
        assert_eq!(category(1), (1, 1));
        assert_eq!(category(0xFFFF), (1, 0));
        assert_eq!(category(32_767), (15, 32_767));
        assert_eq!(category(0x8001), (15, 0), "-32767");
        assert_eq!(category(0x8000), (16, 0), "32768 has no bits");
    }

    #[test]
    fn every_difference_is_read_as_it_was_written() {
        let line: Vec<u16> = (0..=65_535).collect();
        for components in [1, 2, 4] {
            let mut counts = vec![[0; 256]; components];
            count_line(&mut counts, &line);
            let tables: Vec<Table> = counts.iter().map(Table::optimal).collect();
            let mut writer = Writer::new(vec![]);
            let codes: Vec<Codes> = tables.iter().map(|table| codes(&Encoder::new(table))).collect();
            write_line(&codes, &line, &mut writer);
            writer.align();
            let entropy = crate::jpeg::entropy::Entropy::read(&writer.into_bytes(), 0, false).unwrap();
            let readers: Vec<Reader> = tables.iter().map(|table| Reader::new(Decoder::new(table))).collect();
            let mut read = vec![0; line.len()];
            let end = read_line(&readers, &mut read, &entropy.data, 0).unwrap();
            assert_eq!(end.div_ceil(8), entropy.intervals[0].end);
            assert!(read == line);
        }
    }
}
