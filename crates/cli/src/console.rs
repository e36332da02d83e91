//! The operator's terminal: results on standard output, everything else on standard error.

use crate::language::Language;
use crate::message::{Catalog, Parts, Variables, printable};
use crate::problem::Problem;
use serde_json::{Value, json};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// How a result is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value.
    Json,
}

/// Where a command speaks.
pub struct Console {
    catalog: Catalog,
    format: Format,
    quiet: bool,
    /// What the system said when a result could not be printed.
    lost: Mutex<Option<io::Error>>,
}

impl Console {
    /// Returns the console of a command.
    pub fn new(catalog: Catalog, format: Format, quiet: bool) -> Self {
        Console { catalog, format, quiet, lost: Mutex::default() }
    }

    /// Returns the language spoken.
    pub fn language(&self) -> Language {
        self.catalog.language()
    }

    /// Tells whether results are printed for programs.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Tells whether somebody watches: standard error is a terminal and nothing asks for silence.
    pub fn is_watched(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Returns a text of the catalog.
    pub fn say(&self, id: &str, variables: Variables) -> String {
        self.catalog.say(id, variables)
    }

    /// Returns the text of an id if the catalog has one.
    pub fn find(&self, id: &str) -> Option<String> {
        self.catalog.find(id)
    }

    /// Returns the parts of a message.
    pub fn parts(&self, id: &str, variables: Variables) -> Parts {
        self.catalog.parts(id, variables)
    }

    /// Prints a result: `text` for people, `value` for programs.
    pub fn result(&self, text: impl FnOnce() -> String, value: impl FnOnce() -> Value) {
        match self.format {
            Format::Text => self.print(&text()),
            Format::Json => self.print(&format!("{:#}\n", value())),
        }
    }

    /// Prints a text to standard output as it stands. A closed pipe is the reader's choice; any other failure is kept for
    /// [`Console::lost`].
    pub fn print(&self, text: &str) {
        let mut out = io::stdout().lock();
        let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        self.keep(printed);
    }

    /// Keeps a failure to print, unless the reader has gone.
    pub fn keep(&self, printed: io::Result<()>) {
        if let Some(error) = printed.err().filter(|error| error.kind() != ErrorKind::BrokenPipe) {
            self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }

    /// Returns the problem of a result that could not be printed, if there was one.
    pub fn lost(&self) -> Option<Problem> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.as_ref().map(|error| Problem::new("output-lost").because(error))
    }

    /// Tells the operator something on standard error, unless silence is wanted.
    pub fn note(&self, id: &str, variables: Variables) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{}", self.say(id, variables));
        }
    }

    /// Prints a message in its parts to standard error.
    pub fn message(&self, head: &str, parts: &Parts) {
        let mut out = format!("{} {}\n", self.say(head, &[]), parts.what);
        let rest = [("part-in", &parts.place), ("part-state", &parts.state), ("part-next", &parts.next)];
        for (id, text) in rest {
            if let Some(text) = text {
                out.push_str(&format!("  {} {}\n", self.say(id, &[]), text.replace('\n', "\n         ")));
            }
        }
        let _ = io::stderr().lock().write_all(out.as_bytes());
    }

    /// Prints why the command did nothing and returns its exit code.
    pub fn fail(&self, problem: &Problem) -> ExitCode {
        let variables: Vec<_> = problem.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let parts = self.parts(problem.id, &variables);
        if self.is_json() {
            let error = json!({ "error": {
                "id": problem.id, "what": parts.what, "in": parts.place, "state": parts.state, "next": parts.next,
            }});
            let _ = writeln!(io::stderr().lock(), "{error:#}");
        } else {
            self.message("part-error", &parts);
        }
        ExitCode::from(problem.code)
    }
}

/// Returns a path as it may be shown on a terminal.
pub fn show(path: &std::path::Path) -> String {
    printable(&path.display().to_string())
}
