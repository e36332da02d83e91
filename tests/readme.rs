//! The README speaks of the program as it is.

use crate::support::{root, said, tokumei};
use std::collections::BTreeSet;

/// Returns the commands that the program lists.
fn listed() -> BTreeSet<String> {
    let help = said(&tokumei(["--help"]));
    let commands = help.split("Commands:").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    commands.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

#[test]
fn commands_of_the_readme_are_those_of_the_program() {
    let listed = listed();
    assert!(listed.contains("run") && listed.contains("profile"), "{listed:?}");
    for name in ["README.md", "README.ja.md"] {
        let text = std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("{name} is missing"));
        let block = text.split("<!-- commands -->").nth(1).unwrap_or_else(|| panic!("{name} lists no commands"));
        let word = |line: &str| line.trim().strip_prefix("tokumei ")?.split_whitespace().next().map(str::to_string);
        let written: BTreeSet<String> = block.lines().filter_map(word).collect();
        assert_eq!(written, listed, "{name}");
    }
}
