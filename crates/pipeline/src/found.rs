//! Whom a withdrawal is asked for, and what leads to them: the key, the linkage table, and what the originals have said of whose
//! IDs are one person's.

use crate::identities::{self, Identities, MOST, Naming, Shown, Unclear};
use crate::readmission::Excluded;
use crate::vault::Key;
use crate::{Config, WithdrawError};
use std::collections::BTreeSet;
use std::path::Path;
use tokumei_deid::Context;
use tokumei_pseudonym::linkage::{Row, Withdrawn};

/// A patient ID that somebody asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// It, in any spelling.
    pub id: String,
    /// The line of the file that it stands in, from 1.
    pub line: Option<u64>,
}

/// Who withdraws.
#[derive(Clone, Debug)]
pub enum Who {
    /// People by the patient IDs of the originals.
    Patients(Vec<Asked>),
    /// One person by pseudonym.
    Pseudonym(String),
}

impl Who {
    /// Returns the lines of those of whom something is not so, by their places; 0 stands for what is in no file.
    pub fn lines(&self, places: impl IntoIterator<Item = usize>) -> Vec<u64> {
        let line = |at: usize| match self {
            Who::Patients(all) => all.get(at).and_then(|asked| asked.line).unwrap_or_default(),
            Who::Pseudonym(_) => 0,
        };
        places.into_iter().map(line).collect()
    }
}

/// The people found.
#[derive(Default)]
pub(crate) struct Found {
    pub pseudonyms: BTreeSet<String>,
    /// By namespace and canonical ID, where these are known.
    pub patients: BTreeSet<(String, String)>,
    /// Of each that was asked for, whether release or vault know them.
    pub known: Vec<bool>,
    /// Of how many the release held nothing.
    pub not_found: u64,
}

/// What people are looked for with.
pub(crate) struct Search<'a> {
    pub config: &'a Config,
    pub naming: &'a Naming,
    pub release: &'a Path,
    /// The key, where it is kept.
    pub key: Option<Key>,
    /// The rows of the table, where its private key is given.
    pub rows: Option<Vec<Row>>,
    pub identities: Identities,
    pub excluded: Excluded,
    pub withdrawn: Withdrawn,
}

impl Search<'_> {
    /// Finds everybody who is asked for.
    pub(crate) fn find(&self, who: &Who) -> Result<Found, WithdrawError> {
        let mut found = Found::default();
        match who {
            Who::Pseudonym(pseudonym) => self.by_pseudonym(pseudonym.trim(), &mut found),
            Who::Patients(all) => {
                let issuers = self.config.profile.policy().issuer_as_namespace;
                // Where issuers tell people apart and no run has noted any, an ID alone leads nowhere by the key.
                let blind = issuers && self.naming.issuer.is_none() && self.identities.is_empty();
                if self.rows.is_none() && (self.key.is_none() || blind) {
                    return Err(WithdrawError::NeedsTable { release: self.release.to_owned() });
                }
                let mut unclear = Vec::new();
                for (at, asked) in all.iter().enumerate() {
                    if let Err(why) = self.find_one(&asked.id, &mut found)? {
                        unclear.push((at, why));
                    }
                }
                if let Some((_, why)) = unclear.first().copied() {
                    let same = unclear.into_iter().filter(|(_, other)| *other == why).map(|(at, _)| at);
                    return Err(WithdrawError::Unclear { why, lines: who.lines(same) });
                }
            }
        }
        Ok(found)
    }

    /// Finds one person by pseudonym; where hundreds share an ID of theirs, only what one image states of another ID joins the two.
    fn by_pseudonym(&self, pseudonym: &str, found: &mut Found) {
        let all = self.rows.as_deref().unwrap_or_default();
        let same = self.identities.named(pseudonym);
        let is_of_them =
            |row: &&Row| row.pseudonym == pseudonym || same.iter().any(|one| one.pseudonym == row.pseudonym);
        let own: Vec<&Row> = all.iter().filter(is_of_them).collect();
        let rows = self.with_others(own.clone(), all).unwrap_or_else(|_| self.next_to(own, all));
        let known = self.is_here(pseudonym) || self.has_gone(pseudonym) || !rows.is_empty() || !same.is_empty();
        found.pseudonyms.insert(pseudonym.to_owned());
        found
            .pseudonyms
            .extend(rows.iter().flat_map(|row| self.identities.named(&row.pseudonym)).map(|one| one.pseudonym));
        found.pseudonyms.extend(rows.iter().map(|row| row.pseudonym.clone()));
        found.pseudonyms.extend(same.into_iter().map(|one| one.pseudonym));
        found.patients.extend(rows.into_iter().filter(|row| !row.id.is_empty()).map(person));
        found.not_found += u64::from(!found.pseudonyms.iter().any(|name| self.is_here(name)));
        found.known.push(known);
    }

    /// Finds one person by key and by table. Both lead to the same, unless one of them is another release's.
    fn find_one(&self, id: &str, found: &mut Found) -> Result<Result<(), Unclear>, WithdrawError> {
        let by_key = match &self.key {
            Some(key) => match self.by_key(id, key) {
                Ok(meant) => Some(meant),
                Err(why) => return Ok(Err(why)),
            },
            None => None,
        };
        let id = tokumei_deid::canonical_id(&self.config.profile, id);
        let by_table = match self.by_table(&id, by_key.as_ref()) {
            Ok(rows) => rows,
            Err(why) => return Ok(Err(why)),
        };
        // With a kept key the table must say what the key says. It may hold nothing: it may be younger than the release.
        let disagrees = |row: &&Row| {
            let by_key = |key: &Key| key.pseudonyms.patient(&row.namespace, &row.id).pseudonym() != row.pseudonym;
            !row.id.is_empty() && self.key.as_ref().is_some_and(by_key)
        };
        if by_table.iter().any(disagrees) {
            return Err(WithdrawError::Disagree { release: self.release.to_owned() });
        }
        let same = |row: &&Row| self.identities.with_pseudonym(&row.pseudonym).ok_or(Unclear::TooMany);
        let named: BTreeSet<Shown> = match by_table.iter().map(same).collect::<Result<Vec<_>, Unclear>>() {
            Ok(all) => all.into_iter().flatten().collect(),
            Err(why) => return Ok(Err(why)),
        };
        let mut pseudonyms: BTreeSet<String> = by_table.iter().map(|row| row.pseudonym.clone()).collect();
        pseudonyms.extend(named.into_iter().map(|one| one.pseudonym));
        let mut known = !by_table.is_empty();
        if let Some(meant) = by_key {
            known |= meant.known;
            found.patients.insert((meant.namespace, meant.id));
            pseudonyms.extend(meant.all.into_iter().map(|one| one.pseudonym));
        } else {
            found.patients.insert((self.config.site.clone(), id));
        }
        let here = pseudonyms.iter().any(|pseudonym| self.is_here(pseudonym));
        found.known.push(known || here || pseudonyms.iter().any(|pseudonym| self.has_gone(pseudonym)));
        found.not_found += u64::from(!here);
        found.patients.extend(by_table.into_iter().filter(|row| !row.id.is_empty()).map(person));
        found.pseudonyms.extend(pseudonyms);
        Ok(Ok(()))
    }

    fn by_key(&self, id: &str, key: &Key) -> Result<identities::Meant, Unclear> {
        let (profile, site) = (&self.config.profile, self.config.site.as_str());
        let context = Context { profile, pseudonyms: &key.pseudonyms, site };
        let there = |shown: &Shown| {
            let by_row = || self.rows.iter().flatten().any(|row| row.pseudonym == shown.pseudonym);
            let by_list = || self.excluded.holds(&shown.blinded) || self.has_gone(&shown.pseudonym);
            self.is_here(&shown.pseudonym) || by_list() || by_row()
        };
        identities::meant(id, self.naming, &context, &self.identities, there)
    }

    /// Finds the rows of a person in the table, under whichever of their IDs.
    fn by_table(&self, id: &str, by_key: Option<&identities::Meant>) -> Result<Vec<&Row>, Unclear> {
        let Some(rows) = &self.rows else { return Ok(Vec::new()) };
        let (site, issuers) = (&self.config.site, self.config.profile.policy().issuer_as_namespace);
        if id.is_empty() {
            return Err(Unclear::Empty);
        }
        let is_meant =
            |row: &&Row| by_key.is_some_and(|meant| meant.all.iter().any(|one| one.pseudonym == row.pseudonym));
        let here = |row: &&Row| issuers || row.namespace == *site;
        let mut of_id: Vec<&Row> = rows.iter().filter(|row| row.id == id && here(row)).collect();
        if issuers && !self.naming.all_issuers {
            let spaces: BTreeSet<&str> = of_id.iter().map(|row| row.namespace.as_str()).collect();
            match &self.naming.issuer {
                Some(issuer) if !spaces.is_empty() && !spaces.contains(issuer.trim()) => return Err(Unclear::Issuer),
                Some(issuer) => of_id.retain(|row| row.namespace == issuer.trim()),
                None if spaces.len() > 1 => return Err(Unclear::Issuer),
                None => {}
            }
        }
        let stating = rows.iter().filter(|row| here(row) && row.others.iter().any(|(_, other)| other == id));
        of_id.extend(stating.chain(rows.iter().filter(is_meant)));
        let number = crate::consent::number(id);
        let is_near = |row: &Row| number.is_some() && crate::consent::number(&row.id) == number;
        if of_id.is_empty() && by_key.is_none() && !self.naming.exact && rows.iter().any(is_near) {
            return Err(Unclear::Zeros);
        }
        self.with_others(of_id, rows)
    }

    /// Adds the rows of the other IDs that rows state, those that state theirs, and those that state the same, over any number of steps.
    fn with_others<'r>(&self, some: Vec<&'r Row>, rows: &'r [Row]) -> Result<Vec<&'r Row>, Unclear> {
        let joined = |one: &Row, other: &Row| self.states(one, other) || self.states(other, one) || shares(one, other);
        let (mut all, mut open): (Vec<&Row>, Vec<&Row>) = (Vec::new(), some);
        let mut met = BTreeSet::new();
        while let Some(one) = open.pop() {
            if !met.insert(std::ptr::from_ref(one)) {
                continue;
            }
            all.push(one);
            if all.len() > MOST {
                return Err(Unclear::TooMany);
            }
            open.extend(rows.iter().filter(|other| joined(one, other)));
        }
        Ok(all)
    }

    /// Returns rows, and those of IDs that they state or that state theirs.
    fn next_to<'r>(&self, some: Vec<&'r Row>, rows: &'r [Row]) -> Vec<&'r Row> {
        let joined =
            |one: &Row, other: &Row| std::ptr::eq(one, other) || self.states(one, other) || self.states(other, one);
        rows.iter().filter(|row| some.iter().any(|one| joined(one, row))).collect()
    }

    /// Tells whether a row states the ID of another one beside its own.
    fn states(&self, one: &Row, other: &Row) -> bool {
        let issuers = self.config.profile.policy().issuer_as_namespace;
        one.others.iter().any(|(issuer, id)| {
            !id.is_empty() && *id == other.id && (!issuers || issuer.is_empty() || *issuer == other.namespace)
        })
    }

    fn is_here(&self, pseudonym: &str) -> bool {
        crate::withdraw::is_plain(pseudonym) && self.release.join("dicom").join(pseudonym).is_dir()
    }

    /// Tells whether somebody has withdrawn before.
    fn has_gone(&self, pseudonym: &str) -> bool {
        self.withdrawn.holds("", "", pseudonym)
    }
}

fn person(row: &Row) -> (String, String) {
    (row.namespace.clone(), row.id.clone())
}

/// Tells whether two rows state one ID beside their own. One number of two issuers makes nobody one person.
fn shares(one: &Row, other: &Row) -> bool {
    let alike = |one: &String, other: &String| one.is_empty() || other.is_empty() || one == other;
    let is_theirs = |(issuer, id): &(String, String)| {
        !id.is_empty() && other.others.iter().any(|(theirs, also)| id == also && alike(issuer, theirs))
    };
    one.others.iter().any(is_theirs)
}
