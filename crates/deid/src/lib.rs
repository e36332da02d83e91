//! Plans and applies the de-identification of one data set.
//!
//! [`plan`] is pure: the parsed data set, the profile and the pseudonyms go in, a [`Plan`] comes out that can be
//! shown, tested, logged and applied. [`apply`] turns it into patches that the wire room splices into the original
//! bytes, so what no rule touches stays byte for byte what it was. Nothing here does I/O, and nothing here decides
//! what a rule says: that is the profile's.
//!
//! PS3.15 2026d, Annex E.

mod action;
mod apply;
mod document;
mod evidence;
mod harvest;
mod identity;
mod marks;
mod other_ids;
mod pixels;
mod plan;
mod private;
mod remembered;
mod replaced;
#[doc(hidden)]
pub mod replay;
mod scope;
mod settle;
mod structured;
mod value;
mod walk;

pub use apply::{ApplyError, apply};
pub use evidence::{Evidence, evidence, spelled_out};
pub use harvest::Statements;
pub use identity::{Identity, Person, canonical_id, identity, person, pseudonym_of, stated, study_of};
pub use other_ids::{OtherId, states_other_ids};
pub use pixels::{PixelPatch, PixelWork};
pub use plan::{Place, Plan, Planned, plan};
pub use replaced::replaced_uids;

use tokumei_core::{Reason, State};
use tokumei_profile::Profile;
use tokumei_pseudonym::Pseudonyms;

/// UID of this implementation, written to ImplementationClassUID (0002,0012) (PS3.7 2026d, D.3.3.2).
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.91536710836212936047713853041230165913";

/// Name of this implementation, written to ImplementationVersionName (0002,0013).
pub const IMPLEMENTATION_VERSION_NAME: &str = concat!("TOKUMEI_", env!("CARGO_PKG_VERSION"));

/// Name and version of the program, as written to DeidentificationMethod (0012,0063).
pub const METHOD: &str = concat!("tokumei ", env!("CARGO_PKG_VERSION"));

/// What a plan is made with, the same for every instance of a run.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The compiled profile.
    pub profile: &'a Profile,
    /// The keyed pseudonyms.
    pub pseudonyms: &'a Pseudonyms,
    /// Namespace of patient IDs, `--site`.
    pub site: &'a str,
}

/// Why a data set gets no plan: it is excluded by rule, or a human has to decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// [`State::Excluded`] or [`State::Quarantined`].
    pub state: State,
    /// The reason, without any value of the original.
    pub reason: Reason,
}

impl Held {
    pub(crate) fn quarantined(reason: Reason) -> Self {
        Held { state: State::Quarantined, reason }
    }

    pub(crate) fn excluded(reason: Reason) -> Self {
        Held { state: State::Excluded, reason }
    }
}
