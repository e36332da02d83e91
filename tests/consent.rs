//! Consent and selection: exactly those leave who may, and that is settled before anything is written (R4-09, R2-02,
//! R2-03, R2-05).

use crate::people::{Person, hospital};
use crate::support::{index, outputs, run, said, tree, write};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder with people in `in` and a consent file.
struct Ward(tempfile::TempDir);

impl Ward {
    fn of(people: std::ops::Range<u32>) -> Ward {
        let folder = tempfile::tempdir().unwrap();
        hospital(&folder.path().join("in"), people);
        Ward(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn consent(&self, bytes: &[u8]) -> PathBuf {
        let path = self.path("consent.csv");
        write(&path, bytes);
        path
    }

    fn go(&self, out: &str, more: &[&str]) -> std::process::Output {
        run("pseudonymized", &self.path(out), more, &[&self.path("in")])
    }

    fn with_consent(&self, out: &str, purpose: &str, more: &[&str]) -> std::process::Output {
        let file = self.path("consent.csv");
        self.go(out, &[&["--consent", &file.to_string_lossy(), "--purpose", purpose], more].concat())
    }

    /// Returns the numbers of the people in a state for a reason.
    fn people(&self, out: &str, state: &str, reason: &str) -> BTreeSet<u32> {
        let rows = index(&self.path(&format!("{out}.vault"))).into_iter();
        let number = |source: &str| Path::new(source).parent()?.file_name()?.to_str()?.parse().ok();
        rows.filter(|row| row.state == state && row.reason == reason).filter_map(|row| number(&row.source)).collect()
    }
}

fn set(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
    numbers.into_iter().collect()
}

#[test]
fn of_a_thousand_people_exactly_those_leave_who_may() {
    let ward = Ward::of(0..1000);
    let mut text = String::from("患者ID,状態\r\n");
    for number in 0..1000 {
        let state = match number {
            _ if number % 10 == 3 => "オプトアウト",
            _ if number % 20 == 6 => "未通知",
            _ if number % 2 == 0 => "同意",
            _ => continue,
        };
        text.push_str(&format!("{},{state}\r\n", Person(number).id()));
    }
    let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(&text);
    ward.consent(&shift_jis);
    let output = ward.with_consent("research", "research", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let out = set((0..1000).filter(|number| number % 10 == 3));
    let not_notified = set((0..1000).filter(|number| number % 20 == 6));
    assert_eq!((out.len(), not_notified.len()), (100, 50));
    assert_eq!(ward.people("research", "excluded", "consent-opted-out"), out);
    assert_eq!(ward.people("research", "excluded", "consent-not-notified"), not_notified);
    assert_eq!(ward.people("research", "released", "").len(), 850);
    assert_eq!(outputs(&ward.path("research")).len(), 850);
    // The same people for a product: only those who have said yes.
    let output = ward.with_consent("product", "product", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let agreed = set((0..1000).filter(|number| number % 2 == 0 && number % 20 != 6));
    assert_eq!(ward.people("product", "released", ""), agreed);
    assert_eq!(ward.people("product", "excluded", "consent-unknown").len(), 400);
}

#[test]
fn dates_and_purposes_of_a_consent_are_kept() {
    let ward = Ward::of(0..7);
    let id = |number| Person(number).id();
    // Every study is of 2024-03-01.
    let text = format!(
        "patient_id,state,from,to,purposes\n{},consented,2024-03-01,2024/3/1,research;product\n\
         {},consented,20240302,,*\n{},consented,,2024年2月29日,*\n{},consented,,,product\n{},opted-out,,,product\n\
         {},opted-out,,,\n",
        id(0),
        id(1),
        id(2),
        id(3),
        id(4),
        id(5)
    );
    ward.consent(text.as_bytes());
    assert_eq!(ward.with_consent("research", "research", &[]).status.code(), Some(0));
    assert_eq!(ward.people("research", "released", ""), set([0, 4, 6]));
    assert_eq!(ward.people("research", "excluded", "consent-outside-dates"), set([1, 2]));
    assert_eq!(ward.people("research", "excluded", "consent-other-purpose"), set([3]));
    assert_eq!(ward.with_consent("product", "product", &[]).status.code(), Some(0));
    assert_eq!(ward.people("product", "released", ""), set([0, 3]));
    assert_eq!(ward.with_consent("strict", "research", &["--unknown", "exclude"]).status.code(), Some(0));
    assert_eq!(ward.people("strict", "released", ""), set([0]));
}

#[test]
fn instances_that_name_no_patient_or_no_date_do_not_slip_out() {
    let ward = Ward::of(0..1);
    let person = Person(0);
    write(&ward.path("in/0001/1.dcm"), &Person(1).image(1, "PatientID \"\"\n"));
    write(&ward.path("in/0002/1.dcm"), &Person(2).image(1, "StudyDate \"\"\n"));
    write(
        &ward.path("in/0003/1.dcm"),
        &Person(3).image(1, "PatientID \"　ｋｒｔ７００００３ \"\nSpecificCharacterSet \"ISO_IR 192\"\n"),
    );
    // Somebody who is out, and a second value.
    let two = format!("PatientID \"{}\\XX\"\n", Person(3).id());
    write(&ward.path("in/0004/1.dcm"), &Person(4).image(1, &two));
    let yen = two + "SpecificCharacterSet \"ISO_IR 13\"\n";
    write(&ward.path("in/0005/1.dcm"), &Person(5).image(1, &yen));
    let text = format!(
        "patient_id,state,from\n{},consented,2020-01-01\n{},consented,2020-01-01\n{},opted-out,\n",
        person.id(),
        Person(2).id(),
        Person(3).id()
    );
    ward.consent(text.as_bytes());
    let output = ward.with_consent("out", "research", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(ward.people("out", "released", ""), set([0]));
    assert_eq!(ward.people("out", "quarantined", "consent-patient-unclear"), set([1, 4, 5]));
    assert_eq!(ward.people("out", "quarantined", "consent-date-unclear"), set([2]));
    // Full-width letters and blanks make no second person here either.
    assert_eq!(ward.people("out", "excluded", "consent-opted-out"), set([3]));
}

#[test]
fn a_row_with_an_issuer_is_about_nobody_of_another_though_the_profile_ignores_issuers() {
    let ward = Ward::of(0..1);
    let of = |number: u32, issuer: &str| {
        let path = ward.path(&format!("in/{number:04}/1.dcm"));
        write(&path, &Person(number).image(1, &format!("IssuerOfPatientID \"{issuer}\"\n")));
    };
    (1..=2).for_each(|number| of(number, "HOSP_A"));
    (3..=6).for_each(|number| of(number, "HOSP_B"));
    let id = |number| Person(number).id();
    let text = format!(
        "patient_id,issuer,state\n{},HOSP_A,consented\n{},hosp_a,consented\n{},HOSP_A,opted-out\n{},HOSP_A,consented\n\
         {},HOSP_B,opted-out\n{},,consented\n{},HOSP_A,opted-out\n{},HOSP_B,consented\n",
        id(0),
        id(1),
        id(2),
        id(3),
        id(4),
        id(5),
        id(6),
        id(6)
    );
    ward.consent(text.as_bytes());
    let output = ward.with_consent("product", "product", &[]);
    assert_eq!(output.status.code(), Some(1));
    // A row that holds somebody back is about somebody.
    assert!(!said(&output).contains("lines 2"), "{}", said(&output));
    assert_eq!(ward.people("product", "released", ""), set([1, 5, 6]));
    assert_eq!(ward.people("product", "quarantined", "consent-issuer-unclear"), set([0]));
    assert_eq!(ward.people("product", "excluded", "consent-unknown"), set([3]));
    assert_eq!(ward.people("product", "excluded", "consent-opted-out"), set([2, 4]));
    assert_eq!(ward.with_consent("research", "research", &[]).status.code(), Some(1));
    assert_eq!(ward.people("research", "released", ""), set([1, 3, 5, 6]));
}

#[test]
fn an_opt_out_under_an_issuer_that_no_instance_states_holds_back_whoever_has_the_number() {
    let ward = Ward::of(0..1);
    for number in 1..=2 {
        let path = ward.path(&format!("in/{number:04}/1.dcm"));
        write(&path, &Person(number).image(1, "IssuerOfPatientID \"HOSP_A\"\n"));
    }
    let id = |number| Person(number).id();
    ward.consent(
        format!("patient_id,issuer,state\n{},HOSP_AA,opted-out\n{},HOSP_AA,consented\n", id(1), id(2)).as_bytes(),
    );
    for _ in 0..2 {
        assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(1));
        assert_eq!(ward.people("out", "released", ""), set([0, 2]));
        assert_eq!(ward.people("out", "quarantined", "consent-issuer-unclear"), set([1]));
    }
}

#[test]
fn whoever_opts_out_later_is_taken_out_by_the_next_run() {
    let ward = Ward::of(0..4);
    ward.consent(b"patient_id,state\n");
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(0));
    assert_eq!(outputs(&ward.path("out")).len(), 4);
    ward.consent(format!("patient_id,state\n{},opted-out\n", Person(2).id()).as_bytes());
    let output = ward.with_consent("out", "research", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("taken out of the release"), "{}", said(&output));
    assert_eq!(outputs(&ward.path("out")).len(), 3);
    assert_eq!(ward.people("out", "excluded", "consent-opted-out"), set([2]));
    let verified = crate::support::tokumei(["audit", "verify", &ward.path("out").to_string_lossy()]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    // A release made for one purpose takes nothing for another, and nothing of people who were not asked.
    assert_eq!(ward.with_consent("out", "product", &[]).status.code(), Some(2));
    assert_eq!(ward.go("out", &[]).status.code(), Some(2));
}

#[test]
fn whoever_opts_out_later_is_taken_out_though_the_next_run_has_other_files() {
    let ward = Ward::of(0..4);
    ward.consent(b"patient_id,state\n");
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(0));
    std::fs::remove_dir_all(ward.path("in")).unwrap();
    hospital(&ward.path("in"), 4..5);
    // The ID was copied from a web page.
    let spelling = Person(2).id().replace("KRT", "KRT\u{200B}");
    ward.consent(format!("patient_id,state\n{spelling},opted-out\n{},not-notified\n", Person(3).id()).as_bytes());
    let output = ward.with_consent("out", "research", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(outputs(&ward.path("out")).len(), 3);
    assert_eq!(ward.people("out", "released", ""), set([0, 1, 4]));
    assert_eq!(ward.people("out", "excluded", "consent-withdrawn"), set([2, 3]));
    let verified = crate::support::tokumei(["audit", "verify", &ward.path("out").to_string_lossy()]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
}

#[test]
fn rows_about_nobody_are_counted_with_their_lines_and_no_value() {
    let ward = Ward::of(0..2);
    ward.consent(
        format!("patient_id,state\n{},consented\nKRT999,opted-out\n{},opted-out\n", Person(0).id(), Person(7).id())
            .as_bytes(),
    );
    let output = ward.with_consent("out", "research", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("2 rows of the consent file") && said(&output).contains("lines 3, 4"));
    assert!(!said(&output).contains("KRT999"), "{}", said(&output));
    // Whoever is in the release already is somebody, though this run has other files.
    std::fs::remove_dir_all(ward.path("in/0000")).unwrap();
    let output = ward.with_consent("out", "research", &["--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["consent_lines_about_nobody"], serde_json::json!([3, 4]));
}

#[test]
fn whoever_is_out_under_another_of_their_ids_stays_out() {
    let ward = Ward::of(0..1);
    let with = |number: u32, more: &str| {
        write(&ward.path(&format!("in/{number:04}/1.dcm")), &Person(number).image(1, more));
    };
    let sequence = |issuer: &str| {
        format!(
            "SpecificCharacterSet \"ISO_IR 192\"\nOtherPatientIDsSequence SQ\n  item\n    PatientID \"ｏｌｄ６\"\n    \
             IssuerOfPatientID \"{issuer}\"\n"
        )
    };
    with(1, "OtherPatientIDs \"X1\\OLD1\"\n");
    with(2, &sequence("HOSP_A"));
    with(3, &sequence("HOSP_B"));
    with(4, "OtherPatientIDs \"OLD5\"\n");
    ward.consent(b"patient_id,issuer,state\nold1,,opted-out\nOLD6,HOSP_A,not-notified\nOLD5,,consented\n");
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(0));
    assert_eq!(ward.people("out", "excluded", "consent-opted-out"), set([1]));
    assert_eq!(ward.people("out", "excluded", "consent-not-notified"), set([2]));
    assert_eq!(ward.people("out", "released", ""), set([0, 3, 4]));
    // Another ID lets nobody in.
    assert_eq!(ward.with_consent("product", "product", &[]).status.code(), Some(0));
    assert_eq!(ward.people("product", "released", ""), set([]));
}

#[test]
fn a_release_takes_up_consent_where_that_only_takes_people_out() {
    let ward = Ward::of(0..5);
    assert_eq!(ward.go("out", &[]).status.code(), Some(0));
    assert_eq!(ward.go("product", &[]).status.code(), Some(0));
    // The files of two people are at hand; of the others nothing is but the release.
    (2..5).for_each(|number| std::fs::remove_dir_all(ward.path(&format!("in/{number:04}"))).unwrap());
    let id = |number| Person(number).id();
    ward.consent(
        format!(
            "patient_id,state,from\n{},opted-out,\n{},opted-out,\n{},consented,\n{},consented,2020-01-01\n",
            id(0),
            id(2),
            id(3),
            id(4)
        )
        .as_bytes(),
    );
    let output = ward.with_consent("out", "research", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(ward.people("out", "released", ""), set([1, 3]));
    assert_eq!(ward.with_consent("product", "product", &[]).status.code(), Some(0));
    assert_eq!(ward.people("product", "released", ""), set([3]));
    for release in ["out", "product"] {
        assert_eq!(outputs(&ward.path(release)).len(), if release == "out" { 2 } else { 1 });
        let verified = crate::support::tokumei(["audit", "verify", &ward.path(release).to_string_lossy()]);
        assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    }
    // From now on it is made with consent, and the message that says so has no hole in it.
    let output = ward.go("out", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--purpose was research and is not given"), "{}", said(&output));
    // A person whose consent has dates comes back with their file.
    Person(4).admit(&ward.path("in"), 1);
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(0));
    assert_eq!(ward.people("out", "released", ""), set([1, 3, 4]));
}

#[test]
fn consent_files_that_are_wrong_are_refused_with_their_lines_before_anything_is_written() {
    let ward = Ward::of(0..1);
    let cases: [(&[u8], &str); 18] = [
        (b"patient_id,state\nA,consented\nB,consented\n\xef\xbc\xa1,consented\n", "lines 2 and 4"),
        (b"patient_id,state\nA,consented\na,opted-out\n", "lines 2 and 3"),
        (b"patient_id,state\nA,perhaps\n", "line 2"),
        (b"patient_id,state\nA,consented\n7.712E+07,opted-out\n", "line 3"),
        (b"patient_id,state\n1e+11,opted-out\n", "line 2"),
        ("patient_id,state\n７．７１２Ｅ＋０７,opted-out\n".as_bytes(), "line 2"),
        (b"patient_id,state\nA,consented\nB\n", "line 3"),
        (b"patient_id,state\nA,consented\n\xff\xfe,opted-out\n", "line 3"),
        (b"patient_id,state\n \",opted-out\n", "line 2"),
        (b"patient_id,state\n,opted-out\n", "line 2"),
        (b"patient_id,state,from,to\nA,consented,2024-02-01,2024-01-31\n", "line 2"),
        (b"patient_id,state,from\nA,consented,31.1.24\n", "line 2"),
        (b"patient_id,state,purposes\nA,consented,\n", "line 2"),
        (b"patient_id,state,purposes\nA,consented,*\nB,opted-out,product;reserch\n", "line 3"),
        (b"patient_id,remark\nA,none\n", "no column is called state"),
        (b"patient_id,state,end_date\nA,consented,2020-01-01\n", "column 3"),
        (b"KRT700000,patient_id,state\nx,A,consented\n", "column 1"),
        (b"", "the table is empty"),
    ];
    for (bytes, expected) in cases {
        ward.consent(bytes);
        let output = ward.with_consent("out", "research", &[]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(expected), "{expected}: {text}");
        assert!(!ward.path("out").exists() && !ward.path("out.vault").exists(), "{expected}");
    }
    ward.consent(b"patient_id,state,purposes\nA,consented,teaching\n");
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(2));
    assert_eq!(
        ward.with_consent("other", "research", &["--other-purpose", "registry,teaching"]).status.code(),
        Some(0)
    );
    ward.consent(b"patient_id,state\n");
    for more in [&["--unknown", "allow"][..], &["--unknown", "perhaps"]] {
        assert_eq!(ward.with_consent("out", "product", more).status.code(), Some(2));
    }
    assert_eq!(ward.with_consent("out", "for sale", &[]).status.code(), Some(2));
    assert_eq!(ward.go("out", &["--purpose", "research"]).status.code(), Some(2));
    assert!(!ward.path("out").exists());
}

#[test]
fn selection_takes_what_was_asked_for_and_leaves_what_is_released() {
    let ward = Ward::of(0..2);
    write(
        &ward.path("in/0002/1.dcm"),
        &Person(2).image(1, "SeriesDescription \"Ｔ２ Knee\"\nStudyDate \"20200229\"\n"),
    );
    let selected = |more: &[&str]| {
        let out = format!("out{}", more.join(""));
        let output = ward.go(&out, more);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        ward.people(&out, "released", "")
    };
    assert_eq!(selected(&["--modality", "CT,mr"]), set([0, 1, 2]));
    assert_eq!(selected(&["--modality", "CT"]), set([]));
    assert_eq!(selected(&["--sop-class", "MRImageStorage"]), set([0, 1, 2]));
    assert_eq!(selected(&["--sop-class", "1.2.840.10008.5.1.4.1.1.2"]), set([]));
    assert_eq!(selected(&["--from", "2020-03-01"]), set([0, 1]));
    assert_eq!(selected(&["--from", "2020/2/1", "--to", "20200229"]), set([2]));
    assert_eq!(selected(&["--description", "t[12].*knee$"]), set([2]));
    // A second, narrower run into the same release takes nothing away.
    assert_eq!(ward.go("same", &[]).status.code(), Some(0));
    let before = tree(&ward.path("same"));
    assert_eq!(ward.go("same", &["--modality", "CT"]).status.code(), Some(0));
    assert_eq!(tree(&ward.path("same")), before);
    for wrong in [["--sop-class", "CTImage"], ["--from", "yesterday"], ["--description", "("]] {
        assert_eq!(ward.go("wrong", &wrong).status.code(), Some(2));
    }
    assert_eq!(ward.go("wrong", &["--from", "2024-02-01", "--to", "2024-01-01"]).status.code(), Some(2));
}

#[test]
fn r4_10_an_old_consent_file_lets_nobody_back_in_unless_that_is_said_and_then_they_are_counted() {
    let ward = Ward::of(0..4);
    let old = format!("patient_id,state\n{},not-notified\n", Person(3).id());
    let new = format!("{old}{},opted-out\n", Person(1).id());
    ward.consent(old.as_bytes());
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(0));
    ward.consent(new.as_bytes());
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(0));
    let before = tree(&ward.path("out"));
    // The same old file, and one that was not seen before but lacks the row as well.
    ward.consent(old.as_bytes());
    for more in [&[][..], &["--dry-run"]] {
        let output = ward.with_consent("out", "research", more);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(!said(&output).contains("KRT70"), "{}", said(&output));
    }
    let other = format!("{old}{},consented\n", Person(0).id());
    ward.consent(other.as_bytes());
    let output = ward.with_consent("out", "research", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("1 people who had opted out") && tree(&ward.path("out")) == before);
    // Whoever was not notified and consents by now comes back, and is counted.
    let notified = format!("patient_id,state\n{},consented\n{},opted-out\n", Person(3).id(), Person(1).id());
    ward.consent(notified.as_bytes());
    let output = ward.with_consent("out", "research", &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("\"people_readmitted\": 1"), "{}", said(&output));
    let output = ward.with_consent("out", "research", &[]);
    assert!(!said(&output).contains("people back"), "{}", said(&output));
    // Said aloud, the old file holds; the log keeps that.
    ward.consent(old.as_bytes());
    let output = ward.with_consent("out", "research", &["--readmit"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("people back"), "{}", said(&output));
    assert_eq!(ward.people("out", "released", ""), set([0, 1, 2]));
    let log = std::fs::read_to_string(ward.path("out.vault/journal/execution.jsonl")).unwrap();
    assert!(log.contains("\"readmit\":\"asked for\"") && log.contains("\"readmitted\":1"), "{log}");
    let list = std::fs::read_to_string(ward.path("out.vault/journal/excluded.list")).unwrap();
    let words: Vec<&str> = list.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    let expected = ["consent-not-notified", "consent-opted-out", "readmitted", "consent-not-notified", "readmitted"];
    assert_eq!(words, expected, "{list}");
}

#[test]
fn zeros_that_a_spreadsheet_took_from_a_number_do_not_let_anybody_in() {
    let ward = Ward::of(0..1);
    let of = |number: u32, id: &str| {
        let person = Person(number);
        write(&ward.path(&format!("in/{number:04}/1.dcm")), &person.image(1, &format!("PatientID \"{id}\"\n")));
    };
    of(1, "00123");
    of(2, "00456");
    ward.consent(b"patient_id,state\n00456,consented\n123,opted-out\n");
    let consent = ward.path("consent.csv").to_string_lossy().into_owned();
    for profile in ["pseudonymized", "anonymized"] {
        for more in [&[][..], &["--dry-run"]] {
            let words = [&["--consent", &consent, "--purpose", "research"], more].concat();
            let output = run(profile, &ward.path(profile), &words, &[&ward.path("in")]);
            assert_eq!(output.status.code(), Some(2), "{}", said(&output));
            assert!(said(&output).contains("lines 3)") && !said(&output).contains("123,"), "{}", said(&output));
            // A first run that is refused leaves no vault, key or release.
            let left = std::fs::read_dir(ward.path("")).unwrap().map(|entry| entry.unwrap().file_name());
            let mut left: Vec<String> = left.map(|name| name.to_string_lossy().into_owned()).collect();
            left.sort();
            assert_eq!(left, ["consent.csv", "in"]);
        }
    }
    // Two people whose numbers differ in zeros alone have a row each.
    ward.consent(b"patient_id,state\n00456,consented\n123,opted-out\n00123,consented\n");
    let output = ward.with_consent("out", "research", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(ward.people("out", "released", ""), set([0, 1, 2]));
    ward.consent(b"patient_id,state\n00456,consented\n00123,opted-out\n");
    assert_eq!(ward.with_consent("out", "research", &[]).status.code(), Some(0));
    assert_eq!(ward.people("out", "excluded", "consent-opted-out"), set([1]));
}
