//! The words of `tokumei linkage`.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum LinkageCommand {
    NewKey {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    Lookup(LookupArgs),
    Withdraw(WithdrawArgs),
    Destroy(DestroyArgs),
}

#[derive(ClapArgs, Debug)]
pub struct LookupArgs {
    #[arg(long, value_name = "DIR")]
    pub vault: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub identity: PathBuf,
    #[arg(long, value_name = "ID", conflicts_with_all = ["pseudonym", "patients"], required_unless_present_any = ["pseudonym", "patients"])]
    pub patient: Option<String>,
    #[arg(long, value_name = "FILE.csv", conflicts_with = "pseudonym")]
    pub patients: Option<PathBuf>,
    #[arg(long, value_name = "PSEUDONYM")]
    pub pseudonym: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub struct WithdrawArgs {
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "RELEASE", required = true)]
    pub release: Vec<PathBuf>,
    #[arg(long, value_name = "ID", conflicts_with_all = ["pseudonym", "patients"], required_unless_present_any = ["pseudonym", "patients"])]
    pub patient: Option<String>,
    #[arg(long, value_name = "FILE.csv", conflicts_with = "pseudonym")]
    pub patients: Option<PathBuf>,
    #[arg(long, value_name = "PSEUDONYM")]
    pub pseudonym: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    #[arg(long, value_name = "NAME", default_value = "site")]
    pub site: String,
    #[command(flatten)]
    pub naming: NamingArgs,
    #[arg(long)]
    pub also_unknown: bool,
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}

/// What says whom a patient ID means, beside the ID.
#[derive(ClapArgs, Debug)]
pub struct NamingArgs {
    #[arg(long, value_name = "NAME", conflicts_with = "all_issuers")]
    pub issuer: Option<String>,
    #[arg(long)]
    pub all_issuers: bool,
    #[arg(long)]
    pub exact: bool,
}

impl From<NamingArgs> for tokumei_pipeline::Naming {
    fn from(args: NamingArgs) -> Self {
        tokumei_pipeline::Naming { issuer: args.issuer, all_issuers: args.all_issuers, exact: args.exact }
    }
}

#[derive(ClapArgs, Debug)]
pub struct DestroyArgs {
    #[arg(long, value_name = "DIR")]
    pub vault: PathBuf,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    #[arg(long, required = true)]
    pub yes: bool,
}
