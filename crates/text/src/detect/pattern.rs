//! A pattern that is compiled when a text first asks for it.
//!
//! Most texts of most files hold nothing that a detector looks for, and compiling all patterns takes longer than
//! de-identifying many small instances.

use regex::Regex;
use std::sync::OnceLock;

/// A constant pattern and words of which a text must hold one for it to match.
pub(super) struct Pattern {
    source: String,
    /// In small letters where `folded`; none when any text may match.
    words: &'static [&'static str],
    folded: bool,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// Returns a pattern that any text may match.
    ///
    /// `\d` is a digit of ASCII, since narrowing has made one of every other: a pattern of all digits there are takes twenty
    /// times as long to compile.
    pub(super) fn new(source: impl Into<String>) -> Pattern {
        Pattern { source: source.into().replace(r"\d", "[0-9]"), words: &[], folded: false, compiled: OnceLock::new() }
    }

    /// Says that no text matches without one of these words.
    pub(super) fn needing(self, words: &'static [&'static str]) -> Pattern {
        Pattern { words, ..self }
    }

    /// Says that no text matches without one of these words, in letters of any case.
    pub(super) fn needing_in_any_case(self, words: &'static [&'static str]) -> Pattern {
        Pattern { words, folded: true, ..self }
    }

    /// Returns the compiled pattern, `None` when the text cannot match it.
    pub(super) fn for_text(&self, text: &str) -> Option<&Regex> {
        let possible = match (self.words, self.folded) {
            ([], _) => true,
            (words, false) => words.iter().any(|word| text.contains(word)),
            (words, true) => {
                let text = in_small_letters(text);
                words.iter().any(|word| text.contains(word))
            }
        };
        possible.then(|| {
            self.compiled.get_or_init(|| Regex::new(&self.source).expect("the pattern is a constant and tested"))
        })
    }
}

/// Returns a text in small letters; the long s is one of its own, and yet an s for a pattern in any case.
pub(super) fn in_small_letters(text: &str) -> String {
    text.to_lowercase().replace('ſ', "s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_any_of_the_words_asks_for_no_pattern() {
        let pattern = Pattern::new("(?i)x-ray").needing_in_any_case(&["ray"]);
        assert!(pattern.for_text("none").is_none() && pattern.compiled.get().is_none());
        assert!(pattern.for_text("X-RAY").is_some_and(|regex| regex.is_match("X-RAY")));
        let clinic = Pattern::new("(?i)house").needing_in_any_case(&["house"]);
        assert!(clinic.for_text("HOUſE").is_some_and(|regex| regex.is_match("HOUſE")));
        assert!(Pattern::new("a").for_text("").is_some());
    }
}
