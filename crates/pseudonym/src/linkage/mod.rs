//! The linkage table (対応表): which person a pseudonym stands for, for those who hold the private key of the table.
//!
//! Each row is encrypted with age (X25519) to the public keys of its recipients. So the machine that exports can add rows
//! and cannot read them: two duties, two people. Whoever holds the *project key* can still compute the pseudonym of a
//! person they think of, and so test a guess; the table takes nothing away from that.
//!
//! A row stands on one line: a keyed mark, by which a later run knows that it has written the row already and a withdrawal
//! finds the rows of a person, the encrypted row, and a digest of the line, by which a line that broke off shows.

mod identity;
mod table;
mod withdrawn;

pub use identity::{Identity, Recipient};
pub use table::{Table, destroy, remove, rows};
pub use withdrawn::Withdrawn;

use crate::Pseudonyms;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// One person of the table. It holds originals and has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What the patient ID is unique in.
    pub namespace: String,
    /// The canonical patient ID; empty where the original had none, so that a study stands for its patient.
    pub id: String,
    /// The patient ID as the original states it.
    pub stated: String,
    /// The issuer as the original states it.
    pub issuer: String,
    /// The pseudonym.
    pub pseudonym: String,
    /// The days by which dates moved, where the profile moves them.
    pub shift_days: Option<i64>,
    /// Name and hash of the profile.
    pub profile: String,
    /// The person's other patient IDs, with their issuers, as far as the originals state them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<(String, String)>,
    /// Original and new Study Instance UIDs, where no key will give the new ones again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub studies: Vec<(String, String)>,
}

impl Row {
    /// Returns the mark of the row: that of its person, and that of all it says. To whoever has no project key it tells which
    /// rows are of one person, and nothing else.
    pub(crate) fn mark(&self, pseudonyms: &Pseudonyms) -> String {
        let digest = pseudonyms.keyed_digest("linkage-row", self.text().as_bytes());
        person_mark(&self.pseudonym, pseudonyms) + &hex(&digest[..16])
    }

    fn text(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(serde_json::to_string(self).expect("a row has string keys and no floating point"))
    }
}

/// Returns how the marks of all rows of a person begin.
pub(crate) fn person_mark(pseudonym: &str, pseudonyms: &Pseudonyms) -> String {
    hex(&pseudonyms.keyed_digest("linkage-person", pseudonym.as_bytes())[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What went wrong with a table. Never a value of a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkageError {
    /// A file could not be read or written.
    #[error("{} could not be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than its owner may read or write a file.
    #[error("{} has mode {mode:03o}", path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another process holds the table.
    #[error("another process holds {}", path.display())]
    Busy {
        /// The table.
        path: PathBuf,
    },
    /// A line in the midst of the table is not as it was written.
    #[error("line {line} of {} is damaged", path.display())]
    Damaged {
        /// The table.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// A text is not the public key of a recipient.
    #[error("that is no public key of age")]
    Recipient,
    /// A file holds no private key.
    #[error("{} holds no private key of age", path.display())]
    NoIdentity {
        /// The file.
        path: PathBuf,
    },
    /// No row of the table was written for this private key.
    #[error("the private key opens no row of {}", path.display())]
    WrongKey {
        /// The table.
        path: PathBuf,
    },
    /// A row could not be encrypted.
    #[error("a row could not be encrypted")]
    Encrypt,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}
