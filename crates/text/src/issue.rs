//! What was wrong with the bytes of a value, or with the declaration of its character sets.

use std::fmt;

/// One thing that was wrong, without any part of the value it was wrong in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Issue {
    /// An escape sequence that PS3.5 does not define.
    IllegalEscape,
    /// A known escape sequence of a set that SpecificCharacterSet (0008,0005) does not declare.
    UndeclaredEscape,
    /// Bytes of a declared multi-byte set without the escape sequence that must come first.
    MissingEscape,
    /// Bytes that stand for no character; each is U+FFFD in the text.
    Undecodable,
    /// A control character that the value representation does not allow.
    Control,
    /// NUL bytes as padding; they are not part of the text.
    NulPadding,
    /// Characters outside the default repertoire in a value representation limited to it.
    OutsideRepertoire,
    /// The bytes contradict the declaration and were read as Shift_JIS.
    SniffedShiftJis,
    /// The bytes contradict the declaration and were read as EUC-JP.
    SniffedEucJp,
    /// The bytes contradict the declaration and were read as UTF-8.
    SniffedUtf8,
    /// Undeclared bytes above 0x7F were read as ISO 8859-1.
    SniffedLatin1,
    /// A declared term is not spelled as PS3.3 C.12.1.1.2 has it, but is understood.
    MisspelledTerm,
    /// A declared term is not understood; the default repertoire stands in its place.
    UnknownTerm,
    /// A declared term may not stand where it stands (PS3.3 C.12.1.1.2); it is used or ignored as told there.
    MisplacedTerm,
}

impl Issue {
    const ALL: [Issue; 14] = [
        Issue::IllegalEscape,
        Issue::UndeclaredEscape,
        Issue::MissingEscape,
        Issue::Undecodable,
        Issue::Control,
        Issue::NulPadding,
        Issue::OutsideRepertoire,
        Issue::SniffedShiftJis,
        Issue::SniffedEucJp,
        Issue::SniffedUtf8,
        Issue::SniffedLatin1,
        Issue::MisspelledTerm,
        Issue::UnknownTerm,
        Issue::MisplacedTerm,
    ];

    /// Returns a stable name for logs and ledgers.
    pub const fn name(self) -> &'static str {
        match self {
            Issue::IllegalEscape => "illegal-escape",
            Issue::UndeclaredEscape => "undeclared-escape",
            Issue::MissingEscape => "missing-escape",
            Issue::Undecodable => "undecodable",
            Issue::Control => "control",
            Issue::NulPadding => "nul-padding",
            Issue::OutsideRepertoire => "outside-repertoire",
            Issue::SniffedShiftJis => "sniffed-shift-jis",
            Issue::SniffedEucJp => "sniffed-euc-jp",
            Issue::SniffedUtf8 => "sniffed-utf-8",
            Issue::SniffedLatin1 => "sniffed-latin-1",
            Issue::MisspelledTerm => "misspelled-term",
            Issue::UnknownTerm => "unknown-term",
            Issue::MisplacedTerm => "misplaced-term",
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of [`Issue`]s; empty when nothing was wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Issues(u16);

impl Issues {
    /// Returns the empty set.
    pub const fn none() -> Issues {
        Issues(0)
    }

    /// Tells whether nothing was wrong.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Tells whether `issue` is in the set.
    pub const fn contains(self, issue: Issue) -> bool {
        self.0 & (1 << issue as u16) != 0
    }

    /// Adds `issue` to the set.
    pub const fn insert(&mut self, issue: Issue) {
        self.0 |= 1 << issue as u16;
    }

    /// Returns the set of everything in `self` or `other`.
    #[must_use]
    pub const fn union(self, other: Issues) -> Issues {
        Issues(self.0 | other.0)
    }

    /// Returns the issues of the set in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Issue> {
        Issue::ALL.into_iter().filter(move |&issue| self.contains(issue))
    }

    /// Tells whether the bytes contradicted the declaration and another set was used.
    pub const fn is_sniffed(self) -> bool {
        self.contains(Issue::SniffedShiftJis)
            || self.contains(Issue::SniffedEucJp)
            || self.contains(Issue::SniffedUtf8)
            || self.contains(Issue::SniffedLatin1)
    }
}

impl From<Issue> for Issues {
    fn from(issue: Issue) -> Issues {
        let mut issues = Issues::none();
        issues.insert(issue);
        issues
    }
}

impl FromIterator<Issue> for Issues {
    fn from_iter<T: IntoIterator<Item = Issue>>(iter: T) -> Issues {
        let mut issues = Issues::none();
        iter.into_iter().for_each(|issue| issues.insert(issue));
        issues
    }
}

impl fmt::Debug for Issues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_exactly_what_was_inserted() {
        let issues: Issues = [Issue::Control, Issue::SniffedUtf8].into_iter().collect();
        assert!(issues.contains(Issue::Control) && issues.is_sniffed());
        assert!(!issues.contains(Issue::Undecodable));
        assert_eq!(issues.iter().collect::<Vec<_>>(), [Issue::Control, Issue::SniffedUtf8]);
        assert_eq!(format!("{issues:?}"), "{Control, SniffedUtf8}");
        assert!(Issues::none().is_empty());
    }
}
