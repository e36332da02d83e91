//! One instance looked at: what would become of it, with the values for the operator's eyes. Nothing is written.

use crate::index::{open, settle};
use crate::leaf::{look as look_of, masks};
use crate::treat::{Decided, Unready, decide, nowhere, ready, unready};
use crate::vault::Key;
use crate::{Config, RunError};
use std::fs::File;
use std::path::Path;
use tokumei_audit::{Look, Mask};
use tokumei_core::{Change, Reason, State, tags};
use tokumei_deid::{Context, PixelWork, Plan};
use tokumei_pixel::{Preview, Request, Reviewed};
use tokumei_wire::{DataSet, NodeId};

/// What would become of one instance.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The state in which it would end if it were alone.
    pub state: State,
    /// Why, where it would not be released.
    pub reason: Option<Reason>,
    /// SpecificCharacterSet (0008,0005) of the top level as it stands, to read the values with.
    pub character_set: Vec<u8>,
    /// What would change, in document order, then what would be added. Empty where there is no plan.
    pub views: Vec<View>,
    /// What would be hidden in every frame, as the ledger would list it.
    pub masks: Vec<Mask>,
    /// What was searched for text, where the profile asks for it.
    pub look: Option<Look>,
}

/// One change with its values. They are the original's: for the operator's terminal, and nowhere else.
#[derive(Clone)]
#[non_exhaustive]
pub struct View {
    /// The change as the ledger would list it.
    pub change: Change,
    /// The value before, as it stands in the file; `None` for sequences and what is added.
    pub before: Option<Vec<u8>>,
    /// The value after; `None` where the element goes, or is a sequence or added.
    pub after: Option<Vec<u8>>,
}

/// Shows the change alone, so that no value gets into a log by mistake.
impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("change", &self.change).finish_non_exhaustive()
    }
}

/// Returns what a run would do with the file, by the profile, site and key of the configuration.
///
/// What only a whole study can tell (duplicates, conflicts of identity) is left out.
///
/// # Errors
/// [`RunError::Key`] when the key cannot be had.
pub fn inspect(file: &Path, config: &Config) -> Result<Inspection, RunError> {
    let key = Key::find(config, Path::new(""))?;
    let context = Context { profile: &config.profile, pseudonyms: &key.pseudonyms, site: &config.site };
    Ok(look(file, config, &context).unwrap_or_else(|(state, reason)| Inspection {
        state,
        reason: Some(reason),
        character_set: Vec::new(),
        views: Vec::new(),
        masks: Vec::new(),
        look: None,
    }))
}

fn look(file: &Path, config: &Config, context: &Context<'_>) -> Result<Inspection, (State, Reason)> {
    let (source, _) = open(file)?;
    let data_set = tokumei_wire::read(&source, &config.limits).map_err(|error| settle(&error))?;
    tokumei_deid::identity(&data_set, context).map_err(|held| (held.state, held.reason))?;
    let decided = decide(&data_set, &source, context, &config.mask_rules, &Reviewed::default());
    let (plan, state, reason, masks, look) = match decided {
        Ok(decided) => finish(decided, &data_set, &source, context)?,
        // What only its pixels hold back is shown all the same.
        Err((state, reason)) => (unmasked(&data_set, context)?, state, Some(reason), Vec::new(), None),
    };
    let previews: Vec<_> = plan.preview().map(|(node, _, _, after)| (node, after.map(<[u8]>::to_vec))).collect();
    let views = views(&data_set, plan.changes(&data_set), previews);
    let set = data_set.first(tags::SPECIFIC_CHARACTER_SET).and_then(|id| data_set.value(id));
    Ok(Inspection { state, reason, character_set: set.unwrap_or_default().to_vec(), views, masks, look })
}

/// A plan, the state the instance would end in and why, what would be hidden and what was searched.
type Fate<'p> = (Plan<'p>, State, Option<Reason>, Vec<Mask>, Option<Look>);

/// Decodes and masks the frames, as a run would.
fn finish<'p>(
    decided: Decided<'p>,
    data_set: &DataSet,
    source: &File,
    context: &Context<'p>,
) -> Result<Fate<'p>, (State, Reason)> {
    match ready(decided, data_set, source, context, &nowhere) {
        Ok(ready) => {
            let (masks, look) = (masks(&ready), ready.sighting.as_ref().map(look_of));
            Ok((ready.plan, State::Released, None, masks, look))
        }
        Err(unready) => {
            let (state, reason) = match unready {
                Unready::Held(state, reason) => (state, reason),
                Unready::Unwritable(_) | Unready::Splice(_) => (State::Failed, Reason::new("cannot-be-written")),
            };
            Ok((unmasked(data_set, context)?, state, Some(reason), Vec::new(), None))
        }
    }
}

/// The plan of an instance whose pixels stay as they are.
fn unmasked<'p>(data_set: &DataSet, context: &Context<'p>) -> Result<Plan<'p>, (State, Reason)> {
    tokumei_deid::plan(data_set, context, &PixelWork::default()).map_err(|held| (held.state, held.reason))
}

/// Returns pictures of one frame of a file, counted from 0, before and after what the mask rules hide.
///
/// An instance that is held back is shown all the same, with what its rules hide and the text that was found in it.
///
/// # Errors
/// State and reason where there is no picture: the file cannot be read, or the frame cannot be decoded.
pub fn pictures(file: &Path, config: &Config, frame: u64) -> Result<(Preview, Vec<Request>), (State, Reason)> {
    let (source, _) = open(file)?;
    let data_set = tokumei_wire::read(&source, &config.limits).map_err(|error| settle(&error))?;
    let requests = tokumei_pixel::all_requests(&data_set, &source, &config.profile, &config.mask_rules);
    let preview = tokumei_pixel::preview(&data_set, &source, &requests, frame);
    match preview.map_err(unready) {
        Ok(preview) => Ok((preview, requests.regions)),
        Err(Unready::Held(state, reason)) => Err((state, reason)),
        Err(_) => Err((State::Failed, Reason::new("unreadable"))),
    }
}

/// Joins changes and values: the plan lists its steps in one order, and what it adds behind them.
fn views(data_set: &DataSet, changes: Vec<Change>, previews: Vec<(NodeId, Option<Vec<u8>>)>) -> Vec<View> {
    let mut previews = previews.into_iter();
    let view = |change: Change| match previews.next() {
        None => View { change, before: None, after: None },
        Some((node, after)) => View { before: data_set.value(node).map(<[u8]>::to_vec), after, change },
    };
    changes.into_iter().map(view).collect()
}
