//! The proof matrix: each way in which frames can be coded, by encoders of other people, masked by the program, and
//! compared with its original by decoders of other people.

use crate::support::{left_out, root, run};
use std::path::Path;
use std::process::{Command, Output};

/// Runs a script of `tests/masking`.
fn script(name: &str, paths: &[&Path]) -> Output {
    let script = root().join("tests/masking").join(name);
    let mut command = Command::new("python3");
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(paths);
    command.output().expect("python3 was found")
}

#[test]
fn no_sample_outside_the_mask_changes_in_any_transfer_syntax() {
    let found = Command::new("python3").args(["-c", "import pydicom, numpy, pylibjpeg"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        return left_out("python3 with pydicom, numpy and pylibjpeg is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let [inputs, rules, release, vault] =
        ["in", "rules.toml", "release", "release.vault"].map(|name| folder.path().join(name));
    let made = script("make.py", &[folder.path()]);
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    said.lines().filter(|line| line.starts_with("missing: ")).for_each(left_out);
    println!("{said}");

    run("ps315-basic", &release, &["--mask-rules", rules.to_str().unwrap()], &[&inputs]);
    let compared = script("compare.py", &[folder.path(), &release, &vault]);
    let table = String::from_utf8_lossy(&compared.stdout);
    println!("{table}");
    assert!(compared.status.success(), "{table}\n{}", String::from_utf8_lossy(&compared.stderr));
}

#[test]
fn r6_03_text_is_found_and_hidden_in_any_transfer_syntax() {
    let found = Command::new("python3").args(["-c", "import pydicom, numpy, pylibjpeg, PIL"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        return left_out("python3 with pydicom, numpy, pylibjpeg and pillow is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let [inputs, release, vault] = ["in", "release", "release.vault"].map(|name| folder.path().join(name));
    let made = script("text.py", &[Path::new("make"), folder.path()]);
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    said.lines().filter(|line| line.starts_with("missing: ")).for_each(left_out);

    run("pseudonymized", &release, &[], &[&inputs]);
    let checked = script("text.py", &[Path::new("check"), folder.path(), &release, &vault]);
    let table = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{table}\n{}", String::from_utf8_lossy(&checked.stderr));
}
