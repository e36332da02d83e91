//! Small synthetic instances, runs over them, and releases as maps from names to bytes.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use tokumei_audit::Signer;
use tokumei_core::{State, Tag, Vr};
use tokumei_pipeline::{Config, Observer, Report, RunError, run};
use tokumei_profile::Profile;
use tokumei_pseudonym::ProjectKey;
use tokumei_wire::{NewElement, NewMeta, encode};

/// An instance in the making. Its identifiers are invented.
#[derive(Clone)]
pub struct Instance {
    pub patient: &'static str,
    pub name: &'static str,
    pub birth: &'static str,
    pub study: u32,
    pub number: u32,
    pub pixels: usize,
    pub comment: &'static str,
    pub maker: &'static str,
    pub operator: &'static str,
    /// Texts that no profile keeps.
    pub more: &'static [Tag],
}

pub const MR: &str = "1.2.840.10008.5.1.4.1.1.4";

impl Instance {
    pub fn new(study: u32, number: u32) -> Self {
        let (patient, name) = ("P-4711", "Kitamura^Haruko");
        Instance {
            patient,
            name,
            birth: "19620704",
            study,
            number,
            pixels: 512,
            comment: "",
            maker: "KIT",
            operator: "",
            more: &[],
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let root = "1.2.392.200036.9999.77";
        let uid = format!("{root}.{}.1.{}", self.study, self.number);
        let meta = NewMeta {
            sop_class_uid: MR.into(),
            sop_instance_uid: uid.clone(),
            transfer_syntax: "1.2.840.10008.1.2.1".into(),
            implementation_class_uid: "1.2.3".into(),
            implementation_version_name: "KIT".into(),
        };
        let text =
            |group, element, vr, value: &str| NewElement::bytes(Tag(group, element), vr, value.as_bytes().to_vec());
        let number =
            |element, value: u16| NewElement::bytes(Tag(0x0028, element), Vr::US, value.to_le_bytes().to_vec());
        let mut elements = vec![
            text(0x0008, 0x0008, Vr::CS, "ORIGINAL\\PRIMARY\\M\\ND"),
            text(0x0008, 0x0016, Vr::UI, MR),
            text(0x0008, 0x0018, Vr::UI, &uid),
            text(0x0008, 0x0020, Vr::DA, "20240301"),
            text(0x0008, 0x0060, Vr::CS, "MR"),
            text(0x0008, 0x0070, Vr::LO, self.maker),
            text(0x0008, 0x1070, Vr::PN, self.operator),
            text(0x0010, 0x0010, Vr::PN, self.name),
            text(0x0010, 0x0020, Vr::LO, self.patient),
            text(0x0010, 0x0030, Vr::DA, self.birth),
            text(0x0010, 0x0040, Vr::CS, "F"),
            text(0x0018, 0x0015, Vr::CS, "KNEE"),
            text(0x0020, 0x000D, Vr::UI, &format!("{root}.{}", self.study)),
            text(0x0020, 0x000E, Vr::UI, &format!("{root}.{}.1", self.study)),
            text(0x0020, 0x0013, Vr::IS, &self.number.to_string()),
            text(0x0020, 0x4000, Vr::LT, self.comment),
        ];
        elements.extend(self.more.iter().map(|tag| text(tag.0, tag.1, Vr::LO, "x")));
        elements.push(text(0x0028, 0x0004, Vr::CS, "MONOCHROME2"));
        elements.extend(
            [(0x0002, 1), (0x0010, 16), (0x0011, 16), (0x0100, 16), (0x0101, 12), (0x0102, 11), (0x0103, 0)]
                .map(|(e, v)| number(e, v)),
        );
        let pixels = (0..self.pixels).map(|at| (at as u32 * 31 + self.number) as u8).collect();
        elements.sort_by_key(|element| element.tag);
        elements.push(NewElement::bytes(Tag(0x7FE0, 0x0010), Vr::OW, pixels));
        encode(&meta, &elements)
    }
}

/// A folder with inputs in `in` and room for releases.
pub struct Desk(TempDir);

impl Desk {
    /// Returns a desk with two studies of one patient and one of another, three instances each.
    pub fn with_studies() -> Desk {
        let desk = Desk::empty();
        for study in 1..=3 {
            for number in 1..=3 {
                let mut instance = Instance::new(study, number);
                if study == 3 {
                    (instance.patient, instance.name, instance.birth) = ("P-0815", "Okabe^Jirou", "19551231");
                }
                desk.put(&format!("s{study}/i{number}.dcm"), &instance.bytes());
            }
        }
        desk
    }

    pub fn empty() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        fs::create_dir(desk.path("in")).unwrap();
        Signer::generate().unwrap().store_new(&desk.path("signing.key")).unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path("in").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub fn config(&self, profile: &str, out: &str) -> Config {
        let mut config = Config::new(Profile::load(profile).unwrap(), vec![self.path("in")], self.path(out));
        config.threads = NonZeroUsize::new(2);
        config.key = Some(ProjectKey::from_bytes([7; 32]));
        config.signing_key = Some(self.path("signing.key"));
        config
    }

    pub fn run(&self, profile: &str, out: &str) -> Report {
        go(&self.config(profile, out)).unwrap()
    }

    /// Returns every file of a release by its name, but the chain over its runs, which tells how many there were.
    pub fn release(&self, out: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = tree(&self.path(out));
        files.remove("audit/chain.jsonl");
        files
    }
}

pub fn go(config: &Config) -> Result<Report, RunError> {
    run(config, &AtomicBool::new(false), &())
}

pub fn watched(config: &Config, stop: &AtomicBool, observer: &dyn Observer) -> Report {
    run(config, stop, observer).unwrap()
}

pub fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

pub fn count(report: &Report, state: State) -> u64 {
    report.counts()[&state]
}

/// Returns state and reason id of the row whose source ends so.
pub fn row(report: &Report, end: &str) -> (State, &'static str) {
    let row = report.rows.iter().find(|row| row.source.ends_with(end)).unwrap();
    (row.state, row.reason.as_ref().map_or("", |reason| reason.id))
}
