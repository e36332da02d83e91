//! One decision, and what several come to.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use tokumei_audit::name_key;
use tokumei_core::Region;
use tokumei_pixel::REJECTED;

/// One decision on record. Its fields stand in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// How many bytes the original has; none in records of programs that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// A digest of the beginning of the original, keyed as `original` is; none in records of programs that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The item it is about.
    pub item: String,
    /// The numbers of the rejections that it lifts; empty unless it opens an instance again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifts: Vec<u64>,
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
    /// Rejections that it names hold no longer: the instance is looked at anew.
    Reopen,
}

impl Verdict {
    /// Returns the word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Reject => "reject",
            Verdict::Reopen => "reopen",
        }
    }
}

/// Where an instance stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Somebody has to look at it, or somebody more.
    InReview,
    /// The next run releases it, if nothing else holds it back.
    Approved,
    /// It stays, until whoever has rejected it takes that back, or it is opened again.
    Rejected,
    /// It has left, and is one of those that somebody looks at.
    Sampled,
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
            ReviewState::Sampled => "sampled",
            ReviewState::Released => "released",
        }
    }
}

/// What the decisions about one original come to, for one reason to hold it back.
///
/// A rejection stands until the same person decides otherwise, or until somebody opens the instance again and names that
/// rejection. While one stands nobody else's approval counts, and the approvals given before it count no more: whoever gave
/// them did not know of it.
#[derive(Default)]
pub(super) struct Standing {
    /// The rejections that stand: number by who has rejected.
    rejections: BTreeMap<String, u64>,
    /// Whether anybody ever rejected it.
    objected: bool,
    /// Who has approved, by what they want hidden: two people agree when they want the same hidden.
    approvals: BTreeMap<Vec<[u32; 4]>, BTreeSet<String>>,
}

impl Standing {
    /// Follows the decisions about one original. Approvals count under the profile they were given under, for the reason they
    /// settle; where the reason is a rejection, whatever they settle.
    pub(super) fn of<'a>(decisions: impl Iterator<Item = &'a Decision>, profile: &str, reason: &str) -> Standing {
        let mut standing = Standing::default();
        for decision in decisions {
            let who = name_key(&decision.reviewer);
            match decision.verdict {
                Verdict::Reject => {
                    standing.rejections.insert(who, decision.number);
                    standing.objected = true;
                    standing.approvals.clear();
                }
                Verdict::Reopen => standing.rejections.retain(|_, number| !decision.lifts.contains(number)),
                Verdict::Approve => {
                    standing.rejections.remove(&who);
                    let settles = decision.settles == reason || standing.objected && reason == REJECTED;
                    if standing.rejections.is_empty() && settles && decision.profile == profile {
                        let masks = decision.masks.iter().map(rectangle).collect();
                        standing.approvals.entry(masks).or_default().insert(who);
                    }
                }
            }
        }
        standing
    }

    /// Tells whether anybody ever rejected it.
    pub(super) fn is_objected(&self) -> bool {
        self.objected
    }

    /// Returns the numbers of the rejections that stand, in their order.
    pub(super) fn rejections(&self) -> BTreeSet<u64> {
        self.rejections.values().copied().collect()
    }

    /// Returns how many different people agree.
    pub(super) fn approvals(&self) -> u32 {
        let most = self.approvals.values().map(BTreeSet::len).max().unwrap_or(0);
        u32::try_from(most).unwrap_or(u32::MAX)
    }

    pub(super) fn state(&self, reviewers: u32) -> ReviewState {
        match () {
            () if !self.rejections.is_empty() => ReviewState::Rejected,
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
