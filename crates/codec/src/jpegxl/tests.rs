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

/// A stream of another encoder and its samples; the name tells the shape: `libjxl_24x17x3_8_...`.
fn seeds() -> Vec<(String, Vec<u8>, Vec<u8>, Format)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/codec/jpegxl");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jxl") {
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
        let decoded = JpegXl::Lossless.decode(&stream, &format).unwrap_or_else(|damage| panic!("{name}: {damage}"));
        assert!(decoded == samples, "{name}");
    }
}

#[test]
fn streams_that_end_early_are_refused() {
    for (name, stream, _, format) in seeds().into_iter().filter(|seed| seed.1.len() < 2000) {
        for length in 0..stream.len() {
            assert!(JpegXl::Lossless.decode(&stream[..length], &format).is_err(), "{name} {length}");
        }
    }
}

#[test]
fn a_masked_frame_keeps_every_sample_outside() {
    for (name, stream, samples, format) in seeds() {
        let region = Region { x: 3, y: 2, width: 7, height: 5 };
        let fill = Fill([1, 2, 3, 1]);
        let masked = JpegXl::Lossless.mask(&stream, &format, &[region], &fill).unwrap();
        assert_eq!(masked.effective, [region], "{name}");
        let decoded = JpegXl::Lossless.decode(&masked.bytes, &format).unwrap();
        check(&samples, &decoded, &format, region, &fill);
        assert_eq!(JpegXl::Lossless.clean(&masked.bytes, &format), Ok(None), "{name}");
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
    assert_eq!(JpegXl::Lossless.mask(&stream, &format, &[], &Fill([0; 4])).unwrap().bytes, stream);
    let whole = stream.clone();
    stream.extend_from_slice(b"a name");
    assert_eq!(JpegXl::Lossless.mask(&stream, &format, &[], &Fill([0; 4])).unwrap().bytes, whole);
}

#[test]
fn long_flat_areas_beside_noise_are_written_or_refused() {
    let shape = format(400, 400, 1, 16);
    let noise = |i: u64| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as u16;
    for flat in [0u64, 20, 40, 100, 256, 400] {
        let value = |i: u64| if i / 400 < flat { 0 } else { 20_000 + noise(i) % 512 };
        let image = read::Image { precision: 16, values: (0..160_000).map(value).collect() };
        match encode(&image, &shape) {
            Ok(stream) => assert!(read::read(&stream, &shape).unwrap().values == image.values, "{flat}"),
            Err(damage) => {
                assert_eq!(damage, Damage::Unsupported("an image that cannot be written as JPEG XL"));
                assert!(flat > 100, "{flat}");
            }
        }
    }
}

#[test]
fn boxes_of_text_are_removed() {
    for (name, stream, samples, format) in seeds().into_iter().filter(|seed| !container::is_bare(&seed.1)) {
        let clean = JpegXl::Lossless.clean(&stream, &format).unwrap().unwrap_or(stream);
        assert!(JpegXl::Lossless.decode(&clean, &format).unwrap() == samples, "{name}");
        assert_eq!(JpegXl::Lossless.clean(&clean, &format), Ok(None), "{name}");
        let text = b"\0\0\0\x13xml <a>TARO</a>";
        let dirty = [&clean[..12], text, &clean[12..]].concat();
        assert_eq!(JpegXl::Lossless.clean(&dirty, &format), Ok(Some(clean)), "{name}");
    }
}

#[test]
fn a_frame_whose_samples_readers_may_round_is_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/codec/jpegxl");
    let stream = std::fs::read(folder.join("lossy_70x90x3_8.lossy")).unwrap();
    let lossy = Err(Damage::Unsupported("lossy coding of JPEG XL"));
    assert_eq!(JpegXl::General.decode(&stream, &format(70, 90, 3, 8)), lossy);
    assert_eq!(JpegXl::General.clean(&stream, &format(70, 90, 3, 8)), Ok(None));
}

#[test]
fn a_recompressed_jpeg_is_masked_as_a_jpeg() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/codec/jpegxl");
    let stream = std::fs::read(folder.join("recompressed_70x90x3_8.lossy")).unwrap();
    let jpeg = std::fs::read(folder.join("recompressed_70x90x3_8.jpg")).unwrap();
    let format = Format { photometric: Photometric::YbrFull, ..format(70, 90, 3, 8) };
    let baseline = crate::codec("1.2.840.10008.1.2.4.50").unwrap();
    assert_eq!(recompressed::Recompressed.decode(&stream, &format), baseline.decode(&jpeg, &format));
    let region = Region { x: 8, y: 8, width: 8, height: 8 };
    let masked = recompressed::Recompressed.mask(&stream, &format, &[region], &Fill([0; 4])).unwrap();
    assert_eq!(Ok(masked), baseline.mask(&jpeg, &format, &[region], &Fill([0; 4])));
}

#[test]
fn a_stream_that_is_not_what_the_data_set_says_is_refused() {
    let (_, stream, _, format) = seeds().swap_remove(0);
    let rows = Format { rows: format.rows + 1, ..format };
    assert_eq!(JpegXl::Lossless.decode(&stream, &rows), Err(Damage::Mismatch("rows and columns")));
    let samples = Format { samples: 2, ..format };
    assert_eq!(JpegXl::Lossless.decode(&stream, &samples), Err(Damage::Mismatch("samples per pixel")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_read(
        rows in 2u32..300, columns in 2u32..300, colour: bool, precision in 1u32..17, kind in 0usize..3,
        seed in proptest::collection::vec(any::<u16>(), 1..200),
    ) {
        let shape = format(rows, columns, if colour { 3 } else { 1 }, precision as u16);
        let max = ((1u32 << precision) - 1) as u16;
        let value = |i: usize| match kind {
            0 => seed[i % seed.len()] & max,
            1 => seed[i / 97 % seed.len()] & max,
            _ => (i / 3) as u16 & max,
        };
        let length = (rows * columns) as usize * usize::from(shape.samples);
        let image = read::Image { precision, values: (0..length).map(value).collect() };
        // What the library cannot write is told: images that do not get smaller, above all.
        let stream = match write::write(&image, &shape, USUAL_EFFORT) {
            Err(Damage::Unsupported(_)) => return Ok(()),
            written => written.unwrap(),
        };
        prop_assert_eq!(read::read(&stream, &shape).unwrap().values, image.values);
        prop_assert_eq!(read::length(&stream, &shape), Ok(stream.len()));
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
        let _ = JpegXl::Lossless.decode(&stream, &format);
        let _ = JpegXl::Lossless.mask(&stream, &format, &[Region { x: 0, y: 0, width: 3, height: 3 }], &Fill([0; 4]));
    }
}
