//! One instance in the ledger.

use crate::words;
use serde::{Deserialize, Serialize};
use tokumei_core::{ActionCode, Change, OptionName, Region, State, Vr};

/// What became of one instance. The fields stand in the order of their names, and so do the keys of its JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Every change of a data element, in the order of the data set.
    pub changes: Vec<Entry>,
    /// The keyed digest of the input file in hexadecimal; none where the profile forbids it.
    pub input: Option<String>,
    /// The new SOP Instance UID.
    pub instance: String,
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
}

impl Leaf {
    /// Returns a leaf without digests, options, masks and changes.
    pub fn new(instance: impl Into<String>, profile: impl Into<String>, state: State) -> Self {
        Leaf {
            changes: Vec::new(),
            input: None,
            instance: instance.into(),
            look: None,
            masks: Vec::new(),
            options: Vec::new(),
            output: None,
            profile: profile.into(),
            reviewers: None,
            state,
        }
    }

    /// Returns the leaf as one line of canonical JSON, without the line feed.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a leaf has string keys and no floating point")
    }
}

/// One change of a data element. Never its value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What was done.
    #[serde(with = "words::action")]
    pub action: ActionCode,
    /// The value's length in bytes after; none when the element is gone or the profile tells no lengths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<u64>,
    /// The value's length in bytes before; none when the element was not there or the profile tells no lengths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<u64>,
    /// Where: `(0008,1140)[0](0008,1155)`, or for a private element `(0029,"CREATOR",10)`, with `#` and a
    /// keyed digest for a creator that no dictionary knows. The caller writes it.
    pub path: String,
    /// The rule that asked for it.
    pub rule: String,
    /// The element's value representation.
    #[serde(with = "words::vr")]
    pub vr: Vr,
}

impl Entry {
    /// Returns the entry of a change whose path has been written as `path`.
    pub fn new(path: String, change: &Change, with_lengths: bool) -> Self {
        Entry {
            action: change.action,
            after: change.after.filter(|_| with_lengths),
            before: change.before.filter(|_| with_lengths),
            path,
            rule: change.rule.clone(),
            vr: change.vr,
        }
    }
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
    /// Frames that the detector searched; in the others a quick screen found nothing.
    pub searched: u64,
    /// From which likelihood on a rectangle is text, in thousandths.
    pub threshold: u16,
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::{Tag, TagPath};

    fn leaf() -> Leaf {
        let change = Change {
            path: TagPath::root(Tag(0x0010, 0x0010)),
            vr: Vr::PN,
            action: ActionCode::Z,
            rule: "E.1-1/00100010/basic".into(),
            before: Some(12),
            after: Some(0),
        };
        let mut leaf = Leaf::new("2.25.7", "ab", State::Released);
        leaf.options = vec![OptionName::Basic];
        leaf.changes = vec![Entry::new(change.path.to_string(), &change, true), Entry::new("p".into(), &change, false)];
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
            r#"{"changes":[{"action":"Z","after":0,"before":12,"path":"(0010,0010)","rule":"E.1-1/00100010/basic","vr":"PN"},"#,
            r#"{"action":"Z","path":"p","rule":"E.1-1/00100010/basic","vr":"PN"}],"#,
            r#""input":null,"instance":"2.25.7","#,
            r#""masks":[{"by":"device/x","effective":[0,0,16,8],"requested":[1,2,3,4]}],"#,
            r#""options":["113100"],"output":null,"profile":"ab","state":"released"}"#
        );
        assert_eq!(leaf().line(), expected);
    }

    #[test]
    fn a_leaf_comes_back_from_its_line() {
        assert_eq!(serde_json::from_str::<Leaf>(&leaf().line()).unwrap(), leaf());
    }

    #[test]
    fn a_word_outside_the_vocabulary_is_refused() {
        let line = leaf().line().replace("\"released\"", "\"leaked\"");
        assert!(serde_json::from_str::<Leaf>(&line).is_err());
    }
}
