//! The ways to write one day: western and Japanese, long and short.

use std::collections::BTreeSet;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Eras: kanji, letter, year before the first, first day, last day (both count).
const ERAS: [(&str, char, u16, u32, u32); 5] = [
    ("明治", 'M', 1867, 18680125, 19120729),
    ("大正", 'T', 1911, 19120730, 19261224),
    ("昭和", 'S', 1925, 19261225, 19890107),
    ("平成", 'H', 1988, 19890108, 20190430),
    ("令和", 'R', 2018, 20190501, 99991231),
];

/// Returns the usual forms of a day, or nothing for a day that cannot be.
pub(crate) fn forms(year: u16, month: u8, day: u8) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    if !(1000..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return forms;
    }
    numeric(year, month, day, &mut forms);
    worded(year, month, day, &mut forms);
    japanese(year, month, day, &mut forms);
    let wide: Vec<String> = forms.iter().filter(|f| is_digits_and_kanji(f)).map(|f| full_width(f)).collect();
    forms.extend(wide);
    forms
}

/// Full-width months in English are not written.
fn is_digits_and_kanji(form: &str) -> bool {
    form.chars().filter(char::is_ascii_alphabetic).count() < 2 && !form.contains([' ', '_'])
}

fn numeric(year: u16, month: u8, day: u8, forms: &mut BTreeSet<String>) {
    let short = year % 100;
    for (m, d) in [(format!("{month:02}"), format!("{day:02}")), (month.to_string(), day.to_string())] {
        let padded = m.len() == 2 && d.len() == 2;
        for separator in ["", "-", "/", ".", " ", "_"] {
            if separator.is_empty() && !padded {
                continue;
            }
            for parts in
                [[&*year.to_string(), &*m, &*d], [&*d, &*m, &*year.to_string()], [&*m, &*d, &*year.to_string()]]
            {
                forms.insert(parts.join(separator));
            }
            if !matches!(separator, " " | "_") {
                for parts in [
                    [&*format!("{short:02}"), &*m, &*d],
                    [&*d, &*m, &*format!("{short:02}")],
                    [&*m, &*d, &*format!("{short:02}")],
                ] {
                    forms.insert(parts.join(separator));
                }
            }
        }
    }
}

fn worded(year: u16, month: u8, day: u8, forms: &mut BTreeSet<String>) {
    let long = MONTHS[usize::from(month - 1)];
    let short = year % 100;
    for name in [long, &long[..3]] {
        for d in [format!("{day:02}"), day.to_string(), format!("{day}{}", ordinal(day))] {
            for separator in [" ", "-", ""] {
                forms.insert(format!("{d}{separator}{name}{separator}{year}"));
            }
            forms.insert(format!("{d} {name}, {year}"));
            forms.insert(format!("{d} of {name} {year}"));
            forms.insert(format!("{d}-{name}-{short:02}"));
            forms.insert(format!("{d} {name} {short:02}"));
            forms.insert(format!("{name} {d}, {year}"));
            forms.insert(format!("{name} {d} {year}"));
            forms.insert(format!("{name}-{d}-{year}"));
            forms.insert(format!("{name}. {d}, {year}"));
            forms.insert(format!("{year}-{name}-{d}"));
            forms.insert(format!("{year} {name} {d}"));
        }
    }
}

fn ordinal(day: u8) -> &'static str {
    match (day / 10, day % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

fn japanese(year: u16, month: u8, day: u8, forms: &mut BTreeSet<String>) {
    forms.insert(format!("{year}年{month}月{day}日"));
    forms.insert(format!("{year}年{month:02}月{day:02}日"));
    forms.insert(format!("{}年{}月{}日", kanji_digits(year), kanji_number(month.into()), kanji_number(day.into())));
    for (name, letter, before, first, last) in ERAS {
        // In the year of a change people write either era.
        if u32::from(year) < first / 10_000 || u32::from(year) > last / 10_000 {
            continue;
        }
        let of_era = year - before;
        let mut years = vec![of_era.to_string(), format!("{of_era:02}")];
        if of_era == 1 {
            years.push("元".to_owned());
        }
        for y in &years {
            for (m, d) in [(format!("{month:02}"), format!("{day:02}")), (month.to_string(), day.to_string())] {
                forms.insert(format!("{name}{y}年{m}月{d}日"));
                forms.insert(format!("{y}年{m}月{d}日"));
                for separator in [".", "/", "-"] {
                    for era in [name, &name[..name.len() / 2], &letter.to_string(), &format!("{letter}.")] {
                        forms.insert(format!("{era}{y}{separator}{m}{separator}{d}"));
                    }
                }
            }
        }
        forms.insert(format!("{letter}{of_era:02}{month:02}{day:02}"));
        forms.insert(format!("{letter}{of_era:02}年{month:02}月{day:02}日"));
        forms.insert(format!("{letter}{of_era}年{month}月{day}日"));
        forms.insert(format!(
            "{name}{}年{}月{}日",
            if of_era == 1 { "元".to_owned() } else { kanji_number(of_era) },
            kanji_number(month.into()),
            kanji_number(day.into())
        ));
    }
}

/// Returns a number under one hundred as it is read: 33 is 三十三.
fn kanji_number(number: u16) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, ones) = (usize::from(number / 10 % 10), usize::from(number % 10));
    let ten = if tens == 0 { "" } else { "十" };
    format!("{}{ten}{}", if tens > 1 { DIGITS[tens] } else { "" }, DIGITS[ones])
}

fn kanji_digits(number: u16) -> String {
    number
        .to_string()
        .chars()
        .map(|c| "〇一二三四五六七八九".chars().nth((c as u8 - b'0').into()).unwrap_or(c))
        .collect()
}

/// Returns ASCII as full-width characters.
pub(crate) fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ' ' => '\u{3000}',
            '!'..='~' => char::from_u32(c as u32 + 0xFEE0).unwrap_or(c),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_showa_is_written_in_many_ways() {
        let forms = forms(1958, 2, 10);
        for form in [
            "19580210",
            "1958-02-10",
            "1958/2/10",
            "10.02.1958",
            "02/10/1958",
            "10-Feb-1958",
            "Feb 10, 1958",
            "10FEB1958",
            "昭和33年2月10日",
            "S33.2.10",
            "S330210",
            "昭33.02.10",
            "昭和三十三年二月十日",
            "1958年2月10日",
            "１９５８０２１０",
            "昭和３３年２月１０日",
            "February 10, 1958",
            "10th of February 1958",
            "一九五八年二月十日",
            "58/02/10",
        ] {
            assert!(forms.iter().any(|f| f.eq_ignore_ascii_case(form)), "{form}");
        }
    }

    #[test]
    fn the_year_of_a_change_has_two_eras() {
        let forms = forms(1989, 1, 8);
        assert!(forms.contains("昭和64年1月8日") && forms.contains("平成元年1月8日") && forms.contains("H1.1.8"));
    }

    #[test]
    fn impossible_days_have_no_form() {
        assert!(forms(1958, 0, 10).is_empty() && forms(1958, 13, 1).is_empty() && forms(58, 1, 1).is_empty());
    }
}
