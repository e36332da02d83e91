//! The root of a release says which version of its data set is the last.

use super::error::{DatasetError, unreadable, unwritable};
use super::folder;
use super::statement::latest;
use crate::check::{CHAIN, PUBLIC_KEY, ROOT};
use crate::{BEGINNING, ChainEnd, DatasetMark, Root, RunEntry, Signer, digest};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Returns what a root is to state of the data set: its last version, or a later one that an earlier root states, since that
/// is missed then. Nothing where the release was never frozen.
///
/// # Errors
/// [`DatasetError`] when the versions cannot be read.
pub fn last_mark(release: &Path, earlier: Option<&Root>) -> Result<Option<DatasetMark>, DatasetError> {
    let stated = earlier.and_then(|root| root.dataset.clone());
    let there = latest(release)?.map(|last| DatasetMark { digest: last.digest(), version: last.statement.version });
    Ok(match (stated, there) {
        (Some(stated), Some(there)) if stated.version > there.version => Some(stated),
        (stated, None) => stated,
        (_, there) => there,
    })
}

/// Refuses a data set of which the last version is gone.
pub(super) fn is_whole(release: &Path, root: &Root) -> Result<(), DatasetError> {
    let there = latest(release)?.map_or(0, |last| last.statement.version);
    match &root.dataset {
        Some(stated) if stated.version > there => Err(DatasetError::Lost { version: stated.version }),
        _ => Ok(()),
    }
}

/// Writes the root anew where it does not state the last version, with its line in the chain over runs.
pub(super) fn stamp(release: &Path, signer: &Signer) -> Result<(), DatasetError> {
    let path = release.join(ROOT);
    let mut root = Root::read(&path)?;
    let mark = last_mark(release, Some(&root))?;
    if root.dataset == mark {
        return Ok(());
    }
    root.dataset = mark;
    let root = root.signed_by(signer);
    let chain = release.join(CHAIN);
    let mut text = match fs::read(&chain) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        text => text.map_err(unreadable(&chain))?,
    };
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let last = lines.last().map_or_else(|| BEGINNING.to_owned(), |line| digest(line));
    let end = ChainEnd { entries: lines.len() as u64, last };
    text.extend_from_slice(RunEntry::new(&end, &root, signer).line().as_bytes());
    text.push(b'\n');
    let papers = [(PUBLIC_KEY, signer.public().line().into_bytes()), (ROOT, root.line().into_bytes()), (CHAIN, text)];
    for (paper, bytes) in papers {
        let path = release.join(paper);
        put(&folder(release).join(WAITING), &path, &bytes).map_err(unwritable(&path))?;
    }
    Ok(())
}

/// Writes a paper whole or not at all.
fn put(waiting: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let written = File::create(waiting).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let written = written.and_then(|()| fs::rename(waiting, path));
    if written.is_err() {
        let _ = fs::remove_file(waiting);
    }
    written
}

/// Where a paper waits for its name.
pub(super) const WAITING: &str = ".new.paper";
