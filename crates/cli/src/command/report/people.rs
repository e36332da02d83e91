//! Who stands out: groups of people with the same values of what others may know of them, as the released files have it.

use super::facts::Words;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use tokumei_core::Tag;
use tokumei_report::{Bilingual, Groups};

/// What was found of people.
pub struct People {
    pub groups: Groups,
    /// Kinds of items that the files hold.
    pub items: Vec<Bilingual>,
}

const STUDY_DATE: Tag = Tag(0x0008, 0x0020);

/// Attributes by which a person may be known, and others that say something of a person; the id of the text of each, and
/// whether it counts for groups.
const ITEMS: [(Tag, &str, bool); 13] = [
    (Tag(0x0010, 0x1010), "item-age", true),
    (Tag(0x0010, 0x0040), "item-sex", true),
    (Tag(0x0010, 0x1020), "item-size", true),
    (Tag(0x0010, 0x1030), "item-weight", true),
    (Tag(0x0010, 0x2150), "item-country", true),
    (Tag(0x0010, 0x2152), "item-region", true),
    (STUDY_DATE, "item-study-date", true),
    (Tag(0x0010, 0x0020), "item-pseudonym", false),
    (Tag(0x0018, 0x0015), "item-body-part", false),
    (Tag(0x0008, 0x1030), "item-study-description", false),
    (Tag(0x0008, 0x103E), "item-series-description", false),
    (Tag(0x0008, 0x0070), "item-device", false),
    (Tag(0x0008, 0x0060), "item-images", false),
];

/// Reads the head of one instance of each study. People are counted once in each group they are in. Dates that were moved by a
/// number of days nobody knows are known of nobody: `dates_known` says that they are true.
pub fn look(release: &Path, studies: &BTreeMap<String, (String, String)>, k: u32, dates_known: bool) -> People {
    let mut groups: HashMap<Vec<String>, HashSet<&str>> = HashMap::new();
    let mut present = [false; ITEMS.len()];
    let mut unread = 0;
    let tags = ITEMS.map(|(tag, ..)| tag);
    for (path, patient) in studies.values() {
        let Some(texts) = tokumei_pipeline::texts(&release.join(path), &tags) else {
            unread += 1;
            continue;
        };
        let mut group = Vec::new();
        for (at, ((tag, _, known), text)) in ITEMS.iter().zip(texts).enumerate() {
            let value = value(*tag, text);
            present[at] |= !value.is_empty();
            if *known && (dates_known || *tag != STUDY_DATE) {
                group.push(value);
            }
        }
        groups.entry(group).or_default().insert(patient);
    }
    let words = Words::new();
    let mut sizes = BTreeMap::new();
    for people in groups.values() {
        *sizes.entry(people.len() as u64).or_insert(0) += 1;
    }
    let found = || ITEMS.iter().zip(present).filter(|(_, present)| *present).map(|(item, _)| item);
    let attributes = found()
        .filter(|(tag, _, known)| *known && (dates_known || *tag != STUDY_DATE))
        .map(|(_, id, _)| words.say(id))
        .collect();
    let items = found().map(|(_, id, _)| words.say(id)).collect();
    People { groups: Groups { k, sizes, attributes, unread }, items }
}

/// Returns a value; of a date its year and month, since the day is known to few.
fn value(tag: Tag, text: String) -> String {
    if tag == STUDY_DATE { text.chars().take(6).collect() } else { text }
}
