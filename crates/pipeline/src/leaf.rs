//! The ledger's leaf and the manifest's row of one instance.

use crate::output::Written;
use crate::treat::Ready;
use std::collections::{BTreeMap, HashMap};
use tokumei_audit::{Entry, Leaf, Look, ManifestRow, Mask};
use tokumei_core::{ActionCode, Change, Region, State, Tag, tags};
use tokumei_deid::{Context, Place, Plan};
use tokumei_pixel::{Request, Sighting};
use tokumei_profile::resolve;
use tokumei_wire::{DataSet, NodeId, NodeKind};

/// Returns the leaf of a released instance.
pub(crate) fn leaf(
    ready: &Ready<'_, '_>,
    data_set: &DataSet,
    context: &Context<'_>,
    input: Option<String>,
    written: &Written,
) -> Leaf {
    let plan = &ready.plan;
    let mut leaf = Leaf::new(&plan.instance_uid, context.profile.hash(), State::Released);
    leaf.input = input;
    leaf.output = written.digest.clone();
    leaf.options = plan.options.clone();
    leaf.masks = masks(ready);
    leaf.look = ready.sighting.as_ref().map(look);
    let with_lengths = context.profile.policy().ledger_lengths;
    let mut paths = Paths { data_set, context, creators: HashMap::new(), blinded: HashMap::new() };
    let changes = plan.planned(data_set).map(|planned| Entry {
        action: planned.action,
        after: planned.after.filter(|_| with_lengths),
        before: planned.before.filter(|_| with_lengths),
        path: match planned.place {
            Place::Node(node) => paths.of(node),
            Place::Inserted(tag) => tag.to_string(),
        },
        rule: planned.rule.to_owned(),
        vr: planned.vr,
    });
    leaf.changes = changes.collect();
    leaf.changes
        .extend(pixels(ready, data_set).map(|change| Entry::new(change.path.to_string(), &change, with_lengths)));
    leaf
}

/// What was done to pixel data on its way: masked, or cleaned of what is no sample. Where it was in memory, the plan
/// lists it.
fn pixels(ready: &Ready<'_, '_>, data_set: &DataSet) -> Option<Change> {
    let pixel_data = data_set.pixel_data().filter(|_| !ready.rendered.untouched && ready.splice.bulk.is_some())?;
    let node = data_set.node(pixel_data.node);
    let length = |range: &std::ops::Range<u64>| range.end - range.start;
    Some(Change {
        path: data_set.path(pixel_data.node),
        vr: node.vr,
        action: ActionCode::C,
        rule: if ready.requests.regions.is_empty() { "pixel/cleaned" } else { "E.3.1/masked" }.to_owned(),
        before: Some(length(&pixel_data.range)),
        after: ready.splice.bulk.as_ref().map(length),
    })
}

/// What was looked at for text.
pub(crate) fn look(sighting: &Sighting) -> Look {
    Look {
        by: sighting.detector.to_owned(),
        class: sighting.class.as_str().to_owned(),
        found: sighting.found,
        frames: sighting.frames,
        projected: sighting.projected,
        searched: sighting.searched,
        threshold: sighting.threshold,
    }
}

/// What was asked to be hidden, and what that came to in the blocks of the codec.
pub(crate) fn masks(ready: &Ready<'_, '_>) -> Vec<Mask> {
    let covers = |one: &Region, other: &Region| {
        let right = |region: &Region| region.x.saturating_add(region.width);
        let bottom = |region: &Region| region.y.saturating_add(region.height);
        one.x <= other.x && one.y <= other.y && right(one) >= right(other) && bottom(one) >= bottom(other)
    };
    let mask = |request: &Request| Mask {
        by: format!("{}/{}", request.source.as_str(), request.by),
        effective: *ready
            .rendered
            .effective
            .iter()
            .find(|region| covers(region, &request.region))
            .unwrap_or(&request.region),
        requested: request.region,
        score: request.score,
    };
    ready.requests.regions.iter().map(mask).collect()
}

/// The private creators of a level by group and block; `None` for a block that two of them claim.
type Creators = BTreeMap<(u16, u8), Option<String>>;

/// Writes the paths of nodes with the names of private creators, where those are known to be harmless.
struct Paths<'a> {
    data_set: &'a DataSet,
    context: &'a Context<'a>,
    /// Those of the levels met so far.
    creators: HashMap<Option<NodeId>, Creators>,
    /// What stands for the creators met so far that may not be shown.
    blinded: HashMap<String, String>,
}

impl Paths<'_> {
    fn of(&mut self, id: NodeId) -> String {
        let node = self.data_set.node(id);
        let step = match node.kind {
            NodeKind::Item => format!("[{}]", node.ordinal),
            _ => self.element(node.tag, node.parent),
        };
        match node.parent {
            Some(parent) => self.of(parent) + &step,
            None => step,
        }
    }

    fn element(&mut self, tag: Tag, level: Option<NodeId>) -> String {
        let Some(creator_tag) = tag.creator() else { return tag.to_string() };
        let data_set = self.data_set;
        let creators = self.creators.entry(level).or_insert_with(|| creators_of(data_set, level));
        let creator = creators.get(&(tag.group(), creator_tag.element() as u8)).and_then(Option::as_ref);
        let Some(creator) = creator else { return tag.to_string() };
        let element = tag.element() as u8;
        // Only a creator that the profile knows is shown: any other may be the name of a person or a hospital.
        let decision = self.context.profile.private(creator, tag.group(), element);
        let known = matches!(resolve(decision.code, None, true), ActionCode::K | ActionCode::C);
        let name = if known {
            creator
        } else {
            let blind = |creator: &String| format!("#{}", self.context.pseudonyms.blind(creator));
            self.blinded.entry(creator.clone()).or_insert_with_key(blind)
        };
        format!("({:04x},\"{name}\",{element:02x})", tag.group())
    }
}

fn creators_of(data_set: &DataSet, level: Option<NodeId>) -> Creators {
    let mut creators = BTreeMap::new();
    for id in data_set.children(level) {
        let tag = data_set.node(id).tag;
        if let Some(value) = data_set.value(id).filter(|_| tag.is_private_creator()) {
            let creator = String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned();
            let block = (tag.group(), tag.element() as u8);
            creators.entry(block).and_modify(|there| *there = None).or_insert(Some(creator));
        }
    }
    creators
}

/// Returns the manifest's row of a released instance.
pub(crate) fn row(plan: &Plan<'_>, data_set: &DataSet, path: &str, written: &Written) -> ManifestRow {
    ManifestRow {
        bytes: written.bytes,
        digest: written.digest.clone(),
        instance: plan.instance_uid.clone(),
        modality: modality(plan, data_set),
        path: path.to_owned(),
        patient: plan.patient.clone(),
        series: plan.series_uid.clone(),
        sop_class: plan.sop_class_uid.clone(),
        study: plan.study_uid.clone(),
    }
}

/// Returns Modality (0008,0060) where the output has it as the original had, in the form of a defined term.
fn modality(plan: &Plan<'_>, data_set: &DataSet) -> String {
    let Some(node) = data_set.first(tags::MODALITY) else { return String::new() };
    let touched = plan.preview().any(|(touched, ..)| touched == node);
    let value = data_set.value(node).filter(|_| !touched).unwrap_or_default();
    let text = String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned();
    let term = text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if term { text } else { String::new() }
}
