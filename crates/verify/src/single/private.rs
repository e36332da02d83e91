//! Private attributes: only those of the profile's list, each with its creator.
//!
//! PS3.15 2026d, E.3.10; PS3.5 2026d, 7.8.1.

use crate::check::Check;
use crate::instance::{Element, Instance};
use crate::report::Findings;
use std::collections::BTreeSet;
use tokumei_core::{ActionCode, TableCode};
use tokumei_profile::Profile;

/// Checks every private attribute, at every depth.
pub(crate) fn check(instance: &Instance, profile: &Profile, findings: &mut Findings<'_>) {
    let mut used = BTreeSet::new();
    let private = || instance.elements.iter().filter(|element| element.tag.is_private() && element.tag.element() != 0);
    for element in private().filter(|element| !element.tag.is_private_creator()) {
        let Some(block) = element.tag.creator().map(|creator| creator.element() as u8) else {
            findings.add(Check::PrivateWithoutCreator, instance.path(element));
            continue;
        };
        used.insert((element.level, element.tag.group(), block));
        match creator(instance, element, block) {
            None => findings.add(Check::PrivateWithoutCreator, instance.path(element)),
            Some(name) => {
                let decision = profile.private(name, element.tag.group(), element.tag.element() as u8);
                if !matches!(decision.code, TableCode::Plain(ActionCode::K | ActionCode::C)) {
                    findings.add(Check::PrivateNotAllowed, instance.path(element));
                }
            }
        }
    }
    for element in private().filter(|element| element.tag.is_private_creator()) {
        if !used.contains(&(element.level, element.tag.group(), element.tag.element() as u8)) {
            findings.add(Check::PrivateCreatorUnused, instance.path(element));
        }
    }
}

fn creator<'i>(instance: &'i Instance, element: &Element, block: u8) -> Option<&'i str> {
    instance.levels[element.level].creators.get(&(element.tag.group(), block))?.as_deref()
}
