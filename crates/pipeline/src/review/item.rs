//! One instance that waits for people, or has.

use super::{Decision, ReviewError, ReviewState, Sight, reason_id};
use std::collections::BTreeSet;
use std::path::PathBuf;
use tokumei_audit::name_key;
use tokumei_core::{Reason, Region, State};

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
    /// Whether people can settle the reason by looking at the picture, or may say of what has left that it is good.
    pub approvable: bool,
    /// How many different people agree that it may leave.
    pub approvals: u32,
    /// The rejections that stand, in their order. As long as there is one, nobody else's approval counts.
    pub rejections: Vec<Decision>,
    /// Whether its output is in the release.
    pub is_out: bool,
    /// The output, where it is in the release and the release is known: what is looked at then.
    pub output: Option<PathBuf>,
    /// Whether there are decisions about other bytes of the original, or under another profile.
    pub outdated: bool,
    /// Changes with every decision about it, with its state and its reason, and with the original's size and time: what a
    /// reviewer has in view is what is there as long as the stamp is the same.
    pub stamp: String,
    /// All decisions about it, in their order.
    pub decisions: Vec<Decision>,
}

impl Item {
    pub(super) fn may_be_approved(
        &self,
        who: &str,
        masks: &[Region],
        sight: &mut dyn FnMut() -> Result<Sight, (State, Reason)>,
    ) -> Result<(), ReviewError> {
        let item = || self.id.clone();
        // Of what has left, people may say that it is good; to hide more of it, it has to come back first.
        if self.is_out && !masks.is_empty() {
            return Err(ReviewError::Released { item: item() });
        }
        if let Some(other) = self.rejections.iter().find(|rejection| name_key(&rejection.reviewer) != who) {
            return Err(ReviewError::Rejected { item: item(), reviewer: other.reviewer.clone() });
        }
        if !self.approvable {
            return Err(ReviewError::NotApprovable { item: item(), reason: reason_id(&self.reason).to_owned() });
        }
        let sight = sight().map_err(|(_, reason)| ReviewError::Unseen { item: item(), reason })?;
        let (columns, rows) = sight.size;
        let hides = |mask: &Region| mask.width > 0 && mask.height > 0 && mask.x < columns && mask.y < rows;
        match masks.iter().find(|mask| !hides(mask)) {
            Some(mask) => Err(ReviewError::MaskOutside { mask: *mask, size: sight.size }),
            None => Ok(()),
        }
    }

    pub(super) fn may_be_opened_again(&self, lifts: &[u64]) -> Result<(), ReviewError> {
        let stand: BTreeSet<u64> = self.rejections.iter().map(|rejection| rejection.number).collect();
        let known = !lifts.is_empty() && lifts.iter().all(|number| stand.contains(number));
        if known { Ok(()) } else { Err(ReviewError::NotRejected { item: self.id.clone() }) }
    }
}
