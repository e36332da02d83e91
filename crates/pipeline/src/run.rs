//! The road of many.

mod once;

use crate::ahead::{self, Ahead, each};
use crate::begun::{Untouched, lock, read_root};
use crate::certificate::{Refused, read_people};
use crate::consent::{Leaving, Met};
use crate::discover::discover;
use crate::execution::Past;
use crate::gate::Gate;
use crate::identities::{Identities, Said};
use crate::index::{self, Entry, Outcome, Reading};
use crate::journal::Journal;
use crate::kept::{self, Before, Kept};
use crate::kin::Kin;
use crate::linkage::{self, Linked, People};
use crate::note::Note;
use crate::observer::Event;
use crate::papers::Papers;
use crate::places::Places;
use crate::readmission::Excluded;
use crate::report::{Report, Row, Stop};
use crate::review::Approvals;
use crate::road::{End, Ground, Road, is_full};
use crate::stage::Stage;
use crate::standing::{self, Standing};
use crate::study::Gathering;
use crate::tally::{Flusher, Tally};
use crate::timing::{Clock, Part};
use crate::treatments::Treatments;
use crate::vault::{Key, Vault};
use crate::{Config, GuardScope, Observer, RunError, execution, output, paths};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};
use tokumei_core::{Reason, State};
use tokumei_deid::Context;
use tokumei_profile::policy::{InputDigest, KeyPolicy};

/// De-identifies everything under the inputs into the release.
///
/// Returns when every discovered file has its one state. When `stop` becomes true, files in hand are finished and
/// the rest stays pending; the release is valid then, or, where its key is destroyed, is given up.
///
/// # Errors
/// [`RunError`] when nothing was done, or the release was left as it was.
pub fn run(config: &Config, stop: &AtomicBool, observer: &dyn Observer) -> Result<Report, RunError> {
    let workers = config.threads.map_or(0, std::num::NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().map_err(|_| RunError::Workers)?;
    pool.install(|| {
        Run {
            config,
            stop,
            observer,
            full: AtomicBool::new(false),
            began: SystemTime::now(),
            refused: Refused::default(),
            met: Met::default(),
            said: Said::default(),
        }
        .all()
    })
}

struct Run<'a> {
    config: &'a Config,
    stop: &'a AtomicBool,
    observer: &'a dyn Observer,
    full: AtomicBool,
    began: SystemTime,
    refused: Refused,
    met: Met,
    said: Said,
}

impl Run<'_> {
    fn all(&self) -> Result<Report, RunError> {
        let config = self.config;
        if config.shard.index >= config.shard.count {
            return Err(RunError::NoSuchShard { index: config.shard.index, count: config.shard.count });
        }
        linkage::allowed(config)?;
        let places = Places::find(&config.inputs, &config.out, config.vault.as_deref())?;
        let mut report = match (config.dry_run, config.profile.policy().key) {
            (true, _) => self.dry(&places),
            (false, KeyPolicy::Ephemeral) => self.once(&places),
            (false, KeyPolicy::Project) => self.kept(&places),
        }?;
        report.elapsed = self.began.elapsed().unwrap_or_default();
        Ok(report)
    }

    /// Plans everything and writes nothing.
    fn dry(&self, places: &Places) -> Result<Report, RunError> {
        let key = Key::find(self.config, &places.vault)?;
        let road = self.road(&key, &places.vault, None)?;
        let past = Past::of(&places.vault)?;
        let root = read_root(&places.release).ok().flatten();
        let before = Before::of(self.config, &places.vault, &past, root.as_ref())?;
        let identities = Identities::load(&places.vault)?;
        let (entries, bytes, _) = self.index(&road, places, &self.gate(&before, None), identities);
        self.zeros()?;
        let readmitted = Excluded::load(&places.vault)?.readmit(&entries, self.config, &key.pseudonyms)?;
        let mut report = self.travel(&road, entries, bytes);
        report.unmet = self.unmet(&key, places);
        report.readmitted = readmitted.count();
        // Nothing was written, and nobody has looked what is there.
        report.reused = 0;
        Ok(report)
    }

    /// Adds to a release whose key is kept.
    fn kept(&self, places: &Places) -> Result<Report, RunError> {
        let untouched = Untouched::of(places);
        let Kept { vault, mut key, terms, earlier, taken_up, past, standing, before, mut excluded, signer } =
            Kept::check(self.config, places)?;
        let stage = self.prepare(places)?;
        let _lock = lock(&places.release)?;
        let journal = kept::begin(places, &vault, &mut key, &terms)?;
        if let Some(root) = &earlier {
            let note =
                Note::read(&vault.folder).map_err(|source| RunError::Vault { path: places.vault.clone(), source })?;
            standing::recorded(places, &journal, root, standing, &note)?;
        }

        let ground = Ground {
            root: &places.release,
            stage: &stage,
            journal: &journal,
            remember_sources: true,
            flush: self.config.flush,
            papers: AtomicU64::new(0),
            room: AtomicU64::new(0),
        };
        let road = self.road(&key, &vault.folder, Some(ground))?;
        let identities = Identities::load(&vault.folder)?;
        let (entries, bytes, kin) = self.index(&road, places, &self.gate(&before, Some(&journal)), identities);
        self.zeros().inspect_err(|_| untouched.restore())?;
        let readmitted = excluded.readmit(&entries, self.config, &key.pseudonyms)?;
        excluded.add(&vault.folder, &self.refused, self.config, &key.pseudonyms)?;
        self.hear(&vault)?;
        let Before { withdrawn, people } = before;
        let had_table = linkage::table_of(&places.vault).exists();
        let (linked, rows) = self.link(&road, places, people, &entries)?;
        let mut report = self.travel(&road, entries, bytes);
        report.older = standing == Standing::Older;
        report.table_anew = past.table_destroyed && linked.is_some_and(|linked| linked.added > 0) && !had_table;
        report.readmitted = readmitted.count();
        report.linked = linked;
        report.unmet = self.unmet(&key, places);
        report.key = Some(key.pseudonyms.key_id());
        report.earlier_tool = earlier.map(|root| root.tool).filter(|tool| *tool != self.config.tool_version);
        let mut leaving = match &self.config.consent {
            Some(consent) => {
                let who = if taken_up { Leaving::all_but_known } else { Leaving::by };
                who(consent, &self.config.site, |namespace: &str, id: &str| pseudonym(&key, namespace, id))
            }
            None => Leaving::default(),
        };
        leaving.out.extend(kin.pseudonyms());
        let papers = Papers {
            places,
            vault: &vault,
            terms: &terms,
            stage: &stage,
            journal: &journal,
            signer: &signer,
            pseudonyms: &key.pseudonyms,
            leaving,
            withdrawn: &withdrawn,
            standing,
            refused: self.refused.pseudonyms(),
            linked: rows,
        };
        self.close(&papers, &mut report);
        // After the release says so, and before the log does.
        if !report.unsealed {
            report.unsealed |= excluded.remove(&readmitted).is_err() || self.meet(papers.vault).is_err();
        }
        self.log(papers.vault, &mut report);
        Ok(report)
    }

    /// Puts on the vault's list what instances have said of whose IDs are one person's.
    fn hear(&self, vault: &Vault) -> Result<(), RunError> {
        let heard = Identities::load(&vault.folder)?.add(&self.said);
        heard.map_err(|source| RunError::Vault { path: vault.folder.clone(), source })
    }

    /// Puts on the same list who has only been met: they can withdraw though nothing of them is in the release.
    fn meet(&self, vault: &Vault) -> Result<(), RunError> {
        let at = |source| RunError::Vault { path: vault.folder.clone(), source };
        let people = read_people(&vault.folder).map_err(|_| at(io::ErrorKind::InvalidData.into()))?;
        Identities::load(&vault.folder)?.add_met(&self.said, |person| people.has(person)).map_err(at)
    }

    /// Writes the papers of a release that is kept.
    fn close(&self, papers: &Papers<'_>, report: &mut Report) {
        self.observer.event(Event::Sealing);
        let began = Instant::now();
        match papers.write(self.config, report) {
            Ok((changed, root)) => {
                report.unchanged = !changed && report.written == 0;
                report.merkle_root = Some(root.merkle_root.clone());
                report.root = Some(Box::new(root));
            }
            Err(error) => {
                report.unsealed = true;
                self.note_stop(report, error.kind());
            }
        }
        report.spent.push((Part::Seal, began.elapsed()));
    }

    /// Makes the folders that the first output needs, and finds out now whether that is possible.
    fn prepare(&self, places: &Places) -> Result<Stage, RunError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| RunError::Release { path, source }
        };
        let stage = Stage::open(&places.staging).map_err(at(&places.staging))?;
        if self.config.profile.policy().key == KeyPolicy::Project {
            fs::create_dir_all(places.release.join("dicom")).map_err(at(&places.release))?;
            fs::create_dir_all(places.release.join("audit")).map_err(at(&places.release))?;
        } else if let Some(parent) = places.release.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        stage.file().map_err(at(&places.staging))?;
        Ok(stage)
    }

    fn road<'r>(&'r self, key: &'r Key, vault: &Path, ground: Option<Ground<'r>>) -> Result<Road<'r>, RunError> {
        let config = self.config;
        let policy = config.profile.policy();
        let approvals = Approvals::read(vault, config.profile.hash(), policy.reviewers);
        Ok(Road {
            config,
            context: Context { profile: &config.profile, pseudonyms: &key.pseudonyms, site: &config.site },
            around: paths::around(&config.inputs),
            observer: self.observer,
            ground,
            digest_inputs: policy.input_digest == InputDigest::Keyed && policy.key == KeyPolicy::Project,
            treatments: Treatments::default(),
            approvals: approvals?,
            clock: Clock::default(),
            claimed: Mutex::new(HashSet::new()),
            hidden: Mutex::default(),
        })
    }

    /// Returns what keeps instances here: consent, withdrawal, and what was asked for.
    fn gate<'g>(&'g self, before: &'g Before, journal: Option<&'g Journal>) -> Gate<'g> {
        Gate {
            consent: self.config.consent.as_ref(),
            met: &self.met,
            said: Some(&self.said),
            selection: &self.config.selection,
            withdrawn: Some(&before.withdrawn),
            people: before.people.as_ref(),
            refused: &self.refused,
            journal,
            heard: Mutex::new(None),
        }
    }

    /// Writes the linkage table, if there is to be one. No pseudonym is in the release before.
    fn link(
        &self,
        road: &Road<'_>,
        places: &Places,
        people: Option<People>,
        entries: &[Entry],
    ) -> Result<(Option<Linked>, BTreeSet<String>), RunError> {
        let Some(people) = people else { return Ok((None, BTreeSet::new())) };
        let recipients = &self.config.linkage_recipients;
        let (linked, pseudonyms) = linkage::write(&places.vault, recipients, people, entries, &road.context)?;
        self.observer.event(Event::Linked);
        Ok((Some(linked), pseudonyms))
    }

    /// Refuses a consent file that a spreadsheet may have taken zeros from: an opt-out in it would keep nobody out.
    fn zeros(&self) -> Result<(), RunError> {
        let lines =
            self.config.consent.as_ref().map(|consent| self.met.differing_in_zeros(consent)).unwrap_or_default();
        if lines.is_empty() { Ok(()) } else { Err(RunError::Zeros { lines }) }
    }

    /// Returns the lines of the consent file that are about nobody, neither of the inputs nor of the release.
    fn unmet(&self, key: &Key, places: &Places) -> Vec<u64> {
        let Some(consent) = self.config.consent.as_ref().filter(|_| !self.stopped()) else { return Vec::new() };
        let dicom = places.release.join("dicom");
        let there = |namespace: &str, id: &str| dicom.join(pseudonym(key, namespace, id)).is_dir();
        self.met.missing(consent, &self.config.site, there)
    }

    /// Finds all files and settles those whose state follows from the heads alone. Returns what goes on, in bytes, and who is out
    /// under which of their IDs.
    fn index(
        &self,
        road: &Road<'_>,
        places: &Places,
        gate: &Gate<'_>,
        mut identities: Identities,
    ) -> (Vec<Entry>, u64, Kin) {
        let began = Instant::now();
        let found = discover(&places.inputs, |files| self.observer.event(Event::Found { files }));
        self.observer.event(Event::Discovered { files: found.len() as u64 });
        let gathering = (self.config.guard_scope == GuardScope::Study).then(|| Gathering::new(self.config.shard));
        let ahead = Ahead { bytes: HEAD, ..self.ahead() };
        let reading = Reading { limits: &self.config.limits, ahead, stop: self.stop, observer: self.observer };
        let mut entries = index::index(found, &road.context, &reading, gathering, gate);
        let (shard, instances) = (self.config.shard, entries.iter().filter_map(Entry::instance));
        self.said.meet(instances.filter(|one| shard.holds(&one.identity.study)).map(|one| one.identity.person));
        if self.stopped() {
            // Without all heads nobody knows which instances are in conflict with another.
            settle_rest(&mut entries);
        }
        index::settle_duplicates(&mut entries, &road.context);
        index::settle_conflicts(&mut entries);
        index::settle_shards(&mut entries, self.config.shard);
        index::settle_gates(&mut entries);
        identities.hear(&self.said);
        let (consent, site) = (self.config.consent.as_ref(), &self.config.site);
        let kin = Kin::of_run(consent, &self.refused, site, road.context.pseudonyms, &identities);
        kin.settle(&mut entries, &self.refused);
        let sizes = entries.iter().filter_map(|entry| match &entry.outcome {
            Outcome::Instance(instance) => Some(instance.stamp.size),
            _ => None,
        });
        let (count, bytes) = sizes.fold((0, 0u64), |(count, bytes), size| (count + 1, bytes.saturating_add(size)));
        self.observer.event(Event::Instances { count, bytes });
        road.clock.add(Part::Index, began.elapsed() * u32::try_from(rayon::current_num_threads()).unwrap_or(1));
        (entries, bytes, kin)
    }

    /// Takes every instance along its road.
    fn travel(&self, road: &Road<'_>, entries: Vec<Entry>, bytes_in: u64) -> Report {
        if let Some(ground) = &road.ground {
            ground.papers.store(papers_of(&entries), Ordering::Relaxed);
        }
        let tally = Tally { flusher: road.ground.as_ref().map(Flusher::new), ..Tally::default() };
        let total = entries.len();
        // One large file taken up last would keep the others waiting at the end.
        let (mut in_turn, rest): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(Entry::is_large);
        in_turn.extend(rest);
        let mut rows = each(in_turn, self.ahead(), Entry::to_read, |entry| self.row(road, entry, &tally));
        rows.sort_by(|one, other| one.source.cmp(&other.source));
        let pending = rows.iter().any(|row| row.state == State::Pending);
        let stopped = match (self.full.load(Ordering::Relaxed), pending && self.stop.load(Ordering::Relaxed)) {
            (true, _) => Some(Stop::DiskFull),
            (false, true) => Some(Stop::Asked),
            (false, false) => None,
        };
        Report {
            elsewhere: (total - rows.len()) as u64,
            rows,
            bytes_in,
            written: tally.written.into_inner(),
            reused: tally.reused.into_inner(),
            bytes_out: tally.bytes.into_inner(),
            spent: road.clock.spent(),
            hidden: road.hidden.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            stopped,
            ..Report::default()
        }
    }

    fn ahead(&self) -> Ahead {
        let files = self.config.io_depth.unwrap_or_else(|| ahead::default_depth(&self.config.inputs));
        Ahead { files, bytes: ahead::MOST }
    }

    /// Takes one entry to its end and returns its row, if it is this share's.
    fn row(&self, road: &Road<'_>, entry: Entry, tally: &Tally<'_>) -> Option<Row> {
        let source = entry.path;
        Some(match entry.outcome {
            Outcome::Elsewhere => return None,
            Outcome::Settled(state, reason) => Row { source, state, reason: Some(reason), release: None, frames: 0 },
            Outcome::Instance(instance) => {
                let end = self.end_of(road, &source, &instance);
                if tally.count(&end).is_err() {
                    self.full.store(true, Ordering::Relaxed);
                }
                let row = self.settle(source, end);
                self.observer.event(Event::Done { state: row.state, bytes: instance.stamp.size });
                row
            }
        })
    }

    fn end_of(&self, road: &Road<'_>, path: &Path, instance: &index::Instance) -> End {
        if self.stopped() {
            return End::from((State::Pending, Reason::new(self.why_stopped())));
        }
        output::contained(|| road.travel(path, instance)).unwrap_or_else(|reason| End::from((State::Failed, reason)))
    }

    fn settle(&self, source: PathBuf, end: End) -> Row {
        match end {
            End::Released { release, .. } => {
                Row { source, state: State::Released, reason: None, release: Some(release), frames: 0 }
            }
            End::Held { state, reason, frames } => Row { source, state, reason: Some(reason), release: None, frames },
            End::DiskFull => {
                self.full.store(true, Ordering::Relaxed);
                let reason = Some(Reason::new("disk-full"));
                Row { source, state: State::Pending, reason, release: None, frames: 0 }
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.full.load(Ordering::Relaxed)
    }

    fn why_stopped(&self) -> &'static str {
        if self.full.load(Ordering::Relaxed) { "disk-full" } else { "interrupted" }
    }

    /// Adds the run to the vault's execution log, which no run goes without.
    fn log(&self, vault: &Vault, report: &mut Report) {
        match execution::log(&vault.folder, self.config, self.began, report) {
            Ok(clock) => report.clock = Some(clock),
            Err(_) => report.unsealed = true,
        }
    }

    fn note_stop(&self, report: &mut Report, kind: io::ErrorKind) {
        if is_full(kind) {
            report.stopped = Some(Stop::DiskFull);
        }
    }
}

/// Bytes of a file that the index pass mostly reads.
const HEAD: u64 = 16 << 10;

/// Returns about how many bytes index and quarantine will need: a line a file, and a block for each held back.
fn papers_of(entries: &[Entry]) -> u64 {
    let held = |entry: &&Entry| matches!(entry.outcome, Outcome::Settled(State::Quarantined, _));
    (1 << 20) + entries.len() as u64 * 512 + entries.iter().filter(held).count() as u64 * 4096
}

fn settle_rest(entries: &mut [Entry]) {
    for entry in entries {
        if matches!(entry.outcome, Outcome::Instance(_)) {
            entry.outcome = Outcome::Settled(State::Pending, Reason::new("interrupted"));
        }
    }
}

fn pseudonym(key: &Key, namespace: &str, id: &str) -> String {
    key.pseudonyms.patient(namespace, id).pseudonym().to_owned()
}
