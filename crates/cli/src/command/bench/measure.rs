//! Time and memory of this process, and the copy that everything is compared with.

use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What something took.
#[derive(Clone, Copy, Default, Debug)]
pub struct Measure {
    /// By the clock on the wall.
    pub wall: Duration,
    /// Of all cores together, the system's work for this process included.
    pub cpu: Duration,
}

impl Measure {
    /// Measures `work`.
    pub fn of<T>(work: impl FnOnce() -> T) -> (Measure, T) {
        let (began, cpu) = (Instant::now(), cpu());
        let done = work();
        (Measure { wall: began.elapsed(), cpu: self::cpu().saturating_sub(cpu) }, done)
    }
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// Returns the measure with the middle CPU time; `None` of none.
pub fn median(mut measures: Vec<Measure>) -> Option<Measure> {
    measures.sort_by_key(|measure| measure.cpu);
    measures.get(measures.len() / 2).copied()
}

/// Returns how many workers there are without `--threads`.
pub fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Returns the most memory that this process has held so far, in bytes, where the system tells.
pub fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

/// Returns the regular files below a folder with their lengths; a file is itself. Links are not followed.
pub fn files_below(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        let metadata = if path == folder { fs::metadata(&path)? } else { fs::symlink_metadata(&path)? };
        if metadata.is_dir() {
            let entries = fs::read_dir(&path)?.map(|entry| entry.map(|entry| entry.path()));
            open.extend(entries.collect::<io::Result<Vec<_>>>()?);
        } else if metadata.is_file() {
            files.push((path, metadata.len()));
        }
    }
    files.sort();
    Ok(files)
}

/// Copies files one after the other, a thousand to a folder, until it is to stop.
pub fn copy(files: &[(PathBuf, u64)], to: &Path, stop: &AtomicBool) -> io::Result<()> {
    for (number, (path, _)) in files.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let folder = to.join((number / 1000).to_string());
        if number % 1000 == 0 {
            fs::create_dir_all(&folder)?;
        }
        fs::copy(path, folder.join(number.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_and_copied_once() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir_all(from.join("a/b")).unwrap();
        for (name, text) in [("x", "1"), ("a/y", "22"), ("a/b/z", "333")] {
            fs::write(from.join(name), text).unwrap();
        }
        std::os::unix::fs::symlink("x", from.join("link")).unwrap();
        let files = files_below(&from).unwrap();
        assert_eq!(files.iter().map(|(_, bytes)| *bytes).sum::<u64>(), 6);
        copy(&files, &folder.path().join("to"), &AtomicBool::new(false)).unwrap();
        let mut copied: Vec<String> =
            (0..3).map(|number| fs::read_to_string(folder.path().join(format!("to/0/{number}"))).unwrap()).collect();
        copied.sort();
        assert_eq!(copied, ["1", "22", "333"]);
        assert_eq!(files_below(&from.join("x")).unwrap().len(), 1);
        copy(&files, &folder.path().join("stopped"), &AtomicBool::new(true)).unwrap();
        assert!(!folder.path().join("stopped").exists());
    }

    #[test]
    fn the_middle_measure_is_taken() {
        let of = |cpu| Measure { wall: Duration::ZERO, cpu: Duration::from_secs(cpu) };
        assert_eq!(median(vec![of(9), of(1), of(5)]).unwrap().cpu, Duration::from_secs(5));
        assert!(median(Vec::new()).is_none());
    }

    #[test]
    fn work_takes_time_of_the_processor_and_memory() {
        let (measure, sum) =
            Measure::of(|| (0..20_000_000u64).fold(0, |sum, number| sum ^ number.wrapping_mul(sum | 1)));
        assert!(measure.cpu > Duration::ZERO && measure.wall > Duration::ZERO && sum != 1);
        assert!(most_memory().is_none_or(|bytes| bytes > 1 << 20));
    }
}
