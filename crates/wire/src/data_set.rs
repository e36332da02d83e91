//! A data set as a flat list of nodes over the bytes they point into.

use crate::{Encoding, MetaElement, Node, NodeId, NodeKind, Note};
use std::ops::{Range, RangeInclusive};
use tokumei_core::{Step, Tag, TagPath};

/// A data set that was read: its nodes in the order of the stream, and every byte that is not streamed.
#[derive(Clone)]
pub struct DataSet {
    pub(crate) nodes: Vec<Node>,
    pub(crate) head: Vec<u8>,
    pub(crate) tail: Vec<u8>,
    pub(crate) tail_start: u64,
    pub(crate) encoding: Encoding,
    pub(crate) transfer_syntax: String,
    pub(crate) declared: Option<String>,
    pub(crate) deflated: bool,
    pub(crate) meta: Vec<MetaElement>,
    pub(crate) preamble: Option<[u8; 128]>,
    pub(crate) notes: Vec<Note>,
    pub(crate) pixel_data: Option<PixelData>,
    /// The node whose value stays in the source.
    pub(crate) streamed: Option<NodeId>,
    /// Nodes that cannot be copied as they are: containers whose bytes hold more than their children, and elements
    /// whose header has two readings.
    pub(crate) untidy: Vec<NodeId>,
    /// The elements of the top level by tag, those of one tag in the order of the stream.
    pub(crate) top: Vec<(Tag, NodeId)>,
}

/// Where the pixel data of the top level lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PixelData {
    /// Its element.
    pub node: NodeId,
    /// The bytes of its value; if encapsulated, from the first item tag through the sequence delimiter.
    pub range: Range<u64>,
    /// Whether it consists of fragments.
    pub encapsulated: bool,
    /// How many fragments there are, without the Basic Offset Table; 0 if native.
    pub fragments: u32,
}

impl DataSet {
    /// Returns about how many bytes of memory it takes.
    pub fn memory(&self) -> usize {
        let lists = self.nodes.capacity() * size_of::<Node>() + self.top.capacity() * size_of::<(Tag, NodeId)>();
        let meta: usize = self.meta.iter().map(|one| size_of::<MetaElement>() + one.value.capacity()).sum();
        let notes = self.notes.capacity() * size_of::<Note>() + self.untidy.capacity() * size_of::<NodeId>();
        size_of::<DataSet>() + lists + meta + notes + self.head.capacity() + self.tail.capacity()
    }

    /// Returns every node in the order of the stream; a container comes before its content.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns a node.
    ///
    /// # Panics
    /// If `id` comes from another data set and is out of range.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Returns the items of a sequence, the elements of an item, or with `None` the elements of the top level.
    pub fn children(&self, parent: Option<NodeId>) -> Children<'_> {
        let (next, end) = match parent {
            None => (0, self.nodes.len() as u32),
            Some(id) => (id.0 + 1, self.node(id).end),
        };
        Children { nodes: &self.nodes, next, end }
    }

    /// Returns the bytes of a value as the file has them.
    ///
    /// `None` for sequences, items, and pixel data that stays in the source. Of fragments that are held, everything
    /// from the first item tag through the delimiter.
    pub fn value(&self, id: NodeId) -> Option<&[u8]> {
        let node = self.node(id);
        match node.kind {
            NodeKind::Sequence | NodeKind::Item => None,
            _ if self.streamed == Some(id) => None,
            _ => self.bytes(node.value..node.stop),
        }
    }

    /// Returns everything that an element or item takes in the file, header and delimiter included; `None` where not all of
    /// it is held.
    pub fn written(&self, id: NodeId) -> Option<&[u8]> {
        let node = self.node(id);
        let held = self.streamed.is_none_or(|streamed| !(id.0..node.end).contains(&streamed.0));
        held.then(|| self.bytes(node.start..node.stop)).flatten()
    }

    /// Returns the path of a node.
    pub fn path(&self, id: NodeId) -> TagPath {
        let mut steps = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let node = self.node(id);
            steps.push(match node.kind {
                NodeKind::Item => Step::Item(node.ordinal),
                _ => Step::Element(node.tag),
            });
            next = node.parent;
        }
        let mut path = TagPath::default();
        steps.into_iter().rev().for_each(|step| path.push(step));
        path
    }

    /// Returns the first top-level element with this tag.
    pub fn first(&self, tag: Tag) -> Option<NodeId> {
        self.all(tag).next()
    }

    /// Returns every top-level element with this tag.
    pub fn all(&self, tag: Tag) -> impl Iterator<Item = NodeId> + '_ {
        let from = self.top.partition_point(|(known, _)| *known < tag);
        self.top[from..].iter().take_while(move |(known, _)| *known == tag).map(|(_, id)| *id)
    }

    /// Returns the top-level elements with tags in a range, in the order of their tags.
    pub fn within(&self, tags: RangeInclusive<Tag>) -> impl Iterator<Item = NodeId> + '_ {
        let from = self.top.partition_point(|(known, _)| known < tags.start());
        self.top[from..].iter().take_while(move |(known, _)| known <= tags.end()).map(|(_, id)| *id)
    }

    /// Puts the elements of the top level in order, once all nodes are there.
    pub(crate) fn ordered(mut self) -> Self {
        let mut top = Vec::with_capacity(self.nodes.len());
        top.extend(self.children(None).map(|id| (self.node(id).tag, id)));
        // Most data sets are in order already.
        if !top.is_sorted_by_key(|(tag, _)| *tag) {
            top.sort_by_key(|(tag, _)| *tag);
        }
        self.top = top;
        self
    }

    /// Returns the encoding of the top level, as the bytes show it.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the transfer syntax that the bytes have, and an output of them must declare.
    pub fn transfer_syntax(&self) -> &str {
        &self.transfer_syntax
    }

    /// Returns the transfer syntax that the file declares.
    pub fn declared_transfer_syntax(&self) -> Option<&str> {
        self.declared.as_deref()
    }

    /// Tells whether the data set was deflated; then all of it is held, inflated.
    pub fn is_deflated(&self) -> bool {
        self.deflated
    }

    /// Returns the elements of group 0002.
    pub fn meta(&self) -> &[MetaElement] {
        &self.meta
    }

    /// Returns the preamble.
    pub fn preamble(&self) -> Option<&[u8; 128]> {
        self.preamble.as_ref()
    }

    /// Returns the oddities that were tolerated.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Returns where the pixel data of the top level lies: (7FE0,0010), or its float kinds.
    pub fn pixel_data(&self) -> Option<PixelData> {
        self.pixel_data.clone()
    }

    /// Returns bytes of the file, as far as they are held; of a deflated data set none are.
    pub fn held(&self, range: Range<u64>) -> Option<&[u8]> {
        if self.deflated { None } else { self.bytes(range) }
    }

    /// Returns bytes that are held, by their offsets.
    pub(crate) fn bytes(&self, range: Range<u64>) -> Option<&[u8]> {
        let (start, bytes) =
            if range.start >= self.tail_start { (self.tail_start, &self.tail) } else { (0, &self.head) };
        let from = usize::try_from(range.start - start).ok()?;
        let to = usize::try_from(range.end.checked_sub(start)?).ok()?;
        bytes.get(from..to)
    }
}

impl std::fmt::Debug for DataSet {
    /// Shows counts and encodings, never a value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataSet")
            .field("nodes", &self.nodes.len())
            .field("encoding", &self.encoding)
            .field("deflated", &self.deflated)
            .field("notes", &self.notes)
            .field("pixel_data", &self.pixel_data)
            .finish_non_exhaustive()
    }
}

/// The children of a node, in the order of the stream.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    nodes: &'a [Node],
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.next >= self.end {
            return None;
        }
        let id = NodeId(self.next);
        self.next = self.nodes[id.index()].end.max(self.next + 1);
        Some(id)
    }
}
