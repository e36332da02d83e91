//! The words of `tokumei run`.

use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(ClapArgs, Debug)]
pub struct RunArgs {
    #[arg(value_name = "IN", required = true)]
    pub inputs: Vec<PathBuf>,
    #[arg(long, value_name = "RELEASE")]
    pub out: PathBuf,
    #[arg(long, value_name = "NAME|FILE", default_value = "ps315-basic", hide_default_value = true)]
    pub profile: String,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    #[arg(long, value_name = "NAME", default_value = "site")]
    pub site: String,
    #[arg(long, value_name = "sha256|off", default_value = "sha256", hide_possible_values = true)]
    pub digest: DigestChoice,
    #[arg(long, value_name = "FILE")]
    pub mask_rules: Vec<PathBuf>,
    #[arg(long, value_name = "study|instance", default_value = "study", hide_possible_values = true)]
    pub guard_scope: GuardScopeChoice,
    #[command(flatten)]
    pub choice: ChoiceArgs,
    #[arg(long, value_name = "AGE_PUBLIC_KEY")]
    pub linkage_recipient: Vec<String>,
    #[arg(long, value_name = "N")]
    pub threads: Option<String>,
    #[arg(long, value_name = "N")]
    pub io_depth: Option<String>,
    #[arg(long, value_name = "grouped|each", default_value = "grouped", hide_possible_values = true)]
    pub flush: FlushChoice,
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    pub shard: String,
    #[arg(long)]
    pub dry_run: bool,
}

/// Whose instances may leave, and which are taken on.
#[derive(ClapArgs, Debug)]
pub struct ChoiceArgs {
    #[arg(long, value_name = "FILE.csv", requires = "purpose")]
    pub consent: Option<PathBuf>,
    #[arg(long, value_name = "NAME", requires = "consent")]
    pub purpose: Option<String>,
    #[arg(long, value_name = "allow|exclude", requires = "consent", hide_possible_values = true)]
    pub unknown: Option<UnknownChoice>,
    #[arg(long, value_name = "NAME,…", requires = "consent", value_delimiter = ',')]
    pub other_purpose: Vec<String>,
    #[arg(long, requires = "consent")]
    pub readmit: bool,
    #[arg(long, value_name = "CODE,…", value_delimiter = ',')]
    pub modality: Vec<String>,
    #[arg(long, value_name = "UID|KEYWORD,…", value_delimiter = ',')]
    pub sop_class: Vec<String>,
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    #[arg(long, value_name = "REGEX")]
    pub description: Option<String>,
}

/// What becomes of people of whom the consent file says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum UnknownChoice {
    /// They are in.
    Allow,
    /// They are out.
    Exclude,
}

/// How outputs are digested.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum DigestChoice {
    /// SHA-256 of the bytes while they pass.
    Sha256,
    /// Not at all.
    Off,
}

/// When outputs are flushed to the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum FlushChoice {
    /// Thousands at a time.
    Grouped,
    /// Each before it gets its name.
    Each,
}

/// Whose identifiers are searched for in an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum GuardScopeChoice {
    /// Those of all instances of the study.
    Study,
    /// Those of the instance itself.
    Instance,
}
