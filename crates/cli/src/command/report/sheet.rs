//! The contact sheet: small pictures of a sample of the release, from its files.
//!
//! Which instances are drawn follows from a digest of their new UIDs, which nobody could choose, and they stand in the order of
//! these UIDs: the sheet tells nothing of the order of the inputs, and whoever has the release can draw it again.

use super::pictures::look;
use std::collections::BTreeMap;
use std::path::Path;
use tokumei_audit::digest;
use tokumei_pipeline::Effort;
use tokumei_pipeline::review::Window;
use tokumei_report::{Sheet, Thumb};

/// So many pictures at most.
const MOST: usize = 24;
/// The longest side of a picture.
const SIDE: u32 = 144;
/// So many bytes of pictures at most.
const BYTES: usize = 1 << 20;

/// One instance that may be drawn.
#[derive(Clone)]
struct Drawn {
    instance: String,
    path: String,
    modality: String,
}

/// Takes the instances of a release and keeps those that are drawn: the first of each study by its digest, as long as there is
/// room, then others. Memory grows with studies, not with instances.
#[derive(Default)]
pub struct Draw {
    by_study: BTreeMap<String, (String, Drawn)>,
    all: BTreeMap<String, Drawn>,
    instances: u64,
}

impl Draw {
    pub fn add(&mut self, study: &str, instance: &str, path: &str, modality: &str) {
        self.instances += 1;
        let digest = digest(instance.as_bytes());
        let first = self.by_study.get(study).is_none_or(|(first, _)| digest < *first);
        let among = self.all.len() < MOST || self.all.last_key_value().is_some_and(|(last, _)| digest < *last);
        if !first && !among {
            return;
        }
        let drawn = Drawn { instance: instance.to_owned(), path: path.to_owned(), modality: modality.to_owned() };
        if first {
            self.by_study.insert(study.to_owned(), (digest.clone(), drawn.clone()));
        }
        if among {
            self.all.insert(digest, drawn);
            if self.all.len() > MOST {
                self.all.pop_last();
            }
        }
    }

    /// Draws the pictures from the files of the release.
    pub fn sheet(self, release: &Path) -> Sheet {
        let mut firsts: Vec<(String, Drawn)> = self.by_study.into_values().collect();
        firsts.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let mut chosen: BTreeMap<String, Drawn> = firsts.into_iter().take(MOST).collect();
        for (digest, drawn) in self.all {
            if chosen.len() < MOST {
                chosen.insert(digest, drawn);
            }
        }
        let mut chosen: Vec<Drawn> = chosen.into_values().collect();
        chosen.sort_unstable_by(|one, other| one.instance.cmp(&other.instance));
        let mut sheet = Sheet { instances: self.instances, drawn: chosen.len() as u64, ..Sheet::default() };
        let mut bytes = 0;
        for one in chosen {
            let Some((png, size)) = thumb(&release.join(&one.path)) else { continue };
            bytes += png.len();
            if bytes <= BYTES {
                sheet.thumbs.push(Thumb { png, size, modality: one.modality, place: one.path });
            }
        }
        sheet
    }
}

/// Draws the frame in the middle through the window of the header.
fn thumb(path: &Path) -> Option<(Vec<u8>, (u32, u32))> {
    let picture = look(path, SIDE, Window::Header, |frames| frames / 2)?.0;
    Some((picture.png(Effort::Least)?, (picture.columns, picture.rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(instances: impl Iterator<Item = (u32, u32)>) -> Vec<String> {
        let mut draw = Draw::default();
        for (study, number) in instances {
            draw.add(&format!("2.25.{study}"), &format!("2.25.{study}.{number}"), "", "");
        }
        // As `sheet` chooses, without files to draw.
        let mut firsts: Vec<_> = draw.by_study.into_values().collect();
        firsts.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        firsts.into_iter().map(|(_, one)| one.instance).chain(draw.all.into_values().map(|one| one.instance)).collect()
    }

    #[test]
    fn the_draw_does_not_depend_on_the_order_of_the_instances() {
        let all = || (0..40).flat_map(|study| (0..9).map(move |number| (study, number)));
        let mut back: Vec<_> = all().collect();
        back.reverse();
        assert_eq!(drawn(all()), drawn(back.into_iter()));
        assert_eq!(drawn(all()).len(), 40 + MOST);
    }
}
