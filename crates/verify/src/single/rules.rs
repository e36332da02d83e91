//! The rules of the profile, one element at a time.

use super::content::{self, ContentItem};
use super::{marks, text};
use crate::check::Check;
use crate::form;
use crate::instance::{Element, Instance, Value};
use crate::report::Findings;
use crate::uid;
use std::collections::HashSet;
use tokumei_core::{ActionCode, AttributeType, OptionName, TableCode, Tag, Vr, dictionary, tags};
use tokumei_profile::policy::{Age, Dates, References, SizeWeight, Times};
use tokumei_profile::{CleanAs, Profile, Rule, resolve};
use tokumei_standard as standard;

/// Checks every element, at every depth.
pub(crate) fn check(instance: &Instance, profile: &Profile, findings: &mut Findings<'_>) {
    let sop_class = instance.word(tags::SOP_CLASS_UID);
    let mut checker = Checker { instance, profile, sop_class: &sop_class, findings, modes: Vec::new() };
    let mut seen = HashSet::new();
    for element in &instance.elements {
        checker.modes_up_to(element.level);
        if !seen.insert((element.level, element.tag)) {
            checker.found(Check::Doubled, element);
        }
        checker.element(element);
    }
    checker.modes_up_to(instance.levels.len().saturating_sub(1));
}

/// Returns what the profile does with a public element, and the rule behind it.
pub(crate) fn decide<'p>(
    instance: &Instance,
    element: &Element,
    profile: &'p Profile,
    sop_class: &str,
) -> (ActionCode, &'p Rule) {
    let path = instance.tags_to(element);
    let decision = profile.decide_at(element.tag, &path[..path.len() - 1]);
    let action = match decision.code {
        TableCode::Plain(action) => action,
        TableCode::XZU if profile.policy().references == References::Keep => ActionCode::K,
        code => resolve(code, standard::attribute_type(sop_class, &path), true),
    };
    (action, decision.rule)
}

struct Checker<'a, 'f> {
    instance: &'a Instance,
    profile: &'a Profile,
    sop_class: &'a str,
    findings: &'a mut Findings<'f>,
    /// One for each level that has been met.
    modes: Vec<Mode>,
}

/// How the elements of a level are judged.
#[derive(Clone, Copy)]
enum Mode {
    Profile(Option<ContentItem>),
    /// Inside a sequence whose action is D.
    Dummy,
    /// Inside something that should not be there and was reported.
    Reported,
}

impl Checker<'_, '_> {
    fn found(&mut self, check: Check, element: &Element) {
        self.findings.add(check, self.instance.path(element));
    }

    fn modes_up_to(&mut self, level: usize) {
        while self.modes.len() <= level {
            let mode = self.mode(self.modes.len());
            self.modes.push(mode);
        }
    }

    fn mode(&mut self, level: usize) -> Mode {
        let Some(sequence) = self.instance.levels[level].sequence else { return Mode::Profile(None) };
        let element = &self.instance.elements[sequence];
        match self.modes[element.level] {
            Mode::Dummy => return Mode::Dummy,
            Mode::Reported => return Mode::Reported,
            Mode::Profile(_) => {}
        }
        let is_mark = element.level == 0 && marks::is_mark(element.tag);
        if !element.tag.is_private() && !is_mark {
            match self.decide(element).0 {
                ActionCode::D => return Mode::Dummy,
                ActionCode::X | ActionCode::Z => return Mode::Reported,
                _ => {}
            }
        }
        if !content::is_cleaned(self.profile) {
            return Mode::Profile(None);
        }
        let item = content::item(self.instance, level, self.profile);
        let Some(item) = item.filter(|item| item.action == Some(ActionCode::X)) else { return Mode::Profile(item) };
        // A content item keeps its place in the tree, which others refer to by number, when its value is a dummy.
        if item.carrier.and_then(dictionary::vr).is_some_and(Vr::is_string) {
            return Mode::Profile(Some(ContentItem { action: Some(ActionCode::D), ..item }));
        }
        self.findings.add(Check::RemovedPresent, &self.instance.levels[level].path);
        Mode::Reported
    }

    fn decide(&self, element: &Element) -> (ActionCode, &Rule) {
        decide(self.instance, element, self.profile, self.sop_class)
    }

    fn element(&mut self, element: &Element) {
        let tag = element.tag;
        if tag.is_group_length() {
            return self.found(Check::GroupLength, element);
        }
        if matches!(tag.group(), 0x0000 | 0x0002 | 0x0004) {
            return self.found(Check::MisplacedGroup, element);
        }
        let mode = self.modes[element.level];
        if (element.level == 0 && marks::is_mark(tag)) || matches!(mode, Mode::Reported) {
            return;
        }
        if tag.is_private() {
            if matches!(mode, Mode::Dummy) {
                self.found(Check::PrivateNotAllowed, element);
            }
            return text::check(self.instance, element, self.findings);
        }
        if element.is_pixel_data() && element.level > 0 {
            return self.found(Check::NestedPixelData, element);
        }
        match mode {
            Mode::Dummy => self.dummied(element),
            Mode::Profile(item) => self.ruled(element, item),
            Mode::Reported => {}
        }
    }

    fn ruled(&mut self, element: &Element, item: Option<ContentItem>) {
        let tag = element.tag;
        if tag == Tag(0x0042, 0x0011) && element.level == 0 {
            return self.document(element);
        }
        if element.level == 0 && matches!((tag.0, tag.1), (0x0042, 0x0010 | 0x0015)) {
            return text::check(self.instance, element, self.findings);
        }
        let (mut action, rule) = self.decide(element);
        let (clean, option) = (rule.clean, rule.option);
        if let Some(item) = item.filter(|item| item.carrier == Some(tag)) {
            action = match item.action {
                Some(ActionCode::D) if tag == Tag(0x0040, 0xA124) => ActionCode::U,
                Some(listed) => listed,
                None if tag == Tag(0x0040, 0xA160) => ActionCode::C,
                None => action,
            };
        }
        self.type_one(element);
        match action {
            _ if dictionary::vr(tag).is_none() && !is_graphics(tag) => self.found(Check::Unknown, element),
            ActionCode::X if is_graphics(tag) => self.found(Check::CurveOrOverlay, element),
            ActionCode::X => self.found(Check::RemovedPresent, element),
            ActionCode::Z => self.emptied(element),
            ActionCode::D => self.replaced(element),
            ActionCode::U => self.uids(element),
            ActionCode::C => self.cleaned(element, clean),
            ActionCode::K => self.kept(element, option),
        }
    }

    fn emptied(&mut self, element: &Element) {
        let text = self.instance.texts(element).join("\\");
        let pseudonym =
            matches!(element.tag, tags::PATIENT_ID | tags::PATIENT_NAME | tags::STUDY_ID | tags::ACCESSION_NUMBER)
                && form::is_pseudonym(&text);
        if !element.is_empty() && !pseudonym && !form::is_dummy(element) {
            self.found(Check::NotEmptied, element);
        }
    }

    fn replaced(&mut self, element: &Element) {
        match &element.value {
            Value::Items(items) if *items > 1 => self.found(Check::NotDummy, element),
            Value::Items(_) => {}
            _ if element.is_empty() => {}
            _ if element.text_vr() == Vr::UI => self.uids(element),
            _ if keyed(element.tag) && form::is_pseudonym(&self.instance.texts(element).join("\\")) => {}
            _ if form::is_dummy(element) => {}
            _ => self.found(Check::NotDummy, element),
        }
    }

    fn dummied(&mut self, element: &Element) {
        let (vr, tag) = (element.text_vr(), element.tag);
        let code = matches!((tag.0, tag.1), (0x0008, 0x0100..=0x0104));
        if matches!(element.value, Value::Items(_)) || element.is_empty() || standard::beyond::uid_structural(tag) {
            return;
        }
        if vr == Vr::CS || code {
            return text::check(self.instance, element, self.findings);
        }
        self.replaced(element);
    }

    fn uids(&mut self, element: &Element) {
        if matches!(element.value, Value::Items(_)) || standard::beyond::uid_structural(element.tag) {
            return;
        }
        let text = String::from_utf8_lossy(element.bytes().unwrap_or(b"?")).into_owned();
        let kept = self.profile.has(OptionName::RetainUids)
            && text.split('\\').all(|uid| uid::is_legal(uid.trim_matches([' ', '\0'])));
        if !kept && !uid::are_replaced(&text) {
            self.found(Check::UidNotReplaced, element);
        }
    }

    fn cleaned(&mut self, element: &Element, clean: Option<CleanAs>) {
        let tag = element.tag;
        if matches!(element.value, Value::Items(_)) {
            return;
        }
        if clean == Some(CleanAs::Graphics) && tag.group() != 0x0070 {
            return self.found(Check::CurveOrOverlay, element);
        }
        if element.is_empty() || form::is_dummy(element) {
            return;
        }
        match element.text_vr() {
            Vr::DA | Vr::DT | Vr::TM => self.date(element),
            Vr::PN => self.found(Check::PersonName, element),
            Vr::UI => self.uids(element),
            Vr::AE if clean == Some(CleanAs::Device) => {
                if !form::is_pseudonym(&self.instance.texts(element).join("\\")) {
                    self.found(Check::NotDummy, element);
                }
            }
            _ if clean == Some(CleanAs::Date) && form::is_timezone(&self.instance.word_at(element.level, tag)) => {}
            _ if matches!(clean, Some(CleanAs::Age | CleanAs::SizeWeight)) => self.characteristic(element),
            _ => text::check(self.instance, element, self.findings),
        }
    }

    fn kept(&mut self, element: &Element, option: Option<OptionName>) {
        if element.text_vr() == Vr::PN && !element.is_empty() && !form::is_dummy(element) {
            return self.found(Check::PersonName, element);
        }
        // An Option that keeps institutions keeps what the detectors would call one.
        if option != Some(OptionName::RetainInstitutionIdentity) {
            text::check(self.instance, element, self.findings);
        }
    }

    fn date(&mut self, element: &Element) {
        let (policy, vr) = (self.profile.policy(), element.text_vr());
        let bad = self.instance.texts(element).iter().any(|text| {
            let date = text.as_bytes().get(..8).and_then(|date| std::str::from_utf8(date).ok());
            match vr {
                Vr::TM => policy.times == Times::Remove,
                Vr::DA if form::day_number(text).is_none() || text.len() != 8 => true,
                _ => policy.dates == Dates::YearOnly && date.is_none_or(|date| !date.ends_with("0101")),
            }
        });
        if bad {
            self.found(Check::DateNotModified, element);
        }
    }

    fn characteristic(&mut self, element: &Element) {
        let text = self.instance.texts(element).join("\\");
        let policy = self.profile.policy();
        let good = if element.tag == tags::PATIENT_AGE {
            age_is_allowed(&text, policy.age)
        } else {
            policy.size_weight != SizeWeight::Coarse || is_coarse(element.tag, &text)
        };
        if !good {
            self.found(Check::TooPrecise, element);
        }
    }

    /// A blank document is short; the longest of ours is a page of PDF.
    fn document(&mut self, element: &Element) {
        let is_short = element.bytes().is_some_and(|bytes| bytes.len() <= 4096);
        if !is_short {
            self.found(Check::NotDummy, element);
        }
    }

    fn type_one(&mut self, element: &Element) {
        let path = self.instance.tags_to(element);
        if element.is_empty() && standard::attribute_type(self.sop_class, &path) == Some(AttributeType::One) {
            self.found(Check::TypeOneEmpty, element);
        }
    }
}

/// Curves and overlays (retired group 50xx; PS3.3 2026d, C.9.2).
fn is_graphics(tag: Tag) -> bool {
    matches!(tag.0 & 0xFF00, 0x5000 | 0x6000)
}

/// Identifiers of subjects, specimens and devices keep apart what their dummies stand for.
fn keyed(tag: Tag) -> bool {
    matches!((tag.0, tag.1), (0x0012, 0x0040 | 0x0042) | (0x0040, 0x0512 | 0x0551) | (0x0018, 0x9367 | 0x9371))
}

fn age_is_allowed(text: &str, policy: Age) -> bool {
    let text = text.trim();
    if policy != Age::Remove && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_punctuation()) {
        // Signs alone say that nobody knows.
        return true;
    }
    // Fewer than the three digits of PS3.5 2026d, 6.2, are common and plain.
    let Some((digits, unit)) = text.len().checked_sub(1).and_then(|at| text.split_at_checked(at)) else { return false };
    if digits.len() > 3 {
        return false;
    }
    let Ok(number) = digits.parse::<u32>() else { return false };
    match policy {
        Age::Remove => false,
        Age::Exact => matches!(unit, "D" | "W" | "M" | "Y"),
        Age::Exact90 | Age::SafeHarbor => unit != "Y" || number <= 90,
        Age::Band5 => unit == "Y" && number <= 90 && (number < 5 || number % 5 == 0),
    }
}

/// Sizes in metres by 5 cm, weights in kilograms by 5 kg.
fn is_coarse(tag: Tag, text: &str) -> bool {
    let Ok(value) = text.trim().parse::<f64>() else { return false };
    let steps = if tag == Tag(0x0010, 0x1020) { value * 20.0 } else { value / 5.0 };
    (steps - steps.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_as_coarse_as_the_policy_says() {
        assert!(age_is_allowed("065Y", Age::Band5) && !age_is_allowed("067Y", Age::Band5));
        assert!(age_is_allowed("090Y", Age::Exact90) && !age_is_allowed("091Y", Age::Exact90));
        assert!(age_is_allowed("101Y", Age::Exact) && !age_is_allowed("", Age::Exact));
        assert!(!age_is_allowed("山田太郎", Age::Exact) && !age_is_allowed("0000001Y", Age::Exact));
        assert!(age_is_allowed("0Y", Age::Exact90) && !age_is_allowed("91Y", Age::Exact90));
        assert!(age_is_allowed("***", Age::Exact90) && !age_is_allowed("***", Age::Remove));
    }

    #[test]
    fn sizes_and_weights_come_in_steps() {
        assert!(is_coarse(Tag(0x0010, 0x1020), "1.65") && !is_coarse(Tag(0x0010, 0x1020), "1.63"));
        assert!(is_coarse(Tag(0x0010, 0x1030), "70") && !is_coarse(Tag(0x0010, 0x1030), "68.5"));
    }
}
