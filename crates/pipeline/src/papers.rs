//! What a run writes at its end: the papers of the release, and those of the vault that go with them.

use crate::certificate::PEOPLE;
use crate::consent::Leaving;
use crate::index_file::{self, Line};
use crate::journal::Journal;
use crate::note::{CONSENT, HELD, Note};
use crate::places::Places;
use crate::report::{Report, Row};
use crate::seal::{Sealed, Sealing};
use crate::stage::Stage;
use crate::vault::{Terms, Vault};
use crate::withdraw::Withdrawal;
use crate::{Config, gate, index, linkage, paths, put, withdraw};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tokumei_audit::{Signer, dataset};
use tokumei_core::State;
use tokumei_pseudonym::Pseudonyms;

/// What the papers of a release and its vault are made of.
pub(crate) struct Papers<'a> {
    pub places: &'a Places,
    pub vault: &'a Vault,
    pub terms: &'a Terms,
    pub stage: &'a Stage,
    pub journal: &'a Journal,
    pub signer: &'a Signer,
    pub pseudonyms: &'a Pseudonyms,
    /// Who is out by the consent file, whether their files are among the inputs or not.
    pub leaving: Leaving,
}

impl Papers<'_> {
    /// Writes what would change; tells whether the release did, and the Merkle root.
    ///
    /// What goes is noted first, so that a run that dies is finished by the next one, the next version of a data set with it.
    pub(crate) fn write(&self, config: &Config, report: &mut Report) -> io::Result<(bool, String)> {
        let release = File::open(&self.places.release)?;
        let note = self.note(&report.rows)?;
        let gone = self.take_out(&note)?;
        report.taken_out = gone.len() as u64;
        self.journal.flush(&release)?;
        let earlier = index_file::read(&self.vault.folder.join("index.csv"))?;
        let decided: HashSet<String> = report.rows.iter().map(|row| paths::to_text(&row.source)).collect();
        let mut lines = index_file::join(&report.rows, earlier);
        let withdrawn = |line: &&mut Line| {
            !decided.contains(&line.source) && (gone.contains(&line.source) || note.takes(&line.release))
        };
        lines.iter_mut().filter(withdrawn).for_each(Line::withdraw);
        let waiting = self.stage.folder()?;
        let sealed = self.sealing(config, &self.places.release, waiting, &lines).seal()?;
        write_vault(self.vault, &lines, true)?;
        let people = sealed.people.lines();
        let folder = &self.vault.folder;
        put::put(&folder.join(PEOPLE), folder, put::Readers::Owner, |to| to.write_all(people.as_bytes()))?;
        if sealed.changed {
            rustix::fs::syncfs(&release)?;
        }
        let root = sealed.root.merkle_root;
        report.version = self.finish(config, &note, report.taken_out, &root)?;
        Ok((sealed.changed || !gone.is_empty(), root))
    }

    /// Notes what is to go: what this run holds back although an earlier one has released it, who is out by now, and what
    /// somebody who died before the end has noted.
    fn note(&self, rows: &[Row]) -> io::Result<Note> {
        let vault = &self.vault.folder;
        let mut note = Note::read(vault)?;
        let began = !note.is_empty();
        let decided: HashMap<String, &Row> = rows.iter().map(|row| (paths::to_text(&row.source), row)).collect();
        for header in self.journal.records().into_iter().map(|known| known.header) {
            let word = match decided.get(&header.source) {
                // The gate has decided about what is among the inputs, so that stays.
                Some(row) if row.state == State::Released => {
                    note.instances.remove(&header.instance);
                    note.releases.remove(&header.release);
                    continue;
                }
                Some(row) => row.reason.as_ref().filter(|reason| index::is_conflict(reason)).map(|reason| match () {
                    () if gate::is_of_person(reason) => CONSENT,
                    () => HELD,
                }),
                None => {
                    let patient = header.release.split('/').nth(1);
                    patient.is_some_and(|patient| self.leaving.takes(patient)).then_some(CONSENT)
                }
            };
            if let Some(word) = word {
                note.add(&header.instance, &header.release, word);
            }
        }
        if began || !note.is_empty() {
            note.write(vault)?;
        }
        Ok(note)
    }

    /// Takes out of the release what is noted, and returns the sources of it.
    fn take_out(&self, note: &Note) -> io::Result<HashSet<String>> {
        let mut gone = HashSet::new();
        if note.is_empty() {
            return Ok(gone);
        }
        for header in self.journal.records().into_iter().map(|known| known.header) {
            if !note.instances.contains(&header.instance) && !note.takes(&header.release) {
                continue;
            }
            match fs::remove_file(self.places.release.join(&header.release)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.journal.forget(&header.instance)?,
            }
            gone.insert(header.source);
        }
        let patients: HashSet<&str> = note.releases.iter().filter_map(|place| place.split('/').nth(1)).collect();
        for patient in patients.into_iter().filter(|name| withdraw::is_plain(name)) {
            withdraw::remove_empty(&self.places.release.join("dicom").join(patient))?;
        }
        Ok(gone)
    }

    /// Writes the next version of the data set without what went, where there is one, ends a withdrawal that died, and takes
    /// the note away.
    fn finish(&self, config: &Config, note: &Note, removed: u64, root: &str) -> io::Result<Option<u32>> {
        if note.is_empty() {
            Note::clear(&self.vault.folder)?;
            return Ok(None);
        }
        let (reason, tool) = (note.public_reason(), &config.tool_version);
        let frozen = dataset::withdraw(&self.places.release, &note.instances, &reason, tool, self.signer);
        let version = frozen.map_err(io::Error::other)?.map(|frozen| frozen.signed.statement.version);
        if !note.reason.is_empty() {
            let table = linkage::table_of(&self.vault.folder);
            let rows = tokumei_pseudonym::linkage::remove(&table, &note.pseudonyms, Some(self.pseudonyms), None);
            let (rows, people) = (Some(rows.map_err(io::Error::other)?), note.pseudonyms.len() as u64);
            let done =
                Withdrawal { people, removed, rows, version, merkle_root: root.to_owned(), ..Withdrawal::default() };
            withdraw::log(&self.vault.folder, note, &done)?;
        }
        Note::clear(&self.vault.folder)?;
        Ok(version)
    }

    /// Writes the papers of a release that is made at once, and gives the whole of it its name.
    pub(crate) fn write_once(&self, config: &Config, report: &Report, root: &Path) -> io::Result<Sealed> {
        let lines = index_file::join(&report.rows, Vec::new());
        let sealed = self.sealing(config, root, self.stage.folder()?, &lines).seal()?;
        rustix::fs::syncfs(File::open(&self.vault.folder)?)?;
        rustix::fs::syncfs(File::open(root)?)?;
        fs::rename(root, &self.places.release)?;
        // Only now: a journal that says it is finished belongs to a release that is.
        self.journal.flush(&File::open(&self.places.release)?)?;
        Ok(sealed)
    }

    fn sealing<'s>(
        &'s self,
        config: &'s Config,
        release: &'s Path,
        waiting: &'s Path,
        lines: &'s [Line],
    ) -> Sealing<'s> {
        let (terms, journal, signer) = (self.terms, self.journal, self.signer);
        Sealing { config, terms, release, waiting, journal, lines, signer }
    }
}

/// Writes what the vault keeps of every file.
pub(crate) fn write_vault(vault: &Vault, lines: &[Line], with_release: bool) -> io::Result<()> {
    let quarantine = vault.folder("quarantine").map_err(io::Error::other)?;
    index_file::write(&vault.folder.join("index.csv"), &vault.folder, lines, with_release)?;
    index_file::write_quarantine(&quarantine, lines)
}
