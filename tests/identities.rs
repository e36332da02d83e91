//! A person is found under whichever of their IDs, as the gate of a run finds them (R2-01, R4-10), and what names nobody is said
//! before anybody is taken out.

use crate::people::{Person, hospital};
use crate::support::{outputs, run, said, tokumei, tree, write};
use std::path::PathBuf;
use std::process::Output;

/// A release of people, some of whom have other IDs.
struct Clinic(tempfile::TempDir);

impl Clinic {
    fn of(people: std::ops::Range<u32>) -> Clinic {
        let clinic = Clinic(tempfile::tempdir().unwrap());
        hospital(&clinic.path("in"), people);
        clinic
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// Gives a person an image that states more.
    fn admit(&self, number: u32, more: &str) {
        write(&self.path(&format!("in/{number:04}/9.dcm")), &Person(number).image(9, more));
    }

    fn go(&self, profile: &str, more: &[&str]) -> Output {
        let output = run(profile, &self.path("out"), more, &[&self.path("in")]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        output
    }

    /// Returns the words for a consent file that keeps people out.
    fn consent(&self, out: &[u32]) -> [&'static str; 4] {
        let rows: String = out.iter().map(|number| format!("{},opted-out\n", Person(*number).id())).collect();
        std::fs::write(self.path("c.csv"), format!("patient_id,state\n{rows}")).unwrap();
        ["--consent", self.text("c.csv").leak(), "--purpose", "research"]
    }

    fn certify(&self, id: &str, more: &[&str]) -> Output {
        tokumei([&["audit", "certify", &self.text("out"), "--patient", id], more].concat())
    }

    fn withdraw(&self, more: &[&str]) -> Output {
        tokumei([&["linkage", "withdraw", "--release", &self.text("out"), "--reason", "letter"], more].concat())
    }

    fn list(&self, rows: &[&str]) -> String {
        std::fs::write(self.path("who.csv"), format!("patient_id\n{}\n", rows.join("\n"))).unwrap();
        self.text("who.csv")
    }

    fn files(&self) -> usize {
        outputs(&self.path("out")).len()
    }
}

fn refused(output: &Output, code: i32, expected: &str) {
    assert_eq!(output.status.code(), Some(code), "{expected}: {}", said(output));
    assert!(said(output).contains(expected), "{expected}: {}", said(output));
    assert!(!said(output).contains("KRT70"), "{}", said(output));
}

#[test]
fn r4_10_a_certificate_is_true_of_the_person_and_not_of_one_id_alone() {
    let clinic = Clinic::of(0..3);
    let old = Person(1).id();
    // Person 0 was person 1 before, and OLD-7 before that; both have images in the release.
    clinic.admit(0, &format!("OtherPatientIDs \"{old}\\OLD-7\"\n"));
    clinic.admit(2, "OtherPatientIDs \"OLD-9\"\n");
    std::fs::write(clinic.path("c.csv"), format!("patient_id,state\n{},opted-out\n", Person(2).id())).unwrap();
    clinic.go("pseudonymized", &["--consent", &clinic.text("c.csv"), "--purpose", "research"]);
    for id in ["OLD-7", "old-7", &Person(0).id(), &old] {
        refused(&clinic.certify(id, &[]), 1, "something of this person is in the release");
    }
    // Whoever is out has a certificate for all of their IDs, whichever is asked for.
    for id in ["OLD-9", &Person(2).id()] {
        let paper = clinic.text("paper.json");
        let output = clinic.certify(id, &["--out", &paper]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(!said(&output).contains("has met"), "{}", said(&output));
        let verified = tokumei(["audit", "verify", "--certificate", &paper]);
        assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
        assert!(said(&verified).contains("2 identities"), "{}", said(&verified));
        std::fs::remove_file(&paper).unwrap();
    }
    let stranger = clinic.certify("KRT1", &[]);
    assert_eq!(stranger.status.code(), Some(0), "{}", said(&stranger));
    assert!(said(&stranger).contains("check how they are written"), "{}", said(&stranger));
    // The list of who is who is missed where it was thinned out.
    let path = clinic.path("out.vault/journal/identities.list");
    assert!(std::fs::read_to_string(&path).unwrap().contains("tokumei-identities-1"));
    std::fs::write(&path, "").unwrap();
    refused(&clinic.certify("OLD-7", &[]), 2, "has lost lines");
    let names = tree(&clinic.path("out"));
    assert!(!names.values().any(|bytes| crate::support::holds(bytes, b"identities_list")));
}

#[test]
fn r4_10_an_anonymized_run_certifies_a_person_for_each_of_their_ids() {
    let clinic = Clinic::of(0..3);
    clinic.admit(0, &format!("OtherPatientIDs \"{}\"\n", Person(1).id()));
    clinic.go("anonymized", &clinic.consent(&[0, 2]));
    assert!(outputs(&clinic.path("out")).is_empty());
    let papers = std::fs::read_dir(clinic.path("out.vault/certificates")).unwrap();
    let texts: Vec<String> = papers.map(|paper| std::fs::read_to_string(paper.unwrap().path()).unwrap()).collect();
    assert_eq!(texts.len(), 2);
    assert!([0, 2].iter().all(|number| texts.iter().any(|text| text.contains(&Person(*number).id()))));
}

#[test]
fn r4_09_an_opt_out_keeps_a_person_out_under_each_of_their_ids() {
    for profile in ["pseudonymized", "anonymized", "ps315-basic"] {
        let clinic = Clinic::of(0..5);
        // Of 0, 1 and 2 one person is made by images of 0 and 2; that of 1 says nothing. Nobody has the IDs of 3 and 4.
        clinic.admit(0, &format!("OtherPatientIDs \"{}\"\n", Person(1).id()));
        clinic.admit(2, &format!("OtherPatientIDs \"UNKNOWN\\{}\"\n", Person(1).id()));
        clinic.admit(3, "OtherPatientIDs \"UNKNOWN\\000\"\n");
        clinic.admit(4, "OtherPatientIDs \"000\"\n");
        clinic.go(profile, &clinic.consent(&[0, 3]));
        let index = std::fs::read_to_string(clinic.path("out.vault/index.csv")).unwrap();
        assert_eq!(index.matches("consent-opted-out").count(), 7, "{profile}: {index}");
        assert_eq!(clinic.files(), 2, "{profile}");
    }
}

#[test]
fn r4_09_a_later_opt_out_takes_a_person_out_under_each_of_their_ids() {
    let clinic = Clinic::of(0..5);
    clinic.admit(0, &format!("OtherPatientIDs \"{}\"\n", Person(1).id()));
    clinic.go("pseudonymized", &clinic.consent(&[4]));
    assert_eq!(clinic.files(), 5);
    // Neither is among the inputs.
    let more = clinic.consent(&[4, 0]);
    let again = run("pseudonymized", &clinic.path("out"), &more, &[&clinic.path("in/0003")]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(clinic.files(), 2, "{}", said(&again));
    let table = clinic.list(&[&Person(0).id(), &Person(1).id(), &Person(2).id()]);
    let (release, out) = (clinic.text("out"), clinic.text("mapped.csv"));
    let mut words = vec!["ids", "map", "--release", &release, "--column", "patient_id", "--reason", "join"];
    words.extend(more.iter().chain(&["--out", &out, &table]));
    let mapped = tokumei(words);
    assert_eq!(mapped.status.code(), Some(0), "{}", said(&mapped));
    assert_eq!(std::fs::read_to_string(clinic.path("mapped.csv")).unwrap().lines().count(), 2);
}

#[test]
fn r2_01_a_withdrawal_takes_all_that_is_of_the_person_and_lets_none_of_it_back() {
    for by in ["OLD-7", "id", "old", "pseudonym"] {
        let clinic = Clinic::of(0..4);
        let old = Person(1).id();
        clinic.admit(0, &format!("OtherPatientIDs \"{old}\\OLD-7\"\n"));
        clinic.go("pseudonymized", &[]);
        assert_eq!(clinic.files(), 5);
        let output = match by {
            "OLD-7" => clinic.withdraw(&["--patient", "old-7"]),
            "id" => clinic.withdraw(&["--patient", &Person(0).id()]),
            "old" => clinic.withdraw(&["--patient", &old, "--operator", "Dr. O"]),
            _ => {
                let folder = std::fs::read_dir(clinic.path("out/dicom")).unwrap();
                let two = folder
                    .map(|entry| entry.unwrap().path())
                    .find(|path| outputs(path.parent().unwrap()).is_empty() && tree(path).len() == 2)
                    .unwrap();
                clinic.withdraw(&["--pseudonym", &two.file_name().unwrap().to_string_lossy()])
            }
        };
        assert_eq!(output.status.code(), Some(0), "{by}: {}", said(&output));
        assert_eq!(clinic.files(), 2, "{by}: {}", said(&output));
        // New images under each ID stay out, though they state no other.
        write(&clinic.path("in/new/1.dcm"), &Person(1).image(7, ""));
        write(&clinic.path("in/new/2.dcm"), &Person(3).image(8, "PatientID \"OLD-7\"\nPatientName \"A\"\n"));
        clinic.go("pseudonymized", &[]);
        assert_eq!(clinic.files(), 2, "{by}");
        let log = std::fs::read_to_string(clinic.path("out.vault/journal/execution.jsonl")).unwrap();
        let line = log.lines().find(|line| line.contains("linkage-withdraw")).unwrap();
        assert!(line.contains(&format!("\"object\":\"{}\"", clinic.text("out"))), "{line}");
        assert_eq!(line.contains("\"actor\":\"Dr. O\""), by == "old", "{line}");
    }
}

#[test]
fn r2_01_zeros_that_a_spreadsheet_took_withdraw_and_certify_nobody() {
    let clinic = Clinic::of(0..1);
    clinic.admit(1, "PatientID \"00123\"\n");
    clinic.go("pseudonymized", &[]);
    let before = tree(&clinic.path("out"));
    refused(&clinic.certify("123", &[]), 2, "leading zeros");
    let list = clinic.list(&[&Person(0).id(), "123", "0123"]);
    refused(&clinic.withdraw(&["--patients", &list]), 2, "lines 3, 4");
    assert!(tree(&clinic.path("out")) == before);
    assert_eq!(clinic.certify("123", &["--exact"]).status.code(), Some(0));
    assert_eq!(clinic.withdraw(&["--patient", "00123"]).status.code(), Some(0));
    assert_eq!(clinic.files(), 1);
}

#[test]
fn r2_01_where_issuers_tell_people_apart_an_id_without_one_means_nobody_unless_it_is_the_only_one() {
    let clinic = Clinic(tempfile::tempdir().unwrap());
    let profile = clinic.text("issuers.toml");
    let text =
        "name = \"issuers\"\nversion = \"1\"\nextends = \"pseudonymized\"\n[policy]\nissuer_as_namespace = true\n";
    std::fs::write(&profile, text).unwrap();
    let with = |number: u32, id: &str, issuer: &str| {
        clinic.admit(number, &format!("PatientID \"{id}\"\nIssuerOfPatientID \"{issuer}\"\n"));
    };
    with(1, "77", "H1");
    with(2, "77", "H2");
    with(3, "88", "H1");
    clinic.admit(4, "PatientID \"99\"\n");
    clinic.go(&profile, &[]);
    let own = ["--profile", profile.as_str()];
    let ask = |id: &str, more: &[&str]| clinic.certify(id, &[&own[..], more].concat());
    refused(&ask("77", &[]), 2, "by issuer");
    refused(&ask("77", &["--issuer", "H3"]), 2, "by issuer");
    refused(&ask("99", &["--issuer", "H1"]), 2, "by issuer");
    refused(&ask("88", &[]), 1, "something of this person");
    refused(&ask("88", &["--site", "elsewhere"]), 2, "another site");
    let take = |id: &str, more: &[&str]| clinic.withdraw(&[&own[..], &["--patient", id], more].concat());
    refused(&take("77", &[]), 2, "by issuer");
    refused(&take("77", &["--issuer", "H3"]), 2, "by issuer");
    assert_eq!(take("77", &["--issuer", "H2"]).status.code(), Some(0));
    assert_eq!(clinic.files(), 3);
    assert_eq!(ask("77", &["--issuer", "H2"]).status.code(), Some(0));
    refused(&ask("77", &["--issuer", "H1"]), 1, "something of this person");
    assert_eq!(take("88", &[]).status.code(), Some(0));
    assert_eq!(take("77", &["--all-issuers"]).status.code(), Some(0));
    assert_eq!(clinic.files(), 1);
    // Whoever has the release and not the profile is told what the page needs; the release is no worse for it.
    let verified = tokumei(["audit", "verify", &clinic.text("out")]);
    refused(&verified, 0, "not checked: it follows from the profile issuers");
    let verified = tokumei(["audit", "verify", &clinic.text("out"), "--profile", &profile]);
    refused(&verified, 0, "report.html follows");
}

#[test]
fn r2_01_one_wrong_id_in_a_list_withdraws_nobody_until_that_is_said() {
    let clinic = Clinic::of(0..4);
    clinic.go("pseudonymized", &[]);
    let before = [tree(&clinic.path("out")), tree(&clinic.path("out.vault"))];
    let list = clinic.list(&[&Person(0).id(), "KRT9", &Person(1).id(), "KRT8"]);
    refused(&clinic.withdraw(&["--patients", &list]), 2, "lines 3, 5");
    assert!([tree(&clinic.path("out")), tree(&clinic.path("out.vault"))] == before);
    refused(&clinic.withdraw(&["--patients", &list, "--dry-run"]), 1, "2 files of 2 people would be removed");
    assert!([tree(&clinic.path("out")), tree(&clinic.path("out.vault"))] == before);
    let output = clinic.withdraw(&["--patients", &list, "--also-unknown"]);
    refused(&output, 1, "lines 3, 5");
    assert_eq!(clinic.files(), 2);
    // By now all of them are known to have withdrawn: saying it again is no fault.
    assert_eq!(clinic.withdraw(&["--patients", &list]).status.code(), Some(0));
    write(&clinic.path("in/new/1.dcm"), &Person(3).image(7, "PatientID \"KRT9\"\nPatientName \"A\"\n"));
    clinic.go("pseudonymized", &[]);
    assert_eq!(clinic.files(), 2);
}

#[test]
fn what_is_said_of_the_withdrawn_of_a_dry_run_and_of_an_edited_root_is_true() {
    let clinic = Clinic::of(0..2);
    let dry = run("pseudonymized", &clinic.path("out"), &["--dry-run"], &[&clinic.path("in")]);
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    assert!(!said(&dry).contains("there already") && !said(&dry).contains("destroyed"), "{}", said(&dry));
    clinic.go("pseudonymized", &[]);
    assert_eq!(clinic.withdraw(&["--patient", &Person(1).id()]).status.code(), Some(0));
    let output = clinic.certify(&Person(1).id(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!said(&output).contains("has met"), "{}", said(&output));
    let root = clinic.path("out/audit/root.json");
    let text = std::fs::read_to_string(&root).unwrap();
    std::fs::write(&root, text.replacen("\"leaves\":1", "\"leaves\":2", 1)).unwrap();
    let again = run("pseudonymized", &clinic.path("out"), &[], &[&clinic.path("in")]);
    refused(&again, 2, "the root of the release was edited");
    refused(&clinic.withdraw(&["--patient", &Person(0).id()]), 2, "the root of the release was edited");
}

#[test]
fn r2_01_whoever_is_only_held_back_can_withdraw_and_stays_here() {
    let clinic = Clinic::of(0..2);
    // Two people under one ID: held back, and in no list of people.
    clinic.admit(1, &format!("PatientID \"{}\"\nPatientName \"OTHER^NAME\"\n", Person(1).id()));
    let output = run("pseudonymized", &clinic.path("out"), &[], &[&clinic.path("in")]);
    assert_eq!((output.status.code(), clinic.files()), (Some(1), 1), "{}", said(&output));
    refused(&clinic.withdraw(&["--patient", "KRT9"]), 2, "neither the release nor its vault");
    let before = tree(&clinic.path("out/dicom"));
    let output = clinic.withdraw(&["--patient", &Person(1).id()]);
    refused(&output, 0, "of 1 patient IDs the release held nothing; no later run will let them in");
    assert!(tree(&clinic.path("out/dicom")) == before);
    // When the conflict is settled, nobody comes in.
    std::fs::remove_file(clinic.path("in/0001/9.dcm")).unwrap();
    clinic.go("pseudonymized", &[]);
    assert_eq!(clinic.files(), 1);
    let list = std::fs::read(clinic.path("out.vault/journal/identities.list")).unwrap();
    clinic.go("pseudonymized", &[]);
    assert_eq!(std::fs::read(clinic.path("out.vault/journal/identities.list")).unwrap(), list);
}

#[test]
fn r4_26_whoever_turns_people_into_pseudonyms_or_back_leaves_a_name_a_reason_and_what_it_was_done_to() {
    let clinic = Clinic::of(0..3);
    let key = clinic.text("linkage.key");
    let made = tokumei(["linkage", "new-key", "--format", "json", &key]);
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    clinic.go("pseudonymized", &["--linkage-recipient", made["recipient"].as_str().unwrap()]);
    let (release, vault, table) = (clinic.text("out"), clinic.text("out.vault"), clinic.list(&[&Person(0).id()]));
    let new = clinic.text("new.csv");
    let map = ["ids", "map", "--release", &release, "--column", "patient_id", "--out", &new, &table];
    assert_eq!(tokumei(map).status.code(), Some(2));
    assert_eq!(tokumei([&map[..], &["--reason", " "]].concat()).status.code(), Some(2));
    let who = ["--operator", "Mori Yu"];
    let mapped = tokumei([&map[..], &["--reason", "registry"], &who].concat());
    assert_eq!(mapped.status.code(), Some(0), "{}", said(&mapped));
    let list = clinic.list(&[&Person(0).id(), "KRT9"]);
    let look = ["linkage", "lookup", "--vault", &vault, "--identity", &key, "--patients", &list, "--reason", "finding"];
    let looked = tokumei([&look[..], &who].concat());
    assert_eq!(looked.status.code(), Some(1), "{}", said(&looked));
    assert!(said(&looked).contains("lines 3"), "{}", said(&looked));
    let frozen = crate::support::freeze(&clinic.path("out"), "pseudonymized", &[]);
    assert_eq!(frozen.status.code(), Some(0), "{}", said(&frozen));
    let gone = clinic.withdraw(&[&["--patient", &Person(1).id()][..], &who].concat());
    assert_eq!(gone.status.code(), Some(0), "{}", said(&gone));
    let destroy = ["linkage", "destroy", "--vault", &vault, "--reason", "end", "--yes"];
    assert_eq!(tokumei([&destroy[..], &who].concat()).status.code(), Some(0));
    let log = std::fs::read_to_string(clinic.path("out.vault/journal/execution.jsonl")).unwrap();
    assert!(!log.contains("KRT"), "{log}");
    let kinds = ["ids-map", "linkage-lookup", "linkage-withdraw", "linkage-destroy", "linkage-destroyed"];
    for (kind, reason) in kinds.into_iter().zip(["registry", "finding", "letter", "end", "end"]) {
        let line = log.lines().find(|line| line.contains(&format!("\"kind\":\"{kind}\""))).unwrap();
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["actor"], &line["reason"]), (&"Mori Yu".into(), &reason.into()), "{line}");
        assert!(line["object"].as_str().unwrap().starts_with('/'), "{line}");
    }
}
