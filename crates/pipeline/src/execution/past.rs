//! What a log has of releases: the roots that were written, and who had withdrawn by then.

use super::{Entry, ExecutionLog};
use crate::grown::{self, Grown};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use tokumei_audit::{ListMark, Root};

/// What a log has of releases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    /// The roots, in their order.
    pub roots: Vec<PastRoot>,
    /// The longest list of those who have withdrawn.
    pub withdrawn: Option<ListMark>,
    /// The longest of each other list of the vault, by their names.
    pub lists: BTreeMap<&'static str, ListMark>,
    /// Where the last release was that a line speaks of.
    pub release: Option<String>,
    /// The last version of the data set; 0 where there was none.
    pub version: u32,
    /// Whether the linkage table was destroyed.
    pub table_destroyed: bool,
    /// The keyed digest of the consent file of the last run that had one.
    pub consent: Option<String>,
    /// The keyed digests of the consent files before it.
    pub consents: BTreeSet<String>,
}

/// A root that was written, or was about to be.
#[derive(Clone, Debug)]
pub(crate) struct PastRoot {
    /// Its Merkle root.
    pub merkle_root: String,
    /// The digest of what it states; lines of older programs have none.
    pub state: Option<String>,
    /// Whether it had its name when the line was written.
    pub settled: bool,
    /// Whether a withdrawal wrote it.
    pub withdrawal: bool,
}

impl ExecutionLog {
    /// Reads what the log of a vault has of releases. Lines that a crash has torn say nothing; whether the chain holds is
    /// another question.
    pub(crate) fn past(vault: &Path) -> io::Result<Past> {
        let file = match File::open(vault.join("journal").join("execution.jsonl")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Past::default()),
            file => file?,
        };
        let mut past = Past::default();
        let mut lines = BufReader::new(file);
        loop {
            let mut line = Vec::new();
            if Read::by_ref(&mut lines).take(super::LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(past);
            }
            if let Ok(entry) = serde_json::from_slice::<Entry>(&line) {
                past.add(&entry);
            }
        }
    }
}

impl Past {
    fn add(&mut self, entry: &Entry) {
        if let Some(merkle_root) = entry.facts.get(ROOT).filter(|_| RELEASES.contains(&entry.kind.as_str())) {
            self.roots.push(PastRoot {
                merkle_root: merkle_root.clone(),
                state: entry.facts.get(STATE).cloned(),
                settled: entry.kind != SEAL,
                withdrawal: entry.kind == WITHDRAW,
            });
            self.release = entry.object.clone().or(self.release.take());
        }
        if let Some(mark) = mark_in(entry, WITHDRAWN)
            && self.withdrawn.as_ref().is_none_or(|known| known.count <= mark.count)
        {
            self.withdrawn = Some(mark);
        }
        for (name, _) in grown::lists(Path::new("")) {
            if let Some(mark) = mark_in(entry, name)
                && self.lists.get(name).is_none_or(|known| known.count <= mark.count)
            {
                self.lists.insert(name, mark);
            }
        }
        self.table_destroyed |= entry.kind == TABLE_GONE;
        if let Some(version) = entry.facts.get(VERSION).and_then(|version| version.parse().ok()) {
            self.version = self.version.max(version);
        }
        if let Some(consent) = entry.facts.get(CONSENT).filter(|_| entry.kind == RUN) {
            let before = self.consent.replace(consent.clone()).filter(|before| before != consent);
            self.consents.extend(before);
        }
    }
}

impl super::Event {
    /// Returns the event with what a release states from now on.
    pub(crate) fn of_root(self, root: &Root) -> super::Event {
        let event = self.with(ROOT, &root.merkle_root).with(STATE, root.state());
        let marks = [(WITHDRAWN, &root.withdrawn), (grown::EXCLUDED, &root.excluded)];
        marks.into_iter().fold(event, |event, (name, mark)| event.of_list(name, mark.as_ref()))
    }

    /// Returns the event with what the lists of a vault are by now.
    pub(crate) fn of_lists(self, vault: &Path) -> io::Result<super::Event> {
        let add = |event: super::Event, (name, path): (&str, PathBuf)| {
            Ok(event.of_list(name, Grown::load(&path)?.mark().as_ref()))
        };
        grown::lists(vault).into_iter().try_fold(self, add)
    }

    fn of_list(self, name: &str, mark: Option<&ListMark>) -> super::Event {
        match mark {
            Some(mark) => self.count(name, mark.count).with(name, &mark.digest),
            None => self,
        }
    }
}

/// Returns what a line states of a list.
fn mark_in(entry: &Entry, name: &str) -> Option<ListMark> {
    let (count, digest) = (*entry.counts.get(name)?, entry.facts.get(name)?.clone());
    Some(ListMark { count, digest })
}

/// The kinds of lines that speak of what a release states.
const RELEASES: [&str; 4] = [RUN, WITHDRAW, SEAL, MERGE];
pub(super) const RUN: &str = "run";
const WITHDRAW: &str = "linkage-withdraw";
const MERGE: &str = "merge";
const TABLE_GONE: &str = "linkage-destroyed";
/// The number of a version of the data set.
pub(crate) const VERSION: &str = "version";
/// A root is about to get its name.
pub(crate) const SEAL: &str = "seal";
pub(super) const ROOT: &str = "merkle_root";
const STATE: &str = "state";
const WITHDRAWN: &str = "withdrawn";
pub(super) const CONSENT: &str = "consent";
