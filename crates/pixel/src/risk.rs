//! Which instances are risky for burned-in text, by what their headers say.

use crate::beside::has_its_length;
use crate::face::face;
use crate::header::values;
use crate::look::{Depth, RiskClass, Task, is_due};
use crate::request::{Asked, MaskRules, Requests, ask};
use crate::reviewed::{FACE_RISK, Reviewed, TEXT_RISK};
use tokumei_core::{Reason, Tag, tags};
use tokumei_profile::Profile;
use tokumei_profile::policy::{BurnedIn, Faces};
use tokumei_wire::DataSet;

/// What is to be done with the pixel data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Assessment {
    /// It passes through byte for byte.
    PassThrough,
    /// Regions of every frame are to be hidden; then it may leave.
    Mask(Requests),
    /// Its frames are to be looked at for text, see [`look`](crate::look).
    Look(Task),
    /// A human has to look at it; why.
    Quarantine(Reason),
}

/// The attributes that hold pixels, of which an instance has one: readers differ in which of two they show.
const PIXEL_DATA: [Tag; 3] = [tags::PIXEL_DATA, tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];

const BURNED_IN_ANNOTATION: Tag = Tag(0x0028, 0x0301);
const CONVERSION_TYPE: Tag = Tag(0x0008, 0x0064);
const SERIES_DESCRIPTION: Tag = Tag(0x0008, 0x103E);
const RECOGNIZABLE_VISUAL_FEATURES: Tag = Tag(0x0028, 0x0302);
const PHOTOMETRIC_INTERPRETATION: Tag = Tag(0x0028, 0x0004);
const MODALITY_LUT: [&str; 5] = ["CT", "MR", "PT", "NM", "SEG"];

const SPECIMEN_LABEL_IN_IMAGE: Tag = Tag(0x0048, 0x0010);

/// Root of the visible light SOP classes: pictures of cameras.
const VISIBLE_LIGHT: &str = "1.2.840.10008.5.1.4.1.1.77.1.";

/// VL Whole Slide Microscopy: tiles of a scanner; label and overview say so in Image Type.
const WHOLE_SLIDE: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";

/// Elements that only a frame grabber, a scanner or a screen capture writes.
const CAPTURE: [Tag; 5] =
    [Tag(0x0018, 0x1010), Tag(0x0018, 0x1012), Tag(0x0018, 0x1016), Tag(0x0018, 0x1018), Tag(0x0018, 0x1019)];

/// SOP classes whose images come from a screen, a probe's console or a camera (PS3.4 2026d, B.5).
const RISKY_SOP_CLASSES: [(&str, &str); 22] = [
    ("1.2.840.10008.5.1.4.1.1.7", "secondary-capture"),
    ("1.2.840.10008.5.1.4.1.1.7.1", "secondary-capture"),
    ("1.2.840.10008.5.1.4.1.1.7.2", "secondary-capture"),
    ("1.2.840.10008.5.1.4.1.1.7.3", "secondary-capture"),
    ("1.2.840.10008.5.1.4.1.1.7.4", "secondary-capture"),
    ("1.2.840.10008.5.1.4.1.1.3", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.3.1", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.6", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.6.1", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.6.2", "ultrasound"),
    ("1.2.840.10008.5.1.4.1.1.12.1", "angiography"),
    ("1.2.840.10008.5.1.4.1.1.12.2", "fluoroscopy"),
    ("1.2.840.10008.5.1.4.1.1.12.3", "angiography"),
    ("1.2.840.10008.5.1.4.1.1.14.1", "intravascular"),
    ("1.2.840.10008.5.1.4.1.1.14.2", "intravascular"),
    ("1.2.840.10008.5.1.4.1.1.77.1.1", "endoscopy"),
    ("1.2.840.10008.5.1.4.1.1.77.1.1.1", "video"),
    ("1.2.840.10008.5.1.4.1.1.77.1.2.1", "video"),
    ("1.2.840.10008.5.1.4.1.1.77.1.4", "photograph"),
    ("1.2.840.10008.5.1.4.1.1.77.1.4.1", "video"),
    ("1.2.840.10008.5.1.4.1.1.77.1.5.1", "ophthalmic-photograph"),
    ("1.2.840.10008.5.1.4.1.1.77.1.5.2", "ophthalmic-photograph"),
];

/// Modalities whose images are captures whatever their SOP class says.
const RISKY_MODALITIES: [&str; 12] = ["US", "SC", "OT", "ES", "XC", "GM", "RF", "XA", "IVUS", "DOC", "HC", "DG"];

/// Words in Image Type (0008,0008) that name captures, reports and screens.
const RISKY_IMAGE_TYPES: [&str; 10] =
    ["SCREEN", "SAVE", "CAPTURE", "REPORT", "DEMOGRAPHIC", "DOSE_INFO", "SECONDARY", "PASTED", "VOLREN", "VXTL"];

/// Words in Series Description (0008,103E) that name captured series.
const RISKY_DESCRIPTIONS: [&str; 9] = [
    "dose report",
    "patient protocol",
    "save",
    "acquired outside",
    "nomination form",
    "exam summary",
    "snapshot",
    "printscreen",
    "screen capture",
];

/// Assesses the pixel data of an instance by what its header says and what the mask rules ask for.
///
/// Instances without pixel data pass. Burned-in text and faces are looked for as far as the profile's policies ask. A risk
/// of burned-in text is settled by a rule that says so, see [`requests`](crate::requests), or, where the profile masks, by
/// looking at the frames. RecognizableVisualFeatures
/// (0028,0302) YES and a possible face are not, whatever the rules hide. A rule for a known device that matches is itself a
/// sign of text, also where the profile does not mask. A rule of the site that matches and cannot be followed, since the
/// header lacks the size of the image or its ultrasound regions cannot be, holds the instance back.
///
/// # Standard
/// PS3.15 2026d, E.3.1: what cannot be shown to be clean is not released.
pub fn assess(data_set: &DataSet, profile: &Profile, rules: &MaskRules) -> Assessment {
    assess_reviewed(data_set, profile, rules, &Reviewed::default())
}

/// Assesses the pixel data of an instance that people have looked at: as [`assess`], but the reasons that they have settled
/// do not hold it back, and what they want hidden is hidden too.
///
/// # Standard
/// PS3.15 2026d, E.3.1.
pub fn assess_reviewed(data_set: &DataSet, profile: &Profile, rules: &MaskRules, reviewed: &Reviewed) -> Assessment {
    if data_set.pixel_data().is_none() && data_set.first(tags::PIXEL_DATA).is_none() {
        return Assessment::PassThrough;
    }
    if PIXEL_DATA.iter().map(|tag| data_set.all(*tag).count()).sum::<usize>() > 1 {
        return Assessment::Quarantine(Reason::at("pixel-data-doubled", tags::PIXEL_DATA));
    }
    if !has_its_length(data_set) {
        return Assessment::Quarantine(Reason::at("pixel-data-length", tags::PIXEL_DATA));
    }
    held(data_set, profile, rules, reviewed).unwrap_or_else(Assessment::Quarantine)
}

/// Returns what is to be done, or why a human has to look.
fn held(data_set: &DataSet, profile: &Profile, rules: &MaskRules, reviewed: &Reviewed) -> Result<Assessment, Reason> {
    let policy = profile.policy();
    let looks = policy.burned_in != BurnedIn::Ignore;
    let sign = Some(data_set).filter(|_| looks).and_then(risk);
    let Asked { mut requests, sign: device, site_settles, unusable } = ask(data_set, profile, rules, sign.is_some());
    if let Some(id) = unusable {
        return Err(Reason::at("mask-rule-unusable", id));
    }
    reviewed.add_to(&mut requests, data_set)?;
    let searched = is_due(profile) && !site_settles && has_frames(data_set);
    let text_risk = |place: String| Reason::at(TEXT_RISK, place);
    let stated = sign.map(|(sign, tag)| text_risk(format!("{sign} {tag}")));
    let by_device = || device.as_ref().map(|id| text_risk(format!("device-rule {id}")));
    if let Some(reason) = stated.clone().or_else(by_device).filter(|_| !requests.settles && !searched) {
        return Err(reason);
    }
    if looks && has_recognizable_features(data_set) && !reviewed.settles(TEXT_RISK) {
        return Err(text_risk(format!("recognizable-features {RECOGNIZABLE_VISUAL_FEATURES}")));
    }
    let faces = policy.faces == Faces::Quarantine && !reviewed.settles(FACE_RISK);
    if let Some((sign, tag)) = Some(data_set).filter(|_| faces).and_then(face) {
        return Err(Reason::at(FACE_RISK, format!("{sign} {tag}")));
    }
    let class = RiskClass::of(data_set, sign.is_some() || device.is_some());
    if searched && class.depth(policy.text_search, true) != Depth::Nothing {
        let states = sign.is_some_and(|(sign, _)| STATEMENTS.contains(&sign));
        let stated = stated.filter(|_| states && !reviewed.settles(TEXT_RISK));
        return Ok(Assessment::Look(Task { requests, class, stated }));
    }
    Ok(if requests.regions.is_empty() { Assessment::PassThrough } else { Assessment::Mask(requests) })
}

/// Signs by which a header says itself that there is text.
const STATEMENTS: [&str; 2] = ["burned-in-annotation", "specimen-label"];

fn has_frames(data_set: &DataSet) -> bool {
    data_set.pixel_data().is_some_and(|pixel_data| !pixel_data.range.is_empty())
}

fn has_recognizable_features(data_set: &DataSet) -> bool {
    values(data_set, RECOGNIZABLE_VISUAL_FEATURES).iter().any(|value| value == "YES")
}

/// Returns the first sign of risk and the attribute that shows it.
fn risk(data_set: &DataSet) -> Option<(&'static str, Tag)> {
    if values(data_set, BURNED_IN_ANNOTATION).iter().any(|value| value != "NO") {
        return Some(("burned-in-annotation", BURNED_IN_ANNOTATION));
    }
    if has_recognizable_features(data_set) {
        return Some(("recognizable-features", RECOGNIZABLE_VISUAL_FEATURES));
    }
    let sop_class = values(data_set, tags::SOP_CLASS_UID);
    if let Some((_, sign)) = RISKY_SOP_CLASSES.iter().find(|(uid, _)| sop_class.iter().any(|class| class == uid)) {
        return Some((sign, tags::SOP_CLASS_UID));
    }
    if values(data_set, SPECIMEN_LABEL_IN_IMAGE).iter().any(|value| value != "NO") {
        return Some(("specimen-label", SPECIMEN_LABEL_IN_IMAGE));
    }
    if sop_class.iter().any(|class| class.starts_with(VISIBLE_LIGHT)) && !is_whole_slide(&sop_class) {
        return Some(("visible-light", tags::SOP_CLASS_UID));
    }
    if is_video(data_set.transfer_syntax()) {
        return Some(("video", tags::TRANSFER_SYNTAX_UID));
    }
    let modality = values(data_set, tags::MODALITY);
    if modality.iter().any(|modality| RISKY_MODALITIES.contains(&modality.as_str())) && !is_computed(&sop_class) {
        return Some(("modality", tags::MODALITY));
    }
    captured(data_set).or_else(|| colour(data_set, &modality))
}

/// Signs of a capture under the SOP class of an acquisition.
fn captured(data_set: &DataSet) -> Option<(&'static str, Tag)> {
    let contains = |tag: Tag, words: &[&str], fold: fn(String) -> String| {
        values(data_set, tag).into_iter().map(fold).any(|value| words.iter().any(|word| value.contains(word)))
    };
    if !values(data_set, CONVERSION_TYPE).is_empty() {
        return Some(("conversion-type", CONVERSION_TYPE));
    }
    if contains(tags::IMAGE_TYPE, &RISKY_IMAGE_TYPES, |value| value) {
        return Some(("image-type", tags::IMAGE_TYPE));
    }
    if contains(SERIES_DESCRIPTION, &RISKY_DESCRIPTIONS, |value| value.to_lowercase()) {
        return Some(("series-description", SERIES_DESCRIPTION));
    }
    CAPTURE.into_iter().find(|tag| !values(data_set, *tag).is_empty()).map(|tag| ("capture-device", tag))
}

/// A CT or MR in colour is a screen shot or a fused rendering: the scanner itself writes grey.
fn colour(data_set: &DataSet, modality: &[String]) -> Option<(&'static str, Tag)> {
    let grey_modality = is_grey_modality(modality);
    let in_colour = values(data_set, PHOTOMETRIC_INTERPRETATION)
        .iter()
        .any(|value| value.starts_with("RGB") || value.starts_with("YBR") || value.starts_with("PALETTE"));
    (grey_modality && in_colour && modality.iter().any(|modality| modality != "SEG"))
        .then_some(("colour", PHOTOMETRIC_INTERPRETATION))
}

/// Tells whether a scanner of the modality writes grey values that mean something.
pub(crate) fn is_grey_modality(modality: &[String]) -> bool {
    modality.iter().any(|modality| MODALITY_LUT.contains(&modality.as_str()))
}

/// Tells whether it is a slide, or a part of one.
pub(crate) fn is_whole_slide(sop_class: &[String]) -> bool {
    sop_class.iter().any(|class| class == WHOLE_SLIDE)
}

/// Objects that a program computes voxel by voxel carry no console text, whatever modality they name.
pub(crate) fn is_computed(sop_class: &[String]) -> bool {
    const COMPUTED: [&str; 4] = [
        "1.2.840.10008.5.1.4.1.1.66.4",
        "1.2.840.10008.5.1.4.1.1.66.7",
        "1.2.840.10008.5.1.4.1.1.30",
        "1.2.840.10008.5.1.4.1.1.481.2",
    ];
    sop_class.iter().any(|class| COMPUTED.contains(&class.as_str()))
}

/// MPEG-2, MPEG-4 and HEVC (PS3.5 2026d, A.4.5 to A.4.7).
fn is_video(transfer_syntax: &str) -> bool {
    let number = transfer_syntax.strip_prefix("1.2.840.10008.1.2.4.").and_then(|rest| rest.split('.').next());
    number.and_then(|number| number.parse::<u16>().ok()).is_some_and(|number| (100..=108).contains(&number))
}
