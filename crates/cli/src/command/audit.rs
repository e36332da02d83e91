//! `tokumei audit`: what a release states of itself, shown, checked, proven and united.

pub mod merge;
pub mod paper;
pub mod verify;

use crate::console::Console;
use crate::problem::Problem;
use crate::table;
use serde_json::{Value, json};
use std::path::Path;
use tokumei_audit::{Leaf, LedgerError, Lengths, Root, Step, Treatment, find_treatment, read_ledger};
use tokumei_core::State;

/// Prints the root of a release's ledger, or the leaf of one instance.
pub fn show(release: &Path, instance: Option<&str>, console: &Console) -> Result<u8, Problem> {
    let audit = release.join("audit");
    let Some(instance) = instance else {
        let root = Root::read(&audit.join("root.json"))?;
        console.result(|| summary(&root, console), || json!(root));
        return Ok(0);
    };
    for leaf in read_ledger(&audit.join("ledger.jsonl"))? {
        let leaf = leaf?;
        if leaf.instance == instance {
            let treatment = find_treatment(release, &leaf)?;
            console.result(|| changes(&leaf, &treatment), || leaf_as_json(&leaf, &treatment));
            return Ok(0);
        }
    }
    Err(Problem::new("audit-no-leaf").at(release).with("instance", instance))
}

fn summary(root: &Root, console: &Console) -> String {
    let none = console.say("audit-no-key", &[]);
    let mut rows = vec![
        row(console, "audit-tool", &root.tool),
        row(console, "audit-profile", &format!("{} {}", root.profile.name, root.profile.version)),
        row(console, "audit-profile-hash", &root.profile.hash),
        row(console, "audit-edition", &root.edition),
        row(console, "audit-key", root.key.as_deref().unwrap_or(&none)),
        row(console, "audit-leaves", &root.leaves.to_string()),
        row(console, "audit-root", &root.merkle_root),
        row(console, "audit-signer", root.signer.as_deref().unwrap_or("–")),
    ];
    for state in State::ALL {
        let count = root.counts.get(state.as_str()).copied().unwrap_or(0);
        rows.push(row(console, &format!("state-{state}"), &count.to_string()));
    }
    table::lines(&rows)
}

fn row(console: &Console, id: &str, value: &str) -> Vec<String> {
    vec![console.say(id, &[]), value.to_string()]
}

/// Returns the changes of one instance as lines. A ledger holds no values, so none can be shown.
fn changes(leaf: &Leaf, treatment: &Treatment) -> String {
    let length = |length: Option<u64>| length.map_or("–".to_string(), |length| length.to_string());
    let line = |(step, (before, after)): (&Step, Lengths)| {
        vec![
            step.path.clone(),
            step.vr.to_string(),
            step.action.to_string(),
            step.rule.clone(),
            length(before),
            length(after),
        ]
    };
    table::lines(&leaf.changes(treatment).map(line).collect::<Vec<_>>())
}

/// Returns a leaf with its changes written out.
fn leaf_as_json(leaf: &Leaf, treatment: &Treatment) -> Value {
    let change = |(step, (before, after)): (&Step, Lengths)| {
        let mut change = json!(step);
        for (name, length) in [("before", before), ("after", after)] {
            if let Some(length) = length {
                change[name] = json!(length);
            }
        }
        change
    };
    let mut whole = json!(leaf);
    whole["changes"] = leaf.changes(treatment).map(change).collect();
    whole
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Read { path, source } => Problem::new("audit-read").at(&path).because(&source),
            LedgerError::Format { path } => Problem::new("audit-format").at(&path),
            LedgerError::Malformed { leaf } => Problem::finding("audit-malformed").with("leaf", leaf),
            LedgerError::Order { leaf } => Problem::finding("audit-order").with("leaf", leaf),
            LedgerError::Count { stated, found } => {
                Problem::finding("audit-count").with("stated", stated).with("found", found)
            }
            LedgerError::Root { stated, found } => {
                Problem::finding("audit-root-differs").with("stated", stated).with("found", found)
            }
            _ => Problem::finding("audit-other"),
        }
    }
}
