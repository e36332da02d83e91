//! `tokumei linkage`: the table of pseudonyms, for those who hold its private key.

use crate::arguments::{DestroyArgs, LookupArgs, WithdrawArgs};
use crate::command::run::choice::sheet;
use crate::command::{run, verify};
use crate::console::{Console, show};
use crate::place::outside_releases;
use crate::problem::Problem;
use crate::table as lines;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokumei_pipeline::execution::{Event, ExecutionLog, with_table};
use tokumei_pipeline::{Config, Who, WithdrawError, Withdrawal, check_mode, first_column, table_of};
use tokumei_pseudonym::canonical::Rule;
use tokumei_pseudonym::linkage::{Identity, LinkageError, Row, destroy as destroy_table, rows};

/// Draws the private key of a table, and prints the public one.
pub fn new_key(file: &Path, console: &Console) -> Result<u8, Problem> {
    outside_releases(file)?;
    let identity = Identity::generate();
    identity.store_new(file)?;
    let (recipient, path) = (identity.recipient().to_string(), show(file));
    let parts = console.parts("linkage-key-made", &[("recipient", &recipient), ("path", &path)]);
    console.result(
        || format!("{}\n{}\n", parts.what, parts.next.clone().unwrap_or_default()),
        || json!({ "recipient": recipient, "file": path }),
    );
    Ok(0)
}

/// Finds rows by original or by pseudonym, and logs that before it shows any. Exit code 1 where there is none.
pub fn lookup(args: LookupArgs, console: &Console) -> Result<u8, Problem> {
    let reason = reason(&args.reason)?;
    check_mode(&args.vault).map_err(|error| run::problem(error, console))?;
    let path = table(&args.vault)?;
    let looked = look(&args, &path);
    // Whoever tries a key that does not fit leaves a line too.
    let event = Event::new("linkage-lookup").because(reason);
    let event = match &looked {
        Ok(found) => {
            let pseudonyms: Vec<&str> = found.iter().map(|row| row.pseudonym.as_str()).collect();
            event.on(pseudonyms.join(" ")).count("rows", found.len() as u64)
        }
        Err(problem) => event.with("refused", problem.id),
    };
    log(&args.vault, &event)?;
    let found = looked?;
    console.result(|| found.iter().map(|row| text(row, console)).collect(), || json!(found));
    if found.is_empty() {
        console.note("linkage-none", &[]);
    }
    Ok(u8::from(found.is_empty()))
}

fn look(args: &LookupArgs, table: &Path) -> Result<Vec<Row>, Problem> {
    let identity = identity(&args.identity)?;
    let wanted = match &args.pseudonym {
        Some(pseudonym) => Who::Pseudonym(pseudonym.clone()),
        None => Who::Patients(patients(args.patient.as_ref(), args.patients.as_ref())?),
    };
    let known = rows(table, &identity)?;
    Ok(known.into_iter().filter(|row| is_wanted(row, &wanted)).collect())
}

/// Takes people out of releases.
pub fn withdraw(args: WithdrawArgs, console: &Console) -> Result<u8, Problem> {
    let reason = reason(&args.reason)?.to_owned();
    let identity = args.identity.as_deref().map(self::identity).transpose()?;
    let who = match &args.pseudonym {
        Some(pseudonym) => Who::Pseudonym(pseudonym.clone()),
        None => Who::Patients(patients(args.patient.as_ref(), args.patients.as_ref())?),
    };
    if args.vault.is_some() && args.release.len() > 1 {
        return Err(Problem::new("linkage-one-vault"));
    }
    let mut done = Vec::new();
    for release in &args.release {
        let mut config = Config::new(verify::profile(args.profile.as_deref(), release)?, Vec::new(), release.clone());
        config.vault.clone_from(&args.vault);
        config.key_file.clone_from(&args.key);
        config.site.clone_from(&args.site);
        config.signing_key.clone_from(&args.signing_key);
        let withdrawal = tokumei_pipeline::withdraw(&config, &who, identity.as_ref(), &reason)
            .map_err(|error| refused(error, console))?;
        // A page with pictures of theirs is a file of theirs.
        if release.join("report.html").exists()
            && let Err(unwritten) = crate::command::report::write(release, &config.profile)
        {
            console.fail(&unwritten);
        }
        done.push((release.clone(), withdrawal));
    }
    console.result(|| done.iter().map(|one| told(one, console)).collect(), || done.iter().map(value).collect());
    let missing = done.iter().all(|(_, withdrawal)| withdrawal.removed == 0);
    Ok(u8::from(missing))
}

/// Overwrites and removes a table.
pub fn destroy(args: DestroyArgs, console: &Console) -> Result<u8, Problem> {
    let reason = reason(&args.reason)?;
    check_mode(&args.vault).map_err(|error| run::problem(error, console))?;
    let table = table(&args.vault)?;
    log(&args.vault, &Event::new("linkage-destroy").because(reason))?;
    destroy_table(&table)?;
    let unread = |error: std::io::Error| Problem::new("linkage-log").at(&args.vault).because(&error);
    let gone = with_table(Event::new("linkage-destroyed").because(reason), &args.vault).map_err(unread)?;
    log(&args.vault, &gone)?;
    let path = show(&table);
    let parts = console.parts("linkage-destroyed", &[("path", &path)]);
    let next = parts.next.clone().unwrap_or_default();
    console.result(|| format!("{}\n{next}\n", parts.what), || json!({ "table": path, "destroyed": true }));
    Ok(0)
}

/// Returns the table of a vault that is there.
fn table(vault: &Path) -> Result<PathBuf, Problem> {
    let table = table_of(vault);
    if table.is_file() { Ok(table) } else { Err(Problem::new("linkage-no-table").at(&table)) }
}

/// Returns why it is done; nobody looks without saying.
fn reason(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    if text.is_empty() { Err(Problem::new("linkage-reason")) } else { Ok(text) }
}

fn log(vault: &Path, event: &Event) -> Result<(), Problem> {
    let appended = ExecutionLog::open(vault).and_then(|log| log.append(event));
    appended.map(drop).map_err(|error| Problem::new("linkage-log").at(vault).because(&error))
}

/// Reads the private key of a table.
fn identity(path: &Path) -> Result<Identity, Problem> {
    Identity::load(path).map_err(|error| match error {
        LinkageError::Io { path, source } => Problem::new("linkage-identity-file").at(&path).because(&source),
        LinkageError::Permissions { path, mode } => {
            Problem::new("key-permissions").at(&path).with("mode", format!("{mode:03o}"))
        }
        other => other.into(),
    })
}

/// Returns the patient IDs of an argument or of the first column of a file; `-` is standard input.
pub fn patients(one: Option<&String>, file: Option<&PathBuf>) -> Result<Vec<String>, Problem> {
    match (one, file) {
        (_, Some(file)) => {
            let path = if file.as_os_str() == "-" { Path::new("/dev/stdin") } else { file };
            first_column(path).map_err(|error| sheet(error, file))
        }
        (Some(one), None) if !one.trim().is_empty() => Ok(vec![one.clone()]),
        _ => Err(Problem::new("linkage-no-patient")),
    }
}

fn is_wanted(row: &Row, who: &Who) -> bool {
    match who {
        Who::Pseudonym(pseudonym) => row.pseudonym == pseudonym.trim(),
        Who::Patients(ids) => {
            // The table does not say by which rule its IDs are canonical; either spelling will do.
            let same = |id: &String| row.stated.trim() == id.trim() || row.id == Rule::default().apply(id);
            ids.iter().any(same)
        }
    }
}

fn text(row: &Row, console: &Console) -> String {
    let shift = row.shift_days.map_or("–".to_string(), |days| days.to_string());
    let cells = [
        ("linkage-pseudonym", &row.pseudonym),
        ("linkage-patient", &row.stated),
        ("linkage-issuer", &row.issuer),
        ("linkage-namespace", &row.namespace),
        ("linkage-shift", &shift),
        ("linkage-profile", &row.profile),
    ];
    let mut all: Vec<Vec<String>> =
        cells.iter().map(|(id, text)| vec![console.say(id, &[]), crate::message::printable(text)]).collect();
    let studies =
        row.studies.iter().map(|(old, new)| vec![console.say("linkage-study", &[]), format!("{new} = {old}")]);
    all.extend(studies);
    lines::lines(&all) + "\n"
}

fn told((release, withdrawal): &(PathBuf, Withdrawal), console: &Console) -> String {
    let version = withdrawal.version.map(|version| version.to_string()).unwrap_or_default();
    let numbers = [
        ("path", show(release)),
        ("removed", withdrawal.removed.to_string()),
        ("people", withdrawal.people.to_string()),
        ("missing", withdrawal.not_found.to_string()),
        ("root", withdrawal.merkle_root.clone()),
        ("version", version),
        ("rows", withdrawal.rows.unwrap_or_default().to_string()),
    ];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut ids = vec!["linkage-withdrawn"];
    ids.extend((withdrawal.not_found > 0).then_some("linkage-withdrawn-missing"));
    match withdrawal.rows {
        Some(0) => {}
        Some(_) => ids.push("linkage-withdrawn-rows"),
        None => ids.push("linkage-withdrawn-rows-left"),
    }
    ids.push(if withdrawal.version.is_some() { "linkage-withdrawn-version" } else { "linkage-withdrawn-unfrozen" });
    ids.extend(withdrawal.older.then_some("linkage-withdrawn-older"));
    ids.iter().map(|id| console.say(id, &numbers) + "\n").collect()
}

fn value((release, withdrawal): &(PathBuf, Withdrawal)) -> Value {
    json!({
        "release": show(release),
        "people": withdrawal.people,
        "not_found": withdrawal.not_found,
        "removed": withdrawal.removed,
        "rows": withdrawal.rows,
        "release_was_older": withdrawal.older,
        "version": withdrawal.version,
        "merkle_root": withdrawal.merkle_root,
    })
}

fn refused(error: WithdrawError, console: &Console) -> Problem {
    match error {
        WithdrawError::Run(error) => run::problem(error, console),
        WithdrawError::Edited { path, .. } => Problem::new("linkage-edited").at(&path),
        WithdrawError::OtherVault { vault, release } => {
            Problem::new("linkage-other-vault").at(&vault).with("release", release.display())
        }
        WithdrawError::NoWay { release } => Problem::new("linkage-no-way").at(&release),
        WithdrawError::NeedsTable { release } => Problem::new("linkage-needs-table").at(&release),
        WithdrawError::Disagree { release } => Problem::new("linkage-disagree").at(&release),
        WithdrawError::Dataset(error) => Problem::new("linkage-dataset").with("cause", error),
        WithdrawError::Write { path, source } => Problem::new("linkage-write").at(&path).because(&source),
        _ => Problem::new("run-other"),
    }
}
