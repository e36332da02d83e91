//! Text that differs from its ground in colour alone.

use super::*;

const RED: [u16; 3] = [200, 0, 0];
const GREEN: [u16; 3] = [0, 200, 0];

/// Elements of an image of three samples a pixel.
fn three(photometric: &str) -> Vec<NewElement> {
    let short = |element, value: u16| NewElement::bytes(Tag(0x0028, element), Vr::US, value.to_le_bytes().to_vec());
    let photometric = NewElement::bytes(Tag(0x0028, 0x0004), Vr::CS, photometric.as_bytes().to_vec());
    vec![short(0x0002, 3), short(0x0006, 0), photometric]
}

/// A name in one colour on another.
fn named(ground: [u16; 3], ink: [u16; 3]) -> Vec<u16> {
    let mask = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, 1);
    mask.iter().flat_map(|one| if *one == 0 { ground } else { ink }).collect()
}

#[test]
fn red_name_on_green_is_hidden_and_gone_at_the_second_look() {
    for (photometric, ground, ink) in [
        ("RGB ", GREEN, RED),
        ("RGB ", [0, 180, 180], [180, 180, 0]),
        // The same luminance and another chrominance, around the middle of 16 bits.
        ("YBR_FULL", [30_000, 32_768, 20_000], [30_000, 32_768, 45_000]),
    ] {
        let made = made(US, "US", (320, 200), &[named(ground, ink)], &three(photometric));
        let looked = made.looked(false);
        assert!(holds(&looked.requests, (40, 60)), "{photometric} {looked:?}");
        assert_eq!(looked.held, None);
        assert_eq!(made.again(&looked.requests), Second::Clean);
        let region = tokumei_core::Region { x: 40, y: 60, width: 60, height: 16 };
        let half = Request { region, by: "r".into(), source: request::Source::Site, score: None };
        assert!(matches!(made.again(&Requests { regions: vec![half], settles: false }), Second::More(_)));
    }
}

#[test]
fn palette_makes_the_colours_in_which_a_name_is_searched() {
    let word = |tag, vr, values: &[u16]| {
        NewElement::bytes(Tag(0x0028, tag), vr, values.iter().flat_map(|one| one.to_le_bytes()).collect())
    };
    let photometric = NewElement::bytes(Tag(0x0028, 0x0004), Vr::CS, b"PALETTE COLOR ".to_vec());
    // Entries of 16 bits, and of 8 bits in the low bytes.
    for (bits, shift) in [(16, 8), (8, 0)] {
        let mut more = vec![photometric.clone()];
        for (channel, tag) in [0x1101_u16, 0x1102, 0x1103].into_iter().enumerate() {
            more.push(word(tag, Vr::US, &[2, 0, bits]));
            more.push(word(tag + 0x100, Vr::OW, &[GREEN[channel] << shift, RED[channel] << shift]));
        }
        let frame = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, 1);
        let looked = made(US, "US", (320, 200), &[frame], &more).looked(false);
        assert!(holds(&looked.requests, (40, 60)), "{bits} {looked:?}");
    }
}

#[test]
fn red_name_on_green_in_one_middle_frame_is_hidden() {
    let mut frames = vec![[0, 0, 0].repeat(320 * 200); 20];
    frames[9] = named(GREEN, RED);
    let looked = made(US, "US", (320, 200), &frames, &three("RGB ")).looked(false);
    assert!(holds(&looked.requests, (40, 60)) || looked.held.is_some(), "{looked:?}");
    // All frames are green, so that nothing but the name is new.
    let mut frames = vec![GREEN.repeat(320 * 200); 20];
    frames[13] = named(GREEN, RED);
    let looked = made(US, "US", (320, 200), &frames, &three("RGB ")).looked(false);
    assert!(holds(&looked.requests, (40, 60)) || looked.held.is_some(), "{looked:?}");
}
