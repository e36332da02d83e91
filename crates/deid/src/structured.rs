//! Clean Structured Content: content items one by one, by concept and value type.
//!
//! PS3.15 2026d, E.3.4 and Table E.3.4-1.

use crate::value::child_ascii;
use tokumei_core::{ActionCode, Tag};
use tokumei_profile::{Profile, Rule, resolve};
use tokumei_wire::{DataSet, NodeId, NodeKind};

const VALUE_TYPE: Tag = Tag(0x0040, 0xA040);
const CONCEPT_NAME_CODE_SEQUENCE: Tag = Tag(0x0040, 0xA043);
const CODE_VALUE: Tag = Tag(0x0008, 0x0100);
const CODING_SCHEME: Tag = Tag(0x0008, 0x0102);

/// Text Value (0040,A160).
pub const TEXT_VALUE: Tag = Tag(0x0040, 0xA160);

/// Sequences whose items are content items (PS3.3 2026d, 10.2 and C.17.3).
pub fn holds_content_items(sequence: Tag) -> bool {
    matches!(
        (sequence.group(), sequence.element()),
        (0x0040, 0xA730 | 0x0555 | 0xB020 | 0x0612 | 0x0440 | 0x08EA | 0x0610)
    )
}

/// What Table E.3.4-1 says of one content item.
#[derive(Clone, Copy)]
pub struct ContentItem<'p> {
    /// The action and its rule; `None` for a concept that the table does not list.
    pub listed: Option<(ActionCode, &'p Rule)>,
    /// The tag that carries the item's value.
    pub carrier: Option<Tag>,
}

impl<'p> ContentItem<'p> {
    /// Reads the concept and value type of an item; `None` when it is no content item.
    pub fn read(data_set: &DataSet, item: NodeId, profile: &'p Profile) -> Option<Self> {
        let value_type = child_ascii(data_set, item, VALUE_TYPE)
            .or_else(|| has(data_set, item, TEXT_VALUE).then_some("TEXT"))
            .or_else(|| has(data_set, item, CONCEPT_NAME_CODE_SEQUENCE).then_some("CODE"))?;
        Some(ContentItem { listed: listed(data_set, item, value_type, profile), carrier: carrier(value_type) })
    }

    /// Returns the rule by which the whole item goes.
    ///
    /// Relationships by reference count items by their place (PS3.3 2026d, C.17.3.2.5), so an item whose value is one
    /// element keeps its place with a dummy in it, and only what has no dummy is taken out.
    pub fn removed(&self) -> Option<(ActionCode, &'p Rule)> {
        self.listed.filter(|(action, _)| *action == ActionCode::X && !self.carrier.is_some_and(takes_a_dummy))
    }

    /// Returns the action for the element that carries the item's value.
    pub fn action_of(&self, tag: Tag) -> Option<(ActionCode, Option<&'p Rule>)> {
        if self.carrier != Some(tag) {
            return None;
        }
        match self.listed {
            Some((action, rule)) => Some((action, Some(rule))),
            None if tag == TEXT_VALUE => Some((ActionCode::C, None)),
            None => None,
        }
    }
}

fn listed<'p>(
    data_set: &DataSet,
    item: NodeId,
    value_type: &str,
    profile: &'p Profile,
) -> Option<(ActionCode, &'p Rule)> {
    let concept = data_set.children(Some(item)).find(|id| {
        let node = data_set.node(*id);
        node.tag == CONCEPT_NAME_CODE_SEQUENCE && node.kind == NodeKind::Sequence
    })?;
    let code = data_set.children(Some(concept)).next()?;
    let decision = profile.content_item(
        child_ascii(data_set, code, CODE_VALUE)?,
        child_ascii(data_set, code, CODING_SCHEME)?,
        value_type,
    )?;
    Some((resolve(decision.code, None, true), decision.rule))
}

fn has(data_set: &DataSet, item: NodeId, tag: Tag) -> bool {
    data_set.children(Some(item)).any(|id| data_set.node(id).tag == tag)
}

/// Returns the attribute that holds the value of an item of this type (PS3.3 2026d, Table C.17.3-1).
fn carrier(value_type: &str) -> Option<Tag> {
    match value_type {
        "TEXT" => Some(TEXT_VALUE),
        "PNAME" => Some(Tag(0x0040, 0xA123)),
        "DATE" => Some(Tag(0x0040, 0xA121)),
        "TIME" => Some(Tag(0x0040, 0xA122)),
        "DATETIME" => Some(Tag(0x0040, 0xA120)),
        "UIDREF" => Some(Tag(0x0040, 0xA124)),
        "CODE" => Some(Tag(0x0040, 0xA168)),
        "NUM" | "NUMERIC" => Some(Tag(0x0040, 0xA300)),
        "IMAGE" | "COMPOSITE" | "WAVEFORM" => Some(Tag(0x0008, 0x1199)),
        _ => None,
    }
}

/// Tells whether the attribute that carries an item's value is a single element, which a dummy can replace.
fn takes_a_dummy(carrier: Tag) -> bool {
    matches!(carrier.element(), 0xA120..=0xA124 | 0xA160)
}

/// Tells whether the SOP class is of a structured report or a key object selection.
pub fn is_structured_report(sop_class_uid: &str) -> bool {
    sop_class_uid.starts_with("1.2.840.10008.5.1.4.1.1.88.")
}
