//! C of text: what is useful stays, what can identify goes.
//!
//! PS3.15 2026d, E.3.5.

use crate::value::trim_bytes;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use tokumei_core::Vr;
use tokumei_text::{CharacterSets, Cleaner, Identifiers, Issue, Kind, Strictness};

/// What cleaning made of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cleaned {
    /// Nothing had to go, and the bytes are what their character set says.
    Same,
    /// Bytes that no character set explains: nobody can tell what they say.
    Undecodable,
    /// These bytes are left, in the level's own character sets; empty when nothing is.
    Changed(Vec<u8>),
}

/// How much of a text may stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Care {
    /// Known words.
    Strict,
    /// Unknown words too, where they are of the default repertoire and legal: a kanji that no vocabulary has is a
    /// name more often than not.
    Permissive,
    /// Everything but identifiers and patterns of them.
    Scrub,
    /// Everything but what the data set itself says of people: for numbers and codes, whose digits form patterns.
    Identity,
}

impl Care {
    fn strictness(self, text: &str, legal: bool) -> Strictness {
        match self {
            Care::Strict => Strictness::Strict,
            Care::Permissive if legal && text.is_ascii() => Strictness::Permissive,
            Care::Permissive => Strictness::Strict,
            Care::Scrub | Care::Identity => Strictness::Scrub,
        }
    }

    /// Tells whether what was found is reason enough to change the value.
    fn minds(self, found: &[Kind]) -> bool {
        use Kind::{Address, BirthDate, Email, Id, Institution, Other, PersonName, Phone, Staff};
        self != Care::Identity
            || found.iter().any(|kind| {
                matches!(kind, Address | BirthDate | Email | Id | Institution | Other | PersonName | Phone | Staff)
            })
    }
}

/// The cleaners of one instance, made when first needed.
pub struct Cleaners {
    identifiers: Identifiers,
    strict: OnceCell<Cleaner>,
    permissive: OnceCell<Cleaner>,
    scrub: OnceCell<Cleaner>,
    known: RefCell<Known>,
}

/// What cleaning made of short texts: the slices of a series say the same again and again.
type Known = HashMap<(Strictness, Vr), HashMap<Box<str>, tokumei_text::Cleaned>>;

/// Most texts that are remembered for a strictness and a value representation.
const MOST_KNOWN: usize = 256;

/// Most bytes of a text that is remembered.
const LONGEST_KNOWN: usize = 256;

impl Cleaners {
    /// Returns the cleaners for an instance whose own identifiers are these.
    pub fn new(identifiers: Identifiers) -> Self {
        Cleaners {
            identifiers,
            strict: OnceCell::new(),
            permissive: OnceCell::new(),
            scrub: OnceCell::new(),
            known: RefCell::default(),
        }
    }

    /// Returns the identifiers that are searched for.
    pub fn identifiers(&self) -> &Identifiers {
        &self.identifiers
    }

    fn of(&self, strictness: Strictness) -> &Cleaner {
        let strict = self.strict.get_or_init(|| Cleaner::new(&self.identifiers, Strictness::Strict));
        match strictness {
            Strictness::Strict => strict,
            Strictness::Permissive => self.permissive.get_or_init(|| strict.with(strictness)),
            Strictness::Scrub => self.scrub.get_or_init(|| strict.with(strictness)),
        }
    }

    /// Cleans one text, or remembers what became of it.
    fn cleaned(&self, strictness: Strictness, text: &str, vr: Vr) -> tokumei_text::Cleaned {
        let mut known = self.known.borrow_mut();
        let texts = known.entry((strictness, vr)).or_default();
        if let Some(cleaned) = texts.get(text) {
            return cleaned.clone();
        }
        let cleaned = self.of(strictness).clean(text, vr);
        if text.len() <= LONGEST_KNOWN {
            if texts.len() >= MOST_KNOWN {
                texts.clear();
            }
            texts.insert(text.into(), cleaned.clone());
        }
        cleaned
    }

    /// Cleans every value of an element.
    ///
    /// A value that its declared character set cannot have written is decoded as well as can be, cleaned, and
    /// encoded again; what the set has no code for goes.
    pub fn clean(&self, bytes: &[u8], vr: Vr, sets: &CharacterSets, care: Care) -> Cleaned {
        let (mut same, mut values) = (true, Vec::new());
        for range in sets.split(bytes, vr) {
            let decoded = sets.decode(trim_bytes(&bytes[range]), vr);
            let text = decoded.text.trim_matches(' ');
            if text.is_empty() {
                values.push(String::new());
                continue;
            }
            if decoded.issues.contains(Issue::Undecodable) || decoded.issues.contains(Issue::IllegalEscape) {
                return Cleaned::Undecodable;
            }
            let legal = decoded.issues.is_empty();
            let cleaned = self.cleaned(care.strictness(text, legal), text, vr);
            let changed = cleaned.changed && care.minds(&cleaned.removed);
            same &= !changed && legal;
            values.push(if changed { cleaned.text } else { text.to_owned() });
        }
        if same { Cleaned::Same } else { Cleaned::Changed(encode(&values, vr, sets)) }
    }
}

fn encode(values: &[String], vr: Vr, sets: &CharacterSets) -> Vec<u8> {
    if values.iter().all(String::is_empty) {
        return Vec::new();
    }
    let joined = values.join("\\");
    sets.encode(&joined, vr).unwrap_or_else(|_| {
        let ascii: String = joined.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).collect();
        if ascii.trim_matches(['\\', ' ']).is_empty() { Vec::new() } else { ascii.into_bytes() }
    })
}
