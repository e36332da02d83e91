//! Progress, as whoever shows it sees it.

use std::path::Path;
use tokumei_core::{Change, State};

/// Is told how a run goes, from any of its threads.
pub trait Observer: Sync {
    /// Takes an event. It should return soon: a worker waits.
    fn event(&self, event: Event<'_>);
}

/// An observer that looks away.
impl Observer for () {
    fn event(&self, _: Event<'_>) {}
}

/// What happens in a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// So many files have been found up to now.
    Found {
        /// How many.
        files: u64,
    },
    /// Discovery has ended.
    Discovered {
        /// How many files there are.
        files: u64,
    },
    /// A file has gone through the index pass.
    Indexed,
    /// The index pass has ended.
    Instances {
        /// How many instances go on.
        count: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// The linkage table holds every person who may be released, and is on the disk.
    Linked,
    /// What would be changed in an instance; in dry runs only. No path of a private element is resolved.
    Planned {
        /// The file.
        source: &'a Path,
        /// The changes.
        changes: &'a [Change],
    },
    /// An instance has ended in a state.
    Done {
        /// The state.
        state: State,
        /// The bytes of its file.
        bytes: u64,
    },
    /// The ledger and the papers of the release are being written.
    Sealing,
}
