//! Which rows are about whom, other than by the patient ID that an instance goes under.

use super::{Consent, ConsentState, Statement, StudyDay, Unknown, file};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};
use tokumei_deid::{OtherId, Person};

/// The rows of a consent file whose people a run has met.
#[derive(Default)]
pub(crate) struct Met(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    lines: HashSet<u64>,
    /// The numbers, without leading zeros, of the patients whose IDs no row names.
    unnamed: HashSet<String>,
}

impl Met {
    /// Notes the rows about a person.
    pub(crate) fn add(&self, consent: &Consent, person: &Person) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.lines.extend(consent.about(person).map(|statement| statement.line));
        let ids = person.id.iter().chain(person.others.iter().map(|other| &other.id));
        let unnamed = ids.filter(|id| !consent.namespaces.contains_key(*id)).filter_map(|id| number(id));
        for number in unnamed {
            if !seen.unnamed.contains(number) {
                seen.unnamed.insert(number.to_owned());
            }
        }
    }

    /// Returns the lines of rows about nobody the run has met, but for the zeros before the number of somebody whom no row names.
    pub(crate) fn differing_in_zeros(&self, consent: &Consent) -> Vec<u64> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_near = |((_, id), _): &(&(String, String), &Vec<Statement>)| {
            number(id).is_some_and(|number| seen.unnamed.contains(number))
        };
        let rows = consent.people.iter().filter(is_near).flat_map(|(_, rows)| rows.iter().map(|row| row.line));
        rows.filter(|line| !seen.lines.contains(line)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the lines of the rows about nobody the run has met, nor about anybody whom `there` knows by namespace of the
    /// run and canonical ID.
    pub(crate) fn missing(&self, consent: &Consent, site: &str, there: impl Fn(&str, &str) -> bool) -> Vec<u64> {
        let met = &self.0.lock().unwrap_or_else(PoisonError::into_inner).lines;
        let unmet = consent.people.iter().filter(|(_, rows)| rows.iter().any(|row| !met.contains(&row.line)));
        let unknown = unmet.filter(|((namespace, id), _)| {
            let namespace = if consent.issuers { namespace } else { site };
            !there(namespace, id)
        });
        let lines = unknown.flat_map(|(_, rows)| rows.iter().map(|row| row.line)).filter(|line| !met.contains(line));
        lines.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Returns an ID of digits without the zeros before its number.
pub(crate) fn number(id: &str) -> Option<&str> {
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| id.trim_start_matches('0'))
}

/// Who leaves a release by a consent file although none of their files is among the inputs. Pseudonyms tell who it is.
#[derive(Default)]
pub(crate) struct Leaving {
    /// Those who are out.
    pub out: BTreeSet<String>,
    /// Those who alone may stay, where whoever is not in is out.
    pub only: Option<BTreeSet<String>>,
}

impl Leaving {
    /// Returns who leaves by a newer file of the consent that a release was made with.
    pub(crate) fn by(consent: &Consent, site: &str, pseudonym: impl Fn(&str, &str) -> String) -> Leaving {
        let out = consent.out(site).map(|(namespace, id)| pseudonym(namespace, id)).collect();
        Leaving { out, only: None }
    }

    /// Returns who leaves a release of which nobody was asked before: whoever is not known to be in. A run that reads the
    /// file of a person whose consent has dates brings them back.
    pub(crate) fn all_but_known(consent: &Consent, site: &str, pseudonym: impl Fn(&str, &str) -> String) -> Leaving {
        let pseudonym =
            |(namespace, id): &(String, String)| pseudonym(if consent.issuers { namespace } else { site }, id);
        let (known, out): (Vec<_>, Vec<_>) = consent.people.keys().partition(|key| consent.knows_in(key));
        let out: BTreeSet<String> = out.into_iter().map(pseudonym).collect();
        // Where the run ignores issuers, a consent under one is not everybody's of that number.
        let of_all = |key: &&(String, String)| consent.issuers || key.0 == consent.home;
        let only = known.into_iter().filter(of_all).map(pseudonym).filter(|name| !out.contains(name)).collect();
        let only = (consent.unknown == Unknown::Exclude).then_some(only);
        Leaving { out, only }
    }

    /// Tells whether a patient leaves.
    pub(crate) fn takes(&self, pseudonym: &str) -> bool {
        self.out.contains(pseudonym) || self.only.as_ref().is_some_and(|only| !only.contains(pseudonym))
    }
}

impl Consent {
    /// Tells whether the rows under a key let somebody in, whatever the dates of their studies.
    fn knows_in(&self, (namespace, id): &(String, String)) -> bool {
        let (text, id) = (String::new, Some(id.clone()));
        let issuer = namespace.clone();
        let person =
            Person { namespace: namespace.clone(), id, issuer, stated: text(), study: text(), others: Vec::new() };
        self.gate(&person, StudyDay::Unclear).is_none()
    }

    /// Returns the reason for which a person is out under another ID than that of the instance.
    ///
    /// Such an ID never lets anybody in: a consent counts for the ID it was given under.
    pub(super) fn out_by_another_id(&self, person: &Person) -> Option<&'static str> {
        let rows = || person.others.iter().flat_map(|other| self.about_other(other));
        let says = |state| rows().any(|row| row.covers(&self.purpose) && row.state == state);
        match () {
            () if says(ConsentState::OptedOut) => Some("consent-opted-out"),
            () if says(ConsentState::NotNotified) => Some("consent-not-notified"),
            () => None,
        }
    }

    /// Returns the rows about a person, under whichever of their IDs.
    fn about<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = &'a Statement> {
        let namespace = self.namespace(person);
        let issuer = namespace.clone();
        let own = person.id.iter().flat_map(move |id| self.statements(&namespace, id));
        // Where only the issuer is in doubt, the rows of the others are what holds an instance back.
        let doubted = person.id.iter().flat_map(move |id| self.doubted(&issuer, id));
        own.chain(doubted).chain(person.others.iter().flat_map(|other| self.about_other(other)))
    }

    /// Returns the rows that may be about another ID of a person: where it or the row states no issuer, that keeps nobody in.
    fn about_other<'a>(&'a self, other: &'a OtherId) -> impl Iterator<Item = &'a Statement> {
        let issuer = if self.issuers { other.issuer.clone() } else { file::issuer(&other.issuer) };
        let namespaces = self.namespaces.get(&other.id).into_iter().flatten();
        let fits = move |namespace: &&String| issuer.is_empty() || **namespace == issuer || **namespace == self.home;
        let rows = |namespace: &String| self.people.get(&(namespace.clone(), other.id.clone()));
        namespaces.filter(fits).filter_map(rows).flatten()
    }
}
