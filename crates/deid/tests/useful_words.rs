//! How many useful words cleaning leaves in the descriptors of real files, where the corpus is beside the repository.
//!
//! A useful word is a run of letters of one script that the vocabulary has, in an element that the Clean Descriptors
//! Option cleans (PS3.15 2026d, Table E.1-1, column 113105), and that is neither an identifier of its own data set nor
//! a form of address or label, which goes with the name or number beside it.

#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tokumei_core::{ActionCode, Vr, tags};
use tokumei_deid::evidence;
use tokumei_text::{CharacterSets, Cleaner, Strictness, normal::fold, vocabulary};
use tokumei_wire::{DataSet, Limits, NodeId, NodeKind, read};

/// The settings, and the share of useful words that each must leave.
const SETTINGS: [(Strictness, f64); 3] =
    [(Strictness::Strict, 0.99), (Strictness::Permissive, 0.99), (Strictness::Scrub, 0.99)];

/// Forms of address and labels.
const LABELS: [&str; 4] = ["dr", "id", "pt", "prof"];

#[derive(Default)]
struct Figures {
    values: u64,
    untouched: u64,
    useful: u64,
    kept: u64,
    lost: HashMap<String, u64>,
}

#[test]
fn nearly_every_useful_word_of_the_corpus_is_left() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/files");
    if !corpus.is_dir() {
        eprintln!("left out: the corpus is not beside the repository");
        return;
    }
    let mut figures: [Figures; 3] = Default::default();
    let mut files = 0;
    for path in files_below(&corpus) {
        let Ok(data_set) = read(&File::open(path).unwrap(), &Limits::default()) else { continue };
        files += 1;
        count(&data_set, &mut figures);
    }
    for ((strictness, least), figures) in SETTINGS.iter().zip(&figures) {
        let share = figures.kept as f64 / figures.useful.max(1) as f64;
        println!(
            "{strictness:?}: {files} files, {} values, {} untouched; useful words kept {} of {} ({:.2} %)",
            figures.values,
            figures.untouched,
            figures.kept,
            figures.useful,
            share * 100.0
        );
        let mut lost: Vec<_> = figures.lost.iter().collect();
        lost.sort_by_key(|(word, count)| (u64::MAX - **count, (*word).clone()));
        println!("  lost most often: {:?}", lost.iter().take(12).collect::<Vec<_>>());
        assert!(figures.useful > 1000 && share >= *least, "{strictness:?}: {share}");
    }
}

fn count(data_set: &DataSet, figures: &mut [Figures; 3]) {
    let evidence = evidence(data_set);
    let own: HashSet<String> = evidence.identifiers().spellings().map(|spelling| fold(spelling.text)).collect();
    let declared = data_set.first(tags::SPECIFIC_CHARACTER_SET).and_then(|id| data_set.value(id));
    let sets = declared.map_or_else(CharacterSets::default_repertoire, CharacterSets::parse);
    let strict = Cleaner::new(evidence.identifiers(), Strictness::Strict);
    for (index, node) in data_set.nodes().iter().enumerate() {
        let text = matches!(node.vr, Vr::LO | Vr::SH | Vr::ST | Vr::LT | Vr::UT);
        let cleaned = tokumei_standard::row(node.tag).and_then(|row| row.clean_descriptors) == Some(ActionCode::C);
        let value = data_set.value(NodeId(index as u32)).filter(|_| node.kind == NodeKind::Value && text && cleaned);
        let Some(text) = value.map(|bytes| sets.decode(bytes, node.vr).text) else { continue };
        let text = text.trim();
        let useful = useful(text, &own);
        for ((strictness, _), figures) in SETTINGS.iter().zip(figures.iter_mut()) {
            let left = strict.with(*strictness).clean(text, node.vr);
            figures.values += 1;
            figures.untouched += u64::from(!left.changed);
            let mut there = useful_counts(&self::useful(&left.text, &own));
            for word in &useful {
                figures.useful += 1;
                match there.get_mut(word).filter(|count| **count > 0) {
                    Some(count) => {
                        *count -= 1;
                        figures.kept += 1;
                    }
                    None => *figures.lost.entry(word.clone()).or_default() += 1,
                }
            }
        }
    }
}

fn useful_counts(words: &[String]) -> HashMap<String, u64> {
    words.iter().fold(HashMap::new(), |mut counts, word| {
        *counts.entry(word.clone()).or_default() += 1;
        counts
    })
}

/// Returns the useful words of a text in their order, folded.
fn useful(text: &str, own: &HashSet<String>) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = None;
    for character in text.chars() {
        let script = if character.is_alphabetic() { Some(character.is_ascii()) } else { None };
        if script != before {
            words.push(String::new());
        }
        if script.is_some() {
            words.last_mut().unwrap().push(character);
        }
        before = script;
    }
    let words = words.into_iter().filter(|word| word.chars().count() >= 2).map(|word| fold(&word));
    let is_label = |word: &String| LABELS.contains(&word.as_str());
    words.filter(|word| vocabulary::lookup(word).is_some() && !own.contains(word) && !is_label(word)).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}
