//! Z: a zero-length value, or the pseudonym where an identifier must stay usable.

use super::Edit;
use crate::Context;
use tokumei_core::{Tag, tags};
use tokumei_profile::policy::PatientName;
use tokumei_pseudonym::{IdKind, Patient};

/// Returns what replaces a value whose action is Z.
///
/// Patient ID and, where the profile says so, the patient's name, study ID and accession number become pseudonyms:
/// a non-empty dummy is allowed in place of zero length. Everything else is emptied.
///
/// # Standard
/// PS3.15 2026d, Table E.1-1a.
pub fn zeroed(tag: Tag, original: &str, top_level: bool, patient: &Patient, context: &Context) -> Edit {
    if tag == tags::PATIENT_ID {
        return Edit::text(if top_level { patient.pseudonym().to_owned() } else { nested_patient(original, context) });
    }
    if context.profile.policy().patient_name == PatientName::Empty || original.is_empty() {
        return Edit::Empty;
    }
    let short = |kind| Edit::text(context.pseudonyms.short_id(kind, patient.pseudonym(), original));
    match tag {
        tags::PATIENT_NAME if top_level => Edit::text(patient.pseudonym()),
        tags::STUDY_ID => short(IdKind::StudyId),
        tags::ACCESSION_NUMBER => short(IdKind::Accession),
        _ => Edit::Empty,
    }
}

fn nested_patient(original: &str, context: &Context) -> String {
    let id = super::canonical(context.profile, original);
    if id.is_empty() { String::new() } else { context.pseudonyms.patient(context.site, &id).pseudonym().to_owned() }
}

/// Returns the kind of identifier that a dummy must keep distinct: specimens and subjects would otherwise become one.
pub fn keyed_dummy(tag: Tag) -> Option<IdKind> {
    match (tag.group(), tag.element()) {
        (0x0012, 0x0040 | 0x0042) => Some(IdKind::Person),
        (0x0040, 0x0512 | 0x0551) => Some(IdKind::Specimen),
        (0x0018, 0x9367 | 0x9371) => Some(IdKind::Device),
        _ => None,
    }
}
