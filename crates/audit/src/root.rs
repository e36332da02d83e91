//! The paper over a ledger: what the release was made with, what became of its inputs, and the root.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of ledger and root that this crate writes and reads.
pub const FORMAT: &str = "tokumei-ledger-1";

/// The content of `audit/root.json`. Its fields stand in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// How many discovered files ended in each state, by its word.
    pub counts: BTreeMap<String, u64>,
    /// How outputs were digested: `sha256` or `off`.
    pub digest: String,
    /// The edition of the standard behind the rules, `2026d`.
    pub edition: String,
    /// [`FORMAT`].
    pub format: String,
    /// The id of the key; none when the key was destroyed.
    pub key: Option<String>,
    /// How many leaves the ledger has.
    pub leaves: u64,
    /// The Merkle root over the leaves in hexadecimal.
    pub merkle_root: String,
    /// What else a later run into this release must have in common with it.
    pub parameters: BTreeMap<String, String>,
    /// The profile.
    pub profile: ProfileMark,
    /// How many files ended in a state for a reason, by the words of both.
    pub reasons: BTreeMap<String, BTreeMap<String, u64>>,
    /// The name and version of the program.
    pub tool: String,
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

impl Root {
    /// Returns the paper as one line of canonical JSON, with the line feed.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("a root has string keys and no floating point");
        line.push('\n');
        line
    }
}
