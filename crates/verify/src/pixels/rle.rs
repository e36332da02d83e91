//! RLE frames (PS3.5 2026d, Annex G).

use super::decode::Decoded;
use super::picture::Picture;
use super::shape::Shape;

const HEADER: usize = 64;

/// The segments of a frame, walked over.
pub(super) struct Segments<'a> {
    segments: Vec<&'a [u8]>,
    shape: Shape,
    /// Whether bytes are there that stand for no sample, other than zeros.
    pub has_more: bool,
}

impl<'a> Segments<'a> {
    /// Finds the segments; `None` when they are not those of such a frame.
    pub fn of(frame: &'a [u8], shape: &Shape) -> Option<Segments<'a>> {
        let (words, _) = frame.get(..HEADER)?.as_chunks::<4>();
        let words: Vec<usize> = words.iter().map(|word| u32::from_le_bytes(*word) as usize).collect();
        let count = words[0];
        if count == 0 || count > 15 || count as u64 != shape.samples * shape.allocated.div_ceil(8) {
            return None;
        }
        let mut starts = words[1..=count].to_vec();
        let unused = &words[count + 1..];
        starts.push(frame.len());
        if starts[0] < HEADER || !starts.is_sorted() {
            return None;
        }
        let segments: Vec<&[u8]> = starts.windows(2).map(|pair| &frame[pair[0]..pair[1]]).collect();
        let mut found = Segments { segments, shape: *shape, has_more: false };
        let zeros = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        found.has_more = !zeros(&frame[HEADER..starts[0]]) || unused.iter().any(|word| *word != 0);
        for segment in &found.segments {
            let (used, beyond) = walk(segment, shape.columns * shape.rows, |_, _| ())?;
            found.has_more |= beyond || !zeros(&segment[used..]);
        }
        Some(found)
    }

    /// Decodes the samples.
    pub fn decode(&self) -> Option<Decoded> {
        let bytes = self.shape.allocated.div_ceil(8) as usize;
        if bytes > 4 {
            return None;
        }
        let components = self.shape.samples as usize;
        let mut picture = Picture::new(&self.shape, components);
        for (number, segment) in self.segments.iter().enumerate() {
            // The most significant byte comes first.
            let (component, shift) = (number / bytes, 8 * (bytes - 1 - number % bytes));
            walk(segment, self.shape.columns * self.shape.rows, |pixel, byte| {
                picture.values[pixel * components + component] |= ((u32::from(byte)) << shift) as i32;
            })?;
        }
        Some(Decoded::Picture(picture))
    }
}

/// Hands over each byte of a segment; returns how many of its bytes that took, and whether the last run goes on behind.
fn walk(segment: &[u8], pixels: u64, mut put: impl FnMut(usize, u8)) -> Option<(usize, bool)> {
    let (mut at, mut pixel) = (0, 0);
    while (pixel as u64) < pixels {
        let code = *segment.get(at)?;
        at += 1;
        let (run, step) = match code {
            0..=127 => (segment.get(at..at + usize::from(code) + 1)?, usize::from(code) + 1),
            128 => continue,
            129..=255 => (segment.get(at..at + 1)?, 257 - usize::from(code)),
        };
        for number in 0..step.min((pixels - pixel as u64) as usize) {
            put(pixel + number, run[number.min(run.len() - 1)]);
        }
        at += run.len();
        pixel += step;
    }
    Some((at, pixel as u64 > pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        columns: 4,
        rows: 1,
        samples: 1,
        allocated: 16,
        stored: 16,
        high: 15,
        by_plane: false,
        is_422: false,
        frames: 1,
        big_endian: false,
    };

    fn frame(tail: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 64];
        (frame[0], frame[4], frame[8]) = (2, 64, 66);
        // Four times 1; then 2 and 3, and twice 4.
        frame.extend([253, 1, 1, 2, 3, 255, 4]);
        frame.extend(tail);
        frame
    }

    #[test]
    fn segments_are_the_bytes_of_samples() {
        let frame = frame(&[0]);
        let segments = Segments::of(&frame, &SHAPE).unwrap();
        assert!(!segments.has_more);
        let Some(Decoded::Picture(picture)) = segments.decode() else { panic!("not decoded") };
        assert_eq!(picture.values, [0x102, 0x103, 0x104, 0x104]);
    }

    #[test]
    fn bytes_behind_the_last_run_are_more() {
        assert!(Segments::of(&frame(b"text"), &SHAPE).unwrap().has_more);
        assert!(Segments::of(&frame(b"")[..70], &SHAPE).is_none());
    }
}
