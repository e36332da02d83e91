//! Human review: what people decide about instances that wait in quarantine, and what a run may do with it.
//!
//! An instance is in review, approved or rejected; an approved one is released by the next run, which takes the same road
//! with it as with any other. A rejection stands until whoever made it decides otherwise, or somebody opens the instance again
//! and names the rejection; an instance that was released before leaves the release with the next run. Nothing but a decision on record changes a state, and no decision settles anything but the
//! reason it was made for: see [`APPROVABLE`]. A decision is bound to the bytes of the original and to the profile, so that
//! a changed original, or another profile, needs a new one.
//!
//! ```no_run
//! use tokumei_pipeline::MaskRules;
//! use tokumei_pipeline::review::{Decide, Opened, Review, Verdict};
//! let mut review = Review::open("export.vault".as_ref())?;
//! let profile = tokumei_profile::Profile::load("pseudonymized")?;
//! let item = review.items(1, profile.hash())?.remove(0);
//! let (reviewer, reason) = ("Ito Ken", "the text names a device");
//! let mut opened = Opened::open(&item.source, &profile, &MaskRules::default()).map_err(|(_, why)| why.to_string())?;
//! let decide = Decide { reviewer, reason, verdict: Verdict::Approve, masks: &[], lifts: &[], seen: Some(&item.stamp) };
//! review.decide(&item, &decide, &mut || opened.sight(), 1, profile.hash())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decision;
mod item;
mod known;
mod log;
mod look;
mod outputs;

pub use decision::{Decision, ReviewState, Verdict};
pub use item::Item;
pub use look::{Glance, Opened, Sight};
pub use outputs::Outputs;
pub use tokumei_pixel::{APPROVABLE, REJECTED, Shown, Window};

pub(crate) use log::{Approvals, Objection};

use crate::index_file;
use decision::Standing;
use known::Known;
use log::Log;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{ChainError, SigningError, name_key};
use tokumei_core::{Reason, Region, State};

/// The review of one vault.
pub struct Review {
    vault: PathBuf,
    log: Log,
    known: Known,
    outputs: Outputs,
}

/// A decision to be made.
#[derive(Clone, Copy, Debug)]
pub struct Decide<'a> {
    /// Who makes it.
    pub reviewer: &'a str,
    /// Why.
    pub reason: &'a str,
    /// What it is.
    pub verdict: Verdict,
    /// What is to be hidden, in every frame.
    pub masks: &'a [Region],
    /// The numbers of the rejections that [`Verdict::Reopen`] lifts; empty for other verdicts.
    pub lifts: &'a [u64],
    /// The [`Item::stamp`] of what the reviewer had in view; `None` decides about whatever is there now.
    pub seen: Option<&'a str>,
}

impl Review {
    /// Opens the review of a vault and follows its decisions from the first to the last.
    ///
    /// # Errors
    /// [`ReviewError`] when there is no vault, or a decision is not as it was signed.
    pub fn open(vault: &Path) -> Result<Review, ReviewError> {
        if !vault.join("index.csv").is_file() {
            return Err(ReviewError::NoVault { path: vault.to_owned() });
        }
        Ok(Review {
            vault: vault.to_owned(),
            log: Log::open(vault)?,
            known: Known::default(),
            outputs: Outputs::default(),
        })
    }

    /// Reads the decisions again: others may have decided since.
    ///
    /// # Errors
    /// As [`Review::open`].
    pub fn refresh(&mut self) -> Result<(), ReviewError> {
        self.log = Log::open(&self.vault)?;
        Ok(())
    }

    /// Returns every instance that waits in quarantine, has been decided about or is to be [looked at](Self::look_at), in the
    /// order of the sources.
    ///
    /// `reviewers` is how many different people must approve and `profile` the hash of the profile, as the release has it.
    ///
    /// # Errors
    /// [`ReviewError::Io`] when the vault cannot be read.
    pub fn items(&self, reviewers: u32, profile: &str) -> Result<Vec<Item>, ReviewError> {
        let path = self.vault.join("index.csv");
        let lines = index_file::read(&path).map_err(|source| ReviewError::Io { path, source })?;
        let item = |line: &index_file::Line| {
            let id = outputs::id_of(&line.source);
            let decisions: Vec<Decision> = self.log.about(&id).cloned().collect();
            let waits = line.state == State::Quarantined || self.outputs.holds(line);
            (waits || !decisions.is_empty()).then(|| self.item(id, line, decisions, reviewers, profile))
        };
        let mut items: Vec<Item> = lines.iter().filter_map(item).collect();
        items.extend(self.nameless(&lines, reviewers, profile));
        Ok(items)
    }

    fn item(
        &self,
        id: String,
        line: &index_file::Line,
        decisions: Vec<Decision>,
        reviewers: u32,
        profile: &str,
    ) -> Item {
        let source = crate::path_from_index(&line.source);
        let released = line.state == State::Released;
        let now = match decisions.is_empty() {
            true => None,
            false => self.known.original(&source, || self.log.original(&source)).ok(),
        };
        // What left has left, and its original may have gone or changed since: rejections of it stand until they are lifted.
        let stays = |decision: &&Decision| released && (now.is_none() || decision.verdict != Verdict::Approve);
        let bound = |decision: &&Decision| Some(&decision.original) == now.as_ref() || stays(decision);
        // What has left is no longer held back; the last approval says for what it was.
        let settled = settled(&decisions).filter(|_| released);
        let standing =
            Standing::of(decisions.iter().filter(bound), profile, settled.unwrap_or(reason_id(&line.reason)));
        let state = match standing.state(reviewers) {
            ReviewState::Rejected => ReviewState::Rejected,
            _ if released => {
                let good = decisions.iter().filter(bound).filter(|decision| decision.verdict == Verdict::Approve);
                let people: BTreeSet<String> = good.map(|decision| name_key(&decision.reviewer)).collect();
                let enough = people.len() >= reviewers.max(1) as usize;
                outputs::standing_of_output(enough, self.outputs.files.contains(&line.release))
            }
            state => state,
        };
        let stamp = known::stamp(line, &decisions, profile, &source);
        let stands = standing.rejections();
        let holds = |decision: &&Decision| bound(decision) && decision.profile == profile;
        Item {
            approvable: released || line.state == State::Quarantined && APPROVABLE.contains(&reason_id(&line.reason)),
            approvals: standing.approvals(),
            rejections: decisions.iter().filter(|decision| stands.contains(&decision.number)).cloned().collect(),
            is_out: released,
            output: self.outputs.place(line),
            outdated: decisions.len() > decisions.iter().filter(holds).count(),
            id,
            source,
            reason: line.reason.clone(),
            state,
            stamp,
            decisions,
        }
    }

    /// Puts a decision on record and waits until it is on the disk. Returns the item as it stands now.
    ///
    /// `sight` tries whether the instance can be shown; it is asked when somebody approves.
    ///
    /// # Errors
    /// As [`Review::check`], [`ReviewError::Original`] when the original cannot be read, [`ReviewError::Io`] when the record
    /// cannot be written; nothing was put on record then.
    pub fn decide(
        &mut self,
        item: &Item,
        decide: &Decide<'_>,
        sight: &mut dyn FnMut() -> Result<Sight, (State, Reason)>,
        reviewers: u32,
        profile: &str,
    ) -> Result<Item, ReviewError> {
        self.check(item, decide, sight)?;
        let mut masks = decide.masks.to_vec();
        masks.sort_unstable_by_key(|mask| (mask.x, mask.y, mask.width, mask.height));
        masks.dedup();
        let at = |source| ReviewError::Original { path: item.source.clone(), source };
        let original = self.log.original(&item.source).map_err(at)?;
        let (bytes, head) = self.log.beginning(&item.source).map_err(at)?;
        let lifts: BTreeSet<u64> = decide.lifts.iter().copied().collect();
        self.log.append(Decision {
            bytes: Some(bytes),
            head: Some(head),
            item: item.id.clone(),
            lifts: lifts.into_iter().collect(),
            masks,
            number: 0,
            original,
            previous: String::new(),
            profile: profile.to_owned(),
            reason: decide.reason.trim().to_owned(),
            reviewer: plain(decide.reviewer),
            settles: settles(item).to_owned(),
            signature: String::new(),
            verdict: decide.verdict,
        })?;
        let id = &item.id;
        let items = self.items(reviewers, profile)?;
        items.into_iter().find(|one| one.id == *id).ok_or_else(|| ReviewError::Released { item: id.clone() })
    }

    /// Tells whether a decision may be put on record. The rules are these and no others, whoever asks: commands or the page.
    ///
    /// # Errors
    /// [`ReviewError::Nameless`] without reviewer or reason, [`ReviewError::Stale`] where the item is no longer what the
    /// reviewer had in view, [`ReviewError::Released`] where more is to be hidden of what has left, [`ReviewError::NotApprovable`] where no
    /// look at the picture can settle the reason, [`ReviewError::Rejected`] where somebody else has rejected it,
    /// [`ReviewError::NotRejected`] where there is no such rejection to lift, [`ReviewError::Unseen`] where what is approved
    /// cannot be shown, [`ReviewError::MaskOutside`] where a mask hides nothing of the image.
    pub fn check(
        &self,
        item: &Item,
        decide: &Decide<'_>,
        sight: &mut dyn FnMut() -> Result<Sight, (State, Reason)>,
    ) -> Result<(), ReviewError> {
        let who = name_key(&plain(decide.reviewer));
        if who.is_empty() || decide.reason.trim().is_empty() {
            return Err(ReviewError::Nameless);
        }
        if decide.seen.is_some_and(|seen| seen != item.stamp) {
            return Err(ReviewError::Stale { item: item.id.clone() });
        }
        match decide.verdict {
            Verdict::Approve => item.may_be_approved(&who, decide.masks, sight),
            // Whatever it is, it may be held back: what has left leaves the release with the next run.
            Verdict::Reject => Ok(()),
            Verdict::Reopen => item.may_be_opened_again(decide.lifts),
        }
    }
}

/// Returns a name without what stands around it.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the reason that the last approval of all settled.
fn settled(decisions: &[Decision]) -> Option<&str> {
    let approved = decisions.iter().rev().find(|decision| decision.verdict == Verdict::Approve);
    approved.map(|decision| decision.settles.as_str())
}

/// Returns the reason that a decision about an item is for. One that a person has taken out of the release had left for a
/// reason that people had settled before, unless nothing else had held it back.
fn settles(item: &Item) -> &str {
    let reason = reason_id(&item.reason);
    if reason == REJECTED || reason.is_empty() { settled(&item.decisions).unwrap_or(REJECTED) } else { reason }
}

/// Returns the id of a reason as the index states it, its place left out.
fn reason_id(reason: &str) -> &str {
    reason.split(' ').next().unwrap_or_default()
}

/// Why there is no review, or no decision.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// There is no vault.
    #[error("{} is no vault", path.display())]
    NoVault {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the vault cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no key to sign with.
    #[error("there is no key to sign with")]
    Key(#[from] SigningError),
    /// The vault has signed before, and its key is gone.
    #[error("the vault has signed before, and {} is gone", path.display())]
    SigningKeyLost {
        /// Where the key was.
        path: PathBuf,
    },
    /// The record of decisions is not as it was written.
    #[error("the record of decisions does not hold")]
    Record(#[from] ChainError),
    /// The original cannot be read.
    #[error("the original cannot be read")]
    Original {
        /// The original.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A decision without a name or a reason.
    #[error("a decision needs a name and a reason")]
    Nameless,
    /// No look at the picture can settle the reason.
    #[error("{reason} cannot be approved")]
    NotApprovable {
        /// The item.
        item: String,
        /// The reason's id.
        reason: String,
    },
    /// Somebody else has rejected it, and the rejection stands.
    #[error("{item} is rejected by {reviewer}")]
    Rejected {
        /// The item.
        item: String,
        /// Who has rejected it.
        reviewer: String,
    },
    /// There is no such rejection that stands.
    #[error("there is no such rejection of {item}")]
    NotRejected {
        /// The item.
        item: String,
    },
    /// What is to be approved cannot be shown, so nobody can have seen it.
    #[error("{item} cannot be shown: {}", reason.id)]
    Unseen {
        /// The item.
        item: String,
        /// Why it cannot be shown.
        reason: Reason,
    },
    /// A mask hides nothing of the image.
    #[error("a mask lies beside the image of {} columns and {} rows", size.0, size.1)]
    MaskOutside {
        /// The mask.
        mask: Region,
        /// Columns and rows of the image.
        size: (u32, u32),
    },
    /// Somebody has decided, or the original has changed, since the reviewer looked.
    #[error("{item} is no longer what was looked at")]
    Stale {
        /// The item.
        item: String,
    },
    /// The instance has left already, and what is hidden in it cannot be changed there.
    #[error("{item} is released")]
    Released {
        /// The item.
        item: String,
    },
}

#[cfg(test)]
mod tests;
