//! `tokumei run`: files and folders in, a release out.

pub mod choice;
pub mod remember;
pub mod summary;

use crate::arguments::{DigestChoice, FlushChoice, GuardScopeChoice, RunArgs};
use crate::console::Console;
use crate::problem::Problem;
use crate::progress::Watch;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokumei_pipeline::{Config, Difference, Digest, Flush, GuardScope, RunError, Shard};
use tokumei_profile::Profile;
use tokumei_profile::devices::Rules;
use tokumei_pseudonym::linkage::Recipient;

/// De-identifies the inputs and prints what became of them.
pub fn run(args: RunArgs, console: &Console) -> Result<u8, Problem> {
    let config = configure(args)?;
    let code = go(&config, console)?;
    if !config.dry_run
        && let Err(error) = remember::remember(&vault_of(&config))
    {
        let (path, cause) = (vault_of(&config).display().to_string(), error.to_string());
        let parts = console.parts("review-remember", &[("path", &path), ("cause", &cause)]);
        console.message("part-warning", &parts);
    }
    Ok(code)
}

/// De-identifies as configured and prints what became of the inputs.
pub fn go(config: &Config, console: &Console) -> Result<u8, Problem> {
    let stop = watch_signals().map_err(|error| Problem::new("signal").because(&error))?;
    let watch = Watch::new(console);
    let result = tokumei_pipeline::run(config, &stop, &watch);
    let planned = watch.end();
    let report = result.map_err(|error| problem(error, console))?;
    if !config.dry_run
        && report.merkle_root.is_some()
        && let Err(unwritten) = crate::command::report::write(&config.out, &config.profile)
    {
        console.fail(&unwritten);
    }
    let summary = summary::Summary { config, report: &report, planned: &planned, console };
    console.result(|| summary.text(), || summary.value());
    summary.warn();
    Ok(if report.is_complete() { 0 } else { 1 })
}

/// Checks the arguments and loads the profile.
pub fn configure(args: RunArgs) -> Result<Config, Problem> {
    let shard = shard(&args.shard)?;
    let threads = threads(args.threads.as_deref())?;
    if args.site.trim().is_empty() || args.site.chars().count() > 64 {
        return Err(Problem::new("run-site"));
    }
    let mut config = Config::new(Profile::load(&args.profile)?, args.inputs, args.out);
    config.vault = args.vault;
    config.key_file = args.key;
    config.signing_key = args.signing_key;
    config.operator = args.operator;
    config.site = args.site;
    config.linkage_recipients = recipients(&args.linkage_recipient)?;
    config.selection = choice::selection(&args.choice)?;
    config.consent = choice::consent(&args.choice, &config)?;
    config.readmit = args.choice.readmit;
    config.mask_rules.site = mask_rules(&args.mask_rules)?;
    config.digest = args.digest.into();
    config.guard_scope = args.guard_scope.into();
    config.threads = threads;
    config.io_depth = io_depth(args.io_depth.as_deref())?;
    config.flush = args.flush.into();
    config.shard = shard;
    config.dry_run = args.dry_run;
    Ok(config)
}

impl From<DigestChoice> for Digest {
    fn from(choice: DigestChoice) -> Digest {
        match choice {
            DigestChoice::Sha256 => Digest::Sha256,
            DigestChoice::Off => Digest::Off,
        }
    }
}

impl From<GuardScopeChoice> for GuardScope {
    fn from(choice: GuardScopeChoice) -> GuardScope {
        match choice {
            GuardScopeChoice::Study => GuardScope::Study,
            GuardScopeChoice::Instance => GuardScope::Instance,
        }
    }
}

impl From<FlushChoice> for Flush {
    fn from(choice: FlushChoice) -> Flush {
        match choice {
            FlushChoice::Grouped => Flush::Grouped,
            FlushChoice::Each => Flush::Each,
        }
    }
}

/// Most files that are read ahead: each has a helper of its own.
const MOST_AHEAD: usize = 256;

/// Parses how many files are to be read ahead.
fn io_depth(text: Option<&str>) -> Result<Option<usize>, Problem> {
    let parse = |text: &str| {
        let number = text.parse().ok().filter(|number| *number <= MOST_AHEAD);
        number.ok_or_else(|| Problem::new("run-io-depth").with("depth", text).with("most", MOST_AHEAD))
    };
    text.map(parse).transpose()
}

/// Parses how many workers there are to be.
pub fn threads(text: Option<&str>) -> Result<Option<NonZeroUsize>, Problem> {
    let parse = |text: &str| {
        let number = text.parse().ok().and_then(NonZeroUsize::new);
        number.ok_or_else(|| Problem::new("run-threads").with("threads", text))
    };
    text.map(parse).transpose()
}

/// Reads the mask rules of the site, all files together.
pub fn mask_rules(paths: &[PathBuf]) -> Result<Rules, Problem> {
    let merge = |all: Rules, path: &PathBuf| all.merged(Rules::load(path)?);
    paths.iter().try_fold(Rules::default(), merge).map_err(Problem::rules)
}

/// Reads the public keys of the linkage table.
fn recipients(texts: &[String]) -> Result<Vec<Recipient>, Problem> {
    texts.iter().map(|text| text.parse::<Recipient>().map_err(Problem::from)).collect()
}

/// Parses `I/N`, counted from 1.
fn shard(text: &str) -> Result<Shard, Problem> {
    let parse = || {
        let (index, count) = text.split_once('/')?;
        let (index, count): (u32, u32) = (index.parse().ok()?, count.parse().ok()?);
        (1..=count).contains(&index).then(|| Shard { index: index - 1, count })
    };
    parse().ok_or_else(|| Problem::new("run-shard").with("share", text))
}

/// Returns the flag that the first Ctrl-C sets; the second ends the program at once.
pub fn watch_signals() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// Returns such a flag; the second Ctrl-C removes a folder before it ends the program.
pub fn watch_signals_and_clear(folder: &Path) -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let (asked, folder) = (Arc::clone(&stop), folder.to_owned());
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM])?;
    std::thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            if asked.swap(true, Ordering::Relaxed) {
                clear(&folder);
                std::process::exit(128 + signal);
            }
        }
    })?;
    Ok(stop)
}

/// Removes a folder until it stays away: what still writes there may put something back once or twice.
fn clear(folder: &Path) {
    let mut away = 0;
    for _ in 0..500 {
        let _ = std::fs::remove_dir_all(folder);
        away = if folder.exists() { 0 } else { away + 1 };
        if away == 5 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// Returns the vault of a run: the one named, else the folder beside the release.
pub fn vault_of(config: &Config) -> PathBuf {
    let beside = |release: &Path| {
        let mut name = release.file_name().unwrap_or_default().to_os_string();
        name.push(".vault");
        release.with_file_name(name)
    };
    config.vault.clone().unwrap_or_else(|| beside(&config.out))
}

/// Turns the refusal of a run into a problem.
pub fn problem(error: RunError, console: &Console) -> Problem {
    match error {
        RunError::Input { path, source } => Problem::new("run-input").at(&path).because(&source),
        RunError::Overlap { first, second } => Problem::new("run-overlap").at(&first).with("other", second.display()),
        RunError::Release { path, source } => Problem::new("run-release").at(&path).because(&source),
        RunError::Vault { path, source } => Problem::new("run-vault-problem").at(&path).because(&source),
        RunError::VaultMode { path, mode } => {
            Problem::new("run-vault-mode").at(&path).with("mode", format!("{mode:03o}"))
        }
        RunError::Key(error) => error.into(),
        RunError::Signing(error) => error.into(),
        RunError::Linkage(error) => error.into(),
        RunError::LinkageForbidden => Problem::new("run-linkage-forbidden"),
        RunError::LinkageRequired => Problem::new("run-linkage-required"),
        RunError::Busy { path } => Problem::new("run-busy").at(&path),
        RunError::Mismatch { path, differences } => {
            let texts: Vec<_> = differences.iter().map(|one| difference(one, console)).collect();
            Problem::new("run-mismatch").at(&path).with("differences", texts.join("; "))
        }
        RunError::Foreign { path } => Problem::new("run-foreign").at(&path),
        RunError::CannotExtend { path } => Problem::new("run-cannot-extend").at(&path),
        RunError::WithdrawnLost { path, stated, found } => {
            Problem::new("run-withdrawn-lost").at(&path).with("stated", stated).with("found", found)
        }
        RunError::ListLost { path, stated, found } => {
            Problem::new("run-list-lost").at(&path).with("stated", stated).with("found", found)
        }
        RunError::WithdrawnPresent { path, people } => {
            Problem::new("run-withdrawn-present").at(&path).with("people", people)
        }
        RunError::Readmits { people } => Problem::new("run-readmits").with("people", people),
        RunError::Zeros { lines } => {
            let few: Vec<String> = lines.iter().take(SHOWN).map(u64::to_string).collect();
            let more = if lines.len() > SHOWN { ", …" } else { "" };
            Problem::new("run-zeros").with("count", lines.len()).with("lines", few.join(", ") + more)
        }
        RunError::OlderConsent => Problem::new("run-older-consent"),
        RunError::RootEdited { path } => Problem::new("run-root-edited").at(&path),
        RunError::RootGone { path } => Problem::new("run-root-gone").at(&path),
        RunError::ReleaseOlder { path } => Problem::new("run-release-older").at(&path),
        RunError::VaultOlder { path, instances: 0 } => Problem::new("run-vault-unknown").at(&path),
        RunError::VaultOlder { path, instances } => {
            Problem::new("run-vault-older").at(&path).with("instances", instances)
        }
        RunError::SigningKeyLost { path } => Problem::new("run-signing-key-lost").at(&path),
        RunError::OtherSigner { path, release } => {
            Problem::new("run-other-signer").at(&path).with("release", release.display())
        }
        RunError::VersionMissing { path, version } => {
            Problem::new("run-version-missing").at(&path).with("version", version)
        }
        RunError::CannotShard => Problem::new("run-cannot-shard"),
        RunError::NoSuchShard { index, count } => {
            Problem::new("run-shard").with("share", format!("{}/{count}", u64::from(index) + 1))
        }
        RunError::Review(error) => error.into(),
        RunError::Workers => Problem::new("run-workers"),
        _ => Problem::new("run-other"),
    }
}

/// How many lines of a file a message names.
const SHOWN: usize = 20;

fn difference(one: &Difference, console: &Console) -> String {
    let what = console.find(&format!("run-what-{}", one.what)).unwrap_or_else(|| one.what.to_string());
    let none = console.say("run-none", &[]);
    let value = |text: &str| if text.is_empty() { none.clone() } else { text.to_owned() };
    let (before, after) = (value(&one.release), value(&one.run));
    console.say("run-difference", &[("what", &what), ("before", &before), ("after", &after)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_counted_from_one() {
        assert_eq!(shard("1/1").unwrap(), Shard { index: 0, count: 1 });
        assert_eq!(shard("4/4").unwrap(), Shard { index: 3, count: 4 });
        for text in ["0/4", "5/4", "1", "1/0", "a/b", "-1/2", ""] {
            assert!(shard(text).is_err(), "{text}");
        }
    }
}
