//! What holds inside one data set level: the top level, or an item.

use crate::structured::ContentItem;
use crate::value::trim_bytes;
use std::collections::BTreeMap;
use tokumei_core::{Tag, tags};
use tokumei_text::CharacterSets;
use tokumei_wire::{DataSet, NodeId};

/// How the elements of a level are treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// By the profile.
    Profile,
    /// Inside a sequence whose action is D: whatever could tell something becomes a dummy.
    Dummy,
}

/// One data set level and what it inherits from those around it.
pub struct Scope<'p> {
    /// Index one past the last node of the level.
    pub end: u32,
    /// The item, `None` at the top level.
    pub item: Option<NodeId>,
    /// Tags of the sequences around the level, from the top down.
    pub ancestors: Vec<Tag>,
    /// The level's SpecificCharacterSet (0008,0005), or the one inherited (PS3.3 2026d, C.12.1.1.2).
    pub sets: CharacterSets,
    /// Private creators of the level, by group and block.
    pub creators: BTreeMap<(u16, u8), String>,
    /// Private blocks of which an element is kept; found when the first private element is met.
    pub kept_blocks: Option<Vec<(u16, u8)>>,
    /// How the level is treated.
    pub mode: Mode,
    /// What Table E.3.4-1 says of the content item that this level is.
    pub content: Option<ContentItem<'p>>,
}

impl<'p> Scope<'p> {
    /// Returns the scope of the top level.
    pub fn root(data_set: &DataSet) -> Self {
        let sets = declared_sets(data_set, None).unwrap_or_else(CharacterSets::default_repertoire);
        let creators = creators(data_set, None, &sets);
        let end = data_set.nodes().len() as u32;
        Scope {
            end,
            item: None,
            ancestors: Vec::new(),
            sets,
            creators,
            kept_blocks: None,
            mode: Mode::Profile,
            content: None,
        }
    }

    /// Returns the scope of an item inside this one.
    pub fn inside(&self, data_set: &DataSet, item: NodeId, mode: Mode) -> Self {
        let node = data_set.node(item);
        let mut ancestors = self.ancestors.clone();
        if let Some(sequence) = node.parent {
            ancestors.push(data_set.node(sequence).tag);
        }
        let sets = declared_sets(data_set, Some(item)).unwrap_or_else(|| self.sets.clone());
        let creators = creators(data_set, Some(item), &sets);
        Scope { end: node.end, item: Some(item), ancestors, sets, creators, kept_blocks: None, mode, content: None }
    }

    /// Returns the creator of the block that holds this private element.
    pub fn creator(&self, tag: Tag) -> Option<&str> {
        let block = tag.creator()?.element() as u8;
        self.creators.get(&(tag.group(), block)).map(String::as_str).filter(|creator| !creator.is_empty())
    }

    /// Returns the tags from the top level down to an element of this level.
    pub fn path(&self, tag: Tag) -> Vec<Tag> {
        let mut path = self.ancestors.clone();
        path.push(tag);
        path
    }
}

fn declared_sets(data_set: &DataSet, level: Option<NodeId>) -> Option<CharacterSets> {
    let id = data_set.children(level).find(|id| data_set.node(*id).tag == tags::SPECIFIC_CHARACTER_SET)?;
    data_set.value(id).map(CharacterSets::parse)
}

/// Reads the private creators of a level. A block that two creators claim belongs to nobody.
fn creators(data_set: &DataSet, level: Option<NodeId>, sets: &CharacterSets) -> BTreeMap<(u16, u8), String> {
    let mut found: BTreeMap<(u16, u8), String> = BTreeMap::new();
    for id in data_set.children(level) {
        let tag = data_set.node(id).tag;
        let Some(bytes) = tag.is_private_creator().then(|| data_set.value(id)).flatten() else { continue };
        let text = sets.decode(trim_bytes(bytes), tokumei_core::Vr::LO).text.trim().to_owned();
        let known = found.entry((tag.group(), tag.element() as u8)).or_insert_with(|| text.clone());
        if *known != text {
            known.clear();
        }
    }
    found
}
