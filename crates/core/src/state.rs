//! What became of a discovered file, and why.

use std::fmt;

/// The one state in which every discovered file ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// De-identified, guarded and in the release.
    Released,
    /// Left out by a rule: not DICOM, a DICOMDIR, a duplicate, consent or selection.
    Excluded,
    /// Held back for a human to decide.
    Quarantined,
    /// Unreadable, or an I/O error.
    Failed,
    /// The run was interrupted before it.
    Pending,
}

impl State {
    /// Every state, in the order of the counts.
    pub const ALL: [State; 5] = [State::Released, State::Excluded, State::Quarantined, State::Failed, State::Pending];

    /// Returns the word used in the index and the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Released => "released",
            State::Excluded => "excluded",
            State::Quarantined => "quarantined",
            State::Failed => "failed",
            State::Pending => "pending",
        }
    }

    /// Returns the state with this word.
    pub fn parse(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an instance is not released: an id that messages translate, and the place it speaks of.
///
/// The place is a tag path, an offset or a name of this program's own vocabulary, never a value of the original.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reason {
    /// Kebab-case id, for example `value-cut-off`; every id has an English and a Japanese text.
    pub id: &'static str,
    /// Tag path, offset, rule or option name; empty when there is nothing to add.
    pub place: String,
}

impl Reason {
    /// Returns a reason that needs no place.
    pub fn new(id: &'static str) -> Self {
        Reason { id, place: String::new() }
    }

    /// Returns a reason at a place.
    pub fn at(id: &'static str, place: impl fmt::Display) -> Self {
        Reason { id, place: place.to_string() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(self.id) } else { write!(f, "{} {}", self.id, self.place) }
    }
}
