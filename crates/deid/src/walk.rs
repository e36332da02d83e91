//! Walks a data set and settles, element by element, which action applies.

use crate::action::clean::{Care, Cleaners};
use crate::action::{Edit, keep, uid};
use crate::plan::{MARK, PlannedStep, RuleId};
use crate::remembered::{self, Remembered, Terms};
use crate::scope::{Mode, Scope};
use crate::structured::{self, ContentItem};
use crate::value::{effective_vr, is_empty, trim_bytes, u32_bytes};
use crate::{Context, Held, Statements, document, marks, private};
use tokumei_core::{ActionCode, AttributeType, OptionName, Reason, Tag, Vr, dictionary, tags};
use tokumei_profile::policy::{Foreign, References, Structured};
use tokumei_profile::{Rule, resolve};
use tokumei_pseudonym::Patient;
use tokumei_standard as standard;
use tokumei_wire::{DataSet, Node, NodeId, NodeKind};

/// Makes the plan of one data set.
pub(crate) struct Planner<'a, 'p> {
    pub data_set: &'a DataSet,
    pub context: &'a Context<'p>,
    pub sop_class_uid: &'a str,
    pub patient: Patient,
    pub cleaners: &'a Cleaners,
    pub statements: &'a Statements,
    pub steps: Vec<PlannedStep<'p>>,
    pub earlier: marks::Earlier,
    pub blank: Option<Vec<u8>>,
    pub held: Option<Held>,
}

/// Where the walk goes from an element.
pub(crate) enum Next {
    /// Into it.
    Enter,
    /// Into it, with everything inside dummied.
    EnterDummy,
    /// Past it and all it holds.
    Skip,
}

impl<'p> Planner<'_, 'p> {
    /// Decides about every element, in document order.
    ///
    /// # Errors
    /// [`Held`] when a human has to decide.
    pub fn walk(&mut self) -> Result<(), Held> {
        let root = Scope::root(self.data_set);
        let terms = Terms::of(self.context, &self.patient, self.sop_class_uid, &root.sets, self.statements);
        let mut remembered = remembered::take(terms);
        let walked = self.walk_top(root, &mut remembered);
        remembered::give_back(remembered);
        walked
    }

    /// Decides about the elements of the top level, one with all it holds after the other.
    fn walk_top(&mut self, root: Scope<'p>, remembered: &mut Remembered) -> Result<(), Held> {
        let mut scopes = vec![root];
        let (mut index, total) = (0, self.data_set.nodes().len() as u32);
        while index < total {
            let id = NodeId(index);
            let node = self.data_set.node(id);
            let alone = self.blank.is_none() && remembered::stands_alone(node);
            if !(alone && remembered.recall(self.data_set, id, &mut self.steps)) {
                let before = self.steps.len();
                self.walk_element(id, &mut scopes)?;
                if alone {
                    remembered.keep(self.data_set, id, &self.steps[before..]);
                }
            }
            index = node.end;
        }
        Ok(())
    }

    /// Decides about one element of the top level and everything in it.
    fn walk_element(&mut self, first: NodeId, scopes: &mut Vec<Scope<'p>>) -> Result<(), Held> {
        let (mut index, total) = (first.0, self.data_set.node(first).end);
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
        scopes.truncate(1);
        Ok(())
    }

    /// Returns the scope of an item, `None` when the item goes.
    fn item(&mut self, id: NodeId, scope: &Scope<'p>, mode: Mode) -> Option<Scope<'p>> {
        let mut inner = scope.inside(self.data_set, id, mode);
        let sequence = inner.ancestors.last().copied().unwrap_or(tags::ITEM);
        if mode == Mode::Profile && structured::holds_content_items(sequence) && self.cleans_content() {
            inner.content = ContentItem::read(self.data_set, id, self.context.profile);
            if let Some((ActionCode::X, rule)) = inner.content.and_then(|content| content.removed()) {
                self.record(id, Edit::Remove, ActionCode::X, RuleId::Lent(&rule.id));
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
        if is_retired_pixel_data(node.tag) {
            return Ok(self.record(id, Edit::Remove, ActionCode::X, "E.3.1/retired-pixel-data".into()));
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
        if let Some(next) = self.site_code(id, action, rule) {
            return Ok(next);
        }
        let foreign = scope.item.is_none() && self.is_foreign(node.tag, action);
        self.execute(id, scope, if foreign { ActionCode::X } else { action }, rule)
    }

    /// A dummy or an empty value is of no use where the IOD does not hold the attribute (PS3.15 2026d, note to Table
    /// E.1-1 on Standard Extended SOP Classes); the profile says whether it goes.
    fn is_foreign(&self, tag: Tag, action: ActionCode) -> bool {
        self.context.profile.policy().foreign == Foreign::Remove
            && matches!(action, ActionCode::D | ActionCode::Z)
            && standard::row(tag).is_some()
            && standard::in_iod(self.sop_class_uid, tag) == Some(false)
    }

    /// The profile's code for the institution takes the place of its name.
    fn site_code(&mut self, id: NodeId, action: ActionCode, rule: &'p Rule) -> Option<Next> {
        const INSTITUTION_NAME: Tag = Tag(0x0008, 0x0080);
        let node = self.data_set.node(id);
        let code = self.context.profile.policy().site_code.as_ref().filter(|code| code.is_ascii())?;
        let replaced = node.tag == INSTITUTION_NAME && node.parent.is_none() && action != ActionCode::K;
        replaced.then(|| self.record(id, Edit::text(code.as_str()), ActionCode::D, RuleId::Lent(&rule.id)))
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
        let rule: RuleId<'p> = RuleId::Lent(&decided_by.id);
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

    fn sequence(&mut self, id: NodeId, action: ActionCode, rule: RuleId<'p>) -> Result<Next, Held> {
        Ok(match action {
            ActionCode::X => self.record(id, Edit::Remove, action, rule),
            ActionCode::K | ActionCode::C | ActionCode::U => Next::Enter,
            _ if is_empty(self.data_set, id) => Next::Skip,
            ActionCode::Z => self.record(id, Edit::Empty, action, rule),
            ActionCode::D => self.only_first_item(id, rule),
        })
    }

    /// D on a sequence: one item stays, with dummies in it, so that what the IOD asks for inside is there.
    fn only_first_item(&mut self, id: NodeId, rule: RuleId<'p>) -> Next {
        let others: Vec<NodeId> = self.data_set.children(Some(id)).skip(1).collect();
        for item in others {
            self.record(item, Edit::Remove, ActionCode::D, rule.clone());
        }
        Next::EnterDummy
    }

    /// Bytes that should be a sequence and cannot be read as one: nobody knows what they hold.
    fn opaque_sequence(&mut self, id: NodeId, action: ActionCode, rule: RuleId<'p>) -> Result<Next, Held> {
        if action == ActionCode::Z {
            return Ok(self.record(id, Edit::Empty, action, rule));
        }
        Err(Held::quarantined(Reason::at("sequence-unreadable", self.data_set.path(id))))
    }

    fn private(&mut self, id: NodeId, scope: &mut Scope<'p>) -> Result<Next, Held> {
        let node = self.data_set.node(id);
        let (action, rule) = private::decide(self.data_set, node.tag, scope, self.context.profile);
        let rule = RuleId::Lent(rule.id.as_str());
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

    /// A safe private value stays if it is of the kind that the list knows, and names nobody.
    fn keep_private(&mut self, id: NodeId, scope: &Scope<'p>, rule: RuleId<'p>) {
        let node = self.data_set.node(id);
        let listed = scope
            .creator(node.tag)
            .and_then(|creator| standard::safe_private(creator, node.tag.group(), node.tag.element() as u8));
        let vr = listed.and_then(|row| Vr::parse(row.vr)).unwrap_or(node.vr);
        let text_under_a_number = !vr.is_string() && node.vr.is_string();
        if text_under_a_number || !keep::fits(vr, self.bytes(id)) {
            self.record(id, Edit::Remove, ActionCode::X, rule);
        } else if vr.is_string() {
            self.scrub(id, scope, vr, Care::Scrub, rule);
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
        Some(self.record(id, edit, ActionCode::D, RuleId::Lent(&rule.id)))
    }

    pub fn bytes(&self, id: NodeId) -> &[u8] {
        self.data_set.value(id).unwrap_or_default()
    }

    /// Records an edit unless it would leave the value as it is.
    pub fn change(&mut self, id: NodeId, edit: Edit, action: ActionCode, rule: RuleId<'p>) {
        if let Edit::Value(None, bytes) = &edit
            && trim_bytes(bytes) == trim_bytes(self.bytes(id))
        {
            return;
        }
        self.record(id, edit, action, rule);
    }

    pub fn record(&mut self, node: NodeId, edit: Edit, action: ActionCode, rule: RuleId<'p>) -> Next {
        self.steps.push(PlannedStep { node, edit, action, rule });
        Next::Skip
    }
}

/// Tells whether the tag is one of those that hold the pixels.
pub(crate) fn is_pixel_data(tag: Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA)
}

/// Tells whether the tag held pixels in earlier editions: variable pixel data and coefficients, which no room assesses
/// (PS3.6 2026d, retired attributes of groups 7Fxx and 7FE0).
fn is_retired_pixel_data(tag: Tag) -> bool {
    let variable = (0x7F00..=0x7FFE).contains(&tag.group()) && tag.group() != tags::PIXEL_DATA.group();
    variable || (tag.group() == tags::PIXEL_DATA.group() && (0x0020..=0x0040).contains(&tag.element()))
}

/// Tells whether bytes begin with an item tag in either byte order.
fn starts_like_a_sequence(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFE, 0xFF, 0x00, 0xE0]) || bytes.starts_with(&[0xFF, 0xFE, 0xE0, 0x00])
}
