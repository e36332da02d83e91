//! The rows of the linkage table: on the disk before the release names a pseudonym.

use crate::RunError;
use crate::index::{Entry, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokumei_deid::{Context, Identity, Person};
use tokumei_profile::policy::{Dates, KeyPolicy, Linkage};
use tokumei_pseudonym::linkage::{Recipient, Row, Table};

/// What a run has done to the linkage table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Linked {
    /// People of this run who may be released.
    pub people: u64,
    /// Rows that this run has added.
    pub added: u64,
    /// Whether a line that a run which died had left behind was cut off.
    pub torn: bool,
}

/// The people that the index pass meets, in the words of the originals, by their digests.
#[derive(Default)]
pub(crate) struct People(Mutex<BTreeMap<[u8; 16], Known>>);

struct Known {
    person: Person,
    others: BTreeSet<(String, String)>,
    studies: BTreeMap<[u8; 16], String>,
}

impl People {
    /// Adds whom an instance is about.
    pub(crate) fn add(&self, identity: &Identity, person: &Person) {
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = people.entry(identity.patient).or_insert_with(|| Known {
            person: person.clone(),
            others: BTreeSet::new(),
            studies: BTreeMap::new(),
        });
        known.others.extend(person.others.iter().map(|other| (other.issuer.clone(), other.id.clone())));
        known.studies.entry(identity.study).or_insert_with(|| person.study.clone());
        // The order in which threads come must not decide which spelling is kept.
        if spelling(person) < spelling(&known.person) {
            known.person = person.clone();
        }
    }

    /// Returns a row for each person whose instances go on, in an order that says nothing of the inputs.
    fn rows(self, entries: &[Entry], context: &Context<'_>) -> Vec<Row> {
        let mut going: BTreeMap<[u8; 16], BTreeSet<[u8; 16]>> = BTreeMap::new();
        for entry in entries {
            if let Outcome::Instance(instance) = &entry.outcome {
                going.entry(instance.identity.patient).or_default().insert(instance.identity.study);
            }
        }
        let people = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let row = |(digest, known): (&[u8; 16], &Known)| Some(row(known, going.get(digest)?, context));
        people.iter().filter_map(row).collect()
    }
}

fn spelling(person: &Person) -> (&str, &str) {
    (&person.stated, &person.issuer)
}

fn row(known: &Known, going: &BTreeSet<[u8; 16]>, context: &Context<'_>) -> Row {
    let policy = context.profile.policy();
    let person = &known.person;
    let patient = tokumei_deid::pseudonym_of(person, context);
    let moved = matches!(policy.dates, Dates::Shift | Dates::ShiftMonthOutsideStudy);
    // With a kept key the new UIDs can be worked out from the old ones; and a study without a patient has nothing else.
    let needed = policy.key == KeyPolicy::Ephemeral || person.id.is_none();
    let studies = known.studies.iter().filter(|(digest, _)| needed && going.contains(*digest));
    Row {
        namespace: person.namespace.clone(),
        id: person.id.clone().unwrap_or_default(),
        stated: person.stated.clone(),
        issuer: person.issuer.clone(),
        pseudonym: patient.pseudonym().to_owned(),
        shift_days: moved.then(|| patient.shift_days()),
        profile: format!("{} {}", context.profile.name(), context.profile.hash()),
        others: known.others.iter().cloned().collect(),
        studies: studies.map(|(_, uid)| (uid.clone(), context.pseudonyms.uid(uid))).collect(),
    }
}

/// Refuses a run that writes a table where its profile allows none, or writes none where it must.
pub(crate) fn allowed(config: &crate::Config) -> Result<(), RunError> {
    match (config.profile.policy().linkage, config.linkage_recipients.is_empty()) {
        (Linkage::Forbidden, false) => Err(RunError::LinkageForbidden),
        (Linkage::Required, true) => Err(RunError::LinkageRequired),
        _ => Ok(()),
    }
}

/// Writes the rows of all people who may be released, and waits until they are on the disk. Returns their pseudonyms too.
pub(crate) fn write(
    vault: &Path,
    recipients: &[Recipient],
    people: People,
    entries: &[Entry],
    context: &Context<'_>,
) -> Result<(Linked, BTreeSet<String>), RunError> {
    let rows = people.rows(entries, context);
    let mut table = Table::open(&table_of(vault))?;
    let added = table.add(&rows, recipients, context.pseudonyms)?;
    let linked = Linked { people: rows.len() as u64, added, torn: table.was_torn() };
    Ok((linked, rows.into_iter().map(|row| row.pseudonym).collect()))
}

/// Returns the linkage table of a vault.
pub fn table_of(vault: &Path) -> PathBuf {
    vault.join("linkage.age")
}

/// Returns the list of those who have withdrawn from a vault's releases.
pub(crate) fn withdrawn_of(vault: &Path) -> PathBuf {
    vault.join("linkage.withdrawn")
}
