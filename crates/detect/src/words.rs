//! The views of a grey frame of whole numbers, by a table of its values: the same as those of any samples, in less time.

use crate::view::{MAX_PIXELS, Scale, View, ViewError, check, is_flat, rank};

impl View {
    /// Makes the views of a frame of one channel from its samples, row by row.
    ///
    /// # Errors
    /// [`ViewError`] where the frame is empty, too large or not of the length that is said.
    pub fn from_words(width: u32, height: u32, samples: &[u16]) -> Result<Self, ViewError> {
        let (pixels, _) = check(width, height, 1, samples.len(), MAX_PIXELS)?;
        let (low, counts) = counted(samples);
        let value = |at: usize| f32::from(low + at as u16);
        let scale = Scale::between(f32::from(low), value(counts.len() - 1));
        let most = (pixels / 64).max(1) as u64;
        let all = counts.iter().map(|count| u64::from(*count).min(most)).sum();
        let mut before = 0;
        let table: Vec<[u8; 2]> = counts
            .iter()
            .enumerate()
            .map(|(at, count)| {
                let count = u64::from(*count).min(most);
                before += count;
                let rank = if count == 0 { 0 } else { rank(before - count, count, all) };
                [scale.line(value(at)), rank]
            })
            .collect();
        let flat = is_flat(&counts, pixels, |at| scale.bin(value(at)));
        let pixels = samples.iter().map(|sample| table[usize::from(sample - low)]).collect();
        Ok(Self { width: width as usize, height: height as usize, pixels, flat, tints: Vec::new() })
    }
}

/// Returns the smallest sample, and how many there are of each value from it to the largest.
fn counted(samples: &[u16]) -> (u16, Vec<u32>) {
    let (low, high) = samples.iter().fold((u16::MAX, 0), |(low, high), one| (low.min(*one), high.max(*one)));
    // Neighbours are often equal, and one addition to a number would wait for the other.
    let mut counts = vec![[0_u32; 4]; usize::from(high - low) + 1];
    let (fours, rest) = samples.as_chunks::<4>();
    for four in fours {
        four.iter().enumerate().for_each(|(at, sample)| counts[usize::from(sample - low)][at] += 1);
    }
    rest.iter().for_each(|sample| counts[usize::from(sample - low)][0] += 1);
    (low, counts.iter().map(|four| four.iter().sum()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_by_a_table_are_those_of_any_samples() {
        let mixed = |i: u32| (i.wrapping_mul(2_654_435_761) >> 16) as u16;
        let frames: [&dyn Fn(u32) -> u16; 6] = [
            &|_| 7,
            &|i| (i % 2) as u16,
            &|i| mixed(i) >> 4,
            &|i| mixed(i),
            &|i| if i < 5000 { 40_000 } else { mixed(i) >> 9 },
            &|i| 65_000 + (i % 90) as u16,
        ];
        for (n, of) in frames.iter().enumerate() {
            let samples: Vec<u16> = (0..91 * 77).map(of).collect();
            let (one, other) = (View::from_words(91, 77, &samples), View::from_samples(91, 77, 1, &samples));
            let (one, other) = (one.unwrap(), other.unwrap());
            assert_eq!((one.size(), one.flat), (other.size(), other.flat), "{n}");
            assert!(one.pixels == other.pixels, "{n}");
        }
    }

    #[test]
    fn frames_that_are_not_what_they_say_are_refused() {
        assert_eq!(View::from_words(0, 5, &[]).unwrap_err(), ViewError::Empty);
        assert_eq!(View::from_words(2, 2, &[0; 3]).unwrap_err(), ViewError::Length);
        assert_eq!(View::from_words(30_000, 30_000, &[]).unwrap_err(), ViewError::TooLarge);
    }
}
