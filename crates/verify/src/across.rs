//! The checks that need every file of the release.

use crate::check::Check;
use crate::instance::{Element, Instance};
use crate::papers::Papers;
use crate::report::{Finding, Findings};
use crate::single::Place;
use crate::vault::Index;
use std::collections::{BTreeMap, HashMap, HashSet};
use tokumei_core::{Tag, TagPath, tags};

const REFERENCED_CLASS: Tag = Tag(0x0008, 0x1150);
const REFERENCED_INSTANCE: Tag = Tag(0x0008, 0x1155);
/// Most references of one file that are looked up.
const MOST: usize = 10_000;

/// What the other files need to know of one.
pub(crate) struct Facts {
    pub file: String,
    pub instance: String,
    pub class: String,
    pub study: String,
    pub series: String,
    pub patient: String,
    pub bytes: u64,
    pub digest: String,
    references: Vec<Reference>,
}

/// A file that could not be parsed; its name says which instance it should be.
pub(crate) struct Unparsed<'a> {
    pub file: &'a str,
    /// Its length and digest; none where the disk refused.
    pub bulk: Option<(u64, String)>,
}

struct Reference {
    path: TagPath,
    instance: String,
    class: String,
}

impl Facts {
    /// Reads them off an instance.
    pub(crate) fn of(file: &str, instance: &Instance, bytes: u64, digest: String) -> Facts {
        let word = |tag| instance.word(tag);
        let references = instance.elements.iter().filter(|element| element.tag == REFERENCED_INSTANCE);
        Facts {
            file: file.to_owned(),
            instance: word(tags::SOP_INSTANCE_UID),
            class: word(tags::SOP_CLASS_UID),
            study: word(tags::STUDY_INSTANCE_UID),
            series: word(tags::SERIES_INSTANCE_UID),
            patient: Place::of(file).map(|place| place.patient).unwrap_or_default(),
            bytes,
            digest,
            references: references.take(MOST).filter_map(|element| reference(instance, element)).collect(),
        }
    }
}

fn reference(instance: &Instance, element: &Element) -> Option<Reference> {
    let uid = instance.word_at(element.level, REFERENCED_INSTANCE);
    let class = instance.word_at(element.level, REFERENCED_CLASS);
    (!uid.is_empty()).then(|| Reference { path: instance.path(element), instance: uid, class })
}

/// Checks files against files: nothing twice, nothing in two places, references to the right thing.
pub(crate) fn files(facts: &[Facts]) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut classes: HashMap<&str, &str> = HashMap::new();
    let (mut studies, mut series) = (HashMap::new(), HashMap::new());
    for fact in facts {
        let mut findings = Findings::of(&fact.file);
        if classes.insert(&fact.instance, &fact.class).is_some() {
            findings.whole(Check::InstanceDoubled);
        }
        if !fact.study.is_empty() && *studies.entry(&fact.study).or_insert(&fact.patient) != &fact.patient {
            findings.whole(Check::StudyInTwoPatients);
        }
        if !fact.series.is_empty() && *series.entry(&fact.series).or_insert(&fact.study) != &fact.study {
            findings.whole(Check::SeriesInTwoStudies);
        }
        all.extend(findings.into_list());
    }
    for fact in facts {
        let mut findings = Findings::of(&fact.file);
        for reference in &fact.references {
            match classes.get(reference.instance.as_str()) {
                None => findings.add(Check::ReferenceOutside, &reference.path),
                Some(class) if !reference.class.is_empty() && reference.class != *class => {
                    findings.add(Check::ReferenceClass, &reference.path);
                }
                Some(_) => {}
            }
        }
        all.extend(findings.into_list());
    }
    all
}

/// Checks files against the papers of the release.
pub(crate) fn papers(facts: &[Facts], unparsed: &[Unparsed<'_>], papers: &Papers) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut there: HashSet<&str> = facts.iter().map(|fact| fact.instance.as_str()).collect();
    let places = unparsed.iter().filter_map(|one| Some((one, Place::of(one.file)?.instance)));
    let places: Vec<(&Unparsed<'_>, String)> = places.collect();
    there.extend(places.iter().map(|(_, instance)| instance.as_str()));
    for fact in facts {
        all.extend(bulk(&fact.file, &fact.instance, (fact.bytes, &fact.digest), papers));
    }
    for (one, instance) in &places {
        if let Some((bytes, digest)) = &one.bulk {
            all.extend(bulk(one.file, instance, (*bytes, digest), papers));
        }
    }
    for (list, file, check) in [
        (papers.leaves.keys().collect::<Vec<_>>(), "audit/ledger.jsonl", Check::LedgerNoFile),
        (papers.manifest.keys().collect(), "manifest.jsonl", Check::Manifest),
    ] {
        let mut findings = Findings::of(file);
        for instance in list.into_iter().filter(|instance| !there.contains(instance.as_str())) {
            findings.add(check, instance);
        }
        all.extend(findings.into_list());
    }
    all
}

/// Checks length, digest and path of a file against the papers.
fn bulk(file: &str, instance: &str, (bytes, digest): (u64, &str), papers: &Papers) -> Vec<Finding> {
    let mut findings = Findings::of(file);
    match papers.leaves.get(instance) {
        None => findings.whole(Check::LedgerNoLeaf),
        Some(leaf) if leaf.output.as_ref().is_some_and(|output| output != digest) => findings.whole(Check::Digest),
        Some(_) => {}
    }
    let listed = papers.manifest.get(instance).is_some_and(|row| {
        let same = row.digest.as_ref().is_none_or(|stated| stated == digest);
        row.path == file && row.bytes == bytes && same
    });
    if !listed {
        findings.whole(Check::Manifest);
    }
    findings.into_list()
}

/// Checks files and counts against the vault's index.
pub(crate) fn index(files: &[String], papers: &Papers, index: &Index) -> Vec<Finding> {
    let mut counts = Findings::of("audit/root.json");
    let stated: BTreeMap<String, u64> = papers.counts.clone().unwrap_or_default();
    let found = index.counts();
    let states: HashSet<&String> = stated.keys().chain(found.keys()).collect();
    let number = |counts: &BTreeMap<String, u64>, state: &str| counts.get(state).copied().unwrap_or_default();
    for state in states {
        if number(&stated, state) != number(&found, state) {
            counts.add(Check::Counts, state);
        }
    }
    if number(&found, "released") != files.len() as u64 {
        counts.add(Check::Counts, "released");
    }
    let mut all = counts.into_list();
    if !index.has_links() {
        return all;
    }
    let listed: HashSet<&str> = index.0.iter().map(|row| row.release.as_str()).filter(|at| !at.is_empty()).collect();
    let there: HashSet<&str> = files.iter().map(String::as_str).collect();
    for (missing, check) in
        [(listed.difference(&there), Check::IndexNoFile), (there.difference(&listed), Check::IndexNoRow)]
    {
        for file in missing {
            let mut findings = Findings::of(file);
            findings.whole(check);
            all.extend(findings.into_list());
        }
    }
    all
}
