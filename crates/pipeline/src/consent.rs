//! Consent: who may leave, for which purpose, over which dates.
//!
//! The gate stands in the index pass, so a person who is out is out before anything is written. It is not a record of
//! consent: that is the hospital's, and this reads an extract of it.

mod file;

use crate::sheet::{SheetError, folded};
use std::collections::HashMap;
use std::path::Path;
use tokumei_core::{Reason, State};
use tokumei_deid::Person;
use tokumei_profile::Profile;
use tokumei_pseudonym::date::Day;

/// What a data set is made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purpose(String);

impl Purpose {
    /// Returns the purpose of this name; `None` when the name is not 1 to 64 letters, digits, hyphens and underscores.
    ///
    /// 研究 is `research`, 製品 and 製品開発 are `product`.
    pub fn parse(name: &str) -> Option<Purpose> {
        let name = match name.trim() {
            "研究" => "research".to_owned(),
            "製品" | "製品開発" => "product".to_owned(),
            name => name.to_ascii_lowercase(),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        ((1..=64).contains(&name.len()) && name.bytes().all(plain)).then_some(Purpose(name))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether everybody is in who is not out. Only research may ask so; every other purpose needs consent.
    pub fn allows_opt_out(&self) -> bool {
        self.0 == "research"
    }
}

/// What becomes of people of whom the consent file says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// They are in.
    Allow,
    /// They are out.
    Exclude,
}

/// A consent file, read for a run.
#[derive(Debug)]
pub struct Consent {
    purpose: Purpose,
    unknown: Unknown,
    people: HashMap<(String, String), Vec<Statement>>,
    /// The namespaces of each ID.
    namespaces: HashMap<String, Vec<String>>,
    site: String,
    bytes: Vec<u8>,
}

/// What one row says of one person.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Statement {
    line: u64,
    state: ConsentState,
    from: Option<Day>,
    to: Option<Day>,
    /// `None` is every purpose.
    purposes: Option<Vec<Purpose>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ConsentState {
    Consented,
    OptedOut,
    NotNotified,
}

/// Why a consent file is refused. Lines are counted from 1; no cell is ever told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentError {
    /// It is not a table that can be read.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A row names no patient.
    #[error("line {line} names no patient")]
    NoPatient {
        /// The line.
        line: u64,
    },
    /// A row has a state that is none of the three.
    #[error("the state in line {line} is not known")]
    State {
        /// The line.
        line: u64,
    },
    /// A date is none, or the first comes after the last.
    #[error("the dates in line {line} are none")]
    Dates {
        /// The line.
        line: u64,
    },
    /// A purpose is no word, or a row that consents names none although there is a column for it.
    #[error("the purposes in line {line} are unclear")]
    Purposes {
        /// The line.
        line: u64,
    },
    /// Two rows say the same of one person.
    #[error("lines {first} and {second} say the same of one patient")]
    Duplicate {
        /// The first.
        first: u64,
        /// The second.
        second: u64,
    },
    /// Two rows say different things of one person for one purpose.
    #[error("lines {first} and {second} contradict each other")]
    Contradiction {
        /// The first.
        first: u64,
        /// The second.
        second: u64,
    },
    /// A purpose that needs consent cannot let in people of whom nothing is known.
    #[error("{purpose} needs the consent of each person")]
    UnknownAllowed {
        /// The purpose.
        purpose: String,
    },
}

/// What an instance says about when it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StudyDay {
    /// On this day.
    On(Day),
    /// Nothing, or nothing that is one day.
    Unclear,
}

impl Consent {
    /// Reads a consent file for a purpose. Patient IDs take the canonical form of the profile, and issuers count where the
    /// profile says so, as in the run.
    ///
    /// `unknown` is what becomes of people that the file does not name; by default they are in for research and out for
    /// every other purpose.
    ///
    /// # Errors
    /// [`ConsentError`], with the line of the first row that is wrong.
    pub fn load(
        path: &Path,
        profile: &Profile,
        site: &str,
        purpose: Purpose,
        unknown: Option<Unknown>,
    ) -> Result<Consent, ConsentError> {
        let (sheet, bytes) = crate::sheet::Sheet::load(path)?;
        let by_default = if purpose.allows_opt_out() { Unknown::Allow } else { Unknown::Exclude };
        let unknown = unknown.unwrap_or(by_default);
        if unknown == Unknown::Allow && !purpose.allows_opt_out() {
            return Err(ConsentError::UnknownAllowed { purpose: purpose.0 });
        }
        let people = file::people(&sheet, profile, site)?;
        let mut namespaces: HashMap<String, Vec<String>> = HashMap::new();
        for (namespace, id) in people.keys() {
            namespaces.entry(id.clone()).or_default().push(namespace.clone());
        }
        Ok(Consent { purpose, unknown, people, namespaces, site: site.to_owned(), bytes })
    }

    /// Returns the purpose of the run.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Returns the bytes of the file, for its keyed digest.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns why an instance of a person does not leave, `None` where it may.
    pub(crate) fn gate(&self, person: &Person, day: StudyDay) -> Option<(State, Reason)> {
        let Some(id) = person.id.as_ref().filter(|id| !id.contains('\u{FFFD}')) else { return self.nobody() };
        let Some(statements) = self.people.get(&(person.namespace.clone(), id.clone())) else {
            return self.stranger(person, id);
        };
        let covering: Vec<&Statement> = statements.iter().filter(|one| one.covers(&self.purpose)).collect();
        let says = |state| covering.iter().any(|one| one.state == state);
        if says(ConsentState::OptedOut) {
            return excluded("consent-opted-out");
        }
        if says(ConsentState::NotNotified) {
            return excluded("consent-not-notified");
        }
        match covering.first() {
            Some(consented) => consented.gate(day),
            None if statements.iter().any(|one| one.state == ConsentState::Consented) => {
                excluded("consent-other-purpose")
            }
            None => self.unknown(),
        }
    }

    /// Nobody can tell whose an instance without a Patient ID is: it may be of somebody who is out.
    fn nobody(&self) -> Option<(State, Reason)> {
        match self.purpose.allows_opt_out() {
            true => quarantined("consent-patient-unclear"),
            false => excluded("consent-unknown"),
        }
    }

    /// A person that the file does not name, unless it names the ID and only the issuer is in doubt.
    fn stranger(&self, person: &Person, id: &str) -> Option<(State, Reason)> {
        let elsewhere = self.namespaces.get(id).map(Vec::as_slice).unwrap_or_default();
        let without_issuer = |namespace: &str| namespace == self.site;
        let doubt = !elsewhere.is_empty()
            && (without_issuer(&person.namespace) || elsewhere.iter().any(|namespace| without_issuer(namespace)));
        if doubt { quarantined("consent-issuer-unclear") } else { self.unknown() }
    }

    fn unknown(&self) -> Option<(State, Reason)> {
        match self.unknown {
            Unknown::Allow => None,
            Unknown::Exclude => excluded("consent-unknown"),
        }
    }
}

impl Statement {
    fn covers(&self, purpose: &Purpose) -> bool {
        self.purposes.as_ref().is_none_or(|purposes| purposes.contains(purpose))
    }

    fn gate(&self, day: StudyDay) -> Option<(State, Reason)> {
        match day {
            _ if self.from.is_none() && self.to.is_none() => None,
            StudyDay::Unclear => quarantined("consent-date-unclear"),
            StudyDay::On(day) if self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to) => None,
            StudyDay::On(_) => excluded("consent-outside-dates"),
        }
    }
}

fn excluded(id: &'static str) -> Option<(State, Reason)> {
    Some((State::Excluded, Reason::new(id)))
}

fn quarantined(id: &'static str) -> Option<(State, Reason)> {
    Some((State::Quarantined, Reason::new(id)))
}

/// Returns the state that a cell names, in English or Japanese.
fn state_of(cell: &str) -> Option<ConsentState> {
    match folded(cell).as_str() {
        "consented" | "同意" | "同意あり" | "同意済" | "同意済み" => Some(ConsentState::Consented),
        "optedout" | "オプトアウト" | "拒否" | "不同意" | "同意撤回" => Some(ConsentState::OptedOut),
        "notnotified" | "未通知" | "通知未了" | "通知不可" => Some(ConsentState::NotNotified),
        _ => None,
    }
}
