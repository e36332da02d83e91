//! What identifies somebody in an original, as this room reads it.

use crate::instance::{Element, Instance};
use crate::single::rules;
use crate::uid;
use tokumei_core::{ActionCode, OptionName, Tag, Vr, tags};
use tokumei_profile::Profile;
use tokumei_text::{Identifiers, Kind};

/// What must not be in the output.
pub(crate) struct Harvest {
    pub identifiers: Identifiers,
    pub uids: Vec<String>,
}

/// Longest text that is an identifier, in characters; longer ones are prose.
const LONGEST: usize = 256;

/// Collects the identifiers and UIDs of an original that the profile does not keep.
pub(crate) fn harvest(original: &Instance, profile: &Profile) -> Harvest {
    let sop_class = original.word(tags::SOP_CLASS_UID);
    let mut harvest = Harvest { identifiers: Identifiers::new(), uids: Vec::new() };
    for element in &original.elements {
        let vr = element.text_vr();
        let kind = kind(element.tag, vr);
        if element.tag.is_private() || (kind.is_none() && vr != Vr::UI) {
            continue;
        }
        let (action, _) = rules::decide(original, element, profile, &sop_class);
        if action == ActionCode::K && vr != Vr::PN {
            continue;
        }
        match kind {
            Some(kind) => add(&mut harvest.identifiers, original, element, kind),
            None if action != ActionCode::C => harvest.uids.extend(uids(original, element)),
            None => {}
        }
    }
    if profile.has(OptionName::RetainUids) {
        harvest.uids.clear();
    }
    harvest.uids.sort_unstable();
    harvest.uids.dedup();
    harvest
}

fn add(identifiers: &mut Identifiers, original: &Instance, element: &Element, kind: Kind) {
    for text in original.texts(element) {
        let mut characters = text.chars();
        let first = characters.next();
        let is_filler = characters.all(|c| Some(c) == first);
        // A study ID is often a word of the program that made it.
        let is_word = element.tag == tags::STUDY_ID && text.bytes().filter(u8::is_ascii_digit).count() < 4;
        if text.chars().count() <= LONGEST && !is_filler && !is_word {
            identifiers.add_text(kind, &text);
        }
    }
}

fn uids(original: &Instance, element: &Element) -> Vec<String> {
    let text = original.word_at(element.level, element.tag);
    let each = text.split('\\').map(|uid| uid.trim_matches([' ', '\0']).to_owned());
    // A short one, or one of the standard, stands for nothing but itself.
    each.filter(|uid| uid.len() >= 12 && uid::is_legal(uid) && !uid::is_well_known(uid)).collect()
}

/// Tells what an attribute identifies, if anything.
fn kind(tag: Tag, vr: Vr) -> Option<Kind> {
    let kind = match (tag.0, tag.1) {
        (0x0010, 0x0030) => Kind::BirthDate,
        (0x0010, 0x0020 | 0x1000 | 0x1050 | 0x1090) => Kind::Id,
        (0x0008, 0x0050) | (0x0020, 0x0010) | (0x0038, 0x0010 | 0x0060) => Kind::Id,
        (0x0040, 0x0009 | 0x0253 | 0x1001 | 0x2016 | 0x2017) => Kind::Id,
        (0x0018, 0x1000) | (0x0012, 0x0040 | 0x0042) => Kind::Id,
        (0x0010, 0x1040) | (0x0008, 0x0081) | (0x0040, 0x1102) => Kind::Address,
        (0x0010, 0x2154) | (0x0008, 0x0094) | (0x0040, 0x1103) => Kind::Phone,
        (0x0010, 0x2155) => Kind::Email,
        (0x0008, 0x0080 | 0x1040) => Kind::Institution,
        (0x0010, _) if vr == Vr::PN => Kind::PersonName,
        (0x0040, 0xA123) => Kind::PersonName,
        _ if vr == Vr::PN => Kind::Staff,
        _ => return None,
    };
    Some(kind)
}
