//! The other patient IDs that an instance states: the same person, registered elsewhere or before.

use crate::canonical_id;
use crate::value::trim_bytes;
use tokumei_core::{Tag, Vr, tags};
use tokumei_profile::Profile;
use tokumei_text::{CharacterSets, names_nobody};
use tokumei_wire::{DataSet, NodeId, NodeKind};

/// One more ID of the person that an instance is about.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherId {
    /// The canonical ID.
    pub id: String,
    /// Its issuer as the instance states it; empty where it states none.
    pub issuer: String,
}

/// Tells whether an instance states other patient IDs, without reading them.
pub fn states_other_ids(data_set: &DataSet) -> bool {
    [OTHER_PATIENT_IDS, OTHER_PATIENT_IDS_SEQUENCE].into_iter().any(|tag| data_set.first(tag).is_some())
}

/// Returns the IDs of Other Patient IDs (0010,1000), which names no issuers, and of the items of Other Patient IDs Sequence
/// (0010,1002), each once.
///
/// # Standard
/// PS3.3 2026d, C.2.2 Patient Identification Module; PS3.6 2026d has (0010,1000) as retired.
pub(crate) fn other_ids(data_set: &DataSet, profile: &Profile, sets: &CharacterSets) -> Vec<OtherId> {
    let mut found = Vec::new();
    let mut add = |text: &str, issuer: String| {
        let other = OtherId { id: canonical_id(profile, text), issuer };
        // What stands where there is no ID would make one person of all who have it.
        if !names_nobody(&other.id) && !found.contains(&other) && found.len() < MOST {
            found.push(other);
        }
    };
    for id in data_set.all(OTHER_PATIENT_IDS) {
        texts(data_set, id, sets).iter().for_each(|text| add(text, String::new()));
    }
    for sequence in data_set.all(OTHER_PATIENT_IDS_SEQUENCE) {
        for item in data_set.children(Some(sequence)).filter(|item| data_set.node(*item).kind == NodeKind::Item) {
            let declared = child(data_set, item, tags::SPECIFIC_CHARACTER_SET).and_then(|id| data_set.value(id));
            let own = declared.map(CharacterSets::parse);
            let sets = own.as_ref().unwrap_or(sets);
            let of = |tag: Tag| child(data_set, item, tag).map(|id| texts(data_set, id, sets)).unwrap_or_default();
            let issuer = of(tags::ISSUER_OF_PATIENT_ID).concat().trim().to_owned();
            of(tags::PATIENT_ID).iter().for_each(|text| add(text, issuer.clone()));
        }
    }
    found
}

fn child(data_set: &DataSet, item: NodeId, tag: Tag) -> Option<NodeId> {
    data_set.children(Some(item)).find(|id| data_set.node(*id).tag == tag)
}

/// Returns the values of an element, decoded.
fn texts(data_set: &DataSet, id: NodeId, sets: &CharacterSets) -> Vec<String> {
    let Some(bytes) = data_set.value(id).map(trim_bytes) else { return Vec::new() };
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    let text = |range: std::ops::Range<usize>| sets.decode(trim_bytes(&bytes[range]), Vr::LO).text;
    sets.split(bytes, Vr::LO).into_iter().map(text).collect()
}

const OTHER_PATIENT_IDS: Tag = Tag(0x0010, 0x1000);
const OTHER_PATIENT_IDS_SEQUENCE: Tag = Tag(0x0010, 0x1002);
/// Nobody has more IDs, and no value of them is longer.
const MOST: usize = 256;
const LONGEST: usize = 1 << 16;
