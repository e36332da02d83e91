//! Readers by other people open our outputs and agree.

use crate::support::{all_recipes, cook, index, left_out, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the outputs of every recipe with their originals; the key is destroyed by no profile of the recipes.
fn pairs(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut pairs = Vec::new();
    for recipe in all_recipes() {
        let (study, release) = (folder.join("in").join(&recipe.name), folder.join("out").join(&recipe.name));
        cook(&recipe, &study);
        std::fs::create_dir_all(folder.join("out")).unwrap();
        run(recipe.profile.as_deref().unwrap_or("ps315-basic"), &release, &[], &[&study]);
        let rows = index(&folder.join("out").join(format!("{}.vault", recipe.name)));
        let released = rows.into_iter().filter(|row| row.state == "released");
        pairs.extend(released.map(|row| (PathBuf::from(row.source), release.join(row.release))));
    }
    pairs
}

#[test]
fn other_readers_open_every_output_whose_original_they_open() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = pairs(folder.path());
    assert!(pairs.len() >= 40, "{} outputs", pairs.len());
    let readers: [(&str, &[&str]); 3] = [
        ("dcmdump", &["-q"]),
        ("gdcmdump", &[]),
        ("python3", &["-c", "import sys, pydicom; str(pydicom.dcmread(sys.argv[1]))"]),
    ];
    for (reader, words) in readers {
        if Command::new(reader).arg("--version").output().is_err() {
            left_out(&format!("{reader} is not installed"));
            continue;
        }
        let opens = |path: &Path| {
            let output = Command::new(reader).args(words).arg(path).output().expect("it is installed");
            output.status.success()
        };
        let worse = |(source, output): &&(PathBuf, PathBuf)| !opens(output) && opens(source);
        let wrong: Vec<_> = pairs.iter().filter(worse).collect();
        assert!(wrong.is_empty(), "{reader} does not open {wrong:#?}");
    }
}
