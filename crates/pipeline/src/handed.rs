//! Outputs whose pixel data nobody has to see on its way: the system copies it from file to file.
//!
//! Across a network that spares the way here and back, where the server can copy by itself. Within one machine it spares nothing: pixel
//! data moves to another place within its page, so that no file system shares it, and page by page in the kernel it takes longer than
//! in large blocks through this program's memory.

use rustix::fs::copy_file_range;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};
use tokumei_wire::Splice;

/// Bytes from which it pays to ask the system.
const LARGE: u64 = 64 << 10;

/// Most bytes that the system is asked to copy at once.
const MOST: u64 = 1 << 30;

/// Writes a splice into an empty file, its bulk copied by the system. Returns how many bytes it has.
///
/// `None` where the system cannot, or something is wrong with either file: then the output has to be written as any other, from
/// its beginning, and that tells what it is. `able` remembers that it cannot.
pub(crate) fn hand_over(splice: &Splice, from: &File, to: &File, able: &AtomicBool) -> Option<u64> {
    let bulk = splice.bulk.clone().filter(|bulk| !splice.deflate && bulk.end.saturating_sub(bulk.start) >= LARGE)?;
    if !able.load(Ordering::Relaxed) {
        return None;
    }
    to.write_all_at(&splice.head, 0).ok()?;
    let (mut source, mut place) = (bulk.start, splice.head.len() as u64);
    while source < bulk.end {
        let asked = usize::try_from((bulk.end - source).min(MOST)).unwrap_or(usize::MAX);
        let copied = copy_file_range(from, Some(&mut source), to, Some(&mut place), asked);
        if !copied.is_ok_and(|copied| copied > 0) {
            able.store(false, Ordering::Relaxed);
            return None;
        }
    }
    to.write_all_at(&splice.tail, place).ok()?;
    Some(place + splice.tail.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tokumei_wire::{Limits, NewMeta, Patches, read, splice};

    fn original(pixels: usize) -> (File, Vec<u8>) {
        let mut bytes = vec![0; 128];
        bytes.extend_from_slice(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0");
        bytes.extend_from_slice(b"\x08\x00\x60\x00CS\x02\x00CT\xE0\x7F\x10\x00OW\0\0");
        bytes.extend_from_slice(&(pixels as u32).to_le_bytes());
        bytes.extend((0..pixels).map(|at| (at * 7) as u8));
        bytes.extend_from_slice(b"\xFC\xFF\xFC\xFFOB\0\0\x04\0\0\0\0\0\0\0");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        (file, bytes)
    }

    fn spliced(bytes: &[u8]) -> Splice {
        let meta = NewMeta {
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.2".into(),
            sop_instance_uid: "2.25.1".into(),
            transfer_syntax: "1.2.840.10008.1.2.1".into(),
            implementation_class_uid: "2.25.2".into(),
            implementation_version_name: "T".into(),
        };
        splice(&read(&bytes, &Limits::default()).unwrap(), &Patches::new(), &meta).unwrap()
    }

    #[test]
    fn what_the_system_has_copied_is_what_would_have_been_written() {
        let (from, bytes) = original(1 << 20);
        let splice = spliced(&bytes);
        let (to, mut expected) = (tempfile::tempfile().unwrap(), Vec::new());
        splice.write(&from, &mut expected).unwrap();
        if let Some(written) = hand_over(&splice, &from, &to, &AtomicBool::new(true)) {
            assert_eq!(written, expected.len() as u64);
            let mut there = vec![0; expected.len()];
            to.read_exact_at(&mut there, 0).unwrap();
            assert!(there == expected && to.metadata().unwrap().len() == written);
        }
    }

    #[test]
    fn a_source_that_ends_before_its_time_is_left_to_the_other_way() {
        let (from, bytes) = original(1 << 20);
        let splice = spliced(&bytes);
        from.set_len(1 << 19).unwrap();
        let able = AtomicBool::new(true);
        assert_eq!(hand_over(&splice, &from, &tempfile::tempfile().unwrap(), &able), None);
        assert!(!able.load(Ordering::Relaxed));
    }

    #[test]
    fn little_is_not_worth_asking_for() {
        let (from, bytes) = original(512);
        let to = tempfile::tempfile().unwrap();
        assert_eq!(hand_over(&spliced(&bytes), &from, &to, &AtomicBool::new(true)), None);
        assert_eq!(to.metadata().unwrap().len(), 0);
    }
}
