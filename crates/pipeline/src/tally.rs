//! What a run counts on its way, and how its outputs become lasting.

use crate::road::{End, Ground};
use std::fs::File;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a run has done so far.
#[derive(Default)]
pub(crate) struct Tally<'a> {
    pub written: AtomicU64,
    pub reused: AtomicU64,
    pub bytes: AtomicU64,
    pub flusher: Option<Flusher<'a>>,
}

impl Tally<'_> {
    /// Counts the end of a road, and makes outputs lasting when there are many.
    pub(crate) fn count(&self, end: &End) -> io::Result<()> {
        match end {
            End::Released { written: Some(bytes), .. } => {
                self.written.fetch_add(1, Ordering::Relaxed);
                self.bytes.fetch_add(*bytes, Ordering::Relaxed);
                self.flusher.as_ref().map_or(Ok(()), |flusher| flusher.count(*bytes))
            }
            End::Released { written: None, .. } => {
                self.reused.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            End::Held { .. } | End::DiskFull => Ok(()),
        }
    }
}

/// Makes outputs lasting, many at a time.
pub(crate) struct Flusher<'a> {
    ground: &'a Ground<'a>,
    waiting: AtomicU64,
    at_work: Mutex<()>,
}

impl<'a> Flusher<'a> {
    pub(crate) fn new(ground: &'a Ground<'a>) -> Self {
        Flusher { ground, waiting: AtomicU64::new(0), at_work: Mutex::new(()) }
    }

    /// Counts an output and flushes when there is enough to.
    fn count(&self, bytes: u64) -> io::Result<()> {
        // An instance costs at least as much to do again as so many bytes.
        let weight = bytes.max(FLUSH_BYTES / FLUSH_INSTANCES);
        if self.waiting.fetch_add(weight, Ordering::Relaxed) < FLUSH_BYTES {
            return Ok(());
        }
        let Ok(_at_work) = self.at_work.try_lock() else { return Ok(()) };
        self.waiting.store(0, Ordering::Relaxed);
        if self.ground.remember_sources { self.ground.journal.flush(&File::open(self.ground.root)?) } else { Ok(()) }
    }
}

const FLUSH_BYTES: u64 = 8 << 30;
const FLUSH_INSTANCES: u64 = 4096;
