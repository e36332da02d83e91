//! Where a run reads and writes, and that these places keep apart.

use crate::RunError;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The places of a run, absolute and free of symbolic links.
pub(crate) struct Places {
    /// The inputs, sorted.
    pub inputs: Vec<PathBuf>,
    /// The release.
    pub release: PathBuf,
    /// The vault.
    pub vault: PathBuf,
    /// The folder beside the release where outputs wait for their names.
    pub staging: PathBuf,
}

impl Places {
    /// Finds the places and refuses those that overlap. Nothing is written.
    pub(crate) fn find(inputs: &[PathBuf], out: &Path, vault: Option<&Path>) -> Result<Places, RunError> {
        let mut real = Vec::new();
        for path in inputs {
            real.push(fs::canonicalize(path).map_err(|source| RunError::Input { path: path.clone(), source })?);
        }
        real.sort();
        real.dedup();
        let release = resolve(out).map_err(|source| RunError::Release { path: out.to_owned(), source })?;
        let vault = match vault {
            Some(vault) => resolve(vault).map_err(|source| RunError::Vault { path: vault.to_owned(), source })?,
            None => beside(&release, "", ".vault")?,
        };
        let staging = beside(&release, ".", ".staging")?;
        let places = Places { inputs: real, release, vault, staging };
        places.keep_apart()?;
        Ok(places)
    }

    fn keep_apart(&self) -> Result<(), RunError> {
        let outputs = [&self.release, &self.vault, &self.staging];
        let with_inputs = outputs.iter().flat_map(|output| self.inputs.iter().map(move |input| (*output, input)));
        let among = [(outputs[0], outputs[1]), (outputs[1], outputs[2])];
        for (first, second) in with_inputs.chain(among) {
            for (inner, outer) in [(first, second), (second, first)] {
                if lies_within(inner, outer) {
                    return Err(RunError::Overlap { first: inner.clone(), second: outer.clone() });
                }
            }
        }
        Ok(())
    }
}

/// Returns the absolute path without links of something that need not be there yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let mut rest: Vec<OsString> = Vec::new();
    let mut known = absolute.as_path();
    loop {
        match fs::canonicalize(known) {
            Ok(real) => return Ok(rest.iter().rev().fold(real, |path, name| path.join(name))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A link to nothing would be followed once something is there; `..` after nothing has no meaning.
                let dangling = fs::symlink_metadata(known).is_ok();
                let (Some(parent), Some(name), false) = (known.parent(), known.file_name(), dangling) else {
                    return Err(io::ErrorKind::InvalidInput.into());
                };
                rest.push(name.to_owned());
                known = parent;
            }
            Err(error) => return Err(error),
        }
    }
}

fn beside(release: &Path, before: &str, after: &str) -> Result<PathBuf, RunError> {
    let Some(name) = release.file_name() else {
        return Err(RunError::Release { path: release.to_owned(), source: io::ErrorKind::InvalidInput.into() });
    };
    let mut full = OsString::from(before);
    full.push(name);
    full.push(after);
    Ok(release.with_file_name(full))
}

/// Tells whether `inner` is `outer` or lies in it, by name or by what the folders are (a bind mount has two names).
fn lies_within(inner: &Path, outer: &Path) -> bool {
    if inner.starts_with(outer) {
        return true;
    }
    let same = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let Ok(outer) = fs::metadata(outer).map(same) else { return false };
    inner.ancestors().any(|folder| fs::metadata(folder).map(same).is_ok_and(|found| found == outer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn find(inputs: &[&Path], out: &Path, vault: Option<&Path>) -> Result<Places, RunError> {
        Places::find(&inputs.iter().map(|path| path.to_path_buf()).collect::<Vec<_>>(), out, vault)
    }

    #[test]
    fn a_release_within_an_input_is_refused_and_the_other_way_round() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("in/deep")).unwrap();
        fs::create_dir(root.join("out")).unwrap();
        assert!(matches!(find(&[&root.join("in")], &root.join("in/new/out"), None), Err(RunError::Overlap { .. })));
        assert!(matches!(find(&[&root.join("in/deep")], &root.join("in"), None), Err(RunError::Overlap { .. })));
        assert!(matches!(find(&[root], &root.join("out"), None), Err(RunError::Overlap { .. })));
        symlink(root.join("in"), root.join("alias")).unwrap();
        assert!(matches!(find(&[&root.join("in")], &root.join("alias/out"), None), Err(RunError::Overlap { .. })));
        assert!(find(&[&root.join("in")], &root.join("out"), None).is_ok());
        assert!(find(&[&root.join("in")], &root.join("inside"), None).is_ok());
    }

    #[test]
    fn a_vault_within_input_or_release_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("in")).unwrap();
        let (input, out) = (root.join("in"), root.join("out"));
        for vault in [root.join("in/v"), root.join("out/v"), root.to_owned(), out.clone()] {
            assert!(matches!(find(&[&input], &out, Some(&vault)), Err(RunError::Overlap { .. })));
        }
        let places = find(&[&input], &out, None).unwrap();
        assert!(places.vault.ends_with("out.vault") && places.staging.ends_with(".out.staging"));
    }

    #[test]
    fn a_missing_input_is_named() {
        assert!(matches!(find(&[Path::new("/nowhere")], Path::new("/tmp/x"), None), Err(RunError::Input { .. })));
    }
}
