//! Searches the bytes of an output for what identified somebody in the original.

use super::Output;
use crate::check::Check;
use crate::instance::{Element, Instance};
use crate::report::Findings;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use std::fs::File;
use std::io::{self, Read};
use tokumei_core::Vr;
use tokumei_text::{Identifiers, Strength, detect, encodings};

/// Searches for one set of identifiers.
pub(crate) struct Searcher {
    strong: AhoCorasick,
    forms: Vec<Form>,
    longest: usize,
    weak: AhoCorasick,
}

/// What a pattern of the strong search is.
#[derive(Clone, Copy)]
struct Form {
    length: usize,
    is_uid: bool,
    is_number: bool,
    is_common_word: bool,
}

/// Bytes that are read at once.
const BLOCK: usize = 1 << 20;
/// Shortest form that means something among samples or other numbers.
const SHORTEST_IN_NUMBERS: usize = 8;

impl Searcher {
    /// Prepares the search; `None` when there is too much to search for.
    pub(crate) fn new(identifiers: &Identifiers) -> Option<Searcher> {
        let weak = identifiers.spellings().filter(|spelling| spelling.strength == Strength::Weak);
        let words = weak.filter(|spelling| !spelling.is_common_word()).map(|spelling| spelling.text.to_lowercase());
        Searcher::build(identifiers, &[], words.collect())
    }

    /// Prepares the search for what can be found without context.
    pub(crate) fn strong_only(identifiers: &Identifiers, uids: &[String]) -> Option<Searcher> {
        Searcher::build(identifiers, uids, Vec::new())
    }

    fn build(identifiers: &Identifiers, uids: &[String], words: Vec<String>) -> Option<Searcher> {
        let (mut patterns, mut forms) = (Vec::new(), Vec::new());
        let form = |bytes: &[u8], is_uid, is_common_word| Form {
            length: bytes.len(),
            is_uid,
            is_number: bytes.iter().all(|b| b.is_ascii_digit()),
            is_common_word,
        };
        for spelling in identifiers.spellings().filter(|spelling| spelling.strength == Strength::Strong) {
            for bytes in encodings(spelling.text) {
                forms.push(form(&bytes, false, spelling.is_common_word()));
                patterns.push(bytes);
            }
        }
        for uid in uids {
            forms.push(form(uid.as_bytes(), true, false));
            patterns.push(uid.as_bytes().to_vec());
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(1);
        let build = |patterns: &[Vec<u8>]| {
            AhoCorasickBuilder::new().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(patterns).ok()
        };
        let words: Vec<Vec<u8>> = words.into_iter().map(String::into_bytes).collect();
        Some(Searcher { strong: build(&patterns)?, forms, longest, weak: build(&words)? })
    }

    /// Searches an output, its file meta information included.
    pub(crate) fn search(&self, output: &Output<'_>, findings: &mut Findings<'_>) -> io::Result<()> {
        let map = Map::of(output.instance);
        let mut file = File::open(output.path)?;
        // A deflated data set has offsets of its own; what stands before it is searched too.
        let head = output.inflated.map(|_| output.instance.meta.end);
        match head {
            None => self.stream(&mut file, output, &map, findings)?,
            Some(end) => {
                self.stream(&mut file.take(end), output, &Map::empty(), findings)?;
                self.stream(&mut output.inflated.unwrap_or_default(), output, &map, findings)?;
            }
        }
        self.words(output.instance, findings);
        Ok(())
    }

    /// Tells whether a text of the original names somebody, so that it had to be changed.
    pub(crate) fn names_somebody(&self, original: &Instance, element: &Element) -> bool {
        original.texts(element).iter().any(|text| {
            let small = text.to_lowercase();
            let word = |text: &str| {
                self.weak.find_overlapping_iter(text).any(|hit| is_whole_word(text, hit.start(), hit.end()))
            };
            self.strong.is_match(text) || word(&small) || detect::find(text).iter().any(|finding| finding.certain)
        })
    }

    fn stream(
        &self,
        source: &mut dyn Read,
        output: &Output<'_>,
        map: &Map,
        findings: &mut Findings<'_>,
    ) -> io::Result<()> {
        // Kept of the block before: a whole pattern and a byte at each side of it.
        let overlap = self.longest + 2;
        let mut buffer: Vec<u8> = Vec::with_capacity(BLOCK + overlap);
        let mut base = 0_u64;
        loop {
            let last = source.take(BLOCK as u64).read_to_end(&mut buffer)? == 0;
            for hit in self.strong.find_overlapping_iter(&buffer) {
                // At either end of the buffer a hit lacks its neighbour; it is seen with it in another one.
                if (hit.start() == 0 && base > 0) || (hit.end() == buffer.len() && !last) {
                    continue;
                }
                let form = self.forms[hit.pattern().as_usize()];
                self.judge(form, &buffer, hit.range(), base + hit.start() as u64, output, map, findings);
            }
            if last {
                return Ok(());
            }
            let cut = buffer.len().saturating_sub(overlap);
            buffer.drain(..cut);
            base += cut as u64;
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn judge(
        &self,
        form: Form,
        buffer: &[u8],
        range: std::ops::Range<usize>,
        offset: u64,
        output: &Output<'_>,
        map: &Map,
        findings: &mut Findings<'_>,
    ) {
        let at = |index: Option<usize>| index.and_then(|index| buffer.get(index)).copied().unwrap_or(b' ');
        let (before, after) = (at(range.start.checked_sub(1)), at(Some(range.end)));
        let joined = |b: u8| b.is_ascii_digit() || b == b'.';
        if (form.is_number || form.is_uid) && (joined(before) || joined(after)) {
            return;
        }
        let element = map.find(offset).map(|index| &output.instance.elements[index]);
        let place = match element {
            Some(element) => {
                if !is_worth(element, form) {
                    return;
                }
                output.instance.path(element).to_string()
            }
            None if form.length < SHORTEST_IN_NUMBERS => return,
            None => format!("@{offset}"),
        };
        findings.add(if form.is_uid { Check::OriginalUid } else { Check::OriginalValue }, place);
    }

    /// Searches the texts for weak spellings, as whole words.
    fn words(&self, instance: &Instance, findings: &mut Findings<'_>) {
        if self.weak.patterns_len() == 0 {
            return;
        }
        for element in instance.elements.iter().filter(|element| holds_words(element)) {
            let found = instance.texts(element).iter().any(|text| {
                let text = text.to_lowercase();
                self.weak.find_overlapping_iter(&text).any(|hit| is_whole_word(&text, hit.start(), hit.end()))
            });
            if found {
                findings.add(Check::OriginalValue, instance.path(element));
            }
        }
    }
}

fn is_worth(element: &Element, form: Form) -> bool {
    let vr = element.text_vr();
    if element.is_pixel_data() || !(vr.is_string() || vr == Vr::UN) {
        return form.length >= SHORTEST_IN_NUMBERS;
    }
    !(form.is_common_word && vr == Vr::CS)
}

fn holds_words(element: &Element) -> bool {
    element.text_vr().is_text()
}

/// Tells whether a hit does not stand inside a longer run of the same kind of characters.
fn is_whole_word(text: &str, start: usize, end: usize) -> bool {
    let (Some(before), Some(word), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return false;
    };
    let apart = |outer: Option<char>, inner: Option<char>| match (outer.map(class), inner.map(class)) {
        (Some(outer), Some(inner)) => outer != inner || outer == Class::Other,
        _ => true,
    };
    apart(before.chars().next_back(), word.chars().next()) && apart(after.chars().next(), word.chars().next_back())
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Digit,
    Latin,
    Kana,
    Han,
    Hangul,
    Other,
}

fn class(c: char) -> Class {
    match c {
        '0'..='9' | '０'..='９' => Class::Digit,
        '\u{3041}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}' => Class::Kana,
        '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => Class::Han,
        '\u{AC00}'..='\u{D7A3}' => Class::Hangul,
        c if c.is_alphabetic() => Class::Latin,
        _ => Class::Other,
    }
}

/// Which element a byte of the stream belongs to.
struct Map(Vec<(u64, u64, usize)>);

impl Map {
    fn of(instance: &Instance) -> Map {
        let all = instance.elements.iter().enumerate();
        let mut ranges: Vec<_> = all
            .filter(|(_, element)| element.at.end > element.at.start)
            .map(|(index, element)| (element.at.start, element.at.end, index))
            .collect();
        ranges.sort_unstable();
        Map(ranges)
    }

    fn empty() -> Map {
        Map(Vec::new())
    }

    fn find(&self, offset: u64) -> Option<usize> {
        let after = self.0.partition_point(|(start, ..)| *start <= offset);
        let (_, end, index) = self.0.get(after.checked_sub(1)?)?;
        (offset < *end).then_some(*index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_inside_a_longer_run_is_not_whole() {
        let whole = |text: &str, word: &str| {
            let start = text.find(word).unwrap();
            is_whole_word(text, start, start + word.len())
        };
        assert!(whole("dr lee saw", "lee") && !whole("森様", "様"));
        assert!(!whole("sleep", "lee") && !whole("森林", "森") && whole("森さん", "森"));
    }
}
