//! Whether a condition can ever hold: tests that exclude each other, and values that an attribute cannot have.

use super::condition::{Condition, Op, Test, number};
use tokumei_core::{Tag, Vr, dictionary};

/// Why a condition can never hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Never {
    /// It has no part.
    Empty,
    /// Two parts exclude each other.
    Contradiction,
    /// A value is longer than the value representation allows.
    Length,
    /// A code string (CS) is asked for with characters that it cannot hold.
    Code,
    /// A number is asked for and the value is none, or is beyond the value representation.
    Number,
}

/// Returns the first reason why a condition can never hold, and the attribute concerned.
pub(super) fn never(condition: &Condition) -> Option<(Never, Option<Tag>)> {
    match condition {
        Condition::Any(parts) if parts.is_empty() => Some((Never::Empty, None)),
        Condition::Any(parts) => {
            // One branch that can never hold is a slip, even where another can.
            parts.iter().find_map(never)
        }
        Condition::All(parts) if parts.is_empty() => Some((Never::Empty, None)),
        Condition::All(parts) => parts.iter().find_map(never).or_else(|| contradiction(parts)),
        // What a value cannot be is harmless to deny, but an empty list is a slip wherever it stands.
        Condition::Not(part) => never(part).filter(|(why, _)| *why == Never::Empty),
        Condition::Test(test) => impossible(test).map(|why| (why, test.path.last().copied())),
    }
}

/// Returns why no legal value can pass a test.
fn impossible(test: &Test) -> Option<Never> {
    let vr = test.path.last().copied().and_then(dictionary::vr)?;
    let text = test.op.text()?;
    let parts = || text.split('\\');
    if vr == Vr::CS {
        let legal = |c: char| c.is_ascii_digit() || c == ' ' || c == '_' || letter(c, test.ignore_case);
        if !parts().all(|part| part.chars().all(legal)) {
            return Some(Never::Code);
        }
    }
    if is_number(vr) && matches!(test.op, Op::Equals(_)) && !parts().all(|part| holds(vr, part)) {
        return Some(Never::Number);
    }
    let limit = if vr == Vr::PN { 64 * 3 + 2 } else { vr.max_characters()? };
    let whole = !vr.is_multi_valued();
    let long = |part: &str| part.chars().count() > limit;
    (if whole { long(text) } else { parts().any(long) }).then_some(Never::Length)
}

/// Code strings hold capitals; where case is ignored, the text stands in small letters.
fn letter(c: char, ignore_case: bool) -> bool {
    if ignore_case { c.is_ascii_alphabetic() } else { c.is_ascii_uppercase() }
}

fn is_number(vr: Vr) -> bool {
    matches!(vr, Vr::US | Vr::SS | Vr::UL | Vr::SL | Vr::UV | Vr::SV | Vr::FL | Vr::FD | Vr::IS | Vr::DS)
}

/// Tells whether a value representation of numbers can hold this one.
fn holds(vr: Vr, text: &str) -> bool {
    let Some(number) = number(text) else { return false };
    let whole = number.fract() == 0.0;
    match vr {
        // The dictionary gives US where SS is possible too.
        Vr::US | Vr::SS => whole && (-32768.0..=65535.0).contains(&number),
        Vr::UL | Vr::SL | Vr::IS => whole && (-2147483648.0..=4294967295.0).contains(&number),
        Vr::UV | Vr::SV => whole,
        _ => true,
    }
}

/// Looks for tests of one attribute with one value that exclude each other.
fn contradiction(parts: &[Condition]) -> Option<(Never, Option<Tag>)> {
    let mut tests = Vec::new();
    parts.iter().for_each(|part| conjuncts(part, &mut tests));
    for (index, (test, positive)) in tests.iter().enumerate() {
        let clash = tests[..index].iter().any(|(other, other_positive)| {
            test.path == other.path
                && (excludes(test, *positive, other, *other_positive)
                    || excludes(other, *other_positive, test, *positive))
        });
        if clash {
            return Some((Never::Contradiction, test.path.last().copied()));
        }
    }
    None
}

/// Collects the tests that all have to hold, or with `false` not to hold.
fn conjuncts<'a>(condition: &'a Condition, tests: &mut Vec<(&'a Test, bool)>) {
    match condition {
        Condition::All(parts) => parts.iter().for_each(|part| conjuncts(part, tests)),
        Condition::Test(test) => tests.push((test, true)),
        Condition::Not(part) => {
            if let Condition::Test(test) = part.as_ref() {
                tests.push((test, false));
            }
        }
        Condition::Any(_) => {}
    }
}

/// Tells whether two tests of one attribute exclude each other, as far as the first one shows it.
fn excludes(first: &Test, first_positive: bool, second: &Test, second_positive: bool) -> bool {
    match (&first.op, first_positive, &second.op, second_positive) {
        (Op::Missing, true, Op::Missing, false) | (Op::Present, false, Op::Missing, false) => true,
        (Op::Missing, true, op, true) | (Op::Present, false, op, true) => !matches!(op, Op::Missing),
        (Op::Empty, true, op, true) => !matches!(op, Op::Empty | Op::Present),
        (Op::Equals(value), true, _, _) if is_single(&first.path) => {
            excludes_value(value, first, second, second_positive)
        }
        (Op::Greater(low), true, Op::Less(high), true) => is_single(&first.path) && low >= high,
        _ => false,
    }
}

/// Tells whether a test cannot have the wanted outcome for the one value that an attribute has.
fn excludes_value(value: &str, first: &Test, second: &Test, positive: bool) -> bool {
    let folded = value.to_lowercase();
    let accepted = second.op.accepts(if second.ignore_case { &folded } else { value });
    let any_case = first.ignore_case && !second.ignore_case;
    match positive {
        false => accepted && !any_case,
        true if any_case => lower(&second.op).is_some_and(|op| !op.accepts(&folded)),
        true => !accepted,
    }
}

/// Returns the same operation with its text in small letters, `None` where that is another question.
fn lower(op: &Op) -> Option<Op> {
    let text = op.text().map(str::to_lowercase).unwrap_or_default();
    Some(match op {
        Op::Contains(_) => Op::Contains(text),
        Op::StartsWith(_) => Op::StartsWith(text),
        Op::EndsWith(_) => Op::EndsWith(text),
        Op::Equals(_) => Op::Equals(text),
        Op::Regex(_) => return None,
        other => other.clone(),
    })
}

/// Attributes of value multiplicity 1 that rules commonly test (PS3.6 2026c).
const SINGLE: [Tag; 22] = [
    Tag(0x0008, 0x0016),
    Tag(0x0008, 0x0018),
    Tag(0x0008, 0x0060),
    Tag(0x0008, 0x0064),
    Tag(0x0008, 0x0070),
    Tag(0x0008, 0x0080),
    Tag(0x0008, 0x1010),
    Tag(0x0008, 0x1030),
    Tag(0x0008, 0x103E),
    Tag(0x0008, 0x1090),
    Tag(0x0018, 0x0015),
    Tag(0x0018, 0x1000),
    Tag(0x0018, 0x1030),
    Tag(0x0020, 0x0011),
    Tag(0x0020, 0x0013),
    Tag(0x0028, 0x0002),
    Tag(0x0028, 0x0004),
    Tag(0x0028, 0x0008),
    Tag(0x0028, 0x0010),
    Tag(0x0028, 0x0011),
    Tag(0x0028, 0x0100),
    Tag(0x0028, 0x0301),
];

/// Tells whether a path leads to one value; any item of a sequence may hold another.
fn is_single(path: &[Tag]) -> bool {
    matches!(path, [tag] if SINGLE.contains(tag))
}
