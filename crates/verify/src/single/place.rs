//! Where an instance stands in the release, and what it says of itself.

use crate::check::Check;
use crate::instance::Instance;
use crate::report::Findings;
use tokumei_core::tags;

/// The parts of `dicom/<patient>/<study>/<series>/<instance>.dcm`.
pub(crate) struct Place {
    pub patient: String,
    pub study: String,
    pub series: String,
    pub instance: String,
}

impl Place {
    /// Reads the path of a file, relative to the release, with `/`; `None` where the layout has no such file.
    pub(crate) fn of(file: &str) -> Option<Place> {
        let parts: Vec<&str> = file.split('/').collect();
        let ["dicom", patient, study, series, name] = parts.as_slice() else { return None };
        let instance = name.strip_suffix(".dcm").filter(|instance| !instance.is_empty())?;
        let [patient, study, series, instance] = [patient, study, series, &instance].map(|part| (*part).to_owned());
        Some(Place { patient, study, series, instance })
    }

    /// Compares it with the instance.
    pub(crate) fn check(&self, instance: &Instance, findings: &mut Findings<'_>) {
        for (check, tag, part) in [
            (Check::PatientFolder, tags::PATIENT_ID, &self.patient),
            (Check::StudyFolder, tags::STUDY_INSTANCE_UID, &self.study),
            (Check::SeriesFolder, tags::SERIES_INSTANCE_UID, &self.series),
            (Check::InstanceName, tags::SOP_INSTANCE_UID, &self.instance),
        ] {
            let stated = instance.word(tag);
            // What the original lacked, or left empty, is not in the output either; the folder then has a name of its own.
            let lacking = stated.is_empty() && check != Check::InstanceName;
            if stated != **part && !lacking {
                findings.add(check, tag);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_five_parts_and_a_suffix() {
        assert!(Place::of("dicom/P/1.2/1.3/1.4.dcm").is_some_and(|place| place.instance == "1.4"));
        for file in ["dicom/P/1.2/1.4.dcm", "dicom/P/1.2/1.3/1.4", "dicom/P/1.2/1.3/.dcm", "other/P/1.2/1.3/1.4.dcm"] {
            assert!(Place::of(file).is_none(), "{file}");
        }
    }
}
