//! The papers of a release: ledger, root and manifest, all from the journal, in the order of the instances.

use crate::index_file::Line;
use crate::journal::{Journal, Known};
use crate::leaf::ManifestRow;
use crate::put::{Readers, put};
use crate::vault::Terms;
use crate::{Config, paths};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tokumei_audit::{FORMAT, LedgerError, LedgerWriter, ProfileMark, Root, Seal};
use tokumei_core::State;
use tokumei_profile::policy::KeyPolicy;

/// Writes the papers that would change and tells whether any did, and the Merkle root.
pub(crate) fn seal(
    config: &Config,
    terms: &Terms,
    root: &Path,
    waiting: &Path,
    journal: &Journal,
    lines: &[Line],
) -> io::Result<(bool, String)> {
    let live = live(journal, root);
    fs::create_dir_all(root.join("audit"))?;
    let paper = |name: &str| root.join(name);
    let (ledger, seal) =
        put(&paper("audit/ledger.jsonl"), waiting, Readers::Release, |to| write_ledger(to, journal, &live))?;
    let (jsonl, ()) =
        put(&paper("manifest.jsonl"), waiting, Readers::Release, |to| write_manifest(to, journal, &live))?;
    let (csv, ()) = put(&paper("manifest.csv"), waiting, Readers::Release, |to| write_table(to, journal, &live))?;
    // The root last: whoever finds it finds what it speaks of.
    let line = root_of(config, terms, &seal, lines).line();
    let (root, ()) = put(&paper("audit/root.json"), waiting, Readers::Release, |to| to.write_all(line.as_bytes()))?;
    Ok((ledger || jsonl || csv || root, seal.root))
}

/// Returns the records whose output is in the release.
fn live(journal: &Journal, root: &Path) -> Vec<Known> {
    let there = |known: &Known| {
        let metadata = fs::symlink_metadata(root.join(&known.header.release));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() == known.header.bytes)
    };
    journal.records().into_iter().filter(there).collect()
}

fn write_ledger(to: &mut dyn Write, journal: &Journal, live: &[Known]) -> io::Result<Seal> {
    let mut ledger = LedgerWriter::new(to);
    let flat = |error: LedgerError| match error {
        LedgerError::Write(error) => error,
        other => io::Error::other(other),
    };
    for known in live {
        ledger.push(&known.header.instance, &journal.leaf(known)?).map_err(flat)?;
    }
    ledger.finish().map(|(_, seal)| seal).map_err(flat)
}

fn write_manifest(to: &mut dyn Write, journal: &Journal, live: &[Known]) -> io::Result<()> {
    for known in live {
        to.write_all(&journal.row(known)?)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

fn write_table(to: &mut dyn Write, journal: &Journal, live: &[Known]) -> io::Result<()> {
    writeln!(to, "{}", ManifestRow::COLUMNS)?;
    for known in live {
        let row: ManifestRow = serde_json::from_slice(&journal.row(known)?).map_err(io::Error::other)?;
        writeln!(to, "{}", row.csv())?;
    }
    Ok(())
}

fn root_of(config: &Config, terms: &Terms, seal: &Seal, lines: &[Line]) -> Root {
    let kept = config.profile.policy().key == KeyPolicy::Project;
    let mut counts: BTreeMap<String, u64> = State::ALL.iter().map(|state| (state.as_str().to_owned(), 0)).collect();
    let mut reasons: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for line in lines {
        *counts.entry(line.state.as_str().to_owned()).or_default() += 1;
        // The first word is the reason's id; the rest is a place in the original, which is the vault's.
        if let Some(id) = line.reason.split(' ').next().filter(|id| !id.is_empty()) {
            *reasons.entry(line.state.as_str().to_owned()).or_default().entry(id.to_owned()).or_default() += 1;
        }
    }
    let both = [("scheme", &terms.scheme), ("guard-scope", &terms.guard_scope)];
    let mut parameters: BTreeMap<String, String> =
        both.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    if !terms.purpose.is_empty() {
        parameters.insert("purpose".to_owned(), terms.purpose.clone());
    }
    if kept {
        parameters.insert("site".to_owned(), terms.site.clone());
        if !terms.consent.is_empty() {
            parameters.insert("consent".to_owned(), terms.consent.clone());
        }
        if !terms.mask_rules.is_empty() {
            parameters.insert("mask-rules".to_owned(), terms.mask_rules.clone());
        }
    }
    Root {
        counts,
        digest: terms.digest.clone(),
        edition: EDITION.to_owned(),
        format: FORMAT.to_owned(),
        key: kept.then(|| terms.key.clone()),
        leaves: seal.leaves,
        merkle_root: seal.root.clone(),
        papers: BTreeMap::new(),
        parameters,
        people: None,
        profile: ProfileMark {
            hash: config.profile.hash().to_owned(),
            name: config.profile.name().to_owned(),
            version: config.profile.version().to_owned(),
        },
        reasons,
        signature: None,
        signer: None,
        tool: config.tool_version.clone(),
    }
}

/// Takes out of the release what this run has held back although an earlier one had released it.
pub(crate) fn withdraw(journal: &Journal, root: &Path, held: &[&Path]) -> io::Result<u64> {
    let mut withdrawn = 0;
    for path in held {
        let source = paths::to_text(path);
        // A record that names another source by now is not this file's.
        let Some(known) = journal.record_of_source(&source).filter(|known| known.header.source == source) else {
            continue;
        };
        match fs::remove_file(root.join(&known.header.release)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => journal.forget(&known.header.instance)?,
        }
        withdrawn += 1;
    }
    Ok(withdrawn)
}

/// The edition of the standard that rules and tables follow.
const EDITION: &str = "2026d";
