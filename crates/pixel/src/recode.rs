//! Frames of encapsulated pixel data, coded anew one by one.

use crate::render::RenderError;
use crate::spool::{Scratch, Spool};
use rayon::prelude::*;
use std::io;
use tokumei_codec::{Codec, Damage, Fill, Format, MAX_FRAME, Masked};
use tokumei_core::Region;
use tokumei_wire::{Frames, Source};

/// Bytes that the frames of one batch may need, decoded and coded, whatever the number of workers.
const BATCH: u64 = 48 << 20;

/// What is done to each frame.
pub(crate) struct Work<'a> {
    pub codec: &'static dyn Codec,
    pub format: Format,
    pub regions: &'a [Region],
    pub fill: Fill,
}

impl Work<'_> {
    /// Masks a frame, or only cleans it where nothing is to be hidden in any.
    fn run(&self, frame: Vec<u8>) -> Result<Masked, Damage> {
        if self.regions.is_empty() {
            let cleaned = self.codec.clean(&frame, &self.format)?;
            return Ok(Masked { bytes: cleaned.unwrap_or(frame), effective: Vec::new() });
        }
        self.codec.mask(&frame, &self.format, self.regions, &self.fill)
    }

    /// Bytes that one frame needs while it is worked on.
    fn cost(&self, frame: u64) -> u64 {
        self.format.decoded_len().saturating_mul(2).saturating_add(frame.saturating_mul(2)).max(1)
    }
}

/// Encapsulated pixel data as it will be written.
pub(crate) struct Coded {
    /// The item of the Basic Offset Table.
    table: Vec<u8>,
    /// The items of the frames.
    items: Spool,
    /// Offsets and lengths of the frames, where an Extended Offset Table is in use.
    pub extended: Option<(Vec<u64>, Vec<u64>)>,
    /// What is hidden, over all frames.
    pub effective: Vec<Region>,
}

const ITEM: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];
const DELIMITER: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];

/// Tells whether every frame is nothing but samples and what decodes them.
pub(crate) fn is_clean(work: &Work<'_>, frames: &Frames, source: &(dyn Source + Sync)) -> Result<bool, RenderError> {
    let clean = |frame: usize| {
        let bytes = read(work, frames, source, frame)?;
        let cleaned =
            work.codec.clean(&bytes, &work.format).map_err(|damage| RenderError::Damaged { frame, damage })?;
        Ok(cleaned.is_none())
    };
    // The first error in the order of the frames is the one to tell, whoever finds one first.
    let found: Vec<Result<bool, RenderError>> = match frames.len() {
        1 => vec![clean(0)],
        count => (0..count).into_par_iter().map(clean).collect(),
    };
    found.into_iter().try_fold(true, |all, one| Ok(one? && all))
}

/// Codes every frame anew, as many at a time as memory allows.
pub(crate) fn recode(
    work: &Work<'_>,
    frames: &Frames,
    source: &(dyn Source + Sync),
    extended: bool,
    scratch: Scratch<'_>,
) -> Result<Coded, RenderError> {
    let mut items = Spool::new();
    let mut effective: Vec<Region> = Vec::new();
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    let longest = (0..frames.len()).map(|frame| frames.frame_len(frame)).max().unwrap_or(0);
    let batch = usize::try_from(BATCH / work.cost(longest)).unwrap_or(1).clamp(1, rayon::current_num_threads() * 4);
    let mut next = 0;
    while next < frames.len() {
        let end = (next + batch).min(frames.len());
        for (frame, masked) in (next..end).zip(coded(work, frames, source, next..end)) {
            let masked = masked?;
            for region in masked.effective {
                if !effective.contains(&region) {
                    effective.push(region);
                }
            }
            offsets.push(items.len());
            lengths.push(masked.bytes.len() as u64);
            push(&mut items, &masked.bytes, frame, scratch)?;
        }
        next = end;
    }
    let table = table(frames.has_basic_offset_table && !extended, &offsets);
    Ok(Coded { table, items, extended: extended.then_some((offsets, lengths)), effective })
}

type Coding = Result<Masked, RenderError>;

fn coded(work: &Work<'_>, frames: &Frames, source: &(dyn Source + Sync), range: std::ops::Range<usize>) -> Vec<Coding> {
    let one = |frame: usize| {
        let bytes = read(work, frames, source, frame)?;
        work.run(bytes).map_err(|damage| RenderError::Damaged { frame, damage })
    };
    if range.len() == 1 { vec![one(range.start)] } else { range.into_par_iter().map(one).collect() }
}

fn read(work: &Work<'_>, frames: &Frames, source: &dyn Source, frame: usize) -> Result<Vec<u8>, RenderError> {
    frame_of(&work.format, frames, source, frame)
}

/// Reads a coded frame that is no longer than memory allows: no codec makes frames that much longer than their samples.
pub(crate) fn frame_of(
    format: &Format,
    frames: &Frames,
    source: &dyn Source,
    frame: usize,
) -> Result<Vec<u8>, RenderError> {
    let most = format.decoded_len().saturating_mul(4).saturating_add(1 << 20).min(MAX_FRAME);
    if frames.frame_len(frame) > most {
        return Err(RenderError::Damaged { frame, damage: Damage::TooLarge });
    }
    Ok(frames.read(source, frame)?)
}

fn push(items: &mut Spool, frame: &[u8], number: usize, scratch: Scratch<'_>) -> Result<(), RenderError> {
    let even = frame.len().next_multiple_of(2);
    let too_large = || RenderError::Damaged { frame: number, damage: Damage::TooLarge };
    let length = u32::try_from(even).ok().filter(|length| *length != u32::MAX).ok_or_else(too_large)?;
    let mut header = [0; 8];
    header[..4].copy_from_slice(&ITEM);
    header[4..].copy_from_slice(&length.to_le_bytes());
    let mut write = |bytes: &[u8]| items.push(bytes, scratch).map_err(RenderError::Unwritable);
    write(&header)?;
    write(frame)?;
    write(&[0][..even - frame.len()])
}

/// The item of the Basic Offset Table: empty where none was in use, or its numbers are too small for the pixel data.
fn table(wanted: bool, offsets: &[u64]) -> Vec<u8> {
    let entries: Result<Vec<u32>, _> = offsets.iter().map(|offset| u32::try_from(*offset)).collect();
    let entries = entries.ok().filter(|_| wanted).unwrap_or_default();
    let mut item = ITEM.to_vec();
    item.extend((entries.len() as u32 * 4).to_le_bytes());
    item.extend(entries.iter().flat_map(|entry| entry.to_le_bytes()));
    item
}

impl Source for Coded {
    fn len(&self) -> u64 {
        self.table.len() as u64 + self.items.len() + DELIMITER.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let (table, items) = (self.table.len() as u64, self.items.len());
        if offset < table {
            return self.table.as_slice().read_at(offset, buf);
        }
        if offset < table + items {
            return self.items.read_at(offset - table, buf);
        }
        DELIMITER.as_slice().read_at(offset - table - items, buf)
    }
}
