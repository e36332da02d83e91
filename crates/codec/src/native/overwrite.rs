//! Overwriting the regions in a window of native pixel data.

use super::{Layout, Native};
use crate::{Fill, Format};
use std::ops::Range;
use tokumei_core::Region;

/// Returns for each plane the bytes of one hidden row of `width` pixels; for 1 bit a single byte of eight pixels.
pub(super) fn patterns(format: &Format, layout: &Layout, fill: &Fill, width: u32) -> Vec<Vec<u8>> {
    let samples: Vec<Vec<u8>> = (0..4).map(|sample| sample_bytes(format, layout, fill.0[sample])).collect();
    if format.allocated == 1 {
        return vec![vec![if fill.0[0] & 1 == 1 { 0xFF } else { 0 }]];
    }
    let pixel = |plane: usize| match (layout.planes, layout.pairs) {
        (1, true) => [0, 0, 1, 2].map(|sample| &samples[sample][..]).concat(),
        (1, false) => samples[..usize::from(format.samples)].concat(),
        _ => samples[plane].clone(),
    };
    let count = if layout.pairs { width / 2 } else { width };
    (0..layout.planes).map(|plane| pixel(plane).repeat(count as usize)).collect()
}

/// Returns the bytes of a sample in the order in which they stand before words are swapped.
fn sample_bytes(format: &Format, layout: &Layout, value: u32) -> Vec<u8> {
    let mut bytes = fill_bits(format, value).to_le_bytes()[..usize::from(format.allocated.div_ceil(8))].to_vec();
    if format.big_endian && !layout.swapped {
        bytes.reverse();
    }
    bytes
}

/// Returns all allocated bits of a sample that is filled with `value`.
///
/// Above Bits Stored a negative value goes on, where its reader may or may not look.
pub(crate) fn fill_bits(format: &Format, value: u32) -> u64 {
    let unused = 64 - u32::from(format.stored);
    let value = u64::from(value) << unused;
    if format.signed { (value as i64 >> unused) as u64 } else { value >> unused }
}

/// Overwrites what lies in the block, which starts at the byte `offset`.
pub(super) fn overwrite(native: &Native, block: &mut [u8], offset: u64) {
    let end = offset.saturating_add(block.len() as u64).min(native.len() + 1);
    if block.is_empty() || native.effective.is_empty() || offset >= end {
        return;
    }
    // A swapped byte may have its place in the word before or behind the block.
    let margin = u64::from(native.layout.swapped);
    let window = offset.saturating_sub(margin) * 8..(end + margin) * 8;
    let frame_bits = native.frame_bits();
    let frames = window.start / frame_bits..window.end.div_ceil(frame_bits).min(native.frames);
    let mut target = Target { block, offset, swapped: native.layout.swapped };
    for frame in frames {
        for (plane, pattern) in native.patterns.iter().enumerate() {
            let start = frame * frame_bits + plane as u64 * native.layout.plane_bits;
            for region in &native.effective {
                rows(&native.layout, region, start, &window, |bits| target.put(bits, pattern, &native.layout));
            }
        }
    }
}

/// Calls `hide` with the bits of each row of a region that meets the window, in a plane that starts at `start`.
fn rows(layout: &Layout, region: &Region, start: u64, window: &Range<u64>, mut hide: impl FnMut(Range<u64>)) {
    let (top, bottom) = (u64::from(region.y), u64::from(region.y) + u64::from(region.height));
    let first = top.max(window.start.saturating_sub(start) / layout.row_bits);
    let last = bottom.min(window.end.saturating_sub(start).div_ceil(layout.row_bits));
    let (left, width) = (u64::from(region.x) * layout.pixel_bits, u64::from(region.width) * layout.pixel_bits);
    for row in first..last {
        let left = start + row * layout.row_bits + left;
        hide(left..left + width);
    }
}

/// A block of the pixel data.
struct Target<'a> {
    block: &'a mut [u8],
    offset: u64,
    swapped: bool,
}

impl Target<'_> {
    /// Overwrites a range of bits of the pixel data as far as it lies in the block.
    fn put(&mut self, bits: Range<u64>, pattern: &[u8], layout: &Layout) {
        if layout.pixel_bits == 1 {
            self.put_bits(bits, pattern[0]);
        } else if self.swapped {
            self.put_swapped(bits.start / 8..bits.end / 8, pattern);
        } else {
            self.put_bytes(bits.start / 8..bits.end / 8, pattern);
        }
    }

    fn put_bytes(&mut self, bytes: Range<u64>, pattern: &[u8]) {
        let inside = bytes.start.max(self.offset)..bytes.end.min(self.offset + self.block.len() as u64);
        if inside.start < inside.end {
            let length = (inside.end - inside.start) as usize;
            let (from, to) = ((inside.start - bytes.start) as usize, (inside.start - self.offset) as usize);
            self.block[to..to + length].copy_from_slice(&pattern[from..from + length]);
        }
    }

    fn put_swapped(&mut self, bytes: Range<u64>, pattern: &[u8]) {
        for at in self.near(&bytes) {
            if let Some(byte) = self.byte(at) {
                *byte = pattern[(at - bytes.start) as usize];
            }
        }
    }

    fn put_bits(&mut self, bits: Range<u64>, fill: u8) {
        let whole = bits.start.div_ceil(8)..bits.end / 8;
        if self.swapped || whole.is_empty() {
            return self.put_bits_one_by_one(&bits, bits.start / 8..bits.end.div_ceil(8), fill);
        }
        self.put_bits_one_by_one(&bits, bits.start / 8..whole.start, fill);
        let inside = whole.start.max(self.offset)..whole.end.min(self.offset + self.block.len() as u64);
        if inside.start < inside.end {
            self.block[(inside.start - self.offset) as usize..(inside.end - self.offset) as usize].fill(fill);
        }
        self.put_bits_one_by_one(&bits, whole.end..bits.end.div_ceil(8), fill);
    }

    /// Overwrites those of the bits that lie in some bytes.
    fn put_bits_one_by_one(&mut self, bits: &Range<u64>, bytes: Range<u64>, fill: u8) {
        for at in self.near(&bytes) {
            let low = bits.start.saturating_sub(at * 8).min(8);
            let high = (bits.end - at * 8).min(8);
            let mask = ((1_u16 << high) - (1 << low)) as u8;
            if let Some(byte) = self.byte(at) {
                *byte = *byte & !mask | fill & mask;
            }
        }
    }

    /// Returns the part of a range that may have its place in the block.
    fn near(&self, bytes: &Range<u64>) -> Range<u64> {
        let end = self.offset + self.block.len() as u64;
        bytes.start.max(self.offset.saturating_sub(1))..bytes.end.min(end + 1)
    }

    /// Returns the place of a byte that stands `at` bytes from the start before words are swapped.
    fn byte(&mut self, at: u64) -> Option<&mut u8> {
        let at = (at ^ u64::from(self.swapped)).checked_sub(self.offset)?;
        self.block.get_mut(usize::try_from(at).ok()?)
    }
}
