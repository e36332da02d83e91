//! What was planned for the top-level elements of the last instance of a thread.
//!
//! The images of a series differ in a handful of elements. What is planned for a public element of the top level follows
//! from its bytes and from a few terms that are the same for all of a series: profile, key, site, patient, class,
//! character sets, and what is stated of people. So each thread remembers the steps with the bytes they were planned for,
//! and takes them again for equal bytes under equal terms. That changes the time a plan takes, never the plan.

use crate::action::Edit;
use crate::plan::{PlannedStep, RuleId};
use crate::walk::is_pixel_data;
use crate::{Context, Statements, marks};
use std::cell::RefCell;
use std::rc::Rc;
use tokumei_core::{ActionCode, Tag};
use tokumei_pseudonym::{KeyId, Patient};
use tokumei_text::CharacterSets;
use tokumei_wire::{DataSet, Node, NodeId, NodeKind};

/// Most bytes of one element that are remembered: longer ones are rare, and cost more to keep than to plan.
const LONGEST: usize = 4 << 10;

/// Most bytes of all elements together, what is kept beside each counted in.
const MOST: usize = 512 << 10;

thread_local! {
    static LAST: RefCell<Remembered> = RefCell::default();
}

/// What a plan of an element follows from beside its bytes.
#[derive(PartialEq, Eq)]
pub(crate) struct Terms {
    pub profile: String,
    pub key: KeyId,
    pub site: String,
    pub patient: Patient,
    pub sop_class: String,
    pub sets: CharacterSets,
    pub statements: Statements,
}

impl Terms {
    pub fn of(context: &Context<'_>, patient: &Patient, class: &str, sets: &CharacterSets, of: &Statements) -> Self {
        Terms {
            profile: context.profile.hash().to_owned(),
            key: context.pseudonyms.key_id(),
            site: context.site.to_owned(),
            patient: patient.clone(),
            sop_class: class.to_owned(),
            sets: sets.clone(),
            statements: of.clone(),
        }
    }
}

/// The elements of one data set after another, each as the last one that had its tag.
#[derive(Default)]
pub(crate) struct Remembered {
    terms: Option<Terms>,
    /// By tag.
    elements: Vec<Element>,
    bytes: usize,
    /// Where the next tag is looked for first.
    next: usize,
}

struct Element {
    tag: Tag,
    /// The element's nodes, numbers and offsets counted from the first one's.
    nodes: Box<[Node]>,
    bytes: Box<[u8]>,
    steps: Box<[Step]>,
}

struct Step {
    node: u32,
    edit: Edit,
    action: ActionCode,
    rule: Rc<str>,
}

/// Takes what this thread remembers, or what it remembers of other terms without its elements.
pub(crate) fn take(terms: Terms) -> Remembered {
    let mut known = LAST.take();
    if known.terms.as_ref() != Some(&terms) {
        known = Remembered { terms: Some(terms), ..Remembered::default() };
    }
    known.next = 0;
    known
}

/// Gives back what was taken.
pub(crate) fn give_back(remembered: Remembered) {
    LAST.set(remembered);
}

/// Tells whether what is planned for a top-level element follows from its bytes and the terms.
///
/// Private elements hang on their creators, and marks of earlier passes on one another.
pub(crate) fn stands_alone(node: &Node) -> bool {
    let container = matches!(node.kind, NodeKind::Value | NodeKind::Sequence);
    container && !node.tag.is_private() && !marks::OWNED.contains(&node.tag) && !is_pixel_data(node.tag)
}

impl Remembered {
    /// Adds the steps that were planned for an equal element; tells `false` when there was none.
    pub fn recall<'p>(&mut self, data_set: &DataSet, id: NodeId, steps: &mut Vec<PlannedStep<'p>>) -> bool {
        let Some(known) = self.find(data_set.node(id).tag).map(|at| &self.elements[at]) else { return false };
        if data_set.written(id) != Some(&known.bytes) || !same_nodes(data_set, id, &known.nodes) {
            return false;
        }
        steps.extend(known.steps.iter().map(|step| PlannedStep {
            node: NodeId(id.0 + step.node),
            edit: step.edit.clone(),
            action: step.action,
            rule: RuleId::Shared(Rc::clone(&step.rule)),
        }));
        true
    }

    /// Keeps the steps of an element in place of those of the last one that had its tag.
    pub fn keep(&mut self, data_set: &DataSet, id: NodeId, steps: &[PlannedStep<'_>]) {
        let tag = data_set.node(id).tag;
        let Some(bytes) = data_set.written(id).filter(|bytes| bytes.len() <= LONGEST) else { return };
        let element = Element {
            tag,
            nodes: nodes(data_set, id).collect(),
            bytes: bytes.into(),
            steps: steps.iter().map(|step| Step::of(step, id)).collect(),
        };
        let at = self.elements.binary_search_by_key(&tag, |known| known.tag);
        let before = at.map_or(0, |at| self.elements[at].size());
        let bytes = self.bytes - before + element.size();
        match at {
            _ if bytes > MOST => return,
            Ok(at) => self.elements[at] = element,
            Err(at) => self.elements.insert(at, element),
        }
        self.bytes = bytes;
    }

    /// Finds an element by its tag: most data sets hold the same ones in the same order.
    fn find(&mut self, tag: Tag) -> Option<usize> {
        let ahead = self.elements.get(self.next).is_some_and(|element| element.tag == tag);
        let at = if ahead { self.next } else { self.elements.binary_search_by_key(&tag, |known| known.tag).ok()? };
        self.next = at + 1;
        Some(at)
    }
}

impl Element {
    fn size(&self) -> usize {
        let steps = self.steps.iter().map(|step| size_of::<Step>() + step.rule.len() + step.edit.size());
        size_of::<Element>() + self.bytes.len() + size_of_val(&*self.nodes) + steps.sum::<usize>()
    }
}

impl Step {
    fn of(step: &PlannedStep<'_>, first: NodeId) -> Step {
        let rule = step.rule.as_str().into();
        Step { node: step.node.0 - first.0, edit: step.edit.clone(), action: step.action, rule }
    }
}

/// Returns the nodes of a top-level element, numbers and offsets counted from the first one's.
fn nodes(data_set: &DataSet, first: NodeId) -> impl Iterator<Item = Node> {
    let element = *data_set.node(first);
    (first.0..element.end).map(move |index| counted_from(&element, first, data_set.node(NodeId(index))))
}

fn counted_from(element: &Node, first: NodeId, node: &Node) -> Node {
    let inner = node.start > element.start;
    Node {
        parent: node.parent.filter(|_| inner).map(|parent| NodeId(parent.0 - first.0)),
        end: node.end - first.0,
        ordinal: if inner { node.ordinal } else { 0 },
        start: node.start - element.start,
        value: node.value - element.start,
        stop: node.stop - element.start,
        ..*node
    }
}

fn same_nodes(data_set: &DataSet, first: NodeId, known: &[Node]) -> bool {
    let element = data_set.node(first);
    let there = &data_set.nodes()[first.0 as usize..element.end as usize];
    there.len() == known.len()
        && there.iter().zip(known).all(|(node, known)| counted_from(element, first, node) == *known)
}
