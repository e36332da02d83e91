//! What can be wrong with a data set that can be read.

use super::Edit;
use serde::Serialize;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// In which version.
    pub version: u32,
    /// In which line of the manifest, counted from 1, where it can be told.
    pub line: Option<u64>,
    /// Which file, relative to the release, where it is about one.
    pub file: Option<String>,
}

/// What can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A version has no statement.
    VersionMissing,
    /// A statement is not one.
    StatementMalformed,
    /// A statement does not speak of the version that its file is named for, or not of the one before it.
    ChainBroken,
    /// The signature does not hold.
    SignatureWrong,
    /// Another key than expected has signed.
    SignerDiffers,
    /// The last statement is not the expected one.
    LastDiffers,
    /// A line of the manifest was altered, taken out, put in or moved.
    ManifestLine,
    /// The manifest is not the one that the statement speaks of.
    ManifestDiffers,
    /// The table is not the one that the statement speaks of.
    TableDiffers,
    /// The list of changes is not the one that follows from the manifests.
    ChangesDiffer,
    /// The numbers of the statement are not those of the manifest.
    CountsDiffer,
    /// A patient is in two shares of the split, or in the wrong one.
    SplitLeak,
    /// A file is gone.
    FileMissing,
    /// A file has other bytes.
    FileDiffers,
    /// A file is no plain file.
    FileNotAFile,
    /// A file is there that neither the version nor the release knows.
    FileAdded,
}

impl FindingKind {
    /// All kinds.
    pub const ALL: [FindingKind; 16] = [
        FindingKind::VersionMissing,
        FindingKind::StatementMalformed,
        FindingKind::ChainBroken,
        FindingKind::SignatureWrong,
        FindingKind::SignerDiffers,
        FindingKind::LastDiffers,
        FindingKind::ManifestLine,
        FindingKind::ManifestDiffers,
        FindingKind::TableDiffers,
        FindingKind::ChangesDiffer,
        FindingKind::CountsDiffer,
        FindingKind::SplitLeak,
        FindingKind::FileMissing,
        FindingKind::FileDiffers,
        FindingKind::FileNotAFile,
        FindingKind::FileAdded,
    ];

    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingKind::VersionMissing => "version-missing",
            FindingKind::StatementMalformed => "statement-malformed",
            FindingKind::ChainBroken => "chain-broken",
            FindingKind::SignatureWrong => "signature-wrong",
            FindingKind::SignerDiffers => "signer-differs",
            FindingKind::LastDiffers => "last-differs",
            FindingKind::ManifestLine => "manifest-line",
            FindingKind::ManifestDiffers => "manifest-differs",
            FindingKind::TableDiffers => "table-differs",
            FindingKind::ChangesDiffer => "changes-differ",
            FindingKind::CountsDiffer => "counts-differ",
            FindingKind::SplitLeak => "split-leak",
            FindingKind::FileMissing => "file-missing",
            FindingKind::FileDiffers => "file-differs",
            FindingKind::FileNotAFile => "file-not-a-file",
            FindingKind::FileAdded => "file-added",
        }
    }

    pub(super) fn of(edit: Edit) -> FindingKind {
        match edit {
            Edit::Missing => FindingKind::FileMissing,
            Edit::Differs => FindingKind::FileDiffers,
            Edit::Added => FindingKind::FileAdded,
            Edit::NotAFile => FindingKind::FileNotAFile,
        }
    }
}
