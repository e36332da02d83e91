//! Replays the corpus of the fuzz target `plan`.

#![allow(clippy::unwrap_used)]

use std::path::Path;

#[test]
fn every_input_of_the_fuzz_corpus_is_planned_without_a_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/fuzz/plan");
    let mut inputs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    for input in inputs {
        tokumei_deid::replay::replay(&std::fs::read(&input).unwrap());
    }
}
