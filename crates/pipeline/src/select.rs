//! Selection: which instances a run takes on, by what they say of themselves.
//!
//! It narrows a run and never a release: what an earlier run has released stays, whatever a later one selects.

use crate::consent::StudyDay;
use regex::{Regex, RegexBuilder};
use tokumei_core::{Tag, tags};
use tokumei_pseudonym::canonical::Rule;
use tokumei_pseudonym::date::Day;
use tokumei_wire::DataSet;

/// What an instance must have to be taken on. The default takes all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Modality (0008,0060) is one of these; empty for any.
    pub modalities: Vec<String>,
    /// SOP Class UID (0008,0016) is one of these; empty for any.
    pub sop_classes: Vec<String>,
    /// Study Date (0008,0020) is this day or later.
    pub from: Option<Day>,
    /// Study Date is this day or earlier.
    pub to: Option<Day>,
    /// One of the descriptions of study, series and protocol holds this.
    pub description: Option<Pattern>,
}

/// A regular expression for descriptions. Case does not count, nor whether letters are wide.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a regular expression; a plain word is one. `None` where it is none, or too large.
    pub fn parse(text: &str) -> Option<Pattern> {
        let text = wide_to_plain(text);
        RegexBuilder::new(&text).case_insensitive(true).size_limit(1 << 20).build().ok().map(Pattern)
    }
}

impl Selection {
    /// Tells whether everything is taken on.
    pub fn is_everything(&self) -> bool {
        self.modalities.is_empty()
            && self.sop_classes.is_empty()
            && self.from.is_none()
            && self.to.is_none()
            && self.description.is_none()
    }

    /// Tells whether an instance is taken on.
    pub(crate) fn takes(&self, data_set: &DataSet) -> bool {
        if self.is_everything() {
            return true;
        }
        let one_of = |values: &[String], tag| {
            let stated = tokumei_deid::stated(data_set, tag).unwrap_or_default();
            values.is_empty() || values.iter().any(|value| value.eq_ignore_ascii_case(stated.trim()))
        };
        one_of(&self.modalities, tags::MODALITY)
            && one_of(&self.sop_classes, tags::SOP_CLASS_UID)
            && self.in_time(study_day(data_set))
            && self.description.as_ref().is_none_or(|pattern| described(data_set, pattern))
    }

    fn in_time(&self, day: StudyDay) -> bool {
        match day {
            StudyDay::On(day) => self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to),
            StudyDay::Unclear => self.from.is_none() && self.to.is_none(),
        }
    }
}

/// Returns the day of the study, where an instance states one and no second.
pub(crate) fn study_day(data_set: &DataSet) -> StudyDay {
    if data_set.all(tags::STUDY_DATE).nth(1).is_some() {
        return StudyDay::Unclear;
    }
    let day = tokumei_deid::stated(data_set, tags::STUDY_DATE).and_then(|text| Day::parse_da(&text));
    day.map_or(StudyDay::Unclear, StudyDay::On)
}

fn described(data_set: &DataSet, pattern: &Pattern) -> bool {
    let holds = |tag| tokumei_deid::stated(data_set, tag).is_some_and(|text| pattern.0.is_match(&wide_to_plain(&text)));
    DESCRIPTIONS.into_iter().any(holds)
}

fn wide_to_plain(text: &str) -> String {
    Rule { upper: false, trim: false, ..Rule::default() }.apply(text)
}

/// Study Description, Series Description and Protocol Name.
const DESCRIPTIONS: [Tag; 3] = [Tag(0x0008, 0x1030), Tag(0x0008, 0x103E), Tag(0x0018, 0x1030)];
