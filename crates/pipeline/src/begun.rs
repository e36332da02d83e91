//! What a run finds where its release is to be, and whether it may go on with it.

use crate::RunError;
use crate::execution::Past;
use crate::places::Places;
use crate::vault::Terms;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{Root, SignatureError};

/// Reads the root of a release, if there is one.
pub(crate) fn read_root(release: &Path) -> Result<Option<Root>, RunError> {
    let path = release.join("audit/root.json");
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RunError::Release { path, source }),
        Ok(_) => Root::read(&path).map(Some).map_err(|_| RunError::Foreign { path }),
    }
}

/// Refuses a root that is not signed, or whose signature is not under what it says: it was edited since.
pub(crate) fn is_unedited(root: &Root, release: &Path) -> Result<(), RunError> {
    match root.check_signature(None) {
        Err(SignatureError::Wrong | SignatureError::Missing) => {
            Err(RunError::RootEdited { path: release.join("audit/root.json") })
        }
        _ => Ok(()),
    }
}

/// Refuses a run that differs from those that made the release, or a release that nobody is known to have made.
pub(crate) fn agree(terms: &Terms, root: Option<&Root>, vault: Option<Terms>, release: &Path) -> Result<(), RunError> {
    if root.is_none() && vault.is_none() {
        let empty =
            is_begun_at_most(release).map_err(|source| RunError::Release { path: release.to_owned(), source })?;
        return if empty { Ok(()) } else { Err(RunError::Foreign { path: release.to_owned() }) };
    }
    root.map(Terms::of_root).into_iter().chain(vault).try_for_each(|earlier| terms.agree(&earlier, release))
}

/// Refuses a release that has something in it and no root, although a run has written one: without the root nobody knows what the
/// vault must not have lost.
pub(crate) fn has_root(release: &Path, past: &Past) -> Result<(), RunError> {
    let empty = is_begun_at_most(release).map_err(|source| RunError::Release { path: release.to_owned(), source })?;
    match empty || !past.roots.iter().any(|one| one.settled) {
        true => Ok(()),
        false => Err(RunError::RootGone { path: release.join("audit/root.json") }),
    }
}

/// Tells whether a release has nothing in it but the empty folders that a run makes first, and may have died behind.
fn is_begun_at_most(release: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(release) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let ours = entry.file_type()?.is_dir() && (entry.file_name() == "dicom" || entry.file_name() == "audit");
        if !ours || !is_empty(&entry.path())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Tells whether a folder has nothing in it, or is not there.
pub(crate) fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// What was not there before a run, and goes again where the run is refused after it has read the inputs.
pub(crate) struct Untouched<'a> {
    places: &'a Places,
    vault: bool,
    release: bool,
}

impl Untouched<'_> {
    /// Looks at the places of a run before it makes anything.
    pub(crate) fn of(places: &Places) -> Untouched<'_> {
        let absent = |path: &Path| is_empty(path).unwrap_or(false);
        Untouched { places, vault: absent(&places.vault), release: absent(&places.release) }
    }

    /// Removes what the run has made of them: all of a vault, and of a release the folders with nothing in them.
    pub(crate) fn restore(&self) {
        // The reason of the refusal is what the operator must hear.
        if self.vault {
            let _ = fs::remove_dir_all(&self.places.vault);
        }
        if self.release {
            let release = &self.places.release;
            for folder in [&release.join("dicom"), &release.join("audit"), release] {
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// Locks a release.
pub(crate) fn lock(folder: &Path) -> Result<File, RunError> {
    let path = || PathBuf::from(folder);
    let lock = crate::vault::lock(folder).map_err(|source| RunError::Release { path: path(), source })?;
    lock.ok_or_else(|| RunError::Busy { path: path() })
}
