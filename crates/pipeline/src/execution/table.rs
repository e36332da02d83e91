//! What the log says of the rest of a vault, and whether that is so: the linkage table, and what the release states.

use super::ExecutionLog;
use crate::RunError;
use crate::linkage::table_of;
use crate::standing::{self, Standing};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use tokumei_audit::Root;
use tokumei_pseudonym::linkage::LinkageError;

/// What of a vault is not as its log says. Where a process died before it wrote its line, what it left is among it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum VaultFault {
    /// There is no log, and a run has been here.
    LogMissing,
    /// No line speaks of the run, merge or withdrawal that made the release what it states.
    ReleaseUnknown,
    /// The release is what an earlier run, merge or withdrawal had left.
    ReleaseOlder,
    /// The release lacks versions of its data set.
    VersionMissing,
    /// The list of those who have withdrawn is not what it was, with more behind it or not.
    WithdrawnLost,
    /// Another list of the vault, such as that of those whom consent has kept out, is not what it was.
    ListLost,
    /// The linkage table is gone.
    TableMissing,
    /// Rows of the linkage table are gone, or others than those that were written.
    TableAltered,
}

/// Compares a vault with its log, which has been followed to its end; `release` is its release with what that states, where it is at hand.
///
/// Rows that were added to the table after the last line are passed over: a run that died has left them.
///
/// # Errors
/// What the system says when log or table cannot be read.
pub fn check_vault(vault: &Path, release: Option<(&Path, &Root)>) -> io::Result<Option<VaultFault>> {
    let root = release.map(|(_, root)| root);
    let entries = ExecutionLog::open(vault)?.entries()?;
    if entries.is_empty() && vault.join("index.csv").exists() {
        return Ok(Some(VaultFault::LogMissing));
    }
    let past = ExecutionLog::past(vault)?;
    match root.map(|root| Standing::of(&past, Some(root))) {
        Some(Standing::Unknown) => return Ok(Some(VaultFault::ReleaseUnknown)),
        Some(Standing::Older) => return Ok(Some(VaultFault::ReleaseOlder)),
        _ => {}
    }
    if release.is_some_and(|(path, root)| standing::lacks_version(path, &past, Some(root)).is_some()) {
        return Ok(Some(VaultFault::VersionMissing));
    }
    match standing::withdrawn(vault, &past, root) {
        Err(RunError::WithdrawnLost { .. } | RunError::Linkage(LinkageError::Damaged { .. })) => {
            return Ok(Some(VaultFault::WithdrawnLost));
        }
        Err(RunError::ListLost { .. }) => return Ok(Some(VaultFault::ListLost)),
        Err(error) => return Err(io::Error::other(error)),
        Ok(_) => {}
    }
    let stated =
        entries.iter().rev().find_map(|entry| Some((entry.counts.get(TABLE_BYTES)?, entry.facts.get(TABLE_DIGEST)?)));
    let Some((bytes, sha256)) = stated else { return Ok(None) };
    let (there, found) = digest(vault, Some(*bytes))?;
    Ok(match () {
        () if there == 0 && *bytes > 0 => Some(VaultFault::TableMissing),
        () if there != *bytes || found != *sha256 => Some(VaultFault::TableAltered),
        () => None,
    })
}

/// Returns how long the table is and its SHA-256, up to a length where one is given; a table that is not there has none.
pub(super) fn digest(vault: &Path, length: Option<u64>) -> io::Result<(u64, String)> {
    let mut sha = Sha256::new();
    let mut bytes = 0;
    match File::open(table_of(vault)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        file => {
            let mut file = file?.take(length.unwrap_or(u64::MAX));
            let mut block = vec![0; 256 << 10];
            loop {
                match file.read(&mut block) {
                    Ok(0) => break,
                    Ok(read) => {
                        sha.update(&block[..read]);
                        bytes += read as u64;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok((bytes, tokumei_core::hex(&sha.finalize())))
}

pub(super) const TABLE_BYTES: &str = "table_bytes";
pub(super) const TABLE_DIGEST: &str = "table_sha256";
