//! The outputs, against the manifest.

use super::papers::digest_of_file;
use super::{FileScrutiny, MANIFEST, open};
use crate::ManifestRow;
use crate::fault::{AuditError, Fault, FaultKind};
use std::fs;
use std::io;
use std::path::Path;

/// Checks every output, and that there is no other. Returns how many have their lengths, and how many their bytes.
pub(super) fn check(release: &Path, scrutiny: FileScrutiny) -> Result<(u64, u64), AuditError> {
    if scrutiny == FileScrutiny::Off {
        return Ok((0, 0));
    }
    super::layout::check(release)?;
    let mut rows = open(release, MANIFEST)?;
    let (mut record, mut contents) = (0, 0);
    while let Some(line) = rows.next().map_err(|source| AuditError::Read { path: MANIFEST.into(), source })? {
        record += 1;
        let row: ManifestRow =
            serde_json::from_slice(&line).map_err(|_| Fault::at(MANIFEST, record, FaultKind::Malformed))?;
        if !row.is_plain() {
            return Err(Fault::at(MANIFEST, record, FaultKind::Malformed));
        }
        length(release, &row)?;
        if let Some(digest) = row.digest.as_deref().filter(|_| scrutiny == FileScrutiny::Contents) {
            content(release, &row.path, digest)?;
            contents += 1;
        }
    }
    // Every row has its own file, as every instance has; so a file more is one that no row speaks of.
    if let Some(paper) = surplus(release, record)? {
        return Err(Fault::whole(&paper, FaultKind::Added));
    }
    Ok((record, contents))
}

/// The folder of the outputs.
const DICOM: &str = "dicom";

fn length(release: &Path, row: &ManifestRow) -> Result<(), AuditError> {
    match fs::symlink_metadata(release.join(&row.path)) {
        Ok(there) if there.is_file() && there.len() == row.bytes => Ok(()),
        Ok(_) => Err(Fault::whole(&row.path, FaultKind::Altered)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::whole(&row.path, FaultKind::Missing)),
        Err(source) => Err(AuditError::Read { path: release.join(&row.path), source }),
    }
}

fn content(release: &Path, path: &str, digest: &str) -> Result<(), AuditError> {
    let file = release.join(path);
    match digest_of_file(&file) {
        Ok(found) if found == digest => Ok(()),
        Ok(_) => Err(Fault::whole(path, FaultKind::Altered)),
        Err(source) => Err(AuditError::Read { path: file, source }),
    }
}

/// Returns the first output that no row of the manifest names, if there are more outputs than rows.
fn surplus(release: &Path, rows: u64) -> Result<Option<String>, AuditError> {
    let mut files = Vec::new();
    walk(&release.join(DICOM), DICOM, &mut files)?;
    if files.len() as u64 == rows {
        return Ok(None);
    }
    let mut lines = open(release, MANIFEST)?;
    let mut named = std::collections::HashSet::new();
    while let Some(line) = lines.next().map_err(|source| AuditError::Read { path: MANIFEST.into(), source })? {
        named.extend(serde_json::from_slice::<ManifestRow>(&line).map(|row| row.path));
    }
    files.sort();
    Ok(files.into_iter().find(|file| !named.contains(file)))
}

/// Lists what is below a folder. A folder in which there is nothing is listed too, since no row speaks of it.
fn walk(folder: &Path, name: &str, out: &mut Vec<String>) -> Result<(), AuditError> {
    let before = out.len();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|source| AuditError::Read { path: folder.to_owned(), source })?,
    };
    for entry in entries {
        let entry = entry.map_err(|source| AuditError::Read { path: folder.to_owned(), source })?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), &name, out)?;
        } else {
            out.push(name);
        }
    }
    if out.len() == before && name != DICOM {
        out.push(name.to_owned());
    }
    Ok(())
}
