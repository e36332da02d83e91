//! Keyed pseudonyms: patients, UIDs, short identifiers, date shifts and digests.
//!
//! The only room that sees the project key. Everything here is a pure function of the key, the settings and
//! the original value: no counter, no clock, no order of arrival, so two runs, threads or machines agree.
//! Originals are held by the [`linkage`] table alone, encrypted to a key that this machine need not have.
//!
//! ```
//! use tokumei_pseudonym::{ProjectKey, Pseudonyms, Settings};
//! let pseudonyms = Pseudonyms::new(&ProjectKey::from_bytes([7; 32]), Settings::default());
//! let patient = pseudonyms.patient("site", "0012345");
//! assert_eq!(patient.pseudonym().len(), 16);
//! assert!((-3650..=-30).contains(&patient.shift_days()));
//! assert_eq!(pseudonyms.uid("1.2.840.10008.1.2"), "1.2.840.10008.1.2");
//! ```

pub mod canonical;
pub mod date;
mod digest;
mod key;
mod letters;
pub mod linkage;
mod mac;
mod pseudonyms;

pub use digest::KeyedDigest;
pub use key::{KeyError, KeyId, ProjectKey};
pub use pseudonyms::{IdKind, Patient, Pseudonyms, Settings, is_well_known_uid};
