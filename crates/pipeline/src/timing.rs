//! Where the time of a run goes, part by part.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A part of the work on instances.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Part {
    /// Finding files and reading their heads, before any instance is taken up: the time of all workers, busy or not.
    Index,
    /// Reading the head of an instance and walking over it.
    Read,
    /// Deciding what is done to it.
    Plan,
    /// Masking and rendering pixel data, and putting the output together.
    Mask,
    /// Searching the output for identifiers.
    Guard,
    /// Writing the output, its digest included.
    Write,
    /// Leaf, manifest row, journal, and the output's name.
    Record,
    /// The papers of the release: ledger, manifests, root.
    Seal,
}

impl Part {
    /// Every part, in the order of the road.
    pub const ALL: [Part; 8] =
        [Part::Index, Part::Read, Part::Plan, Part::Mask, Part::Guard, Part::Write, Part::Record, Part::Seal];

    /// Returns the word of the part.
    pub const fn as_str(self) -> &'static str {
        match self {
            Part::Index => "index",
            Part::Read => "read",
            Part::Plan => "plan",
            Part::Mask => "mask",
            Part::Guard => "guard",
            Part::Write => "write",
            Part::Record => "record",
            Part::Seal => "seal",
        }
    }
}

/// Adds up the time that all workers spend on each part.
#[derive(Default)]
pub(crate) struct Clock {
    nanoseconds: [AtomicU64; Part::ALL.len()],
}

impl Clock {
    /// Runs `work` and counts its time for a part.
    pub(crate) fn time<T>(&self, part: Part, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.add(part, began.elapsed());
        done
    }

    /// Counts time for a part.
    pub(crate) fn add(&self, part: Part, time: Duration) {
        let spent = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds[part as usize].fetch_add(spent, Ordering::Relaxed);
    }

    /// Returns the time of each part, all workers together.
    pub(crate) fn spent(&self) -> Vec<(Part, Duration)> {
        let of = |part: &Part| Duration::from_nanos(self.nanoseconds[*part as usize].load(Ordering::Relaxed));
        Part::ALL.iter().map(|part| (*part, of(part))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_own_time_and_the_sum_of_all_turns() {
        let clock = Clock::default();
        for _ in 0..2 {
            clock.time(Part::Guard, || std::thread::sleep(Duration::from_millis(2)));
        }
        let spent = clock.spent();
        assert!(spent.iter().any(|(part, time)| *part == Part::Guard && *time >= Duration::from_millis(4)));
        assert!(spent.iter().all(|(part, time)| *part == Part::Guard || time.is_zero()));
    }

    #[test]
    fn parts_stand_in_the_order_of_their_numbers() {
        assert!(Part::ALL.iter().enumerate().all(|(at, part)| *part as usize == at));
    }
}
