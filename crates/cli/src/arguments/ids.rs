//! The words of `tokumei ids`.

use super::UnknownChoice;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum IdsCommand {
    Map(IdsMapArgs),
}

#[derive(ClapArgs, Debug)]
pub struct IdsMapArgs {
    #[arg(value_name = "TABLE.csv")]
    pub table: PathBuf,
    #[arg(long, value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "NEW.csv")]
    pub out: PathBuf,
    #[arg(long, value_name = "NAME")]
    pub column: String,
    #[arg(long, value_name = "NAME")]
    pub issuer_column: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub date_column: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub accession_column: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub uid_column: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub drop_column: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub other_id_column: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub keep_column: Vec<String>,
    #[arg(long)]
    pub keep_others: bool,
    #[arg(long)]
    pub released_only: bool,
    #[arg(long, value_name = "FILE.csv", requires = "purpose")]
    pub consent: Option<PathBuf>,
    #[arg(long, value_name = "NAME", requires = "consent")]
    pub purpose: Option<String>,
    #[arg(long, value_name = "allow|exclude", requires = "consent", hide_possible_values = true)]
    pub unknown: Option<UnknownChoice>,
    #[arg(long, value_name = "NAME,…", requires = "consent", value_delimiter = ',')]
    pub other_purpose: Vec<String>,
    #[arg(long, requires = "consent")]
    pub other_consent: bool,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    #[arg(long, value_name = "NAME", default_value = "site")]
    pub site: String,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}
