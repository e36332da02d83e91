//! Decides, element by element, what becomes of a data set.

use crate::action::characteristic::{self, Outcome};
use crate::action::clean::{Cleaned, Cleaners};
use crate::action::{Edit, date, dummy, keep, uid, zero_length};
use crate::scope::{Mode, Scope};
use crate::structured::{self, ContentItem};
use crate::value::{contradicts_dictionary, effective_vr, first_ascii, is_empty, trim_bytes, u32_bytes};
use crate::{Context, Held, document, harvest, identity, marks, private};
use std::borrow::Cow;
use tokumei_core::{ActionCode, AttributeType, Change, OptionName, Reason, Tag, Vr, dictionary, tags};
use tokumei_profile::policy::{Documents, References, Structured, TextPolicy, Undecodable, UnlistedText};
use tokumei_profile::{CleanAs, Rule, resolve};
use tokumei_pseudonym::{IdKind, Patient};
use tokumei_standard as standard;
use tokumei_text::{Issue, Strictness};
use tokumei_wire::{DataSet, NewElement, NewValue, Node, NodeId, NodeKind};

/// What will be done to one data set, complete before a byte is written.
pub struct Plan<'p> {
    steps: Vec<PlannedStep<'p>>,
    insertions: Vec<NewElement>,
    /// Pseudonym of the patient.
    pub patient: String,
    /// New Study Instance UID.
    pub study_uid: String,
    /// New Series Instance UID.
    pub series_uid: String,
    /// New SOP Instance UID.
    pub instance_uid: String,
    /// SOP Class UID, which stays.
    pub sop_class_uid: String,
    /// Options really executed, the Basic Profile first.
    pub options: Vec<OptionName>,
}

/// One planned edit of one node.
pub(crate) struct PlannedStep<'p> {
    pub node: NodeId,
    pub edit: Edit,
    pub action: ActionCode,
    pub rule: Cow<'p, str>,
}

impl Plan<'_> {
    pub(crate) fn steps(&self) -> &[PlannedStep<'_>] {
        &self.steps
    }

    pub(crate) fn insertions(&self) -> &[NewElement] {
        &self.insertions
    }

    /// Returns the changes as the ledger lists them: in document order, then what is inserted; never a value.
    pub fn changes(&self, data_set: &DataSet) -> Vec<Change> {
        let planned = self.steps.iter().map(|step| {
            let node = data_set.node(step.node);
            let before = (node.length != u32::MAX).then_some(u64::from(node.length));
            Change {
                path: data_set.path(step.node),
                vr: effective_vr(node),
                action: step.action,
                rule: step.rule.clone().into_owned(),
                before: before.or(Some(node.stop - node.value)),
                after: step.edit.length(),
            }
        });
        let inserted = self.insertions.iter().map(|element| Change {
            path: tokumei_core::TagPath::root(element.tag),
            vr: element.vr,
            action: ActionCode::D,
            rule: MARK.to_owned(),
            before: None,
            after: match &element.value {
                NewValue::Bytes(bytes) => Some(bytes.len().next_multiple_of(2) as u64),
                NewValue::Items(_) => None,
            },
        });
        planned.chain(inserted).collect()
    }

    /// Returns what the planned edit leaves of each changed element, for a preview: the new value, or nothing.
    pub fn preview(&self) -> impl Iterator<Item = (NodeId, ActionCode, &str, Option<&[u8]>)> {
        self.steps.iter().map(|step| {
            let value = match &step.edit {
                Edit::Value(_, bytes) => Some(bytes.as_slice()),
                Edit::Empty => Some(&[][..]),
                Edit::Remove => None,
            };
            (step.node, step.action, step.rule.as_ref(), value)
        })
    }
}

const MARK: &str = "E.1.1/marks";

/// Returns the plan for a data set. Pure: the same data set, profile and key give the same plan.
///
/// # Errors
/// [`Held`] when the instance is excluded by a rule of the profile, or a human has to decide about it.
pub fn plan<'p>(data_set: &DataSet, context: &Context<'p>) -> Result<Plan<'p>, Held> {
    identity::check(data_set)?;
    let sop_class_uid = eligible(data_set, context)?;
    let identifiers = harvest(data_set);
    let mut planner = Planner {
        data_set,
        context,
        sop_class_uid: &sop_class_uid,
        patient: identity::patient(data_set, context),
        cleaners: Cleaners::new(&identifiers),
        steps: Vec::new(),
        earlier: marks::Earlier::default(),
        blank: blank_document(data_set)?,
        held: None,
    };
    planner.walk()?;
    let options = marks::executed(context);
    let mut insertions = marks::elements(data_set, context, &options, &planner.earlier);
    insertions.extend(planner.computed_age());
    Ok(Plan {
        insertions,
        patient: planner.patient.pseudonym().to_owned(),
        study_uid: new_uid(data_set, tags::STUDY_INSTANCE_UID, context),
        series_uid: new_uid(data_set, tags::SERIES_INSTANCE_UID, context),
        instance_uid: new_uid(data_set, tags::SOP_INSTANCE_UID, context),
        options,
        steps: planner.steps,
        sop_class_uid,
    })
}

/// Refuses what the profile does not take, and returns the SOP Class UID.
fn eligible(data_set: &DataSet, context: &Context) -> Result<String, Held> {
    let policy = context.profile.policy();
    let sop_class = first_ascii(data_set, tags::SOP_CLASS_UID).unwrap_or_default();
    let known = standard::iod(sop_class).is_some() || policy.unknown_sop_classes.iter().any(|uid| uid == sop_class);
    if !known {
        return Err(Held::quarantined(Reason::at("sop-class-unknown", tags::SOP_CLASS_UID)));
    }
    if policy.structured == Structured::Exclude && structured::is_structured_report(sop_class) {
        return Err(Held::excluded(Reason::new("structured-report-excluded")));
    }
    if policy.documents == Documents::Exclude && data_set.first(document::ENCAPSULATED_DOCUMENT).is_some() {
        return Err(Held::excluded(Reason::new("document-excluded")));
    }
    Ok(sop_class.to_owned())
}

/// Returns the blank document that replaces the encapsulated one, if there is one.
fn blank_document(data_set: &DataSet) -> Result<Option<Vec<u8>>, Held> {
    if data_set.first(document::ENCAPSULATED_DOCUMENT).is_none() {
        return Ok(None);
    }
    let mime_type = first_ascii(data_set, document::MIME_TYPE).unwrap_or_default();
    match document::blank(mime_type) {
        Some(blank) => Ok(Some(blank)),
        None => Err(Held::quarantined(Reason::at("document-type-unknown", document::MIME_TYPE))),
    }
}

/// The new UID of a top-level element; where it is missing, one made of the SOP Instance UID and the tag, so that the
/// output still has a place of its own.
fn new_uid(data_set: &DataSet, tag: Tag, context: &Context) -> String {
    let instance = first_ascii(data_set, tags::SOP_INSTANCE_UID).unwrap_or_default();
    let original = match first_ascii(data_set, tag) {
        Some(uid) => uid.to_owned(),
        None => format!("{instance}/{tag}"),
    };
    if context.profile.has(OptionName::RetainUids) && uid::is_legal(&original) {
        return original;
    }
    let mapped = uid::mapped(original.as_bytes(), context.pseudonyms);
    String::from_utf8_lossy(&mapped).into_owned()
}

struct Planner<'a, 'p> {
    data_set: &'a DataSet,
    context: &'a Context<'p>,
    sop_class_uid: &'a str,
    patient: Patient,
    cleaners: Cleaners<'a>,
    steps: Vec<PlannedStep<'p>>,
    earlier: marks::Earlier,
    blank: Option<Vec<u8>>,
    held: Option<Held>,
}

/// Where the walk goes from an element.
enum Next {
    /// Into it.
    Enter,
    /// Into it, with everything inside dummied.
    EnterDummy,
    /// Past it and all it holds.
    Skip,
}

impl<'p> Planner<'_, 'p> {
    fn walk(&mut self) -> Result<(), Held> {
        let mut scopes = vec![Scope::root(self.data_set)];
        let (mut index, total) = (0, self.data_set.nodes().len() as u32);
        let mut dummy_until = 0;
        while index < total {
            while scopes.len() > 1 && scopes.last().is_some_and(|scope| scope.end <= index) {
                scopes.pop();
            }
            let Some(scope) = scopes.last_mut() else { break };
            let id = NodeId(index);
            let end = self.data_set.node(id).end;
            if self.data_set.node(id).kind == NodeKind::Item {
                let mode = if index < dummy_until { Mode::Dummy } else { Mode::Profile };
                let inner = self.item(id, scope, mode);
                index = if inner.is_some() { index + 1 } else { end };
                scopes.extend(inner);
                continue;
            }
            index = match self.element(id, scope)? {
                Next::Skip => end,
                Next::Enter => index + 1,
                Next::EnterDummy => {
                    dummy_until = dummy_until.max(end);
                    index + 1
                }
            };
            if let Some(held) = self.held.take() {
                return Err(held);
            }
        }
        Ok(())
    }

    /// Returns the scope of an item, `None` when the item goes.
    fn item(&mut self, id: NodeId, scope: &Scope<'p>, mode: Mode) -> Option<Scope<'p>> {
        let mut inner = scope.inside(self.data_set, id, mode);
        let sequence = inner.ancestors.last().copied().unwrap_or(tags::ITEM);
        if mode == Mode::Profile && structured::holds_content_items(sequence) && self.cleans_content() {
            inner.content = ContentItem::read(self.data_set, id, self.context.profile);
            if let Some((ActionCode::X, rule)) = inner.content.and_then(|content| content.removed()) {
                self.record(id, Edit::Remove, ActionCode::X, Cow::Borrowed(&rule.id));
                return None;
            }
        }
        Some(inner)
    }

    fn cleans_content(&self) -> bool {
        self.context.profile.policy().structured == Structured::Clean
            && self.context.profile.has(OptionName::CleanStructuredContent)
    }

    fn element(&mut self, id: NodeId, scope: &mut Scope<'p>) -> Result<Next, Held> {
        let node = self.data_set.node(id);
        if node.tag.is_group_length() {
            return Ok(Next::Skip);
        }
        if matches!(node.tag.group(), 0x0000 | 0x0002 | 0x0004) {
            return Ok(self.record(id, Edit::Remove, ActionCode::X, "E.1.1/group".into()));
        }
        if scope.item.is_none() && marks::OWNED.contains(&node.tag) {
            self.remember_earlier(id, scope);
            return Ok(self.record(id, Edit::Remove, ActionCode::X, MARK.into()));
        }
        if node.tag.is_private() {
            return self.private(id, scope);
        }
        if is_pixel_data(node.tag) && scope.item.is_some() {
            // A picture inside a sequence is a copy that nobody assesses: icons, thumbnails, previews.
            return Ok(self.record(id, Edit::Remove, ActionCode::X, "E.3.1/nested-pixel-data".into()));
        }
        if scope.mode == Mode::Dummy {
            return Ok(self.dummied(id, scope));
        }
        if let Some(next) = self.document(id) {
            return Ok(next);
        }
        let decision = self.context.profile.decide_at(node.tag, &scope.ancestors);
        let attribute_type = || standard::attribute_type(self.sop_class_uid, &scope.path(node.tag));
        let (action, rule) = match scope.content.and_then(|content| content.action_of(node.tag)) {
            Some((action, rule)) => (self.content_action(action, node), rule.unwrap_or(decision.rule)),
            None => (self.action(decision.code, attribute_type), decision.rule),
        };
        self.execute(id, scope, action, rule)
    }

    /// Resolves a table cell. References of Type 1 and 2 survive where the profile keeps them.
    fn action(&self, code: tokumei_core::TableCode, attribute_type: impl Fn() -> Option<AttributeType>) -> ActionCode {
        use tokumei_core::TableCode;
        match code {
            TableCode::Plain(action) => action,
            TableCode::XZU if self.context.profile.policy().references == References::Keep => ActionCode::K,
            compound => resolve(compound, attribute_type(), true),
        }
    }

    /// References keep their place in a content tree: the UIDs inside change, the item stays.
    fn content_action(&self, action: ActionCode, node: &Node) -> ActionCode {
        match action {
            ActionCode::D | ActionCode::Z | ActionCode::U if node.tag == Tag(0x0008, 0x1199) => ActionCode::K,
            ActionCode::D | ActionCode::X if node.tag == Tag(0x0040, 0xA124) => ActionCode::U,
            ActionCode::X => ActionCode::D,
            other => other,
        }
    }

    fn execute(
        &mut self,
        id: NodeId,
        scope: &Scope<'p>,
        action: ActionCode,
        decided_by: &'p Rule,
    ) -> Result<Next, Held> {
        let node = self.data_set.node(id);
        let rule: Cow<'p, str> = Cow::Borrowed(&decided_by.id);
        match node.kind {
            NodeKind::Sequence => return self.sequence(id, action, rule),
            NodeKind::Fragments if action != ActionCode::K => {
                return Ok(self.record(id, Edit::Remove, action, rule));
            }
            NodeKind::Fragments => return Ok(Next::Skip),
            NodeKind::Value | NodeKind::Item => {}
        }
        match action {
            ActionCode::X => return Ok(self.record(id, Edit::Remove, action, rule)),
            _ if is_empty(self.data_set, id) => return Ok(Next::Skip),
            _ if effective_vr(node) == Vr::SQ || dictionary::vr(node.tag) == Some(Vr::SQ) => {
                return self.opaque_sequence(id, action, rule);
            }
            ActionCode::Z => {
                let edit = self.zeroed(id, scope);
                self.change(id, edit, action, rule);
            }
            ActionCode::D => {
                let edit = self.dummy(id, scope);
                self.change(id, edit, action, rule);
            }
            ActionCode::U => {
                let mapped = uid::mapped(self.bytes(id), self.context.pseudonyms);
                self.change(id, Edit::Value(None, mapped), action, rule);
            }
            ActionCode::C => self.clean(id, scope, decided_by),
            ActionCode::K => self.keep(id, scope, rule),
        }
        Ok(Next::Skip)
    }

    fn sequence(&mut self, id: NodeId, action: ActionCode, rule: Cow<'p, str>) -> Result<Next, Held> {
        Ok(match action {
            ActionCode::X => self.record(id, Edit::Remove, action, rule),
            ActionCode::K | ActionCode::C | ActionCode::U => Next::Enter,
            _ if is_empty(self.data_set, id) => Next::Skip,
            ActionCode::Z => self.record(id, Edit::Empty, action, rule),
            ActionCode::D => self.only_first_item(id, rule),
        })
    }

    /// D on a sequence: one item stays, with dummies in it, so that what the IOD asks for inside is there.
    fn only_first_item(&mut self, id: NodeId, rule: Cow<'p, str>) -> Next {
        let others: Vec<NodeId> = self.data_set.children(Some(id)).skip(1).collect();
        for item in others {
            self.record(item, Edit::Remove, ActionCode::D, rule.clone());
        }
        Next::EnterDummy
    }

    /// Bytes that should be a sequence and cannot be read as one: nobody knows what they hold.
    fn opaque_sequence(&mut self, id: NodeId, action: ActionCode, rule: Cow<'p, str>) -> Result<Next, Held> {
        if action == ActionCode::Z {
            return Ok(self.record(id, Edit::Empty, action, rule));
        }
        Err(Held::quarantined(Reason::at("sequence-unreadable", self.data_set.path(id))))
    }

    fn private(&mut self, id: NodeId, scope: &mut Scope<'p>) -> Result<Next, Held> {
        let node = self.data_set.node(id);
        let (action, rule) = private::decide(self.data_set, node.tag, scope, self.context.profile);
        let rule = Cow::Borrowed(rule.id.as_str());
        if action != ActionCode::K || scope.mode == Mode::Dummy {
            return Ok(self.record(id, Edit::Remove, ActionCode::X, rule));
        }
        match node.kind {
            NodeKind::Sequence => return Ok(Next::Enter),
            NodeKind::Fragments => return Ok(self.record(id, Edit::Remove, ActionCode::X, rule)),
            NodeKind::Value | NodeKind::Item => {}
        }
        if node.tag.is_private_creator() {
            return Ok(Next::Skip);
        }
        if starts_like_a_sequence(self.bytes(id)) {
            return Err(Held::quarantined(Reason::at("sequence-unreadable", self.data_set.path(id))));
        }
        self.keep_private(id, scope, rule);
        Ok(Next::Skip)
    }

    /// A safe private value stays unless text in it names somebody.
    fn keep_private(&mut self, id: NodeId, scope: &Scope<'p>, rule: Cow<'p, str>) {
        let node = self.data_set.node(id);
        let listed = scope
            .creator(node.tag)
            .and_then(|creator| standard::safe_private(creator, node.tag.group(), node.tag.element() as u8));
        let vr = match node.vr {
            Vr::UN => listed.and_then(|row| Vr::parse(row.vr)).unwrap_or(Vr::UN),
            vr => vr,
        };
        if vr.is_string() {
            self.scrub(id, scope, vr, Strictness::Scrub, rule);
        }
    }

    /// The encapsulated document and what speaks of it.
    fn document(&mut self, id: NodeId) -> Option<Next> {
        let node = self.data_set.node(id);
        let blank = self.blank.as_ref().filter(|_| node.parent.is_none())?;
        let edit = match node.tag {
            document::ENCAPSULATED_DOCUMENT => Edit::Value(None, blank.clone()),
            document::DOCUMENT_TITLE => Edit::text(document::TITLE),
            document::DOCUMENT_LENGTH => Edit::Value(None, u32_bytes(node.encoding, blank.len() as u32).to_vec()),
            _ => return None,
        };
        let rule = self.context.profile.decide(node.tag).rule;
        Some(self.record(id, edit, ActionCode::D, Cow::Borrowed(&rule.id)))
    }

    fn zeroed(&self, id: NodeId, scope: &Scope) -> Edit {
        let node = self.data_set.node(id);
        let original = scope.sets.decode(trim_bytes(self.bytes(id)), effective_vr(node)).text;
        zero_length::zeroed(node.tag, original.trim(), scope.item.is_none(), &self.patient, self.context)
    }

    fn dummy(&self, id: NodeId, scope: &Scope) -> Edit {
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
    fn dummied(&mut self, id: NodeId, scope: &Scope<'p>) -> Next {
        let node = self.data_set.node(id);
        let rule: Cow<'p, str> = "E.1-1/dummy-item".into();
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
            self.scrub(id, scope, vr, Strictness::Scrub, rule);
            return Next::Skip;
        }
        let edit = self.dummy(id, scope);
        self.change(id, edit, ActionCode::D, rule);
        Next::Skip
    }

    fn in_standard_code(&self, scope: &Scope) -> bool {
        let scheme = scope.item.and_then(|item| crate::value::child_ascii(self.data_set, item, Tag(0x0008, 0x0102)));
        matches!(scheme, Some("DCM" | "SCT" | "SRT" | "SNM3" | "LN" | "UCUM"))
    }

    fn clean(&mut self, id: NodeId, scope: &Scope<'p>, decided_by: &'p Rule) {
        let node = self.data_set.node(id);
        let rule: Cow<'p, str> = Cow::Borrowed(&decided_by.id);
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
            how => self.scrub(id, scope, effective_vr(node), self.strictness(node.tag, how), rule),
        }
    }

    /// How strictly a text is cleaned: descriptors and the patient's own text by one policy, text that no table lists
    /// by another.
    fn strictness(&self, tag: Tag, how: Option<CleanAs>) -> Strictness {
        let policy = self.context.profile.policy();
        if how == Some(CleanAs::UnlistedText) && tag != structured::TEXT_VALUE {
            match policy.unlisted_text {
                UnlistedText::Keep | UnlistedText::Scrub => return Strictness::Scrub,
                UnlistedText::Remove => return Strictness::Strict,
                UnlistedText::Clean => {}
            }
        }
        match policy.text {
            TextPolicy::CleanPermissive => Strictness::Permissive,
            TextPolicy::CleanStrict | TextPolicy::Remove => Strictness::Strict,
        }
    }

    /// An application entity title names a host: it becomes a name that is the same wherever the old one was.
    fn network_name(&mut self, id: NodeId, scope: &Scope<'p>, rule: Cow<'p, str>) {
        let original = scope.sets.decode(trim_bytes(self.bytes(id)), Vr::AE).text;
        let keyed = self.context.pseudonyms.short_id(IdKind::Device, self.context.site, original.trim());
        self.change(id, Edit::text(keyed), ActionCode::C, rule);
    }

    fn clean_date(&mut self, id: NodeId, scope: &Scope<'p>, vr: Vr, rule: Cow<'p, str>) {
        let tag = self.data_set.node(id).tag;
        let text = std::str::from_utf8(trim_bytes(self.bytes(id))).ok();
        let policy = self.context.profile.policy();
        let moved = text.and_then(|text| date::modified(text, vr, tag, policy, self.patient.shift_days()));
        match moved {
            Some(moved) => self.change(id, Edit::text(moved), ActionCode::C, rule),
            None => self.fall_back(id, scope, rule),
        }
    }

    fn keep(&mut self, id: NodeId, scope: &Scope<'p>, rule: Cow<'p, str>) {
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
            return self.scrub(id, scope, vr, Strictness::Strict, rule);
        }
        if vr.is_string() {
            let strictness = if keep::fits(vr, self.bytes(id)) { Strictness::Scrub } else { Strictness::Strict };
            if is_worth_scrubbing(vr, self.bytes(id)) || strictness == Strictness::Strict {
                self.scrub(id, scope, vr, strictness, rule);
            }
        }
    }

    /// Age, size and weight, as coarse as the policy asks.
    fn characteristic(&mut self, id: NodeId, scope: &Scope<'p>, rule: Cow<'p, str>) {
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
    fn character_set(&mut self, id: NodeId, scope: &Scope<'p>, rule: Cow<'p, str>) {
        if scope.sets.issues().contains(Issue::UnknownTerm) {
            self.record(id, Edit::Remove, ActionCode::X, rule);
        }
    }

    fn scrub(&mut self, id: NodeId, scope: &Scope<'p>, vr: Vr, strictness: Strictness, rule: Cow<'p, str>) {
        match self.cleaners.clean(self.bytes(id), vr, &scope.sets, strictness) {
            Cleaned::Same => {}
            Cleaned::Undecodable if self.context.profile.policy().undecodable == Undecodable::Quarantine => {
                let place = self.data_set.path(id);
                self.held = Some(Held::quarantined(Reason::at("text-undecodable", place)));
            }
            Cleaned::Undecodable => self.fall_back(id, scope, rule),
            Cleaned::Changed(bytes) if bytes.is_empty() || !keep::fits(vr, &bytes) => {
                self.fall_back(id, scope, rule);
            }
            Cleaned::Changed(bytes) => self.change(id, Edit::Value(None, bytes), ActionCode::C, rule),
        }
    }

    /// Nothing of a value can be kept: a dummy where the IOD asks for a value, else empty.
    fn fall_back(&mut self, id: NodeId, scope: &Scope<'p>, rule: Cow<'p, str>) {
        let tag = self.data_set.node(id).tag;
        let attribute_type = standard::attribute_type(self.sop_class_uid, &scope.path(tag));
        let required = matches!(attribute_type, Some(AttributeType::One | AttributeType::OneC));
        let (edit, action) =
            if required { (self.dummy(id, scope), ActionCode::D) } else { (Edit::Empty, ActionCode::Z) };
        self.change(id, edit, action, rule);
    }

    /// Keeps what earlier passes wrote of themselves, without identifiers and in the default repertoire.
    fn remember_earlier(&mut self, id: NodeId, scope: &Scope) {
        let tag = self.data_set.node(id).tag;
        if tag == marks::DEIDENTIFICATION_METHOD {
            let values = self.scrubbed(self.bytes(id), scope);
            self.earlier.methods = values.split('\\').map(|value| value.trim().to_owned()).collect();
        }
        if tag == marks::DEIDENTIFICATION_METHOD_CODE_SEQUENCE {
            let codes = marks::earlier_codes(self.data_set);
            let clean = |text: &str| self.scrubbed(text.as_bytes(), scope);
            let clean = |code: &marks::MethodCode| marks::MethodCode(clean(&code.0), clean(&code.1), clean(&code.2));
            let codes: Vec<_> = codes.iter().map(clean).collect();
            self.earlier.codes = codes.into_iter().filter(|code| !code.0.is_empty() && !code.1.is_empty()).collect();
        }
    }

    fn scrubbed(&self, bytes: &[u8], scope: &Scope) -> String {
        let cleaned = match self.cleaners.clean(bytes, Vr::LO, &scope.sets, Strictness::Scrub) {
            Cleaned::Same => trim_bytes(bytes).to_vec(),
            Cleaned::Undecodable => Vec::new(),
            Cleaned::Changed(bytes) => bytes,
        };
        String::from_utf8(cleaned).ok().filter(|text| text.is_ascii()).unwrap_or_default()
    }

    /// Patient's Age computed from the birth date that goes, where the profile keeps ages and the file has none.
    fn computed_age(&self) -> Option<NewElement> {
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

    fn bytes(&self, id: NodeId) -> &[u8] {
        self.data_set.value(id).unwrap_or_default()
    }

    /// Records an edit unless it would leave the value as it is.
    fn change(&mut self, id: NodeId, edit: Edit, action: ActionCode, rule: Cow<'p, str>) {
        if let Edit::Value(None, bytes) = &edit
            && trim_bytes(bytes) == trim_bytes(self.bytes(id))
        {
            return;
        }
        self.record(id, edit, action, rule);
    }

    fn record(&mut self, node: NodeId, edit: Edit, action: ActionCode, rule: Cow<'p, str>) -> Next {
        self.steps.push(PlannedStep { node, edit, action, rule });
        Next::Skip
    }
}

fn is_pixel_data(tag: Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA)
}

/// Tells whether bytes begin with an item tag in either byte order.
fn starts_like_a_sequence(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFE, 0xFF, 0x00, 0xE0]) || bytes.starts_with(&[0xFF, 0xFE, 0xE0, 0x00])
}

fn uid_values_are_legal(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split('\\').map(|part| part.trim_matches([' ', '\0'])).all(|part| part.is_empty() || uid::is_legal(part))
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
