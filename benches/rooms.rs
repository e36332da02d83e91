#![allow(missing_docs, reason = "the functions that criterion makes have none")]
//! What each room costs on its own: `cargo bench --bench rooms`.
//!
//! Figures of rooms tell where to look; what counts is the whole program, which `whole.py` measures.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tokumei_audit::{Leaf, Tree};
use tokumei_codec::{Fill, Format, Photometric, codec};
use tokumei_core::{Region, State, Tag, Vr};
use tokumei_deid::{Context, PixelWork, apply, plan};
use tokumei_guard::{Guard, UidSearch};
use tokumei_profile::Profile;
use tokumei_pseudonym::{ProjectKey, Pseudonyms, Settings};
use tokumei_text::{CharacterSets, Identifiers};
use tokumei_wire::{DataSet, Limits, NewElement, NewMeta, encode, read};

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";

/// Elements of a CT slice beside those that name it: tag, value representation, value.
const SLICE: &[(u32, Vr, &str)] = &[
    (0x0008_0005, Vr::CS, "\\ISO 2022 IR 87"),
    (0x0008_0008, Vr::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
    (0x0008_0020, Vr::DA, "20240131"),
    (0x0008_0021, Vr::DA, "20240131"),
    (0x0008_0030, Vr::TM, "101501.500"),
    (0x0008_0031, Vr::TM, "101742"),
    (0x0008_0050, Vr::SH, "A0012345"),
    (0x0008_0060, Vr::CS, "CT"),
    (0x0008_0070, Vr::LO, "EXAMPLE"),
    (0x0008_0080, Vr::LO, "Sakura Hospital"),
    (0x0008_0090, Vr::PN, "Mori^Ogai"),
    (0x0008_1030, Vr::LO, "CHEST CT 5MM"),
    (0x0008_103E, Vr::LO, "AXIAL 5.0 B30f"),
    (0x0008_1090, Vr::LO, "EXAMPLE 64"),
    (0x0010_0010, Vr::PN, "Yamada^Tarou=\u{1b}$B;3ED\u{1b}(B^\u{1b}$BB@O:\u{1b}(B"),
    (0x0010_0030, Vr::DA, "19600229"),
    (0x0010_0040, Vr::CS, "M"),
    (0x0010_1010, Vr::AS, "063Y"),
    (0x0018_0015, Vr::CS, "CHEST"),
    (0x0018_0050, Vr::DS, "5.0"),
    (0x0018_0060, Vr::DS, "120"),
    (0x0018_1000, Vr::LO, "SN-7353979"),
    (0x0018_1030, Vr::LO, "Thorax routine"),
    (0x0018_1151, Vr::IS, "210"),
    (0x0018_1210, Vr::SH, "B30f"),
    (0x0020_000D, Vr::UI, "1.2.392.200036.9116.2.5.1.37"),
    (0x0020_000E, Vr::UI, "1.2.392.200036.9116.2.5.1.37.1"),
    (0x0020_0010, Vr::SH, "1"),
    (0x0020_0011, Vr::IS, "3"),
    (0x0020_0037, Vr::DS, "1\\0\\0\\0\\1\\0"),
    (0x0020_0052, Vr::UI, "1.2.392.200036.9116.2.5.1.37.9"),
    (0x0028_0004, Vr::CS, "MONOCHROME2"),
    (0x0028_1050, Vr::DS, "40"),
    (0x0028_1051, Vr::DS, "400"),
];

/// A slice of a patient: everything alike but its number, position and UID.
fn slice(patient: &str, number: usize) -> Vec<u8> {
    let mut elements: Vec<NewElement> = SLICE
        .iter()
        .map(|(tag, vr, value)| NewElement::bytes(Tag::from_u32(*tag), *vr, value.as_bytes().to_vec()))
        .collect();
    let mut put = |tag: u32, vr, value: Vec<u8>| elements.push(NewElement::bytes(Tag::from_u32(tag), vr, value));
    let uid = format!("1.2.392.200036.9116.2.5.1.37.1.{number}");
    put(0x0008_0016, Vr::UI, CT.into());
    put(0x0008_0018, Vr::UI, uid.clone().into());
    put(0x0010_0020, Vr::LO, patient.into());
    put(0x0020_0013, Vr::IS, number.to_string().into());
    put(0x0020_0032, Vr::DS, format!("-250\\-250\\{}", 5 * number).into());
    elements.sort_by_key(|element| element.tag);
    let meta = NewMeta {
        sop_class_uid: CT.into(),
        sop_instance_uid: uid,
        transfer_syntax: "1.2.840.10008.1.2.1".into(),
        implementation_class_uid: "2.25.1".into(),
        implementation_version_name: "EXAMPLE".into(),
    };
    encode(&meta, &elements)
}

fn parsed(bytes: &[u8]) -> DataSet {
    read(&bytes, &Limits::default()).expect("a slice that was just written")
}

fn headers(criterion: &mut Criterion) {
    let profile = Profile::builtin("jp-pseudonymized").expect("a built-in profile");
    let pseudonyms = Pseudonyms::new(&ProjectKey::from_bytes([5; 32]), Settings { shift_days: 30..=3650 });
    let context = Context { profile: &profile, pseudonyms: &pseudonyms, site: "bench" };
    let series: Vec<DataSet> = (0..64).map(|number| parsed(&slice("K0012345", number))).collect();
    let people: Vec<DataSet> = (0..64).map(|number| parsed(&slice(&format!("K00{number:05}"), 1))).collect();
    let bytes = slice("K0012345", 1);
    let planned = |data_set: &DataSet| plan(data_set, &context, &PixelWork::default()).expect("a slice has a plan");

    let mut group = criterion.benchmark_group("header");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("walk", |bench| bench.iter(|| parsed(black_box(&bytes))));
    group.throughput(Throughput::Elements(1));
    let mut turn = series.iter().cycle();
    group.bench_function("plan/slices of a series", |bench| {
        bench.iter_with_large_drop(|| planned(turn.next().expect("a cycle has no end")));
    });
    let mut turn = people.iter().cycle();
    group.bench_function("plan/other people each time", |bench| {
        bench.iter_with_large_drop(|| planned(turn.next().expect("a cycle has no end")));
    });
    let made = planned(&series[0]);
    group.bench_function("apply", |bench| bench.iter(|| apply(&made, &series[0]).is_ok()));
    group.finish();
}

fn text(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("text");
    let sets = CharacterSets::parse(b"\\ISO 2022 IR 87");
    let name = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
    group.throughput(Throughput::Bytes(name.len() as u64));
    group
        .bench_function("decode a name in ISO 2022 IR 87", |bench| bench.iter(|| sets.decode(black_box(name), Vr::PN)));
    let decoded = sets.decode(name, Vr::PN).text;
    group.bench_function("encode it", |bench| bench.iter(|| sets.encode(black_box(&decoded), Vr::PN)));
    let note = "胸部CT 山田太郎様 2024年1月31日 さくら総合病院 紹介、03-1234-5678";
    group.throughput(Throughput::Bytes(note.len() as u64));
    group
        .bench_function("find what names somebody", |bench| bench.iter(|| tokumei_text::detect::find(black_box(note))));
    group.finish();
}

fn guard(criterion: &mut Criterion) {
    let mut identifiers = Identifiers::new();
    identifiers.add_person_name("Yamada^Tarou=山田^太郎=やまだ^たろう");
    identifiers.add_id("K0012345");
    identifiers.add_birth_date(1960, 2, 29);
    let header = slice("another", 1).repeat(256);
    let mut group = criterion.benchmark_group("guard");
    group.bench_function("prepare", |bench| bench.iter(|| Guard::new(black_box(&identifiers)).is_ok()));
    group.throughput(Throughput::Bytes(header.len() as u64));
    let guard = Guard::new(&identifiers).expect("few identifiers");
    group.bench_function("search headers", |bench| bench.iter(|| guard.search(black_box(&header)).len()));
    let uids = UidSearch::new(["1.2.392.200036.9116.2.5.1.38", "1.2.392.200036.9116.2.5.1.38.1"]);
    group.bench_function("search headers for UIDs", |bench| bench.iter(|| uids.find(black_box(&header))));
    group.finish();
}

/// A small frame that another encoder made: what a call costs; `masked.py` has frames of the size of life.
struct Frame {
    name: &'static str,
    syntax: &'static str,
    bytes: &'static [u8],
    columns: u32,
    rows: u32,
    samples: u16,
    stored: u16,
}

const FRAMES: &[Frame] = &[
    Frame {
        name: "JPEG Baseline",
        syntax: "1.2.840.10008.1.2.4.50",
        bytes: include_bytes!("../seeds/fuzz/dct/cjpeg-444_37x23x3_8u"),
        rows: 37,
        columns: 23,
        samples: 3,
        stored: 8,
    },
    Frame {
        name: "JPEG Extended",
        syntax: "1.2.840.10008.1.2.4.51",
        bytes: include_bytes!("../seeds/fuzz/dct/dcmtk-extended_37x23x1_12u"),
        rows: 37,
        columns: 23,
        samples: 1,
        stored: 12,
    },
    Frame {
        name: "JPEG-LS",
        syntax: "1.2.840.10008.1.2.4.80",
        bytes: include_bytes!("../seeds/codec/jpegls/charls_19x37x1_12_smooth-12-near0.jls"),
        rows: 19,
        columns: 37,
        samples: 1,
        stored: 12,
    },
];

impl Frame {
    fn format(&self) -> Format {
        Format {
            rows: self.rows,
            columns: self.columns,
            samples: self.samples,
            allocated: self.stored.next_multiple_of(8),
            stored: self.stored,
            signed: false,
            planar: false,
            photometric: if self.samples == 3 { Photometric::YbrFull } else { Photometric::Monochrome2 },
            big_endian: false,
        }
    }
}

fn codecs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    let region = [Region { x: 0, y: 0, width: 16, height: 8 }];
    for frame in FRAMES {
        let format = frame.format();
        let codec = codec(frame.syntax).expect("a syntax that is masked");
        let mask = || codec.mask(black_box(frame.bytes), &format, &region, &Fill([0; 4]));
        let decode = || codec.decode(black_box(frame.bytes), &format);
        assert!(mask().is_ok() && decode().is_ok(), "{}", frame.name);
        group.throughput(Throughput::Bytes(format.decoded_len()));
        group.bench_function(format!("mask {}", frame.name), |bench| bench.iter(mask));
        group.bench_function(format!("decode {}", frame.name), |bench| bench.iter(decode));
    }
    group.finish();
}

fn ledger(criterion: &mut Criterion) {
    let leaves: Vec<Leaf> =
        (0..10_000).map(|number| Leaf::new(format!("2.25.{number:039}"), "0".repeat(64), State::Released)).collect();
    let mut group = criterion.benchmark_group("ledger");
    group.throughput(Throughput::Elements(leaves.len() as u64));
    group.bench_function("lines and root", |bench| {
        let root = |leaves: &Vec<Leaf>| {
            let mut tree = Tree::new();
            for leaf in leaves {
                tree.push(leaf.line().as_bytes());
            }
            tree.root()
        };
        bench.iter_batched(|| leaves.clone(), |leaves| root(&leaves), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, headers, text, guard, codecs, ledger);
criterion_main!(benches);
