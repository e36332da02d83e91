//! What a run is asked to do.

use crate::{Consent, Selection};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use tokumei_pixel::MaskRules;
use tokumei_profile::Profile;
use tokumei_pseudonym::ProjectKey;
use tokumei_pseudonym::linkage::Recipient;
use tokumei_wire::Limits;

/// Everything a run needs to know, checked by the caller as far as no disk is asked.
pub struct Config {
    /// The profile.
    pub profile: Profile,
    /// The files and folders to read, in any order; nothing of them is ever opened for writing.
    pub inputs: Vec<PathBuf>,
    /// The release.
    pub out: PathBuf,
    /// The vault; `None` is the folder `RELEASE.vault` beside the release.
    pub vault: Option<PathBuf>,
    /// The key itself. `None` takes it from [`key_file`](Self::key_file), or draws it where the profile says so.
    pub key: Option<ProjectKey>,
    /// The key file; `None` is `project.key` in the vault, made at first use.
    pub key_file: Option<PathBuf>,
    /// The key that signs what a release states; `None` is `signing.key` in the vault, made at first use.
    pub signing_key: Option<PathBuf>,
    /// The namespace of patient IDs.
    pub site: String,
    /// Which rules ask for parts of images to be hidden.
    pub mask_rules: MaskRules,
    /// Whose instances may leave; `None` asks nobody.
    pub consent: Option<Consent>,
    /// Whether people whom an earlier consent file kept out may come back, though they had opted out, and whether a consent file
    /// that a later run has replaced is meant.
    pub readmit: bool,
    /// The public keys that rows of the linkage table are encrypted to; empty writes no table.
    pub linkage_recipients: Vec<Recipient>,
    /// Which instances are taken on.
    pub selection: Selection,
    /// Whether outputs are digested while they are written.
    pub digest: Digest,
    /// Whose identifiers are searched for in an output.
    pub guard_scope: GuardScope,
    /// How many workers; `None` is one a core.
    pub threads: Option<NonZeroUsize>,
    /// How many files are read ahead of the workers; `None` is 8 from a spinning disk or across a network, else none.
    pub io_depth: Option<usize>,
    /// When outputs are flushed to the disk.
    pub flush: Flush,
    /// Which share of the studies is this run's.
    pub shard: Shard,
    /// Plan everything and write nothing.
    pub dry_run: bool,
    /// Who runs it, for the execution log; `None` is the account.
    pub operator: Option<String>,
    /// The name and version of the program, for the root.
    pub tool_version: String,
    /// How much one file may ask for.
    pub limits: Limits,
}

impl Config {
    /// Returns a run with the defaults of the command line.
    pub fn new(profile: Profile, inputs: Vec<PathBuf>, out: PathBuf) -> Self {
        Config {
            profile,
            inputs,
            out,
            vault: None,
            key: None,
            key_file: None,
            signing_key: None,
            site: "site".into(),
            mask_rules: MaskRules::default(),
            consent: None,
            readmit: false,
            linkage_recipients: Vec::new(),
            selection: Selection::default(),
            digest: Digest::Sha256,
            guard_scope: GuardScope::Study,
            threads: None,
            io_depth: None,
            flush: Flush::Grouped,
            shard: Shard::default(),
            dry_run: false,
            operator: None,
            tool_version: concat!("tokumei ", env!("CARGO_PKG_VERSION")).into(),
            limits: Limits::default(),
        }
    }
}

/// How outputs are digested.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digest {
    /// SHA-256, while they are written.
    Sha256,
    /// Not at all.
    Off,
}

impl Digest {
    /// Returns the word of the command line and of the root.
    pub const fn as_str(self) -> &'static str {
        match self {
            Digest::Sha256 => "sha256",
            Digest::Off => "off",
        }
    }
}

/// When outputs are flushed to the disk.
///
/// Either way an output has its name only once it is whole, and a run that dies is finished by the next one. It is a power
/// cut that makes the difference: what was not flushed is checked again and, where it is torn, done again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flush {
    /// Thousands at a time, and all of them at the end.
    Grouped,
    /// Each before it gets its name, and its folder with it.
    Each,
}

/// Whose identifiers the leak guard searches for in an output.
///
/// It decides what is held back, never a byte of what is released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GuardScope {
    /// Those of every instance of the study that the run has found.
    Study,
    /// Those of the instance itself.
    Instance,
}

impl GuardScope {
    /// Returns the word of the command line and of the root.
    pub const fn as_str(self) -> &'static str {
        match self {
            GuardScope::Study => "study",
            GuardScope::Instance => "instance",
        }
    }
}

/// A share of the studies: number `index`, counted from 0, of `count`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Which share, from 0.
    pub index: u32,
    /// How many shares there are, at least 1.
    pub count: u32,
}

impl Default for Shard {
    fn default() -> Self {
        Shard { index: 0, count: 1 }
    }
}

impl Shard {
    /// Tells whether a study with this keyed digest is in the share.
    pub(crate) fn holds(self, study: &[u8; 16]) -> bool {
        u128::from_be_bytes(*study) % u128::from(self.count.max(1)) == u128::from(self.index)
    }

    /// Tells whether what belongs to no study is in the share: all of it is in the first.
    pub(crate) const fn holds_strays(self) -> bool {
        self.index == 0
    }
}
