//! What a run writes at its end: the papers of the release, and those of the vault that go with them.

use crate::certificate::PEOPLE;
use crate::consent::Leaving;
use crate::index_file::{self, Line};
use crate::journal::Journal;
use crate::places::Places;
use crate::report::{Report, Row};
use crate::seal::{Sealed, Sealing};
use crate::stage::Stage;
use crate::vault::{Terms, Vault};
use crate::{Config, index, paths, put, seal, withdraw};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tokumei_audit::Signer;

/// What the papers of a release and its vault are made of.
pub(crate) struct Papers<'a> {
    pub places: &'a Places,
    pub vault: &'a Vault,
    pub terms: &'a Terms,
    pub stage: &'a Stage,
    pub journal: &'a Journal,
    pub signer: &'a Signer,
    /// Who is out by the consent file, whether their files are among the inputs or not.
    pub leaving: Leaving,
}

impl Papers<'_> {
    /// Writes what would change; tells whether the release did, and the Merkle root.
    pub(crate) fn write(&self, config: &Config, report: &mut Report) -> io::Result<(bool, String)> {
        let release = File::open(&self.places.release)?;
        let held = report.rows.iter().filter(|row| row.reason.as_ref().is_some_and(index::is_conflict));
        let held: Vec<&Path> = held.map(|row| row.source.as_path()).collect();
        let gone = self.take_out(&report.rows)?;
        let withdrawn = seal::withdraw(self.journal, &self.places.release, &held)? + gone.len() as u64;
        report.taken_out = withdrawn;
        self.journal.flush(&release)?;
        let earlier = index_file::read(&self.vault.folder.join("index.csv"))?;
        let mut lines = index_file::join(&report.rows, earlier);
        lines.iter_mut().filter(|line| gone.contains(&line.source)).for_each(Line::withdraw);
        let waiting = self.stage.folder()?;
        let sealed = self.sealing(config, &self.places.release, waiting, &lines).seal()?;
        write_vault(self.vault, &lines, true)?;
        let people = sealed.people.lines();
        let folder = &self.vault.folder;
        put::put(&folder.join(PEOPLE), folder, put::Readers::Owner, |to| to.write_all(people.as_bytes()))?;
        if sealed.changed {
            rustix::fs::syncfs(&release)?;
        }
        Ok((sealed.changed || withdrawn > 0, sealed.root.merkle_root))
    }

    /// Takes out what earlier runs have released of people who are out by now, and returns the sources. The gate has
    /// decided about what is among the inputs, so that stays.
    fn take_out(&self, rows: &[Row]) -> io::Result<HashSet<String>> {
        let mut gone = HashSet::new();
        if self.leaving.is_nobody() {
            return Ok(gone);
        }
        let decided: HashSet<String> = rows.iter().map(|row| paths::to_text(&row.source)).collect();
        let patient = |release: &str| release.split('/').nth(1).map(str::to_owned);
        for header in self.journal.records().into_iter().map(|known| known.header) {
            let Some(patient) = patient(&header.release).filter(|patient| self.leaving.takes(patient)) else {
                continue;
            };
            if decided.contains(&header.source) {
                continue;
            }
            match fs::remove_file(self.places.release.join(&header.release)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.journal.forget(&header.instance)?,
            }
            withdraw::remove_empty(&self.places.release.join("dicom").join(patient))?;
            gone.insert(header.source);
        }
        Ok(gone)
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
