//! Folds and sorts the words of `data/` once, instead of at the start of every run.
//!
//! `words.txt` holds the folded words one behind the other, `words.bin` says where each of them stands, in ascending order, and
//! `suffixes.bin` where each of their ends does. An entry is a little-endian number: place, length in eight bits, and one bit
//! for words that are also borne as names.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

#[allow(dead_code)] // The build needs one function of it.
#[path = "src/normal.rs"]
mod normal;

const PLAIN: [&str; 4] = ["imaging-en.txt", "code-meanings-en.txt", "devices-en.txt", "imaging-ja.txt"];
const AMBIGUOUS: [&str; 2] = ["ambiguous-en.txt", "ambiguous-ja.txt"];

fn main() {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/normal.rs");
    let mut words = BTreeMap::new();
    // A word of both kinds is ambiguous.
    PLAIN.iter().for_each(|list| add(list, false, &mut words));
    AMBIGUOUS.iter().for_each(|list| add(list, true, &mut words));
    let (mut text, mut entries, mut ends) = (String::new(), Vec::new(), BTreeMap::new());
    for (word, ambiguous) in &words {
        let start = text.len();
        entries.extend(entry(start, word, *ambiguous));
        for (at, _) in word.char_indices() {
            ends.entry(&word[at..]).or_insert(start + at);
        }
        text.push_str(word);
    }
    let suffixes = ends.iter().flat_map(|(end, start)| entry(*start, end, false)).collect();
    write("words.txt", text.into_bytes());
    write("words.bin", entries);
    write("suffixes.bin", suffixes);
}

/// Adds the words of a list, one a line.
fn add(list: &str, ambiguous: bool, words: &mut BTreeMap<String, bool>) {
    let path = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("data").join(list);
    let text = fs::read_to_string(path).expect("the list is part of the crate");
    let folded = text.lines().filter(|line| !line.starts_with('#')).map(normal::fold);
    words.extend(folded.filter(|word| !word.is_empty()).map(|word| (word, ambiguous)));
}

fn entry(start: usize, word: &str, ambiguous: bool) -> [u8; 4] {
    assert!(word.len() < 1 << 8 && start < 1 << 23, "a word has less than 256 bytes, all words less than 8 MiB");
    ((start as u32) << 9 | (word.len() as u32) << 1 | u32::from(ambiguous)).to_le_bytes()
}

fn write(name: &str, bytes: Vec<u8>) {
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join(name), bytes).expect("the build folder is writable");
}
