//! Who was kept out by consent before, and comes back: never by an old consent file, and never without a word.
//!
//! The vault keeps a list of everybody whom the gate, or a row of the consent file, has kept out: by blinded identifier, with
//! the reason. An opt-out is undone only where the operator says so, since an old copy of the consent file would undo it too.

use crate::certificate::Refused;
use crate::execution::Past;
use crate::grown::{self, Grown};
use crate::index::{Entry, Outcome};
use crate::vault::Terms;
use crate::{Config, Consent, RunError};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use tokumei_audit::{ListMark, Root};
use tokumei_pseudonym::Pseudonyms;

/// Everybody who is out, by blinded identifier, and why. Each line of the list says it of one of them; the last one holds, and
/// none is ever taken away.
#[derive(Default)]
pub(crate) struct Excluded {
    people: BTreeMap<[u8; 32], String>,
    list: Grown,
}

/// Who of them goes on.
#[derive(Default)]
pub(crate) struct Readmitted(BTreeSet<[u8; 32]>);

impl Excluded {
    /// Reads the list of a vault; nobody is in one that is not there.
    pub(crate) fn load(vault: &Path) -> Result<Excluded, RunError> {
        let path = path(vault);
        let at = |source| RunError::Vault { path: path.clone(), source };
        let list = Grown::load(&path).map_err(at)?;
        let mut people = BTreeMap::new();
        for line in list.lines() {
            let (person, reason) = entry(line).ok_or_else(|| at(io::ErrorKind::InvalidData.into()))?;
            match reason.as_str() {
                READMITTED => people.remove(&person),
                _ => people.insert(person, reason),
            };
        }
        Ok(Excluded { people, list })
    }

    /// Tells whether a person is in it.
    pub(crate) fn holds(&self, person: &[u8; 32]) -> bool {
        self.people.contains_key(person)
    }

    /// Returns those of whom it is not for this run to ask: they have opted out, or do not know that they may.
    pub(crate) fn decided(&self) -> impl Iterator<Item = ([u8; 32], &'static str)> {
        let of = |reason: &String| [OPTED_OUT, NOT_NOTIFIED].into_iter().find(|one| reason == one);
        self.people.iter().filter_map(move |(person, reason)| Some((*person, of(reason)?)))
    }

    /// Returns what a paper states of the list.
    pub(crate) fn mark(&self) -> Option<ListMark> {
        self.list.mark()
    }

    /// Tells whether the list is what was stated, or goes on from that.
    pub(crate) fn follows(&self, mark: &ListMark) -> bool {
        self.list.follows(mark)
    }

    /// Returns how many lines it has.
    pub(crate) fn len(&self) -> u64 {
        self.list.lines().len() as u64
    }

    /// Returns who of them goes on in this run. Who has opted out, or was not notified and is not named as consenting now,
    /// goes on only where that is said.
    pub(crate) fn readmit(
        &self,
        entries: &[Entry],
        config: &Config,
        pseudonyms: &Pseudonyms,
    ) -> Result<Readmitted, RunError> {
        let Some(consent) = config.consent.as_ref().filter(|_| !self.people.is_empty()) else {
            return Ok(Readmitted::default());
        };
        let going = entries.iter().filter_map(|entry| match &entry.outcome {
            Outcome::Instance(instance) if self.holds(&instance.identity.person) => Some(instance.identity.person),
            _ => None,
        });
        let back: BTreeSet<[u8; 32]> = going.collect();
        let agreed = agreed(consent, config, pseudonyms);
        let is_doubtful = |person: &&[u8; 32]| match self.people.get(*person).map(String::as_str) {
            Some(OPTED_OUT) => true,
            Some(NOT_NOTIFIED) => !agreed.contains(*person),
            _ => false,
        };
        let people = back.iter().filter(is_doubtful).count() as u64;
        if people > 0 && !config.readmit {
            return Err(RunError::Readmits { people });
        }
        Ok(Readmitted(back))
    }

    /// Adds whom this run keeps out, and writes the list: before the release says so.
    pub(crate) fn add(
        &mut self,
        vault: &Path,
        refused: &Refused,
        config: &Config,
        pseudonyms: &Pseudonyms,
    ) -> Result<(), RunError> {
        let Some(consent) = &config.consent else { return Ok(()) };
        let rows = consent.refusals(&config.site);
        let mut out: BTreeMap<[u8; 32], String> =
            rows.map(|out| (pseudonyms.blinded_patient(out.namespace, out.id), out.reason.into())).collect();
        out.extend(refused.reasons().into_iter().filter(|(_, reason)| LASTING.contains(&reason.as_str())));
        self.put(out).map_err(|source| RunError::Vault { path: path(vault), source })
    }

    /// Takes out who is back, and writes the list: after the release says so.
    pub(crate) fn remove(&mut self, back: &Readmitted) -> io::Result<()> {
        let gone = back.0.iter().filter(|person| self.people.contains_key(*person));
        self.list.add(gone.map(|person| line(person, READMITTED)).collect())?;
        self.people.retain(|person, _| !back.0.contains(person));
        Ok(())
    }

    /// Adds everybody whom another list keeps out.
    pub(crate) fn unite(&mut self, other: Excluded) -> io::Result<()> {
        self.put(other.people)
    }

    fn put(&mut self, out: BTreeMap<[u8; 32], String>) -> io::Result<()> {
        let new = out.into_iter().filter(|(person, reason)| self.people.get(person) != Some(reason));
        let new: Vec<([u8; 32], String)> = new.collect();
        self.list.add(new.iter().map(|(person, reason)| line(person, reason)).collect())?;
        self.people.extend(new);
        Ok(())
    }
}

impl Readmitted {
    /// Returns how many people come back.
    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Refuses a consent file that a later run has replaced by another, unless it is said that it is meant.
pub(crate) fn newest_consent(config: &Config, terms: &Terms, past: &Past) -> Result<(), RunError> {
    let is_older = past.consents.contains(&terms.consent) && past.consent.as_ref() != Some(&terms.consent);
    if is_older && !config.readmit { Err(RunError::OlderConsent) } else { Ok(()) }
}

/// Returns the people whom a row names as consenting.
fn agreed(consent: &Consent, config: &Config, pseudonyms: &Pseudonyms) -> BTreeSet<[u8; 32]> {
    consent.agreed(&config.site).map(|(namespace, id)| pseudonyms.blinded_patient(namespace, id)).collect()
}

/// Returns what the release states of the list. Where people have only come back since the root before stated it, that holds: a
/// run that changes nothing else changes no paper.
pub(crate) fn stated(vault: &Path, earlier: Option<&Root>) -> io::Result<Option<ListMark>> {
    let list = Grown::load(&path(vault))?;
    let before = earlier.and_then(|root| root.excluded.as_ref()).filter(|mark| list.follows(mark));
    let all_back = |mark: &&ListMark| {
        let since = usize::try_from(mark.count).ok().and_then(|count| list.lines().get(count..));
        since.is_some_and(|lines| lines.iter().all(|line| line.ends_with(READMITTED)))
    };
    Ok(before.filter(all_back).cloned().or_else(|| list.mark()))
}

fn line(person: &[u8; 32], reason: &str) -> String {
    format!("{} {reason}", tokumei_core::hex(person))
}

fn entry(line: &str) -> Option<([u8; 32], String)> {
    let (person, reason) = line.split_once(' ')?;
    Some((bytes_of(person)?, reason.to_owned()))
}

/// Reads 32 bytes in hexadecimal.
pub(crate) fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

fn path(vault: &Path) -> PathBuf {
    grown::path(vault, grown::EXCLUDED)
}

pub(crate) const OPTED_OUT: &str = "consent-opted-out";
pub(crate) const NOT_NOTIFIED: &str = "consent-not-notified";
/// What the last line of somebody says who is no longer out.
const READMITTED: &str = "readmitted";
/// The reasons that are of the person, not of one study.
const LASTING: [&str; 4] = [OPTED_OUT, NOT_NOTIFIED, "consent-other-purpose", "consent-unknown"];
