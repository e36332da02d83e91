//! Against streams of other encoders, and in both ways against itself.

use super::*;
use crate::Photometric;
use proptest::prelude::*;
use std::path::Path;

fn format(rows: u32, columns: u32, samples: u16, stored: u16) -> Format {
    Format {
        rows,
        columns,
        samples,
        allocated: if stored > 8 { 16 } else { 8 },
        stored,
        signed: false,
        planar: false,
        photometric: if samples == 1 { Photometric::Monochrome2 } else { Photometric::Rgb },
        big_endian: false,
    }
}

/// A stream of another encoder and its samples; the name tells the shape: `charls_24x17x3_8_...`.
fn seeds() -> Vec<(String, Vec<u8>, Vec<u8>, Format)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/codec/jpegls");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jls") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let parts: Vec<&str> = name.split('_').collect();
            let shape: Vec<u32> = parts[1].split('x').map(|part| part.parse().unwrap()).collect();
            let format = format(shape[0], shape[1], shape[2] as u16, parts[2].parse().unwrap());
            found.push((
                name,
                std::fs::read(&path).unwrap(),
                std::fs::read(path.with_extension("raw")).unwrap(),
                format,
            ));
        }
    }
    assert!(found.len() >= 20, "{}", found.len());
    found
}

#[test]
fn streams_of_other_encoders_decode_to_their_samples() {
    for (name, stream, samples, format) in seeds() {
        let decoded = LOSSLESS.decode(&stream, &format).unwrap_or_else(|damage| panic!("{name}: {damage}"));
        assert!(decoded == samples, "{name}");
    }
}

#[test]
fn streams_that_end_early_are_refused() {
    for (name, stream, _, format) in seeds().into_iter().filter(|seed| seed.1.len() < 2000) {
        let end = stream.windows(2).rposition(|pair| pair == [0xFF, 0xD9]).unwrap();
        for length in 0..end {
            assert!(LOSSLESS.decode(&stream[..length], &format).is_err(), "{name} {length}");
        }
    }
}

#[test]
fn a_masked_frame_keeps_every_sample_outside() {
    for (name, stream, samples, format) in seeds() {
        let region = Region { x: 3, y: 2, width: 7, height: 5 };
        let fill = Fill([1, 2, 3, 1]);
        let masked = LOSSLESS.mask(&stream, &format, &[region], &fill).unwrap();
        assert_eq!(masked.effective, [region], "{name}");
        let decoded = LOSSLESS.decode(&masked.bytes, &format).unwrap();
        check(&samples, &decoded, &format, region, &fill);
        assert_eq!(LOSSLESS.clean(&masked.bytes, &format), Ok(None), "{name}");
    }
}

fn check(before: &[u8], after: &[u8], format: &Format, region: Region, fill: &Fill) {
    let (bytes, samples) = (format.sample_bytes(), usize::from(format.samples));
    assert_eq!(before.len(), after.len());
    for (i, (before, after)) in before.chunks_exact(bytes).zip(after.chunks_exact(bytes)).enumerate() {
        let pixel = (i / samples) as u32;
        let (x, y) = (pixel % format.columns, pixel / format.columns);
        let inside =
            (region.x..region.x + region.width).contains(&x) && (region.y..region.y + region.height).contains(&y);
        if inside {
            assert_eq!(u32::from(after[0]), fill.0[i % samples]);
        } else {
            assert_eq!(before, after);
        }
    }
}

#[test]
fn a_frame_without_regions_stays_as_it_is() {
    let (_, mut stream, _, format) = seeds().swap_remove(0);
    assert_eq!(LOSSLESS.mask(&stream, &format, &[], &Fill([0; 4])).unwrap().bytes, stream);
    let whole = stream.clone();
    stream.extend_from_slice(b"a name");
    assert_eq!(LOSSLESS.mask(&stream, &format, &[], &Fill([0; 4])).unwrap().bytes, whole);
}

#[test]
fn a_stream_that_is_not_what_the_data_set_says_is_refused() {
    let (_, stream, _, format) = seeds().swap_remove(0);
    let rows = Format { rows: format.rows + 1, ..format };
    assert_eq!(LOSSLESS.decode(&stream, &rows), Err(Damage::Mismatch("rows and columns")));
    let samples = Format { samples: 2, ..format };
    assert_eq!(LOSSLESS.decode(&stream, &samples), Err(Damage::Mismatch("samples per pixel")));
}

fn image(kind: u8, rows: usize, columns: usize, samples: usize, precision: u32, seed: &[u16]) -> scan::Image {
    let max = ((1u32 << precision) - 1) as u16;
    let value = |i: usize| match kind {
        0 => seed[i % seed.len()] & max,
        1 => seed[i / 7 % seed.len()] & max,
        2 => {
            if seed[i / 3 % seed.len()] & 7 == 0 {
                max
            } else {
                0
            }
        }
        _ => ((i * 3 / samples) as u16) & max,
    };
    let interleave = match (kind, samples) {
        (_, 1) | (0, _) => scan::Interleave::None,
        (1, _) => scan::Interleave::Line,
        _ => scan::Interleave::Sample,
    };
    let values = (0..rows * columns * samples).map(value).collect();
    scan::Image { rows, columns, precision, samples, interleave, values }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        kind in 0u8..4, rows in 1usize..20, columns in 1usize..40, samples in 1usize..5, precision in 2u32..17,
        seed in proptest::collection::vec(any::<u16>(), 1..200),
    ) {
        let image = image(kind, rows, columns, samples, precision, &seed);
        let expected = image.values.clone();
        let stream = write::write(image);
        let shape = format(rows as u32, columns as u32, samples as u16, precision as u16);
        let read = read::read(&stream, &shape).unwrap();
        prop_assert_eq!(read.values, expected);
    }

    #[test]
    fn damaged_streams_do_no_harm(
        at in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), which in any::<prop::sample::Index>(),
    ) {
        let seeds = seeds();
        let (_, mut stream, _, format) = seeds[which.index(seeds.len())].clone();
        for (at, byte) in at {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        let _ = LOSSLESS.decode(&stream, &format);
        let _ = LOSSLESS.mask(&stream, &format, &[Region { x: 0, y: 0, width: 3, height: 3 }], &Fill([0; 4]));
    }
}
