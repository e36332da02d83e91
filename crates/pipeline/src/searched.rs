//! How much of a release was searched for burned-in text, counted from its leaves.

use serde::Deserialize;
use std::collections::BTreeMap;
use tokumei_audit::{Look, Mask};

/// Counts by the words of the root: `instances` looked at, `searched` by the detector, `found` with text, `masked` rectangles
/// of it, `frames` and `frames-searched`.
pub(crate) type Searched = BTreeMap<String, u64>;

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
    use tokumei_core::{Region, State};

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
}
