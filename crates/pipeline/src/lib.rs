//! The road of one instance, and of many.
//!
//! [`run`] discovers files, reads all heads to know who is who, then takes each instance from its head to its final
//! name: plan, pixel assessment, staging, guard, name, journal; and at the end writes ledger, root and manifests.
//! Outputs are a pure function of input, profile and key, so the order of work never shows in a release.
//!
//! It decides nothing about attributes or pixels, and knows neither arguments nor a terminal.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//! use tokumei_pipeline::{Config, run};
//! use tokumei_profile::Profile;
//! let config = Config::new(Profile::load("pseudonymized")?, vec!["in".into()], "release".into());
//! let report = run(&config, &AtomicBool::new(false), &())?;
//! println!("{:?}", report.counts());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ahead;
mod begun;
mod certificate;
mod config;
mod consent;
mod csv;
mod discover;
mod error;
pub mod execution;
mod found;
mod gate;
mod grown;
mod guarded;
mod handed;
mod heads;
mod identities;
mod ids;
mod index;
mod index_file;
mod inspect;
mod journal;
mod kept;
mod kin;
mod leaf;
mod linkage;
mod merge;
mod note;
mod observer;
mod original;
mod output;
mod papers;
mod paths;
mod places;
mod put;
mod readmission;
mod report;
pub mod review;
mod road;
mod run;
mod seal;
mod searched;
mod select;
mod sheet;
mod stage;
mod standing;
mod strays;
mod study;
mod tally;
mod texts;
mod timing;
mod treat;
mod treatments;
mod vault;
mod withdraw;
mod witness;
mod written_date;

pub use certificate::{CertificateError, CertificateRequest, Issued, certify};
pub use config::{Config, Digest, Flush, GuardScope, Shard};
pub use consent::{Consent, ConsentError, Purpose, Unknown};
pub use error::{Difference, RunError};
pub use execution::{ClockState, ExecutionLog};
pub use found::{Asked, Who};
pub use identities::{Naming, SamePerson, Unclear};
pub use ids::{IdColumns, IdsError, Mapped, map_ids};
pub use inspect::{Inspection, View, inspect, pictures};
pub use linkage::{Linked, table_of};
pub use merge::{MergeRequest, UniteError, United, merge};
pub use observer::{Event, Observer};
pub use paths::path_from_index;
pub use report::{Hidden, Report, Row, Stop};
pub use run::run;
pub use searched::HELD_BY_TEXT;
pub use select::{Pattern, Selection};
pub use sheet::{SheetError, patients};
pub use standing::check_standing;
pub use texts::texts;
pub use timing::Part;
pub use tokumei_pixel::{Effort, MaskRules, Picture, Preview, Request};
pub use vault::{check_mode, signer_of};
pub use withdraw::{Sought, WithdrawError, Withdrawal, WithdrawalRequest, sought, withdraw};
pub use written_date::parse_day;
