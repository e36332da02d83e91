//! What the header must say of pixel data that is masked or coded anew.
//!
//! PS3.15 2026d, E.3.1; PS3.3 2026d, C.7.6.1 and C.7.6.3.

use crate::action::Edit;
use crate::plan::{Plan, PlannedStep, RuleId};
use tokumei_core::{ActionCode, Tag, Vr};
use tokumei_wire::{DataSet, NewElement, NodeId};

/// What will be done to the pixel data of an instance, as far as its header must tell. The default: nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PixelWork {
    /// Whether pixels are hidden.
    pub masked: bool,
    /// Whether the instance is clean of burned-in text with that.
    pub cleaned: bool,
    /// UID of the transfer syntax of the output, where it is another.
    pub transfer_syntax: Option<&'static str>,
    /// Photometric Interpretation (0028,0004) of the output, where it is another.
    pub photometric: Option<&'static str>,
}

/// What is only known once frames are coded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PixelPatch {
    /// The value of pixel data that is held in memory, since its data set was deflated.
    pub value: Option<Vec<u8>>,
    /// Offsets and lengths for Extended Offset Table (7FE0,0001) and its lengths (7FE0,0002), where they are in use.
    pub extended_offset_table: Option<(Vec<u64>, Vec<u64>)>,
}

const PHOTOMETRIC_INTERPRETATION: Tag = Tag(0x0028, 0x0004);
const BURNED_IN_ANNOTATION: Tag = Tag(0x0028, 0x0301);
const EXTENDED_OFFSET_TABLE: Tag = Tag(0x7FE0, 0x0001);
const EXTENDED_OFFSET_TABLE_LENGTHS: Tag = Tag(0x7FE0, 0x0002);

/// Statements about sample values: of the image, its series, its plane. What hides pixels makes them guesses, and all are of
/// Type 3.
const EXTREMES: [Tag; 6] = [
    Tag(0x0028, 0x0106),
    Tag(0x0028, 0x0107),
    Tag(0x0028, 0x0108),
    Tag(0x0028, 0x0109),
    Tag(0x0028, 0x0110),
    Tag(0x0028, 0x0111),
];

const RULE: &str = "E.3.1/masked";
const CODED: &str = "pixel/coded-anew";

/// Adds to the steps of a plan what the header says of masked pixel data, and returns what is to be inserted.
pub(crate) fn header_steps<'p>(
    data_set: &DataSet,
    work: &PixelWork,
    steps: &mut Vec<PlannedStep<'p>>,
) -> Option<NewElement> {
    let mut set = |node: NodeId, edit: Edit, action: ActionCode, rule: &'static str| {
        steps.retain(|step| step.node != node);
        let at = steps.partition_point(|step| step.node < node);
        steps.insert(at, PlannedStep { node, edit, action, rule: RuleId::Lent(rule) });
    };
    if let Some(name) = work.photometric
        && let Some(node) = data_set.first(PHOTOMETRIC_INTERPRETATION)
    {
        set(node, Edit::text(name), ActionCode::D, CODED);
    }
    if !work.masked {
        return None;
    }
    for node in EXTREMES.iter().flat_map(|tag| data_set.all(*tag)) {
        set(node, Edit::Remove, ActionCode::X, RULE);
    }
    if !work.cleaned {
        return None;
    }
    if let Some(node) = data_set.first(BURNED_IN_ANNOTATION) {
        set(node, Edit::Value(Some(Vr::CS), b"NO".to_vec()), ActionCode::D, RULE);
        return None;
    }
    Some(NewElement::bytes(BURNED_IN_ANNOTATION, Vr::CS, b"NO".to_vec()))
}

impl Plan<'_> {
    /// Adds what is known once the frames are coded.
    pub fn patch_pixels(&mut self, data_set: &DataSet, patch: PixelPatch) {
        let mut set = |node: Option<NodeId>, bytes: Vec<u8>| {
            let Some(node) = node else { return };
            self.steps.retain(|step| step.node != node);
            let at = self.steps.partition_point(|step| step.node < node);
            let edit = Edit::Value(None, bytes);
            self.steps.insert(at, PlannedStep { node, edit, action: ActionCode::D, rule: RuleId::Lent(CODED) });
        };
        let bytes = |numbers: Vec<u64>| numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        if let Some((offsets, lengths)) = patch.extended_offset_table {
            set(data_set.first(EXTENDED_OFFSET_TABLE), bytes(offsets));
            set(data_set.first(EXTENDED_OFFSET_TABLE_LENGTHS), bytes(lengths));
        }
        if let Some(value) = patch.value {
            // Integer or float: the element that the pixels were read from.
            set(data_set.pixel_data().map(|pixel_data| pixel_data.node), value);
        }
    }
}
