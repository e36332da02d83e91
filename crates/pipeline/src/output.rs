//! What stands between an output and its name.

use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokumei_core::{Reason, hex};

/// Runs the work on one file so that a mistake in it is that file's alone.
///
/// # Errors
/// The reason, when the work panicked.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Reason::new("internal-error"))
}

/// A staged output while it is written: counted, digested, and with its own errors kept apart from the source's.
pub(crate) struct Output<'a> {
    file: &'a File,
    sha: Option<Sha256>,
    bytes: u64,
    /// What went wrong with the output itself.
    pub failed: Option<io::ErrorKind>,
}

/// What was written.
pub(crate) struct Written {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal, where the run takes one.
    pub digest: Option<String>,
}

impl<'a> Output<'a> {
    /// Starts an output.
    pub(crate) fn new(file: &'a File, digest: crate::Digest) -> Self {
        let sha = (digest == crate::Digest::Sha256).then(Sha256::new);
        Output { file, sha, bytes: 0, failed: None }
    }

    /// Ends it.
    pub(crate) fn finish(self) -> Written {
        Written { bytes: self.bytes, digest: self.sha.map(|sha| hex(&sha.finalize())) }
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes).inspect_err(|error| self.failed = Some(error.kind()))?;
        self.bytes += written as u64;
        if let Some(sha) = &mut self.sha {
            sha.update(&bytes[..written]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
