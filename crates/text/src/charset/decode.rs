//! From bytes to characters: ISO 2022 with G0 and G1, and the sets that need no state.

use super::set::{self, Set, Slot};
use super::{Decoded, Scheme, allows_control, resets};
use crate::issue::{Issue, Issues};
use std::ops::Range;
use tokumei_core::Vr;

/// One step through the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// A character, a delimiter too.
    Character(char),
    /// An escape sequence: no text of its own.
    Escape,
    /// Bytes that stand for nothing.
    Bad,
}

pub(super) fn decode(scheme: Scheme, bytes: &[u8], vr: Vr) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    let mut issues = Issues::none();
    walk(scheme, bytes, vr, &mut issues, |_, token| match token {
        Token::Character(character) => text.push(character),
        Token::Bad => text.push(char::REPLACEMENT_CHARACTER),
        Token::Escape => {}
    });
    if text.chars().any(|c| c.is_control() && !allows_control(vr, c)) {
        issues.insert(Issue::Control);
    }
    Decoded { text, issues }
}

pub(super) fn split(scheme: Scheme, bytes: &[u8], vr: Vr) -> Vec<Range<usize>> {
    let (mut ranges, mut start) = (Vec::new(), 0);
    walk(scheme, bytes, vr, &mut Issues::none(), |range, token| {
        if token == Token::Character('\\') && range.len() == 1 {
            ranges.push(start..range.start);
            start = range.end;
        }
    });
    ranges.push(start..bytes.len());
    ranges
}

fn walk(scheme: Scheme, bytes: &[u8], vr: Vr, issues: &mut Issues, mut sink: impl FnMut(Range<usize>, Token)) {
    if let Scheme::Iso2022 { g0, g1, declared } = scheme {
        return Iso2022 { vr, initial: (g0, g1), declared, g0, g1 }.walk(bytes, issues, sink);
    }
    let mut at = 0;
    while at < bytes.len() {
        let (token, length) = stateless(scheme, &bytes[at..]);
        if token == Token::Bad {
            issues.insert(Issue::Undecodable);
        }
        if bytes[at] == 0x1B {
            issues.insert(Issue::IllegalEscape);
        }
        sink(at..at + length, token);
        at += length;
    }
}

/// Returns the first character of `bytes`, which are not empty, and its length in bytes.
fn stateless(scheme: Scheme, bytes: &[u8]) -> (Token, usize) {
    let lead = bytes[0];
    if lead < 0x80 {
        return (Token::Character(lead as char), 1);
    }
    let (encoding, lengths): (_, &[usize]) = match scheme {
        Scheme::Utf8 => (encoding_rs::UTF_8, &[2, 3, 4]),
        Scheme::Gb18030 | Scheme::Gbk => (encoding_rs::GB18030, &[2, 4]),
        Scheme::ShiftJis => (encoding_rs::SHIFT_JIS, &[1, 2]),
        _ => (encoding_rs::EUC_JP, &[2, 3]),
    };
    lengths
        .iter()
        .find_map(|&length| set::single(encoding, bytes.get(..length)?).map(|c| (Token::Character(c), length)))
        .unwrap_or((Token::Bad, 1))
}

struct Iso2022 {
    vr: Vr,
    initial: (Set, Option<Set>),
    declared: u32,
    g0: Set,
    g1: Option<Set>,
}

impl Iso2022 {
    fn walk(&mut self, bytes: &[u8], issues: &mut Issues, mut sink: impl FnMut(Range<usize>, Token)) {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let (token, length) = match rest[0] {
                0x1B => self.escape(rest, issues),
                0x80..=0xFF => self.right(rest, issues),
                _ => self.left(rest),
            };
            if token == Token::Bad && rest[0] != 0x1B {
                issues.insert(Issue::Undecodable);
            }
            sink(at..at + length, token);
            at += length;
        }
    }

    /// Follows an escape sequence; one that is not known is skipped as a whole (ISO/IEC 2022 shape).
    fn escape(&mut self, rest: &[u8], issues: &mut Issues) -> (Token, usize) {
        let Some((set, length)) = Set::from_escape(&rest[1..]) else {
            issues.insert(Issue::IllegalEscape);
            let between = rest[1..].iter().take(3).take_while(|b| matches!(b, 0x20..=0x2F)).count();
            let last = usize::from(rest.get(1 + between).is_some_and(|b| matches!(b, 0x30..=0x7E)));
            return (Token::Bad, if last == 1 && between > 0 { 1 + between + last } else { 1 });
        };
        if self.declared & set.bit() == 0 && !(set == Set::Ascii || set == Set::Romaji) {
            issues.insert(Issue::UndeclaredEscape);
        }
        match set.slot() {
            Slot::G0 => self.g0 = set,
            Slot::G1 => self.g1 = Some(set),
        }
        (Token::Escape, 1 + length)
    }

    /// Reads a byte below 0x80 in the G0 set.
    fn left(&mut self, rest: &[u8]) -> (Token, usize) {
        let lead = rest[0];
        if self.g0.is_multi_byte() && matches!(lead, 0x21..=0x7E) {
            let trail = rest.get(1).copied().filter(|b| matches!(b, 0x21..=0x7E));
            if let Some(trail) = trail
                && let Some(character) = self.g0.two(lead, trail)
            {
                return (Token::Character(character), 2);
            }
            if !resets(lead as char, self.vr) {
                return (Token::Bad, 1 + usize::from(trail.is_some()));
            }
        }
        if resets(lead as char, self.vr) {
            (self.g0, self.g1) = self.initial;
            return (Token::Character(lead as char), 1);
        }
        // A control character and the space are the same in every set.
        let character = self.g0.one(lead).filter(|_| !self.g0.is_multi_byte()).unwrap_or(lead as char);
        (Token::Character(character), 1)
    }

    /// Reads a byte above 0x7F in the G1 set.
    fn right(&mut self, rest: &[u8], issues: &mut Issues) -> (Token, usize) {
        let set = self.g1.or_else(|| self.undesignated(issues));
        let character = match (set, rest) {
            (Some(set), [lead, trail, ..]) if set.is_multi_byte() => set.two(*lead, *trail).filter(|_| *trail > 0x7F),
            (Some(set), [byte, ..]) => set.one(*byte),
            _ => None,
        };
        match (character, set) {
            (Some(character), Some(set)) => (Token::Character(character), if set.is_multi_byte() { 2 } else { 1 }),
            _ => (Token::Bad, 1),
        }
    }

    /// Returns the declared multi-byte G1 set that a writer forgot to designate.
    fn undesignated(&self, issues: &mut Issues) -> Option<Set> {
        let set = [Set::KsX1001, Set::Gb2312].into_iter().find(|set| self.declared & set.bit() != 0)?;
        issues.insert(Issue::MissingEscape);
        Some(set)
    }
}

/// Tells whether all of `bytes` decode under `scheme`, calling `seen` with each character and its length.
pub(super) fn is_clean(scheme: Scheme, bytes: &[u8], vr: Vr, mut seen: impl FnMut(char, usize)) -> bool {
    let mut issues = Issues::none();
    walk(scheme, bytes, vr, &mut issues, |range, token| {
        if let Token::Character(character) = token {
            seen(character, range.len());
        }
    });
    issues.is_empty()
}
