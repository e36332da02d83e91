//! Where secrets may be written: nowhere in a release.

use crate::problem::Problem;
use std::path::{Path, PathBuf};

/// Refuses a place for a secret that lies in a release, by whatever name.
pub fn outside_releases(path: &Path) -> Result<(), Problem> {
    match release_around(path) {
        Some(release) => Err(Problem::new("place-in-release").at(path).with("release", release.display())),
        None => Ok(()),
    }
}

fn release_around(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // The folders that are there, without links; what is not there yet is in none but them.
    let real = absolute.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok());
    let is_release = |folder: &&Path| folder.join("audit/root.json").symlink_metadata().is_ok();
    real.as_deref()?.ancestors().find(is_release).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_secret_goes_beside_a_release_but_not_into_it_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("out/audit")).unwrap();
        fs::create_dir_all(at("out/dicom/P1")).unwrap();
        fs::create_dir(at("out.vault")).unwrap();
        fs::write(at("out/audit/root.json"), "{}").unwrap();
        std::os::unix::fs::symlink(at("out/dicom"), at("alias")).unwrap();
        for inside in ["out/a.key", "out/audit/a.csv", "out/dicom/P1/a", "alias/a.key", "out.vault/../out/a.key"] {
            let refused = outside_releases(&at(inside)).unwrap_err();
            assert_eq!((refused.id, refused.code), ("place-in-release", 2), "{inside}");
        }
        for outside in ["a.key", "out.vault/a.key", "alias/../../a.key", "new/folder/a.key"] {
            assert!(outside_releases(&at(outside)).is_ok(), "{outside}");
        }
    }
}
