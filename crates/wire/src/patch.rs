//! The changes that are spliced into a data set.

use crate::NodeId;
use std::collections::BTreeMap;
use tokumei_core::{Tag, Vr};

/// A data element to be written.
#[derive(Clone, PartialEq, Eq)]
pub struct NewElement {
    /// Its tag.
    pub tag: Tag,
    /// Its value representation; SQ where the value is items.
    pub vr: Vr,
    /// Its value.
    pub value: NewValue,
}

/// The value of an element to be written.
#[derive(Clone, PartialEq, Eq)]
pub enum NewValue {
    /// Bytes in the encoding of the place; padding to even length is added.
    Bytes(Vec<u8>),
    /// Items, each with its elements in the order of their tags.
    Items(Vec<Vec<NewElement>>),
}

impl NewElement {
    /// Returns an element with a plain value.
    pub fn bytes(tag: Tag, vr: Vr, value: Vec<u8>) -> Self {
        NewElement { tag, vr, value: NewValue::Bytes(value) }
    }

    /// Returns a sequence.
    pub fn items(tag: Tag, items: Vec<Vec<NewElement>>) -> Self {
        NewElement { tag, vr: Vr::SQ, value: NewValue::Items(items) }
    }
}

impl std::fmt::Debug for NewElement {
    /// Shows tag, value representation and size, never the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.value {
            NewValue::Bytes(value) => write!(f, "{} {} {} bytes", self.tag, self.vr, value.len()),
            NewValue::Items(items) => write!(f, "{} {} {} items", self.tag, self.vr, items.len()),
        }
    }
}

impl std::fmt::Debug for NewValue {
    /// Shows the size, never the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NewValue::Bytes(value) => write!(f, "{} bytes", value.len()),
            NewValue::Items(items) => write!(f, "{} items", items.len()),
        }
    }
}

/// What happens to one node.
#[derive(Clone)]
pub(crate) enum Edit {
    Remove,
    Empty,
    Replace(Option<Vr>, Vec<u8>),
    Items(Vec<Vec<NewElement>>),
}

/// Changes to a data set, by node. A later change of a node takes the place of an earlier one.
#[derive(Clone, Default)]
pub struct Patches {
    /// In the order of the nodes, which is the order in which most come.
    edits: Vec<(NodeId, Edit)>,
    pub(crate) inserts: BTreeMap<Option<NodeId>, Vec<NewElement>>,
}

impl Patches {
    /// Returns an empty list.
    pub fn new() -> Self {
        Patches::default()
    }

    /// Removes an element or item with everything in it.
    pub fn remove(&mut self, node: NodeId) {
        self.put(node, Edit::Remove);
    }

    /// Replaces the value of an element; `vr` changes the value representation too, `None` keeps what is written.
    ///
    /// Padding to even length is added. The value of PixelData (7FE0,0010) at the top level under an encapsulated
    /// transfer syntax is fragments: from the first item tag through the sequence delimiter. A sequence needs a `vr`
    /// other than SQ; for new items there is [`replace_items`](Patches::replace_items).
    pub fn replace(&mut self, node: NodeId, vr: Option<Vr>, value: Vec<u8>) {
        self.put(node, Edit::Replace(vr, value));
    }

    /// Gives an element or item the length zero.
    pub fn empty(&mut self, node: NodeId) {
        self.put(node, Edit::Empty);
    }

    /// Replaces the value of an element by items.
    ///
    /// A sequence keeps the value representation it is written with: under UN its items become implicit little
    /// endian (PS3.5 2026d, 6.2.2). Any other element becomes SQ.
    pub fn replace_items(&mut self, node: NodeId, items: Vec<Vec<NewElement>>) {
        self.put(node, Edit::Items(items));
    }

    fn put(&mut self, node: NodeId, edit: Edit) {
        if self.edits.last().is_none_or(|(last, _)| *last < node) {
            return self.edits.push((node, edit));
        }
        match self.edits.binary_search_by_key(&node, |(known, _)| *known) {
            Ok(at) => self.edits[at].1 = edit,
            Err(at) => self.edits.insert(at, (node, edit)),
        }
    }

    /// Returns the changes of nodes, in their order.
    pub(crate) fn edits(&self) -> &[(NodeId, Edit)] {
        &self.edits
    }

    /// Returns what happens to a node.
    pub(crate) fn edit(&self, node: NodeId) -> Option<&Edit> {
        let at = self.edits.binary_search_by_key(&node, |(known, _)| *known).ok()?;
        Some(&self.edits[at].1)
    }

    /// Inserts an element into an item, or with `None` at the top level, before the first sibling with a larger tag.
    ///
    /// It replaces nothing: whoever inserts removes first.
    pub fn insert(&mut self, parent: Option<NodeId>, element: NewElement) {
        self.inserts.entry(parent).or_default().push(element);
    }

    /// Returns how many changes there are.
    pub fn len(&self) -> usize {
        self.edits.len() + self.inserts.values().map(Vec::len).sum::<usize>()
    }

    /// Tells whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.inserts.is_empty()
    }
}

impl std::fmt::Debug for Patches {
    /// Shows counts, never a value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} edits, {} insertions", self.edits.len(), self.len() - self.edits.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_change_takes_the_place_of_an_earlier_one_in_any_order() {
        let mut patches = Patches::new();
        for node in [3, 1, 2, 3, 0, 2] {
            patches.remove(NodeId(node));
            patches.empty(NodeId(node));
        }
        patches.remove(NodeId(1));
        let nodes: Vec<u32> = patches.edits().iter().map(|(node, _)| node.0).collect();
        assert_eq!(nodes, [0, 1, 2, 3]);
        assert!(matches!(patches.edit(NodeId(1)), Some(Edit::Remove)));
        assert!(matches!(patches.edit(NodeId(2)), Some(Edit::Empty)) && patches.edit(NodeId(4)).is_none());
        assert_eq!(patches.len(), 4);
    }
}
