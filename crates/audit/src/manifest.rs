//! One instance in the manifest of a release.

use serde::{Deserialize, Serialize};

/// One instance in the manifest: values that are in the output, and what the output is. The fields stand in the order of
/// their names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestRow {
    /// The length of the output.
    pub bytes: u64,
    /// SHA-256 of the output in hexadecimal; none when the run took no digest.
    pub digest: Option<String>,
    /// The new SOP Instance UID.
    pub instance: String,
    /// Modality (0008,0060), where the output has it as the original had.
    pub modality: String,
    /// The output, relative to the release.
    pub path: String,
    /// The patient's pseudonym.
    pub patient: String,
    /// The new Series Instance UID.
    pub series: String,
    /// The SOP Class UID.
    pub sop_class: String,
    /// The new Study Instance UID.
    pub study: String,
}

impl ManifestRow {
    /// The names of the columns, in the order of `manifest.csv`.
    pub const COLUMNS: &'static str = "path,patient,study,series,instance,sop_class,modality,bytes,digest";

    /// Returns the row as a line of `manifest.jsonl`, without the line feed.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a row has string keys and no floating point")
    }

    /// Returns the row as a line of `manifest.csv`, without the line feed, in the order of [`COLUMNS`](Self::COLUMNS).
    pub fn csv(&self) -> String {
        let bytes = self.bytes.to_string();
        let digest = self.digest.as_deref().unwrap_or_default();
        let cells = [&*self.path, &self.patient, &self.study, &self.series, &self.instance];
        let more = [&*self.sop_class, &self.modality, &bytes, digest];
        cells.into_iter().chain(more).map(cell).collect::<Vec<_>>().join(",")
    }

    /// Tells whether the path leads from the release to one of its outputs and nowhere else.
    pub fn is_plain(&self) -> bool {
        is_plain(&self.path)
    }

    /// Reads a line of `manifest.csv` whose cells need no quotes, as those of a manifest do.
    pub fn from_csv(line: &str) -> Option<ManifestRow> {
        let [path, patient, study, series, instance, sop_class, modality, bytes, digest] =
            <[&str; 9]>::try_from(line.split(',').collect::<Vec<_>>()).ok()?;
        let row = ManifestRow {
            bytes: bytes.parse().ok()?,
            digest: (!digest.is_empty()).then(|| digest.to_owned()),
            instance: instance.to_owned(),
            modality: modality.to_owned(),
            path: path.to_owned(),
            patient: patient.to_owned(),
            series: series.to_owned(),
            sop_class: sop_class.to_owned(),
            study: study.to_owned(),
        };
        (row.csv() == line).then_some(row)
    }
}

/// Tells whether a path leads from the release to one of its outputs and nowhere else.
pub(crate) fn is_plain(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    parts.len() > 1 && parts[0] == "dicom" && parts.iter().all(|part| !part.is_empty() && !part.starts_with('.'))
}

/// Returns a cell of CSV, in quotes where it needs them (RFC 4180, 2.5 to 2.7).
fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_from_either_form() {
        let row = ManifestRow {
            bytes: 7,
            digest: Some("ab".into()),
            instance: "2.25.1".into(),
            modality: "CT".into(),
            path: "dicom/P/2.25.3/2.25.2/2.25.1.dcm".into(),
            patient: "P".into(),
            series: "2.25.2".into(),
            sop_class: "1.2.840.10008.5.1.4.1.1.2".into(),
            study: "2.25.3".into(),
        };
        assert_eq!(ManifestRow::from_csv(&row.csv()), Some(row.clone()));
        assert_eq!(serde_json::from_str::<ManifestRow>(&row.line()).unwrap(), row);
        let none = ManifestRow { digest: None, ..row };
        assert_eq!(ManifestRow::from_csv(&none.csv()), Some(none));
        assert_eq!(ManifestRow::from_csv("a,b"), None);
    }
}
