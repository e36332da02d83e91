//! One row of Table E.1-1 under the options and policies of a profile.

use crate::compile::Entry;
use crate::decision::{CleanAs, Layer, Rule};
use crate::policy::{Age, Graphics, Policy, References, Sex, SizeWeight, Times};
use crate::words::{meaning, option_title};
use std::collections::BTreeSet;
use tokumei_core::{ActionCode, OptionName, TableCode, Tag, Vr};
use tokumei_standard::{Row, TagPattern};

/// Decides about a row: the Basic Profile, then the options, then the policies.
pub(crate) fn decide(row: &Row, options: &BTreeSet<OptionName>, policy: &Policy) -> Entry {
    let cell =
        choose(options.iter().copied().filter(|option| !falls_back(row, *option, policy)), |option| row.cell(option));
    let (code, option) = match cell {
        Some((code, option)) => (TableCode::Plain(code), option),
        None => (row.basic, OptionName::Basic),
    };
    let clean = if code == TableCode::Plain(ActionCode::C) { Some(clean_as(option)) } else { None };
    let entry = Entry { code, rule: standard_rule(row, code, option, clean) };
    by_policy(row, entry, policy)
}

/// Chooses among the filled cells of the selected options: C beats K. Where several options ask for the same, the first one answers.
///
/// The standard lets an Option override the Profile and does not rank options; this rank is ours. Full and modified dates
/// together never come here: loading refuses them.
pub(crate) fn choose(
    options: impl Iterator<Item = OptionName>,
    cell: impl Fn(OptionName) -> Option<ActionCode>,
) -> Option<(ActionCode, OptionName)> {
    let filled: Vec<(ActionCode, OptionName)> = options.filter_map(|option| Some((cell(option)?, option))).collect();
    let cleaned = filled.iter().find(|(code, _)| *code == ActionCode::C);
    cleaned.or(filled.first()).copied()
}

/// Tells whether a policy takes a row out of an Option, back to the Basic Profile.
fn falls_back(row: &Row, option: OptionName, policy: &Policy) -> bool {
    use OptionName::*;
    let tag = single(row);
    match option {
        RetainLongFullDates | RetainLongModifiedDates => policy.times == Times::Remove && row.vr == [Vr::TM],
        RetainPatientCharacteristics => match tag {
            Some(PATIENT_SEX) => policy.sex == Sex::Remove,
            Some(PATIENT_AGE) => policy.age == Age::Remove,
            Some(PATIENT_SIZE | PATIENT_WEIGHT) => policy.size_weight == SizeWeight::Remove,
            Some(SELECTOR_AGE) => policy.age != Age::Exact,
            _ => false,
        },
        _ => false,
    }
}

/// Lets the policies make a kept value coarser, remove graphics, or keep references.
fn by_policy(row: &Row, entry: Entry, policy: &Policy) -> Entry {
    let kept = entry.code == TableCode::Plain(ActionCode::K);
    let option = entry.rule.option;
    match (single(row), option) {
        (Some(PATIENT_AGE), Some(OptionName::RetainPatientCharacteristics)) if kept && policy.age != Age::Exact => {
            changed(row, entry, ActionCode::C, Some(CleanAs::Age), "age")
        }
        (Some(PATIENT_SIZE | PATIENT_WEIGHT), Some(OptionName::RetainPatientCharacteristics))
            if kept && policy.size_weight == SizeWeight::Coarse =>
        {
            changed(row, entry, ActionCode::C, Some(CleanAs::SizeWeight), "size_weight")
        }
        (_, Some(OptionName::CleanGraphics)) if policy.graphics == Graphics::Remove => {
            Entry { code: row.basic, ..changed(row, entry, ActionCode::X, None, "graphics") }
        }
        _ if entry.code == TableCode::XZU && policy.references == References::Keep => {
            changed(row, entry, ActionCode::K, None, "references")
        }
        _ => entry,
    }
}

fn changed(row: &Row, entry: Entry, code: ActionCode, clean: Option<CleanAs>, policy: &str) -> Entry {
    Entry {
        code: TableCode::Plain(code),
        rule: Rule {
            id: format!("policy/{}/{policy}", key(row)),
            layer: Layer::Policy,
            clean,
            reason_en: format!("the policy {policy} of the profile makes {} of {}", code, entry.code),
            reason_ja: format!("プロファイルのポリシー {policy} により {} を {} とする", entry.code, code),
            ..entry.rule
        },
    }
}

fn standard_rule(row: &Row, code: TableCode, option: OptionName, clean: Option<CleanAs>) -> Rule {
    Rule {
        id: format!("E.1-1/{}/{}", key(row), option.key()),
        layer: Layer::Standard,
        option: Some(option),
        clean,
        reason_en: format!("{}: {}", option_title(option).en, meaning(code).en),
        reason_ja: format!("{}：{}", option_title(option).ja, meaning(code).ja),
        clause: format!("PS3.15 {} Table E.1-1, {}", tokumei_standard::EDITION, option.section()),
    }
}

/// How the C of an Option is carried out.
pub(crate) fn clean_as(option: OptionName) -> CleanAs {
    use OptionName::*;
    match option {
        CleanGraphics => CleanAs::Graphics,
        CleanStructuredContent => CleanAs::Structured,
        RetainLongFullDates | RetainLongModifiedDates => CleanAs::Date,
        RetainPatientCharacteristics => CleanAs::Characteristic,
        RetainDeviceIdentity => CleanAs::Device,
        RetainSafePrivate => CleanAs::Private,
        _ => CleanAs::Text,
    }
}

/// The row in ids: eight hexadecimal digits, `x`, `g` and `e` for any.
pub(crate) fn key(row: &Row) -> String {
    match row.tag {
        TagPattern::Tag(tag) => format!("{:08X}", tag.as_u32()),
        TagPattern::Curve => "50xxxxxx".to_owned(),
        TagPattern::Overlay(element) => format!("60xx{element:04X}"),
        TagPattern::Private => "ggggeeee".to_owned(),
    }
}

fn single(row: &Row) -> Option<Tag> {
    match row.tag {
        TagPattern::Tag(tag) => Some(tag),
        _ => None,
    }
}

const PATIENT_SEX: Tag = Tag(0x0010, 0x0040);
const PATIENT_AGE: Tag = Tag(0x0010, 0x1010);
const PATIENT_SIZE: Tag = Tag(0x0010, 0x1020);
const PATIENT_WEIGHT: Tag = Tag(0x0010, 0x1030);
const SELECTOR_AGE: Tag = Tag(0x0072, 0x005F);
