//! One file in the manifest of a data set.

use serde::{Deserialize, Serialize};

/// One file of a version. The fields stand in the order of their names, and so do the keys of its JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its length.
    pub bytes: u64,
    /// SOP Instance UID, new.
    pub instance: String,
    /// Modality (0008,0060); empty where it is unknown.
    pub modality: String,
    /// Its place, relative to the release.
    pub path: String,
    /// The pseudonym of the patient.
    pub patient: String,
    /// Series Instance UID, new.
    pub series: String,
    /// SHA-256 of its bytes in hexadecimal.
    pub sha256: String,
    /// SOP Class UID.
    pub sop_class: String,
    /// The share of the split that the patient is in; none without a split.
    pub split: Option<String>,
    /// Study Instance UID, new.
    pub study: String,
}

impl Row {
    /// The names of the columns of the table, in their order.
    pub const COLUMNS: &'static str = "path,sha256,bytes,instance,series,study,patient,sop_class,modality,split";

    /// Returns the row as one line of canonical JSON, without the line feed.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a row has string keys and no floating point")
    }

    /// Returns the row as a line of the table, in the order of [`COLUMNS`](Self::COLUMNS), without the line feed.
    pub fn csv(&self) -> String {
        let bytes = self.bytes.to_string();
        let split = self.split.as_deref().unwrap_or_default();
        let first = [&*self.path, &self.sha256, &bytes, &self.instance, &self.series];
        let rest = [&*self.study, &self.patient, &self.sop_class, &self.modality, split];
        first.into_iter().chain(rest).map(cell).collect::<Vec<_>>().join(",")
    }
}

/// Returns a cell of a table, in quotes where it needs them (RFC 4180).
fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
