//! Hides blocks with the Huffman tables that a stream has: all bits of other blocks are copied, but for DC differences
//! from a block whose DC has changed.
//!
//! T.81, F.1.2.

use super::flat;
use super::grid::{Grid, Hidden};
use super::walk::{Block, Coding, Stop, Visitor, walk};
use crate::Damage;
use crate::jpeg::bits::{Writer, category};
use crate::jpeg::huffman::Encoder;
use crate::jpeg::stream::{Scan, Stream};
use std::ops::Range;

/// The largest DC, positive or negative, that is believed: more than any transform gives.
const MOST: u32 = 1 << 16;

/// Writes a stream with blocks hidden, `None` when its tables lack a code for that.
pub(crate) fn edit(stream: &Stream, grid: &Grid, hidden: &Hidden, fill: &[u32; 4]) -> Result<Option<Vec<u8>>, Damage> {
    let mut complete = true;
    let bytes = stream.write(true, |scan, mut out| {
        if !complete {
            return Ok(out);
        }
        out.extend_from_slice(stream.slice(&scan.segment.span));
        let mut edit = Edit::new(scan, grid, fill, out)?;
        complete = walk(scan, grid, hidden, &mut edit)?;
        Ok(edit.writer.into_bytes())
    })?;
    Ok(complete.then_some(bytes))
}

/// DC of one component: as it was, as it is written, and as hidden blocks have it.
#[derive(Clone, Copy)]
pub(crate) struct Chain {
    old: i32,
    new: i32,
    flat: i32,
}

impl Chain {
    /// Makes the chains of all slots of a scan.
    pub(crate) fn of(scan: &Scan, codings: &[Coding], grid: &Grid, fill: &[u32; 4]) -> Vec<Chain> {
        let chain = |(slot, coding): (&crate::jpeg::frame::Slot, &Coding)| {
            let value = fill.get(slot.component).copied().unwrap_or(0);
            Chain { old: 0, new: 0, flat: flat(value, grid.precision, coding.divisors[0]) }
        };
        scan.header.slots.iter().zip(codings).map(chain).collect()
    }

    /// Starts a restart interval.
    pub(crate) fn restart(&mut self) {
        (self.old, self.new) = (0, 0);
    }

    /// Goes over a block and returns the difference to write, `None` for a DC that cannot be.
    #[inline(always)]
    pub(crate) fn next(&mut self, difference: i32, hidden: bool) -> Option<i32> {
        self.old += difference;
        if self.old.unsigned_abs() > MOST {
            return None;
        }
        let target = if hidden { self.flat } else { self.old };
        let written = target - self.new;
        self.new = target;
        Some(written)
    }
}

struct Edit {
    codings: Vec<Coding>,
    encoders: Vec<(Encoder, Encoder)>,
    chains: Vec<Chain>,
    writer: Writer,
    /// The bit up to which the interval is written, and whether anything in it has changed.
    copied: usize,
    changed: bool,
}

impl Edit {
    fn new(scan: &Scan, grid: &Grid, fill: &[u32; 4], out: Vec<u8>) -> Result<Edit, Damage> {
        let codings = Coding::of(scan)?;
        let chains = Chain::of(scan, &codings, grid, fill);
        let pair = |tables: &crate::jpeg::stream::Tables| {
            Some((Encoder::new(tables.dc.as_ref()?), Encoder::new(tables.ac.as_ref()?)))
        };
        let encoders = scan.tables.iter().filter_map(pair).collect();
        Ok(Edit { codings, encoders, chains, writer: Writer::new(out), copied: 0, changed: false })
    }

    /// Writes what is not written before `at`, and a difference; returns whether there was a code.
    fn difference(&mut self, slot: usize, difference: i32, data: &[u8], at: usize) -> Result<(), Stop> {
        let (category, bits) = category(difference);
        let symbol = u8::try_from(category).ok().filter(|&symbol| symbol < 16).ok_or(Stop::Code(at))?;
        let (code, length) = self.encoders[slot].0.code(symbol).ok_or(Stop::Lacking)?;
        self.writer.copy(data, self.copied, at);
        self.writer.put(code << category | u64::from(bits), length + category);
        self.changed = true;
        Ok(())
    }
}

impl Visitor for Edit {
    fn start(&mut self, interval: &Range<usize>) {
        self.chains.iter_mut().for_each(Chain::restart);
        (self.copied, self.changed) = (8 * interval.start, false);
    }

    #[inline(always)]
    fn block(&mut self, block: &Block, data: &[u8], at: usize) -> Result<usize, Stop> {
        let coding = &self.codings[block.slot];
        let (difference, behind) = coding.difference(data, at)?;
        let end = coding.skip(data, behind)?;
        let written = self.chains[block.slot].next(difference, block.hidden).ok_or(Stop::Code(at))?;
        if block.hidden {
            let (code, length) = self.encoders[block.slot].1.code(0).ok_or(Stop::Lacking)?;
            self.difference(block.slot, written, data, at)?;
            self.writer.put(code, length);
            self.copied = end;
        } else if written != difference {
            self.difference(block.slot, written, data, at)?;
            self.copied = behind;
        }
        Ok(end)
    }

    fn end(&mut self, data: &[u8], interval: &Range<usize>, at: usize, index: usize, last: bool) {
        if self.changed {
            self.writer.copy(data, self.copied, at);
            self.writer.align();
        } else {
            self.writer.stuffed(data.get(interval.start..at.div_ceil(8)).unwrap_or_default());
        }
        if !last {
            self.writer.raw(&[0xFF, 0xD0 + (index & 7) as u8]);
        }
    }
}
