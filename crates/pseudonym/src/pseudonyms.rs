//! What replaces an original: one function a kind of identifier.

use crate::digest::KeyedDigest;
use crate::key::{KeyId, ProjectKey};
use crate::letters;
use crate::mac::SubKey;
use std::ops::RangeInclusive;
use tokumei_core::hex;

/// What a profile decides about pseudonyms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How many whole days into the past the dates of a patient may move.
    pub shift_days: RangeInclusive<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { shift_days: 30..=3650 }
    }
}

/// The sub-keys of a project key, ready for use by any number of threads.
pub struct Pseudonyms {
    key_id: KeyId,
    settings: Settings,
    patient: SubKey,
    uid: SubKey,
    date: SubKey,
    accession: SubKey,
    audit: SubKey,
    shard: SubKey,
    blinded: SubKey,
}

impl Pseudonyms {
    /// Derives the sub-keys. The project key itself is not kept.
    pub fn new(key: &ProjectKey, settings: Settings) -> Self {
        Pseudonyms {
            key_id: key.id(),
            settings,
            patient: key.sub_key("patient"),
            uid: key.sub_key("uid"),
            date: key.sub_key("date"),
            accession: key.sub_key("accession"),
            audit: key.sub_key("audit"),
            shard: key.sub_key("shard"),
            blinded: key.sub_key("blinded-person"),
        }
    }

    /// Returns the id of the key behind these pseudonyms.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Returns the patient with this canonical ID in a namespace; see [`canonical::Rule`](crate::canonical::Rule).
    pub fn patient(&self, namespace: &str, canonical_id: &str) -> Patient {
        self.person(&[&plain(namespace), canonical_id])
    }

    /// Returns the patient that a study without a Patient ID is taken for: each such study its own.
    pub fn study_as_patient(&self, namespace: &str, study_uid: &str) -> Patient {
        // A namespace has no control characters, so the first one tells this kind of patient from the other.
        self.person(&[&format!("{}\u{1E}", plain(namespace)), trim_uid(study_uid)])
    }

    /// Returns the blinded identifier of a patient, for trees over people: it has nothing in common with the pseudonym, so
    /// that whoever holds one cannot find the other.
    pub fn blinded_patient(&self, namespace: &str, canonical_id: &str) -> [u8; 32] {
        self.blinded.digest(&[&plain(namespace), canonical_id])
    }

    /// Returns the blinded identifier of the patient that a study without a Patient ID is taken for.
    pub fn blinded_study_as_patient(&self, namespace: &str, study_uid: &str) -> [u8; 32] {
        self.blinded.digest(&[&format!("{}\u{1E}", plain(namespace)), trim_uid(study_uid)])
    }

    fn person(&self, parts: &[&str]) -> Patient {
        let pseudonym = letters::encode(&self.patient.digest(parts));
        let (first, last) = (u64::from(*self.settings.shift_days.start()), u64::from(*self.settings.shift_days.end()));
        let span = last.saturating_sub(first) + 1;
        let days = first + number(&self.date.digest(parts)) % span;
        Patient { pseudonym, shift_days: -i64::try_from(days).expect("a sum of two u32 fits") }
    }

    /// Returns the UID that replaces `original` wherever it occurs: `2.25.` and the decimal form of a UUID.
    ///
    /// Padding at either end is not part of a UID. A UID of the standard itself stays (see
    /// [`is_well_known_uid`]), and so does an empty one. Eight digits of the new UID never read as a date of the
    /// twentieth or twenty-first century, which a search for birth dates would take for one.
    ///
    /// # Standard
    /// PS3.5 2026d, B.2; RFC 9562 section 5.8 (UUID version 8).
    pub fn uid(&self, original: &str) -> String {
        let original = trim_uid(original);
        if original.is_empty() || is_well_known_uid(original) {
            return original.to_owned();
        }
        let draw = |turn: u32| match turn {
            0 => self.uid.digest(&[original]),
            _ => self.uid.digest(&[original, &turn.to_string()]),
        };
        let mut drawn = (0..).map(|turn| uuid(&draw(turn)).to_string());
        let digits = drawn.find(|digits| !holds_date(digits)).expect("an endless row ends only when one is found");
        format!("2.25.{digits}")
    }

    /// Returns the identifier of 16 characters that replaces `value`; empty when `value` is.
    ///
    /// The same value of the same kind in the same namespace gives the same identifier, whosever study it is.
    pub fn short_id(&self, kind: IdKind, namespace: &str, value: &str) -> String {
        let value = value.trim_matches([' ', '\0']);
        if value.is_empty() {
            return String::new();
        }
        letters::encode(&self.accession.digest(&[kind.label(), &plain(namespace), value]))
    }

    /// Returns the digest of `bytes` for a purpose, which only the key holder can recompute.
    pub fn keyed_digest(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        let mut digest = self.keyed_digest_stream(purpose);
        digest.update(bytes);
        digest.finish()
    }

    /// Starts a digest like [`keyed_digest`](Self::keyed_digest), fed piece by piece.
    pub fn keyed_digest_stream(&self, purpose: &str) -> KeyedDigest {
        KeyedDigest::new(&self.audit, purpose)
    }

    /// Returns 16 hexadecimal digits for a word that may hold a name, such as an unknown private creator.
    pub fn blind(&self, word: &str) -> String {
        let digest = self.keyed_digest("word", word.as_bytes());
        hex(&digest[..8])
    }

    /// Returns which of `count` shares a study belongs to, from 0; 0 when `count` is 0 or 1.
    pub fn shard(&self, study_uid: &str, count: u32) -> u32 {
        let share = number(&self.shard.digest(&[trim_uid(study_uid)])) % u64::from(count.max(1));
        u32::try_from(share).expect("a remainder of a u32 is one")
    }
}

/// One patient as the release knows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Patient {
    pseudonym: String,
    shift_days: i64,
}

impl Patient {
    /// Returns the pseudonym: 16 characters of 0–9 and the consonants B–Z, so that it spells no name.
    pub fn pseudonym(&self) -> &str {
        &self.pseudonym
    }

    /// Returns the days to add to every date of this patient; never above zero.
    pub fn shift_days(&self) -> i64 {
        self.shift_days
    }
}

/// What a short identifier names; the same text in two kinds gives two identifiers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IdKind {
    /// Accession Number (0008,0050).
    Accession,
    /// Study ID (0020,0010).
    StudyId,
    /// Placer and filler order numbers, requested and scheduled procedure IDs.
    Order,
    /// Performed procedure step and other workflow IDs.
    Procedure,
    /// Admission and service episode IDs.
    Admission,
    /// Device serial numbers, station names and the like.
    Device,
    /// Specimen and container identifiers.
    Specimen,
    /// A person other than the patient.
    Person,
    /// Anything else.
    Other,
}

impl IdKind {
    const fn label(self) -> &'static str {
        match self {
            IdKind::Accession => "accession",
            IdKind::StudyId => "study-id",
            IdKind::Order => "order",
            IdKind::Procedure => "procedure",
            IdKind::Admission => "admission",
            IdKind::Device => "device",
            IdKind::Specimen => "specimen",
            IdKind::Person => "person",
            IdKind::Other => "other",
        }
    }
}

/// Tells whether a UID is one that the standard registers: SOP classes, transfer syntaxes, frames of reference.
///
/// Lying under the root of the standard is not enough: anybody's UID that was made under it by mistake names an
/// instance, and may hold an identifier.
///
/// # Standard
/// PS3.6 2026d, Annex A.
pub fn is_well_known_uid(uid: &str) -> bool {
    tokumei_core::dictionary::is_registered_uid(trim_uid(uid))
}

fn trim_uid(uid: &str) -> &str {
    uid.trim_matches([' ', '\0'])
}

/// Returns a namespace without control characters, so that the separator has one meaning.
fn plain(namespace: &str) -> String {
    namespace.chars().filter(|letter| !letter.is_control()).collect()
}

/// Returns the first eight bytes as a number. Its remainder by 2^32 or less is as good as evenly spread.
fn number(digest: &[u8; 32]) -> u64 {
    let (first, _) = digest.split_first_chunk().expect("32 bytes hold 8");
    u64::from_be_bytes(*first)
}

/// Returns the UUID of version 8 that a digest begins with.
fn uuid(digest: &[u8; 32]) -> u128 {
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&digest[..16]);
    uuid[6] = uuid[6] & 0x0F | 0x80;
    uuid[8] = uuid[8] & 0x3F | 0x80;
    u128::from_be_bytes(uuid)
}

/// Tells whether any eight digits in a row read as a date `YYYYMMDD` of the years 1900 to 2099.
fn holds_date(digits: &str) -> bool {
    digits.as_bytes().windows(8).any(|date| {
        let two = |at: usize| (date[at] - b'0') * 10 + date[at + 1] - b'0';
        matches!(two(0), 19 | 20) && (1..=12).contains(&two(4)) && (1..=31).contains(&two(6))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Expected values: RFC 2104 and RFC 5869 by Python's hmac and hashlib, with the key 00 01 … 1F.
    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(&ProjectKey::from_bytes(std::array::from_fn(|at| at as u8)), Settings::default())
    }

    #[test]
    fn another_implementation_gives_the_same_pseudonyms() {
        let pseudonyms = pseudonyms();
        assert_eq!(pseudonyms.key_id().to_string(), "0d568402fc9f06e0");
        assert_eq!(pseudonyms.patient("site", "0012345").pseudonym(), "3G5JCT6BVZYQGR6Q");
        assert_eq!(pseudonyms.patient("site", "0012345").shift_days(), -2152);
        assert_eq!(pseudonyms.study_as_patient("site", "1.2.3").pseudonym(), "0MWLW4RS5C34RRPD");
        assert_eq!(pseudonyms.uid("1.2.392.200036.9116.1"), "2.25.82966571736156337216122839971648339282");
        // The first digest of this one holds eight digits that read as a date.
        assert_eq!(pseudonyms.uid("1.2.29"), "2.25.242760937047912835513228973081041801627");
        assert_eq!(pseudonyms.short_id(IdKind::Accession, "site", "A1 "), "NM9RR78L0ZTZYMC3");
        assert_eq!(pseudonyms.blind("ACME"), "92561364e9659c19");
        assert_eq!(pseudonyms.shard("1.2.3", 7), 5);
        let digest: String = pseudonyms.keyed_digest("input", b"abc").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest, "a9758a31a04fa59d8136e83ae6eea996ab4f75e5317700e231ff928f87364ade");
    }

    #[test]
    fn a_date_is_found_wherever_it_stands() {
        for date in ["19000101", "20991231", "7719360513", "2024022977"] {
            assert!(holds_date(date), "{date}");
        }
        for none in ["1936051", "18991231", "21000101", "19361301", "19360532", "19360500", "19360013", ""] {
            assert!(!holds_date(none), "{none}");
        }
    }

    #[test]
    fn a_uid_of_the_standard_and_an_empty_one_stay() {
        assert_eq!(pseudonyms().uid("1.2.840.10008.5.1.4.1.1.2\0"), "1.2.840.10008.5.1.4.1.1.2");
        assert_eq!(pseudonyms().uid(" "), "");
        for own in ["1.2.840.100081.1", "1.2.840.10008.5.1.4.1.1.2.1234", "1.2.840.10008.1958.2.10"] {
            assert_ne!(pseudonyms().uid(own), own);
        }
    }

    #[test]
    fn padding_makes_no_other_uid() {
        assert_eq!(pseudonyms().uid("1.2.3\0"), pseudonyms().uid("1.2.3"));
        assert_eq!(pseudonyms().uid(" 1.2.3 "), pseudonyms().uid("1.2.3"));
    }

    #[test]
    fn the_same_number_in_two_hospitals_is_two_patients() {
        assert_ne!(pseudonyms().patient("a", "1"), pseudonyms().patient("b", "1"));
    }

    #[test]
    fn a_separator_in_the_data_merges_no_strangers() {
        assert_ne!(pseudonyms().patient("a\u{1F}b", "c"), pseudonyms().patient("a", "b\u{1F}c"));
        assert_ne!(pseudonyms().study_as_patient("a", "1.2"), pseudonyms().patient("a", "\u{1E}1.2"));
        assert_ne!(pseudonyms().study_as_patient("a", "1.2"), pseudonyms().patient("a", "1.2"));
    }

    #[test]
    fn the_shift_keeps_within_the_settings() {
        let settings = Settings { shift_days: 365..=367 };
        let pseudonyms = Pseudonyms::new(&ProjectKey::from_bytes([3; 32]), settings);
        let mut seen: Vec<i64> = (0..100).map(|id| pseudonyms.patient("s", &id.to_string()).shift_days()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [-367, -366, -365]);
    }

    #[test]
    fn a_digest_fed_in_pieces_is_the_same() {
        let mut stream = pseudonyms().keyed_digest_stream("input");
        stream.update(b"a");
        stream.update(b"bc");
        assert_eq!(stream.finish(), pseudonyms().keyed_digest("input", b"abc"));
    }

    proptest! {
        #[test]
        fn a_new_uid_is_legal_and_short(original in "[0-9]{1,5}(\\.[0-9]{1,9}){1,6}") {
            let uid = pseudonyms().uid(&original);
            prop_assert!(uid.len() <= 44);
            let number: u128 = uid.strip_prefix("2.25.").unwrap().parse().unwrap();
            prop_assert_eq!(number >> 76 & 0xF, 8);
            prop_assert_eq!(number >> 62 & 0b11, 0b10);
            prop_assert!(!holds_date(&number.to_string()));
        }

        #[test]
        fn an_identifier_fits_sh_and_is_upper_case(value in "\\PC{1,30}") {
            let id = pseudonyms().short_id(IdKind::Other, "site", &value);
            prop_assert!(id.len() <= 16);
            prop_assert!(id.bytes().all(|b| b.is_ascii_uppercase() && !b"AEIOU".contains(&b) || b.is_ascii_digit()));
        }
    }
}
