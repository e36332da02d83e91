//! The words of the command line, not yet checked.
//!
//! The texts of the help are in the catalog, under `help-COMMAND` and `help-COMMAND-ARGUMENT`, so that they have
//! both languages like every other message.

use crate::console::Format;
use crate::language::Language;
use crate::message::Catalog;
use clap::{Arg, ArgAction, Args as ClapArgs, Parser, Subcommand};
use std::path::PathBuf;

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

/// How outputs are digested.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum DigestChoice {
    /// SHA-256 of the bytes while they pass.
    Sha256,
    /// Not at all.
    Off,
}

/// Whose identifiers are searched for in an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum GuardScopeChoice {
    /// Those of all instances of the study.
    Study,
    /// Those of the instance itself.
    Instance,
}

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
    #[arg(long, value_name = "ID")]
    pub patient: String,
    #[arg(long, value_name = "NAME", default_value = "site")]
    pub site: String,
    #[arg(long, value_name = "NAME")]
    pub issuer: Option<String>,
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

#[derive(ClapArgs, Debug)]
pub struct ReportArgs {
    #[arg(value_name = "RELEASE")]
    pub release: PathBuf,
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
}

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
    Release,
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
}

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
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub struct DestroyArgs {
    #[arg(long, value_name = "DIR")]
    pub vault: PathBuf,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[arg(long, required = true)]
    pub yes: bool,
}

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
