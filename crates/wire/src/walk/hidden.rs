//! Values that are sequences although their header does not say so.

use super::{Frame, Walker, effective};
use crate::header::Header;
use crate::{Encoding, NodeId, NodeKind, Note, ReadError};
use tokumei_core::Vr;

/// A value that is read as a sequence for as long as it lasts.
pub(super) struct Trial {
    pub(super) frames: usize,
    pub(super) node: NodeId,
    pub(super) notes: usize,
    pub(super) untidy: usize,
    pub(super) vr: Vr,
    pub(super) end: u64,
}

impl Walker<'_> {
    /// Returns the encoding of the items that a value seems to consist of.
    pub(super) fn looks_like_items(
        &mut self,
        read: &Header,
        vr: Vr,
        value: u64,
    ) -> Result<Option<Encoding>, ReadError> {
        let opaque = matches!(vr, Vr::UN | Vr::SQ) || read.vr == Some(Vr::UN) || read.tag.is_private() && vr == Vr::OB;
        if !opaque || read.length < 8 || read.letters.is_some() && read.size != 12 {
            return Ok(None);
        }
        let bytes = self.out.stream.get(value, 4)?;
        Ok(match bytes {
            [0xFE, 0xFF, 0x00, 0xE0] => Some(Encoding::ImplicitLittle),
            [0xFF, 0xFE, 0xE0, 0x00] => Some(Encoding::ExplicitBig),
            _ => None,
        })
    }

    pub(super) fn try_sequence(
        &mut self,
        frame: Frame,
        read: &Header,
        value: u64,
        end: u64,
        encoding: Encoding,
    ) -> Result<(), ReadError> {
        self.out.stream.hold(end)?;
        let vr = effective(read);
        let vr = if vr == Vr::SQ { Vr::UN } else { vr };
        let trial = Trial {
            frames: self.stack.len(),
            node: NodeId(self.out.nodes.len() as u32),
            notes: self.out.notes.len(),
            untidy: self.out.untidy.len(),
            vr,
            end,
        };
        self.note(Note::HiddenSequence(self.path(Some(read.tag))))?;
        self.sequence(frame, read, value, Some(end), encoding)?;
        self.trials.push(trial);
        Ok(())
    }

    /// Leaves what was tried as a sequence as a value.
    pub(super) fn roll_back(&mut self, error: ReadError) -> Result<(), ReadError> {
        if !error.is_structural() {
            return Err(error);
        }
        let Some(trial) = self.trials.pop() else { return Err(error) };
        self.stack.truncate(trial.frames);
        self.out.nodes.truncate(trial.node.index() + 1);
        self.out.notes.truncate(trial.notes);
        self.out.untidy.truncate(trial.untidy);
        let end = trial.node.0 + 1;
        let node = &mut self.out.nodes[trial.node.index()];
        (node.kind, node.vr, node.end, node.stop) = (NodeKind::Value, trial.vr, end, trial.end);
        let tag = node.tag;
        self.pos = trial.end;
        self.note(Note::BrokenHiddenSequence(self.path(Some(tag))))
    }

    /// Tells whether a value is on trial as a sequence; then nothing is tolerated.
    pub(super) fn is_strict(&self) -> bool {
        !self.trials.is_empty()
    }
}
