//! Verifies a release: `verify RELEASE PROFILE [VAULT [ORIGINALS…]]`. Prints the report as JSON.

use std::error::Error;
use tokumei_profile::Profile;
use tokumei_verify::{Options, verify};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let release = arguments.next().ok_or("which release?")?.into();
    let profile = Profile::load(&arguments.next().ok_or("which profile?")?)?;
    let vault = arguments.next().map(Into::into);
    let originals = arguments.map(Into::into).collect();
    let report = verify(&Options { release, vault, originals, profile, threads: 2 })?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
