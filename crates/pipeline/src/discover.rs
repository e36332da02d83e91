//! Which files there are.

use std::fs::{self, FileType};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use tokumei_core::{Reason, State};

/// A directory entry that has to be accounted for.
pub(crate) struct Found {
    /// Its absolute path.
    pub path: PathBuf,
    /// Its state and reason where it needs no opening.
    pub settled: Option<(State, Reason)>,
}

/// Lists everything under the inputs, in the order of the paths' bytes, each once.
///
/// Symbolic links inside a folder are never followed: they could lead out of it or in circles, and what they
/// point to inside it is found anyway. `inputs` are absolute and free of links.
pub(crate) fn discover(inputs: &[PathBuf], mut found_so_far: impl FnMut(u64)) -> Vec<Found> {
    let mut found = Vec::new();
    let mut folders = Vec::new();
    for input in inputs {
        match fs::symlink_metadata(input) {
            Ok(metadata) => sort_in(input.clone(), metadata.file_type(), &mut folders, &mut found),
            Err(error) => found.push(unreadable(input.clone(), &error)),
        }
    }
    while let Some(folder) = folders.pop() {
        list(&folder, &mut folders, &mut found);
        found_so_far(found.len() as u64);
    }
    found.sort_unstable_by(|a, b| order(&a.path, &b.path));
    found.dedup_by(|a, b| a.path == b.path);
    found
}

/// Compares two paths by their bytes.
pub(crate) fn order(a: &Path, b: &Path) -> std::cmp::Ordering {
    a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes())
}

fn list(folder: &Path, folders: &mut Vec<PathBuf>, found: &mut Vec<Found>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return found.push(unreadable(folder.to_owned(), &error)),
    };
    for entry in entries {
        match entry {
            Ok(entry) => match entry.file_type() {
                Ok(kind) => sort_in(entry.path(), kind, folders, found),
                Err(error) => found.push(unreadable(entry.path(), &error)),
            },
            // The listing broke off: what else is in the folder nobody knows, and that must not stay silent.
            Err(error) => return found.push(unreadable(folder.to_owned(), &error)),
        }
    }
}

fn sort_in(path: PathBuf, kind: FileType, folders: &mut Vec<PathBuf>, found: &mut Vec<Found>) {
    let excluded = |id| Some((State::Excluded, Reason::new(id)));
    if kind.is_dir() {
        folders.push(path);
    } else if kind.is_file() {
        found.push(Found { path, settled: None });
    } else if kind.is_symlink() {
        found.push(Found { path, settled: excluded("symbolic-link") });
    } else {
        // Opening a pipe or a device could wait for ever.
        found.push(Found { path, settled: excluded("not-a-regular-file") });
    }
}

fn unreadable(path: PathBuf, error: &io::Error) -> Found {
    Found { path, settled: Some((State::Failed, Reason::at("unreadable", error.kind()))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::fs::symlink;

    fn names(inputs: &[PathBuf], root: &Path) -> Vec<String> {
        let found = discover(inputs, |_| ());
        found.iter().map(|f| f.path.strip_prefix(root).unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_order_does_not_depend_on_the_arguments_and_nothing_is_found_twice() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/c")).unwrap();
        for name in ["a", "b/c/1", "b/2", ".DS_Store"] {
            fs::write(root.join(name), "").unwrap();
        }
        let expected = [".DS_Store", "a", "b/2", "b/c/1"];
        assert_eq!(names(&[root.to_owned()], root), expected);
        assert_eq!(names(&[root.join("b/c"), root.to_owned(), root.join("a")], root), expected);
    }

    #[test]
    fn links_and_pipes_are_accounted_for_and_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        symlink("/", folder.path().join("out")).unwrap();
        symlink(".", folder.path().join("circle")).unwrap();
        let found = discover(&[folder.path().to_owned()], |_| ());
        let reasons: Vec<_> = found.iter().map(|f| f.settled.clone().unwrap().1.id).collect();
        assert_eq!(reasons, ["symbolic-link", "symbolic-link"]);
    }

    #[test]
    fn odd_and_long_names_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("長".repeat(60)).join("い".repeat(60));
        fs::create_dir_all(&long).unwrap();
        fs::write(long.join(OsStr::from_bytes(b"\xff\xfe")), "").unwrap();
        assert_eq!(discover(&[folder.path().to_owned()], |_| ()).len(), 1);
    }

    #[test]
    fn an_input_that_has_gone_is_a_failed_row() {
        let found = discover(&[PathBuf::from("/nowhere/at/all")], |_| ());
        assert_eq!(found[0].settled.as_ref().unwrap().0, State::Failed);
    }
}
