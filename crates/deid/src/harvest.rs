//! Collects what identifies people in a data set, so that it can be found again where it does not belong.

use crate::scope::{Mode, Scope};
use crate::value::{effective_vr, trim_bytes};
use std::cell::RefCell;
use std::sync::Arc;
use tokumei_core::{Tag, Vr, tags};
use tokumei_text::{Identifiers, Kind as IdentifierKind};
use tokumei_wire::{DataSet, Node, NodeId, NodeKind};

/// Most statements that are spelled out; an instance of the real world makes a few dozen.
const MOST: usize = 2048;

/// Most bytes of an element that are taken as statements, without padding.
const LONGEST: usize = 512;

/// Most characters of one statement: nobody is told apart by more.
const MOST_CHARACTERS: usize = 200;

/// Most bytes of all statements together, so that what is remembered of a study is bounded.
const MOST_TEXT: usize = 64 << 10;

/// Most bytes of all spellings together, what the table of them needs counted in.
const MOST_SPELLED: usize = 16 << 20;

/// What instances state of people, as they state it: sorted, without repetition, at most a few thousand.
///
/// It prints nothing and compares by content. Two instances of a study mostly state the same.
///
/// ```
/// use tokumei_deid::Statements;
/// let mut study = Statements::default();
/// study.merge(&Statements::default());
/// assert!(study.is_complete());
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Statements {
    sorted: Arc<Vec<Statement>>,
    too_many: bool,
}

thread_local! {
    /// The last instance of a thread: the bytes that state something in it, and what they state.
    static LAST: RefCell<Option<(Vec<u8>, Statements)>> = const { RefCell::new(None) };
}

/// Most of those bytes that a thread remembers.
const MOST_REMEMBERED: usize = 256 << 10;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Statement {
    kind: Kind,
    text: Box<str>,
}

impl Statements {
    /// Returns what the data set states: names of all groups, IDs, birth dates, addresses, telephone numbers,
    /// institutions and staff, at every depth.
    ///
    /// The images of a series mostly state the same in the same bytes, so what the last one stated is remembered.
    pub fn of(data_set: &DataSet) -> Statements {
        let stating = stating(data_set);
        LAST.with_borrow_mut(|last| {
            if let Some((_, statements)) = last.as_ref().filter(|(known, _)| *known == stating) {
                return statements.clone();
            }
            let mut statements = Statements { sorted: Arc::new(collect(data_set)), too_many: false };
            statements.limit();
            *last = (stating.len() <= MOST_REMEMBERED).then(|| (stating, statements.clone()));
            statements
        })
    }

    /// Adds what another instance states. In whatever order instances are added, the result is the same.
    pub fn merge(&mut self, other: &Statements) {
        if self == other {
            return;
        }
        self.too_many |= other.too_many;
        for statement in other.sorted.iter() {
            if let Err(at) = self.sorted.binary_search(statement) {
                Arc::make_mut(&mut self.sorted).insert(at, statement.clone());
            }
        }
        self.limit();
    }

    /// Tells whether nothing was left out. Beyond the limits everything is: nobody can tell what would be missed.
    pub fn is_complete(&self) -> bool {
        !self.too_many
    }

    /// Passes on bytes that are the same for the same statements, and for no others, to be digested.
    pub fn digest(&self, mut update: impl FnMut(&[u8])) {
        update(&[u8::from(self.too_many)]);
        for Statement { kind, text } in self.sorted.iter() {
            update(format!("{kind:?}\u{1F}{}\u{1F}", text.len()).as_bytes());
            update(text.as_bytes());
        }
    }

    fn limit(&mut self) {
        let text = || self.sorted.iter().map(|statement| statement.text.len()).sum::<usize>();
        if self.too_many || self.sorted.len() > MOST || text() > MOST_TEXT {
            *self = Statements { sorted: Arc::default(), too_many: true };
        }
    }

    /// Returns every spelling of what is stated; `None` when there are more than anybody's data ask for.
    pub(crate) fn identifiers(&self) -> Option<Identifiers> {
        let mut identifiers = Identifiers::new();
        for Statement { kind, text } in self.sorted.iter() {
            match kind {
                Kind::Name => identifiers.add_person_name(text),
                Kind::Staff => identifiers.add_staff_name(text),
                Kind::Id => identifiers.add_id(text),
                Kind::Birth => add_birth(&mut identifiers, text),
                Kind::Text(kind) => identifiers.add_text(*kind, text),
            }
            if identifiers.bytes() > MOST_SPELLED {
                return None;
            }
        }
        self.is_complete().then_some(identifiers)
    }
}

/// Returns the bytes of every element that states something, with what they are read by: their tags, value representations,
/// character sets and places among the items. Where these are equal, so is what is stated.
fn stating(data_set: &DataSet) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    let mut ends: Vec<u32> = Vec::new();
    for (index, node) in (0..).zip(data_set.nodes()) {
        while ends.pop_if(|end| *end <= index).is_some() {
            bytes.push(b']');
        }
        match node.kind {
            NodeKind::Item => {
                ends.push(node.end);
                bytes.push(b'[');
            }
            NodeKind::Value => push_stating(&mut bytes, data_set, node, NodeId(index)),
            // A character set that has no value hides the one behind it.
            NodeKind::Sequence | NodeKind::Fragments if node.tag == tags::SPECIFIC_CHARACTER_SET => bytes.push(b'!'),
            NodeKind::Sequence | NodeKind::Fragments => {}
        }
    }
    bytes
}

fn push_stating(bytes: &mut Vec<u8>, data_set: &DataSet, node: &Node, id: NodeId) {
    let vr = effective_vr(node);
    let names_sets = node.tag == tags::SPECIFIC_CHARACTER_SET;
    if !names_sets && kind(node.tag, vr).is_none() {
        return;
    }
    let Some(value) = data_set.value(id) else { return };
    let value = if names_sets { value } else { stated(value) };
    bytes.push(b'=');
    bytes.extend(node.tag.0.to_le_bytes());
    bytes.extend(node.tag.1.to_le_bytes());
    bytes.extend(vr.as_str().bytes());
    bytes.extend(value.len().to_le_bytes());
    bytes.extend(value);
}

fn collect(data_set: &DataSet) -> Vec<Statement> {
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

fn add(found: &mut Vec<Statement>, data_set: &DataSet, node: &Node, id: NodeId, scope: &Scope) {
    let vr = effective_vr(node);
    let Some(kind) = kind(node.tag, vr) else { return };
    let Some(bytes) = data_set.value(id).map(stated) else { return };
    for range in scope.sets.split(bytes, vr) {
        let text = scope.sets.decode(&bytes[range], vr).text;
        let text = text.trim().trim_end_matches('\0').trim();
        if text.is_empty() || is_placeholder(text) {
            continue;
        }
        found.push(Statement { kind, text: text.chars().take(MOST_CHARACTERS).collect::<String>().into() });
    }
}

/// Returns the bytes of a value that are taken as statements.
fn stated(value: &[u8]) -> &[u8] {
    let bytes = trim_bytes(value);
    &bytes[..bytes.len().min(LONGEST)]
}

/// How a statement is spelled out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
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
    use tokumei_wire::{Limits, NewElement, NewMeta, NewValue, encode, read};

    #[test]
    fn dummies_of_other_tools_are_no_identifiers() {
        for word in ["Anonymous", "^^", "000000", "XXXX", "n/a", "UNKNOWN^"] {
            assert!(is_placeholder(word), "{word}");
        }
        assert!(!is_placeholder("Yamada^Tarou"));
        assert!(!is_placeholder("00123"));
    }

    fn text(tag: Tag, vr: Vr, value: &[u8]) -> NewElement {
        NewElement::bytes(tag, vr, value.to_vec())
    }

    fn data_set(elements: &[NewElement]) -> DataSet {
        let meta = NewMeta {
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.2".into(),
            sop_instance_uid: "1.2.3".into(),
            transfer_syntax: "1.2.840.10008.1.2.1".into(),
            implementation_class_uid: "1.2.3".into(),
            implementation_version_name: "T".into(),
        };
        read(&encode(&meta, elements).as_slice(), &Limits::default()).unwrap()
    }

    #[test]
    fn what_the_last_instance_stated_is_taken_for_an_equal_one_alone() {
        let set = |value: &[u8]| text(tags::SPECIFIC_CHARACTER_SET, Vr::CS, value);
        // A byte that is another letter in the other set.
        let name = |vr| text(Tag(0x0010, 0x0010), vr, b"M\xF5der");
        let items = |items: Vec<Vec<NewElement>>| NewElement {
            tag: Tag(0x0008, 0x1111),
            vr: Vr::SQ,
            value: NewValue::Items(items),
        };
        let physician = || text(Tag(0x0008, 0x0090), Vr::PN, b"B\xF5hm");
        let latin2 = || set(b"ISO_IR 101");
        // A sequence in the place of a character set, before one.
        let hollow = NewElement { tag: tags::SPECIFIC_CHARACTER_SET, vr: Vr::SQ, value: NewValue::Items(vec![]) };
        let all = [
            vec![set(b"ISO_IR 100"), name(Vr::PN)],
            vec![latin2(), name(Vr::PN)],
            vec![latin2(), text(Tag(0x0010, 0x0020), Vr::LO, b"M\xF5der")],
            vec![latin2(), items(vec![vec![set(b"ISO_IR 100"), physician()], vec![]])],
            vec![latin2(), items(vec![vec![set(b"ISO_IR 100")], vec![physician()]])],
            vec![],
            vec![hollow, latin2(), name(Vr::PN)],
        ];
        let all: Vec<DataSet> = all.iter().map(|elements| data_set(elements)).collect();
        let fresh = |data_set| Statements { sorted: Arc::new(collect(data_set)), too_many: false };
        for (one, other) in all.iter().flat_map(|one| all.iter().map(move |other| (one, other))) {
            assert!(Statements::of(one) == fresh(one) && Statements::of(other) == fresh(other));
        }
        // Read without a set, the last one is as in Latin 1; all others differ.
        let different: std::collections::BTreeSet<_> = all.iter().map(|one| digest(&fresh(one))).collect();
        assert_eq!(different.len(), all.len() - 1);
    }

    fn stated(texts: &[&str]) -> Statements {
        let mut sorted: Vec<Statement> =
            texts.iter().map(|text| Statement { kind: Kind::Id, text: (*text).into() }).collect();
        sorted.sort();
        sorted.dedup();
        let mut statements = Statements { sorted: Arc::new(sorted), too_many: false };
        statements.limit();
        statements
    }

    fn merged(parts: &[&Statements]) -> Statements {
        parts.iter().fold(Statements::default(), |mut all, part| {
            all.merge(part);
            all
        })
    }

    fn digest(statements: &Statements) -> Vec<u8> {
        let mut bytes = Vec::new();
        statements.digest(|part| bytes.extend_from_slice(part));
        bytes
    }

    #[test]
    fn the_order_of_instances_does_not_matter() {
        let (a, b, c) = (stated(&["A1", "B2"]), stated(&["B2", "C3"]), stated(&["A1"]));
        let forth = merged(&[&a, &b, &c]);
        assert!(forth == merged(&[&c, &b, &a]) && forth == stated(&["A1", "B2", "C3"]));
        assert_eq!(digest(&forth), digest(&merged(&[&b, &c, &a])));
        assert_ne!(digest(&forth), digest(&a));
        assert_ne!(digest(&stated(&["A1", "B2"])), digest(&stated(&["A1B", "2"])));
    }

    #[test]
    fn more_than_anybody_states_is_known_to_be_too_much_in_any_order() {
        let texts: Vec<String> = (0..=MOST).map(|number| format!("ID{number:06}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (few, half, rest) = (stated(&["A1"]), stated(&texts[..1500]), stated(&texts[1000..]));
        assert!(half.is_complete() && rest.is_complete());
        for parts in [[&few, &half, &rest], [&rest, &few, &half], [&half, &rest, &few]] {
            let all = merged(&parts);
            assert!(!all.is_complete() && all.identifiers().is_none());
        }
        let long = "X".repeat(200);
        let texts: Vec<String> = (0..400).map(|number| format!("{number}{long}")).collect();
        assert!(!stated(&texts.iter().map(String::as_str).collect::<Vec<_>>()).is_complete());
    }
}
