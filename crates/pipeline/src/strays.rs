//! What lies in a release and the journal knows nothing of: somebody has put it there, or put it back.

use crate::journal::Journal;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use tokumei_audit::ManifestRow;

/// Returns the files below `dicom` that no record names, relative to the release, in their order. Folders in which there is
/// nothing are removed: their names may say something, and no paper speaks of them.
pub(crate) fn strays(release: &Path, journal: &Journal) -> io::Result<Vec<PathBuf>> {
    let known: HashSet<PathBuf> =
        journal.records().into_iter().map(|known| PathBuf::from(&known.header.release)).collect();
    let mut found = Vec::new();
    walk(release, Path::new("dicom"), &mut |path| {
        if !known.contains(&path) {
            found.push(path);
        }
    })?;
    found.sort();
    Ok(found)
}

/// Returns every file below a folder of the release.
pub(crate) fn files_of(release: &Path, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(release, folder, &mut |path| found.push(path))?;
    Ok(found)
}

/// Returns how many instances of the manifest have no record and are not to go either.
pub(crate) fn unrecorded(release: &Path, journal: &Journal, goes: impl Fn(&str) -> bool) -> io::Result<u64> {
    let is_lost = |row: &ManifestRow| journal.record(&row.instance).is_none() && !goes(&row.path);
    Ok(rows(release)?.iter().filter(|row| is_lost(row)).count() as u64)
}

/// Reads the manifest of a release; nothing where there is none.
pub(crate) fn rows(release: &Path) -> io::Result<Vec<ManifestRow>> {
    let file = match File::open(release.join("manifest.jsonl")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?,
    };
    let row = |line: io::Result<String>| Ok(serde_json::from_str::<ManifestRow>(&line?).ok());
    let rows = BufReader::new(file).lines().map(row).collect::<io::Result<Vec<_>>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn walk(release: &Path, folder: &Path, see: &mut dyn FnMut(PathBuf)) -> io::Result<()> {
    let entries = match fs::read_dir(release.join(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            walk(release, &path, see)?;
            // The system removes none that has something in it.
            let _ = fs::remove_dir(entry.path());
        } else {
            see(path);
        }
    }
    Ok(())
}

/// Returns the instance that a file of a release has by its name, with the folder of its patient; `None` where the place is
/// not one that the program gives.
pub(crate) fn place(path: &Path) -> Option<(String, String, String)> {
    let text = path.to_str()?;
    let parts: Vec<&str> = text.split('/').collect();
    let [_, patient, _, _, name] = parts.as_slice() else { return None };
    let instance = name.strip_suffix(".dcm")?;
    Some((text.to_owned(), (*patient).to_owned(), instance.to_owned()))
}
