//! `tokumei report`: the page for whoever answers for a release.

mod facts;
mod people;
mod pictures;
mod sheet;

use crate::arguments::ReportArgs;
use crate::console::{Console, show};
use crate::problem::Problem;
use serde_json::json;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tokumei_profile::Profile;

/// Writes the report of a release anew.
pub fn report(args: ReportArgs, console: &Console) -> Result<u8, Problem> {
    let profile = crate::command::verify::profile(args.profile.as_deref(), &args.release)?;
    let changed = write(&args.release, &profile)?;
    let path = show(&args.release.join(NAME));
    let id = if changed { "report-written" } else { "report-unchanged" };
    console.result(|| console.say(id, &[("path", &path)]) + "\n", || json!({ "report": path, "changed": changed }));
    Ok(0)
}

/// Writes the report of a release, if it would change, and tells whether it did.
///
/// It is a pure function of the release and the profile: a second run over the same inputs writes nothing.
pub fn write(release: &Path, profile: &Profile) -> Result<bool, Problem> {
    let page = page(release, profile)?;
    let path = release.join(NAME);
    if fs::read(&path).is_ok_and(|there| there == page.as_bytes()) {
        return Ok(false);
    }
    put(&path, page.as_bytes()).map_err(|error| Problem::new("report-write").at(&path).because(&error))?;
    Ok(true)
}

/// Returns the report of a release.
pub fn page(release: &Path, profile: &Profile) -> Result<String, Problem> {
    Ok(tokumei_report::render(&facts::gather(release, profile)?))
}

/// Writes a file whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let waiting = path.with_file_name(".new-report.html");
    let written = fs::File::create(&waiting).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let written = written.and_then(|()| fs::rename(&waiting, path));
    if written.is_err() {
        let _ = fs::remove_file(&waiting);
    }
    written
}

/// The report's name in a release.
const NAME: &str = "report.html";
