//! Chains of lines: each holds its number and the hash of the line before it.
//!
//! What a chain cannot show by itself is that its end was cut off; the paper that states its end does that.

use crate::ledger::hex;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Read};

/// The hash that stands before the first line of a chain.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Returns SHA-256 of bytes in hexadecimal: what a chain's next line holds of the line before it, its line feed left out.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Where a chain ends: what its next line has to hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainEnd {
    /// How many lines there are, which is the number of the next one.
    pub entries: u64,
    /// The hash of the last line, or [`BEGINNING`].
    pub last: String,
}

impl Default for ChainEnd {
    fn default() -> Self {
        ChainEnd { entries: 0, last: BEGINNING.to_owned() }
    }
}

impl ChainEnd {
    /// Takes one line, without its line feed, and moves behind it.
    ///
    /// # Errors
    /// [`ChainError`] naming the line when it is no JSON object with both fields, or does not follow.
    pub fn follow(&mut self, line: &[u8]) -> Result<(), ChainError> {
        let entry = self.entries;
        let link: Link = serde_json::from_slice(line).map_err(|_| ChainError::Malformed { entry })?;
        if link.number != entry || link.previous != self.last {
            return Err(ChainError::Broken { entry });
        }
        *self = ChainEnd { entries: entry + 1, last: digest(line) };
        Ok(())
    }
}

#[derive(Deserialize)]
struct Link {
    number: u64,
    previous: String,
}

/// Follows a chain to its end and gives each whole line to `look`.
///
/// # Errors
/// [`ChainError`] of the first line that is wrong; entries are counted from 0. A last line without its line feed is wrong.
pub fn follow_chain<E: From<ChainError>>(
    lines: impl Read,
    mut look: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<ChainEnd, E> {
    let mut lines = io::BufReader::new(lines);
    let mut end = ChainEnd::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(ChainError::Read)?;
        if read == 0 {
            return Ok(end);
        }
        let number = end.entries;
        let whole = line.strip_suffix(b"\n").ok_or(ChainError::Malformed { entry: number })?;
        end.follow(whole)?;
        look(number, whole)?;
    }
}

/// No line of a chain is longer.
const LONGEST_LINE: u64 = 1 << 20;

/// What is wrong with a chain. Entries are counted from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// It could not be read.
    #[error("the chain could not be read")]
    Read(#[source] io::Error),
    /// A line is no entry.
    #[error("entry {entry} is malformed")]
    Malformed {
        /// Its number.
        entry: u64,
    },
    /// An entry does not hold the hash of the one before it, or has another number: it, or the one before, was changed, added,
    /// removed or moved.
    #[error("entry {entry} does not follow the one before it")]
    Broken {
        /// Its number.
        entry: u64,
    },
    /// The chain ends before what its end states.
    #[error("entry {entry} and what follows it are missing")]
    CutOff {
        /// The first entry that is missing.
        entry: u64,
    },
    /// An entry is not the one that was signed.
    #[error("the signature of entry {entry} does not hold")]
    Signature {
        /// Its number.
        entry: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(entries: u64) -> Vec<String> {
        let mut end = ChainEnd::default();
        let entry = |_| {
            let line = format!(r#"{{"number":{},"previous":"{}"}}"#, end.entries, end.last);
            end.follow(line.as_bytes()).unwrap();
            line
        };
        (0..entries).map(entry).collect()
    }

    fn follow(lines: &[String]) -> Result<ChainEnd, ChainError> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        follow_chain(text.as_bytes(), |_, _| Ok(()))
    }

    #[test]
    fn a_chain_is_followed_to_its_end() {
        assert_eq!(follow(&[]).unwrap(), ChainEnd::default());
        assert_eq!(follow(&chain(3)).unwrap().entries, 3);
    }

    #[test]
    fn the_first_entry_that_does_not_follow_is_named() {
        let good = chain(5);
        let mut lines = good.clone();
        lines.remove(2);
        assert!(matches!(follow(&lines), Err(ChainError::Broken { entry: 2 })));
        let mut lines = good.clone();
        lines.swap(1, 2);
        assert!(matches!(follow(&lines), Err(ChainError::Broken { entry: 1 })));
        let mut lines = good.clone();
        lines.insert(3, good[2].clone());
        assert!(matches!(follow(&lines), Err(ChainError::Broken { entry: 3 })));
        let mut lines = good.clone();
        lines[1] = lines[1].replace("\"number\"", "\"x\":0,\"number\"");
        assert!(matches!(follow(&lines), Err(ChainError::Broken { entry: 2 })));
        let torn = good[..2].join("\n");
        assert!(matches!(
            follow_chain(torn.as_bytes(), |_, _| Ok::<_, ChainError>(())),
            Err(ChainError::Malformed { entry: 1 })
        ));
    }
}
