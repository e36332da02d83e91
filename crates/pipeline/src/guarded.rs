//! The leak guard's place on the road: before an output gets its name.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use tokumei_core::{OptionName, Reason, State, Tag, tags};
use tokumei_deid::{Evidence, Plan, evidence};
use tokumei_guard::Guard;
use tokumei_wire::{DataSet, Limits, NodeId, Source, Splice, read};

/// Studies whose search a thread keeps ready.
const REMEMBERED: usize = 4;

/// Bytes of samples searched at a time.
const BLOCK: usize = 256 << 10;

type Ready = (Rc<Evidence>, Rc<Guard>);

thread_local! {
    static RECENT: RefCell<VecDeque<Ready>> = const { RefCell::new(VecDeque::new()) };
}

/// Searches an output for what its original states, and holds it back if anything is found.
///
/// Samples of native pixel data are not searched: they pass through byte for byte, and what a scanner writes there is
/// a picture, whose text is the pixel room's to find. Bytes that only might be samples are.
///
/// # Errors
/// The state and reason in which the instance ends: never a value, but the place of the element that holds it.
pub(crate) fn guarded(
    original: &DataSet,
    plan: &Plan<'_>,
    output: &Splice,
    source: &dyn Source,
) -> Result<(), (State, Reason)> {
    let guard = ready(original)?;
    let uids = uid_guard(original, plan)?;
    for guard in [&*guard, &uids] {
        if let Some(offset) = first_hit(guard, output) {
            return Err(leak(place(output, offset)));
        }
    }
    let doubtful = tokumei_pixel::beside_samples(original).filter(|_| output.bulk.is_some());
    let found = doubtful.map(|range| in_samples(&guard, source, range)).transpose()?;
    if found == Some(true) {
        return Err(leak(tags::PIXEL_DATA.to_string()));
    }
    Ok(())
}

fn leak(place: String) -> (State, Reason) {
    (State::Quarantined, Reason::at("identifier-in-output", place))
}

/// Returns the search for an instance's identifiers; instances of a study share one.
fn ready(original: &DataSet) -> Result<Rc<Guard>, (State, Reason)> {
    let evidence = evidence(original);
    RECENT.with_borrow_mut(|recent| {
        if let Some((_, guard)) = recent.iter().find(|(known, _)| Rc::ptr_eq(known, &evidence)) {
            return Ok(Rc::clone(guard));
        }
        let guard = Guard::new(evidence.identifiers(), &[]).map_err(too_many)?;
        let guard = Rc::new(guard);
        recent.truncate(REMEMBERED - 1);
        recent.push_front((evidence, Rc::clone(&guard)));
        Ok(guard)
    })
}

/// The UIDs of the instance itself, which differ from slice to slice.
fn uid_guard(original: &DataSet, plan: &Plan<'_>) -> Result<Guard, (State, Reason)> {
    const OWN: [Tag; 4] =
        [tags::SOP_INSTANCE_UID, tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, Tag(0x0020, 0x0052)];
    let kept = plan.options.contains(&OptionName::RetainUids);
    let uids = OWN.iter().filter(|_| !kept).filter_map(|tag| original.value(original.first(*tag)?));
    let uids: Vec<&str> = uids
        .filter_map(|bytes| std::str::from_utf8(bytes).ok())
        .map(|uid| uid.trim_matches([' ', '\0']))
        .filter(|uid| uid.len() >= 12 && !tokumei_pseudonym::is_well_known_uid(uid))
        .collect();
    Guard::new(&Default::default(), &uids).map_err(too_many)
}

fn too_many(_: tokumei_guard::TooMany) -> (State, Reason) {
    (State::Quarantined, Reason::new("too-many-identifiers"))
}

/// Returns where in the output, pixel data left out, the first identifier stands.
fn first_hit(guard: &Guard, output: &Splice) -> Option<usize> {
    let head = guard.search(&output.head).first().map(|hit| hit.offset);
    head.or_else(|| guard.search(&output.tail).first().map(|hit| output.head.len() + hit.offset))
}

/// Returns the path of the element at an offset of the output, by reading the output as anybody would.
fn place(output: &Splice, offset: usize) -> String {
    let mut bytes = output.head.clone();
    bytes.extend_from_slice(&output.tail);
    let unknown = || format!("@{offset}");
    let Ok(data_set) = read(&bytes, &Limits::default()) else { return unknown() };
    let holds = |id: &NodeId| {
        let node = data_set.node(*id);
        node.start <= offset as u64 && (offset as u64) < node.stop
    };
    let innermost = (0..data_set.nodes().len() as u32).rev().map(NodeId).find(holds);
    innermost.map_or_else(unknown, |id| data_set.path(id).to_string())
}

/// Searches a range of the source in blocks that overlap by the longest form.
fn in_samples(guard: &Guard, source: &dyn Source, range: Range<u64>) -> Result<bool, (State, Reason)> {
    let overlap = guard.longest();
    let mut block = vec![0; BLOCK + overlap];
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
