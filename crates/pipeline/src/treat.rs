//! What is done to one instance, from its header to the bytes that will be written: the part of the road that a dry run, a
//! preview and a run share.

use std::fs::File;
use std::io;
use tokumei_core::{Reason, State};
use tokumei_deid::{Context, PixelPatch, PixelWork, Plan};
use tokumei_pixel::{
    Assessment, MaskRules, RenderError, Rendered, Requests, Reviewed, Scratch, assess_reviewed, outlook, render,
};
use tokumei_wire::{DataSet, FrameError, Source, Splice, SpliceError};

/// A plan, and what is to be hidden in the pixels.
pub(crate) struct Decided<'p> {
    pub plan: Plan<'p>,
    pub requests: Requests,
}

/// Decides about an instance by its header and by what people have decided who looked at it.
///
/// # Errors
/// The state and reason in which it ends instead.
pub(crate) fn decide<'p>(
    data_set: &DataSet,
    context: &Context<'p>,
    rules: &MaskRules,
    reviewed: &Reviewed,
) -> Result<Decided<'p>, (State, Reason)> {
    let (requests, doubt) = match assess_reviewed(data_set, context.profile, rules, reviewed) {
        Assessment::PassThrough => (Requests::default(), None),
        Assessment::Mask(requests) => (requests, None),
        Assessment::Quarantine(reason) => (Requests::default(), Some(reason)),
    };
    let outlook = outlook(data_set, &requests);
    let known = outlook.as_ref().copied().unwrap_or_default();
    let work = PixelWork {
        masked: known.masked,
        cleaned: known.masked && requests.settles,
        transfer_syntax: known.transfer_syntax,
        photometric: known.photometric,
    };
    // What has no plan is told first: it is no matter of pixels.
    let plan = tokumei_deid::plan(data_set, context, &work).map_err(|held| (held.state, held.reason))?;
    match doubt.map_or(outlook, Err) {
        Ok(_) => Ok(Decided { plan, requests }),
        Err(reason) => Err((State::Quarantined, reason)),
    }
}

/// An output that is ready to be written.
pub(crate) struct Ready<'p, 'f> {
    pub plan: Plan<'p>,
    pub requests: Requests,
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
    scratch: Scratch<'_>,
) -> Result<Ready<'p, 'f>, Unready> {
    let Decided { mut plan, requests } = decided;
    let mut rendered = render(data_set, source, &requests, scratch).map_err(unready)?;
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
    Ok(Ready { plan, requests, rendered, splice })
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
