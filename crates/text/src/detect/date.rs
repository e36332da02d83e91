//! Dates: western, with month names, and Japanese with and without an era.

use super::{Border, Rule, digits};
use crate::kind::Kind;
use std::sync::OnceLock;

const MONTH: &str = "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

pub(super) fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| [western(), worded(), japanese()].into_iter().flatten().collect())
}

fn western() -> Vec<Rule> {
    let date = |pattern: &str, border| Rule::new(pattern, Kind::Date, border);
    vec![
        date(r"(?:1[89]|20)\d\d[-/._ ](?:0?[1-9]|1[0-2])[-/._ ](?:3[01]|[12]\d|0?[1-9])", Border::Digit),
        date(
            r"(?:1[89]|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}",
            Border::Digit,
        ),
        date(r"(?:3[01]|[12]\d|0?[1-9])[-/._ ](?:3[01]|[12]\d|0?[1-9])[-/._ ](?:1[89]|20)\d\d", Border::Digit)
            .checked(|text| has_a_month(&digits_of_groups(text)[..]) && has_one_separator(text)),
        date(r"\d\d?[-/]\d\d?[-/]\d\d", Border::Word).uncertain().checked(is_short_date),
        date(r"(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])", Border::Word).uncertain(),
        date(r"(?:0[1-9]|1[0-2])/(?:19|20)\d\d", Border::Word).uncertain(),
    ]
}

fn worded() -> Vec<Rule> {
    let date = |pattern: String| Rule::new(&pattern, Kind::Date, Border::Word).needing(|t| t.digits >= 3 && t.month);
    vec![
        date(format!(
            r"(?i)(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?[ ._/-]{{0,2}}(?:of )?{MONTH}[ .,_/-]{{0,2}}(?:(?:1[89]|20)\d\d|'?\d\d)"
        )),
        date(format!(
            r"(?i){MONTH}[ ._-]{{0,2}}(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?[ .,_-]{{1,3}}(?:(?:1[89]|20)\d\d|'?\d\d)"
        )),
        date(format!(r"(?i)(?:1[89]|20)\d\d[ ._/-]?{MONTH}[ ._/-]?(?:3[01]|[12]\d|0?[1-9])")),
        date(format!(r"(?i){MONTH}[ .,_/-]{{1,2}}(?:1[89]|20)\d\d")),
    ]
}

fn japanese() -> Vec<Rule> {
    let date = |pattern: &str, border| Rule::new(pattern, Kind::Date, border);
    vec![
        date(r"\d{1,4} ?年 ?\d{1,2} ?月(?: ?\d{1,2} ?日)?", Border::Digit).needing(|t| t.cjk && t.digit),
        date(r"\d{1,2} ?月 ?\d{1,2} ?日", Border::Digit).needing(|t| t.cjk && t.digit),
        date(r"(?:19|20)\d\d ?年", Border::Digit).needing(|t| t.cjk && t.digit),
        date(r"(?:明治|大正|昭和|平成|令和) ?(?:\d{1,2}|元) ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?日)?)?", Border::Free)
            .needing(|t| t.cjk),
        date(r"(?:明治|大正|昭和|平成|令和|[明大昭平令]) ?(?:\d{1,2}|元)[./-] ?\d{1,2}[./-] ?\d{1,2}", Border::Digit)
            .needing(|t| t.cjk && t.digit),
        date(r"(?i:[MTSHR])\.?\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?\d{1,2}", Border::Word).needing(|t| t.letter && t.digits >= 3).checked(is_era_date),
        date(r"(?i:[MTSHR])\.?\d{1,2} ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?日)?)?", Border::Word).needing(|t| t.cjk && t.digit),
        date(r"[MTSHR]\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", Border::Word),
        date(r"(?:明治|大正|昭和|平成|令和)?[〇一二三四五六七八九十元]{1,4}年[一二三四五六七八九十]{1,3}月(?:[一二三四五六七八九十]{1,3}日)?", Border::Free)
            .needing(|t| t.cjk),
    ]
}

fn digits_of_groups(text: &str) -> Vec<u32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|group| group.parse().ok()).collect()
}

/// A date is written with one separator; `3.15 2026` is a version and a year.
fn has_one_separator(text: &str) -> bool {
    let mut separators = text.chars().filter(|c| !c.is_ascii_digit());
    separators.next() == separators.next()
}

fn has_a_month(groups: &[u32]) -> bool {
    groups.iter().take(2).any(|part| (1..=12).contains(part))
}

/// Two-digit years: one part can be a month, one a day.
fn is_short_date(text: &str) -> bool {
    let groups = digits_of_groups(text);
    let [a, b, c] = groups[..] else { return false };
    let month = |n: u32| (1..=12).contains(&n);
    let day = |n: u32| (1..=31).contains(&n);
    (digits(text).len() >= 5 || text.contains('/'))
        && ((month(a) && day(b)) || (day(a) && month(b)) || (month(b) && day(c)))
}

fn is_era_date(text: &str) -> bool {
    let groups = digits_of_groups(text);
    matches!(groups[..], [year, month, day] if (1..=64).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
}
