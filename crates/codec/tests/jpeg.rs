//! JPEG frames by other encoders: decoded as other decoders do, masked without a change outside, and damaged.

use std::path::{Path, PathBuf};
use tokumei_codec::{Codec, Damage, Fill, Format, Masked, Photometric, codec};
use tokumei_core::Region;

const BASELINE: &str = "1.2.840.10008.1.2.4.50";
const EXTENDED: &str = "1.2.840.10008.1.2.4.51";
const LOSSLESS: &str = "1.2.840.10008.1.2.4.57";
const FIRST: &str = "1.2.840.10008.1.2.4.70";

/// A frame of `seeds/codec/jpeg`.
struct Seed {
    name: String,
    frame: Vec<u8>,
    samples: Vec<u8>,
    format: Format,
    codec: &'static dyn Codec,
}

impl Seed {
    fn read(path: &Path) -> Seed {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let mut parts = name.split('_').skip(1);
        let size: Vec<u32> = parts
            .next()
            .expect("a part of a name")
            .split('x')
            .map(|length| length.parse().expect("a number"))
            .collect();
        let bits = parts.next().expect("a part of a name");
        let stored: u16 = bits[..bits.len() - 1].parse().expect("a number");
        let format = Format {
            rows: size[1],
            columns: size[0],
            samples: size[2] as u16,
            allocated: if stored > 8 { 16 } else { 8 },
            stored,
            signed: bits.ends_with('s'),
            planar: false,
            photometric: match size[2] {
                1 => Photometric::Monochrome2,
                _ if name.contains("ycc") => Photometric::YbrFull422,
                _ => Photometric::Rgb,
            },
            big_endian: false,
        };
        let lossless = ["predictor", "point", "first"].iter().any(|word| name.contains(word));
        let (frame, samples) =
            (std::fs::read(path).expect("a frame"), std::fs::read(path.with_extension("raw")).expect("samples"));
        Seed {
            name,
            frame,
            samples,
            format,
            codec: codec(if lossless { LOSSLESS } else { EXTENDED }).expect("a codec"),
        }
    }

    fn named(start: &str) -> Seed {
        seeds().into_iter().find(|seed| seed.name.starts_with(start)).expect("a seed of the name")
    }

    /// Where the end of image is.
    fn end(&self) -> usize {
        self.frame.windows(2).rposition(|pair| pair == [0xFF, 0xD9]).expect("an end")
    }

    fn lossless(&self) -> bool {
        self.codec.writes() == LOSSLESS
    }

    fn decode(&self, frame: &[u8]) -> Vec<u32> {
        let bytes = self.codec.decode(frame, &self.format).unwrap_or_else(|damage| panic!("{}: {damage}", self.name));
        self.values(&bytes)
    }

    fn values(&self, bytes: &[u8]) -> Vec<u32> {
        let value = |sample: &[u8]| sample.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
        bytes.chunks_exact(self.format.sample_bytes()).map(value).collect()
    }

    fn mask(&self, regions: &[Region], fill: u32) -> Masked {
        let masked = self.codec.mask(&self.frame, &self.format, regions, &Fill([fill; 4]));
        masked.unwrap_or_else(|damage| panic!("{}: {damage}", self.name))
    }

    /// Returns the samples that differ outside regions, and all within.
    fn compare(&self, after: &[u32], regions: &[Region]) -> (usize, Vec<u32>) {
        let before = self.decode(&self.frame);
        let (mut outside, mut inside) = (0, vec![]);
        for (at, (before, after)) in before.iter().zip(after).enumerate() {
            let pixel = at as u32 / u32::from(self.format.samples);
            let (x, y) = (pixel % self.format.columns, pixel / self.format.columns);
            let holds = |region: &Region| {
                (region.x..region.x + region.width).contains(&x) && (region.y..region.y + region.height).contains(&y)
            };
            if regions.iter().any(holds) { inside.push(*after) } else { outside += usize::from(before != after) }
        }
        (outside, inside)
    }
}

fn seeds() -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/codec/jpeg");
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "jpg")).collect();
    files.sort();
    files.iter().map(|path| Seed::read(path)).collect()
}

const REGION: Region = Region { x: 9, y: 5, width: 10, height: 6 };

#[test]
fn frames_decode_to_the_samples_that_other_decoders_see() {
    for seed in seeds() {
        let decoded = seed.decode(&seed.frame);
        let expected = seed.values(&seed.samples);
        // One seed has the first component alone.
        let step = decoded.len() / expected.len();
        let worst = decoded.iter().step_by(step).zip(&expected).map(|(one, two)| one.abs_diff(*two)).max();
        assert!(worst <= Some(u32::from(!seed.lossless())), "{}: {worst:?}", seed.name);
    }
}

#[test]
fn frames_without_regions_stay_as_they_are() {
    for seed in seeds() {
        assert_eq!(seed.codec.clean(&seed.frame, &seed.format), Ok(None), "{}", seed.name);
        let beyond = Region { x: 60, y: 0, width: 9, height: 9 };
        let masked = seed.mask(&[beyond], 0);
        assert!(masked.bytes == seed.frame && masked.effective.is_empty(), "{}", seed.name);
    }
}

#[test]
fn masking_hides_the_region_and_changes_nothing_outside() {
    for seed in seeds() {
        for fill in [0, (1 << seed.format.stored) - 1, 1 << (seed.format.stored - 1)] {
            let regions = [REGION, Region { x: 0, y: 10, width: 1, height: u32::MAX }];
            let masked = seed.mask(&regions, fill);
            let after = seed.decode(&masked.bytes);
            let (outside, _) = seed.compare(&after, &masked.effective);
            assert_eq!(outside, 0, "{}", seed.name);
            let (_, inside) = seed.compare(&after, &regions.map(|region| seed.format.cut(region).unwrap()));
            let (shift, near) = match (seed.lossless(), seed.name.contains("point")) {
                (true, true) => (2, 0),
                (true, false) => (0, 0),
                // Half a step of the coarsest DC divisor, an eighth of a sample each.
                (false, _) => (0, if seed.format.stored > 8 { 16 } else { 2 }),
            };
            let expected = fill >> shift << shift;
            assert!(inside.iter().all(|value| value.abs_diff(expected) <= near), "{}: {fill} {inside:?}", seed.name);
        }
    }
}

#[test]
fn lossless_frames_are_hidden_to_the_pixel_and_the_others_by_blocks() {
    assert_eq!(Seed::named("dcmtk-predictor4").mask(&[REGION], 0).effective, [REGION]);
    let blocks = Region { x: 8, y: 0, width: 16, height: 16 };
    assert_eq!(Seed::named("cjpeg-grey_").mask(&[REGION], 0).effective, [blocks]);
    assert_eq!(Seed::named("cjpeg-grey-factors").mask(&[REGION], 0).effective, [blocks]);
    let ring = Region { x: 0, y: 0, width: 33, height: 17 };
    assert_eq!(Seed::named("cjpeg-420_").mask(&[REGION], 0).effective, [ring]);
}

#[test]
fn a_frame_whose_tables_lack_a_code_gets_new_tables() {
    let seed = Seed::named("cjpeg-444-q98");
    let tables = |bytes: &[u8]| bytes.windows(2).filter(|pair| pair == &[0xFF, 0xC4]).count();
    let masked = (0..=255).map(|fill| seed.mask(&[REGION], fill).bytes);
    let start = |bytes: &[u8]| bytes[..180].to_vec();
    let anew: Vec<Vec<u8>> = masked.filter(|bytes| start(bytes) != start(&seed.frame)).collect();
    assert!(!anew.is_empty(), "no fill needs a code that is not there");
    for bytes in anew {
        assert!(tables(&bytes) > 0);
        let effective = Region { x: 8, y: 0, width: 16, height: 16 };
        assert_eq!(seed.compare(&seed.decode(&bytes), &[effective]).0, 0);
    }
}

#[test]
fn first_order_prediction_is_written_where_the_syntax_asks_for_it() {
    let seed = Seed::named("dcmtk-predictor7_19x11x1");
    let masked = codec(FIRST).unwrap().mask(&seed.frame, &seed.format, &[REGION], &Fill([0; 4])).unwrap();
    let scan = masked.bytes.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    assert_eq!(masked.bytes[scan + 7], 1, "the selection value");
    assert_eq!(seed.compare(&seed.decode(&masked.bytes), &[REGION]).0, 0);
}

#[test]
fn what_is_no_sample_is_removed() {
    for seed in seeds() {
        let clean = |frame: &[u8]| seed.codec.clean(frame, &seed.format).unwrap();
        let end = seed.end() + 2;
        let (head, tail) = (&seed.frame[..2], &seed.frame[2..end]);
        let whole = &seed.frame[..end];
        for segment in [&b"\xFF\xFE\0\x06text"[..], b"\xFF\xE1\0\x0CExif\0\0text", b"\xFF\xED\0\x06text", b"text"] {
            let frame = [head, segment, tail].concat();
            assert_eq!(clean(&frame).as_deref(), Some(whole), "{}", seed.name);
        }
        let behind = [whole, b"text"].concat();
        assert_eq!(clean(&behind).as_deref(), Some(whole), "{}: behind the end", seed.name);
        for hidden in [&b"text"[..], b"\xFF\xFE\0\x06text", b"\xFF\xDB\0\x06text"] {
            // Some have a fill byte before the marker.
            let at = end - 2 - usize::from(whole[end - 3] == 0xFF);
            let before = [&whole[..at], hidden, &whole[at..]].concat();
            assert_eq!(clean(&before).as_deref(), Some(whole), "{}: behind the last sample", seed.name);
        }
        let padded = [whole, &vec![0; end % 2]].concat();
        assert_eq!(clean(&padded), None, "{}: padding", seed.name);
    }
}

#[test]
fn frames_that_are_cut_off_are_truncated() {
    for seed in seeds() {
        // Before the marker there may be a fill byte.
        let end = seed.end() - 3;
        for cut in (2..end).step_by(7).chain([end]) {
            let frame = &seed.frame[..cut];
            for outcome in [
                seed.codec.decode(frame, &seed.format).map(|_| ()),
                seed.codec.clean(frame, &seed.format).map(|_| ()),
                seed.codec.mask(frame, &seed.format, &[REGION], &Fill([0; 4])).map(|_| ()),
            ] {
                assert_eq!(outcome, Err(Damage::Truncated), "{}: {cut} of {}", seed.name, seed.frame.len());
            }
        }
    }
}

#[test]
fn a_frame_that_is_not_what_the_data_set_says_is_refused() {
    let seed = Seed::named("cjpeg-grey_");
    let refused = |transfer_syntax: &str, seed: &Seed, format: Format| {
        matches!(codec(transfer_syntax).unwrap().decode(&seed.frame, &format), Err(Damage::Mismatch(_)))
    };
    let format = seed.format;
    assert!(refused(BASELINE, &seed, Format { rows: 22, ..format }));
    assert!(refused(BASELINE, &seed, Format { columns: 38, ..format }));
    assert!(refused(BASELINE, &seed, Format { samples: 3, ..format }));
    assert!(refused(EXTENDED, &seed, Format { allocated: 16, stored: 12, ..format }));
    assert!(refused(LOSSLESS, &seed, format), "no lossless frame");
    let deep = Seed::named("dcmtk-extended_37x23x1_12u");
    assert!(refused(BASELINE, &deep, deep.format), "twelve bits");
    assert!(refused(EXTENDED, &deep, Format { allocated: 8, stored: 8, ..deep.format }));
    let lossless = Seed::named("gdcm-first_19x11x1_10u");
    assert!(refused(FIRST, &lossless, Format { allocated: 8, stored: 8, ..lossless.format }));
}

#[test]
fn large_numbers_with_few_bytes_are_refused_before_memory_is_taken() {
    for (seed, marker) in [(Seed::named("cjpeg-grey_"), 0xC0), (Seed::named("dcmtk-predictor1"), 0xC3)] {
        let mut frame = seed.frame.clone();
        let header = frame.windows(2).position(|pair| pair == [0xFF, marker]).unwrap();
        frame[header + 5..header + 9].fill(0xFF);
        let large = Format { rows: 65_535, columns: 65_535, ..seed.format };
        assert_eq!(seed.codec.decode(&frame, &large), Err(Damage::TooLarge));
        frame[header + 5..header + 9].copy_from_slice(&[0x20, 0, 0x20, 0]);
        let many = Format { rows: 8192, columns: 8192, ..seed.format };
        assert_eq!(seed.codec.decode(&frame, &many), Err(Damage::Truncated));
        assert_eq!(seed.codec.clean(&frame, &many), Err(Damage::Truncated));
    }
}

#[test]
fn restart_markers_out_of_order_are_refused() {
    let seed = Seed::named("cjpeg-grey-restart");
    let mut frame = seed.frame.clone();
    let at = frame.windows(2).rposition(|pair| pair[0] == 0xFF && (0xD0..=0xD7).contains(&pair[1])).unwrap();
    frame[at + 1] ^= 1;
    assert_eq!(seed.codec.clean(&frame, &seed.format).unwrap_err().id(), "malformed");
    let without = [&frame[..at], &frame[at + 2..]].concat();
    assert!(seed.codec.clean(&without, &seed.format).is_err());
}

#[test]
fn a_fill_in_the_data_sets_colours_becomes_one_in_the_streams() {
    let seed = Seed::named("cjpeg-ycc420");
    let format = Format { photometric: Photometric::Rgb, ..seed.format };
    // The stream has a JFIF segment, so decoders see YCbCr: red is 76, 85, 255 there.
    let masked = seed.codec.mask(&seed.frame, &format, &[REGION], &Fill([255, 0, 0, 0])).unwrap();
    let (_, inside) = seed.compare(&seed.decode(&masked.bytes), &[REGION]);
    let red = |pixel: &[u32]| pixel.iter().zip([76, 85, 255]).all(|(value, red)| value.abs_diff(red) <= 2);
    assert!(inside.chunks(3).all(red), "{inside:?}");
}
