//! K of patient characteristics, as coarse as the profile asks.
//!
//! PS3.15 2026d, E.3.7; age over 89 is a matter of law, not of the table.

use tokumei_core::Tag;
use tokumei_profile::policy::{Age, Policy, SizeWeight};

/// PatientSize (0010,1020), in metres.
pub const SIZE: Tag = Tag(0x0010, 0x1020);

/// What becomes of a characteristic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It stays as it is.
    Same,
    /// It becomes this.
    Coarse(String),
    /// It goes.
    Gone,
}

/// Returns what becomes of a Patient's Age (0010,1010) value.
pub fn age(text: &str, policy: Age) -> Outcome {
    // Signs alone, such as `***`, say that nobody knows.
    let signs = text.trim_matches([' ', '\0']);
    if policy != Age::Remove && !signs.is_empty() && signs.bytes().all(|byte| byte.is_ascii_punctuation()) {
        return Outcome::Same;
    }
    let Some((number, unit)) = parse(text) else { return Outcome::Gone };
    let old = unit == 'Y' && number >= 90;
    match policy {
        Age::Remove => Outcome::Gone,
        Age::Exact => Outcome::Same,
        Age::Exact90 | Age::SafeHarbor if old => Outcome::Coarse("090Y".into()),
        Age::Exact90 | Age::SafeHarbor => Outcome::Same,
        Age::Band5 if old => Outcome::Coarse("090Y".into()),
        Age::Band5 => band(number, unit),
    }
}

/// Five-year bands, named by their lowest year; below five years by the year.
fn band(number: u32, unit: char) -> Outcome {
    let years = match unit {
        'Y' => number,
        'M' => number / 12,
        'W' => number / 52,
        _ => number / 365,
    };
    let low = if years < 5 { years } else { years / 5 * 5 };
    Outcome::Coarse(format!("{low:03}Y"))
}

fn parse(text: &str) -> Option<(u32, char)> {
    let text = text.trim_matches([' ', '\0']);
    // Some write fewer than the three digits of PS3.5 6.2; what they mean is plain.
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = unit.chars().next()?;
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let number = plain.then(|| digits.parse().ok())??;
    matches!(unit, 'D' | 'W' | 'M' | 'Y').then_some((number, unit))
}

/// Returns what becomes of Patient's Size or Weight: steps of 5 cm and 5 kg with both tails cut, where the profile
/// asks for coarse values.
pub fn size_or_weight(tag: Tag, text: &str, policy: &Policy) -> Outcome {
    match policy.size_weight {
        SizeWeight::Remove => Outcome::Gone,
        SizeWeight::Keep => Outcome::Same,
        SizeWeight::Coarse => {
            let Ok(value) = text.trim_matches([' ', '\0']).parse::<f64>() else { return Outcome::Gone };
            if !value.is_finite() {
                return Outcome::Gone;
            }
            if tag == SIZE {
                let centimetres = ((value * 20.0).round() * 5.0).clamp(50.0, 200.0);
                Outcome::Coarse(format!("{:.2}", centimetres / 100.0))
            } else {
                Outcome::Coarse(format!("{:.0}", ((value / 5.0).round() * 5.0).clamp(5.0, 120.0)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coarse(text: &str) -> Outcome {
        Outcome::Coarse(text.into())
    }

    #[test]
    fn ages_from_ninety_are_one_class() {
        assert_eq!(age("093Y", Age::Exact90), coarse("090Y"));
        assert_eq!(age("089Y", Age::Exact90), Outcome::Same);
        assert_eq!(age("102Y", Age::Band5), coarse("090Y"));
        assert_eq!(age("102Y", Age::Exact), Outcome::Same);
        assert_eq!(age("*** ", Age::Exact90), Outcome::Same);
        assert_eq!(age("*** ", Age::Remove), Outcome::Gone);
    }

    #[test]
    fn bands_are_of_five_years_and_of_one_below_five() {
        assert_eq!(age("067Y", Age::Band5), coarse("065Y"));
        assert_eq!(age("004Y", Age::Band5), coarse("004Y"));
        assert_eq!(age("018M", Age::Band5), coarse("001Y"));
        assert_eq!(age("003D", Age::Band5), coarse("000Y"));
    }

    #[test]
    fn what_is_not_an_age_goes() {
        for text in ["", "67", "YAMADA", "067Y1958", "0x7Y", "山田", "Y", "1967Y"] {
            assert_eq!(age(text, Age::Exact), Outcome::Gone, "{text}");
        }
    }
}
