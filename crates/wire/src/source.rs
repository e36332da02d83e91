//! Where the bytes come from.

use std::fs::File;
use std::io;
use std::ops::Range;

/// Bytes that can be read at any offset, without a cursor.
pub trait Source {
    /// Returns the length in bytes.
    fn len(&self) -> u64;

    /// Tells whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads some bytes at `offset` into `buf` and returns how many; 0 at the end.
    ///
    /// # Errors
    /// Whatever the medium reports.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// Returns some bytes where they are in memory.
    fn held(&self, _range: Range<u64>) -> Option<&[u8]> {
        None
    }

    /// Asks for some bytes to stay in memory, because they will be read again; returns them where they do.
    fn hold(&self, range: Range<u64>) -> Option<&[u8]> {
        self.held(range)
    }
}

impl Source for File {
    fn len(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buf, offset)
    }
}

/// A file whose length is known, so that nobody asks the system again.
pub struct Measured<'a> {
    /// The file.
    pub file: &'a File,
    /// Its length in bytes.
    pub length: u64,
}

impl Source for Measured<'_> {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Source::read_at(self.file, offset, buf)
    }
}

impl Source for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or(&[]);
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

impl Source for &[u8] {
    fn len(&self) -> u64 {
        Source::len(*self)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Source::read_at(*self, offset, buf)
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        Source::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Source::read_at(self.as_slice(), offset, buf)
    }
}

/// Fills `buf` from `offset` on; tells `false` when the source ended before.
pub(crate) fn fill(source: &dyn Source, mut offset: u64, mut buf: &mut [u8]) -> io::Result<bool> {
    while !buf.is_empty() {
        match source.read_at(offset, buf) {
            Ok(0) => return Ok(false),
            Ok(count) => {
                offset += count as u64;
                buf = &mut buf[count..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_past_the_end_of_a_slice_gives_nothing() {
        let bytes: &[u8] = b"abc";
        let mut buf = [0; 2];
        assert_eq!(bytes.read_at(2, &mut buf).ok(), Some(1));
        assert_eq!(bytes.read_at(9, &mut buf).ok(), Some(0));
        assert_eq!(bytes.read_at(u64::MAX, &mut buf).ok(), Some(0));
        assert_eq!(fill(&bytes, 2, &mut buf).ok(), Some(false));
    }
}
