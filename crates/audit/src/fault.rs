//! What is wrong with a release, and where first.

use crate::{ChainError, Difference, SignatureError};
use std::io;
use std::path::PathBuf;

/// The first thing found wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The paper, or the output, relative to the release.
    pub paper: String,
    /// The record in it, from 1; none where the whole is meant, or it cannot be told.
    pub record: Option<u64>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a paper, a record or an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FaultKind {
    /// It has no signature.
    Unsigned,
    /// Its signature is another key's than the one wanted.
    OtherSigner,
    /// It is not what was signed.
    Signature,
    /// It says something else than what was signed for.
    Altered,
    /// It is not there.
    Missing,
    /// Nothing speaks of it.
    Added,
    /// It is in another's place.
    Moved,
    /// It is no record of its kind.
    Malformed,
    /// It, or the one before it, was changed, removed, added or moved.
    Broken,
    /// Its numbers contradict the ledger.
    Counts,
}

impl FaultKind {
    /// Returns the word of messages and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            FaultKind::Unsigned => "unsigned",
            FaultKind::OtherSigner => "other-signer",
            FaultKind::Signature => "signature",
            FaultKind::Altered => "altered",
            FaultKind::Missing => "missing",
            FaultKind::Added => "added",
            FaultKind::Moved => "moved",
            FaultKind::Malformed => "malformed",
            FaultKind::Broken => "broken",
            FaultKind::Counts => "counts",
        }
    }

    /// Every kind.
    pub const ALL: [FaultKind; 10] = [
        FaultKind::Unsigned,
        FaultKind::OtherSigner,
        FaultKind::Signature,
        FaultKind::Altered,
        FaultKind::Missing,
        FaultKind::Added,
        FaultKind::Moved,
        FaultKind::Malformed,
        FaultKind::Broken,
        FaultKind::Counts,
    ];
}

impl Fault {
    pub(crate) fn whole(paper: &str, kind: FaultKind) -> AuditError {
        AuditError::Fault(Fault { paper: paper.to_owned(), record: None, kind })
    }

    pub(crate) fn at(paper: &str, record: u64, kind: FaultKind) -> AuditError {
        AuditError::Fault(Fault { paper: paper.to_owned(), record: Some(record), kind })
    }

    /// Returns the fault of a chain in `paper`.
    pub fn of_chain(paper: &str, error: ChainError) -> AuditError {
        match error {
            ChainError::Read(source) => AuditError::Read { path: paper.into(), source },
            ChainError::Malformed { entry } => Fault::at(paper, entry + 1, FaultKind::Malformed),
            ChainError::Broken { entry } => Fault::at(paper, entry + 1, FaultKind::Broken),
            ChainError::CutOff { entry } => Fault::at(paper, entry + 1, FaultKind::Missing),
            ChainError::Signature { entry } => Fault::at(paper, entry + 1, FaultKind::Signature),
        }
    }

    pub(crate) fn of_signature(paper: &str, error: &SignatureError) -> AuditError {
        let kind = match error {
            SignatureError::Missing => FaultKind::Unsigned,
            SignatureError::OtherSigner { .. } => FaultKind::OtherSigner,
            SignatureError::Wrong => FaultKind::Signature,
        };
        Fault::whole(paper, kind)
    }
}

impl From<Difference> for FaultKind {
    fn from(difference: Difference) -> FaultKind {
        match difference {
            Difference::Altered => FaultKind::Altered,
            Difference::Missing => FaultKind::Missing,
            Difference::Added => FaultKind::Added,
            Difference::Moved => FaultKind::Moved,
        }
    }
}

/// Why a release, a proof or a certificate does not pass, or was not checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// A file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not of the format expected.
    #[error("{} is not of a known format", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// Something is not as it was signed.
    #[error("{} of {}, record {:?}", .0.kind.as_str(), .0.paper, .0.record)]
    Fault(Fault),
    /// The ledger has no leaf of this instance.
    #[error("the ledger has no such leaf")]
    NoLeaf,
}
