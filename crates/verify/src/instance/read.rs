//! Reads a file by the parser of dicom-rs, which decodes no value here: text is taken as raw bytes.

use super::{Element, Instance, Level, Meta, MetaElement, Value};
use dicom_core::header::Header;
use dicom_parser::dataset::LazyDataToken;
use dicom_parser::dataset::lazy_read::{LazyDataSetReader, LazyDataSetReaderOptions};
use dicom_parser::{DynStatefulDecoder, StatefulDecode};
use dicom_transfer_syntax_registry::entries;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use std::path::Path;
use tokumei_core::{Tag, TagPath, Vr};
use tokumei_text::CharacterSets;

/// A seekable source of bytes.
pub(crate) trait Bytes: Read + Seek {}
impl<T: Read + Seek> Bytes for T {}

/// Why a file could not be read to its end: an id in kebab case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unread(pub &'static str);

impl Unread {
    pub(crate) const NOT_PART_10: Unread = Unread("not-part-10");
    pub(crate) const IO: Unread = Unread("io-error");
    pub(crate) const CUT_OFF: Unread = Unread("cut-off");
    pub(crate) const TOO_LARGE: Unread = Unread("too-large");
    const REFUSED: Unread = Unread("parser-refused");
    const TOO_DEEP: Unread = Unread("too-deep");
    const STRUCTURE: Unread = Unread("structure");

    /// Tells whether nothing is known to be wrong with the file.
    pub(crate) fn is_limit(self) -> bool {
        matches!(self, Unread::IO | Unread::TOO_LARGE | Unread::TOO_DEEP)
    }
}

/// Longest value that is kept.
const LONGEST: u64 = 4 << 20;
/// Most bytes of values that are kept of one file.
const BUDGET: u64 = 256 << 20;
/// Most elements of one file.
const ELEMENTS: usize = 2_000_000;
/// Deepest nesting of sequences.
const DEPTH: usize = 64;
/// Most bytes that a deflated data set may have.
const INFLATED: u64 = 512 << 20;

/// A file opened for reading: the source of the data set, its length and what stands before it.
pub(crate) struct Opened {
    pub meta: Meta,
    /// The data set of a deflated file.
    pub inflated: Option<Vec<u8>>,
    source: Box<dyn Bytes>,
    end: u64,
}

/// Opens a file and reads what stands before the data set.
pub(crate) fn open(path: &Path) -> Result<Opened, Unread> {
    let file = File::open(path).map_err(|_| Unread::IO)?;
    let end = file.metadata().map_err(|_| Unread::IO)?.len();
    let mut source: Box<dyn Bytes> = Box::new(BufReader::with_capacity(1 << 16, file));
    let meta = Meta::read(&mut source, end)?;
    let inflated = if is_deflated(&meta.transfer_syntax()) { Some(inflate(&mut source)?) } else { None };
    Ok(Opened { meta, inflated, source, end })
}

/// Opens an original: one without preamble and file meta information is taken as a bare data set.
pub(crate) fn open_original(path: &Path) -> Result<Opened, Unread> {
    match open(path) {
        Err(Unread::NOT_PART_10) => open_bare(path),
        opened => opened,
    }
}

/// A bare data set tells its transfer syntax by whether a value representation follows the first tag.
fn open_bare(path: &Path) -> Result<Opened, Unread> {
    let file = File::open(path).map_err(|_| Unread::IO)?;
    let end = file.metadata().map_err(|_| Unread::IO)?.len();
    let mut source: Box<dyn Bytes> = Box::new(BufReader::with_capacity(1 << 16, file));
    let mut start = [0; 6];
    source.read_exact(&mut start).map_err(|_| Unread::NOT_PART_10)?;
    source.rewind().map_err(|_| Unread::IO)?;
    if start[..2] != [0x08, 0x00] {
        return Err(Unread::NOT_PART_10);
    }
    let is_explicit = start[4..].iter().all(u8::is_ascii_uppercase);
    let syntax = if is_explicit { "1.2.840.10008.1.2.1" } else { "1.2.840.10008.1.2" };
    Ok(Opened { meta: Meta::bare(syntax), inflated: None, source, end })
}

impl Opened {
    /// Reads the data set.
    pub(crate) fn read(self) -> Result<(Instance, Option<Vec<u8>>), Unread> {
        let syntax = self.meta.transfer_syntax();
        let mut builder = Builder::new();
        let trailing = match &self.inflated {
            Some(bytes) => {
                let mut copy = Cursor::new(bytes.as_slice());
                builder.feed(&mut copy, "1.2.840.10008.1.2.1", bytes.len() as u64, None)?
            }
            None => builder.feed(self.source, &syntax, self.end, None)?,
        };
        Ok((Instance::new(self.meta, builder.elements, builder.levels, trailing), self.inflated))
    }
}

/// Deflated Explicit VR Little Endian and the JPIP syntaxes with deflate (PS3.5 2026d, A.5, A.7, A.9).
fn is_deflated(syntax: &str) -> bool {
    matches!(syntax, "1.2.840.10008.1.2.1.99" | "1.2.840.10008.1.2.4.95" | "1.2.840.10008.1.2.4.205")
}

fn inflate(source: &mut dyn Bytes) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    let read = flate2::read::DeflateDecoder::new(source).take(INFLATED + 1).read_to_end(&mut bytes);
    match read {
        Ok(length) if length as u64 > INFLATED => Err(Unread::TOO_LARGE),
        Ok(_) => Ok(bytes),
        Err(_) => Err(Unread("deflate")),
    }
}

/// Reads the elements of group 0002 that follow the group length.
pub(crate) fn walk_meta(body: Vec<u8>) -> Result<Vec<MetaElement>, Unread> {
    let mut builder = Builder::new();
    let end = body.len() as u64;
    let trailing = builder.feed(Cursor::new(body), "1.2.840.10008.1.2.1", end, None)?;
    if trailing || builder.levels.len() > 1 {
        return Err(Unread::STRUCTURE);
    }
    let value = |element: Element| match element.value {
        Value::Bytes(value) => MetaElement { tag: element.tag, value },
        _ => MetaElement { tag: element.tag, value: Vec::new() },
    };
    Ok(builder.elements.into_iter().map(value).collect())
}

/// Collects elements and levels from the parser's tokens.
struct Builder {
    elements: Vec<Element>,
    levels: Vec<Level>,
    open: Vec<Open>,
    kept: u64,
}

/// What is open at a point of the stream.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Sequence(usize),
    Item(usize),
    /// Encapsulated pixel data, and a fragment in it.
    Pixels(usize),
    Fragment,
}

impl Builder {
    fn new() -> Self {
        let root = Level {
            sequence: None,
            path: TagPath::default(),
            ancestors: Vec::new(),
            sets: CharacterSets::default_repertoire(),
            creators: BTreeMap::new(),
        };
        Builder { elements: Vec::new(), levels: vec![root], open: Vec::new(), kept: 0 }
    }

    fn level(&self) -> usize {
        let items = self.open.iter().rev();
        items.filter_map(|open| if let Open::Item(level) = open { Some(*level) } else { None }).next().unwrap_or(0)
    }

    /// Reads a stream to `end` and tells whether bytes are left. With `renamed` the first sequence gets this tag:
    /// the stream is then the items of an element whose value representation is unknown.
    fn feed<S: Bytes>(&mut self, source: S, syntax: &str, end: u64, mut renamed: Option<Tag>) -> Result<bool, Unread> {
        let syntax = match syntax {
            "1.2.840.10008.1.2" => entries::IMPLICIT_VR_LITTLE_ENDIAN.erased(),
            "1.2.840.10008.1.2.2" => entries::EXPLICIT_VR_BIG_ENDIAN.erased(),
            "" => return Err(Unread("no-transfer-syntax")),
            _ => entries::EXPLICIT_VR_LITTLE_ENDIAN.erased(),
        };
        let options = LazyDataSetReaderOptions::default();
        let made = LazyDataSetReader::<DynStatefulDecoder<S>>::new_with_ts_options(source, &syntax, options);
        let mut reader = made.map_err(|_| Unread::REFUSED)?;
        let (floor, hidden) = (self.open.len(), renamed.is_some());
        let mut hasher = Sha256::new();
        let (mut fragments, mut places) = (0_u64, Vec::new());
        let mut position = 0;
        while let Some(token) = reader.advance() {
            match token.map_err(|_| Unread::REFUSED)? {
                // An item or a delimiter where an element should be.
                LazyDataToken::ElementHeader(header) if header.tag().group() == 0xFFFE => {
                    return Err(Unread::STRUCTURE);
                }
                LazyDataToken::ElementHeader(_) => {}
                LazyDataToken::SequenceStart { tag, .. } => {
                    let tag = renamed.take().unwrap_or(Tag(tag.group(), tag.element()));
                    let at = self.push(tag, Vr::SQ, Value::Items(0), 0..0)?;
                    self.nest(Open::Sequence(at))?;
                }
                LazyDataToken::PixelSequenceStart => {
                    (hasher, fragments) = (Sha256::new(), 0);
                    places = Vec::new();
                    let none = Value::Fragments { length: 0, digest: [0; 32], places: Vec::new() };
                    let at = self.push(tokumei_core::tags::PIXEL_DATA, Vr::OB, none, 0..0)?;
                    self.nest(Open::Pixels(at))?;
                }
                LazyDataToken::ItemStart { .. } => {
                    if matches!(self.open.last(), Some(Open::Pixels(_))) {
                        if places.len() >= ELEMENTS {
                            return Err(Unread::TOO_LARGE);
                        }
                        // An empty one stays so: its value never comes.
                        places.push((0, 0));
                    }
                    self.start_item()?;
                }
                LazyDataToken::ItemEnd => match self.close(floor)? {
                    Open::Item(_) | Open::Fragment => {}
                    _ => return Err(Unread::STRUCTURE),
                },
                LazyDataToken::SequenceEnd => match self.close(floor)? {
                    Open::Sequence(_) => {}
                    Open::Pixels(at) => {
                        let digest = std::mem::take(&mut hasher).finalize().into();
                        let places = std::mem::take(&mut places);
                        self.elements[at].value = Value::Fragments { length: fragments, digest, places };
                        self.elements[at].at.end = position;
                    }
                    _ => return Err(Unread::STRUCTURE),
                },
                LazyDataToken::LazyValue { header, decoder } => {
                    let (tag, length) = (header.tag(), header.len.0);
                    let from = decoder.position();
                    within(from, length, end)?;
                    let value = self.value(decoder, length)?;
                    position = decoder.position();
                    let vr = Vr::parse(header.vr().to_string()).unwrap_or(Vr::UN);
                    // Offsets inside a stream of our own making say nothing about the file.
                    let at = if hidden { 0..0 } else { from..position };
                    self.element(Tag(tag.group(), tag.element()), vr, value, at)?;
                }
                LazyDataToken::LazyItemValue { len, decoder } => {
                    let from = decoder.position();
                    within(from, len, end)?;
                    if let Some(place) = places.last_mut() {
                        *place = (from, len);
                    }
                    hasher.update(u64::from(len).to_le_bytes());
                    decoder.read_to(len, Hashing(&mut hasher)).map_err(|_| Unread::IO)?;
                    position = decoder.position();
                    fragments += u64::from(len);
                    if let Some(Open::Pixels(at)) = self.open.iter().rev().nth(1)
                        && self.elements[*at].at.start == 0
                    {
                        self.elements[*at].at.start = from;
                    }
                }
                _ => return Err(Unread::STRUCTURE),
            }
        }
        if self.open.len() != floor {
            return Err(Unread::CUT_OFF);
        }
        Ok(reader.into_decoder().position() < end)
    }

    /// Adds a value, or the items that its bytes turn out to be.
    fn element(&mut self, tag: Tag, vr: Vr, value: Value, at: std::ops::Range<u64>) -> Result<(), Unread> {
        let hidden = match &value {
            Value::Bytes(bytes) if matches!(vr, Vr::UN | Vr::SQ) && bytes.starts_with(&[0xFE, 0xFF, 0x00, 0xE0]) => {
                Some(wrapped(bytes))
            }
            _ => None,
        };
        if let Some(hidden) = hidden {
            let end = hidden.len() as u64;
            let (elements, levels, open) = (self.elements.len(), self.levels.len(), self.open.len());
            match self.feed(Cursor::new(hidden), "1.2.840.10008.1.2", end, Some(tag)) {
                Ok(false) => return Ok(()),
                // Not items after all: the bytes are looked at as they are.
                Ok(true) | Err(Unread::REFUSED | Unread::CUT_OFF | Unread::STRUCTURE) => {
                    self.elements.truncate(elements);
                    self.levels.truncate(levels);
                    self.open.truncate(open);
                }
                Err(other) => return Err(other),
            }
        }
        self.push(tag, vr, value, at).map(|_| ())
    }

    fn push(&mut self, tag: Tag, vr: Vr, value: Value, at: std::ops::Range<u64>) -> Result<usize, Unread> {
        if self.elements.len() >= ELEMENTS {
            return Err(Unread::TOO_LARGE);
        }
        let level = self.level();
        self.elements.push(Element { tag, vr, level, value, at });
        Ok(self.elements.len() - 1)
    }

    fn nest(&mut self, open: Open) -> Result<(), Unread> {
        if self.open.len() >= 2 * DEPTH {
            return Err(Unread::TOO_DEEP);
        }
        self.open.push(open);
        Ok(())
    }

    fn start_item(&mut self) -> Result<(), Unread> {
        match self.open.last() {
            Some(Open::Pixels(_)) => self.nest(Open::Fragment),
            Some(Open::Sequence(sequence)) => {
                let sequence = *sequence;
                let level = self.item(sequence)?;
                self.nest(Open::Item(level))
            }
            _ => Err(Unread::STRUCTURE),
        }
    }

    fn item(&mut self, sequence: usize) -> Result<usize, Unread> {
        if self.levels.len() >= ELEMENTS {
            return Err(Unread::TOO_LARGE);
        }
        let element = &mut self.elements[sequence];
        let Value::Items(items) = &mut element.value else { return Err(Unread::STRUCTURE) };
        let ordinal = *items;
        *items += 1;
        let outer = &self.levels[element.level];
        let mut ancestors = outer.ancestors.clone();
        ancestors.push(element.tag);
        let level = Level {
            sequence: Some(sequence),
            path: outer.path.clone().element(element.tag).item(ordinal),
            ancestors,
            sets: CharacterSets::default_repertoire(),
            creators: BTreeMap::new(),
        };
        self.levels.push(level);
        Ok(self.levels.len() - 1)
    }

    /// Closes the innermost; the parser would go on, or panic, at a delimiter of nothing.
    fn close(&mut self, floor: usize) -> Result<Open, Unread> {
        if self.open.len() <= floor {
            return Err(Unread::STRUCTURE);
        }
        self.open.pop().ok_or(Unread::STRUCTURE)
    }

    fn value<D: StatefulDecode>(&mut self, decoder: &mut D, length: u32) -> Result<Value, Unread> {
        if u64::from(length) > LONGEST {
            let mut hasher = Sha256::new();
            decoder.read_to(length, Hashing(&mut hasher)).map_err(|_| Unread::IO)?;
            return Ok(Value::Long { length: u64::from(length), digest: hasher.finalize().into() });
        }
        self.kept += u64::from(length);
        if self.kept > BUDGET {
            return Err(Unread::TOO_LARGE);
        }
        let mut bytes = Vec::with_capacity(length as usize);
        decoder.read_to(length, &mut bytes).map_err(|_| Unread::IO)?;
        if bytes.len() == length as usize { Ok(Value::Bytes(bytes)) } else { Err(Unread::CUT_OFF) }
    }
}

fn within(from: u64, length: u32, end: u64) -> Result<(), Unread> {
    if from.checked_add(u64::from(length)).is_some_and(|stop| stop <= end) { Ok(()) } else { Err(Unread::CUT_OFF) }
}

/// Puts the header of a sequence, implicit little endian, before bytes that are items.
fn wrapped(items: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x08, 0x00, 0x40, 0x11];
    bytes.extend((items.len() as u32).to_le_bytes());
    bytes.extend(items);
    bytes
}

struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Writes a file of this transfer syntax and reads it.
    fn instance(syntax: &str, body: &[u8]) -> Result<Instance, Unread> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut group = vec![0x02, 0, 0x10, 0, b'U', b'I', syntax.len() as u8, 0];
        group.extend(syntax.as_bytes());
        let mut content = vec![0; 128];
        content.extend(b"DICM\x02\0\0\0UL\x04\0");
        content.extend((group.len() as u32).to_le_bytes());
        content.extend(group);
        content.extend(body);
        fs::write(&path, content).unwrap();
        open(&path).and_then(Opened::read).map(|(instance, _)| instance)
    }

    fn paths(instance: &Instance) -> Vec<String> {
        instance.elements.iter().map(|element| instance.path(element).to_string()).collect()
    }

    // Implicit little endian: (0010,0010), six bytes.
    const NAME: &[u8] = b"\x10\0\x10\0\x06\0\0\0YAMADA";

    #[test]
    fn items_in_private_bytes_of_unknown_kind_are_read() {
        let mut item = vec![0xFE, 0xFF, 0x00, 0xE0];
        item.extend((NAME.len() as u32).to_le_bytes());
        item.extend(NAME);
        let mut body = vec![0x09, 0, 0x01, 0x10];
        body.extend((item.len() as u32).to_le_bytes());
        body.extend(item);
        body.extend(NAME);
        let instance = instance("1.2.840.10008.1.2\0", &body).unwrap();
        assert_eq!(paths(&instance), ["(0009,1001)", "(0009,1001)[0](0010,0010)", "(0010,0010)"]);
        assert_eq!(instance.word_at(1, Tag(0x0010, 0x0010)), "YAMADA");
    }

    #[test]
    fn bytes_that_only_begin_like_items_stay_bytes() {
        let body = b"\x09\0\x01\x10\x0c\0\0\0\xfe\xff\0\xe0\xff\0\0\0abcd";
        let instance = instance("1.2.840.10008.1.2\0", body).unwrap();
        assert_eq!(paths(&instance), ["(0009,1001)"]);
        assert_eq!(instance.elements[0].bytes().map(<[u8]>::len), Some(12));
    }

    #[test]
    fn big_endian_and_deflated_data_sets_are_read() {
        let big = instance("1.2.840.10008.1.2.2\0", b"\0\x10\0\x10PN\0\x06YAMADA").unwrap();
        assert_eq!(big.word(Tag(0x0010, 0x0010)), "YAMADA");
        let mut deflater = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        deflater.write_all(b"\x10\0\x10\0PN\x06\0YAMADA").unwrap();
        let small = instance("1.2.840.10008.1.2.1.99", &deflater.finish().unwrap()).unwrap();
        assert_eq!(small.word(Tag(0x0010, 0x0010)), "YAMADA");
    }

    #[test]
    fn fragments_are_one_element_with_a_digest() {
        let mut body = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0".to_vec();
        body.extend(b"\xfe\xff\0\xe0\x04\0\0\0\xff\xd8\xff\xd9\xfe\xff\xdd\xe0\0\0\0\0");
        let instance = instance("1.2.840.10008.1.2.4.50", &body).unwrap();
        assert_eq!(paths(&instance), ["(7fe0,0010)"]);
        let Value::Fragments { length: 4, places, .. } = &instance.elements[0].value else { panic!("no fragments") };
        // The offset table is empty; twelve bytes of the element, an item, and the header of the next stand before.
        assert_eq!(places[..], [(0, 0), (instance.elements[0].at.start, 4)]);
        let at = &instance.elements[0].at;
        assert_eq!(at.end - at.start, 4);
    }

    #[test]
    fn an_original_may_be_a_bare_data_set() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for body in [&b"\x08\0\x60\0\x02\0\0\0CT"[..], b"\x08\0\x60\0CS\x02\0CT"] {
            fs::write(&path, body).unwrap();
            let (original, _) = open_original(&path).and_then(Opened::read).unwrap();
            assert_eq!(original.word(Tag(0x0008, 0x0060)), "CT");
            assert_eq!(open(&path).err(), Some(Unread::NOT_PART_10));
        }
        fs::write(&path, "no data set").unwrap();
        assert_eq!(open_original(&path).err(), Some(Unread::NOT_PART_10));
    }

    #[test]
    fn a_delimiter_of_nothing_is_refused() {
        for body in
            [b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\0\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0\xfe\xff\0\xe0\0\0\0\0"]
        {
            assert!(instance("1.2.840.10008.1.2\0", body).is_err());
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_not_believed() {
        let long = b"\x10\0\x10\0\xfe\xff\xff\x7fYAMADA";
        assert_eq!(instance("1.2.840.10008.1.2\0", long).err(), Some(Unread::CUT_OFF));
    }

    #[test]
    fn nesting_has_a_bottom() {
        let body = b"\x08\0\x40\x11\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff".repeat(100);
        assert_eq!(instance("1.2.840.10008.1.2\0", &body).err(), Some(Unread::TOO_DEEP));
    }
}
