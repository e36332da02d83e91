//! The keys of a table: the public one that adds, and the private one that reads.

use super::LinkageError;
use age::secrecy::ExposeSecret;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::str::FromStr;
use zeroize::Zeroizing;

/// A public key of age (X25519): `age1…`. Whoever has it can add rows and read none.
#[derive(Clone)]
pub struct Recipient(pub(super) age::x25519::Recipient);

impl FromStr for Recipient {
    type Err = LinkageError;

    fn from_str(text: &str) -> Result<Self, LinkageError> {
        age::x25519::Recipient::from_str(text.trim()).map(Recipient).map_err(|_| LinkageError::Recipient)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

/// A private key of age (X25519), from a file such as `age-keygen` writes. It has no `Debug`.
pub struct Identity(pub(super) age::x25519::Identity);

impl Identity {
    /// Draws a new private key.
    pub fn generate() -> Identity {
        Identity(age::x25519::Identity::generate())
    }

    /// Reads a key file: lines that begin with `#`, and one `AGE-SECRET-KEY-1…`.
    ///
    /// # Errors
    /// [`LinkageError::Io`] when it cannot be read, [`LinkageError::Permissions`] when others than its owner may read or
    /// write it, [`LinkageError::NoIdentity`] when it holds anything else than one key.
    pub fn load(path: &Path) -> Result<Identity, LinkageError> {
        let at = |source| LinkageError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(at)?;
        let mode = file.metadata().map_err(at)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(LinkageError::Permissions { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(LONGEST));
        let none = || LinkageError::NoIdentity { path: path.to_owned() };
        match file.take(LONGEST as u64).read_to_string(&mut text) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(none()),
            read => read.map_err(at)?,
        };
        let mut keys = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (keys.next(), keys.next()) else { return Err(none()) };
        age::x25519::Identity::from_str(line).map(Identity).map_err(|_| none())
    }

    /// Writes the key to a new file of mode 0600 and waits until it is on the disk.
    ///
    /// # Errors
    /// [`LinkageError::Io`] when the file exists already or cannot be written.
    pub fn store_new(&self, path: &Path) -> Result<(), LinkageError> {
        let at = |source| LinkageError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
        let secret = self.0.to_string();
        let text = Zeroizing::new(format!("# public key: {}\n{}\n", self.recipient(), secret.expose_secret()));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|source| {
            let _ = std::fs::remove_file(path);
            at(source)
        })
    }

    /// Returns the public key that belongs to it.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }
}

/// No key file is longer.
const LONGEST: usize = 4096;
