//! One decision, and what several come to.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use tokumei_audit::name_key;
use tokumei_core::Region;

/// One decision on record. Its fields stand in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The item it is about.
    pub item: String,
    /// What is to be hidden beside what the rules hide, in pixels of every frame: `[x, y, width, height]`.
    #[serde(serialize_with = "write_masks", deserialize_with = "read_masks")]
    pub masks: Vec<Region>,
    /// Its number, from 0.
    pub number: u64,
    /// A digest of the original, keyed with the vault's signing key.
    pub original: String,
    /// The digest of the line before it.
    pub previous: String,
    /// The hash of the profile.
    pub profile: String,
    /// Why, in the reviewer's words.
    pub reason: String,
    /// Who decided.
    pub reviewer: String,
    /// The id of the reason for which the instance is held back.
    pub settles: String,
    /// The signature over the rest.
    pub signature: String,
    /// What was decided.
    pub verdict: Verdict,
}

impl Decision {
    /// Returns the decision as one line of canonical JSON, without the line feed.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).expect("a decision has string keys and no floating point")
    }
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may leave.
    Approve,
    /// It stays.
    Reject,
}

/// Where an instance stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Somebody has to look at it, or somebody more.
    InReview,
    /// The next run releases it, if nothing else holds it back.
    Approved,
    /// It stays, until those who reject and approve agree otherwise.
    Rejected,
    /// It has left.
    Released,
}

impl ReviewState {
    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReviewState::InReview => "in-review",
            ReviewState::Approved => "approved",
            ReviewState::Rejected => "rejected",
            ReviewState::Released => "released",
        }
    }
}

/// What the decisions about one original under one profile come to, for one reason.
#[derive(Default)]
pub(super) struct Standing {
    rejected: bool,
    /// Who has approved, by what they want hidden: two people agree when they want the same hidden.
    approvals: BTreeMap<Vec<[u32; 4]>, BTreeSet<String>>,
}

impl Standing {
    pub(super) fn of<'a>(decisions: impl Iterator<Item = &'a Decision>, reason: &str) -> Standing {
        let mut standing = Standing::default();
        for decision in decisions {
            match decision.verdict {
                // A rejection is about the instance, whatever the reason was.
                Verdict::Reject => standing = Standing { rejected: true, ..Standing::default() },
                Verdict::Approve if decision.settles == reason => {
                    standing.rejected = false;
                    let masks = decision.masks.iter().map(rectangle).collect();
                    standing.approvals.entry(masks).or_default().insert(name_key(&decision.reviewer));
                }
                Verdict::Approve => standing.rejected = false,
            }
        }
        standing
    }

    /// Returns how many different people agree.
    pub(super) fn approvals(&self) -> u32 {
        let most = self.approvals.values().map(BTreeSet::len).max().unwrap_or(0);
        u32::try_from(most).unwrap_or(u32::MAX)
    }

    pub(super) fn state(&self, reviewers: u32) -> ReviewState {
        match () {
            () if self.rejected => ReviewState::Rejected,
            () if self.approvals() >= reviewers.max(1) => ReviewState::Approved,
            () => ReviewState::InReview,
        }
    }

    /// Returns what enough people want hidden, `None` where not enough agree. Where several groups do, all of it is hidden.
    pub(super) fn masks(&self, reviewers: u32) -> Option<Vec<Region>> {
        if self.state(reviewers) != ReviewState::Approved {
            return None;
        }
        let enough = self.approvals.iter().filter(|(_, people)| people.len() as u64 >= u64::from(reviewers.max(1)));
        let masks = enough.flat_map(|(masks, _)| masks.iter().copied());
        Some(masks.map(|[x, y, width, height]| Region { x, y, width, height }).collect())
    }
}

fn rectangle(region: &Region) -> [u32; 4] {
    [region.x, region.y, region.width, region.height]
}

fn write_masks<S: Serializer>(masks: &[Region], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(masks.iter().map(rectangle))
}

fn read_masks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Region>, D::Error> {
    let masks = Vec::<[u32; 4]>::deserialize(from)?;
    Ok(masks.into_iter().map(|[x, y, width, height]| Region { x, y, width, height }).collect())
}
