//! A version while it is written: under names that are no version's, until all of it is on the disk.

use super::changes::{Between, ChangeKind};
use super::error::{DatasetError, unwritable};
use super::freeze::SamePerson;
use super::rows::Rows;
use super::stamp::WAITING;
use super::{Row, Signed, changes_path, folder, manifest_path, statement_path, table_path};
use crate::Tree;
use crate::ledger::hex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The manifest and table of a version that has no name yet. Memory grows with the number of patients only.
pub(super) struct Draft {
    folder: PathBuf,
    manifest: BufWriter<File>,
    table: Digested,
    tree: Tree,
    bytes: u64,
    /// The share of each patient.
    patients: HashMap<String, Option<String>>,
}

/// What a draft came to.
pub(super) struct Drafted {
    folder: PathBuf,
    pub files: u64,
    pub bytes: u64,
    pub patients: u64,
    pub manifest_root: String,
    pub table_sha256: String,
    /// How many patients are in each share.
    pub shares: BTreeMap<String, u64>,
    /// The share of each patient.
    pub by_patient: HashMap<String, Option<String>>,
}

/// What differs from the version before.
#[derive(Default)]
pub(super) struct Changed {
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
    /// SHA-256 of the list.
    pub sha256: Option<String>,
}

impl Changed {
    pub(super) fn count(&mut self, kind: ChangeKind) {
        match kind {
            ChangeKind::Added => self.added += 1,
            ChangeKind::Removed => self.removed += 1,
            ChangeKind::Changed => self.changed += 1,
        }
    }
}

const MANIFEST: &str = ".new.manifest.jsonl";
const TABLE: &str = ".new.manifest.csv";
const CHANGES: &str = ".new.changes.jsonl";
const STATEMENT: &str = ".new.json";

impl Draft {
    /// Begins a draft; what an earlier one left behind goes.
    pub(super) fn begin(release: &Path) -> Result<Draft, DatasetError> {
        let folder = folder(release);
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        let table = Digested::create(&folder.join(TABLE))?;
        let path = folder.join(MANIFEST);
        let manifest = BufWriter::new(File::create(&path).map_err(unwritable(&path))?);
        let mut draft = Draft { folder, manifest, table, tree: Tree::new(), bytes: 0, patients: HashMap::new() };
        draft.table.line(Row::COLUMNS)?;
        Ok(draft)
    }

    pub(super) fn push(&mut self, row: &Row) -> Result<(), DatasetError> {
        let line = row.line();
        let written = self.manifest.write_all(line.as_bytes()).and_then(|()| self.manifest.write_all(b"\n"));
        written.map_err(unwritable(&self.folder.join(MANIFEST)))?;
        self.table.line(&row.csv())?;
        self.tree.push(line.as_bytes());
        self.bytes += row.bytes;
        if !self.patients.contains_key(&row.patient) {
            self.patients.insert(row.patient.clone(), row.split.clone());
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Drafted, DatasetError> {
        close(self.manifest).map_err(unwritable(&self.folder.join(MANIFEST)))?;
        let mut shares = BTreeMap::new();
        for share in self.patients.values().flatten() {
            *shares.entry(share.clone()).or_insert(0) += 1;
        }
        Ok(Drafted {
            folder: self.folder,
            files: self.tree.leaves(),
            bytes: self.bytes,
            patients: self.patients.len() as u64,
            manifest_root: hex(&self.tree.root()),
            table_sha256: self.table.finish()?,
            shares,
            by_patient: self.patients,
        })
    }
}

impl Drafted {
    /// Returns how many people the patients are, and how many of these are in several shares.
    pub(super) fn people(&self, same: Option<&SamePerson<'_>>) -> (u64, u64) {
        let mut people: HashMap<String, BTreeSet<&str>> = HashMap::new();
        for (patient, share) in &self.by_patient {
            let first = same.and_then(|same| same(patient).into_iter().min()).unwrap_or_else(|| patient.clone());
            people.entry(first).or_default().extend(share.as_deref());
        }
        let apart = people.values().filter(|shares| shares.len() > 1).count();
        (people.len() as u64, apart as u64)
    }

    /// Writes the list of what differs from the version before; without one, everything is added.
    pub(super) fn compare(&self, release: &Path, before: Option<u32>) -> Result<Changed, DatasetError> {
        let Some(before) = before else { return Ok(Changed { added: self.files, ..Changed::default() }) };
        let mut list = Digested::create(&self.folder.join(CHANGES))?;
        let mut changed = Changed::default();
        let after = Rows::at(&self.folder.join(MANIFEST), before + 1)?;
        for change in Between::new(Rows::open(release, before)?, after)? {
            let change = change?;
            changed.count(change.change);
            list.line(&change.line())?;
        }
        changed.sha256 = Some(list.finish()?);
        Ok(changed)
    }

    /// Gives all files their names, the statement last: whoever finds it finds what it speaks of.
    pub(super) fn publish(self, release: &Path, signed: &Signed) -> Result<(), DatasetError> {
        let version = signed.statement.version;
        let mut statement = Digested::create(&self.folder.join(STATEMENT))?;
        statement.line(signed.line().trim_end())?;
        statement.finish()?;
        let mut names = vec![(MANIFEST, manifest_path(release, version)), (TABLE, table_path(release, version))];
        if signed.statement.changes_sha256.is_some() {
            names.push((CHANGES, changes_path(release, version)));
        }
        names.push((STATEMENT, statement_path(release, version)));
        for (from, to) in names {
            fs::rename(self.folder.join(from), &to).map_err(unwritable(&to))?;
            // Each name is on the disk before the next one is given.
            File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(unwritable(&self.folder))?;
        }
        self.discard();
        Ok(())
    }

    /// Removes what has no name.
    pub(super) fn discard(&self) {
        for name in [MANIFEST, TABLE, CHANGES, STATEMENT, WAITING] {
            // What stays is written over by the next draft.
            let _ = fs::remove_file(self.folder.join(name));
        }
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Removes what a draft that was given up has left.
pub(super) fn clear(release: &Path) {
    let folder = folder(release);
    Drafted {
        folder,
        files: 0,
        bytes: 0,
        patients: 0,
        manifest_root: String::new(),
        table_sha256: String::new(),
        shares: BTreeMap::new(),
        by_patient: HashMap::new(),
    }
    .discard();
}

/// A file of lines that is digested while it is written.
struct Digested {
    path: PathBuf,
    to: BufWriter<File>,
    sha: Sha256,
}

impl Digested {
    fn create(path: &Path) -> Result<Digested, DatasetError> {
        let to = BufWriter::new(File::create(path).map_err(unwritable(path))?);
        Ok(Digested { path: path.to_owned(), to, sha: Sha256::new() })
    }

    fn line(&mut self, line: &str) -> Result<(), DatasetError> {
        for part in [line.as_bytes(), b"\n"] {
            self.sha.update(part);
            self.to.write_all(part).map_err(unwritable(&self.path))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<String, DatasetError> {
        close(self.to).map_err(unwritable(&self.path))?;
        Ok(hex(&self.sha.finalize()))
    }
}

fn close(file: BufWriter<File>) -> io::Result<()> {
    file.into_inner()?.sync_all()
}
