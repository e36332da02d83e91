//! Runs with mask rules of the site.

use crate::kit::*;
use tokumei_core::{State, Tag, tags};
use tokumei_pipeline::{Config, RunError};
use tokumei_profile::devices::Rules;
use tokumei_wire::{DataSet, Limits, read};

/// A rule that hides columns 2 to 4 of rows 1 and 2 of every MR.
fn ruled(desk: &Desk, out: &str, width: u32) -> Config {
    let rule = format!(
        r#"
        [[rule]]
        id = "corner"
        source = "a test"
        match = {{ keyword = "Modality", op = "equals", value = "MR" }}
        mask = [{{ x = 2, y = 1, w = {width}, h = 2 }}]
        "#
    );
    let mut config = desk.config("pseudonymized", out);
    config.mask_rules.site = Rules::parse(&rule, "site.toml").unwrap();
    config
}

fn outputs(desk: &Desk, out: &str) -> Vec<(Vec<u8>, DataSet)> {
    let files = desk.release(out).into_iter().filter(|(name, _)| name.ends_with(".dcm"));
    files
        .map(|(_, bytes)| {
            let data_set = read(&bytes, &Limits::default()).unwrap();
            (bytes, data_set)
        })
        .collect()
}

/// Checks each of the 16 by 16 samples: hidden ones are 0, the others what the kit wrote.
fn is_masked(bytes: &[u8], data_set: &DataSet, columns: std::ops::Range<usize>) -> bool {
    let range = data_set.pixel_data().unwrap().range;
    let pixels = &bytes[range.start as usize..range.end as usize];
    let number = data_set.value(data_set.first(Tag(0x0020, 0x0013)).unwrap()).unwrap();
    let number: u32 = String::from_utf8_lossy(number).trim().parse().unwrap();
    (0..512_usize).all(|at| {
        let (row, column) = (at / 2 / 16, at / 2 % 16);
        let hidden = (1..3).contains(&row) && columns.contains(&column);
        pixels[at] == if hidden { 0 } else { (at as u32 * 31 + number) as u8 }
    })
}

#[test]
fn a_rule_hides_its_rectangle_and_nothing_else() {
    let desk = Desk::with_studies();
    let report = tokumei_pipeline::run(&ruled(&desk, "out", 3), &Default::default(), &()).unwrap();
    assert_eq!(count(&report, State::Released), 9);
    for (bytes, data_set) in outputs(&desk, "out") {
        assert!(is_masked(&bytes, &data_set, 2..5));
        let burned_in = data_set.first(Tag(0x0028, 0x0301)).and_then(|id| data_set.value(id));
        assert_eq!(burned_in, Some(b"NO".as_slice()));
        assert_eq!(data_set.transfer_syntax(), "1.2.840.10008.1.2.1");
        assert!(data_set.first(tags::PIXEL_DATA).is_some());
    }
    let ledger = String::from_utf8(desk.release("out")["audit/ledger.jsonl"].clone()).unwrap();
    let mask = r#""masks":[{"by":"site/corner","effective":[2,1,3,2],"requested":[2,1,3,2]}]"#;
    assert!(ledger.lines().all(|line| line.contains(mask)), "{ledger}");
    assert!(ledger.lines().all(|line| line.contains("113101")));
    let treatments = String::from_utf8(desk.release("out")["audit/treatments.jsonl"].clone()).unwrap();
    let pixels = r#"{"action":"C","path":"(7fe0,0010)","rule":"E.3.1/masked","vr":"OW"}]}"#;
    assert!(treatments.lines().all(|line| line.ends_with(pixels)), "{treatments}");
    assert!(ledger.lines().all(|line| line.contains(",512>512\"")), "{ledger}");
}

#[test]
fn other_rules_are_refused_before_the_first_byte() {
    let desk = Desk::with_studies();
    go(&ruled(&desk, "out", 3)).unwrap();
    let before = desk.release("out");
    for config in [ruled(&desk, "out", 7), desk.config("pseudonymized", "out")] {
        let Err(RunError::Mismatch { differences, .. }) = go(&config) else { panic!("other rules went on") };
        assert_eq!(differences.iter().map(|one| one.what).collect::<Vec<_>>(), ["mask-rules"]);
    }
    assert_eq!(desk.release("out"), before);
    assert!(go(&ruled(&desk, "out", 3)).unwrap().unchanged);
}

#[test]
fn doubled_pixel_data_is_held_back() {
    let desk = Desk::empty();
    let mut bytes = Instance::new(1, 1).bytes();
    let element = bytes[bytes.len() - 512 - 12..].to_vec();
    bytes.extend(element);
    desk.put("twice.dcm", &bytes);
    let report = go(&ruled(&desk, "out", 3)).unwrap();
    assert_eq!(row(&report, "twice.dcm"), (State::Quarantined, "pixel-data-doubled"));
}

#[test]
fn no_picture_takes_more_memory_than_a_frame_may_have() {
    let desk = Desk::empty();
    let mut bytes = Instance::new(1, 1).bytes();
    // Rows and columns, each 16 in the kit, become 65,535 by 65,535.
    for tag in [[0x28, 0, 0x10, 0], [0x28, 0, 0x11, 0]] {
        let at = bytes.windows(4).position(|window| window == tag).unwrap();
        bytes[at + 8..at + 10].copy_from_slice(&[0xFF, 0xFF]);
    }
    let path = desk.put("wide.dcm", &bytes);
    let Err((state, reason)) = tokumei_pipeline::pictures(&path, &desk.config("pseudonymized", "out"), 0) else {
        panic!()
    };
    assert_eq!((state, reason.id), (State::Quarantined, "frame-damaged"));
}
