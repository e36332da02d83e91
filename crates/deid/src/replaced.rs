//! The UIDs that a plan takes out of a data set, so that they can be searched for where they do not belong.

use crate::value::{effective_vr, trim_bytes};
use crate::{Context, Plan};
use tokumei_core::{ActionCode, OptionName, TableCode, Tag, Vr};
use tokumei_pseudonym::is_well_known_uid;
use tokumei_standard as standard;
use tokumei_wire::{DataSet, Node, NodeId};

/// Returns every UID that the plan replaces or removes, at every depth, sorted and each once.
///
/// A UID that the standard registers is nobody's. One that stands, untouched, where classes, syntaxes and coding schemes
/// are named, or where the profile says K, may be anywhere; with the Retain UIDs Option all of them may.
pub fn replaced_uids<'d>(plan: &Plan<'_>, data_set: &'d DataSet, context: &Context<'_>) -> Vec<&'d str> {
    if plan.options.contains(&OptionName::RetainUids) {
        return Vec::new();
    }
    let touched = touched(plan, data_set);
    let (mut replaced, mut kept) = (Vec::new(), Vec::new());
    for (index, node) in data_set.nodes().iter().enumerate().filter(|(_, node)| effective_vr(node) == Vr::UI) {
        let list = match touched[index] {
            true => &mut replaced,
            false if may_stay(node, context) => &mut kept,
            false => continue,
        };
        list.extend(uids(data_set.value(NodeId(index as u32)).unwrap_or_default()));
    }
    for list in [&mut replaced, &mut kept] {
        list.sort_unstable();
        list.dedup();
    }
    replaced.retain(|uid| kept.binary_search(uid).is_err() && !is_well_known_uid(uid));
    replaced
}

/// Tells of each node whether the plan changes it or something around it.
fn touched(plan: &Plan<'_>, data_set: &DataSet) -> Vec<bool> {
    let mut touched = vec![false; data_set.nodes().len()];
    for step in plan.steps() {
        touched[step.node.0 as usize] = true;
    }
    // A node stands behind the one that holds it.
    for (index, node) in data_set.nodes().iter().enumerate() {
        touched[index] |= node.parent.is_some_and(|parent| touched[parent.0 as usize]);
    }
    touched
}

fn may_stay(node: &Node, context: &Context<'_>) -> bool {
    let by_rule = |tag: Tag| context.profile.decide(tag).code == TableCode::Plain(ActionCode::K);
    standard::beyond::uid_structural(node.tag) || (!node.tag.is_private() && by_rule(node.tag))
}

fn uids(value: &[u8]) -> impl Iterator<Item = &str> {
    let parts = value.split(|byte| *byte == b'\\').map(trim_bytes);
    parts.filter_map(|part| std::str::from_utf8(part).ok()).filter(|uid| !uid.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_and_padding_is_cut() {
        assert_eq!(uids(b"1.2.3\\ 1.2.4\0\\\\").collect::<Vec<_>>(), ["1.2.3", "1.2.4"]);
    }
}
