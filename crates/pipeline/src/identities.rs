//! Which patient IDs are one person's, as far as the originals have said so, and whom an ID means that somebody has typed.
//!
//! The gate of a run takes a person out under whichever of their IDs; certificates and withdrawals find them by this in the same
//! way. The list lies in the vault and names nobody: an ID stands as what the project key makes of it.

use crate::RunError;
use crate::grown::{self, Grown};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokumei_deid::{Context, Person};
use tokumei_pseudonym::Pseudonyms;

/// A patient ID in its namespace, as the key shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Shown {
    /// The blinded identifier.
    pub blinded: [u8; 32],
    /// The pseudonym.
    pub pseudonym: String,
}

impl Shown {
    /// Returns a patient ID as the key shows it.
    pub(crate) fn of(pseudonyms: &Pseudonyms, namespace: &str, id: &str) -> Shown {
        let pseudonym = pseudonyms.patient(namespace, id).pseudonym().to_owned();
        Shown { blinded: pseudonyms.blinded_patient(namespace, id), pseudonym }
    }

    fn of_person(person: &Person, context: &Context<'_>) -> Shown {
        let (pseudonyms, namespace) = (context.pseudonyms, &person.namespace);
        let blinded = match &person.id {
            Some(id) => pseudonyms.blinded_patient(namespace, id),
            None => pseudonyms.blinded_study_as_patient(namespace, &person.study),
        };
        Shown { blinded, pseudonym: tokumei_deid::pseudonym_of(person, context).pseudonym().to_owned() }
    }

    fn text(&self) -> String {
        format!("{}:{}", tokumei_core::hex(&self.blinded), self.pseudonym)
    }

    fn parse(text: &str) -> Option<Shown> {
        let (blinded, pseudonym) = text.split_once(':')?;
        Some(Shown { blinded: crate::readmission::bytes_of(blinded)?, pseudonym: pseudonym.to_owned() })
    }
}

/// Returns the namespaces and canonical IDs that an instance states beside that of its person.
///
/// Where the profile ignores issuers, all of them stand under the site; where it does not, one without an issuer does, and one
/// with an issuer may be meant under either.
pub(crate) fn others(person: &Person, context: &Context<'_>) -> Vec<(String, String)> {
    let issuers = context.profile.policy().issuer_as_namespace;
    let of = |other: &tokumei_deid::OtherId| {
        let under_issuer = (issuers && !other.issuer.is_empty()).then(|| (other.issuer.clone(), other.id.clone()));
        [(context.site.to_owned(), other.id.clone())].into_iter().chain(under_issuer)
    };
    person.others.iter().flat_map(of).collect()
}

/// What the instances of a run have said of whose IDs are one person's.
#[derive(Default)]
pub(crate) struct Said {
    lines: Mutex<BTreeSet<String>>,
    /// Everybody they are about, by blinded identifier.
    met: Mutex<BTreeSet<[u8; 32]>>,
}

impl Said {
    /// Adds what an instance says.
    pub(crate) fn add(&self, person: &Person, context: &Context<'_>) {
        let issuers = context.profile.policy().issuer_as_namespace;
        if person.others.is_empty() && !issuers {
            return;
        }
        let own = Shown::of_person(person, context).text();
        let mut new = Vec::new();
        if let Some(id) = person.id.as_ref().filter(|_| issuers) {
            new.push(line_of_id(context.pseudonyms, id, &own));
        }
        for (namespace, id) in others(person, context) {
            let other = Shown::of(context.pseudonyms, &namespace, &id).text();
            if issuers {
                new.push(line_of_id(context.pseudonyms, &id, &other));
            }
            if other != own {
                let stated = person.others.iter().filter(|stated| stated.id == id).map(|stated| &stated.issuer);
                let issuer = |issuer: &String| issuer_word(context.pseudonyms, issuer);
                new.extend(stated.map(|stated| format!("{SAME} {own} {other}{}", issuer(stated))));
            }
        }
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
    }

    /// Adds whom instances are about.
    pub(crate) fn meet(&self, people: impl Iterator<Item = [u8; 32]>) {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).extend(people);
    }

    /// Returns whose IDs are one person's by what was said in this run alone.
    pub(crate) fn identities(&self) -> Identities {
        let mut identities = Identities::default();
        identities.hear(self);
        identities
    }
}

fn line_of_id(pseudonyms: &Pseudonyms, id: &str, shown: &str) -> String {
    format!("{ID} {} {shown}", tokumei_core::hex(&digest_of_id(pseudonyms, id)))
}

/// Returns the word for the issuer that an instance states of another ID; none where it states none.
fn issuer_word(pseudonyms: &Pseudonyms, issuer: &str) -> String {
    issuer_shown(pseudonyms, &crate::consent::issuer(issuer))
        .map_or_else(String::new, |shown| format!(" {}", tokumei_core::hex(&shown)))
}

/// Returns an issuer, in the spelling of a consent file, as the key shows it.
pub(crate) fn issuer_shown(pseudonyms: &Pseudonyms, issuer: &str) -> Issuer {
    (!issuer.is_empty()).then(|| pseudonyms.keyed_digest("issuer-of-identity", issuer.as_bytes()))
}

/// Returns the digest of an ID under whichever issuer.
fn digest_of_id(pseudonyms: &Pseudonyms, id: &str) -> [u8; 32] {
    pseudonyms.keyed_digest("identity", id.as_bytes())
}

/// The issuer under which an ID is stated beside another one, as the key shows it; `None` where none is stated.
pub(crate) type Issuer = Option<[u8; 32]>;

/// What leads from one identity of a person to another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    to: Shown,
    /// The issuer under which the identity that it leads from is stated there.
    from_issuer: Issuer,
    /// The issuer under which the other one is.
    to_issuer: Issuer,
}

/// Whose IDs are one person's, by the list of a vault.
#[derive(Default)]
pub(crate) struct Identities {
    list: Grown,
    same: BTreeMap<Shown, BTreeSet<Step>>,
    by_blinded: BTreeMap<[u8; 32], Shown>,
    /// The people of an ID, where issuers tell them apart.
    by_id: BTreeMap<[u8; 32], BTreeSet<Shown>>,
    /// Those whom a run has met and not released.
    met: BTreeSet<[u8; 32]>,
}

impl Identities {
    /// Reads the list of a vault; one that is not there says nothing.
    pub(crate) fn load(vault: &Path) -> Result<Identities, RunError> {
        let path = grown::path(vault, grown::IDENTITIES);
        let at = |source| RunError::Vault { path: path.clone(), source };
        let mut identities = Identities { list: Grown::load(&path).map_err(at)?, ..Identities::default() };
        for line in identities.list.lines().to_vec() {
            identities.know(&line).ok_or_else(|| at(io::ErrorKind::InvalidData.into()))?;
        }
        Ok(identities)
    }

    /// Adds what a run has heard, and writes the list.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn add(&mut self, said: &Said) -> io::Result<()> {
        let mut lines = said.lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lines.insert(BEGUN.to_owned());
        self.extend(lines)
    }

    /// Adds whom a run has met of whom nothing is among those who are in, and writes the list.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn add_met(&mut self, said: &Said, is_in: impl Fn(&[u8; 32]) -> bool) -> io::Result<()> {
        let met = said.met.lock().unwrap_or_else(PoisonError::into_inner);
        let new = met.iter().filter(|person| !self.met.contains(*person) && !is_in(person));
        self.extend(new.map(|person| format!("{MET} {}", tokumei_core::hex(person))).collect())
    }

    /// Adds what another vault knows, and writes the list.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn unite(&mut self, others: &[Identities]) -> io::Result<()> {
        self.extend(others.iter().flat_map(|other| other.list.lines().iter().cloned()).collect())
    }

    fn extend(&mut self, lines: BTreeSet<String>) -> io::Result<()> {
        let there: BTreeSet<&String> = self.list.lines().iter().collect();
        let new: Vec<String> = lines.into_iter().filter(|line| !there.contains(line)).collect();
        self.list.add(new.clone())?;
        new.iter().for_each(|line| _ = self.know(line));
        Ok(())
    }

    /// Tells whether a run has listened: where none has, nobody knows what it would have heard.
    pub(crate) fn is_begun(&self) -> bool {
        self.list.lines().iter().any(|line| line == BEGUN)
    }

    fn know(&mut self, line: &str) -> Option<()> {
        if line == BEGUN {
            return Some(());
        }
        let mut words = line.split(' ');
        if let Some(person) = line.strip_prefix(MET) {
            self.met.insert(crate::readmission::bytes_of(person.trim_start())?);
            return Some(());
        }
        let (kind, first, second) = (words.next()?, words.next()?, Shown::parse(words.next()?)?);
        self.by_blinded.insert(second.blinded, second.clone());
        match kind {
            ID => drop(self.by_id.entry(crate::readmission::bytes_of(first)?).or_default().insert(second)),
            SAME => {
                let first = Shown::parse(first)?;
                let issuer = match words.next() {
                    Some(word) => Some(crate::readmission::bytes_of(word)?),
                    None => None,
                };
                self.by_blinded.insert(first.blinded, first.clone());
                let there = Step { to: second.clone(), from_issuer: None, to_issuer: issuer };
                let back = Step { to: first.clone(), from_issuer: issuer, to_issuer: None };
                self.same.entry(first).or_default().insert(there);
                self.same.entry(second).or_default().insert(back);
            }
            _ => return None,
        }
        Some(())
    }

    /// Takes what a run has said of whose IDs are one person's, and writes nothing.
    pub(crate) fn hear(&mut self, said: &Said) {
        let said = said.lines.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().for_each(|line| _ = self.know(line));
    }

    /// Returns an identity by its blinded identifier, if an instance has stated it.
    pub(crate) fn shown(&self, blinded: &[u8; 32]) -> Option<&Shown> {
        self.by_blinded.get(blinded)
    }

    /// Tells whether nothing was said.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_blinded.is_empty()
    }

    /// Returns all identities of a person by a pseudonym of theirs; `None` where there are more than anybody has.
    pub(crate) fn with_pseudonym(&self, pseudonym: &str) -> Option<BTreeSet<Shown>> {
        self.all_of(self.under(pseudonym))
    }

    /// Returns the same; where there are more than anybody has, those that an image states beside one of this pseudonym.
    pub(crate) fn named(&self, pseudonym: &str) -> BTreeSet<Shown> {
        let next = || self.under(pseudonym).iter().flat_map(|one| self.next_to(one, None)).collect();
        self.with_pseudonym(pseudonym).unwrap_or_else(next)
    }

    fn under(&self, pseudonym: &str) -> BTreeSet<Shown> {
        self.by_blinded.values().filter(|one| one.pseudonym == pseudonym).cloned().collect()
    }

    /// Tells whether an instance has stated the ID, or a run has met one under it.
    fn knows(&self, shown: &Shown) -> bool {
        self.by_blinded.contains_key(&shown.blinded) || self.met.contains(&shown.blinded)
    }

    /// Returns all identities of a person, over any number of steps; `None` where there are more than anybody has.
    ///
    /// One number that two instances state beside their own under two issuers makes nobody one person.
    pub(crate) fn all_of(&self, some: BTreeSet<Shown>) -> Option<BTreeSet<Shown>> {
        self.all_under(some.into_iter().map(|one| (one, None)).collect())
    }

    /// Returns the same of identities that are meant under an issuer.
    pub(crate) fn all_under(&self, mut met: BTreeSet<(Shown, Issuer)>) -> Option<BTreeSet<Shown>> {
        let mut open = Vec::from_iter(met.clone());
        while let Some((one, under)) = open.pop() {
            for step in self.steps(&one, under) {
                let next = (step.to.clone(), step.to_issuer);
                if met.insert(next.clone()) {
                    open.push(next);
                }
            }
            if met.len() > MOST {
                return None;
            }
        }
        Some(met.into_iter().map(|(one, _)| one).collect())
    }

    /// Returns an identity and those that an image states beside it.
    pub(crate) fn next_to(&self, one: &Shown, under: Issuer) -> BTreeSet<Shown> {
        self.steps(one, under).map(|step| step.to.clone()).chain([one.clone()]).collect()
    }

    fn steps<'a>(&'a self, one: &Shown, under: Issuer) -> impl Iterator<Item = &'a Step> {
        let apart = move |step: &Step| under.is_some() && step.from_issuer.is_some() && under != step.from_issuer;
        self.same.get(one).into_iter().flatten().filter(move |step| !apart(step))
    }
}

/// The pseudonyms that are one person's, as far as the list of a vault says.
#[derive(Default)]
pub struct SamePerson(HashMap<String, Arc<BTreeSet<String>>>);

impl SamePerson {
    /// Reads the list of a vault.
    ///
    /// # Errors
    /// [`RunError::Vault`] when it cannot be read.
    pub fn load(vault: &Path) -> Result<SamePerson, RunError> {
        let identities = Identities::load(vault)?;
        let mut people = HashMap::new();
        for one in identities.same.keys() {
            if people.contains_key(&one.pseudonym) {
                continue;
            }
            let all = identities.all_of([one.clone()].into()).unwrap_or_default();
            let all: Arc<BTreeSet<String>> = Arc::new(all.into_iter().map(|one| one.pseudonym).collect());
            people.extend(all.iter().map(|name| (name.clone(), Arc::clone(&all))));
        }
        Ok(SamePerson(people))
    }

    /// Returns all pseudonyms of the person who has one; it among them.
    pub fn of(&self, pseudonym: &str) -> BTreeSet<String> {
        self.0.get(pseudonym).map_or_else(|| [pseudonym.to_owned()].into(), |all| BTreeSet::clone(all))
    }
}

/// How a person is named.
#[derive(Clone, Default, Debug)]
pub struct Naming {
    /// The issuer of the patient ID, where the profile tells people apart by issuer.
    pub issuer: Option<String>,
    /// Whether everybody with the ID is meant, under whichever issuer.
    pub all_issuers: bool,
    /// Whether an ID is meant as it is written, though the vault knows one with other zeros before the number.
    pub exact: bool,
}

/// Why nobody can tell whom a patient ID means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unclear {
    /// It is empty.
    #[error("the patient ID is empty")]
    Empty,
    /// The vault knows nobody with it, but somebody whose number differs in leading zeros alone.
    #[error("the patient ID differs from a known one in leading zeros")]
    Zeros,
    /// The vault knows it under other issuers, or under several, or without one.
    #[error("the patient ID is known under another issuer")]
    Issuer,
    /// An issuer is named, and the profile tells nobody apart by it.
    #[error("the profile ignores issuers")]
    NoIssuers,
    /// The originals say of more IDs that they are this person's than anybody has.
    #[error("too many patient IDs are said to be this person's")]
    TooMany,
}

/// Whom a patient ID means.
pub(crate) struct Meant {
    /// What it is unique in.
    pub namespace: String,
    /// Its canonical form.
    pub id: String,
    /// It, as the key shows it.
    pub shown: Shown,
    /// It, and all other identities of the person.
    pub all: BTreeSet<Shown>,
    /// Whether the vault has met the ID.
    pub known: bool,
}

/// Finds whom a patient ID means. `there` tells what the vault knows of beside its list: who is in the release, or kept out of it.
pub(crate) fn meant(
    id: &str,
    naming: &Naming,
    context: &Context<'_>,
    identities: &Identities,
    there: impl Fn(&Shown) -> bool,
) -> Result<Meant, Unclear> {
    let id = tokumei_deid::canonical_id(context.profile, id);
    if id.is_empty() {
        return Err(Unclear::Empty);
    }
    let issuers = context.profile.policy().issuer_as_namespace;
    let issuer = naming.issuer.as_deref().map(str::trim).filter(|issuer| !issuer.is_empty());
    if issuer.is_some() && !issuers {
        return Err(Unclear::NoIssuers);
    }
    let show = |namespace: &str, id: &str| Shown::of(context.pseudonyms, namespace, id);
    let known = |shown: &Shown| identities.knows(shown) || there(shown);
    let with_id = |id: &str| identities.by_id.get(&digest_of_id(context.pseudonyms, id)).cloned().unwrap_or_default();
    let namespace = issuer.unwrap_or(context.site).to_owned();
    let shown = show(&namespace, &id);
    let mut some = BTreeSet::from([shown.clone()]);
    let mut elsewhere = with_id(&id);
    elsewhere.remove(&shown);
    let is_known = known(&shown) || !elsewhere.is_empty();
    if naming.all_issuers {
        some.extend(elsewhere);
    } else if issuer.is_none() && elsewhere.len() == 1 && !known(&shown) {
        // Under one issuer alone the ID is known.
        some.extend(elsewhere);
    } else {
        // With an issuer, only those stay apart who state another.
        let unstated = issuer.is_some() && elsewhere.contains(&show(context.site, &id));
        if unstated || !elsewhere.is_empty() && (issuer.is_none() || !known(&shown)) {
            return Err(Unclear::Issuer);
        }
    }
    let spelled = |other: &String| {
        tokumei_deid::canonical_id(context.profile, other) == *other
            && (known(&show(&namespace, other)) || !with_id(other).is_empty())
    };
    if !is_known && !naming.exact && zeros(&id).iter().any(spelled) {
        return Err(Unclear::Zeros);
    }
    let all = identities.all_of(some).ok_or(Unclear::TooMany)?;
    Ok(Meant { namespace, id, shown, all, known: is_known })
}

/// Returns what an ID of digits may be with other zeros before the number.
fn zeros(id: &str) -> Vec<String> {
    let Some(number) = crate::consent::number(id) else { return Vec::new() };
    (number.len().max(1)..=LONGEST).map(|width| format!("{number:0>width$}")).filter(|other| other != id).collect()
}

/// The line of a list that a run has begun, though it may have heard of nobody.
const BEGUN: &str = "tokumei-identities-1";
const SAME: &str = "same";
const ID: &str = "id";
const MET: &str = "met";
/// Nobody has more identities.
pub(crate) const MOST: usize = 256;
/// The letters of the longest Patient ID (PS3.5 2026d, 6.2, LO).
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_deid::OtherId;
    use tokumei_profile::Profile;
    use tokumei_pseudonym::{ProjectKey, Settings};

    fn key() -> Pseudonyms {
        Pseudonyms::new(&ProjectKey::generate().unwrap(), Settings::default())
    }

    fn issuers() -> Profile {
        let text = "extends = \"ps315-basic\"\nname = \"t\"\nversion = \"1\"\n[policy]\nissuer_as_namespace = true\n";
        Profile::from_toml(text, "t.toml").unwrap()
    }

    fn person(namespace: &str, id: &str, others: &[(&str, &str)]) -> Person {
        let other = |(issuer, id): &(&str, &str)| OtherId { id: (*id).into(), issuer: (*issuer).into() };
        let (namespace, id) = (namespace.to_owned(), Some(id.to_owned()));
        let (stated, issuer, study) = (String::new(), String::new(), String::new());
        Person { namespace, id, stated, issuer, study, others: others.iter().map(other).collect() }
    }

    struct Case {
        key: Pseudonyms,
        profile: Profile,
        said: Said,
    }

    impl Case {
        fn of(profile: Profile, people: &[Person]) -> Case {
            let case = Case { key: key(), profile, said: Said::default() };
            people.iter().for_each(|person| case.said.add(person, &case.context()));
            case
        }

        fn context(&self) -> Context<'_> {
            Context { profile: &self.profile, pseudonyms: &self.key, site: "site" }
        }

        fn ask(&self, id: &str, naming: &Naming, there: &[(&str, &str)]) -> Result<BTreeSet<String>, Unclear> {
            let there: Vec<Shown> = there.iter().map(|(space, id)| Shown::of(&self.key, space, id)).collect();
            let found = meant(id, naming, &self.context(), &self.said.identities(), |one| there.contains(one));
            found.map(|meant| meant.all.into_iter().map(|one| one.pseudonym).collect())
        }

        fn names(&self, people: &[(&str, &str)]) -> BTreeSet<String> {
            people.iter().map(|(space, id)| Shown::of(&self.key, space, id).pseudonym).collect()
        }
    }

    #[test]
    fn r4_10_a_person_is_found_under_each_of_their_ids_over_any_number_of_steps() {
        let people = [person("site", "A", &[("", "B")]), person("site", "C", &[("", "B"), ("H", "D")])];
        let case = Case::of(Profile::load("ps315-basic").unwrap(), &people);
        let all = case.names(&[("site", "A"), ("site", "B"), ("site", "C"), ("site", "D")]);
        for id in ["A", "b", "Ｃ", " D "] {
            assert_eq!(case.ask(id, &Naming::default(), &[]).unwrap(), all, "{id}");
        }
        assert_eq!(case.ask("E", &Naming::default(), &[]).unwrap(), case.names(&[("site", "E")]));
        assert_eq!(case.ask("　", &Naming::default(), &[]), Err(Unclear::Empty));
        let issuer = Naming { issuer: Some("H".into()), ..Naming::default() };
        assert_eq!(case.ask("A", &issuer, &[]), Err(Unclear::NoIssuers));
    }

    #[test]
    fn one_number_of_two_issuers_makes_nobody_one_person() {
        let people = [
            person("site", "A", &[("H1", "7")]),
            person("site", "B", &[("H2", "7")]),
            person("site", "C", &[("H2", "7"), ("H3", "9")]),
            person("site", "D", &[("", "9")]),
        ];
        let case = Case::of(Profile::load("ps315-basic").unwrap(), &people);
        let naming = Naming::default();
        assert_eq!(case.ask("A", &naming, &[]).unwrap(), case.names(&[("site", "A"), ("site", "7")]));
        let others = ["B", "C", "D", "7", "9"].map(|id| ("site", id));
        assert_eq!(case.ask("B", &naming, &[]).unwrap(), case.names(&others));
        // Whoever asks for the number itself asks for all who have it.
        assert!(case.ask("7", &naming, &[]).unwrap().is_superset(&case.names(&[("site", "A"), ("site", "B")])));
    }

    #[test]
    fn r4_10_a_number_whose_zeros_a_spreadsheet_took_is_nobody_until_that_is_said() {
        let case = Case::of(Profile::load("ps315-basic").unwrap(), &[person("site", "X", &[("", "0042")])]);
        let naming = Naming::default();
        assert_eq!(case.ask("123", &naming, &[("site", "00123")]), Err(Unclear::Zeros));
        assert_eq!(case.ask("42", &naming, &[]), Err(Unclear::Zeros));
        assert!(case.ask("42", &Naming { exact: true, ..naming.clone() }, &[]).is_ok());
        // Both are known: two people.
        assert!(case.ask("123", &naming, &[("site", "00123"), ("site", "123")]).is_ok());
        assert!(case.ask("124", &naming, &[("site", "00123")]).is_ok());
    }

    #[test]
    fn r4_10_an_id_without_or_with_an_unknown_issuer_is_nobody_where_issuers_tell_people_apart() {
        let people = [person("H1", "7", &[]), person("H2", "7", &[]), person("H1", "8", &[]), person("site", "9", &[])];
        let case = Case::of(issuers(), &people);
        let of = |issuer: &str| Naming { issuer: Some(issuer.into()), ..Naming::default() };
        assert_eq!(case.ask("7", &Naming::default(), &[]), Err(Unclear::Issuer));
        assert_eq!(case.ask("7", &of("H3"), &[]), Err(Unclear::Issuer));
        assert_eq!(case.ask("7", &of("H2"), &[]).unwrap(), case.names(&[("H2", "7")]));
        let all = Naming { all_issuers: true, ..Naming::default() };
        assert_eq!(case.ask("7", &all, &[]).unwrap(), case.names(&[("H1", "7"), ("H2", "7"), ("site", "7")]));
        // One issuer alone has the number.
        assert_eq!(case.ask("8", &Naming::default(), &[]).unwrap(), case.names(&[("H1", "8"), ("site", "8")]));
        // Images without an issuer may be of whomever an issuer is named for.
        assert_eq!(case.ask("9", &of("H1"), &[]), Err(Unclear::Issuer));
        assert_eq!(case.ask("9", &Naming::default(), &[]).unwrap(), case.names(&[("site", "9")]));
    }

    #[test]
    fn a_placeholder_that_hundreds_share_is_no_other_id() {
        let people: Vec<Person> =
            (0..300).map(|number| person("site", &format!("P{number}"), &[("", "NONE")])).collect();
        let case = Case::of(Profile::load("ps315-basic").unwrap(), &people);
        assert_eq!(case.ask("P1", &Naming::default(), &[]), Err(Unclear::TooMany));
    }
}
