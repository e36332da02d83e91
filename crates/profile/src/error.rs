//! Why a profile is refused.

use crate::lint::Finding;
use std::fmt;
use std::path::PathBuf;

/// A place in a profile file: its name, and line and column from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file, or the name of a built-in profile.
    pub origin: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// Returns the place of a byte offset in a text.
    pub(crate) fn at(origin: &str, text: &str, offset: usize) -> Place {
        Lines::of(text).place(origin, text, offset)
    }
}

/// Where the lines of a text begin, for whoever asks for many places.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Lines {
        Lines([0].into_iter().chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect())
    }

    /// Returns the place of a byte offset in the text.
    pub(crate) fn place(&self, origin: &str, text: &str, offset: usize) -> Place {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.0.partition_point(|start| *start <= offset).max(1);
        let start = self.0.get(line - 1).copied().unwrap_or(0);
        Place { origin: origin.to_owned(), line, column: text[start..offset].chars().count() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.origin, self.line, self.column)
    }
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Neither a built-in profile nor a file has this name.
    #[error("no profile is called {name}{}", hint(suggestion))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The nearest name of a built-in profile.
        suggestion: Option<String>,
    },
    /// The file cannot be read.
    #[error("the profile {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is larger than a profile may be.
    #[error("{origin} is larger than a profile may be")]
    TooLarge {
        /// The file.
        origin: String,
    },
    /// The text is not a profile: wrong TOML, an unknown key, or a value of the wrong kind.
    #[error("{place}: {message}{}", hint(suggestion))]
    Syntax {
        /// Where.
        place: Place,
        /// The key, where one is at fault.
        key: Option<String>,
        /// What is wrong.
        message: String,
        /// The nearest key that exists.
        suggestion: Option<String>,
    },
    /// A required key is missing in the file and in those it extends.
    #[error("{origin}: the key {key} is missing")]
    Missing {
        /// The file.
        origin: String,
        /// The key.
        key: &'static str,
    },
    /// A profile extends itself, over others or not.
    #[error("{origin} extends itself")]
    Cycle {
        /// The file where the circle closes.
        origin: String,
    },
    /// More profiles extend each other than is allowed.
    #[error("{origin}: more than {limit} profiles extend each other")]
    Depth {
        /// The file that is one too many.
        origin: String,
        /// How many are allowed.
        limit: usize,
    },
    /// No attribute has this keyword or tag.
    #[error("{name} is neither a keyword nor a tag{}", hint(suggestion))]
    Attribute {
        /// The word asked for.
        name: String,
        /// The nearest keyword of the action table.
        suggestion: Option<String>,
    },
    /// The profile contradicts itself or its legal class.
    #[error("the profile {name} contradicts itself: {}", findings.iter().map(|one| one.id).collect::<Vec<_>>().join(", "))]
    Contradiction {
        /// The profile.
        name: String,
        /// What contradicts what.
        findings: Vec<Finding>,
    },
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or(String::new(), |name| format!("; did you mean {name}?"))
}

/// Returns the candidate nearest to a word by edit distance, if it is near enough to be a slip.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (word.chars().count() / 3).max(2);
    let near =
        candidates.into_iter().map(|name| (distance(word, name), name)).filter(|(distance, _)| *distance <= limit);
    near.min().map(|(_, name)| name.to_owned())
}

/// Counts the letters to insert, drop or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = cost;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_offered_for_a_slip_only() {
        assert_eq!(nearest("unlistedtext", ["unlisted_text", "text"]), Some("unlisted_text".to_owned()));
        assert_eq!(nearest("colour", ["dates", "times"]), None);
    }

    #[test]
    fn place_counts_lines_and_characters_from_one() {
        let place = Place::at("p.toml", "一\n二三x", 10);
        assert_eq!((place.line, place.column), (2, 3));
    }
}
