//! What is asked to be hidden in an instance, and by which rule.

use crate::outside::{clip, outside};
use crate::rules::Header;
use crate::ultrasound;
use std::cell::RefCell;
use tokumei_core::{Region, Vr, tags};
use tokumei_profile::Profile;
use tokumei_profile::devices::{Keep, Rule, Rules};
use tokumei_profile::policy::BurnedIn;
use tokumei_wire::DataSet;

/// The mask rules of a run.
#[derive(Clone, Debug)]
pub struct MaskRules {
    /// Whether the rules for known devices take part, where the profile looks for burned-in text at all.
    pub built_in: bool,
    /// The rules of the site. They take part whatever the profile says.
    pub site: Rules,
}

impl Default for MaskRules {
    /// The rules for known devices, and none of a site.
    fn default() -> Self {
        MaskRules { built_in: true, site: Rules::default() }
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Source {
    /// A rule for a known device.
    Device,
    /// A rule of the site.
    Site,
    /// SequenceOfUltrasoundRegions (0018,6011), by a rule that asks for what lies outside of it to be hidden.
    Ultrasound,
    /// A person who has looked at the instance.
    Review,
    /// The detector, which found text there.
    Text,
}

impl Source {
    /// Returns the word of the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Source::Device => "device",
            Source::Site => "site",
            Source::Ultrasound => "ultrasound",
            Source::Review => "review",
            Source::Text => "text",
        }
    }
}

/// One rectangle to hide in every frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The rectangle, within the image and never without area.
    pub region: Region,
    /// The id of the rule that asked, or of the detector.
    pub by: String,
    /// Where it comes from.
    pub source: Source,
    /// How sure the detector is that it is text, in thousandths.
    pub score: Option<u16>,
}

/// Everything that is asked to be hidden in an instance.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Requests {
    /// The rectangles, which may overlap.
    pub regions: Vec<Request>,
    /// Whether a rule among those that asked settles the risk of burned-in text.
    pub settles: bool,
}

/// Returns what the rules ask to be hidden in an instance; each of them only ever adds to it.
///
/// Rules of the site ask whatever the profile says, and settle the risk unless they say otherwise. Rules for known devices
/// ask where the profile masks burned-in text. They settle the risk unless they say otherwise, or unless the profile wants
/// a second look at what was masked: that is the detector's. A rule for devices that settles nothing asks only
/// where something else makes the instance suspicious. A rule that hides no pixel of the image settles nothing.
///
/// Ultrasound regions are kept by rule only, and what lies inside of them may hold text, so they settle nothing by
/// themselves.
///
/// # Standard
/// PS3.15 2026d, E.3.1.
pub fn requests(data_set: &DataSet, profile: &Profile, rules: &MaskRules) -> Requests {
    ask(data_set, profile, rules, true).requests
}

/// What the rules say of an instance.
#[derive(Default)]
pub(crate) struct Asked {
    pub requests: Requests,
    /// The rule for known devices that says that the instance holds text, and is no weak one.
    pub sign: Option<String>,
    /// Whether a rule of the site settles the risk: somebody has looked.
    pub site_settles: bool,
    /// The rule of the site that matches, and whose rectangles cannot be told from the header.
    pub unusable: Option<String>,
}

/// Asks all rules; `at_risk` tells whether the header looks like one of an image with text.
pub(crate) fn ask(data_set: &DataSet, profile: &Profile, rules: &MaskRules, at_risk: bool) -> Asked {
    let mut asked = Asked::default();
    let policy = profile.policy();
    let devices = rules.built_in && policy.burned_in != BurnedIn::Ignore;
    if !devices && rules.site.is_empty() {
        return asked;
    }
    let header = Header::new(data_set);
    let image = Image { data_set, size: ultrasound::size(&header) };
    // The order of files is no part of what they say.
    let mut site: Vec<&Rule> = rules.site.matching(&header).collect();
    site.sort_by(|one, other| one.id.cmp(&other.id));
    for rule in site {
        match image.regions(rule) {
            Some(regions) => asked.requests.add(rule, Source::Site, regions, rule.settles),
            None => asked.unusable = asked.unusable.or_else(|| Some(rule.id.clone())),
        }
    }
    asked.site_settles = asked.requests.settles;
    if !devices {
        return asked;
    }
    let known = known_devices(data_set, &header);
    asked.sign = known.iter().find(|rule| rule.settles).map(|rule| rule.id.clone());
    let suspicious = at_risk || asked.sign.is_some() || !asked.requests.regions.is_empty();
    if policy.burned_in == BurnedIn::Mask && suspicious {
        for rule in known {
            let regions = image.regions(rule).unwrap_or_default();
            asked.requests.add(rule, Source::Device, regions, rule.settles && !policy.second_look);
        }
    }
    asked
}

thread_local! {
    /// What the last header of a thread had where the rules for known devices look, and which of them matched.
    static LAST: RefCell<(Vec<u8>, Vec<&'static Rule>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Most bytes of a header that are remembered.
const MOST_REMEMBERED: usize = 64 << 10;

/// Returns the rules for known devices that a header meets. The images of a series mostly come from one device, so that
/// the answer for the last one is remembered with all that it follows from.
fn known_devices(data_set: &DataSet, header: &Header<'_>) -> Vec<&'static Rule> {
    let rules = Rules::built_in();
    let Some(asked) = asked_about(data_set, rules) else { return rules.matching(header).collect() };
    LAST.with_borrow_mut(|last| {
        if last.0 != asked {
            *last = (asked, rules.matching(header).collect());
        }
        last.1.clone()
    })
}

/// Returns the bytes of every element that the rules ask about, with the character sets; `None` where that is too much to
/// keep, or not all of it is held.
fn asked_about(data_set: &DataSet, rules: &Rules) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    let paths = rules.paths().iter().filter_map(|path| path.first());
    for tag in paths.chain([&tags::SPECIFIC_CHARACTER_SET]) {
        if tag.group() == 0x0002 {
            let meta = data_set.meta().iter().filter(|element| element.tag == *tag);
            meta.for_each(|element| push(&mut bytes, element.vr, element.value.len(), &element.value));
        }
        for id in data_set.all(*tag) {
            let node = data_set.node(id);
            push(&mut bytes, node.vr, node.encoding as usize, data_set.written(id)?);
        }
        bytes.push(b'\n');
        if bytes.len() > MOST_REMEMBERED {
            return None;
        }
    }
    Some(bytes)
}

fn push(bytes: &mut Vec<u8>, vr: Vr, what: usize, value: &[u8]) {
    bytes.extend(vr.as_str().bytes());
    bytes.extend(what.to_le_bytes());
    bytes.extend(value.len().to_le_bytes());
    bytes.extend(value);
}

impl Requests {
    fn add(&mut self, rule: &Rule, source: Source, regions: Vec<Region>, settles: bool) {
        self.settles |= settles && !regions.is_empty();
        let source = if rule.keep == Keep::UltrasoundRegions { Source::Ultrasound } else { source };
        self.regions.extend(regions.into_iter().map(|region| Request {
            region,
            by: rule.id.clone(),
            source,
            score: None,
        }));
    }
}

/// The image that rectangles are cut to.
struct Image<'a> {
    data_set: &'a DataSet,
    /// Columns and rows.
    size: Option<(u32, u32)>,
}

impl Image<'_> {
    /// Returns the rectangles that a rule hides, `None` where they cannot be told.
    fn regions(&self, rule: &Rule) -> Option<Vec<Region>> {
        let (columns, rows) = self.size?;
        let mut regions: Vec<Region> = rule.mask.iter().filter_map(|one| clip(*one, columns, rows)).collect();
        match &rule.keep {
            Keep::Regions(kept) if kept.is_empty() => {}
            Keep::Regions(kept) => regions.extend(outside(kept, columns, rows)),
            Keep::UltrasoundRegions => {
                let kept = ultrasound::regions(self.data_set, columns, rows)?;
                regions.extend(outside(&kept, columns, rows));
            }
        }
        Some(regions)
    }
}

#[cfg(test)]
pub(crate) mod tests;
