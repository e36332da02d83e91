//! The files of a release.

use crate::check::Check;
use crate::error::VerifyError;
use crate::report::{Finding, Findings};
use crate::single::Place;
use std::fs;
use std::io;
use std::path::Path;

/// Deepest folder that is listed.
const DEPTH: usize = 32;
/// What may stand beside the folder `dicom`.
const PAPERS: [&str; 4] = ["json", "jsonl", "csv", "html"];
/// What stands in the folder `audit`.
const AUDIT: [&str; 6] =
    ["ledger.jsonl", "ledger.hashes", "treatments.jsonl", "root.json", "public.key", "chain.jsonl"];
/// What there is of a version in the folder `dataset`, after its number.
const VERSION: [&str; 4] = ["json", "manifest.jsonl", "manifest.csv", "changes.jsonl"];

/// Lists the instances of a release, sorted, relative to it; whatever else stands there is a finding.
pub(crate) fn list(release: &Path) -> Result<(Vec<String>, Vec<Finding>), VerifyError> {
    let failed = |source| VerifyError::Release { path: release.to_owned(), source };
    let mut strays = Vec::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(release).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let is_paper = name.rsplit_once('.').is_some_and(|(_, suffix)| PAPERS.contains(&suffix));
        match name.as_str() {
            "dicom" if kind.is_dir() => walk(&entry.path(), "dicom", 0, &mut files, &mut strays).map_err(failed)?,
            "audit" | "dataset" if kind.is_dir() => papers(&entry.path(), &name, &mut strays).map_err(failed)?,
            _ if kind.is_file() && is_paper => {}
            _ => strays.push(name),
        }
    }
    files.sort_unstable();
    let (good, bad): (Vec<String>, Vec<String>) = files.into_iter().partition(|file| Place::of(file).is_some());
    strays.extend(bad);
    let finding = |file: String| {
        let mut findings = Findings::of(&file);
        findings.whole(Check::StrayFile);
        findings.into_list()
    };
    Ok((good, strays.into_iter().flat_map(finding).collect()))
}

/// Lists what does not belong in a folder of papers.
fn papers(folder: &Path, name: &str, strays: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let paper = entry.file_name().to_string_lossy().into_owned();
        let known = if name == "audit" { AUDIT.contains(&paper.as_str()) } else { is_of_version(&paper) };
        if !known || !entry.file_type()?.is_file() {
            strays.push(format!("{name}/{paper}"));
        }
    }
    Ok(())
}

/// Tells whether a paper is of a version of the data set: `v` and its number, from 1, then what it is.
fn is_of_version(paper: &str) -> bool {
    let Some((number, suffix)) = paper.strip_prefix('v').and_then(|rest| rest.split_once('.')) else { return false };
    let counts = number.parse().is_ok_and(|count: u32| count > 0 && count.to_string() == number);
    counts && VERSION.contains(&suffix)
}

fn walk(folder: &Path, name: &str, depth: usize, files: &mut Vec<String>, strays: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
        if kind.is_dir() && depth < DEPTH {
            walk(&entry.path(), &inner, depth + 1, files, strays)?;
        } else if kind.is_file() {
            files.push(inner);
        } else {
            // A link leads out of the release.
            strays.push(inner);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_release_has_no_stray_file_and_what_was_put_beside_its_papers_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        AUDIT.iter().for_each(|name| put(&format!("audit/{name}")));
        for name in ["v1.json", "v1.manifest.jsonl", "v1.manifest.csv", "v12.json", "v12.changes.jsonl"] {
            put(&format!("dataset/{name}"));
        }
        ["report.html", "manifest.csv", "manifest.jsonl"].into_iter().for_each(put);
        assert_eq!(list(folder.path()).unwrap(), (Vec::new(), Vec::new()));
        let strays = ["audit/x.csv", "dataset/v01.json", "dataset/v1.txt", "dataset/deep/v1.json", "dicom2/a.dcm"];
        strays.into_iter().for_each(put);
        assert_eq!(list(folder.path()).unwrap().1.len(), strays.len());
    }
}
