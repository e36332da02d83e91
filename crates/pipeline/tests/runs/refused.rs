//! What is refused before the first byte, with what is wrong.

use crate::kit::{Desk, go};
use std::fs;
use tokumei_pipeline::{Digest, GuardScope, RunError, Shard};
use tokumei_profile::Profile;
use tokumei_pseudonym::ProjectKey;

/// Runs a changed configuration into an existing release and returns what is said to differ.
fn differing(change: impl FnOnce(&mut tokumei_pipeline::Config)) -> Vec<&'static str> {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let before = (desk.release("out"), desk.release("out.vault"));
    let mut config = desk.config("pseudonymized", "out");
    change(&mut config);
    let Err(RunError::Mismatch { differences, .. }) = go(&config) else { panic!("it ran") };
    assert_eq!((desk.release("out"), desk.release("out.vault")), before);
    differences.iter().map(|difference| difference.what).collect()
}

#[test]
fn another_key_profile_site_or_digest_is_named() {
    assert_eq!(differing(|config| config.key = Some(ProjectKey::from_bytes([8; 32]))), ["key"]);
    assert_eq!(differing(|config| config.profile = Profile::load("ai-training").unwrap()), ["profile"]);
    assert_eq!(differing(|config| config.site = "other".into()), ["site"]);
    assert_eq!(differing(|config| config.digest = Digest::Off), ["digest"]);
    assert_eq!(differing(|config| config.guard_scope = GuardScope::Instance), ["guard-scope"]);
}

#[test]
fn a_run_that_never_ended_binds_the_next_one_too() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    fs::remove_file(desk.path("out/audit/root.json")).unwrap();
    let mut config = desk.config("pseudonymized", "out");
    config.site = "other".into();
    assert!(matches!(go(&config), Err(RunError::Mismatch { .. })));
}

#[test]
fn a_release_within_the_input_is_refused_before_the_first_byte() {
    let desk = Desk::with_studies();
    let before = desk.release("in");
    let config = desk.config("pseudonymized", "in/out");
    assert!(matches!(go(&config), Err(RunError::Overlap { .. })));
    let mut config = desk.config("pseudonymized", "out");
    config.vault = Some(desk.path("out/vault"));
    assert!(matches!(go(&config), Err(RunError::Overlap { .. })));
    assert_eq!(desk.release("in"), before);
    assert!(!desk.path("out").exists());
}

#[test]
fn a_folder_with_other_things_in_it_is_no_release() {
    let desk = Desk::with_studies();
    fs::create_dir(desk.path("out")).unwrap();
    fs::write(desk.path("out/thesis.txt"), "").unwrap();
    assert!(matches!(go(&desk.config("pseudonymized", "out")), Err(RunError::Foreign { .. })));
}

#[test]
fn a_release_that_cannot_be_written_is_refused() {
    let desk = Desk::with_studies();
    fs::write(desk.path("file"), "").unwrap();
    assert!(go(&desk.config("pseudonymized", "file/out")).is_err());
    assert!(go(&desk.config("pseudonymized", "file")).is_err());
}

#[test]
fn a_named_key_that_is_not_there_is_not_made_up() {
    let desk = Desk::with_studies();
    let mut config = desk.config("pseudonymized", "out");
    config.key = None;
    config.key_file = Some(desk.path("lost.key"));
    assert!(matches!(go(&config), Err(RunError::Key(_))));
    assert!(!desk.path("out").exists());
}

#[test]
fn the_key_of_a_vault_is_made_at_first_use_and_used_again() {
    let desk = Desk::with_studies();
    let mut config = desk.config("pseudonymized", "out");
    config.key = None;
    let first = go(&config).unwrap();
    let key = fs::read(desk.path("out.vault/project.key")).unwrap();
    let second = go(&config).unwrap();
    assert_eq!(first.key, second.key);
    assert!(second.unchanged);
    assert_eq!(fs::read(desk.path("out.vault/project.key")).unwrap(), key);
    fs::remove_file(desk.path("out.vault/project.key")).unwrap();
    assert!(matches!(go(&config), Err(RunError::Mismatch { .. })));
    assert!(!desk.path("out.vault/project.key").exists());
}

#[test]
fn a_share_beyond_the_last_is_refused() {
    let desk = Desk::with_studies();
    let mut config = desk.config("pseudonymized", "out");
    config.shard = Shard { index: 2, count: 2 };
    assert!(matches!(go(&config), Err(RunError::NoSuchShard { .. })));
}

#[test]
fn a_signed_release_is_not_signed_by_a_key_drawn_anew() {
    let desk = Desk::with_studies();
    let mut config = desk.config("pseudonymized", "out");
    config.signing_key = None;
    go(&config).unwrap();
    let (key, copy) = (desk.path("out.vault/signing.key"), desk.path("copy.key"));
    fs::rename(&key, &copy).unwrap();
    let before = desk.release("out");
    assert!(matches!(go(&config), Err(RunError::SigningKeyLost { path }) if path.ends_with("signing.key")));
    assert!(!key.exists());
    assert_eq!(desk.release("out"), before);
    // Named, or back in its place, it will do.
    config.signing_key = Some(copy.clone());
    go(&config).unwrap();
    config.signing_key = None;
    fs::rename(&copy, &key).unwrap();
    go(&config).unwrap();
}
