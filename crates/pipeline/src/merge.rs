//! Shares of one run united, with what their vaults know.

use crate::certificate::PEOPLE;
use crate::execution::Event;
use crate::identities::Identities;
use crate::linkage::withdrawn_of;
use crate::put::{Readers, put};
use crate::readmission::Excluded;
use crate::standing::mark_of;
use crate::vault::{private_folder, signer_of};
use crate::{ExecutionLog, RunError, begun};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{ListMark, Merge, MergeError, Merged, People};
use tokumei_pseudonym::linkage::Withdrawn;

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

/// Unites the shares of a run into one release.
///
/// # Errors
/// [`UniteError`] when the shares do not hold or do not belong together, or one holds files of
/// people who have withdrawn from another; nothing is left behind then.
pub fn merge(request: &MergeRequest) -> Result<Merged, UniteError> {
    let lists = withdrawn(request)?;
    let excluded_lists = excluded(request)?;
    let own = request.shards.iter().map(|shard| beside(shard));
    let vaults = request.shard_vaults.iter().cloned().chain(own);
    let identities = vaults.map(|vault| Identities::load(&vault)).collect::<Result<Vec<_>, _>>()?;
    let vault_error = |source| RunError::Vault { path: request.vault.clone(), source };
    private_folder(&request.vault).map_err(vault_error)?;
    let signer = signer_of(&request.vault)?;
    let beside = request.shards.iter().map(|shard| beside(shard));
    let people: Vec<People> =
        request.shard_vaults.iter().cloned().chain(beside).filter_map(|vault| read_people(&vault)).collect();
    // Before the release has its name: no run finds the one without the other.
    let mut all = Withdrawn::load(&withdrawn_of(&request.vault)).map_err(RunError::from)?;
    for list in lists {
        all.unite(list).map_err(RunError::from)?;
    }
    let mut excluded = Excluded::load(&request.vault)?;
    for list in excluded_lists {
        excluded.unite(list).map_err(vault_error)?;
    }
    Identities::load(&request.vault)?.unite(&identities).map_err(vault_error)?;
    let (withdrawn, marked) = (mark_of(&all), excluded.mark());
    let (shards, people, out) = (&request.shards, &people, &request.out);
    let merge = Merge { shards, people, out, signer: &signer, withdrawn, excluded: marked };
    let merged = merge.unite()?;
    let lines = merged.people.lines();
    put(&request.vault.join(PEOPLE), &request.vault, Readers::Owner, |to| to.write_all(lines.as_bytes()))
        .map_err(vault_error)?;
    let event = Event::new("merge")
        .to(request.out.display().to_string())
        .count("shards", request.shards.len() as u64)
        .count("leaves", merged.root.leaves)
        .of_root(&merged.root)
        .of_lists(&request.vault)
        .map_err(vault_error)?;
    let event = request.operator.iter().fold(event, |event, operator| event.by(operator));
    ExecutionLog::open(&request.vault).and_then(|log| log.append(&event)).map_err(vault_error)?;
    Ok(merged)
}

/// Returns the lists of those who have withdrawn from a share or from what the vault of the release was for before, of whom
/// no share holds anything.
fn withdrawn(request: &MergeRequest) -> Result<Vec<Withdrawn>, UniteError> {
    let own = request.shards.iter().map(|shard| beside(shard));
    let vaults = request.shard_vaults.iter().cloned().chain(own).chain([request.vault.clone()]);
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
    let own = request.shards.iter().map(|shard| beside(shard));
    let lists = request.shard_vaults.iter().cloned().chain(own).map(|vault| Excluded::load(&vault));
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
    /// The vault cannot be read or written.
    #[error(transparent)]
    Vault(#[from] RunError),
}
