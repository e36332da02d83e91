//! Whose instances may leave, and which are taken on.

use crate::arguments::{ChoiceArgs, UnknownChoice};
use crate::problem::Problem;
use std::path::Path;
use tokumei_core::dictionary;
use tokumei_pipeline::{Config, Consent, ConsentError, Pattern, Purpose, Selection, SheetError, Unknown, parse_day};
use tokumei_pseudonym::date::Day;

/// Reads the consent file, if one is named.
pub fn consent(args: &ChoiceArgs, config: &Config) -> Result<Option<Consent>, Problem> {
    consent_of(args.consent.as_deref(), args.purpose.as_ref(), args.unknown, &args.other_purpose, config)
}

/// Reads a consent file for a purpose, if both are named.
pub fn consent_of(
    path: Option<&Path>,
    purpose: Option<&String>,
    unknown: Option<UnknownChoice>,
    others: &[String],
    config: &Config,
) -> Result<Option<Consent>, Problem> {
    let (Some(path), Some(name)) = (path, purpose) else { return Ok(None) };
    let parse = |name: &String| Purpose::parse(name).ok_or_else(|| Problem::new("run-purpose").with("purpose", name));
    let purpose = parse(name)?;
    let others = others.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let unknown = unknown.map(|choice| match choice {
        UnknownChoice::Allow => Unknown::Allow,
        UnknownChoice::Exclude => Unknown::Exclude,
    });
    let consent = Consent::load(path, &config.profile, &config.site, purpose, unknown, &others);
    consent.map(Some).map_err(|error| refused(error, path))
}

/// Checks what is asked for.
pub fn selection(args: &ChoiceArgs) -> Result<Selection, Problem> {
    let class = |text: &String| {
        let uid = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then(|| text.clone());
        let uid = uid.or_else(|| dictionary::sop_class(text).map(str::to_owned));
        uid.ok_or_else(|| Problem::new("run-sop-class").with("name", text))
    };
    let day = |text: &Option<String>| -> Result<Option<Day>, Problem> {
        let read = |text: &String| parse_day(text).ok_or_else(|| Problem::new("run-date").with("date", text));
        text.as_ref().map(read).transpose()
    };
    let (from, to) = (day(&args.from)?, day(&args.to)?);
    if matches!((from, to), (Some(from), Some(to)) if to < from) {
        return Err(Problem::new("run-dates-order"));
    }
    let pattern = |text: &String| Pattern::parse(text).ok_or_else(|| Problem::new("run-description"));
    Ok(Selection {
        modalities: args.modality.clone(),
        sop_classes: args.sop_class.iter().map(class).collect::<Result<_, _>>()?,
        from,
        to,
        description: args.description.as_ref().map(pattern).transpose()?,
    })
}

fn refused(error: ConsentError, path: &Path) -> Problem {
    match error {
        ConsentError::Sheet(error) => sheet(error, path),
        ConsentError::UnknownColumn { number } => Problem::new("consent-column").with("number", number).at(path),
        ConsentError::NoPatient { line } => Problem::new("consent-no-patient").with("line", line).at(path),
        ConsentError::Rounded { line } => Problem::new("consent-rounded").with("line", line).at(path),
        ConsentError::State { line } => Problem::new("consent-state").with("line", line).at(path),
        ConsentError::Dates { line } => Problem::new("consent-dates").with("line", line).at(path),
        ConsentError::Purposes { line } => Problem::new("consent-purposes").with("line", line).at(path),
        ConsentError::UnknownPurpose { line } => Problem::new("consent-purpose-unknown").with("line", line).at(path),
        ConsentError::Duplicate { first, second } => {
            Problem::new("consent-duplicate").with("first", first).with("second", second).at(path)
        }
        ConsentError::Contradiction { first, second } => {
            Problem::new("consent-contradiction").with("first", first).with("second", second).at(path)
        }
        ConsentError::UnknownAllowed { purpose } => Problem::new("consent-unknown-allowed").with("purpose", purpose),
        _ => Problem::new("run-other"),
    }
}

/// Returns the problem of a table that cannot be read.
pub fn sheet(error: SheetError, path: &Path) -> Problem {
    match error {
        SheetError::Read { path, source } => Problem::new("sheet-file").at(&path).because(&source),
        SheetError::TooLarge { limit } => Problem::new("sheet-too-large").at(path).with("limit", limit),
        SheetError::Encoding { line } => Problem::new("sheet-encoding").at(path).with("line", line),
        SheetError::Quote { line } => Problem::new("sheet-quote").at(path).with("line", line),
        SheetError::Cells { line, expected, found } => {
            Problem::new("sheet-cells").at(path).with("line", line).with("expected", expected).with("found", found)
        }
        SheetError::Semicolons => Problem::new("sheet-semicolons").at(path),
        SheetError::Empty => Problem::new("sheet-empty").at(path),
        SheetError::NoColumn { column } => Problem::new("sheet-no-column").at(path).with("column", column),
        SheetError::TwoColumns { column } => Problem::new("sheet-two-columns").at(path).with("column", column),
        _ => Problem::new("run-other"),
    }
}
