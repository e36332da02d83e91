//! The vault's index: one line for each file that any run into this release has discovered, and what a reviewer
//! needs of those held back.

use crate::put::{Readers, put};
use crate::{Row, csv, paths};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tokumei_core::State;

/// One line of the index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub source: String,
    pub state: State,
    /// Reason id and place; empty where there is none.
    pub reason: String,
    /// The place in the release; empty where there is none.
    pub release: String,
    /// The frames of what is held back, as far as they are known; 0 else.
    pub frames: u64,
}

impl Line {
    /// Turns the line into that of a file whose output was withdrawn.
    pub(crate) fn withdraw(&mut self) {
        self.state = State::Excluded;
        self.reason = "consent-withdrawn".to_owned();
        (self.release, self.frames) = (String::new(), 0);
    }

    fn of(row: &Row) -> Line {
        Line {
            source: paths::to_text(&row.source),
            state: row.state,
            reason: row.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
            release: row.release.clone().unwrap_or_default(),
            frames: row.frames,
        }
    }
}

/// Joins the rows of this run to those of earlier runs, in the order of the sources.
///
/// An earlier line goes when this run has discovered its file again, or has found its output to come from another.
pub(crate) fn join(rows: &[Row], earlier: Vec<Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = rows.iter().map(Line::of).collect();
    let sources: HashSet<&str> = lines.iter().map(|line| line.source.as_str()).collect();
    let releases: HashSet<&str> = lines.iter().map(|line| line.release.as_str()).filter(|at| !at.is_empty()).collect();
    let stays = |line: &Line| !sources.contains(line.source.as_str()) && !releases.contains(line.release.as_str());
    let kept: Vec<Line> = earlier.into_iter().filter(stays).collect();
    lines.extend(kept);
    lines.sort_unstable_by(|a, b| a.source.cmp(&b.source));
    lines
}

/// Reads the index of earlier runs; none is there at first.
pub(crate) fn read(path: &Path) -> io::Result<Vec<Line>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let quarantine = path.with_file_name(QUARANTINE);
    let line = |cells: Vec<String>| {
        let [source, state, reason, release] = <[String; 4]>::try_from(cells).ok()?;
        let state = State::parse(&state)?;
        let frames = if state == State::Quarantined { frames_of(&quarantine, &source) } else { 0 };
        Some(Line { source, state, reason, release, frames })
    };
    Ok(csv::rows(&text).into_iter().skip(1).filter_map(line).collect())
}

/// Writes the index, with the column of outputs left empty where the link must not be kept.
pub(crate) fn write(path: &Path, waiting: &Path, lines: &[Line], with_release: bool) -> io::Result<bool> {
    let changed = put(path, waiting, Readers::Owner, |to| {
        to.write_all(b"source,state,reason,release\n")?;
        for line in lines {
            let release = if with_release { line.release.as_str() } else { "" };
            let (source, reason) = (csv::cell(&line.source), csv::cell(&line.reason));
            writeln!(to, "{source},{},{reason},{}", line.state, csv::cell(release))?;
        }
        Ok(())
    })?;
    Ok(changed.0)
}

/// Writes one small file for each file held back for a human, and removes those that no longer are.
pub(crate) fn write_quarantine(folder: &Path, lines: &[Line]) -> io::Result<()> {
    let mut names = BTreeSet::new();
    for line in lines.iter().filter(|line| line.state == State::Quarantined) {
        let name = name_of(&line.source);
        let text = serde_json::json!({ "frames": line.frames, "reason": line.reason, "source": line.source })
            .to_string()
            + "\n";
        put(&folder.join(&name), folder, Readers::Owner, |to| to.write_all(text.as_bytes()))?;
        names.insert(PathBuf::from(name));
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !names.contains(Path::new(&entry.file_name())) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Returns the frames of a file that waits for a human; 0 where its small file does not say.
fn frames_of(folder: &Path, source: &str) -> u64 {
    let text = fs::read_to_string(folder.join(name_of(source))).unwrap_or_default();
    let said: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    said.and_then(|said| said["frames"].as_u64()).unwrap_or_default()
}

/// Returns the name of a quarantine file: a digest, since a path may be longer than a name can be.
pub(crate) fn name_of(source: &str) -> String {
    use sha2::Digest as _;
    tokumei_core::hex(&sha2::Sha256::digest(source.as_bytes())[..16]) + ".json"
}

/// The folder of a vault with a small file for each file that waits for a human.
pub(crate) const QUARANTINE: &str = "quarantine";

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::Reason;

    fn row(source: &str, state: State, release: Option<&str>) -> Row {
        let reason = (state != State::Released).then(|| Reason::at("value-cut-off", "(0010,0010), @3"));
        let frames = if state == State::Released { 0 } else { 30 };
        Row { source: source.into(), state, reason, release: release.map(Into::into), frames }
    }

    #[test]
    fn an_index_comes_back_and_grows_without_losing_earlier_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.csv");
        let first =
            join(&[row("/b", State::Quarantined, None), row("/a,\"", State::Released, Some("dicom/1"))], vec![]);
        assert!(write(&path, folder.path(), &first, true).unwrap());
        fs::create_dir(folder.path().join(QUARANTINE)).unwrap();
        write_quarantine(&folder.path().join(QUARANTINE), &first).unwrap();
        assert_eq!(read(&path).unwrap(), first);
        assert!(!write(&path, folder.path(), &first, true).unwrap());
        let second =
            join(&[row("/c", State::Released, Some("dicom/1")), row("/b", State::Released, Some("dicom/2"))], first);
        let sources: Vec<&str> = second.iter().map(|line| line.source.as_str()).collect();
        assert_eq!(sources, ["/b", "/c"]);
    }

    #[test]
    fn the_link_to_outputs_can_be_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.csv");
        write(&path, folder.path(), &join(&[row("/a", State::Released, Some("dicom/1"))], vec![]), false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "source,state,reason,release\n/a,released,,\n");
    }

    #[test]
    fn a_file_released_later_leaves_the_quarantine() {
        let folder = tempfile::tempdir().unwrap();
        let mut lines = join(&[row("/a", State::Quarantined, None), row("/b", State::Quarantined, None)], vec![]);
        write_quarantine(folder.path(), &lines).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        lines[0].state = State::Released;
        write_quarantine(folder.path(), &lines).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
