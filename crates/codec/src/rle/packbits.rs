//! Runs: one byte that counts, then a byte to repeat or bytes as they are. PS3.5 2026d, G.3.

/// One code of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Run<'a> {
    /// Bytes as they are.
    Literal(&'a [u8]),
    /// A byte that is repeated.
    Replicate(u8, usize),
    /// -128, which stands for nothing.
    Nothing,
}

impl<'a> Run<'a> {
    /// Takes the first code from `bytes`, `None` when they end within it.
    pub fn take(bytes: &mut &'a [u8]) -> Option<Run<'a>> {
        let (&count, rest) = bytes.split_first()?;
        let (run, rest) = match count as i8 {
            -128 => (Run::Nothing, rest),
            0.. => {
                let (literal, rest) = rest.split_at_checked(usize::from(count) + 1)?;
                (Run::Literal(literal), rest)
            }
            _ => {
                let (&byte, rest) = rest.split_first()?;
                (Run::Replicate(byte, 257 - usize::from(count)), rest)
            }
        };
        *bytes = rest;
        Some(run)
    }

    /// Returns the bytes that the code stands for.
    pub fn len(&self) -> usize {
        match self {
            Run::Literal(bytes) => bytes.len(),
            Run::Replicate(_, count) => *count,
            Run::Nothing => 0,
        }
    }
}

/// Codes one row, and appends the codes.
pub(super) fn encode(row: &[u8], out: &mut Vec<u8>) {
    let (mut at, mut literal) = (0, 0);
    while at < row.len() {
        let same = row[at..].iter().take(128).take_while(|byte| **byte == row[at]).count();
        // Two equal bytes are worth a run of their own only where no literal has to be interrupted.
        if same >= 3 || same == 2 && literal == at {
            encode_literal(&row[literal..at], out);
            out.extend([(257 - same) as u8, row[at]]);
            literal = at + same;
        }
        at += same;
    }
    encode_literal(&row[literal..], out);
}

fn encode_literal(bytes: &[u8], out: &mut Vec<u8>) {
    for part in bytes.chunks(128) {
        out.push((part.len() - 1) as u8);
        out.extend(part);
    }
}
