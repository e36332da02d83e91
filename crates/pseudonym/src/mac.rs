//! HMAC-SHA256 under a sub-key that HKDF-SHA256 draws from the project key (RFC 2104, RFC 5869).

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

/// A sub-key for one purpose. Cloning its inner state is cheap, so a digest costs no new key schedule.
#[derive(Clone)]
pub(crate) struct SubKey(Hmac<Sha256>);

impl SubKey {
    /// Derives the sub-key of `purpose`.
    pub(crate) fn derive(key: &[u8; 32], purpose: &str) -> Self {
        let mut bytes = [0; 32];
        Hkdf::<Sha256>::new(None, key)
            .expand_multi_info(&[INFO.as_bytes(), purpose.as_bytes()], &mut bytes)
            .expect("32 bytes are within the 8160 that HKDF-SHA256 can give");
        let mac = Hmac::new_from_slice(&bytes).expect("HMAC takes a key of any length");
        bytes.zeroize();
        SubKey(mac)
    }

    /// Returns the digest of the parts, separated by the unit separator 0x1F.
    pub(crate) fn digest(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = self.start();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                mac.update(&[SEPARATOR]);
            }
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// Returns a digest to be fed piece by piece.
    pub(crate) fn start(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

/// What stands between the parts of a digested message.
pub(crate) const SEPARATOR: u8 = 0x1F;

/// The scheme's name and version: part of every sub-key, so a later scheme can never collide with this one.
const INFO: &str = "tokumei-1 ";
