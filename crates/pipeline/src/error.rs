//! Why a run did nothing.

use std::io;
use std::path::PathBuf;
use tokumei_audit::SigningError;
use tokumei_pseudonym::KeyError;
use tokumei_pseudonym::linkage::LinkageError;

/// Why a run was refused, or could not begin or end. Paths are for the operator's terminal alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An input is not there or cannot be looked at.
    #[error("the input {} cannot be read", path.display())]
    Input {
        /// The input.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two of inputs, release and vault lie within each other.
    #[error("{} and {} overlap", first.display(), second.display())]
    Overlap {
        /// What lies within the other.
        first: PathBuf,
        /// What holds it.
        second: PathBuf,
    },
    /// The release, or the folder around it, cannot be written.
    #[error("the release {} cannot be written", path.display())]
    Release {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The vault cannot be read or written.
    #[error("the vault {} cannot be read or written", path.display())]
    Vault {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key cannot be had.
    #[error("there is no key")]
    Key(#[from] KeyError),
    /// The key to sign with cannot be had.
    #[error("there is no signing key")]
    Signing(#[from] SigningError),
    /// The linkage table, or the list of those who have withdrawn, cannot be read or written.
    #[error("the linkage table cannot be used")]
    Linkage(#[from] LinkageError),
    /// The profile allows no linkage table.
    #[error("the profile allows no linkage table")]
    LinkageForbidden,
    /// The profile asks for a linkage table, and no public key is given to write it to.
    #[error("the profile asks for a linkage table")]
    LinkageRequired,
    /// Others than its owner may look into the vault, or a folder in it.
    #[error("{} has mode {mode:03o}", path.display())]
    VaultMode {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another run works on this release or vault.
    #[error("another run is at work in {}", path.display())]
    Busy {
        /// The folder it holds.
        path: PathBuf,
    },
    /// The release was made with something else.
    #[error("the release {} was made with another {}", path.display(), what(differences))]
    Mismatch {
        /// The release.
        path: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// There is something in the release that no run of this vault has made.
    #[error("{} holds files that no known run has made", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The list of those who have withdrawn is not what release or execution log say it was: shorter, or another.
    #[error("{} has lost people who have withdrawn", path.display())]
    WithdrawnLost {
        /// The list.
        path: PathBuf,
        /// How many entries it had.
        stated: u64,
        /// How many it has.
        found: u64,
    },
    /// A list of the vault is not what release or execution log say it was: shorter, or another.
    #[error("{} has lost lines", path.display())]
    ListLost {
        /// The list.
        path: PathBuf,
        /// How many lines it had.
        stated: u64,
        /// How many it has.
        found: u64,
    },
    /// The release has files of people who have withdrawn: it, or some of it, was taken from an old copy.
    #[error("{} has files of people who have withdrawn", path.display())]
    WithdrawnPresent {
        /// The release.
        path: PathBuf,
        /// How many people.
        people: u64,
    },
    /// People who had opted out, or were not notified, would come back.
    #[error("{people} people who were out would come back")]
    Readmits {
        /// How many.
        people: u64,
    },
    /// Rows of the consent file name nobody, but for the zeros before a number somebody whom no row names.
    #[error("{} rows of the consent file differ from patient IDs in leading zeros", lines.len())]
    Zeros {
        /// Their lines, from 1.
        lines: Vec<u64>,
    },
    /// The consent file is one that a later run has replaced by another.
    #[error("the consent file is older than that of the last run")]
    OlderConsent,
    /// The root of the release is not what its signature is under.
    #[error("{} was edited", path.display())]
    RootEdited {
        /// The root.
        path: PathBuf,
    },
    /// The release has no root, although a run has written one and left the rest.
    #[error("{} is gone", path.display())]
    RootGone {
        /// Where the root was.
        path: PathBuf,
    },
    /// The release is an earlier state of itself, by the execution log of its vault.
    #[error("{} is older than its vault", path.display())]
    ReleaseOlder {
        /// The release.
        path: PathBuf,
    },
    /// The release lacks a version of its data set that the execution log knows.
    #[error("{} lacks version {version} of its data set", path.display())]
    VersionMissing {
        /// The release.
        path: PathBuf,
        /// The last version that the log knows.
        version: u32,
    },
    /// The vault is an earlier state of itself: the release has instances that its journal has not, or states what its log does
    /// not know.
    #[error("{} is older than the release", path.display())]
    VaultOlder {
        /// The vault.
        path: PathBuf,
        /// How many instances; 0 where it has all of them.
        instances: u64,
    },
    /// There is a signed release, and the key that the vault signs with is gone.
    #[error("the release is signed, and {} is gone", path.display())]
    SigningKeyLost {
        /// Where the key was.
        path: PathBuf,
    },
    /// The release was signed with another key than the vault's: the vault is another release's.
    #[error("{} is signed with another key than that of {}", release.display(), path.display())]
    OtherSigner {
        /// The vault.
        path: PathBuf,
        /// The release.
        release: PathBuf,
    },
    /// A profile whose key is destroyed makes a new release each time, and there is one already.
    #[error("{} is there already, and this profile cannot add to it", path.display())]
    CannotExtend {
        /// The release.
        path: PathBuf,
    },
    /// Shares of a run need a key that all of them know.
    #[error("a profile whose key is destroyed cannot work in shares")]
    CannotShard,
    /// The number of a share is not below their count.
    #[error("share {index} of {count} is not there")]
    NoSuchShard {
        /// The number, from 0.
        index: u32,
        /// The count.
        count: u32,
    },
    /// What people have decided about instances in quarantine is not as it was put on record.
    #[error("the record of decisions in the vault does not hold")]
    Review(#[from] crate::review::ReviewError),
    /// The workers could not be started.
    #[error("the workers could not be started")]
    Workers,
}

/// One thing in which a run and its release differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// What: `key`, `profile`, `digest`, `scheme` or `site`.
    pub what: &'static str,
    /// What the release was made with, in the form the root holds it.
    pub release: String,
    /// What the run has.
    pub run: String,
}

fn what(differences: &[Difference]) -> String {
    differences.iter().map(|difference| difference.what).collect::<Vec<_>>().join(", ")
}
