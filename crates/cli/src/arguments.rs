//! The words of the command line, not yet checked.
//!
//! The texts of the help are in the catalog, under `help-COMMAND` and `help-COMMAND-ARGUMENT`, so that they have
//! both languages like every other message.

mod audit;
mod dataset;
mod ids;
mod key;
mod linkage;
mod look;
mod profile;
mod review;
mod run;

pub use audit::{AuditCommand, AuditVerifyArgs, CertifyArgs, FileChoice, MergeArgs};
pub use dataset::{DatasetCommand, DatasetDiffArgs, DatasetVerifyArgs, FreezeArgs, SampleArgs};
pub use ids::{IdsCommand, IdsMapArgs};
pub use key::KeyCommand;
pub use linkage::{DestroyArgs, LinkageCommand, LookupArgs, NamingArgs, WithdrawArgs};
pub use look::{BenchArgs, DemoArgs, InspectArgs, ReportArgs, VerifyArgs};
pub use profile::ProfileCommand;
pub use review::{DecideArgs, ReviewArgs, ReviewCommand};
pub use run::{ChoiceArgs, DigestChoice, FlushChoice, GuardScopeChoice, RunArgs, UnknownChoice};

use crate::console::Format;
use crate::language::Language;
use crate::message::Catalog;
use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgAction, Args as ClapArgs, Parser, Subcommand};
use std::any::TypeId;

#[derive(Parser, Debug)]
#[command(name = "tokumei", version, disable_help_flag = true, disable_version_flag = true)]
#[command(disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(ClapArgs, Debug)]
pub struct Common {
    #[arg(long, global = true, value_name = "en|ja", hide_possible_values = true)]
    pub lang: Option<Language>,
    #[arg(long, global = true, value_name = "text|json", default_value = "text", hide_possible_values = true)]
    pub format: Format,
    #[arg(long, global = true)]
    pub quiet: bool,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    Run(RunArgs),
    Inspect(InspectArgs),
    Verify(VerifyArgs),
    Demo(DemoArgs),
    Bench(BenchArgs),
    Profile {
        #[command(subcommand)]
        command: ProfileCommand,
    },
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    Dataset {
        #[command(subcommand)]
        command: DatasetCommand,
    },
    Ids {
        #[command(subcommand)]
        command: IdsCommand,
    },
    Linkage {
        #[command(subcommand)]
        command: LinkageCommand,
    },
    Review(ReviewArgs),
    Report(ReportArgs),
}

/// Gives the command and everything below it the help texts of the catalog.
pub fn localise(command: clap::Command, catalog: &Catalog) -> clap::Command {
    let label = |id: &str| catalog.say(id, &[]);
    let flag = |name: &'static str, action, id: &str| {
        Arg::new(name).long(name).action(action).global(true).help(label(id)).help_heading(label("help-options"))
    };
    let command = command
        .version(env!("CARGO_PKG_VERSION"))
        .arg(flag("help", ArgAction::Help, "help-arg-help").short('h'))
        .arg(Arg::new("version").long("version").short('V').action(ArgAction::Version).help(label("help-arg-version")));
    describe(command, "help", catalog)
}

fn describe(mut command: clap::Command, id: &str, catalog: &Catalog) -> clap::Command {
    let label = |id: &str| catalog.say(id, &[]);
    let template = format!("{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}{{after-help}}\n", label("help-usage"));
    command = command.about(label(id)).help_template(template).subcommand_help_heading(label("help-commands"));
    if let Some(example) = catalog.find(&format!("{id}-example")) {
        command = command.after_help(format!("{}\n{}", label("help-example"), indent(&example)));
    }
    let own = |name: &str| format!("{id}-{name}");
    command = command.mut_args(|arg| {
        let name = arg.get_id().as_str().replace('_', "-");
        let heading = if arg.is_positional() { label("help-arguments") } else { label("help-options") };
        let text = catalog.find(&own(&name)).or_else(|| catalog.find(&format!("help-arg-{name}")));
        // Nothing is no value: it would select all, or nobody, without a word.
        let takes_text = arg.get_value_parser().type_id() == TypeId::of::<String>();
        let arg = if takes_text { arg.value_parser(NonEmptyStringValueParser::new()) } else { arg };
        let arg = arg.help_heading(heading);
        match text {
            Some(text) => arg.help(text),
            None => arg,
        }
    });
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_string()).collect();
    for name in names {
        command = command.mut_subcommand(&name, |below| describe(below, &own(&name), catalog));
    }
    command
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect::<String>().trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn missing(command: &clap::Command, path: &str, out: &mut Vec<String>) {
        for arg in command.get_arguments() {
            if arg.get_help().is_none() {
                out.push(format!("{path} {}", arg.get_id()));
            }
        }
        let leaf = command.get_subcommands().next().is_none();
        if command.get_about().is_none_or(|about| about.to_string().starts_with("help-"))
            || leaf && command.get_after_help().is_none()
        {
            out.push(format!("{path} (what it does, or an example)"));
        }
        for below in command.get_subcommands() {
            missing(below, &format!("{path} {}", below.get_name()), out);
        }
    }

    #[test]
    fn every_command_and_argument_has_help_and_every_command_an_example() {
        for language in [Language::English, Language::Japanese] {
            let command = localise(Args::command(), &Catalog::new(language));
            command.clone().debug_assert();
            let mut out = Vec::new();
            missing(&command, "tokumei", &mut out);
            assert!(out.is_empty(), "{language:?}: {out:?}");
        }
    }
}
