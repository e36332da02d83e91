//! The spellings of what identifies a person, and how far each may be searched for.

use crate::kind::Kind;
use crate::normal::fold;
use crate::spelling::strength::{Strength, strength};
use crate::spelling::{date, name, number};
use crate::vocabulary;
use std::collections::BTreeMap;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

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

impl Spelling<'_> {
    /// Tells whether the spelling is itself a word of the vocabulary, as `Hand` is: a hit in a code string is then no
    /// sign of a leak.
    pub fn is_common_word(&self) -> bool {
        vocabulary::lookup(self.text).is_some()
    }
}

/// Everything that identifies the person, the staff and the institution of one instance, in all its spellings.
///
/// The same additions give the same spellings in any order.
///
/// ```
/// use tokumei_text::Identifiers;
/// let mut identifiers = Identifiers::new();
/// identifiers.add_person_name("Yamada^Tarou=山田^太郎=やまだ^たろう");
/// assert!(identifiers.spellings().any(|spelling| spelling.text == "ﾔﾏﾀﾞ ﾀﾛｳ"));
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Identifiers {
    spellings: BTreeMap<String, (Strength, Kind)>,
    bytes: usize,
}

impl fmt::Debug for Identifiers {
    /// Prints the count only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identifiers").field("spellings", &self.spellings.len()).finish()
    }
}

/// Values that stand for nobody.
const PLACEHOLDERS: &[&str] = &[
    "none",
    "unknown",
    "anonymous",
    "anonymized",
    "anonymised",
    "anonymouspatient",
    "anonymizedpatient",
    "noname",
    "null",
    "na",
    "nil",
    "removed",
    "deleted",
    "deidentified",
    "patient",
    "name",
    "test",
    "dummy",
    "unspecified",
    "notspecified",
    "other",
    "unnamed",
    "xxx",
    "xxxx",
    "xxxxx",
    "xxxxxx",
    "noid",
    "noinfo",
    "default",
    "anon",
    "匿名",
    "不明",
    "なし",
    "ナシ",
];

/// Tells whether a value is a word that systems write where there is none: `UNKNOWN`, 不明, or nothing but zeros.
pub fn names_nobody(value: &str) -> bool {
    let folded = fold(value);
    PLACEHOLDERS.contains(&folded.as_str()) || folded.chars().all(|character| character == '0')
}

/// Bytes that a spelling costs beside its text.
const OVERHEAD: usize = 48;

/// Longer values are no identifiers but text; their beginning is enough.
const LONGEST: usize = 1024;

impl Identifiers {
    /// Returns the empty collection.
    pub fn new() -> Identifiers {
        Identifiers::default()
    }

    /// Adds a decoded value of PN, with its groups, or a name in any other form.
    pub fn add_person_name(&mut self, name: &str) {
        self.add_text(Kind::PersonName, name);
    }

    /// Adds the name of a physician or another member of staff, in the form of PN or any other.
    pub fn add_staff_name(&mut self, name: &str) {
        self.add_text(Kind::Staff, name);
    }

    /// Adds a patient ID, accession number or the like.
    pub fn add_id(&mut self, id: &str) {
        self.add_text(Kind::Id, id);
    }

    /// Adds the date of birth in every form; an impossible date is ignored.
    pub fn add_birth_date(&mut self, year: u16, month: u8, day: u8) {
        self.insert_all(date::forms(year, month, day), Kind::BirthDate);
    }

    /// Adds another date in every form; an impossible date is ignored.
    pub fn add_date(&mut self, year: u16, month: u8, day: u8) {
        self.insert_all(date::forms(year, month, day), Kind::Date);
    }

    /// Adds text of one kind, in the spellings that the kind has; a backslash separates values.
    ///
    /// Dates are to be eight digits, `YYYYMMDD`.
    pub fn add_text(&mut self, kind: Kind, text: &str) {
        for value in text.split('\\').take(64) {
            let value: String = value.chars().filter(|c| *c != char::REPLACEMENT_CHARACTER).take(LONGEST).collect();
            let value = value.trim_matches(|c: char| c.is_whitespace() || c.is_control());
            if !value.is_empty() && !PLACEHOLDERS.contains(&fold(value).as_str()) {
                self.add_value(kind, value);
            }
        }
    }

    fn add_value(&mut self, kind: Kind, value: &str) {
        match kind {
            Kind::Address | Kind::Institution if vocabulary::names_no_place(value) => {}
            Kind::PersonName | Kind::Staff => self.insert_all(name::person(value), kind),
            Kind::Id | Kind::MyNumber | Kind::InsurerNumber | Kind::PensionNumber | Kind::DriversLicence => {
                self.insert_all(number::id(value), kind);
            }
            Kind::Phone => self.insert_all(number::phone(value), kind),
            Kind::Address => self.insert_all(name::address(value), kind),
            Kind::Institution => self.insert_all(name::institution(value), kind),
            Kind::Email | Kind::Url => {
                let parts = value.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() >= 5);
                self.insert_all(parts.filter(|part| !is_network_word(part)).chain([value]).map(str::to_owned), kind);
            }
            Kind::BirthDate | Kind::Date => self.add_date_text(kind, value),
            _ => self.insert(value, kind),
        }
    }

    fn add_date_text(&mut self, kind: Kind, value: &str) {
        let digits: String = value.nfkc().filter(char::is_ascii_digit).take(8).collect();
        if let (8, Ok(number)) = (digits.len(), digits.parse::<u32>()) {
            let part = |by: u32, modulus: u32| number / by % modulus;
            let (year, month, day) = (part(10_000, 10_000), part(100, 100), part(1, 100));
            self.insert_all(date::forms(year as u16, month as u8, day as u8), kind);
        }
        if kind == Kind::BirthDate {
            self.insert(value, kind);
        }
    }

    /// Adds everything of `other`.
    pub fn merge(&mut self, other: &Identifiers) {
        for (text, &(strength, kind)) in &other.spellings {
            self.put(text.clone(), strength, kind);
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

    /// Returns about how many bytes the spellings need, with the table that holds them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the spellings, sorted by their text.
    pub fn spellings(&self) -> impl Iterator<Item = Spelling<'_>> {
        self.spellings.iter().map(|(text, &(strength, kind))| Spelling { text, kind, strength })
    }

    fn insert_all(&mut self, texts: impl IntoIterator<Item = String>, kind: Kind) {
        texts.into_iter().for_each(|text| self.insert(&text, kind));
    }

    fn insert(&mut self, text: &str, kind: Kind) {
        if let Some(strength) = strength(&fold(text)) {
            self.put(text.to_owned(), strength, kind);
        }
    }

    /// Of two kinds for one spelling the first in order stays, so that the order of additions does not matter.
    fn put(&mut self, text: String, strength: Strength, kind: Kind) {
        let length = text.len();
        let entry = self.spellings.entry(text).or_insert_with(|| {
            self.bytes += length + OVERHEAD;
            (strength, kind)
        });
        *entry = (entry.0.max(strength), entry.1.min(kind));
    }
}

fn is_network_word(part: &str) -> bool {
    matches!(
        part.to_ascii_lowercase().as_str(),
        "https" | "example" | "gmail" | "yahoo" | "hotmail" | "outlook" | "icloud"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength_in(identifiers: &Identifiers, text: &str) -> Option<Strength> {
        identifiers.spellings().find(|spelling| spelling.text == text).map(|spelling| spelling.strength)
    }

    #[test]
    fn common_and_short_names_are_weak() {
        let mut identifiers = Identifiers::new();
        for name in ["Hand^Rosalinda", "Lee^Xi", "Stern^Octavia", "森^鷗外", "山田^太郎"] {
            identifiers.add_person_name(name);
        }
        for (text, strength) in [
            ("Hand", Strength::Weak),
            ("Lee", Strength::Weak),
            ("Stern", Strength::Weak),
            ("Rosalinda", Strength::Strong),
            ("Lee Xi", Strength::Strong),
            ("山田", Strength::Strong),
            ("森鷗外", Strength::Strong),
        ] {
            assert_eq!(strength_in(&identifiers, text), Some(strength), "{text}");
        }
    }

    #[test]
    fn short_numbers_are_not_searched_and_six_digits_only_as_a_word() {
        let mut identifiers = Identifiers::new();
        ["12", "123456", "1234567"].iter().for_each(|id| identifiers.add_id(id));
        assert_eq!(strength_in(&identifiers, "12"), None);
        assert_eq!(strength_in(&identifiers, "123456"), Some(Strength::Weak));
        assert_eq!(strength_in(&identifiers, "1234567"), Some(Strength::Strong));
    }

    #[test]
    fn order_does_not_matter_and_merging_adds() {
        let (mut a, mut b) = (Identifiers::new(), Identifiers::new());
        a.add_person_name("Brzezicka^Wilhelmina");
        a.add_staff_name("Brzezicka^Wilhelmina");
        b.add_staff_name("Brzezicka^Wilhelmina");
        b.add_person_name("Brzezicka^Wilhelmina");
        assert!(a == b && !a.is_empty());
        let mut merged = Identifiers::new();
        merged.merge(&a);
        assert!(merged == a);
    }

    #[test]
    fn placeholders_identify_nobody() {
        let mut identifiers = Identifiers::new();
        for text in ["ANONYMOUS", "N/A", "unknown", "", "^^^^", "  "] {
            identifiers.add_person_name(text);
        }
        assert!(identifiers.is_empty());
    }

    #[test]
    fn debug_shows_no_spelling() {
        let mut identifiers = Identifiers::new();
        identifiers.add_person_name("Gizmo^Zed");
        assert!(!format!("{identifiers:?}").contains("Giz"));
    }

    #[test]
    fn a_date_of_birth_given_as_text_has_all_forms() {
        let mut identifiers = Identifiers::new();
        identifiers.add_text(Kind::BirthDate, "19580210");
        assert!(identifiers.spellings().any(|s| s.text == "昭和33年2月10日"));
    }

    #[test]
    fn an_institution_of_one_plain_word_identifies_nobody() {
        let mut identifiers = Identifiers::new();
        identifiers.add_text(Kind::Institution, "Here");
        assert!(identifiers.is_empty());
        identifiers.add_text(Kind::Institution, "Shirakawa");
        assert!(!identifiers.is_empty());
    }
}
