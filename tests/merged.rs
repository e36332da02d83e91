//! A release that shares were united into lives on: people withdraw from it, runs add to it, and its data set has versions (R2-01,
//! R4-11, R8-02). A vault signs its own release and no other.

use crate::people::{Person, hospital};
use crate::support::{freeze, key, outputs, run, said, tokumei, tree};
use std::path::{Path, PathBuf};
use std::process::Output;

/// A run in two shares under one key.
struct Line {
    folder: tempfile::TempDir,
    key: String,
    recipient: String,
}

impl Line {
    fn of(people: std::ops::Range<u32>) -> Line {
        let folder = tempfile::tempdir().unwrap();
        hospital(&folder.path().join("in"), people);
        let key = key(folder.path()).to_string_lossy().into_owned();
        let place = folder.path().join("linkage.key").to_string_lossy().into_owned();
        let made = tokumei(["linkage", "new-key", "--format", "json", &place]);
        let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
        let recipient = made["recipient"].as_str().unwrap().to_owned();
        let line = Line { folder, key, recipient };
        for number in 1..=2 {
            let output = line.run(&format!("s{number}"), &["--shard", &format!("{number}/2")]);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        }
        line
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn run(&self, out: &str, more: &[&str]) -> Output {
        let words = [&["--key", self.key.as_str(), "--linkage-recipient", &self.recipient][..], more].concat();
        run("pseudonymized", &self.path(out), &words, &[&self.path("in")])
    }

    fn merge(&self, out: &str, more: &[&str]) -> Output {
        let words = ["audit", "merge", &self.text("s1"), &self.text("s2"), "--out", &self.text(out)].map(str::to_owned);
        tokumei(words.iter().map(String::as_str).chain(more.iter().copied()))
    }

    fn withdraw(&self, person: u32, more: &[&str]) -> Output {
        let id = Person(person).id();
        let words = ["linkage", "withdraw", "--key", &self.key, "--patient", &id, "--reason", "letter"];
        tokumei(words.iter().chain(more).copied())
    }

    fn verify(&self, out: &str) -> Output {
        let output = tokumei(["audit", "verify", &self.text(out), "--vault", &self.text(&format!("{out}.vault"))]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        output
    }
}

fn files(release: &Path) -> usize {
    outputs(release).len()
}

#[test]
fn r2_01_people_withdraw_from_a_release_of_shares_and_its_data_set_goes_on() {
    let line = Line::of(0..6);
    let merged = line.merge("all", &[]);
    assert_eq!(merged.status.code(), Some(0), "{}", said(&merged));
    line.verify("all");
    // A run finds everything there, as if it had made it.
    let before = tree(&line.path("all"));
    let again = line.run("all", &[]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(tree(&line.path("all")) == before, "{}", said(&again));
    assert_eq!(freeze(&line.path("all"), "pseudonymized", &["--key", &line.key]).status.code(), Some(0));
    let places = ["all", "s1", "s2"].map(|name| line.text(name));
    let releases = places.iter().flat_map(|place| ["--release", place.as_str()]);
    let output = line.withdraw(2, &releases.collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("version 2"), "{}", said(&output));
    assert_eq!((files(&line.path("all")), files(&line.path("s1")) + files(&line.path("s2"))), (5, 5));
    for name in ["all", "s1", "s2"] {
        line.verify(name);
        let table = std::fs::read_to_string(line.path(&format!("{name}.vault/linkage.age"))).unwrap_or_default();
        assert!(name != "all" || table.lines().count() == 5, "{name}");
    }
    assert_eq!(tokumei(["dataset", "verify", &line.text("all")]).status.code(), Some(0));
    // Nobody comes back, and somebody new comes in.
    Person(9).admit(&line.path("in"), 1);
    assert_eq!(line.run("all", &[]).status.code(), Some(0));
    assert_eq!(files(&line.path("all")), 6);
    line.verify("all");
}

#[test]
fn a_merge_that_is_refused_leaves_nothing_behind() {
    // So many that neither share is empty, whatever the key.
    let line = Line::of(0..24);
    let output = tokumei(["audit", "merge", &line.text("s1"), "--out", &line.text("all")]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(!line.path("all").exists() && !line.path("all.vault").exists(), "{}", said(&output));
    // A vault on which runs have worked is that of a release already.
    let vault = tree(&line.path("s1.vault"));
    let output = line.merge("all", &["--vault", &line.text("s1.vault")]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("on which runs have worked"), "{}", said(&output));
    assert!(tree(&line.path("s1.vault")) == vault && !line.path("all").exists());
    // Without the vault of a share nobody could be withdrawn, and that is said.
    std::fs::rename(line.path("s1.vault/journal/instances"), line.path("aside")).unwrap();
    let output = line.merge("all", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("nobody can be withdrawn"), "{}", said(&output));
    let refused = line.withdraw(1, &["--release", &line.text("all")]);
    assert_eq!((refused.status.code(), files(&line.path("all"))), (Some(2), 24), "{}", said(&refused));
}

#[test]
fn r4_11_a_vault_signs_no_release_but_its_own_though_another_is_alike_in_all() {
    let line = Line::of(0..3);
    let shared = line.text("signing.key");
    assert!(tokumei(["key", "new", "--signing", &shared]).status.success());
    for (one, other, more) in [("a", "b", &[][..]), ("c", "d", &["--signing-key", shared.as_str()])] {
        for name in [one, other] {
            assert_eq!(line.run(name, more).status.code(), Some(0));
        }
        let before = [tree(&line.path(one)), tree(&line.path(&format!("{other}.vault")))];
        let (release, vault) = (line.text(one), line.text(&format!("{other}.vault")));
        let words = [&["--release", &release, "--vault", &vault][..], more].concat();
        let output = line.withdraw(1, &words);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        if more.is_empty() {
            Person(9).admit(&line.path("in"), 1);
            let output = line.run(one, &["--vault", &vault]);
            assert_eq!(output.status.code(), Some(2), "{}", said(&output));
            assert!(said(&output).contains("another release's"), "{}", said(&output));
            std::fs::remove_dir_all(line.path("in/0009")).unwrap();
        }
        assert!([tree(&line.path(one)), tree(&line.path(&format!("{other}.vault")))] == before);
        assert_eq!(line.withdraw(1, &[&["--release", &release][..], more].concat()).status.code(), Some(0));
    }
}
