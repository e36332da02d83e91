//! `tokumei profile`: what the profiles do, and why.

use crate::console::Console;
use crate::language::Language;
use crate::message::printable;
use crate::problem::Problem;
use crate::table;
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use tokumei_profile::devices;
use tokumei_profile::{Finding, Listed, Profile, Severity};

/// Lists the built-in profiles.
pub fn list(console: &Console) -> Result<u8, Problem> {
    let lang = console.language().of_profiles();
    let profiles = tokumei_profile::list();
    let text = || {
        let row = |listed: &Listed| {
            let (title, aliases) = (listed.title.get(lang).to_string(), listed.aliases.join(", "));
            vec![listed.name.clone(), listed.version.clone(), aliases, listed.legal_class.clone(), title]
        };
        table::lines(&profiles.iter().map(row).collect::<Vec<_>>())
    };
    console.result(text, || json!(profiles));
    Ok(0)
}

/// Prints the effective table of a profile.
pub fn show(name: &str, console: &Console) -> Result<u8, Problem> {
    let profile = Profile::load(name)?;
    let shown = tokumei_profile::show(&profile);
    let lang = console.language().of_profiles();
    let text = || format!("{}\n{}\n\n{shown}", profile.title(lang), profile.summary(lang));
    console.result(text, || json!(shown));
    Ok(0)
}

/// Tells why a profile treats an attribute as it does.
pub fn explain(name: &str, attribute: &str, console: &Console) -> Result<u8, Problem> {
    let profile = Profile::load(name)?;
    let explanation = tokumei_profile::explain(&profile, attribute, console.language().of_profiles())?;
    console.result(|| explanation.to_string(), || json!(explanation));
    Ok(0)
}

/// Lists where two profiles differ.
pub fn diff(before: &str, after: &str, console: &Console) -> Result<u8, Problem> {
    let diff = tokumei_profile::diff(&Profile::load(before)?, &Profile::load(after)?);
    let text = || {
        if diff.differences.is_empty() {
            return format!("{}\n", console.say("profile-same", &[]));
        }
        let word = |text: &String| if text.is_empty() { "–".to_string() } else { text.clone() };
        let mut rows = vec![vec![String::new(), String::new(), diff.first.clone(), diff.second.clone()]];
        rows.extend(diff.differences.iter().map(|one| {
            let what = console.say(&format!("profile-what-{}", one.what), &[]);
            vec![what, one.name.clone(), word(&one.first), word(&one.second)]
        }));
        table::lines(&rows)
    };
    console.result(text, || json!(diff));
    Ok(0)
}

/// Prints the conformance statement of a profile as Markdown.
pub fn conformance(name: &str, console: &Console) -> Result<u8, Problem> {
    let profile = Profile::load(name)?;
    let statement = tokumei_profile::conformance(&profile, console.language().of_profiles());
    console.result(
        || statement.clone(),
        || json!({ "profile": profile.name(), "hash": profile.hash(), "markdown": statement }),
    );
    Ok(0)
}

/// Turns the anonymizer script of another tool into a profile file, printed for a human to finish.
pub fn import(script: &Path, name: &str, console: &Console) -> Result<u8, Problem> {
    let fail = |error: std::io::Error| Problem::new("profile-file").at(script).because(&error);
    let mut text = String::new();
    File::open(script).map_err(fail)?.take(LARGEST_SCRIPT).read_to_string(&mut text).map_err(fail)?;
    let import = tokumei_profile::import_ctp(&text, name);
    let skipped: Vec<_> = import.skipped.iter().map(usize::to_string).collect();
    let (rules, looser) = (import.rules.to_string(), import.looser.to_string());
    let lines = if skipped.is_empty() { "–".to_string() } else { skipped.join(", ") };
    console.result(
        || import.toml.clone(),
        || json!({ "toml": import.toml, "rules": import.rules, "looser": import.looser, "skipped": import.skipped }),
    );
    console.note("profile-imported", &[("rules", &rules), ("looser", &looser), ("skipped", &lines)]);
    Ok(0)
}

/// No script of rules is larger.
const LARGEST_SCRIPT: u64 = 16 << 20;

/// Checks a profile or a file of mask rules; findings that make it useless give exit code 2, since loading it is refused.
pub fn lint(name: &str, console: &Console) -> Result<u8, Problem> {
    if let Some(text) = devices::text_of_rules(Path::new(name)) {
        return findings(&devices::lint(&text, name).map_err(Problem::rules)?, true, console);
    }
    match Profile::load(name) {
        Ok(profile) => findings(&tokumei_profile::lint(&profile), false, console),
        Err(tokumei_profile::ProfileError::Contradiction { findings: found, .. }) => findings(&found, false, console),
        Err(error) => Err(error.into()),
    }
}

/// Prints findings, with their places where the file says nothing else of them.
fn findings(findings: &[Finding], with_place: bool, console: &Console) -> Result<u8, Problem> {
    let words = |finding: &Finding| match console.language() {
        Language::English => finding.en.clone(),
        Language::Japanese => finding.ja.clone(),
    };
    let head = |finding: &Finding| match finding.severity {
        Severity::Warning => "part-warning",
        Severity::Error => "part-error",
    };
    let text = || {
        let line = |finding: &Finding| {
            let place = if with_place { format!("{}: ", printable(&finding.place)) } else { String::new() };
            let head = console.say(head(finding), &[]);
            format!("{head} {}: {place}{} ({})\n", finding.id, words(finding), finding.clause)
        };
        match findings.is_empty() {
            true => format!("{}\n", console.say("profile-clean", &[])),
            false => findings.iter().map(line).collect(),
        }
    };
    let value = |finding: &Finding| {
        let error = finding.severity == Severity::Error;
        json!({ "id": finding.id, "error": error, "place": finding.place, "text": words(finding), "clause": finding.clause })
    };
    console.result(text, || findings.iter().map(value).collect());
    Ok(if findings.iter().any(|finding| finding.severity == Severity::Error) { 2 } else { 0 })
}
