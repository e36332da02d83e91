//! Coded frames on their way: in memory while they are few, else in a file without a name.

use std::fs::File;
use std::io::{self, Write};
use tokumei_wire::Source;

/// Bytes that stay in memory.
const RESIDENT: usize = 4 << 20;

/// Makes a file without a name on the file system of the release.
pub type Scratch<'a> = &'a dyn Fn() -> io::Result<File>;

/// Bytes that are written once, one after the other, and read back anywhere.
pub(crate) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl Spool {
    pub fn new() -> Spool {
        Spool { memory: Vec::new(), file: None, length: 0 }
    }

    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn push(&mut self, bytes: &[u8], scratch: Scratch<'_>) -> io::Result<()> {
        self.length += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(bytes);
        }
        if self.memory.len() + bytes.len() <= RESIDENT {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let mut file = scratch()?;
        file.write_all(&std::mem::take(&mut self.memory))?;
        file.write_all(bytes)?;
        self.file = Some(file);
        Ok(())
    }

    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match &self.file {
            Some(file) => Source::read_at(file, offset, buf),
            None => self.memory.as_slice().read_at(offset, buf),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_is_read_back_from_memory_and_from_a_file() {
        for (count, piece) in [(3_usize, vec![7; 5]), (3, vec![8; RESIDENT / 2])] {
            let mut spool = Spool::new();
            for _ in 0..count {
                spool.push(&piece, &|| tempfile::tempfile()).expect("there is room");
            }
            let mut back = vec![0; piece.len()];
            let mut done = 0;
            while done < back.len() {
                let offset = (piece.len() * 2 + done) as u64;
                done += spool.read_at(offset, &mut back[done..]).expect("it can be read");
            }
            assert_eq!((back, spool.len()), (piece.clone(), (count * piece.len()) as u64));
        }
    }
}
