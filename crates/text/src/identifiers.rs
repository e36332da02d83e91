//! The spellings of what identifies a person.

use crate::kind::Kind;
use std::collections::BTreeMap;
use std::fmt;

/// How far a spelling may be searched for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strength {
    /// Rare enough by itself: only as a whole word.
    Weak,
    /// Everywhere, also inside a word or in raw bytes.
    Strong,
}

/// One spelling of an identifier.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Spelling<'a> {
    /// The characters to search for.
    pub text: &'a str,
    /// What it stands for.
    pub kind: Kind,
    /// Where it may be searched for.
    pub strength: Strength,
}

/// Everything that identifies the person, the staff and the institution of one instance, in all its spellings.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Identifiers {
    spellings: BTreeMap<String, (Strength, Kind)>,
}

impl fmt::Debug for Identifiers {
    /// Prints the count only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identifiers").field("spellings", &self.spellings.len()).finish()
    }
}

impl Identifiers {
    /// Returns the empty collection.
    pub fn new() -> Identifiers {
        Identifiers::default()
    }

    /// Adds a decoded value of PN, with its groups, or a name in any other form.
    pub fn add_person_name(&mut self, name: &str) {
        self.insert(name.trim(), Kind::PersonName);
    }

    /// Adds the name of a physician or another member of staff, in the form of PN or any other.
    pub fn add_staff_name(&mut self, name: &str) {
        self.insert(name.trim(), Kind::Staff);
    }

    /// Adds a patient ID, accession number or the like.
    pub fn add_id(&mut self, id: &str) {
        self.insert(id.trim(), Kind::Id);
    }

    /// Adds the date of birth in every form; an impossible date is ignored.
    pub fn add_birth_date(&mut self, year: u16, month: u8, day: u8) {
        self.insert(&format!("{year:04}{month:02}{day:02}"), Kind::BirthDate);
    }

    /// Adds another date in every form; an impossible date is ignored.
    pub fn add_date(&mut self, year: u16, month: u8, day: u8) {
        self.insert(&format!("{year:04}{month:02}{day:02}"), Kind::Date);
    }

    /// Adds other text: an address, a phone number, an institution and so on.
    pub fn add_text(&mut self, kind: Kind, text: &str) {
        self.insert(text.trim(), kind);
    }

    /// Adds everything of `other`.
    pub fn merge(&mut self, other: &Identifiers) {
        for (text, &(strength, kind)) in &other.spellings {
            self.spellings
                .entry(text.clone())
                .and_modify(|old| *old = (*old).max((strength, kind)))
                .or_insert((strength, kind));
        }
    }

    /// Tells whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.spellings.is_empty()
    }

    /// Returns how many spellings there are.
    pub fn len(&self) -> usize {
        self.spellings.len()
    }

    /// Returns the spellings, sorted by their text.
    pub fn spellings(&self) -> impl Iterator<Item = Spelling<'_>> {
        self.spellings.iter().map(|(text, &(strength, kind))| Spelling { text, kind, strength })
    }

    fn insert(&mut self, text: &str, kind: Kind) {
        if text.chars().count() >= 3 {
            self.spellings.insert(text.to_owned(), (Strength::Strong, kind));
        }
    }
}
