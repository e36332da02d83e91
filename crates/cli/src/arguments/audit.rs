//! The words of `tokumei audit`.

use super::NamingArgs;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    Verify(AuditVerifyArgs),
    Show {
        #[arg(value_name = "RELEASE")]
        release: PathBuf,
        #[arg(value_name = "UID")]
        instance: Option<String>,
    },
    Prove {
        #[arg(value_name = "RELEASE")]
        release: PathBuf,
        #[arg(value_name = "UID")]
        instance: String,
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    Certify(CertifyArgs),
    Merge(MergeArgs),
}

#[derive(ClapArgs, Debug)]
#[command(group = clap::ArgGroup::new("subject").required(true).multiple(true).args(["release", "vault", "proof", "certificate"]))]
pub struct AuditVerifyArgs {
    #[arg(value_name = "RELEASE")]
    pub release: Option<PathBuf>,
    #[arg(long, value_name = "FILE|HEX")]
    pub public_key: Option<String>,
    #[arg(long, value_name = "contents|sizes|off", default_value = "contents", hide_possible_values = true)]
    pub files: FileChoice,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE", requires = "release")]
    pub profile: Option<String>,
}

/// How far outputs are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum FileChoice {
    /// Their bytes.
    Contents,
    /// Their lengths.
    Sizes,
    /// Not at all.
    Off,
}

#[derive(ClapArgs, Debug)]
pub struct CertifyArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "ID", conflicts_with = "patients", required_unless_present = "patients")]
    pub patient: Option<String>,
    #[arg(long, value_name = "FILE.csv|-")]
    pub patients: Option<PathBuf>,
    #[arg(long, value_name = "NAME", default_value = "site")]
    pub site: String,
    #[command(flatten)]
    pub naming: NamingArgs,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(ClapArgs, Debug)]
pub struct MergeArgs {
    #[arg(value_name = "SHARD", required = true)]
    pub shards: Vec<PathBuf>,
    #[arg(long, value_name = "RELEASE")]
    pub out: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub shard_vault: Vec<PathBuf>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}
