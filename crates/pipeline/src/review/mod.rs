//! Human review: what people decide about instances that wait in quarantine, and what a run may do with it.
//!
//! An instance is in review, approved or rejected; an approved one is released by the next run, which takes the same road
//! with it as with any other. Nothing but a decision on record changes a state, and no decision settles anything but the
//! reason it was made for: see [`APPROVABLE`]. A decision is bound to the bytes of the original and to the profile, so that
//! a changed original, or another profile, needs a new one.
//!
//! ```no_run
//! use tokumei_pipeline::review::{Decide, Review, Verdict};
//! let mut review = Review::open("export.vault".as_ref())?;
//! let item = review.items(1, "profile hash")?.remove(0);
//! let (reviewer, reason) = ("Ito Ken", "the text names a device");
//! let decide = Decide { reviewer, reason, verdict: Verdict::Approve, masks: &[], seen: Some(&item.stamp) };
//! review.decide(&item, &decide, 1, "profile hash")?;
//! # Ok::<(), tokumei_pipeline::review::ReviewError>(())
//! ```

mod decision;
mod item;
mod known;
mod log;
mod look;

pub use decision::{Decision, ReviewState, Verdict};
pub use item::Item;
pub use look::{Glance, Opened};
pub use tokumei_pixel::{APPROVABLE, Shown, Window};

pub(crate) use log::Approvals;

use crate::index_file;
use decision::Standing;
use known::Known;
use log::Log;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{ChainError, SigningError, name_key};
use tokumei_core::{Region, State};

/// The review of one vault.
pub struct Review {
    vault: PathBuf,
    log: Log,
    known: Known,
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
        Ok(Review { vault: vault.to_owned(), log: Log::open(vault)?, known: Known::default() })
    }

    /// Reads the decisions again: others may have decided since.
    ///
    /// # Errors
    /// As [`Review::open`].
    pub fn refresh(&mut self) -> Result<(), ReviewError> {
        self.log = Log::open(&self.vault)?;
        Ok(())
    }

    /// Returns every instance that waits in quarantine or has been decided about, in the order of the sources.
    ///
    /// `reviewers` is how many different people must approve and `profile` the hash of the profile, as the release has it.
    ///
    /// # Errors
    /// [`ReviewError::Io`] when the vault cannot be read.
    pub fn items(&self, reviewers: u32, profile: &str) -> Result<Vec<Item>, ReviewError> {
        let path = self.vault.join("index.csv");
        let lines = index_file::read(&path).map_err(|source| ReviewError::Io { path, source })?;
        let item = |line: index_file::Line| {
            let id = index_file::name_of(&line.source).trim_end_matches(".json").to_owned();
            let decisions: Vec<Decision> = self.log.about(&id).cloned().collect();
            let waits = line.state == State::Quarantined;
            (waits || !decisions.is_empty()).then(|| self.item(id, &line, decisions, reviewers, profile))
        };
        Ok(lines.into_iter().filter_map(item).collect())
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
        // What left has left; the original may have gone since.
        let now = match decisions.is_empty() || released {
            true => None,
            false => self.known.original(&source, || self.log.original(&source)).ok(),
        };
        let bound = |decision: &&Decision| {
            decision.profile == profile && (released || Some(&decision.original) == now.as_ref())
        };
        // What has left is no longer held back; the last approval says for what it was.
        let approved = decisions.iter().rev().find(|decision| decision.verdict == Verdict::Approve);
        let settled = approved.filter(|_| released).map(|decision| decision.settles.as_str());
        let standing = Standing::of(decisions.iter().filter(bound), settled.unwrap_or(reason_id(&line.reason)));
        let state = match line.state {
            State::Released => ReviewState::Released,
            _ => standing.state(reviewers),
        };
        let stamp = known::stamp(line, &decisions, profile, &source);
        Item {
            approvable: line.state == State::Quarantined && APPROVABLE.contains(&reason_id(&line.reason)),
            approvals: standing.approvals(),
            outdated: decisions.len() > decisions.iter().filter(bound).count(),
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
    /// # Errors
    /// [`ReviewError::Stale`] where the item is no longer what the reviewer had in view, [`ReviewError::NotApprovable`] where no look at the picture can settle the reason, [`ReviewError::Released`] where the
    /// instance has left, [`ReviewError::Nameless`] without reviewer or reason, [`ReviewError::Original`] when the original
    /// cannot be read; nothing was put on record then.
    pub fn decide(
        &mut self,
        item: &Item,
        decide: &Decide<'_>,
        reviewers: u32,
        profile: &str,
    ) -> Result<Item, ReviewError> {
        let reviewer = decide.reviewer.split_whitespace().collect::<Vec<_>>().join(" ");
        if name_key(&reviewer).is_empty() || decide.reason.trim().is_empty() {
            return Err(ReviewError::Nameless);
        }
        if decide.seen.is_some_and(|seen| seen != item.stamp) {
            return Err(ReviewError::Stale { item: item.id.clone() });
        }
        if item.state == ReviewState::Released {
            return Err(ReviewError::Released { item: item.id.clone() });
        }
        if decide.verdict == Verdict::Approve && !item.approvable {
            return Err(ReviewError::NotApprovable {
                item: item.id.clone(),
                reason: reason_id(&item.reason).to_owned(),
            });
        }
        let mut masks = decide.masks.to_vec();
        masks.sort_unstable_by_key(|mask| (mask.x, mask.y, mask.width, mask.height));
        masks.dedup();
        let original = self.log.original(&item.source);
        let original = original.map_err(|source| ReviewError::Original { path: item.source.clone(), source })?;
        self.log.append(Decision {
            item: item.id.clone(),
            masks,
            number: 0,
            original,
            previous: String::new(),
            profile: profile.to_owned(),
            reason: decide.reason.trim().to_owned(),
            reviewer,
            settles: reason_id(&item.reason).to_owned(),
            signature: String::new(),
            verdict: decide.verdict,
        })?;
        let id = &item.id;
        let items = self.items(reviewers, profile)?;
        items.into_iter().find(|one| one.id == *id).ok_or_else(|| ReviewError::Released { item: id.clone() })
    }
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
    /// Somebody has decided, or the original has changed, since the reviewer looked.
    #[error("{item} is no longer what was looked at")]
    Stale {
        /// The item.
        item: String,
    },
    /// The instance has left already.
    #[error("{item} is released")]
    Released {
        /// The item.
        item: String,
    },
}

#[cfg(test)]
mod tests;
