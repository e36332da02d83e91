//! The canonical form of a profile and its hash.

use crate::profile::Source;
use sha2::{Digest, Sha256};
use tokumei_core::hex;

/// Returns the SHA-256 of the canonical form in lower-case hexadecimal digits.
pub(crate) fn hash(source: &Source) -> String {
    hex(&Sha256::digest(form(source).as_bytes()))
}

/// Writes everything that can change an output, one line each, in a fixed order. Titles and reasons are no part of it.
fn form(source: &Source) -> String {
    let mut lines = vec![
        "tokumei profile 1".to_owned(),
        format!("edition={}", tokumei_standard::EDITION),
        format!("name={}", quoted(&source.name)),
        format!("version={}", quoted(&source.version)),
        format!("legal_class={:?}", source.legal_class),
        format!("purpose={}", quoted(&source.purpose)),
    ];
    lines.extend(source.options.iter().map(|option| format!("option={}", option.key())));
    let policy = toml::Value::try_from(&source.policy).expect("a policy is made of what TOML can write");
    flatten("policy", &policy, &mut lines);
    for rule in &source.rules {
        let inside: Vec<String> = rule.inside.iter().map(|tag| format!("{:08X}", tag.as_u32())).collect();
        lines.push(format!("rule={}/{}={}", inside.join("."), rule.selector, rule.code));
    }
    lines.join("\n") + "\n"
}

fn flatten(path: &str, value: &toml::Value, lines: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            let mut keys: Vec<&String> = table.keys().filter(|key| *key != "reason").collect();
            keys.sort();
            for key in keys {
                flatten(&format!("{path}.{key}"), &table[key], lines);
            }
        }
        toml::Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), item, lines);
            }
        }
        toml::Value::String(text) => lines.push(format!("{path}={}", quoted(text))),
        other => lines.push(format!("{path}={other}")),
    }
}

/// Quotes a text so that no line break can pass for a line of the form.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}
