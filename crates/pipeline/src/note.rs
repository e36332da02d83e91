//! What is to go from a release, noted before anything does: whoever comes next finishes what a process that died began.

use crate::put::{Readers, put};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What is to go. It lies in the vault.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Note {
    /// New SOP Instance UIDs.
    pub instances: BTreeSet<String>,
    /// Places in the release.
    pub releases: BTreeSet<String>,
    /// People of whom nothing stays.
    pub pseudonyms: BTreeSet<String>,
    /// Why, in the words of the operator of a withdrawal, which stay in the vault.
    pub reason: String,
    /// Why, in words that the release may say.
    pub words: BTreeSet<String>,
}

impl Note {
    /// Reads the note of a vault; without one nothing is to go.
    pub(crate) fn read(vault: &Path) -> io::Result<Note> {
        match fs::read(path(vault)) {
            Ok(text) => serde_json::from_slice(&text).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Note::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the note, and waits until it is on the disk.
    pub(crate) fn write(&self, vault: &Path) -> io::Result<()> {
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        let folder = vault.join("journal");
        put(&path(vault), &folder, Readers::Owner, |to| to.write_all(&text))?;
        File::open(&folder)?.sync_all()
    }

    /// Takes the note away: what it says is done.
    pub(crate) fn clear(vault: &Path) -> io::Result<()> {
        match fs::remove_file(path(vault)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Tells whether a vault has a note.
    pub(crate) fn is_there(vault: &Path) -> bool {
        path(vault).exists()
    }

    /// Tells whether nothing is to go.
    pub(crate) fn is_empty(&self) -> bool {
        self.instances.is_empty() && self.pseudonyms.is_empty()
    }

    /// Adds one instance.
    pub(crate) fn add(&mut self, instance: &str, release: &str, word: &str) {
        self.instances.insert(instance.to_owned());
        self.releases.insert(release.to_owned());
        self.words.insert(word.to_owned());
    }

    /// Tells whether the file at a place in the release is to go.
    pub(crate) fn takes(&self, release: &str) -> bool {
        let patient = release.split('/').nth(1);
        self.releases.contains(release) || patient.is_some_and(|name| self.pseudonyms.contains(name))
    }

    /// Returns why, as the next version of a data set says it. The words of an operator may name somebody.
    pub(crate) fn public_reason(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        if words.is_empty() { WITHDRAWAL.to_owned() } else { words.join(", ") }
    }
}

/// Why files go whose people have withdrawn.
pub(crate) const WITHDRAWAL: &str = "withdrawal";
/// Why files go whose people are out by a consent file.
pub(crate) const CONSENT: &str = "consent";
/// Why files go that are in conflict with others by now, or may not be shown.
pub(crate) const HELD: &str = "held back";

fn path(vault: &Path) -> PathBuf {
    vault.join("journal/withdrawing.json")
}
