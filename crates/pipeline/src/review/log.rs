//! The record of decisions: `review/decisions.jsonl` in the vault.
//!
//! Each line holds the digest of the one before it and the signature of the vault's key. The execution log, which has a
//! chain of its own, names the digest of each, so that decisions cut off at the end are missed there.

use super::decision::{Decision, Standing, Verdict};
use super::{APPROVABLE, REJECTED, ReviewError};
use crate::execution::{Event, ExecutionLog};
use crate::vault::private_folder;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokumei_audit::{ChainEnd, ChainError, Signer, digest, follow_chain};
use tokumei_pixel::Reviewed;

/// What signatures under decisions are for.
const KIND: &str = "tokumei-review-1";

/// The decisions of a vault.
pub(super) struct Log {
    vault: PathBuf,
    signer: Signer,
    end: ChainEnd,
    decisions: Vec<Decision>,
}

impl Log {
    /// Opens the record and follows it to its end.
    pub(super) fn open(vault: &Path) -> Result<Log, ReviewError> {
        let signer = match crate::signer_of(vault) {
            Err(crate::RunError::SigningKeyLost { path }) => return Err(ReviewError::SigningKeyLost { path }),
            Err(crate::RunError::Signing(error)) => return Err(error.into()),
            Err(crate::RunError::Vault { path, source }) => return Err(ReviewError::Io { path, source }),
            Err(crate::RunError::VaultMode { path, .. }) => {
                return Err(ReviewError::Io { path, source: ErrorKind::PermissionDenied.into() });
            }
            Err(_) => return Err(ReviewError::NoVault { path: vault.to_owned() }),
            Ok(signer) => signer,
        };
        let mut decisions = Vec::new();
        let path = path(vault);
        let end = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => ChainEnd::default(),
            Err(source) => return Err(ReviewError::Io { path, source }),
            Ok(file) => follow_chain(file, |entry, line| {
                let decision = serde_json::from_slice::<Decision>(line);
                let decision = decision.map_err(|_| ChainError::Malformed { entry })?;
                let unsigned = Decision { signature: String::new(), ..decision.clone() };
                if decision.line().as_bytes() != line {
                    return Err(ChainError::Malformed { entry });
                }
                if !signer.public().signed(KIND, unsigned.line().as_bytes(), &decision.signature) {
                    return Err(ChainError::Signature { entry });
                }
                decisions.push(decision);
                Ok(())
            })?,
        };
        let log = Log { vault: vault.to_owned(), signer, end, decisions };
        log.compare()?;
        Ok(log)
    }

    /// Compares the record with what the execution log says of it. A process that died between the two leaves one decision
    /// more here, not two and none less.
    fn compare(&self) -> Result<(), ReviewError> {
        let log_path = self.vault.join("journal");
        let entries = ExecutionLog::open(&self.vault).and_then(|log| log.entries());
        let entries = entries.map_err(|source| ReviewError::Io { path: log_path, source })?;
        let noted: Vec<&String> = entries
            .iter()
            .filter(|entry| entry.kind == NOTED)
            .filter_map(|entry| entry.facts.get("decision"))
            .collect();
        let here: Vec<String> = self.decisions.iter().map(|decision| digest(decision.line().as_bytes())).collect();
        for (entry, noted) in noted.iter().enumerate() {
            match here.get(entry) {
                None => return Err(ChainError::CutOff { entry: entry as u64 }.into()),
                Some(here) if here != *noted => return Err(ChainError::Broken { entry: entry as u64 }.into()),
                Some(_) => {}
            }
        }
        if here.len() > noted.len() + 1 {
            return Err(ChainError::Broken { entry: noted.len() as u64 }.into());
        }
        Ok(())
    }

    /// Returns the decisions about an item.
    pub(super) fn about(&self, item: &str) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |decision| decision.item == item)
    }

    /// Returns the items that are decided about.
    pub(super) fn items(&self) -> impl Iterator<Item = &str> {
        self.decisions.iter().map(|decision| decision.item.as_str())
    }

    /// Returns the digest that a decision about these bytes is bound to.
    pub(super) fn original(&self, path: &Path) -> io::Result<String> {
        original(&self.signer, &mut File::open(path)?)
    }

    /// Returns how many bytes an original has, and the digest of its beginning.
    pub(super) fn beginning(&self, path: &Path) -> io::Result<(u64, String)> {
        let file = File::open(path)?;
        Ok((file.metadata()?.len(), beginning(&self.signer, &file)?))
    }

    /// Signs a decision, adds it to the record, and waits until it is on the disk.
    pub(super) fn append(&mut self, decision: Decision) -> Result<(), ReviewError> {
        // One that died before the execution log knew of it is made known first.
        self.note_missing()?;
        let unsigned = Decision {
            number: self.end.entries,
            previous: self.end.last.clone(),
            signature: String::new(),
            ..decision
        };
        let signature = self.signer.sign(KIND, unsigned.line().as_bytes());
        let decision = Decision { signature, ..unsigned };
        let line = decision.line();
        let path = path(&self.vault);
        self.write(&path, &line).map_err(|source| match source.kind() {
            ErrorKind::ResourceBusy => ReviewError::Stale { item: decision.item.clone() },
            _ => ReviewError::Io { path: path.clone(), source },
        })?;
        self.end.follow(line.as_bytes())?;
        self.note(&decision)?;
        self.decisions.push(decision);
        Ok(())
    }

    fn write(&self, path: &Path, line: &str) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.vault);
        private_folder(folder)?;
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        file.try_lock().map_err(io::Error::from)?;
        // Another process may have added to it since it was read.
        let there = fs::read(path)?;
        let end = follow_chain::<ChainError>(&there[..], |_, _| Ok(())).map_err(io::Error::other)?;
        if end != self.end {
            return Err(ErrorKind::ResourceBusy.into());
        }
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()?;
        File::open(folder)?.sync_all()
    }

    fn note_missing(&self) -> Result<(), ReviewError> {
        let path = self.vault.join("journal");
        let entries = ExecutionLog::open(&self.vault).and_then(|log| log.entries());
        let entries = entries.map_err(|source| ReviewError::Io { path, source })?;
        let noted = entries.iter().filter(|entry| entry.kind == NOTED).count();
        self.decisions.iter().skip(noted).try_for_each(|decision| self.note(decision))
    }

    /// Tells the execution log of a decision: who, when and on which machine.
    fn note(&self, decision: &Decision) -> Result<(), ReviewError> {
        let line = decision.line();
        let event = Event::new(NOTED)
            .by(&decision.reviewer)
            .because(&decision.reason)
            .on(&decision.original)
            .to(&decision.item)
            .with("decision", digest(line.as_bytes()))
            .with("verdict", decision.verdict.as_str());
        let noted = ExecutionLog::open(&self.vault).and_then(|log| log.append(&event));
        noted.map(drop).map_err(|source| ReviewError::Io { path: self.vault.join("journal"), source })
    }
}

/// The kind of event that a decision is.
const NOTED: &str = "review-decision";

fn path(vault: &Path) -> PathBuf {
    vault.join("review").join("decisions.jsonl")
}

/// Returns a digest of an original that nobody can compute without the vault's signing key: of the file there is none other.
pub(super) fn original(signer: &Signer, file: &mut impl Read) -> io::Result<String> {
    let (mut sha, mut block) = (Sha256::new(), vec![0; 256 << 10]);
    loop {
        match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => sha.update(&block[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // A signature of this kind is the same each time, and nothing that leaves the vault shows it.
    let secret = signer.sign("tokumei-review-original-1", b"");
    let inner = sha.finalize();
    Ok(digest(&[secret.as_bytes(), &inner[..]].concat()))
}

/// So many bytes are the beginning of an original: instances of a series are as long as each other, and differ in their headers.
const BEGINNING: u64 = 16 << 10;

fn beginning(signer: &Signer, file: &File) -> io::Result<String> {
    original(signer, &mut Whole { file, at: 0 }.take(BEGINNING))
}

/// What people have approved, for a run.
#[derive(Default)]
pub(crate) struct Approvals {
    signer: Option<Signer>,
    by_original: HashMap<String, Vec<Decision>>,
    /// How long originals are that somebody has rejected, and how they begin; none where a record does not say.
    rejected: HashSet<(Option<u64>, Option<String>)>,
    profile: String,
    reviewers: u32,
}

/// What applies to one instance.
pub(crate) struct Approved {
    pub reviewed: Reviewed,
    /// How many people must have agreed.
    pub reviewers: u32,
}

impl Approvals {
    /// Reads what people have decided under a profile; nothing is there at first, and nothing is written.
    pub(crate) fn read(vault: &Path, profile: &str, reviewers: u32) -> Result<Approvals, ReviewError> {
        if !path(vault).exists() && !noted(vault) {
            return Ok(Approvals::default());
        }
        let log = Log::open(vault)?;
        let mut by_original: HashMap<String, Vec<Decision>> = HashMap::new();
        let mut rejected = HashSet::new();
        for decision in log.decisions {
            if decision.verdict == Verdict::Reject {
                rejected.insert((decision.bytes, decision.head.clone()));
            }
            by_original.entry(decision.original.clone()).or_default().push(decision);
        }
        let (profile, reviewers) = (profile.to_owned(), reviewers.max(1));
        Ok(Approvals { signer: Some(log.signer), by_original, rejected, profile, reviewers })
    }

    /// Returns what enough people have approved of an original that is held back for a reason.
    pub(crate) fn of(&self, original_file: &File, reason: &str) -> io::Result<Option<Approved>> {
        if !APPROVABLE.contains(&reason) {
            return Ok(None);
        }
        let Some(decisions) = self.about(original_file)? else { return Ok(None) };
        let mut reviewed = Reviewed::default();
        for reason in APPROVABLE {
            let standing = Standing::of(decisions.iter(), &self.profile, reason);
            if let Some(masks) = standing.masks(self.reviewers) {
                reviewed.settled.insert(reason.to_owned());
                reviewed.masks.extend(masks);
            }
        }
        // What is approved after a rejection answers two reasons at once.
        reviewed.masks.sort_unstable_by_key(|mask| (mask.x, mask.y, mask.width, mask.height));
        reviewed.masks.dedup();
        let settled = reviewed.settled.contains(reason);
        Ok(settled.then_some(Approved { reviewed, reviewers: self.reviewers }))
    }

    /// Returns how people object to an original; `None` where nobody ever rejected it. Files of other lengths than those
    /// rejected are not read, those that begin otherwise no farther.
    pub(crate) fn objection(&self, original_file: &File, bytes: u64) -> io::Result<Option<Objection>> {
        let Some(signer) = self.signer.as_ref() else { return Ok(None) };
        let as_long = |known: Option<u64>| known.is_none_or(|known| known == bytes);
        let mut heads = self.rejected.iter().filter(|(known, _)| as_long(*known)).map(|(_, head)| head).peekable();
        if heads.peek().is_none() {
            return Ok(None);
        }
        let here = beginning(signer, original_file)?;
        if !heads.any(|head| head.as_ref().is_none_or(|head| *head == here)) {
            return Ok(None);
        }
        let Some(decisions) = self.about(original_file)? else { return Ok(None) };
        let standing = Standing::of(decisions.iter(), &self.profile, REJECTED);
        let objection = if standing.rejections().is_empty() { Objection::Lifted } else { Objection::Stands };
        Ok(standing.is_objected().then_some(objection))
    }

    fn about(&self, original_file: &File) -> io::Result<Option<&Vec<Decision>>> {
        let Some(signer) = self.signer.as_ref().filter(|_| !self.by_original.is_empty()) else { return Ok(None) };
        let mut whole = Whole { file: original_file, at: 0 };
        Ok(self.by_original.get(&original(signer, &mut whole)?))
    }
}

/// How people object to an original.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Objection {
    /// A rejection stands.
    Stands,
    /// It was rejected, and the rejections were taken back or lifted: enough people must approve it since.
    Lifted,
}

/// Tells whether the execution log knows of decisions.
fn noted(vault: &Path) -> bool {
    let there = vault.join("journal").is_dir();
    let entries = || ExecutionLog::open(vault).and_then(|log| log.entries()).unwrap_or_default();
    there && entries().iter().any(|entry| entry.kind == NOTED)
}

/// All of a file, wherever its handle stands.
struct Whole<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Whole<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = std::os::unix::fs::FileExt::read_at(self.file, into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
