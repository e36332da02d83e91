//! One segment: one byte of every sample of the frame, run by run.

use super::Spans;
use super::packbits::{Run, encode};
use crate::Damage;

/// A segment whose runs were walked over once and found to reach the last pixel.
pub(super) struct Segment<'a> {
    /// From the start of the segment to the start of the next one.
    bytes: &'a [u8],
    columns: usize,
    rows: usize,
    /// Where the codes of each row start; empty when a run crosses the border of two rows.
    starts: Vec<u32>,
    /// Where the last code ends that is needed.
    used: usize,
    /// Whether that code stands for bytes behind the last pixel that tell something: neither zero nor one more of the same.
    telling: bool,
}

impl<'a> Segment<'a> {
    /// # Errors
    /// [`Damage::Truncated`] when the codes stand for fewer bytes than there are pixels.
    pub fn new(bytes: &'a [u8], columns: usize, rows: usize) -> Result<Segment<'a>, Damage> {
        let pixels = columns * rows;
        // Two bytes stand for 128 at most, so that few bytes are refused before memory is taken.
        if bytes.len().saturating_mul(64) < pixels || u32::try_from(bytes.len()).is_err() {
            return Err(Damage::Truncated);
        }
        let mut segment = Segment { bytes, columns, rows, starts: Vec::with_capacity(rows), used: 0, telling: false };
        segment.walk(pixels)?;
        Ok(segment)
    }

    fn walk(&mut self, pixels: usize) -> Result<(), Damage> {
        let mut rest = self.bytes;
        let (mut done, mut border, mut crossed) = (0, 0, false);
        while done < pixels {
            if done == border && !crossed {
                self.starts.push((self.bytes.len() - rest.len()) as u32);
                border += self.columns;
            }
            let run = Run::take(&mut rest).ok_or(Damage::Truncated)?;
            if let Run::Literal(bytes) = &run {
                self.telling = bytes.iter().skip(pixels - done).any(|byte| *byte != 0);
            }
            done += run.len();
            crossed |= done > border;
        }
        if crossed {
            self.starts = Vec::new();
        }
        self.used = self.bytes.len() - rest.len();
        Ok(())
    }

    /// Returns whether the segment holds its codes and else nothing but zeros, or repetitions of its last byte.
    pub fn is_tidy(&self) -> bool {
        !self.telling && self.bytes[self.used..].iter().all(|byte| *byte == 0)
    }

    /// Returns the codes that are needed, coded anew where the last one stands for too much.
    pub fn needed(&self) -> Vec<u8> {
        if self.telling { self.encode_all(&self.decode()) } else { self.bytes[..self.used].to_vec() }
    }

    /// Writes the bytes of the segment to their places, of which there are as many as pixels.
    pub fn decode_into<'b>(&self, mut places: impl Iterator<Item = &'b mut u8>) {
        decode(&self.bytes[..self.used], &mut places);
    }

    pub fn decode(&self) -> Vec<u8> {
        let mut decoded = vec![0; self.columns * self.rows];
        self.decode_into(decoded.iter_mut());
        decoded
    }

    pub fn encode_all(&self, decoded: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.used);
        decoded.chunks_exact(self.columns).for_each(|row| encode(row, &mut out));
        out
    }

    /// Returns the codes with `value` in the hidden pixels; rows without any keep their codes.
    pub fn mask(&self, spans: &Spans, value: u8) -> Vec<u8> {
        if self.starts.is_empty() {
            let mut decoded = self.decode();
            for row in spans.rows.clone() {
                let row_bytes = &mut decoded[row * self.columns..(row + 1) * self.columns];
                spans.of(row).for_each(|columns| row_bytes[columns].fill(value));
            }
            return self.encode_all(&decoded);
        }
        let mut out = Vec::with_capacity(self.used);
        let mut row_bytes = vec![0; self.columns];
        out.extend(self.codes(0, spans.rows.start));
        for row in spans.rows.clone() {
            if spans.of(row).next().is_none() {
                out.extend(self.codes(row, row + 1));
                continue;
            }
            decode(self.codes(row, row + 1), &mut row_bytes.iter_mut());
            spans.of(row).for_each(|columns| row_bytes[columns].fill(value));
            encode(&row_bytes, &mut out);
        }
        out.extend(self.codes(spans.rows.end, self.rows));
        out
    }

    /// Returns the codes of some rows.
    fn codes(&self, first: usize, end: usize) -> &'a [u8] {
        let start = |row: usize| self.starts.get(row).map_or(self.used, |start| *start as usize);
        &self.bytes[start(first)..start(end)]
    }
}

/// Writes what codes stand for, as far as there are places.
fn decode<'b>(mut codes: &[u8], places: &mut impl Iterator<Item = &'b mut u8>) {
    while let Some(run) = Run::take(&mut codes) {
        match run {
            Run::Literal(bytes) => bytes.iter().zip(&mut *places).for_each(|(byte, place)| *place = *byte),
            Run::Replicate(byte, count) => places.take(count).for_each(|place| *place = byte),
            Run::Nothing => {}
        }
    }
}
