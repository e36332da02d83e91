//! Table E.3.4-1: content items that the Clean Structured Content Option cleans.

use tokumei_core::{ActionCode, OptionName, TableCode};

/// One row of Table E.3.4-1 (PS3.15 2026d). Key: code value, coding scheme designator and value type.
#[allow(missing_docs)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentItem {
    /// Code value of the concept name.
    pub code: &'static str,
    /// Coding scheme designator of the concept name.
    pub scheme: &'static str,
    /// Code meaning of the concept name.
    pub meaning: &'static str,
    /// Value type, for example `TEXT`; `COMPOSITE` and others as the standard writes them.
    pub value_type: &'static str,
    /// Whether the concept is retired.
    pub retired: bool,
    /// Whether the table says that a standard template uses the concept.
    pub in_standard_template: bool,
    /// The action of the Basic Profile.
    pub basic: TableCode,
    pub retain_uids: Option<ActionCode>,
    pub retain_device_identity: Option<ActionCode>,
    pub retain_institution_identity: Option<ActionCode>,
    pub retain_patient_characteristics: Option<ActionCode>,
    pub retain_long_full_dates: Option<ActionCode>,
    pub retain_long_modified_dates: Option<ActionCode>,
    pub clean_descriptors: Option<ActionCode>,
}

impl ContentItem {
    /// Returns the cell of an Option; `None` where it is blank or the Option has no column.
    pub const fn cell(&self, option: OptionName) -> Option<ActionCode> {
        use OptionName::*;
        match option {
            RetainUids => self.retain_uids,
            RetainDeviceIdentity => self.retain_device_identity,
            RetainInstitutionIdentity => self.retain_institution_identity,
            RetainPatientCharacteristics => self.retain_patient_characteristics,
            RetainLongFullDates => self.retain_long_full_dates,
            RetainLongModifiedDates => self.retain_long_modified_dates,
            CleanDescriptors => self.clean_descriptors,
            _ => None,
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/content.rs"));

/// Returns every row of Table E.3.4-1, sorted by code value, scheme and value type.
pub fn content_items() -> &'static [ContentItem] {
    &ITEMS
}

/// Returns the row of a concept name and value type, `None` where the table has none.
///
/// Spaces around the three words are ignored. A retired SNOMED-RT code (scheme SRT, SNM3 or 99SDM) counts as the
/// SNOMED CT code of the same concept (PS3.16 2026d, Annex O).
pub fn content_item(code: &str, scheme: &str, value_type: &str) -> Option<&'static ContentItem> {
    let (code, scheme) = current(code.trim(), scheme.trim());
    let wanted = (code, scheme, value_type.trim());
    let found = ITEMS.binary_search_by_key(&wanted, |item| (item.code, item.scheme, item.value_type));
    found.ok().and_then(|index| ITEMS.get(index))
}

/// Returns the SNOMED CT code of a retired SNOMED-RT code, any other code as it is.
fn current<'a>(code: &'a str, scheme: &'a str) -> (&'a str, &'a str) {
    if !matches!(scheme, "SRT" | "SNM3" | "99SDM") {
        return (code, scheme);
    }
    RETIRED.iter().find(|(retired, _)| *retired == code).map_or((code, scheme), |(_, current)| (*current, "SCT"))
}

/// SNOMED-RT codes of the SNOMED CT concepts in the table (PS3.16 2026d, Annex O).
const RETIRED: [(&str, &str); 10] = [
    ("PA-30029", "440252007"),
    ("DF-0070B", "398164008"),
    ("DF-0068E", "398325003"),
    ("R-42B89", "371524004"),
    ("DD-60002", "116224001"),
    ("F-00033", "271921002"),
    ("G-C0E3", "363698007"),
    ("F-02455", "160476009"),
    ("G-D321", "398201009"),
    ("G-D320", "397898000"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_concept_has_a_row_for_each_value_type() {
        assert!(content_item("371524004", "SCT", "TEXT").is_some());
        assert!(content_item("371524004", "SCT", "COMPOSITE").is_some());
        assert!(content_item("371524004", "SCT", "PNAME").is_none());
        assert!(content_item("121022 ", "DCM", "TEXT").is_some());
    }

    #[test]
    fn retired_code_of_every_snomed_concept_finds_the_same_row() {
        for (retired, code) in RETIRED {
            let rows: Vec<_> =
                content_items().iter().filter(|item| item.scheme == "SCT" && item.code == code).collect();
            assert!(!rows.is_empty(), "{code}");
            for row in rows {
                assert_eq!(content_item(retired, "SRT", row.value_type), Some(row));
            }
        }
        let concepts: std::collections::BTreeSet<_> =
            content_items().iter().filter(|item| item.scheme == "SCT").map(|item| item.code).collect();
        assert_eq!(concepts.len(), RETIRED.len());
        assert!(content_item("G-C0E3", "DCM", "TEXT").is_none());
    }
}
