//! The attributes by which a data set says that it was de-identified, and how.
//!
//! PS3.15 2026d, E.1.1, E.3.6; PS3.3 2026d, C.7.1.1 and C.12.1.

use crate::check::Check;
use crate::instance::Instance;
use crate::papers::Leaf;
use crate::report::Findings;
use std::collections::BTreeSet;
use tokumei_core::{OptionName, Tag};
use tokumei_profile::Profile;

const REMOVED: Tag = Tag(0x0012, 0x0062);
const METHOD: Tag = Tag(0x0012, 0x0063);
const CODES: Tag = Tag(0x0012, 0x0064);
const TEMPORAL: Tag = Tag(0x0028, 0x0303);
const BURNED_IN: Tag = Tag(0x0028, 0x0301);

/// Tells whether an element of the top level is one of the marks, which no rule of the profile speaks of.
pub(crate) fn is_mark(tag: Tag) -> bool {
    matches!(tag, REMOVED | METHOD | CODES | TEMPORAL)
}

/// Checks the marks against the ledger's leaf, or the profile where there is none.
pub(crate) fn check(instance: &Instance, leaf: Option<&Leaf>, profile: &Profile, findings: &mut Findings<'_>) {
    if instance.word(REMOVED) != "YES" {
        findings.add(Check::IdentityRemoved, REMOVED);
    }
    if instance.word(METHOD).is_empty() {
        findings.add(Check::Method, METHOD);
    }
    let executed: BTreeSet<String> = match leaf {
        Some(leaf) => leaf.options.iter().cloned().collect(),
        None => from_profile(profile),
    };
    codes(instance, &executed, findings);
    temporal(instance, &executed, findings);
    burned_in(instance, &executed, leaf, findings);
}

/// Without a leaf nobody knows whether pixel data was cleaned.
fn from_profile(profile: &Profile) -> BTreeSet<String> {
    let pixels = [OptionName::CleanPixelData, OptionName::CleanRecognizableVisualFeatures];
    profile.options().iter().filter(|option| !pixels.contains(option)).map(|option| option.code().to_owned()).collect()
}

fn codes(instance: &Instance, executed: &BTreeSet<String>, findings: &mut Findings<'_>) {
    let stated = stated_codes(instance);
    if !executed.is_subset(&stated) || stated.is_empty() {
        findings.add(Check::MethodCodes, CODES);
    }
    // An earlier pass may have done what this one did not; only the original tells.
    if !stated.is_subset(executed) {
        findings.add(Check::MethodCodesExtra, CODES);
    }
}

/// Returns the codes of scheme DCM in DeidentificationMethodCodeSequence (0012,0064).
fn stated_codes(instance: &Instance) -> BTreeSet<String> {
    let items = instance.position(0, CODES).map(|sequence| instance.items_of(sequence)).unwrap_or_default();
    let of_dicom = items.iter().filter(|level| instance.word_at(**level, Tag(0x0008, 0x0102)) == "DCM");
    of_dicom.map(|level| instance.word_at(*level, Tag(0x0008, 0x0100))).collect()
}

/// Checks what an output claims of its pixel data that neither the ledger nor the original says.
pub(crate) fn check_claims(original: &Instance, output: &Instance, leaf: Option<&Leaf>, findings: &mut Findings<'_>) {
    let cleaned = OptionName::CleanPixelData.code();
    if leaf.is_none_or(|leaf| leaf.options.iter().any(|code| code == cleaned)) {
        return;
    }
    if stated_codes(output).contains(cleaned) && !stated_codes(original).contains(cleaned) {
        findings.add(Check::PixelCleaningClaimed, CODES);
    }
    if output.word(BURNED_IN) == "NO" && original.word(BURNED_IN) != "NO" {
        findings.add(Check::BurnedInWritten, BURNED_IN);
    }
}

fn temporal(instance: &Instance, executed: &BTreeSet<String>, findings: &mut Findings<'_>) {
    let has = |option: OptionName| executed.contains(option.code());
    // What an earlier pass had removed or modified stays so.
    let allowed: &[&str] = if has(OptionName::RetainLongModifiedDates) {
        &["MODIFIED", "REMOVED"]
    } else if has(OptionName::RetainLongFullDates) {
        &["UNMODIFIED", "MODIFIED", "REMOVED"]
    } else {
        &["REMOVED"]
    };
    if !allowed.contains(&instance.word(TEMPORAL).as_str()) {
        findings.add(Check::TemporalMark, TEMPORAL);
    }
}

fn burned_in(instance: &Instance, executed: &BTreeSet<String>, leaf: Option<&Leaf>, findings: &mut Findings<'_>) {
    if instance.word(BURNED_IN) != "NO" || executed.contains(OptionName::CleanPixelData.code()) {
        return;
    }
    let written = leaf.is_some_and(|leaf| leaf.writes_burned_in);
    findings.add(if written { Check::BurnedInWritten } else { Check::BurnedInClaim }, BURNED_IN);
}
