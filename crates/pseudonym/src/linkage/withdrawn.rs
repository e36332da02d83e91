//! Who has withdrawn, so that no later run brings them back.
//!
//! The list holds no identifier: a digest of each, under random bytes at its head. Whoever has the file can test whether a
//! person they think of is in it, and can list nobody. Lists that were united stand one behind the other, each under its own
//! random bytes.
//!
//! It only ever grows at its end. So how many entries it had, and a digest of them, tell of a later list whether it goes on
//! from that one: a list that was taken from an old copy, cut or emptied would let people back in.

use super::LinkageError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The people of a vault who have withdrawn.
pub struct Withdrawn {
    path: PathBuf,
    parts: Vec<Part>,
}

/// The people of one list, in the order in which they came.
struct Part {
    salt: [u8; 32],
    digests: Vec<String>,
    known: HashSet<String>,
}

impl Withdrawn {
    /// Reads the list; where there is no file nobody is in it.
    ///
    /// # Errors
    /// [`LinkageError::Io`], and [`LinkageError::Damaged`] when a line is not as it was written: then nobody knows who is
    /// missing. A list gets its name when it is whole, so one that breaks off, or is longer than any can be, is damaged too.
    pub fn load(path: &Path) -> Result<Withdrawn, LinkageError> {
        let mut text = String::new();
        match File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            read => drop(read.map_err(|source| LinkageError::Io { path: path.to_owned(), source })?),
        }
        let mut list = Withdrawn { path: path.to_owned(), parts: Vec::new() };
        let lines = text.lines().count() as u64;
        if text.len() as u64 > LONGEST || !text.is_empty() && !text.ends_with('\n') {
            return Err(LinkageError::Damaged { path: path.to_owned(), line: lines });
        }
        for (at, line) in text.lines().enumerate() {
            let damaged = LinkageError::Damaged { path: path.to_owned(), line: at as u64 + 1 };
            if let Some(salt) = line.strip_prefix(HEAD) {
                list.parts.push(Part::new(salt_of(salt).ok_or(damaged)?));
                continue;
            }
            let is_digest = line.len() == 32 && line.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            match list.parts.last_mut().filter(|_| is_digest) {
                Some(part) => part.add(line.to_owned()),
                None => return Err(damaged),
            }
        }
        Ok(list)
    }

    /// Tells whether a person has withdrawn: by namespace and canonical ID, or by pseudonym.
    pub fn holds(&self, namespace: &str, id: &str, pseudonym: &str) -> bool {
        let patient = format!("{namespace}\u{1f}{id}");
        let in_part = |part: &Part| {
            !part.digests.is_empty()
                && (part.known.contains(&part.digest(PATIENT, &patient))
                    || part.known.contains(&part.digest(PSEUDONYM, pseudonym)))
        };
        self.parts.iter().any(in_part)
    }

    /// Returns how many entries there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.digests.len()).sum()
    }

    /// Tells whether nobody has withdrawn.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the digest, in hexadecimal, of the first `count` entries: what a paper may state of a list, since it says
    /// nothing of anybody to whoever has not the list. `None` where there are fewer.
    pub fn digest_of(&self, count: u64) -> Option<String> {
        let mut sha = Sha256::new();
        let lines = self.parts.iter().flat_map(|part| part.digests.iter().map(|digest| (&part.salt, digest)));
        let mut taken = 0;
        for (salt, digest) in lines.take(usize::try_from(count).ok()?) {
            sha.update(salt);
            sha.update(digest.as_bytes());
            taken += 1;
        }
        (taken == count).then(|| sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Adds everybody of another list. When it returns, they are on the disk.
    ///
    /// # Errors
    /// [`LinkageError::Io`].
    pub fn unite(&mut self, other: Withdrawn) -> Result<(), LinkageError> {
        for part in other.parts.into_iter().filter(|part| !part.digests.is_empty()) {
            // What is there stays where it is: behind it comes what is new, under its own random bytes once more.
            let known = |digest: &String| {
                self.parts.iter().any(|known| known.salt == part.salt && known.known.contains(digest))
            };
            let mut new = Part::new(part.salt);
            part.digests.iter().filter(|digest| !known(digest)).for_each(|digest| new.add(digest.clone()));
            if !new.digests.is_empty() {
                self.parts.push(new);
            }
        }
        self.write().map_err(|source| LinkageError::Io { path: self.path.clone(), source })
    }

    /// Adds people, by namespace and canonical ID, and pseudonyms. When it returns, they are on the disk.
    ///
    /// # Errors
    /// [`LinkageError::Io`], [`LinkageError::Random`].
    pub fn add(&mut self, patients: &[(String, String)], pseudonyms: &[String]) -> Result<(), LinkageError> {
        if self.parts.is_empty() {
            let mut salt = [0; 32];
            getrandom::fill(&mut salt).map_err(|_| LinkageError::Random)?;
            self.parts.push(Part::new(salt));
        }
        if let Some(part) = self.parts.last_mut() {
            let ids = patients.iter().map(|(namespace, id)| part.digest(PATIENT, &format!("{namespace}\u{1f}{id}")));
            let more = pseudonyms.iter().map(|pseudonym| part.digest(PSEUDONYM, pseudonym));
            let new: Vec<String> = ids.chain(more).collect();
            new.into_iter().for_each(|digest| part.add(digest));
        }
        self.write().map_err(|source| LinkageError::Io { path: self.path.clone(), source })
    }

    /// Writes all of it beside and gives it the name: a list cut short would let people back in.
    fn write(&self) -> io::Result<()> {
        let mut text = String::new();
        for part in &self.parts {
            let salt: String = part.salt.iter().map(|byte| format!("{byte:02x}")).collect();
            text.extend([HEAD, &salt, "\n"]);
            part.digests.iter().for_each(|line| text.extend([line, "\n"]));
        }
        let beside = self.path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
        std::fs::rename(&beside, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

impl Part {
    fn new(salt: [u8; 32]) -> Part {
        Part { salt, digests: Vec::new(), known: HashSet::new() }
    }

    fn add(&mut self, digest: String) {
        if self.known.insert(digest.clone()) {
            self.digests.push(digest);
        }
    }

    fn digest(&self, kind: &str, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.salt).expect("HMAC takes a key of any length");
        mac.update(format!("{kind}\u{1f}{text}").as_bytes());
        mac.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn salt_of(text: &str) -> Option<[u8; 32]> {
    let mut salt = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in salt.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(salt)
}

const HEAD: &str = "tokumei-withdrawn-1 ";
const PATIENT: &str = "patient";
const PSEUDONYM: &str = "pseudonym";
/// No list is longer: five million people.
const LONGEST: u64 = 256 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_withdrawn_is_known_by_id_or_pseudonym_and_cannot_be_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("withdrawn");
        assert!(!Withdrawn::load(&path).unwrap().holds("site", "KRT1", "P1"));
        let mut list = Withdrawn::load(&path).unwrap();
        list.add(&[("site".into(), "KRT1".into())], &["P2".into()]).unwrap();
        let list = Withdrawn::load(&path).unwrap();
        assert!(list.holds("site", "KRT1", "other") && list.holds("x", "y", "P2"));
        assert!(!list.holds("other", "KRT1", "P1"));
        assert!(!std::fs::read_to_string(&path).unwrap().contains("KRT1"));
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(matches!(Withdrawn::load(&path), Err(LinkageError::Damaged { line: 3, .. })));
        std::fs::write(&path, "tokumei-withdrawn-1 00\n").unwrap();
        assert!(matches!(Withdrawn::load(&path), Err(LinkageError::Damaged { line: 1, .. })));
    }
    #[test]
    fn lists_are_united_and_everybody_is_known_still() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let list = |name: &str, id: &str| {
            let mut list = Withdrawn::load(&path(name)).unwrap();
            list.add(&[("site".into(), id.into())], &[]).unwrap();
        };
        list("a", "KRT1");
        list("b", "KRT2");
        let mut united = Withdrawn::load(&path("c")).unwrap();
        for name in ["a", "b", "a"] {
            united.unite(Withdrawn::load(&path(name)).unwrap()).unwrap();
        }
        list("c", "KRT3");
        let united = Withdrawn::load(&path("c")).unwrap();
        assert_eq!(united.len(), 3);
        assert!(["KRT1", "KRT2", "KRT3"].iter().all(|id| united.holds("site", id, "")));
        assert!(!united.holds("site", "KRT4", ""));
    }

    #[test]
    fn a_list_that_goes_on_from_another_has_its_digest_and_a_shorter_or_altered_one_has_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("withdrawn");
        let add = |id: &str| {
            let mut list = Withdrawn::load(&path).unwrap();
            list.add(&[("site".into(), id.into())], &[format!("P-{id}")]).unwrap();
            list
        };
        let first = add("KRT9").digest_of(2).unwrap();
        let old = std::fs::read_to_string(&path).unwrap();
        let second = add("KRT1").digest_of(4).unwrap();
        let now = Withdrawn::load(&path).unwrap();
        assert_eq!((now.digest_of(2), now.digest_of(4), now.digest_of(5)), (Some(first.clone()), Some(second), None));
        // What is united comes behind what is there.
        let mut united = Withdrawn::load(&path).unwrap();
        let mut other = Withdrawn::load(&folder.path().join("other")).unwrap();
        other.add(&[("site".into(), "KRT5".into())], &["P-KRT5".into()]).unwrap();
        united.unite(other).unwrap();
        assert_eq!(Withdrawn::load(&path).unwrap().digest_of(2), Some(first.clone()));
        std::fs::write(&path, &old).unwrap();
        let older = Withdrawn::load(&path).unwrap();
        assert_eq!((older.digest_of(2), older.digest_of(4)), (Some(first.clone()), None));
        let line = old.lines().nth(1).unwrap();
        std::fs::write(&path, old.replace(line, &"0".repeat(32))).unwrap();
        assert_ne!(Withdrawn::load(&path).unwrap().digest_of(2), Some(first));
    }
}
