//! `tokumei verify`: a release looked at with other eyes.

use crate::arguments::VerifyArgs;
use crate::console::{Console, show};
use crate::problem::Problem;
use crate::table;
use serde_json::json;
use std::path::Path;
use tokumei_audit::Root;
use tokumei_profile::Profile;
use tokumei_verify::{Check, Options, Report, Severity, VerifyError};

/// Checks a release and prints what was found. Findings give exit code 1.
pub fn verify(args: VerifyArgs, console: &Console) -> Result<u8, Problem> {
    let profile = profile(args.profile.as_deref(), &args.release)?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let options = Options { release: args.release, vault: args.vault, originals: args.originals, profile, threads };
    let report = tokumei_verify::verify(&options)?;
    console.result(|| text(&report, &options.release, console), || json!(report));
    Ok(if report.is_clean() { 0 } else { 1 })
}

/// Returns the profile named, else the one that the release names, if it is built in and has not changed since.
pub fn profile(named: Option<&str>, release: &Path) -> Result<Profile, Problem> {
    if let Some(name) = named {
        return Ok(Profile::load(name)?);
    }
    let mark = Root::read(&release.join("audit").join("root.json"))?.profile;
    let unknown = || Problem::new("verify-profile").with("name", &mark.name).with("version", &mark.version);
    let profile = Profile::builtin(&mark.name).map_err(|_| unknown())?;
    if profile.hash() == mark.hash { Ok(profile) } else { Err(unknown()) }
}

fn text(report: &Report, release: &Path, console: &Console) -> String {
    let mut out = String::new();
    for (check, count) in &report.counts {
        let head = match check.severity() {
            Severity::Error => "part-error",
            Severity::Warning => "part-warning",
        };
        let sentence = console.say(&format!("check-{check}"), &[]);
        out.push_str(&format!("{} {check} × {count}: {sentence}\n", console.say(head, &[])));
        out.push_str(&places(report, *check, console));
    }
    for one in report.not_checked.iter().take(SHOWN) {
        let why = console.say(&format!("unchecked-{}", one.reason), &[]);
        out.push_str(&format!("{}: {} ({why})\n", console.say("verify-unchecked", &[]), one.file));
    }
    let numbers = [
        ("path", show(release)),
        ("checked", report.checked.to_string()),
        ("compared", report.compared.to_string()),
        ("errors", report.errors().to_string()),
        ("warnings", report.warnings().to_string()),
        ("unchecked", report.not_checked.len().to_string()),
    ];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    out + &console.say("verify-summary", &numbers) + "\n"
}

/// Returns the first places of a check as lines, and how many more there are.
fn places(report: &Report, check: Check, console: &Console) -> String {
    let found: Vec<_> = report.findings.iter().filter(|finding| finding.check == check).collect();
    let row = |finding: &&tokumei_verify::Finding| vec![format!("  {}", finding.file), finding.place.clone()];
    let mut out = table::lines(&found.iter().take(SHOWN).map(row).collect::<Vec<_>>());
    if found.len() > SHOWN {
        out.push_str(&format!("  {}\n", console.say("verify-more", &[("count", &(found.len() - SHOWN).to_string())])));
    }
    out
}

/// How many places of one check people are shown; programs get all of them.
const SHOWN: usize = 5;

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Release { path, source } => Problem::new("verify-release").at(&path).because(&source),
            VerifyError::Index { path, source } => Problem::new("verify-index").at(&path).because(&source),
            VerifyError::OriginalsWithoutVault => Problem::new("verify-originals"),
            _ => Problem::new("verify-other"),
        }
    }
}
