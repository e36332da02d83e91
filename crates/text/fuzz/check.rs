//! What must hold for any input of the fuzz target `decode`.

use std::sync::OnceLock;
use tokumei_core::Vr;
use tokumei_text::{CharacterSets, Cleaner, Identifiers, Strictness};

/// Checks one input: a declaration, a zero byte, a byte that chooses the value representation, and the value.
pub fn check(input: &[u8]) {
    let end = input.iter().position(|&b| b == 0).unwrap_or(input.len());
    let (declared, rest) = input.split_at(end);
    let chosen = rest.get(1).copied().unwrap_or(0);
    let value = rest.get(2..).unwrap_or_default();
    let vr = Vr::ALL[usize::from(chosen) % Vr::ALL.len()];
    let sets = CharacterSets::parse(declared);
    let decoded = sets.decode(value, vr);
    let ranges = sets.split(value, vr);
    assert_eq!(ranges.last().map(|last| last.end), Some(value.len()));
    assert!(ranges.windows(2).all(|pair| pair[0].end + 1 == pair[1].start && value[pair[0].end] == b'\\'));
    if let (true, Ok(bytes)) = (decoded.issues.is_empty(), sets.encode(&decoded.text, vr)) {
        assert!(sets.decode(&bytes, vr).text == decoded.text, "the value is not read back");
    }
    let first = decoded.text.split('\\').next().filter(|_| chosen >= OWN_NAME);
    let own = first.map(|name| Cleaner::new(&identifiers(name), Strictness::Strict));
    let prepared = own.as_ref().unwrap_or_else(|| known());
    for strictness in [Strictness::Strict, Strictness::Permissive, Strictness::Scrub] {
        let cleaner = prepared.with(strictness);
        let once = cleaner.clean(&decoded.text, vr);
        assert!(cleaner.clean(&once.text, vr).text == once.text, "a second cleaning changes something");
        assert!(!once.text.to_lowercase().contains("gizmoto"), "an identifier is left");
    }
}

/// From this choice on the value's beginning is itself somebody's name. Not always: spelling a name out takes a hundred
/// times as long as all else.
const OWN_NAME: u8 = 0xE0;

fn identifiers(name: &str) -> Identifiers {
    let mut identifiers = Identifiers::new();
    identifiers.add_person_name("Gizmoto^Zedric=幻沢^架子=げんざわ^かこ");
    identifiers.add_person_name(name);
    identifiers
}

fn known() -> &'static Cleaner {
    static KNOWN: OnceLock<Cleaner> = OnceLock::new();
    KNOWN.get_or_init(|| Cleaner::new(&identifiers(""), Strictness::Strict))
}
