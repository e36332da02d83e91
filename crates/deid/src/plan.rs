//! The plan of one data set: which instances get one, and what is in it.

use crate::action::{Edit, uid};
use crate::value::{effective_vr, first_ascii};
use crate::walk::Planner;
use crate::{Context, Evidence, Held, PixelWork, document, evidence, identity, marks, pixels, structured};
use std::rc::Rc;
use tokumei_core::{ActionCode, Change, OptionName, Reason, Tag, TagPath, Vr, tags};
use tokumei_profile::policy::{Documents, Structured};
use tokumei_standard as standard;
use tokumei_wire::{DataSet, NewElement, NewValue, NodeId};

/// What will be done to one data set, complete before a byte is written.
pub struct Plan<'p> {
    pub(crate) steps: Vec<PlannedStep<'p>>,
    insertions: Vec<NewElement>,
    evidence: Rc<Evidence>,
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
    /// UID of the transfer syntax of the output.
    pub transfer_syntax: String,
}

/// One planned change, as the ledger needs it.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// Where it is.
    pub place: Place,
    /// The element's value representation.
    pub vr: Vr,
    /// What is done.
    pub action: ActionCode,
    /// The rule that asks for it.
    pub rule: &'a str,
    /// The value's length in bytes before; none where the element is new.
    pub before: Option<u64>,
    /// The value's length in bytes after; none where the element goes or consists of items.
    pub after: Option<u64>,
}

/// Where a planned change is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// At a node of the data set.
    Node(NodeId),
    /// At the top level, a new element with this tag.
    Inserted(Tag),
}

/// One planned edit of one node.
pub(crate) struct PlannedStep<'p> {
    pub node: NodeId,
    pub edit: Edit,
    pub action: ActionCode,
    pub rule: RuleId<'p>,
}

/// The id of a rule: the profile's own, or one that a thread remembers.
#[derive(Clone)]
pub(crate) enum RuleId<'p> {
    Lent(&'p str),
    Shared(Rc<str>),
}

impl RuleId<'_> {
    pub fn as_str(&self) -> &str {
        match self {
            RuleId::Lent(id) => id,
            RuleId::Shared(id) => id,
        }
    }
}

impl<'p> From<&'p str> for RuleId<'p> {
    fn from(id: &'p str) -> Self {
        RuleId::Lent(id)
    }
}

impl Plan<'_> {
    /// Returns what the data set states of people, which must not be found in the output.
    pub fn evidence(&self) -> &Rc<Evidence> {
        &self.evidence
    }

    pub(crate) fn steps(&self) -> &[PlannedStep<'_>] {
        &self.steps
    }

    pub(crate) fn insertions(&self) -> &[NewElement] {
        &self.insertions
    }

    /// Returns the changes as the ledger lists them: in document order, then what is inserted; never a value.
    pub fn changes(&self, data_set: &DataSet) -> Vec<Change> {
        let change = |planned: Planned<'_>| Change {
            path: match planned.place {
                Place::Node(node) => data_set.path(node),
                Place::Inserted(tag) => TagPath::root(tag),
            },
            vr: planned.vr,
            action: planned.action,
            rule: planned.rule.to_owned(),
            before: planned.before,
            after: planned.after,
        };
        self.planned(data_set).map(change).collect()
    }

    /// Returns the changes in the same order, without copies.
    pub fn planned<'a>(&'a self, data_set: &'a DataSet) -> impl Iterator<Item = Planned<'a>> {
        let planned = self.steps.iter().map(|step| {
            let node = data_set.node(step.node);
            let before = (node.length != u32::MAX).then_some(u64::from(node.length));
            Planned {
                place: Place::Node(step.node),
                vr: effective_vr(node),
                action: step.action,
                rule: step.rule.as_str(),
                before: before.or(Some(node.stop - node.value)),
                after: step.edit.length(),
            }
        });
        let inserted = self.insertions.iter().map(|element| Planned {
            place: Place::Inserted(element.tag),
            vr: element.vr,
            action: ActionCode::D,
            rule: MARK,
            before: None,
            after: match &element.value {
                NewValue::Bytes(bytes) => Some(bytes.len().next_multiple_of(2) as u64),
                NewValue::Items(_) => None,
            },
        });
        planned.chain(inserted)
    }

    /// Returns what the planned edit leaves of each changed element, for a preview: the new value, or nothing.
    pub fn preview(&self) -> impl Iterator<Item = (NodeId, ActionCode, &str, Option<&[u8]>)> {
        self.steps.iter().map(|step| {
            let value = match &step.edit {
                Edit::Value(_, bytes) => Some(bytes.as_slice()),
                Edit::Empty => Some(&[][..]),
                Edit::Remove => None,
            };
            (step.node, step.action, step.rule.as_str(), value)
        })
    }
}

/// The rule behind the attributes that a de-identifier must write.
pub(crate) const MARK: &str = "E.1.1/marks";

/// Returns the plan for a data set. Pure: the same data set, profile, key and work on its pixels give the same plan.
///
/// # Errors
/// [`Held`] when the instance is excluded by a rule of the profile, or a human has to decide about it.
pub fn plan<'p>(data_set: &DataSet, context: &Context<'p>, work: &PixelWork) -> Result<Plan<'p>, Held> {
    identity::check(data_set)?;
    let sop_class_uid = eligible(data_set, context)?;
    let evidence = evidence(data_set);
    if !evidence.is_complete() {
        return Err(Held::quarantined(Reason::new("too-many-identifiers")));
    }
    let mut planner = Planner {
        data_set,
        context,
        sop_class_uid: &sop_class_uid,
        patient: identity::patient(data_set, context),
        cleaners: evidence.cleaners(),
        statements: evidence.statements(),
        steps: Vec::new(),
        earlier: marks::Earlier::default(),
        blank: blank_document(data_set)?,
        held: None,
    };
    planner.walk()?;
    let options = marks::executed(context, work);
    let mut insertions = marks::elements(data_set, context, &options, &planner.earlier);
    insertions.extend(planner.computed_age());
    insertions.extend(pixels::header_steps(data_set, work, &mut planner.steps));
    Ok(Plan {
        insertions,
        evidence: Rc::clone(&evidence),
        patient: planner.patient.pseudonym().to_owned(),
        study_uid: new_uid(data_set, tags::STUDY_INSTANCE_UID, context),
        series_uid: new_uid(data_set, tags::SERIES_INSTANCE_UID, context),
        instance_uid: new_uid(data_set, tags::SOP_INSTANCE_UID, context),
        options,
        transfer_syntax: work.transfer_syntax.unwrap_or(data_set.transfer_syntax()).to_owned(),
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
