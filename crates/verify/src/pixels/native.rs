//! Native pixel data: masked rectangles hold one value, and outside of them nothing differs.

use super::is_masked;
use super::shape::Shape;
use super::source::Source;
use crate::papers::Mask;
use std::io;
use std::ops::Range;
use tokumei_core::Vr;

/// Bytes that are compared at once; even, so that words stay whole.
const BLOCK: u64 = 1 << 18;

/// Native pixel data: where it is, and which bytes of that.
pub(super) type Samples<'a> = (&'a Source<'a>, Range<u64>);

/// How native samples lie (PS3.5 2026d, 8.1 and 8.2; PS3.3 2026d, C.7.6.3).
pub(super) struct Layout {
    columns: u64,
    rows: u64,
    frames: u64,
    planes: u64,
    /// Pixels that share their samples: 2 in YBR_FULL_422, else 1.
    shared: u64,
    /// Bits of those pixels in one plane.
    bits: u64,
    /// Bytes of one sample; 0 for single bits.
    sample: u64,
    big_endian: bool,
    /// Whether bytes changed places within words: other than words in big endian, as OW.
    swapped: bool,
}

impl Layout {
    /// Returns the layout of an element of this value representation, `None` where the header contradicts itself.
    pub fn of(shape: &Shape, vr: Vr) -> Option<Layout> {
        let several = shape.samples > 1;
        let shared = if shape.is_422 && shape.samples == 3 { 2 } else { 1 };
        let planes = if shape.by_plane && several { shape.samples } else { 1 };
        let bits = match (shared, planes) {
            (2, 1) => 4 * shape.allocated,
            (2, _) => return None,
            (_, 1) => shape.samples * shape.allocated,
            _ => shape.allocated,
        };
        let sound = shape.columns.is_multiple_of(shared) && (shape.allocated > 1 || !several);
        sound.then_some(Layout {
            columns: shape.columns,
            rows: shape.rows,
            frames: shape.frames,
            planes,
            shared,
            bits,
            sample: shape.allocated / 8,
            big_endian: shape.big_endian,
            swapped: shape.big_endian && vr == Vr::OW && shape.allocated < 16,
        })
    }

    /// Bits of a row, a plane and a frame.
    fn sizes(&self) -> [u64; 3] {
        let row = self.columns / self.shared * self.bits;
        [row, row * self.rows, row * self.rows * self.planes]
    }

    /// Returns column and row of the first pixel that a bit of the pixel data belongs to; `None` behind the last frame.
    fn pixel(&self, bit: u64) -> Option<(u64, u64)> {
        let [row, plane, frame] = self.sizes();
        let within = bit % plane;
        (bit / frame < self.frames).then(|| (within % row / self.bits * self.shared, within / row))
    }

    /// Tells whether a sample outside every mask differs in bits that are its value.
    pub fn differs(
        &self,
        (from, before): Samples<'_>,
        (to, after): Samples<'_>,
        masks: &[Mask],
        value: u64,
    ) -> io::Result<bool> {
        let length = before.end - before.start;
        if length != after.end - after.start {
            return Ok(true);
        }
        let (mut left, mut right) = (vec![0; BLOCK as usize], vec![0; BLOCK as usize]);
        let mut offset = 0;
        while offset < length {
            let size = BLOCK.min(length - offset) as usize;
            let (left, right) = (&mut left[..size], &mut right[..size]);
            from.read(before.start + offset, left)?;
            to.read(after.start + offset, right)?;
            if left != right {
                let pairs = (offset..).zip(left.iter().zip(right.iter()));
                let mut different = pairs.filter(|(_, (a, b))| a != b).map(|(at, (a, b))| (at, a ^ b));
                if different.any(|(at, bits)| !self.may_differ(at, bits, masks, value)) {
                    return Ok(true);
                }
            }
            offset += size as u64;
        }
        Ok(false)
    }

    /// Tells whether these bits of a byte may differ.
    fn may_differ(&self, at: u64, bits: u8, masks: &[Mask], value: u64) -> bool {
        let byte = at ^ u64::from(self.swapped);
        let masked = |bit| self.pixel(bit).is_some_and(|pixel| is_masked(pixel, masks));
        if self.sample == 0 {
            return (0..8).filter(|bit| bits >> bit & 1 == 1).all(|bit| masked(byte * 8 + bit));
        }
        let place = byte % self.sample;
        let place = if self.big_endian && !self.swapped { self.sample - 1 - place } else { place };
        masked(byte * 8) || bits & (value >> (8 * place)) as u8 == 0 && self.pixel(byte * 8).is_some()
    }

    /// Tells whether every masked rectangle holds one value for each sample, the same in all frames.
    ///
    /// # Errors
    /// Why it could not be looked at.
    pub fn is_constant(&self, samples: &Samples<'_>, masks: &[Mask]) -> Result<bool, &'static str> {
        let [row, plane, frame] = self.sizes();
        let whole = frame.checked_mul(self.frames).ok_or("masked-layout")?;
        if samples.1.end - samples.1.start < whole.div_ceil(8) {
            return Err("masked-layout");
        }
        let mut first: Vec<Option<Vec<u8>>> = vec![None; self.planes as usize];
        for start in (0..self.frames).map(|number| number * frame) {
            for (number, first) in (0..).zip(&mut first) {
                for [x, y, width, height] in masks.iter().map(|mask| mask.effective.map(u64::from)) {
                    let (left, right) =
                        (x.min(self.columns).div_ceil(self.shared), (x + width).min(self.columns) / self.shared);
                    for y in (y..(y + height).min(self.rows)).filter(|_| left < right) {
                        let at = start + number * plane + y * row;
                        let span = self.span(samples, at + left * self.bits, at + right * self.bits);
                        if !is_one(&span.map_err(|_| "io-error")?, self.bits, first) {
                            return Ok(false);
                        }
                    }
                }
            }
        }
        Ok(true)
    }

    /// Reads a range of bits; single bits become a byte each.
    fn span(&self, (source, place): &Samples<'_>, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let (mut start, mut end) = (from / 8, to.div_ceil(8));
        let length = place.end - place.start;
        if self.swapped {
            (start, end) = (start & !1, end.next_multiple_of(2).min(length));
        }
        let mut bytes = vec![0; (end - start) as usize];
        source.read(place.start + start, &mut bytes)?;
        if self.swapped {
            bytes.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
        let (first, last) = (from - start * 8, to - start * 8);
        if self.sample == 0 {
            return Ok((first..last).map(|bit| bytes[(bit / 8) as usize] >> (bit % 8) & 1).collect());
        }
        Ok(bytes[(first / 8) as usize..(last / 8) as usize].to_vec())
    }
}

/// Tells whether a row of samples repeats the first one met.
fn is_one(span: &[u8], bits: u64, first: &mut Option<Vec<u8>>) -> bool {
    let size = (bits / 8).max(1) as usize;
    let mut all = span.chunks_exact(size);
    if first.is_none() {
        *first = span.get(..size).map(<[u8]>::to_vec);
    }
    all.all(|one| first.as_deref() == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            columns: 4,
            rows: 2,
            samples: 1,
            allocated: 8,
            stored: 8,
            high: 7,
            by_plane: false,
            is_422: false,
            frames: 2,
            big_endian: false,
        }
    }

    fn layout(shape: &Shape) -> Layout {
        Layout::of(shape, Vr::OW).unwrap()
    }

    fn mask(effective: [u32; 4]) -> [Mask; 1] {
        [Mask::exact(effective)]
    }

    /// Changes each byte in turn and returns where that is allowed.
    fn allowed(shape: &Shape, length: usize, masks: &[Mask], value: u64) -> Vec<usize> {
        let before = vec![0; length];
        let layout = layout(shape);
        let may = |at: &usize| {
            let mut after = before.clone();
            after[*at] = 0xFF;
            let (before, after) = (Source::Bytes(&before), Source::Bytes(&after));
            let place = 0..length as u64;
            !layout.differs((&before, place.clone()), (&after, place), masks, value).unwrap()
        };
        (0..length).filter(may).collect()
    }

    fn constant(shape: &Shape, bytes: &[u8], masks: &[Mask]) -> bool {
        layout(shape).is_constant(&(&Source::Bytes(bytes), 0..bytes.len() as u64), masks).unwrap()
    }

    #[test]
    fn bytes_belong_to_the_pixels_of_every_frame_and_plane() {
        // Column 1 of row 1, one by one.
        let masks = mask([1, 1, 1, 1]);
        assert_eq!(allowed(&shape(), 17, &masks, u64::MAX), [5, 13]);
        let wide = Shape { allocated: 16, frames: 1, ..shape() };
        assert_eq!(allowed(&wide, 16, &masks, u64::MAX), [10, 11]);
        let colour = Shape { samples: 3, frames: 1, ..shape() };
        assert_eq!(allowed(&colour, 24, &masks, u64::MAX), [15, 16, 17]);
        assert_eq!(allowed(&Shape { by_plane: true, ..colour }, 24, &masks, u64::MAX), [5, 13, 21]);
        let long = Shape { allocated: 32, frames: 1, ..shape() };
        assert_eq!(allowed(&long, 32, &masks, u64::MAX), [20, 21, 22, 23]);
    }

    #[test]
    fn two_pixels_share_their_colour_in_422() {
        let shape = Shape { samples: 3, is_422: true, frames: 1, ..shape() };
        assert_eq!(allowed(&shape, 16, &mask([2, 0, 2, 1]), u64::MAX), [4, 5, 6, 7]);
        assert!(Layout::of(&Shape { columns: 3, ..shape }, Vr::OB).is_none());
    }

    #[test]
    fn bytes_change_places_in_words_of_big_endian() {
        let shape = Shape { big_endian: true, frames: 1, ..shape() };
        assert_eq!(allowed(&shape, 8, &mask([1, 1, 1, 1]), u64::MAX), [4]);
        let bytes = [0, 0, 0, 0, 7, 0, 0, 7];
        assert!(constant(&shape, &bytes, &mask([1, 1, 2, 1])));
        assert!(!constant(&shape, &bytes, &mask([0, 1, 2, 1])));
    }

    #[test]
    fn single_bits_are_compared_one_by_one() {
        // Five pixels a frame: bits 5 to 9 are the second one.
        let shape = Shape { columns: 5, rows: 1, allocated: 1, stored: 1, high: 0, ..shape() };
        let differs = |after: &[u8]| {
            let (before, after) = (Source::Bytes(&[0, 0]), Source::Bytes(after));
            layout(&shape).differs((&before, 0..2), (&after, 0..2), &mask([1, 0, 1, 1]), u64::MAX).unwrap()
        };
        assert!(!differs(&[0b0100_0010, 0]));
        assert!(differs(&[0b0100_0110, 0]) && differs(&[0, 0b10]));
        assert!(constant(&shape, &[0b1100_0110, 0], &mask([1, 0, 2, 1])));
        assert!(!constant(&shape, &[0b1100_0010, 0], &mask([1, 0, 2, 1])));
    }

    #[test]
    fn only_bits_beside_the_value_may_be_cleared() {
        // Twelve bits stored: the upper half of the second byte is none of them, in big endian of the first.
        let shape = Shape { allocated: 16, stored: 12, high: 11, frames: 1, ..shape() };
        let layouts = [layout(&shape), layout(&Shape { big_endian: true, ..shape })];
        let may = |layout: &Layout, at, bits| layout.may_differ(at, bits, &[], shape.value_bits());
        assert!(may(&layouts[0], 1, 0xF0) && !may(&layouts[0], 1, 0x10 | 1) && !may(&layouts[0], 0, 0x80));
        assert!(may(&layouts[1], 0, 0xF0) && !may(&layouts[1], 1, 0x80));
    }

    #[test]
    fn a_masked_rectangle_holds_one_value_in_all_frames() {
        let mut bytes: Vec<u8> = (0..16).collect();
        for at in [5, 6, 13, 14] {
            bytes[at] = 9;
        }
        assert!(constant(&shape(), &bytes, &mask([1, 1, 2, 1])));
        assert!(constant(&shape(), &bytes, &mask([9, 9, 2, 1])), "nothing of it lies in the frame");
        bytes[14] = 8;
        assert!(!constant(&shape(), &bytes, &mask([1, 1, 2, 1])));
        let short = layout(&shape()).is_constant(&(&Source::Bytes(&[0; 8]), 0..8), &mask([0, 0, 1, 1]));
        assert_eq!(short, Err("masked-layout"));
    }
}
