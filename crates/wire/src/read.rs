//! The road from a source to a data set.

use crate::meta::{self, Prologue};
use crate::stream::Stream;
use crate::syntax::{self, Pixels, Syntax};
use crate::walk::Walker;
use crate::{DataSet, Encoding, Limits, Note, ReadError, Source, header, inflate, sniff};
use tokumei_core::{Tag, TagPath};

/// Reads a file as a data set, without the bytes of its pixel data.
///
/// # Errors
/// [`ReadError`] says what is wrong and where; nothing is guessed beyond what [`Note`] lists.
///
/// # Standard
/// PS3.5 2026d, 7 and Annex A; PS3.10 2026d, 7.1.
pub fn read(source: &dyn Source, limits: &Limits) -> Result<DataSet, ReadError> {
    let mut stream = Stream::new(source, limits);
    if stream.len() == 0 {
        return Err(ReadError::NotDicom { what: "empty" });
    }
    let mut prologue = meta::read(&mut stream)?;
    let declared = prologue.transfer_syntax().map(str::to_owned);
    let declared_syntax = match &declared {
        Some(uid) => Some(syntax::lookup(uid).ok_or(ReadError::UnknownTransferSyntax)?),
        None => None,
    };
    let mut body = prologue.body;
    let mut deflated = false;
    if declared_syntax.is_some_and(|syntax| syntax.deflated) && body < stream.len() {
        if is_plain(&mut stream, body)? {
            prologue.notes.push(Note::NotDeflated);
        } else {
            stream = inflated(&stream, body, limits, &mut prologue)?;
            body = 0;
            deflated = true;
        }
    }
    let begin = after_command(&mut stream, body)?;
    if begin > body {
        prologue.notes.push(Note::CommandGroup);
    }
    let encoding = find_encoding(&mut stream, begin, declared_syntax, &prologue)?;
    let transfer_syntax =
        true_syntax(declared.as_deref(), declared_syntax, encoding, deflated, begin, &mut prologue.notes)?;
    let pixels = declared_syntax.map_or(Pixels::Native, |syntax| syntax.pixels);
    let walked = Walker::new(stream, limits, encoding, pixels, deflated, body..begin, prologue.notes).run()?;
    let data_set = DataSet {
        nodes: walked.nodes,
        tail_start: walked.stream.tail_start.unwrap_or(u64::MAX),
        head: walked.stream.head,
        tail: walked.stream.tail,
        encoding,
        transfer_syntax,
        declared,
        deflated,
        meta: prologue.meta,
        preamble: prologue.preamble,
        notes: walked.notes,
        pixel_data: walked.pixel_data,
        streamed: walked.streamed,
        untidy: walked.untidy,
        top: Vec::new(),
    };
    Ok(data_set.ordered())
}

/// Tells whether a data set that is declared as deflated is not.
fn is_plain(stream: &mut Stream<'_>, body: u64) -> Result<bool, ReadError> {
    let room = stream.len() - body;
    let score = sniff::score(window(stream, body)?, room, Encoding::ExplicitLittle, sniff::Order::Ascending);
    Ok(score.elements >= 3 || score.clean && score.elements > 0)
}

fn inflated(
    stream: &Stream<'_>,
    body: u64,
    limits: &Limits,
    prologue: &mut Prologue,
) -> Result<Stream<'static>, ReadError> {
    let (bytes, stop) = inflate::inflate(stream.source(), body, limits)?;
    if !stream.rest_is_zero(stop)? {
        return Err(ReadError::TrailingBytes { offset: stop });
    }
    // One zero byte makes the length even (PS3.5 2026d, A.5).
    if stream.len() - stop > 1 {
        prologue.notes.push(Note::TrailingZeros(stream.len() - stop));
    }
    Ok(Stream::resident(bytes, limits))
}

/// Returns the offset after a command, group 0000, where one stands before the data set.
fn after_command(stream: &mut Stream<'_>, body: u64) -> Result<u64, ReadError> {
    let bytes = stream.get(body, 12)?;
    let implicit = Encoding::ImplicitLittle;
    if bytes.len() < 12 || header::tag(bytes, implicit) != Tag(0, 0) || header::number(bytes, 4, implicit) != 4 {
        return Ok(body);
    }
    let end = body + 12 + u64::from(header::number(bytes, 8, implicit));
    if end > stream.len() {
        let path = TagPath::root(Tag(0, 0));
        return Err(ReadError::ValueCutOff { path, offset: body });
    }
    Ok(end)
}

fn find_encoding(
    stream: &mut Stream<'_>,
    begin: u64,
    declared: Option<Syntax>,
    prologue: &Prologue,
) -> Result<Encoding, ReadError> {
    let room = stream.len() - begin;
    let declared = declared.map(|syntax| syntax.encoding);
    let bytes = window(stream, begin)?;
    let found = sniff::encoding(bytes, room, declared);
    if !prologue.magic && declared.is_none() {
        return plausible(bytes, room, found).ok_or(ReadError::NotDicom { what: "no-magic" });
    }
    match found.or(declared) {
        Some(encoding) => Ok(encoding),
        None if room == 0 => Ok(Encoding::ExplicitLittle),
        None => Err(ReadError::Unparsable { path: TagPath::default(), offset: begin }),
    }
}

/// Returns the encoding of bytes that nothing but themselves calls DICOM.
fn plausible(bytes: &[u8], room: u64, found: Option<Encoding>) -> Option<Encoding> {
    let encoding = found?;
    let first = header::tag(bytes, encoding);
    if first.is_private() || first.group() > 0x0028 {
        return None;
    }
    let score = sniff::score(bytes, room, encoding, sniff::Order::Ascending);
    (score.elements >= 3 || score.clean && first.group() == 0x0008).then_some(encoding)
}

/// Returns the bytes from `offset` on that are held, a few KiB at least where they exist.
fn window<'s>(stream: &'s mut Stream<'_>, offset: u64) -> Result<&'s [u8], ReadError> {
    stream.window(offset, 4096)?;
    Ok(usize::try_from(offset).ok().and_then(|offset| stream.head.get(offset..)).unwrap_or(&[]))
}

fn true_syntax(
    declared: Option<&str>,
    syntax: Option<Syntax>,
    found: Encoding,
    deflated: bool,
    offset: u64,
    notes: &mut Vec<Note>,
) -> Result<String, ReadError> {
    let (Some(uid), Some(syntax)) = (declared, syntax) else { return Ok(syntax::native(found).to_owned()) };
    if syntax.encoding == found && syntax.deflated == deflated {
        return Ok(uid.to_owned());
    }
    if syntax.encoding == found && syntax.pixels == Pixels::Native {
        return Ok(syntax::native(found).to_owned());
    }
    let standard = [syntax::IMPLICIT_LITTLE, syntax::EXPLICIT_LITTLE, syntax::EXPLICIT_BIG].contains(&uid);
    if !standard || deflated {
        return Err(ReadError::EncodingContradicts { offset });
    }
    notes.push(Note::EncodingDiffers { declared: syntax.encoding, found });
    Ok(syntax::native(found).to_owned())
}
