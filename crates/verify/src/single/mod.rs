//! The checks that need one file alone.

pub(crate) mod container;
mod content;
pub(crate) mod marks;
mod place;
mod private;
pub(crate) mod rules;
mod text;

pub(crate) use place::Place;

use crate::instance::Instance;
use crate::papers::Leaf;
use crate::report::Findings;
use tokumei_profile::Profile;

/// Checks one instance by itself.
pub(crate) fn check(
    instance: &Instance,
    place: &Place,
    leaf: Option<&Leaf>,
    profile: &Profile,
    findings: &mut Findings<'_>,
) {
    container::check(instance, findings);
    place.check(instance, findings);
    rules::check(instance, profile, findings);
    private::check(instance, profile, findings);
    marks::check(instance, leaf, profile, findings);
}
