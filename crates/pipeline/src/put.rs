//! Papers of a release and a vault: written whole or not at all, and only when they would change.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Who may read a paper.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the umask lets.
    Release,
    /// The owner alone.
    Owner,
}

/// Writes a paper to `path` and tells whether it changed.
///
/// `write` is called once to compare with what is there, and again to write where that differs; so it must write
/// the same both times. What it returns comes from its last call.
pub(crate) fn put<T>(
    path: &Path,
    waiting: &Path,
    readers: Readers,
    mut write: impl FnMut(&mut dyn Write) -> io::Result<T>,
) -> io::Result<(bool, T)> {
    if let Ok(file) = File::open(path) {
        let mut comparison = Comparison { with: BufReader::with_capacity(1 << 16, file), equal: true };
        let result = write(&mut comparison)?;
        if comparison.ended_equal()? {
            return Ok((false, result));
        }
    }
    let temporary = waiting.join(temporary_name(path));
    let mode = if readers == Readers::Owner { 0o600 } else { 0o666 };
    let _ = fs::remove_file(&temporary);
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    let written = fill(file, &mut write).and_then(|result| fs::rename(&temporary, path).map(|()| result));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map(|result| (true, result))
}

fn fill<T>(file: File, write: &mut impl FnMut(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut buffer = BufWriter::with_capacity(1 << 16, file);
    let result = write(&mut buffer)?;
    buffer.into_inner()?.sync_all()?;
    Ok(result)
}

fn temporary_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!(".new-{name}"))
}

/// A writer that compares with a file and keeps nothing.
struct Comparison {
    with: BufReader<File>,
    equal: bool,
}

impl Comparison {
    fn ended_equal(mut self) -> io::Result<bool> {
        Ok(self.equal && self.with.read(&mut [0])? == 0)
    }
}

impl Write for Comparison {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = [0; 4096];
        let part = &bytes[..bytes.len().min(there.len())];
        if self.equal {
            self.equal = self.with.read_exact(&mut there[..part.len()]).is_ok() && there[..part.len()] == *part;
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_paper_is_written_only_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("paper");
        let write =
            |text: &str| put(&path, folder.path(), Readers::Owner, |to| to.write_all(text.as_bytes())).unwrap().0;
        assert!(write("one"));
        let first = fs::metadata(&path).unwrap();
        assert_eq!(first.mode() & 0o777, 0o600);
        assert!(!write("one"));
        assert_eq!(fs::metadata(&path).unwrap().ino(), first.ino());
        for text in ["on", "one more", "two", ""] {
            assert!(write(text), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
