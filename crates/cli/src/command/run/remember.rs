//! How a vault was worked on, so that the same can be done again when people have approved something.
//!
//! The words of the command line as they were, and the folder they were spoken in. They may hold paths with names in them:
//! they stay in the vault.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// One command that was run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Spoken {
    /// The folder it was run in.
    pub folder: PathBuf,
    /// Its words, the program's name first.
    pub words: Vec<OsString>,
}

/// Returns the commands that were run on a vault, each once, the last one last.
pub fn spoken(vault: &Path) -> io::Result<Vec<Spoken>> {
    match fs::read(path(vault)) {
        Ok(text) => serde_json::from_slice(&text).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Adds the command that this process was called with.
pub fn remember(vault: &Path) -> io::Result<()> {
    let now = Spoken { folder: std::env::current_dir()?, words: std::env::args_os().collect() };
    let mut all = spoken(vault)?;
    all.retain(|earlier| *earlier != now);
    let excess = (all.len() + 1).saturating_sub(MOST);
    all.drain(..excess);
    all.push(now);
    let text = serde_json::to_string(&all).map_err(io::Error::other)?;
    let waiting = path(vault).with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&waiting)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(waiting, path(vault))
}

fn path(vault: &Path) -> PathBuf {
    vault.join("journal").join("commands.json")
}

/// No more commands are kept.
const MOST: usize = 100;
