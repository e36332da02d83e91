//! Whether a release and its vault are of one moment: what one of them has from an old copy would let people back in.
//!
//! The release states how long the list of those who have withdrawn was, and a digest of it; the execution log states the
//! same, and every root that was written. So a list that was lost shows, as long as one of the two is newer; and a release
//! that was taken from an old copy is known for what it is. Where both are of one old copy, nothing here can tell: for that
//! somebody must hold a root elsewhere.

use crate::execution::{ExecutionLog, Past, PastRoot};
use crate::grown::{self, Grown};
use crate::journal::Journal;
use crate::linkage::withdrawn_of;
use crate::note::Note;
use crate::places::Places;
use crate::{RunError, strays};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{ListMark, Root, dataset};
use tokumei_pseudonym::linkage::Withdrawn;

/// How a release is to what its vault's log says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// There is none yet, or it is as the last run or withdrawal left it.
    Current,
    /// It is what an earlier one had left, or is gone.
    Older,
    /// The log does not speak of it.
    Unknown,
}

impl Standing {
    /// Compares a root with what the log has of roots.
    pub(crate) fn of(past: &Past, root: Option<&Root>) -> Standing {
        let Some(root) = root else {
            return if past.roots.iter().any(|one| one.settled) { Standing::Older } else { Standing::Current };
        };
        let state = root.state();
        let is_it = |one: &PastRoot| match &one.state {
            Some(stated) => *stated == state,
            None => one.merkle_root == root.merkle_root,
        };
        let Some(at) = past.roots.iter().rposition(is_it) else { return Standing::Unknown };
        // A vault may have made several releases whose keys were destroyed; none of them changes another.
        let changes = |one: &PastRoot| one.settled && (root.key.is_some() || one.withdrawal);
        match past.roots[at + 1..].iter().any(changes) {
            true => Standing::Older,
            false => Standing::Current,
        }
    }
}

/// Reads the list of those who have withdrawn, and refuses it or another list of the vault that is not what release and log say
/// it was, with more behind it or not.
pub(crate) fn withdrawn(vault: &Path, past: &Past, root: Option<&Root>) -> Result<Withdrawn, RunError> {
    lists(vault, past, root)?;
    let path = withdrawn_of(vault);
    let list = Withdrawn::load(&path)?;
    let marks = root.and_then(|root| root.withdrawn.as_ref()).into_iter().chain(past.withdrawn.as_ref());
    for mark in marks {
        if list.digest_of(mark.count).as_ref() != Some(&mark.digest) {
            return Err(RunError::WithdrawnLost { path, stated: mark.count, found: list.len() as u64 });
        }
    }
    Ok(list)
}

/// Refuses a list of the vault that has lost lines.
fn lists(vault: &Path, past: &Past, root: Option<&Root>) -> Result<(), RunError> {
    for (name, path) in grown::lists(vault) {
        let stated = root.filter(|_| name == grown::EXCLUDED).and_then(|root| root.excluded.as_ref());
        let marks: Vec<&ListMark> = stated.into_iter().chain(past.lists.get(name)).collect();
        if marks.is_empty() {
            continue;
        }
        let list = Grown::load(&path).or_else(|error| match error.kind() {
            // What breaks off, or is no text, was altered.
            io::ErrorKind::InvalidData => Ok(Grown::default()),
            _ => Err(RunError::Vault { path: path.clone(), source: error }),
        })?;
        if let Some(mark) = marks.into_iter().find(|mark| !list.follows(mark)) {
            return Err(RunError::ListLost { path, stated: mark.count, found: list.lines().len() as u64 });
        }
    }
    Ok(())
}

/// Returns what a paper states of a list; nothing where it has nobody.
pub(crate) fn mark_of(list: &Withdrawn) -> Option<ListMark> {
    let count = list.len() as u64;
    list.digest_of(count).filter(|_| count > 0).map(|digest| ListMark { count, digest })
}

/// Refuses a vault whose journal lacks instances of the release: it was taken from an old copy, and the papers would lose
/// them.
pub(crate) fn recorded(
    places: &Places,
    journal: &Journal,
    root: &Root,
    standing: Standing,
    note: &Note,
) -> Result<(), RunError> {
    let may_lack = root.leaves > journal.records().len() as u64 || standing == Standing::Unknown;
    if !may_lack || standing == Standing::Older {
        return Ok(());
    }
    let at = |source| RunError::Release { path: places.release.clone(), source };
    match strays::unrecorded(&places.release, journal, |place| note.takes(place)).map_err(at)? {
        0 if standing == Standing::Current => Ok(()),
        instances => Err(RunError::VaultOlder { path: places.vault.clone(), instances }),
    }
}

/// Tells whether a vault is not that of another release which is alike in all and lies where the log says: what is signed could
/// not tell the two apart.
pub(crate) fn is_its_own(vault: &Path, release: &Path, root: &Root) -> Result<bool, RunError> {
    let Some(other) = Past::of(vault)?.release.map(PathBuf::from) else { return Ok(true) };
    let real = |path: &Path| fs::canonicalize(path).ok();
    if !other.is_absolute() || real(&other) == real(release) {
        return Ok(true);
    }
    let twin = Root::read(&other.join("audit/root.json")).ok();
    Ok(twin.is_none_or(|twin| twin.key != root.key || twin.signer != root.signer))
}

/// Returns the folders below `dicom` of people who have withdrawn.
pub(crate) fn returned(release: &Path, list: &Withdrawn) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(release.join("dicom")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        _ if list.is_empty() => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<io::Result<Vec<String>>>()?;
    Ok(names.into_iter().filter(|name| list.holds("", "", name)).collect())
}

/// Refuses a release that is not what its vault says it is by now: it was taken from an old copy, or holds files of people
/// who have withdrawn. What is built on it, a data set or a table, would bring them back.
///
/// Without `vault` it is the folder `RELEASE.vault` beside the release. A vault that is not there says nothing.
///
/// # Errors
/// [`RunError::WithdrawnLost`], [`RunError::ListLost`], [`RunError::WithdrawnPresent`], [`RunError::ReleaseOlder`].
pub fn check_standing(release: &Path, vault: Option<&Path>) -> Result<(), RunError> {
    let places = Places::find(&[], release, vault)?;
    if !places.vault.join("journal").is_dir() {
        return Ok(());
    }
    let root = crate::begun::read_root(&places.release)?;
    check(&places.release, &places.vault, root.as_ref()).map(drop)
}

/// Does the same for a root that was read, and returns the list of those who have withdrawn.
pub(crate) fn check(release: &Path, vault: &Path, root: Option<&Root>) -> Result<Withdrawn, RunError> {
    let past = Past::of(vault)?;
    let list = withdrawn(vault, &past, root)?;
    let back = returned(release, &list).map_err(|source| RunError::Release { path: release.to_owned(), source })?;
    if !back.is_empty() {
        return Err(RunError::WithdrawnPresent { path: release.to_owned(), people: back.len() as u64 });
    }
    if lacks_version(release, &past, root).is_some() {
        return Err(RunError::ReleaseOlder { path: release.to_owned() });
    }
    match Standing::of(&past, root) {
        Standing::Older => Err(RunError::ReleaseOlder { path: release.to_owned() }),
        Standing::Current | Standing::Unknown => Ok(list),
    }
}

/// Returns the last version of the data set that the log knows, where the release has it not. A vault may have made several
/// releases whose keys were destroyed; there nothing is said.
pub(crate) fn lacks_version(release: &Path, past: &Past, root: Option<&Root>) -> Option<u32> {
    let kept = root.is_some_and(|root| root.key.is_some());
    let there = dataset::versions(release).unwrap_or_default();
    (kept && past.version > there).then_some(past.version)
}

impl Past {
    /// Reads what the log of a vault has of releases.
    pub(crate) fn of(vault: &Path) -> Result<Past, RunError> {
        ExecutionLog::past(vault).map_err(|source| RunError::Vault { path: vault.to_owned(), source })
    }
}
