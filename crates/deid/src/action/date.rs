//! C of dates under the modified-dates Option: moved by the patient's whole days, made coarser, or dummied.

use tokumei_core::{Tag, Vr};
use tokumei_profile::policy::{Dates, Policy, Times};
use tokumei_pseudonym::date::{self, Precision};

/// Returns the new value of a date or time; `None` when the original is not a legal one, so that nothing of it
/// can be kept.
///
/// Times of day stay as they are under a shift of whole days, since intervals inside a study are what decay
/// correction and contrast timing need.
///
/// # Standard
/// PS3.15 2026d, E.3.6.
pub fn modified(text: &str, vr: Vr, tag: Tag, policy: &Policy, shift_days: i64) -> Option<String> {
    match vr {
        Vr::TM => legal_time(text).then(|| time(text, policy.times)),
        Vr::DA => {
            let shifted = shifted(text, policy.dates, shift_days, date::shift_da)?;
            coarse(&shifted, tag, policy.dates, date::coarsen_da)
        }
        Vr::DT => {
            let shifted = shifted(text, policy.dates, shift_days, date::shift_dt)?;
            let moment = coarse(&shifted, tag, policy.dates, date::coarsen_dt)?;
            Some(if policy.times == Times::Remove { without_time(&moment) } else { moment })
        }
        _ => None,
    }
}

fn shifted(text: &str, policy: Dates, days: i64, shift: fn(&str, i64) -> Option<String>) -> Option<String> {
    let days = match policy {
        Dates::Shift | Dates::ShiftMonthOutsideStudy => days,
        Dates::YearOnly | Dates::Keep => 0,
        Dates::Remove => return None,
    };
    shift(text, days)
}

fn coarse(text: &str, tag: Tag, policy: Dates, coarsen: fn(&str, Precision) -> Option<String>) -> Option<String> {
    match policy {
        Dates::YearOnly => coarsen(text, Precision::Year),
        Dates::ShiftMonthOutsideStudy if !of_the_study(tag) => coarsen(text, Precision::Month),
        _ => Some(text.to_owned()),
    }
}

/// Tells whether a date is of the study itself: its acquisition, its content, its objects. Others tell of the
/// patient's life and keep no day where the profile asks for months.
fn of_the_study(tag: Tag) -> bool {
    matches!(tag.group(), 0x0008 | 0x0018 | 0x0040 | 0x0054 | 0x0070 | 0x3006 | 0x3008 | 0x300A | 0x300C)
        && !matches!(
            (tag.group(), tag.element()),
            (0x0018, 0x1200 | 0x1202 | 0x1203 | 0x1204 | 0x1205 | 0x700C | 0x1078..=0x1079) | (0x0040, 0x2004)
        )
}

fn time(text: &str, policy: Times) -> String {
    match policy {
        Times::Keep => text.to_owned(),
        Times::Remove => text.split('\\').map(|_| "000000").collect::<Vec<_>>().join("\\"),
    }
}

/// Cuts a DT to its date: the time of day goes, and the offset with it.
fn without_time(text: &str) -> String {
    let cut = |part: &str| part.chars().take_while(char::is_ascii_digit).take(8).collect::<String>();
    text.split('\\').map(cut).collect::<Vec<_>>().join("\\")
}

/// Tells whether every value is a legal TM; the colons of ACR-NEMA are read too (PS3.5 2026d, 6.2).
fn legal_time(text: &str) -> bool {
    text.split('\\').all(|part| {
        let part = part.trim_matches([' ', '\0']);
        let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
        let digits: String = whole.chars().filter(|c| *c != ':').collect();
        let colons = whole.len() - digits.len();
        digits.bytes().all(|b| b.is_ascii_digit())
            && fraction.bytes().all(|b| b.is_ascii_digit())
            && matches!(digits.len(), 0 | 2 | 4 | 6)
            && fraction.len() <= 6
            && colons <= 2
            && in_range(&digits)
    })
}

fn in_range(digits: &str) -> bool {
    let limits = [24, 60, 61];
    digits
        .as_bytes()
        .chunks(2)
        .zip(limits)
        .all(|(pair, limit)| pair.len() == 2 && u32::from(pair[0] - b'0') * 10 + u32::from(pair[1] - b'0') < limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_ten_digits_or_letters_are_no_times() {
        for good in ["", "07", "0745", "074530", "074530.123456", "23:59:60", "10\\11"] {
            assert!(legal_time(good), "{good}");
        }
        for bad in ["0901234567", "YAMADA", "2460", "075", "074530.1234567", "080-1234-5678"] {
            assert!(!legal_time(bad), "{bad}");
        }
    }
}
