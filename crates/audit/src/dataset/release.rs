//! The release as a freeze and a check of it find it: its manifest, its ledger, and the files that are there.

use super::error::{DatasetError, Edit, unreadable};
use super::rows::{Line, Lines};
use crate::ManifestRow;
use crate::ledger::hex;
use crate::{Leaves, read_ledger};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The lines of the release's manifest, each compared with its leaf of the ledger.
pub(super) struct Listing {
    lines: Lines,
    leaves: Leaves,
    row: u64,
}

impl Listing {
    pub(super) fn open(release: &Path) -> Result<Listing, DatasetError> {
        let leaves = read_ledger(&release.join("audit/ledger.jsonl"))?;
        Ok(Listing { lines: Lines::open(&release.join("manifest.jsonl"))?, leaves, row: 0 })
    }

    fn read(&mut self) -> Result<Option<ManifestRow>, DatasetError> {
        let disagree = DatasetError::Papers { row: self.row };
        let leaf = self.leaves.next().transpose()?;
        let (line, leaf) = match (self.lines.next_line()?, leaf) {
            (Line::End, None) => return Ok(None),
            (Line::Whole(line), Some(leaf)) => (line, leaf),
            _ => return Err(disagree),
        };
        self.row += 1;
        match serde_json::from_slice::<ManifestRow>(&line) {
            Ok(row) if row.instance == leaf.instance && row.digest == leaf.output && row.is_plain() => Ok(Some(row)),
            _ => Err(disagree),
        }
    }
}

impl Iterator for Listing {
    type Item = Result<ManifestRow, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Returns length and SHA-256 of an output, or how it is no output any more.
pub(super) fn digest(release: &Path, path: &str) -> Result<Result<(u64, String), Edit>, DatasetError> {
    let full = release.join(path);
    match fs::symlink_metadata(&full) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Err(Edit::Missing));
        }
        Err(error) => return Err(unreadable(&full)(error)),
        Ok(there) if !there.is_file() => return Ok(Err(Edit::NotAFile)),
        Ok(_) => {}
    }
    let mut file = File::open(&full).map_err(unreadable(&full))?;
    let (mut sha, mut length, mut block) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(Ok((length, hex(&sha.finalize())))),
            Ok(read) => {
                sha.update(&block[..read]);
                length += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&full)(error)),
        }
    }
}

/// Returns the outputs that are there and that nothing lists; at most `most` by name, and how many there are.
///
/// `listed` gives the paths that are listed, `count` how many of them are there. Only where the numbers differ are names kept.
pub(super) fn unlisted(
    release: &Path,
    count: u64,
    listed: impl FnOnce() -> Result<HashSet<String>, DatasetError>,
    most: usize,
) -> Result<(Vec<String>, u64), DatasetError> {
    let mut there = 0;
    walk(release, |_| there += 1)?;
    if there == count {
        return Ok((Vec::new(), 0));
    }
    let listed = listed()?;
    let (mut names, mut found) = (Vec::new(), 0);
    walk(release, |path| {
        if !listed.contains(path) {
            found += 1;
            if names.len() < most {
                names.push(path.to_owned());
            }
        }
    })?;
    names.sort();
    Ok((names, found))
}

/// Tells `see` the path of everything below `dicom` that is no folder.
fn walk(release: &Path, mut see: impl FnMut(&str)) -> Result<(), DatasetError> {
    let mut open = vec!["dicom".to_owned()];
    while let Some(folder) = open.pop() {
        let full = release.join(&folder);
        let entries = match fs::read_dir(&full) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            read => read.map_err(unreadable(&full))?,
        };
        for entry in entries {
            let entry = entry.map_err(unreadable(&full))?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            match entry.file_type().map_err(unreadable(&full))?.is_dir() {
                true => open.push(path),
                false => see(&path),
            }
        }
    }
    Ok(())
}
