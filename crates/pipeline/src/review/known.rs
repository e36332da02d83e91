//! What is known of originals while a review is open, and the stamp of what a reviewer has in view.

use super::Decision;
use crate::index_file::Line;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tokumei_audit::digest;

/// Digests of originals, so that a list of hundreds does not read them all each time.
///
/// For lists alone: a decision and a run always read the original.
#[derive(Default)]
pub(super) struct Known(RefCell<HashMap<PathBuf, (Mark, String)>>);

/// Device, number, size, and times of the last change of content and of anything.
type Mark = [i128; 5];

impl Known {
    /// Returns the digest of an original, from `read` where the file is not the one that was read before.
    pub fn original(&self, path: &Path, read: impl FnOnce() -> io::Result<String>) -> io::Result<String> {
        let mark = mark(path)?;
        if let Some((_, digest)) = self.0.borrow().get(path).filter(|(known, _)| *known == mark) {
            return Ok(digest.clone());
        }
        let digest = read()?;
        self.0.borrow_mut().insert(path.to_owned(), (mark, digest.clone()));
        Ok(digest)
    }
}

fn mark(path: &Path) -> io::Result<Mark> {
    let file = path.metadata()?;
    let time = |seconds: i64, more: i64| i128::from(seconds) * 1_000_000_000 + i128::from(more);
    let changed = (time(file.mtime(), file.mtime_nsec()), time(file.ctime(), file.ctime_nsec()));
    Ok([file.dev().into(), file.ino().into(), file.size().into(), changed.0, changed.1])
}

/// Returns a digest of all that a decision about an item rests on, the bytes of the original by their mark.
pub(super) fn stamp(line: &Line, decisions: &[Decision], profile: &str, source: &Path) -> String {
    let numbers: Vec<u64> = decisions.iter().map(|decision| decision.number).collect();
    let mark = mark(source).ok();
    digest(format!("{} {} {profile} {numbers:?} {mark:?}", line.state, line.reason).as_bytes())
}
