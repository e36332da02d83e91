//! The ledger's leaf and the manifest's row of one instance.

use crate::output::Written;
use crate::treat::Ready;
use crate::treatments::Treatments;
use std::sync::Arc;
use tokumei_audit::{Leaf, Look, ManifestRow, Mask, Treatment, write_lengths};
use tokumei_core::{ActionCode, Region, State, tags};
use tokumei_deid::{Context, Place, Plan, Planned};
use tokumei_pixel::{Request, Sighting};
use tokumei_wire::DataSet;

/// Returns the leaf of a released instance, and the treatment that it names.
pub(crate) fn leaf(
    ready: &Ready<'_, '_>,
    data_set: &DataSet,
    context: &Context<'_>,
    treatments: &Treatments,
    input: Option<String>,
    written: &Written,
) -> (Leaf, Arc<Treatment>) {
    let plan = &ready.plan;
    let mut leaf = Leaf::new(&plan.instance_uid, context.profile.hash(), State::Released);
    leaf.input = input;
    leaf.output = written.digest.clone();
    leaf.options = plan.options.clone();
    leaf.masks = masks(ready);
    leaf.look = ready.sighting.as_ref().map(look);
    let pixels = pixels(ready, data_set);
    let changes = || plan.planned(data_set).chain(pixels);
    let treatment = treatments.of(changes, data_set, context);
    leaf.treatment = (!treatment.steps().is_empty()).then(|| treatment.id().to_owned());
    if context.profile.policy().ledger_lengths {
        leaf.lengths = Some(write_lengths(changes().map(|change| (change.before, change.after))));
    }
    (leaf, treatment)
}

/// What was done to pixel data on its way: masked, or cleaned of what is no sample. Where it was in memory, the plan
/// lists it.
fn pixels(ready: &Ready<'_, '_>, data_set: &DataSet) -> Option<Planned<'static>> {
    let pixel_data = data_set.pixel_data().filter(|_| !ready.rendered.untouched && ready.splice.bulk.is_some())?;
    let node = data_set.node(pixel_data.node);
    let length = |range: &std::ops::Range<u64>| range.end - range.start;
    Some(Planned {
        place: Place::Node(pixel_data.node),
        vr: node.vr,
        action: ActionCode::C,
        rule: if ready.requests.regions.is_empty() { "pixel/cleaned" } else { "E.3.1/masked" },
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
