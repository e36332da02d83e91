//! Consent: who may leave, for which purpose, over which dates.
//!
//! The gate stands in the index pass, so a person who is out is out before anything is written. It is not a record of
//! consent: that is the hospital's, and this reads an extract of it.

mod about;
mod file;

use crate::sheet::{SheetError, folded};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use tokumei_core::{Reason, State};
use tokumei_deid::Person;
use tokumei_profile::Profile;
use tokumei_pseudonym::date::Day;

pub(crate) use about::{Leaving, Met, number};
pub(crate) use file::issuer;

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
    /// The IDs of digits, without the zeros before the number.
    numbers: HashSet<String>,
    /// What stands for the namespace of whoever states no issuer.
    home: String,
    /// Whether the run tells people apart by issuer.
    issuers: bool,
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
    /// The head has a column that is none of those a consent file has.
    #[error("column {number} is none of a consent file")]
    UnknownColumn {
        /// Its number, counted from 1.
        number: usize,
    },
    /// A row names no patient.
    #[error("line {line} names no patient")]
    NoPatient {
        /// The line.
        line: u64,
    },
    /// A patient ID is a rounded number, as a spreadsheet writes one that is too long for its cell: whose it was nobody can tell.
    #[error("the patient ID in line {line} is a rounded number")]
    Rounded {
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
    /// A purpose is a word that nobody knows: it may be a slip of the pen, which would let somebody in or keep them out.
    #[error("a purpose in line {line} is not known")]
    UnknownPurpose {
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

/// A patient who is out by a row.
pub(crate) struct Refusal<'a> {
    /// The namespace of the run.
    pub namespace: &'a str,
    /// The canonical ID.
    pub id: &'a str,
    /// The issuer of the row, where the run ignores issuers; empty where the row names none.
    pub issuer: &'a str,
    /// Why.
    pub reason: &'static str,
}

impl Consent {
    /// Reads a consent file for a purpose. Patient IDs take the canonical form of the profile, as in the run. A row with an
    /// issuer is about the instances that state this issuer, whether the profile makes it a namespace or not; a row without
    /// is about those that state none, and under a profile without such namespaces about all.
    ///
    /// `unknown` is what becomes of people that the file does not name; by default they are in for research and out for
    /// every other purpose. `others` are the purposes, beside this one, `research` and `product`, that rows may name.
    ///
    /// # Errors
    /// [`ConsentError`], with the line of the first row that is wrong.
    pub fn load(
        path: &Path,
        profile: &Profile,
        site: &str,
        purpose: Purpose,
        unknown: Option<Unknown>,
        others: &[Purpose],
    ) -> Result<Consent, ConsentError> {
        let (sheet, bytes) = crate::sheet::Sheet::load(path)?;
        let by_default = if purpose.allows_opt_out() { Unknown::Allow } else { Unknown::Exclude };
        let unknown = unknown.unwrap_or(by_default);
        if unknown == Unknown::Allow && !purpose.allows_opt_out() {
            return Err(ConsentError::UnknownAllowed { purpose: purpose.0 });
        }
        let issuers = profile.policy().issuer_as_namespace;
        // No issuer is empty, so none is taken for the site.
        let home = if issuers { site } else { "" };
        let known = [&Purpose("research".into()), &Purpose("product".into()), &purpose];
        let known: Vec<&Purpose> = known.into_iter().chain(others).collect();
        let people = file::people(&sheet, profile, home, &known)?;
        let mut namespaces: HashMap<String, Vec<String>> = HashMap::new();
        for (namespace, id) in people.keys() {
            namespaces.entry(id.clone()).or_default().push(namespace.clone());
        }
        let numbers = namespaces.keys().filter_map(|id| about::number(id)).map(str::to_owned).collect();
        Ok(Consent { purpose, unknown, people, namespaces, numbers, home: home.to_owned(), issuers, bytes })
    }

    /// Tells whether the file names no patient with this ID, but one whose number differs in its leading zeros alone: a
    /// spreadsheet may have taken them off.
    pub(crate) fn differs_in_zeros(&self, id: &str) -> bool {
        !self.namespaces.contains_key(id) && about::number(id).is_some_and(|number| self.numbers.contains(number))
    }

    /// Returns the purpose of the run.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Returns the bytes of the file, for its keyed digest.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Tells whether a row of a table about a patient stays: its patient is out, or nobody can tell that they are in. Dates
    /// are those of studies, and keep no row.
    pub(crate) fn keeps_row(&self, namespace: &str, id: &str, issuer: &str) -> bool {
        let (namespace, issuer, text) = (namespace.to_owned(), issuer.to_owned(), String::new);
        let id = (!id.is_empty()).then(|| id.to_owned());
        let person = Person { namespace, id, issuer, stated: text(), study: text(), others: Vec::new() };
        self.gate(&person, StudyDay::Unclear).is_some_and(|(_, reason)| reason.id != "consent-date-unclear")
    }

    /// Returns the patients who are out by a row, whatever their instances say: by namespace of the run and canonical ID.
    ///
    /// Where the run ignores issuers, so does this: whose instances are not at hand may be of any.
    pub(crate) fn out<'a>(&'a self, site: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.refusals(site).map(|out| (out.namespace, out.id))
    }

    /// Returns the same, with the reason.
    pub(crate) fn refusals<'a>(&'a self, site: &'a str) -> impl Iterator<Item = Refusal<'a>> {
        self.people.iter().filter_map(move |((namespace, id), statements)| {
            let says = |state| statements.iter().any(|one| one.covers(&self.purpose) && one.state == state);
            let reason = match () {
                () if says(ConsentState::OptedOut) => "consent-opted-out",
                () if says(ConsentState::NotNotified) => "consent-not-notified",
                () => return None,
            };
            let issuer = if self.issuers || *namespace == self.home { "" } else { namespace };
            Some(Refusal { namespace: if self.issuers { namespace } else { site }, id, issuer, reason })
        })
    }

    /// Returns the patients whom a row lets in for the purpose: by namespace of the run and canonical ID.
    pub(crate) fn agreed<'a>(&'a self, site: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let agrees = |one: &Statement| one.covers(&self.purpose) && one.state == ConsentState::Consented;
        let people = self.people.iter().filter(move |(_, statements)| statements.iter().any(agrees));
        people.map(move |((namespace, id), _)| (if self.issuers { namespace.as_str() } else { site }, id.as_str()))
    }

    /// Returns why an instance of a person does not leave, `None` where it may.
    pub(crate) fn gate(&self, person: &Person, day: StudyDay) -> Option<(State, Reason)> {
        if let Some(out) = self.out_by_another_id(person) {
            return excluded(out);
        }
        // Two values are two people, or one of whom nobody knows which ID is meant. Under JIS X 0201 what stands between them
        // reads as a yen sign (PS3.5 2026d, 6.1.2.3).
        if person.id.as_ref().is_some_and(|id| id.contains(['\\', '¥'])) {
            return quarantined("consent-patient-unclear");
        }
        let Some(id) = person.id.as_ref().filter(|id| !id.contains('\u{FFFD}')) else { return self.nobody() };
        let namespace = self.namespace(person);
        let statements = self.statements(&namespace, id);
        if statements.is_empty() {
            return self.stranger(&namespace, id);
        }
        let covering: Vec<&Statement> = statements.iter().copied().filter(|one| one.covers(&self.purpose)).collect();
        let says = |state| covering.iter().any(|one| one.state == state);
        if says(ConsentState::OptedOut) {
            return excluded("consent-opted-out");
        }
        if says(ConsentState::NotNotified) {
            return excluded("consent-not-notified");
        }
        match covering.as_slice() {
            // Where a row with the issuer and one without both consent, both bind.
            [_, ..] => covering.iter().find_map(|consented| consented.gate(day)),
            [] if statements.iter().any(|one| one.state == ConsentState::Consented) => {
                excluded("consent-other-purpose")
            }
            [] => self.unknown(),
        }
    }

    /// Returns what the issuer that an instance states is in the file.
    fn namespace(&self, person: &Person) -> String {
        if self.issuers { person.namespace.clone() } else { file::issuer(&person.issuer) }
    }

    /// Returns the rows about a patient ID of an issuer.
    fn statements(&self, namespace: &str, id: &str) -> Vec<&Statement> {
        let of = |namespace: &str| self.people.get(&(namespace.to_owned(), id.to_owned())).into_iter().flatten();
        let anywhere = (!self.issuers && namespace != self.home).then(|| of(&self.home));
        of(namespace).chain(anywhere.into_iter().flatten()).collect()
    }

    /// Nobody can tell whose an instance without a Patient ID is: it may be of somebody who is out.
    fn nobody(&self) -> Option<(State, Reason)> {
        match self.purpose.allows_opt_out() {
            true => quarantined("consent-patient-unclear"),
            false => excluded("consent-unknown"),
        }
    }

    /// A person that the file does not name, unless it names the ID and only the issuer is in doubt.
    fn stranger(&self, namespace: &str, id: &str) -> Option<(State, Reason)> {
        if self.is_doubtful(namespace, id) { quarantined("consent-issuer-unclear") } else { self.unknown() }
    }

    fn is_doubtful(&self, namespace: &str, id: &str) -> bool {
        let elsewhere = self.namespaces.get(id).map(Vec::as_slice).unwrap_or_default();
        let unsaid = namespace == self.home || elsewhere.contains(&self.home);
        !elsewhere.is_empty() && (unsaid || self.is_out_elsewhere(elsewhere, id))
    }

    /// Tells whether the ID is out under an issuer, where the run takes all of one ID for one person: an issuer that is
    /// spelled otherwise in the file must not let them in.
    fn is_out_elsewhere(&self, issuers: &[String], id: &str) -> bool {
        let rows = issuers.iter().filter_map(|issuer| self.people.get(&(issuer.clone(), id.to_owned()))).flatten();
        let mut out = rows.filter(|one| one.covers(&self.purpose) && one.state != ConsentState::Consented);
        !self.issuers && out.next().is_some()
    }

    /// Returns the rows of an ID under other issuers, where nobody can tell whether they are about a person that no row names.
    fn doubted(&self, namespace: &str, id: &str) -> Vec<&Statement> {
        if !self.statements(namespace, id).is_empty() || !self.is_doubtful(namespace, id) {
            return Vec::new();
        }
        let others = self.namespaces.get(id).into_iter().flatten();
        others.filter_map(|other| self.people.get(&(other.clone(), id.to_owned()))).flatten().collect()
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
