//! The road of one instance: read, planned, assessed, written, guarded, named.

use crate::guarded::guarded;
use crate::handed::hand_over;
use crate::index::{Instance, open_regular, settle, stamp};
use crate::journal::{Header, Journal, Record, Stamp};
use crate::leaf::{self, leaf};
use crate::original::Original;
use crate::output::{Output, Written};
use crate::review::{Approvals, Objection};
use crate::stage::{Stage, Staged};
use crate::timing::{Clock, Part};
use crate::treat::{Decided, Ready, Unready, decide, nowhere, ready};
use crate::treatments::Treatments;
use crate::witness::{Witness, read_through};
use crate::{Config, Flush, Hidden, Observer, observer::Event, paths};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokumei_audit::Leaf;
use tokumei_core::{Reason, State, hex};
use tokumei_deid::{Context, Plan};
use tokumei_pixel::{REJECTED, Reviewed};
use tokumei_wire::{DataSet, Source, SpliceError, with_block};

/// What all instances of a run have in common.
pub(crate) struct Road<'a> {
    pub config: &'a Config,
    pub context: Context<'a>,
    /// The folders around the inputs.
    pub around: Vec<PathBuf>,
    pub observer: &'a dyn Observer,
    /// Where outputs go; `None` in a dry run.
    pub ground: Option<Ground<'a>>,
    /// Whether the ledger gets a keyed digest of each input.
    pub digest_inputs: bool,
    /// What was done to data elements so far.
    pub treatments: Treatments,
    /// What people have approved after looking at it.
    pub approvals: Approvals,
    /// Where the time goes.
    pub clock: Clock,
    /// New SOP Instance UIDs that this run has met.
    pub claimed: Mutex<HashSet<String>>,
    /// What was hidden so far.
    pub hidden: Mutex<Hidden>,
}

/// Where outputs go.
pub(crate) struct Ground<'a> {
    /// The root of the release, or of what becomes one.
    pub root: &'a Path,
    pub stage: &'a Stage,
    pub journal: &'a Journal,
    /// Whether the journal may say which input an output came from.
    pub remember_sources: bool,
    pub flush: Flush,
    /// Bytes that the papers about the inputs will need beside what grows with the journal.
    pub papers: AtomicU64,
    /// Bytes that may be written before the disk is asked again how much room there is.
    pub room: AtomicU64,
}

/// About what an instance adds to journal, ledger and manifests.
const A_RECORD: u64 = 64 << 10;

/// Where an instance's road ended.
pub(crate) enum End {
    /// In the release.
    Released {
        /// Its place, relative to the root.
        release: String,
        /// Bytes of the output that this run wrote; `None` when it was there already.
        written: Option<u64>,
    },
    /// Before it.
    Held {
        state: State,
        reason: Reason,
        /// How many frames it has, where its header could be read.
        frames: u64,
    },
    /// The disk is full, which is nobody's fault but ends the run.
    DiskFull,
}

impl End {
    /// Adds how many frames the instance has.
    fn of(self, data_set: &DataSet) -> End {
        match self {
            End::Held { state, reason, .. } => End::Held { state, reason, frames: tokumei_pixel::frames(data_set) },
            end => end,
        }
    }
}

impl From<(State, Reason)> for End {
    fn from((state, reason): (State, Reason)) -> Self {
        End::Held { state, reason, frames: 0 }
    }
}

impl From<Unready> for End {
    fn from(unready: Unready) -> Self {
        match unready {
            Unready::Held(state, reason) => End::from((state, reason)),
            Unready::Unwritable(error) => unwritable(error),
            Unready::Splice(error) => splice_end(&error, None),
        }
    }
}

impl Road<'_> {
    /// Takes an instance along the road.
    pub(crate) fn travel(&self, path: &Path, instance: &Instance) -> End {
        self.walk(path, instance).unwrap_or_else(|end| end)
    }

    fn walk(&self, path: &Path, instance: &Instance) -> Result<End, End> {
        let (file, metadata) = open_regular(path)?;
        let now = stamp(&metadata);
        unchanged(now, instance.stamp)?;
        let source = paths::to_text(path);
        let study = instance.study.as_deref();
        let guarded_with = study.map(|study| study.mark.clone()).unwrap_or_default();
        let objection = self.approvals.objection(&file, now.size).map_err(unreadable)?;
        // What somebody has rejected since is made anew, wherever it is.
        let already = objection.is_none().then(|| self.already(&source, now, &guarded_with)).flatten();
        if let Some(release) = already {
            return Ok(End::Released { release, written: None });
        }
        if objection == Some(Objection::Stands) && self.is_out(&source) {
            return Err(End::from((State::Quarantined, Reason::new(REJECTED))));
        }
        let original = Original::new(&file, now.size);
        let read;
        let data_set = match instance.head.as_ref().and_then(|head| head.of(&metadata)) {
            Some(kept) => kept,
            None => {
                read = self.clock.time(Part::Read, || tokumei_wire::read(&original, &self.config.limits));
                read.as_ref().map_err(|error| End::from(settle(error)))?
            }
        };
        let decided = self.clock.time(Part::Plan, || self.decide(data_set, &original, &file, objection));
        let (decided, mut reviewers) = decided.map_err(|end| end.of(data_set))?;
        self.claim(&decided.plan)?;
        let release = place(&decided.plan)?;
        let scratch = || self.ground.as_ref().map_or_else(nowhere, |ground| ground.stage.scratch());
        let make =
            |decided| self.clock.time(Part::Mask, || ready(decided, data_set, &original, &self.context, &scratch));
        let ready = match make(decided) {
            // What only the second look holds back may have been approved too.
            Err(Unready::Held(state, reason)) if reviewers.is_none() => {
                let (decided, people) = self.decide_again(data_set, &original, &file, state, reason)?;
                reviewers = people;
                make(decided)
            }
            ready => ready,
        };
        let ready = ready.map_err(|unready| End::from(unready).of(data_set))?;
        self.clock.time(Part::Guard, || {
            let uids = tokumei_deid::replaced_uids(&ready.plan, data_set, &self.context);
            let parts = paths::below(path, &self.around);
            // Few outputs ask, so the UIDs are drawn again only then.
            let drawn = OnceCell::new();
            let draw = || uids.iter().map(|uid| self.context.pseudonyms.uid(uid).into_bytes()).collect::<HashSet<_>>();
            let is_drawn = |uid: &[u8]| !uid.is_empty() && drawn.get_or_init(draw).contains(uid);
            guarded(ready.plan.evidence(), study, &uids, &is_drawn, &parts, &ready.splice, &ready.rendered)
        })?;
        let asked = ready.requests.regions.iter().map(|one| format!("{}/{}", one.source.as_str(), one.by));
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner).count(asked);
        let Some(ground) = &self.ground else {
            self.observer.event(Event::Planned { source: path, changes: &ready.plan.changes(data_set) });
            return Ok(End::Released { release, written: None });
        };
        if !ground.has_room(ready.splice.len()) {
            return Err(End::DiskFull);
        }
        let (staged, written, input) = self.clock.time(Part::Write, || self.write(ground, &ready, data_set, &file))?;
        unchanged(stamp(&file.metadata().map_err(unreadable)?), instance.stamp)?;
        let recording = Instant::now();
        let (leaf, treatment) = leaf(&ready, data_set, &self.context, &self.treatments, input, &written);
        let leaf = Leaf { reviewers, ..leaf }.line();
        let plan = ready.plan;
        let row = leaf::row(&plan, data_set, &release, &written).line();
        let source = if ground.remember_sources { source } else { String::new() };
        let bytes = written.bytes;
        let person = hex(&instance.identity.person);
        let header =
            Header { instance: plan.instance_uid, release, bytes, source, stamp: now, study: guarded_with, person };
        let named = ground.name(staged, &Record { header: &header, leaf: &leaf, treatment: &treatment, row: &row });
        self.clock.add(Part::Record, recording.elapsed());
        named
    }

    /// Decides about an instance, and once more with what people have approved where its first look holds it back. Returns
    /// how many of them had to agree.
    ///
    /// What nothing but a person has held back is released when enough people approve it after that.
    fn decide<'p>(
        &'p self,
        data_set: &DataSet,
        original: &Original<'_>,
        file: &File,
        objection: Option<Objection>,
    ) -> Result<(Decided<'p>, Option<u32>), End> {
        match decide(data_set, original, &self.context, &self.config.mask_rules, &Reviewed::default()) {
            Ok(decided) if objection.is_none() => Ok((decided, None)),
            Ok(_) => self.decide_again(data_set, original, file, State::Quarantined, Reason::new(REJECTED)),
            Err((state, reason)) => self.decide_again(data_set, original, file, state, reason),
        }
    }

    /// Decides about an instance that is held back with what people have approved, if they have.
    fn decide_again<'p>(
        &'p self,
        data_set: &DataSet,
        original: &Original<'_>,
        file: &File,
        state: State,
        reason: Reason,
    ) -> Result<(Decided<'p>, Option<u32>), End> {
        match self.approvals.of(file, reason.id).map_err(unreadable)? {
            Some(approved) if state == State::Quarantined => {
                let decided = decide(data_set, original, &self.context, &self.config.mask_rules, &approved.reviewed)?;
                Ok((decided, Some(approved.reviewers)))
            }
            _ => Err(End::from((state, reason))),
        }
    }

    /// Returns the place of the output that an earlier run made of this very input, if it is surely whole, and if the
    /// study states nothing today that the guard did not know then.
    fn already(&self, source: &str, now: Stamp, study: &str) -> Option<String> {
        let ground = self.ground.as_ref()?;
        let known = ground.journal.record_of_source(source)?;
        let same =
            known.header.source == source && known.header.stamp == now && known.flushed && known.header.study == study;
        let there = || fs::symlink_metadata(ground.root.join(&known.header.release));
        let whole = same && there().is_ok_and(|there| there.is_file() && there.len() == known.header.bytes);
        // Claimed as if it were made now, so that no other instance can take its name.
        (whole && self.claim_uid(&known.header.instance)).then(|| known.header.release.clone())
    }

    /// Tells whether an earlier run has released an output of this input.
    fn is_out(&self, source: &str) -> bool {
        self.ground.as_ref().is_some_and(|ground| ground.journal.record_of_source(source).is_some())
    }

    fn claim(&self, plan: &Plan<'_>) -> Result<(), End> {
        let first = self.claim_uid(&plan.instance_uid);
        if first { Ok(()) } else { Err(End::from((State::Quarantined, Reason::new("new-uid-taken")))) }
    }

    fn claim_uid(&self, uid: &str) -> bool {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned())
    }

    /// Writes the output and returns it with the digest of the input, taken from the bytes that pass where all of them do.
    fn write(
        &self,
        ground: &Ground<'_>,
        ready: &Ready<'_, '_>,
        data_set: &DataSet,
        file: &File,
    ) -> Result<(Staged, Written, Option<String>), End> {
        let staged = ground.stage.file().map_err(unwritable)?;
        if self.config.digest == crate::Digest::Off && !self.digest_inputs && ready.rendered.untouched {
            let handed = hand_over(&ready.splice, file, staged.file(), &ground.stage.copies);
            if let Some(bytes) = handed {
                return Ok((staged, Written { bytes, digest: None }, None));
            }
        }
        let mut output = Output::new(staged.file(), self.config.digest);
        let start = || self.context.pseudonyms.keyed_digest_stream("input");
        let source = ready.rendered.source();
        let witness = (self.digest_inputs && ready.rendered.untouched && !ready.splice.deflate)
            .then(|| Witness::new(source, ready.splice.bulk.clone(), file.len(), data_set, start()))
            .flatten();
        let passing = witness.as_ref().map_or(source, |witness| witness as &dyn Source);
        let result = ready.splice.write(passing, &mut output);
        result.map_err(|error| splice_end(&error, output.failed))?;
        let written = output.finish();
        let input = match witness.and_then(|witness| witness.finish(data_set)) {
            Some(digest) => Some(hex(&digest)),
            None if self.digest_inputs => Some(hex(&read_through(file, start()).map_err(unreadable)?)),
            None => None,
        };
        Ok((staged, written, input))
    }
}

impl Ground<'_> {
    /// Tells whether an output would leave enough room for ledger, manifests and index.
    ///
    /// Without them the release is not valid, so a disk counts as full a little before it is. A quota does not show
    /// here; then the papers are written by the next run. The disk is asked again when a part of what it had is used.
    fn has_room(&self, bytes: u64) -> bool {
        let asked = bytes.saturating_add(A_RECORD);
        let take = |left: u64| left.checked_sub(asked);
        if self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            return true;
        }
        let papers = self.journal.bytes() / 4 * 5 + self.papers.load(Ordering::Relaxed);
        let Ok(disk) = rustix::fs::statvfs(self.root) else { return true };
        let free = disk.f_bavail.saturating_mul(disk.f_frsize).saturating_sub(papers);
        // Others write to the disk too, and records differ in length: only a small part is taken for granted.
        self.room.store((free / 64).saturating_sub(asked), Ordering::Relaxed);
        free > bytes
    }

    /// Gives a staged output its name, or finds the same output there.
    fn name(&self, staged: Staged, record: &Record<'_>) -> Result<End, End> {
        let header = record.header;
        let path = self.root.join(&header.release);
        let release = header.release.clone();
        // A record that is withdrawn takes those before it along, so a name that may be taken is looked at first.
        let met = self.journal.record(&header.instance).is_some() && fs::symlink_metadata(&path).is_ok();
        if !met {
            let named = self.journal.record_and(record, || {
                self.flush_file(&staged)?;
                publish(&staged, &path)?;
                self.flush_folder(&path)
            });
            match named {
                Ok(()) => return Ok(End::Released { release, written: Some(header.bytes) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unwritable(error)),
            }
        }
        let there = fs::symlink_metadata(&path).map_err(unwritable)?;
        if there.is_file() && same_bytes(staged.file(), &path).map_err(unwritable)? {
            if !self.is_recorded(header) {
                self.journal.record_and(record, || Ok(())).map_err(unwritable)?;
            }
            return Ok(End::Released { release, written: None });
        }
        if self.may_be_torn(header) {
            let named = self.journal.record_and(record, || {
                self.flush_file(&staged)?;
                staged.replace(&path, self.stage)?;
                self.flush_folder(&path)
            });
            named.map_err(unwritable)?;
            return Ok(End::Released { release, written: Some(header.bytes) });
        }
        Err(End::from((State::Quarantined, Reason::new("differs-from-release"))))
    }

    /// Makes the bytes of an output lasting before it gets its name, where that is asked for.
    fn flush_file(&self, staged: &Staged) -> io::Result<()> {
        if self.flush == Flush::Each { staged.file().sync_all() } else { Ok(()) }
    }

    /// Makes the name lasting.
    fn flush_folder(&self, path: &Path) -> io::Result<()> {
        match path.parent().filter(|_| self.flush == Flush::Each) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    fn is_recorded(&self, header: &Header) -> bool {
        self.journal.record(&header.instance).is_some_and(|known| *known.header == *header)
    }

    /// Tells whether what has the name may be what a power failure left of a run that died.
    fn may_be_torn(&self, header: &Header) -> bool {
        let flushed = self.journal.record(&header.instance).is_some_and(|known| known.flushed);
        self.journal.is_unclean() && !flushed
    }
}

/// Gives an output its name, and makes the folder when it is the first there.
fn publish(staged: &Staged, path: &Path) -> io::Result<()> {
    match staged.publish(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            staged.publish(path)
        }
        done => done,
    }
}

/// Returns the place of an output, relative to the root.
fn place(plan: &Plan<'_>) -> Result<String, End> {
    let names = [&plan.patient, &plan.study_uid, &plan.series_uid, &plan.instance_uid];
    let plain = |name: &str| {
        let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
        letters && !name.is_empty() && name.len() <= 64 && !name.starts_with('.')
    };
    if !names.iter().all(|name| plain(name)) {
        return Err(End::from((State::Quarantined, Reason::new("no-file-name"))));
    }
    Ok(format!("dicom/{}/{}/{}/{}.dcm", names[0], names[1], names[2], names[3]))
}

fn unchanged(now: Stamp, then: Stamp) -> Result<(), End> {
    if now == then { Ok(()) } else { Err(End::from((State::Failed, Reason::new("changed-while-read")))) }
}

fn unreadable(error: io::Error) -> End {
    End::from((State::Failed, Reason::at("unreadable", error.kind())))
}

fn unwritable(error: io::Error) -> End {
    if is_full(error.kind()) {
        End::DiskFull
    } else {
        End::from((State::Failed, Reason::at("unwritable", error.kind())))
    }
}

/// Tells whether an error means that there is no room left.
pub(crate) fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Returns how an instance ends that could not be spliced; `output` is the error of the output's side, if any.
fn splice_end(error: &SpliceError, output: Option<io::ErrorKind>) -> End {
    match (error, output) {
        (_, Some(kind)) => unwritable(kind.into()),
        (SpliceError::Io(error), None) => unreadable(error.kind().into()),
        (SpliceError::Shrunk, None) => End::from((State::Failed, Reason::new("changed-while-read"))),
        (SpliceError::Misplaced { path } | SpliceError::TooLong { path }, None) => {
            End::from((State::Quarantined, Reason::at("cannot-be-written", path)))
        }
        _ => End::from((State::Quarantined, Reason::new("cannot-be-written"))),
    }
}

/// Tells whether a file has the same bytes as the one at a path.
fn same_bytes(ours: &File, path: &Path) -> io::Result<bool> {
    let theirs = File::open(path)?;
    let length = ours.metadata()?.len();
    if theirs.metadata()?.len() != length {
        return Ok(false);
    }
    with_block(|block| {
        let (left, right) = block.split_at_mut(block.len() / 2);
        let mut offset = 0;
        while offset < length {
            let part = left.len().min(usize::try_from(length - offset).unwrap_or(left.len()));
            ours.read_exact_at(&mut left[..part], offset)?;
            theirs.read_exact_at(&mut right[..part], offset)?;
            if left[..part] != right[..part] {
                return Ok(false);
            }
            offset += part as u64;
        }
        Ok(true)
    })
}
