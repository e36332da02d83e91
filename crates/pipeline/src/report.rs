//! What became of a run.

use crate::ClockState;
use crate::Linked;
use crate::timing::Part;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;
use tokumei_audit::Root;
use tokumei_core::{Reason, State};
use tokumei_pseudonym::KeyId;

/// What became of every discovered file, and of the run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// One row for each discovered file, in the order of their paths.
    pub rows: Vec<Row>,
    /// Files discovered that another share of the studies takes.
    pub elsewhere: u64,
    /// Instances written to the release by this run.
    pub written: u64,
    /// Instances that an earlier run had written.
    pub reused: u64,
    /// Instances of earlier runs that this one has taken out of the release, since they may no longer be in it.
    pub taken_out: u64,
    /// People whom consent had kept out before, and who are in now.
    pub readmitted: u64,
    /// Files in the release that no paper speaks of, and that are of nobody who is known to be out: somebody has put them there.
    pub strays: u64,
    /// Whether the release was an earlier state of itself when the run began, or gone: it was taken from an old copy.
    pub older: bool,
    /// The version of the data set without those, where the release was frozen.
    pub version: Option<u32>,
    /// Lines of the consent file about nobody: neither the inputs nor the release have anything of them.
    pub unmet: Vec<u64>,
    /// What was done to the linkage table, where one is written.
    pub linked: Option<Linked>,
    /// Rows of people who are out, taken from the linkage table.
    pub unlinked: u64,
    /// Whether a linkage table that was destroyed has begun anew.
    pub table_anew: bool,
    /// Bytes read of the instances of this run.
    pub bytes_in: u64,
    /// Bytes written to the release.
    pub bytes_out: u64,
    /// Whether the run changed nothing in the release.
    pub unchanged: bool,
    /// Why the run ended before its work did.
    pub stopped: Option<Stop>,
    /// Whether all of the release was given up, as a run with a destroyed key cannot go on later.
    pub discarded: bool,
    /// Whether the ledger and papers of the release could not be written; what is there is older than its files.
    pub unsealed: bool,
    /// The id of the key, where it is kept.
    pub key: Option<KeyId>,
    /// The program that the release was made with before, if it was another version.
    pub earlier_tool: Option<String>,
    /// The Merkle root over the release's ledger.
    pub merkle_root: Option<String>,
    /// Certificates of exclusion written into the vault.
    pub certificates: u64,
    /// What the release states.
    pub(crate) root: Option<Box<Root>>,
    /// Whether a time service keeps the clock that the execution log was written by; `None` where nothing was logged.
    pub clock: Option<ClockState>,
    /// What this run hid in pixel data.
    pub hidden: Hidden,
    /// How long the run took.
    pub elapsed: Duration,
    /// How long the workers were at each part of the work, all of them together.
    pub spent: Vec<(Part, Duration)>,
}

/// What was hidden in the pixel data of the instances that a run released anew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hidden {
    /// Instances in which anything was.
    pub instances: u64,
    /// In how many instances each rule asked for it, by the source and the id of the rule as the ledger has them.
    pub rules: BTreeMap<String, u64>,
}

impl Hidden {
    /// Counts one instance in which these rules asked for something to be hidden, each named once or more.
    pub(crate) fn count(&mut self, rules: impl Iterator<Item = String>) {
        let rules: BTreeSet<String> = rules.collect();
        self.instances += u64::from(!rules.is_empty());
        for rule in rules {
            *self.rules.entry(rule).or_default() += 1;
        }
    }
}

/// What became of one discovered file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The file. It may hold a name: it goes to the operator's terminal and the vault, nowhere else.
    pub source: PathBuf,
    /// Its state.
    pub state: State,
    /// Why, where it was not released.
    pub reason: Option<Reason>,
    /// Its place in the release, relative to its root.
    pub release: Option<String>,
    /// How many frames it has, where it is an instance that was held back and its header could be read; else 0.
    pub frames: u64,
}

/// Why a run ended before its work did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// It was asked to.
    Asked,
    /// The disk of the release or the vault is full.
    DiskFull,
}

impl Report {
    /// Returns how many files ended in each state; every state has an entry.
    pub fn counts(&self) -> BTreeMap<State, u64> {
        let mut counts: BTreeMap<State, u64> = State::ALL.iter().map(|state| (*state, 0)).collect();
        for row in &self.rows {
            *counts.entry(row.state).or_default() += 1;
        }
        counts
    }

    /// Returns how many files ended in a state for a reason, by the id of the reason.
    pub fn reasons(&self) -> BTreeMap<(State, &'static str), u64> {
        let mut reasons = BTreeMap::new();
        for row in &self.rows {
            if let Some(reason) = &row.reason {
                *reasons.entry((row.state, reason.id)).or_default() += 1;
            }
        }
        reasons
    }

    /// Tells whether everything discovered was released or excluded by rule, and the release says so.
    pub fn is_complete(&self) -> bool {
        let done = |row: &Row| matches!(row.state, State::Released | State::Excluded);
        self.rows.iter().all(done) && self.stopped.is_none() && !self.unsealed && !self.discarded && self.strays == 0
    }
}
