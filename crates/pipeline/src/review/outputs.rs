//! What has left and is looked at: outputs of a release, those of a sample or those that somebody names.

use super::decision::Standing;
use super::{Item, REJECTED, Review, ReviewError, ReviewState};
use crate::index_file::{self, Line};
use crate::paths;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use tokumei_audit::ManifestRow;
use tokumei_core::State;

/// Outputs that are looked at.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outputs {
    /// The release.
    pub release: PathBuf,
    /// Places of the outputs, relative to the release.
    pub files: BTreeSet<String>,
    /// Originals whose outputs are looked at too.
    pub originals: BTreeSet<PathBuf>,
}

impl Outputs {
    pub(super) fn holds(&self, line: &Line) -> bool {
        let named = || self.originals.contains(&paths::path_from_index(&line.source));
        line.state == State::Released && (self.files.contains(&line.release) || !self.originals.is_empty() && named())
    }

    /// Returns the place of an output, where the vault knows the release.
    pub(super) fn place(&self, line: &Line) -> Option<PathBuf> {
        let known = line.state == State::Released && !line.release.is_empty() && !self.release.as_os_str().is_empty();
        known.then(|| self.release.join(&line.release))
    }
}

impl Review {
    /// Takes outputs into what [`Review::items`] returns; others of the release come only where somebody has decided about
    /// them.
    pub fn look_at(&mut self, outputs: Outputs) {
        self.outputs = outputs;
    }

    /// Returns the outputs that the index does not name, since it must not: of a release whose key was destroyed.
    pub(super) fn nameless(&self, lines: &[Line], reviewers: u32, profile: &str) -> Vec<Item> {
        let named: HashSet<&str> = lines.iter().map(|line| line.release.as_str()).collect();
        let release = &self.outputs.release;
        let files = self.outputs.files.iter().filter(|file| !named.contains(file.as_str()));
        files.map(|file| self.nameless_item(release, file, reviewers, profile)).collect()
    }

    fn nameless_item(&self, release: &Path, file: &str, reviewers: u32, profile: &str) -> Item {
        let place = release.join(file);
        let source = paths::to_text(&place);
        let line = Line { source, state: State::Released, reason: String::new(), release: file.to_owned(), frames: 0 };
        // By its place within the release, which may be moved.
        let id = id_of(file);
        let decisions = self.log.about(&id).cloned().collect();
        Item { output: Some(place), ..self.item(id, &line, decisions, reviewers, profile) }
    }

    /// Returns the outputs of a release that somebody has rejected, and that are there still, by their places within it.
    ///
    /// # Errors
    /// [`ReviewError::Io`] when index or manifest cannot be read.
    pub fn rejected_outputs(&self, release: &Path) -> Result<Vec<String>, ReviewError> {
        let about: BTreeSet<&str> = self.log.items().collect();
        if about.is_empty() {
            return Ok(Vec::new());
        }
        let path = self.vault.join("index.csv");
        let lines = index_file::read(&path).map_err(|source| ReviewError::Io { path, source })?;
        let released = lines.iter().filter(|line| line.state == State::Released);
        // An index that must not name outputs names no place either: the original's id is all there is.
        let mut places: BTreeMap<String, String> =
            released.map(|line| (id_of(&line.source), line.release.clone())).collect();
        let path = release.join("manifest.jsonl");
        let at = |source| ReviewError::Io { path: path.clone(), source };
        let mut rows = BufReader::new(File::open(&path).map_err(at)?);
        let mut text = Vec::new();
        while rows.by_ref().take(1 << 20).read_until(b'\n', &mut text).map_err(at)? > 0 {
            if let Ok(row) = serde_json::from_slice::<ManifestRow>(&text) {
                places.insert(id_of(&row.path), row.path);
            }
            text.clear();
        }
        let stands = |id: &str| !Standing::of(self.log.about(id), "", REJECTED).rejections().is_empty();
        Ok(places.into_iter().filter(|(id, _)| about.contains(id.as_str()) && stands(id)).map(|(_, at)| at).collect())
    }
}

/// Returns the id of what lies at a place.
pub(super) fn id_of(place: &str) -> String {
    index_file::name_of(place).trim_end_matches(".json").to_owned()
}

/// Returns where an instance that has left stands: whether somebody still has to look at it.
pub(super) fn standing_of_output(approved: bool, sampled: bool) -> ReviewState {
    if sampled && !approved { ReviewState::Sampled } else { ReviewState::Released }
}
