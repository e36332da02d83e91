//! The signed statement of one version.

use super::error::{DatasetError, unreadable};
use super::{folder, statement_path};
use crate::{ProfileMark, PublicKey, Signer, ledger::hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The format of statements and manifests that this crate writes and reads.
pub const DATASET_FORMAT: &str = "tokumei-dataset-1";

/// What a version is and who answers for it. The fields stand in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// How many files the version before did not have.
    pub added: u64,
    /// Who approved it.
    pub approved_by: Vec<String>,
    /// How many bytes the files have together.
    pub bytes: u64,
    /// How many files of the version before have other bytes now.
    pub changed: u64,
    /// SHA-256 of the list of changes; none in the first version.
    pub changes_sha256: Option<String>,
    /// How many files there are.
    pub files: u64,
    /// [`DATASET_FORMAT`].
    pub format: String,
    /// The id of the key; none when the key was destroyed.
    pub key: Option<String>,
    /// The Merkle root of the ledger that the release had.
    pub ledger_root: String,
    /// On what legal basis it is used, in the words of whoever answers for it.
    pub legal_basis: String,
    /// The legal class, by its word in profiles.
    pub legal_class: String,
    /// The Merkle root over the lines of the manifest.
    pub manifest_root: String,
    /// Its name.
    pub name: String,
    /// How many patients there are.
    pub patients: u64,
    /// SHA-256 of the statement before, as it stands in its file; none in the first version.
    pub previous: Option<String>,
    /// The profile.
    pub profile: ProfileMark,
    /// Why there is a new version; empty in the first.
    pub reason: String,
    /// How many files of the version before are gone.
    pub removed: u64,
    /// Who answers for it.
    pub responsible: String,
    /// The sample that those who approved have looked at; none where the profile asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleMark>,
    /// How patients are split, if they are.
    pub split: Option<Split>,
    /// SHA-256 of the table.
    pub table_sha256: String,
    /// The name and version of the program.
    pub tool: String,
    /// Its number, from 1.
    pub version: u32,
}

/// Which files people have looked at before they approved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleMark {
    /// The beginning of SHA-256 over their instances and digests, in hexadecimal.
    pub digest: String,
    /// How many they were.
    pub files: u64,
}

/// How patients are split into training, validation and test.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Patients who are where another ID of the same person is, and not where the seed alone would have them; none without a seed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub moved: BTreeSet<String>,
    /// How many patients are in each share.
    pub patients: BTreeMap<String, u64>,
    /// What the digest of a patient is taken with; none where a sub-key of the release's key does that.
    pub seed: Option<String>,
    /// How many of a hundred each share is meant to have.
    pub shares: BTreeMap<String, u32>,
}

/// A statement with its signature: the content of `dataset/vN.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The signature over the statement.
    pub signature: String,
    /// The public key that made it.
    pub signer: String,
    /// The statement.
    pub statement: Statement,
}

impl Statement {
    /// Returns the statement as canonical JSON.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a statement has string keys and no floating point")
    }

    /// Returns the statement signed.
    pub fn sign(self, signer: &Signer) -> Signed {
        let signature = signer.sign(DATASET_FORMAT, self.line().as_bytes());
        Signed { signature, signer: signer.public().to_string(), statement: self }
    }
}

impl Signed {
    /// Returns one line of canonical JSON with the line feed: the bytes of the file.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("a statement has string keys and no floating point");
        line.push('\n');
        line
    }

    /// Returns the SHA-256 of the file, which the next version names.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.line().as_bytes()))
    }

    /// Tells whether the signature is that of the key it names.
    pub fn holds(&self) -> bool {
        let key = self.signer.parse::<PublicKey>();
        key.is_ok_and(|key| key.signed(DATASET_FORMAT, self.statement.line().as_bytes(), &self.signature))
    }

    /// Reads the statement of a version.
    ///
    /// # Errors
    /// [`DatasetError::NoVersion`], [`DatasetError::Read`], or [`DatasetError::Statement`] when it is not one in canonical
    /// form.
    pub fn read(release: &Path, version: u32) -> Result<Signed, DatasetError> {
        let path = statement_path(release, version);
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(DatasetError::NoVersion { version, path: folder(release) });
            }
            opened => opened.map_err(unreadable(&path))?,
        };
        let mut text = Vec::new();
        file.take(LONGEST).read_to_end(&mut text).map_err(unreadable(&path))?;
        match serde_json::from_slice::<Signed>(&text) {
            Ok(signed) if signed.line().as_bytes() == text && signed.statement.format == DATASET_FORMAT => Ok(signed),
            _ => Err(DatasetError::Statement { version }),
        }
    }
}

/// Returns the number of the last version of a release, 0 when there is none.
///
/// # Errors
/// [`DatasetError::Read`] when the folder cannot be read.
pub fn versions(release: &Path) -> Result<u32, DatasetError> {
    let folder = folder(release);
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        read => read.map_err(unreadable(&folder))?,
    };
    let mut last = 0;
    for entry in entries {
        let name = entry.map_err(unreadable(&folder))?.file_name();
        // Any file of a version counts, so that a version whose statement was removed is missed.
        let number = name.to_str().and_then(|name| name.strip_prefix('v')?.split('.').next()?.parse().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last)
}

/// Returns the statement of the last version of a release, `None` when there is none.
///
/// # Errors
/// As [`Signed::read`].
pub fn latest(release: &Path) -> Result<Option<Signed>, DatasetError> {
    match last_stated(release)? {
        0 => Ok(None),
        version => Signed::read(release, version).map(Some),
    }
}

/// Returns the number of the last version that has a statement: what lies beyond it is of a freeze that died.
pub(super) fn last_stated(release: &Path) -> Result<u32, DatasetError> {
    let mut version = versions(release)?;
    while version > 0 && !statement_path(release, version).exists() {
        version -= 1;
    }
    Ok(version)
}

/// No statement is longer.
const LONGEST: u64 = 16 << 20;
