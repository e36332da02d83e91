//! The tree over the people of a release, and certificates that one of them is not among them.
//!
//! A person stands in the tree as a blinded identifier: a digest under a sub-key of the project key, over the namespace and the
//! patient ID. Its leaves are sorted, so that of two neighbours it can be shown that nobody stands between them.
//!
//! What this proves: that the blinded identifier in a certificate is not in the tree that was signed with the release. That the
//! identifier is the person's, and that the tree holds everybody of whom something was released, is what the issuer vouches for
//! with the signature; nobody can recompute it without the key, which is what keeps the tree from naming anybody.

use crate::fault::{AuditError, Fault, FaultKind};
use crate::ledger::hex;
use crate::root::check;
use crate::signing::bytes_of;
use crate::{PeopleMark, PublicKey, Root, Signer, Tree, inclusion_path, leaf_hash, root_by_path};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The people of a release, as sorted blinded identifiers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct People(Vec<[u8; 32]>);

impl People {
    /// Returns the people with these identifiers, in any order, repeated or not.
    pub fn new(identifiers: impl IntoIterator<Item = [u8; 32]>) -> People {
        let mut people: Vec<[u8; 32]> = identifiers.into_iter().collect();
        people.sort_unstable();
        people.dedup();
        People(people)
    }

    /// Returns their identifiers in order.
    pub fn identifiers(&self) -> &[[u8; 32]] {
        &self.0
    }

    /// Tells whether a person is among them.
    pub fn has(&self, person: &[u8; 32]) -> bool {
        self.0.binary_search(person).is_ok()
    }

    /// Returns what the root states of them.
    pub fn mark(&self) -> PeopleMark {
        let mut tree = Tree::new();
        self.0.iter().for_each(|person| _ = tree.push(person));
        PeopleMark { count: tree.leaves(), root: hex(&tree.root()) }
    }

    /// Returns them as text, a line each.
    pub fn lines(&self) -> String {
        self.0.iter().map(|person| hex(person) + "\n").collect()
    }

    /// Reads them from text as [`lines`](Self::lines) writes it.
    pub fn parse(text: &str) -> Option<People> {
        let people = text.lines().map(bytes_of).collect::<Option<Vec<_>>>().map(People::new)?;
        (people.lines() == text).then_some(people)
    }

    /// Returns what would stand beside a person; `None` where they are there.
    fn absent(&self, person: &[u8; 32]) -> Option<Absent> {
        let at = self.0.binary_search(person).err()?;
        let before = at.checked_sub(1).and_then(|at| self.neighbour(at));
        Some(Absent { after: self.neighbour(at), before, person: hex(person) })
    }

    fn neighbour(&self, index: usize) -> Option<Neighbour> {
        let person = self.0.get(index)?;
        let hashes: Vec<[u8; 32]> = self.0.iter().map(|person| leaf_hash(person)).collect();
        let path = inclusion_path(&hashes, index)?;
        Some(Neighbour { index: index as u64, path: path.iter().map(|it| hex(it)).collect(), person: hex(person) })
    }
}

/// A person's neighbour in the tree, with the way to its root.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its place, from 0.
    pub index: u64,
    /// What stands beside it on its way to the root.
    pub path: Vec<String>,
    /// Its blinded identifier.
    pub person: String,
}

/// One more identity of a person, with what would stand beside it in the tree. It names no patient ID: the vault knows none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The neighbour after it; none where there is none.
    pub after: Option<Neighbour>,
    /// The neighbour before it; none where there is none.
    pub before: Option<Neighbour>,
    /// The blinded identifier that the issuer vouches to be this person's.
    pub person: String,
}

/// A signed statement that nothing of one person is in a release. The fields stand in the order of their names.
///
/// It holds the person's own identifiers, so it is for them and for the vault, and never for a release.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The neighbour after the person; none where there is none.
    pub after: Option<Neighbour>,
    /// The neighbour before the person; none where there is none.
    pub before: Option<Neighbour>,
    /// `tokumei-exclusion-1`.
    pub format: String,
    /// What the patient ID is unique in.
    pub namespace: String,
    /// The person's other identities, of which nothing is in the release either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Absent>,
    /// The canonical patient ID.
    pub patient: String,
    /// The blinded identifier that the issuer vouches to be this patient's.
    pub person: String,
    /// What was signed of the release.
    pub root: Root,
    /// The signature over all the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Certificate {
    /// Issues the certificate of a person, with all other identities they have; `None` when one of these is among the people.
    pub fn issue(
        people: &People,
        root: &Root,
        (namespace, patient): (&str, &str),
        person: [u8; 32],
        others: &[[u8; 32]],
        signer: &Signer,
    ) -> Option<Certificate> {
        let Absent { after, before, person } = people.absent(&person)?;
        let mut certificate = Certificate {
            after,
            before,
            format: EXCLUSION.to_owned(),
            namespace: namespace.to_owned(),
            others: others.iter().map(|other| people.absent(other)).collect::<Option<_>>()?,
            patient: patient.to_owned(),
            person,
            root: root.clone(),
            signature: None,
        };
        certificate.signature = Some(signer.sign(EXCLUSION, certificate.statement().as_bytes()));
        Some(certificate)
    }

    /// Reads a certificate.
    ///
    /// # Errors
    /// [`AuditError::Format`] when it is none, or not in its canonical form.
    pub fn parse(text: &[u8], path: &Path) -> Result<Certificate, AuditError> {
        match serde_json::from_slice::<Certificate>(text) {
            Ok(certificate) if certificate.format == EXCLUSION && certificate.line().as_bytes() == text => {
                Ok(certificate)
            }
            _ => Err(AuditError::Format { path: path.to_owned() }),
        }
    }

    /// Returns the certificate as one line of canonical JSON, with the line feed.
    pub fn line(&self) -> String {
        self.json() + "\n"
    }

    /// Checks the certificate and returns the key that has signed it and its root, which is `wanted` where that is given.
    ///
    /// # Errors
    /// [`AuditError::Fault`] when it is not as it was signed, or does not prove what it says.
    pub fn verify(&self, wanted: Option<&PublicKey>) -> Result<PublicKey, AuditError> {
        let signer = self.root.check_signature(wanted).map_err(|error| Fault::of_signature(ROOT, &error))?;
        let own = self.statement();
        check(self.root.signer.as_deref(), self.signature.as_deref(), EXCLUSION, own.as_bytes(), Some(&signer))
            .map_err(|error| Fault::of_signature(PAPER, &error))?;
        let (after, before, person) = (self.after.clone(), self.before.clone(), self.person.clone());
        let own = Absent { after, before, person };
        let all = std::iter::once(&own).chain(&self.others);
        if all.map(|one| one.is_proven(self.root.people.as_ref())).all(|proven| proven == Some(true)) {
            Ok(signer)
        } else {
            Err(Fault::whole(PAPER, FaultKind::Altered))
        }
    }

    fn statement(&self) -> String {
        Certificate { signature: None, ..self.clone() }.json()
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("a certificate has string keys and no floating point")
    }
}

impl Absent {
    /// Tells whether the neighbours are in the tree, side by side, and the person would stand between them.
    fn is_proven(&self, people: Option<&PeopleMark>) -> Option<bool> {
        let person: [u8; 32] = bytes_of(&self.person)?;
        let people = people?;
        let place = |neighbour: &Neighbour| {
            let identifier: [u8; 32] = bytes_of(&neighbour.person)?;
            let path: Vec<[u8; 32]> = neighbour.path.iter().map(|hash| bytes_of(hash)).collect::<Option<_>>()?;
            let root = root_by_path(leaf_hash(&identifier), neighbour.index, people.count, &path)?;
            (hex(&root) == people.root).then_some((neighbour.index, identifier))
        };
        let inside = |neighbour: &Option<Neighbour>| match neighbour {
            Some(neighbour) => place(neighbour).map(Some),
            None => Some(None),
        };
        Some(match (inside(&self.before)?, inside(&self.after)?) {
            (None, None) => people.count == 0 && *people == People::default().mark(),
            (None, Some((index, after))) => index == 0 && person < after,
            (Some((index, before)), None) => index.checked_add(1) == Some(people.count) && before < person,
            (Some((left, before)), Some((right, after))) => {
                left.checked_add(1) == Some(right) && before < person && person < after
            }
        })
    }
}

const EXCLUSION: &str = "tokumei-exclusion-1";
const PAPER: &str = "certificate";
const ROOT: &str = "audit/root.json";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FORMAT;
    use proptest::prelude::*;
    use std::sync::OnceLock;

    fn signer() -> &'static Signer {
        static SIGNER: OnceLock<Signer> = OnceLock::new();
        SIGNER.get_or_init(|| Signer::generate().unwrap())
    }

    fn root(people: &People) -> Root {
        let root: Root = serde_json::from_value(serde_json::json!({
            "counts": {}, "digest": "off", "edition": "2026d", "format": FORMAT, "key": null, "leaves": 0,
            "merkle_root": "", "parameters": {}, "people": people.mark(),
            "profile": { "hash": "p", "name": "n", "version": "1" }, "reasons": {}, "tool": "tokumei 0",
        }))
        .unwrap();
        root.signed_by(signer())
    }

    fn person(number: u8) -> [u8; 32] {
        [number; 32]
    }

    fn issue(people: &People, of: [u8; 32]) -> Option<Certificate> {
        Certificate::issue(people, &root(people), ("site", "K-1"), of, &[], signer())
    }

    /// Signs what is in a certificate as an issuer would who lies.
    fn forge(mut certificate: Certificate) -> Certificate {
        certificate.signature = Some(signer().sign(EXCLUSION, certificate.statement().as_bytes()));
        certificate
    }

    #[test]
    fn r4_10_before_the_first_after_the_last_and_in_no_company_there_are_certificates() {
        let public = signer().public();
        for people in [People::default(), People::new([person(5)]), People::new([3, 5, 9].map(person))] {
            for of in [1, 4, 6, 200].map(person) {
                let certificate = issue(&people, of).unwrap();
                assert_eq!(certificate.verify(Some(&public)).unwrap(), public);
                assert_eq!(Certificate::parse(certificate.line().as_bytes(), Path::new("c")).unwrap(), certificate);
            }
        }
    }

    #[test]
    fn r4_10_not_even_a_forger_with_the_key_can_exclude_who_is_included() {
        let people = People::new([3, 5, 7, 9].map(person));
        for included in [3, 5, 7, 9] {
            assert_eq!(issue(&people, person(included)), None);
            for other in [1, 4, 6, 8, 10] {
                let mut certificate = issue(&people, person(other)).unwrap();
                certificate.person = hex(&person(included));
                assert!(forge(certificate).verify(None).is_err());
            }
        }
        // Neighbours that are not side by side.
        let (low, high) = (issue(&people, person(4)).unwrap(), issue(&people, person(8)).unwrap());
        assert!(
            forge(Certificate { after: high.after.clone(), person: hex(&person(6)), ..low.clone() })
                .verify(None)
                .is_err()
        );
        assert!(forge(Certificate { after: None, ..low.clone() }).verify(None).is_err());
        assert!(forge(Certificate { before: None, ..high }).verify(None).is_err());
        assert!(forge(Certificate { before: None, after: None, ..low }).verify(None).is_err());
    }

    #[test]
    fn r4_10_no_identity_of_a_person_may_be_in_the_release() {
        let people = People::new([3, 5, 9].map(person));
        let issue = |others: &[[u8; 32]]| {
            Certificate::issue(&people, &root(&people), ("site", "K-1"), person(6), others, signer())
        };
        let good = issue(&[2, 7].map(person)).unwrap();
        assert!(good.verify(None).is_ok() && good.others.len() == 2);
        assert_eq!(issue(&[2, 5].map(person)), None);
        let mut bad = good.clone();
        bad.others[1].person = hex(&person(5));
        assert!(forge(bad).verify(None).is_err());
        let mut bad = good.clone();
        bad.others.pop();
        assert!(bad.verify(None).is_err());
    }

    #[test]
    fn r4_10_no_flipped_bit_of_a_certificate_passes() {
        let people = People::new([3, 5, 9].map(person));
        let names = ("site", "K-1");
        let certificate =
            Certificate::issue(&people, &root(&people), names, person(6), &[person(4)], signer()).unwrap();
        let good = certificate.line().into_bytes();
        let public = signer().public();
        for at in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[at / 8] ^= 1 << (at % 8);
            let read = Certificate::parse(&bad, Path::new("c"));
            assert!(read.and_then(|bad| bad.verify(Some(&public))).is_err(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn r4_10_whoever_is_excluded_gets_a_certificate_and_nobody_else(
            people in prop::collection::vec(any::<[u8; 32]>(), 0..40), others in prop::collection::vec(any::<[u8; 32]>(), 1..8)
        ) {
            let people = People::new(people);
            for person in people.identifiers() {
                prop_assert_eq!(issue(&people, *person), None);
            }
            for person in others.into_iter().filter(|person| !people.has(person)) {
                prop_assert!(issue(&people, person).unwrap().verify(None).is_ok());
            }
            prop_assert_eq!(People::parse(&people.lines()), Some(people));
        }
    }
}
