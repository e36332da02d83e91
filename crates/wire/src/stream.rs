//! The bytes that are held: everything before the pixel data and everything after it.

use crate::source::{Source, fill};
use crate::{Limits, ReadError};

/// Headers of single-frame images are mostly shorter; what is read of the pixel data here is read again.
const FIRST_READ: u64 = 16 << 10;

const BLOCK: u64 = 64 << 10;

/// A window over the source that grows as far as it is asked, within the limits.
pub(crate) struct Stream<'a> {
    source: &'a dyn Source,
    len: u64,
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
    /// Offset of the first byte of `tail`, once the pixel data has been passed.
    pub tail_start: Option<u64>,
    limits: Limits,
    peeked: (u64, Vec<u8>),
}

impl<'a> Stream<'a> {
    pub fn new(source: &'a dyn Source, limits: &Limits) -> Self {
        Stream {
            source,
            len: source.len(),
            head: Vec::new(),
            tail: Vec::new(),
            tail_start: None,
            limits: *limits,
            peeked: (0, Vec::new()),
        }
    }

    /// Returns a stream that holds all its bytes already.
    pub fn resident(bytes: Vec<u8>, limits: &Limits) -> Stream<'static> {
        const NOTHING: &&[u8] = &(&[] as &[u8]);
        Stream {
            source: NOTHING,
            len: bytes.len() as u64,
            head: bytes,
            tail: Vec::new(),
            tail_start: None,
            limits: *limits,
            peeked: (0, Vec::new()),
        }
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn source(&self) -> &'a dyn Source {
        self.source
    }

    /// Returns `count` bytes at `offset`, reading on where they are not held yet. The caller knows that they exist.
    pub fn get(&mut self, offset: u64, count: u64) -> Result<&[u8], ReadError> {
        let end = offset.saturating_add(count).min(self.len);
        self.hold(end)?;
        let (start, bytes) = match self.tail_start {
            Some(start) if offset >= start => (start, &self.tail),
            _ => (0, &self.head),
        };
        let from = usize::try_from(offset - start).unwrap_or(usize::MAX).min(bytes.len());
        let to = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX).clamp(from, bytes.len());
        Ok(&bytes[from..to])
    }

    /// Returns up to `count` bytes at `offset`, fewer where the file or the limit ends.
    pub fn window(&mut self, offset: u64, count: u64) -> Result<&[u8], ReadError> {
        let most = match self.tail_start {
            Some(start) => start.saturating_add(self.limits.tail),
            None if self.head.len() as u64 == self.len => self.len,
            None => self.limits.head,
        };
        self.get(offset, count.min(most.saturating_sub(offset)))
    }

    /// Holds everything up to `end`.
    #[inline]
    pub fn hold(&mut self, end: u64) -> Result<(), ReadError> {
        let held = self.tail_start.is_none() && end <= self.head.len() as u64;
        if held { Ok(()) } else { self.read_on(end) }
    }

    fn read_on(&mut self, end: u64) -> Result<(), ReadError> {
        let (start, bytes, limit) = match self.tail_start {
            Some(start) => (start, &mut self.tail, self.limits.tail),
            None => (0, &mut self.head, self.limits.head),
        };
        let held = bytes.len() as u64;
        let wanted = end.min(self.len).saturating_sub(start);
        if wanted <= held {
            return Ok(());
        }
        if wanted > limit {
            return Err(if self.tail_start.is_some() { ReadError::TailTooLarge } else { ReadError::HeaderTooLarge });
        }
        let target = wanted.max((held * 4).max(FIRST_READ)).min(limit).min(self.len - start);
        bytes.resize(target as usize, 0);
        if !fill(self.source, start + held, &mut bytes[held as usize..])? {
            return Err(ReadError::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }

    /// Returns the eight bytes at `offset` without holding what lies between.
    pub fn peek8(&mut self, offset: u64) -> Result<Option<[u8; 8]>, ReadError> {
        if self.len.saturating_sub(offset) < 8 {
            return Ok(None);
        }
        if offset + 8 <= self.head.len() as u64 {
            return Ok(self.head[offset as usize..][..8].try_into().ok());
        }
        let (start, bytes) = &mut self.peeked;
        if offset < *start || offset + 8 > *start + bytes.len() as u64 {
            let count = (self.len - offset).min(4096) as usize;
            bytes.resize(count, 0);
            *start = offset;
            if !fill(self.source, offset, bytes)? {
                return Err(ReadError::Io(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Ok(bytes[(offset - *start) as usize..][..8].try_into().ok())
    }

    /// Gives up the bytes between `value` and `stop`, and goes on after them.
    pub fn pass_over(&mut self, value: u64, stop: u64) {
        if let Ok(stop) = usize::try_from(stop)
            && stop < self.head.len()
        {
            let most = usize::try_from(self.limits.tail).unwrap_or(usize::MAX);
            let rest = &self.head[stop..];
            self.tail = rest[..rest.len().min(most)].to_vec();
        }
        self.tail_start = Some(stop);
        self.head.truncate(usize::try_from(value).unwrap_or(usize::MAX));
        self.head.shrink_to_fit();
    }

    /// Tells whether every byte from `offset` to the end is zero, without holding them.
    pub fn rest_is_zero(&self, mut offset: u64) -> Result<bool, ReadError> {
        if self.tail_start.is_none() && self.head.len() as u64 == self.len {
            return Ok(self.head[usize::try_from(offset).unwrap_or(usize::MAX).min(self.head.len())..]
                .iter()
                .all(|byte| *byte == 0));
        }
        let mut block = vec![0; BLOCK as usize];
        while offset < self.len {
            let count = (self.len - offset).min(BLOCK) as usize;
            if !fill(self.source, offset, &mut block[..count])? {
                return Err(ReadError::Io(std::io::ErrorKind::UnexpectedEof.into()));
            }
            if block[..count].iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            offset += count as u64;
        }
        Ok(true)
    }
}
