//! Cleaning a text: what identifies goes, what is useful stays.

use crate::identifiers::Identifiers;
use crate::kind::Kind;
use std::fmt;
use tokumei_core::Vr;

/// What becomes of words that no evidence speaks for or against.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strictness {
    /// Removes each word that the vocabulary does not have.
    Strict,
    /// Keeps unknown words, except where their context says that they name somebody.
    Permissive,
    /// Removes harvested identifiers and unambiguous patterns only.
    Scrub,
}

/// A cleaned text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Cleaned {
    /// What is left; may be empty.
    pub text: String,
    /// Tells whether anything differs from the original.
    pub changed: bool,
    /// Why parts were removed: sorted, without repetition.
    pub removed: Vec<Kind>,
}

impl fmt::Debug for Cleaned {
    /// Prints no text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleaned").field("changed", &self.changed).field("removed", &self.removed).finish()
    }
}

/// Cleans the texts of one instance.
pub struct Cleaner {
    strictness: Strictness,
    spellings: Vec<(String, Kind)>,
}

impl fmt::Debug for Cleaner {
    /// Prints no spelling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleaner").field("strictness", &self.strictness).finish_non_exhaustive()
    }
}

impl Cleaner {
    /// Prepares the search for `identifiers`; cheap enough for once an instance, not for once a value.
    pub fn new(identifiers: &Identifiers, strictness: Strictness) -> Cleaner {
        let spellings = identifiers.spellings().map(|s| (s.text.to_owned(), s.kind)).collect();
        Cleaner { strictness, spellings }
    }

    /// Cleans one decoded text; in a value representation with multiplicity each value by itself.
    pub fn clean(&self, text: &str, vr: Vr) -> Cleaned {
        let _ = vr;
        let mut cleaned = Cleaned { text: text.to_owned(), ..Cleaned::default() };
        for (spelling, kind) in &self.spellings {
            if cleaned.text.contains(spelling.as_str()) {
                cleaned.text = cleaned.text.replace(spelling.as_str(), "").trim().to_owned();
                cleaned.removed.push(*kind);
            }
        }
        cleaned.removed.sort_unstable();
        cleaned.removed.dedup();
        cleaned.changed = cleaned.text != text;
        cleaned
    }
}
