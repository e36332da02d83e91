//! U: a new UID, the same wherever the old one occurs.

use tokumei_pseudonym::{Pseudonyms, is_well_known_uid};

/// Returns the value with every UID in it replaced; UIDs of the standard itself stay.
///
/// Empty values of a multi-valued element stay empty. A value that is no legal UID is replaced all the same: it may
/// hold anything.
pub fn mapped(value: &[u8], pseudonyms: &Pseudonyms) -> Vec<u8> {
    let text = String::from_utf8_lossy(value);
    let each = text.split('\\').map(|part| {
        let part = part.trim_matches([' ', '\0']);
        if part.is_empty() || (is_well_known_uid(part) && is_legal(part)) {
            part.to_owned()
        } else {
            pseudonyms.uid(part)
        }
    });
    each.collect::<Vec<_>>().join("\\").into_bytes()
}

/// Tells whether a text is a legal UID (PS3.5 2026d, 9.1).
pub fn is_legal(text: &str) -> bool {
    text.len() <= 64
        && !text.is_empty()
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}
