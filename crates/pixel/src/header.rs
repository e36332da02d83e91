//! Reads the few header values that risk is judged by.

use tokumei_core::{Tag, Vr, tags};
use tokumei_text::CharacterSets;
use tokumei_wire::{DataSet, Encoding};

/// Returns the values of a top-level element of the default repertoire, trimmed and in capitals, empty ones left out.
pub(crate) fn values(data_set: &DataSet, tag: Tag) -> Vec<String> {
    let bytes = data_set.first(tag).and_then(|id| data_set.value(id)).unwrap_or_default();
    if bytes.is_ascii() {
        let values = bytes.split(|byte| *byte == b'\\').map(trimmed).filter(|value| !value.is_empty());
        return values.map(|value| String::from_utf8_lossy(value).to_ascii_uppercase()).collect();
    }
    let text = String::from_utf8_lossy(bytes);
    text.split('\\')
        .map(|value| value.trim_matches([' ', '\0']).to_uppercase())
        .filter(|value| !value.is_empty())
        .collect()
}

fn trimmed(value: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let start = value.iter().position(|byte| !is_padding(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    &value[start..end]
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

/// Returns the value of a top-level element and how it is encoded.
pub(crate) fn bytes(data_set: &DataSet, tag: Tag) -> Option<(&[u8], Encoding)> {
    let id = data_set.first(tag)?;
    Some((data_set.value(id)?, data_set.node(id).encoding))
}

/// Returns the first value of a top-level element of 16 bits (US, SS, OW) or 32 (UL, SL), without a sign.
pub(crate) fn integer(data_set: &DataSet, tag: Tag) -> Option<i64> {
    let (bytes, encoding) = bytes(data_set, tag)?;
    let long = matches!(data_set.node(data_set.first(tag)?).vr, Vr::UL | Vr::SL);
    let bytes = bytes.get(..if long { 4 } else { 2 })?;
    let value = |number: i64, byte: &u8| number << 8 | i64::from(*byte);
    Some(match encoding {
        Encoding::ExplicitBig => bytes.iter().fold(0, value),
        _ => bytes.iter().rev().fold(0, value),
    })
}
