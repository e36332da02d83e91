//! The words of `tokumei profile`.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum ProfileCommand {
    List,
    Show {
        #[arg(value_name = "NAME|FILE")]
        profile: String,
    },
    Explain {
        #[arg(value_name = "NAME|FILE")]
        profile: String,
        #[arg(value_name = "KEYWORD|TAG")]
        attribute: String,
    },
    Diff {
        #[arg(value_name = "NAME|FILE")]
        before: String,
        #[arg(value_name = "NAME|FILE")]
        after: String,
    },
    Conformance {
        #[arg(value_name = "NAME|FILE")]
        profile: String,
    },
    Lint {
        #[arg(value_name = "NAME|FILE")]
        profile: String,
    },
    Import {
        #[arg(value_name = "SCRIPT")]
        script: PathBuf,
        #[arg(long, value_name = "NAME", default_value = "site")]
        name: String,
    },
}
