//! The treatments, against the leaves that name them.

use super::{LEDGER, TREATMENTS, missing, open};
use crate::fault::{AuditError, Fault};
use crate::leaf::treatment_of;
use crate::lines::{Lines, parting};
use crate::signing::bytes_of;
use crate::{Leaf, Treatment};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Checks that every treatment that a leaf names is there, as its name says, and no other.
pub(super) fn check(release: &Path) -> Result<(), AuditError> {
    let mut named = named(release)?.into_iter();
    let mut lines = match open(release, TREATMENTS) {
        Err(AuditError::Fault(_)) if named.len() == 0 => return Ok(()),
        lines => lines?,
    };
    // A line that is no treatment is none that is named.
    let id = |line: Vec<u8>| Treatment::parse(&line).and_then(|treatment| bytes_of(treatment.id()));
    let found = parting(|| Ok(lines.next()?.map(id)), || Ok(named.next().map(Some)));
    match found.map_err(read)? {
        Some((record, difference)) => Err(Fault::at(TREATMENTS, record, difference.into())),
        None => Ok(()),
    }
}

/// Returns the treatments that leaves name, 32 bytes for each.
fn named(release: &Path) -> Result<BTreeSet<[u8; 32]>, AuditError> {
    let mut lines = open(release, LEDGER)?;
    let mut named = BTreeSet::new();
    while let Some(line) = lines.next().map_err(|source| AuditError::Read { path: LEDGER.into(), source })? {
        named.extend(treatment_of(&line).and_then(bytes_of));
    }
    Ok(named)
}

/// Returns the treatment of a leaf; an empty one where no data element was changed.
///
/// # Errors
/// A fault when the release has none of this name, or another one under it.
pub fn find_treatment(release: &Path, leaf: &Leaf) -> Result<Treatment, AuditError> {
    let Some(id) = &leaf.treatment else { return Ok(Treatment::new(Vec::new())) };
    let mut lines: Lines = open(release, TREATMENTS)?;
    while let Some(line) = lines.next().map_err(read)? {
        if let Some(treatment) = Treatment::parse(&line).filter(|treatment| treatment.id() == id) {
            return Ok(treatment);
        }
    }
    Err(missing(release, TREATMENTS, io::ErrorKind::NotFound.into()))
}

fn read(source: io::Error) -> AuditError {
    AuditError::Read { path: TREATMENTS.into(), source }
}
