//! The index pass: who and what each file is, and what that means for the others.
//!
//! Of who an instance is it holds keyed digests alone. Of what a study states of people it holds the words, as long as its
//! instances are under way, and only where they do not all state the same: see [`crate::study`].

use crate::ahead::{Ahead, each};
use crate::gate::Gate;
use crate::heads::{Head, Heads, Mark};
use crate::journal::Stamp;
use crate::study::{Gathering, Study};
use crate::{Observer, observer::Event};
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;
use tokumei_core::{Reason, State};
use tokumei_deid::{Context, Identity, Statements};
use tokumei_pixel::REJECTED;
use tokumei_wire::{Limits, Measured};

/// A file after the index pass.
pub(crate) struct Entry {
    /// The file.
    pub path: PathBuf,
    /// What is known of it.
    pub outcome: Outcome,
    /// Why it stays here whatever else it is: its person may not leave, or nobody asked for it.
    pub gate: Option<(State, Reason)>,
}

/// Bytes from which an instance is taken up before the others.
const LARGE: u64 = 64 << 20;

impl Entry {
    /// Tells whether this is an instance that takes long.
    pub(crate) fn is_large(&self) -> bool {
        matches!(&self.outcome, Outcome::Instance(instance) if instance.stamp.size >= LARGE)
    }

    /// Returns the instance that goes on.
    pub(crate) fn instance(&self) -> Option<&Instance> {
        match &self.outcome {
            Outcome::Instance(instance) => Some(instance),
            Outcome::Settled(..) | Outcome::Elsewhere => None,
        }
    }

    /// Returns the file that is still to be read.
    pub(crate) fn to_read(&self) -> Option<PathBuf> {
        matches!(self.outcome, Outcome::Instance(_)).then(|| self.path.clone())
    }

    /// Returns what orders instances by the key instead of by their sources.
    pub(crate) fn keyed_order(&self) -> Option<[u8; 16]> {
        match &self.outcome {
            Outcome::Instance(instance) => Some(instance.identity.instance),
            Outcome::Settled(..) | Outcome::Elsewhere => None,
        }
    }
}

/// What the index pass knows of a file.
pub(crate) enum Outcome {
    /// It goes on.
    Instance(Box<Instance>),
    /// It ends here.
    Settled(State, Reason),
    /// Another share of the studies takes it.
    Elsewhere,
}

/// An instance that goes on.
pub(crate) struct Instance {
    /// Who it is.
    pub identity: Identity,
    /// What its file was when it was looked at.
    pub stamp: Stamp,
    /// What its study states, where the guard looks beyond the instance.
    pub study: Option<Arc<Study>>,
    /// Its header, where there was room to keep it.
    pub head: Option<Head>,
}

/// How the files of a run are gone through.
pub(crate) struct Reading<'a> {
    pub limits: &'a Limits,
    pub ahead: Ahead,
    /// Becomes true when the run is to end.
    pub stop: &'a AtomicBool,
    pub observer: &'a dyn Observer,
}

/// Reads the head of every file that is not settled and tells what it is.
pub(crate) fn index(
    found: Vec<crate::discover::Found>,
    context: &Context<'_>,
    reading: &Reading<'_>,
    gathering: Option<Gathering>,
    gate: &Gate<'_>,
) -> Vec<Entry> {
    let heads = Heads::new();
    let look = |found: crate::discover::Found| {
        let (outcome, gate) = match found.settled {
            Some((state, reason)) => (Outcome::Settled(state, reason), None),
            None if reading.stop.load(Ordering::Relaxed) => {
                (Outcome::Settled(State::Pending, Reason::new("interrupted")), None)
            }
            None => {
                let who = || identify(&found.path, context, reading.limits, gathering.as_ref(), gate, &heads);
                crate::output::contained(who).unwrap_or_else(|reason| Err((State::Failed, reason))).map_or_else(
                    |(state, reason)| (Outcome::Settled(state, reason), None),
                    |(instance, gate)| (Outcome::Instance(instance), gate),
                )
            }
        };
        reading.observer.event(Event::Indexed);
        Entry { path: found.path, outcome, gate }
    };
    let path = |found: &crate::discover::Found| found.settled.is_none().then(|| found.path.clone());
    let mut entries: Vec<Entry> = each(found, reading.ahead, path, |found| Some(look(found)));
    if let Some(gathering) = gathering {
        let studies = gathering.finish(context);
        for entry in &mut entries {
            if let Outcome::Instance(instance) = &mut entry.outcome {
                instance.study = studies.get(&instance.identity.study).map(Arc::clone);
            }
        }
    }
    entries
}

type Settled = (State, Reason);

fn identify(
    path: &std::path::Path,
    context: &Context<'_>,
    limits: &Limits,
    gathering: Option<&Gathering>,
    gate: &Gate<'_>,
    heads: &Heads,
) -> Result<(Box<Instance>, Option<Settled>), Settled> {
    let (file, metadata) = open_regular(path)?;
    let (stamp, mark) = (stamp(&metadata), Mark::settled(&metadata, SystemTime::now()));
    let data_set =
        tokumei_wire::read(&Measured { file: &file, length: stamp.size }, limits).map_err(|error| settle(&error))?;
    let identity = tokumei_deid::identity(&data_set, context).map_err(|held| (held.state, held.reason));
    // An instance that is held back tells of its study all the same.
    let study =
        identity.as_ref().map_or_else(|_| tokumei_deid::study_of(&data_set, context), |known| Some(known.study));
    if let (Some(gathering), Some(study)) = (gathering, study) {
        gathering.add(study, Statements::of(&data_set));
    }
    let identity = identity?;
    let reason = gate.of(&data_set, &identity, context, path);
    let head = mark.filter(|_| reason.is_none()).and_then(|mark| heads.keep(data_set, mark));
    Ok((Box::new(Instance { identity, stamp, study: None, head }), reason))
}

/// Opens an input and takes its stamp.
pub(crate) fn open(path: &std::path::Path) -> Result<(File, Stamp), Settled> {
    open_regular(path).map(|(file, metadata)| (file, stamp(&metadata)))
}

/// Opens an input and returns what the system says of it.
pub(crate) fn open_regular(path: &std::path::Path) -> Result<(File, Metadata), Settled> {
    let failed = |error: io::Error| (State::Failed, Reason::at("unreadable", error.kind()));
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err((State::Failed, Reason::new("changed-while-read")));
    }
    Ok((file, metadata))
}

/// Returns the stamp of a file.
pub(crate) fn stamp(metadata: &Metadata) -> Stamp {
    Stamp { size: metadata.len(), changed: (metadata.mtime(), metadata.mtime_nsec()) }
}

/// Returns the state and reason of a file that could not be read as DICOM.
pub(crate) fn settle(error: &tokumei_wire::ReadError) -> Settled {
    let state = match () {
        () if error.is_io() => State::Failed,
        () if error.is_not_dicom() => State::Excluded,
        () => State::Quarantined,
    };
    (state, error.reason())
}

/// Settles instances that have the SOP Instance UID of another: of equal files the one with the smallest path goes
/// on, and files that differ are all held back.
pub(crate) fn settle_duplicates(entries: &mut [Entry], context: &Context<'_>) {
    for group in groups(entries, |instance| Some(instance.identity.instance)) {
        let digests: Vec<_> = group.par_iter().map(|at| content(&entries[*at].path, context)).collect();
        let same = |digest: &io::Result<[u8; 32]>| matches!((digest, &digests[0]), (Ok(a), Ok(b)) if a == b);
        let equal = digests.iter().all(same);
        for (at, digest) in group.iter().zip(&digests).skip(usize::from(equal)) {
            entries[*at].outcome = match digest {
                Err(error) => Outcome::Settled(State::Failed, Reason::at("unreadable", error.kind())),
                Ok(_) if equal => Outcome::Settled(State::Excluded, Reason::new("duplicate")),
                Ok(_) => Outcome::Settled(State::Quarantined, Reason::new(SAME_UID)),
            };
        }
    }
}

/// Holds back every instance of a patient ID that stands for two birth dates, or for names that share no group.
pub(crate) fn settle_conflicts(entries: &mut [Entry]) {
    let patient = |instance: &Instance| instance.identity.has_patient_id.then_some(instance.identity.patient);
    for group in groups(entries, patient) {
        let identities: Vec<&Identity> = group.iter().filter_map(|at| identity_of(&entries[*at])).collect();
        if let Some(place) = conflict(&identities) {
            for at in group {
                entries[at].outcome = Outcome::Settled(State::Quarantined, Reason::at(CONFLICT, place));
            }
        }
    }
}

fn identity_of(entry: &Entry) -> Option<&Identity> {
    match &entry.outcome {
        Outcome::Instance(instance) => Some(&instance.identity),
        _ => None,
    }
}

/// Returns the attribute in which one patient is two.
fn conflict(identities: &[&Identity]) -> Option<&'static str> {
    let mut births = identities.iter().filter_map(|identity| identity.birth);
    let first = births.next();
    if births.any(|birth| Some(birth) != first) {
        return Some("PatientBirthDate");
    }
    // A name in kanji and the same in Roman letters share no group; one that has both joins them.
    let mut names: Vec<&[[u8; 16]]> = identities.iter().map(|identity| &identity.names[..]).collect();
    names.retain(|groups| !groups.is_empty());
    names.sort_unstable();
    names.dedup();
    (!joined(&names)).then_some("PatientName")
}

/// Tells whether every set is joined to every other by shared members, over any number of steps.
fn joined(sets: &[&[[u8; 16]]]) -> bool {
    let Some((first, mut rest)) = sets.split_first().map(|(first, rest)| (*first, rest.to_vec())) else { return true };
    let mut reached: std::collections::HashSet<[u8; 16]> = first.iter().copied().collect();
    loop {
        let before = rest.len();
        rest.retain(|set| {
            let touches = set.iter().any(|member| reached.contains(member));
            if touches {
                reached.extend(set.iter());
            }
            !touches
        });
        if rest.is_empty() || rest.len() == before {
            return rest.is_empty();
        }
    }
}

/// Ends the road of instances that stay here whatever else they are.
///
/// Only now, since what they say of a person still tells whether two of them are one.
pub(crate) fn settle_gates(entries: &mut [Entry]) {
    for entry in entries {
        if let (Some((state, reason)), true) = (entry.gate.take(), !matches!(entry.outcome, Outcome::Elsewhere)) {
            entry.outcome = Outcome::Settled(state, reason);
        }
    }
}

/// Tells whether an instance is held back for what another one is, or for what its person or a reviewer has decided, so that
/// it may have been released before.
pub(crate) fn is_conflict(reason: &Reason) -> bool {
    [SAME_UID, CONFLICT, STUDY_LEAK, STUDY_TOO_MANY, REJECTED].contains(&reason.id) || crate::gate::is_of_person(reason)
}

/// The reason of an instance in whose output something stands that another instance of its study states.
pub(crate) const STUDY_LEAK: &str = "study-identifier-in-output";

/// The reason of an instance whose study states more than can be searched for.
pub(crate) const STUDY_TOO_MANY: &str = "too-many-study-identifiers";

const SAME_UID: &str = "same-uid-different-content";
const CONFLICT: &str = "identity-conflict";

/// Leaves to the other shares what is theirs.
pub(crate) fn settle_shards(entries: &mut [Entry], shard: crate::Shard) {
    for entry in entries {
        let here = match &entry.outcome {
            Outcome::Instance(instance) => shard.holds(&instance.identity.study),
            _ => shard.holds_strays(),
        };
        if !here {
            entry.outcome = Outcome::Elsewhere;
        }
    }
}

/// Returns the entries that share a key with another, group by group, each in the order of the paths.
fn groups(entries: &[Entry], key: impl Fn(&Instance) -> Option<[u8; 16]>) -> Vec<Vec<usize>> {
    let mut groups: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Outcome::Instance(instance) = &entry.outcome
            && let Some(key) = key(instance)
        {
            groups.entry(key).or_default().push(at);
        }
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

/// Returns the keyed digest of a file's bytes.
fn content(path: &std::path::Path, context: &Context<'_>) -> io::Result<[u8; 32]> {
    let mut digest = context.pseudonyms.keyed_digest_stream("duplicate");
    let mut file = File::open(path)?;
    let mut block = vec![0; 256 << 10];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(digest.finish()),
            Ok(read) => digest.update(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(birth: Option<u8>, names: &[u8]) -> Identity {
        Identity {
            patient: [0; 16],
            person: [0; 32],
            has_patient_id: true,
            birth: birth.map(|birth| [birth; 16]),
            names: names.iter().map(|name| [*name; 16]).collect(),
            study: [0; 16],
            instance: [0; 16],
        }
    }

    fn conflict_of(identities: &[Identity]) -> Option<&'static str> {
        conflict(&identities.iter().collect::<Vec<_>>())
    }

    #[test]
    fn two_birth_dates_are_two_people() {
        assert_eq!(conflict_of(&[who(Some(1), &[1]), who(Some(2), &[1])]), Some("PatientBirthDate"));
        assert_eq!(conflict_of(&[who(Some(1), &[1]), who(None, &[1])]), None);
    }

    #[test]
    fn names_that_share_no_group_are_two_people_unless_a_third_joins_them() {
        assert_eq!(conflict_of(&[who(None, &[1]), who(None, &[2])]), Some("PatientName"));
        assert_eq!(conflict_of(&[who(None, &[1]), who(None, &[2]), who(None, &[1, 2])]), None);
        assert_eq!(conflict_of(&[who(None, &[]), who(None, &[2])]), None);
    }
}
