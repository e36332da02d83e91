//! What a run writes at its end: the papers of the release, and those of the vault that go with them.

use crate::certificate::PEOPLE;
use crate::consent::Leaving;
use crate::index_file::{self, Line};
use crate::journal::Journal;
use crate::note::{CONSENT, HELD, Note, WITHDRAWAL};
use crate::places::Places;
use crate::report::{Report, Row};
use crate::seal::{Sealed, Sealing};
use crate::stage::Stage;
use crate::standing::Standing;
use crate::vault::{Terms, Vault};
use crate::withdraw::Withdrawal;
use crate::{Config, gate, index, linkage, paths, put, strays, withdraw};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tokumei_audit::{Root, Signer, dataset};
use tokumei_core::State;
use tokumei_pseudonym::Pseudonyms;
use tokumei_pseudonym::linkage::Withdrawn;

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
    /// Who has withdrawn.
    pub withdrawn: &'a Withdrawn,
    /// How the release was found to be to its vault.
    pub standing: Standing,
    /// Who was kept out by this run, by pseudonym.
    pub refused: BTreeSet<String>,
    /// Whose rows this run has looked after.
    pub linked: BTreeSet<String>,
}

/// What was taken out of a release.
#[derive(Default)]
struct Gone {
    /// The inputs of it, as far as they are known.
    sources: HashSet<String>,
    files: u64,
}

impl Papers<'_> {
    /// Writes what would change; tells whether the release did, and what it states.
    ///
    /// What goes is noted first, so that a run that dies is finished by the next one, the next version of a data set with it.
    pub(crate) fn write(&self, config: &Config, report: &mut Report) -> io::Result<(bool, Root)> {
        let release = File::open(&self.places.release)?;
        let (note, strays) = self.note(&report.rows)?;
        report.strays = strays;
        let gone = self.take_out(&note)?;
        report.taken_out = gone.files;
        self.journal.flush(&release)?;
        let earlier = index_file::read(&self.vault.folder.join("index.csv"))?;
        let decided: HashSet<String> = report.rows.iter().map(|row| paths::to_text(&row.source)).collect();
        let mut lines = index_file::join(&report.rows, earlier);
        let withdrawn = |line: &&mut Line| {
            !decided.contains(&line.source) && (gone.sources.contains(&line.source) || note.takes(&line.release))
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
        report.unlinked = self.forget(&note)?;
        report.version = self.finish(config, &note, report, &sealed.root)?;
        Ok((sealed.changed || gone.files > 0, sealed.root))
    }

    /// Notes what is to go: what this run holds back although an earlier one has released it, who is out by now, what
    /// somebody who died before the end has noted, and what was put back. Returns how many files stay that nobody knows too.
    fn note(&self, rows: &[Row]) -> io::Result<(Note, u64)> {
        let vault = &self.vault.folder;
        let mut note = Note::read(vault)?;
        let began = !note.is_empty();
        let strays = self.note_strays(&mut note)?;
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
                    patient.and_then(|patient| self.leaves(patient))
                }
            };
            if let Some(word) = word {
                note.add(&header.instance, &header.release, word);
            }
        }
        if began || !note.is_empty() {
            note.write(vault)?;
        }
        Ok((note, strays))
    }

    /// Notes files that the journal does not know: of people who are out, and, where the release was taken from an old copy,
    /// what its papers name and has gone since. Returns how many others there are.
    fn note_strays(&self, note: &mut Note) -> io::Result<u64> {
        let strays = strays::strays(&self.places.release, self.journal)?;
        if strays.is_empty() {
            return Ok(0);
        }
        let older = self.standing == Standing::Older;
        let named = if older { strays::rows(&self.places.release)? } else { Vec::new() };
        let named: HashSet<&str> = named.iter().map(|row| row.path.as_str()).collect();
        let mut others = 0;
        for (path, patient, instance) in strays.iter().filter_map(|path| strays::place(path)) {
            let word = self.leaves(&patient).or_else(|| named.contains(path.as_str()).then_some(HELD));
            match word.filter(|_| withdraw::is_plain(&patient)) {
                Some(word) => note.add(&instance, &path, word),
                None => others += u64::from(!note.takes(&path)),
            }
        }
        let misplaced = strays.iter().filter(|path| strays::place(path).is_none()).count();
        Ok(others + misplaced as u64)
    }

    /// Tells why a patient is out, whose files are not among the inputs.
    fn leaves(&self, patient: &str) -> Option<&'static str> {
        match () {
            () if self.withdrawn.holds("", "", patient) => Some(WITHDRAWAL),
            () if self.leaving.takes(patient) => Some(CONSENT),
            () => None,
        }
    }

    /// Takes out of the release what is noted.
    fn take_out(&self, note: &Note) -> io::Result<Gone> {
        let mut gone = Gone::default();
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
            gone.sources.insert(header.source.clone());
            gone.files += 1;
        }
        for place in &note.releases {
            gone.files += u64::from(withdraw::remove(&self.places.release, place)?);
        }
        let mut patients: HashSet<&str> = note.releases.iter().filter_map(|place| place.split('/').nth(1)).collect();
        patients.extend(note.pseudonyms.iter().map(String::as_str));
        for patient in patients.into_iter().filter(|name| withdraw::is_plain(name)) {
            withdraw::remove_empty(&self.places.release.join("dicom").join(patient))?;
        }
        Ok(gone)
    }

    /// Removes the rows of the linkage table of whoever is out and has nothing left in the release. The project key finds them.
    fn forget(&self, note: &Note) -> io::Result<u64> {
        let out = self.leaving.out.iter().chain(&self.refused).chain(&note.pseudonyms).map(String::as_str);
        let gone = note.releases.iter().filter_map(|place| place.split('/').nth(1));
        let decided = |name: &&str| self.leaves(name).is_some();
        let has_files = |name: &str| self.places.release.join("dicom").join(name).is_dir();
        let people = out.chain(gone.filter(decided)).filter(|name| !self.linked.contains(*name) && !has_files(name));
        let people: BTreeSet<String> = people.map(str::to_owned).collect();
        let table = linkage::table_of(&self.vault.folder);
        if people.is_empty() || !table.exists() {
            return Ok(0);
        }
        tokumei_pseudonym::linkage::remove(&table, &people, Some(self.pseudonyms), None).map_err(io::Error::other)
    }

    /// Writes the next version of the data set without what went, where there is one, ends a withdrawal that died, and takes
    /// the note away.
    fn finish(&self, config: &Config, note: &Note, report: &Report, root: &Root) -> io::Result<Option<u32>> {
        if note.is_empty() {
            Note::clear(&self.vault.folder)?;
            return Ok(None);
        }
        let (reason, tool) = (note.public_reason(), &config.tool_version);
        let frozen = dataset::withdraw(&self.places.release, &note.instances, &reason, tool, self.signer);
        let version = frozen.map_err(io::Error::other)?.map(|frozen| frozen.signed.statement.version);
        if !note.reason.is_empty() {
            let (rows, people) = (Some(report.unlinked), note.pseudonyms.len() as u64);
            let (removed, merkle_root) = (report.taken_out, root.merkle_root.clone());
            let done = Withdrawal { people, removed, rows, version, merkle_root, ..Withdrawal::default() };
            withdraw::log(&self.vault.folder, config, note, &done, root)?;
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
        let (vault, withdrawn) = (&self.vault.folder, self.withdrawn);
        Sealing {
            config,
            terms,
            release,
            waiting,
            journal,
            lines,
            signer,
            vault,
            withdrawn,
            shares: Some(config.shard),
        }
    }
}

/// Writes what the vault keeps of every file.
pub(crate) fn write_vault(vault: &Vault, lines: &[Line], with_release: bool) -> io::Result<()> {
    let quarantine = vault.folder(index_file::QUARANTINE).map_err(io::Error::other)?;
    index_file::write(&vault.folder.join("index.csv"), &vault.folder, lines, with_release)?;
    index_file::write_quarantine(&quarantine, lines)
}
