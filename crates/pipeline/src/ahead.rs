//! The files of a run, taken by all workers in one order, with the next ones read ahead.
//!
//! Workers that take the next file from one place, instead of halves of the list, keep the instances of a series together,
//! which is what the rooms below remember, and let somebody else know what comes next. On a spinning disk or across a
//! network a worker would wait for each file in turn; so helpers that do nothing else ask the system for the files to come,
//! which it then reads while the workers are busy.

use rustix::fs::{Advice, Mode, OFlags, fadvise};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// How far to read ahead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    /// Files; 0 reads none.
    pub files: usize,
    /// Most bytes of each, from its beginning.
    pub bytes: u64,
}

/// Most bytes of a file that are asked for ahead of its turn, so that a few large ones do not push the rest out of memory.
pub(crate) const MOST: u64 = 8 << 20;

/// Calls `work` with every item, in their order, by all workers of the pool; returns what it gave, in the same order.
///
/// `path` tells of an item which file it will read; the files of items to come are read ahead.
pub(crate) fn each<T: Send, R: Send>(
    items: Vec<T>,
    ahead: Ahead,
    path: impl Fn(&T) -> Option<PathBuf>,
    work: impl Fn(T) -> Option<R> + Sync,
) -> Vec<R> {
    let paths: Vec<Option<PathBuf>> = if ahead.files > 0 { items.iter().map(path).collect() } else { Vec::new() };
    let turn = Turn { step: ahead.files / 2, awaited: ahead.files > 0, ..Turn::default() };
    let queue = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        let mut own = Vec::new();
        while let Some((at, item)) = take() {
            turn.comes(at);
            own.extend(work(item).map(|result| (at, result)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    let next = AtomicUsize::new(0);
    std::thread::scope(|helpers| {
        for _ in 0..ahead.files.min(paths.len()) {
            // Without helpers the run is slower and nothing else.
            let helper = || read_ahead(&paths, &next, ahead, &turn);
            let _ = std::thread::Builder::new().stack_size(128 << 10).spawn_scoped(helpers, helper);
        }
        // Also where a worker panics: else helpers that wait would never end, and the run with them.
        let _over = Over(&turn);
        rayon::scope(|workers| (0..rayon::current_num_threads()).for_each(|_| workers.spawn(|_| worker())));
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Sends the helpers home when the workers are done, in whatever way.
struct Over<'a>(&'a Turn);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.comes(usize::MAX);
    }
}

/// Whose turn it is: the items up to there have been taken.
#[derive(Default)]
struct Turn {
    taken: Mutex<usize>,
    moved: Condvar,
    /// How many items are taken between two times that helpers are told: to wake them all for each would cost more than
    /// a small file.
    step: usize,
    /// Whether there are helpers at all.
    awaited: bool,
}

impl Turn {
    fn comes(&self, at: usize) {
        if !self.awaited {
            return;
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = (*taken).max(at);
        if at == usize::MAX || at.is_multiple_of(self.step.max(1)) {
            self.moved.notify_all();
        }
    }

    /// Waits until an item is at most so far ahead; tells `false` when it has been taken already.
    fn nears(&self, at: usize, files: usize) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let far = |taken: &mut usize| taken.saturating_add(files) < at;
        *self.moved.wait_while(taken, far).unwrap_or_else(PoisonError::into_inner) < at
    }
}

/// Asks for one file after the other, as long as there are any.
fn read_ahead(paths: &[Option<PathBuf>], next: &AtomicUsize, ahead: Ahead, turn: &Turn) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = paths.get(at) else { return };
        if turn.nears(at, ahead.files)
            && let Some(path) = path
        {
            ask_for(path, ahead.bytes);
        }
    }
}

/// Asks the system to read the beginning of a file. Whether it does, the worker whose turn it is finds out.
fn ask_for(path: &Path, bytes: u64) {
    // What has become a pipe since it was found must not keep the helper waiting.
    if let Ok(file) = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty()) {
        let _ = fadvise(&file, 0, NonZeroU64::new(bytes), Advice::WillNeed);
    }
}

/// Files that are read ahead where nobody says how many: more where a file takes long to come.
const FROM_AFAR: usize = 8;

/// Returns how many files to read ahead of a run over these inputs.
pub(crate) fn default_depth(inputs: &[PathBuf]) -> usize {
    if inputs.iter().any(|input| is_slow(input)) { FROM_AFAR } else { 0 }
}

/// Tells whether a file lies on a spinning disk or across a network, as far as the system says.
fn is_slow(path: &Path) -> bool {
    is_across_network(path) || is_rotational(path)
}

/// Tells whether a file lies across a network, as far as the system says.
pub(crate) fn is_across_network(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|system| NETWORK.contains(&(system.f_type as u32)))
}

/// What file systems across a network call themselves: NFS, SMB, CIFS, SMB 2, Ceph, AFS, 9P, Lustre, GPFS, BeeGFS, FUSE.
const NETWORK: [u32; 11] = [
    0x6969,
    0x517B,
    0xFF53_4D42,
    0xFE53_4D42,
    0x00C3_6400,
    0x5346_414F,
    0x0102_1997,
    0x0BD0_0BD0,
    0x4750_4653,
    0x1983_0326,
    0x6573_5546,
];

fn is_rotational(path: &Path) -> bool {
    let Ok(status) = rustix::fs::stat(path) else { return false };
    let (major, minor) = (rustix::fs::major(status.st_dev), rustix::fs::minor(status.st_dev));
    let device = format!("/sys/dev/block/{major}:{minor}");
    // A partition says it in the folder of its disk.
    let said =
        ["queue/rotational", "../queue/rotational"].map(|name| std::fs::read_to_string(format!("{device}/{name}")));
    said.into_iter().flatten().next().is_some_and(|text| text.trim() == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_results_keep_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for files in [0, 1, 5, 2000] {
            let ahead = Ahead { files: files.min(50), bytes: 9 };
            let path = |number: &usize| (!number.is_multiple_of(3)).then(|| folder.path().join(number.to_string()));
            let result =
                pool.install(|| each((0..files).collect(), ahead, path, |n| (!n.is_multiple_of(7)).then_some(n)));
            assert_eq!(result, (0..files).filter(|n| !n.is_multiple_of(7)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_worker_that_panics_ends_the_helpers_too() {
        let path = |_: &usize| Some(PathBuf::from("/nowhere"));
        let ahead = Ahead { files: 4, bytes: 9 };
        let work = |at: usize| if at == 1 { panic!("on purpose") } else { Some(at) };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let run = || pool.install(|| each((0..100).collect(), ahead, path, work));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    }

    #[test]
    fn helpers_wait_until_a_file_is_near_and_pass_over_what_was_taken() {
        let turn = Turn { awaited: true, ..Turn::default() };
        assert!(turn.nears(2, 2));
        std::thread::scope(|scope| {
            let far = scope.spawn(|| turn.nears(12, 2));
            assert!(!far.is_finished());
            turn.comes(10);
            assert!(far.join().unwrap());
        });
        assert!(!turn.nears(10, 2) && !turn.nears(3, 2));
    }
}
