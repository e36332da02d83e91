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
    /// Where so many share an ID that it is nobody's, only what one image states of another ID joins the two.
    pub(crate) fn of(out: impl IntoIterator<Item = Out>, identities: &Identities) -> Kin {
        let mut kin = Kin::default();
        for ((person, issuer), reason) in out {
            let shown = identities.shown(&person).cloned();
            let Some(shown) = shown else { continue };
            let all = identities.all_under([(shown.clone(), issuer)].into());
            for one in all.unwrap_or_else(|| identities.next_to(&shown, issuer)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identities::{MOST, Said};
    use tokumei_deid::{Context, OtherId, Person};
    use tokumei_profile::Profile;
    use tokumei_pseudonym::{ProjectKey, Settings};

    #[test]
    fn r4_09_whoever_shares_an_id_with_hundreds_is_still_out_under_what_one_image_states() {
        let key = Pseudonyms::new(&ProjectKey::generate().unwrap(), Settings::default());
        let profile = Profile::load("ps315-basic").unwrap();
        let context = Context { profile: &profile, pseudonyms: &key, site: "site" };
        let said = Said::default();
        let state = |id: &str, other: &str| {
            let other = OtherId { id: other.into(), issuer: String::new() };
            let [stated, issuer, study] = [const { String::new() }; 3];
            let (namespace, id, others) = ("site".to_owned(), Some(id.to_owned()), vec![other]);
            said.add(&Person { namespace, id, stated, issuer, study, others }, &context);
        };
        (0..=MOST).for_each(|number| state(&format!("P{number}"), "CLINIC-77"));
        state("P0", "OLD-0");
        state("NEW-0", "P0");
        let person = |id: &str| key.blinded_patient("site", id);
        let kin = Kin::of([((person("P0"), None), "consent-opted-out")], &said.identities());
        assert!(["P0", "OLD-0", "NEW-0", "CLINIC-77"].iter().all(|id| kin.holds(&person(id))));
        assert!((1..=MOST).all(|number| !kin.holds(&person(&format!("P{number}")))));
    }
}
