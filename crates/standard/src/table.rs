//! Table E.1-1 and CID 7050.

use std::fmt;
use tokumei_core::{ActionCode, OptionName, TableCode, Tag, Vr};

/// The tags that one row of the table speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TagPattern {
    /// One tag.
    Tag(Tag),
    /// Every element of an even group 5000 to 50FE: retired curves.
    Curve,
    /// This element of every even group 6000 to 60FE: overlays.
    Overlay(u16),
    /// Every private attribute: the group number is odd.
    Private,
}

impl TagPattern {
    /// Tells whether the pattern holds this tag.
    pub const fn matches(self, tag: Tag) -> bool {
        match self {
            TagPattern::Tag(one) => one.0 == tag.0 && one.1 == tag.1,
            TagPattern::Curve => is_curve(tag),
            TagPattern::Overlay(element) => is_overlay(tag) && tag.1 == element,
            TagPattern::Private => tag.is_private(),
        }
    }
}

impl fmt::Display for TagPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TagPattern::Tag(tag) => tag.fmt(f),
            TagPattern::Curve => f.write_str("(50xx,xxxx)"),
            TagPattern::Overlay(element) => write!(f, "(60xx,{element:04x})"),
            TagPattern::Private => f.write_str("(gggg,eeee)"),
        }
    }
}

/// One row of Table E.1-1 (PS3.15 2026d).
///
/// An option column is `None` where the table's cell is blank: the Option leaves the action of the Basic Profile.
#[allow(missing_docs)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// The tag, or the family of tags.
    pub tag: TagPattern,
    /// Attribute name as the table prints it.
    pub name: &'static str,
    /// Keyword of PS3.6; `None` for the rows of curves and private attributes.
    pub keyword: Option<&'static str>,
    /// The value representations that PS3.6 allows; empty for the rows of curves and private attributes.
    pub vr: &'static [Vr],
    /// Value multiplicity of PS3.6.
    pub vm: Option<&'static str>,
    /// Whether PS3.6 has retired the attribute.
    pub retired: bool,
    /// Whether the table says that a standard composite IOD holds the attribute.
    pub in_standard_iod: bool,
    /// The action of the Basic Profile.
    pub basic: TableCode,
    pub retain_safe_private: Option<ActionCode>,
    pub retain_uids: Option<ActionCode>,
    pub retain_device_identity: Option<ActionCode>,
    pub retain_institution_identity: Option<ActionCode>,
    pub retain_patient_characteristics: Option<ActionCode>,
    pub retain_long_full_dates: Option<ActionCode>,
    pub retain_long_modified_dates: Option<ActionCode>,
    pub clean_descriptors: Option<ActionCode>,
    pub clean_structured_content: Option<ActionCode>,
    pub clean_graphics: Option<ActionCode>,
}

impl Row {
    /// Returns the cell of an Option; `None` where it is blank or the Option has no column.
    ///
    /// [`OptionName::Basic`] has no cell here: its column is [`Row::basic`].
    pub const fn cell(&self, option: OptionName) -> Option<ActionCode> {
        use OptionName::*;
        match option {
            Basic | CleanPixelData | CleanRecognizableVisualFeatures => None,
            CleanGraphics => self.clean_graphics,
            CleanStructuredContent => self.clean_structured_content,
            CleanDescriptors => self.clean_descriptors,
            RetainLongFullDates => self.retain_long_full_dates,
            RetainLongModifiedDates => self.retain_long_modified_dates,
            RetainPatientCharacteristics => self.retain_patient_characteristics,
            RetainDeviceIdentity => self.retain_device_identity,
            RetainUids => self.retain_uids,
            RetainSafePrivate => self.retain_safe_private,
            RetainInstitutionIdentity => self.retain_institution_identity,
        }
    }
}

/// A code of CID 7050, De-identification Method (PS3.16 2026d).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodCode {
    /// Code value, for example `113100`.
    pub code: &'static str,
    /// Coding scheme designator.
    pub scheme: &'static str,
    /// Code meaning.
    pub meaning: &'static str,
    /// Name of the Profile or Option as [`OptionName::key`] has it.
    pub key: &'static str,
    /// Section of PS3.15 that defines it.
    pub section: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/table.rs"));
include!(concat!(env!("OUT_DIR"), "/cid_7050.rs"));

/// Returns every row of Table E.1-1: single tags in ascending order, then the four families.
pub fn rows() -> &'static [Row] {
    &ROWS
}

/// Returns the row that speaks of a tag: its own, else that of its family, else `None`.
///
/// A family of curves or overlays holds even groups only; odd groups are private attributes.
pub fn row(tag: Tag) -> Option<&'static Row> {
    let (singles, families) = ROWS.split_at(SINGLES);
    let number = |row: &Row| match row.tag {
        TagPattern::Tag(tag) => tag.as_u32(),
        _ => u32::MAX,
    };
    match singles.binary_search_by_key(&tag.as_u32(), number) {
        Ok(index) => singles.get(index),
        Err(_) => families.iter().find(|row| row.tag.matches(tag)),
    }
}

/// Returns the codes of CID 7050 in the order of their values.
pub fn cid_7050() -> &'static [MethodCode] {
    &CODES
}

pub(crate) const fn is_curve(tag: Tag) -> bool {
    tag.0 & 0xFF01 == 0x5000
}

pub(crate) const fn is_overlay(tag: Tag) -> bool {
    tag.0 & 0xFF01 == 0x6000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlay_row_holds_even_groups_only() {
        assert_eq!(row(Tag(0x6002, 0x3000)).map(|row| row.tag), Some(TagPattern::Overlay(0x3000)));
        assert_eq!(row(Tag(0x60FE, 0x4000)).map(|row| row.tag), Some(TagPattern::Overlay(0x4000)));
        assert_eq!(row(Tag(0x6001, 0x3000)).map(|row| row.tag), Some(TagPattern::Private));
        assert_eq!(row(Tag(0x6002, 0x0010)), None);
    }

    #[test]
    fn curve_row_holds_every_element_of_its_groups() {
        assert_eq!(row(Tag(0x501E, 0x0110)).map(|row| row.tag), Some(TagPattern::Curve));
        assert_eq!(row(Tag(0x5200, 0x9229)), None);
    }

    #[test]
    fn method_codes_are_those_of_the_vocabulary() {
        assert_eq!(cid_7050().len(), OptionName::ALL.len());
        for (code, option) in cid_7050().iter().zip(OptionName::ALL) {
            assert_eq!((code.code, code.meaning, code.key), (option.code(), option.meaning(), option.key()));
        }
    }
}
