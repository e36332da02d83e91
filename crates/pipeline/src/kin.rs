//! Whom an opt-out means: the person, under whichever of their IDs the originals have ever stated.
//!
//! An image that states only one of the IDs says nothing of the others, so the gate alone lets it pass; what all images and the
//! vault say together holds it back.

use crate::Consent;
use crate::certificate::Refused;
use crate::identities::{Identities, Issuer, issuer_shown};
use crate::index::{Entry, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use tokumei_core::{Reason, State};
use tokumei_pseudonym::Pseudonyms;

/// Who is out by one of their IDs, under which issuer where only that is meant, and why.
pub(crate) type Out = (([u8; 32], Issuer), &'static str);

/// The identities of people who are out, each with the reason.
#[derive(Default)]
pub(crate) struct Kin {
    reasons: BTreeMap<[u8; 32], &'static str>,
    pseudonyms: BTreeSet<String>,
}

impl Kin {
    /// Returns the identities of everybody who is out, by blinded identifier, as far as any are known.
    ///
    /// Where so many share an ID that it is nobody's, it joins nobody.
    pub(crate) fn of(out: impl IntoIterator<Item = Out>, identities: &Identities) -> Kin {
        let mut kin = Kin::default();
        for ((person, issuer), reason) in out {
            let shown = identities.shown(&person).cloned();
            let all = shown.and_then(|shown| identities.all_under([(shown, issuer)].into()));
            for one in all.into_iter().flatten() {
                let known = kin.reasons.entry(one.blinded).or_insert(reason);
                // Whatever the order: one reason stays.
                *known = (*known).min(reason);
                kin.pseudonyms.insert(one.pseudonym);
            }
        }
        kin
    }

    /// Returns the same of those whom a consent file keeps out.
    pub(crate) fn of_consent(
        consent: Option<&Consent>,
        site: &str,
        pseudonyms: &Pseudonyms,
        identities: &Identities,
    ) -> Kin {
        Kin::of(consent.into_iter().flat_map(|consent| refusals(consent, site, pseudonyms)), identities)
    }

    /// Returns the same of those whom a run keeps out, by its consent file or for what an instance states.
    pub(crate) fn of_run(
        consent: Option<&Consent>,
        refused: &Refused,
        site: &str,
        pseudonyms: &Pseudonyms,
        identities: &Identities,
    ) -> Kin {
        let by_file = consent.into_iter().flat_map(|consent| refusals(consent, site, pseudonyms));
        let met = refused.decided().into_iter().map(|(person, reason)| ((person, None), reason));
        Kin::of(by_file.chain(met), identities)
    }

    /// Tells whether it is an identity of somebody who is out.
    pub(crate) fn holds(&self, person: &[u8; 32]) -> bool {
        self.reasons.contains_key(person)
    }

    /// Returns their pseudonyms.
    pub(crate) fn pseudonyms(&self) -> impl Iterator<Item = String> {
        self.pseudonyms.iter().cloned()
    }

    /// Ends the road of every instance of theirs that would go on, and notes whose it was.
    pub(crate) fn settle(&self, entries: &mut [Entry], refused: &Refused) {
        for entry in entries {
            let Outcome::Instance(instance) = &entry.outcome else { continue };
            let person = instance.identity.person;
            if let Some(reason) = self.reasons.get(&person) {
                refused.join(person, reason);
                entry.outcome = Outcome::Settled(State::Excluded, Reason::new(reason));
            }
        }
    }
}

/// Returns the people whom rows keep out, by blinded identifier.
fn refusals<'a>(consent: &'a Consent, site: &'a str, pseudonyms: &'a Pseudonyms) -> impl Iterator<Item = Out> + 'a {
    consent.refusals(site).map(|out| {
        let person = pseudonyms.blinded_patient(out.namespace, out.id);
        ((person, issuer_shown(pseudonyms, out.issuer)), out.reason)
    })
}
