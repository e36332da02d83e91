//! The rooms and their arrows, compared with what cargo says.

use crate::support::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Room, then the rooms it may depend on besides `core`.
const ARROWS: &[(&str, &[&str])] = &[
    ("tokumei", &["pipeline", "report", "review", "verify", "profile", "pseudonym", "audit"]),
    ("report", &["audit", "pixel"]),
    ("review", &["audit", "pixel"]),
    ("pipeline", &["deid", "pixel", "guard", "audit", "wire", "pseudonym", "profile"]),
    ("deid", &["profile", "pseudonym", "text", "wire", "standard"]),
    ("pixel", &["detect", "codec", "profile", "text", "wire"]),
    ("guard", &["text"]),
    ("verify", &["profile", "text", "standard"]),
    ("profile", &["standard"]),
    ("pseudonym", &[]),
    ("text", &[]),
    ("wire", &[]),
    ("codec", &[]),
    ("detect", &[]),
    ("audit", &[]),
    ("standard", &[]),
    ("core", &[]),
    ("testkit", &[]),
];

fn room(name: &str) -> &str {
    name.strip_prefix("tokumei-").unwrap_or(name)
}

/// Returns the rooms each room depends on, dependencies of tests and build scripts left out.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs the tests, so it is there");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| room(value.as_str().unwrap_or_default()).to_string();
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("a list of packages") {
        let own =
            |one: &&Value| one["kind"].is_null() && one["name"].as_str().is_some_and(|n| n.starts_with("tokumei"));
        let below = package["dependencies"].as_array().expect("a list of dependencies").iter().filter(own);
        found.insert(text(&package["name"]), below.map(|one| text(&one["name"])).collect());
    }
    found
}

#[test]
fn rooms_depend_only_on_rooms_below_them() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (name, below) in arrows() {
        let permitted = allowed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is no room of the architecture"));
        for room in below.iter().filter(|room| *room != "core") {
            assert!(permitted.contains(&room.as_str()), "{name} -> {room}");
        }
    }
}

#[test]
fn nothing_but_tests_depends_on_the_test_kit() {
    for (name, below) in arrows() {
        assert!(!below.contains("testkit"), "{name}");
    }
}

#[test]
fn verify_shares_nothing_with_the_writer() {
    let arrows = arrows();
    let mut reached = BTreeSet::from(["verify".to_string()]);
    let mut open = vec!["verify".to_string()];
    while let Some(name) = open.pop() {
        for below in arrows.get(&name).into_iter().flatten() {
            if reached.insert(below.clone()) {
                open.push(below.clone());
            }
        }
    }
    for room in ["wire", "deid", "pixel", "codec", "detect", "pseudonym", "guard"] {
        assert!(!reached.contains(room), "verify reaches {room}");
    }
}

#[test]
fn unsafe_code_is_denied_and_no_crate_allows_it() {
    for entry in std::fs::read_dir(root().join("crates")).unwrap().flatten() {
        let manifest = std::fs::read_to_string(entry.path().join("Cargo.toml")).unwrap_or_default();
        // The folder of the program holds no manifest: the root package is its own.
        assert!(manifest.is_empty() || manifest.contains("[lints]\nworkspace = true"), "{}", entry.path().display());
    }
}
