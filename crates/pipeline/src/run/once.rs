//! A run that destroys its key: all of the release at once, or nothing.

use super::Run;
use crate::begun::{Untouched, is_empty};
use crate::consent::Leaving;
use crate::execution::{self, Past};
use crate::identities::Identities;
use crate::index::Entry;
use crate::journal::Journal;
use crate::kept::Before;
use crate::observer::Event;
use crate::papers::{Papers, write_vault};
use crate::places::Places;
use crate::report::Report;
use crate::road::Ground;
use crate::stage::Stage;
use crate::standing::Standing;
use crate::vault::{Key, Terms, Vault};
use crate::{RunError, index_file, paths, put};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use tokumei_core::{Reason, State};

impl Run<'_> {
    /// Makes a release whose key is destroyed: all of it at once, or nothing.
    pub(super) fn once(&self, places: &Places) -> Result<Report, RunError> {
        let release_error = |source| RunError::Release { path: places.release.clone(), source };
        if self.config.shard.count > 1 {
            return Err(RunError::CannotShard);
        }
        if !is_empty(&places.release).map_err(release_error)? {
            return Err(RunError::CannotExtend { path: places.release.clone() });
        }
        let untouched = Untouched::of(places);
        let vault = Vault::open(&places.vault)?;
        let signer = vault.signer(self.config)?;
        let key = Key::find(self.config, &vault.folder)?;
        let terms = Terms::of(self.config, &key.pseudonyms);
        let stage = self.prepare(places)?;
        let root = stage.folder().map_err(release_error)?.join("unfinished");
        fs::create_dir(&root).map_err(release_error)?;
        let journal = self.journal_of_once(&vault, &stage, &terms)?;

        let ground = Ground {
            root: &root,
            stage: &stage,
            journal: &journal,
            remember_sources: false,
            flush: self.config.flush,
            papers: AtomicU64::new(0),
            room: AtomicU64::new(0),
        };
        let road = self.road(&key, &vault.folder, Some(ground))?;
        let past = Past::of(&vault.folder)?;
        let before = Before::of(self.config, &vault.folder, &past, None)?;
        let identities = Identities::default();
        let (mut entries, bytes, _) = self.index(&road, places, &self.gate(&before, None), identities);
        self.zeros().inspect_err(|_| untouched.restore())?;
        // In the order of the sources, the numbers that the file system gives to new files would tell which is which.
        entries.sort_by_key(Entry::keyed_order);
        let Before { withdrawn, people } = before;
        if people.is_some() {
            // Whoever withdraws by a pseudonym does so with all of theirs, though no key tells that any more.
            self.hear(&vault)?;
        }
        let (linked, rows) = self.link(&road, places, people, &entries)?;
        let mut report = self.travel(&road, entries, bytes);
        report.linked = linked;
        report.unmet = self.unmet(&key, places);
        report.rows.sort_by(|a, b| a.source.cmp(&b.source));
        self.observer.event(Event::Sealing);
        if report.stopped.is_none() {
            let papers = Papers {
                places,
                vault: &vault,
                terms: &terms,
                stage: &stage,
                journal: &journal,
                signer: &signer,
                pseudonyms: &key.pseudonyms,
                leaving: Leaving::default(),
                withdrawn: &withdrawn,
                standing: Standing::Current,
                refused: BTreeSet::new(),
                linked: rows,
            };
            self.close_once(&papers, &mut report, &root);
        }
        if report.merkle_root.is_none() {
            give_up(&mut report);
        }
        let lines = index_file::join(&report.rows, Vec::new());
        if write_vault(&vault, &lines, false).is_err() {
            report.unsealed = true;
        }
        self.log(&vault, &mut report);
        drop(road);
        self.destroy(key, &vault, &mut report);
        Ok(report)
    }

    /// Writes the papers of such a release, and gives it its name.
    fn close_once(&self, papers: &Papers<'_>, report: &mut Report, root: &Path) {
        match papers.write_once(self.config, report, root) {
            Ok(sealed) => {
                report.merkle_root = Some(sealed.root.merkle_root.clone());
                report.root = Some(Box::new(sealed.root.clone()));
                // Now or never: without the key nobody finds out who a blinded identifier is.
                let vault = &papers.vault.folder;
                match self.refused.certify(vault, &sealed, papers.signer, &self.said.identities()) {
                    Ok(certificates) => report.certificates = certificates,
                    Err(_) => report.unsealed = true,
                }
            }
            Err(error) => self.note_stop(report, error.kind()),
        }
    }

    /// Forgets a key that this run has drawn, and logs that.
    fn destroy(&self, key: Key, vault: &Vault, report: &mut Report) {
        if self.config.key.is_some() {
            return;
        }
        let id = key.pseudonyms.key_id().to_string();
        drop(key);
        let event = execution::Event::new("key-destroyed").with("key", id).to(paths::absolute(&self.config.out));
        let event = self.config.operator.iter().fold(event, |event, operator| event.by(operator));
        if execution::ExecutionLog::open(&vault.folder).and_then(|log| log.append(&event)).is_err() {
            report.unsealed = true;
        }
    }

    /// Begins the journal of a release whose key is destroyed.
    fn journal_of_once(&self, vault: &Vault, stage: &Stage, terms: &Terms) -> Result<Journal, RunError> {
        let release_error = |source| RunError::Release { path: self.config.out.clone(), source };
        if self.config.linkage_recipients.is_empty() {
            // It is needed to write the ledger and has no name, so that it goes with the run.
            let unnamed = || stage.file().and_then(|file| Journal::open(file.file().try_clone()?));
            return unnamed().map_err(release_error);
        }
        // Where a table leads to people, they can be withdrawn, and that takes the journal. It names no input.
        let vault_error = |source| RunError::Vault { path: vault.folder.clone(), source };
        let folder = vault.folder("journal")?;
        let path = folder.join("instances");
        let earlier = Journal::open(vault.file(&path)?).map_err(vault_error)?;
        if !earlier.is_unclean() && !earlier.records().is_empty() {
            return Err(RunError::CannotExtend { path: vault.folder.clone() });
        }
        put::put(&folder.join("run.json"), &folder, put::Readers::Owner, |to| terms.write(to)).map_err(vault_error)?;
        let file = vault.file(&path)?;
        file.set_len(0).map_err(vault_error)?;
        Journal::open(file).map_err(vault_error)
    }
}

/// Turns the report of a release that was given up: nothing was released.
fn give_up(report: &mut Report) {
    for row in report.rows.iter_mut().filter(|row| row.state == State::Released) {
        row.state = State::Pending;
        row.reason = Some(Reason::new("release-given-up"));
        row.release = None;
    }
    report.discarded = true;
    report.written = 0;
    report.bytes_out = 0;
}
