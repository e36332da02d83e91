//! Why a command did nothing, as an id with variables; the catalog makes words of it.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::path::Path;
use tokumei_audit::SigningError;
use tokumei_profile::ProfileError;
use tokumei_pseudonym::KeyError;
use tokumei_pseudonym::linkage::LinkageError;

/// Why a command stopped before it did anything.
#[derive(Debug)]
pub struct Problem {
    /// The id of its message.
    pub id: &'static str,
    /// What fills the message.
    pub variables: Vec<(&'static str, String)>,
    /// The exit code.
    pub code: u8,
}

impl Problem {
    /// Returns a problem whose exit code says that nothing was done.
    pub fn new(id: &'static str) -> Self {
        Problem { id, variables: Vec::new(), code: 2 }
    }

    /// Returns a problem that was found, not one that kept the command from looking: exit code 1.
    pub fn finding(id: &'static str) -> Self {
        Problem { id, variables: Vec::new(), code: 1 }
    }

    /// Returns the problem with one more variable.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.variables.push((name, value.to_string()));
        self
    }

    /// Returns the problem with a path as a variable.
    pub fn at(self, path: &Path) -> Self {
        self.with("path", path.display())
    }

    /// Returns the problem with what the system said, in the system's words.
    pub fn because(self, error: &std::io::Error) -> Self {
        self.with("cause", error)
    }

    /// Returns the problem of arguments that cannot be understood.
    pub fn usage(error: &clap::Error) -> Self {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => text.clone(),
            Some(ContextValue::Strings(texts)) => texts.join(", "),
            _ => String::new(),
        };
        let suggestion = match context(ContextKind::SuggestedArg) {
            text if text.is_empty() => context(ContextKind::SuggestedSubcommand),
            text => text,
        };
        let suggestion = if suggestion.is_empty() { "–".to_string() } else { suggestion };
        let problem = match error.kind() {
            ErrorKind::UnknownArgument if suggestion == "–" => Problem::new("usage-dash"),
            ErrorKind::UnknownArgument => Problem::new("usage-unknown-argument"),
            ErrorKind::InvalidSubcommand => {
                return Problem::new("usage-unknown-command")
                    .with("argument", context(ContextKind::InvalidSubcommand))
                    .with("suggestion", suggestion);
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation if context(ContextKind::InvalidValue).is_empty() => {
                return Problem::new("usage-empty").with("argument", context(ContextKind::InvalidArg));
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
                return Problem::new("usage-value")
                    .with("argument", context(ContextKind::InvalidArg))
                    .with("value", context(ContextKind::InvalidValue))
                    .with(
                        "values",
                        Some(context(ContextKind::ValidValue)).filter(|text| !text.is_empty()).unwrap_or("–".into()),
                    );
            }
            ErrorKind::MissingRequiredArgument => Problem::new("usage-missing-argument"),
            ErrorKind::MissingSubcommand => Problem::new("usage-missing-command"),
            _ => Problem::new("usage-other"),
        };
        problem.with("argument", context(ContextKind::InvalidArg)).with("suggestion", suggestion)
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Io { path, source } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Problem::new("key-exists").at(&path)
            }
            KeyError::Io { path, source } => Problem::new("key-file").at(&path).because(&source),
            KeyError::Permissions { path, mode } => {
                Problem::new("key-permissions").at(&path).with("mode", format!("{mode:03o}"))
            }
            KeyError::Format { path } => Problem::new("key-format").at(&path),
            _ => Problem::new("key-random"),
        }
    }
}

impl From<SigningError> for Problem {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Io { path, source } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Problem::new("key-exists").at(&path)
            }
            SigningError::Io { path, source } => Problem::new("key-file").at(&path).because(&source),
            SigningError::Permissions { path, mode } => {
                Problem::new("key-permissions").at(&path).with("mode", format!("{mode:03o}"))
            }
            SigningError::Format { path } => Problem::new("signing-key-format").at(&path),
            _ => Problem::new("key-random"),
        }
    }
}

impl From<LinkageError> for Problem {
    fn from(error: LinkageError) -> Self {
        match error {
            LinkageError::Io { path, source } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Problem::new("key-exists").at(&path)
            }
            LinkageError::Io { path, source } => Problem::new("linkage-file").at(&path).because(&source),
            LinkageError::Permissions { path, mode } => {
                Problem::new("linkage-permissions").at(&path).with("mode", format!("{mode:03o}"))
            }
            LinkageError::Busy { path } => Problem::new("linkage-busy").at(&path),
            LinkageError::Damaged { path, line } => Problem::new("linkage-damaged").at(&path).with("line", line),
            LinkageError::Recipient => Problem::new("linkage-recipient"),
            LinkageError::NoIdentity { path } => Problem::new("linkage-no-identity").at(&path),
            LinkageError::WrongKey { path } => Problem::new("linkage-wrong-key").at(&path),
            LinkageError::Random => Problem::new("key-random"),
            _ => Problem::new("run-other"),
        }
    }
}

impl Problem {
    /// Returns the problem of mask rules that cannot be used.
    pub fn rules(error: ProfileError) -> Self {
        match error {
            ProfileError::Read { path, source } => Problem::new("rules-file").at(&path).because(&source),
            ProfileError::TooLarge { origin } => Problem::new("rules-too-large").with("path", origin),
            ProfileError::Syntax { place, message, suggestion, .. } => Problem::new("rules-syntax")
                .with("place", place)
                .with("cause", message)
                .with("suggestion", suggestion.unwrap_or_else(|| "–".into())),
            ProfileError::Contradiction { findings, .. } => {
                let (ids, places): (Vec<_>, Vec<_>) = findings.into_iter().map(|one| (one.id, one.place)).unzip();
                Problem::new("rules-contradiction").with("findings", ids.join(", ")).with("places", places.join(", "))
            }
            other => other.into(),
        }
    }
}

impl From<ProfileError> for Problem {
    fn from(error: ProfileError) -> Self {
        let near = |suggestion: Option<String>| suggestion.unwrap_or_else(|| "–".into());
        match error {
            ProfileError::Unknown { name, suggestion } => {
                Problem::new("profile-unknown").with("name", name).with("suggestion", near(suggestion))
            }
            ProfileError::Read { path, source } => Problem::new("profile-file").at(&path).because(&source),
            ProfileError::TooLarge { origin } => Problem::new("profile-too-large").with("path", origin),
            ProfileError::Syntax { place, message, suggestion, .. } => Problem::new("profile-syntax")
                .with("place", place)
                .with("cause", message)
                .with("suggestion", near(suggestion)),
            ProfileError::Missing { origin, key } => {
                Problem::new("profile-missing-key").with("path", origin).with("key", key)
            }
            ProfileError::Cycle { origin } => Problem::new("profile-cycle").with("path", origin),
            ProfileError::Depth { origin, limit } => {
                Problem::new("profile-depth").with("path", origin).with("limit", limit)
            }
            ProfileError::Contradiction { name, findings } => {
                let ids: Vec<_> = findings.iter().map(|finding| finding.id).collect();
                Problem::new("profile-contradiction").with("name", name).with("findings", ids.join(", "))
            }
            ProfileError::Attribute { name, suggestion } => {
                Problem::new("profile-attribute").with("attribute", name).with("suggestion", near(suggestion))
            }
            _ => Problem::new("profile-other"),
        }
    }
}
