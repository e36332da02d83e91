//! Turns the JSON tables of `data/` into sorted static Rust tables.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The option columns of Table E.1-1, in the order of the fields of `Row`.
const COLUMNS: [&str; 10] = [
    "retain_safe_private",
    "retain_uids",
    "retain_device_identity",
    "retain_institution_identity",
    "retain_patient_characteristics",
    "retain_long_full_dates",
    "retain_long_modified_dates",
    "clean_descriptors",
    "clean_structured_content",
    "clean_graphics",
];

fn main() {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    let data = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("data");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let write = |name: &str, text: String| fs::write(out.join(name), text).expect("the build folder is writable");
    write("table.rs", table(&read(&data, "ps3.15-table-e.1-1.json")));
    write("content.rs", content(&read(&data, "ps3.15-table-e.3.4-1-content-items.json")));
    write("private.rs", private(&read(&data, "ps3.15-table-e.3.10-1-safe-private.json")));
    write("types.rs", types(&read(&data, "ps3.3-attribute-types.json")));
    write("beyond.rs", beyond(&read(&data, "beyond-table-e.1-1.json")));
    write("cid_7050.rs", cid_7050(&read(&data, "ps3.15-markers-and-cid-7050.json")));
}

fn read(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("the table is part of the crate");
    serde_json::from_str(&text).expect("the table is JSON")
}

/// Table E.1-1: single tags sorted by number, the four families after them.
fn table(json: &Value) -> String {
    let mut rows: Vec<&Value> = list(&json["rows"]).iter().collect();
    rows.sort_by_key(|row| hex(text(&row["tag"])).map_or((1, 0), |number| (0, number)));
    let singles = rows.iter().filter(|row| hex(text(&row["tag"])).is_some()).count();
    let mut out = format!("static SINGLES: usize = {singles};\nstatic ROWS: [Row; {}] = [\n", rows.len());
    for row in rows {
        let vr: Vec<String> =
            row["vr"].as_array().into_iter().flatten().map(|vr| format!("Vr::{}", text(vr))).collect();
        write!(
            out,
            "Row {{ tag: {}, name: {:?}, keyword: {}, vr: &[{}], vm: {}, retired: {}, in_standard_iod: {}, basic: {}",
            pattern(text(&row["tag"])),
            text(&row["name"]),
            option(&row["keyword"]),
            vr.join(", "),
            option(&row["vm"]),
            row["retired"],
            row["in_standard_iod"],
            table_code(text(&row["basic"])),
        )
        .expect("a string takes all");
        for column in COLUMNS {
            write!(out, ", {column}: {}", cell(&row[column])).expect("a string takes all");
        }
        out.push_str(" },\n");
    }
    out + "];\n"
}

/// Table E.3.4-1, sorted by code value, scheme and value type.
fn content(json: &Value) -> String {
    let mut rows: Vec<&Value> = list(&json["rows"]).iter().collect();
    rows.sort_by_key(|row| (text(&row["code"]), text(&row["scheme"]), text(&row["value_type"])));
    let mut out = format!("static ITEMS: [ContentItem; {}] = [\n", rows.len());
    for row in rows {
        write!(
            out,
            "ContentItem {{ code: {:?}, scheme: {:?}, meaning: {:?}, value_type: {:?}, retired: {}, in_standard_template: {}, basic: {}",
            text(&row["code"]),
            text(&row["scheme"]),
            text(&row["meaning"]),
            text(&row["value_type"]),
            row["retired"],
            row["in_standard_template"],
            table_code(text(&row["basic"])),
        )
        .expect("a string takes all");
        for column in &COLUMNS[1..8] {
            write!(out, ", {column}: {}", cell(&row[*column])).expect("a string takes all");
        }
        out.push_str(" },\n");
    }
    out + "];\n"
}

/// Table E.3.10-1, sorted by creator, group and element.
fn private(json: &Value) -> String {
    let number = |value: &Value| u32::from_str_radix(text(value), 16).expect("hexadecimal");
    let mut rows: Vec<&Value> = list(&json["rows"]).iter().collect();
    rows.sort_by_key(|row| (text(&row["creator"]), number(&row["group"]), number(&row["element"])));
    let mut out = format!("static SAFE: [SafePrivate; {}] = [\n", rows.len());
    for row in rows {
        writeln!(
            out,
            "SafePrivate {{ creator: {:?}, group: {:#06x}, element: {:#04x}, vr: {:?}, vm: {:?}, meaning: {:?} }},",
            text(&row["creator"]),
            number(&row["group"]),
            number(&row["element"]),
            text(&row["vr"]),
            text(&row["vm"]),
            text(&row["meaning"]),
        )
        .expect("a string takes all");
    }
    out + "];\n"
}

/// SOP classes, the top-level Types of each IOD, nested Types and their exceptions.
fn types(json: &Value) -> String {
    let iods: BTreeMap<&str, &Value> = entries(&json["iods"]).map(|(name, iod)| (name.as_str(), iod)).collect();
    let index = |name: &str| iods.keys().position(|iod| *iod == name).expect("every SOP class has its IOD");
    let mut out = format!("static IODS: [Iod; {}] = [\n", iods.len());
    for (name, iod) in &iods {
        let known = attributes(iod, &json["modules"]);
        let types: Vec<String> =
            known.iter().map(|(tag, rank)| format!("({tag:#010x}, {})", attribute_type(RANKS[*rank]))).collect();
        writeln!(
            out,
            "Iod {{ name: {name:?}, types: &[{}], exceptions: &[{}] }},",
            types.join(", "),
            exceptions(iod, json)
        )
        .expect("a string takes all");
    }
    out += "];\n";
    let classes: BTreeMap<&str, usize> =
        entries(&json["sop_classes"]).map(|(uid, iod)| (uid.as_str(), index(text(iod)))).collect();
    let lines: Vec<String> = classes.iter().map(|(uid, iod)| format!("({uid:?}, {iod})")).collect();
    writeln!(out, "static SOP_CLASSES: [(&str, usize); {}] = [{}];", lines.len(), lines.join(", "))
        .expect("a string takes all");
    let nested: BTreeMap<u64, &str> = entries(&json["nested"])
        .map(|(path, kind)| (u64::from_str_radix(&path.replace('/', ""), 16).expect("two tags"), text(kind)))
        .collect();
    let lines: Vec<String> =
        nested.iter().map(|(path, kind)| format!("({path:#018x}, {})", attribute_type(kind))).collect();
    writeln!(out, "static NESTED: [(u64, AttributeType); {}] = [{}];", lines.len(), lines.join(", "))
        .expect("a string takes all");
    out
}

/// The Types, strictest first.
const RANKS: [&str; 5] = ["1", "1C", "2", "2C", "3"];

/// The strictest Type of each attribute over the mandatory and conditional modules, else over the user options.
/// The overlay family stands under its first group.
fn attributes(iod: &Value, modules: &Value) -> BTreeMap<u32, usize> {
    let mut strictest = BTreeMap::new();
    for usages in [&["M", "C"][..], &["U"][..]] {
        let mut found: BTreeMap<u32, usize> = BTreeMap::new();
        for module in usages.iter().filter_map(|usage| iod[usage].as_array()).flatten() {
            for (tag, kind) in modules[text(module)].as_object().into_iter().flatten() {
                let rank = RANKS.iter().position(|rank| *rank == text(kind)).expect("a Type");
                let entry = found.entry(hex(&tag.replace("60xx", "6000")).expect("a tag")).or_insert(rank);
                *entry = rank.min(*entry);
            }
        }
        for (tag, rank) in found {
            strictest.entry(tag).or_insert(rank);
        }
    }
    strictest
}

/// The nested exceptions of the modules of one IOD.
fn exceptions(iod: &Value, json: &Value) -> String {
    let uses = |module: &str| entries(iod).any(|(_, modules)| list(modules).iter().any(|used| text(used) == module));
    let found = list(&json["nested_exceptions"]).iter().filter(|exception| uses(text(&exception["module"])));
    let lines: Vec<String> = found
        .map(|exception| {
            let path: Vec<String> = text(&exception["path"]).split('/').map(|tag| format!("0x{tag}")).collect();
            format!("(&[{}], {})", path.join(", "), attribute_type(text(&exception["type"])))
        })
        .collect();
    lines.join(", ")
}

/// The lists of our own analysis, each sorted by tag.
fn beyond(json: &Value) -> String {
    let mut out = String::new();
    for (name, key) in [
        ("UID_STRUCTURAL", "uid_structural"),
        ("UID_INSTANCE", "uid_instance_unlisted"),
        ("URI", "uri_unlisted"),
        ("DATETIME", "datetime_unlisted"),
        ("TEXT", "text_unlisted"),
    ] {
        let mut tags: Vec<u32> = list(&json[key]["rows"]).iter().filter_map(|row| hex(text(&row["tag"]))).collect();
        tags.sort_unstable();
        let lines: Vec<String> =
            tags.iter().map(|tag| format!("Tag({:#06x}, {:#06x})", tag >> 16, tag & 0xFFFF)).collect();
        writeln!(out, "static {name}: [Tag; {}] = [{}];", tags.len(), lines.join(", ")).expect("a string takes all");
    }
    let mut rows: Vec<&Value> = list(&json["identity_text_unlisted"]["rows"]).iter().collect();
    rows.sort_by_key(|row| hex(text(&row["tag"])).map_or((1, 0), |number| (0, number)));
    writeln!(out, "static IDENTITY_TEXT: [IdentityText; {}] = [", rows.len()).expect("a string takes all");
    for row in rows {
        let (cleaned, removed) = match text(&row["proposed"]) {
            "C" => ("Some(ActionCode::C)".to_owned(), "ActionCode::X".to_owned()),
            both if both.starts_with("C or ") => {
                ("Some(ActionCode::C)".to_owned(), format!("ActionCode::{}", &both[5..]))
            }
            one => ("None".to_owned(), format!("ActionCode::{one}")),
        };
        writeln!(
            out,
            "IdentityText {{ tag: {}, keyword: {:?}, cleaned: {cleaned}, removed: {removed}, why: {:?} }},",
            pattern(text(&row["tag"])),
            text(&row["keyword"]),
            text(&row["why"]),
        )
        .expect("a string takes all");
    }
    out + "];\n"
}

fn cid_7050(json: &Value) -> String {
    let rows = list(&json["cid_7050"]);
    let mut out = format!("static CODES: [MethodCode; {}] = [\n", rows.len());
    for row in rows {
        writeln!(
            out,
            "MethodCode {{ code: {:?}, scheme: {:?}, meaning: {:?}, key: {:?}, section: {:?} }},",
            text(&row["code"]),
            text(&row["scheme"]),
            text(&row["meaning"]),
            text(&row["option"]),
            text(&row["section"]),
        )
        .expect("a string takes all");
    }
    out + "];\n"
}

fn pattern(tag: &str) -> String {
    match (hex(tag), tag) {
        (Some(number), _) => format!("TagPattern::Tag(Tag({:#06x}, {:#06x}))", number >> 16, number & 0xFFFF),
        (None, "50xxxxxx") => "TagPattern::Curve".to_owned(),
        (None, "ggggeeee") => "TagPattern::Private".to_owned(),
        (None, overlay) => {
            assert!(overlay.starts_with("60xx"), "a family this script does not know");
            format!("TagPattern::Overlay(0x{})", &overlay[4..])
        }
    }
}

fn table_code(code: &str) -> String {
    match code {
        "Z/D" => "TableCode::ZD".to_owned(),
        "X/Z" => "TableCode::XZ".to_owned(),
        "X/D" => "TableCode::XD".to_owned(),
        "X/Z/D" => "TableCode::XZD".to_owned(),
        "X/Z/U*" => "TableCode::XZU".to_owned(),
        plain => {
            assert!(["D", "Z", "X", "K", "C", "U"].contains(&plain), "a code this script does not know");
            format!("TableCode::Plain(ActionCode::{plain})")
        }
    }
}

fn attribute_type(kind: &str) -> &'static str {
    match kind {
        "1" => "AttributeType::One",
        "1C" => "AttributeType::OneC",
        "2" => "AttributeType::Two",
        "2C" => "AttributeType::TwoC",
        "3" => "AttributeType::Three",
        _ => panic!("a Type this script does not know"),
    }
}

fn cell(value: &Value) -> String {
    value.as_str().map_or("None".to_owned(), |code| format!("Some(ActionCode::{code})"))
}

fn option(value: &Value) -> String {
    format!("{:?}", value.as_str())
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().expect("an object").iter()
}

fn hex(tag: &str) -> Option<u32> {
    if tag.len() == 8 { u32::from_str_radix(tag, 16).ok() } else { None }
}
