//! Dates as tables write them: `20240301`, `2024-03-01`, `2024/3/1`, `2024年3月1日`, with a time behind or none.

use tokumei_pseudonym::canonical::Rule;
use tokumei_pseudonym::date::Day;

/// A date and how it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WrittenDate {
    /// The day.
    pub day: Day,
    form: Form,
    /// The time behind it, as it stands.
    pub time: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Compact,
    Parted { by: char, padded: bool },
    Kanji { padded: bool },
}

impl WrittenDate {
    /// Reads a date; `None` where it is none that the calendar has.
    pub(crate) fn parse(text: &str) -> Option<WrittenDate> {
        let text = Rule { upper: false, ..Rule::default() }.apply(text);
        let at = text.find([' ', 'T']).unwrap_or(text.len());
        let (date, time) = text.split_at(at);
        let of_time = |letter: char| letter.is_ascii_digit() || " T:.+-Z".contains(letter);
        if !time.chars().all(of_time) {
            return None;
        }
        let (day, form) = read(date)?;
        Some(WrittenDate { day, form, time: time.to_owned() })
    }

    /// Writes a day in the form of this date, without the time.
    pub(crate) fn write(&self, day: Day) -> String {
        let date = day.to_da();
        let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
        let part =
            |text: &str, padded: bool| if padded { text.to_owned() } else { text.trim_start_matches('0').to_owned() };
        match self.form {
            Form::Compact => date,
            Form::Parted { by, padded } => format!("{year}{by}{}{by}{}", part(month, padded), part(day, padded)),
            Form::Kanji { padded } => format!("{year}年{}月{}日", part(month, padded), part(day, padded)),
        }
    }
}

/// Reads a day as people write it: `20240301`, `2024-03-01`, `2024/3/1`, `2024年3月1日`. `None` where it is none.
pub fn parse_day(text: &str) -> Option<Day> {
    WrittenDate::parse(text).filter(|date| date.time.is_empty()).map(|date| date.day)
}

fn read(date: &str) -> Option<(Day, Form)> {
    if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((Day::parse_da(date)?, Form::Compact));
    }
    if let Some(inner) = date.strip_suffix('日') {
        let (year, rest) = inner.split_once('年')?;
        let (month, day) = rest.split_once('月')?;
        let (found, padded) = joined(year, month, day)?;
        return Some((found, Form::Kanji { padded }));
    }
    let by = date.chars().find(|letter| matches!(letter, '-' | '/' | '.'))?;
    let mut parts = date.split(by);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (found, padded) = joined(year, month, day)?;
    parts.next().is_none().then_some((found, Form::Parted { by, padded }))
}

fn joined(year: &str, month: &str, day: &str) -> Option<(Day, bool)> {
    let digits = |text: &str, most: usize| {
        ((1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u8>().ok())
    };
    let four = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let found = Day::new(four.then(|| year.parse().ok())??, digits(month, 2)??, digits(day, 2)??)?;
    Some((found, month.len() == 2 && day.len() == 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_it_was() {
        for text in ["20240301", "2024-03-01", "2024/3/1", "2024.03.01", "2024年3月1日"] {
            let date = WrittenDate::parse(text).unwrap();
            assert_eq!((date.day.to_da().as_str(), date.write(date.day).as_str()), ("20240301", text));
        }
        let date = WrittenDate::parse(" ２０２４/０３/０１ 12:30").unwrap();
        assert_eq!((date.write(date.day).as_str(), date.time.as_str()), ("2024/03/01", " 12:30"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "2024", "20240230", "2024-13-01", "1/2/2024", "2024-3", "2024-03-01-04", "2024/03/01 noon", "R6.3.1"]
        {
            assert_eq!(WrittenDate::parse(text), None, "{text}");
        }
    }
}
