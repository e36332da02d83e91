//! The measurement of a user's own machine through the program.

use crate::support::{cook, program, recipe, said, tree};
use serde_json::Value;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

fn bench(words: &[&str], folder: &Path) -> Output {
    let mut command = program();
    command.args(["bench", "--rounds", "2", "--threads", "2", "--work"]).arg(folder.join("work")).args(words);
    command.arg(folder.join("in")).output().expect("the program was built for this test")
}

#[test]
fn a_measurement_tells_copy_and_run_with_their_parts_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    cook(&recipe("ct_explicit-le_plain"), &folder.path().join("in"));
    std::fs::create_dir(folder.path().join("work")).unwrap();
    let before = tree(folder.path());
    let output = bench(&["--format", "json"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let names: Vec<_> =
        value["medians"].as_array().unwrap().iter().map(|one| (&one["what"], &one["workers"])).collect();
    assert_eq!(serde_json::json!(names), serde_json::json!([["copy", 1], ["run", 1], ["run", 2]]));
    assert!(value["files"].as_u64() == value["released"].as_u64() && value["rounds"] == 2, "{value}");
    let shares = value["thousandths"].as_object().unwrap().values().map(|share| share.as_u64().unwrap());
    assert!((990..=1000).contains(&shares.sum::<u64>()), "{value}");
    assert!(tree(folder.path()) == before);

    let text = bench(&["--lang", "ja"], folder.path());
    assert!(said(&text).contains("単純コピー") && said(&text).contains("並列 2"), "{}", said(&text));
    assert!(tree(folder.path()) == before);
}

#[test]
fn an_impatient_end_leaves_no_copies_of_originals() {
    let folder = tempfile::tempdir().unwrap();
    let (input, work) = (folder.path().join("in"), folder.path().join("work"));
    cook(&recipe("ct_explicit-le_plain"), &input);
    std::fs::create_dir(&work).unwrap();
    let mut command = program();
    command.args(["bench", "--rounds", "100000", "--work"]).arg(&work).arg(&input).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program was built for this test");
    let is_empty = || std::fs::read_dir(&work).unwrap().next().is_none();
    while is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let number = rustix::process::Pid::from_child(&child);
    for _ in 0..2 {
        _ = rustix::process::kill_process(number, rustix::process::Signal::INT);
    }
    assert_ne!(child.wait().unwrap().code(), Some(0));
    assert!(is_empty());
}

#[test]
fn a_folder_without_files_or_without_room_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    let empty = bench(&[], folder.path());
    assert!(empty.status.code() == Some(2) && said(&empty).contains("no file to measure"), "{}", said(&empty));
    std::fs::write(folder.path().join("in/x"), "x").unwrap();
    let nowhere = bench(&[], folder.path());
    assert!(nowhere.status.code() == Some(2) && said(&nowhere).contains("--work"), "{}", said(&nowhere));
}
