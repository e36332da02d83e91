//! Deflated data sets (PS3.5 2026d, A.5), inflated within a limit.

use crate::source::Source;
use crate::{Limits, ReadError};
use flate2::{Decompress, FlushDecompress, Status};

const BLOCK: usize = 64 << 10;

/// Inflates the data set that begins at `offset`, and returns it with the offset after the deflate stream.
pub(crate) fn inflate(source: &dyn Source, offset: u64, limits: &Limits) -> Result<(Vec<u8>, u64), ReadError> {
    let mut inflater = Decompress::new(false);
    let mut input = vec![0; BLOCK];
    let mut block = vec![0; BLOCK];
    let (mut from, mut to, mut position) = (0, 0, offset);
    let mut out = Vec::new();
    loop {
        if from == to {
            to = read_some(source, position, &mut input)?;
            from = 0;
            position += to as u64;
        }
        let (before_in, before_out) = (inflater.total_in(), inflater.total_out());
        let status = inflater
            .decompress(&input[from..to], &mut block, FlushDecompress::None)
            .map_err(|_| ReadError::DeflateDamaged)?;
        let consumed = (inflater.total_in() - before_in) as usize;
        let produced = (inflater.total_out() - before_out) as usize;
        from += consumed;
        out.extend_from_slice(&block[..produced]);
        if out.len() as u64 > limits.inflated {
            return Err(ReadError::InflatedTooLarge);
        }
        match status {
            Status::StreamEnd => return Ok((out, offset + inflater.total_in())),
            _ if consumed == 0 && produced == 0 && to == 0 => return Err(ReadError::DeflateDamaged),
            _ if consumed == 0 && produced == 0 && from < to => return Err(ReadError::DeflateDamaged),
            _ => {}
        }
    }
}

fn read_some(source: &dyn Source, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
    loop {
        match source.read_at(offset, buf) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return Ok(other?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_block_inflates_and_a_cut_one_is_damaged() {
        // BFINAL 1, BTYPE 00, LEN 3, NLEN !3 (RFC 1951, 3.2.4), then one byte that is no part of it.
        let stream = b"\x01\x03\x00\xFC\xFFabc\0".to_vec();
        assert_eq!(inflate(&stream, 0, &Limits::default()).ok(), Some((b"abc".to_vec(), 8)));
        let cut = stream[..6].to_vec();
        assert!(matches!(inflate(&cut, 0, &Limits::default()), Err(ReadError::DeflateDamaged)));
        let small = Limits { inflated: 2, ..Limits::default() };
        assert!(matches!(inflate(&stream, 0, &small), Err(ReadError::InflatedTooLarge)));
    }
}
