//! The canonical form of a Patient ID: what two spellings must share to be one patient.
//!
//! Japanese hospital systems pad IDs with zeros in one modality and not in another, and some write full-width
//! digits. Without a rule one person becomes two; with too bold a rule two become one. So the rule is part of
//! the profile, and the default changes only what cannot tell people apart.

use unicode_normalization::UnicodeNormalization;

/// How an ID is brought to its canonical form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Take off white space and NUL at both ends.
    pub trim: bool,
    /// Apply Unicode normalization form KC, so that full-width digits equal plain ones.
    pub nfkc: bool,
    /// Turn letters to upper case.
    pub upper: bool,
    /// What becomes of leading zeros.
    pub leading_zeros: LeadingZeros,
}

/// What becomes of leading zeros in an ID of digits only. Other IDs keep theirs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeadingZeros {
    /// They stay: `00123` and `123` are two patients.
    Keep,
    /// They go; of an ID of zeros only, one stays.
    Strip,
    /// They are stripped, then the ID is padded with zeros to this many digits.
    Pad(u8),
}

impl Default for Rule {
    fn default() -> Self {
        Rule { trim: true, nfkc: true, upper: true, leading_zeros: LeadingZeros::Keep }
    }
}

impl Rule {
    /// Returns the canonical form of an ID; empty when nothing is left of it.
    pub fn apply(&self, id: &str) -> String {
        let mut id = if self.nfkc { id.nfkc().collect() } else { id.to_owned() };
        if self.trim {
            id = id.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0').to_owned();
        }
        if self.upper {
            id = id.to_uppercase();
        }
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return id;
        }
        match self.leading_zeros {
            LeadingZeros::Keep => id,
            LeadingZeros::Strip => without_zeros(&id).to_owned(),
            LeadingZeros::Pad(width) => format!("{:0>1$}", without_zeros(&id), usize::from(width)),
        }
    }
}

fn without_zeros(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_digits_and_spaces_make_no_second_patient() {
        assert_eq!(Rule::default().apply(" ００１２３ab\0"), "00123AB");
        assert_eq!(Rule::default().apply("\u{3000}"), "");
    }

    #[test]
    fn zeros_are_kept_stripped_or_padded_as_the_rule_says() {
        let rule = |leading_zeros| Rule { leading_zeros, ..Rule::default() };
        assert_eq!(rule(LeadingZeros::Keep).apply("00123"), "00123");
        assert_eq!(rule(LeadingZeros::Strip).apply("00123"), "123");
        assert_eq!(rule(LeadingZeros::Strip).apply("000"), "0");
        assert_eq!(rule(LeadingZeros::Pad(8)).apply("00123"), "00000123");
        assert_eq!(rule(LeadingZeros::Pad(2)).apply("00123"), "123");
        assert_eq!(rule(LeadingZeros::Strip).apply("00A1"), "00A1");
    }
}
