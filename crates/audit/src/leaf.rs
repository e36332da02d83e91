//! One instance in the ledger.

use crate::treatment::{Lengths, Step, Treatment, read_lengths};
use crate::words;
use serde::{Deserialize, Serialize};
use tokumei_core::{OptionName, Region, State};

/// What became of one instance. The fields stand in the order of their names, and so do the keys of its JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// The keyed digest of the input file in hexadecimal; none where the profile forbids it.
    pub input: Option<String>,
    /// The new SOP Instance UID.
    pub instance: String,
    /// The lengths of the treatment's steps, as [`write_lengths`](crate::write_lengths) writes them; none where the profile
    /// tells no lengths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lengths: Option<String>,
    /// What was looked at for burned-in text; none where nothing was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub look: Option<Look>,
    /// The masks set over pixel data.
    pub masks: Vec<Mask>,
    /// The options that were really executed.
    #[serde(with = "words::options")]
    pub options: Vec<OptionName>,
    /// SHA-256 of the output file in hexadecimal; none when the run took no digest.
    pub output: Option<String>,
    /// The hash of the profile.
    pub profile: String,
    /// How many people have approved the instance after it was held back; none where nobody had to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reviewers: Option<u32>,
    /// The instance's state.
    #[serde(with = "words::state")]
    pub state: State,
    /// The id of the [`Treatment`] of its data elements; none where no element was changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub treatment: Option<String>,
}

impl Leaf {
    /// Returns a leaf without digests, options, masks and changes.
    pub fn new(instance: impl Into<String>, profile: impl Into<String>, state: State) -> Self {
        Leaf {
            input: None,
            instance: instance.into(),
            lengths: None,
            look: None,
            masks: Vec::new(),
            options: Vec::new(),
            output: None,
            profile: profile.into(),
            reviewers: None,
            state,
            treatment: None,
        }
    }

    /// Returns the leaf as one line of canonical JSON, without the line feed.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a leaf has string keys and no floating point")
    }

    /// Returns every change of a data element with its lengths, in the order of the data set; `treatment` is the leaf's.
    pub fn changes<'a>(&'a self, treatment: &'a Treatment) -> impl Iterator<Item = (&'a Step, Lengths)> {
        let lengths = read_lengths(self.lengths.as_deref().unwrap_or_default());
        treatment.steps().iter().zip(lengths.chain(std::iter::repeat((None, None))))
    }
}

/// Returns the treatment that a leaf's line names, without reading the rest: it is the last key of the canonical form.
pub fn treatment_of(line: &[u8]) -> Option<&str> {
    const DIGITS: usize = 64;
    let (rest, id) = line.strip_suffix(b"\"}")?.split_at_checked(line.len().checked_sub(DIGITS + 2)?)?;
    let plain = id.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    std::str::from_utf8(id).ok().filter(|_| plain && rest.ends_with(b",\"treatment\":\""))
}

/// A mask set over pixel data: what was asked for and what was covered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// The rule or detector that asked for it.
    pub by: String,
    /// The rectangle really covered, after alignment to the codec's blocks: `[x, y, width, height]`.
    #[serde(with = "words::region")]
    pub effective: Region,
    /// The rectangle asked for.
    #[serde(with = "words::region")]
    pub requested: Region,
    /// How sure the detector is that there is text, in thousandths; none for a rule.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score: Option<u16>,
}

/// What was looked at for burned-in text in an instance, and how much of it was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Name, version and weights of the detector.
    pub by: String,
    /// How likely text is in an instance of its kind: `primary`, `ordinary` or `risky`.
    pub class: String,
    /// Rectangles of text found at the first look.
    pub found: u64,
    /// Frames of the instance.
    pub frames: u64,
    /// Whether the lowest and the highest of each pixel through all frames were searched too.
    pub projected: bool,
    /// Frames that the detector searched; in the others a quick screen found nothing, or the detector nothing at its places.
    pub searched: u64,
    /// From which likelihood on a rectangle is text, in thousandths.
    pub threshold: u16,
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::{ActionCode, Vr};

    fn treatment() -> Treatment {
        let step = |path: &str| Step {
            action: ActionCode::Z,
            path: path.into(),
            rule: "E.1-1/00100010/basic".into(),
            vr: Vr::PN,
        };
        Treatment::new(vec![step("(0010,0010)"), step("p")])
    }

    fn leaf() -> Leaf {
        let mut leaf = Leaf::new("2.25.7", "ab", State::Released);
        leaf.options = vec![OptionName::Basic];
        leaf.lengths = Some("12>0,>".into());
        leaf.treatment = Some(treatment().id().to_owned());
        leaf.masks = vec![Mask {
            by: "device/x".into(),
            effective: Region { x: 0, y: 0, width: 16, height: 8 },
            requested: Region { x: 1, y: 2, width: 3, height: 4 },
            score: None,
        }];
        leaf
    }

    #[test]
    fn a_leaf_is_canonical_json() {
        let expected = concat!(
            r#"{"input":null,"instance":"2.25.7","lengths":"12>0,>","#,
            r#""masks":[{"by":"device/x","effective":[0,0,16,8],"requested":[1,2,3,4]}],"#,
            r#""options":["113100"],"output":null,"profile":"ab","state":"released","treatment":""#
        );
        let expected = format!("{expected}{}\"}}", treatment().id());
        assert_eq!(leaf().line(), expected);
    }

    #[test]
    fn a_leaf_comes_back_from_its_line() {
        assert_eq!(serde_json::from_str::<Leaf>(&leaf().line()).unwrap(), leaf());
    }

    #[test]
    fn a_leaf_tells_its_changes_with_their_lengths() {
        let (leaf, treatment) = (leaf(), treatment());
        let changes: Vec<_> = leaf.changes(&treatment).map(|(step, lengths)| (step.path.as_str(), lengths)).collect();
        assert_eq!(changes, [("(0010,0010)", (Some(12), Some(0))), ("p", (None, None))]);
        let silent = Leaf { lengths: None, ..leaf.clone() };
        assert!(silent.changes(&treatment).all(|(_, lengths)| lengths == (None, None)));
        assert_eq!(silent.changes(&treatment).count(), 2);
    }

    #[test]
    fn the_treatment_of_a_line_is_found_without_reading_it() {
        assert_eq!(treatment_of(leaf().line().as_bytes()), Some(treatment().id()));
        let none = Leaf { treatment: None, ..leaf() };
        for line in [none.line(), leaf().line() + " ", "\"}".into(), String::new(), "x".repeat(66) + "\"}"] {
            assert_eq!(treatment_of(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_word_outside_the_vocabulary_is_refused() {
        let line = leaf().line().replace("\"released\"", "\"leaked\"");
        assert!(serde_json::from_str::<Leaf>(&line).is_err());
    }
}
