//! The file of the table: only ever added to, whole lines only.

use super::{Identity, LinkageError, Recipient, Row, person_mark};
use crate::Pseudonyms;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A table open for adding; no other process adds meanwhile.
pub struct Table {
    path: PathBuf,
    file: File,
    end: u64,
    marks: HashSet<String>,
    torn: bool,
}

impl Table {
    /// Opens a table, or begins one. Waits a while for another process to finish with it.
    ///
    /// What a process that died left of its last line is cut off: nothing was released on the strength of it.
    ///
    /// # Errors
    /// [`LinkageError::Busy`] when the other process does not finish, [`LinkageError::Permissions`], [`LinkageError::Io`],
    /// and [`LinkageError::Damaged`] when a line before the last is not whole: that is no accident of ours.
    pub fn open(path: &Path) -> Result<Table, LinkageError> {
        let at = |source| LinkageError::Io { path: path.to_owned(), source };
        let file = locked(path)?;
        let mode = file.metadata().map_err(at)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(LinkageError::Permissions { path: path.to_owned(), mode });
        }
        let mut marks = HashSet::new();
        let (end, torn) = scan(path, &file, |line| {
            marks.insert(line.mark.to_owned());
        })?;
        if torn {
            file.set_len(end).and_then(|()| file.sync_all()).map_err(at)?;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(at)?;
        Ok(Table { path: path.to_owned(), file, end, marks, torn })
    }

    /// Tells whether a line that had broken off was cut off at the opening.
    pub fn was_torn(&self) -> bool {
        self.torn
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Tells whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Adds the rows that are not there yet, and returns how many those were. When it returns, they are on the disk.
    ///
    /// # Errors
    /// [`LinkageError::Io`] when they cannot be written, a full disk among it: the table is as it was then.
    pub fn add(
        &mut self,
        rows: &[Row],
        recipients: &[Recipient],
        pseudonyms: &Pseudonyms,
    ) -> Result<u64, LinkageError> {
        let mut text = Vec::new();
        let mut added = HashSet::new();
        for row in rows {
            let mark = row.mark(pseudonyms);
            if !self.marks.contains(&mark) && !added.contains(&mark) {
                text.extend(line(&mark, row, recipients)?);
                added.insert(mark);
            }
        }
        if added.is_empty() {
            return Ok(0);
        }
        self.write(&text).map_err(|source| LinkageError::Io { path: self.path.clone(), source })?;
        let count = added.len() as u64;
        self.marks.extend(added);
        Ok(count)
    }

    /// Adds the rows of other tables, which no key need open, and returns how many those were. When it returns, they are on the
    /// disk.
    ///
    /// # Errors
    /// [`LinkageError::Io`], and [`LinkageError::Damaged`] when a line of theirs is not whole; the table is as it was then.
    pub fn unite(&mut self, others: &[PathBuf]) -> Result<u64, LinkageError> {
        let (mut text, mut added) = (String::new(), HashSet::new());
        for path in others {
            let file = File::open(path).map_err(|source| LinkageError::Io { path: path.clone(), source })?;
            scan(path, &file, |line| {
                if !self.marks.contains(line.mark) && added.insert(line.mark.to_owned()) {
                    let body = format!("{} {}", line.mark, line.sealed);
                    text.push_str(&format!("{body} {}\n", digest(&body)));
                }
            })?;
        }
        self.write(text.as_bytes()).map_err(|source| LinkageError::Io { path: self.path.clone(), source })?;
        let count = added.len() as u64;
        self.marks.extend(added);
        Ok(count)
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let written = self.file.write_all_at(text, self.end).and_then(|()| self.file.sync_all());
        if let Err(error) = written {
            // What cannot be taken back now is cut off at the next opening.
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.end += text.len() as u64;
        Ok(())
    }
}

/// Reads every row with the private key, in the order they were added.
///
/// # Errors
/// [`LinkageError::WrongKey`] when the key opens a row not, [`LinkageError::Io`], [`LinkageError::Damaged`].
pub fn rows(path: &Path, identity: &Identity) -> Result<Vec<Row>, LinkageError> {
    let file = File::open(path).map_err(|source| LinkageError::Io { path: path.to_owned(), source })?;
    let mut found = Vec::new();
    let mut failed = None;
    let mut number = 0;
    scan(path, &file, |line| {
        number += 1;
        match open(line.sealed, identity) {
            Ok(row) => found.push(row),
            Err(wrong) => drop(failed.get_or_insert((number, wrong))),
        }
    })?;
    match failed {
        None => Ok(found),
        Some((_, true)) => Err(LinkageError::WrongKey { path: path.to_owned() }),
        Some((line, false)) => Err(LinkageError::Damaged { path: path.to_owned(), line }),
    }
}

/// Removes the rows of people by their pseudonyms, and returns how many those were. When it returns, they are gone from the
/// file that is there; copies, snapshots and the free space of the disk may keep what they have.
///
/// The project key finds the rows by their marks; where it was destroyed, the private key of the table opens them. With
/// neither nothing is found.
///
/// # Errors
/// As [`Table::open`], and [`LinkageError::WrongKey`] when the private key opens a row not; the table is as it was then.
pub fn remove(
    path: &Path,
    people: &BTreeSet<String>,
    pseudonyms: Option<&Pseudonyms>,
    identity: Option<&Identity>,
) -> Result<u64, LinkageError> {
    if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(0);
    }
    let table = Table::open(path)?;
    let marks: HashSet<String> =
        pseudonyms.iter().flat_map(|key| people.iter().map(|name| person_mark(name, key))).collect();
    let (mut kept, mut removed, mut wrong) = (Vec::new(), 0, false);
    (&table.file).seek(SeekFrom::Start(0)).map_err(|source| LinkageError::Io { path: path.to_owned(), source })?;
    scan(path, &table.file, |line| {
        let by_mark = line.mark.get(..PERSON_MARK).is_some_and(|mark| marks.contains(mark));
        let mut by_row = || match identity.map(|identity| open(line.sealed, identity)) {
            Some(Ok(row)) => people.contains(&row.pseudonym),
            Some(Err(_)) => {
                wrong = true;
                false
            }
            None => false,
        };
        if by_mark || by_row() {
            removed += 1;
        } else {
            kept.extend(format!("{} {}", line.mark, line.sealed).into_bytes());
            kept.extend(format!(" {}\n", digest(&format!("{} {}", line.mark, line.sealed))).into_bytes());
        }
    })?;
    if wrong {
        return Err(LinkageError::WrongKey { path: path.to_owned() });
    }
    if removed > 0 {
        // Under the lock of the table that is replaced: whoever waits for it sees that it has gone, and opens the new one.
        replace(path, &kept).map_err(|source| LinkageError::Io { path: path.to_owned(), source })?;
    }
    Ok(removed)
}

/// Writes a table beside and gives it the name: there is the old one or the new one, and never half of one.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text).and_then(|()| file.sync_all())?;
    std::fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Overwrites and removes a table. Tells whether there was one.
///
/// Copies, snapshots and drives that write elsewhere than they were told keep what they have: whoever must be sure
/// destroys the private key too.
///
/// # Errors
/// [`LinkageError::Busy`] when another process holds it, [`LinkageError::Io`].
pub fn destroy(path: &Path) -> Result<bool, LinkageError> {
    let at = |source| LinkageError::Io { path: path.to_owned(), source };
    if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(false);
    }
    let mut file = locked(path)?;
    let length = file.seek(SeekFrom::End(0)).map_err(at)?;
    file.seek(SeekFrom::Start(0)).map_err(at)?;
    io::copy(&mut io::repeat(0).take(length), &mut file).map_err(at)?;
    file.sync_all().and_then(|()| file.set_len(0)).and_then(|()| std::fs::remove_file(path)).map_err(at)?;
    Ok(true)
}

/// Opens a table and waits for it.
fn locked(path: &Path) -> Result<File, LinkageError> {
    let at = |source| LinkageError::Io { path: path.to_owned(), source };
    let began = Instant::now();
    loop {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(at)?;
        match file.try_lock() {
            // Somebody may have destroyed the table between the opening and the lock.
            Ok(()) if is_still(&file, path) => return Ok(file),
            // A file system without locks: the vault's own lock has to do.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(at(error)),
            _ if began.elapsed() > PATIENCE => return Err(LinkageError::Busy { path: path.to_owned() }),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn is_still(file: &File, path: &Path) -> bool {
    let which = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata().map(which), std::fs::metadata(path).map(which)), (Ok(one), Ok(other)) if one == other)
}

/// A line of the table.
struct Line<'a> {
    mark: &'a str,
    sealed: &'a str,
}

fn line(mark: &str, row: &Row, recipients: &[Recipient]) -> Result<Vec<u8>, LinkageError> {
    let recipients = recipients.iter().map(|recipient| &recipient.0 as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|_| LinkageError::Encrypt)?;
    let mut sealed = Vec::new();
    let written = encryptor.wrap_output(&mut sealed).and_then(|mut output| {
        output.write_all(row.text().as_bytes())?;
        output.finish()
    });
    written.map_err(|_| LinkageError::Encrypt)?;
    let body = format!("{mark} {}", BASE64.encode(sealed));
    Ok(format!("{body} {}\n", digest(&body)).into_bytes())
}

/// Opens a row; `Err(true)` when the key is not its key.
fn open(sealed: &str, identity: &Identity) -> Result<Row, bool> {
    let sealed = BASE64.decode(sealed).map_err(|_| false)?;
    let text = match age::decrypt(&identity.0, &sealed) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(age::DecryptError::NoMatchingKeys) => return Err(true),
        Err(_) => return Err(false),
    };
    serde_json::from_slice(&text).map_err(|_| false)
}

/// Tells `see` every whole line; returns where they end, and whether something that broke off follows.
fn scan(path: &Path, file: &File, mut see: impl FnMut(Line<'_>)) -> Result<(u64, bool), LinkageError> {
    let at = |source| LinkageError::Io { path: path.to_owned(), source };
    let mut lines = BufReader::with_capacity(1 << 16, file);
    let (mut end, mut number) = (0, 0);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = lines.by_ref().take(LONGEST).read_until(b'\n', &mut bytes).map_err(at)? as u64;
        if read == 0 {
            return Ok((end, false));
        }
        number += 1;
        if let Some(line) = whole(&bytes) {
            see(line);
            end += read;
            continue;
        }
        // Only the end of a table can break off: a line feed comes last, and zeros stand where nothing arrived.
        let mut rest = Vec::new();
        lines.by_ref().take(LONGEST).read_to_end(&mut rest).map_err(at)?;
        let broke_off = !bytes.ends_with(b"\n") || bytes.contains(&0);
        if rest.split(|byte| *byte == b'\n').any(|line| whole(&[line, b"\n"].concat()).is_some()) || !broke_off {
            return Err(LinkageError::Damaged { path: path.to_owned(), line: number });
        }
        return Ok((end, true));
    }
}

fn whole(bytes: &[u8]) -> Option<Line<'_>> {
    let text = std::str::from_utf8(bytes.strip_suffix(b"\n")?).ok()?;
    let (body, sum) = text.rsplit_once(' ')?;
    let (mark, sealed) = body.split_once(' ')?;
    (digest(body) == sum).then_some(Line { mark, sealed })
}

fn digest(body: &str) -> String {
    Sha256::digest(body.as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The letters of the mark of a person.
const PERSON_MARK: usize = 32;

/// How long another process may hold the table.
const PATIENCE: Duration = Duration::from_secs(10);

/// No line is longer: a person of ten thousand studies stays below it.
const LONGEST: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ProjectKey, Settings};

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(&ProjectKey::from_bytes([3; 32]), Settings::default())
    }

    fn row(number: u32) -> Row {
        Row {
            namespace: "site".into(),
            id: format!("KRT-INVENTED-{number}"),
            stated: format!("krt invented {number}"),
            issuer: String::new(),
            pseudonym: format!("P{number}"),
            shift_days: Some(-40),
            profile: "p".into(),
            others: Vec::new(),
            studies: vec![("1.2".into(), "2.25.3".into())],
        }
    }

    fn add(path: &Path, to: &Identity, numbers: std::ops::Range<u32>) -> u64 {
        let rows: Vec<Row> = numbers.map(row).collect();
        Table::open(path).unwrap().add(&rows, &[to.recipient()], &pseudonyms()).unwrap()
    }

    fn read(path: &Path, identity: &Identity) -> Vec<String> {
        rows(path, identity).unwrap().into_iter().map(|row| row.id).collect()
    }

    #[test]
    fn rows_come_back_to_the_private_key_alone_and_are_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let identity = Identity::generate();
        assert_eq!(add(&path, &identity, 0..3), 3);
        assert_eq!(add(&path, &identity, 1..4), 1);
        assert_eq!(read(&path, &identity), ["KRT-INVENTED-0", "KRT-INVENTED-1", "KRT-INVENTED-2", "KRT-INVENTED-3"]);
        assert!(rows(&path, &identity).unwrap()[3] == row(3));
        assert!(matches!(rows(&path, &Identity::generate()), Err(LinkageError::WrongKey { .. })));
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(8).any(|window| window.eq_ignore_ascii_case(b"INVENTED")));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_broke_off_anywhere_is_cut_and_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let identity = Identity::generate();
        add(&path, &identity, 0..1);
        let first = std::fs::metadata(&path).unwrap().len();
        add(&path, &identity, 1..3);
        let whole = std::fs::read(&path).unwrap();
        for cut in (first as usize..whole.len()).step_by(7) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let before = read(&path, &identity).len() as u64;
            assert_eq!(add(&path, &identity, 0..3), 3 - before, "{cut}");
            assert_eq!(read(&path, &identity), ["KRT-INVENTED-0", "KRT-INVENTED-1", "KRT-INVENTED-2"], "{cut}");
        }
        // A power failure may leave the length without the bytes.
        let mut zeros = whole[..first as usize + 20].to_vec();
        zeros.resize(whole.len(), 0);
        std::fs::write(&path, &zeros).unwrap();
        assert!(Table::open(&path).unwrap().was_torn());
        assert_eq!(read(&path, &identity), ["KRT-INVENTED-0"]);
    }

    #[test]
    fn a_line_altered_in_the_midst_is_damage_and_nothing_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let identity = Identity::generate();
        add(&path, &identity, 0..3);
        let whole = std::fs::read(&path).unwrap();
        for at in [0, 40, 300] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert!(matches!(Table::open(&path), Err(LinkageError::Damaged { line: 1, .. })));
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn many_writers_lose_no_row_and_tear_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let identity = Identity::generate();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (path, identity) = (&path, &identity);
                scope.spawn(move || {
                    for round in 0..5 {
                        add(path, identity, writer * 3..writer * 3 + round);
                    }
                });
            }
        });
        assert_eq!(read(&path, &identity).len(), 13);
    }

    #[test]
    fn the_rows_of_a_person_are_removed_by_either_key_and_all_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let identity = Identity::generate();
        add(&path, &identity, 0..4);
        let gone = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let other = Pseudonyms::new(&ProjectKey::from_bytes([4; 32]), Settings::default());
        assert_eq!(remove(&path, &gone(&["P1"]), Some(&other), None).unwrap(), 0);
        assert_eq!(remove(&path, &gone(&["P1", "P9"]), Some(&pseudonyms()), None).unwrap(), 1);
        assert!(matches!(
            remove(&path, &gone(&["P2"]), None, Some(&Identity::generate())),
            Err(LinkageError::WrongKey { .. })
        ));
        assert_eq!(remove(&path, &gone(&["P2"]), None, Some(&identity)).unwrap(), 1);
        assert_eq!(read(&path, &identity), ["KRT-INVENTED-0", "KRT-INVENTED-3"]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!folder.path().join("t.new").exists());
        // What a person who is back is told by is written again, and only that.
        assert_eq!(add(&path, &identity, 0..2), 1);
        assert_eq!(remove(&folder.path().join("none"), &gone(&["P2"]), None, None).unwrap(), 0);
        assert!(!folder.path().join("none").exists());
    }

    #[test]
    fn an_open_table_is_refused_and_a_destroyed_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        add(&path, &Identity::generate(), 0..1);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Table::open(&path), Err(LinkageError::Permissions { mode: 0o640, .. })));
        assert!(destroy(&path).unwrap());
        assert!(!path.exists() && !destroy(&path).unwrap());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_table_or_are_refused(bytes in proptest::collection::vec(0u8..=255, 0..300)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t");
            std::fs::write(&path, &bytes).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let _ = Table::open(&path);
        }
    }
}
