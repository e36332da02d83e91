//! What each action makes of one value.

use crate::action::characteristic::{self, Outcome};
use crate::action::clean::{Care, Cleaned};
use crate::action::{Edit, date, dummy, keep, uid, zero_length};
use crate::plan::RuleId;
use crate::scope::Scope;
use crate::value::{contradicts_dictionary, effective_vr, first_ascii, is_empty, judged_vr, trim_bytes};
use crate::walk::{Next, Planner, is_pixel_data};
use crate::{Held, marks, structured};
use tokumei_core::{ActionCode, AttributeType, OptionName, Reason, Tag, Vr, dictionary, tags};
use tokumei_profile::policy::{TextPolicy, Undecodable, UnlistedText};
use tokumei_profile::{CleanAs, Rule};
use tokumei_pseudonym::IdKind;
use tokumei_standard as standard;
use tokumei_text::Issue;
use tokumei_wire::{NewElement, NewValue, NodeId, NodeKind};

impl<'p> Planner<'_, 'p> {
    pub(crate) fn zeroed(&self, id: NodeId, scope: &Scope) -> Edit {
        let node = self.data_set.node(id);
        let original = scope.sets.decode(trim_bytes(self.bytes(id)), effective_vr(node)).text;
        zero_length::zeroed(node.tag, original.trim(), scope.item.is_none(), &self.patient, self.context)
    }

    pub(crate) fn dummy(&self, id: NodeId, scope: &Scope) -> Edit {
        let node = self.data_set.node(id);
        let vr = dictionary::vr(node.tag).unwrap_or(node.vr);
        if vr == Vr::UI || node.vr == Vr::UI {
            return Edit::Value(None, uid::mapped(self.bytes(id), self.context.pseudonyms));
        }
        if let Some(kind) = zero_length::keyed_dummy(node.tag) {
            let original = scope.sets.decode(trim_bytes(self.bytes(id)), vr).text;
            let namespace = self.patient.pseudonym();
            return Edit::text(self.context.pseudonyms.short_id(kind, namespace, original.trim()));
        }
        Edit::Value(None, dummy::like(if node.vr == Vr::UN { vr } else { node.vr }, self.bytes(id)))
    }

    /// Inside a D sequence: structure and codes of the standard stay, whatever else could tell something does not.
    pub(crate) fn dummied(&mut self, id: NodeId, scope: &Scope<'p>) -> Next {
        let node = self.data_set.node(id);
        let rule: RuleId<'p> = "E.1-1/dummy-item".into();
        if node.kind == NodeKind::Sequence {
            return Next::EnterDummy;
        }
        if dictionary::vr(node.tag).is_none() || node.kind == NodeKind::Fragments {
            return self.record(id, Edit::Remove, ActionCode::X, rule);
        }
        if is_empty(self.data_set, id) || standard::beyond::uid_structural(node.tag) {
            return Next::Skip;
        }
        let vr = effective_vr(node);
        let code_of_standard =
            matches!((node.tag.group(), node.tag.element()), (0x0008, 0x0100..=0x0104)) && self.in_standard_code(scope);
        if code_of_standard || (vr == Vr::CS && keep::fits(vr, self.bytes(id)) && !contradicts_dictionary(node)) {
            self.scrub(id, scope, vr, Care::Scrub, rule);
            return Next::Skip;
        }
        let edit = self.dummy(id, scope);
        self.change(id, edit, ActionCode::D, rule);
        Next::Skip
    }

    pub(crate) fn in_standard_code(&self, scope: &Scope) -> bool {
        let scheme = scope.item.and_then(|item| crate::value::child_ascii(self.data_set, item, Tag(0x0008, 0x0102)));
        matches!(scheme, Some("DCM" | "SCT" | "SRT" | "SNM3" | "LN" | "UCUM"))
    }

    pub(crate) fn clean(&mut self, id: NodeId, scope: &Scope<'p>, decided_by: &'p Rule) {
        let node = self.data_set.node(id);
        let rule: RuleId<'p> = RuleId::Lent(&decided_by.id);
        let vr = dictionary::vr(node.tag).unwrap_or(node.vr);
        match decided_by.clean {
            _ if matches!(vr, Vr::DA | Vr::DT | Vr::TM) => self.clean_date(id, scope, vr, rule),
            Some(CleanAs::Date) if is_timezone(trim_bytes(self.bytes(id))) => {}
            Some(CleanAs::Age | CleanAs::SizeWeight) => self.characteristic(id, scope, rule),
            Some(CleanAs::Graphics) if node.tag.group() != 0x0070 => {
                self.record(id, Edit::Remove, ActionCode::X, rule);
            }
            Some(CleanAs::Device) if vr == Vr::AE => self.network_name(id, scope, rule),
            Some(CleanAs::Date) => self.fall_back(id, scope, rule),
            _ if vr == Vr::PN || !effective_vr(node).is_string() => self.fall_back(id, scope, rule),
            how => self.scrub(id, scope, effective_vr(node), self.care(node.tag, effective_vr(node), how), rule),
        }
    }

    /// How much of a text may stay: of a descriptor by one policy, of text that no table lists by another.
    ///
    /// Names of series and protocols are short; prose is cleaned strictly whatever the policy, since names stand in it.
    pub(crate) fn care(&self, tag: Tag, vr: Vr, how: Option<CleanAs>) -> Care {
        let policy = self.context.profile.policy();
        if is_code_or_equipment(tag) {
            return Care::Identity;
        }
        let prose = matches!(vr, Vr::LT | Vr::ST | Vr::UT);
        if how == Some(CleanAs::UnlistedText) && tag != structured::TEXT_VALUE && !prose {
            match policy.unlisted_text {
                UnlistedText::Keep | UnlistedText::Scrub => return Care::Scrub,
                UnlistedText::Remove => return Care::Strict,
                UnlistedText::Clean => {}
            }
        }
        if policy.text == TextPolicy::CleanPermissive && !prose { Care::Permissive } else { Care::Strict }
    }

    /// An application entity title names a host: it becomes a name that is the same wherever the old one was.
    pub(crate) fn network_name(&mut self, id: NodeId, scope: &Scope<'p>, rule: RuleId<'p>) {
        let original = scope.sets.decode(trim_bytes(self.bytes(id)), Vr::AE).text;
        let keyed = self.context.pseudonyms.short_id(IdKind::Device, self.context.site, original.trim());
        self.change(id, Edit::text(keyed), ActionCode::C, rule);
    }

    pub(crate) fn clean_date(&mut self, id: NodeId, scope: &Scope<'p>, vr: Vr, rule: RuleId<'p>) {
        let tag = self.data_set.node(id).tag;
        let text = std::str::from_utf8(trim_bytes(self.bytes(id))).ok();
        let policy = self.context.profile.policy();
        let moved = text.and_then(|text| date::modified(text, vr, tag, policy, self.patient.shift_days()));
        match moved {
            Some(moved) => self.change(id, Edit::text(moved), ActionCode::C, rule),
            None => self.fall_back(id, scope, rule),
        }
    }

    pub(crate) fn keep(&mut self, id: NodeId, scope: &Scope<'p>, rule: RuleId<'p>) {
        let node = self.data_set.node(id);
        if is_pixel_data(node.tag) {
            return;
        }
        let vr = effective_vr(node);
        if vr == Vr::PN {
            // A person's name that no rule lists is nobody's to keep.
            return self.fall_back(id, scope, rule);
        }
        if node.tag == tags::SPECIFIC_CHARACTER_SET {
            return self.character_set(id, scope, rule);
        }
        if standard::beyond::uid_structural(node.tag) && uid_values_are_legal(self.bytes(id)) {
            return;
        }
        if contradicts_dictionary(node) {
            return self.scrub(id, scope, vr, Care::Strict, rule);
        }
        if vr.is_string() {
            let care = match vr {
                _ if !keep::fits(judged_vr(node), self.bytes(id)) => Care::Strict,
                Vr::DS | Vr::IS => Care::Identity,
                _ if is_code_or_equipment(node.tag) => Care::Identity,
                Vr::LT | Vr::ST | Vr::UT => Care::Strict,
                _ => Care::Scrub,
            };
            if is_worth_scrubbing(vr, self.bytes(id)) || care == Care::Strict {
                self.scrub(id, scope, vr, care, rule);
            }
        }
    }

    /// Age, size and weight, as coarse as the policy asks.
    pub(crate) fn characteristic(&mut self, id: NodeId, scope: &Scope<'p>, rule: RuleId<'p>) {
        let tag = self.data_set.node(id).tag;
        let policy = self.context.profile.policy();
        let text = String::from_utf8_lossy(trim_bytes(self.bytes(id))).into_owned();
        let outcome = match tag {
            tags::PATIENT_AGE => characteristic::age(&text, policy.age),
            _ if keep::fits(Vr::DS, text.as_bytes()) => characteristic::size_or_weight(tag, &text, policy),
            _ => Outcome::Gone,
        };
        match outcome {
            Outcome::Same => {}
            Outcome::Coarse(text) => self.change(id, Edit::text(text), ActionCode::C, rule),
            Outcome::Gone => self.fall_back(id, scope, rule),
        }
    }

    /// SpecificCharacterSet (0008,0005) stays while it is one: a term that no standard defines is no character set.
    pub(crate) fn character_set(&mut self, id: NodeId, scope: &Scope<'p>, rule: RuleId<'p>) {
        if scope.sets.issues().contains(Issue::UnknownTerm) {
            self.record(id, Edit::Remove, ActionCode::X, rule);
        }
    }

    pub(crate) fn scrub(&mut self, id: NodeId, scope: &Scope<'p>, vr: Vr, care: Care, rule: RuleId<'p>) {
        match self.cleaners.clean(self.bytes(id), vr, &scope.sets, care) {
            Cleaned::Same if keep::fits(judged_vr(self.data_set.node(id)), self.bytes(id)) => {}
            Cleaned::Same => self.fall_back(id, scope, rule),
            Cleaned::Undecodable if self.context.profile.policy().undecodable == Undecodable::Quarantine => {
                let place = self.data_set.path(id);
                self.held = Some(Held::quarantined(Reason::at("text-undecodable", place)));
            }
            Cleaned::Undecodable => self.fall_back(id, scope, rule),
            // A code is one word: half of it is another code.
            Cleaned::Changed(bytes)
                if bytes.is_empty() || vr == Vr::CS || !keep::fits(judged_vr(self.data_set.node(id)), &bytes) =>
            {
                self.fall_back(id, scope, rule);
            }
            Cleaned::Changed(bytes) => self.change(id, Edit::Value(None, bytes), ActionCode::C, rule),
        }
    }

    /// Nothing of a value can be kept: a dummy where the IOD asks for a value, else empty.
    pub(crate) fn fall_back(&mut self, id: NodeId, scope: &Scope<'p>, rule: RuleId<'p>) {
        let tag = self.data_set.node(id).tag;
        let attribute_type = standard::attribute_type(self.sop_class_uid, &scope.path(tag));
        // Of attributes that the table does not list the Type is not known; a dummy satisfies every one.
        let required = match attribute_type {
            Some(known) => matches!(known, AttributeType::One | AttributeType::OneC),
            None => standard::row(tag).is_none(),
        };
        let (edit, action) =
            if required { (self.dummy(id, scope), ActionCode::D) } else { (Edit::Empty, ActionCode::Z) };
        self.change(id, edit, action, rule);
    }

    /// Keeps what earlier passes wrote of themselves, without identifiers and in the default repertoire.
    pub(crate) fn remember_earlier(&mut self, id: NodeId, scope: &Scope) {
        let tag = self.data_set.node(id).tag;
        if tag == marks::DEIDENTIFICATION_METHOD {
            let own = marks::own_methods(self.context);
            let values = self.bytes(id).split(|byte| *byte == b'\\').map(trim_bytes);
            let others = values.filter(|value| !own.iter().any(|own| own.as_bytes() == *value));
            self.earlier.methods = others.map(|value| self.scrubbed(value, scope).trim().to_owned()).collect();
        }
        if tag == marks::DEIDENTIFICATION_METHOD_CODE_SEQUENCE {
            let codes = marks::earlier_codes(self.data_set);
            let clean = |text: &str| self.scrubbed(text.as_bytes(), scope);
            let clean = |code: &marks::MethodCode| marks::MethodCode(clean(&code.0), clean(&code.1), clean(&code.2));
            let codes: Vec<_> = codes.iter().map(clean).collect();
            self.earlier.codes = codes.into_iter().filter(|code| !code.0.is_empty() && !code.1.is_empty()).collect();
        }
    }

    pub(crate) fn scrubbed(&self, bytes: &[u8], scope: &Scope) -> String {
        let cleaned = match self.cleaners.clean(bytes, Vr::LO, &scope.sets, Care::Scrub) {
            Cleaned::Same => trim_bytes(bytes).to_vec(),
            Cleaned::Undecodable => Vec::new(),
            Cleaned::Changed(bytes) => bytes,
        };
        String::from_utf8(cleaned).ok().filter(|text| text.is_ascii()).unwrap_or_default()
    }

    /// Patient's Age computed from the birth date that goes, where the profile keeps ages and the file has none.
    pub(crate) fn computed_age(&self) -> Option<NewElement> {
        let kept = self.context.profile.has(OptionName::RetainPatientCharacteristics);
        if !kept || self.data_set.first(tags::PATIENT_AGE).is_some() {
            return None;
        }
        let birth = first_ascii(self.data_set, tags::PATIENT_BIRTH_DATE)?;
        let study = first_ascii(self.data_set, tags::STUDY_DATE)?;
        let age = tokumei_pseudonym::date::age(birth, study)?;
        let age = match characteristic::age(&age, self.context.profile.policy().age) {
            Outcome::Same => age,
            Outcome::Coarse(age) => age,
            Outcome::Gone => return None,
        };
        Some(NewElement { tag: tags::PATIENT_AGE, vr: Vr::AS, value: NewValue::Bytes(age.into_bytes()) })
    }
}

fn uid_values_are_legal(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split('\\').map(|part| part.trim_matches([' ', '\0'])).all(|part| part.is_empty() || uid::is_legal(part))
}

/// Codes (PS3.3 2026d, 8.8) and the names that makers give their products: no digits in them are anybody's number.
fn is_code_or_equipment(tag: Tag) -> bool {
    matches!(
        (tag.group(), tag.element()),
        (0x0008, 0x0070 | 0x1090 | 0x0100..=0x0104 | 0x0119 | 0x0120 | 0x010D | 0x010F | 0x0117) | (0x0018, 0x1020)
    )
}

/// Short numbers and codes hold no identifier worth the search.
fn is_worth_scrubbing(vr: Vr, bytes: &[u8]) -> bool {
    match vr {
        Vr::DS | Vr::IS => bytes.split(|b| *b == b'\\').any(|part| trim_bytes(part).len() >= 6),
        Vr::CS => trim_bytes(bytes).len() >= 4,
        Vr::UI | Vr::AS => false,
        _ => !trim_bytes(bytes).is_empty(),
    }
}

/// Tells whether a value is an offset from UTC, `+0900`.
fn is_timezone(bytes: &[u8]) -> bool {
    matches!(bytes, [b'+' | b'-', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit))
}
