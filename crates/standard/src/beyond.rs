//! What Table E.1-1 does not list: our own analysis, not part of the standard.

use crate::TagPattern;
use tokumei_core::{ActionCode, Tag};

/// A text attribute without a row that can name a person, an institution or a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdentityText {
    /// The tag, or an element of every overlay group.
    pub tag: TagPattern,
    /// Keyword of PS3.6.
    pub keyword: &'static str,
    /// The action where descriptors are cleaned, if it differs from `removed`.
    pub cleaned: Option<ActionCode>,
    /// The action where descriptors are not cleaned.
    pub removed: ActionCode,
    /// What the attribute can tell.
    pub why: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/beyond.rs"));

/// Tells whether a UI attribute names a definition (a class, a transfer syntax, a coding scheme), so that it must stay.
pub fn uid_structural(tag: Tag) -> bool {
    UID_STRUCTURAL.binary_search(&tag).is_ok()
}

/// Tells whether a UI attribute without a row names an instance, so that it needs a new UID.
pub fn uid_instance(tag: Tag) -> bool {
    UID_INSTANCE.binary_search(&tag).is_ok()
}

/// Tells whether an attribute without a row holds a URL, an address or a file name.
pub fn uri(tag: Tag) -> bool {
    URI.binary_search(&tag).is_ok()
}

/// Tells whether a date or time attribute has no row.
pub fn datetime(tag: Tag) -> bool {
    DATETIME.binary_search(&tag).is_ok()
}

/// Returns the proposal for a text attribute without a row that can identify.
pub fn identity_text(tag: Tag) -> Option<&'static IdentityText> {
    IDENTITY_TEXT.iter().find(|row| row.tag.matches(tag))
}

/// Tells whether a text attribute of an IOD has no row and no proposal of its own.
pub fn text_unlisted(tag: Tag) -> bool {
    TEXT.binary_search(&tag).is_ok() && identity_text(tag).is_none()
}

/// Returns every tag of the lists of this module once, in ascending order. The family rows of overlays are left out.
pub fn tags() -> Vec<Tag> {
    let lists: [&[Tag]; 5] = [&UID_STRUCTURAL, &UID_INSTANCE, &URI, &DATETIME, &TEXT];
    let mut all: Vec<Tag> = lists.concat();
    all.extend(IDENTITY_TEXT.iter().filter_map(|row| match row.tag {
        TagPattern::Tag(tag) => Some(tag),
        _ => None,
    }));
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_answer_for_their_own_tags_only() {
        assert!(uid_structural(Tag(0x0008, 0x0016)) && !uid_structural(Tag(0x0008, 0x0018)));
        assert!(uid_instance(Tag(0x0008, 0x1167)) && !uid_instance(Tag(0x0008, 0x0016)));
        assert!(uri(Tag(0x0008, 0x1190)));
        assert!(datetime(Tag(0x0008, 0x0404)));
        assert!(text_unlisted(Tag(0x0008, 0x0070)) && !text_unlisted(Tag(0x0042, 0x0010)));
    }

    #[test]
    fn identity_text_has_one_action_with_cleaning_and_one_without() {
        let title = identity_text(Tag(0x0042, 0x0010)).expect("document title");
        assert_eq!((title.cleaned, title.removed), (Some(ActionCode::C), ActionCode::Z));
        let birth = identity_text(Tag(0x0010, 0x0033)).expect("birth date in another calendar");
        assert_eq!((birth.cleaned, birth.removed), (None, ActionCode::X));
        assert!(identity_text(Tag(0x6002, 0x1500)).is_some());
        assert!(identity_text(Tag(0x6003, 0x1500)).is_none());
    }
}
