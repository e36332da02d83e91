//! `tokumei dataset sample`: which files people look at before a freeze, where the profile asks for a sample.

use super::freeze::{pseudonyms, vault_beside};
use crate::arguments::{FreezeArgs, SampleArgs};
use crate::command::run;
use crate::console::{Console, show};
use crate::problem::Problem;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use tokumei_audit::Root;
use tokumei_audit::dataset::{self, Sample, SampleMark};
use tokumei_pipeline::check_mode;
use tokumei_profile::Profile;
use tokumei_profile::policy::Approval;

/// Prints the sample of a release, and the digest that the freeze asks for.
pub fn sample(args: &SampleArgs, console: &Console) -> Result<u8, Problem> {
    let root = Root::read(&args.release.join("audit").join("root.json"))?;
    let profile = crate::command::verify::profile(args.profile.as_deref(), &args.release)?;
    let vault = args.vault.clone().unwrap_or_else(|| vault_beside(&args.release));
    check_mode(&vault).map_err(|error| run::problem(error, console))?;
    let key_file = args.key.clone().unwrap_or_else(|| vault.join("project.key"));
    let drawn = draw(&args.release, &root, &key_file, &profile)?;
    let numbers = [("count", drawn.files.len().to_string()), ("digest", drawn.mark.digest.clone())];
    let numbers: Vec<_> = numbers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let files = || drawn.files.iter().map(|file| show(&args.release.join(file)) + "\n").collect::<String>();
    console.result(
        || files() + &console.say("dataset-sample-drawn", &numbers) + "\n",
        || json!({ "files": drawn.files, "digest": drawn.mark.digest }),
    );
    Ok(0)
}

/// Returns the sample that those who approve have looked at, which must be the one drawn from the release as it is.
pub fn seen(args: &FreezeArgs, root: &Root, key: &Path, profile: &Profile) -> Result<Option<SampleMark>, Problem> {
    let asked = profile.policy().approval == Approval::Sample;
    if !asked && args.sample.is_none() {
        return Ok(None);
    }
    let drawn = draw(&args.release, root, key, profile)?;
    match &args.sample {
        Some(given) if given.trim().eq_ignore_ascii_case(&drawn.mark.digest) => Ok(Some(drawn.mark)),
        _ => Err(Problem::new("dataset-sample").at(&args.release).with("count", drawn.mark.files)),
    }
}

/// Returns what people look at of a release on the review page: its sample, and outputs in which something was hidden.
pub fn looked_at(release: &Path, key_file: &Path, profile: &Profile) -> Result<BTreeSet<String>, Problem> {
    let root = Root::read(&release.join("audit").join("root.json"))?;
    let keyed = keyed(&root, key_file, profile)?;
    let keyed = keyed.as_ref().map(|keyed| keyed as &dataset::PatientDigest<'_>);
    let mut files: BTreeSet<String> = dataset::sample(release, keyed)?.files.into_iter().collect();
    files.extend(dataset::masked_sample(release, keyed)?);
    Ok(files)
}

fn draw(release: &Path, root: &Root, key_file: &Path, profile: &Profile) -> Result<Sample, Problem> {
    let keyed = keyed(root, key_file, profile)?;
    Ok(dataset::sample(release, keyed.as_ref().map(|keyed| keyed as &dataset::PatientDigest<'_>))?)
}

/// Returns what takes the keyed digest of an instance; none where the key was destroyed.
fn keyed(root: &Root, file: &Path, profile: &Profile) -> Result<Option<impl Fn(&str) -> [u8; 32] + use<>>, Problem> {
    let Some(stated) = &root.key else { return Ok(None) };
    let key = pseudonyms(file, stated, profile)?.ok_or_else(|| Problem::new("dataset-sample-key").at(file))?;
    Ok(Some(move |instance: &str| key.keyed_digest("dataset-sample", instance.as_bytes())))
}
