//! Readers by other people open our outputs and agree.

use crate::support::{all_recipes, cook, left_out, outputs, run};
use std::process::Command;

#[test]
fn other_readers_open_every_output_of_the_recipes() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for recipe in all_recipes() {
        let (study, release) =
            (folder.path().join("in").join(&recipe.name), folder.path().join("out").join(&recipe.name));
        cook(&recipe, &study);
        std::fs::create_dir_all(folder.path().join("out")).unwrap();
        run(recipe.profile.as_deref().unwrap_or("ps315-basic"), &release, &[], &[&study]);
        files.extend(outputs(&release).into_keys().map(|name| release.join("dicom").join(name)));
    }
    assert!(files.len() >= 40, "{} outputs", files.len());
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
        let opens = |path: &&std::path::PathBuf| {
            let output = Command::new(reader).args(words).arg(path).output().expect("it is installed");
            !output.status.success()
        };
        let wrong: Vec<_> = files.iter().filter(opens).collect();
        assert!(wrong.is_empty(), "{reader} does not open {wrong:#?}");
    }
}
