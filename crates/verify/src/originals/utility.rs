//! What a profile promises to keep, and what it promises to change, element by element.

use super::search::Searcher;
use crate::check::Check;
use crate::form;
use crate::instance::{Element, Instance, Value, trimmed};
use crate::report::Findings;
use crate::single::rules;
use crate::uid;
use std::collections::{BTreeSet, HashMap};
use tokumei_core::{ActionCode, OptionName, Tag, TagPath, Vr, dictionary, tags};
use tokumei_profile::Profile;
use tokumei_profile::policy::Dates;

/// Compares an original with its output.
pub(crate) fn check(
    original: &Instance,
    output: &Instance,
    profile: &Profile,
    searcher: &Searcher,
    findings: &mut Findings<'_>,
) {
    let sop_class = original.word(tags::SOP_CLASS_UID);
    let promised = promised(profile, &original.word(tags::MODALITY));
    let there: HashMap<TagPath, &Element> =
        output.elements.iter().rev().map(|element| (output.path(element), element)).collect();
    let mut shifts = BTreeSet::new();
    for element in original.elements.iter().filter(|element| !element.tag.is_private() && !element.is_empty()) {
        let (action, _) = rules::decide(original, element, profile, &sop_class);
        let path = original.path(element);
        let kept = there.get(&path).copied();
        if let Some(kept) = kept {
            changed(element, kept, action, profile, &path, findings);
            if element.text_vr() == Vr::DA && action == ActionCode::C && !form::is_dummy(kept) {
                shifts.extend(shift(element, kept));
            }
        }
        let broken = || broken(element, kept, action);
        if promised.contains(&element.tag)
            && survives(original, element, profile, &sop_class)
            && let Some(check) = broken()
            && is_legal(original, element)
            && !searcher.names_somebody(original, element)
        {
            findings.add(check, &path);
        }
    }
    if profile.policy().dates == Dates::Shift && shifts.len() > 1 {
        findings.whole(Check::DateShift);
    }
    let shifted = matches!(profile.policy().dates, Dates::Shift | Dates::ShiftMonthOutsideStudy);
    if shifted && shifts.contains(&0) {
        findings.whole(Check::DateNotModified);
    }
}

fn promised(profile: &Profile, modality: &str) -> BTreeSet<Tag> {
    let contracts = profile.policy().utility.iter();
    let mine = contracts.filter(|contract| contract.modality == "*" || contract.modality == modality);
    mine.flat_map(|contract| &contract.attributes).filter_map(|keyword| dictionary::tag(keyword)).collect()
}

/// Tells whether every sequence around an element stays by the profile.
fn survives(original: &Instance, element: &Element, profile: &Profile, sop_class: &str) -> bool {
    let mut level = element.level;
    while let Some(sequence) = original.levels[level].sequence {
        let around = &original.elements[sequence];
        let (action, _) = rules::decide(original, around, profile, sop_class);
        if around.tag.is_private() || matches!(action, ActionCode::X | ActionCode::Z | ActionCode::D) {
            return false;
        }
        level = around.level;
    }
    true
}

/// Tells how a promise is broken, if it is.
fn broken(element: &Element, kept: Option<&Element>, action: ActionCode) -> Option<Check> {
    let Some(kept) = kept.filter(|kept| !kept.is_empty()) else { return Some(Check::UtilityMissing) };
    let same = match (&element.value, &kept.value) {
        (Value::Items(before), Value::Items(after)) => before == after,
        (Value::Bytes(before), Value::Bytes(after)) => {
            // Moved dates, coarse characteristics, cleaned text and new UIDs differ, and that they are there is enough.
            matches!(action, ActionCode::C | ActionCode::U) || trimmed(before) == trimmed(after)
        }
        (Value::Long { digest: before, .. }, Value::Long { digest: after, .. }) => before == after,
        _ => false,
    };
    (!same).then_some(Check::UtilityDiffers)
}

/// Tells whether the original's value is one that can be kept: an age that is none cannot.
fn is_legal(original: &Instance, element: &Element) -> bool {
    let legal = |text: &String| match element.text_vr() {
        Vr::AS => {
            matches!(text.as_bytes(), [digits @ .., b'D' | b'W' | b'M' | b'Y']
                if digits.len() == 3 && digits.iter().all(u8::is_ascii_digit))
        }
        Vr::DA => form::day_number(text).is_some() && text.len() == 8,
        _ => true,
    };
    original.texts(element).iter().all(legal)
}

/// What is to be replaced must differ, unless it was no value of anybody's before.
fn changed(
    element: &Element,
    kept: &Element,
    action: ActionCode,
    profile: &Profile,
    path: &TagPath,
    findings: &mut Findings<'_>,
) {
    let (Some(before), Some(after)) = (element.bytes(), kept.bytes()) else { return };
    let vr = kept.text_vr();
    let replaced = match action {
        ActionCode::U => vr == Vr::UI && !profile.has(OptionName::RetainUids),
        ActionCode::D | ActionCode::Z => vr != Vr::UI,
        _ => false,
    };
    if !replaced || trimmed(before) != trimmed(after) || form::is_dummy(kept) || trimmed(after).is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(trimmed(after)).into_owned();
    let known = |uid: &str| uid.is_empty() || uid::is_well_known(uid);
    if vr != Vr::UI || !text.split('\\').all(|uid| known(uid.trim_matches([' ', '\0']))) {
        findings.add(Check::OriginalKept, path);
    }
}

/// Returns by how many days a date moved.
fn shift(element: &Element, kept: &Element) -> Option<i64> {
    let day = |element: &Element| form::day_number(std::str::from_utf8(trimmed(element.bytes()?)).ok()?);
    Some(day(kept)? - day(element)?)
}
