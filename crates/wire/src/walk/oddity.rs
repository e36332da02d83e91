//! What is noted on the way, and where an error is.

use super::{Frame, Walker};
use crate::header::{Header, Oddity};
use crate::{NodeId, NodeKind, Note, ReadError};
use tokumei_core::{Step, Tag, TagPath};

/// Most oddities of one file; their paths take memory.
const MOST_NOTES: usize = 65_536;

impl Walker<'_> {
    pub(super) fn untidy(&mut self, node: Option<NodeId>) {
        if let Some(id) = node
            && self.out.untidy.last() != Some(&id)
        {
            self.out.untidy.push(id);
        }
    }

    /// Marks a header whose form was told by the room around it: that may change, so it cannot be copied.
    pub(super) fn note_ambiguous(&mut self, id: NodeId, read: &Header) {
        if read.is_ambiguous() {
            self.untidy(Some(id));
        }
    }

    pub(super) fn note(&mut self, note: Note) -> Result<(), ReadError> {
        if self.out.notes.len() >= MOST_NOTES {
            return Err(ReadError::TooManyElements { offset: self.pos });
        }
        self.out.notes.push(note);
        Ok(())
    }

    pub(super) fn note_header(&mut self, read: &Header) -> Result<(), ReadError> {
        match read.oddity {
            None => Ok(()),
            Some(_) if self.is_strict() => Err(self.unparsable()),
            Some(Oddity::UnknownVr) => self.note(Note::UnknownVr(self.path(Some(read.tag)))),
            Some(Oddity::Form) => self.note(Note::OddHeader(self.path(Some(read.tag)))),
        }
    }

    pub(super) fn note_order(&mut self, frame: Frame, tag: Tag) -> Result<(), ReadError> {
        let Some(open) = self.stack.last_mut() else { return Ok(()) };
        open.last = Some(tag);
        match frame.last {
            Some(last) if last == tag => self.note(Note::DuplicateTag(self.path(Some(tag)))),
            Some(last) if last > tag && !frame.unordered => {
                open.unordered = true;
                self.note(Note::UnorderedTags(self.path(Some(tag))))
            }
            _ => Ok(()),
        }
    }

    /// Notes duplicates that do not follow each other; those that do are noted already.
    pub(super) fn note_distant_duplicates(&mut self, frame: Frame) -> Result<(), ReadError> {
        let first = frame.node.map_or(0, |id| id.0 + 1);
        let end = self.out.nodes.len() as u32;
        let mut tags = Vec::new();
        let mut next = first;
        while next < end {
            let node = &self.out.nodes[next as usize];
            tags.push((node.tag, node.ordinal));
            next = node.end.max(next + 1);
        }
        tags.sort_unstable();
        let distant: Vec<Tag> = tags
            .windows(2)
            .filter(|pair| pair[0].0 == pair[1].0 && pair[0].1 + 1 != pair[1].1)
            .map(|pair| pair[0].0)
            .collect();
        for tag in distant {
            let mut path = self.path(None);
            if let Some(id) = frame.node {
                path.push(Step::Item(self.out.nodes[id.index()].ordinal));
            }
            path.push(Step::Element(tag));
            self.note(Note::DuplicateTag(path))?;
        }
        Ok(())
    }

    /// Returns the path of the open container, or of an element in it.
    pub(super) fn path(&self, tag: Option<Tag>) -> TagPath {
        let mut path = TagPath::default();
        for id in self.stack.iter().filter_map(|frame| frame.node) {
            let node = &self.out.nodes[id.index()];
            path.push(match node.kind {
                NodeKind::Item => Step::Item(node.ordinal),
                _ => Step::Element(node.tag),
            });
        }
        if let Some(tag) = tag {
            path.push(Step::Element(tag));
        }
        path
    }

    pub(super) fn unparsable(&self) -> ReadError {
        ReadError::Unparsable { path: self.path(None), offset: self.pos }
    }

    pub(super) fn too_long(&self, tag: Option<Tag>, bound: u64) -> ReadError {
        let (path, offset) = (self.path(tag), self.pos);
        if bound == self.out.stream.len() {
            ReadError::ValueCutOff { path, offset }
        } else {
            ReadError::LengthBeyondParent { path, offset }
        }
    }
}
