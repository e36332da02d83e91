//! The linkage table, withdrawal, and what is left when a run dies (R2-01, R2-06, R4-04, R4-05, R4-09).

use crate::people::{Person, hospital};
use crate::support::{freeze, holds, index, outputs, program, run, said, tokumei, tree, write};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use tokumei_testkit::random::Numbers;

/// A folder with people in `in`, and a private key kept elsewhere.
struct Office {
    folder: tempfile::TempDir,
    recipient: String,
}

impl Office {
    fn of(people: std::ops::Range<u32>) -> Office {
        let folder = tempfile::tempdir().unwrap();
        hospital(&folder.path().join("in"), people);
        let output = tokumei(["linkage", "new-key", "--format", "json", &text(&folder.path().join("linkage.key"))]);
        let made: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        Office { folder, recipient: made["recipient"].as_str().unwrap().to_string() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn go(&self, profile: &str, out: &str, more: &[&str]) -> Output {
        let more = [&["--linkage-recipient", &self.recipient], more].concat();
        run(profile, &self.path(out), &more, &[&self.path("in")])
    }

    fn linkage(&self, command: &str, more: &[&str]) -> Output {
        let words: Vec<OsString> = ["linkage", command].iter().chain(more).map(OsString::from).collect();
        tokumei(words)
    }

    fn lookup(&self, out: &str, more: &[&str]) -> serde_json::Value {
        let (vault, identity) = (text(&self.path(&format!("{out}.vault"))), text(&self.path("linkage.key")));
        let fixed = ["--format", "json", "--vault", &vault, "--identity", &identity, "--reason", "test"];
        let output = self.linkage("lookup", &[&fixed, more].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)))
    }

    fn withdraw(&self, out: &str, more: &[&str]) -> Output {
        let release = text(&self.path(out));
        self.linkage("withdraw", &[&["--release", &release, "--reason", "consent withdrawn"], more].concat())
    }

    fn pseudonyms(&self, out: &str) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.path(out).join("dicom")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// Returns the pseudonym of a person, by the table.
    fn pseudonym(&self, out: &str, person: Person) -> String {
        let rows = self.lookup(out, &["--patient", &person.id()]);
        rows[0]["pseudonym"].as_str().unwrap_or_else(|| panic!("{rows}")).to_string()
    }

    /// Returns the pseudonym of a person under the ID of their images, by the table.
    fn pseudonym_of(&self, out: &str, person: Person) -> String {
        let rows = self.lookup(out, &["--patient", &person.id()]);
        let own = rows.as_array().unwrap().iter().find(|row| row["stated"] == person.id().as_str()).unwrap();
        own["pseudonym"].as_str().unwrap().to_string()
    }

    fn log(&self, out: &str) -> String {
        std::fs::read_to_string(self.path(&format!("{out}.vault/journal/execution.jsonl"))).unwrap()
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Returns whether the release is what its papers say.
fn is_sound(release: &Path) -> bool {
    tokumei(["audit", "verify", &text(release)]).status.code() == Some(0)
}

#[test]
fn the_table_tells_whom_a_pseudonym_stands_for_to_the_private_key_alone() {
    let office = Office::of(0..4);
    let output = office.go("pseudonymized", "out", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let pseudonym = office.pseudonym("out", Person(2));
    let rows = office.lookup("out", &["--pseudonym", &pseudonym]);
    assert_eq!(rows[0]["stated"], Person(2).id());
    assert!(rows[0]["shift_days"].as_i64().unwrap() < -29);
    assert!(office.pseudonyms("out").contains(&pseudonym));
    // A second run adds no row, a further person adds one.
    let table = office.path("out.vault/linkage.age");
    let before = std::fs::read(&table).unwrap();
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    assert_eq!(std::fs::read(&table).unwrap(), before);
    Person(9).admit(&office.path("in"), 1);
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    assert_eq!(std::fs::read(&table).unwrap().split(|byte| *byte == b'\n').count(), 6);
    // Every look is logged, without an identifier; without a reason nobody looks.
    assert_eq!(office.log("out").matches("linkage-lookup").count(), 2);
    assert!(!office.log("out").contains("KRT70"));
    let vault = text(&office.path("out.vault"));
    let look = |identity: &str, more: &[&str]| {
        let fixed = ["--vault", &vault, "--identity", identity, "--pseudonym", &pseudonym];
        office.linkage("lookup", &[&fixed, more].concat())
    };
    let identity = text(&office.path("linkage.key"));
    assert_eq!(look(&identity, &[]).status.code(), Some(2));
    assert_eq!(look(&identity, &["--reason", " "]).status.code(), Some(2));
    let missing = look(&text(&office.path("nowhere")), &["--reason", "x"]);
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    let other = text(&office.path("other.key"));
    assert!(tokumei(["linkage", "new-key", &other]).status.success());
    let wrong = look(&other, &["--reason", "x"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("does not open") && !said(&wrong).contains("KRT70"), "{}", said(&wrong));
    write(&office.path("no.key"), b"AGE-SECRET-KEY-1NONE\n");
    for file in ["no.key", "out.vault/project.key"] {
        let output = look(&text(&office.path(file)), &["--reason", "x"]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(!said(&output).contains("AGE-SECRET"), "{}", said(&output));
    }
    // Four looks were tried with a key that is none or does not fit, and each left its line.
    let log = office.log("out");
    assert_eq!(log.matches("linkage-lookup").count(), 6);
    assert_eq!(log.matches("\"refused\":\"linkage-wrong-key\"").count(), 1, "{log}");
}

#[test]
fn a_profile_decides_whether_there_is_a_table() {
    let office = Office::of(0..1);
    let forbidden = office.go("anonymized", "out", &[]);
    assert_eq!(forbidden.status.code(), Some(2));
    assert!(said(&forbidden).contains("allows no linkage table"), "{}", said(&forbidden));
    let required = run("jp-research-longitudinal", &office.path("out"), &[], &[&office.path("in")]);
    assert_eq!(required.status.code(), Some(2));
    assert!(said(&required).contains("--linkage-recipient"), "{}", said(&required));
    let wrong = run("pseudonymized", &office.path("out"), &["--linkage-recipient", "age1xyz"], &[&office.path("in")]);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    assert!(!office.path("out").exists() && !office.path("out.vault").exists());
}

#[test]
fn table_and_key_withdraw_the_same_files_and_nobody_comes_back() {
    let office = Office::of(0..30);
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    let key = text(&office.path("out.vault/project.key"));
    assert_eq!(office.go("pseudonymized", "twin", &["--key", &key]).status.code(), Some(0));
    let gone: Vec<u32> = (0..10).map(|number| number * 3).collect();
    let lists: String = gone.iter().map(|number| format!("{}\n", Person(*number).id())).collect();
    write(&office.path("list.csv"), format!("patient_id\n{lists}").as_bytes());
    let list = text(&office.path("list.csv"));
    let before = outputs(&office.path("out"));
    let expected: BTreeSet<String> = gone.iter().map(|number| office.pseudonym("out", Person(*number))).collect();
    let release = text(&office.path("out"));
    let frozen = freeze(Path::new(&release), "pseudonymized", &[]);
    assert_eq!(frozen.status.code(), Some(0), "{}", said(&frozen));
    // By the key alone.
    let output = office.withdraw("out", &["--patients", &list]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!said(&output).contains("KRT70") && said(&output).contains("version 2"), "{}", said(&output));
    // Version 2 follows on version 1, and says what has gone.
    let verified = tokumei(["dataset", "verify", &release]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let changes = std::fs::read_to_string(office.path("out/dataset/v2.changes.jsonl")).unwrap();
    assert_eq!(changes.matches("removed").count(), 10, "{changes}");
    // The words of the operator stay in the vault.
    let inside = tree(&office.path("out"));
    assert!(!inside.values().any(|bytes| holds(bytes, b"consent withdrawn")));
    let log = std::fs::read_to_string(office.path("out.vault/journal/execution.jsonl")).unwrap();
    assert!(log.contains("consent withdrawn"));
    let after = outputs(&office.path("out"));
    let removed: BTreeSet<String> = before
        .keys()
        .filter(|name| !after.contains_key(*name))
        .map(|name| name.iter().next().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(removed, expected);
    assert_eq!((before.len(), after.len()), (30, 20));
    assert!(is_sound(&office.path("out")));
    // By table and key, which must agree: the same set.
    let identity = text(&office.path("linkage.key"));
    let output = office.withdraw("twin", &["--patients", &list, "--identity", &identity, "--key", &key]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(outputs(&office.path("twin")), after);
    // A later run over the same inputs brings nobody back.
    let again = office.go("pseudonymized", "out", &[]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(outputs(&office.path("out")), after);
    let rows = index(&office.path("out.vault"));
    assert_eq!(rows.iter().filter(|row| row.reason == "consent-withdrawn").count(), 10);
    // Nor does the table know them any more.
    for out in ["out", "twin"] {
        assert_eq!(office.lookup(out, &["--patients", &list]), serde_json::json!([]));
        assert_eq!(office.lookup(out, &["--patient", &Person(1).id()]).as_array().unwrap().len(), 1);
        let lines = std::fs::read_to_string(office.path(&format!("{out}.vault/linkage.age"))).unwrap();
        assert_eq!(lines.lines().count(), 20);
    }
    let vault = tree(&office.path("out.vault"));
    let named = |bytes: &Vec<u8>| gone.iter().any(|number| holds(bytes, Person(*number).id().as_bytes()));
    assert!(!named(&vault[Path::new("linkage.withdrawn")]) && !named(&vault[Path::new("journal/execution.jsonl")]));
}

#[test]
fn a_withdrawal_that_cannot_be_right_is_refused_and_changes_nothing() {
    let office = Office::of(0..3);
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    let before = tree(&office.path("out"));
    let id = Person(1).id();
    let refused = |more: &[&str]| {
        let output = office.withdraw("out", more);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {}", said(&output));
        assert_eq!(tree(&office.path("out")), before, "{more:?}");
        assert!(!said(&output).contains(&id), "{}", said(&output));
    };
    refused(&["--patient", &id, "--site", "elsewhere"]);
    refused(&["--patient", &id, "--vault", &text(&office.path("in"))]);
    refused(&["--patient", " "]);
    refused(&["--patient", &id, "--key", &text(&office.path("linkage.key"))]);
    // Papers edited by hand.
    let ledger = office.path("out/audit/ledger.jsonl");
    let whole = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, whole.replacen("\"released\"", "\"excluded\"", 1)).unwrap();
    let output = office.withdraw("out", &["--patient", &id]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_eq!(outputs(&office.path("out")).len(), 3);
    std::fs::write(&ledger, whole).unwrap();
    refused(&["--patient", "KRT000000"]);
    refused(&["--pseudonym", "NOSUCH"]);
    assert_eq!(outputs(&office.path("out")).len(), 3);
}

#[test]
fn a_withdrawal_that_was_killed_is_finished_by_the_next() {
    let office = Office::of(0..20);
    assert_eq!(office.go("pseudonymized", "whole", &[]).status.code(), Some(0));
    let key = text(&office.path("whole.vault/project.key"));
    let ids: String = (0..10).map(|number| Person(number).id() + "\n").collect();
    write(&office.path("list.csv"), ids.as_bytes());
    let list = text(&office.path("list.csv"));
    assert_eq!(office.withdraw("whole", &["--patients", &list]).status.code(), Some(0));
    let mut numbers = Numbers::new(5);
    for round in 0..6 {
        let out = format!("out{round}");
        assert_eq!(office.go("pseudonymized", &out, &["--key", &key]).status.code(), Some(0));
        let release = text(&office.path(&out));
        let words = ["linkage", "withdraw", "--release", &release, "--key", &key, "--reason", "r", "--patients", &list];
        kill_after(&words.map(OsString::from), Duration::from_micros(numbers.below(60_000)));
        let again = office.withdraw(&out, &["--key", &key, "--patients", &list]);
        assert!(matches!(again.status.code(), Some(0 | 1)), "{}", said(&again));
        assert_eq!(outputs(&office.path(&out)), outputs(&office.path("whole")), "round {round}");
        assert!(is_sound(&office.path(&out)), "round {round}");
        assert!(!office.path(&format!("{out}.vault/journal/withdrawing.json")).exists(), "round {round}");
    }
}

#[test]
fn a_run_finishes_a_withdrawal_that_was_killed_though_it_reads_other_files() {
    let office = Office::of(0..4);
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    let release = text(&office.path("out"));
    assert_eq!(freeze(Path::new(&release), "pseudonymized", &[]).status.code(), Some(0));
    let pseudonym = office.pseudonym("out", Person(2));
    // What a withdrawal leaves that died behind its note, and had removed the file of one instance of two.
    let note = serde_json::json!({ "pseudonyms": [pseudonym], "reason": "asked by letter", "words": ["withdrawal"] });
    let instances: Vec<String> = std::fs::read_to_string(office.path("out/dataset/v1.manifest.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|row| row["patient"] == pseudonym.as_str())
        .map(|row| row["instance"].as_str().unwrap().to_owned())
        .collect();
    let mut note = note;
    note["instances"] = serde_json::json!(instances);
    write(&office.path("out.vault/journal/withdrawing.json"), note.to_string().as_bytes());
    std::fs::remove_dir_all(office.path("in/0002")).unwrap();
    let output = office.go("pseudonymized", "out", &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["taken_out"], &value["dataset_version"]), (&1.into(), &2.into()));
    assert_eq!(outputs(&office.path("out")).len(), 3);
    assert!(is_sound(&office.path("out")) && !office.path("out.vault/journal/withdrawing.json").exists());
    assert!(office.log("out").contains("asked by letter"));
    assert_eq!(office.lookup("out", &["--patient", &Person(2).id()]), serde_json::json!([]));
    let changes = std::fs::read_to_string(office.path("out/dataset/v2.changes.jsonl")).unwrap();
    assert_eq!(changes.matches("removed").count(), 1, "{changes}");
    let verified = tokumei(["audit", "verify", &release, "--vault", &text(&office.path("out.vault"))]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn whoever_opts_out_of_a_frozen_release_is_not_in_its_next_version() {
    let office = Office::of(0..3);
    write(&office.path("c.csv"), b"patient_id,state\n");
    let consent = text(&office.path("c.csv"));
    let more = ["--consent", &consent, "--purpose", "research"];
    assert_eq!(office.go("pseudonymized", "out", &more).status.code(), Some(0));
    let release = text(&office.path("out"));
    assert_eq!(freeze(Path::new(&release), "pseudonymized", &[]).status.code(), Some(0));
    write(&office.path("c.csv"), format!("patient_id,state\n{},opted-out\n", Person(1).id()).as_bytes());
    let output = office.go("pseudonymized", "out", &more);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let statement = std::fs::read_to_string(office.path("out/dataset/v2.json")).unwrap();
    assert!(statement.contains("\"reason\":\"consent\"") && statement.contains("\"removed\":1"), "{statement}");
    assert_eq!(tokumei(["dataset", "verify", &release]).status.code(), Some(0));
    assert!(is_sound(&office.path("out")));
}

#[test]
fn r2_01_whoever_is_out_by_a_later_run_is_no_longer_in_the_table() {
    let office = Office::of(0..5);
    write(&office.path("c.csv"), b"patient_id,state\n");
    let consent = text(&office.path("c.csv"));
    let more = ["--consent", &consent, "--purpose", "research"];
    assert_eq!(office.go("pseudonymized", "out", &more).status.code(), Some(0));
    // One of them has a file among the inputs and the other has none any more; no recipient is needed to remove a row.
    let out = [1, 3].map(|number| format!("{},opted-out\n", Person(number).id())).concat();
    write(&office.path("c.csv"), format!("patient_id,state\n{out}").as_bytes());
    std::fs::remove_dir_all(office.path("in/0003")).unwrap();
    let output = run("pseudonymized", &office.path("out"), &more, &[&office.path("in")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("removed from the linkage table"), "{}", said(&output));
    let known = |number: u32| office.lookup("out", &["--patient", &Person(number).id()]).as_array().unwrap().len();
    assert_eq!([0, 1, 2, 3, 4].map(known), [1, 0, 1, 0, 1]);
    let verified =
        tokumei(["audit", "verify", &text(&office.path("out")), "--vault", &text(&office.path("out.vault"))]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    // Once more, nothing is left to remove.
    let again = office.go("pseudonymized", "out", &more);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(!said(&again).contains("removed from the linkage table"), "{}", said(&again));
    // A withdrawal that died between its list and its note leaves the files and the row.
    let (note, table) = (office.path("out.vault/journal/withdrawing.json"), office.path("out.vault/linkage.age"));
    let (rows, files) = (std::fs::read(&table).unwrap(), tree(&office.path("out")));
    let vault = tree(&office.path("out.vault"));
    assert_eq!(office.withdraw("out", &["--patient", &Person(2).id()]).status.code(), Some(0));
    let list = std::fs::read(office.path("out.vault/linkage.withdrawn")).unwrap();
    for (place, bytes) in files {
        write(&office.path("out").join(place), &bytes);
    }
    for (place, bytes) in vault.iter().filter(|(place, _)| *place != Path::new("linkage.age")) {
        std::fs::write(office.path("out.vault").join(place), bytes).unwrap();
    }
    std::fs::write(&table, rows).unwrap();
    std::fs::write(office.path("out.vault/linkage.withdrawn"), list).unwrap();
    assert!(!note.exists());
    let output = office.go("pseudonymized", "out", &more);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!([0, 1, 2, 3, 4].map(known), [1, 0, 0, 0, 1]);
}

#[test]
fn no_identifier_and_no_key_stands_in_the_process_list() {
    let office = Office::of(0..60);
    assert_eq!(office.go("pseudonymized", "first", &[]).status.code(), Some(0));
    let key = text(&office.path("first.vault/project.key"));
    let secrets = [text(&office.path("linkage.key")), key.clone(), text(&office.path("first.vault/signing.key"))];
    let secrets: Vec<String> = secrets
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap().trim().rsplit([' ', '\n']).next().unwrap().to_owned())
        .collect();
    let (release, input) = (text(&office.path("out")), text(&office.path("in")));
    let words = ["run", "--profile", "pseudonymized", "--key", &key, "--linkage-recipient", &office.recipient];
    let mut child = program()
        .args(words)
        .args(["--out", &release, &input])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let mut seen = 0;
    while child.try_wait().unwrap().is_none() {
        let threads = std::fs::read_dir(process.join("task")).into_iter().flatten().flatten();
        let names = threads.map(|thread| thread.path().join("comm"));
        for file in [process.join("cmdline"), process.join("environ")].into_iter().chain(names) {
            let Ok(bytes) = std::fs::read(&file) else { continue };
            seen += usize::from(bytes.starts_with(b"/") && holds(&bytes, office.recipient.as_bytes()));
            for number in 0..60 {
                let person = Person(number);
                for word in [person.id(), person.name(), person.study()] {
                    assert!(!holds(&bytes, word.as_bytes()), "{}", file.display());
                }
            }
            assert!(!secrets.iter().any(|secret| holds(&bytes, secret.as_bytes())), "{}", file.display());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(seen > 0, "the run was over before anybody looked");
}

#[test]
fn a_destroyed_table_is_gone_and_the_key_alone_still_withdraws() {
    let office = Office::of(0..2);
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    let vault = text(&office.path("out.vault"));
    assert_eq!(office.linkage("destroy", &["--vault", &vault, "--reason", "end"]).status.code(), Some(2));
    let output = office.linkage("destroy", &["--vault", &vault, "--reason", "end", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!office.path("out.vault/linkage.age").exists());
    assert!(office.log("out").contains("linkage-destroy"));
    assert_eq!(office.linkage("destroy", &["--vault", &vault, "--reason", "end", "--yes"]).status.code(), Some(2));
    assert_eq!(office.withdraw("out", &["--patient", &Person(1).id()]).status.code(), Some(0));
    assert_eq!(office.pseudonyms("out").len(), 1);
}

#[test]
fn a_table_that_is_damaged_open_to_others_or_cannot_be_written_stops_the_run_before_the_release() {
    use std::os::unix::fs::PermissionsExt;
    let office = Office::of(0..2);
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    let table = office.path("out.vault/linkage.age");
    let (whole, release) = (std::fs::read(&table).unwrap(), tree(&office.path("out")));
    Person(7).admit(&office.path("in"), 1);
    let refused = |expected: &str| {
        let output = office.go("pseudonymized", "out", &[]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(expected), "{}", said(&output));
        assert_eq!(outputs(&office.path("out")).len(), 2);
        assert!(tree(&office.path("out")) == release);
    };
    let mut damaged = whole.clone();
    damaged[10] ^= 1;
    std::fs::write(&table, &damaged).unwrap();
    refused("line 1");
    std::fs::write(&table, &whole).unwrap();
    std::fs::set_permissions(&table, std::fs::Permissions::from_mode(0o644)).unwrap();
    refused("mode 644");
    std::fs::remove_file(&table).unwrap();
    std::fs::create_dir(&table).unwrap();
    refused("cannot be read or written");
    std::fs::remove_dir(&table).unwrap();
    // A line cut short by a run that died: cut off, and told.
    std::fs::write(&table, &whole[..whole.len() - 9]).unwrap();
    std::fs::set_permissions(&table, std::fs::Permissions::from_mode(0o600)).unwrap();
    let output = office.go("pseudonymized", "out", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("cut short"), "{}", said(&output));
    assert_eq!(office.pseudonym("out", Person(0)).len() + office.pseudonym("out", Person(1)).len(), 32);
}

fn kill_after(words: &[OsString], delay: Duration) {
    let mut child = program().args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(delay);
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn a_killed_run_leaves_no_pseudonym_without_its_row() {
    let office = Office::of(0..40);
    let start = Instant::now();
    assert_eq!(office.go("pseudonymized", "whole", &[]).status.code(), Some(0));
    let time = start.elapsed();
    let key = text(&office.path("whole.vault/project.key"));
    let expected = outputs(&office.path("whole"));
    let mut numbers = Numbers::new(11);
    // TOKUMEI_ROUNDS=100 makes it a hundred kills.
    let rounds = std::env::var("TOKUMEI_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    for round in 0..rounds {
        let out = format!("out{round}");
        let (release, input) = (text(&office.path(&out)), text(&office.path("in")));
        let words = ["run", "--profile", "pseudonymized", "--key", &key, "--linkage-recipient", &office.recipient];
        let words: Vec<OsString> = words.iter().chain(&["--out", &release, &input]).map(OsString::from).collect();
        kill_after(&words, time.mul_f64(numbers.below(1000) as f64 / 1000.0));
        let there = office.pseudonyms(&out);
        if !there.is_empty() {
            let rows = office.lookup(&out, &["--patients", &text(&all(&office))]);
            let known: BTreeSet<String> =
                rows.as_array().unwrap().iter().map(|row| row["pseudonym"].as_str().unwrap().to_string()).collect();
            assert!(there.is_subset(&known), "round {round}");
        }
        let again = office.go("pseudonymized", &out, &["--key", &key]);
        assert_eq!(again.status.code(), Some(0), "round {round}: {}", said(&again));
        assert!(outputs(&office.path(&out)) == expected, "round {round}");
        let rows = office.lookup(&out, &["--patients", &text(&all(&office))]);
        assert_eq!(rows.as_array().unwrap().len(), 40, "round {round}");
        let states = index(&office.path(&format!("{out}.vault")));
        assert!(states.len() == 40 && states.iter().all(|row| row.state == "released"), "round {round}");
        std::fs::remove_dir_all(office.path(&out)).unwrap();
        std::fs::remove_dir_all(office.path(&format!("{out}.vault"))).unwrap();
    }
}

/// Writes a list of everybody.
fn all(office: &Office) -> PathBuf {
    let path = office.path("all.csv");
    write(&path, (0..40).map(|number| Person(number).id() + "\n").collect::<String>().as_bytes());
    path
}

#[test]
fn no_identifier_and_no_key_stands_anywhere_outside_index_and_table() {
    let office = Office::of(0..8);
    // Folders of the originals bear no identifier here, so nothing in the vault may either.
    assert_eq!(office.go("pseudonymized", "out", &[]).status.code(), Some(0));
    assert_eq!(office.withdraw("out", &["--patient", &Person(3).id()]).status.code(), Some(0));
    let secret = std::fs::read_to_string(office.path("out.vault/project.key")).unwrap();
    let private = std::fs::read_to_string(office.path("linkage.key")).unwrap();
    let private = private.lines().last().unwrap();
    for (name, bytes) in
        [tree(&office.path("out")), tree(&office.path("out.vault")), tree(&office.path(".out.staging"))]
            .into_iter()
            .flatten()
    {
        for number in 0..8 {
            let person = Person(number);
            for word in [person.id(), person.name(), person.study()] {
                assert!(!holds(&bytes, word.as_bytes()), "{}", name.display());
            }
        }
        let is_key = name == Path::new("project.key");
        assert!(is_key || !holds(&bytes, secret.trim().rsplit(' ').next().unwrap().as_bytes()), "{}", name.display());
        assert!(!holds(&bytes, private.as_bytes()), "{}", name.display());
    }
}

#[test]
fn r2_01_without_a_key_a_person_of_several_ids_is_taken_out_by_id_or_pseudonym_alike() {
    let office = Office::of(0..5);
    // Person 0 was person 1 before; 2 and 3 both say that they had an ID of which there is no image.
    let also = |number: u32, other: &str| {
        let image = Person(number).image(9, &format!("OtherPatientIDs \"{other}\"\n"));
        write(&office.path(&format!("in/{number:04}/9.dcm")), &image);
    };
    also(0, &Person(1).id());
    also(2, "OLD-7");
    also(3, "OLD-7");
    let identity = text(&office.path("linkage.key"));
    for (at, (one, other)) in [(0, 1), (1, 0), (2, 3), (3, 2)].into_iter().enumerate() {
        for way in ["pseudonym", "pseudonym and table", "id"] {
            let out = format!("{at}-{}", way.len());
            let output = office.go("hipaa-safe-harbor", &out, &[]);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            let [own, others] = [one, other].map(|number| office.pseudonym_of(&out, Person(number)));
            let output = match way {
                "pseudonym" => office.withdraw(&out, &["--pseudonym", &own]),
                "id" => office.withdraw(&out, &["--patient", &Person(one).id(), "--identity", &identity]),
                _ => office.withdraw(&out, &["--pseudonym", &own, "--identity", &identity]),
            };
            assert_eq!(output.status.code(), Some(0), "{way}: {}", said(&output));
            let left = office.pseudonyms(&out);
            assert_eq!(left.len(), 3, "{one} by {way}: {}", said(&output));
            assert!(!left.contains(&own) && !left.contains(&others), "{one} by {way}");
        }
    }
}

#[test]
fn r2_01_where_hundreds_share_a_number_a_pseudonym_alone_withdraws_whom_it_stands_for() {
    let office = Office::of(0..0);
    let last = 256;
    for number in 0..=last {
        let image = Person(number).image(1, "OtherPatientIDs \"CLINIC-77\"\n");
        write(&office.path(&format!("in/{number:04}/1.dcm")), &image);
    }
    let identity = text(&office.path("linkage.key"));
    let output = office.go("hipaa-safe-harbor", "out", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = office.withdraw("out", &["--patient", &Person(3).id(), "--identity", &identity]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("a placeholder that many share"), "{}", said(&output));
    assert_eq!(office.pseudonyms("out").len(), last as usize + 1);
    for (number, identity) in [(3, vec![]), (4, vec!["--identity", identity.as_str()])] {
        let own = office.pseudonym_of("out", Person(number));
        let output = office.withdraw("out", &[vec!["--pseudonym", own.as_str()], identity].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(!office.pseudonyms("out").contains(&own));
    }
    assert_eq!(office.pseudonyms("out").len(), last as usize - 1);
}

#[test]
fn safe_harbor_identifiers_are_random_and_only_the_table_leads_back() {
    let office = Office::of(0..6);
    for out in ["one", "two"] {
        let output = office.go("hipaa-safe-harbor", out, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(!office.path(&format!("{out}.vault/project.key")).exists());
    }
    assert!(office.pseudonyms("one").is_disjoint(&office.pseudonyms("two")));
    let rows = office.lookup("one", &["--patient", &Person(4).id()]);
    let pseudonym = rows[0]["pseudonym"].as_str().unwrap();
    let study = rows[0]["studies"][0].as_array().unwrap();
    assert_eq!(study[0], Person(4).study());
    assert!(office.path("one/dicom").join(pseudonym).join(study[1].as_str().unwrap()).is_dir());
    // The key is gone: people are found by the table, or by pseudonym.
    let blind = office.withdraw("one", &["--patient", &Person(4).id()]);
    assert_eq!(blind.status.code(), Some(2), "{}", said(&blind));
    let identity = text(&office.path("linkage.key"));
    let output = office.withdraw("one", &["--patient", &Person(4).id(), "--identity", &identity]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let other = office.pseudonyms("one").into_iter().next().unwrap();
    assert_eq!(office.withdraw("one", &["--pseudonym", &other]).status.code(), Some(0));
    assert_eq!((office.pseudonyms("one").len(), outputs(&office.path("one")).len()), (4, 4));
    assert!(!office.pseudonyms("one").contains(pseudonym) && is_sound(&office.path("one")));
    // A vault of another release changes nothing here.
    let wrong = text(&office.path("two.vault"));
    let output = office.withdraw("one", &["--pseudonym", &other, "--vault", &wrong]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_eq!(outputs(&office.path("one")).len(), 4);
    // Without a key nothing joins a table.
    write(&office.path("t.csv"), b"patient_id\nx\n");
    let (release, table, new) = (text(&office.path("two")), text(&office.path("t.csv")), text(&office.path("n.csv")));
    let output = tokumei([
        "ids",
        "map",
        "--release",
        &release,
        "--column",
        "patient_id",
        "--reason",
        "r",
        "--out",
        &new,
        &table,
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("destroyed"), "{}", said(&output));
}
