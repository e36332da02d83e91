//! The manifests: two papers of one content, so that the one that is as signed tells what became of the other.

use super::{LEDGER, MANIFEST, TABLE, missing, open};
use crate::fault::{AuditError, Fault, FaultKind};
use crate::ledger::hex;
use crate::lines::{Difference, Lines, parting};
use crate::{Leaf, ManifestRow, Root};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Checks every paper of which the root states a digest.
pub(super) fn check(release: &Path, root: &Root) -> Result<(), AuditError> {
    for (paper, stated) in &root.papers {
        if digest_of(release, paper)? == *stated {
            continue;
        }
        let found = match paper.as_str() {
            MANIFEST | TABLE => parting_of_manifest(release, root, paper)?,
            _ => None,
        };
        return Err(match found {
            Some((record, difference)) => Fault::at(paper, record, difference.into()),
            None => Fault::whole(paper, FaultKind::Altered),
        });
    }
    Ok(())
}

fn digest_of(release: &Path, paper: &str) -> Result<String, AuditError> {
    digest_of_file(&release.join(paper)).map_err(|error| missing(release, paper, error))
}

/// Returns SHA-256 of a file in hexadecimal.
pub(crate) fn digest_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut sha = Sha256::new();
    let mut block = vec![0; 256 << 10];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(hex(&sha.finalize())),
            Ok(read) => sha.update(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

type Parting = Option<(u64, Difference)>;

/// Returns where a manifest parts from the other, or from the ledger where the other is not as signed either.
fn parting_of_manifest(release: &Path, root: &Root, paper: &str) -> Result<Parting, AuditError> {
    let read = |source| AuditError::Read { path: paper.into(), source };
    let other = if paper == MANIFEST { TABLE } else { MANIFEST };
    let signed = root.papers.get(other).is_some_and(|stated| digest_of(release, other).is_ok_and(|it| it == *stated));
    let mut there = open(release, paper)?;
    if signed {
        let mut expected = open(release, other)?;
        // The table has a head, which is no record of the other.
        let head = if paper == MANIFEST { expected.next().map_err(read).map(|_| None)? } else { Some(head()) };
        let mut head = head;
        let render = |line: Vec<u8>| if paper == MANIFEST { from_table(&line) } else { to_table(&line) };
        let expected = || match head.take() {
            Some(head) => Ok(Some(head)),
            None => Ok(expected.next()?.map(render)),
        };
        return parting(|| there.next(), expected).map_err(read);
    }
    let mut leaves = open(release, LEDGER)?;
    if paper == TABLE {
        there.next().map_err(read)?;
    }
    let row = |line: Vec<u8>| if paper == MANIFEST { known(&line) } else { known(&from_table(&line)) };
    let found = parting(|| Ok(there.next()?.map(row)), || Ok(leaves.next()?.map(|line| of_leaf(&line))));
    let shift = u64::from(paper == TABLE);
    Ok(found.map_err(read)?.map(|(record, difference)| (record + shift, difference)))
}

/// Returns where the ledger parts from the manifest, if that is as signed.
pub(super) fn parting_of_ledger(release: &Path, root: &Root) -> Result<Parting, AuditError> {
    if root.papers.get(MANIFEST) != digest_of(release, MANIFEST).ok().as_ref() {
        return Ok(None);
    }
    let (mut leaves, mut rows): (Lines, Lines) = (open(release, LEDGER)?, open(release, MANIFEST)?);
    let found = parting(|| Ok(leaves.next()?.map(|line| of_leaf(&line))), || Ok(rows.next()?.map(|line| known(&line))));
    found.map_err(|source| AuditError::Read { path: LEDGER.into(), source })
}

/// What leaf and row both say.
type Known = Option<(String, Option<String>)>;

fn of_leaf(line: &[u8]) -> Known {
    let leaf: Leaf = serde_json::from_slice(line).ok()?;
    (leaf.line().as_bytes() == line).then_some((leaf.instance, leaf.output))
}

fn known(line: &[u8]) -> Known {
    let row: ManifestRow = serde_json::from_slice(line).ok()?;
    Some((row.instance, row.digest))
}

fn head() -> Vec<u8> {
    ManifestRow::COLUMNS.as_bytes().to_vec()
}

fn to_table(line: &[u8]) -> Vec<u8> {
    serde_json::from_slice::<ManifestRow>(line).map(|row| row.csv().into_bytes()).unwrap_or_default()
}

fn from_table(line: &[u8]) -> Vec<u8> {
    let row = std::str::from_utf8(line).ok().and_then(ManifestRow::from_csv);
    row.map(|row| row.line().into_bytes()).unwrap_or_default()
}
