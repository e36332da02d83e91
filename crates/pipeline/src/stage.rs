//! Where outputs wait until they are whole and guarded.
//!
//! A staged file has no name at all where the system can do that (`O_TMPFILE`), so nothing is left of it when the
//! run dies. Elsewhere it has one in a folder of mode 0700 beside the release, on the same file system.

use crate::ahead::is_across_network;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use std::fs::{self, DirBuilder, File, FileTimes, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

/// The waiting room of one run.
pub(crate) struct Stage {
    folder: PathBuf,
    nameless: OnceLock<Option<Naming>>,
    next: AtomicU64,
    /// Whether the folder is there.
    made: AtomicBool,
    /// Whether it is worth asking the system to copy from the inputs to here, as far as is known.
    pub copies: AtomicBool,
}

impl Stage {
    /// Takes a folder as waiting room and removes what a dead run has left in it. It is made when first needed.
    pub(crate) fn open(folder: &Path) -> io::Result<Stage> {
        let stage = Stage {
            folder: folder.to_owned(),
            nameless: OnceLock::new(),
            next: AtomicU64::new(0),
            made: AtomicBool::new(false),
            copies: AtomicBool::new(is_across_network(folder.parent().unwrap_or(folder))),
        };
        stage.clear()?;
        Ok(stage)
    }

    /// Returns a new empty file, open for reading and writing, with the mode that the umask gives.
    pub(crate) fn file(&self) -> io::Result<Staged> {
        match *self.nameless.get_or_init(|| self.naming()) {
            Some(naming) => Ok(Staged { file: self.nameless_file()?, waits: Waits::Nameless(naming) }),
            None => self.named_file(),
        }
    }

    /// Returns a new empty file that never gets a name, open for reading and writing.
    pub(crate) fn scratch(&self) -> io::Result<File> {
        let staged = self.file()?;
        if let Waits::Named(name) = &staged.waits {
            fs::remove_file(name)?;
        }
        staged.file.try_clone()
    }

    /// Makes the folder, or finds it made.
    pub(crate) fn folder(&self) -> io::Result<&Path> {
        if self.made.load(Ordering::Relaxed) {
            return Ok(&self.folder);
        }
        let made = self.make_folder();
        self.made.store(made.is_ok(), Ordering::Relaxed);
        made
    }

    fn make_folder(&self) -> io::Result<&Path> {
        match DirBuilder::new().mode(0o700).create(&self.folder) {
            // The mark tells our folder from another of the same name; without it nothing here is removed.
            Ok(()) => fs::write(self.folder.join(MARK), b"").map(|()| self.folder.as_path()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(&self.folder),
            Err(error) => Err(error),
        }
    }

    /// Removes the folder and what is in it.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.made.store(false, Ordering::Relaxed);
        if fs::symlink_metadata(self.folder.join(MARK)).is_ok() {
            return fs::remove_dir_all(&self.folder);
        }
        match fs::remove_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Tries out how a file without a name gets one: by itself, which not every account may, or by its place in /proc. Some
    /// file systems, and systems without /proc, know neither.
    fn naming(&self) -> Option<Naming> {
        let works = |naming: &Naming| {
            let name = self.name();
            let tried = self.nameless_file().and_then(|file| give_name(&file, *naming, &name));
            tried.and_then(|()| fs::remove_file(&name)).is_ok()
        };
        [Naming::Itself, Naming::Proc].into_iter().find(works)
    }

    fn nameless_file(&self) -> io::Result<File> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(CWD, self.folder()?, flags, Mode::from_raw_mode(0o666))?.into())
    }

    fn named_file(&self) -> io::Result<Staged> {
        self.folder()?;
        let name = self.name();
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o666).open(&name)?;
        Ok(Staged { file, waits: Waits::Named(name) })
    }

    fn name(&self) -> PathBuf {
        self.folder.join(format!("{}-{}", std::process::id(), self.next.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Best effort: the next run clears what this one could not.
        let _ = self.clear();
    }
}

const MARK: &str = ".tokumei-staging";

/// Seconds from 1970 to the first moment of 2000.
const SOME_TIME: u64 = 946_684_800;

/// How a file without a name gets one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Naming {
    Itself,
    Proc,
}

/// A file that waits for its name. Dropped, it is gone.
pub(crate) struct Staged {
    file: File,
    waits: Waits,
}

/// Under which name a file waits.
enum Waits {
    Nameless(Naming),
    Named(PathBuf),
}

impl Staged {
    /// Returns the file, open for reading and writing.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file a name that nothing has yet: atomic, and never over something else.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken, or what the system says.
    pub(crate) fn publish(&self, path: &Path) -> io::Result<()> {
        self.forget_time()?;
        match &self.waits {
            Waits::Nameless(naming) => give_name(&self.file, *naming, path),
            Waits::Named(name) => rename_new(name, path),
        }
    }

    /// Sets the times of the file to the same moment for every output: copies carry times along, and in the order in
    /// which files were made they would tell which source each came from.
    fn forget_time(&self) -> io::Result<()> {
        let moment = UNIX_EPOCH + Duration::from_secs(SOME_TIME);
        self.file.set_times(FileTimes::new().set_modified(moment).set_accessed(moment))
    }

    /// Gives the file a name, and what had it before is gone: atomic.
    pub(crate) fn replace(self, path: &Path, stage: &Stage) -> io::Result<()> {
        self.forget_time()?;
        let name = match &self.waits {
            Waits::Named(name) => name.clone(),
            Waits::Nameless(naming) => {
                let name = stage.name();
                give_name(&self.file, *naming, &name)?;
                name
            }
        };
        fs::rename(&name, path)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Waits::Named(name) = &self.waits {
            let _ = fs::remove_file(name);
        }
    }
}

fn give_name(file: &File, naming: Naming, path: &Path) -> io::Result<()> {
    match naming {
        Naming::Itself => rustix::fs::linkat(file, "", CWD, path, AtFlags::EMPTY_PATH)?,
        Naming::Proc => {
            let own = format!("/proc/self/fd/{}", file.as_raw_fd());
            rustix::fs::linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
        }
    }
    Ok(())
}

fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => match fs::symlink_metadata(to) {
            // Not atomic against others, but the release is locked and no two instances share a name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
            _ => Err(io::ErrorKind::AlreadyExists.into()),
        },
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn stage(root: &Path, nameless: Option<Naming>) -> Stage {
        let stage = Stage::open(&root.join(".r.staging")).unwrap();
        if nameless.is_none_or(|naming| naming == Naming::Proc) {
            stage.nameless.set(nameless).unwrap();
        }
        stage
    }

    #[test]
    fn a_staged_file_gets_its_name_once_and_never_over_another() {
        for nameless in [Some(Naming::Itself), Some(Naming::Proc), None] {
            let folder = tempfile::tempdir().unwrap();
            let stage = stage(folder.path(), nameless);
            let path = folder.path().join("final");
            for (content, taken) in [(b"one", false), (b"two", true)] {
                let staged = stage.file().unwrap();
                staged.file().write_all(content).unwrap();
                let published = staged.publish(&path);
                assert_eq!(published.is_err_and(|e| e.kind() == io::ErrorKind::AlreadyExists), taken);
            }
            assert_eq!(fs::read(&path).unwrap(), b"one");
            let staged = stage.file().unwrap();
            staged.file().write_all(b"three").unwrap();
            staged.replace(&path, &stage).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"three");
            drop(stage);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_a_dead_run_left_is_removed_and_a_foreign_folder_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let first = stage(folder.path(), None);
        std::mem::forget(first.file().unwrap());
        std::mem::forget(first);
        drop(Stage::open(&folder.path().join(".r.staging")).unwrap());
        assert!(!folder.path().join(".r.staging").exists());
        fs::create_dir(folder.path().join(".r.staging")).unwrap();
        fs::write(folder.path().join(".r.staging/mine"), "").unwrap();
        assert!(Stage::open(&folder.path().join(".r.staging")).is_err());
    }
}
