//! Goes through the blocks of a scan in the order of their bits.
//!
//! T.81, E.2, F.2.2.

use super::grid::{Grid, Hidden, Units};
use crate::Damage;
use crate::jpeg::bits::{extend, peek, top};
use crate::jpeg::huffman::{Decoder, END, Strides, Table};
use crate::jpeg::stream::{Scan, Stream};
use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

/// A block in a scan.
pub(crate) struct Block {
    /// Place of its component in the scan header.
    pub(crate) slot: usize,
    /// Column and row among the blocks of the component.
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) hidden: bool,
}

/// Why a visit of a block ends.
pub(crate) enum Stop {
    /// No block can be read from the bit on.
    Code(usize),
    /// The Huffman tables have no code for a change.
    Lacking,
}

/// What is done with the blocks of a scan.
pub(crate) trait Visitor {
    /// Starts a restart interval.
    fn start(&mut self, interval: &Range<usize>);

    /// Reads a block from a bit on and returns the bit behind it.
    fn block(&mut self, block: &Block, data: &[u8], at: usize) -> Result<usize, Stop>;

    /// Ends a restart interval, `last` or followed by restart marker `index` modulo 8; `at` is the bit behind its last
    /// block.
    fn end(&mut self, data: &[u8], interval: &Range<usize>, at: usize, index: usize, last: bool);
}

/// Checks that the scans have the bits that their blocks need at least, two each.
pub(crate) fn plausible(stream: &Stream, grid: &Grid) -> Result<(), Damage> {
    for scan in stream.scans() {
        let units = grid.units(scan);
        if units.cells.len() > 10 {
            return Err(Damage::Malformed("a scan has more than ten blocks in an MCU"));
        }
        if scan.header.start != 0 || scan.header.high != 0 || scan.header.low != 0 {
            return Err(Damage::Malformed("a scan has parameters of another process"));
        }
        let blocks = u64::from(units.across) * u64::from(units.down) * units.cells.len() as u64;
        if scan.entropy.bits() < 2 * blocks {
            return Err(Damage::Truncated);
        }
    }
    Ok(())
}

/// Visits all blocks of a scan; `Ok(false)` when the visitor lacks a code.
pub(crate) fn walk(scan: &Scan, grid: &Grid, hidden: &Hidden, visitor: &mut impl Visitor) -> Result<bool, Damage> {
    let units = grid.units(scan);
    let total = u64::from(units.across) * u64::from(units.down);
    let each = if scan.restart == 0 { total } else { u64::from(scan.restart) };
    let needed = total.div_ceil(each.max(1));
    if (scan.entropy.intervals.len() as u64) < needed {
        return Err(Damage::Truncated);
    }
    let mut place = (0, 0);
    for (index, interval) in (0..needed).zip(&scan.entropy.intervals) {
        let count = each.min(total - index * each);
        visitor.start(interval);
        let at = match walk_interval(&units, &mut place, count, hidden, &scan.entropy.data, interval, visitor) {
            Ok(at) => at,
            Err(Stop::Lacking) => return Ok(false),
            Err(Stop::Code(at)) if at > 8 * interval.end => return Err(Damage::Truncated),
            Err(Stop::Code(_)) => {
                return Err(Damage::Malformed("a block has a code or coefficient that none can have"));
            }
        };
        visitor.end(&scan.entropy.data, interval, at, index as usize, index + 1 == needed);
    }
    Ok(true)
}

/// Visits the blocks of `count` units from `place` on and returns the bit behind them.
fn walk_interval(
    units: &Units,
    place: &mut (u32, u32),
    count: u64,
    hidden: &Hidden,
    data: &[u8],
    interval: &Range<usize>,
    visitor: &mut impl Visitor,
) -> Result<usize, Stop> {
    let (mut at, end) = (8 * interval.start, 8 * interval.end);
    for _ in 0..count {
        let (x, y) = *place;
        let (mcu_x, mcu_y) = (x / units.of_mcu.0, y / units.of_mcu.1);
        let hidden = hidden.row(mcu_y) && hidden.mcu(mcu_x, mcu_y);
        for &(slot, dx, dy) in &units.cells {
            let (h, v) = units.size[slot];
            at = visitor.block(&Block { slot, x: x * h + dx, y: y * v + dy, hidden }, data, at)?;
        }
        if at > end {
            return Err(Stop::Code(at));
        }
        *place = if x + 1 < units.across { (x + 1, y) } else { (0, y + 1) };
    }
    Ok(at)
}

/// A Huffman table with what is prepared of it.
pub(crate) struct Prepared {
    table: Table,
    pub(crate) decoder: Decoder,
    strides: OnceCell<Strides>,
}

impl Prepared {
    /// Returns the strides, which only AC tables need.
    fn strides(&self) -> &Strides {
        self.strides.get_or_init(|| Strides::new(&self.decoder))
    }
}

/// Tables that a thread remembers: the frames of an image mostly have the same ones.
const REMEMBERED: usize = 8;

thread_local! {
    static RECENT: RefCell<VecDeque<Rc<Prepared>>> = const { RefCell::new(VecDeque::new()) };
}

/// Prepares a table, or takes what this thread has prepared of an equal one.
fn prepared(table: &Table) -> Rc<Prepared> {
    RECENT.with_borrow_mut(|recent| {
        if let Some(known) = recent.iter().find(|known| known.table == *table) {
            return Rc::clone(known);
        }
        let (table, decoder) = (table.clone(), Decoder::new(table));
        let new = Rc::new(Prepared { table, decoder, strides: OnceCell::new() });
        recent.truncate(REMEMBERED - 1);
        recent.push_front(Rc::clone(&new));
        new
    })
}

/// Tables of one slot, for decoding.
pub(crate) struct Coding {
    pub(crate) dc: Rc<Prepared>,
    pub(crate) ac: Rc<Prepared>,
    /// Divisors in zigzag order.
    pub(crate) divisors: [u16; 64],
}

impl Coding {
    /// Prepares the tables of all slots of a scan.
    pub(crate) fn of(scan: &Scan) -> Result<Vec<Coding>, Damage> {
        let missing = Damage::Malformed("a table that a scan names is missing");
        let mut codings = vec![];
        for tables in &scan.tables {
            codings.push(Coding {
                dc: prepared(tables.dc.as_ref().ok_or(missing)?),
                ac: prepared(tables.ac.as_ref().ok_or(missing)?),
                divisors: tables.quantization.ok_or(missing)?,
            });
        }
        Ok(codings)
    }

    /// Reads a DC difference and returns it with the bit behind it.
    #[inline(always)]
    pub(crate) fn difference(&self, data: &[u8], at: usize) -> Result<(i32, usize), Stop> {
        let word = peek(data, at);
        match self.dc.decoder.symbol(word) {
            Some((length, category @ 0..=15)) => {
                let category = u32::from(category);
                let difference = extend(top(word << length, category), category);
                Ok((difference, at + (length + category) as usize))
            }
            _ => Err(Stop::Code(at)),
        }
    }

    /// Goes over the AC coefficients of a block and returns the bit behind them.
    #[inline(always)]
    pub(crate) fn skip(&self, data: &[u8], mut at: usize) -> Result<usize, Stop> {
        let (mut next, strides) = (1, self.ac.strides());
        while next < 64 {
            let (mut word, mut used) = (peek(data, at), 0);
            // A code has 16 bits at most, and 57 are there.
            while next < 64 && used <= 41 {
                let mut step = strides.stride(word);
                // As many codes at once as do not reach behind the block; one that does is none of this block's.
                let reached = next + (step >> 8);
                if step == 0 || (reached & (END - 1)) + (reached / END) > 64 {
                    step = self.ac.decoder.step(word).ok_or(Stop::Code(at + used))?;
                }
                let bits = step & 0xFF;
                word <<= bits;
                used += usize::from(bits);
                next += step >> 8;
            }
            at += used;
        }
        // Behind the last coefficient, but not by the code that ends a block.
        if next > 64 && next < END { Err(Stop::Code(at)) } else { Ok(at) }
    }
}
