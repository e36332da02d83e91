//! The audit ledger of a release: leaves, their Merkle root, and the paper that states both.
//!
//! A leaf is one line of canonical JSON: keys sorted, no spaces, no floating point, so equal leaves are equal
//! bytes. What was done to the data elements stands beside, once for all instances that look alike, and a leaf names it by its
//! digest. It is not an event log: nothing here has a time or a host, and no leaf holds a value of the original.
//!
//! ```
//! use tokumei_audit::{Leaf, LedgerWriter};
//! use tokumei_core::State;
//! let leaf = Leaf::new("2.25.1", "9f86d081", State::Released);
//! let mut ledger = LedgerWriter::new(Vec::new());
//! ledger.push("2.25.1", leaf.line().as_bytes())?;
//! let (lines, seal) = ledger.finish()?;
//! assert_eq!(seal.leaves, 1);
//! assert!(lines.ends_with(b"\n"));
//! # Ok::<(), tokumei_audit::LedgerError>(())
//! ```

mod chain;
mod check;
pub mod dataset;
mod fault;
mod leaf;
mod ledger;
mod lines;
mod manifest;
mod merge;
mod merkle;
mod name;
mod people;
mod proof;
mod root;
mod runs;
mod signing;
mod treatment;
mod words;

pub use chain::{BEGINNING, ChainEnd, ChainError, digest, follow_chain};
pub use check::{FileScrutiny, Scrutiny, TREATMENTS, Verified, find_treatment, verify_release};
pub use fault::{AuditError, Fault, FaultKind};
pub use leaf::{Leaf, Look, Mask, treatment_of};
pub use ledger::{Leaves, LedgerError, LedgerWriter, Seal, read_ledger, verify_root};
pub use lines::Difference;
pub use manifest::ManifestRow;
pub use merge::{Merge, MergeError, Merged, SHARES};
pub use merkle::{Tree, inclusion_path, leaf_hash, root_by_path};
pub use name::name_key;
pub use people::{Absent, Certificate, Neighbour, People};
pub use proof::Proof;
pub use root::{DatasetMark, FORMAT, ListMark, PeopleMark, ProfileMark, Root, SignatureError};
pub use runs::{RunEntry, Runs, verify_runs};
pub use signing::{NoPublicKey, PublicKey, Signer, SigningError};
pub use treatment::{Lengths, Step, Treatment, read_lengths, write_lengths};
