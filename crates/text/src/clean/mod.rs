//! Cleaning a text: what identifies goes, what is useful stays.

mod cut;
mod harvest;
mod words;

use crate::detect;
use crate::identifiers::Identifiers;
use crate::kind::Kind;
use harvest::Harvest;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use tokumei_core::Vr;

/// What becomes of words that no evidence speaks for or against.
///
/// In each, harvested identifiers go first, then what the detectors find.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strictness {
    /// Removes each word that the vocabulary does not have, and words that are also names beside such a word.
    Strict,
    /// Keeps unknown words, except where they look like a name in an identifying context: beside a harvested name, a
    /// form of address or a label, or two capitalised unknown words in a row.
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

/// A part of a text that has to go.
#[derive(Clone, PartialEq, Eq)]
struct Removal {
    range: Range<usize>,
    kind: Kind,
}

/// Cleans the texts of one instance.
///
/// Cleaning a cleaned text changes nothing, and no harvested identifier is left that its strength allows to search for.
///
/// ```
/// use tokumei_core::Vr;
/// use tokumei_text::{Cleaner, Identifiers, Strictness};
/// let mut identifiers = Identifiers::new();
/// identifiers.add_person_name("Yamada^Tarou=山田^太郎");
/// let cleaner = Cleaner::new(&identifiers, Strictness::Strict);
/// assert_eq!(cleaner.clean("CHEST ROUTINE yamada 090-1234-5678", Vr::LO).text, "CHEST ROUTINE");
/// assert_eq!(cleaner.clean("頭部単純 山田太郎様 5mm", Vr::LO).text, "頭部単純 5mm");
/// assert!(!cleaner.clean("T2 FLAIR AXIAL 3mm", Vr::LO).changed);
/// ```
pub struct Cleaner {
    strictness: Strictness,
    harvest: Arc<Harvest>,
}

impl fmt::Debug for Cleaner {
    /// Prints no spelling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleaner").field("strictness", &self.strictness).finish_non_exhaustive()
    }
}

/// Removing a part may bring another together; after so many rounds the rest goes too.
const MOST_ROUNDS: usize = 8;

/// A longer value is no descriptor and goes as a whole.
const LONGEST: usize = 4 << 20;

impl Cleaner {
    /// Prepares the search for `identifiers`: once an instance, not once a value.
    pub fn new(identifiers: &Identifiers, strictness: Strictness) -> Cleaner {
        Cleaner { strictness, harvest: Arc::new(Harvest::new(identifiers)) }
    }

    /// Returns a cleaner of another strictness for the same identifiers, which need not be prepared again.
    pub fn with(&self, strictness: Strictness) -> Cleaner {
        Cleaner { strictness, harvest: Arc::clone(&self.harvest) }
    }

    /// Cleans one decoded text; in a value representation with multiplicity each value by itself.
    ///
    /// Removed parts vanish with the separators around them, so that nothing tells how long they were. Control
    /// characters go, but for line ends, tabs and form feeds where the value representation has them.
    pub fn clean(&self, text: &str, vr: Vr) -> Cleaned {
        let mut removed = Vec::new();
        let mut cleaned = if text.len() > LONGEST {
            removed.push(Kind::Other);
            String::new()
        } else if vr.is_multi_valued() {
            let values: Vec<String> = text.split('\\').map(|value| self.value(value, vr, &mut removed)).collect();
            values.join("\\")
        } else {
            self.value(text, vr, &mut removed)
        };
        if !removed.is_empty() && cleaned.chars().all(|c| c == '\\') {
            cleaned.clear();
        }
        removed.sort_unstable();
        removed.dedup();
        Cleaned { changed: cleaned != text, text: cleaned, removed }
    }

    fn value(&self, value: &str, vr: Vr, removed: &mut Vec<Kind>) -> String {
        let mut text = printable(value, vr, removed);
        for _ in 0..MOST_ROUNDS {
            let removals = self.removals(&text);
            if removals.is_empty() {
                return text;
            }
            removed.extend(removals.iter().map(|removal| removal.kind));
            text = cut::cut(&text, &removals);
        }
        String::new()
    }

    /// Returns what has to go, sorted by place.
    fn removals(&self, text: &str) -> Vec<Removal> {
        let mut removals = self.harvest.find(text);
        let certain_only = self.strictness == Strictness::Scrub;
        for finding in detect::find(text) {
            if finding.certain || !certain_only {
                removals.push(Removal { range: finding.range, kind: finding.kind });
            }
        }
        match self.strictness {
            Strictness::Strict => words::remove_unknown(text, &mut removals),
            Strictness::Permissive => words::remove_names(text, &mut removals),
            Strictness::Scrub => {}
        }
        removals.retain(|removal| !removal.range.is_empty());
        removals.sort_by_key(|removal| (removal.range.start, removal.range.end, removal.kind));
        removals
    }
}

/// Returns the text without control characters and parts that no character set could decode.
fn printable(value: &str, vr: Vr, removed: &mut Vec<Kind>) -> String {
    let breaks = matches!(vr, Vr::LT | Vr::ST | Vr::UT | Vr::UN);
    let control = |c: char| c.is_control() && !(breaks && matches!(c, '\t' | '\n' | '\r' | '\u{C}'));
    let invisible = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{AD}');
    if !value.chars().any(|c| control(c) || invisible(c) || c == char::REPLACEMENT_CHARACTER) {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        let kind = match character {
            char::REPLACEMENT_CHARACTER => Kind::Undecodable,
            c if control(c) || invisible(c) => Kind::Control,
            c => {
                text.push(c);
                continue;
            }
        };
        removed.push(kind);
        if !invisible(character) && !text.ends_with(' ') && !text.is_empty() {
            text.push(' ');
        }
    }
    text.trim_end_matches(' ').to_owned()
}

#[cfg(test)]
mod tests;
