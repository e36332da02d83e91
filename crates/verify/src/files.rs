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
            "audit" if kind.is_dir() => {}
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
