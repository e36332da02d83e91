//! Loading: files, inheritance, refusals with their place, hashes, and what holds for unlisted attributes.
#![allow(clippy::unwrap_used)]

use std::fs;
use tokumei_core::{OptionName, Tag};
use tokumei_profile::policy::{Age, Dates, KeyPolicy, LeadingZeros};
use tokumei_profile::{CleanAs, Layer, LegalClass, Policy, Profile, ProfileError};

const HEAD: &str = "name = \"site\"\nversion = \"1\"\n";
const WHY: &str = "reason = { en = \"e\", ja = \"j\", clause = \"c\" }\n";

fn code(profile: &Profile, tag: Tag) -> &'static str {
    profile.decide(tag).code.as_str()
}

#[test]
fn aliases_name_the_japanese_profiles() {
    assert_eq!(Profile::builtin("anonymized").unwrap().name(), "jp-anonymized");
    assert_eq!(Profile::load("pseudonymized").unwrap().legal_class(), LegalClass::Pseudonymized);
    assert!(matches!(
        Profile::load("pseudonimized"),
        Err(ProfileError::Unknown { suggestion: Some(name), .. }) if name == "pseudonymized"
    ));
}

#[test]
fn every_option_and_policy_of_a_built_in_profile_has_its_reason_in_both_languages() {
    for name in Profile::builtin_names() {
        let profile = Profile::builtin(name).unwrap();
        let keys = profile.options().iter().map(|option| option.key()).chain(Policy::NAMES.iter().copied());
        for key in keys {
            assert!(profile.why(key).is_some_and(|why| why.is_complete()), "{name}: {key}");
        }
    }
}

#[test]
fn unknown_key_is_refused_with_line_column_and_the_nearest_key() {
    let text = format!("{HEAD}extends = \"ps315-basic\"\n\n[policy]\n  shift_day = [1, 2]\n");
    let Err(ProfileError::Syntax { place, key, suggestion, .. }) = Profile::from_toml(&text, "site.toml") else {
        panic!("refused")
    };
    assert_eq!(place.to_string(), "site.toml:6:3");
    assert_eq!((key.as_deref(), suggestion.as_deref()), (Some("shift_day"), Some("shift_days")));
}

#[test]
fn unknown_value_option_reason_attribute_and_action_are_refused_with_their_line() {
    for (text, line, suggestion) in [
        ("[policy]\ndates = \"shifted\"\n", 4, Some("shift")),
        ("[options]\nretain_uid = true\n", 4, Some("retain_uids")),
        ("[why.date]\nen = \"\"\nja = \"\"\nclause = \"\"\n", 3, Some("dates")),
        (&*format!("[[rule]]\nattribute = \"PatientNam\"\naction = \"X\"\n{WHY}"), 4, Some("PatientName")),
        (&*format!("[[rule]]\nattribute = \"PatientName\"\naction = \"Y\"\n{WHY}"), 5, None),
        (&*format!("[[rule]]\nattribute = \"PatientName\"\naction = \"X\"\ninside = [\"Nowhere\"]\n{WHY}"), 6, None),
        ("nam = 3\n", 3, Some("name")),
    ] {
        let Err(ProfileError::Syntax { place, suggestion: found, .. }) =
            Profile::from_toml(&format!("{HEAD}{text}"), "t")
        else {
            panic!("refused: {text}")
        };
        assert_eq!((place.line, found.as_deref()), (line, suggestion), "{text}");
    }
}

#[test]
fn missing_name_is_refused_and_not_inherited() {
    let refused = Profile::from_toml("version = \"1\"\nextends = \"ps315-basic\"\n", "t");
    assert!(matches!(refused, Err(ProfileError::Missing { key: "name", .. })));
}

#[test]
fn file_extends_a_file_beside_it_and_overrides_two_rules_only() {
    let folder = tempfile::tempdir().unwrap();
    let base = format!("{HEAD}extends = \"jp-pseudonymized\"\n[policy]\nage = \"exact90\"\n");
    fs::write(folder.path().join("base.toml"), base).unwrap();
    let site = format!(
        "name = \"ward\"\nversion = \"2\"\nextends = \"base.toml\"\n[policy]\npatient_id = {{ trim = true, nfkc = true, upper = true, leading_zeros = {{ pad = 8 }} }}\n[[rule]]\nattribute = \"StationName\"\naction = \"X\"\n{WHY}"
    );
    let path = folder.path().join("ward.toml");
    fs::write(&path, site).unwrap();
    let profile = Profile::load(path.to_str().unwrap()).unwrap();
    assert_eq!((profile.name(), profile.version()), ("ward", "2"));
    assert_eq!(profile.policy().age, Age::Exact90);
    assert_eq!(profile.policy().patient_id.leading_zeros, LeadingZeros::Pad(8));
    assert!(profile.has(OptionName::CleanDescriptors));
    let decision = profile.decide(Tag(0x0008, 0x1010));
    assert_eq!((decision.code.as_str(), decision.rule.layer), ("X", Layer::Site));
    assert_eq!(decision.rule.id, "site/ward/00081010");
}

#[test]
fn profiles_that_extend_each_other_in_a_circle_or_without_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, parent: &str| {
        fs::write(folder.path().join(name), format!("{HEAD}extends = \"{parent}\"\n")).unwrap();
    };
    write("a.toml", "b.toml");
    write("b.toml", "a.toml");
    let load = |name: &str| Profile::load(folder.path().join(name).to_str().unwrap());
    assert!(matches!(load("a.toml"), Err(ProfileError::Cycle { .. })));
    for level in 0..10 {
        write(&format!("d{level}.toml"), &format!("d{}.toml", level + 1));
    }
    assert!(matches!(load("d0.toml"), Err(ProfileError::Depth { limit: 8, .. })));
    write("lost.toml", "nowhere.toml");
    assert!(matches!(load("lost.toml"), Err(ProfileError::Read { .. })));
    assert!(matches!(
        Profile::from_toml(&format!("{HEAD}extends = \"./x.toml\"\n"), "t"),
        Err(ProfileError::Syntax { .. })
    ));
}

#[test]
fn hash_changes_with_every_policy_and_not_with_reasons() {
    let text = |extra: &str| format!("{HEAD}extends = \"jp-pseudonymized\"\n{extra}");
    let hash = |extra: &str| Profile::from_toml(&text(extra), "t").unwrap().hash().to_owned();
    let plain = hash("");
    assert_eq!(plain.len(), 64);
    assert_eq!(plain, hash("[why.dates]\nen = \"x\"\nja = \"y\"\nclause = \"z\"\n"));
    assert_eq!(plain, hash("[policy]\nage = \"exact\"\n"));
    for policy in ["shift_days = [31, 3650]", "age = \"exact90\"", "issuer_as_namespace = true", "site_code = \"H1\""] {
        assert_ne!(plain, hash(&format!("[policy]\n{policy}\n")), "{policy}");
    }
    assert_ne!(plain, hash(&format!("[[rule]]\nattribute = \"Manufacturer\"\naction = \"X\"\n{WHY}")));
}

#[test]
fn every_tag_gets_a_decision_and_what_nobody_knows_is_removed() {
    let basic = Profile::builtin("ps315-basic").unwrap();
    for (tag, expected, rule) in [
        (Tag(0x0028, 0x0010), "K", "default/unlisted"),
        (Tag(0x0008, 0x0016), "K", "beyond/uid-structural/00080016"),
        (Tag(0x0008, 0x1167), "U", "beyond/uid-instance/00081167"),
        (Tag(0x0008, 0x1190), "X", "beyond/address/00081190"),
        (Tag(0x0008, 0x0404), "X", "beyond/date/00080404"),
        (Tag(0x0010, 0x0033), "X", "beyond/00100033"),
        (Tag(0x0042, 0x0010), "Z", "beyond/00420010"),
        (Tag(0x0008, 0x0070), "C", "beyond/text-unlisted/00080070"),
        (Tag(0x0070, 0x0082), "X/D", "beyond/00700082"),
        (Tag(0x006A, 0x0003), "U", "beyond/006A0003"),
        (Tag(0x0400, 0x0500), "X", "beyond/04000500"),
        (Tag(0x6002, 0x0010), "X", "beyond/overlay-plane"),
        (Tag(0x6002, 0x3000), "X", "E.1-1/60xx3000/basic"),
        (Tag(0x5002, 0x0010), "X", "E.1-1/50xxxxxx/basic"),
        (Tag(0x0029, 0x1010), "X", "E.1-1/ggggeeee/basic"),
        (Tag(0x0008, 0x0000), "X", "default/group-length"),
        (Tag(0x0008, 0x00FE), "X", "default/unknown-attribute"),
        (Tag(0x7FE0, 0x0010), "K", "default/unlisted"),
        (Tag(0x0008, 0x0005), "K", "default/unlisted"),
        (Tag(0x0002, 0x0102), "X", "beyond/file-meta"),
        (Tag(0x0004, 0x1130), "X", "beyond/misplaced-group"),
    ] {
        let decision = basic.decide(tag);
        assert_eq!((decision.code.as_str(), decision.rule.id.as_str()), (expected, rule), "{tag}");
    }
    assert_eq!(basic.decide(Tag(0x0008, 0x0070)).rule.clean, Some(CleanAs::UnlistedText));
    let literal = Profile::builtin("ps315-literal").unwrap();
    for tag in [Tag(0x0008, 0x1190), Tag(0x0008, 0x0070), Tag(0x6002, 0x0010), Tag(0x0010, 0x0033), Tag(0x0008, 0x1167)]
    {
        assert_eq!(code(&literal, tag), "K", "{tag}");
    }
    assert_eq!(code(&literal, Tag(0x0008, 0x00FE)), "X");
}

#[test]
fn no_group_and_element_makes_a_decision_fail() {
    let profile = Profile::builtin("ai-training").unwrap();
    for group in (0..=0xFFFF_u16).step_by(7) {
        for element in [0, 1, 0x10, 0xFF, 0x1000, 0x3000, 0xFFFF] {
            assert!(!profile.decide(Tag(group, element)).rule.id.is_empty());
        }
    }
}

#[test]
fn rule_about_a_place_holds_there_only() {
    let rule =
        format!("[[rule]]\nattribute = \"CodeMeaning\"\ninside = [\"AnatomicRegionSequence\"]\naction = \"X\"\n{WHY}");
    let profile = Profile::from_toml(&format!("{HEAD}extends = \"ps315-basic\"\n{rule}"), "t").unwrap();
    let (meaning, region) = (Tag(0x0008, 0x0104), Tag(0x0008, 0x2218));
    assert_eq!(profile.decide_at(meaning, &[Tag(0x0040, 0x0275), region]).code.as_str(), "X");
    assert_eq!(profile.decide_at(meaning, &[region, Tag(0x0040, 0x0275)]).code.as_str(), "C");
    assert_eq!(profile.decide(meaning).code.as_str(), "C");
}

#[test]
fn later_rule_wins_and_a_tag_beats_a_family() {
    let rules = format!(
        "[[rule]]\nattribute = \"Manufacturer\"\naction = \"Z\"\n{WHY}[[rule]]\nattribute = \"0008xxxx\"\naction = \"X\"\n{WHY}"
    );
    let profile = Profile::from_toml(&format!("{HEAD}extends = \"ps315-basic\"\n{rules}"), "t").unwrap();
    assert_eq!(code(&profile, Tag(0x0008, 0x0070)), "Z");
    assert_eq!(code(&profile, Tag(0x0008, 0x1090)), "X");
    assert_eq!(code(&profile, Tag(0x0018, 0x0024)), "C");
}

#[test]
fn private_attributes_stay_by_list_only() {
    let basic = Profile::builtin("ps315-basic").unwrap();
    let safe = Profile::builtin("jp-pseudonymized").unwrap();
    let wide = Profile::builtin("ai-training").unwrap();
    let codes = |creator: &str, group, element| {
        [&basic, &safe, &wide].map(|one| one.private(creator, group, element).code.as_str())
    };
    assert_eq!(codes("GEMS_PARM_01", 0x0043, 0x39), ["X", "K", "K"]);
    assert_eq!(codes("GEMS_ACQU_01 ", 0x0019, 0xBB), ["X", "X", "K"]);
    assert_eq!(codes("SIEMENS CSA HEADER", 0x0029, 0x10), ["X", "X", "X"]);
    assert_eq!(codes("Philips PET Private Group", 0x7053, 0x00), ["X", "K", "K"]);
    let allow = "[[policy.private_allow]]\ncreator = \"ACME 1\"\ngroup = \"0011\"\nelements = [\"0A\"]\nreason = { en = \"e\", ja = \"j\", clause = \"c\" }\n";
    let site = Profile::from_toml(&format!("{HEAD}extends = \"jp-pseudonymized\"\n{allow}"), "t").unwrap();
    assert_eq!(site.private("ACME 1", 0x0011, 0x0A).code.as_str(), "K");
    assert_eq!(site.private("ACME 1", 0x0011, 0x0B).code.as_str(), "X");
    assert_eq!(site.private("ACME 2", 0x0011, 0x0A).code.as_str(), "X");
}

#[test]
fn anonymized_profile_has_no_way_back() {
    let profile = Profile::builtin("jp-anonymized").unwrap();
    let policy = profile.policy();
    assert_eq!(
        (policy.key, policy.dates, policy.shift_days),
        (KeyPolicy::Ephemeral, Dates::ShiftMonthOutsideStudy, [365, 1825])
    );
    assert_eq!(profile.decide(Tag(0x0010, 0x1010)).rule.clean, Some(CleanAs::Age));
    assert_eq!(profile.decide(Tag(0x0010, 0x1030)).rule.clean, Some(CleanAs::SizeWeight));
    assert_eq!(code(&profile, Tag(0x0008, 0x0030)), "Z");
    assert_eq!(code(&profile, Tag(0x0008, 0x0020)), "C");
    assert_eq!(code(&profile, Tag(0x0010, 0x2160)), "X");
}

#[test]
fn strict_text_policies_keep_coded_entries_whole() {
    let text = format!("{HEAD}extends = \"ps315-basic\"\n[policy]\nunlisted_text = \"remove\"\n");
    let profile = Profile::from_toml(&text, "t").unwrap();
    assert_eq!(code(&profile, Tag(0x0008, 0x0100)), "K");
    assert_eq!(code(&profile, Tag(0x0008, 0x0104)), "C");
    assert_eq!(code(&profile, Tag(0x0008, 0x0070)), "X");
}

#[test]
fn no_text_makes_loading_fail_otherwise_than_by_an_error() {
    let text = include_str!("../../../profiles/jp-anonymized.toml");
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)).step_by(29) {
        let _ = Profile::from_toml(&text[..end], "t");
        let _ = Profile::from_toml(&format!("{}\u{0}{}", &text[..end], &text[end..]), "t");
    }
    let deep = format!("{HEAD}[policy]\nutility = {}", "[".repeat(100_000));
    assert!(Profile::from_toml(&deep, "t").is_err());
    let deep = format!("{HEAD}{} = 1", vec!["a"; 100_000].join("."));
    assert!(Profile::from_toml(&deep, "t").is_err());
    let large = format!("{HEAD}#{}", "x".repeat(1 << 20));
    assert!(matches!(Profile::from_toml(&large, "t"), Err(ProfileError::TooLarge { .. })));
}

#[test]
fn example_of_the_handbook_loads_and_lints_clean() {
    let handbook = include_str!("../../../profiles/README.md");
    let lines = handbook.lines().filter_map(|line| line.strip_prefix("    "));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let profile = Profile::from_toml(&text, "README.md").unwrap();
    assert_eq!(tokumei_profile::lint(&profile), Vec::new());
    assert_eq!(code(&profile, Tag(0x0018, 0x1030)), "X");
}
