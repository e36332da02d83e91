//! The vault's index, read as a file: which source became which output.

use crate::error::VerifyError;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One row of `index.csv`.
pub(crate) struct Row {
    pub source: PathBuf,
    pub state: String,
    /// The place in the release; empty where there is none or the link was not kept.
    pub release: String,
}

/// The rows of the index.
pub(crate) struct Index(pub Vec<Row>);

impl Index {
    /// Reads the index of a vault.
    pub(crate) fn read(vault: &Path) -> Result<Index, VerifyError> {
        let path = vault.join("index.csv");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Index(records(&text).into_iter().skip(1).filter_map(row).collect())),
            Err(source) => Err(VerifyError::Index { path, source }),
        }
    }

    /// Returns how many files ended in each state.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for row in &self.0 {
            *counts.entry(row.state.clone()).or_default() += 1;
        }
        counts
    }

    /// Tells whether the index says which output came from which source.
    pub(crate) fn has_links(&self) -> bool {
        self.0.iter().any(|row| !row.release.is_empty())
    }
}

fn row(cells: Vec<String>) -> Option<Row> {
    let [source, state, _, release] = <[String; 4]>::try_from(cells).ok()?;
    Some(Row { source: path(&source), state, release })
}

/// A path that is not UTF-8 stands as a `file:` URI, its bytes in percent.
fn path(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let Some(uri) = text.strip_prefix("file://") else { return PathBuf::from(text) };
    let mut bytes = Vec::with_capacity(uri.len());
    let mut parts = uri.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let code = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.extend(code);
        bytes.extend(part.get(2..).unwrap_or_default().bytes());
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// Splits comma-separated values after RFC 4180.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match (character, quoted) {
            ('"', true) if rest.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', _) => quoted = !quoted,
            (',', false) => record.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            (other, _) => cell.push(other),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_in_quotes_hold_commas_quotes_and_line_ends() {
        let rows = records("source,state\n\"a,\"\"b\"\"\nc\",released\nlast,failed");
        assert_eq!(rows[1], ["a,\"b\"\nc", "released"]);
        assert_eq!(rows[2], ["last", "failed"]);
    }

    #[test]
    fn sources_in_percent_come_back_as_bytes() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(path("file:///in/%8E%52").as_os_str().as_bytes(), b"/in/\x8e\x52");
        assert_eq!(path("/in/100%"), PathBuf::from("/in/100%"));
    }
}
