//! The program `tokumei`: arguments, the terminal, languages and exit codes, and nothing else.
//!
//! Arguments become plain [`arguments::Args`], then a checked configuration; the crates below see only that.

mod arguments;
mod command;
mod console;
mod language;
mod message;
mod picture;
mod place;
mod prints;
mod problem;
mod progress;
mod table;

use arguments::{Args, AuditCommand, Command, DatasetCommand, IdsCommand, KeyCommand, LinkageCommand, ProfileCommand};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use console::Console;
use language::Language;
use message::Catalog;
use problem::Problem;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Many small values live for one instance; this allocator gives and takes them in half the time of the system's.
///
/// Its feature `no_thp` keeps the whole process from huge pages, from its first byte on. A run touches little of many places:
/// with huge pages it takes half as much memory again, and clears more of it than it uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    std::panic::set_hook(Box::new(tell_of_panic));
    let catalog = Catalog::new(Language::choose(&words));
    let command = arguments::localise(Args::command(), &catalog);
    let parsed = command.try_get_matches_from(words).and_then(|matches| Args::from_arg_matches(&matches));
    match parsed {
        Ok(args) => {
            let console = Console::new(catalog, args.common.format, args.common.quiet);
            let prints = args.command.only_prints();
            match (dispatch(args, &console), console.lost()) {
                (Ok(code), None) => ExitCode::from(code),
                // Without its result nothing was done; what does more has done it.
                (Ok(code), Some(lost)) => console.fail(&Problem { code: if prints { 2 } else { code.max(1) }, ..lost }),
                (Err(problem), _) => console.fail(&problem),
            }
        }
        Err(error) if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Help or version.
            let console = Console::new(catalog, console::Format::Text, false);
            console.keep(error.print().and_then(|()| std::io::stdout().flush()));
            match console.lost() {
                Some(lost) => console.fail(&lost),
                None => ExitCode::from(if error.use_stderr() { 2 } else { 0 }),
            }
        }
        Err(error) => Console::new(catalog, console::Format::Text, false).fail(&Problem::usage(&error)),
    }
}

/// Says where the program failed, and not on what: the words of a panic may hold a value of the file in hand.
fn tell_of_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
    let _ = writeln!(std::io::stderr().lock(), "internal error at {}", place.unwrap_or_default());
}

fn dispatch(args: Args, console: &Console) -> Result<u8, Problem> {
    match args.command {
        Command::Run(args) => command::run::run(args, console),
        Command::Inspect(args) => command::inspect::inspect(args, console),
        Command::Verify(args) => command::verify::verify(args, console),
        Command::Demo(args) => command::demo::demo(args, console),
        Command::Bench(args) => command::bench::bench(&args, console),
        Command::Profile { command } => match command {
            ProfileCommand::List => command::profile::list(console),
            ProfileCommand::Show { profile } => command::profile::show(&profile, console),
            ProfileCommand::Explain { profile, attribute } => command::profile::explain(&profile, &attribute, console),
            ProfileCommand::Diff { before, after } => command::profile::diff(&before, &after, console),
            ProfileCommand::Conformance { profile } => command::profile::conformance(&profile, console),
            ProfileCommand::Import { script, name } => command::profile::import(&script, &name, console),
            ProfileCommand::Lint { profile } => command::profile::lint(&profile, console),
        },
        Command::Key { command } => match command {
            KeyCommand::New { file, signing: false } => command::key::new(&file, console),
            KeyCommand::New { file, signing: true } => command::key::new_signing(&file, console),
            KeyCommand::Id { file } => command::key::id(&file, console),
            KeyCommand::Backup { file, to } => command::key::backup(&file, &to, console),
            KeyCommand::Destroy { file, confirm } => command::key::destroy(&file, &confirm, console),
        },
        Command::Report(args) => command::report::report(args, console),
        Command::Review(args) => command::review::review(args, console),
        Command::Dataset { command } => match command {
            DatasetCommand::Sample(args) => command::dataset::sample(&args, console),
            DatasetCommand::Freeze(args) => command::dataset::freeze(*args, console),
            DatasetCommand::Verify(args) => command::dataset::verify(args, console),
            DatasetCommand::Diff(args) => command::dataset::diff(args, console),
        },
        Command::Ids { command: IdsCommand::Map(args) } => command::ids::map(args, console),
        Command::Linkage { command } => match command {
            LinkageCommand::NewKey { file } => command::linkage::new_key(&file, console),
            LinkageCommand::Lookup(args) => command::linkage::lookup(args, console),
            LinkageCommand::Withdraw(args) => command::linkage::withdraw(args, console),
            LinkageCommand::Destroy(args) => command::linkage::destroy(args, console),
        },
        Command::Audit { command } => match command {
            AuditCommand::Verify(args) => command::audit::verify::verify(args, console),
            AuditCommand::Prove { release, instance, out } => {
                command::audit::paper::prove(&release, &instance, out.as_deref(), console)
            }
            AuditCommand::Certify(args) => command::audit::paper::certify(args, console),
            AuditCommand::Merge(args) => command::audit::merge::merge(args, console),
            AuditCommand::Show { release, instance } => command::audit::show(&release, instance.as_deref(), console),
        },
    }
}
