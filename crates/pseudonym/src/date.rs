//! Dates moved by whole days, or made coarser, in the proleptic Gregorian calendar.
//!
//! A value that is not a legal date gives `None`, and the caller replaces it: what cannot be understood cannot
//! be moved. TM values need nothing from here, since a shift is of whole days. Values come without their VR's
//! padding or with it, and go without.

/// Moves every date of a DA value by `days`; empty parts of a multi-valued element stay empty.
///
/// The form of ACR-NEMA, `yyyy.mm.dd`, is read too and written as `yyyymmdd`. `None` when a part is not a date,
/// or would leave the years 0001 to 9999.
///
/// # Standard
/// PS3.5 2026d, 6.2, DA.
pub fn shift_da(value: &str, days: i64) -> Option<String> {
    each(value, |part| Some(Day::parse_da(part)?.shifted(days)?.to_da()))
}

/// Moves every date of a DT value by `days`, with its precision, time of day and UTC offset kept.
///
/// A value of year or month precision moves as its first day would. `None` as in [`shift_da`].
///
/// # Standard
/// PS3.5 2026d, 6.2, DT.
pub fn shift_dt(value: &str, days: i64) -> Option<String> {
    each(value, |part| {
        let moment = Moment::parse(part)?;
        let moved = moment.day.shifted(days)?.to_da();
        Some(format!("{}{}{}", &moved[..moment.digits.min(8)], moment.time, moment.offset))
    })
}

/// How much of a date stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// Year and month.
    Month,
    /// The year alone.
    Year,
}

/// Makes every date of a DA value coarser: the day, or day and month, become 01. `None` as in [`shift_da`].
pub fn coarsen_da(value: &str, precision: Precision) -> Option<String> {
    each(value, |part| Some(Day::parse_da(part)?.coarsened(precision).to_da()))
}

/// Makes every date of a DT value coarser: what is finer than the precision is left out, and the UTC offset
/// with it. `None` as in [`shift_da`].
pub fn coarsen_dt(value: &str, precision: Precision) -> Option<String> {
    let kept = match precision {
        Precision::Month => 6,
        Precision::Year => 4,
    };
    each(value, |part| {
        let moment = Moment::parse(part)?;
        Some(moment.day.to_da()[..moment.digits.min(kept)].to_owned())
    })
}

/// Returns the age on a day as an AS value: in days under a month, in months under two years, then in years.
///
/// Both are DA values of one date. `None` when either is not, or the day lies before the birth date.
///
/// # Standard
/// PS3.5 2026d, 6.2, AS.
pub fn age(birth: &str, on: &str) -> Option<String> {
    let (birth, on) = (Day::parse_da(birth)?, Day::parse_da(on)?);
    let days = on.number() - birth.number();
    if days < 0 {
        return None;
    }
    let complete = i64::from(on.day >= birth.day);
    let months = i64::from(on.year - birth.year) * 12 + i64::from(on.month) - i64::from(birth.month) - 1 + complete;
    match months {
        ..1 => Some(format!("{days:03}D")),
        1..24 => Some(format!("{months:03}M")),
        24..12_000 => Some(format!("{:03}Y", months / 12)),
        _ => None,
    }
}

/// A day of the calendar, from 0001-01-01 to 9999-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day {
    year: i32,
    month: u8,
    day: u8,
}

impl Day {
    /// Returns the day, or `None` where the calendar has none such.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Day> {
        let legal =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
        legal.then_some(Day { year, month, day })
    }

    /// Reads one date of a DA value, in the form of the standard or of ACR-NEMA.
    pub fn parse_da(text: &str) -> Option<Day> {
        let text = trim(text);
        let bytes = text.as_bytes();
        match bytes.len() {
            8 => Day::new(digits(text, 0, 4)?, small(text, 4)?, small(text, 6)?),
            10 if bytes[4] == b'.' && bytes[7] == b'.' => {
                Day::new(digits(text, 0, 4)?, small(text, 5)?, small(text, 8)?)
            }
            _ => None,
        }
    }

    /// Returns the DA form, `yyyymmdd`.
    pub fn to_da(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// Returns how many days lie between 0001-01-01 and this one.
    pub fn number(self) -> i64 {
        let months: i64 = (1..self.month).map(|month| i64::from(days_of_month(self.year, month))).sum();
        days_before(self.year) + months + i64::from(self.day) - 1
    }

    /// Returns the day with this number.
    pub fn from_number(number: i64) -> Option<Day> {
        if !(0..days_before(10_000)).contains(&number) {
            return None;
        }
        // A guess that is never too late: no year has more than 366 days.
        let mut year = i32::try_from(number / 366).ok()? + 1;
        while days_before(year + 1) <= number {
            year += 1;
        }
        let mut rest = number - days_before(year);
        let mut month = 1;
        while rest >= i64::from(days_of_month(year, month)) {
            rest -= i64::from(days_of_month(year, month));
            month += 1;
        }
        Day::new(year, month, u8::try_from(rest + 1).ok()?)
    }

    /// Returns the day so many days later, or earlier when negative.
    pub fn shifted(self, days: i64) -> Option<Day> {
        Day::from_number(self.number().checked_add(days)?)
    }

    fn coarsened(self, precision: Precision) -> Day {
        match precision {
            Precision::Month => Day { day: 1, ..self },
            Precision::Year => Day { month: 1, day: 1, ..self },
        }
    }
}

/// One value of VR DT, taken apart.
struct Moment<'a> {
    day: Day,
    /// How many digits of the date were there: 4, 6 or 8.
    digits: usize,
    /// Hours and finer, with the fraction.
    time: &'a str,
    /// The UTC offset with its sign, or nothing.
    offset: &'a str,
}

impl<'a> Moment<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = trim(text);
        let (body, offset) = text.split_at(text.find(['+', '-']).unwrap_or(text.len()));
        let (whole, fraction) = body.split_at(body.find('.').unwrap_or(body.len()));
        if !offset_is_legal(offset) || !fraction_is_legal(whole, fraction) {
            return None;
        }
        let part = |at: usize| if whole.len() > at { small(whole, at) } else { Some(1) };
        let day = Day::new(digits(whole, 0, 4)?, part(4)?, part(6)?)?;
        let limits = [(8, 23), (10, 59), (12, 60)];
        let in_time = limits.iter().filter(|(at, _)| whole.len() > *at);
        if !in_time.into_iter().all(|&(at, limit)| small(whole, at).is_some_and(|value| value <= limit)) {
            return None;
        }
        matches!(whole.len(), 4 | 6 | 8 | 10 | 12 | 14).then(|| Moment {
            day,
            digits: whole.len().min(8),
            time: &body[whole.len().min(8)..],
            offset,
        })
    }
}

fn offset_is_legal(offset: &str) -> bool {
    offset.is_empty()
        || offset.len() == 5
            && small(offset, 1).is_some_and(|hours| hours <= 14)
            && small(offset, 3).is_some_and(|minutes| minutes <= 59)
}

fn fraction_is_legal(whole: &str, fraction: &str) -> bool {
    fraction.is_empty()
        || whole.len() == 14
            && (2..=7).contains(&fraction.len())
            && fraction.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

/// Applies a function to every part between backslashes that is not empty.
fn each(value: &str, change: impl Fn(&str) -> Option<String>) -> Option<String> {
    let parts = value.split('\\').map(|part| match trim(part) {
        "" => Some(String::new()),
        part => change(part),
    });
    parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("\\"))
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\0'])
}

fn digits(text: &str, at: usize, length: usize) -> Option<i32> {
    let digits = text.get(at..at + length)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn small(text: &str, at: usize) -> Option<u8> {
    digits(text, at, 2).and_then(|value| u8::try_from(value).ok())
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Returns how many days lie between 0001-01-01 and the first of January of `year`.
fn days_before(year: i32) -> i64 {
    let years = i64::from(year) - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_date_moves_over_leap_days_and_centuries() {
        assert_eq!(shift_da("20240301", -1).as_deref(), Some("20240229"));
        assert_eq!(shift_da("20230301", -1).as_deref(), Some("20230228"));
        assert_eq!(shift_da("19000301", -1).as_deref(), Some("19000228"));
        assert_eq!(shift_da("20000301", -366).as_deref(), Some("19990301"));
        assert_eq!(shift_da("20240101", -3650).as_deref(), Some("20140103"));
    }

    #[test]
    fn values_of_many_dates_padding_and_the_old_form_are_read() {
        assert_eq!(shift_da("20240102\\\\20240103 ", -1).as_deref(), Some("20240101\\\\20240102"));
        assert_eq!(shift_da("1994.03.02", -1).as_deref(), Some("19940301"));
        assert_eq!(shift_da("", -1).as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_date_is_not_moved() {
        for value in ["20230229", "20231301", "20230100", "00000101", "2023", "202301", "2023-01-1", "２０２３", "x"]
        {
            assert_eq!(shift_da(value, -1), None, "{value}");
        }
        assert_eq!(shift_da("00010101", -1), None);
        assert_eq!(shift_da("20240102\\x", -1), None);
        assert_eq!(shift_da("20240102", i64::MIN), None);
    }

    #[test]
    fn a_date_time_keeps_precision_time_and_offset() {
        assert_eq!(shift_dt("20240301120000.123456+0900", -1).as_deref(), Some("20240229120000.123456+0900"));
        assert_eq!(shift_dt("2024030112", -1).as_deref(), Some("2024022912"));
        assert_eq!(shift_dt("202403", -1).as_deref(), Some("202402"));
        assert_eq!(shift_dt("2024", -1).as_deref(), Some("2023"));
        assert_eq!(shift_dt("2024-0500", -1).as_deref(), Some("2023-0500"));
        assert_eq!(shift_dt("20240301\\20240302235960", -1).as_deref(), Some("20240229\\20240301235960"));
    }

    #[test]
    fn a_date_time_that_is_not_legal_is_not_moved() {
        for value in [
            "20240301246000",
            "202403011260",
            "20240301.5",
            "20240301+09",
            "20240301120000.",
            "20240",
            "20240301+2500",
            "+0900",
        ] {
            assert_eq!(shift_dt(value, -1), None, "{value}");
        }
    }

    #[test]
    fn a_coarse_date_keeps_month_or_year() {
        assert_eq!(coarsen_da("20240317", Precision::Month).as_deref(), Some("20240301"));
        assert_eq!(coarsen_da("20240317", Precision::Year).as_deref(), Some("20240101"));
        assert_eq!(coarsen_dt("20240317120000+0900", Precision::Month).as_deref(), Some("202403"));
        assert_eq!(coarsen_dt("2024", Precision::Month).as_deref(), Some("2024"));
        assert_eq!(coarsen_dt("202403", Precision::Year).as_deref(), Some("2024"));
    }

    #[test]
    fn an_age_is_in_days_months_or_years() {
        assert_eq!(age("20240110", "20240110").as_deref(), Some("000D"));
        assert_eq!(age("20240110", "20240209").as_deref(), Some("030D"));
        assert_eq!(age("20240110", "20240210").as_deref(), Some("001M"));
        assert_eq!(age("20220110", "20240109").as_deref(), Some("023M"));
        assert_eq!(age("20220110", "20240110").as_deref(), Some("002Y"));
        assert_eq!(age("19500601", "20240531").as_deref(), Some("073Y"));
        assert_eq!(age("20240110", "20240109"), None);
    }

    #[test]
    fn known_day_numbers_hold() {
        // 719162 days before 1970-01-01, as every proleptic Gregorian table has it.
        assert_eq!(Day::new(1970, 1, 1).map(Day::number), Some(719_162));
        assert_eq!(Day::from_number(719_162 + 11_016).map(Day::to_da).as_deref(), Some("20000229"));
        assert_eq!(Day::from_number(-1), None);
    }

    proptest! {
        #[test]
        fn intervals_survive_a_shift(first in 4000i64..3_600_000, second in 4000i64..3_600_000, days in -3650i64..=-30) {
            let da = |number| Day::from_number(number).unwrap().to_da();
            let moved = |number| Day::parse_da(&shift_da(&da(number), days).unwrap()).unwrap().number();
            prop_assert_eq!(moved(first) - moved(second), first - second);
        }

        #[test]
        fn no_text_makes_a_date_panic(text in "\\PC{0,30}", days in any::<i64>()) {
            let _ = (shift_da(&text, days), shift_dt(&text, days), age(&text, "20240101"));
            let _ = (coarsen_da(&text, Precision::Year), coarsen_dt(&text, Precision::Month));
        }

        #[test]
        fn near_dates_do_not_panic(text in "[0-9.+\\\\-]{0,26}", days in -4000i64..0) {
            if let Some(moved) = shift_dt(&text, days) {
                prop_assert!(shift_dt(&moved, 0).is_some());
            }
        }
    }
}
