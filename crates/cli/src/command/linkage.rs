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
use tokumei_pipeline::{
    Asked, Config, Naming, Sought, Unclear, Who, WithdrawError, Withdrawal, WithdrawalRequest, check_mode, table_of,
};
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

/// Finds rows by original or by pseudonym, and logs that before it shows any. Exit code 1 where somebody has none.
pub fn lookup(args: LookupArgs, console: &Console) -> Result<u8, Problem> {
    let reason = reason(&args.reason)?;
    check_mode(&args.vault).map_err(|error| run::problem(error, console))?;
    let path = table(&args.vault)?;
    let looked = look(&args, &path);
    // Whoever tries a key that does not fit leaves a line too.
    let event = by(Event::new("linkage-lookup").because(reason).to(show(&path)), args.operator.as_ref());
    let event = match &looked {
        Ok((found, _)) => {
            let pseudonyms: Vec<&str> = found.iter().map(|row| row.pseudonym.as_str()).collect();
            event.on(pseudonyms.join(" ")).count("rows", found.len() as u64)
        }
        Err(problem) => event.with("refused", problem.id),
    };
    log(&args.vault, &event)?;
    let (found, missing) = looked?;
    console.result(|| found.iter().map(|row| text(row, console)).collect(), || json!(found));
    if !missing.is_empty() {
        console.note("linkage-none", &[("lines", &lines_of(&missing, console))]);
    }
    Ok(u8::from(!missing.is_empty()))
}

/// Returns the rows that are wanted, and the lines of those who have none.
fn look(args: &LookupArgs, table: &Path) -> Result<(Vec<Row>, Vec<u64>), Problem> {
    let identity = identity(&args.identity)?;
    let who = who(args.pseudonym.as_ref(), args.patient.as_ref(), args.patients.as_ref())?;
    let known = rows(table, &identity)?;
    let missing: Vec<usize> = match &who {
        Who::Pseudonym(pseudonym) => {
            let is_there = known.iter().any(|row| row.pseudonym == pseudonym.trim());
            (!is_there).then_some(0).into_iter().collect()
        }
        Who::Patients(all) => {
            let absent = |at: &usize| !known.iter().any(|row| is_of(row, &all[*at].id));
            (0..all.len()).filter(absent).collect()
        }
    };
    let missing = who.lines(missing);
    Ok((known.into_iter().filter(|row| is_wanted(row, &who)).collect(), missing))
}

/// Takes people out of releases. Nobody is taken out where one of them is in none of the releases and unknown to all vaults,
/// unless that is said.
pub fn withdraw(args: WithdrawArgs, console: &Console) -> Result<u8, Problem> {
    let reason = reason(&args.reason)?.to_owned();
    let identity = args.identity.as_deref().map(self::identity).transpose()?;
    let who = who(args.pseudonym.as_ref(), args.patient.as_ref(), args.patients.as_ref())?;
    if args.vault.is_some() && args.release.len() > 1 {
        return Err(Problem::new("linkage-one-vault"));
    }
    let configs = args.release.iter().map(|release| config(&args, release)).collect::<Result<Vec<_>, _>>()?;
    let naming: Naming = args.naming.into();
    let (identity, reason) = (identity.as_ref(), reason.as_str());
    let request = WithdrawalRequest { who: &who, naming: &naming, identity, reason, also_unknown: true };
    let sought = configs.iter().map(|config| tokumei_pipeline::sought(config, &request));
    let sought = sought.collect::<Result<Vec<_>, _>>().map_err(|error| refused(error, console))?;
    let unknown = nowhere(&sought);
    if args.dry_run {
        return Ok(preview(&configs, &sought, &who.lines(unknown), console));
    }
    if !unknown.is_empty() && !args.also_unknown {
        let lines = lines_of(&who.lines(unknown.iter().copied()), console);
        return Err(Problem::new("linkage-unknown").with("count", unknown.len()).with("lines", lines));
    }
    let mut done = Vec::new();
    for config in &configs {
        let withdrawal = tokumei_pipeline::withdraw(config, &request).map_err(|error| refused(error, console))?;
        // A page with pictures of theirs is a file of theirs.
        if config.out.join("report.html").exists()
            && let Err(unwritten) = crate::command::report::write(&config.out, &config.profile)
        {
            console.fail(&unwritten);
        }
        done.push((config.out.clone(), withdrawal));
    }
    let lines = who.lines(unknown);
    let text = |one: &(PathBuf, Withdrawal)| told(one, console);
    let also = (!lines.is_empty()).then(|| {
        let (count, lines) = (lines.len().to_string(), lines_of(&lines, console));
        console.say("linkage-also-unknown", &[("count", &count), ("lines", &lines)]) + "\n"
    });
    console
        .result(|| done.iter().map(text).chain(also).collect(), || done.iter().map(|one| value(one, &lines)).collect());
    Ok(u8::from(!lines.is_empty()))
}

fn config(args: &WithdrawArgs, release: &Path) -> Result<Config, Problem> {
    let profile = verify::profile(args.profile.as_deref(), release)?;
    let mut config = Config::new(profile, Vec::new(), release.to_owned());
    config.vault.clone_from(&args.vault);
    config.key_file.clone_from(&args.key);
    config.site.clone_from(&args.site);
    config.signing_key.clone_from(&args.signing_key);
    config.operator.clone_from(&args.operator);
    Ok(config)
}

/// Returns the places of those whom no release and no vault know. Every release is looked at before the first one changes.
fn nowhere(sought: &[Sought]) -> Vec<usize> {
    let Some((first, others)) = sought.split_first() else { return Vec::new() };
    let everywhere = |at: &&usize| others.iter().all(|other| other.unknown.contains(at));
    first.unknown.iter().filter(everywhere).copied().collect()
}

/// Prints what a withdrawal would do. Exit code 1 where somebody is unknown.
fn preview(configs: &[Config], sought: &[Sought], unknown: &[u64], console: &Console) -> u8 {
    let all = || configs.iter().zip(sought);
    let line = |(config, one): (&Config, &Sought)| {
        let numbers =
            [("path", show(&config.out)), ("people", one.people.to_string()), ("files", one.files.to_string())];
        let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        console.say("linkage-would-withdraw", &numbers) + "\n"
    };
    let value = |(config, one): (&Config, &Sought)| json!({ "release": show(&config.out), "people": one.people, "files": one.files, "lines_of_unknown": unknown });
    let also = (!unknown.is_empty()).then(|| {
        let (count, lines) = (unknown.len().to_string(), lines_of(unknown, console));
        console.say("linkage-would-miss", &[("count", &count), ("lines", &lines)]) + "\n"
    });
    console.result(|| all().map(line).chain(also).collect(), || all().map(value).collect());
    u8::from(!unknown.is_empty())
}

/// Overwrites and removes a table.
pub fn destroy(args: DestroyArgs, console: &Console) -> Result<u8, Problem> {
    let reason = reason(&args.reason)?;
    check_mode(&args.vault).map_err(|error| run::problem(error, console))?;
    let table = table(&args.vault)?;
    let event = |kind| by(Event::new(kind).because(reason).to(show(&table)), args.operator.as_ref());
    log(&args.vault, &event("linkage-destroy"))?;
    destroy_table(&table)?;
    let unread = |error: std::io::Error| Problem::new("linkage-log").at(&args.vault).because(&error);
    let gone = with_table(event("linkage-destroyed"), &args.vault).map_err(unread)?;
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
pub fn reason(text: &str) -> Result<&str, Problem> {
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

/// Returns an event with the name of who did it, where that is given.
fn by(event: Event, operator: Option<&String>) -> Event {
    operator.into_iter().fold(event, |event, operator| event.by(operator))
}

fn who(pseudonym: Option<&String>, one: Option<&String>, file: Option<&PathBuf>) -> Result<Who, Problem> {
    match pseudonym {
        Some(pseudonym) => Ok(Who::Pseudonym(pseudonym.clone())),
        None => patients(one, file).map(Who::Patients),
    }
}

/// Returns the patient IDs of an argument or of the first column of a file; `-` is standard input.
pub fn patients(one: Option<&String>, file: Option<&PathBuf>) -> Result<Vec<Asked>, Problem> {
    match (one, file) {
        (_, Some(file)) => {
            let path = if file.as_os_str() == "-" { Path::new("/dev/stdin") } else { file };
            let all = tokumei_pipeline::patients(path).map_err(|error| sheet(error, file))?;
            if all.is_empty() { Err(Problem::new("linkage-no-patient")) } else { Ok(all) }
        }
        (Some(one), None) if !one.trim().is_empty() => Ok(vec![Asked { id: one.clone(), line: None }]),
        _ => Err(Problem::new("linkage-no-patient")),
    }
}

/// Returns the problem of IDs of which nobody can tell whom they mean.
pub fn unclear(why: Unclear, lines: &[u64], console: &Console) -> Problem {
    let id = match why {
        Unclear::Empty => "person-empty",
        Unclear::Zeros => "person-zeros",
        Unclear::Issuer => "person-issuer",
        Unclear::NoIssuers => "person-no-issuers",
        _ => "person-too-many",
    };
    Problem::new(id).with("lines", lines_of(lines, console))
}

/// Returns the lines of a file in words; 0 is what was in none.
fn lines_of(lines: &[u64], console: &Console) -> String {
    let few: Vec<String> = lines.iter().take(SHOWN).filter(|line| **line > 0).map(u64::to_string).collect();
    let more = if lines.len() > SHOWN { ", …" } else { "" };
    match few.is_empty() {
        true => console.say("person-typed", &[]),
        false => console.say("person-lines", &[("lines", &(few.join(", ") + more))]),
    }
}

/// So many lines are named.
const SHOWN: usize = 20;

fn is_wanted(row: &Row, who: &Who) -> bool {
    match who {
        Who::Pseudonym(pseudonym) => row.pseudonym == pseudonym.trim(),
        Who::Patients(all) => all.iter().any(|asked| is_of(row, &asked.id)),
    }
}

/// Tells whether a row is of the person with an ID. The table does not say by which rule its IDs are canonical; either spelling
/// will do.
fn is_of(row: &Row, id: &str) -> bool {
    let plain = Rule::default().apply(id);
    row.stated.trim() == id.trim() || row.id == plain || row.others.iter().any(|(_, other)| *other == plain)
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

fn value((release, withdrawal): &(PathBuf, Withdrawal), unknown: &[u64]) -> Value {
    json!({
        "lines_of_unknown": unknown,
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
        WithdrawError::Unclear { why, lines } => unclear(why, &lines, console),
        WithdrawError::Unknown { lines } => {
            let count = lines.len();
            Problem::new("linkage-unknown").with("count", count).with("lines", lines_of(&lines, console))
        }
        WithdrawError::NeedsTable { release } => Problem::new("linkage-needs-table").at(&release),
        WithdrawError::Disagree { release } => Problem::new("linkage-disagree").at(&release),
        WithdrawError::Dataset(error) => Problem::new("linkage-dataset").with("cause", error),
        WithdrawError::Write { path, source } => Problem::new("linkage-write").at(&path).because(&source),
        _ => Problem::new("run-other"),
    }
}
