//! Whether the machine's clock is set by a time service.

use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Whether a time service keeps the machine's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// It does.
    Synchronised,
    /// It does not, or not now.
    Unsynchronised,
    /// The system does not say, as in most containers.
    Unknown,
}

impl ClockState {
    /// Returns the state of this machine's clock; the system is asked once a process.
    pub fn now() -> ClockState {
        static STATE: OnceLock<ClockState> = OnceLock::new();
        *STATE.get_or_init(ask)
    }

    /// Returns the word of the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            ClockState::Synchronised => "synchronised",
            ClockState::Unsynchronised => "unsynchronised",
            ClockState::Unknown => "unknown",
        }
    }
}

/// The kernel knows, but its call is not to be had without unsafe code; so those are asked that have asked it.
fn ask() -> ClockState {
    // Only the services of systemd answer `timedatectl`, which costs as much as the tables of a run to start.
    let stated = Path::new(SYSTEMD).is_dir().then(timedatectl).flatten().map(|answer| read(&answer));
    match stated {
        Some(ClockState::Unknown) | None if Path::new("/run/systemd/timesync/synchronized").exists() => {
            ClockState::Synchronised
        }
        Some(state) => state,
        None => ClockState::Unknown,
    }
}

/// There where systemd runs the machine.
const SYSTEMD: &str = "/run/systemd/system";

fn read(answer: &str) -> ClockState {
    match answer.trim() {
        "yes" => ClockState::Synchronised,
        "no" => ClockState::Unsynchronised,
        _ => ClockState::Unknown,
    }
}

/// Returns what `timedatectl` says, if it is there and says it soon.
fn timedatectl() -> Option<String> {
    let mut command = Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let began = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_answer_counts() {
        assert_eq!(read("yes\n"), ClockState::Synchronised);
        assert_eq!(read("no\n"), ClockState::Unsynchronised);
        assert_eq!(read("Failed to connect"), ClockState::Unknown);
        assert_eq!(read(""), ClockState::Unknown);
    }
}
