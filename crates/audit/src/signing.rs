//! The key that signs what a release states, and the one that checks it.

use crate::ledger::hex;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use zeroize::Zeroizing;

/// The private half: it signs, and stays in the vault. Overwritten in memory when dropped.
///
/// # Standard
/// RFC 8032, 5.1: Ed25519.
pub struct Signer(SigningKey);

impl Signer {
    /// Draws a new key from the operating system.
    ///
    /// # Errors
    /// [`SigningError::Random`] when the system gives no random bytes.
    pub fn generate() -> Result<Signer, SigningError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| SigningError::Random)?;
        Ok(Signer(SigningKey::from_bytes(&seed)))
    }

    /// Reads a key file: one line, `tokumei-signing-1` and 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`SigningError::Io`] when it cannot be read, [`SigningError::Permissions`] when others than its owner may read or
    /// write it, [`SigningError::Format`] when it holds anything else than one key.
    pub fn load(path: &Path) -> Result<Signer, SigningError> {
        let at = |source| SigningError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(at)?;
        let mode = file.metadata().map_err(at)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SigningError::Permissions { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(Vec::with_capacity(LONGEST));
        file.take(LONGEST as u64).read_to_end(&mut text).map_err(at)?;
        let seed = line(&text, PRIVATE).and_then(bytes_of::<32>).map(Zeroizing::new);
        let seed = seed.ok_or_else(|| SigningError::Format { path: path.to_owned() })?;
        Ok(Signer(SigningKey::from_bytes(&seed)))
    }

    /// Writes the key to a new file of mode 0600 and waits until it is on the disk.
    ///
    /// # Errors
    /// [`SigningError::Io`] when the file exists already or cannot be written.
    pub fn store_new(&self, path: &Path) -> Result<(), SigningError> {
        let at = |source| SigningError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
        let text = Zeroizing::new(format!("{PRIVATE}{}\n", *Zeroizing::new(hex(self.0.as_bytes()))));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.and_then(|()| File::open(folder)?.sync_all()).map_err(|source| {
            // A key file cut short would be refused for ever; better none.
            let _ = std::fs::remove_file(path);
            at(source)
        })
    }

    /// Takes the key of a file, or draws one and stores it there.
    ///
    /// # Errors
    /// As those of [`load`](Self::load) and [`store_new`](Self::store_new).
    pub fn load_or_new(path: &Path) -> Result<Signer, SigningError> {
        match Signer::load(path) {
            Err(SigningError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let signer = Signer::generate()?;
                signer.store_new(path)?;
                Ok(signer)
            }
            other => other,
        }
    }

    /// Returns the public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a statement of a kind, such as `tokumei-root-1`, and returns the signature in hexadecimal.
    pub fn sign(&self, kind: &str, statement: &[u8]) -> String {
        hex(&self.0.sign(&message(kind, statement)).to_bytes())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer(public {})", self.public())
    }
}

/// The public half: whoever has it can check what was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key file as [`line`](Self::line) writes it.
    ///
    /// # Errors
    /// [`SigningError::Io`] when it cannot be read, [`SigningError::Format`] when it holds anything else than one key.
    pub fn load(path: &Path) -> Result<PublicKey, SigningError> {
        let at = |source| SigningError::Io { path: path.to_owned(), source };
        let mut text = Vec::new();
        File::open(path).map_err(at)?.take(LONGEST as u64).read_to_end(&mut text).map_err(at)?;
        let key = line(&text, PUBLIC).and_then(|digits| digits.parse().ok());
        key.ok_or_else(|| SigningError::Format { path: path.to_owned() })
    }

    /// Returns the key as the one line of its file, with the line feed.
    pub fn line(&self) -> String {
        format!("{PUBLIC}{self}\n")
    }

    /// Returns what people compare: the first 32 hexadecimal digits of the key's SHA-256, in groups of four.
    pub fn fingerprint(&self) -> String {
        let digits = hex(&Sha256::digest(self.0.as_bytes())[..16]);
        digits
            .as_bytes()
            .chunks(4)
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Tells whether a signature in hexadecimal is this key's over a statement of a kind.
    pub fn signed(&self, kind: &str, statement: &[u8], signature: &str) -> bool {
        let Some(bytes) = bytes_of::<64>(signature) else { return false };
        // Strict: no second signature passes for the same statement and key.
        self.0.verify_strict(&message(kind, statement), &Signature::from_bytes(&bytes)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = NoPublicKey;

    /// Reads 64 hexadecimal digits.
    fn from_str(digits: &str) -> Result<PublicKey, NoPublicKey> {
        let key = bytes_of::<32>(digits).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        key.map(PublicKey).ok_or(NoPublicKey)
    }
}

/// Returns what is really signed. The kind keeps a signature under one paper from passing for another's.
fn message(kind: &str, statement: &[u8]) -> Vec<u8> {
    [kind.as_bytes(), b"\n", statement].concat()
}

fn line<'a>(text: &'a [u8], mark: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(text).ok()?;
    text.strip_prefix(mark)?.trim_end_matches(['\r', '\n']).into()
}

/// Returns the bytes of lower-case hexadecimal digits, exactly so many.
pub(crate) fn bytes_of<const LENGTH: usize>(digits: &str) -> Option<[u8; LENGTH]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; LENGTH];
    if digits.len() != 2 * LENGTH {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

const PRIVATE: &str = "tokumei-signing-1 ";
const PUBLIC: &str = "tokumei-public-1 ";
const LONGEST: usize = 128;

/// A text that is no public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("these are not the 64 hexadecimal digits of a public key")]
pub struct NoPublicKey;

/// Why there is no key to sign or check with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
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
    #[error("{} is not a signing key of tokumei, or a public one", path.display())]
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

    #[test]
    fn the_first_test_vector_of_rfc_8032_holds() {
        let seed = bytes_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let signer = Signer(SigningKey::from_bytes(&seed));
        assert_eq!(signer.public().to_string(), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let signature = concat!(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
        assert_eq!(hex(&signer.0.sign(b"").to_bytes()), signature);
    }

    #[test]
    fn a_stored_key_comes_back_and_signs_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        let signer = Signer::load_or_new(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Signer::load_or_new(&path).unwrap();
        assert_eq!(again.sign("kind", b"x"), signer.sign("kind", b"x"));
        assert!(signer.store_new(&path).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Signer::load(&path), Err(SigningError::Permissions { .. })));
    }

    #[test]
    fn a_signature_holds_for_its_kind_statement_and_key_alone() {
        let (signer, other) = (Signer::generate().unwrap(), Signer::generate().unwrap());
        let signature = signer.sign("kind", b"statement");
        assert!(signer.public().signed("kind", b"statement", &signature));
        assert!(!signer.public().signed("kin", b"d\nstatement", &signature));
        assert!(!signer.public().signed("kind", b"Statement", &signature));
        assert!(!other.public().signed("kind", b"statement", &signature));
        assert!(!signer.public().signed("kind", b"statement", &signature.to_uppercase()));
    }

    #[test]
    fn a_public_key_comes_back_from_its_line_and_debug_shows_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::generate().unwrap();
        let path = folder.path().join("public.key");
        std::fs::write(&path, signer.public().line()).unwrap();
        assert_eq!(PublicKey::load(&path).unwrap(), signer.public());
        assert_eq!(signer.public().fingerprint().len(), 39);
        assert!(!format!("{signer:?}").contains(&hex(signer.0.as_bytes())));
        for text in ["", "tokumei-public-1 00", "tokumei-signing-1 "] {
            std::fs::write(&path, text).unwrap();
            assert!(PublicKey::load(&path).is_err());
        }
    }
}
