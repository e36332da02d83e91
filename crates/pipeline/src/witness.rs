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
        if offset == self.at.get() {
            self.digest.borrow_mut().update(&buf[..read]);
            self.at.set(offset + read as u64);
        }
        Ok(read)
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
