//! The words of commands that look at files or a release: `inspect`, `verify`, `report`, `demo`, `bench`.

use super::{DigestChoice, GuardScopeChoice};
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(ClapArgs, Debug)]
pub struct InspectArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "NAME|FILE", default_value = "ps315-basic", hide_default_value = true)]
    pub profile: String,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "NAME", default_value = "site")]
    pub site: String,
    #[arg(long, value_name = "FILE")]
    pub mask_rules: Vec<PathBuf>,
    #[arg(long)]
    pub show_values: bool,
    #[arg(long, value_name = "PNG")]
    pub picture: Option<PathBuf>,
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub frame: u64,
}

#[derive(ClapArgs, Debug)]
pub struct VerifyArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "IN", num_args = 1.., requires = "vault")]
    pub originals: Vec<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub struct DemoArgs {
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE", default_value = "pseudonymized", hide_default_value = true)]
    pub profile: String,
}

#[derive(ClapArgs, Debug)]
pub struct BenchArgs {
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    #[arg(long, value_name = "NAME|FILE", default_value = "ps315-basic", hide_default_value = true)]
    pub profile: String,
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    #[arg(long, value_name = "N", default_value = "3", hide_default_value = true)]
    pub rounds: u32,
    #[arg(long, value_name = "N")]
    pub threads: Option<String>,
    #[arg(long, value_name = "HOW", default_value = "sha256", hide_default_value = true)]
    pub digest: DigestChoice,
    #[arg(long, value_name = "SCOPE", default_value = "study", hide_default_value = true)]
    pub guard_scope: GuardScopeChoice,
}

#[derive(ClapArgs, Debug)]
pub struct ReportArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
}
