//! Who has withdrawn, so that no later run brings them back.
//!
//! The list holds no identifier: a digest of each, under random bytes at its head. Whoever has the file can test whether a
//! person they think of is in it, and can list nobody.

use super::LinkageError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The people of a vault who have withdrawn.
pub struct Withdrawn {
    path: PathBuf,
    salt: Option<[u8; 32]>,
    digests: HashSet<String>,
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
        let mut list = Withdrawn { path: path.to_owned(), salt: None, digests: HashSet::new() };
        let lines = text.lines().count() as u64;
        if text.len() as u64 > LONGEST || !text.is_empty() && !text.ends_with('\n') {
            return Err(LinkageError::Damaged { path: path.to_owned(), line: lines });
        }
        for (at, line) in text.lines().enumerate() {
            let damaged = LinkageError::Damaged { path: path.to_owned(), line: at as u64 + 1 };
            match at {
                0 => list.salt = Some(line.strip_prefix(HEAD).and_then(salt_of).ok_or(damaged)?),
                _ if line.len() == 32 && line.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    list.digests.insert(line.to_owned());
                }
                _ => return Err(damaged),
            }
        }
        Ok(list)
    }

    /// Tells whether a person has withdrawn: by namespace and canonical ID, or by pseudonym.
    pub fn holds(&self, namespace: &str, id: &str, pseudonym: &str) -> bool {
        !self.digests.is_empty()
            && (self.digests.contains(&self.digest(PATIENT, &format!("{namespace}\u{1f}{id}")))
                || self.digests.contains(&self.digest(PSEUDONYM, pseudonym)))
    }

    /// Returns how many entries there are.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Tells whether nobody has withdrawn.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Adds people, by namespace and canonical ID, and pseudonyms. When it returns, they are on the disk.
    ///
    /// # Errors
    /// [`LinkageError::Io`], [`LinkageError::Random`].
    pub fn add(&mut self, patients: &[(String, String)], pseudonyms: &[String]) -> Result<(), LinkageError> {
        if self.salt.is_none() {
            let mut salt = [0; 32];
            getrandom::fill(&mut salt).map_err(|_| LinkageError::Random)?;
            self.salt = Some(salt);
        }
        let patients = patients.iter().map(|(namespace, id)| self.digest(PATIENT, &format!("{namespace}\u{1f}{id}")));
        let more = pseudonyms.iter().map(|pseudonym| self.digest(PSEUDONYM, pseudonym));
        let new: Vec<String> = patients.chain(more).collect();
        self.digests.extend(new);
        self.write().map_err(|source| LinkageError::Io { path: self.path.clone(), source })
    }

    /// Writes all of it beside and gives it the name: a list cut short would let people back in.
    fn write(&self) -> io::Result<()> {
        let mut lines: Vec<&str> = self.digests.iter().map(String::as_str).collect();
        lines.sort_unstable();
        let salt: String = self.salt.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut text = format!("{HEAD}{salt}\n");
        lines.iter().for_each(|line| text.extend([line, "\n"]));
        let beside = self.path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
        std::fs::rename(&beside, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }

    fn digest(&self, kind: &str, text: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.salt.unwrap_or_default()).expect("HMAC takes a key of any length");
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
}
