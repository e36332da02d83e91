//! The words of `tokumei key`.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    New {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[arg(long)]
        signing: bool,
    },
    Id {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    Backup {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[arg(value_name = "COPY")]
        to: PathBuf,
    },
    Destroy {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[arg(long, value_name = "KEY ID")]
        confirm: String,
    },
}
