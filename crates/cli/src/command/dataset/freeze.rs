//! `tokumei dataset freeze`.

use super::{fingerprint, problem::signing, sample};
use crate::arguments::FreezeArgs;
use crate::command::run;
use crate::console::{Console, show};
use crate::problem::Problem;
use crate::table;
use serde_json::json;
use std::path::{Path, PathBuf};
use tokumei_audit::dataset::{self, DatasetError, Frozen, Shares, SplitRequest, Terms};
use tokumei_audit::{Root, SignatureError, Signer};
use tokumei_pipeline::execution::{Event, ExecutionLog};
use tokumei_pipeline::review::Review;
use tokumei_pipeline::{SamePerson, check_standing};
use tokumei_profile::policy::Approval;
use tokumei_profile::{LegalClass, Profile};
use tokumei_pseudonym::{ProjectKey, Pseudonyms, Settings};

/// Writes the next version of a data set.
pub fn freeze(args: FreezeArgs, console: &Console) -> Result<u8, Problem> {
    let root = Root::read(&args.release.join("audit").join("root.json"))?;
    let profile = crate::command::verify::profile(args.profile.as_deref(), &args.release)?;
    let class = legal_class(&args.legal_class, &profile)?;
    let vault = args.vault.clone().unwrap_or_else(|| vault_beside(&args.release));
    if !vault.is_dir() {
        return Err(Problem::new("dataset-vault").at(&vault));
    }
    no_rejected(&vault, &args.release)?;
    check_standing(&args.release, Some(&vault)).map_err(|error| run::problem(error, console))?;
    let terms = terms(&args, class, &profile);
    let shares = args
        .split
        .as_deref()
        .map(|text| Shares::parse(text).map_err(|_| Problem::new("dataset-shares").with("split", text)));
    let shares = shares.transpose()?;
    let split_before = dataset::latest(&args.release)?.is_some_and(|signed| signed.statement.split.is_some());
    let key_file = args.key.clone().unwrap_or_else(|| vault.join("project.key"));
    let pseudonyms = match &root.key {
        Some(stated) if shares.is_some() || split_before => pseudonyms(&key_file, stated, &profile)?,
        _ => None,
    };
    let keyed = pseudonyms.map(|known| move |patient: &str| known.keyed_digest("dataset-split", patient.as_bytes()));
    let seed = if root.key.is_none() { Some(seed()?) } else { None };
    let digest = keyed.as_ref().map(|keyed| keyed as &dataset::PatientDigest<'_>);
    let signer = signer(&args, &vault, &root)?;
    let terms = Terms { sample: sample::seen(&args, &root, &key_file, &profile)?, ..terms };
    let people = SamePerson::load(&vault).map_err(|error| run::problem(error, console))?;
    let same = |pseudonym: &str| people.of(pseudonym);
    let request = SplitRequest { shares, keyed: digest, seed, same: Some(&same) };
    let frozen = dataset::freeze(&args.release, &terms, &request, &signer);
    let frozen = frozen.map_err(|error| refused(error, &key_file, console))?;
    if !frozen.unchanged {
        log(&vault, &args.release, args.operator.as_deref(), &frozen)?;
    }
    console.result(
        || text(&frozen, &args.release, console),
        || {
            json!({ "unchanged": frozen.unchanged, "digest": frozen.signed.digest(), "signer": frozen.signed.signer,
                "people": frozen.people, "people_in_several_shares": frozen.apart,
                "statement": frozen.signed.statement })
        },
    );
    Ok(0)
}

/// Refuses a release that still holds what somebody has rejected.
fn no_rejected(vault: &Path, release: &Path) -> Result<(), Problem> {
    if !vault.join("review").is_dir() || !vault.join("index.csv").is_file() {
        return Ok(());
    }
    match Review::open(vault)?.rejected_outputs(release)?.len() {
        0 => Ok(()),
        count => Err(Problem::new("dataset-rejected").at(release).with("count", count).with("vault", show(vault))),
    }
}

/// Takes the key that the release was signed with, and no other: whoever knows it would trust nothing from then on.
fn signer(args: &FreezeArgs, vault: &Path, root: &Root) -> Result<Signer, Problem> {
    let path = args.signing_key.clone().unwrap_or_else(|| vault.join("signing.key"));
    if args.signing_key.is_none() && !path.exists() {
        return Err(Problem::new("run-signing-key-lost").at(&path));
    }
    let signer = Signer::load(&path).map_err(|error| signing(&error))?;
    if matches!(root.check_signature(Some(&signer.public())), Err(SignatureError::OtherSigner { .. })) {
        return Err(Problem::new("dataset-other-signer").at(&path).with("release", show(&args.release)));
    }
    Ok(signer)
}

/// Reads the legal class, by its word in profiles or its Japanese name, and compares it with the profile's.
fn legal_class(given: &str, profile: &Profile) -> Result<LegalClass, Problem> {
    let stated = profile.legal_class();
    if LegalClass::parse(given.trim()) == Some(stated) {
        return Ok(stated);
    }
    let problem = if given.trim().is_empty() {
        Problem::new("dataset-missing").with("what", "--legal-class")
    } else {
        Problem::new("dataset-class").with("given", given)
    };
    Err(problem.with("profile", profile.name()).with("stated", stated.as_str()))
}

fn terms(args: &FreezeArgs, class: LegalClass, profile: &Profile) -> Terms {
    let policy = profile.policy();
    Terms {
        name: args.name.clone(),
        legal_class: class.as_str().to_owned(),
        legal_basis: args.legal_basis.clone(),
        responsible: args.responsible.clone(),
        approved_by: args.approved_by.clone(),
        approvals: if policy.approval == Approval::No { 0 } else { policy.reviewers as usize },
        sample: None,
        reason: args.reason.clone().unwrap_or_default(),
        tool: concat!("tokumei ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// Returns the folder `RELEASE.vault` beside a release.
pub fn vault_beside(release: &Path) -> PathBuf {
    let release = std::path::absolute(release).unwrap_or_else(|_| release.to_owned());
    let mut name = release.file_name().unwrap_or_default().to_os_string();
    name.push(".vault");
    release.with_file_name(name)
}

/// Takes the key of the release, `None` when it is not there.
pub(super) fn pseudonyms(file: &Path, stated: &str, profile: &Profile) -> Result<Option<Pseudonyms>, Problem> {
    if !file.exists() {
        return Ok(None);
    }
    let key = ProjectKey::load(file)?;
    let given = key.id().to_string();
    if given != stated {
        return Err(Problem::new("dataset-other-key").at(file).with("stated", stated).with("given", given));
    }
    let days = profile.policy().shift_days;
    Ok(Some(Pseudonyms::new(&key, Settings { shift_days: days[0]..=days[1] })))
}

/// Draws what the digests of patients are taken with where there is no key any more.
fn seed() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Problem::new("key-random"))?;
    Ok(tokumei_core::hex(&bytes))
}

fn refused(error: DatasetError, key_file: &Path, console: &Console) -> Problem {
    match error {
        DatasetError::SplitKey => Problem::new("dataset-split-key").at(key_file),
        DatasetError::Edited { files, more } => {
            let line = |(path, edit): &(String, dataset::Edit)| {
                format!("{path}: {}", console.say(&format!("dataset-edit-{}", edit.as_str()), &[]))
            };
            let mut lines: Vec<String> = files.iter().take(SHOWN).map(line).collect();
            let hidden = files.len().saturating_sub(SHOWN) as u64 + more;
            if hidden > 0 {
                lines.push(console.say("verify-more", &[("count", &hidden.to_string())]));
            }
            Problem::new("dataset-edited").with("count", files.len() as u64 + more).with("files", lines.join("\n"))
        }
        other => other.into(),
    }
}

/// Notes in the vault who froze what, and when.
fn log(vault: &Path, release: &Path, operator: Option<&str>, frozen: &Frozen) -> Result<(), Problem> {
    let statement = &frozen.signed.statement;
    let event = Event::new("dataset-freeze")
        .by(operator.unwrap_or(&statement.responsible))
        .with("responsible", &statement.responsible)
        .because(&statement.reason)
        .to(show(release))
        .count("files", statement.files)
        .with("name", &statement.name)
        .with("version", statement.version.to_string())
        .with("approved-by", statement.approved_by.join(", "))
        .with("digest", frozen.signed.digest());
    let logged = ExecutionLog::open(vault).and_then(|log| log.append(&event));
    logged.map(drop).map_err(|error| Problem::finding("dataset-log").at(vault).because(&error))
}

fn text(frozen: &Frozen, release: &Path, console: &Console) -> String {
    let statement = &frozen.signed.statement;
    let numbers = [
        ("name", statement.name.clone()),
        ("version", statement.version.to_string()),
        ("files", statement.files.to_string()),
        ("patients", statement.patients.to_string()),
        ("bytes", statement.bytes.to_string()),
        ("added", statement.added.to_string()),
        ("removed", statement.removed.to_string()),
        ("changed", statement.changed.to_string()),
        ("people", frozen.people.to_string()),
        ("apart", frozen.apart.to_string()),
        ("release", show(release)),
    ];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut out = format!("{}\n", console.say("dataset-frozen", &numbers));
    if frozen.unchanged {
        out.push_str(&format!("{}\n", console.say("dataset-unchanged", &numbers)));
    } else if statement.version > 1 {
        out.push_str(&format!("{}\n", console.say("dataset-changes", &numbers)));
    }
    let told = [(frozen.people < statement.patients, "dataset-people"), (frozen.apart > 0, "dataset-apart")];
    for (_, id) in told.into_iter().filter(|(is_so, _)| *is_so) {
        out.push_str(&format!("{}\n", console.say(id, &numbers)));
    }
    let mut rows = Vec::new();
    for (share, count) in statement.split.iter().flat_map(|split| &split.patients) {
        let patients = console.say("dataset-patients", &[("share", share), ("count", &count.to_string())]);
        rows.push(vec![console.say("dataset-share", &[]), patients]);
    }
    let path = release.join("dataset").join(format!("v{}.json", statement.version));
    rows.push(vec![console.say("dataset-statement", &[]), show(&path)]);
    rows.push(vec![console.say("dataset-digest", &[]), frozen.signed.digest()]);
    rows.push(vec![console.say("dataset-signer", &[]), fingerprint(&frozen.signed.signer)]);
    out.push_str(&table::lines(&rows));
    out + &console.say("dataset-next", &numbers) + "\n"
}

/// How many edited files a message names.
const SHOWN: usize = 10;
