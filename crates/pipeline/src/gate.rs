//! What keeps an instance here by rule: its person has not agreed, or nobody asked for it.

use crate::certificate::Refused;
use crate::journal::Journal;
use crate::{Consent, Selection, paths, select};
use std::path::Path;
use tokumei_core::{Reason, State};
use tokumei_deid::Context;
use tokumei_wire::DataSet;

/// The gate of a run. It is passed in the index pass, before anything is written.
pub(crate) struct Gate<'a> {
    pub consent: Option<&'a Consent>,
    pub selection: &'a Selection,
    /// Whom it has kept out.
    pub refused: &'a Refused,
    /// What earlier runs have released, where that is known.
    pub journal: Option<&'a Journal>,
}

impl Gate<'_> {
    /// Returns why an instance stays, `None` where it may leave.
    pub(crate) fn of(&self, data_set: &DataSet, context: &Context<'_>, path: &Path) -> Option<(State, Reason)> {
        if let Some(consent) = self.consent {
            let person = tokumei_deid::person(data_set, context);
            if let Some(settled) = consent.gate(&person, select::study_day(data_set)) {
                self.refused.add(&person, context);
                return Some(settled);
            }
        }
        // A selection narrows the run; what is in the release already is none of its business.
        let wanted = self.selection.takes(data_set) || self.is_released(path);
        (!wanted).then(|| (State::Excluded, Reason::new("not-selected")))
    }

    fn is_released(&self, path: &Path) -> bool {
        self.journal.is_some_and(|journal| journal.record_of_source(&paths::to_text(path)).is_some())
    }
}

/// Tells whether a reason is a decision about a person, which holds for what was released before too.
pub(crate) fn is_of_person(reason: &Reason) -> bool {
    reason.id.starts_with(OF_PERSON)
}

/// How the ids of such reasons begin.
const OF_PERSON: &str = "consent";
