//! Data sets: frozen, checked and compared through the program (R2-04, R8-01, R8-02, R8-03).

use crate::people::{Person, hospital};
use crate::support::{all_recipes, cook, program, random_inputs, run, said, sample_of, tree, write};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

const CLASS: [&str; 2] = ["--legal-class", "pseudonymized"];
const PEOPLE: [&str; 6] = ["--legal-basis", "APPI Art. 41", "--responsible", "Sato Hanako", "--approved-by", "Ito Ken"];

fn freeze(release: &Path, more: &[&str]) -> Output {
    let mut command = program();
    command.args(["dataset", "freeze", "--name", "set", "--format", "json"]).arg(release).args(more);
    if !more.contains(&"--sample") && release.join("../out.vault/project.key").exists() {
        command.args(["--sample", &sample_of(release)]);
    }
    command.output().expect("the program was built for this test")
}

fn frozen(release: &Path, more: &[&str]) -> Value {
    let output = freeze(release, &[&CLASS[..], &PEOPLE, more].concat());
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn check(release: &Path, more: &[&str]) -> (i32, Value) {
    let mut command = program();
    command.args(["dataset", "verify", "--format", "json"]).arg(release).args(more);
    let output = command.output().expect("the program was built for this test");
    (output.status.code().expect("it ended"), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

/// Makes a release of random studies and returns its folder.
fn release(folder: &Path, seeds: std::ops::Range<u64>) -> PathBuf {
    let (input, out) = (folder.join("in"), folder.join("out"));
    random_inputs(&input, seeds);
    run("pseudonymized", &out, &[], &[&input]);
    out
}

fn outputs(release: &Path) -> Vec<PathBuf> {
    tree(&release.join("dicom")).into_keys().map(|name| release.join("dicom").join(name)).collect()
}

/// Returns patient and share of every row of a version.
fn shares(release: &Path, version: u32) -> std::collections::BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(release.join(format!("dataset/v{version}.manifest.jsonl"))).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    rows.map(|row| (word(&row["patient"]), word(&row["split"]))).collect()
}

#[test]
fn a_freeze_without_legal_class_or_basis_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), 0..1);
    let cases: [(&[&str], &str); 5] = [
        (&["--legal-class", "pseudonymized", "--responsible", "S"], "--legal-basis"),
        (&["--legal-basis", "x", "--responsible", "S"], "--legal-class"),
        (
            &["--legal-class", "pseudonymized", "--legal-basis", " ", "--responsible", "S", "--approved-by", "I"],
            "--legal-basis",
        ),
        (&["--legal-class", "anonymized", "--legal-basis", "x", "--responsible", "S"], "legal class"),
        (&["--legal-class", "pseudonymized", "--legal-basis", "x", "--responsible", "S"], "approve"),
    ];
    for (words, expected) in cases {
        let output = freeze(&out, words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(said(&output).contains(expected), "{words:?}: {}", said(&output));
    }
    assert!(!out.join("dataset").exists());
}

#[test]
fn nothing_is_frozen_before_the_sample_that_the_profile_asks_for_was_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), 0..12);
    let all = [&CLASS[..], &PEOPLE].concat();
    let refused = freeze(&out, &[&all[..], &["--sample", "0011223344556677"]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("dataset sample"), "{}", said(&refused));
    let drawn = sample_of(&out);
    let first = frozen(&out, &["--sample", &drawn]);
    assert_eq!(first["statement"]["sample"]["digest"], drawn.as_str());
    // What was looked at is not what is there now: it is looked at again.
    random_inputs(&folder.path().join("in"), 12..24);
    run("pseudonymized", &out, &[], &[&folder.path().join("in")]);
    assert_eq!(freeze(&out, &[&all[..], &["--sample", &drawn]].concat()).status.code(), Some(2));
    frozen(&out, &["--sample", &sample_of(&out)]);
    let verified = check(&out, &[]);
    assert_eq!(verified.0, 0, "{}", verified.1);
}

#[test]
fn a_freeze_with_another_key_than_the_release_was_signed_with_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), 0..2);
    let other = folder.path().join("other");
    run("pseudonymized", &other, &[], &[&folder.path().join("in")]);
    let before = tree(&out);
    let key = folder.path().join("other.vault/signing.key");
    let refused = freeze(&out, &[&CLASS[..], &PEOPLE, &["--signing-key", &key.to_string_lossy()]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("not the key"), "{}", said(&refused));
    assert_eq!(tree(&out), before);
}

#[test]
fn one_changed_byte_in_one_file_is_named_and_a_freeze_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), 0..3);
    let first = frozen(&out, &[]);
    assert_eq!(first["statement"]["legal_class"], "pseudonymized");
    assert_eq!(check(&out, &[]).0, 0);
    assert_eq!(frozen(&out, &[])["unchanged"], true);
    let files = outputs(&out);
    let victim = &files[files.len() / 2];
    let mut bytes = std::fs::read(victim).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(victim, bytes).unwrap();
    let (code, found) = check(&out, &[]);
    let name = victim.strip_prefix(&out).unwrap().to_string_lossy().into_owned();
    assert_eq!((code, found["findings"].as_array().map(Vec::len)), (1, Some(1)), "{found}");
    assert_eq!(
        (&found["findings"][0]["kind"], &found["findings"][0]["file"]),
        (&"file-differs".into(), &name.clone().into())
    );
    let before = tree(&out);
    let refused = freeze(&out, &[&CLASS[..], &PEOPLE].concat());
    assert!(refused.status.code() == Some(2) && said(&refused).contains(&name), "{}", said(&refused));
    assert_eq!(tree(&out), before);
}

#[test]
fn added_data_makes_version_two_and_nobody_changes_sides() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), 0..4);
    let first = frozen(&out, &["--split", "train=50,test=50"]);
    let out = release(folder.path(), 0..8);
    let second = frozen(&out, &[]);
    assert_eq!(second["statement"]["previous"], first["digest"]);
    assert_eq!(second["statement"]["version"], 2);
    assert!(shares(&out, 1).is_subset(&shares(&out, 2)) && shares(&out, 1) != shares(&out, 2));
    let last = second["digest"].as_str().unwrap();
    let key = out.with_file_name("out.vault").join("signing.key");
    let public = tokumei_audit::Signer::load(&key).unwrap().public().to_string();
    let (code, found) = check(&out, &["--public-key", &public, "--last", last]);
    assert_eq!((code, &found["signer_known"]), (0, &true.into()), "{found}");
    assert_eq!(check(&out, &["--last", first["digest"].as_str().unwrap()]).0, 1);
    assert_eq!(check(&out, &["--version", "1"]).0, 0);
    let other = tokumei_audit::Signer::generate().unwrap().public().to_string();
    assert_eq!(check(&out, &["--public-key", &other]).0, 1);
    assert_eq!(check(&out, &["--version", "3"]).0, 2);
}

#[test]
fn a_statement_changed_by_hand_no_longer_carries_its_signature() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), 0..1);
    frozen(&out, &[]);
    let path = out.join("dataset/v1.json");
    let text = std::fs::read_to_string(&path).unwrap().replace("Sato Hanako", "Sato Taro");
    std::fs::write(&path, text).unwrap();
    let (code, found) = check(&out, &[]);
    assert_eq!((code, &found["findings"][0]["kind"]), (1, &"signature-wrong".into()));
}

#[test]
fn digests_are_taken_by_the_freeze_when_the_run_took_none() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    random_inputs(&input, 0..1);
    let out = folder.path().join("out");
    run("pseudonymized", &out, &["--digest", "off"], &[&input]);
    frozen(&out, &[]);
    assert_eq!(check(&out, &[]).0, 0);
}

#[test]
fn an_anonymized_data_set_is_split_with_a_seed_that_anybody_can_follow() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    for recipe in all_recipes().iter().filter(|recipe| recipe.name.starts_with("ct_explicit-le_plain")) {
        cook(recipe, &input);
    }
    random_inputs(&input, 0..3);
    run("anonymized", &out, &[], &[&input]);
    let words = ["--legal-class", "匿名加工情報", "--split", "train=80,test=20"];
    let output = freeze(&out, &[&words[..], &PEOPLE].concat());
    assert!(output.status.success(), "{}", said(&output));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["statement"]["split"]["seed"].as_str().map(str::len), Some(32));
    assert_eq!(check(&out, &[]).0, 0);
}

/// Returns the shares of each of the people 0, 2, 4 … under their own ID and that of the one behind them, by `ids map`.
fn shares_of_pairs(folder: &Path, version: u32, people: u32) -> Vec<[String; 2]> {
    let shares: std::collections::BTreeMap<String, String> = shares(&folder.join("out"), version).into_iter().collect();
    let pair = |number: u32| format!("{},{}\n", Person(number).id(), Person(number + 1).id());
    let rows: String = (0..people).step_by(2).map(pair).collect();
    write(&folder.join("pairs.csv"), format!("id,other\n{rows}").as_bytes());
    let [release, table, new] = ["out", "pairs.csv", "new.csv"].map(|name| folder.join(name));
    let _ = std::fs::remove_file(&new);
    let words = ["ids", "map", "--reason", "r", "--column", "id", "--other-id-column", "other", "--release"];
    let places = [release.as_os_str(), "--out".as_ref(), new.as_os_str(), table.as_os_str()];
    let output = program().args(words).args(places).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let text = std::fs::read_to_string(&new).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split_once(',').unwrap());
    rows.map(|(one, other)| [shares[one].clone(), shares[other].clone()]).collect()
}

#[test]
fn r8_03_a_person_of_two_ids_is_in_one_share_and_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    let also = |number: u32| {
        let image = Person(number).image(9, &format!("OtherPatientIDs \"{}\"\n", Person(number + 1).id()));
        write(&input.join(format!("{number:04}/9.dcm")), &image);
    };
    hospital(&input, 0..20);
    (0..20).step_by(2).for_each(also);
    assert_eq!(run("pseudonymized", &out, &[], &[&input]).status.code(), Some(0));
    let split = ["--split", "train=50,test=50"];
    let first = frozen(&out, &split);
    assert_eq!((&first["people"], &first["people_in_several_shares"]), (&10.into(), &0.into()));
    let pairs = shares_of_pairs(folder.path(), 1, 20);
    assert!(pairs.iter().all(|[one, other]| one == other), "{pairs:?}");
    // Of others nobody knows yet that they are one person; what a version says of them stays, and is told.
    hospital(&input, 20..60);
    assert_eq!(run("pseudonymized", &out, &[], &[&input]).status.code(), Some(0));
    frozen(&out, &[]);
    let before = shares_of_pairs(folder.path(), 2, 60);
    (20..60).step_by(2).for_each(also);
    assert_eq!(run("pseudonymized", &out, &[], &[&input]).status.code(), Some(0));
    let third = frozen(&out, &[]);
    assert_eq!(shares_of_pairs(folder.path(), 3, 60), before);
    let apart = before.iter().filter(|[one, other]| one != other).count();
    assert_eq!((&third["people"], &third["people_in_several_shares"]), (&30.into(), &apart.into()));
    assert!(before.starts_with(&pairs));
    assert_eq!(check(&out, &[]).0, 0);
}

#[test]
fn r8_03_without_a_key_a_person_of_two_ids_is_in_one_share_too() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    hospital(&input, 0..12);
    for number in (0..12).step_by(2) {
        let image = Person(number).image(9, &format!("OtherPatientIDs \"{}\"\n", Person(number + 1).id()));
        write(&input.join(format!("{number:04}/9.dcm")), &image);
    }
    let key = folder.path().join("linkage.key").to_string_lossy().into_owned();
    let made = program().args(["linkage", "new-key", "--format", "json", &key]).output().unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let recipient = ["--linkage-recipient", made["recipient"].as_str().unwrap()];
    assert_eq!(run("hipaa-safe-harbor", &out, &recipient, &[&input]).status.code(), Some(0));
    let words = ["--legal-class", "safe-harbor", "--split", "train=50,test=50"];
    let output = freeze(&out, &[&words[..], &PEOPLE].concat());
    assert!(output.status.success(), "{}", said(&output));
    let first: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&first["people"], &first["people_in_several_shares"]), (&6.into(), &0.into()), "{first}");
    let verified = check(&out, &[]);
    assert_eq!(verified.0, 0, "{}", verified.1);
}
