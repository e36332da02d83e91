//! What keeps an instance here by rule: its person has not agreed, or nobody asked for it.

use crate::certificate::Refused;
use crate::consent::Met;
use crate::identities::{Said, others};
use crate::journal::Journal;
use crate::linkage::People;
use crate::{Consent, Selection, paths, select};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tokumei_core::{Reason, State};
use tokumei_deid::{Context, Identity, Person};
use tokumei_pseudonym::linkage::Withdrawn;
use tokumei_wire::DataSet;

/// The gate of a run. It is passed in the index pass, before anything is written.
pub(crate) struct Gate<'a> {
    pub consent: Option<&'a Consent>,
    /// Which rows of the consent file are about somebody it has seen.
    pub met: &'a Met,
    pub selection: &'a Selection,
    /// What instances say of whose IDs are one person's, if that is to be known.
    pub said: Option<&'a Said>,
    /// Whom it has kept out.
    pub refused: &'a Refused,
    /// Who has withdrawn from what this vault releases.
    pub withdrawn: Option<&'a Withdrawn>,
    /// Where people are remembered for the linkage table, if one is written.
    pub people: Option<&'a People>,
    /// What earlier runs have released, where that is known.
    pub journal: Option<&'a Journal>,
    /// Whom it heard last: most instances say the same of the same person as the one before.
    pub heard: Mutex<Option<Person>>,
}

impl Gate<'_> {
    /// Returns why an instance stays, `None` where it may leave.
    pub(crate) fn of(
        &self,
        data_set: &DataSet,
        identity: &Identity,
        context: &Context<'_>,
        path: &Path,
    ) -> Option<(State, Reason)> {
        let settled = self.of_person(data_set, identity, context);
        if settled.is_some() {
            return settled;
        }
        // A selection narrows the run; what is in the release already is none of its business.
        let wanted = self.selection.takes(data_set) || self.is_released(path);
        (!wanted).then(|| (State::Excluded, Reason::new("not-selected")))
    }

    fn of_person(&self, data_set: &DataSet, identity: &Identity, context: &Context<'_>) -> Option<(State, Reason)> {
        let withdrawn = self.withdrawn.filter(|list| !list.is_empty());
        let issuers = context.profile.policy().issuer_as_namespace;
        let says = self.said.is_some() && (issuers || tokumei_deid::states_other_ids(data_set));
        if self.consent.is_none() && self.people.is_none() && withdrawn.is_none() && !says {
            return None;
        }
        let person = tokumei_deid::person(data_set, context);
        self.hear(&person, context);
        self.consent.iter().for_each(|consent| self.met.add(consent, &person));
        if withdrawn.is_some_and(|list| has_withdrawn(list, &person, context)) {
            self.refused.add(&person, WITHDRAWN, context);
            return Some((State::Excluded, Reason::new(WITHDRAWN)));
        }
        let settled = self.consent.and_then(|consent| consent.gate(&person, select::study_day(data_set)));
        match (&settled, self.people) {
            (Some((_, reason)), _) => self.refused.add(&person, reason.id, context),
            (None, Some(people)) => people.add(identity, &person),
            (None, None) => {}
        }
        settled
    }

    fn hear(&self, person: &Person, context: &Context<'_>) {
        let Some(said) = self.said else { return };
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.as_ref() != Some(person) {
            said.add(person, context);
            *heard = Some(person.clone());
        }
    }

    fn is_released(&self, path: &Path) -> bool {
        self.journal.is_some_and(|journal| journal.record_of_source(&paths::to_text(path)).is_some())
    }
}

/// Tells whether a person has withdrawn, under whichever of their IDs.
fn has_withdrawn(list: &Withdrawn, person: &Person, context: &Context<'_>) -> bool {
    let pseudonym = tokumei_deid::pseudonym_of(person, context);
    let own = list.holds(&person.namespace, person.id.as_deref().unwrap_or_default(), pseudonym.pseudonym());
    let under =
        |namespace: &str, id: &str| list.holds(namespace, id, context.pseudonyms.patient(namespace, id).pseudonym());
    own || others(person, context).iter().any(|(namespace, id)| under(namespace, id))
}

/// Tells whether a reason is a decision about a person, which holds for what was released before too.
pub(crate) fn is_of_person(reason: &Reason) -> bool {
    reason.id.starts_with(OF_PERSON)
}

/// The reason of an instance whose person has withdrawn.
pub(crate) const WITHDRAWN: &str = "consent-withdrawn";

/// How the ids of such reasons begin.
const OF_PERSON: &str = "consent";
