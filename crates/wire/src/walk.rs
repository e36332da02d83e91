//! The walk over the elements of a data set: one loop and a stack of its own, never the call stack.

use crate::header::{self, Header, Oddity};
use crate::node::UNDEFINED;
use crate::stream::Stream;
use crate::syntax::Pixels;
use crate::{Encoding, Limits, Node, NodeId, NodeKind, Note, PixelData, ReadError, fragments, sniff};
use std::ops::Range;
use tokumei_core::{Step, Tag, TagPath, Vr, dictionary, tags};

/// Most oddities of one file; their paths take memory.
const MOST_NOTES: usize = 65_536;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Sequence,
    Item,
}

/// A container that is open.
#[derive(Clone, Copy)]
struct Frame {
    level: Level,
    node: Option<NodeId>,
    /// Where it ends by its length.
    end: Option<u64>,
    /// Where it must have ended: its own end or the nearest one around it.
    bound: u64,
    /// Of the headers in it.
    encoding: Encoding,
    last: Option<Tag>,
    unordered: bool,
    children: u32,
    depth: u16,
}

/// A value that is read as a sequence for as long as it lasts.
struct Trial {
    frames: usize,
    node: NodeId,
    notes: usize,
    untidy: usize,
    vr: Vr,
    end: u64,
}

/// What a walk found.
pub(crate) struct Walked<'a> {
    pub stream: Stream<'a>,
    pub nodes: Vec<Node>,
    pub notes: Vec<Note>,
    pub untidy: Vec<NodeId>,
    pub pixel_data: Option<PixelData>,
    pub streamed: Option<NodeId>,
}

pub(crate) struct Walker<'a> {
    out: Walked<'a>,
    limits: Limits,
    pixels: Pixels,
    resident: bool,
    /// Offset after the command group; below it headers are implicit.
    command_end: u64,
    stack: Vec<Frame>,
    trials: Vec<Trial>,
    pos: u64,
}

impl<'a> Walker<'a> {
    /// Prepares a walk over `stream`; `command` is where group 0000 stands, and the data set follows it.
    pub fn new(
        stream: Stream<'a>,
        limits: &Limits,
        encoding: Encoding,
        pixels: Pixels,
        resident: bool,
        command: Range<u64>,
        notes: Vec<Note>,
    ) -> Self {
        let len = stream.len();
        let root = Frame {
            level: Level::Root,
            node: None,
            end: Some(len),
            bound: len,
            encoding,
            last: None,
            unordered: false,
            children: 0,
            depth: 0,
        };
        let out = Walked { stream, nodes: Vec::new(), notes, untidy: Vec::new(), pixel_data: None, streamed: None };
        Walker {
            out,
            limits: *limits,
            pixels,
            resident,
            command_end: command.end,
            stack: vec![root],
            trials: Vec::new(),
            pos: command.start,
        }
    }

    /// Walks to the end.
    pub fn run(mut self) -> Result<Walked<'a>, ReadError> {
        while let Some(frame) = self.stack.last().copied() {
            if let Err(error) = self.step(frame) {
                self.roll_back(error)?;
            }
        }
        Ok(self.out)
    }

    fn step(&mut self, frame: Frame) -> Result<(), ReadError> {
        if frame.end == Some(self.pos) {
            return self.close(self.pos);
        }
        let room = frame.bound - self.pos;
        if room < 8 {
            return self.end_of_room(frame);
        }
        let encoding = self.encoding_here(frame);
        let bytes = self.out.stream.get(self.pos, room.min(12))?;
        if bytes.len() < 8 {
            return Err(self.unparsable());
        }
        let (tag, length) = (header::tag(bytes, encoding), header::number(bytes, 4, encoding));
        if tag.group() == 0xFFFE {
            return self.item_or_delimiter(frame, tag, length);
        }
        match frame.level {
            Level::Sequence => Err(self.unparsable()),
            _ => {
                let read = header::decode(bytes, encoding, room);
                self.element(frame, read, tag)
            }
        }
    }

    fn encoding_here(&self, frame: Frame) -> Encoding {
        let in_command = frame.level == Level::Root && self.pos < self.command_end;
        if in_command { Encoding::ImplicitLittle } else { frame.encoding }
    }

    /// What to do where fewer than eight bytes are left of a container.
    fn end_of_room(&mut self, frame: Frame) -> Result<(), ReadError> {
        match frame.level {
            Level::Root => self.trailing(),
            // No delimiter, but the length of a container around says that it is over.
            _ if frame.end.is_none()
                && !self.is_strict()
                && self.pos == frame.bound
                && frame.bound < self.out.stream.len() =>
            {
                self.untidy(frame.node);
                self.note(Note::MissingDelimiter(self.path(None)))?;
                self.close(self.pos)
            }
            _ if frame.bound == self.out.stream.len() => {
                let offset = self.pos;
                Err(ReadError::ValueCutOff { path: self.path(None), offset })
            }
            _ => Err(self.unparsable()),
        }
    }

    fn trailing(&mut self) -> Result<(), ReadError> {
        if !self.out.stream.rest_is_zero(self.pos)? {
            return Err(ReadError::TrailingBytes { offset: self.pos });
        }
        let count = self.out.stream.len() - self.pos;
        self.note(Note::TrailingZeros(count))?;
        self.close(self.pos)
    }

    fn item_or_delimiter(&mut self, frame: Frame, tag: Tag, length: u32) -> Result<(), ReadError> {
        match (frame.level, tag) {
            (Level::Sequence, tags::ITEM) => return self.item(frame, length),
            (Level::Sequence, tags::SEQUENCE_DELIMITATION) | (Level::Item, tags::ITEM_DELIMITATION)
                if frame.end.is_none() =>
            {
                if length != 0 {
                    self.untidy(frame.node);
                    self.note(Note::DelimiterLength(self.path(None)))?;
                }
                return self.close(self.pos + 8);
            }
            // The item delimiter is missing: what follows belongs to the sequence.
            (Level::Item, tags::SEQUENCE_DELIMITATION | tags::ITEM) if frame.end.is_none() => {
                let outer = self.stack.len().checked_sub(2).map(|index| self.stack[index]);
                if outer.is_some_and(|outer| outer.end.is_none() || tag == tags::ITEM) && !self.is_strict() {
                    self.untidy(frame.node);
                    self.note(Note::MissingDelimiter(self.path(None)))?;
                    return self.close(self.pos);
                }
            }
            (_, tags::ITEM_DELIMITATION | tags::SEQUENCE_DELIMITATION) if length == 0 && !self.is_strict() => {
                self.untidy(frame.node);
                self.note(Note::StrayDelimiter(self.path(None)))?;
                self.pos += 8;
                return Ok(());
            }
            _ => {}
        }
        Err(self.unparsable())
    }

    fn item(&mut self, frame: Frame, length: u32) -> Result<(), ReadError> {
        let value = self.pos + 8;
        let end = (length != UNDEFINED).then(|| value + u64::from(length));
        if end.is_some_and(|end| end > frame.bound) {
            return Err(self.too_long(None, frame.bound));
        }
        let bound = end.unwrap_or(frame.bound);
        let encoding = self.item_encoding(value, bound, frame.encoding)?;
        if encoding != frame.encoding && frame.children == 0 {
            self.note(Note::ItemEncoding(self.path(None)))?;
        }
        let id = self.push(Node {
            kind: NodeKind::Item,
            tag: tags::ITEM,
            vr: Vr::SQ,
            written_vr: None,
            encoding,
            parent: frame.node,
            end: 0,
            ordinal: frame.children,
            start: self.pos,
            value,
            length,
            stop: value,
            depth: frame.depth,
        })?;
        self.open(Level::Item, id, end, bound, encoding, frame.depth);
        Ok(())
    }

    /// Tells how the elements of an item are encoded: as the sequence, unless they can only be read otherwise.
    fn item_encoding(&mut self, value: u64, bound: u64, around: Encoding) -> Result<Encoding, ReadError> {
        if around.is_big_endian() || bound - value < 8 {
            return Ok(around);
        }
        let room = bound - value;
        let bytes = self.out.stream.window(value, room.min(4096))?;
        if bytes.len() < 8 || header::tag(bytes, around).group() == 0xFFFE {
            return Ok(around);
        }
        let named = Vr::from_bytes([bytes[4], bytes[5]]).is_some();
        let other = match around {
            Encoding::ExplicitLittle if !named => Encoding::ImplicitLittle,
            Encoding::ImplicitLittle if named => Encoding::ExplicitLittle,
            _ => return Ok(around),
        };
        let better = sniff::score(bytes, room, other).elements > sniff::score(bytes, room, around).elements;
        Ok(if better { other } else { around })
    }

    fn element(&mut self, frame: Frame, read: Option<Header>, tag: Tag) -> Result<(), ReadError> {
        if frame.level == Level::Root && tag.group() == 0 && self.pos >= self.command_end {
            return self.trailing();
        }
        let Some(read) = read else {
            if frame.level == Level::Root && self.out.stream.tail_start.is_some() {
                return Err(ReadError::TrailingBytes { offset: self.pos });
            }
            return Err(self.unparsable());
        };
        self.note_order(frame, read.tag)?;
        self.note_header(&read)?;
        let value = self.pos + read.size;
        if value > frame.bound {
            return Err(self.too_long(Some(read.tag), frame.bound));
        }
        if read.length == UNDEFINED {
            return self.undefined(frame, &read, value);
        }
        let end = value + u64::from(read.length);
        if end > frame.bound {
            return Err(self.too_long(Some(read.tag), frame.bound));
        }
        if frame.level == Level::Root && is_pixel_data(read.tag) && self.out.pixel_data.is_none() {
            return self.native_pixels(frame, &read, value, end);
        }
        let vr = effective(&read);
        if read.vr == Some(Vr::SQ) || read.vr.is_none() && vr == Vr::SQ || vr == Vr::SQ && read.length == 0 {
            let encoding = self.encoding_here(frame);
            return self.sequence(frame, &read, value, Some(end), encoding);
        }
        if let Some(encoding) = self.looks_like_items(&read, vr, value)? {
            return self.try_sequence(frame, &read, value, end, encoding);
        }
        if read.length % 2 == 1 {
            self.note(Note::OddLength(self.path(Some(read.tag))))?;
        }
        self.out.stream.hold(end)?;
        let vr = if vr == Vr::SQ { Vr::UN } else { vr };
        self.leaf(frame, &read, NodeKind::Value, vr, value, end)?;
        Ok(())
    }

    /// An element without a length: a sequence, or encapsulated pixel data.
    fn undefined(&mut self, frame: Frame, read: &Header, value: u64) -> Result<(), ReadError> {
        let around = self.encoding_here(frame);
        match read.vr {
            _ if read.tag == tags::PIXEL_DATA && read.vr != Some(Vr::UN) => self.encapsulated(frame, read, value),
            Some(Vr::SQ) => self.sequence(frame, read, value, None, around),
            // PS3.5 2026d, 6.2.2: whatever the encoding around, it is implicit little endian in there.
            Some(Vr::UN) if read.size == 12 => self.sequence(frame, read, value, None, Encoding::ImplicitLittle),
            None => self.sequence(frame, read, value, None, around),
            _ => Err(self.unparsable()),
        }
    }

    fn sequence(
        &mut self,
        frame: Frame,
        read: &Header,
        value: u64,
        end: Option<u64>,
        encoding: Encoding,
    ) -> Result<(), ReadError> {
        if frame.depth >= self.limits.depth {
            return Err(ReadError::TooDeep { offset: self.pos });
        }
        let id = self.push(self.node_of(frame, read, NodeKind::Sequence, Vr::SQ, value, value))?;
        self.note_ambiguous(id, read);
        self.open(Level::Sequence, id, end, end.unwrap_or(frame.bound), encoding, frame.depth + 1);
        Ok(())
    }

    /// Returns the encoding of the items that a value seems to consist of.
    fn looks_like_items(&mut self, read: &Header, vr: Vr, value: u64) -> Result<Option<Encoding>, ReadError> {
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

    fn try_sequence(
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
    fn roll_back(&mut self, error: ReadError) -> Result<(), ReadError> {
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

    fn native_pixels(&mut self, frame: Frame, read: &Header, value: u64, end: u64) -> Result<(), ReadError> {
        if read.tag == tags::PIXEL_DATA && self.pixels == Pixels::Encapsulated && read.length > 0 {
            return Err(ReadError::EncodingContradicts { offset: self.pos });
        }
        if read.length % 2 == 1 {
            self.note(Note::OddLength(self.path(Some(read.tag))))?;
        }
        let id = self.leaf(frame, read, NodeKind::Value, effective(read), value, end)?;
        self.out.pixel_data = Some(PixelData { node: id, range: value..end, encapsulated: false, fragments: 0 });
        if read.length > 0 && !self.resident {
            self.out.streamed = Some(id);
            self.out.stream.pass_over(value, end);
        }
        Ok(())
    }

    fn encapsulated(&mut self, frame: Frame, read: &Header, value: u64) -> Result<(), ReadError> {
        let top = frame.level == Level::Root && self.out.pixel_data.is_none();
        if !frame.encoding.is_explicit() || frame.level == Level::Root && self.pixels != Pixels::Encapsulated {
            return Err(ReadError::EncodingContradicts { offset: self.pos });
        }
        let path = self.path(Some(read.tag));
        let passed =
            fragments::hop(&mut self.out.stream, value, frame.bound, frame.encoding, self.limits.nodes, &path)?;
        let streamed = top && !self.resident;
        if !streamed {
            self.out.stream.hold(passed.stop)?;
        }
        let id = self.leaf(frame, read, NodeKind::Fragments, effective(read), value, passed.stop)?;
        if top {
            let range = value..passed.stop;
            self.out.pixel_data =
                Some(PixelData { node: id, range: range.clone(), encapsulated: true, fragments: passed.count });
            if streamed {
                self.out.streamed = Some(id);
                self.out.stream.pass_over(range.start, range.end);
            }
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        frame: Frame,
        read: &Header,
        kind: NodeKind,
        vr: Vr,
        value: u64,
        stop: u64,
    ) -> Result<NodeId, ReadError> {
        let id = self.push(self.node_of(frame, read, kind, vr, value, stop))?;
        self.out.nodes[id.index()].end = id.0 + 1;
        self.pos = stop;
        self.note_ambiguous(id, read);
        Ok(id)
    }

    fn node_of(&self, frame: Frame, read: &Header, kind: NodeKind, vr: Vr, value: u64, stop: u64) -> Node {
        Node {
            kind,
            tag: read.tag,
            vr,
            written_vr: read.letters,
            encoding: self.encoding_here(frame),
            parent: frame.node,
            end: 0,
            ordinal: frame.children,
            start: self.pos,
            value,
            length: read.length,
            stop,
            depth: frame.depth,
        }
    }

    fn push(&mut self, node: Node) -> Result<NodeId, ReadError> {
        if self.out.nodes.len() as u64 >= u64::from(self.limits.nodes) {
            return Err(ReadError::TooManyElements { offset: self.pos });
        }
        let id = NodeId(self.out.nodes.len() as u32);
        self.out.nodes.push(node);
        if let Some(frame) = self.stack.last_mut() {
            frame.children += 1;
        }
        Ok(id)
    }

    fn open(&mut self, level: Level, id: NodeId, end: Option<u64>, bound: u64, encoding: Encoding, depth: u16) {
        self.pos = self.out.nodes[id.index()].value;
        self.stack.push(Frame {
            level,
            node: Some(id),
            end,
            bound,
            encoding,
            last: None,
            unordered: false,
            children: 0,
            depth,
        });
    }

    fn close(&mut self, stop: u64) -> Result<(), ReadError> {
        let end = self.out.nodes.len() as u32;
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        if frame.unordered {
            self.note_distant_duplicates(frame)?;
        }
        if let Some(id) = frame.node {
            let node = &mut self.out.nodes[id.index()];
            (node.end, node.stop) = (end, stop);
        }
        if self.trials.last().is_some_and(|trial| trial.frames == self.stack.len()) {
            self.trials.pop();
        }
        self.pos = stop;
        Ok(())
    }

    /// Tells whether a value is on trial as a sequence; then nothing is tolerated.
    fn is_strict(&self) -> bool {
        !self.trials.is_empty()
    }

    fn untidy(&mut self, node: Option<NodeId>) {
        if let Some(id) = node
            && self.out.untidy.last() != Some(&id)
        {
            self.out.untidy.push(id);
        }
    }

    /// Marks a header whose form was told by the room around it: that may change, so it cannot be copied.
    fn note_ambiguous(&mut self, id: NodeId, read: &Header) {
        if read.is_ambiguous() {
            self.untidy(Some(id));
        }
    }

    fn note(&mut self, note: Note) -> Result<(), ReadError> {
        if self.out.notes.len() >= MOST_NOTES {
            return Err(ReadError::TooManyElements { offset: self.pos });
        }
        self.out.notes.push(note);
        Ok(())
    }

    fn note_header(&mut self, read: &Header) -> Result<(), ReadError> {
        match read.oddity {
            None => Ok(()),
            Some(_) if self.is_strict() => Err(self.unparsable()),
            Some(Oddity::UnknownVr) => self.note(Note::UnknownVr(self.path(Some(read.tag)))),
            Some(Oddity::Form) => self.note(Note::OddHeader(self.path(Some(read.tag)))),
        }
    }

    fn note_order(&mut self, frame: Frame, tag: Tag) -> Result<(), ReadError> {
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
    fn note_distant_duplicates(&mut self, frame: Frame) -> Result<(), ReadError> {
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
    fn path(&self, tag: Option<Tag>) -> TagPath {
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

    fn unparsable(&self) -> ReadError {
        ReadError::Unparsable { path: self.path(None), offset: self.pos }
    }

    fn too_long(&self, tag: Option<Tag>, bound: u64) -> ReadError {
        let (path, offset) = (self.path(tag), self.pos);
        if bound == self.out.stream.len() {
            ReadError::ValueCutOff { path, offset }
        } else {
            ReadError::LengthBeyondParent { path, offset }
        }
    }
}

/// Returns the value representation that the value has, whatever its header says.
///
/// A known public attribute under UN keeps the one of the dictionary (PS3.5 2026d, 6.2.2).
fn effective(read: &Header) -> Vr {
    match read.vr {
        Some(Vr::UN) if read.oddity.is_none() => dictionary::vr(read.tag).unwrap_or(Vr::UN),
        Some(vr) => vr,
        None => dictionary::vr(read.tag).unwrap_or(Vr::UN),
    }
}

fn is_pixel_data(tag: Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA)
}
