//! How closely an instance is looked at, by what its header says it is.

use crate::header::values;
use crate::risk::{is_computed, is_grey_modality, is_whole_slide};
use tokumei_core::tags;
use tokumei_profile::policy::TextSearch;
use tokumei_wire::DataSet;

/// How likely text is in the pixels of an instance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RiskClass {
    /// A program computed it voxel by voxel, or it is made of tiles of a slide: it is not searched.
    Computed,
    /// A primary image of a CT, MR, PET or NM scanner: screened, and a sample searched.
    Primary,
    /// Any other image: searched.
    Ordinary,
    /// A capture, a console, a camera or a film: searched, and doubt holds it back.
    Risky,
}

impl RiskClass {
    /// Returns the word of the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            RiskClass::Computed => "computed",
            RiskClass::Primary => "primary",
            RiskClass::Ordinary => "ordinary",
            RiskClass::Risky => "risky",
        }
    }

    /// Returns the class of an instance. `at_risk` tells whether its header shows a sign of text.
    ///
    /// BurnedInAnnotation (0028,0301) NO makes no class lower.
    pub(crate) fn of(data_set: &DataSet, at_risk: bool) -> RiskClass {
        if at_risk {
            return RiskClass::Risky;
        }
        let sop_class = values(data_set, tags::SOP_CLASS_UID);
        if is_computed(&sop_class) || is_whole_slide(&sop_class) && !shows_label(data_set) {
            return RiskClass::Computed;
        }
        let primary = values(data_set, tags::IMAGE_TYPE).get(1).is_some_and(|second| second == "PRIMARY");
        if primary && is_grey_modality(&values(data_set, tags::MODALITY)) {
            RiskClass::Primary
        } else {
            RiskClass::Ordinary
        }
    }

    /// Returns from which likelihood on a rectangle without strokes is text in an image of the class, in thousandths.
    ///
    /// Scanners write no text into their primary images, so what looks a little like it there is tissue: of generated
    /// images with text that is asked for hides 1 line in 80 less, and no place in any of those without. A rectangle that the quick screen
    /// has strokes in too, and every one where the profile is `strict`, is text from the likelihood on that the detector has.
    pub(crate) fn sure(self, strict: bool) -> u16 {
        match self {
            RiskClass::Primary if !strict => 850,
            RiskClass::Ordinary if !strict => 600,
            _ => detector_sure(),
        }
    }

    /// Returns from which likelihood on a rectangle with strokes is text in an image of the class, in thousandths.
    pub(crate) fn likely(self, strict: bool) -> u16 {
        match self {
            // Vessels and bone have strokes too. Of generated images with text it hides as many lines as 500 would.
            RiskClass::Primary if !strict => 650,
            _ => detector_sure(),
        }
    }

    /// Tells whether lines that run askew are searched for, and the others by two looks: in an image of a scanner only for the `strict`,
    /// since nobody holds a label into it, and it would cost as much again.
    pub(crate) fn is_careful(self, strict: bool) -> bool {
        strict || self != RiskClass::Primary
    }

    /// Returns how an instance of the class is looked at; `drawn` says that it belongs to the sample.
    pub(crate) fn depth(self, search: TextSearch, drawn: bool) -> Depth {
        match (self, search) {
            (_, TextSearch::Off) => Depth::Nothing,
            (_, TextSearch::All) => Depth::Searched,
            (RiskClass::Computed, _) => Depth::Nothing,
            (RiskClass::Primary, TextSearch::Sample) if !drawn => Depth::Screened,
            _ => Depth::Searched,
        }
    }
}

/// From which likelihood on a rectangle is text to the detector, in thousandths.
fn detector_sure() -> u16 {
    (tokumei_detect::Settings::default().sure * 1000.0).round() as u16
}

/// How closely an instance is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// Not at all.
    Nothing,
    /// By the quick screen, and by the detector where that shows strokes.
    Screened,
    /// By the detector.
    Searched,
}

/// Label, overview and thumbnail of a slide show what is written on it (PS3.3 2026d, C.8.12.4.1.1).
fn shows_label(data_set: &DataSet) -> bool {
    let kinds = ["LABEL", "OVERVIEW", "THUMBNAIL", "LOCALIZER"];
    values(data_set, tags::IMAGE_TYPE).iter().any(|value| kinds.contains(&value.as_str()))
}
