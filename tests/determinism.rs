//! The same input, profile and key give the same bytes, whoever works and in whatever order.

use crate::support::{cook, index, key, outputs, random_inputs, recipe, root, run, said, signing_key, tree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn study(folder: &Path) -> Vec<PathBuf> {
    random_inputs(folder, 1000..1024);
    for name in ["ct_ir87_three-groups", "us_explicit-le_burned-in-unknown", "ct_explicit-le_same-instance-equal"] {
        cook(&recipe(name), &folder.join(name));
    }
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

#[test]
fn threads_order_of_inputs_reading_ahead_and_flushing_do_not_show_in_a_release() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    let mut parts = study(&input);
    let key = key(folder.path());
    let key = key.to_string_lossy();
    let signing = signing_key(folder.path());
    let one = folder.path().join("one");
    let four = folder.path().join("four");
    let shuffled = folder.path().join("shuffled");
    run("pseudonymized", &one, &["--key", &key, "--signing-key", &signing, "--threads", "1"], &[&input]);
    run("pseudonymized", &four, &["--key", &key, "--signing-key", &signing, "--threads", "4"], &[&input]);
    parts.reverse();
    parts.rotate_left(7);
    let parts: Vec<&Path> = parts.iter().map(PathBuf::as_path).collect();
    let ways = ["--io-depth", "3", "--flush", "each"];
    let args = [&["--key", &key, "--signing-key", &signing, "--threads", "3"], &ways[..]].concat();
    run("pseudonymized", &shuffled, &args, &parts);
    let expected = tree(&one);
    assert!(expected.len() > 30);
    assert!(tree(&four) == expected);
    assert!(tree(&shuffled) == expected);
}

#[test]
fn a_depth_that_is_no_number_of_files_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let release = folder.path().join("out");
    for depth in ["many", "1.5", "257"] {
        let refused = run("pseudonymized", &release, &["--io-depth", depth], &[folder.path()]);
        assert!(refused.status.code() == Some(2) && said(&refused).contains("read ahead"), "{}", said(&refused));
    }
    assert!(!release.exists());
}

#[test]
fn second_run_writes_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (input, release) = (folder.path().join("in"), folder.path().join("out"));
    study(&input);
    run("pseudonymized", &release, &[], &[&input]);
    let before = tree(&release);
    let rows = index(&folder.path().join("out.vault"));
    let again = run("pseudonymized", &release, &[], &[&input]);
    assert!(said(&again).contains("nothing was written"), "{}", said(&again));
    assert!(tree(&release) == before);
    assert_eq!(index(&folder.path().join("out.vault")), rows);
}

#[test]
fn shares_of_a_run_add_up_to_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    study(&input);
    let key = key(folder.path());
    let key = key.to_string_lossy();
    let whole = folder.path().join("whole");
    run("pseudonymized", &whole, &["--key", &key], &[&input]);
    let mut together = std::collections::BTreeMap::new();
    for share in ["1/3", "2/3", "3/3"] {
        let out = folder.path().join(share.replace('/', "-of-"));
        run("pseudonymized", &out, &["--key", &key, "--shard", share], &[&input]);
        together.extend(outputs(&out));
    }
    assert!(together == outputs(&whole));
}

#[test]
fn two_anonymized_runs_share_no_pseudonym_and_keep_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    study(&input);
    let names = |out: &Path| -> BTreeSet<String> {
        let paths = outputs(out).into_keys();
        paths.flat_map(|path| path.iter().map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>()).collect()
    };
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    run("anonymized", &first, &[], &[&input]);
    run("anonymized", &second, &[], &[&input]);
    assert!(!names(&first).is_empty());
    assert!(names(&first).is_disjoint(&names(&second)));
    for (name, bytes) in tree(folder.path()) {
        assert!(!bytes.starts_with(b"tokumei-key"), "{}", name.display());
    }
    assert!(index(&folder.path().join("first.vault")).iter().all(|row| row.release.is_empty()));
    let ledger = std::fs::read_to_string(first.join("audit/ledger.jsonl")).unwrap();
    assert!(!ledger.is_empty());
    let third = run("anonymized", &first, &[], &[&input]);
    assert_eq!(third.status.code(), Some(2), "{}", said(&third));
}

#[test]
fn dry_run_writes_nothing_and_foretells_the_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (input, release) = (folder.path().join("in"), folder.path().join("out"));
    cook(&recipe("ct_explicit-le_plain"), &input);
    let key = key(folder.path());
    let key = key.to_string_lossy();
    let before = tree(folder.path());
    let dry = run("ps315-basic", &release, &["--key", &key, "--dry-run", "--format", "json"], &[&input]);
    assert!(tree(folder.path()) == before && !release.exists(), "{}", said(&dry));
    let foretold: serde_json::Value = serde_json::from_slice(&dry.stdout).unwrap();
    let foretold: BTreeSet<(String, String)> = foretold["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["rule"].as_str().unwrap().into(), change["action"].as_str().unwrap().into()))
        .collect();
    run("ps315-basic", &release, &["--key", &key], &[&input]);
    let treatments = std::fs::read_to_string(release.join("audit/treatments.jsonl")).unwrap();
    let treatment: serde_json::Value = serde_json::from_str(treatments.lines().next().unwrap()).unwrap();
    let done: BTreeSet<(String, String)> = treatment["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["rule"].as_str().unwrap().into(), change["action"].as_str().unwrap().into()))
        .collect();
    assert_eq!(foretold, done);
    assert!(root().exists());
}
