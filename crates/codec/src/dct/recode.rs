//! Hides blocks in a stream whose Huffman tables lack a code for that: all symbols are counted, and written with tables
//! made from the counts.
//!
//! T.81, F.1.2 and K.2.

use super::edit::Chain;
use super::grid::{Grid, Hidden};
use super::walk::{Block, Coding, Stop, Visitor, walk};
use crate::Damage;
use crate::jpeg::bits::{Writer, category, peek, top};
use crate::jpeg::huffman::{Encoder, Table};
use crate::jpeg::stream::{Scan, Stream, write_segment};
use std::ops::Range;

/// Writes a stream with blocks hidden and new Huffman tables.
pub(crate) fn recode(stream: &Stream, grid: &Grid, hidden: &Hidden, fill: &[u32; 4]) -> Result<Vec<u8>, Damage> {
    stream.write(false, |scan, mut out| {
        let mut counted = Recode::new(scan, grid, fill, Counts::default())?;
        walk(scan, grid, hidden, &mut counted)?;
        let mut encoders = Encoders { encoders: [const { None }; 8], writer: Writer::new(vec![]) };
        for (index, frequencies) in (0..8u8).zip(&counted.sink.0) {
            let Some(frequencies) = frequencies else { continue };
            let table = Table::optimal(frequencies);
            let mut payload = Vec::with_capacity(1 + table.len());
            payload.push(((index / 4) << 4) | (index % 4));
            table.write(&mut payload);
            write_segment(0xC4, &payload, &mut out);
            encoders.encoders[usize::from(index)] = Some(Encoder::new(&table));
        }
        out.extend_from_slice(stream.slice(&scan.segment.span));
        encoders.writer = Writer::new(out);
        let mut written = Recode::new(scan, grid, fill, encoders)?;
        walk(scan, grid, hidden, &mut written)?;
        Ok(written.sink.writer.into_bytes())
    })
}

/// Where symbols go.
trait Sink {
    /// Takes a symbol and the `size` bits that follow its code.
    fn symbol(&mut self, table: usize, symbol: u8, bits: u32, size: u32);

    /// Ends a restart interval.
    fn end(&mut self, marker: Option<u8>);
}

/// Counts the symbols of each table: four for DC, four for AC.
#[derive(Default)]
struct Counts([Option<Box<[u64; 256]>>; 8]);

impl Sink for Counts {
    fn symbol(&mut self, table: usize, symbol: u8, _: u32, _: u32) {
        self.0[table & 7].get_or_insert_with(|| Box::new([0; 256]))[usize::from(symbol)] += 1;
    }

    fn end(&mut self, _: Option<u8>) {}
}

/// Writes symbols that have all been counted.
struct Encoders {
    encoders: [Option<Encoder>; 8],
    writer: Writer,
}

impl Sink for Encoders {
    #[inline(always)]
    fn symbol(&mut self, table: usize, symbol: u8, bits: u32, size: u32) {
        let code = self.encoders[table & 7].as_ref().and_then(|encoder| encoder.code(symbol));
        let (code, length) = code.expect("the table is made from the same symbols");
        self.writer.put(code << size | u64::from(bits), length + size);
    }

    fn end(&mut self, marker: Option<u8>) {
        self.writer.align();
        if let Some(marker) = marker {
            self.writer.raw(&[0xFF, marker]);
        }
    }
}

struct Recode<S> {
    codings: Vec<Coding>,
    chains: Vec<Chain>,
    /// DC and AC table of each slot among the eight.
    tables: Vec<(usize, usize)>,
    sink: S,
}

impl<S: Sink> Recode<S> {
    fn new(scan: &Scan, grid: &Grid, fill: &[u32; 4], sink: S) -> Result<Recode<S>, Damage> {
        let codings = Coding::of(scan)?;
        let chains = Chain::of(scan, &codings, grid, fill);
        let tables = scan.header.slots.iter().map(|slot| (usize::from(slot.dc), 4 + usize::from(slot.ac))).collect();
        Ok(Recode { codings, chains, tables, sink })
    }
}

impl<S: Sink> Visitor for Recode<S> {
    fn start(&mut self, _: &Range<usize>) {
        self.chains.iter_mut().for_each(Chain::restart);
    }

    #[inline(always)]
    fn block(&mut self, block: &Block, data: &[u8], at: usize) -> Result<usize, Stop> {
        let (coding, (dc, ac)) = (&self.codings[block.slot], self.tables[block.slot]);
        let (difference, mut at) = coding.difference(data, at)?;
        let written = self.chains[block.slot].next(difference, block.hidden).ok_or(Stop::Code(at))?;
        let (category, bits) = category(written);
        let symbol = u8::try_from(category).ok().filter(|&symbol| symbol < 16).ok_or(Stop::Code(at))?;
        self.sink.symbol(dc, symbol, bits, category);
        if block.hidden {
            self.sink.symbol(ac, 0, 0, 0);
            return coding.skip(data, at);
        }
        let mut next = 1;
        while next < 64 {
            let word = peek(data, at);
            let (length, symbol) = coding.ac.decoder.symbol(word).ok_or(Stop::Code(at))?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            self.sink.symbol(ac, symbol, top(word << length, size), size);
            at += (length + size) as usize;
            if size == 0 && run < 15 {
                return Ok(at);
            }
            next += run + 1;
        }
        if next > 64 { Err(Stop::Code(at)) } else { Ok(at) }
    }

    fn end(&mut self, _: &[u8], _: &Range<usize>, _: usize, index: usize, last: bool) {
        self.sink.end((!last).then_some(0xD0 + (index & 7) as u8));
    }
}
