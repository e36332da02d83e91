//! A clinical table gets the pseudonyms and date shifts of the images (R4-18).

use crate::people::{Person, hospital};
use crate::support::{key, run, said, tokumei, write};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Output;

fn map(folder: &Path, out: &str, more: &[&str]) -> Output {
    let words = ["ids", "map", "--reason", "registry", "--column", "患者ID", "--release"].map(OsStr::new).into_iter();
    let (release, out) = (folder.join("out"), folder.join(out));
    let table = folder.join("clinical.csv");
    let words = words.chain([release.as_os_str(), OsStr::new("--out"), out.as_os_str()]);
    tokumei(words.chain(more.iter().map(OsStr::new)).chain([table.as_os_str()]))
}

fn released(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder.join("out/dicom")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn rows_of_a_table_join_the_images_and_their_dates_move_alike() {
    let folder = tempfile::tempdir().unwrap();
    hospital(&folder.path().join("in"), 0..5);
    let output = run("pseudonymized", &folder.path().join("out"), &[], &[&folder.path().join("in")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let mut text = String::from("患者ID,受診日,検査,備考\r\n");
    for number in 0..5 {
        let person = Person(number);
        // The study is of 2024-03-01; the visit was ten days before.
        text.push_str(&format!("{},2024/2/20 10:30,{},\"血圧, 正常\"\r\n", person.id().to_lowercase(), person.study()));
    }
    let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(&text);
    write(&folder.path().join("clinical.csv"), &shift_jis);
    let words = ["--date-column", "受診日", "--uid-column", "検査"];
    let unnamed = map(folder.path(), "new.csv", &words);
    assert_eq!(unnamed.status.code(), Some(2), "{}", said(&unnamed));
    assert!(said(&unnamed).contains("number 4") && !folder.path().join("new.csv").exists(), "{}", said(&unnamed));
    let output = map(folder.path(), "new.csv", &[&words[..], &["--keep-column", "備考"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!said(&output).contains("KRT70"), "{}", said(&output));
    let bytes = std::fs::read(folder.path().join("new.csv")).unwrap();
    let (new, _, wrong) = encoding_rs::SHIFT_JIS.decode(&bytes);
    assert!(!wrong && !new.to_uppercase().contains("KRT70") && !new.contains("1.2.392"), "{new}");
    let rows: Vec<Vec<&str>> = new.lines().skip(1).map(|line| line.splitn(4, ',').collect()).collect();
    let pseudonyms: BTreeSet<String> = rows.iter().map(|row| row[0].to_string()).collect();
    assert_eq!(pseudonyms, released(folder.path()));
    for row in rows {
        assert_eq!(row[3], "\"血圧, 正常\"");
        let study = folder.path().join("out/dicom").join(row[0]).join(row[2]);
        let series = std::fs::read_dir(&study).unwrap().next().unwrap().unwrap().path();
        let file = std::fs::read_dir(series).unwrap().next().unwrap().unwrap().path();
        let object = dicom_object::open_file(file).unwrap();
        let date = object.element_by_name("StudyDate").unwrap().to_str().unwrap().into_owned();
        let (day, time) = row[1].split_once(' ').unwrap();
        assert_eq!((days(date.trim()) - days(&plain(day)), time), (10, "10:30"));
    }
}

#[test]
fn rows_of_people_who_are_out_stay_out_of_the_table_too() {
    let folder = tempfile::tempdir().unwrap();
    hospital(&folder.path().join("in"), 0..3);
    let consent = folder.path().join("consent.csv").to_string_lossy().into_owned();
    write(Path::new(&consent), format!("patient_id,state\n{},opted-out\n", Person(1).id()).as_bytes());
    let words = ["--consent", &consent, "--purpose", "research"];
    let kept = ["--keep-others"];
    let output = run("pseudonymized", &folder.path().join("out"), &words, &[&folder.path().join("in")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let rows: String = (0..3).map(|number| format!("{},row {number}\n", Person(number).id())).collect();
    write(&folder.path().join("clinical.csv"), format!("患者ID,検査\n{rows},nobody\n").as_bytes());
    // Without the file nobody knows who is out.
    let output = map(folder.path(), "new.csv", &kept);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("research") && !folder.path().join("new.csv").exists(), "{}", said(&output));
    let words = [&words[..], &kept].concat();
    let output = map(folder.path(), "new.csv", &words);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let new = std::fs::read_to_string(folder.path().join("new.csv")).unwrap();
    let left: Vec<&str> = new.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(left, ["row 0", "row 2"]);
    // Another file is refused; where it is meant, whoever was kept out of the images stays out of the table.
    write(Path::new(&consent), format!("patient_id,state\n{},opted-out\n", Person(2).id()).as_bytes());
    let output = map(folder.path(), "other.csv", &words);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--other-consent") && !folder.path().join("other.csv").exists());
    let output = map(folder.path(), "other.csv", &[&words[..], &["--other-consent"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let new = std::fs::read_to_string(folder.path().join("other.csv")).unwrap();
    let left: Vec<&str> = new.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(left, ["row 0"]);
    let log = std::fs::read_to_string(folder.path().join("out.vault/journal/execution.jsonl")).unwrap();
    assert!(log.contains("\"kind\":\"ids-map\""), "{log}");
}

#[test]
fn whoever_is_out_has_no_pseudonym_in_the_row_of_another() {
    let folder = tempfile::tempdir().unwrap();
    hospital(&folder.path().join("in"), 0..4);
    let consent = folder.path().join("consent.csv").to_string_lossy().into_owned();
    write(Path::new(&consent), format!("patient_id,state\n{},opted-out\n", Person(1).id()).as_bytes());
    let words = ["--consent", &consent, "--purpose", "research"];
    let output = run("pseudonymized", &folder.path().join("out"), &words, &[&folder.path().join("in")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let (release, id) = (folder.path().join("out").to_string_lossy().into_owned(), Person(2).id());
    let gone = tokumei(["linkage", "withdraw", "--release", &release, "--reason", "letter", "--patient", &id]);
    assert_eq!(gone.status.code(), Some(0), "{}", said(&gone));
    let rows: String = (1..4).map(|number| format!("{},{}\n", Person(0).id(), Person(number).id())).collect();
    write(&folder.path().join("clinical.csv"), format!("患者ID,mother\n{rows}").as_bytes());
    let output = map(folder.path(), "new.csv", &[&words[..], &["--other-id-column", "mother"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("2 IDs of other people are emptied"), "{}", said(&output));
    let new = std::fs::read_to_string(folder.path().join("new.csv")).unwrap();
    let mothers: Vec<usize> = new.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().len()).collect();
    assert_eq!(mothers, [0, 0, 16], "{new}");
}

/// Returns `2024/2/20` as `20240220`.
fn plain(date: &str) -> String {
    let parts: Vec<u32> = date.split('/').map(|part| part.parse().unwrap()).collect();
    format!("{:04}{:02}{:02}", parts[0], parts[1], parts[2])
}

/// Returns the number of a day, by Fliegel and Van Flandern.
fn days(date: &str) -> i64 {
    let number = |part: &str| part.parse::<i64>().unwrap();
    let (year, month, day) = (number(&date[..4]), number(&date[4..6]), number(&date[6..8]));
    let a = (month - 14) / 12;
    day - 32075 + 1461 * (year + 4800 + a) / 4 + 367 * (month - 2 - a * 12) / 12 - 3 * ((year + 4900 + a) / 100) / 4
}

#[test]
fn another_key_site_or_profile_is_refused_and_no_table_is_written() {
    let folder = tempfile::tempdir().unwrap();
    hospital(&folder.path().join("in"), 0..1);
    assert_eq!(
        run("pseudonymized", &folder.path().join("out"), &[], &[&folder.path().join("in")]).status.code(),
        Some(0)
    );
    write(&folder.path().join("clinical.csv"), format!("患者ID\n{}\n", Person(0).id()).as_bytes());
    let other = key(folder.path());
    let other = other.to_string_lossy();
    for more in [&["--key", &other][..], &["--site", "elsewhere"], &["--profile", "ai-training"]] {
        let output = map(folder.path(), "new.csv", more);
        assert_eq!(output.status.code(), Some(2), "{more:?} {}", said(&output));
        assert!(!folder.path().join("new.csv").exists());
    }
    assert_eq!(map(folder.path(), "new.csv", &[]).status.code(), Some(0));
    // What is there is never overwritten.
    assert_eq!(map(folder.path(), "new.csv", &[]).status.code(), Some(2));
    let anonymized = run("anonymized", &folder.path().join("anonymized"), &[], &[&folder.path().join("in")]);
    assert!(anonymized.status.code().is_some());
}

#[test]
fn tables_that_are_wrong_or_name_people_elsewhere_are_refused_with_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    hospital(&folder.path().join("in"), 0..2);
    assert_eq!(
        run("pseudonymized", &folder.path().join("out"), &[], &[&folder.path().join("in")]).status.code(),
        Some(0)
    );
    let id = Person(0).id();
    let table = folder.path().join("clinical.csv");
    let refused = |text: String, more: &[&str], expected: &str| {
        write(&table, text.as_bytes());
        let output = map(folder.path(), "new.csv", more);
        assert_eq!(output.status.code(), Some(2), "{expected}: {}", said(&output));
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
        assert!(!said(&output).contains(&id), "{}", said(&output));
        assert!(!folder.path().join("new.csv").exists());
    };
    refused(format!("患者ID,path\n{id},/data/{id}/x\n"), &["--keep-column", "path"], "line 2");
    // IDs of others: of the table, or of the release alone; and a table without a head.
    let (other, away) = (Person(1).id(), Person(77).id());
    refused(format!("患者ID,mother\n{id},\n{away},x\nKRTX,{away}\n"), &["--keep-others"], "line 4");
    refused(format!("患者ID,mother\nKRTX,{other}\n"), &["--keep-others"], "column number 2");
    refused(format!("患者ID,{other},x\n{id},y,z\n"), &["--keep-others"], "first line is a row");
    refused(format!("患者ID,x,2024-03-01\n{id},y,2024-03-02\n"), &["--keep-others"], "first line is a row");
    refused(format!("{id},x\n{other},y\n"), &["--keep-others"], "no column");
    refused(format!("患者ID,x\n{id},y\n"), &[], "columns number 2");
    write(&table, format!("患者ID,mother\n{id},{other}\n").as_bytes());
    let output = map(folder.path(), "mothers.csv", &["--other-id-column", "mother"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let new = std::fs::read_to_string(folder.path().join("mothers.csv")).unwrap();
    let both: BTreeSet<String> = new.lines().nth(1).unwrap().split(',').map(str::to_owned).collect();
    assert_eq!(both, released(folder.path()));
    refused("患者番号,a\n1,2\n".into(), &[], "no column");
    refused(format!("患者ID,a\n{id},2\n{id}\n"), &[], "line 3");
    refused(format!("患者ID,a\n{id},2\n"), &["--date-column", "b"], "no column is called b");
    // A date that cannot be read is emptied and told, a row without an ID keeps no date.
    write(&table, format!("患者ID,day,path\n{id},yesterday,{id}\n,2024-01-01,\nSTRANGER,,\n").as_bytes());
    let output = map(folder.path(), "new.csv", &["--date-column", "day", "--drop-column", "path"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let new = std::fs::read_to_string(folder.path().join("new.csv")).unwrap();
    assert_eq!(new.lines().map(|line| line.split_once(',').unwrap().1).collect::<Vec<_>>(), ["day", "", "", ""]);
    let output =
        map(folder.path(), "strict.csv", &["--released-only", "--drop-column", "path", "--drop-column", "day"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("strict.csv")).unwrap().lines().count(), 2);
}
