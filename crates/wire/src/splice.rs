//! Patches and what they leave untouched, put together.

use crate::encode::{TooLong, put_element, put_items, put_length, put_root, put_value};
use crate::node::UNDEFINED;
use crate::patch::Edit;
use crate::syntax::{self, Pixels, Syntax};
use crate::write::Splice;
use crate::{DataSet, Encoding, NewElement, NewMeta, NewValue, Node, NodeId, NodeKind, Patches, SpliceError, header};
use std::ops::Range;
use tokumei_core::{Tag, TagPath, Vr, tags};

/// Puts the untouched bytes of a data set and its patches together.
///
/// Group lengths, commands (group 0000) and any group 0002 within the data set are left out; group 0002 is written
/// from `meta`. Sequences and items around a change get new lengths, or keep their delimiters.
///
/// # Errors
/// [`SpliceError`], where a patch does not fit its node, or `meta.transfer_syntax` does not fit the data set.
///
/// # Standard
/// PS3.5 2026d, 7.2 (group lengths) and 7.5 (sequences); PS3.10 2026d, 7.1.
pub fn splice(data_set: &DataSet, patches: &Patches, meta: &NewMeta) -> Result<Splice, SpliceError> {
    let syntax = syntax::lookup(&meta.transfer_syntax).ok_or(SpliceError::TransferSyntax)?;
    if syntax.encoding != data_set.encoding && data_set.nodes.iter().any(|node| node.tag.group() != 0) {
        return Err(SpliceError::TransferSyntax);
    }
    let mut out = meta.to_bytes();
    let body = out.len();
    out.reserve(data_set.head.len());
    let splicer = Splicer {
        data_set,
        patches,
        syntax,
        touched: touched(data_set, patches)?,
        out,
        head: None,
        bulk: None,
        open: Vec::new(),
    };
    splicer.run(body)
}

/// Tells of each node whether it or something in it changes.
fn touched(data_set: &DataSet, patches: &Patches) -> Result<Vec<bool>, SpliceError> {
    let mut touched = vec![false; data_set.nodes.len()];
    let inserts = patches.inserts.keys().filter_map(|parent| *parent);
    let edits = patches.edits().iter().map(|(node, _)| *node);
    let dropped = data_set.nodes.iter().enumerate().filter(|(_, node)| is_dropped(node));
    let dropped = dropped.map(|(index, _)| NodeId(index as u32));
    for id in inserts.chain(edits).chain(dropped).chain(data_set.untidy.iter().copied()) {
        let mut next = Some(id);
        while let Some(id) = next {
            let Some(mark) = touched.get_mut(id.index()) else { return Err(SpliceError::NoSuchNode) };
            if std::mem::replace(mark, true) {
                break;
            }
            next = data_set.nodes[id.index()].parent;
        }
    }
    Ok(touched)
}

fn is_dropped(node: &Node) -> bool {
    node.kind != NodeKind::Item
        && (node.tag.is_group_length() || node.parent.is_none() && matches!(node.tag.group(), 0x0000 | 0x0002))
}

/// A container that is being rebuilt.
struct Open<'a> {
    id: Option<NodeId>,
    /// The index one past its last descendant.
    end: u32,
    /// Where its content begins in the output.
    from: usize,
    /// Of its length or delimiter.
    encoding: Encoding,
    /// What is still to be inserted, in descending order of tags.
    inserts: Vec<&'a NewElement>,
}

struct Splicer<'a> {
    data_set: &'a DataSet,
    patches: &'a Patches,
    syntax: Syntax,
    touched: Vec<bool>,
    out: Vec<u8>,
    head: Option<Vec<u8>>,
    bulk: Option<Range<u64>>,
    open: Vec<Open<'a>>,
}

impl<'a> Splicer<'a> {
    fn run(mut self, body: usize) -> Result<Splice, SpliceError> {
        let end = self.data_set.nodes.len() as u32;
        let inserts = self.inserts(None);
        self.open.push(Open { id: None, end, from: body, encoding: self.syntax.encoding, inserts });
        let mut next = 0;
        while let Some(open) = self.open.last() {
            if next >= open.end {
                self.insert_before(None)?;
                self.close()?;
                continue;
            }
            let node = &self.data_set.nodes[next as usize];
            if node.kind != NodeKind::Item {
                self.insert_before(Some(node.tag))?;
            }
            next = self.node(NodeId(next), node)?;
        }
        let (head, tail) = match self.head {
            Some(head) => (head, self.out),
            None => (self.out, Vec::new()),
        };
        Ok(Splice { head, bulk: self.bulk, tail, deflate: self.syntax.deflated, body })
    }

    fn inserts(&self, parent: Option<NodeId>) -> Vec<&'a NewElement> {
        let mut inserts: Vec<_> = self.patches.inserts.get(&parent).into_iter().flatten().collect();
        inserts.sort_by_key(|element| element.tag);
        inserts.reverse();
        inserts
    }

    /// Writes what is to be inserted before `tag`, or all of it.
    fn insert_before(&mut self, tag: Option<Tag>) -> Result<(), SpliceError> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        while let Some(element) = open.inserts.pop_if(|element| tag.is_none_or(|tag| element.tag < tag)) {
            let put = match open.id {
                None => put_root(&mut self.out, self.syntax, element),
                Some(id) => put_element(&mut self.out, self.data_set.node(id).encoding, element),
            };
            put.map_err(too_long)?;
        }
        Ok(())
    }

    /// Writes a node and returns the index of the next one.
    fn node(&mut self, id: NodeId, node: &Node) -> Result<u32, SpliceError> {
        if !self.touched[id.index()] {
            self.copy(id, node)?;
            return Ok(node.end);
        }
        let edit = self.patches.edit(id);
        match edit {
            _ if is_dropped(node) => {}
            Some(Edit::Remove) => {}
            Some(Edit::Empty) => self.empty(node),
            Some(Edit::Replace(vr, value)) => self.replace(id, node, *vr, value)?,
            Some(Edit::Items(items)) => self.replace_items(id, node, items)?,
            None => return self.open(id, node),
        }
        Ok(node.end)
    }

    fn copy(&mut self, id: NodeId, node: &Node) -> Result<(), SpliceError> {
        if self.data_set.pixel_data.as_ref().is_some_and(|pixels| pixels.node == id && !pixels.range.is_empty()) {
            let encapsulated = node.kind == NodeKind::Fragments;
            if node.tag == tags::PIXEL_DATA && encapsulated != (self.syntax.pixels == Pixels::Encapsulated) {
                return Err(SpliceError::TransferSyntax);
            }
        }
        if self.data_set.streamed != Some(id) {
            return self.raw(node.start..node.stop);
        }
        self.raw(node.start..node.value)?;
        self.value(id, node)
    }

    /// Copies everything after the header, or leaves it to be copied from the source.
    fn value(&mut self, id: NodeId, node: &Node) -> Result<(), SpliceError> {
        if self.data_set.streamed == Some(id) {
            self.head = Some(std::mem::take(&mut self.out));
            self.bulk = Some(node.value..node.stop);
            return Ok(());
        }
        self.raw(node.value..node.stop)
    }

    fn raw(&mut self, range: Range<u64>) -> Result<(), SpliceError> {
        let Some(bytes) = self.data_set.bytes(range) else { return Err(SpliceError::NoSuchNode) };
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Starts to rebuild a container and returns the index of its first child.
    fn open(&mut self, id: NodeId, node: &Node) -> Result<u32, SpliceError> {
        let may_insert = node.kind == NodeKind::Item;
        let inserts = self.inserts(Some(id));
        if node.kind == NodeKind::Value && inserts.is_empty() {
            // Its header has two readings: the form that the standard gives it has one.
            header::put(&mut self.out, node.encoding, node.tag, written_vr(node), node.length);
            self.value(id, node)?;
            return Ok(node.end);
        }
        if !matches!(node.kind, NodeKind::Item | NodeKind::Sequence) || !(may_insert || inserts.is_empty()) {
            return Err(SpliceError::Misplaced { path: self.data_set.path(id) });
        }
        if node.kind == NodeKind::Sequence && node.encoding.is_explicit() && node.value - node.start == 8 {
            header::put(&mut self.out, node.encoding, node.tag, written_vr(node), 0);
        } else {
            self.raw(node.start..node.value)?;
        }
        let undefined = node.length == UNDEFINED && node.kind == NodeKind::Sequence;
        let encoding = if undefined { self.content_encoding(id, node) } else { node.encoding };
        self.open.push(Open { id: Some(id), end: node.end, from: self.out.len(), encoding, inserts });
        Ok(id.0 + 1)
    }

    fn close(&mut self) -> Result<(), SpliceError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let Some(id) = open.id else { return Ok(()) };
        let node = self.data_set.node(id);
        if node.length != UNDEFINED {
            return put_length(&mut self.out, open.from, open.encoding)
                .ok_or_else(|| SpliceError::TooLong { path: self.data_set.path(id) });
        }
        let tag = if node.kind == NodeKind::Item { tags::ITEM_DELIMITATION } else { tags::SEQUENCE_DELIMITATION };
        header::put_item(&mut self.out, open.encoding, tag, 0);
        Ok(())
    }

    fn empty(&mut self, node: &Node) {
        match node.kind {
            NodeKind::Item => header::put_item(&mut self.out, node.encoding, tags::ITEM, 0),
            _ => header::put(&mut self.out, node.encoding, node.tag, written_vr(node), 0),
        }
    }

    fn replace(&mut self, id: NodeId, node: &Node, vr: Option<Vr>, value: &[u8]) -> Result<(), SpliceError> {
        let misplaced = || SpliceError::Misplaced { path: self.data_set.path(id) };
        let plain = matches!(node.kind, NodeKind::Value | NodeKind::Fragments);
        if node.kind == NodeKind::Item || vr.is_none() && !plain || vr == Some(Vr::SQ) && !value.is_empty() {
            return Err(misplaced());
        }
        let vr = vr.unwrap_or_else(|| written_vr(node));
        if node.parent.is_none() && node.tag == tags::PIXEL_DATA && self.syntax.pixels == Pixels::Encapsulated {
            if !value.is_empty() && !is_fragments(value) {
                return Err(misplaced());
            }
            let element = NewElement { tag: node.tag, vr, value: NewValue::Bytes(value.to_vec()) };
            return put_root(&mut self.out, self.syntax, &element).map_err(too_long);
        }
        if node.parent.is_some() && node.kind == NodeKind::Fragments && is_fragments(value) {
            header::put(&mut self.out, node.encoding, node.tag, vr, UNDEFINED);
            self.out.extend(value);
            return Ok(());
        }
        put_value(&mut self.out, node.encoding, node.tag, vr, value)
            .map_err(|_| SpliceError::TooLong { path: self.data_set.path(id) })
    }

    fn replace_items(&mut self, id: NodeId, node: &Node, items: &[Vec<NewElement>]) -> Result<(), SpliceError> {
        let (vr, content) = match node.kind {
            NodeKind::Item | NodeKind::Fragments => {
                return Err(SpliceError::Misplaced { path: self.data_set.path(id) });
            }
            NodeKind::Value => (Vr::SQ, node.encoding),
            NodeKind::Sequence => (written_vr(node), self.content_encoding(id, node)),
        };
        header::put(&mut self.out, node.encoding, node.tag, vr, 0);
        let from = self.out.len();
        put_items(&mut self.out, content, node.tag, items).map_err(too_long)?;
        put_length(&mut self.out, from, node.encoding)
            .ok_or_else(|| SpliceError::TooLong { path: self.data_set.path(id) })
    }

    /// Returns the encoding of the items that a sequence has or gets.
    fn content_encoding(&self, id: NodeId, node: &Node) -> Encoding {
        let first = self.data_set.children(Some(id)).next().map(|item| self.data_set.node(item).encoding);
        match node.written_vr {
            None | Some([b'S', b'Q']) => node.encoding,
            _ if first == Some(Encoding::ExplicitBig) => Encoding::ExplicitBig,
            Some([b'U', b'N']) => Encoding::ImplicitLittle,
            _ => first.unwrap_or(Encoding::ImplicitLittle),
        }
    }
}

/// Returns the value representation to write where the old one is to stay.
fn written_vr(node: &Node) -> Vr {
    let Some(letters) = node.written_vr else { return node.vr };
    Vr::from_bytes(letters.map(|letter| letter.to_ascii_uppercase())).unwrap_or(Vr::UN)
}

/// Tells whether a value goes from an item tag through a sequence delimiter.
fn is_fragments(value: &[u8]) -> bool {
    value.starts_with(b"\xFE\xFF\0\xE0") && value.ends_with(b"\xFE\xFF\xDD\xE0\0\0\0\0")
}

fn too_long(TooLong(tag): TooLong) -> SpliceError {
    SpliceError::TooLong { path: TagPath::root(tag) }
}
