//! The project key and its file.

use crate::mac::SubKey;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The 32 random bytes from which everything keyed is derived; overwritten in memory when dropped.
///
/// It has no `Clone`, and its `Debug` shows the key id alone.
pub struct ProjectKey(Zeroizing<[u8; 32]>);

impl ProjectKey {
    /// Draws a new key from the operating system.
    ///
    /// # Errors
    /// [`KeyError::Random`] when the system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|_| KeyError::Random)?;
        Ok(ProjectKey(bytes))
    }

    /// Returns the key with these bytes. The caller's copy is the caller's to erase.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        ProjectKey(Zeroizing::new(bytes))
    }

    /// Reads a key file: one line, `tokumei-key-1` and 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`KeyError::Io`] when it cannot be read, [`KeyError::Permissions`] when others than its owner may read or
    /// write it, [`KeyError::Format`] when it holds anything else than one key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let at = |source| KeyError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(at)?;
        let metadata = file.metadata().map_err(at)?;
        let format = || KeyError::Format { path: path.to_owned() };
        if !metadata.is_file() {
            return Err(format());
        }
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Permissions { path: path.to_owned(), mode });
        }
        // One byte more than a key file has, so that a longer file is noticed and never read whole.
        let mut text = Zeroizing::new(Vec::with_capacity(FILE_LENGTH + 1));
        file.take(FILE_LENGTH as u64 + 1).read_to_end(&mut text).map_err(at)?;
        parse(&text).ok_or_else(format)
    }

    /// Writes the key to a new file of mode 0600 and waits until it is on the disk.
    ///
    /// # Errors
    /// [`KeyError::Io`] when the file exists already or cannot be written.
    pub fn store_new(&self, path: &Path) -> Result<(), KeyError> {
        let at = |source| KeyError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
        let written = file.write_all(self.line().as_bytes()).and_then(|()| file.sync_all());
        written.and_then(|()| sync_folder_of(path)).map_err(|source| {
            // A key file cut short would be refused for ever; better none.
            let _ = std::fs::remove_file(path);
            at(source)
        })
    }

    /// Returns the key's id, which is safe to show: it tells keys apart and gives nothing of them away.
    pub fn id(&self) -> KeyId {
        let digest = SubKey::derive(&self.0, "key-id").digest(&["tokumei key id"]);
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        KeyId(id)
    }

    /// Returns the sub-key of a purpose.
    pub(crate) fn sub_key(&self, purpose: &str) -> SubKey {
        SubKey::derive(&self.0, purpose)
    }

    fn line(&self) -> Zeroizing<String> {
        // The whole capacity at once: growing would leave copies behind in freed memory.
        let mut line = Zeroizing::new(String::with_capacity(FILE_LENGTH));
        line.push_str(MARK);
        for byte in self.0.iter() {
            for digit in [byte >> 4, byte & 15] {
                line.push(char::from(HEX[usize::from(digit)]));
            }
        }
        line.push('\n');
        line
    }
}

impl fmt::Debug for ProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProjectKey(id {})", self.id())
    }
}

fn parse(text: &[u8]) -> Option<ProjectKey> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let digits = text.strip_prefix(MARK.as_bytes())?;
    let mut bytes = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(ProjectKey(bytes))
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

const MARK: &str = "tokumei-key-1 ";
const FILE_LENGTH: usize = MARK.len() + 64 + 1;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A key's id: 16 hexadecimal digits, a truncated HMAC of a constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("the key file {} could not be read or written", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner may read or write the file.
    #[error("the key file {} has mode {mode:03o}; only its owner may read it (600)", path.display())]
    Permissions {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold one key.
    #[error("{} is not a key file of tokumei", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a new key")]
    Random,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ProjectKey {
        ProjectKey::from_bytes(std::array::from_fn(|at| at as u8))
    }

    #[test]
    fn a_stored_key_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("project.key");
        key().store_new(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "tokumei-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(ProjectKey::load(&path).unwrap().id(), key().id());
    }

    #[test]
    fn a_key_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("project.key");
        key().store_new(&path).unwrap();
        assert!(matches!(ProjectKey::from_bytes([1; 32]).store_new(&path), Err(KeyError::Io { .. })));
        assert_eq!(ProjectKey::load(&path).unwrap().id(), key().id());
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("project.key");
        key().store_new(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(ProjectKey::load(&path), Err(KeyError::Permissions { .. })));
        }
    }

    #[test]
    fn anything_but_one_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("project.key");
        let good = key().line().to_string();
        for text in ["", "tokumei-key-1 00", "tokumei-key-2 ", &good.repeat(2), &good.replace("0f", "0g")] {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert!(matches!(ProjectKey::load(&path), Err(KeyError::Format { .. })), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_the_id_and_no_key() {
        let shown = format!("{:?}", key());
        assert_eq!(shown, format!("ProjectKey(id {})", key().id()));
        assert!(!shown.contains("0001020304"));
    }

    #[test]
    fn new_keys_differ() {
        assert_ne!(ProjectKey::generate().unwrap().id(), ProjectKey::generate().unwrap().id());
    }
}
