//! `tokumei audit merge`: the shares of one run become one release.

use super::paper::vault_beside;
use crate::arguments::MergeArgs;
use crate::command::{report, run, verify};
use crate::console::{Console, show};
use crate::problem::Problem;
use serde_json::json;
use tokumei_audit::MergeError;
use tokumei_pipeline::{MergeRequest, UniteError, merge as unite};

/// Unites shares and prints the root of the release.
pub fn merge(args: MergeArgs, console: &Console) -> Result<u8, Problem> {
    // Before anything is made: without the profile there is no report.
    let first = args.shards.first().filter(|shard| shard.join("audit/root.json").is_file());
    let profile = first.map(|shard| verify::profile(args.profile.as_deref(), shard)).transpose()?;
    let request = MergeRequest {
        vault: args.vault.unwrap_or_else(|| vault_beside(&args.out)),
        shards: args.shards,
        shard_vaults: args.shard_vault,
        out: args.out,
        operator: args.operator,
    };
    let united = unite(&request).map_err(|error| problem(error, console))?;
    let merged = &united.merged;
    if !united.recorded {
        console.note("merge-no-journal", &[]);
    }
    if let Some(profile) = profile {
        report::write(&request.out, &profile)?;
    }
    let numbers = [
        ("path", show(&request.out)),
        ("shards", request.shards.len().to_string()),
        ("leaves", merged.root.leaves.to_string()),
        ("root", merged.root.merkle_root.clone()),
        ("united", merged.united.to_string()),
    ];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    console.result(
        || format!("{}\n", console.say("merge-made", &numbers)),
        || json!({ "release": show(&request.out), "shards": request.shards.len(), "leaves": merged.root.leaves, "merkle_root": merged.root.merkle_root, "united": merged.united, "recorded": united.recorded }),
    );
    Ok(0)
}

fn problem(error: UniteError, console: &Console) -> Problem {
    match error {
        UniteError::Vault(error) => run::problem(error, console),
        UniteError::VaultTaken { path } => Problem::new("merge-vault-taken").at(&path),
        UniteError::Withdrawn { path } => Problem::new("merge-withdrawn").at(&path),
        UniteError::Merge(error) => of_shards(error, console),
        _ => Problem::new("audit-other"),
    }
}

fn of_shards(error: MergeError, console: &Console) -> Problem {
    match error {
        MergeError::Shard { path, source } => {
            let inner = Problem::from(source);
            let variables: Vec<_> = inner.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let what = console.say(inner.id, &variables);
            let place = inner.variables.iter().find(|(name, _)| *name == "path").map(|(_, value)| value.as_str());
            let cause = place.map_or(what.clone(), |place| format!("{what} ({place})"));
            Problem { code: inner.code, ..Problem::new("merge-shard") }.at(&path).with("cause", cause)
        }
        MergeError::NoKey { path } => Problem::new("merge-no-key").at(&path),
        MergeError::Terms { path, what } => {
            let what = console.find(&format!("merge-what-{what}")).unwrap_or_else(|| what.to_string());
            Problem::new("merge-terms").at(&path).with("what", what)
        }
        MergeError::Incomplete { have, of } => Problem::new("merge-incomplete").with("have", have).with("of", of),
        MergeError::NoPeople { path } => Problem::new("merge-no-people").at(&path),
        MergeError::Conflict { instance, first, second } => Problem::finding("merge-conflict")
            .with("instance", instance)
            .with("first", first.display())
            .with("second", second.display()),
        MergeError::OutExists { path } => Problem::new("merge-exists").at(&path),
        MergeError::Write { path, source } => Problem::new("run-release").at(&path).because(&source),
        _ => Problem::new("audit-other"),
    }
}
