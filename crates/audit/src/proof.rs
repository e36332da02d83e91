//! A proof that one instance stands in a ledger, to be checked without the rest of it.

use crate::check::{HASHES, LEDGER, ROOT, hash_of_line, open};
use crate::fault::{AuditError, Fault, FaultKind};
use crate::ledger::hex;
use crate::signing::bytes_of;
use crate::{
    Leaf, LedgerError, PublicKey, Root, Step, Treatment, find_treatment, inclusion_path, leaf_hash, root_by_path,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A leaf with its treatment, its way to the root, and the root as it was signed. The fields stand in the order of their names.
///
/// # Standard
/// RFC 6962, 2.1.1: the Merkle audit path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// `tokumei-proof-2`.
    pub format: String,
    /// The place of the leaf in the ledger, from 0.
    pub index: u64,
    /// The leaf.
    pub leaf: Leaf,
    /// What stands beside the leaf on its way to the root, the nearest first, in hexadecimal.
    pub path: Vec<String>,
    /// What was signed.
    pub root: Root,
    /// The steps of the leaf's treatment.
    pub steps: Vec<Step>,
}

impl Proof {
    /// Makes the proof of an instance from a release.
    ///
    /// # Errors
    /// [`AuditError::NoLeaf`] when the ledger has no leaf of it, a fault when ledger and root do not agree, the others when
    /// they cannot be read.
    pub fn of(release: &Path, instance: &str) -> Result<Proof, AuditError> {
        let root = Root::read(&release.join(ROOT)).map_err(of_ledger)?;
        let read = |paper: &'static str| move |source| AuditError::Read { path: paper.into(), source };
        let (mut lines, mut found, mut index) = (open(release, LEDGER)?, None, 0);
        while let Some(line) = lines.next().map_err(read(LEDGER))? {
            let malformed = || Fault::at(LEDGER, index + 1, FaultKind::Malformed);
            let leaf: Leaf = serde_json::from_slice(&line).map_err(|_| malformed())?;
            if leaf.instance == instance {
                found = Some((index, leaf));
                break;
            }
            index += 1;
        }
        let (index, leaf) = found.ok_or(AuditError::NoLeaf)?;
        let mut hashes = Vec::new();
        let mut list = open(release, HASHES)?;
        while let Some(line) = list.next().map_err(read(HASHES))? {
            let malformed = || Fault::at(HASHES, hashes.len() as u64 + 1, FaultKind::Malformed);
            hashes.push(hash_of_line(&line).ok_or_else(malformed)?);
        }
        let path = usize::try_from(index).ok().and_then(|index| inclusion_path(&hashes, index));
        let path = path.ok_or_else(|| Fault::at(HASHES, index + 1, FaultKind::Missing))?;
        let steps = find_treatment(release, &leaf)?.steps().to_vec();
        let path = path.iter().map(|it| hex(it)).collect();
        let proof = Proof { format: PROOF.to_owned(), index, leaf, path, root, steps };
        proof.verify(None)?;
        Ok(proof)
    }

    /// Reads a proof.
    ///
    /// # Errors
    /// [`AuditError::Format`] when it is none, or not in its canonical form.
    pub fn parse(text: &[u8], path: &Path) -> Result<Proof, AuditError> {
        match serde_json::from_slice::<Proof>(text) {
            Ok(proof) if proof.format == PROOF && proof.line().as_bytes() == text => Ok(proof),
            _ => Err(AuditError::Format { path: path.to_owned() }),
        }
    }

    /// Returns the proof as one line of canonical JSON, with the line feed.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a proof has string keys and no floating point") + "\n"
    }

    /// Checks the proof and returns the key that has signed its root, which is `wanted` where that is given.
    ///
    /// # Errors
    /// [`AuditError::Fault`] when root, leaf, treatment or path are not as they were signed.
    pub fn verify(&self, wanted: Option<&PublicKey>) -> Result<PublicKey, AuditError> {
        let signer = self.root.check_signature(wanted).map_err(|error| Fault::of_signature(ROOT, &error))?;
        let path: Option<Vec<[u8; 32]>> = self.path.iter().map(|hash| bytes_of(hash)).collect();
        let hash = leaf_hash(self.leaf.line().as_bytes());
        let root = path.and_then(|path| root_by_path(hash, self.index, self.root.leaves, &path));
        let treatment = (!self.steps.is_empty()).then(|| Treatment::new(self.steps.clone()));
        let treated = treatment.as_ref().map(Treatment::id) == self.leaf.treatment.as_deref();
        match treated && root.is_some_and(|root| hex(&root) == self.root.merkle_root) {
            true => Ok(signer),
            false => Err(Fault::at(LEDGER, self.index.saturating_add(1), FaultKind::Altered)),
        }
    }
}

fn of_ledger(error: LedgerError) -> AuditError {
    match error {
        LedgerError::Read { path, source } => AuditError::Read { path, source },
        LedgerError::Format { path } => AuditError::Format { path },
        _ => Fault::whole(ROOT, FaultKind::Altered),
    }
}

const PROOF: &str = "tokumei-proof-2";
