//! U: a new UID, the same wherever the old one occurs.

use std::cell::RefCell;
use std::collections::VecDeque;
use tokumei_pseudonym::{KeyId, Pseudonyms, is_well_known_uid};

/// Values that a thread remembers, and the most bytes of one.
const REMEMBERED: usize = 16;
const LONGEST: usize = 64;

/// A value under a key, and what it becomes.
type Known = (KeyId, Vec<u8>, Vec<u8>);

thread_local! {
    /// Study, series and frame of reference are the same in instance after instance.
    static RECENT: RefCell<VecDeque<Known>> = const { RefCell::new(VecDeque::new()) };
}

/// Returns the value with every UID in it replaced; UIDs of the standard itself stay.
///
/// Empty values of a multi-valued element stay empty. A value that is no legal UID is replaced all the same: it may
/// hold anything.
pub fn mapped(value: &[u8], pseudonyms: &Pseudonyms) -> Vec<u8> {
    if value.len() > LONGEST {
        return map(value, pseudonyms);
    }
    let key = pseudonyms.key_id();
    RECENT.with_borrow_mut(|recent| {
        if let Some(at) = recent.iter().position(|(under, known, _)| *under == key && known == value) {
            recent.swap(0, at);
            return recent[0].2.clone();
        }
        let mapped = map(value, pseudonyms);
        recent.truncate(REMEMBERED - 1);
        recent.push_front((key, value.to_vec(), mapped.clone()));
        mapped
    })
}

fn map(value: &[u8], pseudonyms: &Pseudonyms) -> Vec<u8> {
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
