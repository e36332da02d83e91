//! One instance that waits for people, or has.

use super::{Decision, ReviewState};
use std::path::PathBuf;

/// One instance that waits for people, or has. It names the original: for the operator and the vault alone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Item {
    /// Its id: the name of its file in the vault's quarantine.
    pub id: String,
    /// The original.
    pub source: PathBuf,
    /// Why it is held back: id and place.
    pub reason: String,
    /// Where it stands.
    pub state: ReviewState,
    /// Whether people can settle the reason by looking at the picture.
    pub approvable: bool,
    /// How many different people agree that it may leave.
    pub approvals: u32,
    /// Whether there are decisions about other bytes of the original, or under another profile.
    pub outdated: bool,
    /// Changes with every decision about it, with its state and its reason, and with the original's size and time: what a
    /// reviewer has in view is what is there as long as the stamp is the same.
    pub stamp: String,
    /// All decisions about it, in their order.
    pub decisions: Vec<Decision>,
}
