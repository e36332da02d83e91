//! From the text of a rules file to rules: names become tags, words become operations.

use super::condition::{Condition, Op, Test, number};
use super::file::{ConditionFile, KeepFile, RectangleFile, RuleFile, RulesFile};
use super::{Keep, Rule};
use crate::error::{Lines, Place, ProfileError, nearest};
use crate::file;
use regex::RegexBuilder;
use tokumei_core::{Region, Tag, dictionary};
use toml::Spanned;

/// Most sequences around an attribute that a path names.
const DEPTH: usize = 16;
/// Most bytes that a compiled regular expression may take.
const REGEX_SIZE: usize = 1 << 20;
/// The attribute whose regions can be kept.
const ULTRASOUND_REGIONS: Tag = Tag(0x0018, 0x6011);

/// The operations of a test, as a file writes them.
const OPERATIONS: [&str; 10] = [
    "contains",
    "equals",
    "starts_with",
    "ends_with",
    "regex",
    "less_than",
    "greater_than",
    "present",
    "missing",
    "empty",
];

/// Reads the rules of a text.
pub(super) fn read(text: &str, origin: &str) -> Result<Vec<Rule>, ProfileError> {
    let file: RulesFile = file::parse(text, origin)?;
    let reader = Reader { text, origin, lines: Lines::of(text) };
    file.rules.into_iter().map(|rule| reader.rule(rule)).collect()
}

/// The file that is being read, to name places in it.
struct Reader<'a> {
    text: &'a str,
    origin: &'a str,
    lines: Lines,
}

impl Reader<'_> {
    fn place(&self, offset: usize) -> Place {
        self.lines.place(self.origin, self.text, offset)
    }

    fn refuse<T>(&self, offset: usize, key: &str, message: impl Into<String>) -> Result<T, ProfileError> {
        self.refuse_word(offset, key, message, None)
    }

    fn refuse_word<T>(
        &self,
        offset: usize,
        key: &str,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) -> Result<T, ProfileError> {
        let (place, key) = (self.place(offset), Some(key.to_owned()));
        Err(ProfileError::Syntax { place, key, message: message.into(), suggestion })
    }

    fn rule(&self, rule: Spanned<RuleFile>) -> Result<Rule, ProfileError> {
        let place = self.place(rule.span().start);
        let rule = rule.into_inner();
        self.id(&rule.id)?;
        if rule.source.get_ref().trim().is_empty() {
            return self.refuse(rule.source.span().start, "source", "a rule says where it comes from");
        }
        let keep = self.keep(&rule.keep)?;
        // What lies within ultrasound regions may hold text: a rule about them settles nothing unless it says so.
        let settles = rule.settles.unwrap_or(!matches!(keep, Keep::UltrasoundRegions));
        Ok(Rule {
            condition: self.condition(rule.condition)?,
            mask: rule.mask.iter().map(|one| region(one.get_ref())).collect(),
            keep,
            id: rule.id.into_inner(),
            source: rule.source.into_inner(),
            title: rule.title,
            notes: rule.notes,
            settles,
            place,
        })
    }

    /// The id goes to the ledger, so it is a plain word.
    fn id(&self, id: &Spanned<String>) -> Result<(), ProfileError> {
        let word = id.get_ref();
        let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
        if plain && (1..=64).contains(&word.len()) {
            return Ok(());
        }
        self.refuse(id.span().start, "id", "an id is 1 to 64 letters, digits and - _ . /")
    }

    fn keep(&self, keep: &KeepFile) -> Result<Keep, ProfileError> {
        match keep {
            KeepFile::Rectangles(list) => Ok(Keep::Regions(list.iter().map(|one| region(one.get_ref())).collect())),
            KeepFile::Attribute(name) if path(name.get_ref()) == Some(vec![ULTRASOUND_REGIONS]) => {
                Ok(Keep::UltrasoundRegions)
            }
            KeepFile::Attribute(name) => {
                let message = "only SequenceOfUltrasoundRegions tells regions to keep";
                self.refuse(name.span().start, "from_attribute", message)
            }
        }
    }

    fn condition(&self, condition: Spanned<ConditionFile>) -> Result<Condition, ProfileError> {
        let at = condition.span().start;
        let mut condition = condition.into_inner();
        let tests = condition.keyword.is_some() || condition.tag.is_some();
        let kinds = [condition.all.is_some(), condition.any.is_some(), condition.not.is_some(), tests];
        let alone = tests || (condition.op.is_none() && condition.value.is_none() && condition.ignore_case.is_none());
        if kinds.iter().filter(|kind| **kind).count() != 1 || !alone {
            return self.refuse(at, "match", "a condition is one of all, any, not, and a test with keyword or tag");
        }
        let list = |parts: Vec<_>| parts.into_iter().map(|part| self.condition(part)).collect::<Result<_, _>>();
        if let Some(parts) = condition.all.take() {
            return Ok(Condition::All(list(parts)?));
        }
        if let Some(parts) = condition.any.take() {
            return Ok(Condition::Any(list(parts)?));
        }
        if let Some(part) = condition.not.take() {
            return Ok(Condition::Not(Box::new(self.condition(*part)?)));
        }
        self.test(condition, at).map(Condition::Test)
    }

    fn test(&self, file: ConditionFile, at: usize) -> Result<Test, ProfileError> {
        let path = self.attribute(&file)?;
        let Some(op) = &file.op else {
            return self.refuse(at, "op", "a test has an op");
        };
        let ignore_case = file.ignore_case.as_ref().is_some_and(|flag| *flag.get_ref());
        Ok(Test { path, slot: 0, number: 0, op: self.operation(op, &file, ignore_case)?, ignore_case })
    }

    fn attribute(&self, file: &ConditionFile) -> Result<Vec<Tag>, ProfileError> {
        let read = |name: &Option<Spanned<String>>, key: &str| match name {
            None => Ok(None),
            Some(name) => match path(name.get_ref()) {
                Some(path) => Ok(Some(path)),
                None => {
                    let message = format!("{} is neither a keyword nor a tag", name.get_ref());
                    let near = nearest(name.get_ref(), KEYWORDS);
                    self.refuse_word(name.span().start, key, message, near)
                }
            },
        };
        match (read(&file.keyword, "keyword")?, read(&file.tag, "tag")?) {
            (Some(keyword), Some(tag)) if keyword != tag => {
                let at = file.tag.as_ref().map_or(0, |tag| tag.span().start);
                self.refuse(at, "tag", "keyword and tag are of different attributes")
            }
            (Some(path), _) | (None, Some(path)) => Ok(path),
            (None, None) => self.refuse(0, "keyword", "a test has a keyword or a tag"),
        }
    }

    fn operation(&self, op: &Spanned<String>, file: &ConditionFile, ignore_case: bool) -> Result<Op, ProfileError> {
        let (word, at) = (op.get_ref().as_str(), op.span().start);
        let nullary = match word {
            "present" => Some(Op::Present),
            "missing" => Some(Op::Missing),
            "empty" => Some(Op::Empty),
            _ => None,
        };
        match (nullary, &file.value) {
            (Some(op), None) => return Ok(op),
            (Some(_), Some(value)) => {
                return self.refuse(value.span().start, "value", format!("{word} takes no value"));
            }
            (None, _) if !OPERATIONS.contains(&word) => {
                let near = nearest(word, OPERATIONS);
                return self.refuse_word(at, "op", format!("{word} is no operation"), near);
            }
            (None, None) => return self.refuse(at, "value", format!("{word} needs a value")),
            (None, Some(_)) => {}
        }
        let value = file.value.as_ref().map_or("", |value| value.get_ref().0.trim());
        let at = file.value.as_ref().map_or(at, |value| value.span().start);
        if value.is_empty() {
            return self.refuse(at, "value", "the value is empty; missing and empty are operations of their own");
        }
        let text = if ignore_case { value.to_lowercase() } else { value.to_owned() };
        Ok(match word {
            "contains" => Op::Contains(text),
            "equals" => Op::Equals(text),
            "starts_with" => Op::StartsWith(text),
            "ends_with" => Op::EndsWith(text),
            "regex" => self.regex(value, ignore_case, at)?,
            less_or_greater => match number(value) {
                Some(bound) if less_or_greater == "less_than" => Op::Less(bound),
                Some(bound) => Op::Greater(bound),
                None => return self.refuse(at, "value", format!("{word} compares with a number")),
            },
        })
    }

    fn regex(&self, pattern: &str, ignore_case: bool, at: usize) -> Result<Op, ProfileError> {
        let built = RegexBuilder::new(pattern).case_insensitive(ignore_case).size_limit(REGEX_SIZE).build();
        match built {
            Ok(regex) => Ok(Op::Regex(regex)),
            Err(regex::Error::CompiledTooBig(_)) => self.refuse(at, "value", "the regular expression is too large"),
            Err(_) => self.refuse(at, "value", "this is no regular expression"),
        }
    }
}

fn region(file: &RectangleFile) -> Region {
    Region { x: file.x, y: file.y, width: file.w, height: file.h }
}

/// Returns the tags of a path: keywords or tags, with dots between them.
fn path(text: &str) -> Option<Vec<Tag>> {
    let one = |name: &str| Tag::parse_hex(name).or_else(|| dictionary::tag(name));
    let path: Vec<Tag> = text.split('.').map(one).collect::<Option<_>>()?;
    (path.len() <= DEPTH).then_some(path)
}

/// Keywords that rules name, to offer one for a slip.
const KEYWORDS: [&str; 26] = [
    "BitsAllocated",
    "BodyPartExamined",
    "BurnedInAnnotation",
    "Columns",
    "CommentsOnRadiationDose",
    "ConversionType",
    "DeviceSerialNumber",
    "ImageType",
    "InstanceNumber",
    "InstitutionName",
    "Manufacturer",
    "ManufacturerModelName",
    "Modality",
    "NumberOfFrames",
    "PhotometricInterpretation",
    "ProtocolName",
    "Rows",
    "SOPClassUID",
    "SOPInstanceUID",
    "SequenceOfUltrasoundRegions",
    "SeriesDescription",
    "SeriesNumber",
    "SoftwareVersions",
    "StationName",
    "StudyDescription",
    "TransferSyntaxUID",
];
