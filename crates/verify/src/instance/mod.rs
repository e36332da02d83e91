//! One instance as the checks see it: elements in stream order, values as raw bytes.

mod meta;
mod read;

pub(crate) use meta::{Meta, MetaElement};
pub(crate) use read::{Opened, Unread, open, open_original};

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use tokumei_core::{Tag, TagPath, Vr, dictionary, tags};
use tokumei_text::CharacterSets;

/// A file that was read to its end.
pub(crate) struct Instance {
    pub meta: Meta,
    pub elements: Vec<Element>,
    pub levels: Vec<Level>,
    /// Bytes after the last element.
    pub trailing: bool,
    index: HashMap<(usize, Tag), usize>,
    items: HashMap<usize, Vec<usize>>,
}

/// One data element.
pub(crate) struct Element {
    pub tag: Tag,
    /// As the stream has it; UN where that is no value representation.
    pub vr: Vr,
    /// The data set or item that holds it.
    pub level: usize,
    pub value: Value,
    /// Where the value stands in the stream.
    pub at: Range<u64>,
}

/// What an element holds.
pub(crate) enum Value {
    Bytes(Vec<u8>),
    /// A value too long to be kept.
    Long {
        length: u64,
        digest: [u8; 32],
    },
    Items(u32),
    /// Encapsulated pixel data; the offset table counts as a fragment.
    Fragments {
        length: u64,
        digest: [u8; 32],
        /// Where each one begins, and its length.
        places: Vec<(u64, u32)>,
    },
}

/// The top level, or an item.
pub(crate) struct Level {
    /// The sequence that holds it, as an index of the elements.
    pub sequence: Option<usize>,
    pub path: TagPath,
    /// Tags of the sequences around it, from the top down.
    pub ancestors: Vec<Tag>,
    pub sets: CharacterSets,
    /// Private creators by group and block; `None` for a block that two of them claim.
    pub creators: BTreeMap<(u16, u8), Option<String>>,
}

impl Instance {
    pub(crate) fn new(meta: Meta, elements: Vec<Element>, levels: Vec<Level>, trailing: bool) -> Self {
        let mut index = HashMap::new();
        for (at, element) in elements.iter().enumerate() {
            index.entry((element.level, element.tag)).or_insert(at);
        }
        let mut items: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, level) in levels.iter().enumerate() {
            if let Some(sequence) = level.sequence {
                items.entry(sequence).or_default().push(at);
            }
        }
        let mut instance = Instance { meta, elements, levels, trailing, index, items };
        instance.declare();
        instance
    }

    /// Finds the character sets and private creators of each level; those around it come first.
    fn declare(&mut self) {
        for level in 0..self.levels.len() {
            let outer = self.levels[level].sequence.map(|sequence| self.elements[sequence].level);
            let declared = self.child(level, tags::SPECIFIC_CHARACTER_SET).and_then(Element::bytes);
            let sets = match (declared, outer) {
                (Some(value), _) => CharacterSets::parse(value),
                (None, Some(outer)) => self.levels[outer].sets.clone(),
                (None, None) => CharacterSets::default_repertoire(),
            };
            self.levels[level].sets = sets;
        }
        for at in 0..self.elements.len() {
            let element = &self.elements[at];
            if !element.tag.is_private_creator() {
                continue;
            }
            let sets = &self.levels[element.level].sets;
            let name = element.bytes().map(|value| sets.decode(trimmed(value), Vr::LO).text.trim().to_owned());
            let (level, block) = (element.level, (element.tag.group(), element.tag.element() as u8));
            let name = name.filter(|name| !name.is_empty());
            let creators = &mut self.levels[level].creators;
            creators.entry(block).and_modify(|known| *known = None).or_insert(name);
        }
    }

    /// Returns the first element of a level with this tag.
    pub(crate) fn child(&self, level: usize, tag: Tag) -> Option<&Element> {
        self.position(level, tag).map(|at| &self.elements[at])
    }

    /// Returns the index of the first element of a level with this tag.
    pub(crate) fn position(&self, level: usize, tag: Tag) -> Option<usize> {
        self.index.get(&(level, tag)).copied()
    }

    /// Returns a value of a level as text of the default repertoire, without its padding; empty when absent.
    pub(crate) fn word_at(&self, level: usize, tag: Tag) -> String {
        let value = self.child(level, tag).and_then(Element::bytes).map(trimmed).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    }

    /// Returns a value of the top level as text of the default repertoire.
    pub(crate) fn word(&self, tag: Tag) -> String {
        self.word_at(0, tag)
    }

    /// Returns the path of an element.
    pub(crate) fn path(&self, element: &Element) -> TagPath {
        self.levels[element.level].path.clone().element(element.tag)
    }

    /// Returns the tags from the top down to an element.
    pub(crate) fn tags_to(&self, element: &Element) -> Vec<Tag> {
        let mut all = self.levels[element.level].ancestors.clone();
        all.push(element.tag);
        all
    }

    /// Returns the levels that are items of this element, in their order.
    pub(crate) fn items_of(&self, sequence: usize) -> &[usize] {
        self.items.get(&sequence).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the texts of an element's values, decoded by the sets of its level.
    pub(crate) fn texts(&self, element: &Element) -> Vec<String> {
        let Some(bytes) = element.bytes() else { return Vec::new() };
        let (vr, sets) = (element.text_vr(), &self.levels[element.level].sets);
        let one = |range: Range<usize>| sets.decode(trimmed(&bytes[range]), vr).text.trim().to_owned();
        sets.split(bytes, vr).into_iter().map(one).filter(|text| !text.is_empty()).collect()
    }
}

impl Element {
    /// Returns the value's bytes, if they were kept.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match &self.value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Tells whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Bytes(bytes) => trimmed(bytes).is_empty() && (self.text_vr().is_string() || bytes.is_empty()),
            Value::Long { length, .. } => *length == 0,
            Value::Items(items) => *items == 0,
            Value::Fragments { .. } => false,
        }
    }

    /// Returns the value representation by which to look at the value: a string VR is believed, bytes that the
    /// dictionary calls a string are one.
    pub(crate) fn text_vr(&self) -> Vr {
        match dictionary::vr(self.tag) {
            Some(vr) if !self.vr.is_string() && self.vr != Vr::SQ && vr.is_string() => vr,
            _ => self.vr,
        }
    }

    /// Tells whether this is one of the three pixel data attributes.
    pub(crate) fn is_pixel_data(&self) -> bool {
        matches!(self.tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA)
    }
}

/// Cuts the padding at both ends: spaces in front, spaces and zero bytes behind.
pub(crate) fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| !matches!(b, b' ' | 0)).map_or(0, |at| at + 1);
    let start = bytes[..end].iter().position(|b| *b != b' ').unwrap_or(end);
    &bytes[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_cut_at_both_ends() {
        assert_eq!(trimmed(b" a b \0"), b"a b");
        assert_eq!(trimmed(b" \0 "), b"");
    }
}
