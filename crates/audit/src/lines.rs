//! Lines of a paper, read one at a time and never longer than they may be; and where two papers part.

use crate::ledger::LONGEST_LINE;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The lines of a file, without their line feeds. A last line without one comes with [`TORN`] behind it, so that it equals none.
pub(crate) struct Lines(BufReader<File>);

/// What stands behind a line that has no line feed.
const TORN: &[u8] = b"\n?";

impl Lines {
    pub(crate) fn open(path: &Path) -> io::Result<Lines> {
        Ok(Lines(BufReader::with_capacity(1 << 16, File::open(path)?)))
    }

    /// Returns the next line; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        if self.0.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.pop_if(|last| *last == b'\n').is_none() {
            line.extend_from_slice(TORN);
        }
        Ok(Some(line))
    }
}

/// How a record differs from what it should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Difference {
    /// It says something else.
    Altered,
    /// It is not there.
    Missing,
    /// It should not be there.
    Added,
    /// It changed places with the one after it.
    Moved,
}

/// Returns the first record, from 1, in which what is there parts from what should be, and how.
///
/// Both give their records one after the other, and `None` at the end; equal records are equal values.
pub(crate) fn parting<T: PartialEq>(
    mut there: impl FnMut() -> io::Result<Option<T>>,
    mut expected: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<Option<(u64, Difference)>> {
    for record in 1.. {
        let difference = match (there()?, expected()?) {
            (None, None) => return Ok(None),
            (None, Some(_)) => Difference::Missing,
            (Some(_), None) => Difference::Added,
            (Some(found), Some(wanted)) if found == wanted => continue,
            (found, wanted) => {
                let (next_found, next_wanted) = (there()?, expected()?);
                let removed = next_wanted.is_some() && found == next_wanted;
                let added = next_found.is_some() && next_found == wanted;
                match (removed, added) {
                    (true, true) => Difference::Moved,
                    (true, false) => Difference::Missing,
                    (false, true) => Difference::Added,
                    (false, false) => Difference::Altered,
                }
            }
        };
        return Ok(Some((record, difference)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(there: &str, expected: &str) -> Option<(u64, Difference)> {
        let (mut there, mut expected) = (there.chars(), expected.chars());
        parting(|| Ok(there.next()), || Ok(expected.next())).unwrap()
    }

    #[test]
    fn the_first_record_that_differs_is_named_with_what_became_of_it() {
        assert_eq!(part("abcd", "abcd"), None);
        assert_eq!(part("axcd", "abcd"), Some((2, Difference::Altered)));
        assert_eq!(part("acd", "abcd"), Some((2, Difference::Missing)));
        assert_eq!(part("abxcd", "abcd"), Some((3, Difference::Added)));
        assert_eq!(part("acbd", "abcd"), Some((2, Difference::Moved)));
        assert_eq!(part("ab", "abcd"), Some((3, Difference::Missing)));
        assert_eq!(part("abcde", "abcd"), Some((5, Difference::Added)));
        assert_eq!(part("abc", "abcd"), Some((4, Difference::Missing)));
        assert_eq!(part("abcx", "abcd"), Some((4, Difference::Altered)));
    }

    #[test]
    fn a_line_without_its_line_feed_equals_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "a\nb").unwrap();
        let mut lines = Lines::open(&path).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), b"a");
        assert_eq!(lines.next().unwrap().unwrap(), b"b\n?");
        assert_eq!(lines.next().unwrap(), None);
    }
}
