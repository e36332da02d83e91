//! What may stand in a release, and what may not.

use super::{CHAIN, HASHES, LEDGER, MANIFEST, PUBLIC_KEY, ROOT, TABLE, TREATMENTS};
use crate::fault::{AuditError, Fault, FaultKind};
use std::fs;
use std::io;
use std::path::Path;

/// Refuses a release that has a file or a folder outside of its layout: at its top, or beside the papers of a folder.
///
/// What stands in the folder `dicom` is for the manifest to say.
pub(super) fn check(release: &Path) -> Result<(), AuditError> {
    let top = |name: &str, kind: fs::FileType| match name {
        "dicom" | "audit" | "dataset" => kind.is_dir(),
        _ => kind.is_file() && [MANIFEST, TABLE, REPORT].contains(&name),
    };
    const AUDIT: [&str; 6] = [ROOT, LEDGER, HASHES, TREATMENTS, CHAIN, PUBLIC_KEY];
    let audit = |name: &str, kind: fs::FileType| kind.is_file() && AUDIT.contains(&name);
    let dataset = |name: &str, kind: fs::FileType| kind.is_file() && is_of_version(name);
    let strays = [
        first_stray(release, "", top)?,
        first_stray(&release.join("audit"), "audit/", audit)?,
        first_stray(&release.join("dataset"), "dataset/", dataset)?,
    ];
    match strays.into_iter().flatten().next() {
        Some(paper) => Err(Fault::whole(&paper, FaultKind::Added)),
        None => Ok(()),
    }
}

/// Returns the first name in a folder, in their order, that is not allowed there.
fn first_stray(
    folder: &Path,
    within: &str,
    allowed: impl Fn(&str, fs::FileType) -> bool,
) -> Result<Option<String>, AuditError> {
    let unread = |source| AuditError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(unread)?,
    };
    let mut first: Option<String> = None;
    for entry in entries {
        let entry = entry.map_err(unread)?;
        let name = format!("{within}{}", entry.file_name().to_string_lossy());
        let is_stray = !allowed(&name, entry.file_type().map_err(unread)?);
        if is_stray && first.as_ref().is_none_or(|first| name < *first) {
            first = Some(name);
        }
    }
    Ok(first)
}

/// Tells whether a paper is of a version of the data set.
fn is_of_version(paper: &str) -> bool {
    let number_and_suffix = paper.strip_prefix("dataset/v").and_then(|rest| rest.split_once('.'));
    number_and_suffix.is_some_and(|(number, suffix)| {
        let counts = number.parse().is_ok_and(|count: u32| count > 0 && count.to_string() == number);
        counts && ["json", "manifest.jsonl", "manifest.csv", "changes.jsonl"].contains(&suffix)
    })
}

const REPORT: &str = "report.html";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_or_folder_outside_of_the_layout_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let put = |name: &str| {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), "").unwrap();
        };
        [ROOT, LEDGER, HASHES, TREATMENTS, CHAIN, PUBLIC_KEY, MANIFEST, TABLE, REPORT, "dicom/a.dcm"]
            .into_iter()
            .for_each(put);
        ["dataset/v1.json", "dataset/v1.manifest.csv", "dataset/v2.manifest.jsonl", "dataset/v2.changes.jsonl"]
            .into_iter()
            .for_each(put);
        check(folder.path()).unwrap();
        for stray in ["PATIENTS.csv", "audit/x.csv", "dataset/v0.json", "dataset/notes.txt", "dicom2", ".hidden"] {
            put(stray);
            let Err(AuditError::Fault(fault)) = check(folder.path()) else { panic!("{stray}") };
            assert_eq!((fault.paper.as_str(), fault.kind), (stray, FaultKind::Added));
            fs::remove_file(path(stray)).unwrap();
        }
        fs::create_dir(path("dicom2")).unwrap();
        assert!(check(folder.path()).is_err());
        fs::remove_dir(path("dicom2")).unwrap();
        std::os::unix::fs::symlink("/etc", path("audit/etc")).unwrap();
        assert!(check(folder.path()).is_err());
    }
}
