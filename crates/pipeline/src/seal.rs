//! The papers of a release: ledger, root and manifest, all from the journal, in the order of the instances.

use crate::execution::{Event, ExecutionLog, SEAL};
use crate::index_file::Line;
use crate::journal::{Journal, Known};
use crate::put::{Readers, put};
use crate::searched::{Searched, count, count_held};
use crate::vault::Terms;
use crate::{Config, Shard, paths, readmission, standing};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tokumei_audit::{
    BEGINNING, ChainEnd, FORMAT, LedgerError, LedgerWriter, ManifestRow, People, ProfileMark, Root, RunEntry, SHARES,
    Seal, Signer, TREATMENTS, dataset, digest, treatment_of,
};
use tokumei_core::State;
use tokumei_profile::policy::KeyPolicy;
use tokumei_pseudonym::linkage::Withdrawn;

/// What the papers of a release are made of.
pub(crate) struct Sealing<'a> {
    pub config: &'a Config,
    pub terms: &'a Terms,
    /// The root of the release, or of what becomes one.
    pub release: &'a Path,
    /// Where papers wait for their names.
    pub waiting: &'a Path,
    pub journal: &'a Journal,
    /// What became of every discovered file.
    pub lines: &'a [Line],
    pub signer: &'a Signer,
    /// The vault, whose log knows of a root before the root has its name.
    pub vault: &'a Path,
    /// Who has withdrawn.
    pub withdrawn: &'a Withdrawn,
    /// The share of the studies that was added; `None` where none was.
    pub shares: Option<Shard>,
}

/// What was sealed.
pub(crate) struct Sealed {
    /// Whether any paper changed.
    pub changed: bool,
    /// What was signed.
    pub root: Root,
    /// The people of the release.
    pub people: People,
}

impl Sealing<'_> {
    /// Writes the papers that would change.
    pub(crate) fn seal(&self) -> io::Result<Sealed> {
        let live = live(self.journal, self.release);
        fs::create_dir_all(self.release.join("audit"))?;
        // Both are read from the journal record by record, and neither asks for the other.
        let (ledger, manifest) = rayon::join(|| self.ledger(&live), || self.manifest(&live));
        let (mut changed, seal, told) = ledger?;
        let mut papers = BTreeMap::new();
        let treatments = self.paper(TREATMENTS, |to| write_treatments(to, self.journal, &told.treatments))?;
        for (name, (new, digest)) in [(TREATMENTS, treatments)].into_iter().chain(manifest?) {
            changed |= new;
            papers.insert(name.to_owned(), digest);
        }
        let people = people(&live);
        let mut root = root_of(self.config, self.terms, &seal, self.lines);
        root.papers = papers;
        root.text = told.text;
        count_held(self.lines, &mut root.text);
        root.people = people.as_ref().map(People::mark);
        root.withdrawn = standing::mark_of(self.withdrawn);
        let earlier = Root::read(&self.release.join("audit/root.json")).ok();
        if root.key.is_some() {
            root.excluded = readmission::stated(self.vault, earlier.as_ref())?;
        }
        let shares = shares(earlier.as_ref(), self.shares);
        root.parameters.extend(shares.map(|shares| (SHARES.to_owned(), shares)));
        root.dataset = dataset::last_mark(self.release, earlier.as_ref()).map_err(io::Error::other)?;
        let root = root.signed_by(self.signer);
        let key = self.signer.public().line();
        changed |= self.put("audit/public.key", |to| to.write_all(key.as_bytes()))?.0;
        // The root after what it speaks of, and the chain after the root, which a later run would complete.
        let line = root.line();
        self.announce(&root, &line)?;
        changed |= self.put("audit/root.json", |to| to.write_all(line.as_bytes()))?.0;
        changed |= self.chain(&root)?;
        Ok(Sealed { changed, root, people: people.unwrap_or_default() })
    }

    /// Writes the ledger and the hashes of its leaves; returns whether either changed.
    fn ledger(&self, live: &[Known]) -> io::Result<(bool, Seal, Told)> {
        let mut told = Told::default();
        let (ledger, seal) = self.put("audit/ledger.jsonl", |to| {
            told = Told::default();
            write_ledger(to, self.journal, live, &mut told)
        })?;
        let (hashes, ()) = self.put("audit/ledger.hashes", |to| write_hashes(to, &told.hashes))?;
        Ok((ledger | hashes, seal, told))
    }

    /// Writes the manifest in both forms; returns of each whether it changed, and its digest.
    fn manifest(&self, live: &[Known]) -> io::Result<[(&'static str, (bool, String)); 2]> {
        let [lines, table] = ["manifest.jsonl", "manifest.csv"];
        let (of_lines, of_table) = rayon::join(
            || self.paper(lines, |to| write_manifest(to, self.journal, live)),
            || self.paper(table, |to| write_table(to, self.journal, live)),
        );
        Ok([(lines, of_lines?), (table, of_table?)])
    }

    /// Writes a paper; returns whether it changed, and its digest.
    fn paper(&self, name: &str, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> io::Result<(bool, String)> {
        self.put(name, |to| {
            let mut digesting = Digesting::new(to);
            write(&mut digesting)?;
            Ok(digesting.finish())
        })
    }

    fn put<T>(&self, name: &str, write: impl FnMut(&mut dyn Write) -> io::Result<T>) -> io::Result<(bool, T)> {
        put(&self.release.join(name), self.waiting, Readers::Release, write)
    }

    /// Logs what the release is about to state, if it states something else now: a run that dies behind it leaves no release of
    /// which its vault knows nothing.
    fn announce(&self, root: &Root, line: &str) -> io::Result<()> {
        let stated = fs::read(self.release.join("audit/root.json"));
        if stated.is_ok_and(|stated| stated == line.as_bytes()) {
            return Ok(());
        }
        let event = Event::new(SEAL).to(paths::absolute(&self.config.out)).of_root(root);
        let event = self.config.operator.iter().fold(event, |event, operator| event.by(operator));
        ExecutionLog::open(self.vault)?.append(&event).map(drop)
    }

    /// Adds this run to the chain over runs, if it has changed what the root states.
    fn chain(&self, root: &Root) -> io::Result<bool> {
        let mut text = match fs::read(self.release.join(CHAIN)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            text => text?,
        };
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let last = lines.last().map(|line| digest(line)).unwrap_or_else(|| BEGINNING.to_owned());
        let end = ChainEnd { entries: lines.len() as u64, last };
        let entry = RunEntry::new(&end, root, self.signer);
        let known = lines.last().and_then(|line| serde_json::from_slice::<RunEntry>(line).ok());
        if known.is_some_and(|known| known.statement == entry.statement && known.signer == entry.signer) {
            return Ok(false);
        }
        text.extend_from_slice(entry.line().as_bytes());
        text.push(b'\n');
        self.put(CHAIN, |to| to.write_all(&text)).map(|(changed, ())| changed)
    }
}

const CHAIN: &str = "audit/chain.jsonl";

/// What the leaves tell on their way into the ledger.
#[derive(Default)]
struct Told {
    /// Their hashes, in their order.
    hashes: Vec<[u8; 32]>,
    /// The treatments that they name.
    treatments: BTreeSet<String>,
    text: Searched,
}

/// Returns the people of whom something is released; `None` where a record does not tell whose it is.
fn people(live: &[Known]) -> Option<People> {
    let text: String = live
        .iter()
        .map(|known| known.header.person.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .fold(String::new(), |text, person| text + &person + "\n");
    People::parse(&text)
}

/// A writer that digests what passes.
struct Digesting<'a> {
    to: &'a mut dyn Write,
    sha: Sha256,
}

impl<'a> Digesting<'a> {
    fn new(to: &'a mut dyn Write) -> Self {
        Digesting { to, sha: Sha256::new() }
    }

    fn finish(self) -> String {
        tokumei_core::hex(&self.sha.finalize())
    }
}

impl Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sha.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Returns the records whose output is in the release.
fn live(journal: &Journal, root: &Path) -> Vec<Known> {
    let there = |known: &Known| {
        let metadata = fs::symlink_metadata(root.join(&known.header.release));
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() == known.header.bytes)
    };
    journal.records().into_par_iter().filter(there).collect()
}

fn write_ledger(to: &mut dyn Write, journal: &Journal, live: &[Known], told: &mut Told) -> io::Result<Seal> {
    let mut ledger = LedgerWriter::new(to);
    let flat = |error: LedgerError| match error {
        LedgerError::Write(error) => error,
        other => io::Error::other(other),
    };
    for known in live {
        let leaf = journal.leaf(known)?;
        count(&leaf, &mut told.text);
        if let Some(id) = treatment_of(&leaf).filter(|id| !told.treatments.contains(*id)) {
            told.treatments.insert(id.to_owned());
        }
        told.hashes.push(ledger.push(&known.header.instance, &leaf).map_err(flat)?);
    }
    ledger.finish().map(|(_, seal)| seal).map_err(flat)
}

fn write_hashes(to: &mut dyn Write, hashes: &[[u8; 32]]) -> io::Result<()> {
    hashes.iter().try_for_each(|hash| writeln!(to, "{}", tokumei_core::hex(hash)))
}

fn write_treatments(to: &mut dyn Write, journal: &Journal, named: &BTreeSet<String>) -> io::Result<()> {
    for id in named {
        // Every record comes after its treatment, so only a damaged journal has none.
        let line = journal.treatment(id)?.ok_or(io::ErrorKind::InvalidData)?;
        to.write_all(&line)?;
        to.write_all(b"\n")?;
    }
    Ok(())
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

/// Returns which shares a release holds, `None` where it holds all.
fn shares(earlier: Option<&Root>, added: Option<Shard>) -> Option<String> {
    let stated = earlier.map(|root| root.parameters.get(SHARES).cloned());
    let added = match (&stated, added) {
        // What was whole stays whole, and so does what a run over all has completed.
        (Some(None), _) => return None,
        (_, Some(added)) if added.count <= 1 => return None,
        (Some(stated), None) => return stated.clone(),
        (None, None) => return None,
        (_, Some(added)) => added,
    };
    let stated = stated.flatten().unwrap_or_default();
    let mut all: BTreeSet<String> = stated.split(' ').filter(|share| !share.is_empty()).map(str::to_owned).collect();
    all.insert(format!("{}/{}", added.index + 1, added.count));
    let is_whole = (1..=added.count).all(|index| all.contains(&format!("{index}/{}", added.count)));
    (!is_whole).then(|| all.into_iter().collect::<Vec<_>>().join(" "))
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
        dataset: None,
        digest: terms.digest.clone(),
        edition: EDITION.to_owned(),
        excluded: None,
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
        text: BTreeMap::new(),
        tool: config.tool_version.clone(),
        withdrawn: None,
    }
}

/// The edition of the standard that rules and tables follow.
const EDITION: &str = "2026d";
