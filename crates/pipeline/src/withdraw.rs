//! Withdrawal: every instance of a person leaves a finished release, and none comes back.
//!
//! The order is such that a withdrawal that dies is finished by the next one, or by a run: first the list of those who have
//! withdrawn, then a note of what is to go, then the files, then the papers, the data set's next version, and last the log.
//! What was given away before is out of reach; the next version says to whoever holds the one before what to delete.

use crate::begun::is_unedited;
use crate::certificate::PEOPLE;
use crate::execution::{Past, VERSION};
use crate::found::{Found, Search};
use crate::identities::{Identities, Naming, Unclear};
use crate::index_file::{self, Line};
use crate::journal::Journal;
use crate::linkage::withdrawn_of;
use crate::note::{Note, WITHDRAWAL};
use crate::places::Places;
use crate::put::{Readers, put};
use crate::readmission::Excluded;
use crate::seal::Sealing;
use crate::stage::Stage;
use crate::standing::{self, Standing};
use crate::strays;
use crate::vault::{Key, Terms, Vault};
use crate::{Config, ExecutionLog, RunError, Who, execution, paths};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{LedgerError, Root, dataset};
use tokumei_core::State;
use tokumei_profile::policy::Linkage;
use tokumei_pseudonym::linkage::{self, Identity, Withdrawn, rows};

/// What a withdrawal is asked for.
#[derive(Clone, Copy)]
pub struct WithdrawalRequest<'a> {
    /// Who withdraws.
    pub who: &'a Who,
    /// What else says whom their IDs mean.
    pub naming: &'a Naming,
    /// The private key of the linkage table.
    pub identity: Option<&'a Identity>,
    /// Why, in the words of the operator.
    pub reason: &'a str,
    /// Whether those whom neither release nor vault know are noted, so that no run lets them in. Else nobody is withdrawn where
    /// one is not known: a slip of the pen would leave somebody in.
    pub also_unknown: bool,
}

/// What became of a withdrawal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Withdrawal {
    /// Pseudonyms whose files were in the release.
    pub people: u64,
    /// Patient IDs of which the release held nothing.
    pub not_found: u64,
    /// Files removed.
    pub removed: u64,
    /// Rows removed from the linkage table; `None` where there is a table, and neither of the keys that find rows in it.
    pub rows: Option<u64>,
    /// The version of the data set without them, where the release was frozen.
    pub version: Option<u32>,
    /// The Merkle root of the ledger as it is now.
    pub merkle_root: String,
    /// Whether the release was an earlier state of itself, from an old copy: a run makes again what it lacks.
    pub older: bool,
}

/// Why nobody was withdrawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WithdrawError {
    /// The vault, the key, the table or the release cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The folder is no release, or its papers are not what the run has left.
    #[error("{} is no release, or was edited", path.display())]
    Edited {
        /// The release.
        path: PathBuf,
        /// What is wrong with the ledger.
        source: LedgerError,
    },
    /// The vault is not the one that the release was made with.
    #[error("{} is not the vault of {}", vault.display(), release.display())]
    OtherVault {
        /// The vault.
        vault: PathBuf,
        /// The release.
        release: PathBuf,
    },
    /// Nothing leads from a person to the release: the profile allows no table, and the key was destroyed.
    #[error("nothing leads from a person to {}", release.display())]
    NoWay {
        /// The release.
        release: PathBuf,
    },
    /// The key was destroyed, and no private key of the linkage table is given.
    #[error("the table is needed to find people in {}", release.display())]
    NeedsTable {
        /// The release.
        release: PathBuf,
    },
    /// Nobody can tell whom patient IDs mean.
    #[error("{why}")]
    Unclear {
        /// Why.
        why: Unclear,
        /// The lines of their file, from 1; 0 for what is in none.
        lines: Vec<u64>,
    },
    /// Neither release nor vault know somebody.
    #[error("{} people are not known", lines.len())]
    Unknown {
        /// The lines of their file, from 1; 0 for what is in none.
        lines: Vec<u64>,
    },
    /// The table and the key lead to different pseudonyms.
    #[error("the table and the key disagree about {}", release.display())]
    Disagree {
        /// The release.
        release: PathBuf,
    },
    /// The next version of the data set cannot be written.
    #[error("the next version of the data set cannot be written")]
    Dataset(#[source] tokumei_audit::dataset::DatasetError),
    /// A file of release or vault cannot be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Takes every instance of people out of a release, writes its papers anew and the next version of its data set.
///
/// `config` says where release and vault are, with the profile and site that the release was made with. People are found by
/// the key where it is kept, and by the table where its private key is given; where both are, they must agree.
///
/// # Errors
/// [`WithdrawError`]. Whoever is noted already is taken out by the next withdrawal or run.
pub fn withdraw(config: &Config, request: &WithdrawalRequest<'_>) -> Result<Withdrawal, WithdrawError> {
    let places = Places::find(&[], &config.out, config.vault.as_deref())?;
    let desk = Desk::open(config, &places)?;
    let found = desk.find(request)?;
    let unknown = places_of(&found.known);
    if !request.also_unknown && !unknown.is_empty() {
        return Err(WithdrawError::Unknown { lines: request.who.lines(unknown) });
    }
    let note = desk.note(&found, request.reason)?;
    let (mut withdrawal, root) = desk.take_out(&found, &note)?;
    withdrawal.rows = desk.remove_rows(&note, request.identity)?;
    withdrawal.older = desk.standing == Standing::Older;
    desk.log(&note, &withdrawal, &root)?;
    Ok(withdrawal)
}

/// What a withdrawal would do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sought {
    /// The places, in the order in which they are asked for, of those whom neither the release nor its vault know.
    pub unknown: Vec<usize>,
    /// Pseudonyms whose files would go.
    pub people: u64,
    /// Files that would go.
    pub files: u64,
}

/// Returns what a withdrawal would do. Nothing is changed.
///
/// # Errors
/// As [`withdraw`] where it would refuse.
pub fn sought(config: &Config, request: &WithdrawalRequest<'_>) -> Result<Sought, WithdrawError> {
    let places = Places::find(&[], &config.out, config.vault.as_deref())?;
    let found = Desk::open(config, &places)?.find(request)?;
    let mut sought = Sought { unknown: places_of(&found.known), ..Sought::default() };
    for pseudonym in found.pseudonyms.iter().filter(|name| is_plain(name)) {
        let files = strays::files_of(&places.release, &Path::new("dicom").join(pseudonym));
        let files = files.map_err(write_error(&places.release))?.len() as u64;
        sought.people += u64::from(files > 0);
        sought.files += files;
    }
    Ok(sought)
}

fn places_of(known: &[bool]) -> Vec<usize> {
    (0..known.len()).filter(|at| !known[*at]).collect()
}

/// A release and its vault, held.
struct Desk<'a> {
    config: &'a Config,
    places: &'a Places,
    vault: Vault,
    journal: Journal,
    root: Root,
    terms: Terms,
    standing: Standing,
    _lock: fs::File,
}

impl<'a> Desk<'a> {
    fn open(config: &'a Config, places: &'a Places) -> Result<Desk<'a>, WithdrawError> {
        let edited = |source| WithdrawError::Edited { path: places.release.clone(), source };
        let audit = places.release.join("audit");
        let root = Root::read(&audit.join("root.json")).map_err(edited)?;
        is_unedited(&root, &places.release)?;
        if config.profile.policy().linkage == Linkage::Forbidden && root.key.is_none() {
            return Err(WithdrawError::NoWay { release: places.release.clone() });
        }
        let other = || WithdrawError::OtherVault { vault: places.vault.clone(), release: places.release.clone() };
        if !places.vault.join("journal").is_dir() {
            return Err(other());
        }
        let vault = Vault::open(&places.vault)?;
        if !vault.can_sign(config) {
            return Err(RunError::SigningKeyLost { path: vault.signing_key() }.into());
        }
        let folder = vault.folder("journal")?;
        let at = |source| RunError::Vault { path: places.vault.clone(), source };
        let terms = Terms::read(&folder.join("run.json")).map_err(at)?.ok_or_else(other)?;
        terms.belongs_to(&root).then_some(()).ok_or_else(other)?;
        vault.has_signed(&root, config)?;
        standing::is_its_own(&places.vault, &places.release, &root)?.then_some(()).ok_or_else(other)?;
        let lock = crate::vault::lock(&places.release).map_err(write_error(&places.release))?;
        let lock = lock.ok_or_else(|| RunError::Busy { path: places.release.clone() })?;
        let journal = Journal::open(vault.file(&folder.join("instances"))?).map_err(at)?;
        let past = Past::of(&places.vault)?;
        standing::withdrawn(&places.vault, &past, Some(&root))?;
        let standing = Standing::of(&past, Some(&root));
        let desk = Desk { config, places, vault, journal, root, terms, standing, _lock: lock };
        if !Note::is_there(&places.vault) {
            tokumei_audit::verify_root(&audit).map_err(edited)?;
            // A release whose key was destroyed was made at once: its journal has neither more nor less, but of an old copy.
            let same = desk.journal.records().len() as u64 == desk.root.leaves;
            if desk.root.key.is_none() && !same && standing != Standing::Older {
                return Err(other());
            }
        }
        desk.is_whole()?;
        Ok(desk)
    }

    /// Refuses a vault that has lost what it knew of the release: its papers would lose it too.
    fn is_whole(&self) -> Result<(), WithdrawError> {
        let note = Note::read(&self.places.vault).map_err(write_error(&self.places.vault))?;
        standing::recorded(self.places, &self.journal, &self.root, self.standing, &note).map_err(WithdrawError::from)
    }

    fn find(&self, request: &WithdrawalRequest<'_>) -> Result<Found, WithdrawError> {
        let table = crate::table_of(&self.places.vault);
        let vault = &self.places.vault;
        let needs_key = matches!(request.who, Who::Patients(_));
        let search = Search {
            config: self.config,
            naming: request.naming,
            release: &self.places.release,
            key: if needs_key { self.key()? } else { None },
            rows: request.identity.map(|identity| rows(&table, identity)).transpose().map_err(RunError::from)?,
            identities: Identities::load(vault)?,
            excluded: Excluded::load(vault)?,
            withdrawn: Withdrawn::load(&withdrawn_of(vault)).map_err(RunError::from)?,
        };
        search.find(request.who)
    }

    /// Takes the key, where it is kept and is that of the release.
    fn key(&self) -> Result<Option<Key>, WithdrawError> {
        let Some(stated) = &self.root.key else { return Ok(None) };
        let file = self.config.key_file.clone().unwrap_or_else(|| self.places.vault.join("project.key"));
        let key = Key::kept(self.config, &file)?;
        let here = Terms::of(self.config, &key.pseudonyms);
        let there = Terms::of_root(&self.root);
        let same =
            Terms { key: here.key, profile: here.profile, scheme: here.scheme, site: here.site, ..there.clone() };
        same.agree(&there, &self.places.release)?;
        debug_assert!(*stated == same.key);
        Ok(Some(key))
    }

    /// Notes who and what is to go; from now on no run lets them in.
    fn note(&self, found: &Found, reason: &str) -> Result<Note, WithdrawError> {
        let mut list = Withdrawn::load(&withdrawn_of(&self.places.vault)).map_err(RunError::from)?;
        let patients: Vec<_> = found.patients.iter().cloned().collect();
        let pseudonyms: Vec<_> = found.pseudonyms.iter().cloned().collect();
        list.add(&patients, &pseudonyms).map_err(RunError::from)?;
        let at = write_error(&self.places.vault);
        let mut note = Note::read(&self.places.vault).map_err(&at)?;
        note.pseudonyms.extend(pseudonyms);
        let back = standing::returned(&self.places.release, &list).map_err(write_error(&self.places.release))?;
        note.pseudonyms.extend(back);
        note.reason = if note.reason.is_empty() { reason.to_owned() } else { format!("{}; {reason}", note.reason) };
        for header in self.journal.records().into_iter().map(|known| known.header) {
            if note.takes(&header.release) {
                note.add(&header.instance, &header.release, WITHDRAWAL);
            }
        }
        self.note_files(&mut note)?;
        self.vault.folder("journal")?;
        note.write(&self.places.vault).map_err(&at)?;
        Ok(note)
    }

    /// Notes every file that lies in the folders of the people, whether the journal knows it or not.
    fn note_files(&self, note: &mut Note) -> Result<(), WithdrawError> {
        for pseudonym in note.pseudonyms.clone().into_iter().filter(|name| is_plain(name)) {
            let folder = Path::new("dicom").join(pseudonym);
            let files = strays::files_of(&self.places.release, &folder).map_err(write_error(&self.places.release))?;
            for path in files.iter().filter_map(|path| path.to_str()) {
                let instance = strays::place(Path::new(path)).map(|(_, _, instance)| instance);
                note.add(&instance.unwrap_or_default(), path, WITHDRAWAL);
            }
        }
        note.instances.remove("");
        Ok(())
    }

    fn take_out(&self, found: &Found, note: &Note) -> Result<(Withdrawal, Root), WithdrawError> {
        let at = write_error(&self.places.release);
        let mut withdrawal = Withdrawal { not_found: found.not_found, ..Withdrawal::default() };
        let mut gone = BTreeSet::new();
        for known in note.instances.iter().filter_map(|instance| self.journal.record(instance)) {
            match fs::remove_file(self.places.release.join(&known.header.release)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(error)),
                _ => self.journal.forget(&known.header.instance).map_err(&at)?,
            }
            gone.insert(known.header.release.clone());
        }
        for place in &note.releases {
            remove(&self.places.release, place).map_err(&at)?;
        }
        for pseudonym in note.pseudonyms.iter().filter(|name| is_plain(name)) {
            remove_empty(&self.places.release.join("dicom").join(pseudonym)).map_err(&at)?;
        }
        // What a withdrawal that died has removed is in its note, and counts.
        withdrawal.removed = note.releases.len() as u64;
        let people: BTreeSet<&str> = note.releases.iter().filter_map(|place| place.split('/').nth(1)).collect();
        withdrawal.people = people.len() as u64;
        let root = self.reseal(&gone, note)?;
        withdrawal.merkle_root.clone_from(&root.merkle_root);
        withdrawal.version = self.next_version(note)?;
        Ok((withdrawal, root))
    }

    /// Writes index, ledger, manifests and root as they are now.
    fn reseal(&self, gone: &BTreeSet<String>, note: &Note) -> Result<Root, WithdrawError> {
        let at = write_error(&self.places.release);
        let release = fs::File::open(&self.places.release).map_err(&at)?;
        self.journal.flush(&release).map_err(&at)?;
        let index = self.vault.folder.join("index.csv");
        let mut lines = index_file::read(&index).map_err(&at)?;
        let named = lines.iter().any(|line| !line.release.is_empty());
        let of_them = |line: &Line| gone.contains(&line.release) || note.takes(&line.release);
        if named {
            lines.iter_mut().filter(|line| of_them(line)).for_each(Line::withdraw);
            index_file::write(&index, &self.vault.folder, &lines, true).map_err(&at)?;
        } else {
            // Where the key was destroyed the index does not say which file became which: only the counts can follow.
            let left = self.journal.records().len();
            let released = lines.iter_mut().filter(|line| line.state == State::Released);
            released.skip(left).for_each(Line::withdraw);
        }
        let stage = Stage::open(&self.places.staging).map_err(&at)?;
        let waiting = stage.folder().map_err(&at)?;
        let signer = self.vault.signer(self.config)?;
        let (config, terms, journal, release_folder) = (self.config, &self.terms, &self.journal, &self.places.release);
        let withdrawn = Withdrawn::load(&withdrawn_of(&self.vault.folder)).map_err(RunError::from)?;
        let (vault, withdrawn, signer, lines) = (&self.vault.folder, &withdrawn, &signer, &lines);
        let (release_folder, shares) = (release_folder.as_path(), None);
        let sealing = Sealing {
            config,
            terms,
            release: release_folder,
            waiting,
            journal,
            lines,
            signer,
            vault,
            withdrawn,
            shares,
        };
        let sealed = sealing.seal().map_err(&at)?;
        if self.root.key.is_some() {
            let (people, folder) = (sealed.people.lines(), &self.vault.folder);
            put(&folder.join(PEOPLE), folder, Readers::Owner, |to| to.write_all(people.as_bytes())).map_err(&at)?;
        }
        rustix::fs::syncfs(&release).map_err(|error| at(error.into()))?;
        Ok(sealed.root)
    }

    /// Writes the next version of the data set, where there is one.
    fn next_version(&self, note: &Note) -> Result<Option<u32>, WithdrawError> {
        let signer = self.vault.signer(self.config)?;
        let tool = &self.config.tool_version;
        let reason = note.public_reason();
        let frozen = dataset::withdraw(&self.places.release, &note.instances, &reason, tool, &signer);
        let frozen = frozen.map_err(WithdrawError::Dataset)?;
        Ok(frozen.map(|frozen| frozen.signed.statement.version))
    }

    /// Removes the rows of the people from the linkage table. Those who have died before the end are among them.
    fn remove_rows(&self, note: &Note, identity: Option<&Identity>) -> Result<Option<u64>, WithdrawError> {
        let table = crate::table_of(&self.places.vault);
        // The release is right already; a key that is not at hand leaves the rows where they are, and that is told.
        let key = self.key().ok().flatten();
        let there = table.exists();
        if there && key.is_none() && identity.is_none() {
            return Ok(None);
        }
        let pseudonyms = key.as_ref().map(|key| &key.pseudonyms);
        let removed = linkage::remove(&table, &note.pseudonyms, pseudonyms, identity).map_err(RunError::from)?;
        Ok(Some(removed))
    }

    /// Logs the withdrawal and takes the note away: it is finished.
    fn log(&self, note: &Note, withdrawal: &Withdrawal, root: &Root) -> Result<(), WithdrawError> {
        let at = write_error(&self.places.vault);
        log(&self.places.vault, self.config, note, withdrawal, root).map_err(&at)?;
        Note::clear(&self.places.vault).map_err(&at)
    }
}

/// Puts a withdrawal on record.
pub(crate) fn log(vault: &Path, config: &Config, note: &Note, withdrawal: &Withdrawal, root: &Root) -> io::Result<()> {
    let subject: Vec<&str> = note.pseudonyms.iter().map(String::as_str).collect();
    let event = execution::Event::new("linkage-withdraw")
        .because(&note.reason)
        .on(subject.join(" "))
        .to(paths::absolute(&config.out))
        .count("removed", withdrawal.removed)
        .count("people", withdrawal.people)
        .count("rows", withdrawal.rows.unwrap_or_default())
        .of_root(root);
    let version = withdrawal.version.map(|version| version.to_string());
    let event = version.iter().fold(event, |event, version| event.with(VERSION, version));
    let event = config.operator.iter().fold(event, |event, operator| event.by(operator));
    let event = execution::with_table(event, vault)?.of_lists(vault)?;
    ExecutionLog::open(vault)?.append(&event).map(drop)
}

fn write_error(path: &Path) -> impl Fn(io::Error) -> WithdrawError + use<> {
    let path = path.to_owned();
    move |source| WithdrawError::Write { path: path.clone(), source }
}

/// Tells whether a name is one that the program gives to the folder of a patient.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Removes a file of a release, and tells whether it was there. What is no place of an output stays.
pub(crate) fn remove(release: &Path, place: &str) -> io::Result<bool> {
    let is_place = place.starts_with("dicom/") && place.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !is_place {
        return Ok(false);
    }
    match fs::remove_file(release.join(place)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    }
}

/// Removes folders that hold no file. What no run has put there stays.
pub(crate) fn remove_empty(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => removed,
    }
}
