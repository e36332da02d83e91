//! `tokumei ids`: tables get the pseudonyms of a release.

use crate::arguments::IdsMapArgs;
use crate::command::linkage::reason;
use crate::command::run::choice::{consent_of as consent, sheet};
use crate::command::{run, verify};
use crate::console::{Console, show};
use crate::place::outside_releases;
use crate::problem::Problem;
use serde_json::json;
use std::path::Path;
use tokumei_pipeline::{Config, IdColumns, IdsError, Mapped, map_ids};

/// Gives a table the pseudonyms and date shifts of a release. Dates that could not be read give exit code 1.
pub fn map(args: IdsMapArgs, console: &Console) -> Result<u8, Problem> {
    let reason = reason(&args.reason)?;
    outside_releases(&args.out)?;
    let profile = verify::profile(args.profile.as_deref(), &args.release)?;
    let mut config = Config::new(profile, Vec::new(), args.release);
    config.vault = args.vault;
    config.key_file = args.key;
    config.site = args.site;
    config.operator = args.operator;
    config.consent =
        consent(args.consent.as_deref(), args.purpose.as_ref(), args.unknown, &args.other_purpose, &config)?;
    let columns = IdColumns {
        patient: args.column,
        issuer: args.issuer_column,
        dates: args.date_column,
        accessions: args.accession_column,
        uids: args.uid_column,
        others: args.other_id_column,
        dropped: args.drop_column,
        kept: args.keep_column,
        keep_others: args.keep_others,
        released_only: args.released_only,
        other_consent: args.other_consent,
    };
    let mapped = map_ids(&config, &args.table, &columns, &args.out, reason)
        .map_err(|error| refused(error, &args.table, console))?;
    console.result(|| text(&mapped, &args.out, console), || value(&mapped, &args.out));
    Ok(u8::from(mapped.emptied_dates > 0))
}

fn text(mapped: &Mapped, out: &Path, console: &Console) -> String {
    let lines: Vec<String> = mapped.unread_dates.iter().take(SHOWN).map(u64::to_string).collect();
    let numbers = [
        ("path", show(out)),
        ("rows", mapped.rows.to_string()),
        ("left", mapped.left_out.to_string()),
        ("without", mapped.without_id.to_string()),
        ("images", mapped.without_images.to_string()),
        ("dates", mapped.emptied_dates.to_string()),
        ("others", mapped.emptied_others.to_string()),
        ("lines", lines.join(", ")),
        ("columns", numbers_of(&mapped.untouched)),
    ];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut ids = vec!["ids-mapped"];
    ids.extend((mapped.left_out > 0).then_some("ids-left-out"));
    ids.extend((mapped.without_images > 0).then_some("ids-without-images"));
    ids.extend((mapped.without_id > 0).then_some("ids-without-id"));
    ids.extend((mapped.emptied_others > 0).then_some("ids-emptied-others"));
    ids.extend((mapped.emptied_dates > 0).then_some("ids-emptied-dates"));
    ids.extend((!mapped.untouched.is_empty()).then_some("ids-untouched"));
    ids.iter().map(|id| console.say(id, &numbers) + "\n").collect()
}

fn value(mapped: &Mapped, out: &Path) -> serde_json::Value {
    json!({
        "table": show(out),
        "rows": mapped.rows,
        "left_out": mapped.left_out,
        "without_id": mapped.without_id,
        "without_images": mapped.without_images,
        "emptied_other_ids": mapped.emptied_others,
        "emptied_dates": mapped.emptied_dates,
        "lines_of_emptied_dates": mapped.unread_dates,
        "untouched_columns": mapped.untouched,
    })
}

fn refused(error: IdsError, table: &Path, console: &Console) -> Problem {
    match error {
        IdsError::Run(error) => run::problem(error, console),
        IdsError::NoRelease { path } => Problem::new("ids-no-release").at(&path),
        IdsError::OtherConsent { path } => Problem::new("ids-other-consent").at(&path),
        IdsError::KeyDestroyed { path } => Problem::new("ids-key-destroyed").at(&path),
        IdsError::Sheet(error) => sheet(error, table),
        IdsError::Leak { line, column } => Problem::new("ids-leak").at(table).with("line", line).with("column", column),
        IdsError::Unnamed { columns } => Problem::new("ids-unnamed").at(table).with("columns", numbers_of(&columns)),
        IdsError::NoHead { column } => Problem::new("ids-no-head").at(table).with("column", column),
        IdsError::Zeros { line } => Problem::new("ids-zeros").at(table).with("line", line),
        IdsError::Write { path, source } => Problem::new("ids-write").at(&path).because(&source),
        _ => Problem::new("run-other"),
    }
}

fn numbers_of(columns: &[usize]) -> String {
    columns.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// How many lines people are shown.
const SHOWN: usize = 20;
