use super::*;
use crate::{Assessment, assess};
use tokumei_core::{Tag, Vr, tags};
use tokumei_wire::{Limits, NewElement, NewMeta, encode, read};

/// A data set with these elements, which must be in the order of their tags.
pub(crate) fn data_set(elements: &[NewElement]) -> DataSet {
    let meta = NewMeta {
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.3.1".into(),
        sop_instance_uid: "2.25.1".into(),
        transfer_syntax: "1.2.840.10008.1.2.1".into(),
        implementation_class_uid: "2.25.2".into(),
        implementation_version_name: "EXAMPLE".into(),
    };
    read(&encode(&meta, elements), &Limits::default()).expect("a data set that was just written")
}

/// An item of SequenceOfUltrasoundRegions with these first and last columns and rows: x0, y0, x1, y1.
pub(crate) fn ultrasound_region(edges: [u32; 4]) -> Vec<NewElement> {
    let edge = |(number, edge): (usize, u32)| {
        NewElement::bytes(Tag(0x0018, 0x6018 + 2 * number as u16), Vr::UL, edge.to_le_bytes().to_vec())
    };
    edges.into_iter().enumerate().map(edge).collect()
}

/// What an instance of 8 rows and 10 columns says beside its matrix.
#[derive(Default)]
struct Instance<'a> {
    modality: &'a str,
    model: &'a str,
    burned_in: &'a str,
    features: &'a str,
    regions: Vec<[u32; 4]>,
    without_size: bool,
}

impl Instance<'_> {
    fn data_set(&self) -> DataSet {
        let text = |tag, text: &str| Some(NewElement::bytes(tag, Vr::LO, text.into())).filter(|_| !text.is_empty());
        let short =
            |element, number: u16| Some(NewElement::bytes(Tag(0x0028, element), Vr::US, number.to_le_bytes().to_vec()));
        let regions: Vec<_> = self.regions.iter().map(|edges| ultrasound_region(*edges)).collect();
        let elements = [
            text(tags::MODALITY, self.modality),
            text(Tag(0x0008, 0x1090), self.model),
            Some(NewElement::items(Tag(0x0018, 0x6011), regions)).filter(|_| !self.regions.is_empty()),
            short(0x0002, 1),
            short(0x0010, 8).filter(|_| !self.without_size),
            short(0x0011, 10).filter(|_| !self.without_size),
            short(0x0100, 8),
            text(Tag(0x0028, 0x0301), self.burned_in),
            text(Tag(0x0028, 0x0302), self.features),
            Some(NewElement::bytes(tags::PIXEL_DATA, Vr::OB, vec![0; 80])),
        ];
        data_set(&elements.into_iter().flatten().collect::<Vec<_>>())
    }
}

/// A profile that has nothing searched, so that rules alone decide.
fn profile(burned_in: &str, second_look: bool) -> Profile {
    let text = format!(
        "name = \"t\"\nversion = \"1\"\n[options]\nbasic = true\nclean_pixel_data = {}\n[policy]\nburned_in = \"{burned_in}\"\ntext_search = \"off\"\nsecond_look = {second_look}\n",
        burned_in == "mask"
    );
    Profile::from_toml(&text, "t.toml").unwrap_or_else(|error| panic!("{error}"))
}

/// Rules of a site: one with this match, and what it hides.
fn site(model: &str, shape: &str) -> MaskRules {
    let text = format!(
        "[[rule]]\nid = \"s1\"\nsource = \"seen\"\nmatch = {{ keyword = \"ManufacturerModelName\", op = \"equals\", value = \"{model}\" }}\n{shape}\n"
    );
    let site = Rules::parse(&text, "site.toml").unwrap_or_else(|error| panic!("{error}"));
    MaskRules { built_in: true, site }
}

const BANNER: &str = "mask = [{ x = 0, y = 0, w = 99, h = 2 }]";

fn rectangles(requests: &Requests) -> Vec<(&str, &'static str, [u32; 4])> {
    let row = |one: &Request| {
        let Region { x, y, width, height } = one.region;
        [x, y, width, height]
    };
    requests.regions.iter().map(|one| (one.by.as_str(), one.source.as_str(), row(one))).collect()
}

fn reason(assessment: Assessment) -> String {
    match assessment {
        Assessment::Quarantine(reason) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rule_of_the_site_masks_and_settles_whatever_the_profile_says() {
    let instance = Instance { modality: "US", model: "M1", burned_in: "YES", ..Instance::default() };
    for (burned_in, second_look) in [("ignore", false), ("quarantine-risky", false), ("mask", false), ("mask", true)] {
        let Assessment::Mask(requests) =
            assess(&instance.data_set(), &profile(burned_in, second_look), &site("M1", BANNER))
        else {
            panic!("{burned_in}: not masked")
        };
        assert_eq!(rectangles(&requests), [("s1", "site", [0, 0, 10, 2])], "{burned_in}");
        assert!(requests.settles);
    }
}

#[test]
fn rule_that_does_not_match_or_settle_leaves_the_risk() {
    let instance = Instance { modality: "US", model: "M1", ..Instance::default() };
    let held = "burned-in-text-risk modality (0008,0060)";
    let profile = profile("mask", false);
    assert_eq!(reason(assess(&instance.data_set(), &profile, &site("M2", BANNER))), held);
    let adds = format!("{BANNER}\nsettles = false");
    assert_eq!(reason(assess(&instance.data_set(), &profile, &site("M1", &adds))), held);
    let outside = "mask = [{ x = 10, y = 0, w = 5, h = 5 }]";
    assert_eq!(reason(assess(&instance.data_set(), &profile, &site("M1", outside))), held);
}

#[test]
fn recognizable_features_and_faces_are_not_settled_by_a_rule() {
    let instance = Instance { modality: "US", model: "M1", features: "YES", ..Instance::default() };
    let found = reason(assess(&instance.data_set(), &profile("mask", false), &site("M1", BANNER)));
    assert_eq!(found, "burned-in-text-risk recognizable-features (0028,0302)");
}

#[test]
fn instance_without_risk_is_masked_where_the_site_asks_and_passes_otherwise() {
    let instance = Instance { modality: "CT", model: "M1", ..Instance::default() };
    let profile = profile("mask", false);
    assert!(matches!(assess(&instance.data_set(), &profile, &site("M1", BANNER)), Assessment::Mask(_)));
    assert_eq!(assess(&instance.data_set(), &profile, &site("M2", BANNER)), Assessment::PassThrough);
    assert_eq!(assess(&instance.data_set(), &profile, &MaskRules::default()), Assessment::PassThrough);
}

#[test]
fn device_rule_settles_unless_a_second_look_is_due_and_only_where_the_profile_masks() {
    let instance = Instance { modality: "US", model: "LOGIQ9", ..Instance::default() };
    let none = MaskRules::default();
    let Assessment::Mask(requests) = assess(&instance.data_set(), &profile("mask", false), &none) else {
        panic!("not masked")
    };
    assert_eq!(rectangles(&requests), [("ctp-018", "device", [0, 0, 10, 8])]);
    let held = "burned-in-text-risk modality (0008,0060)";
    assert_eq!(reason(assess(&instance.data_set(), &profile("mask", true), &none)), held);
    assert_eq!(requests_of(&instance, &profile("mask", true)).regions, requests.regions);
    assert_eq!(reason(assess(&instance.data_set(), &profile("quarantine-risky", false), &none)), held);
    assert_eq!(assess(&instance.data_set(), &profile("ignore", false), &none), Assessment::PassThrough);
    let off = MaskRules { built_in: false, ..MaskRules::default() };
    assert_eq!(reason(assess(&instance.data_set(), &profile("mask", false), &off)), held);
}

fn requests_of(instance: &Instance<'_>, profile: &Profile) -> Requests {
    requests(&instance.data_set(), profile, &MaskRules::default())
}

#[test]
fn device_rule_that_matches_is_a_sign_of_text_by_itself() {
    let instance = Instance { modality: "CT", model: "LOGIQ9", ..Instance::default() };
    let found = assess(&instance.data_set(), &profile("quarantine-risky", false), &MaskRules::default());
    assert_eq!(reason(found), "burned-in-text-risk device-rule ctp-018");
}

#[test]
fn ultrasound_regions_add_mask_around_them_and_settle_nothing() {
    let instance = Instance { modality: "US", model: "M1", regions: vec![[2, 1, 8, 6]], ..Instance::default() };
    let profile = profile("mask", false);
    let alone = requests_of(&instance, &profile);
    let around = [
        ("smi-001", "ultrasound", [0, 0, 10, 1]),
        ("smi-001", "ultrasound", [0, 1, 2, 6]),
        ("smi-001", "ultrasound", [9, 1, 1, 6]),
        ("smi-001", "ultrasound", [0, 7, 10, 1]),
    ];
    assert_eq!(rectangles(&alone), around);
    assert!(!alone.settles);
    assert!(matches!(assess(&instance.data_set(), &profile, &MaskRules::default()), Assessment::Quarantine(_)));
    let Assessment::Mask(both) = assess(&instance.data_set(), &profile, &site("M1", BANNER)) else {
        panic!("not masked")
    };
    assert_eq!(rectangles(&both)[1..], around);
}

#[test]
fn rule_of_the_site_that_cannot_be_followed_holds_the_instance_back() {
    let keep = "keep = { from_attribute = \"SequenceOfUltrasoundRegions\" }";
    let profile = profile("ignore", false);
    let wrong = Instance { modality: "CT", model: "M1", regions: vec![[5, 5, 4, 4]], ..Instance::default() };
    let held = "mask-rule-unusable s1";
    assert_eq!(reason(assess(&wrong.data_set(), &profile, &site("M1", keep))), held);
    let right = Instance { modality: "CT", model: "M1", regions: vec![[0, 0, 9, 3]], ..Instance::default() };
    let Assessment::Mask(requests) = assess(&right.data_set(), &profile, &site("M1", keep)) else {
        panic!("not masked")
    };
    assert_eq!(rectangles(&requests), [("s1", "ultrasound", [0, 4, 10, 4])]);
    let no_size = Instance { modality: "CT", model: "M1", without_size: true, ..Instance::default() };
    assert!(ask(&no_size.data_set(), &profile, &site("M1", BANNER), false).unusable.is_some());
}

#[test]
fn kept_rectangle_hides_all_the_rest() {
    let instance = Instance { modality: "US", model: "M1", ..Instance::default() };
    let rules = site("M1", "keep = [{ x = 3, y = 0, w = 7, h = 8 }]");
    let Assessment::Mask(requests) = assess(&instance.data_set(), &profile("ignore", false), &rules) else {
        panic!("not masked")
    };
    assert_eq!(rectangles(&requests), [("s1", "site", [0, 0, 3, 8])]);
}

/// Prints how long it takes to assess an instance; `cargo test --release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn cost_of_assessment() {
    let profile = profile("mask", false);
    let data_set = Instance { modality: "US", model: "iU22", ..Instance::default() }.data_set();
    for rules in [MaskRules { built_in: false, ..MaskRules::default() }, MaskRules::default()] {
        let start = std::time::Instant::now();
        (0..10_000).for_each(|_| drop(assess(&data_set, &profile, &rules)));
        println!("built in {}: {:.1} us an instance", rules.built_in, start.elapsed().as_secs_f64() * 100.0);
    }
}

#[test]
fn what_is_remembered_of_the_last_header_changes_no_answer() {
    let instances = [
        Instance { modality: "US", model: "LOGIQE9", ..Default::default() },
        Instance { modality: "US", model: "LOGIQE9", regions: vec![[1, 1, 5, 5]], ..Default::default() },
        Instance { modality: "CT", model: "LOGIQE9", ..Default::default() },
        Instance { modality: "US", ..Default::default() },
        Instance { modality: "CT", burned_in: "YES", ..Default::default() },
        Instance::default(),
    ];
    let data_sets = instances.map(|instance| instance.data_set());
    let ids = |data_set: &DataSet| -> Vec<_> {
        known_devices(data_set, &Header::new(data_set)).iter().map(|rule| rule.id.as_str()).collect()
    };
    for (one, other) in data_sets.iter().flat_map(|one| data_sets.iter().map(move |other| (one, other))) {
        for data_set in [one, other] {
            let asked: Vec<_> =
                Rules::built_in().matching(&Header::new(data_set)).map(|rule| rule.id.as_str()).collect();
            assert_eq!(ids(data_set), asked);
        }
    }
    assert!(!ids(&data_sets[1]).is_empty() && ids(&data_sets[1]) != ids(&data_sets[0]));
}
