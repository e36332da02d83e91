//! Freezing: the next version of a data set.

use super::draft::{Changed, Draft, Drafted, clear};
use super::error::{DatasetError, Edit, unreadable};
use super::release::{Listing, digest, unlisted};
use super::rows::Rows;
use super::split::seeded;
use super::stamp::{is_whole, stamp};
use super::statement::{DATASET_FORMAT, last_stated};
use super::{Row, SampleMark, Shares, Signed, Split, Statement};
use crate::ManifestRow;
use crate::{Root, Signer, name_key, verify_root};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{File, TryLockError};
use std::path::Path;

/// What whoever freezes a data set states.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// The name of the data set.
    pub name: String,
    /// The legal class, by its word in profiles. The caller has compared it with the profile's.
    pub legal_class: String,
    /// The legal basis.
    pub legal_basis: String,
    /// Who answers for it.
    pub responsible: String,
    /// Who approves.
    pub approved_by: Vec<String>,
    /// How many different people must approve.
    pub approvals: usize,
    /// The sample that they have looked at; the caller has drawn it.
    pub sample: Option<SampleMark>,
    /// Why there is a new version.
    pub reason: String,
    /// The name and version of the program.
    pub tool: String,
}

/// Takes the digest of a patient's pseudonym.
pub type PatientDigest<'a> = dyn Fn(&str) -> [u8; 32] + 'a;

/// Returns all pseudonyms of the person who has one.
pub type SamePerson<'a> = dyn Fn(&str) -> BTreeSet<String> + 'a;

/// How patients are to be split.
#[derive(Default)]
pub struct SplitRequest<'a> {
    /// The shares; none takes those of the version before.
    pub shares: Option<Shares>,
    /// The digest of a patient under a sub-key of the release's key.
    pub keyed: Option<&'a PatientDigest<'a>>,
    /// A random seed for a release whose key is destroyed.
    pub seed: Option<String>,
    /// Whose pseudonyms are one person's: they are in one share.
    pub same: Option<&'a SamePerson<'a>>,
}

/// What a freeze came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frozen {
    /// The last version's statement.
    pub signed: Signed,
    /// Whether there was nothing to write, since the version before says the same.
    pub unchanged: bool,
    /// How many people the patients are, each counted once under whichever of their pseudonyms.
    pub people: u64,
    /// How many of them are in several shares, since a version before has put them there.
    pub apart: u64,
}

/// Writes the next version of a data set out of what the release holds.
///
/// The release is checked first: its ledger against its root, its manifest against the ledger, and every file against both.
/// Where the run took no digests they are taken here. Nothing is written when the version before says the same.
///
/// # Errors
/// [`DatasetError`]; nothing was written then. [`DatasetError::Edited`] names the files that are not as the run left them.
pub fn freeze(
    release: &Path,
    terms: &Terms,
    split: &SplitRequest<'_>,
    signer: &Signer,
) -> Result<Frozen, DatasetError> {
    complete(terms)?;
    let _lock = lock(release)?;
    let root = verify_root(&release.join("audit"))?;
    is_whole(release, &root)?;
    let before = before(release)?;
    if let Some(before) = before.as_ref().filter(|before| before.statement.name != terms.name) {
        return Err(DatasetError::Name { stated: before.statement.name.clone() });
    }
    let same = split.same;
    let mut split = Splitter::of(before.as_ref(), split)?;
    split.earlier = earlier_shares(release, before.as_ref())?;
    let written = draft(release, &split).and_then(|draft| {
        let changed = draft.compare(release, before.as_ref().map(|before| before.statement.version))?;
        let statement = statement(&root, terms, &split, before.as_ref(), &draft, &changed);
        let (people, apart) = draft.people(same);
        let frozen = match before {
            Some(before) if says_the_same(&before.statement, &statement) => {
                draft.discard();
                stamp(release, signer)?;
                Ok(Frozen { signed: before, unchanged: true, people, apart })
            }
            _ => publish(release, draft, statement, signer),
        };
        frozen.map(|frozen| Frozen { people, apart, ..frozen })
    });
    if written.is_err() {
        clear(release);
    }
    written
}

/// Writes the next version of a data set without some instances, for a reason: all else is as in the version before.
///
/// Returns `None` when the release was never frozen, or none of the instances is in its last version. The caller holds the
/// release, and has taken the files and leaves away before; what was added to the release since the version before stays out,
/// since nobody has approved it.
///
/// # Errors
/// [`DatasetError`]; nothing was written then.
pub fn withdraw(
    release: &Path,
    instances: &BTreeSet<String>,
    reason: &str,
    tool: &str,
    signer: &Signer,
) -> Result<Option<Frozen>, DatasetError> {
    let root = verify_root(&release.join("audit"))?;
    let Some(before) = before(release)?.filter(|_| is_whole(release, &root).is_ok()) else { return Ok(None) };
    let written = without(release, &before, instances).and_then(|draft| {
        let changed = draft.compare(release, Some(before.statement.version))?;
        if changed.removed == 0 {
            draft.discard();
            return Ok(None);
        }
        let old = &before.statement;
        let terms = Terms {
            name: old.name.clone(),
            legal_class: old.legal_class.clone(),
            legal_basis: old.legal_basis.clone(),
            responsible: old.responsible.clone(),
            // Nobody has approved this version.
            approved_by: Vec::new(),
            approvals: 0,
            sample: None,
            reason: reason.to_owned(),
            tool: tool.to_owned(),
        };
        let split = Splitter { split: old.split.clone(), ..Splitter::default() };
        let statement = statement(&root, &terms, &split, Some(&before), &draft, &changed);
        publish(release, draft, statement, signer).map(Some)
    });
    if written.is_err() {
        clear(release);
    }
    written
}

fn complete(terms: &Terms) -> Result<(), DatasetError> {
    let needed = [
        ("name", &terms.name),
        ("legal-class", &terms.legal_class),
        ("legal-basis", &terms.legal_basis),
        ("responsible", &terms.responsible),
    ];
    if let Some((what, _)) = needed.into_iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(DatasetError::Missing { what });
    }
    let given = approvers(terms).len();
    if given < terms.approvals {
        return Err(DatasetError::Approvals { needed: terms.approvals, given });
    }
    Ok(())
}

/// Returns who approves, each of them once.
fn approvers(terms: &Terms) -> BTreeSet<String> {
    let mut seen = HashSet::new();
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ");
    let names = terms.approved_by.iter().map(|name| plain(name)).filter(|name| !name_key(name).is_empty());
    names.filter(|name| seen.insert(name_key(name))).collect()
}

fn lock(release: &Path) -> Result<File, DatasetError> {
    let folder = File::open(release).map_err(unreadable(release))?;
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => Err(DatasetError::Busy { path: release.to_owned() }),
        // A file system without locks: the operator is asked elsewhere not to work twice.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(folder),
    }
}

/// Returns the last version, if there is one.
fn before(release: &Path) -> Result<Option<Signed>, DatasetError> {
    match last_stated(release)? {
        0 => Ok(None),
        version => Signed::read(release, version).map(Some),
    }
}

/// How patients of this version are split.
#[derive(Default)]
struct Splitter<'a> {
    split: Option<Split>,
    digest: Option<Box<PatientDigest<'a>>>,
    same: Option<&'a SamePerson<'a>>,
    /// The shares of the version before, which nobody leaves.
    earlier: HashMap<String, String>,
}

impl<'a> Splitter<'a> {
    /// Goes on as the version before did, or begins as asked.
    fn of(before: Option<&Signed>, request: &SplitRequest<'a>) -> Result<Splitter<'a>, DatasetError> {
        let earlier = before.and_then(|before| before.statement.split.clone());
        let (shares, seed) = match (earlier, &request.shares) {
            (None, None) => return Ok(Splitter::default()),
            (None, Some(asked)) => (asked.clone(), request.seed.clone().filter(|_| request.keyed.is_none())),
            (Some(earlier), asked) => {
                let shares = Shares::of(earlier.shares).ok_or(DatasetError::Shares)?;
                if asked.as_ref().is_some_and(|asked| *asked != shares) {
                    return Err(DatasetError::SplitDiffers { stated: shares.to_string() });
                }
                (shares, earlier.seed)
            }
        };
        let digest: Box<PatientDigest<'a>> = match (seed.clone(), request.keyed) {
            (Some(seed), _) => Box::new(move |patient| seeded(&seed, patient)),
            (None, Some(keyed)) => Box::new(keyed),
            (None, None) => return Err(DatasetError::SplitKey),
        };
        let shares = shares.shares().clone();
        let split = Split { moved: BTreeSet::new(), patients: BTreeMap::new(), seed, shares };
        Ok(Splitter { split: Some(split), digest: Some(digest), same: request.same, earlier: HashMap::new() })
    }

    /// Returns the share of a patient: where the version before has them, else where it has the same person, else where the
    /// least digest of the person belongs.
    fn share(&self, patient: &str) -> Option<String> {
        let shares = Shares::of(self.split.as_ref()?.shares.clone())?;
        let digest = self.digest.as_ref()?;
        let mut all = self.same.map(|same| same(patient)).unwrap_or_default();
        all.insert(patient.to_owned());
        let known = all.iter().filter_map(|one| Some((digest(one), self.earlier.get(one)?))).min();
        let earlier = self.earlier.get(patient).or(known.map(|(_, share)| share));
        let least = || Some(shares.of_digest(&all.iter().map(|one| digest(one)).min()?).to_owned());
        earlier.cloned().or_else(least)
    }
}

/// Returns the share of each patient of the version before.
fn earlier_shares(release: &Path, before: Option<&Signed>) -> Result<HashMap<String, String>, DatasetError> {
    let mut shares = HashMap::new();
    let Some(before) = before.filter(|before| before.statement.split.is_some()) else { return Ok(shares) };
    let mut rows = Rows::open(release, before.statement.version)?;
    while let Some(row) = rows.next().transpose()? {
        shares.extend(row.split.map(|share| (row.patient, share)));
    }
    Ok(shares)
}

/// Drafts a version out of what the release holds, every file of which is looked at.
fn draft(release: &Path, split: &Splitter<'_>) -> Result<Drafted, DatasetError> {
    let mut draft = Draft::begin(release)?;
    let mut edits = Edits::default();
    let mut there = 0;
    for listed in Listing::open(release)? {
        let listed = listed?;
        let known = digest(release, &listed.path)?;
        there += u64::from(known != Err(Edit::Missing));
        match known {
            Err(edit) => edits.add(&listed.path, edit),
            Ok((bytes, sha256)) if agrees(&listed, bytes, &sha256) => {
                let share = split.share(&listed.patient);
                draft.push(&row(listed, sha256, share))?;
            }
            Ok(_) => edits.add(&listed.path, Edit::Differs),
        }
    }
    let listed = || Listing::open(release)?.map(|listed| Ok(listed?.path)).collect();
    let (names, count) = unlisted(release, there, listed, SHOWN)?;
    names.iter().for_each(|name| edits.add(name, Edit::Added));
    edits.more += count - names.len() as u64;
    if !edits.files.is_empty() {
        return Err(DatasetError::Edited { files: edits.files, more: edits.more });
    }
    draft.finish()
}

fn agrees(listed: &ManifestRow, bytes: u64, sha256: &str) -> bool {
    listed.bytes == bytes && listed.digest.as_deref().is_none_or(|digest| digest == sha256)
}

fn row(listed: ManifestRow, sha256: String, split: Option<String>) -> Row {
    Row {
        bytes: listed.bytes,
        instance: listed.instance,
        modality: listed.modality,
        path: listed.path,
        patient: listed.patient,
        series: listed.series,
        sha256,
        sop_class: listed.sop_class,
        split,
        study: listed.study,
    }
}

/// Files that are not as the run left them.
#[derive(Default)]
struct Edits {
    files: Vec<(String, Edit)>,
    more: u64,
}

impl Edits {
    fn add(&mut self, path: &str, edit: Edit) {
        if self.files.len() < SHOWN { self.files.push((path.to_owned(), edit)) } else { self.more += 1 }
    }
}

/// How many files an error names.
const SHOWN: usize = 100;

/// Drafts a version with the rows of the one before, some instances left out.
fn without(release: &Path, before: &Signed, instances: &BTreeSet<String>) -> Result<Drafted, DatasetError> {
    let mut draft = Draft::begin(release)?;
    let mut rows = Rows::open(release, before.statement.version)?;
    while let Some(row) = rows.next().transpose()? {
        if !instances.contains(&row.instance) {
            draft.push(&row)?;
        }
    }
    // A version that goes on from an altered manifest would make the alteration good.
    if crate::ledger::hex(&rows.tree().root()) != before.statement.manifest_root {
        return Err(DatasetError::Manifest { version: before.statement.version, line: 0 });
    }
    draft.finish()
}

fn statement(
    root: &Root,
    terms: &Terms,
    split: &Splitter<'_>,
    before: Option<&Signed>,
    draft: &Drafted,
    changed: &Changed,
) -> Statement {
    let split = split.split.clone().map(|split| {
        let none = split.shares.keys().map(|name| (name.clone(), 0));
        let patients = none.chain(draft.shares.iter().map(|(name, count)| (name.clone(), *count))).collect();
        Split { patients, moved: moved(&split, draft), ..split }
    });
    Statement {
        added: changed.added,
        approved_by: approvers(terms).into_iter().collect(),
        bytes: draft.bytes,
        changed: changed.changed,
        changes_sha256: changed.sha256.clone(),
        files: draft.files,
        format: DATASET_FORMAT.to_owned(),
        key: root.key.clone(),
        ledger_root: root.merkle_root.clone(),
        legal_basis: terms.legal_basis.trim().to_owned(),
        legal_class: terms.legal_class.clone(),
        manifest_root: draft.manifest_root.clone(),
        name: terms.name.clone(),
        patients: draft.patients,
        previous: before.map(Signed::digest),
        profile: root.profile.clone(),
        reason: terms.reason.trim().to_owned(),
        removed: changed.removed,
        responsible: terms.responsible.trim().to_owned(),
        sample: terms.sample.clone(),
        split,
        table_sha256: draft.table_sha256.clone(),
        tool: terms.tool.clone(),
        version: before.map_or(1, |before| before.statement.version + 1),
    }
}

/// Returns the patients who are not where the seed would have them.
fn moved(split: &Split, draft: &Drafted) -> BTreeSet<String> {
    let (Some(seed), Some(shares)) = (&split.seed, Shares::of(split.shares.clone())) else { return BTreeSet::new() };
    let is_elsewhere = |(patient, share): &(&String, &Option<String>)| {
        share.as_deref().is_some_and(|share| share != shares.of_digest(&seeded(seed, patient)))
    };
    draft.by_patient.iter().filter(is_elsewhere).map(|(patient, _)| patient.clone()).collect()
}

/// Tells whether a new version would say nothing that the one before does not.
fn says_the_same(before: &Statement, now: &Statement) -> bool {
    let terms = |one: &Statement| {
        let words =
            [&one.name, &one.legal_class, &one.legal_basis, &one.responsible, &one.manifest_root].map(String::clone);
        (words, one.approved_by.clone(), one.split.clone())
    };
    terms(before) == terms(now)
}

fn publish(release: &Path, draft: Drafted, statement: Statement, signer: &Signer) -> Result<Frozen, DatasetError> {
    let unexplained = statement.removed + statement.changed > 0 || statement.version > 1 && statement.added == 0;
    if unexplained && statement.reason.is_empty() {
        return Err(DatasetError::Reason { removed: statement.removed, changed: statement.changed });
    }
    let signed = statement.sign(signer);
    draft.publish(release, &signed)?;
    stamp(release, signer)?;
    Ok(Frozen { people: signed.statement.patients, signed, unchanged: false, apart: 0 })
}
