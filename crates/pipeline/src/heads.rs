//! Headers that the index pass has read, kept for the treatment that follows: as many as a fixed room holds.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokumei_wire::DataSet;

/// Bytes of headers that are kept: those of a thousand images and more, and little beside what a run takes anyway.
const ROOM: usize = 16 << 20;

/// The room for the headers of a run.
pub(crate) struct Heads {
    left: AtomicUsize,
}

/// A header, and which file it was read from.
pub(crate) struct Head {
    data_set: DataSet,
    mark: Mark,
}

/// What no file shares with another, nor with itself before it was last written or replaced.
#[derive(PartialEq, Eq)]
struct Mark {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Heads {
    pub(crate) fn new() -> Heads {
        Heads { left: AtomicUsize::new(ROOM) }
    }

    /// Keeps a header where there is room; `metadata` is what the file was before it was read.
    pub(crate) fn keep(&self, data_set: DataSet, metadata: &Metadata) -> Option<Head> {
        let size = data_set.memory();
        let take = |left: usize| left.checked_sub(size);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(Head { data_set, mark: Mark::of(metadata) })
    }
}

impl Head {
    /// Returns the header, if this is the file that it was read from, as it was then.
    pub(crate) fn of(&self, metadata: &Metadata) -> Option<&DataSet> {
        (self.mark == Mark::of(metadata)).then_some(&self.data_set)
    }
}

impl Mark {
    fn of(metadata: &Metadata) -> Mark {
        Mark {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tokumei_wire::Limits;

    /// A header of one element, PatientName (0010,0010), in explicit little endian.
    fn header() -> DataSet {
        let mut bytes = vec![0; 128];
        bytes.extend(b"DICM\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0\x10\0\x10\0PN\x04\0A^B ");
        tokumei_wire::read(&&bytes[..], &Limits::default()).unwrap()
    }

    #[test]
    fn a_header_is_of_its_file_alone_and_only_as_long_as_the_file_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::write(&one, "x").unwrap();
        let head = Heads::new().keep(header(), &fs::metadata(&one).unwrap()).unwrap();
        assert!(head.of(&fs::metadata(&one).unwrap()).is_some());
        // As long and as old, and yet another file.
        fs::write(&other, "y").unwrap();
        let modified = fs::metadata(&one).unwrap().modified().unwrap();
        fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
        assert!(head.of(&fs::metadata(&other).unwrap()).is_none());
        fs::rename(&other, &one).unwrap();
        assert!(head.of(&fs::metadata(&one).unwrap()).is_none());
    }

    #[test]
    fn no_more_headers_are_kept_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = fs::metadata(folder.path()).unwrap();
        let heads = Heads { left: AtomicUsize::new(header().memory() * 5 / 2) };
        let kept: Vec<bool> = (0..4).map(|_| heads.keep(header(), &metadata).is_some()).collect();
        assert_eq!(kept, [true, true, false, false]);
    }
}
