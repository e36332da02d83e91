//! The data dictionary of PS3.6, behind types of our own.

use crate::{Tag, Vr};
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, UidDictionary, VirtualVr};
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::OnceLock;

/// Returns the value representation of a public attribute, `None` where the dictionary has no entry.
///
/// Where the dictionary allows two (OB or OW, US or SS), the one that implicit VR data sets use is returned:
/// OW for pixel and overlay data, US for the other pairs (PS3.5 2026d, Annex A.1).
pub fn vr(tag: Tag) -> Option<Vr> {
    if tag.is_group_length() {
        return Some(Vr::UL);
    }
    if tag.is_private() {
        return if tag.is_private_creator() { Some(Vr::LO) } else { None };
    }
    RECENT.with(|recent| {
        let place = &recent[usize::from(tag.0.wrapping_mul(31) ^ tag.1.wrapping_mul(7)) % PLACES];
        match place.get() {
            Some((known, vr)) if known == tag => vr,
            _ => {
                let vr = look_up(tag);
                place.set(Some((tag, vr)));
                vr
            }
        }
    })
}

/// A tag and what the dictionary says of it.
type Answer = (Tag, Option<Vr>);

/// How many answers a thread remembers.
const PLACES: usize = 2048;

thread_local! {
    /// The last answer for each place of a tag: the same few hundred tags are asked for in every instance.
    static RECENT: [Cell<Option<Answer>>; PLACES] = const { [const { Cell::new(None) }; PLACES] };
}

fn look_up(tag: Tag) -> Option<Vr> {
    let entry = dicom_dictionary_std::StandardDataDictionary.by_tag(dicom_core::Tag(tag.0, tag.1))?;
    match entry.vr() {
        VirtualVr::Exact(vr) => Vr::parse(vr.to_string()),
        VirtualVr::Xs => Some(Vr::US),
        VirtualVr::Ox | VirtualVr::Px | VirtualVr::Lt => Some(Vr::OW),
        _ => None,
    }
}

/// Returns the keyword of a public attribute, `None` where the dictionary has no entry.
pub fn keyword(tag: Tag) -> Option<&'static str> {
    if tag.is_private() {
        return None;
    }
    dicom_dictionary_std::StandardDataDictionary.by_tag(dicom_core::Tag(tag.0, tag.1)).map(|entry| entry.alias())
}

/// Returns the tag with this keyword, `None` where the dictionary has no entry.
pub fn tag(keyword: &str) -> Option<Tag> {
    dicom_dictionary_std::StandardDataDictionary.by_name(keyword).map(|entry| {
        let tag = entry.tag();
        Tag(tag.group(), tag.element())
    })
}

/// Returns the UID of the SOP class with this keyword, `None` where the standard has none such.
///
/// # Standard
/// PS3.6 2026d, Annex A.
pub fn sop_class(keyword: &str) -> Option<&'static str> {
    let entry = dicom_dictionary_std::StandardSopClassDictionary.by_keyword(keyword)?;
    Some(entry.uid)
}

/// Tells whether a UID is one that the standard registers: a transfer syntax, a SOP class, a coding scheme, a well-known
/// frame of reference or SOP instance. Nobody's data has such a UID for its own.
///
/// Padding is no part of a UID and must be cut off before.
///
/// # Standard
/// PS3.6 2026d, Annex A.
pub fn is_registered_uid(uid: &str) -> bool {
    static REGISTERED: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let lines = || include_str!("../data/uids.txt").lines().filter(|line| !line.starts_with('#'));
    uid.starts_with(ROOT) && REGISTERED.get_or_init(|| lines().collect()).contains(uid)
}

/// The root of all UIDs that the standard registers.
const ROOT: &str = "1.2.840.10008.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_groups_never_match_a_public_range() {
        assert_eq!(vr(Tag(0x6001, 0x3000)), None);
        assert_eq!(keyword(Tag(0x5001, 0x0022)), None);
        assert_eq!(keyword(Tag(0x0010, 0x0010)), Some("PatientName"));
        assert_eq!(tag("PatientName"), Some(Tag(0x0010, 0x0010)));
    }

    #[test]
    fn pairs_of_value_representations_resolve_as_in_implicit_data_sets() {
        assert_eq!(vr(Tag(0x7FE0, 0x0010)), Some(Vr::OW));
        assert_eq!(vr(Tag(0x0028, 0x0106)), Some(Vr::US));
        assert_eq!(vr(Tag(0x0008, 0x1140)), Some(Vr::SQ));
    }

    #[test]
    fn sop_classes_have_keywords() {
        assert_eq!(sop_class("CTImageStorage"), Some("1.2.840.10008.5.1.4.1.1.2"));
        assert_eq!(sop_class("ImplicitVRLittleEndian"), None);
    }

    #[test]
    fn every_registered_uid_lies_under_the_root() {
        let mut lines = include_str!("../data/uids.txt").lines().filter(|line| !line.starts_with('#'));
        assert!(lines.all(is_registered_uid));
    }

    #[test]
    fn registered_uids_are_known_and_their_children_are_not() {
        for uid in [
            "1.2.840.10008.1.2.1",
            "1.2.840.10008.5.1.4.1.1.2",
            "1.2.840.10008.2.16.4",
            "1.2.840.10008.1.4.1.1",
            "1.2.840.10008.1.40.1",
        ] {
            assert!(is_registered_uid(uid), "{uid}");
        }
        for uid in ["1.2.840.10008.5.1.4.1.1.2.1234", "1.2.840.10008", "1.2.3", "", "# Every"] {
            assert!(!is_registered_uid(uid), "{uid}");
        }
    }
}
