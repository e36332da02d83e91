//! What was done to the data elements of instances that look alike, stated once for all of them.
//!
//! The images of a series differ in values and seldom in what is done to them. A leaf names its treatment by digest and adds
//! the lengths that are its own; the paper of treatments has each of them once, in the order of their digests, so that the
//! ledger's Merkle root holds them too.

use crate::ledger::hex;
use crate::words;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokumei_core::{ActionCode, Vr};

/// The changes of an instance without their lengths, in the order of the data set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Treatment {
    id: String,
    line: String,
    steps: Vec<Step>,
}

/// One change of a data element. Never its value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What was done.
    #[serde(with = "words::action")]
    pub action: ActionCode,
    /// Where: `(0008,1140)[0](0008,1155)`, or for a private element `(0029,"CREATOR",10)`, with `#` and a
    /// keyed digest for a creator that no dictionary knows. The caller writes it.
    pub path: String,
    /// The rule that asked for it.
    pub rule: String,
    /// The element's value representation.
    #[serde(with = "words::vr")]
    pub vr: Vr,
}

/// The line of a treatment. The fields stand in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    steps: Vec<Step>,
}

impl Treatment {
    /// Returns the treatment of these steps.
    pub fn new(steps: Vec<Step>) -> Treatment {
        let text = serde_json::to_string(&steps).expect("a step has string keys and no floating point");
        let id = hex(&Sha256::digest(&text));
        let line = format!(r#"{{"id":"{id}","steps":{text}}}"#);
        Treatment { id, line, steps }
    }

    /// Returns SHA-256 of the steps as canonical JSON, in hexadecimal.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the changes.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the treatment as one line of canonical JSON, without the line feed.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Reads a line; `None` where it is not in canonical form, or its name is not its digest.
    pub fn parse(line: &[u8]) -> Option<Treatment> {
        let Line { steps, .. } = serde_json::from_slice(line).ok()?;
        Some(Treatment::new(steps)).filter(|treatment| treatment.line.as_bytes() == line)
    }
}

/// The length of a value before and after, in bytes: none where the element was not there, or is there no more.
pub type Lengths = (Option<u64>, Option<u64>);

/// Returns the lengths of a treatment's steps in the form of a leaf: `12>0,8>,>16`.
pub fn write_lengths(lengths: impl Iterator<Item = Lengths>) -> String {
    let mut text = String::with_capacity(512);
    for (index, (before, after)) in lengths.enumerate() {
        if index > 0 {
            text.push(',');
        }
        push_number(&mut text, before);
        text.push('>');
        push_number(&mut text, after);
    }
    text
}

fn push_number(text: &mut String, number: Option<u64>) {
    let Some(mut rest) = number else { return };
    // Most values are short.
    if rest < 10 {
        return text.push(char::from(b'0' + rest as u8));
    }
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.push_str(std::str::from_utf8(&digits[start..]).unwrap_or_default());
}

/// Reads what [`write_lengths`] has written; a length that is none is taken for one that is not told.
pub fn read_lengths(text: &str) -> impl Iterator<Item = Lengths> {
    let pair = |pair: &str| {
        let (before, after) = pair.split_once('>').unwrap_or_default();
        (before.parse().ok(), after.parse().ok())
    };
    text.split(',').filter(|pair| !pair.is_empty()).map(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn treatment() -> Treatment {
        Treatment::new(vec![Step {
            action: ActionCode::Z,
            path: "(0010,0010)".into(),
            rule: "E.1-1/00100010/basic".into(),
            vr: Vr::PN,
        }])
    }

    #[test]
    fn a_treatment_is_canonical_json_named_by_its_digest() {
        let steps = r#"[{"action":"Z","path":"(0010,0010)","rule":"E.1-1/00100010/basic","vr":"PN"}]"#;
        // By sha256sum of the steps above.
        let id = "ef2078133c27145e21f1234dca1a59ccc7d4128592d332693f149bd80dacfc9c";
        assert_eq!(treatment().id(), id);
        assert_eq!(treatment().line(), format!(r#"{{"id":"{id}","steps":{steps}}}"#));
    }

    #[test]
    fn another_name_another_step_or_another_spelling_is_refused() {
        let line = treatment().line().to_owned();
        assert_eq!(Treatment::parse(line.as_bytes()), Some(treatment()));
        for (from, to) in [("\"Z\"", "\"X\""), ("{\"id\":\"e", "{\"id\":\"1"), ("\"vr\":", "\"vr\": "), ("}]}", "}]")] {
            assert_eq!(Treatment::parse(line.replacen(from, to, 1).as_bytes()), None, "{from}");
        }
    }

    #[test]
    fn lengths_come_back() {
        let lengths =
            [(Some(12), Some(0)), (Some(8), None), (None, Some(16)), (None, None), (Some(u64::MAX), Some(10))];
        let text = write_lengths(lengths.into_iter());
        assert_eq!(text, "12>0,8>,>16,>,18446744073709551615>10");
        assert_eq!(read_lengths(&text).collect::<Vec<_>>(), lengths);
        assert_eq!(read_lengths("").count(), 0);
    }
}
