//! Reads the few header values that risk is judged by.

use tokumei_core::{Tag, Vr, tags};
use tokumei_text::CharacterSets;
use tokumei_wire::DataSet;

/// Returns the values of a top-level element of the default repertoire, trimmed and in capitals, empty ones left out.
pub(crate) fn values(data_set: &DataSet, tag: Tag) -> Vec<String> {
    let bytes = data_set.first(tag).and_then(|id| data_set.value(id)).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    text.split('\\')
        .map(|value| value.trim_matches([' ', '\0']).to_uppercase())
        .filter(|value| !value.is_empty())
        .collect()
}

/// Tells whether a top-level text holds one of the words, or one of the Japanese ones anywhere.
pub(crate) fn contains_word(data_set: &DataSet, tag: Tag, words: &[&str], japanese: &[&str]) -> bool {
    let Some(bytes) = data_set.first(tag).and_then(|id| data_set.value(id)) else { return false };
    let declared = data_set.first(tags::SPECIFIC_CHARACTER_SET).and_then(|id| data_set.value(id));
    let sets = declared.map_or_else(CharacterSets::default_repertoire, CharacterSets::parse);
    let text = sets.decode(bytes, Vr::LO).text.to_lowercase();
    let mut parts = text.split(|c: char| !c.is_alphabetic());
    parts.any(|part| words.contains(&part)) || japanese.iter().any(|word| text.contains(word))
}
