//! Profiles: which attribute gets which action, by which rule, and why.
//!
//! A profile is a TOML text. Loading checks it and compiles it to a decision table: the tables of the standard with the
//! options that are on, a layer of our own for what the tables forget, the policies, and the rules of the file, in this
//! order. This room decides; it neither reads nor writes DICOM.
//!
//! ```
//! use tokumei_core::{ActionCode, Tag};
//! use tokumei_profile::{Profile, resolve};
//! let profile = Profile::load("pseudonymized")?;
//! let decision = profile.decide(Tag(0x0010, 0x0020));
//! let sop_class = "1.2.840.10008.5.1.4.1.1.2";
//! let kind = tokumei_standard::attribute_type(sop_class, &[Tag(0x0010, 0x0020)]);
//! assert_eq!(resolve(decision.code, kind, true), ActionCode::Z);
//! # Ok::<(), tokumei_profile::ProfileError>(())
//! ```

mod beyond;
mod builtin;
mod canonical;
mod compile;
mod conformance;
mod decision;
pub mod devices;
mod error;
mod explain;
mod fallback;
mod file;
mod import;
pub mod legal;
mod lint;
mod load;
mod option_cell;
mod pixels;
pub mod policy;
mod private;
mod profile;
mod selector;
mod show;
mod site;
mod text;
mod words;

pub use conformance::conformance;
pub use decision::{CleanAs, Decision, Layer, Rule, resolve};
pub use error::{Place, ProfileError};
pub use explain::{Column, Explanation, explain};
pub use file::LegalClass;
pub use import::{Import, import_ctp};
pub use lint::{Finding, Severity, lint};
pub use policy::Policy;
pub use profile::Profile;
pub use selector::Selector;
pub use show::{Diff, Difference, Listed, Shown, ShownRow, diff, list, show};
pub use site::SiteRule;
pub use text::{Bilingual, Lang, Why};
pub use words::{meaning, option_title};
