//! Looks for text in the frames of an instance, before and after they are masked.
//!
//! What is found is asked to be hidden, as a mask rule would ask; whether it names anyone is never asked. What
//! cannot be told to be clean is held back. An instance in which nothing was found is one in which nothing was found: it is
//! not called clean.
//!
//! What is found depends on the instance alone, so that its bytes do.

mod again;
mod class;
mod frames;
mod known;
mod propose;
mod samples;
mod search;
mod spare;
mod verdict;

pub use again::{Second, look_again};
pub use class::{Depth, RiskClass};
pub use propose::propose;

use crate::look::frames::FrameReader;
use crate::look::search::Manner;
use crate::render::RenderError;
use crate::request::{self, MaskRules, Request, Requests, requests};
use crate::risk::{Assessment, assess};
use std::sync::OnceLock;
use tokumei_core::{Reason, Tag};
use tokumei_detect::Detector;
use tokumei_profile::Profile;
use tokumei_profile::policy::TextSearch;
use tokumei_wire::{DataSet, Source};

/// An instance that is to be looked at, and what its rules ask for already.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// What the rules ask to be hidden.
    pub requests: Requests,
    /// How likely text is.
    pub class: RiskClass,
    /// The statement of the header that there is text, which finding none does not refute: why it is held back then.
    pub(crate) stated: Option<Reason>,
}

/// What was looked at in an instance, and what it showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sighting {
    /// Name, version and weights of the detector.
    pub detector: &'static str,
    /// The class of the instance.
    pub class: RiskClass,
    /// How many frames the instance has.
    pub frames: u64,
    /// How many of them the detector searched. A frame in which the quick screen found no stroke, or the
    /// detector nothing like text where there are strokes, is not counted.
    pub searched: u64,
    /// Whether the lowest and the highest of each pixel through all frames were searched too.
    pub projected: bool,
    /// Rectangles of text that were found.
    pub found: u64,
    /// From which likelihood on a rectangle is text in an image of the class, in thousandths; with strokes it may be less.
    pub threshold: u16,
}

/// What came of looking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked {
    /// What is to be hidden: by the rules, and the text.
    pub requests: Requests,
    /// What was looked at.
    pub sighting: Sighting,
    /// Why the instance cannot leave all the same.
    pub held: Option<Reason>,
}

/// Looks for text in the frames of an instance.
///
/// `drawn` says that the instance belongs to the sample of its kind that is searched: decide it by nothing but the
/// instance. `None` where the profile does not have it looked at.
///
/// # Errors
/// [`RenderError`] for frames that cannot be decoded.
///
/// # Standard
/// PS3.15 2026d, E.3.1.
pub fn look(
    data_set: &DataSet,
    source: &(dyn Source + Sync),
    task: Task,
    profile: &Profile,
    drawn: bool,
) -> Result<Option<Looked>, RenderError> {
    let policy = profile.policy();
    let depth = task.class.depth(policy.text_search, drawn);
    if depth == Depth::Nothing {
        return Ok(None);
    }
    let Task { requests: mut asked, class, stated } = task;
    let reader = FrameReader::of(data_set, source)?;
    let strict = policy.second_look;
    let (sure, likely) = (class.sure(strict), class.likely(strict));
    let careful = class.is_careful(strict);
    let manner = Manner { all: depth == Depth::Searched, sure, likely, strict, careful, hidden: &[] };
    let found = search::search(data_set, &reader, manner)?;
    let held = verdict::verdict(&found, &asked, class, strict).or_else(|| {
        let nothing = found.texts.is_empty() && asked.regions.is_empty();
        stated.filter(|_| nothing)
    });
    let sighting = Sighting {
        detector: detector().id(),
        class,
        frames: found.frames,
        searched: found.searched,
        projected: found.projected,
        found: found.texts.len() as u64,
        threshold: class.sure(strict),
    };
    let doubt = verdict::hidden_doubt(&found, class, strict);
    asked.regions.extend(found.texts.iter().chain(doubt).map(text_request));
    Ok(Some(Looked { requests: asked, sighting, held }))
}

/// Returns everything that is asked to be hidden in an instance, by rules and by what its frames show, also where it is held
/// back in the end. Frames that cannot be decoded show nothing.
pub fn all_requests(
    data_set: &DataSet,
    source: &(dyn Source + Sync),
    profile: &Profile,
    rules: &MaskRules,
) -> Requests {
    let looked = match assess(data_set, profile, rules) {
        Assessment::Look(task) => look(data_set, source, task, profile, true).ok().flatten(),
        _ => None,
    };
    looked.map_or_else(|| requests(data_set, profile, rules), |looked| looked.requests)
}

/// Asks for what was found to be hidden.
fn text_request(found: &tokumei_detect::Found) -> Request {
    let score = (found.score.clamp(0.0, 1.0) * 1000.0).round() as u16;
    Request { region: found.region, by: detector().id().to_owned(), source: request::Source::Text, score: Some(score) }
}

/// Tells whether a profile has pixels searched for text at all.
pub(crate) fn is_due(profile: &Profile) -> bool {
    use tokumei_profile::policy::BurnedIn;
    let policy = profile.policy();
    policy.burned_in == BurnedIn::Mask && policy.text_search != TextSearch::Off
}

/// The share of instances of a kind whose sample is searched: one of so many.
pub const SAMPLE: u128 = 256;

/// Tells by its keyed digest whether an instance belongs to the sample that is searched.
pub fn is_drawn(data_set: &DataSet, digest: &[u8; 32]) -> bool {
    let number = crate::header::values(data_set, INSTANCE_NUMBER);
    let first = number.first().and_then(|number| number.parse::<i64>().ok()).is_none_or(|number| number <= 1);
    let draw = digest.iter().take(16).fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
    first || draw.is_multiple_of(SAMPLE)
}

const INSTANCE_NUMBER: Tag = Tag(0x0020, 0x0013);

/// The detector, made once.
pub(crate) fn detector() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(Detector::new)
}

#[cfg(test)]
mod tests;
