//! How much of a release was searched for burned-in text, counted from its leaves.

use crate::index_file::Line;
use serde::Deserialize;
use std::collections::BTreeMap;
use tokumei_audit::{Look, Mask};
use tokumei_core::State;

/// Counts by the words of the root: `instances` looked at, `searched` by the detector, `found` with text, `masked` rectangles
/// of it, `frames` and `frames-searched`.
pub(crate) type Searched = BTreeMap<String, u64>;

/// Reasons for which instances wait that speak of text in their frames.
pub const HELD_BY_TEXT: [&str; 5] =
    ["burned-in-text-risk", "text-doubtful", "text-after-mask", "text-search-impossible", "whole-image-document"];

/// Adds the frames of what waits for a human because of text, as `frames-held`.
pub(crate) fn count_held(lines: &[Line], counts: &mut Searched) {
    let by_text = |line: &&Line| {
        let id = line.reason.split(' ').next().unwrap_or_default();
        line.state == State::Quarantined && HELD_BY_TEXT.contains(&id)
    };
    let frames = lines.iter().filter(by_text).fold(0_u64, |sum, line| sum.saturating_add(line.frames));
    if frames > 0 {
        counts.insert("frames-held".to_owned(), frames);
    }
}

/// Adds what a leaf says.
pub(crate) fn count(leaf: &[u8], counts: &mut Searched) {
    // Leaves are long and most say nothing of it: looking for the word costs less than reading one. No path, rule or UID of a
    // leaf holds it, since a quote inside of them has a backslash before it.
    const SAYS: &[u8] = b"\"look\":{";
    if !leaf.windows(SAYS.len()).any(|part| part == SAYS) {
        return;
    }
    #[derive(Deserialize)]
    struct Said {
        look: Option<Look>,
        masks: Vec<Mask>,
    }
    let Ok(Said { look: Some(look), masks }) = serde_json::from_slice(leaf) else { return };
    let masked = masks.iter().filter(|mask| mask.score.is_some()).count() as u64;
    let all = [
        ("instances", 1),
        ("searched", u64::from(look.searched > 0)),
        ("found", u64::from(masked > 0)),
        ("masked", masked),
        ("frames", look.frames),
        ("frames-searched", look.searched),
    ];
    for (word, number) in all {
        *counts.entry(word.to_owned()).or_default() += number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_audit::Leaf;
    use tokumei_core::Region;

    #[test]
    fn r6_03_leaves_are_counted_by_what_was_searched_and_found() {
        let look = |searched, frames| Look {
            by: "net".into(),
            class: "risky".into(),
            found: 1,
            frames,
            projected: false,
            searched,
            threshold: 500,
        };
        let region = Region { x: 0, y: 0, width: 1, height: 1 };
        let mask = |score| Mask { by: "text/net".into(), effective: region, requested: region, score };
        let leaf = |look, masks| Leaf { look, masks, ..Leaf::new("2.25.1", "p", State::Released) }.line();
        let mut counts = Searched::new();
        count(leaf(Some(look(8, 20)), vec![mask(Some(900)), mask(None)]).as_bytes(), &mut counts);
        count(leaf(Some(look(0, 1)), vec![]).as_bytes(), &mut counts);
        count(leaf(None, vec![mask(None)]).as_bytes(), &mut counts);
        let expected =
            [("found", 1), ("frames", 21), ("frames-searched", 8), ("instances", 2), ("masked", 1), ("searched", 1)];
        assert_eq!(counts, expected.map(|(word, count)| (word.to_owned(), count)).into());
    }

    #[test]
    fn frames_that_wait_because_of_text_are_counted_and_no_others() {
        let line = |state, reason: &str, frames| Line {
            source: String::new(),
            state,
            reason: reason.into(),
            release: String::new(),
            frames,
        };
        let mut counts = Searched::new();
        count_held(&[line(State::Failed, "text-doubtful", 4)], &mut counts);
        assert!(counts.is_empty());
        let waiting = [("text-doubtful", 8), ("text-search-impossible too-large", 1), ("frame-damaged 3", 5)];
        let lines = waiting.map(|(reason, frames)| line(State::Quarantined, reason, frames));
        count_held(&lines, &mut counts);
        assert_eq!(counts, [("frames-held".to_owned(), 9)].into());
    }
}
