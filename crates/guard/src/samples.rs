//! The search among compressed samples: for long forms only, and so at every fifth place only.
//!
//! A form of eight bytes or more covers a place that is a multiple of five with three bytes behind it, wherever it stands. So
//! four bytes are looked up at each such place, among all runs of four bytes of the forms that can lie there, and the form is
//! compared where they meet.

use crate::{Form, Hit};

/// Bytes from which a form is rare enough to be searched among random bytes.
pub(crate) const RARE: usize = 8;

/// Bytes that are looked up at a place.
const RUN: usize = 4;

/// Places that are looked up: the longest step that no form of [`RARE`] bytes slips through.
const STEP: usize = RARE - RUN + 1;

/// Bits of the sieve: with ten thousand forms one place in twenty is looked up further.
const SIEVE: usize = 1 << 20;

/// The forms of at least eight bytes by their runs of four.
pub(crate) struct Samples {
    /// Runs in ascending order, each with the form and the offset in it.
    runs: Vec<(u32, u32, u8)>,
    /// One bit for each hash of a run.
    sieve: Vec<u64>,
}

impl Samples {
    pub(crate) fn over(forms: &[Form]) -> Samples {
        let long = (0..).zip(forms).filter(|(_, form)| form.bytes.len() >= RARE);
        let of_form = |(index, form): (u32, &Form)| {
            let firsts = form.bytes.windows(RUN).take(STEP).enumerate();
            firsts.map(|(offset, bytes)| (run(bytes), index, offset as u8)).collect::<Vec<_>>()
        };
        let mut runs: Vec<(u32, u32, u8)> = long.flat_map(of_form).collect();
        runs.sort_unstable();
        let mut sieve = if runs.is_empty() { Vec::new() } else { vec![0; SIEVE / 64] };
        for (run, ..) in &runs {
            let bit = hash(*run);
            sieve[bit / 64] |= 1 << (bit % 64);
        }
        Samples { runs, sieve }
    }

    /// Returns a place that holds one of the forms.
    pub(crate) fn find(&self, forms: &[Form], bytes: &[u8]) -> Option<Hit> {
        if self.runs.is_empty() {
            return None;
        }
        bytes.chunks(STEP).enumerate().find_map(|(step, _)| {
            let at = step * STEP;
            let run = run(bytes.get(at..at + RUN)?);
            let bit = hash(run);
            if self.sieve[bit / 64] & (1 << (bit % 64)) == 0 {
                return None;
            }
            let from = self.runs.partition_point(|(other, ..)| *other < run);
            let meeting = self.runs[from..].iter().take_while(|(other, ..)| *other == run);
            meeting
                .filter_map(|(_, form, offset)| forms[*form as usize].at(bytes, at.checked_sub(usize::from(*offset))?))
                .next()
        })
    }
}

/// Returns four bytes as a number, with letters of both cases alike.
fn run(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |run, byte| run << 8 | u32::from(*byte | 0x20))
}

fn hash(run: u32) -> usize {
    (run.wrapping_mul(0x9E37_79B1) >> 12) as usize % SIEVE
}
