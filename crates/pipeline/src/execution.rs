//! The execution log of a vault: who did what on which machine, when, why, and what became of it.
//!
//! It is the one place with a clock and a host in it, and it never leaves. Each line holds the hash of the one before it, and
//! `journal/execution.head` states where the log ends, so that a line changed, removed, added or moved shows.
//!
//! ```
//! use tokumei_pipeline::execution::{Event, ExecutionLog};
//! let vault = tempfile::tempdir()?;
//! ExecutionLog::open(vault.path())?.append(&Event::new("linkage-lookup").because("an incidental finding").on("0f3c"))?;
//! assert_eq!(ExecutionLog::open(vault.path())?.verify()?.entries, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod moment;
mod past;
mod table;

pub use clock::ClockState;
pub(crate) use past::{Past, PastRoot, SEAL, VERSION};
pub use table::{VaultFault, check_vault};

use crate::put::{Readers, put};
use crate::vault::private_folder;
use crate::{Config, Report, paths};
use moment::utc;
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use table::{TABLE_BYTES, TABLE_DIGEST};
use tokumei_audit::{BEGINNING, ChainEnd, ChainError, digest, follow_chain};

/// Something that was done with a vault, and is to be kept in mind.
#[derive(Clone, Debug)]
pub struct Event {
    kind: String,
    actor: Option<String>,
    reason: Option<String>,
    subject: Option<String>,
    object: Option<String>,
    began: SystemTime,
    counts: BTreeMap<String, u64>,
    facts: BTreeMap<String, String>,
}

impl Event {
    /// Returns an event of a kind, such as `linkage-lookup`, that begins now.
    pub fn new(kind: &str) -> Event {
        Event {
            kind: kind.to_owned(),
            actor: None,
            reason: None,
            subject: None,
            object: None,
            began: SystemTime::now(),
            counts: BTreeMap::new(),
            facts: BTreeMap::new(),
        }
    }

    /// Returns the event with the name of who did it; without one, the account stands for them.
    pub fn by(mut self, actor: impl Into<String>) -> Event {
        self.actor = Some(actor.into());
        self
    }

    /// Returns the event with why it was done, in the operator's words.
    pub fn because(mut self, reason: impl Into<String>) -> Event {
        self.reason = Some(reason.into());
        self
    }

    /// Returns the event with the person or instance it was about: a pseudonym or a keyed digest, never an original value.
    pub fn on(mut self, subject: impl Into<String>) -> Event {
        self.subject = Some(subject.into());
        self
    }

    /// Returns the event with the release, or other thing, that it was done to.
    pub fn to(mut self, object: impl Into<String>) -> Event {
        self.object = Some(object.into());
        self
    }

    /// Returns the event with a moment it began at.
    pub fn since(mut self, began: SystemTime) -> Event {
        self.began = began;
        self
    }

    /// Returns the event with how many of something there were.
    pub fn count(mut self, what: impl Into<String>, number: u64) -> Event {
        self.counts.insert(what.into(), number);
        self
    }

    /// Returns the event with something else to be remembered.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Event {
        self.facts.insert(name.into(), value.into());
        self
    }
}

/// One line of the log. Its fields stand in the order of their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Entry {
    /// Who did it: the name given, or the account.
    pub actor: String,
    /// When it began, in UTC.
    pub began: String,
    /// Whether the machine's clock was set by a time service.
    pub clock: ClockState,
    /// How many of what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// When it ended, in UTC.
    pub ended: String,
    /// What else is to be remembered.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The machine.
    pub host: String,
    /// What was done.
    pub kind: String,
    /// The number of the entry, from 0.
    pub number: u64,
    /// The release, or other thing, that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The hash of the entry before it.
    pub previous: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whom or what it was about: a pseudonym or a keyed digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The number of the account, as the system states it.
    pub user: u32,
}

/// The execution log of a vault.
pub struct ExecutionLog {
    folder: PathBuf,
}

impl ExecutionLog {
    /// Opens the log of a vault, whose folder is made if it is not there.
    ///
    /// # Errors
    /// What the system says when the folder cannot be made.
    pub fn open(vault: &Path) -> io::Result<ExecutionLog> {
        private_folder(vault)?;
        let folder = vault.join("journal");
        private_folder(&folder)?;
        Ok(ExecutionLog { folder })
    }

    /// Adds an event that ends now, and waits until it is on the disk. Returns the state of the clock that was noted.
    ///
    /// Many processes may append at once.
    ///
    /// # Errors
    /// What the system says when the log cannot be read or written.
    pub fn append(&self, event: &Event) -> io::Result<ClockState> {
        let clock = ClockState::now();
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(self.path())?;
        match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOLCK) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
        let end = self.end(&mut file)?;
        let entry = entry(event, &end, clock);
        let mut line = serde_json::to_string(&entry).map_err(io::Error::other)?;
        let head = Head { entries: end.entries + 1, last: digest(line.as_bytes()) };
        line.push('\n');
        file.write_all(line.as_bytes())?;
        file.sync_data()?;
        let text = serde_json::to_string(&head).map_err(io::Error::other)? + "\n";
        put(&self.head(), &self.folder, Readers::Owner, |to| to.write_all(text.as_bytes()))?;
        Ok(clock)
    }

    /// Follows the log to its end.
    ///
    /// # Errors
    /// [`ChainError`] of the first entry that is not as it was written.
    pub fn verify(&self) -> Result<ChainEnd, ChainError> {
        let head = self.stated().map_err(ChainError::Read)?;
        let file = match File::open(self.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && head.is_none() => return Ok(ChainEnd::default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ChainError::CutOff { entry: 0 }),
            Err(error) => return Err(ChainError::Read(error)),
        };
        let mut at_head = None;
        let end = follow_chain(file, |number, line| {
            let known = serde_json::from_slice::<Entry>(line).is_ok_and(|entry| canonical(&entry) == line);
            if head.as_ref().is_some_and(|head| head.entries == number + 1) {
                at_head = Some(digest(line));
            }
            if known { Ok(()) } else { Err(ChainError::Malformed { entry: number }) }
        })?;
        match head {
            None if end.entries == 0 => Ok(end),
            Some(head) if head.entries > end.entries => Err(ChainError::CutOff { entry: end.entries }),
            Some(head) if head.entries > 0 && at_head.as_ref() != Some(&head.last) => {
                Err(ChainError::Broken { entry: head.entries - 1 })
            }
            // A process that died between the line and the statement of the end leaves one line more, not two.
            Some(head) if end.entries > head.entries + 1 => Err(ChainError::Broken { entry: head.entries }),
            None if end.entries > 1 => Err(ChainError::Broken { entry: 0 }),
            _ => Ok(end),
        }
    }

    /// Returns the entries in their order, unchecked.
    ///
    /// # Errors
    /// What the system says, or that a line is no entry.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let text = match fs::read_to_string(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::other)).collect()
    }

    fn path(&self) -> PathBuf {
        self.folder.join("execution.jsonl")
    }

    fn head(&self) -> PathBuf {
        self.folder.join("execution.head")
    }

    fn stated(&self) -> io::Result<Option<Head>> {
        match File::open(self.head()) {
            Ok(file) => {
                let mut text = Vec::new();
                file.take(LONGEST_HEAD).read_to_end(&mut text)?;
                serde_json::from_slice(&text).map(Some).map_err(io::Error::other)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns where the log ends. A line torn by a crash stays, and is ended: what is written is never taken away.
    fn end(&self, file: &mut File) -> io::Result<ChainEnd> {
        let length = file.metadata()?.len();
        if length == 0 {
            return Ok(ChainEnd::default());
        }
        let last = last_line(file, length)?;
        if !last.ends_with(b"\n") {
            file.write_all(b"\n")?;
        }
        let line = last.strip_suffix(b"\n").unwrap_or(&last);
        let number = match serde_json::from_slice::<Entry>(line) {
            Ok(entry) => Some(entry.number),
            Err(_) => self.stated()?.map(|head| head.entries),
        };
        // A line that is none has a number all the same, so that whoever follows the chain finds it there.
        let last = if number.is_none() { BEGINNING.to_owned() } else { digest(line) };
        Ok(ChainEnd { entries: number.map_or(0, |number| number.saturating_add(1)), last })
    }
}

/// What `journal/execution.head` states.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    entries: u64,
    last: String,
}

const LONGEST_HEAD: u64 = 4096;

/// Reads the last line of a file that is not empty, with its line feed if it has one.
fn last_line(file: &mut File, length: u64) -> io::Result<Vec<u8>> {
    let mut block = 4096;
    loop {
        let from = length.saturating_sub(block);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        Read::by_ref(file).take(length - from).read_to_end(&mut bytes)?;
        let inner = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        match inner.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => return Ok(bytes.split_off(at + 1)),
            None if from == 0 => return Ok(bytes),
            None if block >= LONGEST_LINE => return Err(io::ErrorKind::InvalidData.into()),
            None => block *= 4,
        }
    }
}

const LONGEST_LINE: u64 = 1 << 22;

fn entry(event: &Event, end: &ChainEnd, clock: ClockState) -> Entry {
    let user = rustix::process::getuid().as_raw();
    Entry {
        actor: event.actor.clone().unwrap_or_else(|| account(user)),
        began: utc(event.began),
        clock,
        counts: event.counts.clone(),
        ended: utc(SystemTime::now()),
        facts: event.facts.clone(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        kind: event.kind.clone(),
        number: end.entries,
        object: event.object.clone(),
        previous: end.last.clone(),
        reason: event.reason.clone(),
        subject: event.subject.clone(),
        user,
    }
}

fn canonical(entry: &Entry) -> Vec<u8> {
    serde_json::to_vec(entry).unwrap_or_default()
}

/// Returns the name of an account, as this machine's list of accounts has it, else its number.
fn account(user: u32) -> String {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let number = user.to_string();
    let of = |line: &str| {
        let mut cells = line.split(':');
        let name = cells.next()?;
        (cells.nth(1)? == number).then(|| name.to_owned())
    };
    accounts.lines().find_map(of).unwrap_or(number)
}

/// Returns an event with what the linkage table of a vault is after it, so that a row that goes later shows.
///
/// # Errors
/// What the system says when the table cannot be read.
pub fn with_table(event: Event, vault: &Path) -> io::Result<Event> {
    let (bytes, sha256) = table::digest(vault, None)?;
    Ok(event.count(TABLE_BYTES, bytes).with(TABLE_DIGEST, sha256))
}

/// Adds one line for a run that has ended.
pub(crate) fn log(vault: &Path, config: &Config, began: SystemTime, report: &Report) -> io::Result<ClockState> {
    let mut event = Event::new("run")
        .since(began)
        .to(paths::absolute(&config.out))
        .count("written", report.written)
        .with("profile", config.profile.hash())
        .with("tool", &config.tool_version);
    for (state, count) in report.counts() {
        event = event.count(state.as_str(), count);
    }
    if let Some(root) = &report.root {
        event = event.of_root(root);
        if let Some(consent) = root.parameters.get(past::CONSENT) {
            event = event.with(past::CONSENT, consent);
        }
    }
    if config.readmit {
        event = event.with("readmit", "asked for");
    }
    if let Some(version) = report.version {
        event = event.with(VERSION, version.to_string());
    }
    if report.older {
        event = event.with("found", "an older state of the release");
    }
    let counts = [
        ("taken_out", report.taken_out),
        ("strays", report.strays),
        ("readmitted", report.readmitted),
        ("rows_removed", report.unlinked),
    ];
    for (what, count) in counts {
        event = if count > 0 { event.count(what, count) } else { event };
    }
    if let Some(operator) = &config.operator {
        event = event.by(operator);
    }
    if report.linked.is_some() || report.unlinked > 0 {
        event = with_table(event, vault)?;
    }
    ExecutionLog::open(vault)?.append(&event.of_lists(vault)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn filled(entries: u64) -> (tempfile::TempDir, ExecutionLog) {
        let vault = tempfile::tempdir().unwrap();
        let log = ExecutionLog::open(vault.path()).unwrap();
        for number in 0..entries {
            log.append(&Event::new("look").because("test").on("0f").count("rows", number)).unwrap();
        }
        (vault, log)
    }

    fn lines(log: &ExecutionLog) -> Vec<String> {
        fs::read_to_string(log.path()).unwrap().lines().map(str::to_owned).collect()
    }

    fn rewrite(log: &ExecutionLog, lines: &[String]) {
        fs::write(log.path(), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }

    #[test]
    fn r4_26_an_entry_says_who_where_when_what_and_how_the_clock_was() {
        let (_vault, log) = filled(1);
        let entry = &log.entries().unwrap()[0];
        assert!(!entry.actor.is_empty() && !entry.host.is_empty() && entry.began.ends_with('Z'));
        assert_eq!((entry.kind.as_str(), entry.reason.as_deref(), entry.number), ("look", Some("test"), 0));
        assert_eq!(fs::metadata(log.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(log.head()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn an_untouched_log_is_followed_to_its_end() {
        assert_eq!(filled(0).1.verify().unwrap().entries, 0);
        assert_eq!(filled(4).1.verify().unwrap().entries, 4);
    }

    #[test]
    fn the_first_bad_entry_is_named_after_any_deletion_insertion_reordering_or_truncation() {
        let (_vault, log) = filled(5);
        let good = lines(&log);
        for at in 0..5 {
            let mut bad = good.clone();
            bad.remove(at);
            rewrite(&log, &bad);
            let error = log.verify().unwrap_err();
            assert!(matches!(error, ChainError::Broken { entry } | ChainError::CutOff { entry } if entry == at as u64));
            let mut bad = good.clone();
            bad.insert(at + 1, good[at].clone());
            rewrite(&log, &bad);
            assert!(matches!(log.verify(), Err(ChainError::Broken { entry }) if entry == at as u64 + 1), "{at}");
            rewrite(&log, &good[..at]);
            assert!(matches!(log.verify(), Err(ChainError::CutOff { entry }) if entry == at as u64));
        }
        let mut bad = good.clone();
        bad.swap(1, 3);
        rewrite(&log, &bad);
        assert!(matches!(log.verify(), Err(ChainError::Broken { entry: 1 })));
        fs::remove_file(log.path()).unwrap();
        assert!(matches!(log.verify(), Err(ChainError::CutOff { entry: 0 })));
    }

    #[test]
    fn no_flipped_bit_of_a_log_passes() {
        let (_vault, log) = filled(2);
        let good = fs::read(log.path()).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(log.path(), &bad).unwrap();
            assert!(log.verify().is_err(), "{at}");
        }
    }

    #[test]
    fn a_line_torn_by_a_crash_is_kept_and_named_and_the_log_goes_on() {
        let (_vault, log) = filled(2);
        let good = fs::read(log.path()).unwrap();
        fs::write(log.path(), &good[..good.len() - 9]).unwrap();
        log.append(&Event::new("look")).unwrap();
        assert!(matches!(log.verify(), Err(ChainError::Malformed { entry: 1 })));
        assert_eq!(lines(&log).len(), 3);
    }
}
