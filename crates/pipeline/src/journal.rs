//! What has been done, so that a later run need not do it again.
//!
//! The journal is a file of lines in the vault, only ever added to:
//!
//! - `B`: a run is about to write; on the disk before the first output has its name.
//! - `T` id, treatment: what leaves of that treatment mean; before the first of them.
//! - `R` header, leaf, manifest row: an instance is about to get its name. Parts stand apart by tabs.
//! - `D` instance: its name was taken, the record before holds no more.
//! - `F` offset: every line before the offset is on the disk, and every record's file has its name there.
//!
//! A line that breaks off, and what follows it, never was. A journal that does not end with an `F` for all of it
//! belongs to a run that died, and its records after the last offset are done again and compared.

use rustix::fs::syncfs;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokumei_audit::{Treatment, treatment_of};

/// A journal with the places of its records.
pub(crate) struct Journal {
    file: File,
    state: Mutex<State>,
    /// Held by many while record and name are made, by one while the end of whole records is looked up.
    gate: RwLock<()>,
}

#[derive(Default)]
struct State {
    end: u64,
    /// The end of what is known to be on the disk.
    flushed: u64,
    began: bool,
    /// Whether the run before this one died.
    unclean: bool,
    records: HashMap<String, Known>,
    by_source: HashMap<String, String>,
    /// Where the treatments stand.
    treatments: HashMap<String, (u64, u32)>,
}

/// What the journal says of one instance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The new SOP Instance UID.
    pub instance: String,
    /// The output, relative to the release.
    pub release: String,
    /// The length of the output.
    pub bytes: u64,
    /// The input, as [`crate::paths::to_text`] writes it; empty where the key is destroyed.
    pub source: String,
    /// The input's stamp.
    pub stamp: Stamp,
    /// The mark of what its study stated when the guard searched the output; empty where it looked at nothing else.
    #[serde(default)]
    pub study: String,
    /// The blinded identifier of its patient in hexadecimal; empty in journals of programs that knew none.
    #[serde(default)]
    pub person: String,
}

/// How an input is known to be the same as before without reading it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Its length.
    pub size: u64,
    /// When it was last changed, in seconds and nanoseconds.
    pub changed: (i64, i64),
}

/// What is recorded of one instance.
pub(crate) struct Record<'a> {
    pub header: &'a Header,
    /// The line of its leaf.
    pub leaf: &'a str,
    /// What the leaf names.
    pub treatment: &'a Treatment,
    /// The line of its manifest row.
    pub row: &'a str,
}

/// A record and where its parts are.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Shared, so that a list of all records is no copy of all.
    pub header: Arc<Header>,
    /// Whether it is on the disk for sure.
    pub flushed: bool,
    start: u64,
    leaf: (u64, u32),
    row: (u64, u32),
}

impl Journal {
    /// Reads a journal, which may be empty.
    pub(crate) fn open(file: File) -> io::Result<Journal> {
        let state = load(&file)?;
        // What broke off must not run into the next line.
        if file.metadata()?.len() != state.end {
            file.set_len(state.end)?;
        }
        Ok(Journal { file, state: Mutex::new(state), gate: RwLock::new(()) })
    }

    /// Returns the record of an instance.
    pub(crate) fn record(&self, instance: &str) -> Option<Known> {
        self.state().records.get(instance).cloned()
    }

    /// Returns the last record of an input.
    pub(crate) fn record_of_source(&self, source: &str) -> Option<Known> {
        let state = self.state();
        state.by_source.get(source).and_then(|instance| state.records.get(instance)).cloned()
    }

    /// Tells whether the run before this one died.
    pub(crate) fn is_unclean(&self) -> bool {
        self.state().unclean
    }

    /// Returns the journal's length.
    pub(crate) fn bytes(&self) -> u64 {
        self.state().end
    }

    /// Writes a record, then runs `name`, which gives the output its name; if that fails, the record is void.
    pub(crate) fn record_and<T>(&self, record: &Record<'_>, name: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let earlier = self.append(record)?;
        name().inspect_err(|_| {
            // If even this line cannot be written, the next run finds no file of that name and takes no record.
            let _ = self.withdraw(&record.header.instance, earlier);
        })
    }

    fn append(&self, record: &Record<'_>) -> io::Result<Option<Known>> {
        let Record { header, leaf, treatment, row } = record;
        let text = serde_json::to_string(header).map_err(io::Error::other)?;
        let line = format!("R\t{text}\t{leaf}\t{row}\n");
        let mut state = self.state();
        if !state.began {
            self.write(&mut state, b"B\n")?;
            self.file.sync_data()?;
            state.began = true;
        }
        if !state.treatments.contains_key(treatment.id()) {
            let line = format!("T\t{}\t{}\n", treatment.id(), treatment.line());
            let start = state.end;
            self.write(&mut state, line.as_bytes())?;
            state.add_treatment(start, treatment.id(), treatment.line());
        }
        let start = state.end;
        self.write(&mut state, line.as_bytes())?;
        let known = Known::locate(Arc::new((*header).clone()), start, text.len(), leaf.len(), row.len());
        Ok(state.insert(known))
    }

    /// Takes a record of another journal, whose output is in the release already.
    pub(crate) fn adopt(&self, from: &Journal, known: &Known) -> io::Result<()> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData));
        let (head, leaf) = (serde_json::to_string(&*known.header).map_err(io::Error::other)?, text(from.leaf(known)?)?);
        let row = text(from.row(known)?)?;
        let mut state = self.state();
        if !state.began {
            self.write(&mut state, b"B\n")?;
            state.began = true;
        }
        if let Some(id) = treatment_of(leaf.as_bytes()).filter(|id| !state.treatments.contains_key(*id)) {
            let treatment = text(from.treatment(id)?.ok_or(io::ErrorKind::InvalidData)?)?;
            let start = state.end;
            self.write(&mut state, format!("T\t{id}\t{treatment}\n").as_bytes())?;
            state.add_treatment(start, id, &treatment);
        }
        let start = state.end;
        self.write(&mut state, format!("R\t{head}\t{leaf}\t{row}\n").as_bytes())?;
        state.insert(Known::locate(known.header.clone(), start, head.len(), leaf.len(), row.len()));
        Ok(())
    }

    /// Forgets an instance whose output is no longer in the release.
    pub(crate) fn forget(&self, instance: &str) -> io::Result<()> {
        self.withdraw(instance, None)
    }

    fn withdraw(&self, instance: &str, earlier: Option<Known>) -> io::Result<()> {
        let mut state = self.state();
        state.records.remove(instance);
        if let Some(earlier) = earlier {
            state.insert(earlier);
        }
        self.write(&mut state, format!("D\t{instance}\n").as_bytes())
    }

    fn write(&self, state: &mut State, bytes: &[u8]) -> io::Result<()> {
        // A line cut short by a full disk stays behind `end`, and the next one overwrites it.
        self.file.write_all_at(bytes, state.end)?;
        state.end += bytes.len() as u64;
        Ok(())
    }

    /// Waits until every output named so far is on the disk, and says so. `release` is any file on its file system.
    pub(crate) fn flush(&self, release: &File) -> io::Result<()> {
        let end = {
            let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
            self.state().end
        };
        if self.state().flushed >= end {
            return Ok(());
        }
        syncfs(release)?;
        self.file.sync_data()?;
        let mut state = self.state();
        // Others may have gone on meanwhile; then the journal is not clean, and needs no new `B`.
        let at_the_end = state.end == end;
        self.write(&mut state, format!("F\t{end}\n").as_bytes())?;
        self.file.sync_data()?;
        state.began = !at_the_end;
        state.flush_to(end, at_the_end);
        Ok(())
    }

    /// Returns every record, in the order of the instances.
    pub(crate) fn records(&self) -> Vec<Known> {
        let mut records: Vec<Known> = self.state().records.values().cloned().collect();
        records.sort_unstable_by(|a, b| a.header.instance.cmp(&b.header.instance));
        records
    }

    /// Reads the leaf of a record.
    pub(crate) fn leaf(&self, known: &Known) -> io::Result<Vec<u8>> {
        self.part(known.leaf)
    }

    /// Reads the manifest row of a record.
    pub(crate) fn row(&self, known: &Known) -> io::Result<Vec<u8>> {
        self.part(known.row)
    }

    /// Reads the line of a treatment; `None` when no record has named it.
    pub(crate) fn treatment(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        let place = self.state().treatments.get(id).copied();
        place.map(|place| self.part(place)).transpose()
    }

    fn part(&self, (offset, length): (u64, u32)) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A worker that panicked was between two whole changes, or its record is done again.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn flush_to(&mut self, end: u64, clean: bool) {
        self.flushed = if clean { self.end } else { end };
        self.records.values_mut().filter(|known| known.start < end).for_each(|known| known.flushed = true);
    }

    /// Remembers the treatment of a line that begins at `start`.
    fn add_treatment(&mut self, start: u64, id: &str, line: &str) {
        let place = (start + 3 + id.len() as u64, u32::try_from(line.len()).unwrap_or(u32::MAX));
        self.treatments.insert(id.to_owned(), place);
    }

    /// Takes a record and returns the one it stands for from now on.
    fn insert(&mut self, known: Known) -> Option<Known> {
        if !known.header.source.is_empty() {
            self.by_source.insert(known.header.source.clone(), known.header.instance.clone());
        }
        self.records.insert(known.header.instance.clone(), known)
    }
}

impl Known {
    fn locate(header: Arc<Header>, start: u64, head: usize, leaf: usize, row: usize) -> Known {
        let leaf_at = start + 3 + head as u64;
        let row_at = leaf_at + leaf as u64 + 1;
        let short = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Known { header, flushed: false, start, leaf: (leaf_at, short(leaf)), row: (row_at, short(row)) }
    }
}

fn load(file: &File) -> io::Result<State> {
    let mut state = State::default();
    let mut lines = BufReader::with_capacity(1 << 18, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line)?;
        if read == 0 || take(&mut state, &line).is_none() {
            state.unclean = state.end > state.flushed;
            return Ok(state);
        }
        let start = state.end;
        state.end += read as u64;
        if let Some(end) = flushed_end(&line) {
            state.flush_to(end, end == start);
        }
    }
}

fn flushed_end(line: &[u8]) -> Option<u64> {
    std::str::from_utf8(line.strip_prefix(b"F\t")?.strip_suffix(b"\n")?).ok()?.parse().ok()
}

/// Takes one line into the state; `None` when it is not a whole one.
fn take(state: &mut State, line: &[u8]) -> Option<()> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let mut parts = line.split('\t');
    match (parts.next()?, parts.next(), parts.next(), parts.next()) {
        ("B", None, ..) => {}
        ("F", Some(end), None, _) => drop(end.parse::<u64>().ok()?),
        ("D", Some(instance), None, _) => drop(state.records.remove(instance)),
        ("T", Some(id), Some(treatment), None) => {
            let start = state.end;
            state.add_treatment(start, id, treatment);
        }
        ("R", Some(head), Some(leaf), Some(row)) => {
            let header: Header = serde_json::from_str(head).ok()?;
            state.insert(Known::locate(Arc::new(header), state.end, head.len(), leaf.len(), row.len()));
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::path::Path;

    fn open(path: &Path) -> Journal {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap();
        Journal::open(file).unwrap()
    }

    fn header(instance: &str) -> Header {
        Header {
            instance: instance.into(),
            release: format!("dicom/{instance}.dcm"),
            bytes: 5,
            source: format!("/in/{instance}\t\"x"),
            stamp: Stamp { size: 1, changed: (2, 3) },
            study: "00ff".into(),
            person: "ff00".into(),
        }
    }

    fn add(journal: &Journal, instance: &str) {
        let (header, treatment) = (header(instance), Treatment::new(Vec::new()));
        let record = Record { header: &header, leaf: "{leaf}", treatment: &treatment, row: "{row}" };
        journal.record_and(&record, || Ok(())).unwrap();
    }

    #[test]
    fn a_flushed_record_comes_back_and_the_journal_is_clean() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let journal = open(&path);
        add(&journal, "2.25.2");
        add(&journal, "2.25.1");
        journal.flush(&File::open(folder.path()).unwrap()).unwrap();
        let before = std::fs::read(&path).unwrap();
        let journal = open(&path);
        assert!(!journal.is_unclean());
        let known = journal.record("2.25.1").unwrap();
        assert!(known.flushed && *known.header == header("2.25.1"));
        assert_eq!(journal.leaf(&known).unwrap(), b"{leaf}");
        assert_eq!(journal.row(&known).unwrap(), b"{row}");
        let treatment = Treatment::new(Vec::new());
        assert_eq!(journal.treatment(treatment.id()).unwrap().unwrap(), treatment.line().as_bytes());
        assert_eq!(journal.treatment("0").unwrap(), None);
        assert_eq!(journal.records().len(), 2);
        journal.flush(&File::open(folder.path()).unwrap()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_journal_of_a_dead_run_is_unclean_and_a_torn_line_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let journal = open(&path);
        add(&journal, "2.25.1");
        journal.flush(&File::open(folder.path()).unwrap()).unwrap();
        add(&journal, "2.25.2");
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let journal = open(&path);
            add(&journal, "2.25.9");
            let journal = open(&path);
            assert!(journal.is_unclean() && journal.record("2.25.9").is_some(), "{cut}");
        }
        std::fs::write(&path, &whole).unwrap();
        let journal = open(&path);
        assert!(journal.record("2.25.1").unwrap().flushed);
        assert!(!journal.record("2.25.2").unwrap().flushed);
        assert!(journal.is_unclean());
    }

    #[test]
    fn a_record_without_a_name_is_void() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let journal = open(&path);
        let (header, treatment) = (header("2.25.1"), Treatment::new(Vec::new()));
        let record = Record { header: &header, leaf: "", treatment: &treatment, row: "" };
        let failed = journal.record_and(&record, || -> io::Result<()> { Err(io::ErrorKind::AlreadyExists.into()) });
        assert!(failed.is_err());
        assert!(journal.record("2.25.1").is_none());
        assert!(open(&path).record("2.25.1").is_none());
    }
}
