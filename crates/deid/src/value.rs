//! Reads values of a parsed data set.

use tokumei_core::{Tag, Vr, dictionary};
use tokumei_wire::{DataSet, Encoding, Node, NodeId, NodeKind};

/// Returns the bytes of the first top-level element with this tag, trailing padding cut off.
pub fn first_bytes(data_set: &DataSet, tag: Tag) -> Option<&[u8]> {
    data_set.first(tag).and_then(|id| data_set.value(id)).map(trim_bytes)
}

/// Returns a top-level value of the default repertoire; `None` when absent, empty or not ASCII.
pub fn first_ascii(data_set: &DataSet, tag: Tag) -> Option<&str> {
    let text = std::str::from_utf8(first_bytes(data_set, tag)?).ok()?.trim();
    (!text.is_empty() && text.is_ascii()).then_some(text)
}

/// Returns the first value, of the default repertoire, of a direct child of an item.
pub fn child_ascii(data_set: &DataSet, item: NodeId, tag: Tag) -> Option<&str> {
    let id = data_set.children(Some(item)).find(|id| data_set.node(*id).tag == tag)?;
    let text = std::str::from_utf8(trim_bytes(data_set.value(id)?)).ok()?;
    let first = text.split('\\').next()?.trim();
    (!first.is_empty() && first.is_ascii()).then_some(first)
}

/// Cuts the padding at both ends: spaces in front, spaces and zero bytes behind.
pub fn trim_bytes(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| *b != b' ' && *b != 0).map_or(0, |at| at + 1);
    let start = bytes[..end].iter().position(|b| *b != b' ').unwrap_or(end);
    &bytes[start..end]
}

/// Tells whether the element has nothing in it: no bytes, or no items.
pub fn is_empty(data_set: &DataSet, id: NodeId) -> bool {
    let node = data_set.node(id);
    match node.kind {
        NodeKind::Value => node.length == 0,
        NodeKind::Sequence => data_set.children(Some(id)).next().is_none(),
        NodeKind::Item | NodeKind::Fragments => false,
    }
}

/// Returns the value representation by which an action treats the element.
///
/// A string VR in the stream is believed, since text may hide under any tag. Bytes that the stream calls binary or
/// unknown are treated by the dictionary where it says they are a string.
pub fn effective_vr(node: &Node) -> Vr {
    if node.vr.is_string() || node.vr == Vr::SQ {
        return node.vr;
    }
    match dictionary::vr(node.tag) {
        Some(vr) if vr.is_string() => vr,
        _ => node.vr,
    }
}

/// Returns the value representation whose repertoire a kept value must be of: the dictionary's where that is narrower
/// than text, whatever the stream says.
pub fn judged_vr(node: &Node) -> Vr {
    match dictionary::vr(node.tag) {
        Some(vr) if vr.is_string() && !vr.is_text() => vr,
        _ => effective_vr(node),
    }
}

/// Tells whether the stream's value representation contradicts the dictionary's in kind: text under a number's tag,
/// or bytes under a string's.
pub fn contradicts_dictionary(node: &Node) -> bool {
    let Some(vr) = dictionary::vr(node.tag) else { return false };
    if node.kind == NodeKind::Sequence || vr == Vr::SQ {
        return (node.kind == NodeKind::Sequence) != (vr == Vr::SQ);
    }
    node.vr != Vr::UN && vr.is_string() != node.vr.is_string()
}

/// Returns a 32-bit number in the byte order of the node.
pub fn u32_bytes(encoding: Encoding, number: u32) -> [u8; 4] {
    match encoding {
        Encoding::ExplicitBig => number.to_be_bytes(),
        _ => number.to_le_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_cut_at_both_ends() {
        assert_eq!(trim_bytes(b"  1.2.3 \0"), b"1.2.3");
        assert_eq!(trim_bytes(b" \0"), b"");
        assert_eq!(trim_bytes(b""), b"");
    }
}
