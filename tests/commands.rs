//! Commands with their output and exit code, as files in `tests/cli`.

use crate::support::{cook, program, recipe, root, said, tree, write};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Why the expectation is right.
    why: String,
    /// Recipes cooked into `{study}`.
    #[serde(default)]
    recipes: Vec<String>,
    /// Files written into `{tmp}`.
    #[serde(default)]
    files: std::collections::BTreeMap<String, String>,
    /// The commands, one after the other; the last is the one looked at.
    commands: Vec<Vec<String>>,
    /// The exit code.
    code: i32,
    /// Pieces of standard output, in this order; `…` stands for anything.
    #[serde(default)]
    stdout: Vec<String>,
    /// Pieces of standard error, in this order.
    #[serde(default)]
    stderr: Vec<String>,
    /// What neither may hold.
    #[serde(default)]
    never: Vec<String>,
    /// Whether `{tmp}` must hold the same files after the last command as before it.
    #[serde(default)]
    unchanged: bool,
}

#[test]
fn every_case_says_what_its_file_expects() {
    let folder = root().join("tests/cli");
    let mut cases: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path()).collect();
    cases.sort();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|path| check(path).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn check(path: &Path) -> Result<(), String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let case: Case = toml::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    assert!(!case.why.is_empty(), "{name}");
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    for name in &case.recipes {
        cook(&recipe(name), &study.join(name));
    }
    for (name, text) in &case.files {
        write(&folder.path().join(name), text.as_bytes());
    }
    let place = |word: &String| {
        word.replace("{tmp}", &folder.path().to_string_lossy()).replace("{study}", &study.to_string_lossy())
    };
    let (last, first) = case.commands.split_last().ok_or_else(|| format!("{name}: no command"))?;
    for words in first {
        program().args(words.iter().map(place)).output().unwrap();
    }
    let before = tree(folder.path());
    let output = program().args(last.iter().map(place)).current_dir(folder.path()).output().unwrap();
    let fail = |what: String| Err(format!("{name}: {what}\n{}", said(&output)));
    if output.status.code() != Some(case.code) {
        return fail(format!("exit code {:?}, not {}", output.status.code(), case.code));
    }
    for (stream, bytes, pieces) in [("stdout", &output.stdout, &case.stdout), ("stderr", &output.stderr, &case.stderr)]
    {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Some(missing) = missing(&text, &pieces.iter().map(place).collect::<Vec<_>>()) {
            return fail(format!("`{missing}` is not on {stream}, or not in its place"));
        }
    }
    if let Some(found) = case.never.iter().find(|piece| said(&output).contains(piece.as_str())) {
        return fail(format!("`{found}` was said"));
    }
    if case.unchanged && tree(folder.path()) != before {
        return fail("files were changed".into());
    }
    Ok(())
}

/// Returns the first piece that does not follow the ones before it in the text.
fn missing(text: &str, pieces: &[String]) -> Option<String> {
    let mut rest = text;
    for piece in pieces {
        for part in piece.split('…') {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return Some(piece.clone()),
            }
        }
    }
    None
}

/// Nothing can be written to `/dev/full`.
#[test]
fn a_result_that_cannot_be_printed_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    cook(&recipe("ct_explicit-le_plain"), &folder.path().join("in"));
    let into_nowhere = |words: &[&str]| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program().args(["--lang", "en"]).args(words).current_dir(folder.path()).stdout(full).output();
        let output = output.unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // What has done more than print has done it.
    let (code, words) = into_nowhere(&["run", "--profile", "pseudonymized", "--out", "out", "in"]);
    assert!(code == Some(1) && words.contains("could not be written to standard output"), "{words}");
    assert!(folder.path().join("out/audit/root.json").is_file());
    let file = tree(&folder.path().join("in")).into_keys().next().unwrap();
    let file = format!("in/{}", file.display());
    let cases: [&[&str]; 20] = [
        &["--help"],
        &["--version"],
        &["run", "--help"],
        &["profile", "list"],
        &["profile", "show", "pseudonymized"],
        &["profile", "explain", "pseudonymized", "PatientName"],
        &["profile", "diff", "anonymized", "pseudonymized"],
        &["profile", "lint", "pseudonymized"],
        &["profile", "conformance", "pseudonymized"],
        &["--format", "json", "profile", "list"],
        &["inspect", &file],
        &["verify", "out"],
        &["audit", "verify", "out"],
        &["audit", "show", "out"],
        &["key", "id", "out.vault/project.key"],
        &["dataset", "sample", "out"],
        &["review", "out.vault", "list"],
        &["--format", "json", "review", "out.vault"],
        // Nobody would know its address.
        &["review", "out.vault"],
        &["run", "--dry-run", "--profile", "pseudonymized", "--out", "other", "in"],
    ];
    let wrong: Vec<_> = cases
        .iter()
        .map(|words| (words, into_nowhere(words)))
        .filter(|(_, (code, words))| *code != Some(2) || !words.contains("could not be written to standard output"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
