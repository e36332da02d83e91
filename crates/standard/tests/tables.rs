//! Every cell of the generated tables equals the JSON it came from, parsed here by other means.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::BTreeMap;
use tokumei_core::{ActionCode, AttributeType, OptionName, TableCode, Tag};
use tokumei_standard as standard;

fn read(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).expect("the table")).expect("JSON")
}

/// A tag that the row of the JSON speaks of: itself, or one member of its family.
fn sample(tag: &str) -> Tag {
    let member = tag.replace("60xx", "6004").replace("50xxxxxx", "50020110").replace("ggggeeee", "00291020");
    Tag::parse_hex(&member).expect("a tag")
}

fn rows(json: &Value) -> &Vec<Value> {
    json["rows"].as_array().expect("rows")
}

#[test]
fn every_cell_of_the_action_table_is_the_one_of_the_data() {
    let json = read("ps3.15-table-e.1-1.json");
    assert_eq!(json["source"]["edition"], standard::EDITION);
    assert_eq!(rows(&json).len(), 657);
    assert_eq!(standard::rows().len(), 657);
    let mut cells = 0;
    for expected in rows(&json) {
        let row = standard::row(sample(expected["tag"].as_str().unwrap())).expect("a row");
        assert_eq!(row.name, expected["name"]);
        assert_eq!(row.keyword, expected["keyword"].as_str());
        assert_eq!(row.vm, expected["vm"].as_str());
        assert_eq!(row.retired, expected["retired"]);
        assert_eq!(row.in_standard_iod, expected["in_standard_iod"]);
        let vr: Vec<&str> = expected["vr"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(row.vr.iter().map(|vr| vr.as_str()).collect::<Vec<_>>(), vr);
        assert_eq!(row.basic.as_str(), expected["basic"]);
        for option in OptionName::ALL.iter().filter(|option| **option != OptionName::Basic) {
            let cell = expected.get(option.key()).and_then(Value::as_str);
            assert_eq!(row.cell(*option).map(ActionCode::as_str), cell, "{} {}", row.name, option.key());
            cells += usize::from(cell.is_some());
        }
    }
    // Filled cells of the ten option columns, counted in the printed table.
    assert_eq!(cells, 1 + 60 + 59 + 10 + 19 + 169 + 169 + 141 + 4 + 4);
}

#[test]
fn single_rows_are_in_ascending_order_without_doubles() {
    let tags: Vec<Tag> = standard::rows()
        .iter()
        .filter_map(|row| match row.tag {
            standard::TagPattern::Tag(tag) => Some(tag),
            _ => None,
        })
        .collect();
    assert_eq!(tags.len(), 653);
    assert!(tags.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn every_content_item_is_the_one_of_the_data() {
    let json = read("ps3.15-table-e.3.4-1-content-items.json");
    assert_eq!(standard::content_items().len(), 214);
    for expected in rows(&json) {
        let word = |key: &str| expected[key].as_str().unwrap();
        let item = standard::content_item(word("code"), word("scheme"), word("value_type")).expect("an item");
        assert_eq!((item.meaning, item.basic.as_str()), (word("meaning"), word("basic")));
        assert_eq!(
            (Value::from(item.retired), Value::from(item.in_standard_template)),
            (expected["retired"].clone(), expected["in_standard_template"].clone())
        );
        for option in OptionName::ALL.iter().filter(|option| **option != OptionName::Basic) {
            let cell = expected.get(option.key()).and_then(Value::as_str);
            assert_eq!(item.cell(*option).map(ActionCode::as_str), cell, "{} {}", item.meaning, option.key());
        }
    }
}

#[test]
fn every_safe_private_attribute_is_the_one_of_the_data() {
    let json = read("ps3.15-table-e.3.10-1-safe-private.json");
    assert_eq!(standard::safe_privates().len(), 479);
    for expected in rows(&json) {
        let word = |key: &str| expected[key].as_str().unwrap();
        let group = u16::from_str_radix(word("group"), 16).unwrap();
        let element = u8::from_str_radix(word("element"), 16).unwrap();
        let row = standard::safe_private(word("creator"), group, element).expect("a row");
        assert_eq!((row.vr, row.vm, row.meaning), (word("vr"), word("vm"), word("meaning")));
    }
}

#[test]
fn top_level_types_agree_with_the_list_by_compound_code() {
    let json = read("ps3.3-attribute-types.json");
    let mut class_of = BTreeMap::new();
    for (uid, iod) in json["sop_classes"].as_object().unwrap() {
        assert_eq!(standard::iod(uid), iod.as_str());
        class_of.insert(iod.as_str().unwrap(), uid.as_str());
    }
    assert_eq!(standard::sop_classes().count(), 180);
    let mut compared = 0;
    for (tag, row) in json["compound"].as_object().unwrap() {
        let tag = sample(tag);
        assert_eq!(standard::row(tag).map(|row| row.basic.as_str()), row["action"].as_str());
        let mut held = BTreeMap::new();
        for (kind, iods) in row["types"].as_object().unwrap() {
            held.extend(iods.as_array().unwrap().iter().map(|iod| (iod.as_str().unwrap(), kind.as_str())));
        }
        for (iod, uid) in &class_of {
            let expected = held.get(iod).and_then(|kind| AttributeType::parse(kind));
            assert_eq!(standard::attribute_type(uid, &[tag]), expected, "{tag} in {iod}");
            assert_eq!(standard::in_iod(uid, tag), Some(expected.is_some()));
            compared += usize::from(expected.is_some());
        }
    }
    assert!(compared > 2000, "{compared}");
}

#[test]
fn nested_types_and_their_exceptions_are_those_of_the_data() {
    let json = read("ps3.3-attribute-types.json");
    // No IOD known: the list by parent alone.
    for (path, kind) in json["nested"].as_object().unwrap() {
        let tags: Vec<Tag> = path.split('/').map(sample).collect();
        assert_eq!(standard::attribute_type("1.2.3", &tags), AttributeType::parse(kind.as_str().unwrap()), "{path}");
    }
    let mut seen = 0;
    for exception in json["nested_exceptions"].as_array().unwrap() {
        let tags: Vec<Tag> = exception["path"].as_str().unwrap().split('/').map(sample).collect();
        for (uid, iod) in json["sop_classes"].as_object().unwrap() {
            let modules = json["iods"][iod.as_str().unwrap()].as_object().unwrap();
            if modules.values().flat_map(|list| list.as_array().unwrap()).any(|module| *module == exception["module"]) {
                let expected = AttributeType::parse(exception["type"].as_str().unwrap());
                assert_eq!(standard::attribute_type(uid, &tags), expected, "{uid} {}", exception["path"]);
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "{seen}");
}

#[test]
fn lists_beyond_the_table_hold_no_listed_attribute() {
    let json = read("beyond-table-e.1-1.json");
    for key in [
        "uid_structural",
        "uid_instance_unlisted",
        "uri_unlisted",
        "datetime_unlisted",
        "identity_text_unlisted",
        "text_unlisted",
    ] {
        for row in json[key]["rows"].as_array().unwrap() {
            let tag = sample(row["tag"].as_str().unwrap());
            assert!(standard::row(tag).is_none(), "{tag}");
            let found = match key {
                "uid_structural" => standard::beyond::uid_structural(tag),
                "uid_instance_unlisted" => standard::beyond::uid_instance(tag),
                "uri_unlisted" => standard::beyond::uri(tag),
                "datetime_unlisted" => standard::beyond::datetime(tag),
                "identity_text_unlisted" => standard::beyond::identity_text(tag).is_some(),
                _ => standard::beyond::text_unlisted(tag) || standard::beyond::identity_text(tag).is_some(),
            };
            assert!(found, "{key} {tag}");
        }
    }
}

#[test]
fn a_plain_code_is_never_compound() {
    let plain = standard::rows().iter().filter(|row| matches!(row.basic, TableCode::Plain(_))).count();
    assert_eq!(plain, 417 + 93 + 55 + 42);
}
