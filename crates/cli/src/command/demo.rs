//! `tokumei demo`: makes a small synthetic study, de-identifies it, and shows before and after.

mod compare;
mod study;

use crate::arguments::DemoArgs;
use crate::command::run::{problem, summary::Summary};
use crate::console::{Console, show};
use crate::problem::Problem;
use crate::progress::Watch;
use crate::table;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tokumei_pipeline::{Config, Report};
use tokumei_profile::Profile;

/// Makes the study in a folder of its own, runs on it, and prints what a reader should see.
pub fn demo(args: DemoArgs, console: &Console) -> Result<u8, Problem> {
    let profile = Profile::load(&args.profile)?;
    let folder = folder(args.out)?;
    let study = folder.join("study");
    let write = |error: std::io::Error| Problem::new("demo-folder").at(&folder).because(&error);
    study::write(&study).map_err(write)?;
    let config = Config::new(profile, vec![study.clone()], folder.join("release"));
    let watch = Watch::new(console);
    let result = tokumei_pipeline::run(&config, &AtomicBool::new(false), &watch);
    let planned = watch.end();
    let report = result.map_err(|error| problem(error, console))?;
    let rows = compare::rows(&first_slice(&study), &output_of(&report, &config, &first_slice(&study)));
    let summary = Summary { config: &config, report: &report, planned: &planned, console };
    let text = || story(console, &config, &study, &rows, &report) + &summary.text();
    let value = || {
        let row = |row: &compare::Row| json!({ "keyword": row.keyword, "before": row.before, "after": row.after });
        json!({ "study": show(&study), "run": summary.value(), "compared": rows.iter().map(row).collect::<Vec<_>>() })
    };
    console.result(text, value);
    // The study holds instances that must be held back, so a complete run would be a mistake.
    Ok(if report.stopped.is_some() || report.unsealed { 1 } else { 0 })
}

/// Returns the folder to work in: the one named, which must be new or empty, else a new temporary one that stays.
fn folder(named: Option<PathBuf>) -> Result<PathBuf, Problem> {
    let Some(folder) = named else {
        let made = tempfile::Builder::new().prefix("tokumei-demo-").tempdir();
        let fail = |error: std::io::Error| Problem::new("demo-folder").at(&std::env::temp_dir()).because(&error);
        return Ok(made.map_err(fail)?.keep());
    };
    let fail = |error: std::io::Error| Problem::new("demo-folder").at(&folder).because(&error);
    std::fs::create_dir_all(&folder).map_err(fail)?;
    let taken = std::fs::read_dir(&folder).map_err(fail)?.next().is_some();
    if taken { Err(Problem::new("demo-taken").at(&folder)) } else { Ok(folder) }
}

fn first_slice(study: &Path) -> PathBuf {
    study.join(study::FIRST_SLICE)
}

fn output_of(report: &Report, config: &Config, source: &Path) -> Option<PathBuf> {
    let real = source.canonicalize().ok()?;
    let row = report.rows.iter().find(|row| row.source == real || row.source == source)?;
    row.release.as_ref().map(|place| config.out.join(place))
}

fn story(console: &Console, config: &Config, study: &Path, rows: &[compare::Row], report: &Report) -> String {
    let head = |id: &str| format!("── {}\n", console.say(id, &[]));
    let mut lines = vec![vec![String::new(), console.say("demo-before", &[]), console.say("demo-after", &[])]];
    let removed = console.say("demo-removed", &[]);
    for row in rows {
        let after =
            row.after.clone().map_or_else(|| removed.clone(), |text| if text.is_empty() { "∅".into() } else { text });
        lines.push(vec![row.keyword.clone(), table::cut(&row.before, 38), table::cut(&after, 38)]);
    }
    let files: BTreeMap<PathBuf, String> = report
        .rows
        .iter()
        .map(|row| {
            let why = row.reason.as_ref().map(|reason| format!(" ({})", reason.id)).unwrap_or_default();
            (row.source.clone(), format!("{}{why}", console.say(&format!("state-{}", row.state), &[])))
        })
        .collect();
    let root = study.canonicalize().unwrap_or_else(|_| study.to_path_buf());
    let name = |path: &Path| show(path.strip_prefix(&root).unwrap_or(path));
    let states: Vec<_> = files.iter().map(|(path, state)| vec![format!("  {}", name(path)), state.clone()]).collect();
    [
        head("demo-study") + &table::lines(&states),
        head("demo-compare") + &table::lines(&lines),
        head("demo-release") + &tree(&config.out),
        head("demo-ledger") + &ledger_head(&config.out),
        head("demo-end"),
    ]
    .join("\n")
}

/// Returns the files of a folder as indented names.
fn tree(folder: &Path) -> String {
    let mut out = format!("  {}\n", show(folder));
    let mut open = vec![(folder.to_path_buf(), 0)];
    while let Some((path, depth)) = open.pop() {
        if depth > 0 {
            let name = path.file_name().map(|name| show(Path::new(name))).unwrap_or_default();
            out.push_str(&format!("  {:1$}{name}\n", "", 2 * depth));
        }
        let mut below: Vec<_> =
            std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        below.sort();
        open.extend(below.into_iter().rev().map(|path| (path, depth + 1)));
    }
    out
}

/// Returns the first changes of the first leaf: what was done where, by which rule, and never a value.
fn ledger_head(release: &Path) -> String {
    let leaf = tokumei_audit::read_ledger(&release.join("audit").join("ledger.jsonl")).ok();
    let Some(Ok(leaf)) = leaf.and_then(|mut leaves| leaves.next()) else { return String::new() };
    let Ok(treatment) = tokumei_audit::find_treatment(release, &leaf) else { return String::new() };
    let line = |step: &tokumei_audit::Step| {
        vec![format!("  {}", step.path), step.vr.to_string(), step.action.to_string(), step.rule.clone()]
    };
    let rows: Vec<_> = treatment.steps().iter().take(8).map(line).collect();
    format!("  {}\n{}", leaf.instance, table::lines(&rows))
}
