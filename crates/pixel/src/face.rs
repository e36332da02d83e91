//! Which instances may show a face, or let one be rendered, by what their headers say of the body part.
//!
//! Nothing here looks at a picture or removes a face. Where the profile wants faces held back, an instance of a modality
//! that images skin in three dimensions is held unless its header names a part of the body without a face.
//!
//! PS3.15 2026d, E.3.2.

use crate::header::{contains_word, values};
use tokumei_core::{Tag, tags};
use tokumei_wire::DataSet;

const BODY_PART_EXAMINED: Tag = Tag(0x0018, 0x0015);

/// Attributes that name the part of the body, the surest first.
const REGION: [Tag; 5] =
    [BODY_PART_EXAMINED, Tag(0x0008, 0x1030), Tag(0x0008, 0x103E), Tag(0x0018, 0x1030), Tag(0x0008, 0x2218)];

/// Modalities whose slices stack up to a surface.
const VOLUMES: [&str; 4] = ["CT", "MR", "PT", "NM"];

/// Words for parts of the body that carry the face, or whose images usually include it.
const WITH_FACE: [&str; 30] = [
    "head",
    "brain",
    "skull",
    "face",
    "facial",
    "neck",
    "orbit",
    "orbits",
    "eye",
    "ear",
    "iac",
    "sinus",
    "sinuses",
    "jaw",
    "maxilla",
    "mandible",
    "dental",
    "tmj",
    "pituitary",
    "sella",
    "cranial",
    "cerebral",
    "wholebody",
    "whole",
    "cspine",
    "headneck",
    "nose",
    "carotid",
    "頭",
    "脳",
];

/// The same in Japanese, where words are not set apart.
const WITH_FACE_JA: [&str; 10] = ["頭", "脳", "顔", "頸", "頚", "全身", "副鼻腔", "眼", "耳", "顎"];

/// Words for parts of the body without a face.
const WITHOUT_FACE: [&str; 40] = [
    "chest",
    "thorax",
    "lung",
    "lungs",
    "abdomen",
    "abdominal",
    "pelvis",
    "pelvic",
    "knee",
    "ankle",
    "foot",
    "hip",
    "hand",
    "wrist",
    "elbow",
    "shoulder",
    "spine",
    "lumbar",
    "thoracic",
    "lspine",
    "tspine",
    "heart",
    "cardiac",
    "coronary",
    "breast",
    "liver",
    "kidney",
    "prostate",
    "uterus",
    "pancreas",
    "rectum",
    "bladder",
    "leg",
    "arm",
    "femur",
    "tibia",
    "humerus",
    "extremity",
    "aorta",
    "phantom",
];

/// The same in Japanese.
const WITHOUT_FACE_JA: [&str; 12] = ["胸", "腹", "骨盤", "膝", "足", "手", "肩", "腰", "心臓", "乳", "肝", "股"];

/// Returns the sign that an instance may show a face, and the attribute that shows it; `None` when it does not.
pub(crate) fn face(data_set: &DataSet) -> Option<(&'static str, Tag)> {
    let modality = values(data_set, tags::MODALITY);
    if !modality.iter().any(|modality| VOLUMES.contains(&modality.as_str())) {
        return None;
    }
    let named = |words: &[&str], japanese: &[&str]| {
        REGION.into_iter().find(|tag| contains_word(data_set, *tag, words, japanese))
    };
    if let Some(tag) = named(&WITH_FACE, &WITH_FACE_JA) {
        return Some(("face-possible", tag));
    }
    if named(&WITHOUT_FACE, &WITHOUT_FACE_JA).is_some() {
        None
    } else {
        Some(("body-part-unknown", BODY_PART_EXAMINED))
    }
}
