//! Why nothing could be verified.

use std::io;
use std::path::PathBuf;

/// A release that cannot be looked at at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The release, or its folder `dicom`, cannot be listed.
    #[error("the release {path} cannot be read")]
    Release {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The vault's index cannot be read.
    #[error("the index {path} of the vault cannot be read")]
    Index {
        /// The index.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Originals were given without the vault whose index says which output is whose.
    #[error("originals can only be compared with the vault's index")]
    OriginalsWithoutVault,
}
