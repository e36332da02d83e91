//! What is done to one instance, from its header to the bytes that will be written: the part of the road that a dry run, a
//! preview and a run share.

use std::fs::File;
use std::io;
use tokumei_core::{Reason, State};
use tokumei_deid::{Context, PixelPatch, PixelWork, Plan};
use tokumei_pixel::{
    Assessment, Looked, MaskRules, Outlook, RenderError, Rendered, Request, Requests, Reviewed, Scratch, Second,
    Sighting, Task, assess_reviewed, is_drawn, look, look_again, outlook, render,
};
use tokumei_wire::{DataSet, FrameError, Source, Splice, SpliceError};

/// A plan, and what is to be hidden in the pixels.
pub(crate) struct Decided<'p> {
    pub plan: Plan<'p>,
    pub requests: Requests,
    /// What was looked at for text, where the profile asks for it.
    pub sighting: Option<Sighting>,
    /// What people have settled.
    pub settled: Reviewed,
}

/// Decides about an instance by its header, by its frames where they are to be looked at, and by what people have decided
/// who looked at it.
///
/// # Errors
/// The state and reason in which it ends instead.
pub(crate) fn decide<'p>(
    data_set: &DataSet,
    source: &(dyn Source + Sync),
    context: &Context<'p>,
    rules: &MaskRules,
    reviewed: &Reviewed,
) -> Result<Decided<'p>, (State, Reason)> {
    let (requests, doubt) = match assess_reviewed(data_set, context.profile, rules, reviewed) {
        Assessment::Look(task) => return decide_by_frames(data_set, source, context, task, reviewed),
        Assessment::PassThrough => (Requests::default(), None),
        Assessment::Mask(requests) => (requests, None),
        Assessment::Quarantine(reason) => (Requests::default(), Some(reason)),
    };
    let outlook = outlook(data_set, &requests);
    let plan = plan(data_set, context, &outlook, requests.settles)?;
    match doubt.map_or(outlook, Err) {
        Ok(_) => Ok(Decided { plan, requests, sighting: None, settled: reviewed.clone() }),
        Err(reason) => Err((State::Quarantined, reason)),
    }
}

/// Plans an instance. What has no plan is told before what its pixels hold back.
fn plan<'p>(
    data_set: &DataSet,
    context: &Context<'p>,
    outlook: &Result<Outlook, Reason>,
    settles: bool,
) -> Result<Plan<'p>, (State, Reason)> {
    let known = outlook.as_ref().copied().unwrap_or_default();
    let work = PixelWork {
        masked: known.masked,
        cleaned: known.masked && settles,
        transfer_syntax: known.transfer_syntax,
        photometric: known.photometric,
    };
    tokumei_deid::plan(data_set, context, &work).map_err(|held| (held.state, held.reason))
}

/// Decides about an instance by what its frames show.
///
/// Clean Pixel Data is claimed where something was hidden and the second look, without which there is no output, finds
/// nothing more. Where nothing was found there is nothing to claim: a detector that finds no text is no proof that
/// there is none (PS3.15 2026d, E.3.1).
fn decide_by_frames<'p>(
    data_set: &DataSet,
    source: &(dyn Source + Sync),
    context: &Context<'p>,
    task: Task,
    reviewed: &Reviewed,
) -> Result<Decided<'p>, (State, Reason)> {
    let settled = reviewed.clone();
    let rules = outlook(data_set, &task.requests);
    let unmasked = plan(data_set, context, &rules, true)?;
    let drawn = is_drawn(data_set, &context.pseudonyms.keyed_digest("text-sample", unmasked.instance_uid.as_bytes()));
    let looked = match look(data_set, source, task.clone(), context.profile, drawn).map_err(unready) {
        Ok(looked) => looked,
        Err(Unready::Held(_, reason)) if reviewed.settles(reason.id) => None,
        Err(Unready::Held(state, reason)) => return Err((state, reason)),
        Err(_) => return Err((State::Failed, Reason::new("unreadable"))),
    };
    let Some(Looked { requests, sighting, held }) = looked else {
        rules.map_err(|reason| (State::Quarantined, reason))?;
        return Ok(Decided { plan: unmasked, requests: task.requests, sighting: None, settled });
    };
    let held = held.filter(|reason| !reviewed.settles(reason.id));
    let outlook = outlook(data_set, &requests);
    if let Some(reason) = held.or_else(|| outlook.as_ref().err().cloned()) {
        return Err((State::Quarantined, reason));
    }
    let same = requests.regions.is_empty() == task.requests.regions.is_empty();
    let plan = if same { unmasked } else { plan(data_set, context, &outlook, true)? };
    Ok(Decided { plan, requests, sighting: Some(sighting), settled })
}

/// An output that is ready to be written.
pub(crate) struct Ready<'p, 'f> {
    pub plan: Plan<'p>,
    pub requests: Requests,
    pub sighting: Option<Sighting>,
    pub rendered: Rendered<'f>,
    pub splice: Splice,
}

/// Why there is no output.
pub(crate) enum Unready {
    /// It ends in this state.
    Held(State, Reason),
    /// What was to be written for a while could not be.
    Unwritable(io::Error),
    /// The data set and the plan could not be put together.
    Splice(SpliceError),
}

/// Renders the pixel data and puts head, pixel data and tail together.
pub(crate) fn ready<'p, 'f>(
    decided: Decided<'p>,
    data_set: &DataSet,
    source: &'f (dyn Source + Sync),
    context: &Context<'_>,
    scratch: Scratch<'_>,
) -> Result<Ready<'p, 'f>, Unready> {
    let Decided { mut plan, mut requests, sighting, settled } = decided;
    let mut rendered = render(data_set, source, &requests, scratch).map_err(unready)?;
    if let Some(sighting) = sighting.as_ref().filter(|_| !requests.regions.is_empty()) {
        let again = |rendered: &Rendered<'_>| {
            let second = look_again(data_set, rendered, sighting.class, context.profile).map_err(unready)?;
            wanted(second, &settled)
        };
        if let Some(more) = again(&rendered)? {
            requests.regions.extend(more);
            rendered = render(data_set, source, &requests, scratch).map_err(unready)?;
            if again(&rendered)?.is_some() && !settled.settles("text-after-mask") {
                return Err(Unready::Held(State::Quarantined, Reason::new("text-after-mask")));
            }
        }
    }
    let held_in_memory = rendered.value.is_some();
    plan.patch_pixels(
        data_set,
        PixelPatch { value: rendered.value.take(), extended_offset_table: rendered.extended_offset_table.take() },
    );
    let mut splice = tokumei_deid::apply(&plan, data_set).map_err(Unready::Splice)?;
    if splice.bulk.is_some() {
        splice.bulk = rendered.range.clone();
    } else if !rendered.untouched && !held_in_memory {
        // What was rendered has no place in the output: the original's pixels would go out instead.
        return Err(Unready::Held(State::Quarantined, Reason::new("cannot-be-written")));
    }
    Ok(Ready { plan, requests, sighting, rendered, splice })
}

/// Returns what the second look wants hidden too.
fn wanted(second: Second, settled: &Reviewed) -> Result<Option<Vec<Request>>, Unready> {
    match second {
        Second::Held(reason) if settled.settles(reason.id) => Ok(None),
        Second::Clean => Ok(None),
        Second::More(more) => Ok(Some(more)),
        Second::Held(reason) => Err(Unready::Held(State::Quarantined, reason)),
    }
}

/// A file without a name for what is thrown away again.
pub(crate) fn nowhere() -> io::Result<File> {
    tempfile::tempfile()
}

/// Says how an instance ends whose pixel data could not be rendered.
pub(crate) fn unready(error: RenderError) -> Unready {
    let held = |reason| Unready::Held(State::Quarantined, reason);
    match error {
        RenderError::Unwritable(error) => Unready::Unwritable(error),
        RenderError::Shape(reason) => held(reason),
        RenderError::Damaged { frame, damage } => {
            held(Reason::at("frame-damaged", format_args!("{} {}", frame + 1, damage.id())))
        }
        RenderError::Frames(FrameError::Io(error)) => {
            Unready::Held(State::Failed, Reason::at("unreadable", error.kind()))
        }
        RenderError::Frames(FrameError::Shrunk) => Unready::Held(State::Failed, Reason::new("changed-while-read")),
        RenderError::Frames(error) => held(Reason::at("frames-unclear", error.id())),
        _ => held(Reason::new("cannot-be-written")),
    }
}
