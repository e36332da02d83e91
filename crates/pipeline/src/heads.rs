//! Headers that the index pass has read, kept for the treatment that follows: as many as a fixed room holds.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tokumei_wire::DataSet;

/// Bytes of headers that are kept: those of a thousand images and more, and little beside what a run takes anyway.
const ROOM: usize = 16 << 20;

/// How long a file must have stayed as it is before it is read. A change within one step of the clock that marks files leaves no mark:
/// most step by milliseconds, FAT by two seconds.
const SETTLED: Duration = Duration::from_secs(4);

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
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Heads {
    pub(crate) fn new() -> Heads {
        Heads { left: AtomicUsize::new(ROOM) }
    }

    /// Keeps a header where there is room; `mark` is what the file was before it was read.
    pub(crate) fn keep(&self, data_set: DataSet, mark: Mark) -> Option<Head> {
        let size = data_set.memory();
        let take = |left: usize| left.checked_sub(size);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(Head { data_set, mark })
    }
}

impl Head {
    /// Returns the header, if this is the file that it was read from, as it was then.
    pub(crate) fn of(&self, metadata: &Metadata) -> Option<&DataSet> {
        (self.mark == Mark::of(metadata)).then_some(&self.data_set)
    }
}

impl Mark {
    /// Returns the mark of a file that is about to be read; `None` of one that was changed so lately that a change to come may not show.
    pub(crate) fn settled(metadata: &Metadata, now: SystemTime) -> Option<Mark> {
        let mark = Mark::of(metadata);
        let latest = u64::try_from(mark.modified.max(mark.changed).0).unwrap_or(0);
        let settled = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(latest))?.checked_add(SETTLED)?;
        (settled <= now).then_some(mark)
    }

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

    fn later() -> SystemTime {
        SystemTime::now() + 2 * SETTLED
    }

    #[test]
    fn a_header_is_of_its_file_alone_and_only_as_long_as_the_file_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::write(&one, "x").unwrap();
        let mark = Mark::settled(&fs::metadata(&one).unwrap(), later()).unwrap();
        let head = Heads::new().keep(header(), mark).unwrap();
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
    fn no_header_is_kept_of_a_file_that_was_changed_just_now_or_will_have_been() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one");
        fs::write(&path, "x").unwrap();
        let mark = |now| Mark::settled(&fs::metadata(&path).unwrap(), now);
        assert!(mark(SystemTime::now()).is_none() && mark(later()).is_some());
        // An old file that was put in the place of another just now.
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(mark(SystemTime::now()).is_none() && mark(later()).is_some());
        file.set_modified(SystemTime::now() + Duration::from_secs(1 << 31)).unwrap();
        assert!(mark(later()).is_none());
    }

    #[test]
    fn no_more_headers_are_kept_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark::settled(&fs::metadata(folder.path()).unwrap(), later()).unwrap();
        let heads = Heads { left: AtomicUsize::new(header().memory() * 5 / 2) };
        let kept: Vec<bool> = (0..4).map(|_| heads.keep(header(), mark.clone()).is_some()).collect();
        assert_eq!(kept, [true, true, false, false]);
    }
}
