//! A profile whose key is destroyed: one run, all or nothing, and no way back.

use crate::kit::{Desk, count, go, tree, watched};
use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokumei_audit::{read_ledger, verify_root};
use tokumei_core::State;
use tokumei_pipeline::{Config, Event, Observer, RunError, Shard, Stop};

fn unkeyed(desk: &Desk, out: &str) -> Config {
    let mut config = desk.config("anonymized", out);
    config.key = None;
    config.signing_key = None;
    config
}

/// Every part of a path in a release: pseudonyms and UIDs.
fn names(desk: &Desk, out: &str) -> BTreeSet<String> {
    let files = tree(&desk.path(out).join("dicom")).into_keys();
    files.flat_map(|file| file.split('/').map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn two_runs_share_no_name() {
    let desk = Desk::with_studies();
    for out in ["one", "two"] {
        let report = go(&unkeyed(&desk, out)).unwrap();
        assert_eq!(count(&report, State::Released), 9);
        assert!(report.key.is_none() && report.is_complete());
    }
    let (one, two) = (names(&desk, "one"), names(&desk, "two"));
    assert!(one.len() > 9 && one.is_disjoint(&two));
}

#[test]
fn nothing_links_a_release_to_its_originals() {
    let desk = Desk::with_studies();
    go(&unkeyed(&desk, "out")).unwrap();
    let root = verify_root(&desk.path("out/audit")).unwrap();
    assert_eq!(root.key, None);
    assert!(read_ledger(&desk.path("out/audit/ledger.jsonl")).unwrap().all(|leaf| leaf.unwrap().input.is_none()));
    let vault: Vec<String> = desk.release("out.vault").into_keys().collect();
    let known =
        ["index.csv", "journal/execution.head", "journal/execution.jsonl", "journal/signing.public", "signing.key"];
    assert_eq!(vault, known);
    let index = fs::read_to_string(desk.path("out.vault/index.csv")).unwrap();
    assert!(index.lines().skip(1).all(|line| line.ends_with("released,,")));
    assert!(!desk.path(".out.staging").exists());
}

#[test]
fn the_same_key_gives_the_same_release() {
    let desk = Desk::with_studies();
    desk.run("anonymized", "one");
    desk.run("anonymized", "two");
    assert_eq!(desk.release("one"), desk.release("two"));
}

#[test]
fn a_second_run_into_the_release_is_refused() {
    let desk = Desk::with_studies();
    go(&unkeyed(&desk, "out")).unwrap();
    let before = desk.release("out");
    assert!(matches!(go(&unkeyed(&desk, "out")), Err(RunError::CannotExtend { .. })));
    assert_eq!(desk.release("out"), before);
}

#[test]
fn shares_are_refused() {
    let desk = Desk::with_studies();
    let mut config = unkeyed(&desk, "out");
    config.shard = Shard { index: 0, count: 2 };
    assert!(matches!(go(&config), Err(RunError::CannotShard)));
}

struct StopAfter<'a>(u64, AtomicU64, &'a AtomicBool);

impl Observer for StopAfter<'_> {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::Done { .. }) && self.1.fetch_add(1, Ordering::SeqCst) + 1 == self.0 {
            self.2.store(true, Ordering::SeqCst);
        }
    }
}

#[test]
fn a_stopped_run_leaves_nothing_that_looks_like_a_release() {
    let desk = Desk::with_studies();
    let stop = AtomicBool::new(false);
    let report = watched(&unkeyed(&desk, "out"), &stop, &StopAfter(3, AtomicU64::new(0), &stop));
    assert!(report.discarded);
    assert_eq!(report.stopped, Some(Stop::Asked));
    assert_eq!(count(&report, State::Pending), 9);
    assert!(!desk.path("out").exists() && !desk.path(".out.staging").exists());
    assert_eq!(count(&go(&unkeyed(&desk, "out")).unwrap(), State::Released), 9);
}
