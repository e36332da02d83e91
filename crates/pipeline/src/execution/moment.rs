//! Moments as text.

use std::time::{SystemTime, UNIX_EPOCH};
use tokumei_pseudonym::date::Day;

/// Returns a moment as `2026-11-22T01:02:03Z`; empty before 1970.
pub(crate) fn utc(moment: SystemTime) -> String {
    let Ok(since) = moment.duration_since(UNIX_EPOCH) else { return String::new() };
    let (days, rest) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let day = i64::try_from(days).ok().and_then(|days| Day::from_number(EPOCH + days));
    let date = day.map(Day::to_da).unwrap_or_else(|| "00000000".into());
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{}-{}-{}T{hour:02}:{minute:02}:{second:02}Z", &date[..4], &date[4..6], &date[6..])
}

/// Days from 0001-01-01 to 1970-01-01.
const EPOCH: i64 = 719_162;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn known_moments_are_written_as_utc() {
        assert_eq!(utc(UNIX_EPOCH), "1970-01-01T00:00:00Z");
        assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(1_709_210_096)), "2024-02-29T12:34:56Z");
    }
}
