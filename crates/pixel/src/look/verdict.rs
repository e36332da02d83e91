//! When what was found, or not found, holds an instance back.

use crate::look::class::RiskClass;
use crate::look::search::{Found, area};
use crate::request::Requests;
use tokumei_core::{Reason, Region};
use tokumei_detect::Found as Box;

/// Says why an instance cannot leave with what was found masked.
///
/// `strict` is for profiles that want a second look: there doubt holds back images of every class.
pub(crate) fn verdict(found: &Found, requests: &Requests, class: RiskClass, strict: bool) -> Option<Reason> {
    let frame = u64::from(found.size.0) * u64::from(found.size.1);
    let texts: Vec<Region> = found.texts.iter().map(|one| one.region).collect();
    if found.crowded || texts.len() > CROWD || covered(&texts, found.size) * 10 > frame * 3 {
        return Some(Reason::at("whole-image-document", format_args!("{}", texts.len())));
    }
    if found.unfinished {
        return Some(Reason::at("text-doubtful", "many-frames"));
    }
    let careful = strict || class == RiskClass::Risky;
    let hidden = |region: &Region| {
        requests.regions.iter().any(|one| crate::look::search::overlap(&one.region, region) == area(region))
    };
    let doubt = careful && hidden_doubt(found, class, strict).is_empty();
    if doubt && found.doubtful.iter().any(|one| !hidden(&one.region)) {
        return Some(Reason::at("text-doubtful", "strokes"));
    }
    if careful && found.unseen && texts.is_empty() {
        return Some(Reason::at("text-doubtful", "detectors-disagree"));
    }
    // Where something is hidden, the second look tells whether the rest is flat.
    if class == RiskClass::Risky && found.flat && texts.is_empty() && requests.regions.is_empty() {
        return Some(Reason::at("text-doubtful", "low-contrast"));
    }
    None
}

/// Returns what may be text and is hidden as if it were: all of it in an image that is likely to show text, where it is
/// little. Elsewhere, or where it is much, doubt is for a human, and so it is in a profile that wants a second look.
pub(crate) fn hidden_doubt(found: &Found, class: RiskClass, strict: bool) -> &[Box] {
    let places: Vec<Region> = found.doubtful.iter().map(|one| one.region).collect();
    let frame = u64::from(found.size.0) * u64::from(found.size.1);
    let little = places.len() <= CROWD && covered(&places, found.size) * 20 <= frame;
    if class == RiskClass::Risky && !strict && little { &found.doubtful } else { &[] }
}

/// The most rectangles of text that an image with a caption has.
const CROWD: usize = 60;

/// Returns how many pixels of a frame rectangles within it cover, those of several once.
pub(crate) fn covered(regions: &[Region], size: (u32, u32)) -> u64 {
    let outside = crate::outside::outside(regions, size.0, size.1);
    u64::from(size.0) * u64::from(size.1) - outside.iter().map(area).sum::<u64>()
}
