//! The report of a release: one HTML page in English and Japanese, for people who answer for what leaves.
//!
//! The page needs no network and runs no script; the language is chosen by a style alone. It is a pure function of its
//! [`Facts`]: nothing in it has a clock or a host. It never says that anything is fully anonymous; it says what was done, and
//! what was not looked at.
//!
//! ```
//! use tokumei_report::{Bilingual, Facts, render};
//! let facts = Facts { title: Bilingual::new("Lung CT", "肺CT"), ..Facts::default() };
//! assert!(render(&facts).contains("肺CT"));
//! ```

mod chart;
mod html;
mod page;
mod section;
mod sheet;

pub use page::render;

use std::collections::BTreeMap;
use tokumei_core::Region;

/// A text in both languages.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Bilingual {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Bilingual {
    /// Returns a text in both languages.
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Bilingual { en: en.into(), ja: ja.into() }
    }

    /// Returns a text that is the same in both languages.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Bilingual { en: text.clone(), ja: text }
    }
}

/// Everything the page says. All of it is about outputs, and nothing about originals.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Facts {
    /// The profile's title.
    pub title: Bilingual,
    /// What the profile is for.
    pub summary: Bilingual,
    /// Name and version of the profile.
    pub profile: String,
    /// The legal class that the profile is made for, empty where it claims none.
    pub legal_class: String,
    /// Whether items have to be published (匿名加工情報, APPI Art. 43).
    pub publish: bool,
    /// How many discovered files ended in each state, by its word.
    pub states: Vec<(String, Bilingual, u64)>,
    /// How many ended in a state for a reason.
    pub reasons: Vec<Reason>,
    /// How many patients, studies, instances and bytes are in the release.
    pub sizes: Sizes,
    /// How many instances there are of each modality.
    pub modalities: BTreeMap<String, u64>,
    /// The options of PS3.15 that were executed: code, meaning, on how many instances.
    pub options: Vec<(String, String, u64)>,
    /// What the profile does, and by which clause.
    pub clauses: Vec<Clause>,
    /// What was not looked at.
    pub unchecked: Vec<Bilingual>,
    /// What was hidden, rule by rule.
    pub masks: Vec<Masked>,
    /// How far frames were searched for text; none where no instance was.
    pub search: Option<Search>,
    /// Pictures of masked frames as they are in the release.
    pub pictures: Vec<Shown>,
    /// Small pictures of a sample of the release, as it is.
    pub sheet: Sheet,
    /// Kinds of items that the release holds.
    pub items: Vec<Bilingual>,
    /// Groups of people who look alike; none where the profile does not ask.
    pub groups: Option<Groups>,
    /// How many instances left after people had looked at them.
    pub reviewed: u64,
    /// Names and values of what identifies the release: ids, hashes, the program.
    pub marks: Vec<(Bilingual, String)>,
}

/// How far the frames of a release were searched for text, and what came of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Search {
    /// Instances in the release that were looked at, by the detector or by the quick screen.
    pub instances: u64,
    /// Instances of which the detector searched a frame.
    pub searched: u64,
    /// Instances in which text was found and hidden.
    pub masked: u64,
    /// Instances that wait for a human because of text, or doubt about it.
    pub held: u64,
    /// Frames of the instances that were looked at.
    pub frames: u64,
    /// Frames that the detector searched.
    pub frames_searched: u64,
    /// Frames of these instances in which something is hidden, by rule, by the detector or by people.
    pub frames_masked: u64,
    /// Frames of the instances that wait for a human because of text.
    pub frames_held: u64,
}

/// Why files ended in a state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The state's word.
    pub state: String,
    /// The reason's id.
    pub id: String,
    /// The reason in words.
    pub words: Bilingual,
    /// How many files.
    pub count: u64,
}

/// How much is in the release.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sizes {
    /// Patients, by their pseudonyms.
    pub patients: u64,
    /// Studies.
    pub studies: u64,
    /// Instances.
    pub instances: u64,
    /// Bytes of all instances.
    pub bytes: u64,
}

/// One thing the profile does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// What, by the name profile files give it, with its value.
    pub what: String,
    /// Why.
    pub why: Bilingual,
    /// Which clause asks for it.
    pub clause: String,
}

/// What one rule has hidden.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Masked {
    /// The rule, as the ledger names it.
    pub rule: String,
    /// In how many instances.
    pub instances: u64,
    /// How many rectangles.
    pub rectangles: u64,
}

/// A picture of a frame.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    /// PNG of the frame as it is in the release.
    pub png: Vec<u8>,
    /// PNG of the frame as it was; on the side of the vault alone.
    pub before: Option<Vec<u8>>,
    /// Width and height of the picture in pixels.
    pub size: (u32, u32),
    /// What is hidden, in pixels of the picture.
    pub regions: Vec<Region>,
    /// The rules that asked.
    pub rules: Vec<String>,
}

/// Small pictures of a sample of a release.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sheet {
    /// Instances of the release.
    pub instances: u64,
    /// Instances of the sample; those that cannot be drawn have no picture.
    pub drawn: u64,
    /// The pictures.
    pub thumbs: Vec<Thumb>,
}

/// A small picture of a frame as it is in the release.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thumb {
    /// PNG.
    pub png: Vec<u8>,
    /// Width and height of the picture in pixels.
    pub size: (u32, u32),
    /// The modality, as the release has it.
    pub modality: String,
    /// The file, relative to the release.
    pub place: String,
}

/// Groups of people with the same age, sex, size, weight, region and month of study.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Groups {
    /// The smallest group that the profile accepts.
    pub k: u32,
    /// How many groups there are of each size, in people.
    pub sizes: BTreeMap<u64, u64>,
    /// Which attributes had a value.
    pub attributes: Vec<Bilingual>,
    /// How many studies could not be read.
    pub unread: u64,
}

impl Groups {
    /// Returns how many groups are smaller than accepted, and how many people are in them.
    pub fn small(&self) -> (u64, u64) {
        let small = self.sizes.iter().filter(|(size, _)| **size < u64::from(self.k));
        small.fold((0, 0), |(groups, people), (size, count)| (groups + count, people + size * count))
    }
}
