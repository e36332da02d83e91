//! Digests that only the key holder can recompute.

use crate::mac::{SEPARATOR, SubKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A keyed digest fed piece by piece, such as that of an input file while it is read.
pub struct KeyedDigest(Hmac<Sha256>);

impl KeyedDigest {
    /// Starts a digest for `purpose`; digests of other purposes never compare equal.
    pub(crate) fn new(key: &SubKey, purpose: &str) -> Self {
        let mut mac = key.start();
        mac.update(purpose.as_bytes());
        mac.update(&[SEPARATOR]);
        KeyedDigest(mac)
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest of all bytes taken.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
}
