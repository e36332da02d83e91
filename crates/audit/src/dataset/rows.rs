//! Manifests read line by line, so that memory does not grow with them.

use super::error::{DatasetError, unreadable};
use super::{Row, manifest_path};
use crate::Tree;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The rows of a version's manifest, checked for form and order. An error ends the reading.
pub(super) struct Rows {
    lines: Lines,
    version: u32,
    tree: Tree,
    last: Option<String>,
}

impl Rows {
    pub(super) fn open(release: &Path, version: u32) -> Result<Rows, DatasetError> {
        Rows::at(&manifest_path(release, version), version)
    }

    pub(super) fn at(path: &Path, version: u32) -> Result<Rows, DatasetError> {
        Ok(Rows { lines: Lines::open(path)?, version, tree: Tree::new(), last: None })
    }

    /// Returns the tree over what has been read so far.
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    fn read(&mut self) -> Result<Option<Row>, DatasetError> {
        let malformed = DatasetError::Manifest { version: self.version, line: self.tree.leaves() + 1 };
        let line = match self.lines.next_line()? {
            Line::End => return Ok(None),
            Line::Torn => return Err(malformed),
            Line::Whole(line) => line,
        };
        let Ok(row) = serde_json::from_slice::<Row>(&line) else { return Err(malformed) };
        let in_order = self.last.as_ref().is_none_or(|last| *last < row.instance);
        // Only the canonical form counts: two spellings of one row would be two roots.
        if !in_order || row.line().as_bytes() != line {
            return Err(malformed);
        }
        self.tree.push(&line);
        self.last = Some(row.instance.clone());
        Ok(Some(row))
    }
}

impl Iterator for Rows {
    type Item = Result<Row, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// A file of lines.
pub(super) struct Lines {
    path: PathBuf,
    from: BufReader<File>,
}

/// What stands next in a file of lines.
pub(super) enum Line {
    End,
    /// A line without its end, or one that is too long to be believed.
    Torn,
    Whole(Vec<u8>),
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Lines, DatasetError> {
        let file = File::open(path).map_err(unreadable(path))?;
        Ok(Lines { path: path.to_owned(), from: BufReader::with_capacity(1 << 16, file) })
    }

    pub(super) fn next_line(&mut self) -> Result<Line, DatasetError> {
        let mut line = Vec::new();
        let read = self.from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(unreadable(&self.path))? == 0 {
            return Ok(Line::End);
        }
        Ok(if line.pop() == Some(b'\n') { Line::Whole(line) } else { Line::Torn })
    }
}

/// No row is longer.
const LONGEST_LINE: u64 = 1 << 20;
