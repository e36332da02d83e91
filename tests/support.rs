//! Running the program and looking at what it leaves.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tokumei_testkit::{Recipe, recipes};

/// Returns the folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the program, in English and with nothing of the environment that could change what it does.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokumei"));
    command.env("LC_ALL", "C").env_remove("LANG").env_remove("RUST_BACKTRACE");
    command
}

/// Runs the program to its end.
pub fn tokumei<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(words: I) -> Output {
    program().args(words).output().expect("the program was built for this test")
}

/// Runs the program on inputs and returns its output.
pub fn run(profile: &str, out: &Path, more: &[&str], inputs: &[&Path]) -> Output {
    let mut command = program();
    command.args(["run", "--profile", profile, "--out"]).arg(out).args(more).args(inputs);
    command.output().expect("the program was built for this test")
}

/// Returns everything the program said.
pub fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    texts.concat()
}

/// Returns every file below a folder with its bytes, by path relative to the folder.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(&path).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            } else if let Ok(bytes) = std::fs::read(entry.path()) {
                let name = entry.path().strip_prefix(folder).expect("it lies in the folder").to_path_buf();
                found.insert(name, bytes);
            }
        }
    }
    found
}

/// Returns the outputs of a release.
pub fn outputs(release: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    tree(&release.join("dicom"))
}

/// One row of the vault's index.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub source: String,
    pub state: String,
    pub reason: String,
    pub release: String,
}

/// Reads the index in a vault.
pub fn index(vault: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(vault.join("index.csv")).expect("a run leaves an index");
    let mut rows = cells(&text).into_iter();
    assert_eq!(rows.next().expect("a head"), ["source", "state", "reason", "release"]);
    rows.map(|row| <[String; 4]>::try_from(row).expect("four columns"))
        .map(|[source, state, reason, release]| Row { source, state, reason, release })
        .collect()
}

fn cells(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter => cell.push(letter),
        }
    }
    rows
}

/// Returns every recipe of the repository.
pub fn all_recipes() -> Vec<Recipe> {
    recipes(&root().join("seeds/recipes")).expect("every recipe can be followed")
}

/// Writes the files of a recipe into a folder.
pub fn cook(recipe: &Recipe, folder: &Path) {
    for file in &recipe.files {
        write(&folder.join(&file.name), &file.bytes);
    }
}

/// Returns the recipe with this name.
pub fn recipe(name: &str) -> Recipe {
    Recipe::load(&root().join("seeds/recipes").join(format!("{name}.recipe"))).expect("the recipe is there")
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a temporary folder");
    std::fs::write(path, bytes).expect("a temporary folder");
}

/// Writes a study of random instances, `count` seeds of it, and returns nothing but its folder's content.
pub fn random_inputs(folder: &Path, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        for (number, bytes) in tokumei_testkit::random::study(seed).files.iter().enumerate() {
            write(&folder.join(format!("s{seed}/{number}.dcm")), bytes);
        }
    }
}

/// Tells whether `needle` stands somewhere in `bytes`.
pub fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|window| window == needle)
}

/// Makes a key file and returns its path.
pub fn key(folder: &Path) -> PathBuf {
    let path = folder.join("test.key");
    assert!(tokumei([OsStr::new("key"), OsStr::new("new"), path.as_os_str()]).status.success());
    path
}

/// Makes a key to sign with, the same each time, and returns its path.
pub fn signing_key(folder: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("signing.test");
    std::fs::write(&path, format!("tokumei-signing-1 {}\n", "5a".repeat(32))).expect("a temporary folder");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a temporary folder");
    path.to_string_lossy().into_owned()
}

/// Tells whether the tests run as root, who may read and write everything.
pub fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}

/// Returns the digest of the sample that people look at before a release is frozen.
pub fn sample_of(release: &Path) -> String {
    drawn(release, &[])
}

fn drawn(release: &Path, profile: &[&str]) -> String {
    let words = ["dataset", "sample", "--format", "json", &release.to_string_lossy()].map(str::to_owned);
    let output = tokumei(words.iter().map(String::as_str).chain(profile.iter().copied()));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    value["digest"].as_str().unwrap_or("none").to_owned()
}

/// Freezes a release as the data set `set`, after a look at its sample. `class` is the legal class, and its profile where none
/// is built in for it.
pub fn freeze(release: &Path, class: &str, profile: &[&str]) -> Output {
    let (seen, place) = (drawn(release, profile), release.to_string_lossy());
    let who = ["--responsible", "S", "--approved-by", "I", "--sample", &seen];
    let what = ["--name", "set", "--legal-class", class, "--legal-basis", "APPI Art. 41"];
    tokumei([&["dataset", "freeze", &place], &what[..], &who, profile].concat())
}

/// Says why a test is left out, or fails where everything is required.
pub fn left_out(why: &str) {
    assert!(std::env::var("TOKUMEI_PEERS").as_deref() != Ok("required"), "{why}");
    eprintln!("left out: {why}");
}
