//! The chain over the runs of a release, `audit/chain.jsonl`: one signed entry for each that changed it. No clock, host or path.

use crate::root::check;
use crate::{ChainEnd, ChainError, PublicKey, Root, SignatureError, Signer, digest, follow_chain};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::Read;

/// What one run left. The fields stand in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunEntry {
    /// How many leaves the ledger had.
    pub leaves: u64,
    /// The Merkle root over them.
    pub merkle_root: String,
    /// The number of the entry, from 0.
    pub number: u64,
    /// The hash of the entry before it.
    pub previous: String,
    /// The hash of the profile.
    pub profile: String,
    /// The signature over all the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The public key it can be checked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// SHA-256 of what the root stated.
    pub statement: String,
    /// The name and version of the program.
    pub tool: String,
}

impl RunEntry {
    /// Returns the signed entry of a root behind the end of a chain.
    pub fn new(end: &ChainEnd, root: &Root, signer: &Signer) -> RunEntry {
        let mut entry = RunEntry {
            leaves: root.leaves,
            merkle_root: root.merkle_root.clone(),
            number: end.entries,
            previous: end.last.clone(),
            profile: root.profile.hash.clone(),
            signature: None,
            signer: None,
            statement: digest(root.statement().as_bytes()),
            tool: root.tool.clone(),
        };
        entry.signature = Some(signer.sign(KIND, entry.statement_line().as_bytes()));
        entry.signer = Some(signer.public().to_string());
        entry
    }

    /// Returns the entry as one line of canonical JSON, without the line feed.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("an entry has string keys and no floating point")
    }

    fn statement_line(&self) -> String {
        RunEntry { signature: None, signer: None, ..self.clone() }.line()
    }

    fn check(&self) -> Result<PublicKey, SignatureError> {
        check(self.signer.as_deref(), self.signature.as_deref(), KIND, self.statement_line().as_bytes(), None)
    }
}

const KIND: &str = "tokumei-run-1";

/// What a chain over runs holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Runs {
    /// How many runs have changed the release.
    pub entries: u64,
    /// How many of their entries were signed by another key than the last one, which vouches for them.
    pub other_signers: u64,
    /// The public keys that have signed entries, the last one's among them.
    pub signers: BTreeSet<String>,
}

/// Follows the chain over a release's runs to the root it must end at.
///
/// # Errors
/// [`ChainError`] of the first entry that is not as it was signed.
pub fn verify_runs(chain: impl Read, root: &Root) -> Result<Runs, ChainError> {
    let mut signers = Vec::new();
    let mut last = None;
    follow_chain(chain, |number, line| {
        let entry: RunEntry = serde_json::from_slice(line).map_err(|_| ChainError::Malformed { entry: number })?;
        if entry.line().as_bytes() != line {
            return Err(ChainError::Malformed { entry: number });
        }
        signers.push(entry.check().map_err(|_| ChainError::Signature { entry: number })?);
        last = Some(entry);
        Ok(())
    })?;
    let entries = signers.len() as u64;
    // The end of the chain is what the root states now; where it is not, entries behind it are gone.
    let ends = last.is_some_and(|last: RunEntry| {
        last.statement == digest(root.statement().as_bytes()) && last.signer == root.signer
    });
    if !ends {
        return Err(ChainError::CutOff { entry: entries });
    }
    let other_signers = signers.iter().filter(|signer| Some(signer.to_string()) != root.signer).count() as u64;
    let signers = signers.iter().map(ToString::to_string).collect();
    Ok(Runs { entries, other_signers, signers })
}
