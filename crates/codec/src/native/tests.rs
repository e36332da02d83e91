use super::*;
use crate::{Photometric, codec};
use proptest::prelude::*;

const GREY: Format = Format {
    rows: 2,
    columns: 3,
    samples: 1,
    allocated: 8,
    stored: 8,
    signed: false,
    planar: false,
    photometric: Photometric::Monochrome2,
    big_endian: false,
};

const RGB: Format = Format { samples: 3, photometric: Photometric::Rgb, ..GREY };

fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
    Region { x, y, width, height }
}

/// Hides regions in all frames at once.
fn hide(format: &Format, frames: u64, words: bool, regions: &[Region], fill: [u32; 4], bytes: &[u8]) -> Vec<u8> {
    let native = Native::new(format, frames, words, regions, &Fill(fill)).unwrap();
    let mut bytes = bytes.to_vec();
    native.overwrite(&mut bytes, 0);
    bytes
}

#[test]
fn every_frame_loses_the_pixels_of_every_region() {
    let regions = [region(0, 0, 1, 1), region(1, 1, 5, 5), region(2, 1, 1, 1), region(3, 0, 1, 1)];
    let out = hide(&GREY, 2, false, &regions, [9; 4], &[1; 13]);
    assert_eq!(out, [9, 1, 1, 1, 9, 9, 9, 1, 1, 1, 9, 9, 1]);
    let native = Native::new(&GREY, 2, false, &regions, &Fill([9; 4])).unwrap();
    assert_eq!(native.effective(), [region(0, 0, 1, 1), region(1, 1, 2, 1), region(2, 1, 1, 1)]);
    assert_eq!((native.len(), native.frame_bits(), native.is_empty()), (12, 48, false));
}

#[test]
fn all_allocated_bits_are_overwritten_in_the_order_of_the_bytes() {
    let deep = Format { allocated: 16, stored: 12, rows: 1, columns: 2, ..GREY };
    let out = |format, fill| hide(&format, 1, true, &[region(1, 0, 1, 1)], [fill; 4], &[0xF1; 4]);
    assert_eq!(out(deep, 0x0123), [0xF1, 0xF1, 0x23, 0x01]);
    assert_eq!(out(Format { big_endian: true, ..deep }, 0x0123), [0xF1, 0xF1, 0x01, 0x23]);
    // 0xFFF is -1 in twelve bits; unsigned it is 4095, and a fill value of more bits is cut.
    assert_eq!(out(Format { signed: true, ..deep }, 0x0FFF), [0xF1, 0xF1, 0xFF, 0xFF]);
    assert_eq!(out(deep, 0xFFFF), [0xF1, 0xF1, 0xFF, 0x0F]);
}

#[test]
fn wide_samples_are_overwritten_in_the_order_of_the_bytes() {
    let out = |allocated, big_endian, words| {
        let format = Format { allocated, stored: allocated, big_endian, rows: 1, columns: 1, ..GREY };
        let length = usize::from(allocated / 8);
        hide(&format, 1, words, &[region(0, 0, 1, 1)], [0x0102_0304; 4], &vec![0xFF; length])
    };
    assert_eq!(out(32, false, true), [4, 3, 2, 1]);
    assert_eq!(out(32, true, false), [1, 2, 3, 4]);
    // Words of OW are big endian each, the least significant word first.
    assert_eq!(out(32, true, true), [3, 4, 1, 2]);
    assert_eq!(out(24, false, false), [4, 3, 2]);
    assert_eq!(out(64, false, false), [4, 3, 2, 1, 0, 0, 0, 0]);
}

#[test]
fn colours_are_filled_by_pixel_or_by_plane() {
    let fill = [1, 2, 3, 0];
    let out = hide(&RGB, 1, false, &[region(1, 0, 1, 1)], fill, &[9; 18]);
    assert_eq!(out, [9, 9, 9, 1, 2, 3, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
    let planar = Format { planar: true, ..RGB };
    let out = hide(&planar, 1, false, &[region(1, 0, 1, 1)], fill, &[9; 18]);
    assert_eq!(out, [9, 1, 9, 9, 9, 9, 9, 2, 9, 9, 9, 9, 9, 3, 9, 9, 9, 9]);
}

#[test]
fn pixels_that_share_colour_are_hidden_in_pairs() {
    let format = Format { columns: 4, rows: 1, photometric: Photometric::YbrFull422, ..RGB };
    let native = Native::new(&format, 1, false, &[region(1, 0, 1, 1)], &Fill([16, 128, 127, 0])).unwrap();
    assert_eq!((native.len(), native.effective()), (8, &[region(0, 0, 2, 1)][..]));
    let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(*native.decode(&bytes, 0).unwrap(), [1, 3, 4, 2, 3, 4, 5, 7, 8, 6, 7, 8]);
    native.overwrite(&mut bytes, 0);
    assert_eq!(bytes, [16, 16, 128, 127, 5, 6, 7, 8]);
    assert!(Native::new(&Format { columns: 3, ..format }, 1, false, &[], &Fill([0; 4])).is_err());
    assert!(Native::new(&Format { planar: true, ..format }, 1, false, &[], &Fill([0; 4])).is_err());
}

#[test]
fn frames_of_one_bit_follow_each_other_within_bytes() {
    let bits = Format { rows: 3, columns: 3, allocated: 1, stored: 1, ..GREY };
    // Two frames of nine bits; the middle pixel is bit 4 of the first byte and bit 5 of the second one.
    let out = hide(&bits, 2, false, &[region(1, 1, 1, 1)], [0; 4], &[0xFF; 3]);
    assert_eq!(out, [0b1110_1111, 0b1101_1111, 0xFF]);
    let out = hide(&bits, 2, false, &[region(0, 0, 3, 1), region(2, 2, 1, 1)], [1; 4], &[0; 3]);
    assert_eq!(out, [0b0000_0111, 0b0000_1111, 0b0000_0010]);
    let native = Native::new(&bits, 2, false, &[], &Fill([0; 4])).unwrap();
    assert_eq!((native.span(0), native.span(1), native.span(2)), (Some(0..2), Some(1..3), None));
    assert_eq!(*native.decode(&[0b0000_1110, 0b0000_0010], 1).unwrap(), [1, 1, 1, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn bytes_of_big_endian_words_change_places() {
    let swapped = Format { big_endian: true, ..GREY };
    let pixels = [0, 1, 2, 3, 4, 5];
    let stored = [1, 0, 3, 2, 5, 4];
    let hidden = hide(&swapped, 1, true, &[region(0, 0, 1, 1), region(0, 1, 2, 1)], [9; 4], &stored);
    assert_eq!(hidden, [1, 9, 9, 2, 5, 9]);
    let native = Native::new(&swapped, 1, true, &[], &Fill([0; 4])).unwrap();
    assert_eq!(*native.decode(&stored, 0).unwrap(), pixels);
    // An odd frame ends in the upper half of its last word.
    let odd = Format { rows: 1, ..swapped };
    assert_eq!(hide(&odd, 1, true, &[region(2, 0, 1, 1)], [9; 4], &[1, 0, 0, 2]), [1, 0, 0, 9]);
    let bits = Format { rows: 1, columns: 12, allocated: 1, stored: 1, ..swapped };
    assert_eq!(hide(&bits, 1, true, &[region(7, 0, 2, 1)], [1; 4], &[0, 0]), [1, 0x80]);
    // OB is bytes whatever the order is.
    assert_eq!(hide(&swapped, 1, false, &[region(0, 0, 1, 1)], [9; 4], &pixels), [9, 1, 2, 3, 4, 5]);
}

#[test]
fn frames_decode_to_little_endian_samples_by_pixel() {
    let codec = codec("1.2.840.10008.1.2.2").unwrap();
    let deep = Format { rows: 1, columns: 2, allocated: 16, stored: 16, big_endian: true, ..GREY };
    assert_eq!(codec.decode(&[1, 2, 3, 4], &deep), Ok(vec![2, 1, 4, 3]));
    let planar = Format { rows: 1, columns: 2, planar: true, ..RGB };
    assert_eq!(codec.decode(&[1, 2, 3, 4, 5, 6], &planar), Ok(vec![1, 3, 5, 2, 4, 6]));
    let odd = Format { rows: 1, columns: 1, allocated: 24, stored: 24, ..GREY };
    assert_eq!(codec.decode(&[1, 2, 3], &odd), Ok(vec![1, 2, 3, 0]));
    assert_eq!(codec.decode(&[1, 2], &odd), Err(Damage::Truncated));
}

#[test]
fn bytes_behind_a_frame_are_cleaned_and_padding_is_not() {
    let codec = codec("1.2.840.10008.1.2.1.98").unwrap();
    let three = Format { rows: 1, ..GREY };
    assert_eq!(codec.clean(&[1, 2, 3], &three), Ok(None));
    assert_eq!(codec.clean(&[1, 2, 3, 0], &three), Ok(None));
    assert_eq!(codec.clean(&[1, 2, 3, 4], &three), Ok(Some(vec![1, 2, 3])));
    assert_eq!(codec.clean(&[1, 2, 3, 0, 0, 0], &three), Ok(Some(vec![1, 2, 3])));
    let bits = Format { allocated: 1, stored: 1, ..three };
    assert_eq!(codec.clean(&[0b101, 0], &bits), Ok(None));
    assert_eq!(codec.clean(&[0b1101, 0], &bits), Ok(Some(vec![0b101])));
    let masked = codec.mask(&[1, 2, 3, 4], &three, &[region(0, 0, 1, 1)], &Fill([0; 4])).unwrap();
    assert_eq!((masked.bytes, masked.effective), (vec![0, 2, 3], vec![region(0, 0, 1, 1)]));
    assert_eq!(codec.clean(&[1, 2], &three), Err(Damage::Truncated));
}

#[test]
fn shapes_that_cannot_be_are_refused_without_memory() {
    let huge = Format { rows: 65_535, columns: 65_535, allocated: 64, stored: 64, samples: 4, ..GREY };
    assert_eq!(Native::new(&huge, u64::MAX, false, &[], &Fill([0; 4])).err(), Some(Damage::TooLarge));
    // A frame too large to decode still streams.
    let native = Native::new(&huge, 1000, false, &[region(65_534, 65_534, 1, 1)], &Fill([7; 4])).unwrap();
    assert_eq!(native.decode(&[], 0), Err(Damage::TooLarge));
    let mut block = [1; 64];
    native.overwrite(&mut block, native.len() - 32);
    assert_eq!((block[0], block[31], block[32]), (7, 0, 1));
    native.overwrite(&mut block, u64::MAX);
    let none = Format { rows: 0, ..GREY };
    assert!(Native::new(&none, 1, false, &[], &Fill([0; 4])).is_err());
    assert!(Native::new(&Format { allocated: 12, ..GREY }, 1, false, &[], &Fill([0; 4])).is_err());
    assert!(Native::new(&Format { allocated: 1, stored: 1, ..RGB }, 1, false, &[], &Fill([0; 4])).is_err());
    let empty = Native::new(&GREY, 0, false, &[region(0, 0, 9, 9)], &Fill([0; 4])).unwrap();
    let mut block = [1; 8];
    empty.overwrite(&mut block, 0);
    assert_eq!((block, empty.is_empty(), empty.len()), ([1; 8], true, 0));
}

/// Lists the samples of all frames in the order in which they are stored: frame, pixels it belongs to, sample.
fn stored_samples(format: &Format, frames: u64) -> Vec<(Vec<(u32, u32)>, usize)> {
    let samples = usize::from(format.samples);
    let mut list = Vec::new();
    let places: Vec<(u32, u32)> = (0..format.rows).flat_map(|y| (0..format.columns).map(move |x| (x, y))).collect();
    for _ in 0..frames {
        if format.photometric == Photometric::YbrFull422 {
            for pair in places.chunks(2) {
                list.extend([(vec![pair[0]], 0), (vec![pair[1]], 0), (pair.to_vec(), 1), (pair.to_vec(), 2)]);
            }
        } else if format.planar {
            (0..samples).for_each(|sample| list.extend(places.iter().map(|place| (vec![*place], sample))));
        } else {
            places.iter().for_each(|place| list.extend((0..samples).map(|sample| (vec![*place], sample))));
        }
    }
    list
}

/// Writes samples bit after bit, the least significant first, and then orders bytes.
fn write_samples(values: &[u64], format: &Format, words: bool) -> Vec<u8> {
    let mut bytes = vec![0_u8; (values.len() * usize::from(format.allocated)).div_ceil(16) * 2];
    for (index, value) in values.iter().enumerate() {
        let big_sample = format.big_endian && !words && format.allocated > 8;
        let value = if big_sample { value.swap_bytes() >> (64 - format.allocated) } else { *value };
        for bit in 0..usize::from(format.allocated) {
            let at = index * usize::from(format.allocated) + bit;
            bytes[at / 8] |= ((value >> bit & 1) as u8) << (at % 8);
        }
    }
    if format.big_endian && words {
        bytes.chunks_exact_mut(2).for_each(|word| word.swap(0, 1));
    }
    bytes
}

fn shapes() -> impl Strategy<Value = (Format, bool)> {
    let kind = prop_oneof![Just((1, false)), Just((3, false)), Just((3, true)), Just((4, false))];
    let allocated = prop_oneof![Just(1_u16), Just(8), Just(16), Just(24), Just(32), Just(64)];
    (1..9_u32, 1..20_u32, kind, allocated, any::<[bool; 4]>()).prop_map(|(rows, columns, kind, allocated, flags)| {
        let half = kind == (3, false) && flags[0] && allocated > 1;
        let columns = if half { columns.next_multiple_of(2) } else { columns };
        let (samples, planar) = if allocated == 1 { (1, false) } else { kind };
        let photometric = if half { Photometric::YbrFull422 } else { Photometric::Rgb };
        let format = Format {
            rows,
            columns,
            samples,
            allocated,
            stored: allocated,
            signed: flags[1],
            planar,
            photometric,
            big_endian: flags[2],
        };
        (format, flags[3])
    })
}

proptest! {
    /// Overwriting in windows of any size is what setting samples one by one is.
    #[test]
    fn windows_hide_what_a_loop_over_samples_hides(
        (format, words) in shapes(),
        frames in 1..4_u64,
        rectangles in prop::collection::vec((0..20_u32, 0..9_u32, 0..20_u32, 0..9_u32), 0..4),
        fill in any::<[u16; 4]>(),
        seed in any::<u64>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        // One order of samples of 16 bits alone tells words from samples.
        let words = words && format.big_endian || format.allocated == 16;
        let regions: Vec<Region> = rectangles.iter().map(|r| region(r.0, r.1, r.2, r.3)).collect();
        let fill = fill.map(u32::from);
        let native = Native::new(&format, frames, words, &regions, &Fill(fill)).unwrap();
        let samples = stored_samples(&format, frames);
        let mask = u64::MAX >> (64 - format.allocated);
        let mut dice = seed | 1;
        let values: Vec<u64> = samples.iter().map(|_| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice & mask
        }).collect();
        let within = |r: &Region, (x, y): (u32, u32)| {
            (r.x..r.x + r.width).contains(&x) && (r.y..r.y + r.height).contains(&y)
        };
        let pair_of = |(x, y): (u32, u32)| match format.photometric {
            Photometric::YbrFull422 => vec![(x & !1, y), (x | 1, y)],
            _ => vec![(x, y)],
        };
        let hidden: Vec<u64> = samples.iter().zip(&values).map(|((places, sample), value)| {
            let meets = |r: &Region| places.iter().any(|place| pair_of(*place).iter().any(|p| within(r, *p)));
            let sign = format.signed && format.allocated <= 16 && fill[*sample] >> (format.allocated - 1) & 1 == 1;
            let filled = u64::from(fill[*sample]) | if sign { u64::MAX << format.allocated } else { 0 };
            if regions.iter().any(meets) { filled & mask } else { *value }
        }).collect();
        let expected = write_samples(&hidden, &format, words);
        let mut bytes = write_samples(&values, &format, words);
        prop_assert_eq!(native.len().next_multiple_of(2), bytes.len() as u64);
        let mut edges: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        edges.extend([0, bytes.len()]);
        edges.sort_unstable();
        for window in edges.windows(2) {
            native.overwrite(&mut bytes[window[0]..window[1]], window[0] as u64);
        }
        prop_assert_eq!(&bytes, &expected);
        // The frames decode to the same samples.
        let per_frame = samples.len() / frames as usize;
        for frame in 0..frames {
            let span = native.span(frame).unwrap();
            let decoded = native.decode(&bytes[span.start as usize..span.end as usize], frame).unwrap();
            let start = frame as usize * per_frame;
            for ((places, sample), value) in samples[start..][..per_frame].iter().zip(&hidden[start..]) {
                for (x, y) in places {
                    let pixel = (y * format.columns + x) as usize;
                    let at = (pixel * usize::from(format.samples) + sample) * format.sample_bytes();
                    let mut word = [0; 8];
                    word[..format.sample_bytes()].copy_from_slice(&decoded[at..at + format.sample_bytes()]);
                    prop_assert_eq!(u64::from_le_bytes(word), *value);
                }
            }
        }
    }
}
