//! What somebody's hand does to a release or a vault shows (R4-11, R8-01), and what is lost is not made up for in silence.

use crate::people::{Person, hospital};
use crate::support::{cook, freeze, outputs, recipe, run, said, tokumei, tree};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A frozen release of two versions, with its linkage table.
struct House(tempfile::TempDir);

impl House {
    fn new() -> House {
        let house = House(tempfile::tempdir().unwrap());
        hospital(&house.path("in"), 0..2);
        assert_eq!(house.run().status.code(), Some(0));
        assert_eq!(house.freeze().status.code(), Some(0));
        Person(2).admit(&house.path("in"), 1);
        assert_eq!(house.run().status.code(), Some(0));
        assert_eq!(house.freeze().status.code(), Some(0));
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn run(&self) -> Output {
        let recipient = self.path("recipient");
        if !recipient.exists() {
            let made = tokumei(["linkage", "new-key", "--format", "json", &self.text("linkage.key")]);
            let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
            fs::write(&recipient, made["recipient"].as_str().unwrap()).unwrap();
        }
        let key = fs::read_to_string(&recipient).unwrap();
        run("pseudonymized", &self.path("out"), &["--linkage-recipient", &key], &[&self.path("in")])
    }

    fn freeze(&self) -> Output {
        freeze(&self.path("out"), "pseudonymized", &[])
    }

    fn verify(&self, more: &[&str]) -> Output {
        tokumei([&["audit", "verify", &self.text("out")], more].concat())
    }

    fn with_vault(&self) -> Output {
        self.verify(&["--vault", &self.text("out.vault")])
    }
}

#[test]
fn a_changed_byte_in_any_file_of_a_release_is_named() {
    let house = House::new();
    let output = house.verify(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("2 versions") && said(&output).contains("report.html follows"), "{}", said(&output));
    let files = tree(&house.path("out"));
    assert!(files.len() >= 3 + 2 + 5 + 1 + 7, "{:?}", files.keys());
    for (name, bytes) in files {
        let path = house.path("out").join(&name);
        for at in [0, bytes.len() / 3, bytes.len() - 1] {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            let output = house.verify(&[]);
            let (file, text) = (name.to_string_lossy(), said(&output));
            assert_eq!(output.status.code(), Some(1), "{file}, byte {at}: {text}");
            assert!(text.contains(&*file), "{file}, byte {at}: {text}");
        }
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(house.verify(&[]).status.code(), Some(1), "{}", name.display());
        if name != Path::new("report.html") {
            fs::remove_file(&path).unwrap();
            let output = house.verify(&[]);
            assert_eq!(output.status.code(), Some(1), "{}: {}", name.display(), said(&output));
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(house.verify(&[]).status.code(), Some(0));
    // A paper that nobody has signed for, where one might stand.
    fs::write(house.path("out/dataset/v1.changes.jsonl"), "").unwrap();
    assert_eq!(house.verify(&[]).status.code(), Some(1));
}

#[test]
fn a_log_or_a_table_that_was_thinned_out_is_noticed_with_the_vault() {
    let house = House::new();
    let output = house.with_vault();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let noticed = |expected: &str| {
        let output = house.with_vault();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
    };
    let (log, head) = (house.path("out.vault/journal/execution.jsonl"), house.path("out.vault/journal/execution.head"));
    let (log_text, head_text) = (fs::read_to_string(&log).unwrap(), fs::read(&head).unwrap());
    fs::remove_file(&log).unwrap();
    noticed("journal/execution.jsonl");
    fs::remove_file(&head).unwrap();
    noticed("the execution log of the vault is gone");
    // Cut off so that the rest holds: only the release knows that there was more.
    fs::write(&log, log_text.lines().next().unwrap().to_owned() + "\n").unwrap();
    noticed("knows of no run");
    fs::write(&log, log_text).unwrap();
    fs::write(&head, head_text).unwrap();
    let table = house.path("out.vault/linkage.age");
    let rows = fs::read_to_string(&table).unwrap();
    fs::remove_file(&table).unwrap();
    noticed("the linkage table is gone");
    for left in [1, 2] {
        let some: String = rows.lines().skip(left).map(|line| line.to_owned() + "\n").collect();
        fs::write(&table, some).unwrap();
        noticed(if left == 1 { "rows were removed" } else { "not the one that was written" });
    }
    fs::write(&table, rows).unwrap();
    assert_eq!(house.with_vault().status.code(), Some(0));
}

#[test]
fn a_lost_signing_key_is_never_replaced_in_silence() {
    let house = House::new();
    let key = house.path("out.vault/signing.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    Person(3).admit(&house.path("in"), 1);
    let release = house.text("out");
    let who = ["--name", "set", "--responsible", "S", "--approved-by", "I", "--reason", "r"];
    let what = ["dataset", "freeze", &release, "--legal-class", "pseudonymized", "--legal-basis", "y"];
    let freeze = [&what[..], &who].concat();
    let commands: [&[&str]; 4] = [
        &["linkage", "withdraw", "--release", &release, "--patient", &Person(0).id(), "--reason", "r"],
        &freeze,
        &["review", &house.text("out.vault")],
        &["audit", "merge", &release, "--out", &house.text("new"), "--vault", &house.text("out.vault")],
    ];
    let before = tree(&house.path("out"));
    for words in commands {
        let output = tokumei(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains("signs with is gone"), "{words:?}: {}", said(&output));
        assert!(!key.exists() && tree(&house.path("out")) == before, "{words:?}");
    }
    assert_eq!(house.run().status.code(), Some(2));
    // A key that is named will do.
    fs::write(house.path("copy.key"), kept).unwrap();
    fs::set_permissions(house.path("copy.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let copy = house.text("copy.key");
    let named = [commands[0], &["--signing-key", &copy]].concat();
    let output = tokumei(named);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = house.verify(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(outputs(&house.path("out")).len(), 2);
}

#[test]
fn a_vault_that_others_may_look_into_is_refused_and_left_as_it_is() {
    let house = House::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for name in ["out.vault", "out.vault/journal"] {
        let path = house.path(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let output = house.run();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("755"), "{}", said(&output));
        let release = house.text("out");
        let output =
            tokumei(["linkage", "withdraw", "--release", &release, "--patient", &Person(0).id(), "--reason", "r"]);
        assert_eq!((output.status.code(), mode(&path)), (Some(2), 0o755), "{}", said(&output));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert_eq!(house.run().status.code(), Some(0));
}

#[test]
fn pictures_of_whoever_has_withdrawn_leave_the_report_too() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    hospital(&input, 0..2);
    cook(&recipe("ct_explicit-le_burned-in-yes"), &input.join("held"));
    run("pseudonymized", &out, &[], &[&input]);
    let before = fs::read(out.join("report.html")).unwrap();
    let release = out.to_string_lossy().into_owned();
    let output = tokumei(["linkage", "withdraw", "--release", &release, "--patient", &Person(0).id(), "--reason", "r"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(fs::read(out.join("report.html")).unwrap() != before);
    let verified = tokumei(["audit", "verify", &release]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn r8_01_a_version_or_all_of_a_data_set_a_report_and_an_empty_folder_are_missed_or_found() {
    let house = House::new();
    let release = house.text("out");
    let good = tokumei(["audit", "verify", &release, "--vault", &house.text("out.vault")]);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    let root = fs::read_to_string(house.path("out/audit/root.json")).unwrap();
    assert!(root.contains("\"version\":2},\"digest\""), "{root}");
    let copy = || {
        let _ = fs::remove_dir_all(house.path("aside"));
        let words = [house.path("out"), house.path("aside")];
        assert!(std::process::Command::new("cp").arg("-a").args(words).status().unwrap().success());
        house.path("aside")
    };
    let found = |release: &Path, expected: &str| {
        let output = tokumei(["audit", "verify", &release.to_string_lossy()]);
        assert_eq!(output.status.code(), Some(1), "{expected}: {}", said(&output));
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
    };
    let bad = copy();
    for suffix in ["json", "manifest.jsonl", "manifest.csv", "changes.jsonl"] {
        let _ = fs::remove_file(bad.join(format!("dataset/v2.{suffix}")));
    }
    found(&bad, "dataset/v2.json");
    assert_eq!(tokumei(["dataset", "verify", &bad.to_string_lossy()]).status.code(), Some(1));
    let bad = copy();
    fs::remove_dir_all(bad.join("dataset")).unwrap();
    found(&bad, "dataset/v2.json");
    let gone = tokumei(["dataset", "verify", &bad.to_string_lossy()]);
    assert!(said(&gone).contains("is gone"), "{}", said(&gone));
    // The next run and the next freeze do not make that good.
    fs::rename(house.path("out"), house.path("whole")).unwrap();
    fs::rename(&bad, house.path("out")).unwrap();
    let refused = house.run();
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("version 2"), "{}", said(&refused));
    assert_eq!(house.freeze().status.code(), Some(2));
    found(&house.path("out"), "dataset/v2.json");
    fs::remove_dir_all(house.path("out")).unwrap();
    fs::rename(house.path("whole"), house.path("out")).unwrap();
    let bad = copy();
    fs::remove_file(bad.join("report.html")).unwrap();
    found(&bad, "report.html");
    let bad = copy();
    fs::create_dir_all(bad.join("dicom/SATO^HANA/x")).unwrap();
    found(&bad, "dicom/SATO^HANA");
    // A run finishes what a freeze left that died before the root said so.
    fs::create_dir_all(house.path("out/dicom/SATO^HANA/x")).unwrap();
    assert_eq!(house.run().status.code(), Some(0));
    assert!(!house.path("out/dicom/SATO^HANA").exists());
    let good = tokumei(["audit", "verify", &release, "--vault", &house.text("out.vault")]);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
}

#[test]
fn shares_are_united_all_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    hospital(&folder.path().join("in"), 0..9);
    let key = crate::support::key(folder.path()).to_string_lossy().into_owned();
    for number in 1..=3 {
        let share = format!("{number}/3");
        let (out, words) = (folder.path().join(format!("s{number}")), ["--key", &key, "--shard", &share]);
        assert_eq!(run("pseudonymized", &out, &words, &[&folder.path().join("in")]).status.code(), Some(0));
    }
    let merge = |shares: &[&str]| {
        let shares: Vec<String> = shares.iter().map(|share| text(share)).collect();
        let words = ["audit", "merge", "--out", &text("all")].map(str::to_owned);
        tokumei(words.into_iter().chain(shares))
    };
    for some in [&["s1", "s2"][..], &["s3"], &["s1", "s1", "s2"]] {
        let output = merge(some);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("in 3 shares") && !folder.path().join("all").exists(), "{}", said(&output));
    }
    let output = merge(&["s3", "s1", "s2"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(outputs(&folder.path().join("all")).len(), 9);
    assert!(folder.path().join("all/report.html").exists());
    let verified = tokumei(["audit", "verify", &text("all"), "--vault", &text("all.vault")]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    // A release says which shares it holds, until it holds all of them.
    let root = |name: &str| fs::read_to_string(folder.path().join(name).join("audit/root.json")).unwrap();
    assert!(root("s1").contains("\"shares\":\"1/3\"") && !root("all").contains("shares"));
}

#[test]
fn r4_11_a_flipped_bit_of_a_proof_or_certificate_is_called_an_alteration() {
    let house = House::new();
    let rows = fs::read_to_string(house.path("out/manifest.jsonl")).unwrap();
    let row: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let (release, proof, paper) = (house.text("out"), house.text("proof.json"), house.text("certificate.json"));
    let made = [
        &["audit", "prove", &release, row["instance"].as_str().unwrap(), "--out", &proof][..],
        &["audit", "certify", &release, "--patient", &Person(9).id(), "--out", &paper],
    ];
    made.iter().for_each(|words| assert_eq!(tokumei(*words).status.code(), Some(0), "{words:?}"));
    for (option, path) in [("--proof", &proof), ("--certificate", &paper)] {
        let good = fs::read(path).unwrap();
        assert_eq!(tokumei(["audit", "verify", option, path]).status.code(), Some(0));
        for at in (0..good.len()).step_by(97).chain([0, 1, good.len() - 1]) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(path, &bad).unwrap();
            let output = tokumei(["audit", "verify", option, path]);
            assert_eq!(output.status.code(), Some(1), "{option}, byte {at}: {}", said(&output));
            assert!(!said(&output).contains("not a root"), "{}", said(&output));
        }
        fs::write(path, "a note").unwrap();
        let output = tokumei(["audit", "verify", option, path]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("neither a proof nor a certificate"), "{}", said(&output));
    }
}
