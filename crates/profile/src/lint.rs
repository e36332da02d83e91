//! Contradictions in a profile.

use crate::policy::{Dates, KeyPolicy, Linkage};
use crate::profile::Profile;
use tokumei_core::OptionName;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// The profile is refused.
    Error,
}

/// One contradiction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Stable id in kebab case.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What contradicts what, in English.
    pub en: String,
    /// The same in Japanese.
    pub ja: String,
    /// The clause of a law, or the place in the standard.
    pub clause: &'static str,
}

/// Looks for contradictions between options, policies, rules and the legal class.
pub fn lint(profile: &Profile) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut error = |id, en: &str, ja: &str, clause| {
        found.push(Finding { id, severity: Severity::Error, en: en.to_owned(), ja: ja.to_owned(), clause });
    };
    let policy = profile.policy();
    if profile.has(OptionName::RetainLongFullDates) && profile.has(OptionName::RetainLongModifiedDates) {
        error(
            "full-and-modified-dates",
            "full and modified dates exclude each other",
            "全日付保持と日付変更は両立しない",
            "PS3.15 2026d E.3.6",
        );
    }
    if profile.legal_class().is_anonymized() {
        if policy.linkage != Linkage::Forbidden {
            error(
                "anonymized-linkage",
                "no table may link to the originals",
                "対応表を作成・保持してはならない",
                "PPC Q&A 15-14",
            );
        }
        if policy.key != KeyPolicy::Ephemeral {
            error("anonymized-project-key", "the key must be destroyed", "鍵は廃棄しなければならない", "PPC Q&A 15-14");
        }
        if profile.has(OptionName::RetainLongFullDates) || policy.dates == Dates::Keep {
            error(
                "anonymized-full-dates",
                "full dates link to the originals",
                "全日付は元データとの照合を許す",
                "APPI Rules Art. 34(v)",
            );
        }
    }
    found
}
