//! Private attributes: known-safe ones stay with their creator, the rest goes.
//!
//! PS3.15 2026d, E.3.10; PS3.5 2026d, 7.8.1.

use crate::scope::Scope;
use tokumei_core::{ActionCode, Tag};
use tokumei_profile::{Profile, Rule, resolve};
use tokumei_wire::{DataSet, NodeId};

/// Returns the action and the rule for a private element of this level.
///
/// An element without a creator belongs to nobody, and goes. A creator stays while an element of its block does.
pub fn decide<'p>(data_set: &DataSet, tag: Tag, scope: &mut Scope<'p>, profile: &'p Profile) -> (ActionCode, &'p Rule) {
    if tag.is_private_creator() {
        let creator = scope.creators.get(&(tag.group(), tag.element() as u8)).cloned().unwrap_or_default();
        let kept = kept_blocks(data_set, scope, profile).contains(&(tag.group(), tag.element() as u8));
        let action = if kept { ActionCode::K } else { ActionCode::X };
        return (action, rule_of_block(&creator, tag, scope, data_set, profile));
    }
    let creator = scope.creator(tag).unwrap_or_default();
    let decision = profile.private(creator, tag.group(), tag.element() as u8);
    let action = match resolve(decision.code, None, true) {
        _ if creator.is_empty() => ActionCode::X,
        ActionCode::K | ActionCode::C => ActionCode::K,
        _ => ActionCode::X,
    };
    (action, decision.rule)
}

/// Returns the rule that decides an element of the block, so that the creator names the same one.
fn rule_of_block<'p>(
    creator: &str,
    creator_tag: Tag,
    scope: &Scope<'p>,
    data_set: &DataSet,
    profile: &'p Profile,
) -> &'p Rule {
    let first_kept = data_set
        .children(scope.item)
        .map(|id| data_set.node(id).tag)
        .find(|tag| tag.creator() == Some(creator_tag) && is_kept(creator, *tag, profile));
    let element = first_kept.map_or(0, |tag| tag.element() as u8);
    profile.private(creator, creator_tag.group(), element).rule
}

fn is_kept(creator: &str, tag: Tag, profile: &Profile) -> bool {
    let code = resolve(profile.private(creator, tag.group(), tag.element() as u8).code, None, true);
    !creator.is_empty() && matches!(code, ActionCode::K | ActionCode::C)
}

/// Finds, once a level, the blocks of which an element stays.
fn kept_blocks<'s>(data_set: &DataSet, scope: &'s mut Scope<'_>, profile: &Profile) -> &'s [(u16, u8)] {
    if scope.kept_blocks.is_none() {
        let kept = |id: NodeId| {
            let tag = data_set.node(id).tag;
            let block = tag.creator()?.element() as u8;
            is_kept(scope.creator(tag)?, tag, profile).then_some((tag.group(), block))
        };
        let mut blocks: Vec<(u16, u8)> = data_set.children(scope.item).filter_map(kept).collect();
        blocks.sort_unstable();
        blocks.dedup();
        scope.kept_blocks = Some(blocks);
    }
    scope.kept_blocks.as_deref().unwrap_or_default()
}
