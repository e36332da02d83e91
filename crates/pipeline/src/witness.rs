//! The digest of an input, taken from its bytes while they pass to the output.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::ops::Range;
use tokumei_pseudonym::KeyedDigest;
use tokumei_wire::{DataSet, Source, with_block};

/// A source that digests what is read from it, as long as it is read in order.
pub(crate) struct Witness<'a> {
    source: &'a dyn Source,
    digest: RefCell<KeyedDigest>,
    /// Up to where the digest has all bytes of the file.
    at: Cell<u64>,
    length: u64,
}

impl<'a> Witness<'a> {
    /// Starts with everything before `bulk`, the part of the file that is about to pass; `None` where that is not held.
    pub(crate) fn new(
        source: &'a dyn Source,
        bulk: Option<Range<u64>>,
        length: u64,
        data_set: &DataSet,
        mut digest: KeyedDigest,
    ) -> Option<Self> {
        let start = bulk.map_or(length, |bulk| bulk.start);
        digest.update(data_set.held(0..start)?);
        Some(Witness { source, digest: RefCell::new(digest), at: Cell::new(start), length })
    }

    fn see(&self, offset: u64, bytes: &[u8]) {
        if offset == self.at.get() {
            self.digest.borrow_mut().update(bytes);
            self.at.set(offset + bytes.len() as u64);
        }
    }

    /// Returns the digest of the whole file; `None` when not all of it passed or is held.
    pub(crate) fn finish(self, data_set: &DataSet) -> Option<[u8; 32]> {
        let mut digest = self.digest.into_inner();
        let at = self.at.get();
        if at < self.length {
            digest.update(data_set.held(at..self.length)?);
        }
        Some(digest.finish())
    }
}

impl Source for Witness<'_> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read_at(offset, buf)?;
        self.see(offset, &buf[..read]);
        Ok(read)
    }

    /// What is given away counts as read.
    fn held(&self, range: Range<u64>) -> Option<&[u8]> {
        let held = self.source.held(range.clone())?;
        self.see(range.start, held);
        Some(held)
    }
}

/// Digests a file from its beginning to its end.
pub(crate) fn read_through(file: &File, mut digest: KeyedDigest) -> io::Result<[u8; 32]> {
    with_block(|block| {
        let mut offset = 0;
        loop {
            match Source::read_at(file, offset, block) {
                Ok(0) => break,
                Ok(read) => {
                    digest.update(&block[..read]);
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(digest.finish())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tokumei_pseudonym::{ProjectKey, Pseudonyms, Settings};
    use tokumei_wire::{Limits, read};

    /// A file in explicit VR little endian: a modality, `pixels` bytes of pixel data, and padding behind it.
    fn file(pixels: usize, padding: usize) -> (File, u64) {
        let mut bytes = vec![0; 128];
        bytes.extend_from_slice(b"DICM\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0");
        bytes.extend_from_slice(b"\x08\x00\x60\x00CS\x02\x00CT");
        if pixels > 0 {
            bytes.extend_from_slice(b"\xE0\x7F\x10\x00OW\0\0");
            bytes.extend_from_slice(&(pixels as u32).to_le_bytes());
            bytes.extend((0..pixels).map(|at| at as u8));
        }
        bytes.extend_from_slice(b"\xFC\xFF\xFC\xFFOB\0\0");
        bytes.extend_from_slice(&(padding as u32).to_le_bytes());
        bytes.resize(bytes.len() + padding, 0);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        (file, bytes.len() as u64)
    }

    #[test]
    fn what_passes_and_what_is_held_have_the_digest_of_the_whole_file() {
        let settings = Settings { shift_days: 30..=3650 };
        let pseudonyms = Pseudonyms::new(&ProjectKey::generate().unwrap(), settings);
        let start = || pseudonyms.keyed_digest_stream("input");
        for (pixels, padding) in [(0, 0), (0, 64), (4096, 0), (1 << 20, 64), (600_000, 2)] {
            let (file, length) = file(pixels, padding);
            let data_set = read(&file, &Limits::default()).unwrap();
            let bulk = data_set.pixel_data().map(|pixel_data| pixel_data.range);
            let witness = Witness::new(&file, bulk.clone(), length, &data_set, start()).unwrap();
            let mut at = bulk.clone().map_or(0, |bulk| bulk.start);
            while bulk.as_ref().is_some_and(|bulk| at < bulk.end) {
                let left = bulk.as_ref().map_or(0, |bulk| bulk.end - at) as usize;
                at += witness.read_at(at, &mut vec![0; left.min(70_000)]).unwrap() as u64;
            }
            let whole = read_through(&file, start()).unwrap();
            assert_eq!(witness.finish(&data_set), Some(whole), "{pixels} {padding}");
            // What is in memory passes at once.
            let original = crate::original::Original::new(&file, length);
            let witness = Witness::new(&original, bulk.clone(), length, &data_set, start()).unwrap();
            if let Some(bulk) = bulk.clone() {
                assert!(original.hold(bulk.clone()).is_some() && witness.held(bulk).is_some());
            }
            assert_eq!(witness.finish(&data_set), Some(whole), "{pixels} {padding}");
            // Bytes that did not pass are not made up.
            if pixels > 1 << 19 {
                let witness = Witness::new(&file, bulk, length, &data_set, start()).unwrap();
                assert_ne!(witness.finish(&data_set), Some(whole));
            }
        }
    }
}
