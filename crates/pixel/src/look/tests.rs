mod cine;
mod colour;

use super::*;
use crate::{Assessment, assess, render};
use tokumei_core::{Vr, tags};
use tokumei_testkit::written;
use tokumei_wire::{Limits, NewElement, NewMeta, encode, read};

const US: &str = "1.2.840.10008.5.1.4.1.1.6.1";
const CT: &str = "1.2.840.10008.5.1.4.1.1.2";

/// An instance of frames of 16 bits, and its bytes.
struct Made {
    bytes: Vec<u8>,
    data_set: DataSet,
}

fn made(class: &str, modality: &str, size: (u16, u16), frames: &[Vec<u16>], more: &[NewElement]) -> Made {
    let meta = NewMeta {
        sop_class_uid: class.into(),
        sop_instance_uid: "2.25.1".into(),
        transfer_syntax: "1.2.840.10008.1.2.1".into(),
        implementation_class_uid: "2.25.2".into(),
        implementation_version_name: "EXAMPLE".into(),
    };
    let text = |tag, text: &str| NewElement::bytes(tag, Vr::CS, text.as_bytes().to_vec());
    let short = |element, value: u16| NewElement::bytes(Tag(0x0028, element), Vr::US, value.to_le_bytes().to_vec());
    let samples = frames.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut elements = vec![
        text(tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY "),
        NewElement::bytes(tags::SOP_CLASS_UID, Vr::UI, class.as_bytes().to_vec()),
        text(tags::MODALITY, modality),
        text(Tag(0x0020, 0x0013), "7 "),
        short(0x0002, 1),
        text(Tag(0x0028, 0x0004), "MONOCHROME2 "),
        NewElement::bytes(Tag(0x0028, 0x0008), Vr::IS, format!("{:<4}", frames.len()).into_bytes()),
        short(0x0010, size.1),
        short(0x0011, size.0),
        short(0x0100, 16),
        short(0x0101, 16),
        short(0x0102, 15),
        short(0x0103, 0),
        NewElement::bytes(tags::PIXEL_DATA, Vr::OW, samples),
    ];
    elements.retain(|element| more.iter().all(|other| other.tag != element.tag));
    elements.extend_from_slice(more);
    elements.sort_by_key(|element| element.tag);
    let bytes = encode(&meta, &elements);
    let data_set = read(&bytes, &Limits::default()).expect("it was just written");
    Made { bytes, data_set }
}

/// An instance of one frame in floating point.
fn floating(size: (u16, u16), frame: Vec<f32>) -> Made {
    let samples = frame.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let real = NewElement::bytes(tags::FLOAT_PIXEL_DATA, Vr::OF, samples);
    rebuilt(made(US, "US", size, &[], &[real]), "1.2.840.10008.1.2.1", &[], 32)
}

/// An instance whose frames are coded by RLE, as they are given.
fn coded(class: &str, size: (u16, u16), frames: &[Vec<u8>]) -> Made {
    let item = |bytes: &[u8]| {
        let length = (bytes.len() as u32).to_le_bytes();
        [&[0xFE, 0xFF, 0x00, 0xE0], &length[..], bytes].concat()
    };
    let head = [0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    let end = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
    let frames: Vec<u8> = frames.iter().flat_map(|frame| item(frame)).collect();
    let tail = [&head[..], &item(&[]), &frames, &end].concat();
    rebuilt(made(class, "US", size, &[], &[]), "1.2.840.10008.1.2.5", &tail, 16)
}

/// The instance without its empty pixel data, with other ones behind, of so many bits.
fn rebuilt(made: Made, syntax: &str, tail: &[u8], bits: u16) -> Made {
    let Made { mut bytes, .. } = made;
    let at = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|one| one == what).expect("it is there");
    // (7FE0,0010) OW with no value.
    let empty = [0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0, 0, 0, 0, 0];
    let start = at(&bytes, &empty);
    bytes.drain(start..start + empty.len());
    for (element, value) in [(0x0100_u16, bits), (0x0101, bits), (0x0102, bits - 1)] {
        let head = [0x28, 0, element as u8, (element >> 8) as u8, b'U', b'S', 2, 0];
        let place = at(&bytes, &head) + 8;
        bytes[place..place + 2].copy_from_slice(&value.to_le_bytes());
    }
    let old = b"1.2.840.10008.1.2.1\0";
    let place = at(&bytes, old);
    bytes[place..place + syntax.len()].copy_from_slice(syntax.as_bytes());
    bytes.extend_from_slice(tail);
    let number = at(&bytes, b"0   ");
    bytes[number] = b'1';
    let data_set = read(&bytes, &Limits::default()).expect("it was just written");
    Made { bytes, data_set }
}

/// Frames of 16 bits coded by runs of letters that stand for themselves (PS3.5 2026d, Annex G).
fn rle(frames: &[Vec<u16>]) -> Vec<Vec<u8>> {
    let segment = |frame: &[u16], byte: usize| -> Vec<u8> {
        let plane: Vec<u8> = frame.iter().map(|sample| sample.to_be_bytes()[byte]).collect();
        let mut runs: Vec<u8> = plane.chunks(128).flat_map(|run| [&[(run.len() - 1) as u8], run].concat()).collect();
        runs.resize(runs.len().next_multiple_of(2), 0);
        runs
    };
    let code = |frame: &Vec<u16>| {
        let (high, low) = (segment(frame, 0), segment(frame, 1));
        let mut head = vec![0_u8; 64];
        for (place, number) in [(0, 2), (4, 64), (8, 64 + high.len() as u32)] {
            head[place..place + 4].copy_from_slice(&number.to_le_bytes());
        }
        [head, high, low].concat()
    };
    frames.iter().map(code).collect()
}

fn profile(second_look: bool) -> Profile {
    let text = format!(
        "name = \"t\"\nversion = \"1\"\n[options]\nbasic = true\nclean_pixel_data = true\n[policy]\nburned_in = \"mask\"\nsecond_look = {second_look}\n"
    );
    Profile::from_toml(&text, "t.toml").unwrap_or_else(|error| panic!("{error}"))
}

impl Made {
    fn looked(&self, drawn: bool) -> Looked {
        let Assessment::Look(task) = assess(&self.data_set, &profile(false), &MaskRules::default()) else {
            panic!("it is not looked at")
        };
        look(&self.data_set, &self.bytes, task, &profile(false), drawn).expect("frames").expect("it is looked at")
    }

    /// What the second look says after these regions are hidden.
    fn again(&self, requests: &Requests) -> Second {
        let rendered = render(&self.data_set, &self.bytes, requests, &|| tempfile::tempfile()).expect("frames");
        look_again(&self.data_set, &rendered, RiskClass::Risky, &profile(false)).expect("frames")
    }
}

fn grain(x: usize, y: usize) -> u16 {
    let mixed = (x as u32).wrapping_mul(374_761_393).wrapping_add((y as u32).wrapping_mul(668_265_263));
    200 + ((mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177) >> 25) as u16
}

fn named(at: (usize, usize)) -> Vec<u16> {
    written((320, 200), grain, "YAMADA^TARO", at, 2, 4000)
}

fn holds(requests: &Requests, at: (u32, u32)) -> bool {
    let within = |one: &Request| {
        let region = one.region;
        let right = region.x + region.width >= at.0 + 11 * 16;
        region.x <= at.0 && region.y <= at.1 && right && region.y + region.height >= at.1 + 14
    };
    requests.regions.iter().any(within)
}

#[test]
fn r6_03_name_in_an_ultrasound_image_is_found_hidden_and_gone_at_the_second_look() {
    let made = made(US, "US", (320, 200), &[named((40, 60))], &[]);
    let looked = made.looked(false);
    assert!(holds(&looked.requests, (40, 60)), "{looked:?}");
    assert_eq!((looked.held.clone(), looked.sighting.class), (None, RiskClass::Risky));
    assert_eq!((looked.sighting.frames, looked.sighting.searched, looked.sighting.threshold), (1, 1, 500));
    assert!(looked.requests.regions.iter().all(|one| one.score.is_some_and(|score| score >= 500)));
    assert!(looked.requests.regions[0].by.starts_with("tokumei-text-net "));
    assert_eq!(made.again(&looked.requests), Second::Clean);
}

#[test]
fn second_look_asks_for_what_a_mask_has_missed() {
    let made = made(US, "US", (320, 200), &[named((40, 60))], &[]);
    let region = tokumei_core::Region { x: 40, y: 60, width: 60, height: 16 };
    let half = Request { region, by: "r".into(), source: request::Source::Site, score: None };
    let Second::More(more) = made.again(&Requests { regions: vec![half], settles: false }) else { panic!("clean") };
    assert!(!more.is_empty());
}

#[test]
fn name_that_runs_askew_is_hidden_whole() {
    let mask = written((320, 320), |_, _| 0, "YAMADA^TARO", (60, 150), 2, 1);
    // Turned by 30 degrees around the middle: cosine .866, sine .5.
    let from = |x: f64, y: f64| ((x * 0.866 + y * 0.5) as i64 + 160, (y * 0.866 - x * 0.5) as i64 + 160);
    let inked = |i: usize| {
        let (x, y) = from((i % 320) as f64 - 160.0, (i / 320) as f64 - 160.0);
        (0..320).contains(&x) && (0..320).contains(&y) && mask[(y * 320 + x) as usize] == 1
    };
    let frame = (0..320 * 320).map(|i| if inked(i) { 4000 } else { grain(i % 320, i / 320) }).collect();
    let made = made(US, "US", (320, 320), &[frame], &[]);
    let looked = made.looked(false);
    let holds = |one: &Request, x: usize, y: usize| {
        let region = one.region;
        (region.x as usize..(region.x + region.width) as usize).contains(&x)
            && (region.y as usize..(region.y + region.height) as usize).contains(&y)
    };
    let ink: Vec<usize> = (0..320 * 320).filter(|i| inked(*i)).collect();
    let hidden = |i: &&usize| looked.requests.regions.iter().any(|one| holds(one, *i % 320, *i / 320));
    assert!(ink.iter().filter(hidden).count() * 100 >= ink.len() * 95, "{looked:?}");
    assert_eq!((looked.held, made.again(&looked.requests)), (None, Second::Clean));
}

#[test]
fn images_of_a_scanner_are_searched_with_care_only_for_the_strict() {
    assert!(RiskClass::Primary.is_careful(true) && !RiskClass::Primary.is_careful(false));
    assert!(RiskClass::Ordinary.is_careful(false) && RiskClass::Risky.is_careful(false));
}

#[test]
fn nothing_is_found_in_an_image_without_text_and_it_passes() {
    let body =
        |x: usize, y: usize| if x.abs_diff(160).pow(2) + y.abs_diff(100).pow(2) < 6000 { 900 } else { grain(x, y) };
    let looked = made(US, "US", (320, 200), &[written((320, 200), body, "", (0, 0), 1, 0)], &[]).looked(false);
    assert_eq!((looked.held, looked.requests.regions, looked.sighting.found), (None, Vec::new(), 0));
}

#[test]
fn primary_ct_is_screened_and_searched_only_where_strokes_show() {
    let body = |x: usize, y: usize| if x.abs_diff(160).pow(2) + y.abs_diff(100).pow(2) < 6000 { 1000 } else { 20 };
    let plain = made(CT, "CT", (320, 200), &[written((320, 200), body, "", (0, 0), 1, 0)], &[]);
    let looked = plain.looked(false);
    assert_eq!((looked.sighting.class, looked.sighting.searched), (RiskClass::Primary, 0));
    assert_eq!(plain.looked(true).sighting.searched, 1);
    let named = made(CT, "CT", (320, 200), &[named((40, 60))], &[]).looked(false);
    assert_eq!(named.sighting.searched, 1);
    assert!(holds(&named.requests, (40, 60)));
}

#[test]
fn r6_03_line_that_runs_downwards_and_initials_in_a_scanners_image_are_seen_by_the_screen_and_hidden() {
    let across = named((40, 60));
    let down: Vec<u16> = (0..320).flat_map(|x| across.iter().skip(x).step_by(320)).copied().collect();
    let looked = made(CT, "CT", (200, 320), &[down], &[]).looked(false);
    let hides = |one: &Request| one.region.x <= 60 && one.region.y <= 40 && one.region.y + one.region.height >= 214;
    assert!(looked.requests.regions.iter().any(hides), "{looked:?}");
    let initials = written((320, 200), grain, "Y.T.", (40, 60), 2, 4000);
    let looked = made(CT, "CT", (320, 200), &[initials], &[]).looked(false);
    let hides = |one: &Request| one.region.x <= 40 && one.region.x + one.region.width >= 94 && one.region.y <= 60;
    assert!(looked.requests.regions.iter().any(hides), "{looked:?}");
}

#[test]
fn r6_03_scanners_images_need_more_likely_text_or_strokes_and_strict_profiles_do_not() {
    let classes = [RiskClass::Primary, RiskClass::Ordinary, RiskClass::Risky];
    assert_eq!(classes.map(|class| class.sure(false)), [850, 600, 500]);
    assert_eq!(classes.map(|class| class.likely(false)), [650, 500, 500]);
    assert_eq!(classes.map(|class| (class.sure(true), class.likely(true))), [(500, 500); 3]);
    let at = |x, y, width, height| tokumei_core::Region { x, y, width, height };
    let text = tokumei_detect::Found { region: at(40, 40, 100, 20), score: 0.7 };
    assert!(search::has_strokes(&text, &[at(96, 48, 32, 8)]));
    assert!(search::has_strokes(&text, &[at(128, 32, 32, 16), at(0, 32, 64, 32)]));
    assert!(!search::has_strokes(&text, &[at(128, 32, 32, 16), at(64, 64, 32, 8)]));
    assert!(!search::has_strokes(&text, &[]));
}

#[test]
fn faint_text_is_hidden_in_an_ordinary_image_and_a_place_like_it_in_a_primary_one_is_left() {
    // Fainter than the quick screen sees, by an eighth of the frame's range; the detector is sure by 0.74.
    let ground = |x: usize, y: usize| 300 + x as u16 * 3 / 2 + grain(x, y) / 8;
    let frame = written((320, 200), ground, "YAMADA", (40, 60), 1, 440);
    for (image_type, hidden) in [(b"ORIGINAL\\PRIMARY", false), (b"ORIGINAL\\SECOND ", true)] {
        let mut made = made(CT, "CT", (320, 200), std::slice::from_ref(&frame), &[]);
        let at = made.bytes.windows(16).position(|one| one == b"ORIGINAL\\PRIMARY").expect("it is there");
        made.bytes[at..at + 16].copy_from_slice(image_type);
        made.data_set = read(&made.bytes, &Limits::default()).expect("it was just written");
        let looked = made.looked(true);
        assert_eq!(!looked.requests.regions.is_empty(), hidden, "{looked:?}");
    }
}

#[test]
fn text_of_any_frame_is_hidden_in_all_of_them() {
    let mut frames: Vec<Vec<u16>> =
        (0..30).map(|n| written((320, 200), |x, y| grain(x + 7 * n, y), "", (0, 0), 1, 0)).collect();
    frames[0] = named((40, 20));
    frames[17] = named((40, 150));
    let looked = made(US, "US", (320, 200), &frames, &[]).looked(false);
    assert!(holds(&looked.requests, (40, 20)) && holds(&looked.requests, (40, 150)), "{looked:?}");
    assert!(looked.sighting.projected && looked.sighting.frames == 30 && looked.sighting.searched < 30);
}

#[test]
fn statement_of_text_is_not_refuted_by_finding_none() {
    let yes = NewElement::bytes(Tag(0x0028, 0x0301), Vr::CS, b"YES ".to_vec());
    let plain = written((320, 200), |x, y| (x * 4 + y) as u16, "", (0, 0), 1, 0);
    let held = made(CT, "CT", (320, 200), &[plain], std::slice::from_ref(&yes)).looked(false).held;
    assert_eq!(
        held.map(|reason| reason.to_string()).as_deref(),
        Some("burned-in-text-risk burned-in-annotation (0028,0301)")
    );
    let looked = made(CT, "CT", (320, 200), &[named((40, 60))], &[yes]).looked(false);
    assert!(looked.held.is_none() && holds(&looked.requests, (40, 60)));
}

#[test]
fn page_of_text_is_a_document() {
    let mut page = vec![0; 320 * 200];
    for line in 0..10 {
        let text = written((320, 200), |_, _| 0, "NAME 19700101 ID", (20, 4 + 20 * line), 2, 4000);
        page.iter_mut().zip(text).for_each(|(to, from)| *to = from.max(*to));
    }
    let held = made(US, "US", (320, 200), &[page], &[]).looked(false).held;
    assert_eq!(held.map(|reason| reason.id), Some("whole-image-document"));
}

#[test]
fn image_of_low_contrast_waits_where_text_is_likely_and_one_of_one_value_passes() {
    let faint = |x: usize, y: usize| if (x, y) == (3, 3) { 60_000 } else { grain(x, y) };
    let frame = written((320, 200), faint, "", (0, 0), 1, 0);
    let held = made(US, "US", (320, 200), std::slice::from_ref(&frame), &[]).looked(false).held;
    assert_eq!(held.map(|reason| reason.to_string()).as_deref(), Some("text-doubtful low-contrast"));
    assert_eq!(made(CT, "CT", (320, 200), &[frame], &[]).looked(true).held, None);
    for size in [(1, 1), (7, 3), (320, 200)] {
        let constant = vec![5; usize::from(size.0) * usize::from(size.1)];
        assert_eq!(made(US, "US", size, &[constant], &[]).looked(false).held, None);
    }
}

#[test]
fn doubt_is_hidden_in_a_risky_image_and_held_where_a_second_look_is_wanted() {
    let place =
        |x, width| tokumei_detect::Found { region: tokumei_core::Region { x, y: 40, width, height: 20 }, score: 0.4 };
    let found = search::Found { size: (320, 200), doubtful: vec![place(20, 90)], ..search::Found::default() };
    let none = Requests::default();
    assert_eq!(verdict::hidden_doubt(&found, RiskClass::Risky, false), [place(20, 90)]);
    assert_eq!(verdict::verdict(&found, &none, RiskClass::Risky, false), None);
    let held = |found: &search::Found, class, strict| {
        assert_eq!(verdict::hidden_doubt(found, class, strict), []);
        verdict::verdict(found, &none, class, strict).map(|reason| reason.id)
    };
    assert_eq!(held(&found, RiskClass::Risky, true), Some("text-doubtful"));
    assert_eq!(held(&found, RiskClass::Ordinary, true), Some("text-doubtful"));
    assert_eq!(held(&found, RiskClass::Ordinary, false), None);
    // More than a twentieth of the image, 3,200 pixels.
    let much = search::Found { size: (320, 200), doubtful: vec![place(20, 170)], ..search::Found::default() };
    assert_eq!(held(&much, RiskClass::Risky, false), Some("text-doubtful"));
}

#[test]
fn frame_too_large_to_be_searched_is_held_before_it_is_decoded() {
    let size = ((30_000, 30_000), rle(&[vec![0; 4]]));
    let made = coded(US, size.0, &size.1);
    let Assessment::Look(task) = assess(&made.data_set, &profile(false), &MaskRules::default()) else {
        panic!("it is not looked at")
    };
    let looked = look(&made.data_set, &made.bytes, task, &profile(false), true);
    assert!(
        matches!(&looked, Err(RenderError::Shape(reason)) if reason.to_string() == "text-search-impossible too-large"),
        "{looked:?}"
    );
}

#[test]
fn text_in_compressed_frames_is_found_and_gone_at_the_second_look() {
    let made = coded(US, (320, 200), &rle(&[named((40, 60))]));
    let looked = made.looked(false);
    assert!(holds(&looked.requests, (40, 60)), "{looked:?}");
    assert_eq!(made.again(&looked.requests), Second::Clean);
}

#[test]
fn damaged_frame_is_told_from_one_without_text() {
    let made = coded(US, (320, 200), &rle(&[vec![0; 4]]));
    let Assessment::Look(task) = assess(&made.data_set, &profile(false), &MaskRules::default()) else {
        panic!("it is not looked at")
    };
    let looked = look(&made.data_set, &made.bytes, task, &profile(false), true);
    assert!(matches!(looked, Err(RenderError::Damaged { frame: 0, .. })), "{looked:?}");
}

#[test]
fn text_of_two_values_is_found_whatever_they_are() {
    for (ground, ink) in [(0, 1), (0, u16::MAX), (u16::MAX, 0), (32_767, 32_768)] {
        let frame = written((320, 200), |_, _| ground, "YAMADA^TARO", (40, 60), 2, ink);
        let looked = made(US, "US", (320, 200), &[frame], &[]).looked(false);
        assert!(holds(&looked.requests, (40, 60)), "{ground} {ink}");
    }
}

#[test]
fn strips_have_no_room_for_text_and_take_no_time() {
    for size in [(65_535, 1), (1, 65_535), (65_535, 4)] {
        let frame: Vec<u16> = (0..usize::from(size.0) * usize::from(size.1)).map(|i| grain(i, 0)).collect();
        let looked = made(US, "US", size, &[frame], &[]).looked(false);
        assert_eq!((looked.requests.regions.len(), looked.sighting.frames), (0, 1));
    }
}

#[test]
fn numbers_that_are_none_hide_no_text_and_are_no_text() {
    let text = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, 1);
    for (ground, ink) in [(0.5, 1000.0), (f32::NAN, 7.0), (-1e30, f32::NAN), (f32::NEG_INFINITY, 3.0)] {
        let frame = text.iter().map(|one| if *one == 1 { ink } else { ground });
        let looked = floating((320, 200), frame.collect()).looked(false);
        assert!(ink.is_nan() || holds(&looked.requests, (40, 60)), "{ground} {ink}");
        assert_eq!(looked.held, None);
    }
    let looked = floating((320, 200), vec![f32::NAN; 320 * 200]).looked(false);
    assert_eq!((looked.held, looked.sighting.found), (None, 0));
}

/// The instance with Bits Stored 12 and this High Bit.
fn stored_in_twelve_bits(mut made: Made, high: u16) -> Made {
    for (element, value) in [(0x0101_u16, 12_u16), (0x0102, high)] {
        let head = [0x28, 0, element as u8, (element >> 8) as u8, b'U', b'S', 2, 0];
        let at = made.bytes.windows(8).position(|bytes| bytes == head).expect("it is there") + 8;
        made.bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    made.data_set = read(&made.bytes, &Limits::default()).expect("it was just written");
    made
}

#[test]
fn text_in_bits_above_or_below_the_stored_ones_is_found() {
    for (high, shift, bit) in [(11, 0, 1 << 15), (15, 4, 1), (15, 4, 1 << 3), (13, 2, 1 << 1), (13, 2, 1 << 14)] {
        let mut frame: Vec<u16> = written((320, 200), |x, y| grain(x, y) << shift, "", (0, 0), 1, 0);
        let hidden = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, bit);
        frame.iter_mut().zip(hidden).for_each(|(sample, bit)| *sample |= bit);
        let made = stored_in_twelve_bits(made(CT, "CT", (320, 200), &[frame], &[]), high);
        assert!(holds(&made.looked(false).requests, (40, 60)), "{high} {bit}");
    }
}

/// The instance with another Number of Frames, of four letters.
fn said_to_have(mut made: Made, frames: &[u8; 4]) -> Made {
    let at = made.bytes.windows(8).position(|bytes| bytes == b"\x28\0\x08\0IS\x04\0").expect("it is there") + 8;
    made.bytes[at..at + 4].copy_from_slice(frames);
    made.data_set = read(&made.bytes, &Limits::default()).expect("it was just written");
    made
}

#[test]
fn frames_are_counted_where_the_pixel_data_bears_them_out_and_no_other_number_is() {
    let native = || made(US, "US", (32, 24), &[vec![0; 32 * 24], vec![1; 32 * 24]], &[]);
    assert_eq!(crate::frames(&native().data_set), 2);
    assert_eq!(crate::frames(&said_to_have(native(), b"1958").data_set), 1);
    let fragments = || coded(US, (32, 24), &rle(&[vec![0; 32 * 24], vec![1; 32 * 24]]));
    assert_eq!(crate::frames(&said_to_have(fragments(), b"2   ").data_set), 2);
    assert_eq!(crate::frames(&said_to_have(fragments(), b"1958").data_set), 1);
    let none = || made(US, "US", (0, 0), &[vec![]], &[]);
    assert_eq!(crate::frames(&said_to_have(none(), b"1958").data_set), 1);
}

#[test]
fn sample_is_drawn_by_the_digest_and_always_holds_the_first_of_a_series() {
    let frame = || vec![vec![0; 4]];
    let seventh = made(CT, "CT", (2, 2), &frame(), &[]).data_set;
    let mut digest = [0; 32];
    assert!(is_drawn(&seventh, &digest));
    digest[15] = 1;
    assert!(!is_drawn(&seventh, &digest));
}

#[test]
fn what_is_found_is_the_same_in_every_thread() {
    let made = made(US, "US", (320, 200), &[named((40, 60)), named((100, 120))], &[]);
    let alone = made.looked(false);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..3).map(|_| scope.spawn(|| made.looked(false))).collect();
        assert!(all.into_iter().all(|one| one.join().expect("no panic") == alone));
    });
}
