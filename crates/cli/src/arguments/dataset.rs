//! The words of `tokumei dataset`.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum DatasetCommand {
    Sample(SampleArgs),
    Freeze(Box<FreezeArgs>),
    Verify(DatasetVerifyArgs),
    Diff(DatasetDiffArgs),
}

#[derive(ClapArgs, Debug)]
pub struct SampleArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub struct FreezeArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "NAME")]
    pub name: String,
    #[arg(long, value_name = "CLASS")]
    pub legal_class: String,
    #[arg(long, value_name = "TEXT")]
    pub legal_basis: String,
    #[arg(long, value_name = "NAME")]
    pub responsible: String,
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub approved_by: Vec<String>,
    #[arg(long, value_name = "DIGEST")]
    pub sample: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[arg(long, value_name = "SHARES")]
    pub split: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
    #[arg(long, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub struct DatasetVerifyArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "N")]
    pub version: Option<u32>,
    #[arg(long, value_name = "FILE|HEX")]
    pub public_key: Option<String>,
    #[arg(long, value_name = "SHA256")]
    pub last: Option<String>,
}

#[derive(ClapArgs, Debug)]
pub struct DatasetDiffArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "N")]
    pub from: u32,
    #[arg(long, value_name = "N")]
    pub to: Option<u32>,
}
