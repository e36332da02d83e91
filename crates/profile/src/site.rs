//! The rules of profile files, checked.

use crate::decision::{CleanAs, Layer, Rule};
use crate::error::{Place, ProfileError, nearest};
use crate::file::RuleFile;
use crate::selector::Selector;
use crate::text::Why;
use tokumei_core::{ActionCode, TableCode, Tag, dictionary};
use toml::Spanned;

/// One rule of a profile file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteRule {
    /// The attributes it speaks of.
    pub selector: Selector,
    /// Sequences that must enclose the attribute, the innermost last; empty for everywhere.
    pub inside: Vec<Tag>,
    /// The code.
    pub code: TableCode,
    /// Why.
    pub why: Why,
    /// The profile that brought the rule.
    pub profile: String,
}

impl SiteRule {
    /// Checks one rule of a file.
    pub(crate) fn check(rule: RuleFile, profile: &str, origin: &str, text: &str) -> Result<SiteRule, ProfileError> {
        let refuse = |word: &Spanned<String>, key: &str, message: String, suggestion| {
            let place = Place::at(origin, text, word.span().start);
            Err(ProfileError::Syntax { place, key: Some(key.to_owned()), message, suggestion })
        };
        let Some(selector) = Selector::parse(rule.attribute.get_ref()) else {
            let message = format!("{} is neither a keyword nor a tag", rule.attribute.get_ref());
            return refuse(&rule.attribute, "attribute", message, near_keyword(rule.attribute.get_ref()));
        };
        let Some(code) = TableCode::parse(rule.action.get_ref()) else {
            let message = format!("{} is no action code", rule.action.get_ref());
            return refuse(&rule.action, "action", message, None);
        };
        let mut inside = Vec::new();
        for word in &rule.inside {
            match Selector::parse(word.get_ref()).and_then(Selector::tag) {
                Some(tag) => inside.push(tag),
                None => {
                    let message = format!("{} is neither a keyword nor a tag", word.get_ref());
                    return refuse(word, "inside", message, near_keyword(word.get_ref()));
                }
            }
        }
        Ok(SiteRule { selector, inside, code, why: rule.reason, profile: profile.to_owned() })
    }

    /// Tells whether the rule speaks of an attribute below these sequences.
    pub(crate) fn matches(&self, tag: Tag, ancestors: &[Tag]) -> bool {
        self.selector.matches(tag) && ancestors.ends_with(&self.inside)
    }

    /// Returns the rule as a decision names it.
    pub(crate) fn rule(&self) -> Rule {
        let place: String = self.inside.iter().map(|tag| format!("{:08X}.", tag.as_u32())).collect();
        Rule {
            id: format!("site/{}/{place}{}", self.profile, self.selector),
            layer: Layer::Site,
            option: None,
            clean: if self.code == TableCode::Plain(ActionCode::C) { Some(self.clean()) } else { None },
            reason_en: self.why.en.clone(),
            reason_ja: self.why.ja.clone(),
            clause: self.why.clause.clone(),
        }
    }

    fn clean(&self) -> CleanAs {
        use tokumei_core::Vr;
        match self.selector.tag().and_then(dictionary::vr) {
            Some(Vr::DA | Vr::TM | Vr::DT) => CleanAs::Date,
            Some(Vr::AS) => CleanAs::Age,
            Some(Vr::AE) => CleanAs::Device,
            Some(Vr::SQ) => CleanAs::Structured,
            _ => CleanAs::Text,
        }
    }
}

/// The keyword of the action table nearest to a word.
fn near_keyword(word: &str) -> Option<String> {
    nearest(word, tokumei_standard::rows().iter().filter_map(|row| row.keyword))
}
