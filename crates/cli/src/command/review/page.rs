//! `tokumei review VAULT`: the page, until Ctrl-C.

use super::Terms;
use super::desk::VaultDesk;
use crate::command::run::watch_signals;
use crate::console::Console;
use crate::problem::Problem;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use tokumei_review::Server;

/// Serves the page and says where it is.
pub fn page(vault: &Path, port: u16, profile: Option<String>, terms: Terms, console: &Console) -> Result<u8, Problem> {
    let desk = VaultDesk::open(vault, terms, profile, console.language())?;
    let server =
        Server::bind(port).map_err(|error| Problem::new("review-page-port").with("port", port).because(&error))?;
    let stop = watch_signals().map_err(|error| Problem::new("signal").because(&error))?;
    let address = server.address();
    console
        .result(|| format!("{address}\n{}\n", console.say("review-page-open", &[])), || json!({ "address": address }));
    if let Some(lost) = console.lost() {
        // Nobody knows the address.
        return Err(lost);
    }
    server.serve(Arc::new(desk), &stop).map_err(|error| Problem::new("review-io").at(vault).because(&error))?;
    console.note("review-page-ended", &[]);
    Ok(0)
}
