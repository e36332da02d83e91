//! What the fuzz target and its replay in the tests do with bytes. No part of the library's interface.

use crate::{DataSet, Limits, NewElement, NewMeta, NodeId, NodeKind, Patches, read, splice};
use tokumei_core::{Tag, Vr};

/// Reads `bytes`; if they read, splices changes derived from them, writes, and reads the outcome.
///
/// # Panics
/// If an output does not read again, or does not hold the nodes it should.
#[doc(hidden)]
pub fn replay(bytes: &[u8]) {
    let limits = Limits { depth: 20, nodes: 50_000, head: 1 << 20, tail: 1 << 20, inflated: 1 << 20 };
    let Ok(data_set) = read(&bytes, &limits) else { return };
    check_tree(&data_set);
    let same = rewrite(bytes, &data_set, &Patches::new()).expect("no patch, so none that does not fit");
    assert_eq!(kept(&data_set), kept(&same), "a data set without patches changed");
    let mut patches = Patches::new();
    let mut dice = Dice(
        bytes
            .iter()
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)),
    );
    for _ in 0..dice.below(6) {
        throw(&data_set, &mut dice, &mut patches);
    }
    if let Some(out) = rewrite(bytes, &data_set, &patches) {
        check_tree(&out);
    }
}

/// Panics unless every node lies within its parent, after its elder siblings.
fn check_tree(data_set: &DataSet) {
    for (index, node) in data_set.nodes().iter().enumerate() {
        let id = NodeId(index as u32);
        assert!(node.start < node.value && node.value <= node.stop && node.end > id.0);
        if let Some(parent) = node.parent {
            let parent = data_set.node(parent);
            assert!(parent.value <= node.start && node.stop <= parent.stop && node.end <= parent.end);
        }
        let held = data_set.value(id).is_some();
        let plain = matches!(node.kind, NodeKind::Value | NodeKind::Fragments);
        assert_eq!(held, plain && data_set.streamed != Some(id));
        assert!(data_set.path(id).steps().len() < 100);
    }
}

/// Lists the nodes that an output keeps, as far as they must be the same.
fn kept(data_set: &DataSet) -> Vec<(NodeKind, Tag, u16, Option<Vec<u8>>)> {
    let mut kept = Vec::new();
    let mut next = 0;
    while let Some(node) = data_set.nodes().get(next as usize) {
        let dropped = node.kind != NodeKind::Item && node.tag.is_group_length();
        if dropped || node.parent.is_none() && matches!(node.tag.group(), 0 | 2) {
            next = node.end;
            continue;
        }
        // An element without content is the same whether it is called a sequence or, by unknown letters, a value.
        let kind = if node.value == node.stop && node.kind == NodeKind::Value { NodeKind::Sequence } else { node.kind };
        let value = data_set.value(NodeId(next)).filter(|value| !value.is_empty());
        kept.push((kind, node.tag, node.depth, value.map(<[u8]>::to_vec)));
        next += 1;
    }
    kept
}

fn rewrite(bytes: &[u8], data_set: &DataSet, patches: &Patches) -> Option<DataSet> {
    let meta = NewMeta {
        sop_class_uid: "1.2.3".into(),
        sop_instance_uid: "1.2.4".into(),
        transfer_syntax: data_set.transfer_syntax().into(),
        implementation_class_uid: "1.2.5".into(),
        implementation_version_name: "FUZZ".into(),
    };
    let splice = splice(data_set, patches, &meta).ok()?;
    let mut out = Vec::new();
    splice.write(&bytes, &mut out).expect("memory does not fail");
    match read(&out, &Limits::default()) {
        Ok(again) => Some(again),
        Err(error) => panic!("the output does not read: {error}"),
    }
}

fn throw(data_set: &DataSet, dice: &mut Dice, patches: &mut Patches) {
    let count = data_set.nodes().len() as u64;
    if count == 0 {
        return;
    }
    let id = NodeId(dice.below(count) as u32);
    let element = |dice: &mut Dice| {
        let tags =
            [Tag(0x0008, 0x0005), Tag(0x0008, 0x0080), Tag(0x0010, 0x0020), Tag(0x0029, 0x1010), Tag(0xFFFC, 0xFFFC)];
        let tag = tags[dice.below(5) as usize];
        NewElement::bytes(tag, Vr::LO, vec![b'x'; dice.below(9) as usize])
    };
    match (dice.below(6), data_set.node(id).kind) {
        (0, _) => patches.remove(id),
        (1, _) => patches.empty(id),
        (2, NodeKind::Value) => patches.replace(id, None, vec![0x41; dice.below(7) as usize]),
        (3, NodeKind::Value) => patches.replace(id, Some(Vr::UT), vec![0x41; dice.below(7) as usize]),
        (4, NodeKind::Sequence) => patches.replace_items(id, vec![vec![element(dice)], vec![]]),
        (_, NodeKind::Item) => patches.insert(Some(id), element(dice)),
        _ => patches.insert(None, element(dice)),
    }
}

/// A small generator of numbers, the same for the same bytes (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
