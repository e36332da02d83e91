//! Huffman tables: as segments state them, for decoding, for coding, and made from counts.
//!
//! T.81, Annexes C and K.2.

use crate::Damage;

/// A table as a DHT segment states it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Table {
    /// How many codes there are of 1 to 16 bits.
    counts: [u8; 16],
    /// What the codes stand for, from the shortest code on.
    symbols: Vec<u8>,
}

impl Table {
    /// Reads a table from the start of `bytes` and returns it with what follows.
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Table, &[u8]), Damage> {
        let (counts, rest) = bytes.split_first_chunk::<16>().ok_or(Damage::Malformed("a Huffman table is cut off"))?;
        let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
        if total > 256 {
            return Err(Damage::Malformed("a Huffman table has more than 256 codes"));
        }
        let (symbols, rest) = rest.split_at_checked(total).ok_or(Damage::Malformed("a Huffman table is cut off"))?;
        let mut codes = 0u32;
        for (length, &count) in (1..).zip(counts) {
            codes = codes * 2 + u32::from(count);
            if codes > 1 << length {
                return Err(Damage::Malformed("a Huffman table has more codes than bits allow"));
            }
        }
        Ok((Table { counts: *counts, symbols: symbols.to_vec() }, rest))
    }

    /// Appends the table as DHT segments state it, but for class and identifier.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.counts);
        out.extend_from_slice(&self.symbols);
    }

    /// Returns the length of what [`Table::write`] appends.
    pub(crate) fn len(&self) -> usize {
        16 + self.symbols.len()
    }

    /// Makes the table that codes symbols of these counts in the fewest bits, none longer than 16 and none all ones.
    pub(crate) fn optimal(frequencies: &[u64; 256]) -> Table {
        let mut used: Vec<(u64, u8)> = (0..=255u8)
            .filter_map(|symbol| {
                let count = frequencies[usize::from(symbol)];
                (count > 0).then_some((count, symbol))
            })
            .collect();
        used.sort_by_key(|&(count, symbol)| (std::cmp::Reverse(count), symbol));
        let mut counts = lengths(&used.iter().map(|&(count, _)| count).collect::<Vec<_>>());
        shorten(&mut counts);
        let mut stated = [0; 16];
        for (stated, &count) in stated.iter_mut().zip(counts.iter().skip(1)) {
            // 256 never share a length: the longest come in pairs, and the code of all ones was one of them.
            *stated = count.min(255) as u8;
        }
        Table { counts: stated, symbols: used.into_iter().map(|(_, symbol)| symbol).collect() }
    }

    /// Calls `each` with length, code and symbol of every code.
    fn each(&self, mut each: impl FnMut(u32, u32, u8)) {
        let (mut code, mut symbols) = (0u32, self.symbols.iter());
        for (length, &count) in (1..).zip(&self.counts) {
            for &symbol in symbols.by_ref().take(usize::from(count)) {
                each(length, code, symbol);
                code += 1;
            }
            code <<= 1;
        }
    }
}

/// Returns how many codes have each length in a Huffman code for counts (falling), and one for the code of all ones,
/// which is the longest.
fn lengths(counts: &[u64]) -> Vec<u32> {
    // Two queues, each rising: leaves (the reserved code first), and nodes in the order they are made.
    let leaves: Vec<u64> = std::iter::once(0).chain(counts.iter().rev().copied()).collect();
    let total = leaves.len();
    let mut weight = leaves;
    let mut parent = vec![0; 2 * total];
    let (mut leaf, mut node) = (0, total);
    for _ in 1..total {
        let mut sum = 0;
        for _ in 0..2 {
            let from_leaves = leaf < total && (node >= weight.len() || weight[leaf] <= weight[node]);
            let next = if from_leaves { &mut leaf } else { &mut node };
            parent[*next] = weight.len();
            sum += weight[*next];
            *next += 1;
        }
        weight.push(sum);
    }
    let mut depth = vec![0usize; weight.len()];
    for at in (0..weight.len().saturating_sub(1)).rev() {
        depth[at] = depth[parent[at]] + 1;
    }
    let mut lengths = vec![0; total.max(17) + 1];
    depth.iter().take(total).for_each(|&depth| lengths[depth] += 1);
    lengths
}

/// Brings codes of more than 16 bits to 16, and takes out one of the longest: the one of all ones.
///
/// T.81, Figure K.3.
fn shorten(lengths: &mut [u32]) {
    for long in (17..lengths.len()).rev() {
        while lengths[long] > 0 {
            let mut short = long - 2;
            while lengths[short] == 0 {
                short -= 1;
            }
            lengths[long] -= 2;
            lengths[long - 1] += 1;
            lengths[short + 1] += 2;
            lengths[short] -= 1;
        }
    }
    if let Some(longest) = lengths.iter_mut().skip(1).rev().find(|count| **count > 0) {
        *longest -= 1;
    }
}

/// Bits that one look into a [`Decoder`] resolves.
pub(crate) const LOOK: u32 = 10;

/// A table for decoding.
pub(crate) struct Decoder {
    /// For the next [`LOOK`] bits: length of the code times 256, and the symbol; 0 for longer codes.
    fast: [u16; 1 << LOOK],
    /// For each length the first 16 bits that no code of the length or a shorter one starts.
    limit: [u32; 17],
    /// For each length what to add to a code for the place of its symbol.
    place: [i32; 17],
    symbols: [u8; 256],
}

impl Decoder {
    /// Prepares a table.
    pub(crate) fn new(table: &Table) -> Decoder {
        let mut decoder = Decoder { fast: [0; 1 << LOOK], limit: [0; 17], place: [0; 17], symbols: [0; 256] };
        let (mut index, mut limit) = (0usize, 0);
        let mut bounds = [(0i32, 0u32); 17];
        table.each(|length, code, symbol| {
            decoder.symbols[index & 255] = symbol;
            bounds[length as usize] = (index as i32 - code as i32, (code + 1) << (16 - length));
            index += 1;
            if length <= LOOK {
                let first = (code << (LOOK - length)) as usize;
                for at in first..first + (1 << (LOOK - length)) {
                    decoder.fast[at] = (length as u16) << 8 | u16::from(symbol);
                }
            }
        });
        for (length, &(place, end)) in bounds.iter().enumerate() {
            limit = limit.max(end);
            (decoder.limit[length], decoder.place[length]) = (limit, place);
        }
        decoder
    }

    /// Returns length and symbol of the code on top of a word, `None` when no code is there.
    #[inline(always)]
    pub(crate) fn symbol(&self, word: u64) -> Option<(u32, u8)> {
        let entry = self.fast[(word >> (64 - LOOK)) as usize];
        if entry != 0 { Some((u32::from(entry >> 8), entry as u8)) } else { self.long(word) }
    }

    /// Returns [`step`] of the symbol of the code on top of a word, `None` when no code is there.
    #[inline(always)]
    pub(crate) fn step(&self, word: u64) -> Option<u16> {
        self.symbol(word).map(|(length, symbol)| step(length, symbol))
    }

    #[cold]
    fn long(&self, word: u64) -> Option<(u32, u8)> {
        let bits = (word >> 48) as u32;
        let length = (LOOK + 1..=16).find(|&length| bits < self.limit[length as usize])?;
        let index = self.place[length as usize] + (bits >> (16 - length)) as i32;
        let symbol = *self.symbols.get(usize::try_from(index).ok()?)?;
        Some((length, symbol))
    }
}

/// Bits that one look into [`Strides`] resolves.
const FAR: u32 = 12;

/// What AC codes move by, as many of them at once as [`FAR`] bits hold.
///
/// Most codes have few bits, so that one look passes two or three of them, and what a look costs is waiting for it.
pub(crate) struct Strides(Box<[u16; 1 << FAR]>);

impl Strides {
    /// Prepares the strides of a table.
    pub(crate) fn new(decoder: &Decoder) -> Strides {
        let mut strides = Box::new([0; 1 << FAR]);
        for (bits, stride) in (0u64..).zip(strides.iter_mut()) {
            *stride = stride_of(decoder, bits << (64 - FAR));
        }
        Strides(strides)
    }

    /// Returns what the codes on top of a word move by, in the form of [`step`]; 0 where only [`Decoder::step`] tells.
    ///
    /// More than one code may be in it, of which only the last may end the block.
    #[inline(always)]
    pub(crate) fn stride(&self, word: u64) -> u16 {
        self.0[(word >> (64 - FAR)) as usize]
    }
}

/// Adds up the steps of the codes that lie in the first [`FAR`] bits with all that follows them; the bits that follow the first
/// code may lie beyond.
fn stride_of(decoder: &Decoder, mut word: u64) -> u16 {
    let (mut bits, mut coefficients) = (0, 0);
    loop {
        let moved = coefficients << 8 | bits;
        let Some((length, symbol)) = decoder.symbol(word) else { return moved };
        let step = step(length, symbol);
        let taken = if bits == 0 { length as u16 } else { bits + (step & 0xFF) };
        if taken > FAR as u16 || coefficients + (step >> 8 & (END - 1)) >= 64 {
            return moved;
        }
        bits += step & 0xFF;
        coefficients += step >> 8;
        if coefficients >= END || bits >= FAR as u16 {
            return coefficients << 8 | bits;
        }
        word <<= step & 0xFF;
    }
}

/// What [`step`] says of the symbol that ends a block.
pub(crate) const END: u16 = 128;

/// Returns what an AC code moves by: the bits of the code and those that follow it, and times 256 the coefficients.
fn step(length: u32, symbol: u8) -> u16 {
    let (run, size) = (u16::from(symbol >> 4), u16::from(symbol & 15));
    let coefficients = match (run, size) {
        (15, 0) => 16,
        (_, 0) => END,
        _ => run + 1,
    };
    coefficients << 8 | (length as u16 + size)
}

/// A table for coding: code and length (0 where the symbol has none) by symbol.
pub(crate) struct Encoder([(u16, u8); 256]);

impl Encoder {
    /// Prepares a table.
    pub(crate) fn new(table: &Table) -> Encoder {
        let mut codes = [(0, 0); 256];
        table.each(|length, code, symbol| codes[usize::from(symbol)] = (code as u16, length as u8));
        Encoder(codes)
    }

    /// Returns code and length for a symbol, `None` when the table lacks it.
    #[inline(always)]
    pub(crate) fn code(&self, symbol: u8) -> Option<(u64, u32)> {
        let (code, length) = self.0[usize::from(symbol)];
        (length != 0).then_some((u64::from(code), u32::from(length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T.81, Table K.3: luminance DC.
    const K3: &[u8] = &[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    #[test]
    fn codes_of_table_k3_are_those_of_the_standard() {
        let (table, rest) = Table::parse(K3).unwrap();
        assert!(rest.is_empty());
        let encoder = Encoder::new(&table);
        assert_eq!(encoder.code(0), Some((0b00, 2)));
        assert_eq!(encoder.code(5), Some((0b110, 3)));
        assert_eq!(encoder.code(11), Some((0b1_1111_1110, 9)));
        assert_eq!(encoder.code(12), None);
        let decoder = Decoder::new(&table);
        assert_eq!(decoder.symbol(0b110 << 61), Some((3, 5)));
        assert_eq!(decoder.symbol(0b1_1111_1110 << 55), Some((9, 11)));
        assert_eq!(decoder.symbol(u64::MAX), None, "all ones is no code");
    }

    #[test]
    fn a_code_of_16_bits_is_found() {
        let mut bytes = [0u8; 18];
        (bytes[0], bytes[15], bytes[16], bytes[17]) = (1, 1, 7, 9);
        let (table, _) = Table::parse(&bytes).unwrap();
        let decoder = Decoder::new(&table);
        assert_eq!(decoder.symbol(0), Some((1, 7)));
        assert_eq!(decoder.symbol(1 << 63), Some((16, 9)));
        assert_eq!(decoder.symbol(0b1000_0000_0000_0001 << 48), None);
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        let mut over = [0u8; 19];
        over[0] = 3;
        assert!(matches!(Table::parse(&over), Err(Damage::Malformed(_))), "three codes of one bit");
        let mut many = [0u8; 400];
        many[14..16].fill(200);
        assert!(matches!(Table::parse(&many), Err(Damage::Malformed(_))), "400 codes");
        assert!(matches!(Table::parse(&K3[..20]), Err(Damage::Malformed(_))), "cut off");
    }

    #[test]
    fn a_stride_moves_by_what_its_steps_move_by_one_after_the_other() {
        // Codes 0 (end of block), 10 (one coefficient of one bit), 110 (two of two bits), 1110 (sixteen).
        let bytes: Vec<u8> = [1u8, 1, 1, 1].into_iter().chain([0; 12]).chain([0x00, 0x01, 0x12, 0xF0]).collect();
        let (table, _) = Table::parse(&bytes).unwrap();
        let strides = Strides::new(&Decoder::new(&table));
        let stride = |bits: u64| {
            let stride = strides.stride(bits << 52);
            (stride & 0xFF, stride >> 8)
        };
        assert_eq!(stride(0b0000_0000_0000), (1, END));
        assert_eq!(stride(0b1011_0011_0111), (3 + 3 + 5, 1 + 1 + 2), "the last bit begins a code");
        assert_eq!(stride(0b1011_1011_0000), (3 + 5 + 1, 1 + 2 + END));
        assert_eq!(stride(0b1110_1110_1110), (12, 48));
        assert_eq!(stride(0b1111_0000_0000), (0, 0), "no code");
    }

    #[test]
    fn a_table_made_from_counts_codes_all_and_is_no_longer_than_16_bits() {
        let mut fibonacci = [0u64; 256];
        let (mut a, mut b) = (1, 1);
        for count in fibonacci.iter_mut().take(60) {
            *count = a;
            (a, b) = (b, a + b);
        }
        let mut one = [0; 256];
        one[200] = 5;
        for frequencies in [fibonacci, one, [1; 256], [u64::MAX >> 9; 256]] {
            let table = Table::optimal(&frequencies);
            let mut bytes = vec![];
            table.write(&mut bytes);
            assert_eq!(bytes.len(), table.len());
            assert_eq!(Table::parse(&bytes).unwrap().0, table, "the codes fit");
            let (encoder, decoder) = (Encoder::new(&table), Decoder::new(&table));
            for symbol in 0..=255 {
                let Some((code, length)) = encoder.code(symbol) else {
                    assert_eq!(frequencies[usize::from(symbol)], 0);
                    continue;
                };
                assert_ne!(code, (1 << length) - 1, "all ones is no code");
                assert_eq!(decoder.symbol(code << (64 - length)), Some((length, symbol)));
            }
        }
    }

    #[test]
    fn frequent_symbols_get_the_codes_that_huffman_gives_them() {
        let mut frequencies = [0; 256];
        (frequencies[3], frequencies[1], frequencies[2]) = (10, 2, 1);
        // Weights 10, 2, 1 and 0 for the code of all ones: 1, 2, 3 and 3 bits.
        let encoder = Encoder::new(&Table::optimal(&frequencies));
        assert_eq!(encoder.code(3), Some((0b0, 1)));
        assert_eq!(encoder.code(1), Some((0b10, 2)));
        assert_eq!(encoder.code(2), Some((0b110, 3)));
    }
}
