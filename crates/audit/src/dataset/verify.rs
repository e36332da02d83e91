//! Checking a chain of versions, and the files of one of them.

use super::changes::{Between, ChangeKind};
use super::draft::Changed;
use super::error::{DatasetError, Edit};
use super::release::{Listing, digest, unlisted};
use super::rows::{Line, Lines, Rows};
use super::split::seeded;
use super::{Finding, FindingKind, Row, Shares, Signed, Statement, changes_path, folder, table_path, versions};
use crate::check::ROOT;
use crate::{PublicKey, Root, ledger::hex};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// What is to be checked.
#[derive(Clone, Default, Debug)]
pub struct Request {
    /// The version whose files are looked at; none is the last one.
    pub version: Option<u32>,
    /// The public key that must have signed; none takes that of the first version.
    pub public_key: Option<PublicKey>,
    /// The digest that the last statement must have, got by another way than the release.
    pub last: Option<String>,
}

/// What a check came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Verified {
    /// How many versions there are.
    pub versions: u32,
    /// The version whose files were looked at.
    pub version: u32,
    /// The public key that signed the first version.
    pub signer: String,
    /// Whether the key was named by the caller; else it only comes with the release.
    pub signer_known: bool,
    /// How many files of the version were looked at.
    pub files: u64,
    /// How many files of the version a later version has removed or changed.
    pub removed_since: u64,
    /// How many files the release has that the version does not name.
    pub later: u64,
    /// What is wrong, in the order in which it was found.
    pub findings: Vec<Finding>,
    /// How many more findings there are.
    pub more: u64,
    /// SHA-256 of the last statement; none where it cannot be read.
    pub last: Option<String>,
}

/// Checks all versions of a release and every file of one of them.
///
/// What was done after the version (files added, or withdrawn by a later version) is counted and is no finding.
///
/// # Errors
/// [`DatasetError::NoVersion`] when there is nothing to check, [`DatasetError::Read`] when the system will not let it be read.
/// Whatever is wrong with what can be read is a finding.
pub fn verify(release: &Path, request: &Request) -> Result<Verified, DatasetError> {
    let there = versions(release)?;
    // Whoever has changed the root is found by the check of the release.
    let stated = Root::read(&release.join(ROOT)).ok().and_then(|root| root.dataset).map_or(0, |last| last.version);
    if there == 0 && stated > 0 {
        return Err(DatasetError::Lost { version: stated });
    }
    let last = there.max(stated);
    let version = request.version.unwrap_or(there);
    if version == 0 || version > last {
        return Err(DatasetError::NoVersion { version, path: folder(release) });
    }
    let mut verification = Verification::new(release, request, version, last);
    verification.chain(last)?;
    verification.files(version, last)?;
    Ok(verification.verified)
}

/// Returns how many versions there are, and what is wrong with their papers, whoever has signed them.
pub(super) fn papers(release: &Path) -> Result<(u32, Vec<Finding>), DatasetError> {
    let (last, request) = (versions(release)?, Request::default());
    let mut verification = Verification::new(release, &request, last, last);
    verification.chain(last)?;
    let mut findings = verification.verified.findings;
    findings.retain(|finding| finding.kind != FindingKind::SignerDiffers);
    Ok((last, findings))
}

struct Verification<'a> {
    release: &'a Path,
    request: &'a Request,
    verified: Verified,
}

impl<'a> Verification<'a> {
    fn new(release: &'a Path, request: &'a Request, version: u32, versions: u32) -> Verification<'a> {
        let verified = Verified {
            versions,
            version,
            signer: request.public_key.as_ref().map(ToString::to_string).unwrap_or_default(),
            signer_known: request.public_key.is_some(),
            files: 0,
            removed_since: 0,
            later: 0,
            findings: Vec::new(),
            more: 0,
            last: None,
        };
        Verification { release, request, verified }
    }

    fn add(&mut self, kind: FindingKind, version: u32, line: Option<u64>, file: Option<&str>) {
        if self.verified.findings.len() < MOST {
            self.verified.findings.push(Finding { kind, version, line, file: file.map(str::to_owned) });
        } else {
            self.verified.more += 1;
        }
    }

    /// Checks every statement and what it speaks of.
    fn chain(&mut self, last: u32) -> Result<(), DatasetError> {
        let mut before: Option<Signed> = None;
        for version in 1..=last {
            let signed = match Signed::read(self.release, version) {
                Ok(signed) => signed,
                Err(DatasetError::NoVersion { .. }) => {
                    self.add(FindingKind::VersionMissing, version, None, None);
                    before = None;
                    continue;
                }
                Err(DatasetError::Statement { .. }) => {
                    self.add(FindingKind::StatementMalformed, version, None, None);
                    before = None;
                    continue;
                }
                Err(other) => return Err(other),
            };
            self.statement(version, &signed, before.as_ref());
            self.papers(version, &signed.statement)?;
            before = Some(signed);
        }
        self.verified.last = before.as_ref().map(Signed::digest);
        if self.request.last.is_some() && self.request.last != self.verified.last {
            self.add(FindingKind::LastDiffers, last, None, None);
        }
        Ok(())
    }

    fn statement(&mut self, version: u32, signed: &Signed, before: Option<&Signed>) {
        if !signed.holds() {
            self.add(FindingKind::SignatureWrong, version, None, None);
        }
        if self.verified.signer.is_empty() {
            self.verified.signer = signed.signer.clone();
        } else if self.verified.signer != signed.signer {
            self.add(FindingKind::SignerDiffers, version, None, None);
        }
        let statement = &signed.statement;
        // After a version that is missing or malformed nothing can be said of the link to it.
        let linked = match (before, &statement.previous) {
            (None, None) => version == 1,
            (None, Some(_)) => version > 1,
            (Some(before), previous) => {
                previous.as_ref() == Some(&before.digest()) && statement.name == before.statement.name
            }
        };
        if statement.version != version || !linked {
            self.add(FindingKind::ChainBroken, version, None, None);
        }
    }

    /// Checks manifest, table and list of changes of a version.
    fn papers(&mut self, version: u32, statement: &Statement) -> Result<(), DatasetError> {
        let Some(whole) = self.manifest(version, statement)? else { return Ok(()) };
        if !whole || statement.version != version {
            return Ok(());
        }
        let changed = match self.changes(version, statement) {
            Ok(found) => found,
            // The manifest before is the broken one, and has been named.
            Err(DatasetError::Manifest { .. } | DatasetError::Read { .. }) => return Ok(()),
            Err(other) => return Err(other),
        };
        let counts = (changed.added, changed.removed, changed.changed);
        if counts != (statement.added, statement.removed, statement.changed) {
            self.add(FindingKind::CountsDiffer, version, None, None);
        }
        let there = if version > 1 { digest_of(&changes_path(self.release, version))? } else { None };
        if changed.sha256 != statement.changes_sha256 || there != statement.changes_sha256 {
            self.add(FindingKind::ChangesDiffer, version, None, None);
        }
        Ok(())
    }

    /// Reads manifest and table side by side. Returns whether the manifest is the one signed, `None` when it is not there.
    fn manifest(&mut self, version: u32, statement: &Statement) -> Result<Option<bool>, DatasetError> {
        let mut rows = match Rows::open(self.release, version) {
            Err(DatasetError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                self.add(FindingKind::ManifestDiffers, version, None, None);
                return Ok(None);
            }
            opened => opened?,
        };
        let mut table = Table::open(&table_path(self.release, version))?;
        let mut tally = Tally::default();
        let mut malformed = None;
        let mut leak = None;
        loop {
            match rows.next().transpose() {
                Ok(Some(row)) => {
                    table.compare(&row.csv())?;
                    let side = tally.add(&row, statement);
                    leak = leak.or((!side).then_some(rows.tree().leaves()));
                }
                Ok(None) => break,
                Err(DatasetError::Manifest { line, .. }) => {
                    malformed = Some(line);
                    break;
                }
                Err(other) => return Err(other),
            }
        }
        let (differs, table_digest) = table.finish()?;
        let whole = malformed.is_none() && hex(&rows.tree().root()) == statement.manifest_root;
        let table_whole = table_digest.as_deref() == Some(&statement.table_sha256);
        if !whole {
            // The table tells the line, if nobody altered it too.
            let named = [malformed, differs.filter(|_| table_whole)].into_iter().flatten().min();
            let kind = if named.is_some() { FindingKind::ManifestLine } else { FindingKind::ManifestDiffers };
            self.add(kind, version, named, None);
        }
        if !table_whole {
            self.add(FindingKind::TableDiffers, version, differs.filter(|_| whole), None);
        }
        if whole && !tally.agrees(statement) {
            self.add(FindingKind::CountsDiffer, version, None, None);
        }
        if let Some(line) = leak {
            self.add(FindingKind::SplitLeak, version, Some(line), None);
        }
        Ok(Some(whole))
    }

    /// Works out what changed since the version before, and the digest of the list.
    fn changes(&self, version: u32, statement: &Statement) -> Result<Changed, DatasetError> {
        if version == 1 {
            return Ok(Changed { added: statement.files, ..Changed::default() });
        }
        let (mut changed, mut sha) = (Changed::default(), Sha256::new());
        let (before, after) = (Rows::open(self.release, version - 1)?, Rows::open(self.release, version)?);
        for change in Between::new(before, after)? {
            let change = change?;
            changed.count(change.change);
            sha.update(change.line().as_bytes());
            sha.update(b"\n");
        }
        changed.sha256 = Some(hex(&sha.finalize()));
        Ok(changed)
    }

    /// Compares every file of a version with its row.
    fn files(&mut self, version: u32, last: u32) -> Result<(), DatasetError> {
        let since = self.since(version, last)?;
        let mut there = 0;
        let mut paths = HashSet::new();
        let Some(rows) = opened(Rows::open(self.release, version))? else { return Ok(()) };
        for row in rows {
            // A line that is none has been named, and nothing after it can be believed.
            let Some(row) = opened(row)? else { break };
            if !crate::manifest::is_plain(&row.path) {
                self.add(FindingKind::ManifestLine, version, None, None);
                continue;
            }
            if since.contains(&row.instance) {
                self.verified.removed_since += 1;
                continue;
            }
            self.verified.files += 1;
            match digest(self.release, &row.path)? {
                Ok((bytes, sha256)) if bytes == row.bytes && sha256 == row.sha256 => {}
                Ok(_) => self.add(FindingKind::FileDiffers, version, None, Some(&row.path)),
                Err(edit) => {
                    self.add(FindingKind::of(edit), version, None, Some(&row.path));
                    if edit == Edit::Missing {
                        continue;
                    }
                }
            }
            there += 1;
            paths.insert(row.path);
        }
        self.beyond(version, there, paths)
    }

    /// Looks for files that the version does not name.
    fn beyond(&mut self, version: u32, there: u64, mut known: HashSet<String>) -> Result<(), DatasetError> {
        let mut later = HashSet::new();
        let listed = || {
            // What the release knows beside the version; a broken ledger vouches for nothing.
            if let Ok(listing) = Listing::open(self.release) {
                later =
                    listing.map_while(Result::ok).map(|row| row.path).filter(|path| !known.contains(path)).collect();
            }
            known.extend(later.iter().cloned());
            Ok(known)
        };
        let (names, count) = unlisted(self.release, there, listed, MOST)?;
        let release = self.release;
        self.verified.later = later.iter().filter(|path| release.join(path).is_file()).count() as u64;
        for name in &names {
            self.add(FindingKind::FileAdded, version, None, Some(name));
        }
        self.verified.more += count - names.len() as u64;
        Ok(())
    }

    /// Returns the instances that a later version has removed or changed.
    fn since(&self, version: u32, last: u32) -> Result<HashSet<String>, DatasetError> {
        let mut gone = HashSet::new();
        if version < last {
            let both = (Rows::open(self.release, version), Rows::open(self.release, last));
            let (Some(before), Some(after)) = (opened(both.0)?, opened(both.1)?) else { return Ok(gone) };
            let Some(between) = opened(Between::new(before, after))? else { return Ok(gone) };
            for change in between {
                let Some(change) = opened(change)? else { break };
                if change.change != ChangeKind::Added {
                    gone.insert(change.instance);
                }
            }
        }
        Ok(gone)
    }
}

/// How many findings are named.
const MOST: usize = 100_000;

/// Returns what could be read, `None` where the reason is one that has been named before.
fn opened<T>(result: Result<T, DatasetError>) -> Result<Option<T>, DatasetError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(DatasetError::Manifest { .. }) => Ok(None),
        Err(DatasetError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(other) => Err(other),
    }
}

fn digest_of(path: &Path) -> Result<Option<String>, DatasetError> {
    let mut table = Table::open(path)?;
    while table.line()?.is_some() {}
    Ok(table.finish()?.1)
}

/// What the rows of a manifest add up to.
#[derive(Default)]
struct Tally {
    files: u64,
    bytes: u64,
    /// The share of each patient.
    patients: HashMap<String, Option<String>>,
}

impl Tally {
    /// Counts a row and tells whether its patient is on the right side of the split.
    fn add(&mut self, row: &Row, statement: &Statement) -> bool {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(row.bytes);
        if let Some(known) = self.patients.get(&row.patient) {
            return *known == row.split;
        }
        self.patients.insert(row.patient.clone(), row.split.clone());
        let Some(split) = &statement.split else { return row.split.is_none() };
        let shares = Shares::of(split.shares.clone());
        match (&row.split, &split.seed, shares) {
            (Some(share), Some(seed), Some(shares)) if !split.moved.contains(&row.patient) => {
                shares.of_digest(&seeded(seed, &row.patient)) == share
            }
            (Some(share), _, Some(shares)) => shares.shares().contains_key(share),
            _ => false,
        }
    }

    fn agrees(&self, statement: &Statement) -> bool {
        let mut shares: BTreeMap<String, u64> = BTreeMap::new();
        for share in self.patients.values().flatten() {
            *shares.entry(share.clone()).or_default() += 1;
        }
        let stated = statement.split.as_ref().map(|split| split.patients.clone()).unwrap_or_default();
        let stated: BTreeMap<_, _> = stated.into_iter().filter(|(_, count)| *count > 0).collect();
        let counts = (self.files, self.bytes, self.patients.len() as u64);
        counts == (statement.files, statement.bytes, statement.patients) && shares == stated
    }
}

/// What a line that breaks off, or is longer than any, adds to the digest of its paper.
const TORN: &[u8] = b"\n\ntorn";

/// The table of a version, read beside its manifest and digested on the way.
struct Table {
    lines: Option<Lines>,
    sha: Sha256,
    /// Lines compared so far.
    line: u64,
    differs: Option<u64>,
}

impl Table {
    fn open(path: &Path) -> Result<Table, DatasetError> {
        let lines = match Lines::open(path) {
            Err(DatasetError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => None,
            opened => Some(opened?),
        };
        Ok(Table { lines, sha: Sha256::new(), line: 0, differs: None })
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, DatasetError> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        Ok(match lines.next_line()? {
            Line::End => None,
            Line::Torn => {
                // No text has this digest: what was signed ends with a line feed.
                self.sha.update(TORN);
                None
            }
            Line::Whole(line) => {
                self.sha.update(&line);
                self.sha.update(b"\n");
                Some(line)
            }
        })
    }

    fn compare(&mut self, row: &str) -> Result<(), DatasetError> {
        if self.line == 0 && self.differs.is_none() {
            let _head = self.line()?;
        }
        self.line += 1;
        let there = self.line()?;
        if there.as_deref() != Some(row.as_bytes()) {
            self.differs = self.differs.or(Some(self.line));
        }
        Ok(())
    }

    /// Returns the first line that differs from the manifest, counted as there, and the digest of the whole table.
    fn finish(mut self) -> Result<(Option<u64>, Option<String>), DatasetError> {
        let head = u64::from(self.line == 0);
        let mut rest = 0;
        while self.line()?.is_some() {
            rest += 1;
        }
        if rest > head {
            self.differs = self.differs.or(Some(self.line + 1));
        }
        let sha256 = self.lines.is_some().then(|| hex(&self.sha.finalize()));
        Ok((self.differs, sha256))
    }
}
