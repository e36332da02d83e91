//! The words of `tokumei review`.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(ClapArgs, Debug)]
pub struct ReviewArgs {
    #[arg(value_name = "VAULT")]
    pub vault: PathBuf,
    #[arg(long, value_name = "N", global = true)]
    pub port: Option<u16>,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    #[command(subcommand)]
    pub command: Option<ReviewCommand>,
}

#[derive(Subcommand, Debug)]
pub enum ReviewCommand {
    Page,
    List {
        #[arg(long)]
        sampled: bool,
    },
    Show {
        #[arg(value_name = "ITEM")]
        item: String,
    },
    Approve {
        #[command(flatten)]
        decide: DecideArgs,
        #[arg(long, value_name = "X,Y,W,H")]
        mask: Vec<String>,
    },
    Reject {
        #[command(flatten)]
        decide: DecideArgs,
    },
    Reopen {
        #[command(flatten)]
        decide: DecideArgs,
        #[arg(long, value_name = "NAME", required = true)]
        rejected_by: Vec<String>,
    },
    Release {
        #[arg(long)]
        readmit: bool,
    },
}

#[derive(ClapArgs, Debug)]
pub struct DecideArgs {
    #[arg(value_name = "ITEM", required = true)]
    pub items: Vec<String>,
    #[arg(long, value_name = "NAME")]
    pub reviewer: String,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}
