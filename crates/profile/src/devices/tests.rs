use super::condition::{Condition, Op, Test};
use super::*;
use std::collections::BTreeMap;
use tokumei_core::dictionary;

/// A header made by hand: values by path.
#[derive(Default, Debug)]
struct Header(BTreeMap<Vec<Tag>, Vec<String>>);

impl Header {
    fn of(values: &[(&str, &str)]) -> Header {
        let entry = |(keyword, value): &(&str, &str)| {
            let tag = dictionary::tag(keyword).expect("a keyword of the dictionary");
            (vec![tag], value.split('\\').map(str::to_owned).collect())
        };
        Header(values.iter().map(entry).collect())
    }
}

impl Values for Header {
    fn values(&self, path: &[Tag]) -> Option<Vec<String>> {
        self.0.get(path).cloned()
    }
}

/// One rule with this condition.
fn rule(condition: &str) -> String {
    format!("[[rule]]\nid = \"a\"\nsource = \"s\"\nmatch = {condition}\nmask = [{{ x = 0, y = 0, w = 9, h = 9 }}]\n")
}

fn matches(condition: &str, header: &[(&str, &str)]) -> bool {
    let rules = Rules::parse(&rule(condition), "t.toml").unwrap_or_else(|error| panic!("{condition}: {error}"));
    rules.matching(&Header::of(header)).count() == 1
}

/// The ids of what is to be said about a text.
fn findings(text: &str) -> Vec<&'static str> {
    lint(text, "t.toml").unwrap_or_else(|error| panic!("{error}")).iter().map(|one| one.id).collect()
}

/// Makes a header that meets a condition, as far as its first alternatives go.
fn fulfil(condition: &Condition, header: &mut Header) {
    match condition {
        Condition::All(parts) => parts.iter().for_each(|part| fulfil(part, header)),
        Condition::Any(parts) => fulfil(&parts[0], header),
        Condition::Not(_) => {}
        Condition::Test(test) => give(test, header),
    }
}

fn give(test: &Test, header: &mut Header) {
    let values = header.0.entry(test.path.clone()).or_default();
    match &test.op {
        Op::Equals(text) => *values = vec![text.to_uppercase()],
        // Two containments on one attribute are both met by a text with both.
        Op::Contains(text) | Op::StartsWith(text) | Op::EndsWith(text) => {
            let old = values.pop().unwrap_or_default();
            let capital = if test.ignore_case { text.to_uppercase() } else { text.clone() };
            values.push(format!("{old} {capital}").trim().to_owned());
        }
        Op::Present => values.push("1".to_owned()),
        other => panic!("no built-in rule uses {}", other.word()),
    }
}

#[test]
fn every_built_in_rule_is_clean_and_has_a_source() {
    for (name, text) in BUILT_IN {
        assert_eq!(lint(text, name).expect("a file of rules"), Vec::new(), "{name}");
    }
    let rules = Rules::built_in();
    assert_eq!(lint::duplicates(&rules.rules), [], "an id of two rules");
    assert_eq!(rules.len(), 164, "170 rules of the sources, six of them left out");
    assert!(rules.iter().all(|rule| rule.source.contains("line") || rule.source.contains(".json")));
}

#[test]
fn every_built_in_rule_matches_a_header_made_from_its_own_conditions() {
    let rules = Rules::built_in();
    for rule in rules.iter() {
        let mut header = Header::default();
        fulfil(&rule.condition, &mut header);
        assert!(rules.matching(&header).any(|found| found.id == rule.id), "{}: {header:?}", rule.id);
    }
}

#[test]
fn built_in_rules_match_nothing_in_an_empty_header() {
    assert_eq!(Rules::built_in().matching(&Header::default()).count(), 0);
}

#[test]
fn logiq_9_gets_the_rectangles_of_every_source() {
    let header = Header::of(&[
        ("Modality", "US"),
        ("Manufacturer", "GE MEDICAL SYSTEMS"),
        ("ManufacturerModelName", "LOGIQ9"),
        ("Rows", "480"),
        ("Columns", "640"),
    ]);
    let ids: Vec<&str> = Rules::built_in().matching(&header).map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["ctp-018", "ctpx-001", "deid-024"]);
}

#[test]
fn olympus_processor_keeps_its_picture_and_does_not_settle() {
    let header = Header::of(&[
        ("Manufacturer", "OLYMPUS MEDICAL SYSTEMS"),
        ("ManufacturerModelName", "CV-1500"),
        ("Rows", "1080"),
        ("Columns", "1920"),
    ]);
    let found: Vec<&Rule> = Rules::built_in().matching(&header).collect();
    let [rule] = found[..] else { panic!("one rule, not {}", found.len()) };
    let kept = Region { x: 550, y: 0, width: 1350, height: 1080 };
    assert_eq!((rule.id.as_str(), &rule.keep, rule.settles), ("lx-001", &Keep::Regions(vec![kept]), false));
}

#[test]
fn operations_compare_trimmed_values_and_any_of_several() {
    let us = "{ keyword = \"Modality\", op = \"equals\", value = \" US \" }";
    assert!(matches(us, &[("Modality", "US")]));
    assert!(!matches(us, &[("Modality", "XA")]));
    assert!(!matches(us, &[]));
    let second = "{ keyword = \"ImageType\", op = \"equals\", value = \"SECONDARY\" }";
    assert!(matches(second, &[("ImageType", "DERIVED\\SECONDARY")]));
    let both = "{ keyword = \"ImageType\", op = \"contains\", value = 'ED\\SEC' }";
    assert!(matches(both, &[("ImageType", "DERIVED\\SECONDARY")]));
    let model = |op: &str, value: &str| {
        format!("{{ keyword = \"ManufacturerModelName\", op = \"{op}\", value = \"{value}\", ignore_case = true }}")
    };
    assert!(matches(&model("starts_with", "LOGIQ"), &[("ManufacturerModelName", "Logiq E9")]));
    assert!(matches(&model("ends_with", "e9"), &[("ManufacturerModelName", "Logiq E9")]));
    assert!(matches(&model("regex", "^logiq [a-z][0-9]$"), &[("ManufacturerModelName", "Logiq E9")]));
    assert!(!matches(&model("regex", "^logiq$"), &[("ManufacturerModelName", "Logiq E9")]));
}

#[test]
fn case_counts_unless_it_is_ignored() {
    let model = "{ keyword = \"ManufacturerModelName\", op = \"contains\", value = \"LOGIQ\" }";
    assert!(!matches(model, &[("ManufacturerModelName", "Logiq")]));
}

#[test]
fn numbers_compare_as_numbers() {
    let rows = |op: &str, value: &str| format!("{{ keyword = \"Rows\", op = \"{op}\", value = {value} }}");
    assert!(matches(&rows("equals", "512"), &[("Rows", "512")]));
    assert!(matches(&rows("less_than", "1000"), &[("Rows", "999")]));
    assert!(!matches(&rows("less_than", "1000"), &[("Rows", "1000")]));
    assert!(matches(&rows("greater_than", "99"), &[("Rows", "100")]));
    let width = "{ keyword = \"WindowWidth\", op = \"equals\", value = \"1\" }";
    assert!(matches(width, &[("WindowWidth", "1.00")]));
}

#[test]
fn absence_and_emptiness_are_told_apart() {
    let test = |op: &str| format!("{{ keyword = \"ProtocolName\", op = \"{op}\" }}");
    let expected = [("present", false, true, true), ("missing", true, false, false), ("empty", false, true, false)];
    for (op, absent, empty, filled) in expected {
        assert_eq!(matches(&test(op), &[]), absent, "{op}");
        assert_eq!(matches(&test(op), &[("ProtocolName", "")]), empty, "{op}");
        assert_eq!(matches(&test(op), &[("ProtocolName", "x")]), filled, "{op}");
    }
}

#[test]
fn not_and_any_nest() {
    let text = "{ all = [{ not = { keyword = \"Modality\", op = \"equals\", value = \"CT\" } }, { any = [{ keyword = \"Rows\", op = \"equals\", value = 1 }, { tag = \"00280011\", op = \"equals\", value = 2 }] }] }";
    assert!(matches(text, &[("Modality", "US"), ("Columns", "2")]));
    assert!(!matches(text, &[("Modality", "CT"), ("Columns", "2")]));
    assert!(!matches(text, &[("Modality", "US"), ("Columns", "3")]));
}

#[test]
fn rule_that_can_never_match_is_an_error() {
    let cases = [
        ("{ any = [] }", "rule-empty-condition"),
        ("{ not = { all = [] } }", "rule-empty-condition"),
        (
            "{ all = [{ keyword = \"Rows\", op = \"equals\", value = 512 }, { keyword = \"Rows\", op = \"equals\", value = 513 }] }",
            "rule-contradiction",
        ),
        (
            "{ all = [{ keyword = \"Rows\", op = \"greater_than\", value = 9 }, { keyword = \"Rows\", op = \"less_than\", value = 9 }] }",
            "rule-contradiction",
        ),
        (
            "{ all = [{ keyword = \"Modality\", op = \"equals\", value = \"US\" }, { not = { keyword = \"Modality\", op = \"contains\", value = \"U\" } }, { keyword = \"Rows\", op = \"present\" }] }",
            "rule-contradiction",
        ),
        (
            "{ all = [{ keyword = \"Rows\", op = \"missing\" }, { keyword = \"Rows\", op = \"equals\", value = 1 }] }",
            "rule-contradiction",
        ),
        (
            "{ all = [{ keyword = \"Rows\", op = \"equals\", value = 1 }, { keyword = \"StationName\", op = \"contains\", value = \"12345678901234567\" }] }",
            "rule-value-too-long",
        ),
        (
            "{ all = [{ keyword = \"Rows\", op = \"equals\", value = 1 }, { keyword = \"Modality\", op = \"equals\", value = \"us\" }] }",
            "rule-value-no-code",
        ),
        (
            "{ all = [{ keyword = \"Rows\", op = \"equals\", value = 1 }, { keyword = \"Modality\", op = \"contains\", value = \"PET/CT\", ignore_case = true }] }",
            "rule-value-no-code",
        ),
        ("{ keyword = \"Rows\", op = \"equals\", value = \"600|768\" }", "rule-value-no-number"),
        ("{ keyword = \"Rows\", op = \"equals\", value = 70000 }", "rule-value-no-number"),
    ];
    for (condition, id) in cases {
        assert_eq!(findings(&rule(condition)).first(), Some(&id), "{condition}");
        assert!(
            matches!(Rules::parse(&rule(condition), "t.toml"), Err(ProfileError::Contradiction { .. })),
            "{condition}"
        );
    }
}

#[test]
fn tests_that_go_together_are_no_contradiction() {
    for condition in [
        "{ all = [{ keyword = \"Rows\", op = \"present\" }, { keyword = \"ImageType\", op = \"equals\", value = \"A\" }, { keyword = \"ImageType\", op = \"equals\", value = \"B\" }] }",
        "{ all = [{ keyword = \"Rows\", op = \"equals\", value = 512 }, { keyword = \"Rows\", op = \"greater_than\", value = 511 }] }",
        "{ all = [{ keyword = \"ManufacturerModelName\", op = \"equals\", value = \"ab\", ignore_case = true }, { keyword = \"ManufacturerModelName\", op = \"contains\", value = \"A\" }] }",
        "{ all = [{ keyword = \"StationName\", op = \"equals\", value = \"a\" }, { not = { keyword = \"StationName\", op = \"equals\", value = \"A\" } }] }",
    ] {
        assert_eq!(findings(&rule(condition)), Vec::<&str>::new(), "{condition}");
    }
}

#[test]
fn shapes_that_hide_nothing_are_errors_and_those_past_the_edge_warnings() {
    let with = |shape: &str| {
        format!(
            "[[rule]]\nid = \"a\"\nsource = \"s\"\nmatch = {{ keyword = \"Rows\", op = \"equals\", value = 100 }}\n{shape}\n"
        )
    };
    let cases = [
        ("", vec!["rule-without-mask"]),
        ("mask = []\nkeep = []", vec!["rule-without-mask"]),
        ("mask = [{ x = 0, y = 0, w = 0, h = 5 }]", vec!["rule-empty-rectangle"]),
        ("mask = [{ x = 0, y = 100, w = 5, h = 5 }]", vec!["rule-outside"]),
        ("mask = [{ x = 0, y = 96, w = 5, h = 5 }]", vec!["rule-past-the-edge"]),
        ("mask = [{ x = 0, y = 95, w = 5, h = 5 }]", vec![]),
        ("keep = { from_attribute = \"SequenceOfUltrasoundRegions\" }", vec![]),
    ];
    for (shape, expected) in cases {
        assert_eq!(findings(&with(shape)), expected, "{shape}");
    }
    assert!(Rules::parse(&with("mask = [{ x = 0, y = 96, w = 5, h = 5 }]"), "t.toml").is_ok());
}

#[test]
fn weak_key_is_a_warning_unless_the_rule_settles_nothing() {
    let text = rule("{ keyword = \"Modality\", op = \"equals\", value = \"US\" }");
    assert_eq!(findings(&text), ["rule-weak-key"]);
    assert_eq!(findings(&format!("{text}settles = false\n")), Vec::<&str>::new());
}

#[test]
fn id_that_two_rules_have_is_refused_within_a_file_and_across_files() {
    let text = rule("{ keyword = \"Rows\", op = \"equals\", value = 100 }");
    assert_eq!(findings(&format!("{text}{text}")), ["rule-id-twice"]);
    let one = Rules::parse(&text, "a.toml").expect("a rule");
    assert!(one.clone().merged(one).is_err());
}

#[test]
fn merged_rules_read_the_same_paths_once() {
    let first = Rules::parse(&rule("{ keyword = \"Rows\", op = \"equals\", value = 100 }"), "a.toml").expect("a rule");
    let text = rule(
        "{ all = [{ keyword = \"Columns\", op = \"equals\", value = 7 }, { keyword = \"Rows\", op = \"equals\", value = 100 }] }",
    );
    let second = Rules::parse(&text.replace("\"a\"", "\"b\""), "b.toml").expect("a rule");
    let rules = first.merged(second).expect("two ids");
    assert_eq!(rules.paths.len(), 2);
    let ids = |header: &Header| rules.matching(header).map(|rule| rule.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&Header::of(&[("Rows", "100")])), ["a"]);
    assert_eq!(ids(&Header::of(&[("Rows", "100"), ("Columns", "7")])), ["a", "b"]);
}

#[test]
fn hash_follows_what_rules_do_and_not_how_they_are_told() {
    let text = rule("{ keyword = \"Rows\", op = \"equals\", value = 100 }");
    let hash = |text: &str| Rules::parse(text, "t.toml").expect("a rule").hash();
    assert_eq!(hash(&text), hash(&text.replace("source = \"s\"", "source = \"elsewhere\"\n# a comment")));
    assert_ne!(hash(&text), hash(&text.replace("w = 9", "w = 8")));
    assert_ne!(hash(&text), hash(&text.replace("100", "101")));
    assert_ne!(hash(&text), hash(&format!("{text}settles = false\n")));
}

/// What a refused text is told, with its place.
fn refusal(text: &str) -> String {
    match Rules::parse(text, "t.toml") {
        Err(error @ ProfileError::Syntax { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn refusals_name_line_column_and_a_near_word() {
    let cases = [
        (
            "[[rule]]\nid = \"a\"\nsorce = \"s\"\n",
            "t.toml:3:1: unknown field `sorce`, expected one of `id`, `source`, `title`, `notes`, `match`, `mask`, `keep`, `settles`; did you mean source?",
        ),
        (
            "[[rule]]\nid = \"a\"\nmatch = { keyword = \"Rows\", op = \"present\" }\n",
            "t.toml:1:1: missing field `source`",
        ),
        (
            &rule("{ keyword = \"Rovs\", op = \"present\" }"),
            "t.toml:4:21: Rovs is neither a keyword nor a tag; did you mean Rows?",
        ),
        (
            &rule("{ keyword = \"Rows\", op = \"equal\", value = 1 }"),
            "t.toml:4:34: equal is no operation; did you mean equals?",
        ),
        (
            &rule("{ keyword = \"Rows\", tag = \"00280011\", op = \"present\" }"),
            "t.toml:4:35: keyword and tag are of different attributes",
        ),
        (&rule("{ keyword = \"Rows\", op = \"equals\" }"), "t.toml:4:34: equals needs a value"),
        (&rule("{ keyword = \"Rows\", op = \"present\", value = 1 }"), "t.toml:4:53: present takes no value"),
        (
            &rule("{ keyword = \"Rows\", op = \"equals\", value = \" \" }"),
            "t.toml:4:52: the value is empty; missing and empty are operations of their own",
        ),
        (
            &rule("{ keyword = \"Rows\", op = \"less_than\", value = \"x\" }"),
            "t.toml:4:55: less_than compares with a number",
        ),
        (&rule("{ keyword = \"Rows\", op = \"regex\", value = \"(\" }"), "t.toml:4:51: this is no regular expression"),
        (
            &rule("{ keyword = \"Rows\", op = \"present\", all = [] }"),
            "t.toml:4:9: a condition is one of all, any, not, and a test with keyword or tag",
        ),
        (
            &rule("{ op = \"present\" }"),
            "t.toml:4:9: a condition is one of all, any, not, and a test with keyword or tag",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(text), expected, "{text}");
    }
    let keep = "[[rule]]\nid = \"a\"\nsource = \"s\"\nmatch = { keyword = \"Rows\", op = \"present\" }\nkeep = { from_attribute = \"Rows\" }\n";
    assert_eq!(refusal(keep), "t.toml:5:27: only SequenceOfUltrasoundRegions tells regions to keep");
    let id = rule("{ keyword = \"Rows\", op = \"present\" }").replace("id = \"a\"", "id = \"a b\"");
    assert_eq!(refusal(&id), "t.toml:2:6: an id is 1 to 64 letters, digits and - _ . /");
    let negative = rule("{ keyword = \"Rows\", op = \"present\" }").replace("x = 0", "x = -1");
    assert!(refusal(&negative).starts_with("t.toml:5:15: invalid value"), "{}", refusal(&negative));
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    for deep in ["not = { ".repeat(100_000), format!("{} = 1", vec!["not"; 100_000].join("."))] {
        assert!(Rules::parse(&format!("[[rule]]\nmatch = {{ {deep}"), "t.toml").is_err());
        assert!(Rules::parse(&format!("[[rule]]\nmatch.{deep}\n"), "t.toml").is_err());
    }
    let header = format!("[[rule]]\n[rule.match.{}]\n", vec!["not"; 100_000].join("."));
    assert!(Rules::parse(&header, "t.toml").is_err());
}

#[test]
fn file_without_rules_is_an_error() {
    assert_eq!(findings("# nothing\n"), ["rules-none"]);
}

#[test]
fn rules_file_is_told_from_a_profile() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |text: &str| {
        let path = folder.path().join("a.toml");
        std::fs::write(&path, text).expect("a file");
        text_of_rules(&path).is_some()
    };
    assert!(file(&rule("{ keyword = \"Rows\", op = \"present\" }")));
    assert!(file("[[rule]]\nmatch = { keyword = \n"));
    assert!(!file("name = \"a\"\nversion = \"1\"\n[[rule]]\nattribute = \"PatientID\"\n"));
    assert!(!file(""));
}

/// Prints how long it takes to ask rules about a header; `cargo test --release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn cost_of_matching() {
    let built_in = Rules::built_in();
    let copies = (0..6).map(|copy| {
        let text: String =
            BUILT_IN.iter().map(|(_, text)| text.replace("id = \"", &format!("id = \"{copy}-"))).collect();
        Rules::parse(&text, "t.toml").expect("the built-in rules under other names")
    });
    let many = copies.reduce(|all, one| all.merged(one).expect("other names")).expect("six copies");
    let header = Header::of(&[
        ("Modality", "US"),
        ("Manufacturer", "Philips Medical Systems"),
        ("ManufacturerModelName", "iU22"),
        ("Rows", "768"),
        ("Columns", "1024"),
        ("ImageType", "DERIVED\\PRIMARY"),
        ("SeriesDescription", "abdomen"),
    ]);
    for rules in [built_in, &many] {
        let start = std::time::Instant::now();
        let found: usize = (0..1000).map(|_| rules.matching(&header).count()).sum();
        println!(
            "{} rules: {:.1} us a header, {} match",
            rules.len(),
            start.elapsed().as_secs_f64() * 1e3,
            found / 1000
        );
    }
}
