//! The ledger file: written in order, read back, checked against its root.

use crate::{FORMAT, Leaf, Root, Tree};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// Writes leaves in the order of their instance UIDs and grows the Merkle tree on the way.
///
/// Memory does not grow with the ledger: sorting is the caller's, who has the leaves on disk.
pub struct LedgerWriter<W: Write> {
    to: W,
    tree: Tree,
    last: Option<String>,
}

/// What seals a ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    /// How many leaves there are.
    pub leaves: u64,
    /// The Merkle root in hexadecimal.
    pub root: String,
}

impl<W: Write> LedgerWriter<W> {
    /// Starts a ledger.
    pub fn new(to: W) -> Self {
        LedgerWriter { to, tree: Tree::new(), last: None }
    }

    /// Writes the next leaf, `line` being [`Leaf::line`] of the leaf of `instance`, and returns its hash in the tree.
    ///
    /// # Errors
    /// [`LedgerError::Order`] when `instance` does not come after the one before it, [`LedgerError::Write`] when
    /// it cannot be written.
    pub fn push(&mut self, instance: &str, line: &[u8]) -> Result<[u8; 32], LedgerError> {
        if self.last.as_deref().is_some_and(|last| last >= instance) {
            return Err(LedgerError::Order { leaf: self.tree.leaves() });
        }
        self.to.write_all(line).and_then(|()| self.to.write_all(b"\n")).map_err(LedgerError::Write)?;
        self.last = Some(instance.to_owned());
        Ok(self.tree.push(line))
    }

    /// Ends the ledger and returns where it was written, with its seal.
    ///
    /// # Errors
    /// [`LedgerError::Write`] when the last bytes cannot be written.
    pub fn finish(mut self) -> Result<(W, Seal), LedgerError> {
        self.to.flush().map_err(LedgerError::Write)?;
        Ok((self.to, seal(&self.tree)))
    }
}

/// Opens a ledger for reading, leaf by leaf.
///
/// # Errors
/// [`LedgerError::Read`] when it cannot be opened.
pub fn read_ledger(path: &Path) -> Result<Leaves, LedgerError> {
    let file = File::open(path).map_err(|source| LedgerError::Read { path: path.to_owned(), source })?;
    Ok(Leaves { path: path.to_owned(), lines: BufReader::with_capacity(1 << 16, file), line: Vec::new(), read: 0 })
}

/// The leaves of a ledger file, read one at a time. Each item is a leaf, or the error that ends the reading.
pub struct Leaves {
    path: PathBuf,
    lines: BufReader<File>,
    /// The last line, without its line feed.
    line: Vec<u8>,
    /// How many leaves were read.
    read: u64,
}

impl Leaves {
    fn read(&mut self) -> Result<Option<Leaf>, LedgerError> {
        self.line.clear();
        let read = self.lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        if read.map_err(|source| LedgerError::Read { path: self.path.clone(), source })? == 0 {
            return Ok(None);
        }
        let malformed = LedgerError::Malformed { leaf: self.read };
        if self.line.pop() != Some(b'\n') {
            return Err(malformed);
        }
        // Only the canonical form counts: two spellings of one leaf would be two roots.
        match serde_json::from_slice::<Leaf>(&self.line) {
            Ok(leaf) if leaf.line().as_bytes() == self.line => {
                self.read += 1;
                Ok(Some(leaf))
            }
            _ => Err(malformed),
        }
    }
}

impl Iterator for Leaves {
    type Item = Result<Leaf, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Checks the ledger in a release's `audit` folder against its `root.json` and returns the latter.
///
/// # Errors
/// Any variant of [`LedgerError`] but [`LedgerError::Write`]; the first leaf that is wrong is named by its number.
pub fn verify_root(audit: &Path) -> Result<Root, LedgerError> {
    let root = Root::read(&audit.join("root.json"))?;
    let mut leaves = read_ledger(&audit.join("ledger.jsonl"))?;
    let (mut last, mut tree): (Option<String>, _) = (None, Tree::new());
    while let Some(leaf) = leaves.next() {
        let instance = leaf?.instance;
        if last.as_ref().is_some_and(|last| *last >= instance) {
            return Err(LedgerError::Order { leaf: tree.leaves() });
        }
        tree.push(&leaves.line);
        last = Some(instance);
    }
    let found = seal(&tree);
    if found.leaves != root.leaves {
        return Err(LedgerError::Count { stated: root.leaves, found: found.leaves });
    }
    if found.root != root.merkle_root {
        return Err(LedgerError::Root { stated: root.merkle_root, found: found.root });
    }
    Ok(root)
}

impl Root {
    /// Reads `root.json`.
    ///
    /// # Errors
    /// [`LedgerError::Read`] when it cannot be read, [`LedgerError::Format`] when it is not one of [`FORMAT`].
    pub fn read(path: &Path) -> Result<Root, LedgerError> {
        let at = |source| LedgerError::Read { path: path.to_owned(), source };
        let mut text = Vec::new();
        File::open(path).map_err(at)?.take(LONGEST_ROOT).read_to_end(&mut text).map_err(at)?;
        match serde_json::from_slice::<Root>(&text) {
            Ok(root) if root.format == FORMAT => Ok(root),
            _ => Err(LedgerError::Format { path: path.to_owned() }),
        }
    }
}

fn seal(tree: &Tree) -> Seal {
    Seal { leaves: tree.leaves(), root: hex(&tree.root()) }
}

pub(crate) use tokumei_core::hex;

/// No leaf is longer: a million changes of a data set stay below it.
pub(crate) const LONGEST_LINE: u64 = 256 << 20;

/// No root is longer.
const LONGEST_ROOT: u64 = 16 << 20;

/// What is wrong with a ledger. Leaves are counted from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The ledger could not be written.
    #[error("the ledger could not be written")]
    Write(#[source] io::Error),
    /// The root is not one of this format.
    #[error("{} is not a root of the format {FORMAT}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A line is not a leaf in canonical form.
    #[error("leaf {leaf} is malformed")]
    Malformed {
        /// Its number.
        leaf: u64,
    },
    /// A leaf does not come after the one before it.
    #[error("leaf {leaf} is out of order")]
    Order {
        /// Its number.
        leaf: u64,
    },
    /// Leaves are missing or were added.
    #[error("the ledger has {found} leaves and its root states {stated}")]
    Count {
        /// What the root says.
        stated: u64,
        /// What the ledger has.
        found: u64,
    },
    /// A leaf was altered.
    #[error("the ledger's Merkle root is {found} and its root states {stated}")]
    Root {
        /// What the root says.
        stated: String,
        /// What the ledger has.
        found: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProfileMark;
    use std::fs;
    use tokumei_core::State;

    fn release(leaves: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = LedgerWriter::new(File::create(folder.path().join("ledger.jsonl")).unwrap());
        for instance in leaves {
            writer.push(instance, Leaf::new(*instance, "p", State::Released).line().as_bytes()).unwrap();
        }
        let (_, seal) = writer.finish().unwrap();
        let root = Root {
            counts: [("released".into(), seal.leaves)].into(),
            dataset: None,
            digest: "off".into(),
            edition: "2026d".into(),
            excluded: None,
            format: FORMAT.into(),
            key: None,
            leaves: seal.leaves,
            merkle_root: seal.root,
            papers: [].into(),
            parameters: [].into(),
            people: None,
            profile: ProfileMark { hash: "p".into(), name: "n".into(), version: "1".into() },
            reasons: [].into(),
            signature: None,
            signer: None,
            text: [].into(),
            tool: "tokumei 0".into(),
            withdrawn: None,
        };
        fs::write(folder.path().join("root.json"), root.line()).unwrap();
        folder
    }

    /// Rewrites the ledger's lines by a function.
    fn edit(folder: &tempfile::TempDir, change: impl Fn(&mut Vec<String>)) {
        let path = folder.path().join("ledger.jsonl");
        let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }

    const FOUR: [&str; 4] = ["2.25.1", "2.25.2", "2.25.3", "2.25.4"];

    #[test]
    fn an_untouched_ledger_agrees_with_its_root() {
        assert_eq!(verify_root(release(&FOUR).path()).unwrap().leaves, 4);
        assert_eq!(verify_root(release(&[]).path()).unwrap().leaves, 0);
    }

    #[test]
    fn a_leaf_altered_deleted_added_or_moved_is_noticed() {
        let folder = release(&FOUR);
        edit(&folder, |lines| lines[1] = lines[1].replace("\"p\"", "\"q\""));
        assert!(matches!(verify_root(folder.path()), Err(LedgerError::Root { .. })));
        let folder = release(&FOUR);
        edit(&folder, |lines| drop(lines.remove(2)));
        assert!(matches!(verify_root(folder.path()), Err(LedgerError::Count { stated: 4, found: 3 })));
        let folder = release(&FOUR);
        edit(&folder, |lines| lines.push(lines[0].replace("2.25.1", "2.25.5")));
        assert!(matches!(verify_root(folder.path()), Err(LedgerError::Count { stated: 4, found: 5 })));
        let folder = release(&FOUR);
        edit(&folder, |lines| lines.swap(1, 2));
        assert!(matches!(verify_root(folder.path()), Err(LedgerError::Order { leaf: 2 })));
        let folder = release(&FOUR);
        edit(&folder, |lines| lines[3] = lines[3].replace("\"state\":", "\"state\": "));
        assert!(matches!(verify_root(folder.path()), Err(LedgerError::Malformed { leaf: 3 })));
    }

    #[test]
    fn a_ledger_cut_short_is_noticed() {
        let folder = release(&FOUR);
        let path = folder.path().join("ledger.jsonl");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(matches!(verify_root(folder.path()), Err(LedgerError::Malformed { leaf: 3 })));
    }

    #[test]
    fn an_instance_is_written_once_and_in_order() {
        let mut writer = LedgerWriter::new(Vec::new());
        writer.push("2.25.2", b"{}").unwrap();
        assert!(matches!(writer.push("2.25.2", b"{}"), Err(LedgerError::Order { leaf: 1 })));
        assert!(matches!(writer.push("2.25.1", b"{}"), Err(LedgerError::Order { leaf: 1 })));
    }
}
