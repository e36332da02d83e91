//! `tokumei dataset`: a release frozen in versions that somebody answers for.

mod freeze;
mod problem;
mod sample;

pub use freeze::freeze;
pub use problem::signing;
pub use sample::{looked_at, sample};

use crate::arguments::{DatasetDiffArgs, DatasetVerifyArgs};
use crate::console::{Console, show};
use crate::problem::Problem;
use crate::table;
use serde_json::json;
use std::path::Path;
use tokumei_audit::PublicKey;
use tokumei_audit::dataset::{self, Change, ChangeKind, Finding, Request, Signed, Verified};

/// Checks the versions of a release and the files of one of them. Findings give exit code 1.
pub fn verify(args: DatasetVerifyArgs, console: &Console) -> Result<u8, Problem> {
    let request = Request {
        version: args.version,
        public_key: args.public_key.as_deref().map(public_key).transpose()?,
        last: args.last.map(|digest| digest.trim().to_ascii_lowercase()),
    };
    let found = dataset::verify(&args.release, &request)?;
    console.result(|| text(&found, &args.release, console), || json!(found));
    Ok(if found.findings.is_empty() && found.more == 0 { 0 } else { 1 })
}

/// Reads a public key from a file, or from its digits.
pub fn public_key(text: &str) -> Result<PublicKey, Problem> {
    let of_file = || PublicKey::load(Path::new(text)).ok();
    text.trim().parse().ok().or_else(of_file).ok_or_else(|| Problem::new("public-key").with("key", text))
}

fn text(found: &Verified, release: &Path, console: &Console) -> String {
    let rows: Vec<_> = found.findings.iter().take(SHOWN).map(|finding| row(finding, console)).collect();
    let mut out = table::lines(&rows);
    let more = found.findings.len().saturating_sub(SHOWN) as u64 + found.more;
    if more > 0 {
        out.push_str(&format!("{}\n", console.say("verify-more", &[("count", &more.to_string())])));
    }
    let name = Signed::read(release, found.version).map_or_else(|_| show(release), |signed| signed.statement.name);
    let numbers = [
        ("name", name),
        ("version", found.version.to_string()),
        ("versions", found.versions.to_string()),
        ("files", found.files.to_string()),
        ("count", (found.findings.len() as u64 + found.more).to_string()),
        ("signer", fingerprint(&found.signer)),
        ("digest", found.last.clone().unwrap_or_default()),
    ];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut say = |id: &str| out.push_str(&format!("{}\n", console.say(id, &numbers)));
    say(if found.findings.is_empty() { "dataset-holds" } else { "dataset-wrong" });
    say(if found.signer_known { "dataset-key-known" } else { "dataset-key-found" });
    if found.last.is_some() {
        say("dataset-last");
    }
    for (id, count) in [("dataset-since", found.removed_since), ("dataset-later", found.later)] {
        if count > 0 {
            out.push_str(&format!("{}\n", console.say(id, &[("count", &count.to_string())])));
        }
    }
    out
}

fn row(finding: &Finding, console: &Console) -> Vec<String> {
    let version = console.say("dataset-in-version", &[("version", &finding.version.to_string())]);
    let line = finding.line.map(|line| console.say("dataset-in-line", &[("line", &line.to_string())]));
    let place = finding.file.clone().or(line).map_or_else(|| version.clone(), |place| format!("{version}, {place}"));
    let head = console.say("part-error", &[]);
    let kind = finding.kind.as_str();
    let what = console.say(&format!("finding-{kind}"), &[]);
    vec![format!("{head} {kind}"), crate::message::printable(&place), what]
}

/// Returns what people compare of a public key.
pub fn fingerprint(key: &str) -> String {
    key.parse::<PublicKey>().map_or_else(|_| "–".to_owned(), |key| key.fingerprint())
}

/// Lists what one version has that another has not.
pub fn diff(args: DatasetDiffArgs, console: &Console) -> Result<u8, Problem> {
    let to = args.to.map_or_else(|| dataset::versions(&args.release), Ok)?;
    let mut changes: Vec<Change> = Vec::new();
    dataset::diff(&args.release, args.from, to, |change| changes.push(change))?;
    let between = args.from.min(to) + 1..=args.from.max(to);
    let reasons: Vec<(u32, String)> = between
        .filter_map(|version| Some((version, Signed::read(&args.release, version).ok()?.statement.reason)))
        .filter(|(_, reason)| !reason.is_empty())
        .collect();
    let count = |kind| changes.iter().filter(|change| change.change == kind).count().to_string();
    let sum = [
        ("from", args.from.to_string()),
        ("to", to.to_string()),
        ("added", count(ChangeKind::Added)),
        ("removed", count(ChangeKind::Removed)),
        ("changed", count(ChangeKind::Changed)),
    ];
    let text = || {
        let row = |change: &Change| {
            vec![console.say(&format!("dataset-{}", change.change.as_str()), &[]), change.path.clone()]
        };
        let mut out = table::lines(&changes.iter().map(row).collect::<Vec<_>>());
        for (version, reason) in &reasons {
            let variables = [("version", version.to_string()), ("reason", reason.clone())];
            let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
            out.push_str(&format!("{}\n", console.say("dataset-diff-reason", &variables)));
        }
        let sum: Vec<_> = sum.iter().map(|(name, value)| (*name, value.as_str())).collect();
        out + &console.say("dataset-diff-sum", &sum) + "\n"
    };
    let reason = |(version, reason): &(u32, String)| json!({ "version": version, "reason": reason });
    console.result(text, || {
        json!({ "from": args.from, "to": to, "changes": changes, "reasons": reasons.iter().map(reason).collect::<Vec<_>>() })
    });
    Ok(0)
}

/// How many findings people are shown; programs get all of them.
const SHOWN: usize = 50;
