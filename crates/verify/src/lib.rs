//! Looks at a finished release with other eyes.
//!
//! The parser is that of dicom-rs, the character sets are those of `tokumei-text`, the rules those of the profile: not a
//! line of what wrote the release is used. What this reader cannot read is reported as not checked, never passed over.
//! A finding names a check, a file and a place, never a value.

mod across;
mod check;
mod error;
mod files;
mod form;
mod instance;
mod originals;
mod papers;
mod pixels;
mod report;
mod single;
mod uid;
mod vault;
mod verify;

pub use check::{Check, Severity};
pub use error::VerifyError;
pub use report::{Finding, NotChecked, Report};
pub use verify::{Options, verify};
