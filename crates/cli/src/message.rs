//! What the program says: texts by id, in two languages, with the same variables in both.
//!
//! An entry is a label (one text) or a message of up to four parts: what, in, state, next. A variable stands in
//! braces and never holds an attribute value. Control characters in variables are shown, not sent to the terminal.

use crate::language::Language;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{LazyLock, OnceLock};

/// The texts of one language.
pub struct Catalog {
    language: Language,
    entries: &'static Texts,
}

/// The entries of one language by id. A run says a few dozen of two thousand, so each is read when it is asked for.
type Texts = BTreeMap<&'static str, Text>;

/// An entry and the TOML that it is written in: the line of a label, or the lines below the name of a message.
struct Text {
    source: &'static str,
    is_message: bool,
    entry: OnceLock<Entry>,
}

impl Text {
    fn new(source: &'static str, is_message: bool) -> Text {
        Text { source, is_message, entry: OnceLock::new() }
    }

    fn entry(&self) -> &Entry {
        self.entry.get_or_init(|| {
            let parts = || toml::from_str(self.source).ok().map(Entry::Message);
            let label =
                || toml::from_str(self.source).ok().and_then(|one: BTreeMap<String, Entry>| one.into_values().next());
            let entry = if self.is_message { parts() } else { label() };
            entry.expect("a test compares each entry with what the whole file says")
        })
    }
}

/// One entry of the catalog.
#[derive(Deserialize, Debug, PartialEq)]
#[serde(untagged)]
pub enum Entry {
    /// A text that stands alone.
    Label(String),
    /// A message in parts.
    Message(Parts),
}

/// The parts of a message; a part that has nothing to say is absent.
#[derive(Deserialize, Debug, PartialEq, Clone)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// What happened.
    pub what: String,
    /// Where.
    #[serde(rename = "in")]
    pub place: Option<String>,
    /// What state things are in now.
    pub state: Option<String>,
    /// What to do next.
    pub next: Option<String>,
}

/// Names and values that fill the braces of a text.
pub type Variables<'a> = &'a [(&'a str, &'a str)];

impl Catalog {
    /// Returns the texts of a language.
    pub fn new(language: Language) -> Self {
        static ENGLISH: LazyLock<Texts> = LazyLock::new(|| split(EN));
        static JAPANESE: LazyLock<Texts> = LazyLock::new(|| split(JA));
        let entries = match language {
            Language::English => &*ENGLISH,
            Language::Japanese => &*JAPANESE,
        };
        Catalog { language, entries }
    }

    /// Returns the language of the texts.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Returns every label whose id begins so, by the rest of its id.
    pub fn labels(&self, prefix: &str) -> BTreeMap<&str, &str> {
        let these = self
            .entries
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(id, _)| id.starts_with(prefix));
        let pairs = these.filter_map(|(id, text)| match text.entry() {
            Entry::Label(text) => Some((id.strip_prefix(prefix)?, text.as_str())),
            Entry::Message(_) => None,
        });
        pairs.collect()
    }

    /// Returns the text of a label, or what a message says first. An id without a text stands for itself.
    pub fn say(&self, id: &str, variables: Variables) -> String {
        match self.entry(id) {
            Some(Entry::Label(text)) => fill(text, variables),
            Some(Entry::Message(parts)) => fill(&parts.what, variables),
            None => id.to_string(),
        }
    }

    fn entry(&self, id: &str) -> Option<&'static Entry> {
        self.entries.get(id).map(Text::entry)
    }

    /// Returns the text of a label, `None` when there is none.
    pub fn find(&self, id: &str) -> Option<String> {
        self.entries.contains_key(id).then(|| self.say(id, &[]))
    }

    /// Returns the parts of a message, filled.
    pub fn parts(&self, id: &str, variables: Variables) -> Parts {
        let fill_part = |part: &Option<String>| part.as_deref().map(|text| fill(text, variables));
        match self.entry(id) {
            Some(Entry::Message(parts)) => Parts {
                what: fill(&parts.what, variables),
                place: fill_part(&parts.place),
                state: fill_part(&parts.state),
                next: fill_part(&parts.next),
            },
            _ => Parts { what: self.say(id, variables), place: None, state: None, next: None },
        }
    }
}

const EN: &str = include_str!("../messages/en.toml");
const JA: &str = include_str!("../messages/ja.toml");

/// Cuts a file of messages into its entries: lines of labels, then the tables of messages, as both files are written.
fn split(text: &'static str) -> Texts {
    let (labels, messages) = text.split_once("\n[").unwrap_or((text, ""));
    let labels = labels.lines().filter(|line| !line.starts_with('#'));
    let labels = labels.filter_map(|line| Some((line.split_once(" = ")?.0, Text::new(line, false))));
    let messages = messages.split("\n[").filter_map(|at| at.split_once("]\n"));
    labels.chain(messages.map(|(id, lines)| (id, Text::new(lines, true)))).collect()
}

/// Puts the variables into the text.
fn fill(text: &str, variables: Variables) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            rest = after;
            break;
        };
        match variables.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(&printable(value)),
            None => out.extend(["{", name, "}"]),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Returns the text with control characters and those that change the direction of writing shown as escapes.
pub fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}')
    };
    text.chars().map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn variables(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    fn texts(entry: &Entry) -> Vec<(&'static str, Option<&String>)> {
        match entry {
            Entry::Label(text) => vec![("label", Some(text))],
            Entry::Message(parts) => vec![
                ("what", Some(&parts.what)),
                ("in", parts.place.as_ref()),
                ("state", parts.state.as_ref()),
                ("next", parts.next.as_ref()),
            ],
        }
    }

    #[test]
    fn each_entry_by_itself_is_what_the_whole_file_says() {
        for text in [EN, JA] {
            let whole: BTreeMap<String, Entry> = toml::from_str(text).unwrap();
            let parts = split(text);
            assert!(whole.keys().map(String::as_str).eq(parts.keys().copied()));
            assert!(whole.values().eq(parts.values().map(Text::entry)));
        }
    }

    #[test]
    fn both_languages_hold_the_same_ids_parts_and_variables() {
        let english = Catalog::new(Language::English).entries;
        let japanese = Catalog::new(Language::Japanese).entries;
        let ids = |entries: &Texts| entries.keys().copied().collect::<BTreeSet<_>>();
        let difference: Vec<_> = ids(english).symmetric_difference(&ids(japanese)).cloned().collect();
        assert!(difference.is_empty(), "only in one language: {difference:?}");
        for (id, entry) in english.iter().map(|(id, text)| (id, text.entry())) {
            let other = japanese[id].entry();
            let pairs: Vec<_> = texts(entry).into_iter().zip(texts(other)).collect();
            assert_eq!(texts(entry).len(), texts(other).len(), "{id}: a label in one language only");
            for ((part, a), (_, b)) in pairs {
                assert_eq!(a.is_some(), b.is_some(), "{id}, {part}: in one language only");
                let (a, b) = (a.map_or("", |text| text), b.map_or("", |text| text));
                assert_eq!(variables(a), variables(b), "{id}, {part}");
            }
        }
    }

    /// Returns the literals in kebab case of a room's code, its tests left out.
    fn literals(folder: &Path, out: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                literals(&entry.path(), out);
                continue;
            }
            if entry.file_name() == "tests.rs" {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let code = text.split("mod tests").next().unwrap_or_default();
            for literal in code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .flat_map(|line| line.split('"').skip(1).step_by(2))
            {
                let word =
                    |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
                if literal.contains('-') && literal.split('-').all(word) {
                    out.insert(literal.to_string());
                }
            }
        }
    }

    /// Words in kebab case that are not reasons: purposes of keyed digests, formats, places of reasons.
    const OTHER_WORDS: &[&str] = &[
        "after-mask",
        "body-part-unknown",
        "burned-in-annotation",
        "consent-file",
        "dataset-freeze",
        "issuer-of-identity",
        "linkage-destroyed",
        "linkage-withdraw",
        "capture-device",
        "conversion-type",
        "detectors-disagree",
        "device-rule",
        "face-possible",
        "too-large",
        "exclusion-certificate",
        "key-destroyed",
        "ids-map",
        "too-few-fragments",
        "offset-table",
        "frames-ambiguous",
        "frames-searched",
        "frames-held",
        "guard-scope",
        "image-type",
        "low-contrast",
        "many-frames",
        "mask-rules",
        "index-birth",
        "index-instance",
        "index-name",
        "index-patient",
        "index-study",
        "index-study-as-patient",
        "no-magic",
        "ophthalmic-photograph",
        "recognizable-features",
        "in-review",
        "kebab-case",
        "review-decision",
        "tokumei-review-1",
        "tokumei-review-original-1",
        "secondary-capture",
        "series-description",
        "specimen-label",
        "study-statements",
        "text-sample",
        "tokumei-1",
        "tokumei-identities-1",
        "visible-light",
    ];

    #[test]
    fn every_reason_of_the_rooms_has_a_text() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
        let mut words = BTreeSet::new();
        for room in ["wire", "deid", "pixel", "guard", "pipeline"] {
            literals(&root.join(room).join("src"), &mut words);
        }
        let catalog = Catalog::new(Language::English);
        let known = |word: &String| catalog.entries.contains_key(format!("reason-{word}").as_str());
        let missing: Vec<_> =
            words.iter().filter(|word| !known(word) && !OTHER_WORDS.contains(&word.as_str())).collect();
        assert!(missing.is_empty(), "no text for {missing:?}");
    }

    #[test]
    fn every_check_of_a_verification_has_a_text() {
        let catalog = Catalog::new(Language::Japanese);
        for check in tokumei_verify::Check::ALL {
            assert!(catalog.entries.contains_key(format!("check-{check}").as_str()), "{check}");
        }
    }

    #[test]
    fn variables_are_filled_and_unknown_ones_stay() {
        assert_eq!(fill("{a} of {b}, {c}", &[("a", "1"), ("b", "2")]), "1 of 2, {c}");
    }

    #[test]
    fn control_characters_of_a_path_never_reach_the_terminal() {
        assert_eq!(fill("{path}", &[("path", "a\u{1b}[2J\u{202e}b")]), "a\\u{1b}[2J\\u{202e}b");
    }
}
