//! What one version has that another has not.

use super::rows::Rows;
use super::{DatasetError, Row};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::path::Path;

/// One file that differs between two versions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What became of it.
    pub change: ChangeKind,
    /// Its SOP Instance UID.
    pub instance: String,
    /// Its place, relative to the release.
    pub path: String,
}

/// What became of a file from one version to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its bytes or its place are others.
    Changed,
}

impl ChangeKind {
    /// Returns the word of the list of changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        }
    }
}

impl Change {
    fn of(change: ChangeKind, row: Row) -> Change {
        Change { change, instance: row.instance, path: row.path }
    }

    /// Returns the change as one line of canonical JSON, without the line feed.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a change has string keys and no floating point")
    }
}

/// Tells `see` what changed from one version of a release to another, in the order of the instances.
///
/// # Errors
/// [`DatasetError`] when a manifest cannot be read.
pub fn diff(release: &Path, from: u32, to: u32, mut see: impl FnMut(Change)) -> Result<(), DatasetError> {
    for version in [from, to] {
        super::Signed::read(release, version)?;
    }
    let between = Between::new(Rows::open(release, from)?, Rows::open(release, to)?)?;
    for change in between {
        see(change?);
    }
    Ok(())
}

/// The differences of two sorted manifests, one at a time.
pub(super) struct Between {
    before: Rows,
    after: Rows,
    left: Option<Row>,
    right: Option<Row>,
}

impl Between {
    pub(super) fn new(mut before: Rows, mut after: Rows) -> Result<Between, DatasetError> {
        let (left, right) = (before.next().transpose()?, after.next().transpose()?);
        Ok(Between { before, after, left, right })
    }

    fn step(&mut self) -> Result<Option<Change>, DatasetError> {
        loop {
            let order = match (&self.left, &self.right) {
                (None, None) => return Ok(None),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(left), Some(right)) => left.instance.cmp(&right.instance),
            };
            let (mut left, mut right) = (None, None);
            if order.is_le() {
                left = std::mem::replace(&mut self.left, self.before.next().transpose()?);
            }
            if order.is_ge() {
                right = std::mem::replace(&mut self.right, self.after.next().transpose()?);
            }
            match (left, right) {
                (Some(left), None) => return Ok(Some(Change::of(ChangeKind::Removed, left))),
                (None, Some(right)) => return Ok(Some(Change::of(ChangeKind::Added, right))),
                (Some(left), Some(right)) if (&left.sha256, &left.path) != (&right.sha256, &right.path) => {
                    return Ok(Some(Change::of(ChangeKind::Changed, right)));
                }
                _ => {}
            }
        }
    }
}

impl Iterator for Between {
    type Item = Result<Change, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}
