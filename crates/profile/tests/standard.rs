//! Profiles against the JSON of the standard: every row and every Option, precedence, and the golden tables.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::BTreeMap;
use tokumei_core::{OptionName, Tag};
use tokumei_profile::{CleanAs, Profile};

fn rows() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../standard/data/ps3.15-table-e.1-1.json");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    json["rows"].as_array().unwrap().clone()
}

/// A tag that a row speaks of.
fn sample(tag: &str) -> Tag {
    Tag::parse_hex(&tag.replace("60xx", "6004").replace("50xxxxxx", "50020110").replace("ggggeeee", "00291020"))
        .unwrap()
}

/// A profile with these options and policies that change no cell.
fn with(options: &[OptionName]) -> Profile {
    let has = |option| options.contains(&option);
    let mut policy = BTreeMap::from([("beyond", "false"), ("unlisted_text", "\"keep\"")]);
    if has(OptionName::CleanPixelData) {
        policy.insert("burned_in", "\"mask\"");
    }
    if has(OptionName::CleanRecognizableVisualFeatures) {
        policy.insert("faces", "\"quarantine\"");
    }
    if has(OptionName::CleanGraphics) {
        policy.insert("graphics", "\"clean\"");
    }
    if has(OptionName::CleanStructuredContent) {
        policy.insert("structured", "\"clean\"");
    }
    if has(OptionName::CleanDescriptors) {
        policy.insert("text", "\"clean-strict\"");
    }
    if has(OptionName::RetainLongFullDates) {
        policy.insert("dates", "\"keep\"");
    }
    if has(OptionName::RetainLongModifiedDates) {
        policy.insert("dates", "\"shift\"");
    }
    if has(OptionName::RetainSafePrivate) {
        policy.insert("private", "\"safe-list\"");
    }
    if has(OptionName::RetainPatientCharacteristics) {
        policy.extend([("age", "\"exact\""), ("sex", "\"keep\""), ("size_weight", "\"keep\"")]);
    }
    policy.insert("references", "\"table\"");
    let mut text = "name = \"t\"\nversion = \"1\"\nextends = \"ps315-basic\"\n[options]\n".to_owned();
    options.iter().for_each(|option| text += &format!("{} = true\n", option.key()));
    text += "[policy]\n";
    policy.iter().for_each(|(name, value)| text += &format!("{name} = {value}\n"));
    for option in options {
        text += &format!("[why.{}]\nen = \"e\"\nja = \"j\"\nclause = \"c\"\n", option.key());
    }
    Profile::from_toml(&text, "t.toml").unwrap()
}

#[test]
fn every_row_under_the_basic_profile_and_each_option_is_as_the_table_says() {
    let rows = rows();
    assert_eq!(rows.len(), 657);
    for option in OptionName::ALL {
        let profile = with(&[*option]);
        for row in &rows {
            let basic = row["basic"].as_str().unwrap();
            let cell = if *option == OptionName::Basic { None } else { row.get(option.key()).and_then(Value::as_str) };
            let tag = row["tag"].as_str().unwrap();
            let decision = profile.decide(sample(tag));
            assert_eq!(decision.code.as_str(), cell.unwrap_or(basic), "{tag} {}", option.key());
            let column = if cell.is_some() { option.key() } else { "basic" };
            assert_eq!(decision.rule.id, format!("E.1-1/{tag}/{column}"));
            assert_eq!(decision.rule.clean.is_some(), decision.code.as_str() == "C", "{tag}");
        }
    }
}

#[test]
fn modified_dates_beat_device_identity_in_exactly_eleven_rows() {
    let profile = with(&[OptionName::RetainDeviceIdentity, OptionName::RetainLongModifiedDates]);
    let mut contested = Vec::new();
    for row in rows() {
        let both = (row["retain_device_identity"].as_str(), row["retain_long_modified_dates"].as_str());
        if both == (Some("K"), Some("C")) {
            let tag = row["tag"].as_str().unwrap();
            let decision = profile.decide(sample(tag));
            assert_eq!((decision.code.as_str(), decision.rule.clean), ("C", Some(CleanAs::Date)), "{tag}");
            contested.push(tag.to_owned());
        }
    }
    let expected = "00181200 00181201 00181202 00181203 00181204 00181205 0018700C 0018700E 0014407C 0014407E 300C0127";
    let mut expected: Vec<&str> = expected.split(' ').collect();
    expected.sort_unstable();
    contested.sort_unstable();
    assert_eq!(contested, expected);
}

#[test]
fn every_built_in_profile_equals_its_golden_table() {
    for name in Profile::builtin_names() {
        let profile = Profile::builtin(name).unwrap();
        let path = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let golden = std::fs::read_to_string(path).unwrap();
        let mut lines = golden.lines();
        assert_eq!(lines.next(), Some(&*format!("{name} {}", profile.version())));
        let mut compared = 0;
        for line in lines {
            let (tag, code) = line.split_once(' ').unwrap();
            assert_eq!(profile.decide(sample(tag)).code.as_str(), code, "{name} {tag}");
            compared += 1;
        }
        assert_eq!(compared, 657);
    }
}

/// Rows of each code, counted in the printed table with the options of the profile laid over it.
#[test]
fn codes_of_each_built_in_profile_are_as_many_as_counted_by_hand() {
    let counts = |name: &str| {
        let profile = Profile::builtin(name).unwrap();
        rows().iter().fold(BTreeMap::<&str, usize>::new(), |mut counts, row| {
            *counts.entry(profile.decide(sample(row["tag"].as_str().unwrap())).code.as_str()).or_default() += 1;
            counts
        })
    };
    let literal = [
        ("D", 93),
        ("U", 55),
        ("X", 417),
        ("X/D", 23),
        ("X/Z", 11),
        ("X/Z/D", 8),
        ("X/Z/U*", 2),
        ("Z", 42),
        ("Z/D", 6),
    ];
    assert_eq!(counts("ps315-literal"), BTreeMap::from(literal));
    // 20 X rows and one Z row become compound, the D row of an annotation group becomes U, and the two references stay.
    let basic =
        [("D", 92), ("U", 56), ("X", 397), ("X/D", 33), ("X/Z", 20), ("X/Z/D", 9), ("K", 2), ("Z", 41), ("Z/D", 7)];
    assert_eq!(counts("ps315-basic"), BTreeMap::from(basic));
}

#[test]
fn content_items_follow_their_table_and_the_same_precedence() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../standard/data/ps3.15-table-e.3.4-1-content-items.json");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let options =
        [OptionName::CleanStructuredContent, OptionName::RetainLongModifiedDates, OptionName::CleanDescriptors];
    let profile = with(&options);
    for row in json["rows"].as_array().unwrap() {
        let word = |key: &str| row[key].as_str().unwrap();
        let decision = profile.content_item(word("code"), word("scheme"), word("value_type")).unwrap();
        let cells = [row["retain_long_modified_dates"].as_str(), row["clean_descriptors"].as_str()];
        let expected = cells.into_iter().flatten().next().unwrap_or(word("basic"));
        assert_eq!(decision.code.as_str(), expected, "{}", word("meaning"));
    }
    assert!(profile.content_item("1", "99LOCAL", "TEXT").is_none());
}
