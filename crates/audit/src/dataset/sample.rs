//! The sample of a release that people look at before it is frozen.
//!
//! Which files are drawn follows from a keyed digest of each instance, so that whoever has no key can neither choose nor
//! foresee them, and what is drawn once stays drawn as long as data that are added do not push it out.

use super::error::DatasetError;
use super::release::Listing;
use super::{PatientDigest, SampleMark};
use crate::ledger::hex;
use crate::{ManifestRow, read_ledger, verify_root};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What was drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// The files, relative to the release, in the order of their draw.
    pub files: Vec<String>,
    /// What a version says of them, and whoever approves repeats: another file, or other bytes, give another one.
    pub mark: SampleMark,
}

/// Draws the sample of a release: one file of a hundred, at least 20 and at most 300.
///
/// `keyed` takes the keyed digest of a SOP Instance UID. Without it, as where the key was destroyed, SHA-256 does: the UIDs
/// came from that key, so nobody could foresee them.
///
/// # Errors
/// [`DatasetError`] when ledger and manifest do not hold or disagree.
pub fn sample(release: &Path, keyed: Option<&PatientDigest<'_>>) -> Result<Sample, DatasetError> {
    let leaves = verify_root(&release.join("audit"))?.leaves;
    let size = leaves.div_ceil(100).clamp(LEAST, MOST);
    let mut drawn = BTreeMap::new();
    for listed in Listing::open(release)? {
        let listed = listed?;
        let digest = keyed.map_or_else(|| Sha256::digest(&listed.instance).into(), |keyed| keyed(&listed.instance));
        drawn.insert(digest, (listed.path, listed.instance, listed.digest));
        if drawn.len() as u64 > size {
            drawn.pop_last();
        }
    }
    let mut sha = Sha256::new();
    for (_, instance, output) in drawn.values() {
        sha.update(format!("{instance} {}\n", output.as_deref().unwrap_or_default()));
    }
    let files: Vec<String> = drawn.into_values().map(|(path, ..)| path).collect();
    let mark = SampleMark { digest: hex(&sha.finalize()[..8]), files: files.len() as u64 };
    Ok(Sample { files, mark })
}

/// Draws outputs in which something was hidden, which the sample of a large release may miss: one of a hundred, at least 20
/// and at most 300. Whoever looks at them sees what rules and the search for text have hidden, and what they have not.
///
/// `keyed` is as for [`sample`].
///
/// # Errors
/// [`DatasetError`] when ledger and manifest do not hold or disagree.
pub fn masked_sample(release: &Path, keyed: Option<&PatientDigest<'_>>) -> Result<Vec<String>, DatasetError> {
    let leaves = verify_root(&release.join("audit"))?.leaves;
    let size = leaves.div_ceil(100).clamp(LEAST, MOST);
    let mut drawn = BTreeMap::new();
    for leaf in read_ledger(&release.join("audit/ledger.jsonl"))? {
        let leaf = leaf?;
        if leaf.masks.is_empty() {
            continue;
        }
        let digest = keyed.map_or_else(|| Sha256::digest(&leaf.instance).into(), |keyed| keyed(&leaf.instance));
        drawn.insert(digest, leaf.instance);
        if drawn.len() as u64 > size {
            drawn.pop_last();
        }
    }
    let drawn: BTreeSet<String> = drawn.into_values().collect();
    let file = |listed: Result<ManifestRow, DatasetError>| match listed {
        Ok(row) => drawn.contains(&row.instance).then_some(Ok(row.path)),
        Err(error) => Some(Err(error)),
    };
    Listing::open(release)?.filter_map(file).collect()
}

const LEAST: u64 = 20;
const MOST: u64 = 300;
