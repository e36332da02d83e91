//! What each action code does to one value: one file a code.
//!
//! PS3.15 2026d, Table E.1-1a.

pub mod characteristic;
pub mod clean;
pub mod date;
pub mod dummy;
pub mod keep;
pub mod uid;
pub mod zero_length;

use tokumei_core::Vr;
use tokumei_profile::Profile;
use tokumei_profile::policy::LeadingZeros;
use tokumei_pseudonym::canonical;

/// What happens to one node.
#[derive(Clone, PartialEq, Eq)]
pub enum Edit {
    /// The element goes, with all it holds.
    Remove,
    /// The value goes; a sequence keeps no item.
    Empty,
    /// The value becomes these bytes, under another VR where one is given.
    Value(Option<Vr>, Vec<u8>),
}

impl Edit {
    /// Returns an edit that writes text of the default repertoire.
    pub fn text(text: impl Into<String>) -> Edit {
        Edit::Value(None, text.into().into_bytes())
    }

    /// Returns how many bytes of its own it holds.
    pub fn size(&self) -> usize {
        if let Edit::Value(_, bytes) = self { bytes.len() } else { 0 }
    }

    /// Returns the length of the value it leaves, `None` when the element is gone or its length is not one of bytes.
    pub fn length(&self) -> Option<u64> {
        match self {
            Edit::Remove => None,
            Edit::Empty => Some(0),
            Edit::Value(_, bytes) => Some(bytes.len().next_multiple_of(2) as u64),
        }
    }
}

/// Returns the canonical form of a patient ID, by the profile's rule.
pub fn canonical(profile: &Profile, id: &str) -> String {
    let rule = &profile.policy().patient_id;
    let leading_zeros = match rule.leading_zeros {
        LeadingZeros::Keep => canonical::LeadingZeros::Keep,
        LeadingZeros::Strip => canonical::LeadingZeros::Strip,
        LeadingZeros::Pad(width) => canonical::LeadingZeros::Pad(width),
    };
    canonical::Rule { trim: rule.trim, nfkc: rule.nfkc, upper: rule.upper, leading_zeros }.apply(id)
}
