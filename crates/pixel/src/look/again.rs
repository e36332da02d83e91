//! The second look: are the frames that will be written clean?

use crate::look::class::RiskClass;
use crate::look::frames::FrameReader;
use crate::look::search::{Found, Manner, area, search};
use crate::look::text_request;
use crate::look::verdict::covered;
use crate::outside::clip;
use crate::render::{RenderError, Rendered};
use crate::request::Request;
use tokumei_core::{Reason, Region};
use tokumei_profile::Profile;
use tokumei_wire::DataSet;

/// What the second look says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Second {
    /// No text is left.
    Clean,
    /// There is text: hide this too, and look again.
    More(Vec<Request>),
    /// It cannot leave.
    Held(Reason),
}

/// Looks for text in the frames as they will be written, decoded again from their bytes.
///
/// # Errors
/// [`RenderError`] for frames that cannot be decoded again.
///
/// # Standard
/// PS3.15 2026d, E.3.1.
pub fn look_again(
    data_set: &DataSet,
    rendered: &Rendered<'_>,
    class: RiskClass,
    profile: &Profile,
) -> Result<Second, RenderError> {
    let hidden = &rendered.effective;
    let strict = profile.policy().second_look;
    // Without what was masked other samples span the range, and tissue that was dark before looks like much.
    let sure = if strict { class.sure(strict) } else { class.sure(strict).max(AGAIN) };
    let careful = class.is_careful(strict);
    let manner = Manner { all: true, sure, likely: class.likely(strict), strict, careful, hidden };
    let found = search(data_set, &FrameReader::of_rendered(data_set, rendered)?, manner)?;
    let more = left(&found, hidden);
    if !more.is_empty() {
        return Ok(Second::More(more));
    }
    // A profile that does not ask for the strict look trusts the first one, which saw all of it.
    if !strict {
        return Ok(Second::Clean);
    }
    let held = |place| Ok(Second::Held(Reason::at("text-doubtful", place)));
    match () {
        () if found.doubtful.iter().any(|one| !is_hidden(one.region, hidden)) => held("after-mask"),
        () if found.unfinished => held("many-frames"),
        () if found.flat && class == RiskClass::Risky => held("low-contrast"),
        () => Ok(Second::Clean),
    }
}

/// From which likelihood on what has no strokes is text at the second look, in thousandths.
const AGAIN: u16 = 800;

/// Returns what was found outside of what is hidden.
fn left(found: &Found, hidden: &[Region]) -> Vec<Request> {
    found.texts.iter().filter(|one| !is_hidden(one.region, hidden)).map(text_request).collect()
}

/// Tells whether a rectangle is hidden but for its rim, which lies beyond the letters: what remains of it is what a mask's
/// own border shows.
fn is_hidden(region: Region, hidden: &[Region]) -> bool {
    let rim = |side: u32| (side / 4).clamp(1, 8).min(side / 3);
    let (across, down) = (rim(region.width), rim(region.height));
    let (width, height) = (region.width - 2 * across, region.height - 2 * down);
    let (left, top) = (region.x + across, region.y + down);
    let within = |one: &Region| {
        let (x, y) = (one.x.max(left), one.y.max(top));
        let right = one.x.saturating_add(one.width).saturating_sub(x);
        let bottom = one.y.saturating_add(one.height).saturating_sub(y);
        clip(Region { x: x - left, y: y - top, width: right, height: bottom }, width, height)
    };
    let parts: Vec<Region> = hidden.iter().filter_map(within).collect();
    covered(&parts, (width, height)) == area(&Region { width, height, ..region })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region { x, y, width, height }
    }

    #[test]
    fn rectangle_counts_as_hidden_up_to_its_rim_and_by_several_masks_together() {
        let text = region(20, 20, 80, 16);
        assert!(is_hidden(text, &[region(20, 20, 80, 16)]));
        assert!(is_hidden(text, &[region(24, 24, 72, 8)]));
        assert!(is_hidden(text, &[region(0, 0, 60, 60), region(60, 0, 60, 60)]));
        assert!(!is_hidden(text, &[region(0, 0, 60, 60), region(0, 0, 60, 60)]));
        assert!(!is_hidden(text, &[region(0, 0, 70, 60)]));
        assert!(!is_hidden(text, &[]));
    }
}
