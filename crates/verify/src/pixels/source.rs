//! The bytes of a data set, at any place of it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file, or a data set out of one that was deflated.
pub(super) enum Source<'a> {
    File(File),
    Bytes(&'a [u8]),
}

impl<'a> Source<'a> {
    pub fn open(path: &Path, inflated: Option<&'a [u8]>) -> io::Result<Source<'a>> {
        match inflated {
            Some(bytes) => Ok(Source::Bytes(bytes)),
            None => File::open(path).map(Source::File),
        }
    }

    /// Fills a buffer with the bytes from a place on.
    pub fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        match self {
            Source::File(file) => file.read_exact_at(buffer, at),
            Source::Bytes(bytes) => {
                let from = usize::try_from(at).ok().and_then(|at| bytes.get(at..)?.get(..buffer.len()));
                buffer.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}
