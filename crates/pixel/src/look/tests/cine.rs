//! Text in one of many frames, or in one of many slices, whatever the others show.

use super::*;
use tokumei_core::Region;

/// Bars as close as the strokes of letters, that move by a pixel from frame to frame, in noise that moves too.
fn fence(frame: usize, x: usize, y: usize) -> u16 {
    let ground = grain(x + 7 * frame, y) / 4;
    if (60..160).contains(&x) && (x + frame) % 8 < 3 { 900 + ground } else { 100 + ground }
}

fn moving(count: usize) -> Vec<Vec<u16>> {
    (0..count).map(|n| written((320, 200), |x, y| fence(n, x, y), "", (0, 0), 1, 0)).collect()
}

/// A part with strokes all over, as furrows may be, with nothing around it.
fn furrowed(n: usize, x: usize, y: usize) -> u16 {
    let inside = (60..160).contains(&x) && (40..120).contains(&y);
    if inside && ((x + n) / 3 + y / 3).is_multiple_of(2) { 900 } else { 100 }
}

#[test]
fn name_in_one_middle_frame_is_hidden_though_strokes_move_in_all_of_them() {
    for (frame, ink) in [(33, 4000), (41, 0), (58, 4000)] {
        let mut frames = moving(60);
        // Over the bars, over what moves beside them, and where frames before had strokes.
        for at in [(40, 90), (120, 30), (90, 170)] {
            frames[frame] = written((320, 200), |x, y| fence(frame, x, y) + 300, "YAMADA^TARO", at, 2, ink);
            let looked = made(US, "US", (320, 200), &frames, &[]).looked(false);
            assert!(
                holds(&looked.requests, (at.0 as u32, at.1 as u32)) || looked.held.is_some(),
                "{frame} {at:?} {looked:?}"
            );
        }
    }
}

#[test]
fn name_in_one_frame_of_a_scanners_volume_is_hidden_though_all_frames_have_strokes_there() {
    let mut frames = moving(40);
    assert!(!tokumei_detect::strokes(320, 200, &frames[3]).is_empty());
    let plain = made(CT, "CT", (320, 200), &frames, &[]).looked(false);
    assert_eq!((plain.sighting.class, plain.held), (RiskClass::Primary, None));
    frames[27] = written((320, 200), |x, y| fence(27, x, y), "YAMADA^TARO", (44, 112), 2, 4000);
    let looked = made(CT, "CT", (320, 200), &frames, &[]).looked(false);
    assert!(holds(&looked.requests, (44, 112)) || looked.held.is_some(), "{looked:?}");
}

#[test]
fn strokes_that_stay_are_looked_at_once_and_a_name_upon_them_is_seen() {
    let still = |x: usize, y: usize| fence(0, x, y);
    let mut frames = vec![written((320, 200), still, "", (0, 0), 1, 0); 60];
    let plain = made(CT, "CT", (320, 200), &frames, &[]).looked(false);
    assert!(plain.sighting.searched <= 1 && plain.held.is_none(), "{plain:?}");
    frames[44] = written((320, 200), still, "YAMADA^TARO", (40, 112), 2, 4000);
    let looked = made(CT, "CT", (320, 200), &frames, &[]).looked(false);
    assert!(holds(&looked.requests, (40, 112)), "{looked:?}");
}

#[test]
fn name_in_one_slice_of_a_series_that_has_strokes_everywhere_is_hidden() {
    for n in 0..4 {
        let slice = written((320, 200), |x, y| furrowed(n, x, y), "", (0, 0), 1, 0);
        assert!(!tokumei_detect::strokes(320, 200, &slice).is_empty(), "{n}");
        let plain = made(CT, "CT", (320, 200), &[slice], &[]).looked(false);
        assert_eq!((plain.sighting.found, plain.held), (0, None), "{n}");
        for at in [(4, 4), (130, 180), (72, 90)] {
            let named = written((320, 200), |x, y| furrowed(n, x, y), "YAMADA^TARO", at, 2, 4000);
            let looked = made(CT, "CT", (320, 200), &[named], &[]).looked(false);
            assert!(holds(&looked.requests, (at.0 as u32, at.1 as u32)), "{n} {at:?} {looked:?}");
        }
    }
}

#[test]
fn name_in_bits_beside_the_value_of_one_middle_frame_is_hidden() {
    for class in [(US, "US"), (CT, "CT")] {
        let mut frames = moving(30);
        frames.iter_mut().flatten().for_each(|sample| *sample &= 0x0FFF);
        let hidden = written((320, 200), |_, _| 0, "YAMADA^TARO", (40, 60), 2, 1 << 14);
        frames[13].iter_mut().zip(hidden).for_each(|(sample, bit)| *sample |= bit);
        let made = stored_in_twelve_bits(made(class.0, class.1, (320, 200), &frames, &[]), 11);
        assert!(holds(&made.looked(false).requests, (40, 60)), "{class:?}");
    }
}

/// Grain, with thin crosses in its upper part where it is to be crossed.
fn crossed(crossed: bool, x: usize, y: usize) -> u16 {
    let near = |a: usize, b: usize| (a % 20).abs_diff(10) < 3 && b % 20 == 10;
    if crossed && y < 130 && (near(x, y) || near(y, x)) { 1000 } else { grain(x, y) }
}

#[test]
fn what_is_hidden_in_a_scanners_volume_does_not_depend_on_the_order_of_its_frames() {
    let frame = |marks: bool| written((320, 200), |x, y| crossed(marks, x, y), "K", (14, 150), 2, 1000);
    let (few, many) = (frame(false), frame(true));
    let hidden = |frames: &[Vec<u16>]| {
        let looked = made(CT, "CT", (320, 200), frames, &[]).looked(false);
        let regions: Vec<Region> = looked.requests.regions.iter().map(|one| one.region).collect();
        (regions, looked.held.is_some())
    };
    let alone = hidden(std::slice::from_ref(&few));
    assert!(alone.0.iter().any(|one| one.x <= 14 && one.y <= 150), "{alone:?}");
    assert_eq!(hidden(&[few.clone(), many.clone()]), alone);
    assert_eq!(hidden(&[many, few]), alone);
}

/// What is hidden in a scanner's volume of these frames.
fn hidden_in_volume(frames: &[Vec<u16>]) -> Vec<Region> {
    let looked = made(CT, "CT", (320, 200), frames, &[]).looked(false);
    assert_eq!(looked.held, None);
    looked.requests.regions.iter().map(|one| one.region).collect()
}

#[test]
fn name_in_place_of_strokes_is_seen_beside_something_much_brighter() {
    let bar = |x: usize, y: usize| (128..192).contains(&x) && (90..94).contains(&y);
    let ground = |x: usize, y: usize| if bar(x, y) { 4000 } else { 100 + grain(x, y) / 16 };
    for contrast in [300, 400, 480] {
        let inside = |x: usize, y: usize| (128..192).contains(&x) && (64..80).contains(&y);
        let stripes = |x: usize, y: usize| if inside(x, y) && x % 8 < 4 { 110 + contrast } else { ground(x, y) };
        let striped = written((320, 200), stripes, "", (0, 0), 1, 0);
        let named = written((320, 200), ground, "SATO", (128, 64), 2, 110 + contrast);
        for frames in [vec![named.clone()], vec![named.clone(), striped.clone()], vec![striped, named]] {
            let hidden = hidden_in_volume(&frames);
            assert!(hidden.iter().any(|one| one.x <= 128 && one.y <= 64), "{contrast} {} {hidden:?}", frames.len());
        }
    }
}

#[test]
fn name_that_stays_is_seen_when_what_is_far_from_it_takes_its_ranks_no_more() {
    let frame = |bright: bool, contrast: u16| {
        let ground = |x: usize, y: usize| match () {
            () if x < 10 && y < 10 => 16_000,
            () if bright && y < 64 => 500 + (x * 400 / 320) as u16,
            () => 100 + (grain(x, y) - 200) / 8,
        };
        written((320, 200), ground, "SATO", (20, 170), 1, 110 + contrast)
    };
    for contrast in [200, 250, 300, 350] {
        let (bright, dark) = (frame(true, contrast), frame(false, contrast));
        let alone = hidden_in_volume(std::slice::from_ref(&dark));
        let later = hidden_in_volume(&[bright, dark]);
        assert!(alone.iter().all(|one| later.contains(one)), "{contrast} {alone:?} {later:?}");
    }
}
