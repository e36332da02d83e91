//! `tokumei audit`: the ledger of a release, shown and checked.

use crate::console::{Console, show as show_path};
use crate::problem::Problem;
use crate::table;
use serde_json::json;
use std::path::Path;
use tokumei_audit::{Leaf, LedgerError, Root, read_ledger, verify_root};
use tokumei_core::State;

/// Computes the Merkle root of a ledger anew and compares it with the one stated.
pub fn verify(release: &Path, console: &Console) -> Result<u8, Problem> {
    let root = verify_root(&release.join("audit"))?;
    let (leaves, path) = (root.leaves.to_string(), show_path(release));
    let variables = [("leaves", leaves.as_str()), ("root", &root.merkle_root), ("path", &path)];
    let text = || format!("{}\n", console.say("audit-holds", &variables));
    console.result(text, || json!({ "holds": true, "leaves": root.leaves, "merkle_root": root.merkle_root }));
    Ok(0)
}

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
            console.result(|| changes(&leaf), || json!(leaf));
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
fn changes(leaf: &Leaf) -> String {
    let length = |length: Option<u64>| length.map_or("–".to_string(), |length| length.to_string());
    let line = |entry: &tokumei_audit::Entry| {
        vec![
            entry.path.clone(),
            entry.vr.to_string(),
            entry.action.to_string(),
            entry.rule.clone(),
            length(entry.before),
            length(entry.after),
        ]
    };
    table::lines(&leaf.changes.iter().map(line).collect::<Vec<_>>())
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
