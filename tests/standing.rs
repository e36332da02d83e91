//! Old copies of a vault or a release let nobody back in who has withdrawn (R2-01, R4-10).

use crate::people::{Person, hospital};
use crate::support::{freeze, outputs, run, said, tokumei};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A release of people, with copies of it and its vault from before anybody withdrew.
struct Archive(tempfile::TempDir);

impl Archive {
    fn of(people: std::ops::Range<u32>) -> Archive {
        let folder = tempfile::tempdir().unwrap();
        hospital(&folder.path().join("in"), people);
        let archive = Archive(folder);
        let output = archive.go(&[]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        archive
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn go(&self, more: &[&str]) -> Output {
        run("pseudonymized", &self.path("out"), more, &[&self.path("in")])
    }

    fn withdraw(&self, person: u32) -> Output {
        let id = Person(person).id();
        tokumei(["linkage", "withdraw", "--release", &self.text("out"), "--patient", &id, "--reason", "letter"])
    }

    fn freeze(&self) -> Output {
        freeze(&self.path("out"), "pseudonymized", &[])
    }

    fn map(&self) -> Output {
        let rows: String = (0..4).map(|number| format!("{}\n", Person(number).id())).collect();
        std::fs::write(self.path("t.csv"), format!("patient_id\n{rows}")).unwrap();
        let (release, table, new) = (self.text("out"), self.text("t.csv"), self.text("new.csv"));
        tokumei(["ids", "map", "--release", &release, "--column", "patient_id", "--reason", "r", "--out", &new, &table])
    }

    fn verify(&self) -> Output {
        tokumei(["audit", "verify", &self.text("out"), "--vault", &self.text("out.vault")])
    }

    /// Copies a folder with its permissions, as a back-up does.
    fn copy(&self, from: &str, to: &str) {
        if self.path(to).exists() {
            std::fs::remove_dir_all(self.path(to)).unwrap();
        }
        assert!(Command::new("cp").arg("-a").args([self.path(from), self.path(to)]).status().unwrap().success());
    }

    fn people(&self) -> usize {
        std::fs::read_dir(self.path("out/dicom")).unwrap().count()
    }
}

fn refused(output: &Output, expected: &str) {
    assert_ne!(output.status.code(), Some(0), "{}", said(output));
    assert!(said(output).contains(expected), "{expected}: {}", said(output));
    assert!(!said(output).contains("KRT70"), "{}", said(output));
}

const LOST: &str = "has lost people";

#[test]
fn r2_01_a_vault_from_before_a_withdrawal_lets_nobody_back_in() {
    let archive = Archive::of(0..4);
    archive.copy("out.vault", "backup");
    assert_eq!(archive.withdraw(1).status.code(), Some(0));
    archive.copy("backup", "out.vault");
    for output in [archive.go(&[]), archive.withdraw(2), archive.map(), archive.freeze(), archive.go(&["--dry-run"])] {
        refused(&output, LOST);
    }
    refused(&archive.verify(), "run");
    assert_eq!(archive.people(), 3);
    assert!(!archive.path("new.csv").exists());
}

#[test]
fn r2_01_an_old_vault_and_a_release_without_its_root_let_nobody_back_in() {
    let archive = Archive::of(0..3);
    archive.copy("out.vault", "backup");
    assert_eq!(archive.withdraw(1).status.code(), Some(0));
    archive.copy("backup", "out.vault");
    std::fs::remove_file(archive.path("out/audit/root.json")).unwrap();
    refused(&archive.go(&[]), "root of the release is gone");
    std::fs::remove_dir_all(archive.path("out/audit")).unwrap();
    refused(&archive.go(&[]), "root of the release is gone");
    assert_eq!(archive.people(), 2);
}

#[test]
fn r2_01_a_list_that_is_removed_emptied_cut_or_altered_stops_everything() {
    let archive = Archive::of(0..4);
    assert_eq!(archive.withdraw(1).status.code(), Some(0));
    let path = archive.path("out.vault/linkage.withdrawn");
    let list = std::fs::read_to_string(&path).unwrap();
    let cut: Vec<&str> = list.lines().collect();
    let altered = list.replace(cut[1], &"0".repeat(32));
    for bad in [None, Some(String::new()), Some(cut[..2].join("\n") + "\n"), Some(altered)] {
        match &bad {
            None => std::fs::remove_file(&path).unwrap(),
            Some(text) => std::fs::write(&path, text).unwrap(),
        }
        for output in [archive.go(&[]), archive.withdraw(2), archive.map(), archive.freeze()] {
            refused(&output, LOST);
        }
        refused(&archive.verify(), "those who have withdrawn");
        // The log knows too, where the release does not.
        std::fs::rename(archive.path("out"), archive.path("aside")).unwrap();
        refused(&archive.go(&[]), LOST);
        let _ = std::fs::remove_dir_all(archive.path("out"));
        std::fs::rename(archive.path("aside"), archive.path("out")).unwrap();
    }
    std::fs::write(&path, &list).unwrap();
    let output = archive.go(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((archive.people(), archive.verify().status.code()), (3, Some(0)));
    // A list that goes on from the known one is what a withdrawal leaves that was killed.
    assert_eq!(archive.withdraw(2).status.code(), Some(0));
    assert_eq!(archive.verify().status.code(), Some(0));
}

#[test]
fn r2_01_a_release_from_before_a_withdrawal_loses_the_files_of_those_who_have_gone_since() {
    for again in ["run", "withdraw"] {
        let archive = Archive::of(0..4);
        archive.copy("out", "backup");
        assert_eq!(archive.withdraw(1).status.code(), Some(0));
        let expected = outputs(&archive.path("out"));
        archive.copy("backup", "out");
        assert_eq!(archive.people(), 4);
        for output in [archive.map(), archive.freeze()] {
            refused(&output, "have withdrawn");
        }
        refused(&archive.verify(), "earlier state");
        if again == "run" {
            let output = archive.go(&[]);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            assert!(said(&output).contains("old copy"), "{}", said(&output));
            assert!(log(&archive).contains("an older state of the release"));
        } else {
            let output = archive.withdraw(1);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            assert!(said(&output).contains("1 files of 1 people removed"), "{}", said(&output));
        }
        assert!(outputs(&archive.path("out")) == expected, "{again}");
        let verified = archive.verify();
        assert_eq!(verified.status.code(), Some(0), "{again}: {}", said(&verified));
    }
}

fn log(archive: &Archive) -> String {
    std::fs::read_to_string(archive.path("out.vault/journal/execution.jsonl")).unwrap()
}

#[test]
fn r2_01_single_files_of_people_who_have_withdrawn_are_found_though_no_paper_names_them() {
    let archive = Archive::of(0..3);
    archive.copy("out", "backup");
    assert_eq!(archive.withdraw(1).status.code(), Some(0));
    let back: Vec<PathBuf> = outputs(&archive.path("backup")).into_keys().collect();
    let put_back = || {
        for path in back.iter().map(|path| Path::new("dicom").join(path)) {
            let (from, to) = (archive.path("backup").join(&path), archive.path("out").join(&path));
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, to).unwrap();
        }
        assert_eq!(archive.people(), 3);
    };
    // The papers are new; files alone were put back. Somebody else is withdrawn, and they go too.
    put_back();
    assert_eq!(archive.withdraw(2).status.code(), Some(0));
    assert_eq!(archive.people(), 1);
    put_back();
    let output = archive.go(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((archive.people(), archive.verify().status.code()), (1, Some(0)));
    // What is of nobody who is out stays, and is told.
    std::fs::write(archive.path("out/dicom/note.txt"), "x").unwrap();
    let output = archive.go(&[]);
    refused(&output, "in none of its papers");
    assert!(archive.path("out/dicom/note.txt").exists());
}

#[test]
fn r2_01_papers_put_back_from_before_a_consent_file_do_not_keep_those_who_are_out() {
    let archive = Archive::of(0..3);
    let consent = archive.text("c.csv");
    let words = ["--consent", &consent, "--purpose", "research"];
    std::fs::write(&consent, "patient_id,state\n").unwrap();
    assert_eq!(archive.go(&words).status.code(), Some(0));
    archive.copy("out", "backup");
    std::fs::write(&consent, format!("patient_id,state\n{},opted-out\n", Person(1).id())).unwrap();
    assert_eq!(archive.go(&words).status.code(), Some(0));
    archive.copy("backup", "out");
    std::fs::remove_dir_all(archive.path("in/0001")).unwrap();
    assert_eq!(archive.go(&words).status.code(), Some(0));
    assert_eq!((archive.people(), archive.verify().status.code()), (2, Some(0)));
}

#[test]
fn a_vault_that_has_lost_its_journal_does_not_shrink_the_release() {
    let archive = Archive::of(0..2);
    archive.copy("out.vault", "backup");
    Person(2).admit(&archive.path("in"), 1);
    assert_eq!(archive.go(&[]).status.code(), Some(0));
    archive.copy("backup", "out.vault");
    std::fs::remove_dir_all(archive.path("in/0002")).unwrap();
    for output in [archive.go(&[]), archive.withdraw(0)] {
        refused(&output, "earlier state of itself");
    }
    assert_eq!((outputs(&archive.path("out")).len(), archive.people()), (3, 3));
}

#[test]
fn r4_10_certificates_are_asked_for_without_an_id_on_the_command_line() {
    use std::io::Write;
    let archive = Archive::of(0..2);
    let (release, folder) = (archive.text("out"), archive.text("papers"));
    let ids = |numbers: &[u32]| numbers.iter().map(|number| Person(*number).id() + "\n").collect::<String>();
    std::fs::write(archive.path("who.csv"), format!("patient_id\n{}", ids(&[7, 8, 1]))).unwrap();
    let certify = |more: &[&str]| tokumei([&["audit", "certify", &release][..], more].concat());
    let list = archive.text("who.csv");
    refused(&certify(&["--patients", &list]), "--out");
    let output = certify(&["--patients", &list, "--out", &folder]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("2 certificates; of 1 people"), "{}", said(&output));
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path().to_string_lossy().into_owned();
        assert_eq!(tokumei(["audit", "verify", "--certificate", &path]).status.code(), Some(0));
    }
    // From standard input, as a list of one.
    let mut child = crate::support::program()
        .args(["audit", "certify", &release, "--patients", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ids(&[7]).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("tokumei-exclusion-1"));
    assert_eq!(certify(&["--patient", &Person(7).id()]).status.code(), Some(0));
    // Where the key was destroyed, the message says so.
    let anonymized = archive.text("anonymized");
    let output = run("anonymized", Path::new(&anonymized), &[], &[&archive.path("in")]);
    if archive.path("anonymized/audit/root.json").exists() {
        refused(&tokumei(["audit", "certify", &anonymized, "--patients", &list, "--out", &folder]), "was destroyed");
    } else {
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    }
}

#[test]
fn what_is_wrong_with_arguments_keys_and_vaults_is_called_what_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let archive = Archive::of(0..2);
    refused(&archive.go(&["--modality", ""]), "nothing in it");
    refused(&archive.go(&["--modality", "MR,"]), "nothing in it");
    refused(&archive.go(&["--operator", ""]), "nothing in it");
    refused(&archive.go(&["--zzz"]), "--option=-value");
    let vault = archive.text("out.vault");
    std::fs::write(archive.path("out.vault/linkage.age"), "").unwrap();
    let look = ["linkage", "lookup", "--vault", &vault, "--pseudonym", "x", "--reason", "r", "--identity"];
    let look = |identity: &str| tokumei([&look[..], &[identity]].concat());
    refused(&look(&archive.text("nowhere.key")), "private key of the linkage table cannot be read");
    // A run that is refused leaves no vault.
    let foreign = archive.path("foreign");
    std::fs::create_dir_all(&foreign).unwrap();
    std::fs::write(foreign.join("x"), "x").unwrap();
    assert_eq!(run("pseudonymized", &foreign, &[], &[&archive.path("in")]).status.code(), Some(2));
    assert!(!archive.path("foreign.vault").exists());
    // A log that was changed is the vault's, not the release's.
    let path = archive.path("out.vault/journal/execution.jsonl");
    let log = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, log.replacen("seal", "sell", 1)).unwrap();
    refused(&archive.verify(), "the execution log is not as it was written");
    std::fs::write(&path, log).unwrap();
    std::fs::set_permissions(&vault, std::fs::Permissions::from_mode(0o755)).unwrap();
    let release = archive.text("out");
    let destroy = ["linkage", "destroy", "--vault", &vault, "--reason", "r", "--yes"];
    for output in
        [archive.map(), archive.verify(), look("x"), tokumei(destroy), tokumei(["dataset", "sample", &release])]
    {
        refused(&output, "755");
    }
}

#[test]
fn a_withdrawal_that_is_taken_up_again_says_what_it_took_out() {
    let archive = Archive::of(0..2);
    archive.copy("out.vault", "backup");
    assert_eq!(archive.withdraw(1).status.code(), Some(0));
    // What a withdrawal leaves that died behind the removal of its files.
    let root = std::fs::read_to_string(archive.path("out/manifest.jsonl")).unwrap();
    assert_eq!(root.lines().count(), 1);
    let gone = outputs(&archive.path("out")).len();
    assert_eq!(gone, 1);
    let note = serde_json::json!({
        "pseudonyms": ["GONE"], "releases": ["dicom/GONE/a/b/c.dcm"], "instances": ["c"], "reason": "x", "words": ["withdrawal"]
    });
    std::fs::write(archive.path("out.vault/journal/withdrawing.json"), note.to_string()).unwrap();
    let output = archive.withdraw(1);
    assert!(said(&output).contains("1 files of 1 people removed"), "{}", said(&output));
}

#[test]
fn a_certificate_says_nothing_about_a_later_state_of_the_release() {
    let archive = Archive::of(0..2);
    let (release, paper) = (archive.text("out"), archive.text("paper.json"));
    let certified = tokumei(["audit", "certify", &release, "--patient", &Person(2).id(), "--out", &paper]);
    assert_eq!(certified.status.code(), Some(0), "{}", said(&certified));
    let with_release = || tokumei(["audit", "verify", &release, "--certificate", &paper]);
    assert_eq!(with_release().status.code(), Some(0), "{}", said(&with_release()));
    Person(2).admit(&archive.path("in"), 1);
    assert_eq!(archive.go(&[]).status.code(), Some(0));
    let output = with_release();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("another state of the release"), "{}", said(&output));
    // Alone it still says what it said.
    assert_eq!(tokumei(["audit", "verify", "--certificate", &paper]).status.code(), Some(0));
}

/// A consent file of an archive: these people are out.
fn opt_out(archive: &Archive, people: &[u32]) -> Vec<String> {
    let rows: String = people.iter().map(|number| format!("{},opted-out\n", Person(*number).id())).collect();
    std::fs::write(archive.path("c.csv"), format!("patient_id,state\n{rows}")).unwrap();
    ["--consent", &archive.text("c.csv"), "--purpose", "research"].map(str::to_owned).to_vec()
}

#[test]
fn r4_09_the_list_of_those_whom_consent_has_kept_out_is_missed_when_it_is_removed_cut_altered_or_put_back() {
    let archive = Archive::of(0..4);
    let asked = |people: &[u32], more: &[&str]| {
        let words = opt_out(&archive, people);
        archive.go(&[words.iter().map(String::as_str).collect(), more.to_vec()].concat())
    };
    assert_eq!(asked(&[1], &[]).status.code(), Some(0));
    let path = archive.path("out.vault/journal/excluded.list");
    let first = std::fs::read_to_string(&path).unwrap();
    assert_eq!(asked(&[1, 2], &[]).status.code(), Some(0));
    let list = std::fs::read_to_string(&path).unwrap();
    assert_eq!((first.lines().count(), list.lines().count(), archive.people()), (1, 2, 2));
    let altered = list.replacen("opted-out", "unknown", 1);
    for bad in [None, Some(String::new()), Some(first), Some(altered), Some(list[..list.len() - 3].to_owned())] {
        match &bad {
            None => std::fs::remove_file(&path).unwrap(),
            Some(text) => std::fs::write(&path, text).unwrap(),
        }
        for output in [asked(&[], &[]), asked(&[], &["--readmit"]), archive.withdraw(3), archive.freeze()] {
            refused(&output, "has lost lines");
        }
        refused(&archive.verify(), "a list that the vault keeps of people");
        assert_eq!(archive.people(), 2);
    }
    // What a run has added that was killed before it wrote a paper is no fault, and the next run goes on with it.
    let more = format!("{list}{} consent-opted-out\n", "0".repeat(64));
    std::fs::write(&path, &more).unwrap();
    let root = std::fs::read(archive.path("out/audit/root.json")).unwrap();
    assert_eq!(asked(&[1, 2], &[]).status.code(), Some(0));
    assert_eq!(archive.verify().status.code(), Some(0));
    assert!(std::fs::read(archive.path("out/audit/root.json")).unwrap() != root);
    std::fs::write(&path, &list).unwrap();
    refused(&asked(&[1, 2], &[]), "has lost lines");
    std::fs::write(&path, &more).unwrap();
    // Whoever comes back stands in the list still, and a run that changes nothing says so.
    assert_eq!(asked(&[1], &["--readmit"]).status.code(), Some(0));
    let back = std::fs::read_to_string(&path).unwrap();
    assert!(back.starts_with(&more) && back.ends_with(" readmitted\n"), "{back}");
    let before = crate::support::tree(&archive.path("out"));
    assert_eq!((asked(&[1], &[]).status.code(), archive.people()), (Some(0), 3));
    assert!(crate::support::tree(&archive.path("out")) == before);
    std::fs::write(&path, &more).unwrap();
    refused(&asked(&[1], &[]), "has lost lines");
}
