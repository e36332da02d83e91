//! Judging the words that no identifier and no detector claimed.

use super::Removal;
use crate::kind::Kind;
use crate::normal::Folded;
use crate::spelling::name::is_han;
use crate::vocabulary::{self, Known};
use std::ops::Range;

/// A word, and what the vocabulary says about it.
struct Word {
    range: Range<usize>,
    known: Option<Known>,
    removed: bool,
}

/// Removes words that the vocabulary does not have; beside one, or beside a removed name, also words that may be names.
pub(super) fn remove_unknown(text: &str, removals: &mut Vec<Removal>) {
    let mut words = words(text, removals);
    for word in &mut words {
        word.removed |= word.known.is_none();
    }
    let doubtful: Vec<usize> =
        (0..words.len()).filter(|&at| words[at].known == Some(Known::Ambiguous) && !words[at].removed).collect();
    for at in doubtful {
        if is_beside_a_name(text, &words, at, removals, true) {
            words[at].removed = true;
        }
    }
    push(words, removals);
}

/// Removes words that look like names where their surroundings speak for it.
pub(super) fn remove_names(text: &str, removals: &mut Vec<Removal>) {
    let mut words = words(text, removals);
    for at in 0..words.len() {
        let doubtful = words[at].known != Some(Known::Plain);
        if doubtful
            && (is_beside_a_name(text, &words, at, removals, words[at].known.is_none()) || is_pair(text, &words, at))
        {
            words[at].removed = true;
        }
    }
    push(words, removals);
}

fn push(words: Vec<Word>, removals: &mut Vec<Removal>) {
    let gone = words.into_iter().filter(|word| word.removed);
    removals.extend(gone.map(|word| Removal { range: word.range, kind: Kind::UnknownWord }));
}

/// Tells whether only separators lie between the word and a removed name or removed word written in the same way.
fn is_beside_a_name(text: &str, words: &[Word], at: usize, removals: &[Removal], any_style: bool) -> bool {
    let word = &words[at].range;
    let style = style(&text[word.clone()]);
    let near = |other: &Range<usize>| {
        let gap = if other.end <= word.start {
            other.end..word.start
        } else if word.end <= other.start {
            word.end..other.start
        } else {
            return true;
        };
        gap.len() <= 8 && text[gap].chars().all(|c| !c.is_alphanumeric())
    };
    let alike = |other: &Range<usize>| {
        let theirs = self::style(&text[other.clone()]);
        style == Style::Title || theirs == style || (any_style && theirs == Style::Other)
    };
    let names = removals.iter().filter(|removal| is_name(removal.kind)).map(|removal| &removal.range);
    let gone = words.iter().filter(|other| other.removed).map(|other| &other.range);
    // Latin and Japanese words side by side are seldom parts of one name.
    let same_script = |other: &Range<usize>| text[word.clone()].is_ascii() == text[other.clone()].is_ascii();
    names.chain(gone).any(|other| near(other) && alike(other) && same_script(other))
}

fn is_name(kind: Kind) -> bool {
    matches!(kind, Kind::PersonName | Kind::Staff | Kind::Honorific | Kind::Labelled | Kind::Phone | Kind::Email)
}

/// Tells whether two unknown capitalised words stand side by side, as a given and a family name do.
fn is_pair(text: &str, words: &[Word], at: usize) -> bool {
    let titled = |word: &Word| {
        let text = &text[word.range.clone()];
        word.known != Some(Known::Plain)
            && style(text) == Style::Title
            && text.chars().count() >= 3
            && text.chars().all(char::is_alphabetic)
    };
    let neighbour = |a: &Word, b: &Word| {
        matches!(&text[a.range.end..b.range.start], " " | ", " | "," | "^" | "_" | "-" | "\u{3000}")
    };
    let pairs = |a: Option<&Word>, b: Option<&Word>| {
        let (Some(a), Some(b)) = (a, b) else { return false };
        titled(a) && titled(b) && neighbour(a, b) && (a.known.is_none() || b.known.is_none())
    };
    pairs(at.checked_sub(1).and_then(|i| words.get(i)), words.get(at)) || pairs(words.get(at), words.get(at + 1))
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Style {
    Upper,
    Lower,
    Title,
    Other,
}

fn style(word: &str) -> Style {
    let mut letters = word.chars().filter(|c| c.is_lowercase() || c.is_uppercase());
    let Some(first) = letters.next() else { return Style::Other };
    let rest_lower = letters.clone().all(char::is_lowercase);
    match (first.is_uppercase(), rest_lower, letters.next().is_some()) {
        (true, true, true) => Style::Title,
        (true, _, _) => Style::Upper,
        (false, true, _) => Style::Lower,
        _ => Style::Other,
    }
}

/// Cuts the text into words, leaving out what is removed already.
fn words(text: &str, removals: &[Removal]) -> Vec<Word> {
    let mut gone: Vec<Range<usize>> = removals.iter().map(|removal| removal.range.clone()).collect();
    gone.sort_by_key(|range| (range.start, range.end));
    let (mut words, mut at) = (Vec::new(), 0);
    for range in gone {
        if range.start > at {
            words_between(text, at..range.start, &mut words);
        }
        at = at.max(range.end);
    }
    words_between(text, at..text.len(), &mut words);
    words
}

fn words_between(text: &str, range: Range<usize>, words: &mut Vec<Word>) {
    let part = &text[range.clone()];
    let mut start = None;
    for (at, character) in part.char_indices().chain([(part.len(), ' ')]) {
        let kind = Script::of(character);
        if let Some((from, script)) = start {
            if kind == Some(script) || (script == Script::Latin && is_inner(part, at, character)) {
                continue;
            }
            word(text, range.start + from..range.start + at, script, words);
        }
        start = kind.map(|script| (at, script));
    }
}

/// A point or percent sign belongs to the number or abbreviation it stands in.
fn is_inner(part: &str, at: usize, character: char) -> bool {
    let next = part.get(at + character.len_utf8()..).and_then(|rest| rest.chars().next());
    match character {
        '.' => next.is_some_and(|c| c.is_ascii_alphanumeric()),
        '*' | '%' | '\'' | '’' => true,
        _ => false,
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Script {
    /// Letters and digits that are written with spaces between words.
    Latin,
    /// Kanji and kana, which are not.
    Cjk,
}

impl Script {
    fn of(character: char) -> Option<Script> {
        match character {
            c if is_han(c) => Some(Script::Cjk),
            '\u{3040}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}' => Some(Script::Cjk),
            c if c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36F}') => Some(Script::Latin),
            _ => None,
        }
    }
}

fn word(text: &str, range: Range<usize>, script: Script, words: &mut Vec<Word>) {
    if script == Script::Cjk {
        return segment(text, range, words);
    }
    let known = known(&text[range.clone()]);
    words.push(Word { range, known, removed: false });
}

fn known(word: &str) -> Option<Known> {
    use unicode_normalization::UnicodeNormalization;
    if vocabulary::is_technical(word) {
        // `T2` is technical and `Hand` never is, but `May` with a number behind it may be read as a code.
        return Some(Known::Plain);
    }
    if let Some(known) = vocabulary::lookup(word) {
        return Some(known);
    }
    if !word.is_ascii() {
        let narrow: String = word.nfkc().collect();
        return (narrow != word).then(|| known(&narrow)).flatten();
    }
    compound(word)
}

/// Understands words joined by a change of case, by digits or by points, each of which must be known: `ThoraxRoutine`.
fn compound(word: &str) -> Option<Known> {
    let bytes = word.as_bytes();
    let starts = |at: usize| {
        let (a, b) = (bytes[at - 1], bytes[at]);
        (a.is_ascii_lowercase() && b.is_ascii_uppercase())
            || (a.is_ascii_digit() != b.is_ascii_digit())
            || !a.is_ascii_alphanumeric()
            || !b.is_ascii_alphanumeric()
    };
    let mut borders = vec![0];
    borders.extend((1..word.len()).filter(|&at| starts(at)));
    borders.push(word.len());
    if borders.len() < 3 || borders.len() > 12 {
        return None;
    }
    let parts = borders.windows(2).map(|pair| &word[pair[0]..pair[1]]);
    let mut worst = Known::Plain;
    for part in parts.filter(|part| part.bytes().any(|b| b.is_ascii_alphanumeric())) {
        let number = part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
        worst = worst.max(if number { Known::Plain } else { vocabulary::lookup(part)? });
    }
    (word.bytes().filter(u8::is_ascii_digit).count() <= 5).then_some(worst)
}

/// Cuts a run of kanji and kana into words of the vocabulary so that as few characters as can be stay unknown.
fn segment(text: &str, run: Range<usize>, words: &mut Vec<Word>) {
    let folded = Folded::new(&text[run.clone()]);
    let characters: Vec<(usize, char)> = folded.text().char_indices().collect();
    let byte = |at: usize| characters.get(at).map_or(folded.text().len(), |c| c.0);
    let longest = vocabulary::longest();
    // cost[at]: unknown characters (and words, to prefer long ones) from there to the end.
    let mut cost = vec![(0_u32, 0_u32, 0_usize); characters.len() + 1];
    for at in (0..characters.len()).rev() {
        let unknown = cost[at + 1];
        let mut best = (unknown.0 + 1, unknown.1 + 1, 0);
        for length in 1..=longest.min(characters.len() - at) {
            let rest = cost[at + length];
            if (rest.0, rest.1 + 1) < (best.0, best.1)
                && vocabulary::lookup_folded(&folded.text()[byte(at)..byte(at + length)]).is_some()
            {
                best = (rest.0, rest.1 + 1, length);
            }
        }
        cost[at] = best;
    }
    let mut found: Vec<(Range<usize>, Option<Known>, usize)> = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let length = cost[at].2;
        let next = at + length.max(1);
        let known = if length == 0 { None } else { vocabulary::lookup_folded(&folded.text()[byte(at)..byte(next)]) };
        match found.last_mut() {
            Some((range, None, _)) if known.is_none() => range.end = next,
            _ => found.push((at..next, known, length)),
        }
        at = next;
    }
    widen(&mut found, &characters);
    for (range, known, _) in found {
        if let Some(origin) = folded.origin(byte(range.start)..byte(range.end)) {
            let range = run.start + origin.start..run.start + origin.end;
            words.push(Word { range, known, removed: false });
        }
    }
}

/// A single known kanji beside an unknown one is more likely half a name than a word: 大 in 大野, 中 in 中村. One before
/// unknown hiragana is the stem of a word that is not known: 同 in 同じ.
fn widen(found: &mut [(Range<usize>, Option<Known>, usize)], characters: &[(usize, char)]) {
    let is_kanji = |at: usize| characters.get(at).is_some_and(|character| is_han(character.1));
    let is_hiragana = |at: usize| characters.get(at).is_some_and(|character| matches!(character.1, 'ぁ'..='ゖ'));
    let unknown: Vec<bool> = found.iter().map(|(_, known, _)| known.is_none()).collect();
    for (at, (range, known, length)) in found.iter_mut().enumerate() {
        let after_kanji = at.checked_sub(1).is_some_and(|i| unknown[i] && is_kanji(range.start - 1));
        let before_rest = unknown.get(at + 1) == Some(&true) && (is_kanji(range.end) || is_hiragana(range.end));
        if (after_kanji || before_rest) && *length == 1 && is_kanji(range.start) {
            *known = None;
        }
    }
}
