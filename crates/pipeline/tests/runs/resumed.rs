//! Runs that are repeated, stopped, killed, or meet a changing input.

use crate::kit::{Desk, Instance, count, go, row, tree, watched};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokumei_audit::verify_root;
use tokumei_core::State;
use tokumei_pipeline::{Event, Observer, RunError, Stop};

/// Does something at an event.
struct At<F: Fn(&Event<'_>) + Sync>(F);

impl<F: Fn(&Event<'_>) + Sync> Observer for At<F> {
    fn event(&self, event: Event<'_>) {
        (self.0)(&event);
    }
}

#[test]
fn a_second_run_writes_nothing_and_says_so() {
    let desk = Desk::with_studies();
    desk.put("notes.txt", b"no DICOM");
    desk.run("pseudonymized", "out");
    let marks = |name: &str| {
        let files = tree(&desk.path(name)).into_keys();
        let files = files.filter(|file| !file.starts_with("journal/execution."));
        files.map(|file| (desk.path(name).join(&file).metadata().unwrap().ino(), file)).collect::<Vec<_>>()
    };
    // The execution log is the one thing that every run adds to.
    let vault = || {
        let mut vault = desk.release("out.vault");
        vault.remove("journal/execution.head").unwrap();
        vault
            .remove("journal/execution.jsonl")
            .map(|log| (vault, log.iter().filter(|byte| **byte == b'\n').count()))
            .unwrap()
    };
    let before = (marks("out"), marks("out.vault"), vault().0);
    let report = desk.run("pseudonymized", "out");
    assert!(report.unchanged);
    assert_eq!((report.written, report.reused), (0, 9));
    assert_eq!((marks("out"), marks("out.vault"), vault().0), before);
    assert_eq!(vault().1, 3);
}

#[test]
fn a_stopped_run_leaves_a_valid_release_and_the_next_one_completes_it() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "undisturbed");
    for after in [0, 1, 4] {
        let out = format!("out{after}");
        let stop = AtomicBool::new(after == 0);
        let done = AtomicU64::new(0);
        let stopper = At(|event| {
            if matches!(event, Event::Done { .. }) && done.fetch_add(1, Ordering::SeqCst) + 1 == after {
                stop.store(true, Ordering::SeqCst);
            }
        });
        let report = watched(&desk.config("pseudonymized", &out), &stop, &stopper);
        assert_eq!(report.stopped, Some(Stop::Asked));
        assert_eq!(count(&report, State::Released) + count(&report, State::Pending), 9);
        assert!(count(&report, State::Pending) > 0);
        let leaves = verify_root(&desk.path(&out).join("audit")).unwrap().leaves;
        assert_eq!(leaves, count(&report, State::Released));
        desk.run("pseudonymized", &out);
        assert_eq!(desk.release(&out), desk.release("undisturbed"));
    }
}

#[test]
fn whatever_a_dead_run_left_the_next_one_ends_in_the_same_release() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "undisturbed");
    desk.run("pseudonymized", "out");
    let journal = fs::read(desk.path("out.vault/journal/instances")).unwrap();
    let lines: Vec<usize> =
        journal.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    // The journal ends after a line, or within one; files that it does not know yet may be there, whole or torn.
    for cut in lines.iter().flat_map(|end| [*end, end.saturating_sub(9)]) {
        fs::write(desk.path("out.vault/journal/instances"), &journal[..cut]).unwrap();
        for paper in ["audit/ledger.jsonl", "audit/root.json", "manifest.csv"] {
            let _ = fs::remove_file(desk.path("out").join(paper));
        }
        // A run that died before its end has no line in the log; with one, a root that is missing was removed.
        for file in ["execution.jsonl", "execution.head"] {
            fs::remove_file(desk.path("out.vault/journal").join(file)).unwrap();
        }
        let flushed = journal[..cut].ends_with(format!("F\t{}\n", lines[lines.len() - 2]).as_bytes());
        let outputs: Vec<String> = tree(&desk.path("out/dicom")).into_keys().collect();
        fs::remove_file(desk.path("out/dicom").join(&outputs[0])).unwrap();
        // Before the first output has its name the journal is on the disk, so without it nothing is torn.
        if !flushed && cut > 0 {
            OpenOptions::new().write(true).open(desk.path("out/dicom").join(&outputs[1])).unwrap().set_len(99).unwrap();
        }
        fs::create_dir(desk.path(".out.staging")).unwrap();
        fs::write(desk.path(".out.staging/.tokumei-staging"), "").unwrap();
        fs::write(desk.path(".out.staging/4711-0"), "half an output").unwrap();
        let report = desk.run("pseudonymized", "out");
        assert!(report.is_complete());
        assert_eq!(desk.release("out"), desk.release("undisturbed"), "cut at {cut}");
        assert!(!desk.path(".out.staging").exists());
    }
}

#[test]
fn an_output_that_was_tampered_with_is_not_overwritten() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let name = tree(&desk.path("out/dicom")).into_keys().next().unwrap();
    let path = desk.path("out/dicom").join(name);
    fs::write(&path, "something else").unwrap();
    let report = desk.run("pseudonymized", "out");
    assert_eq!(count(&report, State::Quarantined), 1);
    assert_eq!(report.reasons().into_keys().next().unwrap().1, "differs-from-release");
    assert_eq!(fs::read(&path).unwrap(), b"something else");
}

#[test]
fn a_later_batch_adds_to_the_release_and_keeps_what_is_there() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "whole");
    let mut config = desk.config("pseudonymized", "out");
    config.inputs = vec![desk.path("in/s1")];
    go(&config).unwrap();
    config.inputs = vec![desk.path("in/s2"), desk.path("in/s3")];
    let report = go(&config).unwrap();
    assert_eq!((report.rows.len(), report.written), (6, 6));
    assert_eq!(desk.release("out"), desk.release("whole"));
}

#[test]
fn what_is_held_back_later_leaves_the_release() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let twin = Instance { comment: "another", ..Instance::new(1, 1) };
    desk.put("late/twin.dcm", &twin.bytes());
    let report = desk.run("pseudonymized", "out");
    assert_eq!(row(&report, "s1/i1.dcm"), (State::Quarantined, "same-uid-different-content"));
    assert_eq!(verify_root(&desk.path("out/audit")).unwrap().leaves, 8);
    assert_eq!(tree(&desk.path("out/dicom")).len(), 8);
    desk.run("pseudonymized", "fresh");
    assert_eq!(desk.release("out"), desk.release("fresh"));
}

#[test]
fn a_file_that_shrinks_after_the_index_pass_fails_and_nothing_is_written_for_it() {
    let desk = Desk::with_studies();
    let path = desk.path("in/s2/i2.dcm");
    let shrinker = At(|event| {
        if matches!(event, Event::Instances { .. }) {
            OpenOptions::new().write(true).open(&path).unwrap().set_len(700).unwrap();
        }
    });
    let report = watched(&desk.config("pseudonymized", "out"), &AtomicBool::new(false), &shrinker);
    assert_eq!(row(&report, "s2/i2.dcm"), (State::Failed, "changed-while-read"));
    assert_eq!(count(&report, State::Released), 8);
    assert_eq!(tree(&desk.path("out/dicom")).len(), 8);
}

#[test]
fn a_file_that_vanishes_fails_alone() {
    let desk = Desk::with_studies();
    let path = desk.path("in/s2/i2.dcm");
    let remover = At(|event| {
        if matches!(event, Event::Discovered { .. }) {
            fs::remove_file(&path).unwrap();
        }
    });
    let report = watched(&desk.config("pseudonymized", "out"), &AtomicBool::new(false), &remover);
    assert_eq!(row(&report, "s2/i2.dcm"), (State::Failed, "unreadable"));
    assert_eq!(count(&report, State::Released), 8);
}

#[test]
fn folders_that_a_run_made_before_it_died_are_no_foreign_release() {
    let desk = Desk::with_studies();
    fs::create_dir_all(desk.path("out/dicom")).unwrap();
    fs::create_dir_all(desk.path("out/audit")).unwrap();
    assert_eq!(desk.run("ps315-basic", "out").written, 9);
    fs::create_dir_all(desk.path("other/dicom/somebody")).unwrap();
    assert!(matches!(go(&desk.config("ps315-basic", "other")), Err(RunError::Foreign { .. })));
}
