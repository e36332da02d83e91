//! Contradictions in a profile: between options, policies, rules and the legal class.

mod law;
mod manner;
mod rules;

pub(crate) use rules::strength;

use crate::profile::Profile;
use crate::text::Lang;
use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// The profile is refused.
    Error,
}

/// One contradiction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// Stable id in kebab case.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The option, policy or rule at fault.
    pub place: String,
    /// What contradicts what, in English.
    pub en: String,
    /// The same in Japanese.
    pub ja: String,
    /// The clause of a law, or the place in the standard.
    pub clause: String,
}

impl Finding {
    /// Returns the finding in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

/// Looks for contradictions between options, policies, rules and the legal class.
///
/// Loading refuses a profile with a finding of severity [`Severity::Error`].
pub fn lint(profile: &Profile) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    manner::check(profile, &mut findings);
    law::check(profile, &mut findings);
    rules::check(profile, &mut findings);
    findings.0
}

/// Collects findings.
struct Findings(Vec<Finding>);

impl Findings {
    /// Adds an error if `wrong`.
    fn error(&mut self, wrong: bool, id: &'static str, place: &str, text: [&str; 3]) {
        self.add(wrong, Severity::Error, id, place, text);
    }

    /// Adds a warning if `wrong`.
    fn warn(&mut self, wrong: bool, id: &'static str, place: &str, text: [&str; 3]) {
        self.add(wrong, Severity::Warning, id, place, text);
    }

    fn add(&mut self, wrong: bool, severity: Severity, id: &'static str, place: &str, text: [&str; 3]) {
        if wrong {
            let [en, ja, clause] = text.map(str::to_owned);
            self.0.push(Finding { id, severity, place: place.to_owned(), en, ja, clause });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProfileError;

    /// The ids of the findings for which a profile text is refused.
    fn refused(text: &str) -> Vec<&'static str> {
        let head = "name = \"t\"\nversion = \"1\"\n";
        match Profile::from_toml(&format!("{head}{text}"), "t.toml") {
            Err(ProfileError::Contradiction { findings, .. }) => findings.iter().map(|one| one.id).collect(),
            Err(other) => panic!("{other}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn every_built_in_profile_lints_clean() {
        for name in Profile::builtin_names() {
            let profile = Profile::builtin(name).expect("a built-in profile loads");
            assert_eq!(lint(&profile), Vec::new(), "{name}");
        }
    }

    #[test]
    fn anonymized_profile_with_a_way_back_is_refused() {
        let with = |policy: &str| refused(&format!("extends = \"jp-anonymized\"\n{policy}\n"));
        assert_eq!(with("[policy]\nlinkage = \"optional\""), ["anonymized-linkage"]);
        assert_eq!(with("[policy]\nkey = \"project\""), ["anonymized-project-key"]);
        assert_eq!(with("[policy]\ninput_digest = \"keyed\""), ["anonymized-input-digest"]);
        assert_eq!(with("[policy]\nledger_lengths = true"), ["anonymized-ledger-lengths"]);
        let full = "[options]\nretain_long_full_dates = true\nretain_long_modified_dates = false\n[policy]\ndates = \"keep\"\n[why.retain_long_full_dates]\nen = \"e\"\nja = \"j\"\nclause = \"c\"";
        assert_eq!(with(full), ["anonymized-full-dates"]);
    }

    #[test]
    fn full_and_modified_dates_together_are_refused() {
        let text = "extends = \"jp-pseudonymized\"\n[options]\nretain_long_full_dates = true\n[why.retain_long_full_dates]\nen = \"e\"\nja = \"j\"\nclause = \"c\"";
        assert!(refused(text).contains(&"full-and-modified-dates"));
    }

    #[test]
    fn retaining_uids_or_full_dates_needs_a_written_reason() {
        let text = "extends = \"ps315-basic\"\n[options]\nretain_uids = true\n";
        assert_eq!(refused(text), ["option-without-reason"]);
        let why = "[why.retain_uids]\nen = \"e\"\nja = \"j\"\nclause = \"c\"\n";
        assert_eq!(refused(&format!("{text}{why}")), Vec::<&str>::new());
    }

    #[test]
    fn rule_that_keeps_what_the_table_removes_needs_the_claim_dropped() {
        let rule = "[[rule]]\nattribute = \"PatientID\"\naction = \"K\"\nreason = { en = \"e\", ja = \"j\", clause = \"c\" }\n";
        assert_eq!(refused(&format!("extends = \"ps315-basic\"\n{rule}")), ["rule-less-strict"]);
        assert_eq!(
            refused(&format!("extends = \"ps315-basic\"\n[options]\nbasic = false\n{rule}")),
            Vec::<&str>::new()
        );
        for wide in ["0010xxxx", "0029xxxx", "00291010"] {
            let rule = rule.replace("PatientID", wide);
            assert_eq!(refused(&format!("extends = \"ps315-basic\"\n{rule}")), ["rule-less-strict"], "{wide}");
        }
    }

    #[test]
    fn rule_that_removes_more_is_accepted() {
        let rule = "[[rule]]\nattribute = \"Manufacturer\"\naction = \"X\"\nreason = { en = \"e\", ja = \"j\", clause = \"c\" }\n";
        assert_eq!(refused(&format!("extends = \"ps315-basic\"\n{rule}")), Vec::<&str>::new());
    }

    #[test]
    fn policy_without_its_option_is_refused() {
        for policy in [
            "dates = \"shift\"",
            "text = \"clean-strict\"",
            "private = \"safe-list\"",
            "structured = \"clean\"",
            "graphics = \"clean\"",
            "age = \"exact\"",
            "sex = \"keep\"",
            "size_weight = \"coarse\"",
        ] {
            assert_eq!(
                refused(&format!("extends = \"ps315-basic\"\n[policy]\n{policy}")),
                ["policy-without-option"],
                "{policy}"
            );
        }
    }

    #[test]
    fn shift_of_no_days_is_refused() {
        for days in ["[0, 10]", "[10, 9]", "[30, 4000000]"] {
            assert_eq!(
                refused(&format!("extends = \"jp-pseudonymized\"\n[policy]\nshift_days = {days}")),
                ["shift-days"],
                "{days}"
            );
        }
    }
}
