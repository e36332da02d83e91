//! The leak guard's place on the road: before an output gets its name.

use crate::index::{STUDY_LEAK, STUDY_TOO_MANY};
use crate::study::Study;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use tokumei_core::{Reason, State, tags};
use tokumei_deid::{Evidence, spelled_out};
use tokumei_guard::{Guard, TooMany, UidSearch, of_path_part};
use tokumei_pixel::Rendered;
use tokumei_wire::{Limits, NodeId, Source, Splice, read};

/// Studies whose search a thread keeps ready.
const REMEMBERED: usize = 4;

/// Bytes of samples searched at a time.
const BLOCK: usize = 256 << 10;

type Ready = (Rc<Evidence>, Rc<Guard>);

/// Parts of paths that a thread keeps in mind: files of one folder have all but their names in common.
const PARTS: usize = 16;

type Part = (String, Option<Rc<Guard>>);

thread_local! {
    static RECENT_PARTS: RefCell<VecDeque<Part>> = const { RefCell::new(VecDeque::new()) };
    static RECENT: RefCell<VecDeque<Ready>> = const { RefCell::new(VecDeque::new()) };
}

/// Searches an output for what its original, the original's path and the other instances of its study state, and holds
/// it back if anything is found.
///
/// Samples of native pixel data are not searched: they pass through byte for byte, the pixel room has seen that there is
/// nothing but samples, and what a scanner writes there is a picture, whose text is that room's to find. Compressed
/// frames are searched: their segments for every form, their samples for forms too long to stand there by chance.
///
/// `is_drawn` tells of a UID whether it was drawn with the key for one of `uids`. Digits of such a UID are no identifier,
/// whatever they look like: of its 39 some six are those of a patient's number once in thirty thousand times.
///
/// # Errors
/// The state and reason in which the instance ends: never a value, but the place of the element that holds it.
pub(crate) fn guarded(
    own: &Rc<Evidence>,
    study: Option<&Study>,
    uids: &[&str],
    is_drawn: &dyn Fn(&[u8]) -> bool,
    path: &[String],
    output: &Splice,
    rendered: &Rendered<'_>,
) -> Result<(), (State, Reason)> {
    let found = |guard: &Guard| found(guard, output, rendered, is_drawn);
    for part in path {
        let guard = of_part(part).map_err(|_| (State::Quarantined, Reason::new(OWN_TOO_MANY)))?;
        at(PATH_LEAK, guard.map_or(Ok(None), |guard| found(&guard))?)?;
    }
    let uids = UidSearch::new(uids.iter().copied());
    if let Some(offset) = first(output, |bytes| uids.find(bytes)) {
        return Err((State::Quarantined, Reason::at(LEAK, place(output, offset))));
    }
    let Some(of_all) = study.and_then(|study| study.statements.as_ref()) else {
        return at(LEAK, found(&*ready(own, OWN_TOO_MANY)?)?);
    };
    let of_all = ready(&spelled_out(of_all), STUDY_TOO_MANY)?;
    let Some(leak) = found(&of_all)? else { return Ok(()) };
    let own = ready(own, OWN_TOO_MANY)?;
    at(LEAK, found(&own)?)?;
    at(STUDY_LEAK, Some(leak))
}

/// The reason of an instance in whose output something stands that its own original states.
const LEAK: &str = "identifier-in-output";

/// The reason of an instance in whose output something stands that the path of its original says of a person.
const PATH_LEAK: &str = "path-identifier-in-output";

const OWN_TOO_MANY: &str = "too-many-identifiers";

fn at(reason: &'static str, place: Option<String>) -> Result<(), (State, Reason)> {
    place.map_or(Ok(()), |place| Err((State::Quarantined, Reason::at(reason, place))))
}

/// Returns the search for what a part of a path says of a person.
fn of_part(part: &str) -> Result<Option<Rc<Guard>>, TooMany> {
    RECENT_PARTS.with_borrow_mut(|recent| {
        if let Some(known) = recent.iter().position(|(known, _)| known == part) {
            recent.swap(0, known);
            return Ok(recent[0].1.clone());
        }
        let guard = of_path_part(part)?.map(Rc::new);
        recent.truncate(PARTS - 1);
        recent.push_front((part.to_owned(), guard.clone()));
        Ok(guard)
    })
}

/// Returns the search for these identifiers; instances that state the same share one.
fn ready(evidence: &Rc<Evidence>, too_many: &'static str) -> Result<Rc<Guard>, (State, Reason)> {
    let too_many = || (State::Quarantined, Reason::new(too_many));
    if !evidence.is_complete() {
        return Err(too_many());
    }
    RECENT.with_borrow_mut(|recent| {
        if let Some(known) = recent.iter().position(|(known, _)| Rc::ptr_eq(known, evidence)) {
            recent.swap(0, known);
            return Ok(Rc::clone(&recent[0].1));
        }
        let guard = Rc::new(Guard::new(evidence.identifiers()).map_err(|_| too_many())?);
        recent.truncate(REMEMBERED - 1);
        recent.push_front((Rc::clone(evidence), Rc::clone(&guard)));
        Ok(guard)
    })
}

/// Returns the place in the output of the first identifier that the search finds.
fn found(
    guard: &Guard,
    output: &Splice,
    rendered: &Rendered<'_>,
    is_drawn: &dyn Fn(&[u8]) -> bool,
) -> Result<Option<String>, (State, Reason)> {
    let search = |bytes: &[u8]| {
        let mut hits = guard.search(bytes).into_iter();
        hits.find(|hit| !is_drawn(uid_around(bytes, hit.offset..hit.end))).map(|hit| hit.offset)
    };
    if let Some(offset) = first(output, search) {
        return Ok(Some(place(output, offset)));
    }
    let Some(range) = output.bulk.clone().filter(|_| rendered.encapsulated) else { return Ok(None) };
    let source = rendered.source();
    Ok(in_fragments(guard, source, range)?.then(|| tags::PIXEL_DATA.to_string()))
}

/// Returns the digits and points around a place, with those of the place; nothing where it holds anything else.
fn uid_around(bytes: &[u8], place: Range<usize>) -> &[u8] {
    let other = |byte: &u8| !(byte.is_ascii_digit() || *byte == b'.');
    if bytes[place.clone()].iter().any(other) {
        return &[];
    }
    let start = bytes[..place.start].iter().rposition(other).map_or(0, |at| at + 1);
    let end = bytes[place.end..].iter().position(other).map_or(bytes.len(), |at| place.end + at);
    &bytes[start..end]
}

/// Returns where in the output, pixel data left out, the first hit stands.
fn first(output: &Splice, search: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
    search(&output.head).or_else(|| search(&output.tail).map(|offset| output.head.len() + offset))
}

/// Returns the path of the element at an offset of the output, by reading the output as anybody would.
fn place(output: &Splice, offset: usize) -> String {
    let unknown = || format!("@{offset}");
    // Without the header of the pixel data, which has its value elsewhere.
    let end = output.head.len() - if output.bulk.is_some() { 12.min(output.head.len()) } else { 0 };
    let ends = [output.head.len().saturating_sub(8), end, output.head.len()];
    let parsed = ends.into_iter().find_map(|end| read(&&output.head[..end], &Limits::default()).ok());
    let Some(data_set) = parsed else { return unknown() };
    let holds = |id: &NodeId| {
        let node = data_set.node(*id);
        node.start <= offset as u64 && (offset as u64) < node.stop
    };
    let innermost = (0..data_set.nodes().len() as u32).rev().map(NodeId).find(holds);
    innermost.map_or_else(unknown, |id| data_set.path(id).to_string())
}

/// Searches compressed frames: what stands beside their samples (the offset table, marker segments, the bytes behind an
/// image) for every form, all of it for forms too long to stand there by chance. A form does not go on from one fragment into
/// the next, since a header stands between.
fn in_fragments(guard: &Guard, source: &dyn Source, range: Range<u64>) -> Result<bool, (State, Reason)> {
    let (mut at, mut first) = (range.start, true);
    let (mut header, mut block) = ([0; 8], Vec::new());
    while at + 8 <= range.end {
        fill(source, at, &mut header)?;
        let length = u64::from(u32::from_le_bytes([header[4], header[5], header[6], header[7]]));
        let end = (at + 8).saturating_add(length);
        if header[..4] != [0xFE, 0xFF, 0x00, 0xE0] || end > range.end {
            break;
        }
        if fragment_holds(guard, source, at + 8..end, first, &mut block)? {
            return Ok(true);
        }
        (at, first) = (end, false);
    }
    // What is no fragment: mostly the mark of their end.
    in_samples(guard, source, at..range.end)
}

/// Searches one fragment: of a long one the beginning and the end hold the segments. The first item is the offset table, all of
/// it numbers.
fn fragment_holds(
    guard: &Guard,
    source: &dyn Source,
    range: Range<u64>,
    table: bool,
    block: &mut Vec<u8>,
) -> Result<bool, (State, Reason)> {
    let length = range.end - range.start;
    let is_long = length > BLOCK as u64;
    block.resize(length.min(BLOCK as u64) as usize, 0);
    fill(source, range.start, block)?;
    let whole = 0..block.len();
    let pieces = if table { Vec::from([whole]) } else { tokumei_pixel::segments(block) };
    // What looks like the end of the image in the middle of a fragment is none.
    let pieces = pieces.into_iter().take(if is_long { 1 } else { usize::MAX });
    if guard.is_in_samples(block) || pieces.into_iter().any(|piece| !guard.search(&block[piece]).is_empty()) {
        return Ok(true);
    }
    if !is_long {
        return Ok(false);
    }
    let overlap = (guard.longest() as u64).min(BLOCK as u64);
    if in_samples(guard, source, range.start + BLOCK as u64 - overlap..range.end)? {
        return Ok(true);
    }
    let mut ending = vec![0; 4096];
    fill(source, range.end - 4096, &mut ending)?;
    let image_end = ending.windows(2).rposition(|pair| pair == [0xFF, 0xD9]).map_or(ending.len(), |at| at + 2);
    Ok(!table && !guard.search(&ending[image_end..]).is_empty())
}

fn fill(source: &dyn Source, at: u64, bytes: &mut [u8]) -> Result<(), (State, Reason)> {
    let mut done = 0;
    while done < bytes.len() {
        let read = source.read_at(at + done as u64, &mut bytes[done..]);
        match read.map_err(|_| (State::Failed, Reason::new("unreadable")))? {
            0 => return Err((State::Failed, Reason::new("changed-while-read"))),
            read => done += read,
        }
    }
    Ok(())
}

/// Searches a range of the source in blocks that overlap by the longest form.
fn in_samples(guard: &Guard, source: &dyn Source, range: Range<u64>) -> Result<bool, (State, Reason)> {
    let overlap = guard.longest();
    let mut block = vec![0; (range.end - range.start).min(BLOCK as u64) as usize + overlap];
    let (mut at, mut held) = (range.start, 0);
    while at < range.end {
        let wanted = (range.end - at).min(BLOCK as u64) as usize;
        let read = source.read_at(at, &mut block[held..held + wanted]);
        let read = read.map_err(|_| (State::Failed, Reason::new("unreadable")))?;
        if read == 0 {
            return Err((State::Failed, Reason::new("changed-while-read")));
        }
        let filled = held + read;
        if guard.is_in_samples(&block[..filled]) {
            return Ok(true);
        }
        held = filled.min(overlap);
        block.copy_within(filled - held..filled, 0);
        at += read as u64;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uid_around_a_place_ends_where_something_else_begins() {
        let bytes = b"UI\x2C\x002.25.1234567\\2.25.7654321\0LO12";
        assert_eq!(uid_around(bytes, 10..14), b"2.25.1234567");
        assert_eq!(uid_around(bytes, 17..18), b"2.25.7654321");
        assert_eq!(uid_around(bytes, 14..20), b"", "two values");
        assert_eq!(uid_around(bytes, 32..34), b"12");
        assert_eq!(uid_around(bytes, 0..2), b"");
    }
}
