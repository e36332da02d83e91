//! Which commands do nothing but print: without its result, one of them has done nothing.

use crate::arguments::{AuditCommand, Command, DatasetCommand, KeyCommand, LinkageCommand, ReviewCommand};

impl Command {
    /// Tells whether all that a command does is to print.
    pub fn only_prints(&self) -> bool {
        match self {
            Command::Inspect(args) => args.picture.is_none(),
            Command::Verify(_) | Command::Profile { .. } | Command::Key { command: KeyCommand::Id { .. } } => true,
            Command::Audit { command } => match command {
                AuditCommand::Verify(_) | AuditCommand::Show { .. } => true,
                AuditCommand::Prove { out, .. } => out.is_none(),
                AuditCommand::Certify(_) | AuditCommand::Merge(_) => false,
            },
            Command::Dataset { command } => !matches!(command, DatasetCommand::Freeze(_)),
            Command::Linkage { command } => matches!(command, LinkageCommand::Lookup(_)),
            Command::Review(args) => {
                matches!(args.command, None | Some(ReviewCommand::List { .. } | ReviewCommand::Show { .. }))
            }
            Command::Run(args) => args.dry_run,
            Command::Demo(_) | Command::Bench(_) => false,
            Command::Key { .. } | Command::Ids { .. } | Command::Report(_) => false,
        }
    }
}
