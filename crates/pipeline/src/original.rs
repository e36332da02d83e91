//! An original whose pixel data stays in memory from its search to its output.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::OnceLock;
use tokumei_wire::{Measured, Source};

/// More is read again, in bytes.
const MOST: u64 = 8 << 20;

thread_local! {
    /// The memory of the last original, for the next one of the thread.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A file that is read, searched and written.
pub(crate) struct Original<'a> {
    file: Measured<'a>,
    /// What stays in memory, and where in the file it begins; `None` where it could not be read.
    kept: OnceLock<Option<(u64, Vec<u8>)>>,
}

impl<'a> Original<'a> {
    /// Returns a file of this length, of which nothing is in memory.
    pub(crate) fn new(file: &'a File, length: u64) -> Self {
        Self { file: Measured { file, length }, kept: OnceLock::new() }
    }

    fn read(&self, range: &Range<u64>) -> Option<Vec<u8>> {
        let mut bytes = SPARE.take();
        bytes.resize(usize::try_from(range.end - range.start).ok()?, 0);
        let mut done = 0;
        while done < bytes.len() {
            match self.file.read_at(range.start + done as u64, &mut bytes[done..]) {
                Ok(read) if read > 0 => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Whoever needs the bytes reads them, and says what is wrong.
                _ => return None,
            }
        }
        Some(bytes)
    }
}

impl Source for Original<'_> {
    fn len(&self) -> u64 {
        self.file.length
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buf)
    }

    fn held(&self, range: Range<u64>) -> Option<&[u8]> {
        let (start, bytes) = self.kept.get()?.as_ref()?;
        let place = |at: u64| usize::try_from(at.checked_sub(*start)?).ok();
        bytes.get(place(range.start)?..place(range.end)?)
    }

    fn hold(&self, range: Range<u64>) -> Option<&[u8]> {
        if range.start < range.end && range.end - range.start <= MOST && range.end <= self.file.length {
            self.kept.get_or_init(|| Some((range.start, self.read(&range)?)));
        }
        self.held(range)
    }
}

impl Drop for Original<'_> {
    fn drop(&mut self) {
        if let Some(Some((_, bytes))) = self.kept.take() {
            SPARE.set(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn bytes_that_are_held_are_those_of_the_file_and_no_others_are_there() {
        let bytes: Vec<u8> = (0..=255).collect();
        let file = file(&bytes);
        for _ in 0..2 {
            let original = Original::new(&file, 256);
            assert_eq!(original.held(10..20), None);
            assert_eq!(original.hold(10..200), Some(&bytes[10..200]));
            assert_eq!(original.held(50..60), Some(&bytes[50..60]));
            for beyond in [9..20, 10..201, 200..256] {
                assert_eq!(original.held(beyond), None);
            }
            // Only the first part stays.
            assert_eq!(original.hold(0..256), None);
        }
    }

    #[test]
    fn what_is_not_there_or_too_much_is_not_held() {
        let file = file(&[7; 100]);
        assert_eq!(Original::new(&file, 100).hold(50..101), None);
        assert_eq!(Original::new(&file, 300).hold(50..200), None);
        let large = tempfile::tempfile().unwrap();
        large.set_len(MOST + 1).unwrap();
        assert_eq!(Original::new(&large, MOST + 1).hold(0..MOST + 1), None);
        assert!(Original::new(&large, MOST + 1).hold(1..MOST + 1).is_some());
    }
}
