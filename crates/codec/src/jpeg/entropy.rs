//! Takes entropy-coded segments apart: without stuffing, at restart markers.
//!
//! T.81, B.1.1.5 and E.1.4.

use crate::Damage;
use crate::jpeg::bits::holds_marker_byte;
use std::ops::Range;

/// The entropy-coded segments of one scan.
pub(crate) struct Entropy {
    /// All bytes without stuffing and markers, then eight zeros for [`peek`](super::bits::peek).
    pub(crate) data: Vec<u8>,
    /// Which bytes of `data` each restart interval has.
    pub(crate) intervals: Vec<Range<usize>>,
    /// Where in the code stream the marker behind the scan starts, with its fill bytes.
    pub(crate) end: usize,
}

impl Entropy {
    /// Reads from `start` up to the next marker that is not a restart marker, or the end.
    pub(crate) fn read(bytes: &[u8], start: usize, restarts: bool) -> Result<Entropy, Damage> {
        let rest = bytes.get(start..).unwrap_or_default();
        let mut entropy = Entropy { data: Vec::with_capacity(rest.len() + 8), intervals: vec![], end: bytes.len() };
        let (mut at, mut first) = (0, 0);
        loop {
            at += entropy.plain(rest.get(at..).unwrap_or_default());
            let fill = rest.iter().skip(at).take_while(|&&byte| byte == 0xFF).count();
            match rest.get(at + fill) {
                _ if fill == 0 => break,
                Some(0) => {
                    // Fill bytes stand before markers only: what comes before the last of them is data.
                    (0..fill).for_each(|_| entropy.data.push(0xFF));
                    at += fill + 1;
                }
                Some(&marker @ 0xD0..=0xD7) => {
                    let expected = 0xD0 + (entropy.intervals.len() & 7) as u8;
                    if !restarts || marker != expected {
                        return Err(Damage::Malformed("a restart marker is out of order"));
                    }
                    entropy.intervals.push(first..entropy.data.len());
                    first = entropy.data.len();
                    at += fill + 1;
                }
                _ => {
                    entropy.end = start + at;
                    break;
                }
            }
        }
        entropy.intervals.push(first..entropy.data.len());
        entropy.data.extend_from_slice(&[0; 8]);
        Ok(entropy)
    }

    /// Takes bytes up to the next 0xFF and returns how many.
    fn plain(&mut self, bytes: &[u8]) -> usize {
        let words = bytes.as_chunks::<8>().0.iter();
        let free = 8 * words.take_while(|word| !holds_marker_byte(u64::from_ne_bytes(**word))).count();
        let tail = bytes.iter().skip(free).take_while(|&&byte| byte != 0xFF).count();
        self.data.extend_from_slice(bytes.get(..free + tail).unwrap_or_default());
        free + tail
    }

    /// Returns the bits that all intervals have.
    pub(crate) fn bits(&self) -> u64 {
        8 * (self.data.len() as u64 - 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_and_restart_markers_are_taken_out() {
        let bytes = [9, 1, 2, 0xFF, 0, 3, 0xFF, 0xFF, 0xD0, 4, 0xFF, 0xFF, 0xD9];
        let entropy = Entropy::read(&bytes, 1, true).unwrap();
        assert_eq!(entropy.data, [1, 2, 0xFF, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(entropy.intervals, [0..4, 4..5]);
        assert_eq!(entropy.end, 10, "the marker with its fill byte");
        assert_eq!(entropy.bits(), 40);
    }

    #[test]
    fn restart_markers_out_of_order_are_refused() {
        assert!(Entropy::read(&[1, 0xFF, 0xD1, 2], 0, true).is_err());
        assert!(Entropy::read(&[1, 0xFF, 0xD0, 2], 0, false).is_err());
    }

    #[test]
    fn a_scan_may_end_with_the_bytes() {
        let entropy = Entropy::read(&[1, 2, 0xFF], 0, false).unwrap();
        assert!(entropy.intervals.iter().eq([&(0..2)]));
        assert_eq!(entropy.end, 2);
        assert_eq!(Entropy::read(&[], 5, false).unwrap().bits(), 0);
    }
}
