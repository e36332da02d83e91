//! Detectors: patterns that identify somebody whatever the data set says about who it is.
//!
//! Dates, numbers with check digits, telephone numbers, addresses, names beside a form of address, hospitals, and what
//! follows a label. They look at full-width text as at ASCII, and take time linear in the text. A measure such as
//! `3mm`, `0.625`, `L4-5` or `T2_FLAIR` is none of these.

mod context;
mod date;
mod narrow;
mod number;
mod pattern;
mod place;

use crate::kind::Kind;
pub(crate) use narrow::Narrow;
use pattern::Pattern;
use std::ops::Range;

/// A part of a text that a detector found.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Finding {
    /// The bytes of the text, whole characters.
    pub range: Range<usize>,
    /// What it looks like.
    pub kind: Kind,
    /// Tells whether it can hardly be anything else.
    pub certain: bool,
}

/// Returns what the detectors find in `text`, sorted by place; findings may overlap.
///
/// ```
/// use tokumei_text::{Kind, detect};
/// let findings = detect::find("CT 頭部 2019/03/04 3mm");
/// assert_eq!((findings[1].kind, findings[1].range.clone()), (Kind::Date, 10..20));
/// ```
pub fn find(text: &str) -> Vec<Finding> {
    let narrow = Narrow::new(text);
    let traits = Traits::of(narrow.text());
    let mut findings = Vec::new();
    for rules in [date::rules(), number::rules(), place::rules()] {
        rules.iter().for_each(|rule| rule.apply(narrow.text(), traits, &mut findings));
    }
    place::institutions(narrow.text(), traits, &mut findings);
    context::honorifics(narrow.text(), traits, &mut findings);
    context::labels(narrow.text(), traits, &mut findings);
    for finding in &mut findings {
        finding.range = narrow.origin(finding.range.clone());
    }
    findings.retain(|finding| !finding.range.is_empty());
    findings.sort_by_key(|finding| (finding.range.start, finding.range.end, finding.kind, !finding.certain));
    findings.dedup();
    findings
}

/// What a text has at all, so that most patterns need not be tried.
#[derive(Clone, Copy)]
struct Traits {
    digit: bool,
    /// How many digits.
    digits: usize,
    cjk: bool,
    letter: bool,
    /// A colon, equals or number sign, as after a label.
    colon: bool,
    at: bool,
    dot: bool,
    /// Letters of both cases.
    mixed: bool,
    /// The beginning of a month's English name.
    month: bool,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Traits {
    fn of(text: &str) -> Traits {
        let small = pattern::in_small_letters(text);
        Traits {
            digit: text.bytes().any(|b| b.is_ascii_digit()),
            digits: text.bytes().filter(u8::is_ascii_digit).count(),
            cjk: text.chars().any(|c| matches!(c, '\u{3040}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')),
            letter: text.bytes().any(|b| b.is_ascii_alphabetic()),
            colon: text.contains([':', '=', '#']),
            at: text.contains('@'),
            dot: text.contains('.'),
            mixed: text.contains(char::is_lowercase) && text.contains(char::is_uppercase),
            month: small.bytes().any(|b| b.is_ascii_lowercase()) && MONTHS.iter().any(|month| small.contains(month)),
        }
    }
}

/// What may not stand beside a match.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Border {
    Free,
    /// No digit, and no decimal point with a digit.
    Digit,
    /// No ASCII letter or digit, nor a decimal point with a digit.
    Word,
}

struct Rule {
    pattern: Pattern,
    kind: Kind,
    certain: bool,
    border: Border,
    needs: fn(Traits) -> bool,
    check: fn(&str) -> bool,
}

impl Rule {
    fn new(pattern: &str, kind: Kind, border: Border) -> Rule {
        Rule {
            pattern: Pattern::new(pattern),
            kind,
            certain: true,
            border,
            needs: |traits| traits.digits >= 4,
            check: |_| true,
        }
    }

    /// Names words of which a text must hold one for the rule to match.
    fn with_words(mut self, words: &'static [&'static str]) -> Rule {
        self.pattern = self.pattern.needing(words);
        self
    }

    /// Names words of which a text must hold one, in letters of any case.
    fn with_words_in_any_case(mut self, words: &'static [&'static str]) -> Rule {
        self.pattern = self.pattern.needing_in_any_case(words);
        self
    }

    fn uncertain(mut self) -> Rule {
        self.certain = false;
        self
    }

    fn needing(mut self, needs: fn(Traits) -> bool) -> Rule {
        self.needs = needs;
        self
    }

    fn checked(mut self, check: fn(&str) -> bool) -> Rule {
        self.check = check;
        self
    }

    fn apply(&self, text: &str, traits: Traits, findings: &mut Vec<Finding>) {
        if !(self.needs)(traits) {
            return;
        }
        let Some(pattern) = self.pattern.for_text(text) else { return };
        for found in pattern.find_iter(text) {
            if self.border.holds(text, found.range()) && (self.check)(found.as_str()) {
                findings.push(Finding { range: found.range(), kind: self.kind, certain: self.certain });
            }
        }
    }
}

impl Border {
    fn holds(self, text: &str, range: Range<usize>) -> bool {
        if self == Border::Free {
            return true;
        }
        let bytes = text.as_bytes();
        let at = |index: Option<usize>| index.and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
        let (before, after) = (at(range.start.checked_sub(1)), at(Some(range.end)));
        let (before2, after2) = (at(range.start.checked_sub(2)), at(Some(range.end + 1)));
        let decimal = (before == b'.' && before2.is_ascii_digit()) || (after == b'.' && after2.is_ascii_digit());
        let joined = |b: u8| if self == Border::Word { b.is_ascii_alphanumeric() } else { b.is_ascii_digit() };
        !decimal && !joined(before) && !joined(after)
    }
}

/// Returns the decimal digits of a match.
fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

#[cfg(test)]
mod tests;
