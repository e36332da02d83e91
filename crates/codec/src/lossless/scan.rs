//! Scans as samples: decoded, overwritten, coded.
//!
//! T.81, Annex H.

use super::{differences, predict};
use crate::jpeg::bits::Writer;
use crate::jpeg::frame::{Frame, ScanHeader, Slot};
use crate::jpeg::huffman::{Decoder, Encoder, Table};
use crate::jpeg::stream::{Scan, write_segment};
use crate::{Damage, Format};
use differences::Reader;
use std::ops::Range;
use tokumei_core::Region;

/// The samples of the components of one scan, interleaved by pixel, shifted by the point transform.
pub(crate) struct Samples {
    /// Components of the frame, in the order of the scan.
    components: Vec<usize>,
    columns: usize,
    shift: u8,
    samples: Vec<u16>,
}

/// The lines of one restart interval, and where they are coded.
struct Interval {
    lines: Range<usize>,
    bytes: Range<usize>,
}

/// Returns the restart intervals of a scan.
fn intervals(scan: &Scan, frame: &Frame) -> Result<Vec<Interval>, Damage> {
    let (rows, columns) = (usize::from(frame.rows), usize::from(frame.columns));
    let each = if scan.restart == 0 { rows } else { (usize::from(scan.restart) / columns).max(1) };
    let starts = (0..rows).step_by(each);
    if scan.entropy.intervals.len() < starts.len() {
        return Err(Damage::Truncated);
    }
    let interval = |(start, bytes): (usize, &Range<usize>)| Interval {
        lines: start..(start + each).min(rows),
        bytes: bytes.clone(),
    };
    Ok(starts.zip(&scan.entropy.intervals).map(interval).collect())
}

fn readers(scan: &Scan) -> Result<Vec<Reader>, Damage> {
    let missing = Damage::Malformed("a table that a scan names is missing");
    let reader =
        |tables: &crate::jpeg::stream::Tables| Ok(Reader::new(Decoder::new(tables.dc.as_ref().ok_or(missing)?)));
    scan.tables.iter().map(reader).collect()
}

/// Reads the differences of a line that starts at bit `at` of an interval.
fn read_line(
    readers: &[Reader],
    line: &mut [u16],
    scan: &Scan,
    interval: &Interval,
    at: usize,
) -> Result<usize, Damage> {
    let read = differences::read_line(readers, line, &scan.entropy.data, at);
    match read {
        Ok(at) if at <= 8 * interval.bytes.end => Ok(at),
        Err(at) if at <= 8 * interval.bytes.end => Err(Damage::Malformed("a sample has a code that none can have")),
        _ => Err(Damage::Truncated),
    }
}

/// Appends the entropy-coded segments of a scan as they are, without bytes behind the last sample of an interval.
pub(crate) fn copy(scan: &Scan, frame: &Frame, out: Vec<u8>) -> Result<Vec<u8>, Damage> {
    let readers = readers(scan)?;
    let mut line = vec![0; usize::from(frame.columns) * readers.len()];
    let mut writer = Writer::new(out);
    for (index, interval) in intervals(scan, frame)?.iter().enumerate() {
        restart(index, &mut writer);
        let mut at = 8 * interval.bytes.start;
        for _ in interval.lines.clone() {
            at = read_line(&readers, &mut line, scan, interval, at)?;
        }
        writer.stuffed(scan.entropy.data.get(interval.bytes.start..at.div_ceil(8)).unwrap_or_default());
    }
    Ok(writer.into_bytes())
}

/// Writes the restart marker before an interval that is not the first.
fn restart(index: usize, writer: &mut Writer) {
    if index > 0 {
        writer.raw(&[0xFF, 0xD0 + ((index - 1) & 7) as u8]);
    }
}

impl Samples {
    /// Decodes a scan.
    pub(crate) fn decode(scan: &Scan, frame: &Frame) -> Result<Samples, Damage> {
        let readers = readers(scan)?;
        let (step, columns) = (readers.len(), usize::from(frame.columns));
        let first = first(scan, frame);
        let width = columns * step;
        let mut samples = vec![0; usize::from(frame.rows) * width];
        let mut highest = 0;
        for interval in intervals(scan, frame)? {
            let mut at = 8 * interval.bytes.start;
            let start = interval.lines.start;
            for y in interval.lines.clone() {
                let (before, rest) = samples.split_at_mut(y * width);
                let line = &mut rest[..width];
                at = read_line(&readers, line, scan, &interval, at)?;
                let above = (y > start).then(|| &before[(y - 1) * width..]);
                predict::restore(scan.header.start, line, above, step, first);
                highest = line.iter().fold(highest, |bits, sample| bits | sample);
            }
        }
        if u32::from(highest) >> (frame.precision - scan.header.low) != 0 {
            return Err(Damage::Malformed("a sample has more bits than the precision"));
        }
        let components = scan.header.slots.iter().map(|slot| slot.component).collect();
        Ok(Samples { components, columns, shift: scan.header.low, samples })
    }

    /// Takes the components of a scan from samples of a frame, which are interleaved and shifted.
    #[cfg(test)]
    pub(crate) fn of(scan: &Scan, frame: &Frame, all: &[u16]) -> Samples {
        let components: Vec<usize> = scan.header.slots.iter().map(|slot| slot.component).collect();
        let pixels = all.chunks_exact(frame.components.len());
        let samples = pixels.flat_map(|pixel| components.iter().map(|&component| pixel[component])).collect();
        Samples { components, columns: frame.columns.into(), shift: scan.header.low, samples }
    }

    /// Overwrites a region, which must lie within the frame, with one value for each component of the frame.
    pub(crate) fn overwrite(&mut self, region: &Region, fill: &[u32; 4]) {
        let step = self.components.len();
        let value = |component: &usize| (fill.get(*component).copied().unwrap_or(0) >> self.shift) as u16;
        let pixel: Vec<u16> = self.components.iter().map(value).collect();
        let lines = self.samples.chunks_exact_mut(self.columns * step);
        for line in lines.skip(region.y as usize).take(region.height as usize) {
            let pixels = line.chunks_exact_mut(step).skip(region.x as usize).take(region.width as usize);
            pixels.for_each(|to| to.copy_from_slice(&pixel));
        }
    }

    /// Stores the samples in a decoded frame, interleaved by pixel, little endian.
    pub(crate) fn store(&self, out: &mut [u8], format: &Format) {
        let (step, bytes, all) = (self.components.len(), format.sample_bytes(), usize::from(format.samples));
        for (pixel, samples) in out.chunks_exact_mut(bytes * all).zip(self.samples.chunks_exact(step)) {
            for (&component, &sample) in self.components.iter().zip(samples) {
                let value = (sample << self.shift).to_le_bytes();
                let to = pixel.iter_mut().skip(component * bytes).take(bytes);
                to.zip(value).for_each(|(to, byte)| *to = byte);
            }
        }
    }

    /// Appends tables, scan header and entropy-coded segments, restart intervals as they were.
    pub(crate) fn encode(&self, scan: &Scan, frame: &Frame, selection: u8, out: Vec<u8>) -> Result<Vec<u8>, Damage> {
        let intervals = intervals(scan, frame)?;
        let mut counts = vec![[0; 256]; self.components.len()];
        self.each_line(scan, frame, selection, &intervals, |_, line| differences::count_line(&mut counts, line));
        let tables: Vec<Table> = counts.iter().map(Table::optimal).collect();
        let mut out = out;
        write_tables(&tables, &mut out);
        let slot = |(index, slot): (u8, &Slot)| Slot { component: slot.component, dc: index, ac: 0 };
        let slots = (0..).zip(&scan.header.slots).map(slot).collect();
        let header = ScanHeader { slots, start: selection, ..scan.header };
        write_segment(0xDA, &header.payload(frame), &mut out);
        let codes: Vec<differences::Codes> =
            tables.iter().map(|table| differences::codes(&Encoder::new(table))).collect();
        let mut writer = Writer::new(out);
        self.each_line(scan, frame, selection, &intervals, |begun, line| {
            if let Some(index) = begun {
                writer.align();
                restart(index, &mut writer);
            }
            differences::write_line(&codes, line, &mut writer);
        });
        writer.align();
        Ok(writer.into_bytes())
    }

    /// Gives the differences of each line to `take`, with the index of the interval that starts with it, if one does.
    fn each_line(
        &self,
        scan: &Scan,
        frame: &Frame,
        selection: u8,
        intervals: &[Interval],
        mut take: impl FnMut(Option<usize>, &[u16]),
    ) {
        let (first, step) = (first(scan, frame), self.components.len());
        let width = self.columns * step;
        let mut differences = vec![0; width];
        for (index, interval) in intervals.iter().enumerate() {
            let mut above = None;
            let lines = self.samples.chunks_exact(width).skip(interval.lines.start).take(interval.lines.len());
            for line in lines {
                predict::differ(selection, line, above, step, first, &mut differences);
                take(above.is_none().then_some(index), &differences);
                above = Some(line);
            }
        }
    }
}

/// Returns the prediction of the first sample of an interval.
fn first(scan: &Scan, frame: &Frame) -> u16 {
    1 << (frame.precision - scan.header.low - 1)
}

/// Appends a DHT segment for each table.
fn write_tables(tables: &[Table], out: &mut Vec<u8>) {
    for (id, table) in (0..).zip(tables) {
        let mut payload = vec![id];
        table.write(&mut payload);
        write_segment(0xC4, &payload, out);
    }
}
