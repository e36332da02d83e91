//! The attributes that a de-identifier must write, true to what was really done.
//!
//! PS3.15 2026d, E.1.1 step 6, E.2, E.3.6; PS3.3 2026d, C.7.1.1 and C.12.1.

use crate::value::{child_ascii, trim_bytes};
use crate::{Context, METHOD, PixelWork};
use tokumei_core::{OptionName, Tag, Vr};
use tokumei_standard::EDITION;
use tokumei_wire::{DataSet, NewElement, NewValue, NodeKind};

const PATIENT_IDENTITY_REMOVED: Tag = Tag(0x0012, 0x0062);
/// DeidentificationMethod (0012,0063).
pub const DEIDENTIFICATION_METHOD: Tag = Tag(0x0012, 0x0063);
/// DeidentificationMethodCodeSequence (0012,0064).
pub const DEIDENTIFICATION_METHOD_CODE_SEQUENCE: Tag = Tag(0x0012, 0x0064);
const LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED: Tag = Tag(0x0028, 0x0303);

/// The attributes that are rewritten as a whole; what came in is read, then replaced.
pub const OWNED: [Tag; 4] = [
    PATIENT_IDENTITY_REMOVED,
    DEIDENTIFICATION_METHOD,
    DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
    LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED,
];

/// Returns the Options that this version really carries out for the profile, the Basic Profile first.
///
/// Clean Pixel Data (113101) is claimed where the instance is clean of burned-in text, whether or not the profile asks for it, and
/// Clean Recognizable Visual Features (113102) never (E.3.1, E.3.2).
pub fn executed(context: &Context, work: &PixelWork) -> Vec<OptionName> {
    let of_pixels = [OptionName::CleanPixelData, OptionName::CleanRecognizableVisualFeatures];
    let options = context.profile.options().iter().copied().filter(|option| !of_pixels.contains(option));
    let mut executed: Vec<OptionName> = options.collect();
    if work.cleaned {
        executed.push(OptionName::CleanPixelData);
        executed.sort();
    }
    executed
}

/// What earlier passes wrote, cleaned of identifiers.
#[derive(Default)]
pub struct Earlier {
    /// Values of DeidentificationMethod (0012,0063).
    pub methods: Vec<String>,
    /// Codes of DeidentificationMethodCodeSequence (0012,0064).
    pub codes: Vec<MethodCode>,
}

/// Returns the elements to write at the top level.
pub fn elements(data_set: &DataSet, context: &Context, executed: &[OptionName], earlier: &Earlier) -> Vec<NewElement> {
    vec![
        text(PATIENT_IDENTITY_REMOVED, Vr::CS, "YES"),
        text(DEIDENTIFICATION_METHOD, Vr::LO, &method(context, &earlier.methods)),
        NewElement {
            tag: DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
            vr: Vr::SQ,
            value: NewValue::Items(codes(&earlier.codes, executed)),
        },
        text(LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED, Vr::CS, temporal(data_set, executed)),
    ]
}

fn text(tag: Tag, vr: Vr, value: &str) -> NewElement {
    NewElement { tag, vr, value: NewValue::Bytes(value.as_bytes().to_vec()) }
}

/// Returns the values that this pass writes to DeidentificationMethod (0012,0063).
pub fn own_methods(context: &Context) -> [String; 3] {
    let profile = format!("profile {} {}", context.profile.name(), context.profile.version());
    [METHOD.to_owned(), profile, format!("PS3.15 {EDITION}")]
}

/// Appends this pass to the methods of earlier ones; an identical pass is not named twice.
fn method(context: &Context, earlier: &[String]) -> String {
    let own = own_methods(context);
    let earlier = earlier.iter().filter(|value| !value.is_empty() && !own.contains(value));
    earlier.chain(&own).map(|value| value.chars().take(64).collect::<String>()).collect::<Vec<_>>().join("\\")
}

/// One code of DeidentificationMethodCodeSequence (0012,0064): value, scheme, meaning.
#[derive(Clone, PartialEq, Eq)]
pub struct MethodCode(pub String, pub String, pub String);

/// One item a code: those of earlier passes, then those of this one; none twice.
fn codes(earlier: &[MethodCode], executed: &[OptionName]) -> Vec<Vec<NewElement>> {
    let own = executed.iter().map(|option| MethodCode(option.code().into(), "DCM".into(), option.meaning().into()));
    let mut all: Vec<MethodCode> = Vec::new();
    for code in earlier.iter().cloned().chain(own) {
        if !all.iter().any(|known| (&known.0, &known.1) == (&code.0, &code.1)) {
            all.push(code);
        }
    }
    let item = |code: MethodCode| {
        vec![
            text(Tag(0x0008, 0x0100), Vr::SH, &code.0),
            text(Tag(0x0008, 0x0102), Vr::SH, &code.1),
            text(Tag(0x0008, 0x0104), Vr::LO, &code.2),
        ]
    };
    all.into_iter().map(item).collect()
}

/// Returns the codes of earlier passes. What a code means is taken from CID 7050 where that knows it; the text of
/// another scheme is for the caller to clean.
pub fn earlier_codes(data_set: &DataSet) -> Vec<MethodCode> {
    let Some(sequence) = data_set.first(DEIDENTIFICATION_METHOD_CODE_SEQUENCE) else { return Vec::new() };
    let items = data_set.children(Some(sequence)).filter(|id| data_set.node(*id).kind == NodeKind::Item);
    let read = |item| {
        let part = |element| child_ascii(data_set, item, Tag(0x0008, element));
        let (value, scheme) = (part(0x0100)?, part(0x0102)?);
        if value.len() > 16 || scheme.len() > 16 {
            return None;
        }
        let known = OptionName::ALL.iter().find(|option| scheme == "DCM" && option.code() == value);
        let meaning = known.map_or_else(|| part(0x0104).unwrap_or_default(), |option| option.meaning());
        Some(MethodCode(value.to_owned(), scheme.to_owned(), meaning.chars().take(64).collect()))
    };
    items.filter_map(read).collect()
}

/// REMOVED without a date Option, also when the instance held no dates; what an earlier pass modified stays MODIFIED.
fn temporal(data_set: &DataSet, executed: &[OptionName]) -> &'static str {
    let came_in = data_set.first(LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED).and_then(|id| data_set.value(id));
    let came_in = came_in.map(trim_bytes).unwrap_or_default();
    if executed.contains(&OptionName::RetainLongModifiedDates) {
        return if came_in == b"REMOVED" { "REMOVED" } else { "MODIFIED" };
    }
    if executed.contains(&OptionName::RetainLongFullDates) {
        return match came_in {
            b"MODIFIED" => "MODIFIED",
            b"REMOVED" => "REMOVED",
            _ => "UNMODIFIED",
        };
    }
    "REMOVED"
}
