//! The papers of a release, read as plain JSON: ledger, root and manifest.

use crate::check::Check;
use crate::report::{Finding, Findings};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use tokumei_profile::Profile;

const LEDGER: &str = "audit/ledger.jsonl";
const TREATMENTS: &str = "audit/treatments.jsonl";
const ROOT: &str = "audit/root.json";
const MANIFEST: &str = "manifest.jsonl";
/// Longest line of a paper, in bytes.
const LONGEST: u64 = 64 << 20;

/// What the papers say, by new SOP Instance UID.
#[derive(Default)]
pub(crate) struct Papers {
    pub leaves: HashMap<String, Leaf>,
    pub manifest: HashMap<String, Row>,
    /// How many files ended in each state; none when the root cannot be read.
    pub counts: Option<BTreeMap<String, u64>>,
}

/// What the ledger says of one instance.
pub(crate) struct Leaf {
    /// Codes of CID 7050.
    pub options: Vec<String>,
    pub output: Option<String>,
    pub masks: Vec<Mask>,
    /// Whether BurnedInAnnotation (0028,0301) is among the changes.
    pub writes_burned_in: bool,
}

/// A mask, `[x, y, width, height]`.
#[derive(Deserialize)]
pub(crate) struct Mask {
    /// What may differ from the original: what was asked for, grown to the blocks of the codec and what they shine into.
    pub effective: [u32; 4],
    /// What was asked for, all of which is hidden.
    pub requested: [u32; 4],
}

#[cfg(test)]
impl Mask {
    /// Returns a mask that covers what was asked for and no more.
    pub(crate) fn exact(region: [u32; 4]) -> Mask {
        Mask { effective: region, requested: region }
    }
}

/// What the manifest says of one instance.
#[derive(Deserialize)]
pub(crate) struct Row {
    pub bytes: u64,
    pub digest: Option<String>,
    pub path: String,
    instance: String,
}

#[derive(Deserialize)]
struct LeafLine {
    instance: String,
    masks: Vec<Mask>,
    options: Vec<String>,
    output: Option<String>,
    profile: String,
    state: String,
    treatment: Option<String>,
}

#[derive(Deserialize)]
struct TreatmentLine {
    id: String,
    steps: Vec<StepLine>,
}

#[derive(Deserialize)]
struct StepLine {
    path: String,
}

#[derive(Deserialize)]
struct RootPaper {
    counts: BTreeMap<String, u64>,
    leaves: u64,
    profile: ProfilePaper,
}

#[derive(Deserialize)]
struct ProfilePaper {
    hash: String,
}

impl Papers {
    /// Reads the papers, and checks them against each other and the profile.
    pub(crate) fn read(release: &Path, profile: &Profile) -> (Papers, Vec<Finding>) {
        let mut papers = Papers::default();
        let mut all = Vec::new();
        let (lines, ledger) = papers.read_ledger(release, profile);
        all.extend(ledger);
        all.extend(papers.read_root(release, profile, lines));
        all.extend(papers.read_manifest(release));
        (papers, all)
    }

    fn read_ledger(&mut self, release: &Path, profile: &Profile) -> (u64, Vec<Finding>) {
        let mut findings = Findings::of(LEDGER);
        let treatments = read_treatments(release);
        if treatments.is_none() {
            findings.whole(Check::LedgerUnreadable);
        }
        let treatments = treatments.unwrap_or_default();
        let lines = each_line(&release.join(LEDGER), |number, line: Option<LeafLine>| {
            let Some(line) = line else { return findings.add(Check::LedgerLine, number) };
            if line.state != "released" {
                findings.add(Check::LedgerState, number);
            }
            if line.profile != profile.hash() {
                findings.add(Check::LedgerProfile, number);
            }
            let treatment = line.treatment.map(|id| treatments.get(&id).copied());
            if treatment == Some(None) {
                findings.add(Check::LedgerLine, number);
            }
            let writes_burned_in = treatment.flatten().unwrap_or(false);
            let LeafLine { instance, options, output, masks, .. } = line;
            if self.leaves.insert(instance, Leaf { options, output, masks, writes_burned_in }).is_some() {
                findings.add(Check::LedgerCount, number);
            }
        });
        if lines.is_none() {
            findings.whole(Check::LedgerUnreadable);
        }
        (lines.unwrap_or_default(), findings.into_list())
    }

    fn read_root(&mut self, release: &Path, profile: &Profile, lines: u64) -> Vec<Finding> {
        let mut findings = Findings::of(ROOT);
        let mut text = Vec::new();
        let read = File::open(release.join(ROOT)).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
        match read.ok().and_then(|_| serde_json::from_slice::<RootPaper>(&text).ok()) {
            None => findings.whole(Check::LedgerUnreadable),
            Some(root) => {
                if root.profile.hash != profile.hash() {
                    findings.whole(Check::LedgerProfile);
                }
                if root.leaves != lines {
                    findings.whole(Check::LedgerCount);
                }
                self.counts = Some(root.counts);
            }
        }
        findings.into_list()
    }

    fn read_manifest(&mut self, release: &Path) -> Vec<Finding> {
        let mut findings = Findings::of(MANIFEST);
        let lines = each_line(&release.join(MANIFEST), |number, row: Option<Row>| {
            let Some(row) = row else { return findings.add(Check::Manifest, number) };
            if self.manifest.insert(row.instance.clone(), row).is_some() {
                findings.add(Check::Manifest, number);
            }
        });
        if lines.is_none() {
            findings.whole(Check::LedgerUnreadable);
        }
        findings.into_list()
    }
}

/// Returns for each treatment whether BurnedInAnnotation (0028,0301) is among its changes; `None` when they cannot be read.
fn read_treatments(release: &Path) -> Option<HashMap<String, bool>> {
    let mut treatments = HashMap::new();
    let mut whole = true;
    each_line(&release.join(TREATMENTS), |_, line: Option<TreatmentLine>| match line {
        Some(line) => drop(treatments.insert(line.id, line.steps.iter().any(|step| step.path == "(0028,0301)"))),
        None => whole = false,
    })?;
    Some(treatments).filter(|_| whole)
}

/// Reads a file of JSON lines and returns how many it has; `None` when it cannot be read.
fn each_line<T: DeserializeOwned>(path: &Path, mut take: impl FnMut(u64, Option<T>)) -> Option<u64> {
    let mut reader = BufReader::new(File::open(path).ok()?);
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line).ok()?;
        if read == 0 {
            return Some(number);
        }
        number += 1;
        take(number, serde_json::from_slice(&line).ok());
    }
}
