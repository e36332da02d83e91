//! Who was kept out by consent before, and comes back: never by an old consent file, and never without a word.
//!
//! The vault keeps a list of everybody whom the gate, or a row of the consent file, has kept out: by blinded identifier, with
//! the reason. An opt-out is undone only where the operator says so, since an old copy of the consent file would undo it too.

use crate::certificate::Refused;
use crate::execution::Past;
use crate::index::{Entry, Outcome};
use crate::put::{Readers, put};
use crate::vault::Terms;
use crate::{Config, Consent, RunError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_pseudonym::Pseudonyms;

/// Everybody who is out, by blinded identifier, and why.
#[derive(Default)]
pub(crate) struct Excluded(BTreeMap<[u8; 32], String>);

/// Who of them goes on.
#[derive(Default)]
pub(crate) struct Readmitted(BTreeSet<[u8; 32]>);

impl Excluded {
    /// Reads the list of a vault; nobody is in one that is not there.
    pub(crate) fn load(vault: &Path) -> Result<Excluded, RunError> {
        let path = path(vault);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|source| RunError::Vault { path: path.clone(), source })?,
        };
        let damaged = || RunError::Vault { path: path.clone(), source: io::ErrorKind::InvalidData.into() };
        text.lines().map(|line| entry(line).ok_or_else(damaged)).collect::<Result<_, _>>().map(Excluded)
    }

    /// Tells whether a person is in it.
    pub(crate) fn holds(&self, person: &[u8; 32]) -> bool {
        self.0.contains_key(person)
    }

    /// Returns who of them goes on in this run. Who has opted out, or was not notified and is not named as consenting now,
    /// goes on only where that is said.
    pub(crate) fn readmit(
        &self,
        entries: &[Entry],
        config: &Config,
        pseudonyms: &Pseudonyms,
    ) -> Result<Readmitted, RunError> {
        let Some(consent) = config.consent.as_ref().filter(|_| !self.0.is_empty()) else {
            return Ok(Readmitted::default());
        };
        let going = entries.iter().filter_map(|entry| match &entry.outcome {
            Outcome::Instance(instance) if self.holds(&instance.identity.person) => Some(instance.identity.person),
            _ => None,
        });
        let back: BTreeSet<[u8; 32]> = going.collect();
        let agreed = agreed(consent, config, pseudonyms);
        let is_doubtful = |person: &&[u8; 32]| match self.0.get(*person).map(String::as_str) {
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
        self.0.extend(rows.map(|(namespace, id, reason)| (pseudonyms.blinded_patient(namespace, id), reason.into())));
        self.0.extend(refused.reasons().into_iter().filter(|(_, reason)| LASTING.contains(&reason.as_str())));
        self.write(vault).map_err(|source| RunError::Vault { path: path(vault), source })
    }

    /// Takes out who is back, and writes the list: after the release says so.
    pub(crate) fn remove(&mut self, vault: &Path, back: &Readmitted) -> io::Result<()> {
        self.0.retain(|person, _| !back.0.contains(person));
        self.write(vault)
    }

    fn write(&self, vault: &Path) -> io::Result<()> {
        if self.0.is_empty() && !path(vault).exists() {
            return Ok(());
        }
        let line = |(person, reason): (&[u8; 32], &String)| format!("{} {reason}\n", tokumei_core::hex(person));
        let text: String = self.0.iter().map(line).collect();
        put(&path(vault), &vault.join("journal"), Readers::Owner, |to| to.write_all(text.as_bytes())).map(drop)
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

fn entry(line: &str) -> Option<([u8; 32], String)> {
    let (person, reason) = line.split_once(' ')?;
    let mut bytes = [0; 32];
    if person.len() != 64 || !person.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&person[at..at + 2], 16).ok()?;
    }
    Some((bytes, reason.to_owned()))
}

fn path(vault: &Path) -> PathBuf {
    vault.join("journal").join("excluded.list")
}

const OPTED_OUT: &str = "consent-opted-out";
const NOT_NOTIFIED: &str = "consent-not-notified";
/// The reasons that are of the person, not of one study.
const LASTING: [&str; 4] = [OPTED_OUT, NOT_NOTIFIED, "consent-other-purpose", "consent-unknown"];
