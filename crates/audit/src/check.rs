//! A release checked against what was signed: root, ledger, manifests, chain over runs, outputs.
//!
//! Nothing but the public key is needed from elsewhere. The first record that is not as it was signed is named: the hashes of
//! all leaves stand in `audit/ledger.hashes`, and whether that list is the signed one is known from its Merkle root alone.

mod files;
mod layout;
pub(crate) mod papers;
mod treatments;

pub use treatments::find_treatment;

use crate::fault::{AuditError, Fault, FaultKind};
use crate::ledger::hex;
use crate::lines::{Lines, parting};
use crate::signing::bytes_of;
use crate::{Leaf, LedgerError, PublicKey, Root, Runs, Tree, leaf_hash, verify_runs};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use tokumei_core::State;

/// What to check.
#[derive(Clone, Debug, Default)]
pub struct Scrutiny {
    /// The public key that must have signed; `None` takes the one that the release names.
    pub public_key: Option<PublicKey>,
    /// How far outputs are looked at.
    pub files: FileScrutiny,
}

/// How far outputs are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FileScrutiny {
    /// Not at all.
    Off,
    /// Whether they are there, and as long as stated.
    Sizes,
    /// Whether their bytes have the digests stated.
    #[default]
    Contents,
}

/// A release that is as it was signed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified {
    /// What was signed.
    pub root: Root,
    /// The key that signed it.
    pub signer: PublicKey,
    /// The chain over its runs.
    pub runs: Runs,
    /// How many versions of its data set are as they were signed.
    pub versions: u32,
    /// How many outputs are there and as long as stated.
    pub sizes: u64,
    /// How many of those have the bytes stated.
    pub contents: u64,
}

/// Checks a release.
///
/// # Errors
/// [`AuditError::Fault`] with the first thing that is not as it was signed; the others when it could not be read.
pub fn verify_release(release: &Path, scrutiny: &Scrutiny) -> Result<Verified, AuditError> {
    let root = read_root(&release.join(ROOT))?;
    let signer =
        root.check_signature(scrutiny.public_key.as_ref()).map_err(|error| Fault::of_signature(ROOT, &error))?;
    public_key(release, &signer)?;
    ledger(release, &root)?;
    treatments::check(release)?;
    papers::check(release, &root)?;
    let runs = match File::open(release.join(CHAIN)) {
        Ok(chain) => verify_runs(chain, &root).map_err(|error| Fault::of_chain(CHAIN, error))?,
        Err(error) => return Err(missing(release, CHAIN, error)),
    };
    let (sizes, contents) = files::check(release, scrutiny.files)?;
    let versions = crate::dataset::check_papers(release, &runs.signers, root.dataset.as_ref())?;
    Ok(Verified { root, signer, runs, versions, sizes, contents })
}

/// Reads the root of a release. One that cannot be read as a root is a finding: that is what somebody's hand leaves.
fn read_root(path: &Path) -> Result<Root, AuditError> {
    let root = match Root::read(path) {
        Ok(root) => root,
        Err(LedgerError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            // Where the other papers lie, somebody has taken this one away; else this is no release.
            let release = path.ancestors().nth(2).unwrap_or(path);
            return Err(match [LEDGER, HASHES, CHAIN, MANIFEST].iter().any(|paper| release.join(paper).exists()) {
                true => Fault::whole(ROOT, FaultKind::Missing),
                false => AuditError::Read { path: path.to_owned(), source },
            });
        }
        Err(LedgerError::Read { path, source }) => return Err(AuditError::Read { path, source }),
        Err(_) => return Err(Fault::whole(ROOT, FaultKind::Malformed)),
    };
    let text = std::fs::read(path).map_err(|source| AuditError::Read { path: path.to_owned(), source })?;
    // Only the canonical form counts, so that a flipped bit anywhere shows.
    if text == root.line().as_bytes() { Ok(root) } else { Err(Fault::whole(ROOT, FaultKind::Altered)) }
}

/// Compares the key that lies in the release with the one that signed.
fn public_key(release: &Path, signer: &PublicKey) -> Result<(), AuditError> {
    match std::fs::read(release.join(PUBLIC_KEY)) {
        Ok(text) if text == signer.line().as_bytes() => Ok(()),
        Ok(_) => Err(Fault::whole(PUBLIC_KEY, FaultKind::Altered)),
        Err(error) => Err(missing(release, PUBLIC_KEY, error)),
    }
}

pub(crate) fn missing(release: &Path, paper: &str, source: io::Error) -> AuditError {
    match source.kind() {
        io::ErrorKind::NotFound => Fault::whole(paper, FaultKind::Missing),
        _ => AuditError::Read { path: release.join(paper), source },
    }
}

pub(crate) fn open(release: &Path, paper: &str) -> Result<Lines, AuditError> {
    Lines::open(&release.join(paper)).map_err(|error| missing(release, paper, error))
}

/// Checks the ledger, its list of hashes, and what the root counts.
fn ledger(release: &Path, root: &Root) -> Result<(), AuditError> {
    let read = |paper: &'static str| move |source| AuditError::Read { path: paper.into(), source };
    let leaves = tree(release, LEDGER, |line| Some(leaf_hash(line)))?;
    let listed = tree(release, HASHES, hash_of_line)?;
    let stated = (root.leaves, root.merkle_root.as_str());
    let signed =
        |tree: &Option<Tree>| tree.as_ref().is_some_and(|tree| (tree.leaves(), hex(&tree.root()).as_str()) == stated);
    let (mut lines, mut hashes) = (open(release, LEDGER)?, open(release, HASHES)?);
    let line_hash = || Ok(lines.next()?.map(|line| Some(leaf_hash(&line))));
    let listed_hash = || Ok(hashes.next()?.map(|line| hash_of_line(&line)));
    match (signed(&leaves), signed(&listed)) {
        (true, true) => counts(release, root),
        (true, false) => match parting(listed_hash, line_hash).map_err(read(HASHES))? {
            Some((record, difference)) => Err(Fault::at(HASHES, record, difference.into())),
            None => Err(Fault::whole(HASHES, FaultKind::Altered)),
        },
        (false, true) => match parting(line_hash, listed_hash).map_err(read(LEDGER))? {
            Some((record, difference)) => Err(Fault::at(LEDGER, record, difference.into())),
            None => Err(Fault::whole(LEDGER, FaultKind::Altered)),
        },
        // Both were changed; the manifest, if that is the signed one, still tells instances and digests.
        (false, false) => match papers::parting_of_ledger(release, root)? {
            Some((record, difference)) => Err(Fault::at(LEDGER, record, difference.into())),
            None => Err(Fault::whole(LEDGER, FaultKind::Altered)),
        },
    }
}

/// Returns the tree over the lines of a paper; `None` when one of them is none.
fn tree(release: &Path, paper: &str, hash: impl Fn(&[u8]) -> Option<[u8; 32]>) -> Result<Option<Tree>, AuditError> {
    let mut lines = open(release, paper)?;
    let mut tree = Tree::new();
    while let Some(line) = lines.next().map_err(|source| AuditError::Read { path: paper.into(), source })? {
        let Some(hash) = hash(&line) else { return Ok(None) };
        tree.push_hash(hash);
    }
    Ok(Some(tree))
}

pub(crate) fn hash_of_line(line: &[u8]) -> Option<[u8; 32]> {
    bytes_of(std::str::from_utf8(line).ok()?)
}

/// Compares what the leaves say with what the root counts.
fn counts(release: &Path, root: &Root) -> Result<(), AuditError> {
    let mut lines = open(release, LEDGER)?;
    let mut found: BTreeMap<State, u64> = BTreeMap::new();
    let mut record = 0;
    while let Some(line) = lines.next().map_err(|source| AuditError::Read { path: LEDGER.into(), source })? {
        record += 1;
        let leaf: Leaf = serde_json::from_slice(&line).map_err(|_| Fault::at(LEDGER, record, FaultKind::Malformed))?;
        *found.entry(leaf.state).or_default() += 1;
    }
    let agrees = |(state, count): (&State, &u64)| root.counts.get(state.as_str()) == Some(count);
    match found.iter().all(agrees) {
        true => Ok(()),
        false => Err(Fault::whole(ROOT, FaultKind::Counts)),
    }
}

/// The papers of a release.
pub(crate) const ROOT: &str = "audit/root.json";
pub(crate) const LEDGER: &str = "audit/ledger.jsonl";
/// The treatments of a release, below its root.
pub const TREATMENTS: &str = "audit/treatments.jsonl";
pub(crate) const HASHES: &str = "audit/ledger.hashes";
pub(crate) const CHAIN: &str = "audit/chain.jsonl";
pub(crate) const PUBLIC_KEY: &str = "audit/public.key";
pub(crate) const MANIFEST: &str = "manifest.jsonl";
pub(crate) const TABLE: &str = "manifest.csv";
