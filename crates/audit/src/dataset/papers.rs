//! The papers of all versions, as a check of the release sees them: what each of them speaks of is as it was signed.

use super::{DatasetError, Finding, FindingKind, Signed, changes_path, verify};
use crate::DatasetMark;
use crate::fault::{AuditError, Fault, FaultKind};
use std::collections::BTreeSet;
use std::path::Path;

/// Checks the papers of every version and returns how many versions there are; 0 where the release was never frozen.
///
/// `signers` are the keys that have signed the runs of the release; one of them must have signed each version. Files are not
/// looked at: what the release holds now its own manifest says. `last` is the version that the root states.
pub(crate) fn check_papers(
    release: &Path,
    signers: &BTreeSet<String>,
    last: Option<&DatasetMark>,
) -> Result<u32, AuditError> {
    let (versions, findings) = verify::papers(release).map_err(|error| unread(release, error))?;
    if let Some(first) = findings.first() {
        return Err(fault(release, first));
    }
    for version in 1..=versions {
        let signed = Signed::read(release, version).map_err(|error| unread(release, error))?;
        if !signers.contains(&signed.signer) {
            return Err(Fault::whole(&paper(version, "json"), FaultKind::OtherSigner));
        }
    }
    if let Some(last) = last {
        match Signed::read(release, last.version) {
            Ok(signed) if signed.digest() == last.digest => {}
            Err(DatasetError::NoVersion { .. }) => {
                return Err(Fault::whole(&paper(last.version, "json"), FaultKind::Missing));
            }
            _ => return Err(Fault::whole(&paper(last.version, "json"), FaultKind::Altered)),
        }
    }
    // Nothing is before the first version, so nothing states what such a list must be.
    match changes_path(release, 1).exists() {
        true => Err(Fault::whole(&paper(1, "changes.jsonl"), FaultKind::Added)),
        false => Ok(versions),
    }
}

fn fault(release: &Path, finding: &Finding) -> AuditError {
    let (suffix, kind) = match finding.kind {
        FindingKind::VersionMissing => ("json", FaultKind::Missing),
        FindingKind::SignatureWrong => ("json", FaultKind::Signature),
        FindingKind::CountsDiffer => ("json", FaultKind::Counts),
        FindingKind::ManifestLine | FindingKind::ManifestDiffers | FindingKind::SplitLeak => {
            ("manifest.jsonl", FaultKind::Altered)
        }
        FindingKind::TableDiffers => ("manifest.csv", FaultKind::Altered),
        FindingKind::ChangesDiffer => ("changes.jsonl", FaultKind::Altered),
        _ => ("json", FaultKind::Altered),
    };
    let paper = paper(finding.version, suffix);
    let kind = if release.join(&paper).exists() { kind } else { FaultKind::Missing };
    match finding.line.filter(|_| kind == FaultKind::Altered) {
        Some(line) => Fault::at(&paper, line, kind),
        None => Fault::whole(&paper, kind),
    }
}

fn paper(version: u32, suffix: &str) -> String {
    format!("dataset/v{version}.{suffix}")
}

fn unread(release: &Path, error: DatasetError) -> AuditError {
    match error {
        DatasetError::Read { path, source } => AuditError::Read { path, source },
        DatasetError::Manifest { version, .. } => Fault::whole(&paper(version, "manifest.jsonl"), FaultKind::Altered),
        DatasetError::Statement { version } => Fault::whole(&paper(version, "json"), FaultKind::Altered),
        _ => AuditError::Read { path: super::folder(release), source: std::io::ErrorKind::InvalidData.into() },
    }
}
