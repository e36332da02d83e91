//! What the page asks, and what it is answered.

use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use tokumei_pixel::Picture;

/// Who answers the page: the keeper of the review's rules.
pub trait Desk: Send + Sync + 'static {
    /// Returns the words of the page by language and id, `{"en": {…}, "ja": {…}}`, and the language to begin with.
    fn texts(&self) -> (serde_json::Value, &'static str);

    /// Returns what the server says when it refuses a request, by the id of the refusal.
    fn words(&self, id: &str) -> Text;

    /// Returns everything that waits or has been decided about.
    ///
    /// # Errors
    /// [`Refusal`] when the review cannot be read.
    fn queue(&self) -> Result<Queue, Refusal>;

    /// Opens an instance to be looked at.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such item, or nothing to look at.
    fn open(&self, item: &str) -> Result<Instance, Refusal>;

    /// Draws a part of a frame.
    ///
    /// # Errors
    /// [`Refusal`] when it cannot be drawn.
    fn picture(&self, ask: &Ask) -> Result<Picture, Refusal>;

    /// Returns where a detector takes something in a frame for text.
    ///
    /// # Errors
    /// [`Refusal`] when the frame cannot be searched.
    fn propose(&self, item: &str, frame: u64) -> Result<Vec<Mark>, Refusal>;

    /// Puts a decision on record. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`Refusal`] when nothing was put on record.
    fn decide(&self, decision: &Decision) -> Result<Entry, Refusal>;

    /// Begins to release what is approved; [`Queue::release`] tells how it goes.
    ///
    /// # Errors
    /// [`Refusal`] when it cannot begin.
    fn release(&self, language: &str) -> Result<(), Refusal>;

    /// Waits for what [`Desk::release`] has begun; the server is about to end.
    fn close(&self);
}

/// A text in both languages.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// What has happened, and what to do next.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Words {
    /// What has happened.
    pub what: Text,
    /// What to do next; empty where there is nothing.
    pub next: Text,
}

/// Why something was not done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Refusal {
    /// What kind of refusal it is.
    #[serde(skip)]
    pub why: Why,
    /// The id of the message.
    pub id: String,
    /// What happened, and what to do next.
    #[serde(flatten)]
    pub words: Box<Words>,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// There is no such item or frame.
    Missing,
    /// The reviewer has decided about something that has changed since.
    Stale,
    /// The review's rules do not allow it.
    Refused,
    /// Something cannot be read or written.
    Broken,
}

/// Everything that waits or has been decided about.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Queue {
    /// How many different people must approve.
    pub reviewers: u32,
    /// The profile's name.
    pub profile: String,
    /// The vault, as a path to be shown.
    pub vault: String,
    /// The reasons in words, by their ids.
    pub reasons: BTreeMap<String, Words>,
    /// The items in the order of their originals.
    pub items: Vec<Entry>,
    /// Why nothing can be released from here; `None` where it can.
    pub unreleasable: Option<Refusal>,
    /// Why nothing that has left is there to be looked at; `None` where the sample was drawn.
    pub unsampled: Option<Refusal>,
    /// Whether the sample of what has left is still being drawn: ask again.
    pub sampling: bool,
    /// How the last release goes.
    pub release: Release,
}

/// One item of the queue.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// The original, as a path to be shown.
    pub source: String,
    /// Where it stands: `in-review`, `approved`, `rejected`, `released`; `sampled` where it has left and is to be looked at.
    pub state: String,
    /// Why it is held back.
    pub reason: Reason,
    /// Whether people can settle the reason by looking at the picture.
    pub approvable: bool,
    /// How many different people agree that it may leave.
    pub approvals: u32,
    /// The rejections that stand: as long as there is one, nobody else's approval counts.
    pub rejections: Vec<Rejection>,
    /// Whether it is in the release.
    pub in_release: bool,
    /// Whether there are decisions about other bytes of the original, or under another profile.
    pub outdated: bool,
    /// What must be sent back with a decision, so that it is about what was looked at.
    pub stamp: String,
    /// All decisions about it, in their order.
    pub decisions: Vec<Made>,
}

/// A rejection that stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rejection {
    /// Its number in the record.
    pub number: u64,
    /// Who has rejected.
    pub reviewer: String,
}

/// Why an item is held back.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Reason {
    /// The reason's id.
    pub id: String,
    /// Tag, offset or rule.
    pub place: String,
}

/// A decision on record.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Made {
    /// Who decided.
    pub reviewer: String,
    /// Why.
    pub reason: String,
    /// `approve`, `reject` or `reopen`.
    pub verdict: String,
    /// What is to be hidden: x, y, width, height.
    pub masks: Vec<[u32; 4]>,
}

/// An instance to be looked at.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Instance {
    /// Columns of a frame.
    pub columns: u32,
    /// Rows of a frame.
    pub rows: u32,
    /// How many frames there are.
    pub frames: u64,
    /// Whether a window changes anything.
    pub grey: bool,
    /// The windows of the header, centre and width.
    pub windows: Vec<[f64; 2]>,
    /// About the lowest and the highest value of the first frame.
    pub range: [f64; 2],
    /// What is hidden whatever people decide.
    pub marks: Vec<Mark>,
}

/// A rectangle that a rule or a detector asks for.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Mark {
    /// x, y, width, height.
    pub region: [u32; 4],
    /// The rule or detector.
    pub by: String,
    /// Where it comes from: `device`, `site`, `ultrasound`, `text`.
    pub source: String,
    /// How sure a detector is, from 0 to 1.
    pub score: Option<f64>,
}

/// Which picture is wanted.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The item.
    pub item: String,
    /// The frame, from 0.
    pub frame: u64,
    /// The part of it: x, y, width, height.
    pub area: [u32; 4],
    /// The longest side of the picture.
    pub side: u32,
    /// How samples become brightness.
    pub window: Window,
    /// `None` is the original; else what the reviewer wants hidden beside what is hidden anyway.
    pub masks: Option<Vec<[u32; 4]>>,
}

/// How samples become brightness.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// The first window of the header.
    Header,
    /// From the lowest to the highest value.
    Full,
    /// Each value by its rank.
    Even,
    /// Centre and width.
    Levels(f64, f64),
}

/// A decision to be put on record.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The item.
    pub item: String,
    /// The [`Entry::stamp`] of what was looked at.
    pub stamp: String,
    /// Who decides.
    pub reviewer: String,
    /// Why.
    pub reason: String,
    /// What is decided.
    pub verdict: Asked,
    /// What is to be hidden: x, y, width, height.
    pub masks: Vec<[u32; 4]>,
    /// The numbers of the rejections that are lifted where it is opened again.
    #[serde(default)]
    pub lifts: Vec<u64>,
}

/// What is decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// It may leave.
    Approve,
    /// It stays, or leaves the release again.
    Reject,
    /// Rejections are lifted, and it is looked at anew.
    Reopen,
}

/// How a release goes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Release {
    /// None was asked for.
    #[default]
    None,
    /// It is running.
    Running,
    /// It has ended with this exit code, and said this.
    Ended(u8, String),
}

impl Serialize for Release {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let value = match self {
            Release::None => serde_json::json!({ "state": "none" }),
            Release::Running => serde_json::json!({ "state": "running" }),
            Release::Ended(code, said) => serde_json::json!({ "state": "ended", "code": code, "said": said }),
        };
        value.serialize(to)
    }
}
