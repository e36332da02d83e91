//! Collects what identifies people in a data set, so that it can be found again where it does not belong.

use crate::scope::{Mode, Scope};
use crate::value::{effective_vr, trim_bytes};
use tokumei_core::{Tag, Vr};
use tokumei_text::{Identifiers, Kind as IdentifierKind};
use tokumei_wire::{DataSet, Node, NodeId, NodeKind};

/// Most statements that are spelled out; an instance of the real world makes a few dozen.
pub(crate) const MOST: usize = 2048;

/// Most bytes of an element that are taken as statements, without padding.
const LONGEST: usize = 512;

/// Most characters of one statement: nobody is told apart by more.
const MOST_CHARACTERS: usize = 200;

/// What a data set states of people, as it states it. Two instances of a study mostly state the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Statement {
    kind: Kind,
    text: String,
}

/// Returns what the data set states: names of all groups, IDs, birth dates, addresses, telephone numbers,
/// institutions and staff, at every depth; sorted, without repetition.
pub(crate) fn statements(data_set: &DataSet) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut scopes = vec![Scope::root(data_set)];
    for (index, node) in data_set.nodes().iter().enumerate() {
        if found.len() > 4 * MOST {
            found.sort_unstable();
            found.dedup();
            if found.len() > MOST {
                break;
            }
        }
        while scopes.len() > 1 && scopes.last().is_some_and(|scope| scope.end as usize <= index) {
            scopes.pop();
        }
        let Some(scope) = scopes.last() else { break };
        let id = NodeId(index as u32);
        match node.kind {
            NodeKind::Item => {
                let inner = scope.inside(data_set, id, Mode::Profile);
                scopes.push(inner);
            }
            NodeKind::Value => add(&mut found, data_set, node, id, scope),
            NodeKind::Sequence | NodeKind::Fragments => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns every spelling of what the statements name.
pub(crate) fn identifiers(statements: &[Statement]) -> Identifiers {
    let mut identifiers = Identifiers::new();
    for Statement { kind, text } in statements {
        match kind {
            Kind::Name => identifiers.add_person_name(text),
            Kind::Staff => identifiers.add_staff_name(text),
            Kind::Id => identifiers.add_id(text),
            Kind::Birth => add_birth(&mut identifiers, text),
            Kind::Text(kind) => identifiers.add_text(*kind, text),
        }
    }
    identifiers
}

fn add(found: &mut Vec<Statement>, data_set: &DataSet, node: &Node, id: NodeId, scope: &Scope) {
    let vr = effective_vr(node);
    let Some(kind) = kind(node.tag, vr) else { return };
    let Some(bytes) = data_set.value(id) else { return };
    let bytes = trim_bytes(bytes);
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    for range in scope.sets.split(bytes, vr) {
        let text = scope.sets.decode(&bytes[range], vr).text;
        let text = text.trim().trim_end_matches('\0').trim();
        if text.is_empty() || is_placeholder(text) {
            continue;
        }
        found.push(Statement { kind, text: text.chars().take(MOST_CHARACTERS).collect() });
    }
}

/// How a statement is spelled out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Name,
    Staff,
    Id,
    Birth,
    Text(IdentifierKind),
}

/// Tells which kind of identifier an attribute states, if any.
fn kind(tag: Tag, vr: Vr) -> Option<Kind> {
    use IdentifierKind::{Address, Email, Institution, Phone};
    let kind = match (tag.group(), tag.element()) {
        (0x0010, 0x0010 | 0x1001 | 0x1005 | 0x1060 | 0x2297) => Kind::Name,
        (0x0010, 0x0020 | 0x1000 | 0x1002 | 0x1050 | 0x0035) => Kind::Id,
        (0x0010, 0x0030) => Kind::Birth,
        (0x0010, 0x1040) | (0x0008, 0x0081) | (0x0040, 0x1102) => Kind::Text(Address),
        (0x0010, 0x2154) | (0x0008, 0x0094) | (0x0040, 0x1103) => Kind::Text(Phone),
        (0x0010, 0x2155) | (0x0040, 0x1104) => Kind::Text(Email),
        (0x0008, 0x0050) | (0x0038, 0x0010 | 0x0060) | (0x0040, 0x2016 | 0x2017) => Kind::Id,
        (0x0008, 0x0080 | 0x1040) | (0x0040, 0x1010) | (0x0010, 0x2299) => Kind::Text(Institution),
        (0x0018, 0x1000) => Kind::Id,
        (0x0012, 0x0040 | 0x0042) => Kind::Id,
        // Physicians and operators are people too, but not the patient.
        _ if vr == Vr::PN => Kind::Staff,
        _ => return None,
    };
    Some(kind)
}

fn add_birth(identifiers: &mut Identifiers, text: &str) {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 8 {
        return;
    }
    let number = |range: std::ops::Range<usize>| digits[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    if (1..=12).contains(&month) && (1..=31).contains(&day) && year > 0 {
        identifiers.add_birth_date(year as u16, month as u8, day as u8);
    }
}

/// Tells whether a value stands for "nobody": dummies of scanners and of earlier de-identification.
fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "anonymous",
        "anonymized",
        "anonymised",
        "anon",
        "unknown",
        "none",
        "null",
        "n/a",
        "na",
        "removed",
        "deleted",
        "no name",
        "not specified",
        "unspecified",
    ];
    let folded = text.trim_matches(['^', '=', ' ', '*', '-', '.', '_']).to_lowercase();
    let mut characters = folded.chars();
    let first = characters.next();
    WORDS.contains(&folded.as_str()) || first.is_none() || characters.all(|c| Some(c) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dummies_of_other_tools_are_no_identifiers() {
        for word in ["Anonymous", "^^", "000000", "XXXX", "n/a", "UNKNOWN^"] {
            assert!(is_placeholder(word), "{word}");
        }
        assert!(!is_placeholder("Yamada^Tarou"));
        assert!(!is_placeholder("00123"));
    }
}
