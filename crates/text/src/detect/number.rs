//! Numbers that are given to one person: official numbers, telephones, cards, addresses of the network, long runs.

use super::{Border, Rule, digits};
use crate::kind::Kind;
use crate::vocabulary;
use std::sync::OnceLock;

pub(super) fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| [official(), telephones(), network(), runs()].into_iter().flatten().collect())
}

fn official() -> Vec<Rule> {
    vec![
        Rule::new(r"\d{4}[- ]?\d{4}[- ]?\d{4}", Kind::MyNumber, Border::Digit).checked(is_my_number),
        Rule::new(r"\d{12}", Kind::DriversLicence, Border::Digit).checked(is_drivers_licence),
        Rule::new(r"\d{8}", Kind::InsurerNumber, Border::Digit).checked(|text| luhn(text, 8..=8)),
        Rule::new(r"保険者(?:番号)?[ ::]*(?:\d{8}|\d{6})", Kind::InsurerNumber, Border::Digit).with_words(&["保険者"]),
        Rule::new(r"(?:記号|番号)[ ::・]*[\dA-Za-z-]{2,16}", Kind::InsurerNumber, Border::Digit)
            .with_words(&["記号", "番号"]),
        Rule::new(r"\d{4}-\d{6}", Kind::PensionNumber, Border::Word),
        Rule::new(r"\d(?:[ -]?\d){12,18}", Kind::CardNumber, Border::Digit).checked(|text| luhn(text, 13..=19)),
        Rule::new(r"\d{3}-\d{2}-\d{4}", Kind::Id, Border::Word),
    ]
}

fn telephones() -> Vec<Rule> {
    let phone = |pattern: &str| Rule::new(pattern, Kind::Phone, Border::Digit);
    vec![
        phone(r"0\d{1,4}[-.(]\d{1,4}[-.)]\d{3,4}").checked(has_ten_or_eleven),
        phone(r"\(0\d{1,4}\) ?\d{1,4}[- ]\d{3,4}").checked(has_ten_or_eleven),
        phone(r"0[5-9]0 ?\d{4} ?\d{4}"),
        phone(r"0(?:120|800|570|990)[- ]?\d{2,3}[- ]?\d{3,4}"),
        phone(r"0\d{1,3} \d{2,4} \d{4}").checked(has_ten_or_eleven),
        phone(r"\+\d{1,3}[-. ]?\(?\d{1,4}\)?(?:[-. ]?\d{2,4}){2,4}"),
        phone(r"\(\d{3}\) ?\d{3}[-. ]\d{4}"),
        phone(r"\d{3}[-.]\d{3}[-.]\d{4}"),
        Rule::new(r"〒 ?\d{3}-?(?:\d{4})?", Kind::PostalCode, Border::Digit).with_words(&["〒"]),
        Rule::new(r"\d{3}-\d{4}", Kind::PostalCode, Border::Word).uncertain(),
        Rule::new(r"\b[A-Z]{2} \d{5}(?:-\d{4})?", Kind::PostalCode, Border::Digit).uncertain(),
    ]
}

fn network() -> Vec<Rule> {
    let letters: fn(super::Traits) -> bool = |traits| traits.letter && traits.dot;
    vec![
        Rule::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", Kind::Email, Border::Free).needing(|traits| traits.at),
        Rule::new(r"(?i:https?|ftp)://[^\s,;、。]+", Kind::Url, Border::Free)
            .needing(|traits| traits.colon)
            .with_words(&["://"]),
        Rule::new(r"\b(?i:www)\.[^\s,;、。]{3,}", Kind::Url, Border::Free).needing(letters),
        Rule::new(
            r"\b[A-Za-z0-9-]{2,}(?:\.[A-Za-z0-9-]{2,}){0,3}\.(?:com|org|net|edu|gov|(?:ac|co|go|or|ne)\.jp|jp)\b",
            Kind::Url,
            Border::Free,
        )
        .needing(letters),
        Rule::new(r"\d{1,3}(?:\.\d{1,3}){3}", Kind::IpAddress, Border::Digit).checked(is_ip_address),
        Rule::new(r"(?i:[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})", Kind::IpAddress, Border::Word)
            .needing(|t| t.colon || t.digits > 1),
        Rule::new(r"[0-2](?:\.\d+){4,}", Kind::Uid, Border::Digit).checked(is_private_uid),
    ]
}

fn runs() -> Vec<Rule> {
    vec![
        Rule::new(r"\d{7,}", Kind::LongNumber, Border::Digit),
        Rule::new(r"\d{4}(?:[ -]\d{4}){2,3}", Kind::LongNumber, Border::Digit),
        Rule::new(r"\d+(?:-\d+){2,8}", Kind::LongNumber, Border::Digit)
            .uncertain()
            .checked(|text| digits(text).len() >= 4),
        Rule::new(r"\d{6}", Kind::LongNumber, Border::Digit).uncertain(),
        Rule::new(r"\d{2,}(?:-\d{2,}){1,5}", Kind::LongNumber, Border::Word).checked(|text| digits(text).len() >= 8),
        Rule::new(r"\b[A-Za-z]{1,5}[-_]?\d{6,}", Kind::LongNumber, Border::Digit)
            .checked(is_prefixed)
            .needing(|t| t.letter && t.digit),
        Rule::new(r"\b[A-Za-z]{1,5}[-_]?\d{5}", Kind::LongNumber, Border::Word)
            .uncertain()
            .needing(|t| t.letter && t.digit),
    ]
}

/// A word of the vocabulary before a number, with a separator between, is not part of it: `KNEE_123456`.
fn is_prefixed(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let word = letters.trim_end_matches(['-', '_']);
    word.len() == letters.len() && word.len() < 3 || vocabulary::lookup(word).is_none()
}

fn has_ten_or_eleven(text: &str) -> bool {
    matches!(digits(text).len(), 10 | 11)
}

/// Checks the twelfth digit of an Individual Number (個人番号).
///
/// Weights run 2 to 7 and 2 to 6 from the eleventh digit to the first; a remainder of 0 or 1 gives 0.
pub(super) fn is_my_number(text: &str) -> bool {
    let digits = digits(text);
    if digits.len() != 12 || digits.iter().all(|d| *d == digits[0]) {
        return false;
    }
    let sum: u32 =
        digits[..11].iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]).map(|(digit, weight)| digit * weight).sum();
    let check = if sum % 11 <= 1 { 0 } else { 11 - sum % 11 };
    check == digits[11]
}

/// Checks the eleventh digit of a driver's licence and the two that name the issuing prefecture.
pub(super) fn is_drivers_licence(text: &str) -> bool {
    let digits = digits(text);
    if digits.len() != 12 || digits[0] == 0 {
        return false;
    }
    let sum: u32 = digits[..10].iter().zip([5, 4, 3, 2, 7, 6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
    let check = if sum % 11 <= 1 { 0 } else { 11 - sum % 11 };
    check == digits[10]
}

/// Checks the last digit by doubling every second one from the right, as payment cards and insurers do.
pub(super) fn luhn(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    let digits = digits(text);
    if !lengths.contains(&digits.len()) || digits.iter().all(|d| *d == digits[0]) {
        return false;
    }
    let doubled = |(place, digit): (usize, &u32)| match (place % 2, *digit) {
        (1, digit) if digit > 4 => digit * 2 - 9,
        (1, digit) => digit * 2,
        (_, digit) => digit,
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

fn is_ip_address(text: &str) -> bool {
    text.split('.').all(|part| part.parse::<u16>().is_ok_and(|n| n <= 255))
}

/// UIDs of the standard itself say nothing about anybody.
fn is_private_uid(text: &str) -> bool {
    text.len() >= 12 && !text.starts_with("1.2.840.10008.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_checked() {
        assert!(is_my_number("123456789018"));
        assert!(!is_my_number("123456789012"));
        assert!(luhn("4111 1111 1111 1111", 13..=19));
        assert!(!luhn("4111 1111 1111 1112", 13..=19));
        // 2·9 = 18 → 9, and so on by hand: 0+6+2+3+9+9+9+2 = 40.
        assert!(luhn("06139992", 8..=8));
    }
}
