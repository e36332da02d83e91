//! Plans of small data sets, with expected values from the standard or worked out by hand.

#![allow(clippy::unwrap_used)]

use tokumei_core::{Tag, Vr};
use tokumei_deid::{Context, Held, PixelWork, apply, plan};
use tokumei_profile::Profile;
use tokumei_pseudonym::{ProjectKey, Pseudonyms, Settings};
use tokumei_wire::{DataSet, Limits, NewElement, NewMeta, NewValue, encode, read};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const SR: &str = "1.2.840.10008.5.1.4.1.1.88.11";
const PDF: &str = "1.2.840.10008.5.1.4.1.1.104.1";
const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";

fn element(tag: u32, vr: Vr, value: &str) -> NewElement {
    NewElement { tag: Tag::from_u32(tag), vr, value: NewValue::Bytes(value.as_bytes().to_vec()) }
}

fn sequence(tag: u32, items: Vec<Vec<NewElement>>) -> NewElement {
    NewElement { tag: Tag::from_u32(tag), vr: Vr::SQ, value: NewValue::Items(items) }
}

/// A file of the class with what every instance has, and `more`.
fn file(class: &str, more: Vec<NewElement>) -> Vec<u8> {
    let mut elements = vec![
        element(0x0008_0016, Vr::UI, class),
        element(0x0008_0018, Vr::UI, "1.2.3.4.5"),
        element(0x0008_0020, Vr::DA, "20240131"),
        element(0x0010_0010, Vr::PN, "Mihon^Sakura"),
        element(0x0010_0020, Vr::LO, "K0012345"),
        element(0x0010_0030, Vr::DA, "19600229"),
        element(0x0020_000D, Vr::UI, "1.2.3.4"),
        element(0x0020_000E, Vr::UI, "1.2.3.4.1"),
    ];
    elements.retain(|known| more.iter().all(|new| new.tag != known.tag));
    elements.extend(more);
    elements.sort_by_key(|element| element.tag);
    encode(
        &NewMeta {
            sop_class_uid: class.into(),
            sop_instance_uid: "1.2.3.4.5".into(),
            transfer_syntax: EXPLICIT_LITTLE.into(),
            implementation_class_uid: "1.2.3".into(),
            implementation_version_name: "TEST".into(),
        },
        &elements,
    )
}

fn pseudonyms(profile: &Profile) -> Pseudonyms {
    let [first, last] = profile.policy().shift_days;
    Pseudonyms::new(&ProjectKey::from_bytes([5; 32]), Settings { shift_days: first..=last })
}

fn run(profile: &str, bytes: &[u8]) -> Result<DataSet, Held> {
    let profile = Profile::builtin(profile).unwrap();
    let pseudonyms = pseudonyms(&profile);
    let context = Context { profile: &profile, pseudonyms: &pseudonyms, site: "test" };
    let original = read(&bytes, &Limits::default()).unwrap();
    let plan = plan(&original, &context, &PixelWork::default())?;
    let splice = apply(&plan, &original).unwrap();
    let mut out = Vec::new();
    splice.write(&bytes, &mut out).unwrap();
    Ok(read(&out, &Limits::default()).unwrap())
}

fn text(data_set: &DataSet, tag: u32) -> Option<String> {
    let id = data_set.first(Tag::from_u32(tag))?;
    Some(String::from_utf8_lossy(data_set.value(id)?).trim_end_matches([' ', '\0']).to_owned())
}

/// The value of a tag anywhere in the data set, at any depth.
fn deep(data_set: &DataSet, tag: u32) -> Vec<String> {
    let found = (0..data_set.nodes().len() as u32)
        .map(tokumei_wire::NodeId)
        .filter(|id| data_set.node(*id).tag == Tag::from_u32(tag));
    found
        .map(|id| {
            String::from_utf8_lossy(data_set.value(id).unwrap_or_default()).trim_end_matches([' ', '\0']).to_owned()
        })
        .collect()
}

#[test]
fn patient_id_and_name_become_the_same_pseudonym_and_the_birth_date_goes() {
    let out = run("ps315-basic", &file(CT, vec![])).unwrap();
    let id = text(&out, 0x0010_0020).unwrap();
    assert_eq!(id.len(), 16);
    assert_eq!(text(&out, 0x0010_0010).unwrap(), id);
    assert_eq!(text(&out, 0x0010_0030).unwrap(), "");
}

#[test]
fn what_no_rule_touches_stays_as_it_was() {
    let kept = [
        element(0x0018_0050, Vr::DS, "5.0"),
        element(0x0028_0010, Vr::US, "\u{1}\u{2}"),
        element(0x0028_1053, Vr::DS, "1"),
    ];
    let out = run("ps315-basic", &file(CT, kept.to_vec())).unwrap();
    assert_eq!(text(&out, 0x0018_0050).unwrap(), "5.0");
    assert_eq!(text(&out, 0x0028_0010).unwrap(), "\u{1}\u{2}");
    assert_eq!(text(&out, 0x0028_1053).unwrap(), "1");
}

#[test]
fn marks_say_what_was_done() {
    let out = run("ps315-basic", &file(CT, vec![element(0x0012_0063, Vr::LO, "other tool")])).unwrap();
    assert_eq!(text(&out, 0x0012_0062).unwrap(), "YES");
    assert_eq!(text(&out, 0x0028_0303).unwrap(), "REMOVED");
    let method = text(&out, 0x0012_0063).unwrap();
    assert!(method.starts_with("other tool\\tokumei "), "{method}");
    assert!(method.ends_with("\\PS3.15 2026d"), "{method}");
    assert_eq!(deep(&out, 0x0008_0100), ["113100"]);
}

#[test]
fn a_second_pass_names_neither_code_nor_method_twice() {
    let once = file(CT, vec![]);
    let profile = Profile::builtin("ps315-basic").unwrap();
    let pseudonyms = pseudonyms(&profile);
    let context = Context { profile: &profile, pseudonyms: &pseudonyms, site: "test" };
    let mut bytes = once;
    for _ in 0..2 {
        let original = read(&bytes, &Limits::default()).unwrap();
        let mut out = Vec::new();
        apply(&plan(&original, &context, &PixelWork::default()).unwrap(), &original)
            .unwrap()
            .write(&bytes, &mut out)
            .unwrap();
        bytes = out;
    }
    let out = read(&bytes, &Limits::default()).unwrap();
    assert_eq!(deep(&out, 0x0008_0100), ["113100"]);
    assert_eq!(text(&out, 0x0012_0063).unwrap().split('\\').count(), 3);
}

#[test]
fn dates_of_a_patient_move_together_and_keep_their_intervals() {
    let dates = vec![element(0x0008_0022, Vr::DA, "20240202"), element(0x0008_002A, Vr::DT, "20240201093000.5+0900")];
    let out = run("jp-pseudonymized", &file(CT, dates)).unwrap();
    let day = |tag| tokumei_pseudonym::date::Day::parse_da(&text(&out, tag).unwrap()[..8]).unwrap().number();
    assert_eq!(day(0x0008_0022) - day(0x0008_0020), 2);
    assert_eq!(day(0x0008_002A) - day(0x0008_0020), 1);
    assert_ne!(text(&out, 0x0008_0020).unwrap(), "20240131");
    assert!(text(&out, 0x0008_002A).unwrap().ends_with("093000.5+0900"));
    assert_eq!(text(&out, 0x0028_0303).unwrap(), "MODIFIED");
}

#[test]
fn what_stands_under_a_date_and_is_none_goes() {
    let out = run("jp-pseudonymized", &file(CT, vec![element(0x0008_0020, Vr::DA, "YAMADA")])).unwrap();
    assert_eq!(text(&out, 0x0008_0020).unwrap(), "");
}

#[test]
fn age_is_computed_before_the_birth_date_goes() {
    // Born 29 February 1960, imaged 31 January 2024: 63 years.
    let out = run("jp-pseudonymized", &file(CT, vec![])).unwrap();
    assert_eq!(text(&out, 0x0010_1010).unwrap(), "063Y");
    assert_eq!(text(&run("ps315-basic", &file(CT, vec![])).unwrap(), 0x0010_1010), None);
}

#[test]
fn references_change_with_what_they_refer_to() {
    let reference =
        sequence(0x0008_1140, vec![vec![element(0x0008_1150, Vr::UI, CT), element(0x0008_1155, Vr::UI, "1.2.3.4.5")]]);
    let out = run("jp-pseudonymized", &file(CT, vec![reference])).unwrap();
    assert_eq!(deep(&out, 0x0008_1155), [text(&out, 0x0008_0018).unwrap()]);
    assert_eq!(deep(&out, 0x0008_1150), [CT]);
}

#[test]
fn well_known_uids_stay_and_every_value_of_a_list_is_mapped() {
    let list = element(0x0008_0018, Vr::UI, "1.2.3.4.5");
    let frame = element(0x0020_0052, Vr::UI, "1.2.840.10008.1.4.1.1");
    let failed = element(0x0008_0058, Vr::UI, "1.2.3.4.5\\1.2.3.4.6");
    let out = run("ps315-basic", &file(CT, vec![list, frame, failed])).unwrap();
    assert_eq!(text(&out, 0x0020_0052).unwrap(), "1.2.840.10008.1.4.1.1");
    let mapped = text(&out, 0x0008_0058).unwrap();
    let (first, second) = mapped.split_once('\\').unwrap();
    assert_eq!(first, text(&out, 0x0008_0018).unwrap());
    assert!(second.starts_with("2.25.") && first != second);
}

#[test]
fn a_kept_private_block_keeps_its_creator_and_the_rest_goes() {
    let private = || {
        vec![
            element(0x0019_0010, Vr::LO, "SIEMENS MR HEADER"),
            element(0x0019_100C, Vr::IS, "1000"),
            element(0x0019_10FF, Vr::LO, "Mihon"),
            element(0x0029_0010, Vr::LO, "MIHON SAKURA"),
            element(0x0029_1010, Vr::LO, "1"),
            element(0x0031_1010, Vr::LO, "nobody's"),
        ]
    };
    let out = run("jp-pseudonymized", &file(CT, private())).unwrap();
    assert_eq!(text(&out, 0x0019_0010).unwrap(), "SIEMENS MR HEADER");
    assert_eq!(text(&out, 0x0019_100C).unwrap(), "1000");
    for gone in [0x0019_10FF, 0x0029_0010, 0x0029_1010, 0x0031_1010] {
        assert_eq!(text(&out, gone), None);
    }
    let out = run("ps315-basic", &file(CT, private())).unwrap();
    assert_eq!(text(&out, 0x0019_0010), None);
    assert_eq!(text(&out, 0x0019_100C), None);
}

#[test]
fn a_block_that_two_creators_claim_goes() {
    let mut creators = vec![element(0x0019_0010, Vr::LO, "SIEMENS MR HEADER"), element(0x0019_0010, Vr::LO, "MIHON")];
    creators.push(element(0x0019_100C, Vr::IS, "1000"));
    let out = run("jp-pseudonymized", &file(CT, creators)).unwrap();
    assert_eq!((text(&out, 0x0019_0010), text(&out, 0x0019_100C)), (None, None));
}

#[test]
fn a_name_under_a_number_does_not_stay() {
    let wrong = vec![element(0x0018_0050, Vr::DS, "Mihon"), element(0x0028_0011, Vr::LO, "Mihon^Sakura")];
    let out = run("ps315-basic", &file(CT, wrong)).unwrap();
    assert!(!text(&out, 0x0018_0050).unwrap().contains("Mihon"));
    assert!(!text(&out, 0x0028_0011).unwrap().contains("Mihon"));
}

#[test]
fn a_picture_inside_a_sequence_goes() {
    let icon = sequence(0x0008_1200, vec![vec![element(0x7FE0_0010, Vr::OB, "picture!")]]);
    let out = run("ai-training", &file(CT, vec![icon])).unwrap();
    assert!(deep(&out, 0x7FE0_0010).is_empty());
}

#[test]
fn a_document_becomes_blank_under_a_true_title() {
    let document = vec![
        element(0x0042_0010, Vr::ST, "Letter to Mihon Sakura"),
        element(0x0042_0011, Vr::OB, "%PDF-1.7 Mihon Sakura"),
        element(0x0042_0012, Vr::LO, "application/pdf"),
    ];
    let out = run("ps315-basic", &file(PDF, document)).unwrap();
    let pdf = text(&out, 0x0042_0011).unwrap();
    assert!(pdf.starts_with("%PDF-1.4") && !pdf.contains("Mihon"));
    assert!(text(&out, 0x0042_0010).unwrap().starts_with("Blank document"));
}

#[test]
fn a_document_of_an_unknown_kind_is_quarantined() {
    let document = vec![element(0x0042_0011, Vr::OB, "??"), element(0x0042_0012, Vr::LO, "application/x-unknown")];
    let held = run("ps315-basic", &file(PDF, document)).err().unwrap();
    assert_eq!(held.reason.id, "document-type-unknown");
}

fn report() -> Vec<NewElement> {
    let concept = |code: &str| {
        sequence(
            0x0040_A043,
            vec![vec![
                element(0x0008_0100, Vr::SH, code),
                element(0x0008_0102, Vr::SH, "DCM"),
                element(0x0008_0104, Vr::LO, "meaning"),
            ]],
        )
    };
    let item = |code: &str, value_type: &str, value: NewElement| {
        vec![element(0x0040_A040, Vr::CS, value_type), concept(code), value]
    };
    vec![sequence(
        0x0040_A730,
        vec![
            // Table E.3.4-1: 121022 Accession Number TEXT is X.
            item("121022", "TEXT", element(0x0040_A160, Vr::UT, "ACC-1")),
            item("121071", "TEXT", element(0x0040_A160, Vr::UT, "Mihon Sakura")),
        ],
    )]
}

#[test]
fn without_clean_structured_content_one_dummy_item_stays_of_a_report() {
    let out = run("ps315-basic", &file(SR, report())).unwrap();
    assert_eq!(deep(&out, 0x0040_A160), ["ANONYMIZED"]);
}

#[test]
fn with_clean_structured_content_listed_texts_become_dummies_in_place_and_names_leave_the_others() {
    let out = run("jp-pseudonymized", &file(SR, report())).unwrap();
    let texts = deep(&out, 0x0040_A160);
    assert_eq!(texts.len(), 2);
    assert_eq!(texts[0], "ANONYMIZED");
    assert!(!texts[1].contains("Mihon"));
}

#[test]
fn unknown_class_missing_uid_and_doubled_patient_id_are_quarantined() {
    let id = |held: Result<DataSet, Held>| held.err().unwrap().reason.id;
    assert_eq!(id(run("ps315-basic", &file("1.2.3.99", vec![]))), "sop-class-unknown");
    assert_eq!(id(run("ps315-basic", &file(CT, vec![element(0x0008_0018, Vr::UI, "")]))), "sop-instance-uid-missing");
    let doubled = vec![element(0x0010_0020, Vr::LO, "1"), element(0x0010_0020, Vr::LO, "2")];
    assert_eq!(id(run("ps315-basic", &file(CT, doubled))), "identifying-element-doubled");
}

#[test]
fn a_person_name_that_no_rule_lists_does_not_stay() {
    // PhysiciansOfRecord under a code meaning's neighbour: (0018,1000) holds a PN though it is a LO.
    let out = run("ai-training", &file(CT, vec![element(0x0018_1030, Vr::PN, "Isha^Hanako")])).unwrap();
    assert!(!text(&out, 0x0018_1030).unwrap_or_default().contains("Isha"));
}

/// Tells whether the profile keeps words that nobody knows where the marker stands: a marker of random letters is one.
fn keeps_unknown_words(profile: &Profile, marker: &tokumei_testkit::random::Marker) -> bool {
    let row = marker.path.leaf().and_then(tokumei_standard::row);
    profile.policy().text == tokumei_profile::policy::TextPolicy::CleanPermissive
        && row.is_some_and(|row| row.clean_descriptors.is_some())
}

#[test]
fn no_planted_marker_survives_in_a_random_study() {
    for seed in 0..12 {
        let study = tokumei_testkit::random::study(seed);
        for name in Profile::builtin_names() {
            let profile = Profile::builtin(name).unwrap();
            let pseudonyms = pseudonyms(&profile);
            let context = Context { profile: &profile, pseudonyms: &pseudonyms, site: "test" };
            for bytes in &study.files {
                let Ok(original) = read(bytes, &Limits::default()) else { continue };
                let Ok(plan) = plan(&original, &context, &PixelWork::default()) else { continue };
                let mut out = Vec::new();
                apply(&plan, &original).unwrap().write(bytes, &mut out).unwrap();
                for marker in study.markers.iter().filter(|marker| !keeps_unknown_words(&profile, marker)) {
                    let found = out.windows(marker.text.len()).any(|window| window == marker.text.as_bytes());
                    assert!(!found, "seed {seed}, profile {name}, {}", marker.path);
                }
            }
        }
    }
}

#[test]
fn masked_instances_say_so_and_state_no_extremes_of_samples() {
    let more = [element(0x0028_0106, Vr::US, "\u{1}\u{2}"), element(0x0028_0301, Vr::CS, "YES")];
    let bytes = file(CT, more.to_vec());
    let profile = Profile::builtin("ps315-basic").unwrap();
    let pseudonyms = pseudonyms(&profile);
    let context = Context { profile: &profile, pseudonyms: &pseudonyms, site: "test" };
    let original = read(&bytes, &Limits::default()).unwrap();
    let work = PixelWork { masked: true, cleaned: true, transfer_syntax: None, photometric: None };
    let masked = plan(&original, &context, &work).unwrap();
    assert!(masked.changes(&original).iter().any(|change| change.rule == "E.3.1/masked"));
    let mut out = Vec::new();
    apply(&masked, &original).unwrap().write(&bytes, &mut out).unwrap();
    let out = read(&out, &Limits::default()).unwrap();
    assert_eq!(text(&out, 0x0028_0301).unwrap(), "NO");
    assert_eq!(text(&out, 0x0028_0106), None);
    assert_eq!(deep(&out, 0x0008_0100), ["113100", "113101"]);
}

#[test]
fn new_pixels_take_the_place_of_the_element_that_holds_them() {
    let bytes = file(CT, vec![element(0x7FE0_0008, Vr::OF, "oldpixel")]);
    let profile = Profile::builtin("ps315-basic").unwrap();
    let pseudonyms = pseudonyms(&profile);
    let context = Context { profile: &profile, pseudonyms: &pseudonyms, site: "test" };
    let original = read(&bytes, &Limits::default()).unwrap();
    let mut planned = plan(&original, &context, &PixelWork::default()).unwrap();
    let value = Some(b"newpixel".to_vec());
    planned.patch_pixels(&original, tokumei_deid::PixelPatch { value, extended_offset_table: None });
    let mut out = Vec::new();
    apply(&planned, &original).unwrap().write(&bytes, &mut out).unwrap();
    let holds = |text: &[u8]| out.windows(text.len()).any(|window| window == text);
    assert!(holds(b"newpixel") && !holds(b"oldpixel"));
}

/// The output for a file, planned by this thread after whatever it planned before.
fn planned(profile: &Profile, key: u8, site: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let [first, last] = profile.policy().shift_days;
    let pseudonyms = Pseudonyms::new(&ProjectKey::from_bytes([key; 32]), Settings { shift_days: first..=last });
    let context = Context { profile, pseudonyms: &pseudonyms, site };
    let original = read(&bytes, &Limits::default()).unwrap();
    let plan = plan(&original, &context, &PixelWork::default()).ok()?;
    let mut out = Vec::new();
    apply(&plan, &original).unwrap().write(&bytes, &mut out).unwrap();
    Some(out)
}

#[test]
fn what_is_remembered_of_the_last_instance_changes_no_plan() {
    let name = |value: &[u8]| NewElement::bytes(Tag(0x0008, 0x0090), Vr::PN, value.to_vec());
    let set = |value: &str| element(0x0008_0005, Vr::CS, value);
    let protocol = |text: &str| element(0x0018_1030, Vr::LO, text);
    let step = |code: &str| vec![element(0x0040_0007, Vr::LO, "Thorax K0012345"), element(0x0040_0009, Vr::SH, code)];
    let private = |creator: &str, value: &str| {
        vec![element(0x0009_0010, Vr::LO, creator), element(0x0009_1001, Vr::LO, value), protocol("Thorax Mihon")]
    };
    let files = [
        file(CT, vec![]),
        file(CT, vec![element(0x0008_0018, Vr::UI, "1.2.3.4.6"), protocol("Thorax Mihon")]),
        file(CT, vec![element(0x0010_0020, Vr::LO, "K0099"), protocol("Thorax Mihon K0012345")]),
        file(CT, vec![element(0x0010_0010, Vr::PN, "Thorax^Taro"), protocol("Thorax Mihon")]),
        file(SR, vec![protocol("Thorax Mihon"), element(0x0040_A491, Vr::CS, "COMPLETE")]),
        file(CT, vec![set("ISO_IR 100"), name(b"M\xF5der"), protocol("Thorax")]),
        file(CT, vec![set("ISO_IR 101"), name(b"M\xF5der"), protocol("Thorax")]),
        file(CT, vec![sequence(0x0040_0275, vec![step("1"), step("2")])]),
        file(CT, vec![sequence(0x0040_0275, vec![step("1")]), sequence(0x0008_1140, vec![vec![]])]),
        file(CT, private("ACME 1.1", "K0012345")),
        file(CT, private("PHILIPS MR R5.6/PART", "K0012345")),
        file(PDF, vec![element(0x0042_0012, Vr::LO, "application/pdf"), element(0x0042_0011, Vr::OB, "%PDF")]),
        file(CT, vec![element(0x0012_0063, Vr::LO, "other tool")]),
        file(CT, vec![element(0x0012_0063, Vr::LO, "another tool")]),
    ];
    let profiles = ["ps315-basic", "jp-pseudonymized"].map(|name| Profile::builtin(name).unwrap());
    let [basic, japanese] = &profiles;
    let terms = [(basic, 5, "test"), (basic, 6, "test"), (basic, 5, "other"), (japanese, 5, "test")];
    let jobs: Vec<_> = terms.into_iter().flat_map(|terms| files.iter().map(move |file| (terms, file))).collect();
    let fresh = |((profile, key, site), file): (_, &Vec<u8>)| {
        std::thread::scope(|scope| scope.spawn(|| planned(profile, key, site, file)).join().unwrap())
    };
    let expected: Vec<_> = jobs.iter().map(|job| fresh(*job)).collect();
    for first in 0..jobs.len() {
        for second in 0..jobs.len() {
            // Files under the same terms, and the same file under other terms.
            if first / files.len() != second / files.len() && first % files.len() != second % files.len() {
                continue;
            }
            for at in [first, second] {
                let ((profile, key, site), file) = jobs[at];
                assert!(planned(profile, key, site, file) == expected[at], "{at} of {first} and {second}");
            }
        }
    }
}
