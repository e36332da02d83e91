//! `tokumei profile`: what the profiles do, and why.

use crate::console::Console;
use crate::language::Language;
use crate::problem::Problem;
use crate::table;
use serde_json::json;
use tokumei_profile::{Finding, Profile, Severity};

/// Lists the built-in profiles.
pub fn list(console: &Console) -> Result<u8, Problem> {
    let lang = console.language().of_profiles();
    let profiles = Profile::builtin_names().iter().map(|name| Profile::builtin(name)).collect::<Result<Vec<_>, _>>()?;
    let text = || {
        let row = |profile: &Profile| {
            let (name, version) = (profile.name().to_string(), profile.version().to_string());
            vec![name, version, profile.legal_class().title().to_string(), profile.title(lang).to_string()]
        };
        table::lines(&profiles.iter().map(row).collect::<Vec<_>>())
    };
    let value = |profile: &Profile| {
        json!({
            "name": profile.name(), "version": profile.version(), "legal_class": profile.legal_class().title(),
            "title": profile.title(lang), "summary": profile.summary(lang), "hash": profile.hash(),
            "options": profile.options().iter().map(|option| option.code()).collect::<Vec<_>>(),
        })
    };
    console.result(text, || profiles.iter().map(value).collect());
    Ok(0)
}

/// Checks a profile for contradictions; findings that make it useless give exit code 2, since loading it is refused.
pub fn lint(name: &str, console: &Console) -> Result<u8, Problem> {
    let findings = match Profile::load(name) {
        Ok(profile) => tokumei_profile::lint(&profile),
        Err(tokumei_profile::ProfileError::Contradiction { findings, .. }) => findings,
        Err(error) => return Err(error.into()),
    };
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
            format!("{} {}: {} ({})\n", console.say(head(finding), &[]), finding.id, words(finding), finding.clause)
        };
        match findings.is_empty() {
            true => format!("{}\n", console.say("profile-clean", &[])),
            false => findings.iter().map(line).collect(),
        }
    };
    let value = |finding: &Finding| {
        let error = finding.severity == Severity::Error;
        json!({ "id": finding.id, "error": error, "text": words(finding), "clause": finding.clause })
    };
    console.result(text, || findings.iter().map(value).collect());
    Ok(if findings.iter().any(|finding| finding.severity == Severity::Error) { 2 } else { 0 })
}
