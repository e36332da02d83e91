//! The paper over a ledger: what the release was made with, what became of its inputs, and the root.

use crate::{PublicKey, Signer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of ledger and root that this crate writes and reads.
pub const FORMAT: &str = "tokumei-ledger-2";

/// The content of `audit/root.json`. Its fields stand in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// How many discovered files ended in each state, by its word.
    pub counts: BTreeMap<String, u64>,
    /// The last version of the data set, where the release was frozen: without it nobody would miss one that was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetMark>,
    /// How outputs were digested: `sha256` or `off`.
    pub digest: String,
    /// The edition of the standard behind the rules, `2026d`.
    pub edition: String,
    /// The vault's list of those whom consent has kept out, where there is any: a list that has not this one at its head has
    /// lost people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<ListMark>,
    /// [`FORMAT`].
    pub format: String,
    /// The id of the key; none when the key was destroyed.
    pub key: Option<String>,
    /// How many leaves the ledger has.
    pub leaves: u64,
    /// The Merkle root over the leaves in hexadecimal.
    pub merkle_root: String,
    /// SHA-256 of the release's other papers, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub papers: BTreeMap<String, String>,
    /// What else a later run into this release must have in common with it.
    pub parameters: BTreeMap<String, String>,
    /// The tree over the people of whom the release holds something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<PeopleMark>,
    /// The profile.
    pub profile: ProfileMark,
    /// How many files ended in a state for a reason, by the words of both.
    pub reasons: BTreeMap<String, BTreeMap<String, u64>>,
    /// The signature over all the rest, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The public key it can be checked with, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// What was searched for burned-in text in what is in the release: `instances` looked at, `searched` by the detector, `found`
    /// with text, `masked` rectangles of it, `frames` and `frames-searched`, and `frames-held` of what waits for a human because of text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub text: BTreeMap<String, u64>,
    /// The name and version of the program.
    pub tool: String,
    /// The vault's list of those who have withdrawn, where there is any: a list that has not this one at its head has lost
    /// people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<ListMark>,
}

/// The last version of a data set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetMark {
    /// SHA-256 of its statement, in hexadecimal.
    pub digest: String,
    /// Its number.
    pub version: u32,
}

/// How long a list of people in a vault was, and a digest of it. It tells of nobody: what stands in such a list is keyed, or
/// salted with random bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListMark {
    /// How many entries it had; a person may have several.
    pub count: u64,
    /// SHA-256 over them, in hexadecimal.
    pub digest: String,
}

/// Which profile made a release.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileMark {
    /// The hash of its canonical form.
    pub hash: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A tree over people's blinded identifiers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeopleMark {
    /// How many people there are.
    pub count: u64,
    /// The Merkle root over their sorted identifiers, in hexadecimal.
    pub root: String,
}

impl Root {
    /// Returns what is signed: the paper without signature and signer, a pure function of input, profile, key and program.
    pub fn statement(&self) -> String {
        let plain = Root { signature: None, signer: None, ..self.clone() };
        serde_json::to_string(&plain).expect("a root has string keys and no floating point")
    }

    /// Returns the digest of what the paper states of the release, whether that was frozen or not.
    pub fn state(&self) -> String {
        let unfrozen = Root { dataset: None, ..self.clone() };
        crate::digest(unfrozen.statement().as_bytes())
    }

    /// Returns the paper signed.
    pub fn signed_by(mut self, signer: &Signer) -> Root {
        self.signature = Some(signer.sign(FORMAT, self.statement().as_bytes()));
        self.signer = Some(signer.public().to_string());
        self
    }

    /// Returns the key that has signed the paper, which is `wanted` where that is given.
    ///
    /// # Errors
    /// [`SignatureError`] when it is not signed, is signed by another, or was changed since.
    pub fn check_signature(&self, wanted: Option<&PublicKey>) -> Result<PublicKey, SignatureError> {
        check(self.signer.as_deref(), self.signature.as_deref(), FORMAT, self.statement().as_bytes(), wanted)
    }

    /// Returns the paper as one line of canonical JSON, with the line feed.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("a root has string keys and no floating point");
        line.push('\n');
        line
    }
}

/// Checks a signature under a paper.
pub(crate) fn check(
    signer: Option<&str>,
    signature: Option<&str>,
    kind: &str,
    statement: &[u8],
    wanted: Option<&PublicKey>,
) -> Result<PublicKey, SignatureError> {
    let (Some(signer), Some(signature)) = (signer, signature) else { return Err(SignatureError::Missing) };
    let key: PublicKey = signer.parse().map_err(|_| SignatureError::Wrong)?;
    if wanted.is_some_and(|wanted| *wanted != key) {
        return Err(SignatureError::OtherSigner { signer: key.to_string() });
    }
    if key.signed(kind, statement, signature) { Ok(key) } else { Err(SignatureError::Wrong) }
}

/// Why a signature does not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is none.
    #[error("it is not signed")]
    Missing,
    /// Another key has signed.
    #[error("it is signed with the key {signer}, not the one given")]
    OtherSigner {
        /// The public key it names.
        signer: String,
    },
    /// What was signed is something else.
    #[error("it is not what was signed")]
    Wrong,
}
