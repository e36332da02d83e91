//! Mask rules: which parts of an image to hide, by what its header says.
//!
//! A file of rules is TOML. It can only ask for more mask; nothing in it clears an image. This room says which rules
//! match what a header says; it neither reads nor writes DICOM.
//!
//! ```
//! use tokumei_core::Tag;
//! use tokumei_profile::devices::{Rules, Values};
//!
//! struct Header;
//! impl Values for Header {
//!     fn values(&self, path: &[Tag]) -> Option<Vec<String>> {
//!         (path == [Tag(0x0008, 0x0060)]).then(|| vec!["US".to_owned()])
//!     }
//! }
//!
//! let rules = Rules::parse(
//!     r#"
//!     [[rule]]
//!     id = "banner"
//!     source = "seen on images of room 3, 2026-04-01"
//!     match = { keyword = "Modality", op = "equals", value = "US" }
//!     mask = [{ x = 0, y = 0, w = 800, h = 60 }]
//!     "#,
//!     "site.toml",
//! )?;
//! let ids: Vec<&str> = rules.matching(&Header).map(|rule| rule.id.as_str()).collect();
//! assert_eq!(ids, ["banner"]);
//! # Ok::<(), tokumei_profile::ProfileError>(())
//! ```
//!
//! PS3.15 2026d, E.3.1.

mod condition;
mod file;
mod lint;
mod reach;
mod read;
#[cfg(test)]
mod tests;

pub use condition::Values;
use condition::{Condition, Facts, Test};

use crate::error::{Place, ProfileError};
use crate::lint::{Finding, Severity};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::LazyLock;
use tokumei_core::{Region, Tag, hex};

/// Most bytes of a file of rules.
const SIZE: u64 = 4 << 20;

/// What a rule leaves visible; everything else is hidden. Without regions it hides nothing by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Keep {
    /// These rectangles.
    Regions(Vec<Region>),
    /// The regions that SequenceOfUltrasoundRegions (0018,6011) locates (PS3.3 2026d, C.8.5.5).
    UltrasoundRegions,
}

/// One mask rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, for the ledger: letters, digits and `- _ . /`.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// A name for humans.
    pub title: Option<String>,
    /// What to know about it.
    pub notes: Vec<String>,
    /// Rectangles to hide in every frame; parts outside the image are ignored.
    pub mask: Vec<Region>,
    /// What stays visible, where the rule hides all the rest.
    pub keep: Keep,
    /// Whether a match settles the risk of burned-in text; otherwise it only adds mask.
    pub settles: bool,
    /// Where it stands.
    pub place: Place,
    condition: Condition,
}

/// Mask rules of one file or of several, in the order in which they were read.
#[derive(Clone, Default, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    /// Every path that a test names, once.
    paths: Vec<Vec<Tag>>,
    /// How many different tests there are.
    tests: usize,
}

impl Rules {
    /// Returns the rules of a TOML text; `origin` names the text in messages.
    ///
    /// # Errors
    /// [`ProfileError::Syntax`] with line, column and key when the text is not a file of rules;
    /// [`ProfileError::TooLarge`] over four mebibytes; [`ProfileError::Contradiction`] when a rule can never match, hides
    /// nothing, or has the id of another, or when there is none.
    pub fn parse(text: &str, origin: &str) -> Result<Rules, ProfileError> {
        let (rules, findings) = checked(text, origin)?;
        let findings: Vec<_> = findings.into_iter().filter(|one| one.severity == Severity::Error).collect();
        if findings.is_empty() {
            Ok(rules)
        } else {
            Err(ProfileError::Contradiction { name: origin.to_owned(), findings })
        }
    }

    /// Returns the rules of a file.
    ///
    /// # Errors
    /// [`ProfileError::Read`] when the file cannot be read, and what [`Rules::parse`] says.
    pub fn load(path: &Path) -> Result<Rules, ProfileError> {
        Rules::parse(&text_of(path)?, &path.display().to_string())
    }

    /// Returns the rules for known devices, as the folder `profiles/devices` holds them.
    pub fn built_in() -> &'static Rules {
        static RULES: LazyLock<Rules> = LazyLock::new(|| {
            // A test lints them.
            let read = |(name, text): &(&str, &str)| read::read(text, name).expect("a test reads the built-in rules");
            Rules::new(BUILT_IN.iter().flat_map(read).collect())
        });
        &RULES
    }

    /// Returns these rules and then those of another file.
    ///
    /// # Errors
    /// [`ProfileError::Contradiction`] when both have a rule of the same id.
    pub fn merged(mut self, other: Rules) -> Result<Rules, ProfileError> {
        self.rules.extend(other.rules);
        let findings = lint::duplicates(&self.rules);
        if let Some(first) = findings.first() {
            return Err(ProfileError::Contradiction { name: first.place.clone(), findings });
        }
        Ok(Rules::new(self.rules))
    }

    fn new(mut rules: Vec<Rule>) -> Rules {
        let (mut paths, mut tests) = (HashMap::new(), HashMap::new());
        let mut number = |test: &mut Test| {
            let next = paths.len();
            test.slot = *paths.entry(test.path.clone()).or_insert(next);
            let next = tests.len();
            test.number = *tests.entry(test.to_string()).or_insert(next);
        };
        rules.iter_mut().for_each(|rule| rule.condition.tests_mut(&mut number));
        let tests = tests.len();
        let mut in_order: Vec<(Vec<Tag>, usize)> = paths.into_iter().collect();
        in_order.sort_unstable_by_key(|(_, slot)| *slot);
        Rules { rules, paths: in_order.into_iter().map(|(path, _)| path).collect(), tests }
    }

    /// Tells whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns how many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Returns the rules in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// Returns every path that a rule asks about, once: where the elements there and the character sets are the same, so
    /// are the rules that match.
    pub fn paths(&self) -> &[Vec<Tag>] {
        &self.paths
    }

    /// Returns the rules that a header meets, in their order. Each element is read once, whatever the number of rules.
    pub fn matching<'r: 'h, 'h>(&'r self, header: &'h dyn Values) -> impl Iterator<Item = &'r Rule> + use<'r, 'h> {
        let facts = Facts::new(header, &self.paths, self.tests);
        self.rules.iter().filter(move |rule| rule.condition.holds(&facts))
    }

    /// Returns the SHA-256, in lower-case hexadecimal digits, of what the rules do. Their order, titles, notes and
    /// sources are no part of it.
    pub fn hash(&self) -> String {
        let lines: BTreeSet<String> = self.rules.iter().map(Rule::canonical).collect();
        let digest = Sha256::digest(lines.into_iter().collect::<String>().as_bytes());
        hex(&digest)
    }
}

impl Rule {
    /// Writes everything that can change an output on one line.
    fn canonical(&self) -> String {
        format!("{} {} mask={:?} keep={:?} settles={}\n", self.id, self.condition, self.mask, self.keep, self.settles)
    }
}

/// Returns what is to be said about the text of a rules file.
///
/// # Errors
/// As [`Rules::parse`], but for contradictions, which are among the findings.
pub fn lint(text: &str, origin: &str) -> Result<Vec<Finding>, ProfileError> {
    checked(text, origin).map(|(_, findings)| findings)
}

/// Returns the text of a file that has the form of a rules file, `None` when it has not or is none.
///
/// A profile says its name; a rules file consists of rules with a `match` each.
pub fn text_of_rules(path: &Path) -> Option<String> {
    let text = text_of(path).ok()?;
    let by_line = || {
        let words = |line: &str| ["match=", "match.", "[rule.match"].iter().any(|word| line.starts_with(word));
        text.lines().any(|line| words(&line.split_whitespace().collect::<String>()))
    };
    let is_rules = match text.parse::<toml::Table>() {
        Ok(table) => table.contains_key("rule") && table.len() == 1,
        Err(_) => by_line(),
    };
    is_rules.then_some(text)
}

fn checked(text: &str, origin: &str) -> Result<(Rules, Vec<Finding>), ProfileError> {
    if text.len() as u64 > SIZE {
        return Err(ProfileError::TooLarge { origin: origin.to_owned() });
    }
    let rules = read::read(text, origin)?;
    let findings = lint::lint(&rules, origin);
    Ok((Rules::new(rules), findings))
}

fn text_of(path: &Path) -> Result<String, ProfileError> {
    let failed = |source| ProfileError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > SIZE {
        return Err(ProfileError::TooLarge { origin: path.display().to_string() });
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// The built-in files by name.
const BUILT_IN: [(&str, &str); 4] = [
    ("ctp.toml", include_str!("../../../profiles/devices/ctp.toml")),
    ("deid.toml", include_str!("../../../profiles/devices/deid.toml")),
    ("smi.toml", include_str!("../../../profiles/devices/smi.toml")),
    ("lx.toml", include_str!("../../../profiles/devices/lx.toml")),
];
