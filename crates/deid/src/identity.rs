//! Who and what an instance is, as keyed digests: for the index pass, which must know duplicates, conflicts and
//! shards without holding an original value.

use crate::other_ids::{OtherId, other_ids};
use crate::value::{first_ascii, first_bytes};
use crate::{Context, Held};
use tokumei_core::{Reason, Tag, Vr, dictionary, tags};
use tokumei_profile::Profile;
use tokumei_pseudonym::{Patient, Pseudonyms};
use tokumei_text::CharacterSets;
use tokumei_wire::DataSet;

/// Keyed digests of what identifies an instance, its study and its patient.
///
/// Two instances have equal digests exactly when the originals are equal after the profile's canonical rules.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The patient: namespace and canonical Patient ID, or the study where the ID is empty.
    pub patient: [u8; 16],
    /// The patient's blinded identifier, for the tree over the people of a release.
    pub person: [u8; 32],
    /// Whether the instance names a patient ID at all.
    pub has_patient_id: bool,
    /// The birth date; `None` when absent or not a full date.
    pub birth: Option<[u8; 16]>,
    /// The groups of the patient's name that are not empty, folded for comparison; sorted.
    pub names: Vec<[u8; 16]>,
    /// The study.
    pub study: [u8; 16],
    /// The SOP instance.
    pub instance: [u8; 16],
}

/// Elements that say who an instance belongs to: doubled, nobody knows which one holds.
const IDENTIFYING: [Tag; 6] = [
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::STUDY_INSTANCE_UID,
    tags::SERIES_INSTANCE_UID,
    tags::PATIENT_ID,
    tags::PATIENT_NAME,
];

/// Returns the identity of an instance.
///
/// # Errors
/// [`Held`] when the data set is a DICOMDIR, has no SOP class or instance UID, or doubles an identifying element.
pub fn identity(data_set: &DataSet, context: &Context) -> Result<Identity, Held> {
    check(data_set)?;
    let pseudonyms = context.pseudonyms;
    let digest = |purpose: &str, bytes: &[u8]| short(pseudonyms, purpose, bytes);
    let (namespace, id) = patient_key(data_set, context.profile, context.site);
    let study = study(data_set);
    let patient = match &id {
        Some(id) => digest("index-patient", format!("{namespace}\u{1f}{id}").as_bytes()),
        None => digest("index-study-as-patient", study),
    };
    let person = match &id {
        Some(id) => pseudonyms.blinded_patient(&namespace, id),
        None => pseudonyms.blinded_study_as_patient(&namespace, &String::from_utf8_lossy(study)),
    };
    let mut names: Vec<[u8; 16]> =
        name_groups(data_set).iter().map(|group| digest("index-name", group.as_bytes())).collect();
    names.sort_unstable();
    names.dedup();
    Ok(Identity {
        patient,
        person,
        has_patient_id: id.is_some(),
        birth: birth_date(data_set).map(|date| digest("index-birth", date.as_bytes())),
        names,
        study: study_digest(study, context),
        instance: digest("index-instance", first_bytes(data_set, tags::SOP_INSTANCE_UID).unwrap_or_default()),
    })
}

/// Returns the digest of the study that a data set says it belongs to, [`Identity::study`] where it has an identity.
/// `None` where it names no study.
pub fn study_of(data_set: &DataSet, context: &Context) -> Option<[u8; 16]> {
    let stated = first_bytes(data_set, tags::STUDY_INSTANCE_UID).filter(|uid| !uid.is_empty());
    stated.map(|study| study_digest(study, context))
}

fn study_digest(study: &[u8], context: &Context) -> [u8; 16] {
    short(context.pseudonyms, "index-study", study)
}

/// Refuses data sets that no plan can be made for, whatever the profile.
pub(crate) fn check(data_set: &DataSet) -> Result<(), Held> {
    if data_set.first(Tag(0x0004, 0x1220)).is_some() || is_directory(data_set) {
        return Err(Held::excluded(Reason::new("dicomdir")));
    }
    for tag in IDENTIFYING {
        if data_set.all(tag).nth(1).is_some() {
            return Err(Held::quarantined(Reason::at("identifying-element-doubled", tag)));
        }
    }
    for (tag, id) in
        [(tags::SOP_CLASS_UID, "sop-class-uid-missing"), (tags::SOP_INSTANCE_UID, "sop-instance-uid-missing")]
    {
        if first_ascii(data_set, tag).is_none() {
            return Err(Held::quarantined(Reason::at(id, tag)));
        }
    }
    Ok(())
}

/// Tells whether the file says of itself that it is a Media Storage Directory (PS3.3 2026d, F.3).
fn is_directory(data_set: &DataSet) -> bool {
    const DIRECTORY: &[u8] = b"1.2.840.10008.1.3.10";
    let stated = data_set.meta().iter().find(|element| element.tag == Tag(0x0002, 0x0002));
    stated.is_some_and(|element| crate::value::trim_bytes(&element.value) == DIRECTORY)
}

/// Returns the patient of the instance: by namespace and canonical ID, or by study where the ID is empty.
pub(crate) fn patient(data_set: &DataSet, context: &Context) -> Patient {
    let (namespace, id) = patient_key(data_set, context.profile, context.site);
    match id {
        Some(id) => context.pseudonyms.patient(&namespace, &id),
        None => context.pseudonyms.study_as_patient(&namespace, &String::from_utf8_lossy(study(data_set))),
    }
}

/// Returns the study that an instance belongs to: without a Study Instance UID it is a study of its own, so that
/// strangers never become one.
fn study(data_set: &DataSet) -> &[u8] {
    let stated = first_bytes(data_set, tags::STUDY_INSTANCE_UID).filter(|uid| !uid.is_empty());
    stated.or_else(|| first_bytes(data_set, tags::SOP_INSTANCE_UID)).unwrap_or_default()
}

/// Whom an instance is about, in the words of the original: for the gate of consent and for the linkage table, which
/// stay on the side that does not leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// What the patient ID is unique in: the site, or the issuer where the profile says so.
    pub namespace: String,
    /// The canonical Patient ID; `None` where there is none.
    pub id: Option<String>,
    /// Patient ID (0010,0020) as the instance states it.
    pub stated: String,
    /// Issuer of Patient ID (0010,0021) as the instance states it.
    pub issuer: String,
    /// Study Instance UID (0020,000D), or what stands for it.
    pub study: String,
    /// The other patient IDs that the instance states.
    pub others: Vec<OtherId>,
}

/// Returns whom an instance is about.
pub fn person(data_set: &DataSet, context: &Context) -> Person {
    let (namespace, id) = patient_key(data_set, context.profile, context.site);
    let text = |tag: Tag| stated(data_set, tag).unwrap_or_default();
    Person {
        namespace,
        id,
        stated: text(tags::PATIENT_ID),
        issuer: text(tags::ISSUER_OF_PATIENT_ID),
        study: String::from_utf8_lossy(study(data_set)).into_owned(),
        others: other_ids(data_set, context.profile, &root_sets(data_set)),
    }
}

/// Returns the patient that a person becomes in the release, the same as [`plan`](crate::plan) gives their instances.
pub fn pseudonym_of(person: &Person, context: &Context) -> Patient {
    match &person.id {
        Some(id) => context.pseudonyms.patient(&person.namespace, id),
        None => context.pseudonyms.study_as_patient(&person.namespace, &person.study),
    }
}

/// Returns the decoded value of the first top-level element with a tag, without padding; `None` where it is absent or
/// empty.
pub fn stated(data_set: &DataSet, tag: Tag) -> Option<String> {
    let vr = dictionary::vr(tag).filter(|vr| vr.is_string()).unwrap_or(Vr::LO);
    let text = root_sets(data_set).decode(first_bytes(data_set, tag)?, vr).text;
    let text = text.trim_matches([' ', '\0']);
    (!text.is_empty()).then(|| text.to_owned())
}

fn patient_key(data_set: &DataSet, profile: &Profile, site: &str) -> (String, Option<String>) {
    let sets = root_sets(data_set);
    let text = |tag: Tag| first_bytes(data_set, tag).map(|bytes| sets.decode(bytes, Vr::LO).text);
    let issuer = text(tags::ISSUER_OF_PATIENT_ID).filter(|issuer| !issuer.trim().is_empty());
    let namespace = match issuer {
        Some(issuer) if profile.policy().issuer_as_namespace => issuer.trim().to_owned(),
        _ => site.to_owned(),
    };
    let id = text(tags::PATIENT_ID).map(|id| canonical_id(profile, &id)).filter(|id| !id.is_empty());
    (namespace, id)
}

/// Returns the canonical form of a patient ID, by the rule of the profile.
pub fn canonical_id(profile: &Profile, id: &str) -> String {
    crate::action::canonical(profile, id)
}

pub(crate) fn root_sets(data_set: &DataSet) -> CharacterSets {
    let declared = data_set.first(tags::SPECIFIC_CHARACTER_SET).and_then(|id| data_set.value(id));
    declared.map_or_else(CharacterSets::default_repertoire, CharacterSets::parse)
}

fn name_groups(data_set: &DataSet) -> Vec<String> {
    let Some(bytes) = first_bytes(data_set, tags::PATIENT_NAME) else { return Vec::new() };
    let name = root_sets(data_set).decode(bytes, Vr::PN).text;
    name.split('=').map(folded).filter(|group| !group.is_empty()).collect()
}

fn birth_date(data_set: &DataSet) -> Option<String> {
    let text = first_ascii(data_set, tags::PATIENT_BIRTH_DATE)?;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (digits.len() == 8 && dictionary::vr(tags::PATIENT_BIRTH_DATE) == Some(Vr::DA)).then_some(digits)
}

fn short(pseudonyms: &Pseudonyms, purpose: &str, bytes: &[u8]) -> [u8; 16] {
    let digest = pseudonyms.keyed_digest(purpose, bytes);
    let mut out = [0; 16];
    out.copy_from_slice(&digest[..16]);
    out
}

fn folded(group: &str) -> String {
    group.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
