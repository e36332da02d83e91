//! The execution log of a vault: who ran what on which machine, when, and what became of it.
//!
//! It is the one place with a clock and a host in it, and it never leaves.

use crate::Report;
use crate::vault::Vault;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{SystemTime, UNIX_EPOCH};
use tokumei_pseudonym::date::Day;

/// Adds one line for a run that has ended.
pub(crate) fn log(vault: &Vault, tool: &str, began: SystemTime, report: &Report) -> io::Result<()> {
    let counts = report.counts().into_iter().map(|(state, count)| (state.as_str(), count));
    let line = serde_json::json!({
        "began": utc(began),
        "counts": counts.collect::<std::collections::BTreeMap<_, _>>(),
        "ended": utc(SystemTime::now()),
        "host": rustix::system::uname().nodename().to_string_lossy(),
        "merkle_root": report.merkle_root,
        "tool": tool,
        "user": rustix::process::getuid().as_raw(),
        "written": report.written,
    });
    let path = vault.folder("journal").map_err(io::Error::other)?.join("runs.jsonl");
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_data()
}

/// Returns a moment as `2026-11-22T01:02:03Z`; empty before 1970.
fn utc(moment: SystemTime) -> String {
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
