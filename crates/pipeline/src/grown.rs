//! Lists of a vault that only ever grow at their ends: how many lines one had, and a digest of them, tell of a later one whether
//! it goes on from that. A list that was removed, cut, altered or taken from an old copy shows, and what a run that was killed
//! has added does no harm.

use crate::put::{Readers, put};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tokumei_audit::ListMark;

/// A list of a vault, line by line.
#[derive(Default)]
pub(crate) struct Grown {
    path: PathBuf,
    lines: Vec<String>,
}

impl Grown {
    /// Reads a list; one that is not there has no line.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::InvalidData`] where the list breaks off or is longer than any can be.
    pub(crate) fn load(path: &Path) -> io::Result<Grown> {
        let mut text = String::new();
        match File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            read => drop(read?),
        }
        if text.len() as u64 > LONGEST || !text.is_empty() && !text.ends_with('\n') {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Grown { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() })
    }

    /// Returns its lines, in the order in which they came.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Returns what a paper states of it; nothing where it has no line.
    pub(crate) fn mark(&self) -> Option<ListMark> {
        let count = self.lines.len() as u64;
        self.digest_of(count).filter(|_| count > 0).map(|digest| ListMark { count, digest })
    }

    /// Tells whether it is what was stated, or goes on from that.
    pub(crate) fn follows(&self, mark: &ListMark) -> bool {
        self.digest_of(mark.count).as_ref() == Some(&mark.digest)
    }

    /// Adds lines at its end. When it returns, they are on the disk.
    ///
    /// # Errors
    /// What the system says; the list is as it was then.
    pub(crate) fn add(&mut self, lines: Vec<String>) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let before = self.lines.len();
        self.lines.extend(lines);
        self.write().inspect_err(|_| self.lines.truncate(before))
    }

    fn write(&mut self) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let lines = &self.lines;
        put(&self.path, folder, Readers::Owner, |to| lines.iter().try_for_each(|line| writeln!(to, "{line}")))?;
        File::open(folder)?.sync_all()
    }

    fn digest_of(&self, count: u64) -> Option<String> {
        let lines = self.lines.get(..usize::try_from(count).ok()?)?;
        let mut sha = Sha256::new();
        for line in lines {
            sha.update(line.as_bytes());
            sha.update(b"\n");
        }
        Some(tokumei_core::hex(&sha.finalize()))
    }
}

/// Returns the lists of a vault, by the names under which its log states their marks.
pub(crate) fn lists(vault: &Path) -> [(&'static str, PathBuf); 2] {
    [EXCLUDED, IDENTITIES].map(|name| (name, path(vault, name)))
}

/// Returns where a list of a vault lies.
pub(crate) fn path(vault: &Path, name: &str) -> PathBuf {
    vault.join("journal").join(name.replace('_', "."))
}

/// The list of those whom consent has kept out.
pub(crate) const EXCLUDED: &str = "excluded_list";
/// The list of whose IDs are one person's.
pub(crate) const IDENTITIES: &str = "identities_list";
/// No list is longer: some ten million people.
const LONGEST: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_goes_on_follows_its_mark_and_one_that_was_cut_altered_or_emptied_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.list");
        let mut list = Grown::load(&path).unwrap();
        assert_eq!(list.mark(), None);
        list.add(vec!["one".into(), "two".into()]).unwrap();
        let mark = list.mark().unwrap();
        // printf 'one\ntwo\n' | sha256sum
        assert_eq!(mark.digest, "c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8");
        list.add(vec!["three".into()]).unwrap();
        assert!(Grown::load(&path).unwrap().follows(&mark));
        for bad in ["one\n", "", "one\nTWO\nthree\n", "two\none\n"] {
            std::fs::write(&path, bad).unwrap();
            assert!(!Grown::load(&path).unwrap().follows(&mark), "{bad:?}");
        }
        std::fs::write(&path, "one\ntwo").unwrap();
        assert_eq!(Grown::load(&path).err().unwrap().kind(), io::ErrorKind::InvalidData);
    }
}
