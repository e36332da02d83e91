//! Turns a plan into patches and splices them into the original bytes.

use crate::action::Edit;
use crate::plan::Plan;
use crate::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME};
use tokumei_wire::{DataSet, NewMeta, Patches, Splice, SpliceError, splice};

/// Why a plan could not be applied.
pub type ApplyError = SpliceError;

/// Returns the output of a plan: the patched head, the pixel data's place in the source, the patched tail.
///
/// # Errors
/// [`ApplyError`] when a new value does not fit its length field, or the plan is not of this data set.
pub fn apply(plan: &Plan, data_set: &DataSet) -> Result<Splice, ApplyError> {
    let mut patches = Patches::new();
    for step in plan.steps() {
        match &step.edit {
            Edit::Remove => patches.remove(step.node),
            Edit::Empty => patches.empty(step.node),
            Edit::Value(vr, bytes) => patches.replace(step.node, *vr, bytes.clone()),
        }
    }
    for element in plan.insertions() {
        patches.insert(None, element.clone());
    }
    splice(data_set, &patches, &meta(plan))
}

/// File meta information, rebuilt and never copied (PS3.15 2026d, E.1.1 steps 7 and 8; PS3.10 2026d, 7.1).
fn meta(plan: &Plan) -> NewMeta {
    NewMeta {
        sop_class_uid: plan.sop_class_uid.clone(),
        sop_instance_uid: plan.instance_uid.clone(),
        transfer_syntax: plan.transfer_syntax.clone(),
        implementation_class_uid: IMPLEMENTATION_CLASS_UID.to_owned(),
        implementation_version_name: IMPLEMENTATION_VERSION_NAME.to_owned(),
    }
}
