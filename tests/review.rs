//! Human review through the program (R4-24, R3-06, R6-02).

use crate::support::{cook, freeze, index, outputs, program, recipe, run, said, tokumei, tree};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Runs over a study with an instance that says that text is burned into it. Returns release and vault.
fn held_back(folder: &Path, profile: &str) -> (PathBuf, PathBuf) {
    let (input, out) = (folder.join("in"), folder.join("out"));
    cook(&recipe("ct_explicit-le_burned-in-yes"), &input.join("held"));
    run(profile, &out, &[], &[&input]);
    (out, folder.join("out.vault"))
}

fn review(vault: &Path, words: &[&str]) -> Output {
    let mut command = program();
    command.args(["--format", "json", "review"]).arg(vault).args(words);
    command.output().expect("the program was built for this test")
}

fn items(vault: &Path) -> Vec<Value> {
    let output = review(vault, &[]);
    assert!(output.status.success(), "{}", said(&output));
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    value["items"].as_array().expect("a list").clone()
}

fn id(vault: &Path) -> String {
    items(vault)[0]["id"].as_str().expect("an id").to_owned()
}

const WHO: [&str; 4] = ["--reviewer", "Ito Ken", "--reason", "the text names a device"];

#[test]
fn only_what_is_approved_leaves_quarantine_and_its_mask_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let (out, vault) = held_back(folder.path(), "pseudonymized");
    assert_eq!(outputs(&out).len(), 0);
    assert_eq!(items(&vault)[0]["state"], "in-review");
    let before = tree(&out);
    assert_eq!(review(&vault, &["release"]).status.code(), Some(1));
    assert_eq!(tree(&out), before);

    let item = id(&vault);
    assert!(review(&vault, &[&["reject", &item][..], &WHO].concat()).status.success());
    review(&vault, &["release"]);
    assert_eq!((tree(&out), items(&vault)[0]["state"].as_str()), (before, Some("rejected")));

    let approve = review(&vault, &[&["approve", &item[..6], "--mask", "0,0,4,2"][..], &WHO].concat());
    assert!(approve.status.success(), "{}", said(&approve));
    let released = review(&vault, &["release"]);
    assert_eq!(released.status.code(), Some(0), "{}", said(&released));
    assert_eq!((outputs(&out).len(), items(&vault)[0]["state"].as_str()), (1, Some("released")));
    let ledger = std::fs::read_to_string(out.join("audit/ledger.jsonl")).unwrap();
    let leaf =
        ledger.lines().find(|line| line.contains("\"reviewers\":1")).expect("the ledger says that people looked");
    assert!(leaf.contains("\"by\":\"review/person\"") && leaf.contains("113101"), "{leaf}");
    assert!(!ledger.contains("Ito Ken"));
    for words in [["audit", "verify"], ["verify", "--quiet"]] {
        let checked = tokumei(words.iter().map(std::ffi::OsStr::new).chain([out.as_os_str()]));
        assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    }
    // More of what has left cannot be hidden, and the next run changes nothing.
    let more = review(&vault, &[&["approve", &item, "--mask", "0,0,8,8"][..], &WHO].concat());
    assert_eq!(more.status.code(), Some(2));
    let before = tree(&out);
    review(&vault, &["release"]);
    assert_eq!(tree(&out), before);
}

#[test]
fn a_changed_original_needs_a_new_approval() {
    let folder = tempfile::tempdir().unwrap();
    let (out, vault) = held_back(folder.path(), "pseudonymized");
    review(&vault, &[&["approve", &id(&vault)][..], &WHO].concat());
    let row = index(&vault).into_iter().find(|row| row.state == "quarantined").unwrap();
    let mut bytes = std::fs::read(&row.source).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&row.source, bytes).unwrap();
    assert_eq!(review(&vault, &["release"]).status.code(), Some(1));
    assert_eq!(outputs(&out).len(), 0);
    let item = items(&vault).remove(0);
    assert_eq!((&item["state"], &item["outdated"]), (&"in-review".into(), &true.into()));
}

#[test]
fn a_mask_beside_the_image_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, vault) = held_back(folder.path(), "pseudonymized");
    let refused = review(&vault, &[&["approve", &id(&vault), "--mask", "60000,60000,8,8"][..], &WHO].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("review-mask-beside") && said(&refused).contains("60000,60000,8,8"));
    assert!(!vault.join("review").exists());
}

#[test]
fn a_profile_that_the_release_was_not_made_by_decides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_, vault) = held_back(folder.path(), "pseudonymized");
    for words in [&["list"][..], &["approve", &id(&vault), "--reviewer", "Ito Ken", "--reason", "seen"]] {
        let refused = review(&vault, &[&["--profile", "ai-training"], words].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(said(&refused).contains("review-other-profile"), "{}", said(&refused));
    }
    assert!(!vault.join("review").exists());
    assert!(review(&vault, &["--profile", "pseudonymized", "list"]).status.success());
}

#[test]
fn a_rejection_is_overridden_by_nobody_and_what_it_is_about_leaves_the_release() {
    let folder = tempfile::tempdir().unwrap();
    let (out, vault) = held_back(folder.path(), "pseudonymized");
    let item = id(&vault);
    let by = |words: &[&str], name: &str| {
        let output = review(&vault, &[words, &["--reviewer", name, "--reason", "seen"]].concat());
        (output.status.code(), said(&output))
    };
    let release = || {
        review(&vault, &["release"]);
        (outputs(&out).len(), items(&vault)[0]["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(by(&["reject", &item], "Mori Yui").0, Some(0));
    let (code, words) = by(&["approve", &item], "Ito Ken");
    assert!(code == Some(2) && words.contains("review-rejected-by") && words.contains("Mori Yui"), "{words}");
    assert_eq!(release(), (0, "rejected".to_owned()));
    // Opened again by naming the rejection, approved, released.
    assert_eq!(by(&["reopen", &item, "--rejected-by", "Abe Rin"], "Ito Ken").0, Some(2));
    assert_eq!(by(&["reopen", &item], "Ito Ken").0, Some(2));
    assert_eq!(by(&["reopen", &item, "--rejected-by", "mori yui"], "Ito Ken").0, Some(0));
    assert_eq!(by(&["reopen", &item, "--rejected-by", "mori yui"], "Ito Ken").0, Some(2));
    assert_eq!(release(), (0, "in-review".to_owned()));
    assert_eq!(by(&["approve", &item], "Ito Ken").0, Some(0));
    assert_eq!(release(), (1, "released".to_owned()));
    // What has left and is rejected leaves the release, and comes back with what was missed hidden.
    let first: Vec<_> = outputs(&out).into_values().collect();
    assert_eq!(by(&["reject", &item], "Abe Rin").0, Some(0));
    assert_eq!(release(), (0, "rejected".to_owned()));
    assert!(index(&vault).iter().any(|row| row.reason == "review-rejected"));
    let checked = tokumei([std::ffi::OsStr::new("audit"), "verify".as_ref(), out.as_os_str()]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    assert_eq!(by(&["approve", &item, "--mask", "0,0,4,2"], "Abe Rin").0, Some(0));
    assert_eq!(release(), (1, "released".to_owned()));
    assert_ne!(outputs(&out).into_values().collect::<Vec<_>>(), first);
    let noted = std::fs::read_to_string(vault.join("journal/execution.jsonl")).unwrap();
    for word in ["\"verdict\":\"reject\"", "\"verdict\":\"reopen\"", "\"verdict\":\"approve\""] {
        assert!(noted.contains(word), "{word}");
    }
}

#[test]
fn an_answer_counts_everything_that_waits_and_each_item_once() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    cook(&recipe("ct_explicit-le_burned-in-yes"), &input.join("held"));
    cook(&recipe("us_explicit-le_burned-in-unknown"), &input.join("other"));
    run("ps315-basic", &folder.path().join("out"), &[], &[&input]);
    let vault = folder.path().join("out.vault");
    let waiting = items(&vault);
    assert_eq!(waiting.len(), 2);
    let held = waiting.iter().find(|item| item["source"].as_str().unwrap().contains("held")).unwrap();
    let item = held["id"].as_str().unwrap().to_owned();
    let mut command = program();
    command.args(["--lang", "en", "review"]).arg(&vault).args(["approve", &item, &item[..6]]).args(WHO);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.matches(&item[..8]).count(), 1, "{text}");
    assert!(text.contains("1 in review (0 of them cannot be approved), 1 approved, 0 rejected"), "{text}");
    let record = std::fs::read_to_string(vault.join("review/decisions.jsonl")).unwrap();
    assert_eq!(record.lines().count(), 1);
}

#[test]
fn two_people_must_approve_when_the_profile_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("two.toml");
    let why = "reviewers = { en = \"two pairs of eyes\", ja = \"二重確認\", clause = \"R3-06\" }";
    let text = format!(
        "name = \"two\"\nversion = \"1\"\nextends = \"pseudonymized\"\n[policy]\nreviewers = 2\n[why]\n{why}\n"
    );
    std::fs::write(&profile, text).unwrap();
    let (out, vault) = held_back(folder.path(), profile.to_str().unwrap());
    let item = id(&vault);
    let approve = |name: &str| {
        let words = ["approve", &item, "--reviewer", name, "--reason", "seen"];
        assert!(review(&vault, &words).status.success());
        review(&vault, &["release"]);
        outputs(&out).len()
    };
    assert_eq!([approve("Ito Ken"), approve("ITO ken"), approve("Mori Yui")], [0, 0, 1]);
}

#[test]
fn wrong_words_put_nothing_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let (_, vault) = held_back(folder.path(), "pseudonymized");
    let item = id(&vault);
    let before = tree(&vault);
    let cases: [(&[&str], &str); 6] = [
        (&["approve", &item], "--reviewer"),
        (&["approve", &item, "--reviewer", " ", "--reason", "x"], "name"),
        (&["approve", "zzzz", "--reviewer", "a", "--reason", "x"], "zzzz"),
        (&["approve", &item, "--reviewer", "a", "--reason", "x", "--mask", "1,2,3"], "1,2,3"),
        (&["approve", &item, "--reviewer", "a", "--reason", "x", "--mask", "1,2,0,4"], "1,2,0,4"),
        (&["show", "ab"], "ab"),
    ];
    for (words, expected) in cases {
        let output = review(&vault, words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(said(&output).contains(expected), "{words:?}: {}", said(&output));
    }
    let after: Vec<_> = tree(&vault).into_keys().filter(|path| !path.ends_with("signing.key")).collect();
    assert_eq!(after, before.into_keys().filter(|path| !path.ends_with("signing.key")).collect::<Vec<_>>());
    assert_eq!(review(folder.path(), &[]).status.code(), Some(2));
}

#[test]
fn a_file_of_an_anonymized_release_is_rejected_by_its_place_and_keeps_the_data_set_open() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    cook(&recipe("ct_explicit-le_plain"), &input);
    let made = run("anonymized", &out, &[], &[&input]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let vault = folder.path().join("out.vault");
    let sampled = |words: &[&str]| {
        let output = review(&vault, words);
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["items"].clone()
    };
    assert_eq!(sampled(&["list"]), serde_json::json!([]));
    let drawn = sampled(&["list", "--sampled"]);
    assert_eq!((drawn.as_array().unwrap().len(), &drawn[0]["state"]), (1, &"sampled".into()), "{drawn}");
    // Nothing leads from a file of the release to its original, in neither direction.
    let source = drawn[0]["source"].as_str().unwrap().to_owned();
    assert!(source.contains("/out/dicom/") && !drawn.to_string().contains("/in/"), "{drawn}");
    let freeze = || freeze(&out, "anonymized", &[]);
    let rejected = review(&vault, &[&["reject", &source][..], &WHO].concat());
    assert!(rejected.status.success(), "{}", said(&rejected));
    let refused = freeze();
    assert!(refused.status.code() == Some(2) && said(&refused).contains("new release"), "{}", said(&refused));
    assert_eq!(review(&vault, &["release"]).status.code(), Some(2));
    let reopen = review(&vault, &[&["reopen", &source, "--rejected-by", "Ito Ken"][..], &WHO].concat());
    assert!(reopen.status.success(), "{}", said(&reopen));
    // An original is named by its own path: the next release goes without it.
    let original = index(&vault)[0].source.to_string();
    let rejected = review(&vault, &[&["reject", &original][..], &WHO].concat());
    assert!(rejected.status.success(), "{}", said(&rejected));
    assert_eq!(freeze().status.code(), Some(2));
    let (next, vault_text) = (folder.path().join("next"), vault.to_string_lossy().into_owned());
    let without = run("anonymized", &next, &["--vault", &vault_text], &[&input]);
    assert_eq!((without.status.code(), outputs(&next).len()), (Some(1), 0), "{}", said(&without));
    assert!(index(&vault).iter().any(|row| row.reason == "review-rejected"));
    let reopen = review(&vault, &[&["reopen", &original, "--rejected-by", "Ito Ken"][..], &WHO].concat());
    assert!(reopen.status.success(), "{}", said(&reopen));
    let frozen = freeze();
    assert_eq!(frozen.status.code(), Some(0), "{}", said(&frozen));
}

#[test]
fn r6_02_one_good_is_not_enough_for_a_sampled_file_where_two_people_are_to_look() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    cook(&recipe("ct_explicit-le_plain"), &input);
    let profile = folder.path().join("two.toml");
    let text = "name = \"two\"\nversion = \"1\"\nextends = \"pseudonymized\"\n[policy]\nreviewers = 2\n";
    std::fs::write(&profile, text).unwrap();
    let profile = profile.to_string_lossy().into_owned();
    let made = run(&profile, &out, &[], &[&input]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let vault = folder.path().join("out.vault");
    let asked = |words: &[&str]| {
        let output = review(&vault, &[&["--profile", profile.as_str()], words].concat());
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["items"][0].clone()
    };
    let place = asked(&["list", "--sampled"])["source"].as_str().unwrap().to_owned();
    let good = |who: &str| asked(&["approve", &place, "--reviewer", who, "--reason", "nothing to see"]);
    for (who, state) in [("Ito Ken", "sampled"), ("ito  ken", "sampled"), ("Sato Aki", "released")] {
        good(who);
        assert_eq!(asked(&["list", "--sampled"])["state"], state, "{who}");
    }
}
