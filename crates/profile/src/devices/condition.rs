//! Conditions over the values of a header, compiled.

use regex::Regex;
use std::cell::{Cell, OnceCell};
use std::fmt;
use tokumei_core::Tag;

/// The values of one header, as mask rules see them.
pub trait Values {
    /// Returns the values of the element at a path: a tag of the top level, or the tags of sequences and then that of an
    /// element inside; any item counts, and so does each of several elements with the same tag.
    ///
    /// Text is decoded and trimmed, numbers are in decimal digits. An element without a value gives an empty list, a
    /// sequence the number of its items. `None` where there is no such element.
    fn values(&self, path: &[Tag]) -> Option<Vec<String>>;
}

/// A condition over a header.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A test of one attribute.
    Test(Test),
}

/// A test of one attribute.
#[derive(Clone, Debug)]
pub(super) struct Test {
    /// Where the element is.
    pub path: Vec<Tag>,
    /// The place of the path in the list of paths of all rules.
    pub slot: usize,
    /// The number of the test among all different tests of all rules.
    pub number: usize,
    /// What is asked of its values.
    pub op: Op,
    /// Whether capitals and small letters are the same.
    pub ignore_case: bool,
}

/// What a test asks of the values; a text stands in small letters where case is ignored.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Contains(String),
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Regex(Regex),
    Less(f64),
    Greater(f64),
    Present,
    Missing,
    Empty,
}

impl Condition {
    /// Tells whether a header meets the condition.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(facts)),
            Condition::Not(part) => !part.holds(facts),
            Condition::Test(test) => facts.answer(test),
        }
    }

    /// Calls `visit` with every test below, the negated ones too.
    pub(super) fn tests<'a>(&'a self, visit: &mut dyn FnMut(&'a Test)) {
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| part.tests(visit)),
            Condition::Not(part) => part.tests(visit),
            Condition::Test(test) => visit(test),
        }
    }

    /// Calls `visit` with every test below, to be changed.
    pub(super) fn tests_mut(&mut self, visit: &mut dyn FnMut(&mut Test)) {
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter_mut().for_each(|part| part.tests_mut(visit)),
            Condition::Not(part) => part.tests_mut(visit),
            Condition::Test(test) => visit(test),
        }
    }
}

impl Test {
    fn holds(&self, fact: &Fact) -> bool {
        match (&self.op, &fact.values) {
            (Op::Missing, values) => values.is_none(),
            (_, None) => false,
            (Op::Present, Some(_)) => true,
            (Op::Empty, Some(values)) => values.iter().all(String::is_empty),
            (_, Some(values)) => {
                let values = if self.ignore_case { fact.folded.get_or_init(|| fold(values)) } else { values };
                values.iter().any(|value| self.op.accepts(value)) || self.accepts_whole(values)
            }
        }
    }

    /// Several values are also one text with backslashes, as a data set holds them.
    fn accepts_whole(&self, values: &[String]) -> bool {
        let asks = match &self.op {
            Op::Contains(text) | Op::Equals(text) | Op::StartsWith(text) | Op::EndsWith(text) => text.contains('\\'),
            Op::Regex(_) => true,
            _ => false,
        };
        asks && values.len() > 1 && self.op.accepts(&values.join("\\"))
    }
}

fn fold(values: &[String]) -> Vec<String> {
    values.iter().map(|value| value.to_lowercase()).collect()
}

impl Op {
    /// Tells whether one value, folded where case is ignored, is what is asked for.
    pub(super) fn accepts(&self, value: &str) -> bool {
        match self {
            Op::Contains(text) => value.contains(text.as_str()),
            Op::Equals(text) => value == text || number(text).is_some_and(|asked| number(value) == Some(asked)),
            Op::StartsWith(text) => value.starts_with(text.as_str()),
            Op::EndsWith(text) => value.ends_with(text.as_str()),
            Op::Regex(regex) => regex.is_match(value),
            Op::Less(bound) => number(value).is_some_and(|number| number < *bound),
            Op::Greater(bound) => number(value).is_some_and(|number| number > *bound),
            Op::Present => true,
            Op::Missing => false,
            Op::Empty => value.is_empty(),
        }
    }

    /// Returns the word of a rules file.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Op::Contains(_) => "contains",
            Op::Equals(_) => "equals",
            Op::StartsWith(_) => "starts_with",
            Op::EndsWith(_) => "ends_with",
            Op::Regex(_) => "regex",
            Op::Less(_) => "less_than",
            Op::Greater(_) => "greater_than",
            Op::Present => "present",
            Op::Missing => "missing",
            Op::Empty => "empty",
        }
    }

    /// Returns the text that is asked for, if any.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Op::Contains(text) | Op::Equals(text) | Op::StartsWith(text) | Op::EndsWith(text) => Some(text),
            _ => None,
        }
    }
}

/// Returns a finite number as decimal strings write it.
pub(super) fn number(text: &str) -> Option<f64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

impl fmt::Display for Condition {
    /// Writes the condition on one line, so that equal conditions give equal text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, name: &str, parts: &[Condition]| {
            write!(f, "{name}(")?;
            parts.iter().try_for_each(|part| write!(f, "{part};"))?;
            f.write_str(")")
        };
        match self {
            Condition::All(parts) => list(f, "all", parts),
            Condition::Any(parts) => list(f, "any", parts),
            Condition::Not(part) => write!(f, "not({part})"),
            Condition::Test(test) => write!(f, "{test}"),
        }
    }
}

impl fmt::Display for Test {
    /// Writes the test so that equal tests give equal text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.iter().try_for_each(|tag| write!(f, "{tag}"))?;
        write!(f, " {} ", self.op.word())?;
        match &self.op {
            Op::Regex(regex) => write!(f, "{:?}", regex.as_str())?,
            Op::Less(bound) | Op::Greater(bound) => write!(f, "{bound}")?,
            op => write!(f, "{:?}", op.text().unwrap_or_default())?,
        }
        f.write_str(if self.ignore_case { " ignoring case" } else { "" })
    }
}

/// What is known of a header; each path is read when the first rule asks for it, and each test is made once.
pub(super) struct Facts<'a> {
    header: &'a dyn Values,
    paths: &'a [Vec<Tag>],
    facts: Vec<OnceCell<Fact>>,
    answers: Vec<Cell<Option<bool>>>,
}

/// The values at one path.
struct Fact {
    values: Option<Vec<String>>,
    folded: OnceCell<Vec<String>>,
}

impl<'a> Facts<'a> {
    /// Starts with nothing known; `tests` is how many different tests there are.
    pub(super) fn new(header: &'a dyn Values, paths: &'a [Vec<Tag>], tests: usize) -> Self {
        let facts = paths.iter().map(|_| OnceCell::new()).collect();
        Facts { header, paths, facts, answers: vec![Cell::new(None); tests] }
    }

    fn answer(&self, test: &Test) -> bool {
        if let Some(known) = self.answers[test.number].get() {
            return known;
        }
        let answer = test.holds(self.get(test.slot));
        self.answers[test.number].set(Some(answer));
        answer
    }

    fn get(&self, slot: usize) -> &Fact {
        self.facts[slot].get_or_init(|| Fact { values: self.header.values(&self.paths[slot]), folded: OnceCell::new() })
    }
}
