//! A file of mask rules as it is written, before it is checked.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use toml::Spanned;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesFile {
    #[serde(default, rename = "rule")]
    pub rules: Vec<Spanned<RuleFile>>,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub id: Spanned<String>,
    pub source: Spanned<String>,
    pub title: Option<String>,
    #[serde(default)]
    pub notes: Vec<String>,
    #[serde(rename = "match")]
    pub condition: Spanned<ConditionFile>,
    #[serde(default)]
    pub mask: Vec<Spanned<RectangleFile>>,
    #[serde(default)]
    pub keep: KeepFile,
    pub settles: Option<bool>,
}

/// A condition: one of `all`, `any` and `not`, or a test of an attribute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionFile {
    pub all: Option<Vec<Spanned<ConditionFile>>>,
    pub any: Option<Vec<Spanned<ConditionFile>>>,
    pub not: Option<Box<Spanned<ConditionFile>>>,
    pub keyword: Option<Spanned<String>>,
    pub tag: Option<Spanned<String>>,
    pub op: Option<Spanned<String>>,
    pub value: Option<Spanned<ValueFile>>,
    pub ignore_case: Option<Spanned<bool>>,
}

/// The value of a test: a text, or a number without quotes.
#[derive(Debug)]
pub(super) struct ValueFile(pub String);

impl<'de> Deserialize<'de> for ValueFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = ValueFile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E>(self, text: &str) -> Result<ValueFile, E> {
                Ok(ValueFile(text.to_owned()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<ValueFile, E> {
                Ok(ValueFile(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<ValueFile, E> {
                Ok(ValueFile(number.to_string()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// A rectangle: origin top left, in pixels.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RectangleFile {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

/// What is not hidden, everything else is: rectangles, or an attribute that tells them.
#[derive(Debug)]
pub(super) enum KeepFile {
    Rectangles(Vec<Spanned<RectangleFile>>),
    Attribute(Spanned<String>),
}

impl Default for KeepFile {
    fn default() -> Self {
        KeepFile::Rectangles(Vec::new())
    }
}

impl<'de> Deserialize<'de> for KeepFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Attribute {
            from_attribute: Spanned<String>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = KeepFile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rectangles or { from_attribute = \"…\" }")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<KeepFile, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(items)).map(KeepFile::Rectangles)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeepFile, A::Error> {
                Attribute::deserialize(MapAccessDeserializer::new(map))
                    .map(|one| KeepFile::Attribute(one.from_attribute))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
