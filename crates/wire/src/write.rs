//! A spliced file on its way out.

use crate::SpliceError;
use crate::source::Source;
use flate2::{Compression, write::DeflateEncoder};
use std::cell::Cell;
use std::io::{self, Write};
use std::ops::Range;

const BLOCK: usize = 256 << 10;

/// A file ready to be written: two pieces in memory and one that is still in the source.
#[derive(Clone)]
pub struct Splice {
    /// A zero preamble, `DICM`, group 0002, and the data set up to the bulk.
    pub head: Vec<u8>,
    /// What is copied from the source untouched: the value of the pixel data.
    pub bulk: Option<Range<u64>>,
    /// What follows the bulk.
    pub tail: Vec<u8>,
    /// Whether the data set is deflated on its way out.
    pub deflate: bool,
    /// Where in `head` the data set begins.
    pub(crate) body: usize,
}

impl Splice {
    /// Writes the file to `out` and returns how many bytes it has.
    ///
    /// # Errors
    /// [`SpliceError::Shrunk`] if the source has become shorter, [`SpliceError::Io`] if reading or writing fails.
    pub fn write(&self, source: &dyn Source, out: &mut dyn Write) -> Result<u64, SpliceError> {
        let mut out = Counted { out, count: 0 };
        if !self.deflate {
            self.write_plain(&self.head, source, &mut out)?;
            return Ok(out.count);
        }
        let (meta, head) = self.head.split_at(self.body.min(self.head.len()));
        out.write_all(meta)?;
        let before = out.count;
        let mut deflater = DeflateEncoder::new(&mut out, Compression::default());
        self.write_plain(head, source, &mut deflater)?;
        deflater.finish()?;
        // The standard asks for an even length (PS3.5 2026d, A.5).
        if (out.count - before) % 2 == 1 {
            out.write_all(&[0])?;
        }
        Ok(out.count)
    }

    /// Returns the length in bytes; of a deflated file, before it is deflated.
    pub fn len(&self) -> u64 {
        let bulk = self.bulk.as_ref().map_or(0, |bulk| bulk.end.saturating_sub(bulk.start));
        self.head.len() as u64 + bulk + self.tail.len() as u64
    }

    /// Tells whether there is nothing to write; there always is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn write_plain(&self, head: &[u8], source: &dyn Source, out: &mut dyn Write) -> Result<(), SpliceError> {
        with_block(|block| {
            let mut gathered = Gathered { block, filled: 0, out };
            gathered.put(head)?;
            if let Some(bulk) = &self.bulk {
                gathered.copy(source, bulk.clone())?;
            }
            gathered.put(&self.tail)?;
            Ok(gathered.pass_on()?)
        })
    }
}

impl std::fmt::Debug for Splice {
    /// Shows sizes, never a value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Splice")
            .field("head", &self.head.len())
            .field("bulk", &self.bulk)
            .field("tail", &self.tail.len())
            .field("deflate", &self.deflate)
            .finish()
    }
}

/// Pieces on their way out, gathered to whole blocks: a small file is one write.
struct Gathered<'a> {
    block: &'a mut [u8],
    filled: usize,
    out: &'a mut dyn Write,
}

impl Gathered<'_> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.block.len() - self.filled {
            self.pass_on()?;
        }
        match self.block.get_mut(self.filled..self.filled + bytes.len()) {
            Some(room) => room.copy_from_slice(bytes),
            None => return self.out.write_all(bytes),
        }
        self.filled += bytes.len();
        Ok(())
    }

    fn copy(&mut self, source: &dyn Source, range: Range<u64>) -> Result<(), SpliceError> {
        if let Some(held) = source.held(range.clone()) {
            return Ok(self.put(held)?);
        }
        let mut at = range.start;
        while at < range.end {
            if self.filled == self.block.len() {
                self.pass_on()?;
            }
            let room = &mut self.block[self.filled..];
            let most = usize::try_from(range.end - at).unwrap_or(BLOCK).min(room.len());
            match source.read_at(at, &mut room[..most]) {
                Ok(0) => return Err(SpliceError::Shrunk),
                Ok(count) => {
                    self.filled += count;
                    at += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Writes what is gathered so far.
    fn pass_on(&mut self) -> io::Result<()> {
        let filled = std::mem::take(&mut self.filled);
        if filled == 0 { Ok(()) } else { self.out.write_all(&self.block[..filled]) }
    }
}

/// Lends the thread's block of 256 KiB: a new one for each file would be zeroed each time.
///
/// What is in it is left over from the last use.
pub fn with_block<T>(work: impl FnOnce(&mut [u8]) -> T) -> T {
    thread_local! {
        static OWN: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    let mut block = OWN.take();
    block.resize(BLOCK, 0);
    let result = work(&mut block);
    OWN.set(block);
    result
}

struct Counted<'a> {
    out: &'a mut dyn Write,
    count: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_is_copied_in_its_place_and_a_shrunken_source_is_told() {
        let splice = Splice { head: b"ab".to_vec(), bulk: Some(1..4), tail: b"yz".to_vec(), deflate: false, body: 0 };
        let mut out = Vec::new();
        assert_eq!(splice.write(&b"01234".to_vec(), &mut out).ok(), Some(7));
        assert_eq!((out.as_slice(), splice.len()), (b"ab123yz".as_slice(), 7));
        assert!(matches!(splice.write(&b"01".to_vec(), &mut Vec::new()), Err(SpliceError::Shrunk)));
    }

    #[test]
    fn pieces_of_any_size_come_out_in_their_order() {
        let source: Vec<u8> = (0..3 * BLOCK + 7).map(|at| (at % 251) as u8).collect();
        for head in [0, 5, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK] {
            for bulk in [0, 1, BLOCK - 5, BLOCK, 3 * BLOCK] {
                for tail in [0, 9, BLOCK, BLOCK + 1] {
                    let (head, tail) = (vec![b'h'; head], vec![b't'; tail]);
                    let expected = [&head, &source[7..7 + bulk], &tail].concat();
                    let splice = Splice { head, bulk: Some(7..7 + bulk as u64), tail, deflate: false, body: 0 };
                    let mut out = Vec::new();
                    assert_eq!(splice.write(&source, &mut out).ok(), Some(expected.len() as u64));
                    assert!(out == expected);
                }
            }
        }
    }
}
