//! The search for harvested identifiers in a text, in its folded form.

use super::Removal;
use crate::identifiers::Identifiers;
use crate::kind::Kind;
use crate::normal::{Folded, fold, is_separator};
use crate::spelling::name::is_han;
use crate::spelling::strength::Strength;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::collections::BTreeMap;

/// The folded spellings, ready to be searched for.
pub(super) struct Harvest {
    automaton: Option<AhoCorasick>,
    patterns: Vec<Pattern>,
}

#[derive(Clone, Copy)]
struct Pattern {
    kind: Kind,
    strength: Strength,
    /// Tells whether some spelling of it has separators inside.
    separated: bool,
}

impl Harvest {
    pub(super) fn new(identifiers: &Identifiers) -> Harvest {
        let mut folded: BTreeMap<String, Pattern> = BTreeMap::new();
        for spelling in identifiers.spellings() {
            let text = fold(spelling.text);
            let separated = spelling.text.trim_matches(is_separator).contains(is_separator);
            let new = Pattern { kind: spelling.kind, strength: spelling.strength, separated };
            let entry = folded.entry(text).or_insert(new);
            entry.kind = entry.kind.min(new.kind);
            entry.strength = entry.strength.max(new.strength);
            entry.separated |= new.separated;
        }
        folded.remove("");
        // The kinds that search faster take ten times as long to build, and the texts of an instance are short.
        let mut builder = AhoCorasick::builder();
        builder.kind(Some(AhoCorasickKind::NoncontiguousNFA));
        let automaton = if folded.is_empty() { None } else { builder.build(folded.keys()).ok() };
        Harvest { automaton, patterns: folded.into_values().collect() }
    }

    pub(super) fn find(&self, text: &str) -> Vec<Removal> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut removals = self.whole(automaton, text);
        for (at, mark) in text.match_indices(is_voicing) {
            removals.extend(self.before_mark(automaton, text, at, mark));
        }
        removals
    }

    fn whole(&self, automaton: &AhoCorasick, text: &str) -> Vec<Removal> {
        let folded = Folded::new(text);
        let mut removals: Vec<Removal> = Vec::new();
        for found in automaton.find_overlapping_iter(folded.text()) {
            let pattern = self.patterns[found.pattern().as_usize()];
            let Some(range) = folded.origin(found.range()) else { continue };
            let characters = folded.text()[found.range()].chars().count();
            if pattern.matches(text, range.clone(), characters) {
                // A shorter one inside the last adds nothing.
                if removals.last().is_none_or(|last| !(last.range.start <= range.start && range.end <= last.range.end))
                {
                    removals.push(Removal { range, kind: pattern.kind });
                }
            }
        }
        removals
    }

    /// Finds what ends where a mark stands that changes its last letter, and which folding with the mark hides: `ﾀﾅｶ`
    /// in `ﾀﾅｶﾞ`.
    fn before_mark(&self, automaton: &AhoCorasick, text: &str, at: usize, mark: &str) -> Option<Removal> {
        let start = text[..at].char_indices().rev().take(LONGEST_BEFORE_MARK).last()?.0;
        let folded = Folded::new(&text[start..at]);
        let at_end = automaton.find_overlapping_iter(folded.text()).filter(|found| found.end() == folded.text().len());
        let removals = at_end.filter_map(|found| {
            let pattern = self.patterns[found.pattern().as_usize()];
            let origin = folded.origin(found.range())?;
            let range = start + origin.start..start + origin.end;
            let characters = folded.text()[found.range()].chars().count();
            let range_with_mark = range.start..at + mark.len();
            pattern.matches(text, range, characters).then_some(Removal { range: range_with_mark, kind: pattern.kind })
        });
        removals.min_by_key(|removal| removal.range.start)
    }
}

/// So many characters before a mark are searched; no name is longer.
const LONGEST_BEFORE_MARK: usize = 64;

/// Tells whether a character is a mark of voicing, which old data writes as a character of its own.
fn is_voicing(character: char) -> bool {
    matches!(character, 'ﾞ' | 'ﾟ' | '\u{3099}' | '\u{309A}')
}

impl Pattern {
    /// Tells whether the place fits the strength: a strong one may lie inside a word or across words, unless a short one
    /// lies across words without ending where they end; a weak one must be a whole word.
    fn matches(self, text: &str, range: std::ops::Range<usize>, characters: usize) -> bool {
        let whole = text[range.clone()].chars().all(|c| !is_separator(c));
        let bounded = || is_bounded(text, range.clone());
        match self.strength {
            Strength::Strong => whole || characters >= 6 || bounded(),
            Strength::Weak => (whole || self.separated) && bounded(),
        }
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Class {
    Letter,
    Digit,
    Han,
    Katakana,
    Hiragana,
    None,
}

fn class(character: Option<char>) -> Class {
    match character {
        Some(c) if c.is_numeric() && !is_han(c) => Class::Digit,
        Some(c) if is_han(c) => Class::Han,
        Some('ァ'..='ヺ' | 'ー' | 'ｦ'..='ﾟ') => Class::Katakana,
        Some('ぁ'..='ゖ') => Class::Hiragana,
        Some(c) if c.is_alphabetic() => Class::Letter,
        _ => Class::None,
    }
}

/// Tells whether a range is a whole word: beside it stands no character that would continue it.
fn is_bounded(text: &str, range: std::ops::Range<usize>) -> bool {
    let inside = &text[range.clone()];
    let (first, last) = (class(inside.chars().next()), class(inside.chars().next_back()));
    let (before, after) = (text[..range.start].chars().next_back(), text[range.end..].chars().next());
    let decimal = first == Class::Digit && (is_decimal_before(text, range.start) || is_decimal_after(text, range.end));
    !decimal && !continues(class(before), first) && !continues_after(last, class(after))
}

fn continues(before: Class, first: Class) -> bool {
    before != Class::None
        && (before == first || matches!((before, first), (Class::Katakana, Class::Han) | (Class::Han, Class::Katakana)))
}

/// After a kanji name hiragana may follow: a particle, or a form of address.
fn continues_after(last: Class, after: Class) -> bool {
    after != Class::None && (last == after || matches!((last, after), (Class::Han, Class::Katakana)))
}

fn is_decimal_before(text: &str, at: usize) -> bool {
    text[..at].strip_suffix('.').is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()))
}

fn is_decimal_after(text: &str, at: usize) -> bool {
    text[at..].strip_prefix('.').is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_digit()))
}
