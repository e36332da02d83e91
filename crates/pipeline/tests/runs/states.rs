//! Every discovered file ends in one state, for a true reason, whatever the order of work.

use crate::kit::{Desk, Instance, count, go, row, tree};
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::{MetadataExt, symlink};
use tokumei_audit::verify_root;
use tokumei_core::State;
use tokumei_pipeline::Shard;

#[test]
fn a_clean_study_is_released_with_papers_that_agree() {
    let desk = Desk::with_studies();
    let report = desk.run("pseudonymized", "out");
    assert_eq!(count(&report, State::Released), 9);
    assert!(report.is_complete() && !report.unchanged);
    let root = verify_root(&desk.path("out/audit")).unwrap();
    assert_eq!((root.leaves, root.counts["released"]), (9, 9));
    assert_eq!(Some(root.merkle_root), report.merkle_root);
    let release = desk.release("out");
    assert_eq!(release.keys().filter(|name| name.starts_with("dicom/")).count(), 9);
    assert_eq!(String::from_utf8_lossy(&release["manifest.csv"]).lines().count(), 10);
    let patients = fs::read_dir(desk.path("out/dicom")).unwrap().count();
    assert_eq!(patients, 2);
}

#[test]
fn nothing_in_a_release_names_a_patient_a_file_or_an_original_uid() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    for (name, bytes) in desk.release("out") {
        for secret in ["Kitamura", "Okabe", "P-4711", "P-0815", "1.2.392.200036.9999", "19620704", "i1.dcm", "/in/"] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found && !name.contains(secret), "{secret} in {name}");
        }
    }
}

#[test]
fn the_vault_is_private_and_its_index_has_a_row_for_each_file() {
    let desk = Desk::with_studies();
    desk.put("notes.txt", b"no DICOM here, only a few words to be read by somebody");
    desk.run("pseudonymized", "out");
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().mode() & 0o777;
    assert_eq!(mode("out.vault"), 0o700);
    assert_eq!(mode("out.vault/index.csv"), 0o600);
    let index = fs::read_to_string(desk.path("out.vault/index.csv")).unwrap();
    let lines: Vec<&str> = index.lines().collect();
    assert_eq!(lines.len(), 11);
    assert_eq!(lines[0], "source,state,reason,release");
    assert!(lines[1].ends_with("in/notes.txt,excluded,not-dicom no-magic,"));
    let release = lines[2].rsplit(',').next().unwrap();
    assert!(release.starts_with("dicom/") && desk.path("out").join(release).is_file());
}

#[test]
fn what_is_no_instance_is_accounted_for() {
    let desk = Desk::with_studies();
    desk.put("empty", b"");
    desk.put(".DS_Store", &[0, 0, 0, 1, b'B', b'u', b'd', b'1']);
    symlink("/etc", desk.path("in/link")).unwrap();
    let whole = Instance::new(9, 1).bytes();
    desk.put("cut.dcm", &whole[..whole.len() - 100]);
    let report = desk.run("pseudonymized", "out");
    assert_eq!(row(&report, "empty"), (State::Excluded, "not-dicom"));
    assert_eq!(row(&report, ".DS_Store"), (State::Excluded, "not-dicom"));
    assert_eq!(row(&report, "link"), (State::Excluded, "symbolic-link"));
    assert_eq!(row(&report, "cut.dcm"), (State::Quarantined, "value-cut-off"));
    assert_eq!(report.rows.len(), 13);
    assert_eq!(report.counts().values().sum::<u64>(), 13);
    assert!(!report.is_complete());
    assert_eq!(fs::read_dir(desk.path("out.vault/quarantine")).unwrap().count(), 1);
}

#[test]
fn of_equal_files_the_one_with_the_smallest_path_is_kept() {
    let desk = Desk::empty();
    let instance = Instance::new(1, 1);
    for name in ["b/x.dcm", "a/y.dcm", "c"] {
        desk.put(name, &instance.bytes());
    }
    let report = desk.run("pseudonymized", "out");
    assert_eq!(row(&report, "a/y.dcm").0, State::Released);
    assert_eq!(row(&report, "b/x.dcm"), (State::Excluded, "duplicate"));
    assert_eq!(row(&report, "in/c"), (State::Excluded, "duplicate"));
}

#[test]
fn one_uid_with_different_content_is_held_back_whole() {
    let desk = Desk::empty();
    let instance = Instance::new(1, 1);
    desk.put("a", &instance.bytes());
    desk.put("b", &instance.bytes());
    desk.put("c", &Instance { comment: "other", ..instance }.bytes());
    desk.put("d", &Instance::new(1, 2).bytes());
    let report = desk.run("pseudonymized", "out");
    for name in ["in/a", "in/b", "in/c"] {
        assert_eq!(row(&report, name), (State::Quarantined, "same-uid-different-content"));
    }
    assert_eq!(row(&report, "in/d").0, State::Released);
}

#[test]
fn one_patient_id_with_two_people_is_held_back() {
    let desk = Desk::empty();
    desk.put("a", &Instance::new(1, 1).bytes());
    desk.put("b", &Instance { birth: "19700101", ..Instance::new(2, 1) }.bytes());
    desk.put("c", &Instance { patient: "P-1", ..Instance::new(3, 1) }.bytes());
    desk.put("d", &Instance { patient: "P-1", name: "Mori^Akira", ..Instance::new(4, 1) }.bytes());
    desk.put("e", &Instance { patient: "P-2", ..Instance::new(5, 1) }.bytes());
    let report = desk.run("pseudonymized", "out");
    for name in ["in/a", "in/b", "in/c", "in/d"] {
        assert_eq!(row(&report, name), (State::Quarantined, "identity-conflict"));
    }
    assert_eq!(row(&report, "in/e").0, State::Released);
}

#[test]
fn threads_and_the_order_of_arguments_leave_no_trace() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "one");
    let mut config = desk.config("pseudonymized", "two");
    config.threads = NonZeroUsize::new(7);
    config.inputs = ["in/s3", "in/s1/i2.dcm", "in/s2", "in/s1", "in"].map(|name| desk.path(name)).into();
    go(&config).unwrap();
    assert_eq!(desk.release("one"), desk.release("two"));
}

#[test]
fn shares_hold_every_instance_once_and_keep_studies_whole() {
    let desk = Desk::with_studies();
    desk.put("notes.txt", b"no DICOM");
    desk.run("pseudonymized", "whole");
    let mut together = std::collections::BTreeMap::new();
    let mut rows = 0;
    for index in 0..2 {
        let mut config = desk.config("pseudonymized", &format!("share{index}"));
        config.shard = Shard { index, count: 2 };
        let report = go(&config).unwrap();
        rows += report.rows.len();
        assert_eq!(report.rows.len() as u64 + report.elsewhere, 10);
        let share = tree(&desk.path(&format!("share{index}/dicom")));
        assert_eq!(share.len() % 3, 0);
        together.extend(share);
    }
    assert_eq!(rows, 10);
    assert_eq!(together, tree(&desk.path("whole/dicom")));
}

#[test]
fn odd_paths_are_read_and_named() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::empty();
    let long = format!("{}/{}/患者 一,\"二\"", "長".repeat(80), "x".repeat(120));
    desk.put(&long, &Instance::new(1, 1).bytes());
    let odd = desk.path("in").join(std::ffi::OsStr::from_bytes(b"\xe3\x81.dcm"));
    fs::write(&odd, Instance::new(1, 2).bytes()).unwrap();
    let report = desk.run("pseudonymized", "out");
    assert_eq!(count(&report, State::Released), 2);
    let index = fs::read_to_string(desk.path("out.vault/index.csv")).unwrap();
    assert!(index.contains("患者 一,\"\"二\"\"\",released"));
    let uri = index.lines().find(|line| line.starts_with("file://")).unwrap();
    assert_eq!(tokumei_pipeline::path_from_index(uri.split(',').next().unwrap()), odd);
}

#[test]
fn a_dry_run_writes_nothing() {
    let desk = Desk::with_studies();
    let mut config = desk.config("pseudonymized", "out");
    config.dry_run = true;
    let report = go(&config).unwrap();
    assert_eq!(count(&report, State::Released), 9);
    let mut names: Vec<_> = fs::read_dir(desk.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["in", "signing.key"]);
}

#[test]
fn what_the_path_says_of_a_person_is_searched_for() {
    let desk = Desk::empty();
    let scanner = |study| Instance { maker: "Brzezicka Scanners", ..Instance::new(study, 1) };
    desk.put("Brzezicka_Wilhelmina/plain.dcm", &scanner(1).bytes());
    desk.put("other/plain.dcm", &scanner(2).bytes());
    let report = desk.run("pseudonymized", "out");
    assert_eq!(row(&report, "Brzezicka_Wilhelmina/plain.dcm"), (State::Quarantined, "path-identifier-in-output"));
    assert_eq!(row(&report, "other/plain.dcm").0, State::Released);
}

#[test]
fn digits_of_a_uid_that_was_drawn_with_the_key_are_no_identifier_whatever_they_look_like() {
    let drawn = |desk: &Desk| {
        let release = desk.release("out");
        let name = release.keys().find(|name| name.ends_with(".dcm")).expect("one is released").clone();
        name.rsplit('/').next().unwrap().trim_end_matches(".dcm").to_owned()
    };
    let desk = Desk::empty();
    desk.put("i1.dcm", &Instance::new(1, 1).bytes());
    desk.run("pseudonymized", "out");
    let uid = drawn(&desk);
    // The number of a patient as it may be in a hospital, and by chance in the new UID.
    let patient: &'static str = Box::leak(uid[12..19].to_owned().into_boxed_str());
    let desk = Desk::empty();
    desk.put("i1.dcm", &Instance { patient, ..Instance::new(1, 1) }.bytes());
    let report = desk.run("pseudonymized", "out");
    assert_eq!(row(&report, "i1.dcm"), (State::Released, ""));
    assert!(desk.release("out").keys().any(|name| name.ends_with(&format!("{uid}.dcm"))));
}
