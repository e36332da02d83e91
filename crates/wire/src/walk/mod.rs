//! The walk over the elements of a data set: one loop and a stack of its own, never the call stack.

mod hidden;
mod oddity;
mod pixels;
mod plain;

use crate::header::{self, Header};
use crate::node::UNDEFINED;
use crate::stream::Stream;
use crate::syntax::Pixels;
use crate::{Encoding, Limits, Node, NodeId, NodeKind, Note, PixelData, ReadError, sniff};
use hidden::Trial;
use pixels::is_pixel_data;
use std::ops::Range;
use tokumei_core::{Tag, Vr, dictionary, tags};

/// Nodes that most data sets do not exceed.
const COMMON: usize = 256;

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
        let out = Walked {
            stream,
            nodes: Vec::with_capacity(COMMON),
            notes,
            untidy: Vec::new(),
            pixel_data: None,
            streamed: None,
        };
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
        while !self.stack.is_empty() {
            self.pass_plain();
            let Some(frame) = self.stack.last().copied() else { break };
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
        // Where one reading is impossible there is nothing to weigh.
        let length = header::number(bytes, 4, Encoding::ImplicitLittle);
        let fits = length == UNDEFINED || u64::from(length) + 8 <= room;
        let printable = bytes[4..6].iter().all(|letter| (0x20..0x7F).contains(letter));
        match other {
            Encoding::ImplicitLittle if !printable => return Ok(if fits { other } else { around }),
            Encoding::ExplicitLittle if !fits => return Ok(other),
            _ => {}
        }
        let better = sniff::score(bytes, room, other, sniff::Order::Ascending).elements
            > sniff::score(bytes, room, around, sniff::Order::Ascending).elements;
        Ok(if better { other } else { around })
    }

    fn element(&mut self, frame: Frame, read: Option<Header>, tag: Tag) -> Result<(), ReadError> {
        if frame.level == Level::Root && (tag.group() == 0) != (self.pos < self.command_end) {
            return if tag.group() == 0 { self.trailing() } else { Err(self.unparsable()) };
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
        if frame.level == Level::Root && is_pixel_data(read.tag) && self.awaits_pixels() {
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
