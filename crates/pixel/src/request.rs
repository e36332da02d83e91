//! What is asked to be hidden in an instance, and by which rule.

use tokumei_core::Region;
use tokumei_profile::devices::Rules;

/// The mask rules of a run.
#[derive(Clone, Debug)]
pub struct MaskRules {
    /// Whether the rules for known devices take part, where the profile masks at all.
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
}

impl Source {
    /// Returns the word of the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Source::Device => "device",
            Source::Site => "site",
            Source::Ultrasound => "ultrasound",
        }
    }
}

/// One rectangle to hide in every frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The rectangle, within the image and never without area.
    pub region: Region,
    /// The id of the rule that asked.
    pub by: String,
    /// Where it comes from.
    pub source: Source,
}

/// Everything that is asked to be hidden in an instance.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Requests {
    /// The rectangles, which may overlap.
    pub regions: Vec<Request>,
    /// Whether a rule among those that asked settles the risk of burned-in text.
    pub settles: bool,
}
