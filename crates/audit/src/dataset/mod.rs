//! Frozen data sets: what a release held at a moment somebody answers for, as a chain of signed versions.
//!
//! A version is three files in the release's folder `dataset`: `v1.json`, the signed statement; `v1.manifest.jsonl`, one
//! line for each file with its SHA-256; and `v1.manifest.csv`, the same for people. Each later version names the digest of
//! the statement before it and lists in `v2.changes.jsonl` what was added, removed or changed, for a reason that is stated.
//!
//! The root of the release states number and digest of the last version, so that one that was removed is missed. Against an
//! old copy of the whole release that is no help: who must know that nothing came later compares the digest of the last
//! statement with one got by another way.

mod changes;
mod draft;
mod error;
mod finding;
mod freeze;
mod papers;
mod release;
mod row;
mod rows;
mod sample;
mod split;
mod stamp;
mod statement;
mod verify;

pub use changes::{Change, ChangeKind, diff};
pub use error::{DatasetError, Edit};
pub use finding::{Finding, FindingKind};
pub use freeze::{Frozen, PatientDigest, SamePerson, SplitRequest, Terms, freeze, withdraw};
pub(crate) use papers::check_papers;
pub use row::Row;
pub use sample::{Sample, masked_sample, sample};
pub use split::Shares;
pub use stamp::last_mark;
pub use statement::{DATASET_FORMAT, SampleMark, Signed, Split, Statement, latest, versions};
pub use verify::{Request, Verified, verify};

use std::path::{Path, PathBuf};

/// Returns the folder of the versions of a release.
fn folder(release: &Path) -> PathBuf {
    release.join("dataset")
}

fn statement_path(release: &Path, version: u32) -> PathBuf {
    folder(release).join(format!("v{version}.json"))
}

fn manifest_path(release: &Path, version: u32) -> PathBuf {
    folder(release).join(format!("v{version}.manifest.jsonl"))
}

fn table_path(release: &Path, version: u32) -> PathBuf {
    folder(release).join(format!("v{version}.manifest.csv"))
}

fn changes_path(release: &Path, version: u32) -> PathBuf {
    folder(release).join(format!("v{version}.changes.jsonl"))
}

#[cfg(test)]
mod tests;
