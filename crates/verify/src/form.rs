//! What a value may look like that stands in for another.

use crate::instance::{Element, trimmed};
use tokumei_core::Vr;

/// Tells whether the value is a dummy: of this text or number form, whatever the original was.
///
/// Dummies do not depend on the original; the list is a contract with whoever reads a release.
pub(crate) fn is_dummy(element: &Element) -> bool {
    let Some(bytes) = element.bytes() else { return false };
    let text = std::str::from_utf8(trimmed(bytes)).unwrap_or("?");
    match element.text_vr() {
        Vr::AS => text == "000Y",
        Vr::DA => is_fixed_date(text),
        Vr::DT => text.starts_with("19000101") && text.bytes().skip(8).all(|b| matches!(b, b'0' | b'.' | b'+')),
        Vr::TM => text.bytes().all(|b| matches!(b, b'0' | b'.')),
        Vr::DS | Vr::IS => text.split('\\').all(|number| number.trim() == "0"),
        Vr::UR => text == "urn:anonymized",
        vr if vr.is_string() => is_dummy_word(text) || bytes.iter().all(|b| *b == 0),
        _ => bytes.iter().all(|b| *b == 0),
    }
}

fn is_dummy_word(text: &str) -> bool {
    text.split('\\').all(|word| word.trim() == "ANONYMIZED")
}

fn is_fixed_date(text: &str) -> bool {
    text.split('\\').all(|date| date == "19000101")
}

/// Tells whether the value is a short pseudonym: 16 characters of 0–9 and upper-case consonants.
pub(crate) fn is_pseudonym(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| matches!(b, b'B'..=b'Z' | b'0'..=b'9') && !b"EIOU".contains(&b))
}

/// Tells whether a value is an offset from UTC such as `+0900`.
pub(crate) fn is_timezone(text: &str) -> bool {
    matches!(text.as_bytes(), [b'+' | b'-', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit))
}

/// Returns the days from a fixed day to a date `YYYYMMDD`, `None` where it is none.
pub(crate) fn day_number(text: &str) -> Option<i64> {
    let date = text.get(..8).filter(|date| date.bytes().all(|b| b.is_ascii_digit()))?;
    let number: i64 = date.parse().ok()?;
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_between_dates_are_those_of_the_calendar() {
        let between = |a, b| day_number(b).unwrap() - day_number(a).unwrap();
        assert_eq!(between("20240228", "20240301"), 2);
        assert_eq!(between("20230228", "20230301"), 1);
        assert_eq!(between("19000228", "19000301"), 1);
        assert_eq!(between("20191231", "20200101"), 1);
        assert_eq!(day_number("20191301"), None);
        assert_eq!(day_number("2019"), None);
    }

    #[test]
    fn pseudonyms_have_16_digits_and_consonants() {
        assert!(is_pseudonym("BCDFGHJKLMNP2109"));
        assert!(!is_pseudonym("BCDFGHJKLMNA2109"));
        assert!(!is_pseudonym("YAMADA"));
    }
}
