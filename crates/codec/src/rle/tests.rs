use super::*;
use crate::codec;
use proptest::prelude::*;

const GREY: Format = Format {
    rows: 2,
    columns: 4,
    samples: 1,
    allocated: 8,
    stored: 8,
    signed: false,
    planar: false,
    photometric: Photometric::Monochrome2,
    big_endian: false,
};

fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
    Region { x, y, width, height }
}

/// Puts a header in front of segments as they are given.
fn frame(segments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[0] = segments.len() as u8;
    for (index, segment) in segments.iter().enumerate() {
        let start = bytes.len() as u32;
        bytes[4 + index * 4..8 + index * 4].copy_from_slice(&start.to_le_bytes());
        bytes.extend(*segment);
    }
    bytes
}

/// Four equal bytes are -3 and the byte; three that differ are 2 and the bytes, one more is 0 and the byte.
const ROWS: &[u8] = &[0xFD, 7, 2, 1, 2, 3, 0, 4];

#[test]
fn runs_are_decoded() {
    assert_eq!(Rle.decode(&frame(&[ROWS]), &GREY), Ok(vec![7, 7, 7, 7, 1, 2, 3, 4]));
    // -128 stands for nothing, and a run over both rows is read although none may be written.
    assert_eq!(Rle.decode(&frame(&[&[0x80, 0xF9, 5, 0x80]]), &GREY), Ok(vec![5; 8]));
}

#[test]
fn bytes_come_from_their_segments_most_significant_first() {
    let deep = Format { rows: 1, columns: 2, allocated: 16, stored: 12, ..GREY };
    assert_eq!(Rle.decode(&frame(&[&[1, 0x0A, 0x0B], &[1, 1, 2]]), &deep), Ok(vec![1, 0x0A, 2, 0x0B]));
    let colour = Format { rows: 1, columns: 2, samples: 3, photometric: Photometric::Rgb, ..GREY };
    let bytes = frame(&[&[1, 1, 2], &[1, 3, 4], &[0xFF, 5]]);
    assert_eq!(Rle.decode(&bytes, &colour), Ok(vec![1, 3, 5, 2, 4, 5]));
    let bits = Format { rows: 1, columns: 4, allocated: 1, stored: 1, ..GREY };
    assert_eq!(Rle.decode(&frame(&[&[3, 0, 1, 1, 0]]), &bits), Ok(vec![0, 1, 1, 0]));
}

#[test]
fn bits_that_were_packed_before_they_were_coded_are_read_as_such() {
    let bits = Format { rows: 2, columns: 8, allocated: 1, stored: 1, ..GREY };
    // Two bytes for sixteen pixels, lowest bit first, and one zero that makes the segment even.
    let bytes = frame(&[&[1, 0b1000_0001, 0b0000_1111, 0, 0]]);
    assert_eq!(Rle.decode(&bytes, &bits), Ok(vec![1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0]));
    assert_eq!(Rle.clean(&bytes, &bits), Ok(None));
    let masked = Rle.mask(&bytes, &bits, &[region(0, 1, 2, 1)], &Fill([0; 4])).unwrap();
    assert_eq!(Rle.decode(&masked.bytes, &bits), Ok(vec![1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0]));
}

#[test]
fn only_rows_with_hidden_pixels_are_coded_anew() {
    let masked = Rle.mask(&frame(&[ROWS]), &GREY, &[region(0, 0, 1, 1)], &Fill([9; 4])).unwrap();
    // The second row keeps its two literals, which would be coded as one.
    assert_eq!(masked.bytes, frame(&[&[0, 9, 0xFE, 7, 2, 1, 2, 3, 0, 4]]));
    assert_eq!(masked.effective, [region(0, 0, 1, 1)]);
    let masked = Rle.mask(&frame(&[ROWS]), &GREY, &[region(2, 1, 7, 7)], &Fill([2; 4])).unwrap();
    assert_eq!(masked.bytes, frame(&[&[0xFD, 7, 0, 1, 0xFE, 2]]));
    assert_eq!(masked.effective, [region(2, 1, 2, 1)]);
}

#[test]
fn a_run_over_the_border_of_rows_is_coded_by_row() {
    let masked = Rle.mask(&frame(&[&[0xF9, 5]]), &GREY, &[region(0, 0, 4, 1)], &Fill([6; 4])).unwrap();
    assert_eq!(masked.bytes, frame(&[&[0xFD, 6, 0xFD, 5]]));
}

#[test]
fn every_byte_of_a_sample_is_hidden() {
    let deep = Format { rows: 1, columns: 2, allocated: 16, stored: 12, signed: true, ..GREY };
    let bytes = frame(&[&[1, 0xFA, 0xFB, 0], &[1, 1, 2, 0]]);
    let masked = Rle.mask(&bytes, &deep, &[region(0, 0, 1, 1)], &Fill([0x812; 4])).unwrap();
    // -2030 in twelve bits, with its sign in the four bits above.
    assert_eq!(masked.bytes, frame(&[&[1, 0xF8, 0xFB, 0], &[1, 0x12, 2, 0]]));
}

#[test]
fn a_frame_without_regions_stays_as_it_is() {
    let bytes = frame(&[ROWS, &[0x80]].concat().chunks(99).collect::<Vec<_>>());
    let odd = frame(&[&[0xFD, 7, 2, 1, 2, 3, 0, 4, 0, 0, 0]]);
    for regions in [&[][..], &[region(4, 0, 1, 1)]] {
        assert_eq!(Rle.mask(&odd, &GREY, regions, &Fill([0; 4])).unwrap().bytes, odd);
        assert_eq!(Rle.mask(&bytes, &GREY, regions, &Fill([0; 4])).unwrap().bytes, frame(&[ROWS]));
    }
}

#[test]
fn what_is_no_sample_is_removed() {
    let clean = |bytes: &[u8]| Rle.clean(bytes, &GREY).unwrap();
    let tidy = frame(&[ROWS]);
    assert_eq!(clean(&tidy), None);
    assert_eq!(clean(&[&tidy[..], b"name"].concat()), Some(tidy.clone()));
    let mut unused = tidy.clone();
    unused[60] = 1;
    assert_eq!(clean(&unused), Some(tidy.clone()));
    let mut gap = tidy.clone();
    gap.splice(64..64, *b"name");
    gap[4] = 68;
    assert_eq!(clean(&gap), Some(tidy));
    // The last code stands for a byte more than there are pixels.
    assert_eq!(clean(&frame(&[&[0xFD, 7, 4, 1, 2, 3, 4, 5]])), Some(frame(&[&[0xFD, 7, 3, 1, 2, 3, 4, 0]])));
    let colour = Format { rows: 1, columns: 2, samples: 3, photometric: Photometric::Rgb, ..GREY };
    let between = frame(&[&[0xFF, 1, b'n', b'a'], &[0xFF, 2], &[0xFF, 3]]);
    assert_eq!(Rle.clean(&between, &colour), Ok(Some(frame(&[&[0xFF, 1], &[0xFF, 2], &[0xFF, 3]]))));
}

#[test]
fn frames_that_cannot_be_are_refused() {
    let refused = |bytes: &[u8], format: &Format| {
        let decoded = Rle.decode(bytes, format).unwrap_err();
        assert_eq!(Rle.clean(bytes, format), Err(decoded));
        assert_eq!(Rle.mask(bytes, format, &[region(0, 0, 1, 1)], &Fill([0; 4])), Err(decoded));
        decoded
    };
    assert_eq!(refused(&[], &GREY), Damage::Truncated);
    assert_eq!(refused(&frame(&[ROWS])[..70], &GREY), Damage::Truncated);
    assert_eq!(refused(&frame(&[&[0xFD, 7, 0x7F, 1]]), &GREY), Damage::Truncated);
    assert_eq!(refused(&frame(&[&[0xFD, 7, 0xFD]]), &GREY), Damage::Truncated);
    assert_eq!(refused(&frame(&[ROWS, ROWS]), &GREY), Damage::Mismatch("the number of segments"));
    let with = |at: usize, byte: u8| {
        let mut bytes = frame(&[ROWS]);
        bytes[at] = byte;
        bytes
    };
    assert_eq!(refused(&with(0, 0), &GREY), Damage::Malformed("the number of segments"));
    assert_eq!(refused(&with(0, 16), &GREY), Damage::Malformed("the number of segments"));
    assert_eq!(refused(&with(4, 63), &GREY), Damage::Malformed("the offsets of segments"));
    assert_eq!(refused(&with(4, 72), &GREY), Damage::Truncated);
    assert_eq!(refused(&with(7, 0xFF), &GREY), Damage::Truncated);
    let deep = Format { allocated: 16, stored: 16, ..GREY };
    let mut unordered = frame(&[ROWS, ROWS]);
    unordered[4] = 72;
    assert_eq!(refused(&unordered, &deep), Damage::Malformed("the offsets of segments"));
    unordered[8] = 64;
    assert_eq!(refused(&unordered, &deep), Damage::Malformed("the offsets of segments"));
    // 512 MiB of samples from eight bytes.
    let huge = Format { rows: 8192, columns: 65_535, ..GREY };
    assert_eq!(refused(&frame(&[ROWS]), &huge), Damage::Truncated);
    assert_eq!(refused(&frame(&[ROWS]), &Format { rows: 65_535, ..huge }), Damage::TooLarge);
    let half = Format { samples: 3, photometric: Photometric::YbrFull422, ..GREY };
    assert!(matches!(refused(&frame(&[ROWS]), &half), Damage::Unsupported(_)));
}

#[test]
fn rows_are_coded_in_the_way_of_the_standard() {
    let coded = |row: &[u8]| {
        let mut out = Vec::new();
        packbits::encode(row, &mut out);
        out
    };
    assert_eq!(coded(&[1]), [0, 1]);
    assert_eq!(coded(&[1, 1]), [0xFF, 1]);
    // Two equal bytes between literals stay in one literal; three never do.
    assert_eq!(coded(&[1, 2, 2, 3]), [3, 1, 2, 2, 3]);
    assert_eq!(coded(&[1, 2, 2, 2, 3]), [0, 1, 0xFE, 2, 0, 3]);
    assert_eq!(coded(&[5; 130]), [0x81, 5, 0xFF, 5]);
    let different: Vec<u8> = (0..130).collect();
    assert_eq!(coded(&different), [&[127], &different[..128], &[1], &different[128..]].concat());
}

/// `seeds/codec/rle/README.md` says how they were made.
#[test]
fn frames_of_other_encoders_decode_to_their_samples_and_are_tidy() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/codec/rle");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the seeds are part of the repository") {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rle") {
            continue;
        }
        // encoder_rows_columns_samples_allocated
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let numbers: Vec<u32> = stem.split('_').skip(1).map(|number| number.parse().unwrap()).collect();
        let format = Format {
            rows: numbers[0],
            columns: numbers[1],
            samples: numbers[2] as u16,
            allocated: numbers[3] as u16,
            stored: numbers[3] as u16,
            ..GREY
        };
        let bytes = std::fs::read(&path).unwrap();
        let raw = std::fs::read(path.with_file_name(stem.split_once('_').unwrap().1).with_extension("raw")).unwrap();
        assert!(Rle.decode(&bytes, &format).unwrap() == raw, "{stem} decodes to other samples");
        assert_eq!(Rle.clean(&bytes, &format), Ok(None), "{stem} would be cleaned");
        let regions = [region(3, 2, 7, 5), region(1, 4, 2, 9)];
        let masked = Rle.mask(&bytes, &format, &regions, &Fill([0x11; 4])).unwrap();
        let after = Rle.decode(&masked.bytes, &format).unwrap();
        assert!(after == hide(&raw, &format, &regions, 0x11), "{stem} is masked wrong");
        seen += 1;
    }
    assert!(seen >= 10, "{seen} frames");
}

/// Sets every sample of hidden pixels, one by one.
fn hide(samples: &[u8], format: &Format, regions: &[Region], fill: u64) -> Vec<u8> {
    let mut out = samples.to_vec();
    let (bytes, count) = (format.sample_bytes(), usize::from(format.samples));
    for region in regions {
        for y in region.y..(region.y + region.height).min(format.rows) {
            for x in region.x..(region.x + region.width).min(format.columns) {
                let at = (y * format.columns + x) as usize * bytes * count;
                for sample in out[at..at + bytes * count].chunks_exact_mut(bytes) {
                    sample.copy_from_slice(&fill.to_le_bytes()[..bytes]);
                }
            }
        }
    }
    out
}

proptest! {
    /// Images of few values, coded by row or across rows, keep all that lies outside.
    #[test]
    fn masking_sets_the_hidden_samples_and_no_other(
        (rows, columns) in (1..12_u32, 1..300_u32),
        samples in 1..=3_u16,
        allocated in prop_oneof![Just(8_u16), Just(16), Just(32)],
        across in any::<bool>(),
        seed in any::<u64>(),
        steps in 1..90_u64,
        rectangles in prop::collection::vec((0..300_u32, 0..12_u32, 0..200_u32, 0..12_u32), 1..4),
    ) {
        let format = Format { rows, columns, samples, allocated, stored: allocated, ..GREY };
        let mut dice = seed | 1;
        let planes = usize::from(samples * (allocated / 8));
        let pixels = (rows * columns) as usize;
        let mut byte = 0;
        let planes: Vec<Vec<u8>> = (0..planes).map(|_| (0..pixels).map(|_| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            byte = if dice % 90 < steps { (dice >> 32) as u8 } else { byte };
            byte
        }).collect()).collect();
        let row_length = if across { pixels } else { columns as usize };
        let coded: Vec<Vec<u8>> = planes.iter().map(|plane| {
            let mut out = Vec::new();
            plane.chunks(row_length).for_each(|row| packbits::encode(row, &mut out));
            if out.len() % 2 == 1 { out.push(0) }
            out
        }).collect();
        let bytes = frame(&coded.iter().map(|segment| &segment[..]).collect::<Vec<_>>());
        let width = usize::from(allocated / 8);
        let mut raw = vec![0; pixels * planes.len()];
        for (index, plane) in planes.iter().enumerate() {
            let (sample, low) = (index / width, width - 1 - index % width);
            plane.iter().enumerate().for_each(|(pixel, byte)| {
                raw[(pixel * usize::from(samples) + sample) * width + low] = *byte;
            });
        }
        let rle = codec("1.2.840.10008.1.2.5").unwrap();
        prop_assert!(rle.decode(&bytes, &format).unwrap() == raw);
        prop_assert_eq!(rle.clean(&bytes, &format), Ok(None));
        let regions: Vec<Region> = rectangles.iter().map(|r| region(r.0, r.1, r.2, r.3)).collect();
        let masked = rle.mask(&bytes, &format, &regions, &Fill([0x55; 4])).unwrap();
        prop_assert!(rle.decode(&masked.bytes, &format).unwrap() == hide(&raw, &format, &regions, 0x55));
        prop_assert_eq!(rle.clean(&masked.bytes, &format), Ok(None));
    }
}
