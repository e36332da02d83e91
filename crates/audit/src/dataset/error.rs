//! What can be wrong with a data set.

use crate::LedgerError;
use std::io;
use std::path::PathBuf;

/// Why a data set was not frozen, or could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("{} could not be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The ledger of the release does not hold.
    #[error("the ledger of the release does not hold")]
    Ledger(#[from] LedgerError),
    /// Manifest and ledger of the release disagree.
    #[error("row {row} of the manifest and the ledger disagree")]
    Papers {
        /// The row, counted from 0.
        row: u64,
    },
    /// Files of the release are not as the run left them.
    #[error("{} files of the release were edited", files.len() as u64 + more)]
    Edited {
        /// The first of them, relative to the release.
        files: Vec<(String, Edit)>,
        /// How many more there are.
        more: u64,
    },
    /// Another process works on the release.
    #[error("another process is at work in {}", path.display())]
    Busy {
        /// The release.
        path: PathBuf,
    },
    /// A statement needs what was left empty.
    #[error("a version needs {what}")]
    Missing {
        /// `name`, `legal-class`, `legal-basis` or `responsible`.
        what: &'static str,
    },
    /// Too few different people approve.
    #[error("{needed} different people must approve and {given} did")]
    Approvals {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        given: usize,
    },
    /// Files go or change, or terms change, and nobody says why.
    #[error("{removed} files go and {changed} change, and there is no reason")]
    Reason {
        /// How many go.
        removed: u64,
        /// How many change.
        changed: u64,
    },
    /// The name is not that of the versions before.
    #[error("the versions before have another name")]
    Name {
        /// Their name.
        stated: String,
    },
    /// The split is not the one of the versions before: patients would change sides.
    #[error("the versions before have another split")]
    SplitDiffers {
        /// Their shares.
        stated: String,
    },
    /// The split needs the key of the release.
    #[error("the split needs the key of the release")]
    SplitKey,
    /// Shares that cannot be understood, or do not add up to 100.
    #[error("these are no shares of a hundred")]
    Shares,
    /// There is no version, or not the one asked for.
    #[error("there is no version {version} in {}", path.display())]
    NoVersion {
        /// The version; 0 when there is none at all.
        version: u32,
        /// The folder of the versions.
        path: PathBuf,
    },
    /// The root states a version that is gone.
    #[error("version {version} is gone")]
    Lost {
        /// The version.
        version: u32,
    },
    /// A statement is not one, or not of this format.
    #[error("the statement of version {version} is malformed")]
    Statement {
        /// The version.
        version: u32,
    },
    /// A line of a manifest is not one, or stands in the wrong place.
    #[error("line {line} of the manifest of version {version} is malformed or out of order")]
    Manifest {
        /// The version; 0 for the manifest of the release.
        version: u32,
        /// The line, counted from 1.
        line: u64,
    },
}

/// How a file of a release differs from what the run left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// It is gone.
    Missing,
    /// Its bytes are others.
    Differs,
    /// The release does not know it.
    Added,
    /// It is no plain file any more.
    NotAFile,
}

impl Edit {
    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Edit::Missing => "missing",
            Edit::Differs => "differs",
            Edit::Added => "added",
            Edit::NotAFile => "not-a-file",
        }
    }
}

/// Returns the error of a file that could not be read.
pub(super) fn unreadable(path: &std::path::Path) -> impl FnOnce(io::Error) -> DatasetError {
    let path = path.to_owned();
    move |source| DatasetError::Read { path, source }
}

/// Returns the error of a file that could not be written.
pub(super) fn unwritable(path: &std::path::Path) -> impl FnOnce(io::Error) -> DatasetError {
    let path = path.to_owned();
    move |source| DatasetError::Write { path, source }
}
