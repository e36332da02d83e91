//! Content items of structured reports, by concept and value type.
//!
//! PS3.15 2026d, E.3.4 and Table E.3.4-1; PS3.3 2026d, C.17.3.

use crate::instance::Instance;
use tokumei_core::{ActionCode, OptionName, TableCode, Tag};
use tokumei_profile::policy::Structured;
use tokumei_profile::{Profile, resolve};

/// What the table says of an item: the action, and the attribute that carries the item's value.
#[derive(Clone, Copy)]
pub(crate) struct ContentItem {
    /// `None` for a concept that the table does not list.
    pub action: Option<ActionCode>,
    pub carrier: Option<Tag>,
}

/// Tells whether the profile cleans content item by item.
pub(crate) fn is_cleaned(profile: &Profile) -> bool {
    profile.policy().structured == Structured::Clean && profile.has(OptionName::CleanStructuredContent)
}

/// Reads the item that a level is; `None` when it is no content item.
pub(crate) fn item(instance: &Instance, level: usize, profile: &Profile) -> Option<ContentItem> {
    let sequence = instance.levels[level].ancestors.last()?;
    if !matches!((sequence.0, sequence.1), (0x0040, 0xA730 | 0x0555 | 0xB020 | 0x0612 | 0x0440 | 0x08EA | 0x0610)) {
        return None;
    }
    let stated = instance.word_at(level, Tag(0x0040, 0xA040));
    let value_type = match stated.as_str() {
        "" if instance.child(level, Tag(0x0040, 0xA160)).is_some() => "TEXT",
        "" => "CODE",
        stated => stated,
    };
    Some(ContentItem { action: listed(instance, level, value_type, profile), carrier: carrier(value_type) })
}

fn listed(instance: &Instance, level: usize, value_type: &str, profile: &Profile) -> Option<ActionCode> {
    let sequence = instance.position(level, Tag(0x0040, 0xA043))?;
    let concept = *instance.items_of(sequence).first()?;
    let part = |element| instance.word_at(concept, Tag(0x0008, element));
    let decision = profile.content_item(&part(0x0100), &part(0x0102), value_type)?;
    match decision.code {
        TableCode::Plain(action) => Some(action),
        compound => Some(resolve(compound, None, true)),
    }
}

fn carrier(value_type: &str) -> Option<Tag> {
    let element = match value_type {
        "TEXT" => 0xA160,
        "PNAME" => 0xA123,
        "DATE" => 0xA121,
        "TIME" => 0xA122,
        "DATETIME" => 0xA120,
        "UIDREF" => 0xA124,
        "CODE" => 0xA168,
        "NUM" | "NUMERIC" => 0xA300,
        _ => return None,
    };
    Some(Tag(0x0040, element))
}
