//! `tokumei key`: the project key, seen only by its id.

use crate::console::{Console, show};
use crate::place::outside_releases;
use crate::problem::Problem;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{Seek, Write};
use std::path::Path;
use tokumei_audit::Signer;
use tokumei_pseudonym::ProjectKey;

/// Draws a new key and writes it to a new file.
pub fn new(file: &Path, console: &Console) -> Result<u8, Problem> {
    outside_releases(file)?;
    let key = ProjectKey::generate()?;
    key.store_new(file)?;
    tell("key-made", &key, file, console);
    Ok(0)
}

/// Draws a new key to sign with and writes it to a new file.
pub fn new_signing(file: &Path, console: &Console) -> Result<u8, Problem> {
    outside_releases(file)?;
    let signer = Signer::generate()?;
    signer.store_new(file)?;
    let (key, path) = (signer.public().to_string(), show(file));
    let variables = [("key", key.as_str()), ("fingerprint", &signer.public().fingerprint()), ("path", &path)];
    let text = || format!("{}\n", console.say("signing-key-made", &variables));
    console.result(text, || json!({ "public_key": key, "file": path }));
    Ok(0)
}

/// Prints the id of a key.
pub fn id(file: &Path, console: &Console) -> Result<u8, Problem> {
    let id = ProjectKey::load(file)?.id().to_string();
    console.result(|| format!("{id}\n"), || json!({ "key": id }));
    Ok(0)
}

/// Writes a copy of a key to a new file and reads it back.
pub fn backup(file: &Path, to: &Path, console: &Console) -> Result<u8, Problem> {
    let key = ProjectKey::load(file)?;
    outside_releases(to)?;
    key.store_new(to)?;
    if ProjectKey::load(to)?.id() != key.id() {
        return Err(Problem::new("key-copy-differs").at(to));
    }
    tell("key-copied", &key, to, console);
    Ok(0)
}

/// Overwrites and removes a key whose id the operator names.
pub fn destroy(file: &Path, confirm: &str, console: &Console) -> Result<u8, Problem> {
    let key = ProjectKey::load(file)?;
    if key.id().to_string() != confirm.trim() {
        return Err(Problem::new("key-other-id").at(file).with("id", key.id()));
    }
    overwrite(file).map_err(|error| Problem::new("key-file").at(file).because(&error))?;
    tell("key-destroyed", &key, file, console);
    Ok(0)
}

fn overwrite(file: &Path) -> std::io::Result<()> {
    let mut handle = OpenOptions::new().write(true).open(file)?;
    let length = handle.metadata()?.len();
    handle.rewind()?;
    handle.write_all(&vec![0; usize::try_from(length.min(4096)).unwrap_or(4096)])?;
    handle.sync_all()?;
    std::fs::remove_file(file)
}

fn tell(id: &str, key: &ProjectKey, file: &Path, console: &Console) {
    let (key, path) = (key.id().to_string(), show(file));
    let parts = console.parts(id, &[("id", &key), ("path", &path)]);
    console.result(
        || {
            let next = parts.next.as_ref().map(|next| format!("{next}\n")).unwrap_or_default();
            format!("{}\n{next}", parts.what)
        },
        || json!({ "key": key, "file": path }),
    );
}
