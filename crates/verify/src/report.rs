//! What was found, and what could not be looked at. Never a value.

use crate::check::{Check, Severity};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One finding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub check: Check,
    /// The file, relative to the release, with `/`.
    pub file: String,
    /// Where in it: a tag path, or a line of a paper; empty when the whole file is meant.
    pub place: String,
}

impl Finding {
    /// Returns how bad it is.
    pub fn severity(&self) -> Severity {
        self.check.severity()
    }
}

/// Something that was not looked at, and why.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct NotChecked {
    /// The file, relative to the release.
    pub file: String,
    /// The reason, an id in kebab case such as `parser-refused` or `original-missing`.
    pub reason: &'static str,
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// The findings, sorted; of each check no more than [`Report::MOST`].
    pub findings: Vec<Finding>,
    /// How many findings each check has, those left out of `findings` included.
    pub counts: BTreeMap<Check, u64>,
    /// How many instances of the release were read and checked.
    pub checked: u64,
    /// What was not checked.
    pub not_checked: Vec<NotChecked>,
    /// How many instances were compared with their originals.
    pub compared: u64,
}

impl Report {
    /// The most findings of one check that a report lists.
    pub const MOST: usize = 1000;

    /// Tells whether there is no error and nothing was left unchecked. Warnings do not count.
    pub fn is_clean(&self) -> bool {
        self.errors() == 0 && self.not_checked.is_empty()
    }

    /// Returns the number of findings that are errors.
    pub fn errors(&self) -> u64 {
        self.number(Severity::Error)
    }

    /// Returns the number of findings that are warnings.
    pub fn warnings(&self) -> u64 {
        self.number(Severity::Warning)
    }

    fn number(&self, severity: Severity) -> u64 {
        self.counts.iter().filter(|(check, _)| check.severity() == severity).map(|(_, count)| count).sum()
    }

    /// Takes in the findings of one file or paper.
    pub(crate) fn take(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let count = self.counts.entry(finding.check).or_default();
            *count += 1;
            if *count <= Self::MOST as u64 {
                self.findings.push(finding);
            }
        }
    }

    pub(crate) fn finish(mut self) -> Report {
        self.findings.sort();
        self.not_checked.sort();
        self
    }
}

/// The findings of one file while it is checked.
pub(crate) struct Findings<'a> {
    file: &'a str,
    set: BTreeSet<Finding>,
}

impl<'a> Findings<'a> {
    pub(crate) fn of(file: &'a str) -> Self {
        Findings { file, set: BTreeSet::new() }
    }

    /// Adds a finding once a place.
    pub(crate) fn add(&mut self, check: Check, place: impl ToString) {
        let finding = Finding { check, file: self.file.to_owned(), place: place.to_string() };
        self.set.insert(finding);
    }

    pub(crate) fn whole(&mut self, check: Check) {
        self.add(check, "");
    }

    pub(crate) fn into_list(self) -> Vec<Finding> {
        self.set.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_beyond_the_most_are_counted_only() {
        let mut report = Report::default();
        for _ in 0..Report::MOST + 5 {
            report.take(vec![Finding { check: Check::Digest, file: "a".into(), place: String::new() }]);
        }
        assert_eq!((report.findings.len(), report.errors()), (Report::MOST, Report::MOST as u64 + 5));
        assert!(!report.is_clean());
    }
}
