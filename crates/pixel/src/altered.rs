//! Native pixel data that is altered as it passes.

use crate::bits::Stored;
use std::io;
use tokumei_codec::Native;
use tokumei_wire::Source;

/// A source in whose pixel data samples are hidden.
pub(crate) struct Altered<'a> {
    pub source: &'a (dyn Source + Sync),
    /// Where the pixel data begins in the source.
    pub start: u64,
    pub native: Native,
    pub stored: Option<Stored>,
}

impl Altered<'_> {
    /// Alters a block of the pixel data that begins `offset` bytes behind its start; even for samples of 16 bits.
    pub fn alter(&self, block: &mut [u8], offset: u64) {
        if let Some(stored) = &self.stored {
            stored.clear(block);
        }
        self.native.overwrite(block, offset);
    }
}

impl Source for Altered<'_> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        // Samples stay whole: an odd beginning is read with the byte before it, an odd end is left for the next call.
        let Some(within) = offset.checked_sub(self.start) else { return self.source.read_at(offset, buf) };
        if within % 2 == 1 || buf.len() < 2 {
            let mut pair = [0; 2];
            let begin = offset - within % 2;
            let skip = (within % 2) as usize;
            let read = fill(self.source, begin, &mut pair)?;
            self.alter(&mut pair[..read], within - within % 2);
            let Some(first) = buf.first_mut().filter(|_| read > skip) else { return Ok(0) };
            *first = pair[skip];
            return Ok(1);
        }
        let even = buf.len() & !1;
        let read = self.source.read_at(offset, &mut buf[..even])?;
        // A short read may end within a sample; the rest of it is read anew with it.
        let whole = if read > 1 { read & !1 } else { fill(self.source, offset, &mut buf[..2])? };
        self.alter(&mut buf[..whole], within);
        Ok(whole)
    }
}

/// Reads until the buffer is full or the source ends.
fn fill(source: &dyn Source, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match source.read_at(offset + done as u64, &mut buf[done..]) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_codec::{Fill, Format, Photometric};
    use tokumei_core::Region;

    #[test]
    fn any_way_to_read_gives_the_same_bytes() {
        let format = Format {
            rows: 3,
            columns: 5,
            samples: 1,
            allocated: 16,
            stored: 12,
            signed: false,
            planar: false,
            photometric: Photometric::Monochrome2,
            big_endian: false,
        };
        let region = Region { x: 1, y: 1, width: 3, height: 1 };
        let native = Native::new(&format, 1, true, &[region], &Fill([0; 4])).expect("a frame");
        let source: Vec<u8> = (1..=34).collect();
        let altered = Altered { source: &source, start: 3, native, stored: None };
        let mut expected = source.clone();
        expected[3 + 12..3 + 18].fill(0);
        for step in 1..9 {
            let mut read = Vec::new();
            let mut buf = vec![0; step];
            while read.len() < source.len() {
                let count = altered.read_at(read.len() as u64, &mut buf).expect("memory can be read");
                assert!(count > 0);
                read.extend_from_slice(&buf[..count]);
            }
            // What stands before the pixel data is never read through here.
            assert_eq!(read[3..], expected[3..], "step {step}");
        }
    }
}
