//! Shares of one run united, with what their vaults know.

use crate::certificate::PEOPLE;
use crate::execution::{self, Event};
use crate::identities::Identities;
use crate::journal::Journal;
use crate::linkage::{table_of, withdrawn_of};
use crate::papers::write_vault;
use crate::put::{Readers, put};
use crate::readmission::Excluded;
use crate::standing::mark_of;
use crate::vault::{Terms, Vault, signer_of};
use crate::{ExecutionLog, RunError, begun, grown, index_file, paths, strays};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{ListMark, Merge, MergeError, Merged, People, Root};
use tokumei_pseudonym::linkage::{Table, Withdrawn};

/// What is to be united.
#[derive(Clone, Debug)]
pub struct MergeRequest {
    /// The shares, in any order.
    pub shards: Vec<PathBuf>,
    /// Their vaults, in any order, beside those at `SHARD.vault`.
    pub shard_vaults: Vec<PathBuf>,
    /// The release to make.
    pub out: PathBuf,
    /// The vault of the release: its key signs, and it keeps the people.
    pub vault: PathBuf,
    /// Who asks for it, for the execution log; `None` is the account.
    pub operator: Option<String>,
}

/// What was made of shares.
#[derive(Debug)]
#[non_exhaustive]
pub struct United {
    /// The release.
    pub merged: Merged,
    /// Whether the vault knows of every instance, so that people can be withdrawn and runs go on: it lacks that where a vault of
    /// a share was not at hand.
    pub recorded: bool,
}

/// Unites the shares of a run into one release, and what their vaults know into its vault.
///
/// # Errors
/// [`UniteError`] when the shares do not hold or do not belong together, one holds files of people who have withdrawn from
/// another, or the vault is another release's; nothing is left behind then.
pub fn merge(request: &MergeRequest) -> Result<United, UniteError> {
    let known =
        Lists { withdrawn: withdrawn(request)?, excluded: excluded(request)?, identities: identities(request)? };
    let vault_error = |source| RunError::Vault { path: request.vault.clone(), source };
    let before = Before::of(&request.vault).map_err(vault_error)?;
    let vault = Vault::open(&request.vault)?;
    let merged = unite(request, known).inspect_err(|_| before.restore())?;
    let lines = merged.people.lines();
    put(&request.vault.join(PEOPLE), &request.vault, Readers::Owner, |to| to.write_all(lines.as_bytes()))
        .map_err(vault_error)?;
    let recorded = take_over(&vault, &request.vaults(), &request.out, &merged.root)?;
    let event = Event::new("merge")
        .to(paths::absolute(&request.out))
        .count("shards", request.shards.len() as u64)
        .count("leaves", merged.root.leaves)
        .of_root(&merged.root)
        .of_lists(&request.vault)
        .map_err(vault_error)?;
    let event = request.operator.iter().fold(event, |event, operator| event.by(operator));
    let event = execution::with_table(event, &request.vault).map_err(vault_error)?;
    ExecutionLog::open(&request.vault).and_then(|log| log.append(&event)).map_err(vault_error)?;
    Ok(United { merged, recorded })
}

impl MergeRequest {
    /// Returns where vaults of shares may be.
    fn vaults(&self) -> Vec<PathBuf> {
        self.shard_vaults.iter().cloned().chain(self.shards.iter().map(|shard| beside(shard))).collect()
    }
}

/// What the vaults of the shares know of people.
struct Lists {
    withdrawn: Vec<Withdrawn>,
    excluded: Vec<Excluded>,
    identities: Vec<Identities>,
}

fn unite(request: &MergeRequest, known: Lists) -> Result<Merged, UniteError> {
    let vault_error = |source| RunError::Vault { path: request.vault.clone(), source };
    let signer = signer_of(&request.vault)?;
    let earlier = ExecutionLog::open(&request.vault).and_then(|log| log.entries()).map_err(vault_error)?;
    if earlier.iter().any(|entry| OF_A_RELEASE.contains(&entry.kind.as_str())) {
        return Err(UniteError::VaultTaken { path: request.vault.clone() });
    }
    let people: Vec<People> = request.vaults().iter().filter_map(|vault| read_people(vault)).collect();
    // Before the release has its name: no run finds one without the lists.
    let mut all = Withdrawn::load(&withdrawn_of(&request.vault)).map_err(RunError::from)?;
    for list in known.withdrawn {
        all.unite(list).map_err(RunError::from)?;
    }
    let mut excluded = Excluded::load(&request.vault)?;
    for list in known.excluded {
        excluded.unite(list).map_err(vault_error)?;
    }
    Identities::load(&request.vault)?.unite(&known.identities).map_err(vault_error)?;
    let (withdrawn, marked) = (mark_of(&all), excluded.mark());
    let (shards, people, out) = (&request.shards, &people, &request.out);
    Ok(Merge { shards, people, out, signer: &signer, withdrawn, excluded: marked }.unite()?)
}

/// Lines of a log that only the vault of a release has.
const OF_A_RELEASE: [&str; 3] = ["run", "dataset-freeze", "linkage-withdraw"];

/// What of a vault a merge that is refused puts back.
struct Before {
    vault: PathBuf,
    /// `None` where there was no vault.
    files: Option<Vec<(PathBuf, Option<Vec<u8>>)>>,
}

impl Before {
    fn of(vault: &Path) -> io::Result<Before> {
        let lists = grown::lists(vault).map(|(_, path)| path);
        let others = [vault.join("signing.key"), vault.join("journal").join("signing.public"), withdrawn_of(vault)];
        let read = |path: PathBuf| match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path, None)),
            bytes => bytes.map(|bytes| (path, Some(bytes))),
        };
        let files = vault.exists().then(|| lists.into_iter().chain(others).map(read).collect()).transpose()?;
        Ok(Before { vault: vault.to_owned(), files })
    }

    fn restore(&self) {
        let Some(files) = &self.files else {
            let _ = fs::remove_dir_all(&self.vault);
            return;
        };
        for (path, bytes) in files {
            // The reason of the refusal is what the operator must hear; a longer list than the papers state does no harm.
            let _ = match bytes {
                None => fs::remove_file(path),
                Some(bytes) => put(path, &self.vault, Readers::Owner, |to| to.write_all(bytes)).map(drop),
            };
        }
    }
}

/// Takes the journals, indexes and tables of the shares into the vault of the release; tells whether they speak of every
/// instance. Where they do not, the vault has no journal.
fn take_over(vault: &Vault, shards: &[PathBuf], out: &Path, root: &Root) -> Result<bool, UniteError> {
    let at = |source| RunError::Vault { path: vault.folder.clone(), source };
    let folder = vault.folder("journal")?;
    let path = folder.join("instances");
    let file = vault.file(&path)?;
    file.set_len(0).map_err(at)?;
    let journal = Journal::open(file).map_err(at)?;
    let rows = strays::rows(out).map_err(at)?;
    let mut wanted: BTreeSet<String> = rows.into_iter().map(|row| row.instance).collect();
    for shard in shards {
        // One that is not there, or broke off, knows nothing.
        let Some(own) =
            fs::File::open(shard.join("journal").join("instances")).ok().and_then(|file| Journal::open(file).ok())
        else {
            continue;
        };
        for known in own.records().iter().filter(|known| wanted.remove(&known.header.instance)) {
            journal.adopt(&own, known).map_err(at)?;
        }
    }
    if !wanted.is_empty() {
        fs::remove_file(&path).map_err(at)?;
        return Ok(false);
    }
    journal.flush(&fs::File::open(out).map_err(at)?).map_err(at)?;
    let mut lines = BTreeMap::new();
    for shard in shards {
        let index = index_file::read(&shard.join("index.csv")).map_err(at)?;
        index.into_iter().for_each(|line| _ = lines.entry(line.source.clone()).or_insert(line));
    }
    write_vault(vault, &lines.into_values().collect::<Vec<_>>(), true).map_err(at)?;
    let tables: Vec<PathBuf> = shards.iter().map(|shard| table_of(shard)).filter(|table| table.is_file()).collect();
    if !tables.is_empty() {
        Table::open(&table_of(&vault.folder)).and_then(|mut table| table.unite(&tables)).map_err(RunError::from)?;
    }
    let terms = Terms::of_root(root);
    put(&folder.join("run.json"), &folder, Readers::Owner, |to| terms.write(to)).map_err(at)?;
    Ok(true)
}

/// Returns the lists of those who have withdrawn from a share or from what the vault of the release was for before, of whom
/// no share holds anything.
fn withdrawn(request: &MergeRequest) -> Result<Vec<Withdrawn>, UniteError> {
    let vaults = request.vaults().into_iter().chain([request.vault.clone()]);
    let lists = vaults.map(|vault| Withdrawn::load(&withdrawn_of(&vault)));
    let lists = lists.collect::<Result<Vec<_>, _>>().map_err(RunError::from)?;
    for shard in &request.shards {
        // What cannot be read as a root is told when the share is checked.
        let mark = begun::read_root(shard).ok().flatten().and_then(|root| root.withdrawn);
        let has_it =
            |mark: &ListMark| lists.iter().any(|list| list.digest_of(mark.count).as_ref() == Some(&mark.digest));
        if let Some(mark) = mark.filter(|mark| !has_it(mark)) {
            let found = lists.iter().map(Withdrawn::len).max().unwrap_or_default() as u64;
            return Err(
                RunError::WithdrawnLost { path: withdrawn_of(&beside(shard)), stated: mark.count, found }.into()
            );
        }
    }
    let lists: Vec<Withdrawn> = lists.into_iter().filter(|list| !list.is_empty()).collect();
    for shard in request.shards.iter().filter(|_| !lists.is_empty()) {
        let dicom = shard.join("dicom");
        let entries = match fs::read_dir(&dicom) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(|source| RunError::Release { path: dicom.clone(), source })?,
        };
        for entry in entries {
            let name = entry.map_err(|source| RunError::Release { path: dicom.clone(), source })?.file_name();
            if lists.iter().any(|list| list.holds("", "", &name.to_string_lossy())) {
                return Err(UniteError::Withdrawn { path: shard.clone() });
            }
        }
    }
    Ok(lists)
}

/// Returns the lists of those whom consent has kept out of a share.
fn excluded(request: &MergeRequest) -> Result<Vec<Excluded>, UniteError> {
    let lists = request.vaults().into_iter().map(|vault| Excluded::load(&vault));
    let lists = lists.collect::<Result<Vec<_>, _>>()?;
    for shard in &request.shards {
        let mark = begun::read_root(shard).ok().flatten().and_then(|root| root.excluded);
        if let Some(mark) = mark.filter(|mark| !lists.iter().any(|list| list.follows(mark))) {
            let found = lists.iter().map(Excluded::len).max().unwrap_or_default();
            return Err(RunError::ListLost { path: beside(shard), stated: mark.count, found }.into());
        }
    }
    Ok(lists)
}

fn identities(request: &MergeRequest) -> Result<Vec<Identities>, UniteError> {
    Ok(request.vaults().iter().map(|vault| Identities::load(vault)).collect::<Result<_, _>>()?)
}

fn read_people(vault: &Path) -> Option<People> {
    People::parse(&fs::read_to_string(vault.join(PEOPLE)).ok()?)
}

/// Returns the folder where a run puts the vault of a release.
fn beside(release: &Path) -> PathBuf {
    let release = std::path::absolute(release).unwrap_or_else(|_| release.to_owned());
    let mut name = release.file_name().map(OsString::from).unwrap_or_default();
    name.push(".vault");
    release.with_file_name(name)
}

/// Why shares are not united.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UniteError {
    /// The shares do not hold or do not belong together.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// A share still holds files of people who have withdrawn from another one.
    #[error("people have withdrawn from a share, and {} still holds files of theirs", path.display())]
    Withdrawn {
        /// The share.
        path: PathBuf,
    },
    /// Runs, withdrawals or freezes have worked on the vault: it is another release's.
    #[error("{} is the vault of another release", path.display())]
    VaultTaken {
        /// The vault.
        path: PathBuf,
    },
    /// The vault cannot be read or written.
    #[error(transparent)]
    Vault(#[from] RunError),
}
