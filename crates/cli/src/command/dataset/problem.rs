//! What keeps a data set from being frozen or read, as problems.

use crate::problem::Problem;
use tokumei_audit::SigningError;
use tokumei_audit::dataset::DatasetError;

impl From<DatasetError> for Problem {
    fn from(error: DatasetError) -> Self {
        match error {
            DatasetError::Read { path, source } => Problem::new("dataset-read").at(&path).because(&source),
            DatasetError::Write { path, source } => Problem::new("dataset-write").at(&path).because(&source),
            DatasetError::Ledger(error) => error.into(),
            DatasetError::Papers { row } => {
                Problem::new("dataset-papers").with("row", row + 1).with("path", "manifest.jsonl")
            }
            DatasetError::Edited { files, more } => {
                Problem::new("dataset-edited").with("count", files.len() as u64 + more)
            }
            DatasetError::Busy { path } => Problem::new("dataset-busy").at(&path),
            DatasetError::Missing { what } => Problem::new("dataset-missing").with("what", format!("--{what}")),
            DatasetError::Approvals { needed, given } => {
                Problem::new("dataset-approvals").with("needed", needed).with("given", given)
            }
            DatasetError::Reason { removed, changed } => {
                Problem::new("dataset-reason").with("removed", removed).with("changed", changed)
            }
            DatasetError::Lost { version } => {
                Problem::new("dataset-lost").with("version", version).with("path", file(version, "json"))
            }
            DatasetError::Name { stated } => Problem::new("dataset-name").with("stated", stated),
            DatasetError::SplitDiffers { stated } => Problem::new("dataset-split").with("stated", stated),
            DatasetError::NoVersion { version, path } => {
                Problem::new("dataset-no-version").with("version", version.max(1)).at(&path)
            }
            DatasetError::Statement { version } => {
                Problem::new("dataset-statement-bad").with("version", version).with("path", file(version, "json"))
            }
            DatasetError::Manifest { version, .. } => Problem::new("dataset-manifest-bad")
                .with("version", version)
                .with("path", file(version, "manifest.jsonl")),
            _ => Problem::new("dataset-other"),
        }
    }
}

fn file(version: u32, ending: &str) -> String {
    format!("dataset/v{version}.{ending}")
}

/// Returns the problem of a vault whose signing key cannot be used.
pub fn signing(error: &SigningError) -> Problem {
    let problem = Problem::new("signing-key").with("cause", error);
    match error {
        SigningError::Io { path, .. } | SigningError::Permissions { path, .. } | SigningError::Format { path } => {
            problem.at(path)
        }
        _ => problem.with("path", "–"),
    }
}
