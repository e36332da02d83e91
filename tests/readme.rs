//! The papers of the repository speak of the program and its tests as they are.

use crate::support::{root, said, tokumei};
use std::collections::BTreeSet;
use std::path::Path;

const READMES: [&str; 2] = ["README.md", "README.ja.md"];

fn text_of(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("{name} is missing"))
}

/// Returns what stands between a marker and the next one of the same name.
fn marked(name: &str, marker: &str) -> String {
    let marker = format!("<!-- {marker} -->");
    text_of(name).split(&marker).nth(1).unwrap_or_else(|| panic!("{name} has no {marker}")).to_string()
}

/// Returns the commands that the program lists.
fn listed() -> BTreeSet<String> {
    let help = said(&tokumei(["--help"]));
    let commands = help.split("Commands:").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    // A line that goes on with the one above is set further in.
    let name = |line: &str| {
        line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split(' ').next().map(str::to_string)
    };
    commands.lines().filter_map(name).collect()
}

#[test]
fn commands_of_the_readme_are_those_of_the_program() {
    let listed = listed();
    assert!(listed.contains("run") && listed.contains("profile"), "{listed:?}");
    for name in READMES {
        let block = marked(name, "commands");
        let word = |line: &str| line.trim().strip_prefix("tokumei ")?.split_whitespace().next().map(str::to_string);
        let written: BTreeSet<String> = block.lines().filter_map(word).collect();
        assert_eq!(written, listed, "{name}");
    }
}

#[test]
fn profiles_of_the_readme_are_those_that_the_program_prints() {
    for (name, lang) in READMES.into_iter().zip(["en", "ja"]) {
        let printed = said(&tokumei(["profile", "list", "--lang", lang]));
        let block = marked(name, "profiles");
        let lines: Vec<_> = block.trim().lines().filter(|line| !line.starts_with("```")).map(str::trim_end).collect();
        assert_eq!(lines, printed.lines().map(str::trim_end).collect::<Vec<_>>(), "{name}");
    }
}

/// Returns the commands about profiles that a paper shows with their output, each with the lines below it.
fn examples(text: &str) -> Vec<(String, Vec<String>)> {
    let blocks = text.split("```").skip(1).step_by(2);
    let example = |block: &str| {
        let mut lines = block.lines().skip(1).map(str::to_string);
        let command = lines.next()?.strip_prefix("$ tokumei profile ")?.to_string();
        Some((command, lines.collect()))
    };
    blocks.filter_map(example).collect()
}

#[test]
fn examples_of_the_readme_print_what_it_shows() {
    for name in READMES {
        let examples = examples(&text_of(name));
        assert!(!examples.is_empty(), "{name}");
        for (command, lines) in examples {
            let printed = said(&tokumei(["profile"].into_iter().chain(command.split_whitespace())));
            let mut rest = printed.lines();
            // A line of three dots stands for any lines.
            for line in lines.iter().filter(|line| *line != "…") {
                assert!(rest.any(|printed| printed.trim_end() == line), "{name}: {command}: {line}\n{printed}");
            }
        }
    }
}

/// Returns the names of the functions in the Rust files below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let name = |line: &str| Some(line.trim_start().strip_prefix("fn ")?.split('(').next()?.to_string());
            found.extend(text.lines().filter_map(name));
        }
    }
}

#[test]
fn tests_that_the_requirements_name_exist() {
    let mut known = BTreeSet::new();
    functions(&root().join("tests"), &mut known);
    functions(&root().join("crates"), &mut known);
    for line in text_of("seeds/requirements.md").lines().filter(|line| line.starts_with("| R")) {
        let cells: Vec<_> = line.split(" | ").collect();
        assert_eq!(cells.len(), 5, "{line}");
        let named: Vec<_> = cells[3].split('`').skip(1).step_by(2).collect();
        assert!(named.is_empty() == (cells[3] == "–"), "{line}");
        for test in named {
            let case = root().join("tests/cli").join(format!("{test}.toml"));
            assert!(known.contains(test) || case.is_file(), "{}: {test}", cells[0]);
        }
    }
}
