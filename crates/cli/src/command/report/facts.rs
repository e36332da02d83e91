//! What the report says of a release, from its papers and its files.

use super::{people, pictures, sheet};
use crate::language::Language;
use crate::message::Catalog;
use crate::problem::Problem;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use tokumei_audit::{Leaf, Root, read_ledger};
use tokumei_core::{OptionName, State};
use tokumei_pipeline::HELD_BY_TEXT;
use tokumei_profile::policy::{BurnedIn, Dates, Faces, Policy, RiskReport, TextSearch, UnlistedText};
use tokumei_profile::{Lang, Profile};
use tokumei_report::{Bilingual, Clause, Facts, Masked, Reason, Search, Sizes};

/// Gathers what the report says.
pub fn gather(release: &Path, profile: &Profile) -> Result<Facts, Problem> {
    let root = Root::read(&release.join("audit").join("root.json"))?;
    let words = Words::new();
    let ledger = Ledger::read(release)?;
    let manifest = Manifest::read(release, &ledger.pictured)?;
    let moved = matches!(profile.policy().dates, Dates::Shift | Dates::ShiftMonthOutsideStudy);
    let people = people::look(release, &manifest.first_of_study, profile.policy().risk_k, !moved);
    let asked = profile.policy().risk_report != RiskReport::No;
    let title = |lang| profile.title(lang).to_owned();
    let summary = |lang| profile.summary(lang).to_owned();
    Ok(Facts {
        title: Bilingual::new(title(Lang::En), title(Lang::Ja)),
        summary: Bilingual::new(summary(Lang::En), summary(Lang::Ja)),
        profile: format!("{} {}", profile.name(), profile.version()),
        legal_class: profile.legal_class().title().to_owned(),
        publish: profile.legal_class().is_anonymized(),
        states: states(&root, &words),
        reasons: reasons(&root, &words),
        sizes: manifest.sizes(),
        modalities: manifest.modalities,
        options: ledger.options(),
        clauses: clauses(profile),
        unchecked: unchecked(profile.policy(), &words),
        search: search(&root, ledger.frames_masked),
        masks: ledger.masks,
        pictures: pictures::draw(release, &manifest.pictured),
        sheet: manifest.draw.sheet(release),
        items: people.items,
        groups: asked.then_some(people.groups),
        reviewed: ledger.reviewed,
        marks: marks(&root, &words),
    })
}

/// The texts of the catalog in both languages.
pub struct Words {
    en: Catalog,
    ja: Catalog,
}

impl Words {
    pub fn new() -> Words {
        Words { en: Catalog::new(Language::English), ja: Catalog::new(Language::Japanese) }
    }

    pub fn say(&self, id: &str) -> Bilingual {
        Bilingual::new(self.en.say(id, &[]), self.ja.say(id, &[]))
    }
}

fn states(root: &Root, words: &Words) -> Vec<(String, Bilingual, u64)> {
    let count = |state: &State| root.counts.get(state.as_str()).copied().unwrap_or(0);
    State::ALL.iter().map(|state| (state.to_string(), words.say(&format!("state-{state}")), count(state))).collect()
}

fn reasons(root: &Root, words: &Words) -> Vec<Reason> {
    let reason = |state: &str, id: &str, count: u64| Reason {
        state: state.to_owned(),
        id: id.to_owned(),
        words: words.say(&format!("reason-{id}")),
        count,
    };
    let of = |(state, ids): (&String, &BTreeMap<String, u64>)| {
        ids.iter().map(|(id, count)| reason(state, id, *count)).collect::<Vec<_>>()
    };
    root.reasons.iter().flat_map(of).collect()
}

fn clauses(profile: &Profile) -> Vec<Clause> {
    let values = serde_json::to_value(profile.policy()).unwrap_or_default();
    let clause = |what: String, key: &str| {
        let why = profile.why(key)?;
        Some(Clause { what, why: Bilingual::new(&why.en, &why.ja), clause: why.clause.clone() })
    };
    let options = profile.options().iter().filter_map(|option| clause(option.key().to_owned(), option.key()));
    let policy = |name: &&str| {
        // Lists are long, and `tokumei profile show` prints them.
        let value = values.get(*name).filter(|value| !value.is_array() && !value.is_object());
        let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        clause(text.map_or_else(|| (*name).to_owned(), |text| format!("{name} = {text}")), name)
    };
    options.chain(Policy::NAMES.iter().filter_map(policy)).collect()
}

/// How far the frames were searched for text.
fn search(root: &Root, frames_masked: u64) -> Option<Search> {
    let count = |word: &str| root.text.get(word).copied().unwrap_or(0);
    let waiting = root.reasons.get("quarantined");
    let held = HELD_BY_TEXT.iter().filter_map(|reason| waiting?.get(*reason)).sum();
    let search = Search {
        instances: count("instances"),
        searched: count("searched"),
        masked: count("found"),
        held,
        frames: count("frames"),
        frames_searched: count("frames-searched"),
        frames_masked,
        frames_held: count("frames-held"),
    };
    (search.instances > 0 || search.held > 0).then_some(search)
}

/// What no run with this policy looks at.
fn unchecked(policy: &Policy, words: &Words) -> Vec<Bilingual> {
    let mut ids = Vec::new();
    ids.push(match (policy.burned_in, policy.text_search) {
        (BurnedIn::Ignore, _) => "unlooked-text-ignored",
        (BurnedIn::Mask, TextSearch::All | TextSearch::Sample) => "unlooked-text-missed",
        (BurnedIn::QuarantineRisky | BurnedIn::Mask, _) => "unlooked-text-by-rule",
    });
    ids.push(match policy.faces {
        Faces::Flag => "unlooked-faces",
        Faces::Quarantine => "unlooked-faces-by-header",
    });
    if policy.unlisted_text == UnlistedText::Keep {
        ids.push("unlooked-unlisted-text");
    }
    ids.extend(["unlooked-handwriting", "unlooked-pixels-known", "unlooked-other-data", "unlooked-legal"]);
    ids.into_iter().map(|id| words.say(id)).collect()
}

fn marks(root: &Root, words: &Words) -> Vec<(Bilingual, String)> {
    let none = "–".to_owned();
    vec![
        (words.say("audit-tool"), root.tool.clone()),
        (words.say("audit-profile"), format!("{} {}", root.profile.name, root.profile.version)),
        (words.say("audit-profile-hash"), root.profile.hash.clone()),
        (words.say("audit-edition"), root.edition.clone()),
        (words.say("audit-key"), root.key.clone().unwrap_or(none)),
        (words.say("audit-leaves"), root.leaves.to_string()),
        (words.say("audit-root"), root.merkle_root.clone()),
    ]
}

/// What the ledger adds up to.
#[derive(Default)]
struct Ledger {
    options: BTreeMap<OptionName, u64>,
    masks: Vec<Masked>,
    reviewed: u64,
    /// Frames that were looked at and in which something is hidden.
    frames_masked: u64,
    /// Instances of which a picture is shown, with what is hidden in it.
    pictured: HashMap<String, pictures::Hidden>,
}

impl Ledger {
    fn read(release: &Path) -> Result<Ledger, Problem> {
        let mut ledger = Ledger::default();
        let mut masks: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut shown: HashMap<BTreeSet<String>, usize> = HashMap::new();
        for leaf in read_ledger(&release.join("audit").join("ledger.jsonl"))? {
            let leaf = leaf?;
            for option in &leaf.options {
                *ledger.options.entry(*option).or_default() += 1;
            }
            let frames = leaf.look.as_ref().filter(|_| !leaf.masks.is_empty()).map_or(0, |look| look.frames);
            ledger.frames_masked = ledger.frames_masked.saturating_add(frames);
            ledger.reviewed += u64::from(leaf.reviewers.is_some());
            let rules = count(&leaf, &mut masks);
            let of_same_rules = shown.entry(rules.clone()).or_default();
            if !rules.is_empty() && *of_same_rules < OF_EACH && ledger.pictured.len() < pictures::MOST {
                *of_same_rules += 1;
                let regions = leaf.masks.iter().map(|mask| mask.effective).collect();
                ledger.pictured.insert(leaf.instance, pictures::Hidden { regions, rules: rules.into_iter().collect() });
            }
        }
        let masked = |(rule, (instances, rectangles))| Masked { rule, instances, rectangles };
        ledger.masks = masks.into_iter().map(masked).collect();
        Ok(ledger)
    }

    fn options(&self) -> Vec<(String, String, u64)> {
        let row =
            |(option, count): (&OptionName, &u64)| (option.code().to_owned(), option.meaning().to_owned(), *count);
        self.options.iter().map(row).collect()
    }
}

/// Counts what is hidden in an instance, and returns the rules that asked.
fn count(leaf: &Leaf, masks: &mut BTreeMap<String, (u64, u64)>) -> BTreeSet<String> {
    let rules: BTreeSet<String> = leaf.masks.iter().map(|mask| mask.by.clone()).collect();
    for rule in &rules {
        masks.entry(rule.clone()).or_default().0 += 1;
    }
    for mask in &leaf.masks {
        masks.entry(mask.by.clone()).or_default().1 += 1;
    }
    rules
}

/// Pictures of instances that the same rules have masked: more of them look alike.
const OF_EACH: usize = 2;

#[derive(Deserialize)]
struct Row {
    bytes: u64,
    instance: String,
    modality: String,
    path: String,
    patient: String,
    study: String,
}

/// What the manifest adds up to. Memory grows with patients and studies, not with instances.
#[derive(Default)]
struct Manifest {
    patients: HashSet<String>,
    instances: u64,
    bytes: u64,
    modalities: BTreeMap<String, u64>,
    /// The first instance of each study: its path and its patient.
    first_of_study: BTreeMap<String, (String, String)>,
    pictured: Vec<(String, pictures::Hidden)>,
    draw: sheet::Draw,
}

impl Manifest {
    fn read(release: &Path, pictured: &HashMap<String, pictures::Hidden>) -> Result<Manifest, Problem> {
        let path = release.join("manifest.jsonl");
        let problem = |error: &std::io::Error| Problem::new("dataset-read").at(&path).because(error);
        let mut lines = BufReader::new(File::open(&path).map_err(|error| problem(&error))?);
        let mut manifest = Manifest::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = lines.by_ref().take(1 << 20).read_until(b'\n', &mut line).map_err(|error| problem(&error))?;
            if read == 0 {
                return Ok(manifest);
            }
            let row: Row = serde_json::from_slice(&line).map_err(|error| problem(&error.into()))?;
            manifest.add(row, pictured);
        }
    }

    fn add(&mut self, row: Row, pictured: &HashMap<String, pictures::Hidden>) {
        self.instances += 1;
        self.bytes = self.bytes.saturating_add(row.bytes);
        self.draw.add(&row.study, &row.instance, &row.path, &row.modality);
        *self.modalities.entry(row.modality).or_default() += 1;
        if let Some(hidden) = pictured.get(&row.instance) {
            self.pictured.push((row.path.clone(), hidden.clone()));
        }
        self.first_of_study.entry(row.study).or_insert_with(|| (row.path, row.patient.clone()));
        self.patients.insert(row.patient);
    }

    fn sizes(&self) -> Sizes {
        Sizes {
            patients: self.patients.len() as u64,
            studies: self.first_of_study.len() as u64,
            instances: self.instances,
            bytes: self.bytes,
        }
    }
}
