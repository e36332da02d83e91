//! SOP classes, IODs and the Types of the attributes that Table E.1-1 names.

use crate::table::is_overlay;
use tokumei_core::{AttributeType, Tag};

/// The Types of one IOD. Paths and tags are 32-bit tag numbers.
struct Iod {
    name: &'static str,
    types: &'static [(u32, AttributeType)],
    exceptions: &'static [(&'static [u32], AttributeType)],
}

include!(concat!(env!("OUT_DIR"), "/types.rs"));

/// Returns the IOD of a SOP class, `None` where the SOP class is not known (PS3.4 2026b).
pub fn iod(sop_class_uid: &str) -> Option<&'static str> {
    find(sop_class_uid).map(|iod| iod.name)
}

/// Returns the UIDs of the SOP classes that are known, in ascending order of their text.
pub fn sop_classes() -> impl Iterator<Item = &'static str> {
    SOP_CLASSES.iter().map(|(uid, _)| *uid)
}

/// Returns the Type of an attribute that Table E.1-1 names, `None` where the IOD does not hold it there.
///
/// `path` is the tags from the top level down, the attribute last. At the top level it is the strictest Type over
/// the mandatory and conditional modules of the IOD, else over its user options; inside a sequence it is that of the
/// innermost sequence, whatever the module, except where one module differs. Strict to lax: 1, 1C, 2, 2C, 3.
///
/// # Standard
/// PS3.3 2026b, Annex A; PS3.5 2026d, 7.4.
pub fn attribute_type(sop_class_uid: &str, path: &[Tag]) -> Option<AttributeType> {
    match path {
        [] => None,
        [tag] => top(find(sop_class_uid)?, *tag),
        [.., parent, tag] => exception(sop_class_uid, path).or_else(|| nested(*parent, *tag)),
    }
}

/// Tells whether the IOD of a SOP class holds the attribute at the top level.
///
/// Only attributes that Table E.1-1 names are known. `None` where the SOP class is not known.
pub fn in_iod(sop_class_uid: &str, tag: Tag) -> Option<bool> {
    find(sop_class_uid).map(|iod| top(iod, tag).is_some())
}

fn find(sop_class_uid: &str) -> Option<&'static Iod> {
    let uid = sop_class_uid.trim_end_matches(['\0', ' ']);
    let index = SOP_CLASSES.binary_search_by_key(&uid, |(known, _)| known).ok()?;
    IODS.get(SOP_CLASSES.get(index)?.1)
}

fn top(iod: &Iod, tag: Tag) -> Option<AttributeType> {
    // The overlay family stands under its first group.
    let tag = if is_overlay(tag) { Tag(0x6000, tag.1) } else { tag };
    let index = iod.types.binary_search_by_key(&tag.as_u32(), |(known, _)| *known).ok()?;
    iod.types.get(index).map(|(_, kind)| *kind)
}

fn nested(parent: Tag, tag: Tag) -> Option<AttributeType> {
    let key = u64::from(parent.as_u32()) << 32 | u64::from(tag.as_u32());
    let index = NESTED.binary_search_by_key(&key, |(known, _)| *known).ok()?;
    NESTED.get(index).map(|(_, kind)| *kind)
}

fn exception(sop_class_uid: &str, path: &[Tag]) -> Option<AttributeType> {
    let exceptions = find(sop_class_uid)?.exceptions.iter();
    exceptions
        .copied()
        .find(|(known, _)| known.iter().copied().eq(path.iter().map(|tag| tag.as_u32())))
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
    const ENHANCED_CT: &str = "1.2.840.10008.5.1.4.1.1.2.1";
    const PET: &str = "1.2.840.10008.5.1.4.1.1.128";

    #[test]
    fn iod_of_an_unknown_sop_class_is_none() {
        assert_eq!(iod(CT), Some("ct-image"));
        assert_eq!(iod("1.2.840.10008.5.1.4.1.1.2\0"), Some("ct-image"));
        assert_eq!(iod("1.2.3"), None);
        assert_eq!(attribute_type("1.2.3", &[Tag(0x0010, 0x0010)]), None);
    }

    #[test]
    fn type_depends_on_the_iod() {
        let serial = Tag(0x0018, 0x1000);
        assert_eq!(attribute_type(CT, &[serial]), Some(AttributeType::Three));
        assert_eq!(attribute_type(ENHANCED_CT, &[serial]), Some(AttributeType::One));
        assert_eq!(in_iod(CT, Tag(0x0040, 0xA073)), Some(false));
    }

    #[test]
    fn nested_type_follows_the_sequence_and_the_exceptions_of_the_module() {
        let path = [Tag(0x0054, 0x0016), Tag(0x0018, 0x1078)];
        assert_eq!(attribute_type(CT, &path), Some(AttributeType::One));
        assert_eq!(attribute_type(PET, &path), Some(AttributeType::Three));
        assert_eq!(attribute_type(CT, &[Tag(0x0040, 0xA370), Tag(0x0040, 0x1001)]), Some(AttributeType::Two));
        assert_eq!(attribute_type(CT, &[]), None);
    }
}
