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
    /// Apply Unicode normalization form KC, so that full-width digits equal plain ones, take letters out that nobody sees,
    /// and make every hyphen and minus the plain one.
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
        // Nothing in ASCII has another form, is unseen, or is another hyphen.
        let mut id = match self.nfkc && !id.is_ascii() {
            true => id.nfkc().filter(|letter| !is_unseen(*letter)).map(plain).collect(),
            false => id.to_owned(),
        };
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

/// Tells whether a letter has neither width nor look: spreadsheets and web pages leave such in what is copied from them.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// Returns a hyphen or minus as the plain one, another letter as it is.
fn plain(letter: char) -> char {
    if matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}') { '-' } else { letter }
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
    fn letters_that_nobody_sees_and_other_hyphens_make_no_second_patient() {
        assert_eq!(Rule::default().apply("\u{FEFF}12\u{200B}3\u{2060}-4\u{200F}"), "123-4");
        for hyphen in "\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{FF0D}".chars() {
            assert_eq!(Rule::default().apply(&format!("A{hyphen}1")), "A-1", "{hyphen:?}");
        }
        assert_eq!(Rule { nfkc: false, ..Rule::default() }.apply("A\u{2010}1"), "A\u{2010}1");
    }

    #[test]
    fn nothing_in_ascii_is_another_by_the_long_way() {
        for one in '\0'..='\x7F' {
            for other in '\0'..='\x7F' {
                let id = format!("{one}{other}");
                assert_eq!(id.nfkc().filter(|letter| !is_unseen(*letter)).map(plain).collect::<String>(), id);
            }
        }
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
