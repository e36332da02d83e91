//! The side that does not leave: key, journal, index, what is held back.

use crate::put::{Readers, put};
use crate::{Config, Difference, RunError};
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokumei_audit::{Root, SignatureError, Signer};
use tokumei_profile::policy::KeyPolicy;
use tokumei_pseudonym::{ProjectKey, Pseudonyms, Settings};

/// A vault that this run alone works on, until it is dropped.
pub(crate) struct Vault {
    /// Its folder.
    pub folder: PathBuf,
    _lock: File,
}

impl Vault {
    /// Makes the vault, or takes the one that is there.
    pub(crate) fn open(folder: &Path) -> Result<Vault, RunError> {
        let at = |source| RunError::Vault { path: folder.to_owned(), source };
        closed(folder)?;
        let lock = lock(folder).map_err(at)?;
        let Some(lock) = lock else { return Err(RunError::Busy { path: folder.to_owned() }) };
        Ok(Vault { folder: folder.to_owned(), _lock: lock })
    }

    /// Returns a folder in the vault, made if it is not there.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, RunError> {
        let path = self.folder.join(name);
        closed(&path)?;
        Ok(path)
    }

    /// Takes the key that the configuration names to sign with, else the vault's own, made at first use.
    pub(crate) fn signer(&self, config: &Config) -> Result<Signer, RunError> {
        // A key that was named and is not there is a slip of the pen, not a first use.
        Ok(match &config.signing_key {
            Some(path) => Signer::load(path)?,
            None => signer_of(&self.folder)?,
        })
    }

    /// Tells whether a key to sign with is named or there, so that none need be drawn.
    pub(crate) fn can_sign(&self, config: &Config) -> bool {
        config.signing_key.is_some() || fs::symlink_metadata(self.signing_key()).is_ok()
    }

    /// Refuses a release that another key than the vault's has signed: the vault of a release that is alike would sign it anew, and
    /// whoever knows the key would trust nothing from then on. Where a key is named, that is the operator's word.
    pub(crate) fn has_signed(&self, root: &Root, config: &Config) -> Result<(), RunError> {
        if config.signing_key.is_some() {
            return Ok(());
        }
        let own = self.signer(config)?.public();
        match root.check_signature(Some(&own)) {
            Err(SignatureError::OtherSigner { .. }) => {
                Err(RunError::OtherSigner { path: self.folder.clone(), release: config.out.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Returns where the vault's own key to sign with lies.
    pub(crate) fn signing_key(&self) -> PathBuf {
        self.folder.join("signing.key")
    }

    /// Opens a file in the vault for reading and writing.
    pub(crate) fn file(&self, path: &Path) -> Result<File, RunError> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        opened.map_err(|source| RunError::Vault { path: path.to_owned(), source })
    }
}

/// Takes the key that a vault signs with. It is made at its first use and noted, so that one that is lost is never replaced
/// in silence: whoever knows the old one would trust nothing from then on.
///
/// # Errors
/// [`RunError::SigningKeyLost`] when there was one and it is gone, [`RunError::Signing`] when it cannot be read or made.
pub fn signer_of(vault: &Path) -> Result<Signer, RunError> {
    let at = |source| RunError::Vault { path: vault.to_owned(), source };
    let (key, journal) = (vault.join("signing.key"), vault.join("journal"));
    let mark = journal.join("signing.public");
    let missing = fs::symlink_metadata(&key).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if missing && fs::symlink_metadata(&mark).is_ok() {
        return Err(RunError::SigningKeyLost { path: key });
    }
    let signer = Signer::load_or_new(&key)?;
    closed(&journal)?;
    let line = signer.public().line();
    put(&mark, &journal, Readers::Owner, |to| to.write_all(line.as_bytes())).map_err(at)?;
    Ok(signer)
}

/// Makes a folder that its owner alone may look into, or takes the one there if it is such a folder.
fn closed(path: &Path) -> Result<(), RunError> {
    match open_mode(path) {
        Ok(Some(mode)) => Err(RunError::VaultMode { path: path.to_owned(), mode }),
        Ok(None) => private_folder(path).map_err(|source| RunError::Vault { path: path.to_owned(), source }),
        Err(source) => Err(RunError::Vault { path: path.to_owned(), source }),
    }
}

/// Refuses a vault into which others than its owner may look. One that is not there is another question.
///
/// # Errors
/// [`RunError::VaultMode`], or [`RunError::Vault`] when it cannot be looked at.
pub fn check_mode(vault: &Path) -> Result<(), RunError> {
    for folder in [vault.to_owned(), vault.join("journal")] {
        match open_mode(&folder) {
            Ok(Some(mode)) => return Err(RunError::VaultMode { path: folder, mode }),
            Ok(None) => {}
            Err(source) => return Err(RunError::Vault { path: folder, source }),
        }
    }
    Ok(())
}

/// Returns the permission bits of a folder that has something in it and lets others than its owner in.
fn open_mode(path: &Path) -> io::Result<Option<u32>> {
    let mode = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?.permissions().mode() & 0o777,
    };
    let lets_in = mode & 0o077 != 0 && fs::read_dir(path)?.next().is_some();
    Ok(lets_in.then_some(mode))
}

/// Makes a folder that its owner alone may look into. One that is there and empty becomes such a folder; one that has
/// something in it is refused if others may look into it, since they may have done so.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    if let Some(mode) = open_mode(path)? {
        let text = format!("{} has mode {mode:03o} and must have 700", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Locks a folder; `None` when another process has it.
pub(crate) fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = File::open(folder)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        // A file system without locks: the operator is asked elsewhere not to run twice.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOLCK) => Ok(Some(file)),
        Err(error) => Err(error.into()),
    }
}

/// The key of a run, and whether it has to be stored before the first output.
pub(crate) struct Key {
    key: Option<ProjectKey>,
    store: Option<PathBuf>,
    /// The pseudonyms under it.
    pub pseudonyms: Pseudonyms,
}

impl Key {
    /// Takes the key that the configuration names, draws one where the profile or a first use says so.
    pub(crate) fn find(config: &Config, vault: &Path) -> Result<Key, RunError> {
        let policy = config.profile.policy();
        let settings = Settings { shift_days: policy.shift_days[0]..=policy.shift_days[1] };
        if let Some(given) = &config.key {
            return Ok(Key { key: None, store: None, pseudonyms: Pseudonyms::new(given, settings) });
        }
        let (key, store) = if policy.key == KeyPolicy::Ephemeral {
            (ProjectKey::generate()?, None)
        } else {
            load_or_draw(config.key_file.as_deref(), vault)?
        };
        let pseudonyms = Pseudonyms::new(&key, settings);
        Ok(Key { key: Some(key), store, pseudonyms })
    }

    /// Takes a key that must be there.
    pub(crate) fn kept(config: &Config, file: &Path) -> Result<Key, RunError> {
        let policy = config.profile.policy();
        let settings = Settings { shift_days: policy.shift_days[0]..=policy.shift_days[1] };
        let pseudonyms = Pseudonyms::new(&ProjectKey::load(file)?, settings);
        Ok(Key { key: None, store: None, pseudonyms })
    }

    /// Stores the key if it was drawn to be kept, and forgets it.
    pub(crate) fn store(&mut self) -> Result<(), RunError> {
        if let (Some(key), Some(path)) = (self.key.take(), self.store.take()) {
            key.store_new(&path)?;
        }
        Ok(())
    }
}

fn load_or_draw(named: Option<&Path>, vault: &Path) -> Result<(ProjectKey, Option<PathBuf>), RunError> {
    let path = named.map_or_else(|| vault.join("project.key"), Path::to_owned);
    // A key that was named and is not there is a slip of the pen, not a first use.
    if named.is_none() && fs::symlink_metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok((ProjectKey::generate()?, Some(path)));
    }
    Ok((ProjectKey::load(&path)?, None))
}

/// What a run and the release it adds to must have in common.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub digest: String,
    #[serde(default)]
    pub guard_scope: String,
    pub key: String,
    pub profile: String,
    pub scheme: String,
    /// A keyed digest: the name of a hospital has no place in a release.
    pub site: String,
    /// A keyed digest of the site's mask rules, empty without any: under other rules a mask might silently go.
    #[serde(default)]
    pub mask_rules: String,
    /// What the release is for, empty where nobody was asked: people who are in for one purpose may be out for another.
    #[serde(default)]
    pub purpose: String,
    /// A keyed digest of the consent file. It is written and not compared: people change their minds.
    #[serde(default)]
    pub consent: String,
}

impl Terms {
    /// Returns the terms of a run.
    pub(crate) fn of(config: &Config, pseudonyms: &Pseudonyms) -> Terms {
        Terms {
            digest: config.digest.as_str().into(),
            guard_scope: config.guard_scope.as_str().into(),
            key: pseudonyms.key_id().to_string(),
            profile: config.profile.hash().into(),
            scheme: SCHEME.into(),
            site: pseudonyms.blind(&config.site),
            mask_rules: match config.mask_rules.site.is_empty() {
                true => String::new(),
                false => pseudonyms.blind(&config.mask_rules.site.hash()),
            },
            consent: match &config.consent {
                None => String::new(),
                Some(consent) => tokumei_core::hex(&pseudonyms.keyed_digest("consent-file", consent.bytes())[..8]),
            },
            purpose: config.consent.as_ref().map(|consent| consent.purpose().as_str().to_owned()).unwrap_or_default(),
        }
    }

    /// Returns the terms that a root states.
    pub(crate) fn of_root(root: &Root) -> Terms {
        let parameter = |name: &str| root.parameters.get(name).cloned().unwrap_or_default();
        Terms {
            digest: root.digest.clone(),
            guard_scope: parameter("guard-scope"),
            key: root.key.clone().unwrap_or_default(),
            profile: root.profile.hash.clone(),
            scheme: parameter("scheme"),
            site: parameter("site"),
            mask_rules: parameter("mask-rules"),
            purpose: parameter("purpose"),
            consent: parameter("consent"),
        }
    }

    /// Tells whether a release was made with these terms. Where its key was destroyed it states none.
    pub(crate) fn belongs_to(&self, root: &Root) -> bool {
        root.profile.hash == self.profile && root.key.as_ref().is_none_or(|key| *key == self.key)
    }

    /// Tells whether a run asks people for a purpose of which the release was not asked: that lets nobody in who was out.
    pub(crate) fn takes_up_consent(&self, release: &Terms) -> bool {
        release.purpose.is_empty() && !self.purpose.is_empty()
    }

    /// Refuses a run whose terms differ from those of the release. To take up consent is no difference.
    pub(crate) fn agree(&self, release: &Terms, path: &Path) -> Result<(), RunError> {
        let pairs = [
            ("key", &release.key, &self.key),
            ("profile", &release.profile, &self.profile),
            ("digest", &release.digest, &self.digest),
            ("guard-scope", &release.guard_scope, &self.guard_scope),
            ("mask-rules", &release.mask_rules, &self.mask_rules),
            ("purpose", &release.purpose, &self.purpose),
            ("scheme", &release.scheme, &self.scheme),
            ("site", &release.site, &self.site),
        ];
        // Under another key the digests of the same site and rules differ too, and would only mislead.
        const KEYED: [&str; 2] = ["site", "mask-rules"];
        let same_key = release.key == self.key;
        let taken_up = self.takes_up_consent(release);
        let differences: Vec<Difference> = pairs
            .into_iter()
            .filter(|(what, there, here)| there != here && (same_key || !KEYED.contains(what)))
            .filter(|(what, ..)| !(taken_up && *what == "purpose"))
            .map(|(what, there, here)| Difference { what, release: there.clone(), run: here.clone() })
            .collect();
        if differences.is_empty() { Ok(()) } else { Err(RunError::Mismatch { path: path.to_owned(), differences }) }
    }

    /// Reads the terms that an earlier run of this vault has written, if any.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Terms>> {
        match fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the terms.
    pub(crate) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *to, self).map_err(io::Error::other)?;
        to.write_all(b"\n")
    }
}

/// The way pseudonyms are derived. It changes when any of them would.
const SCHEME: &str = "tokumei-1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_for_its_owner_and_one_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        let vault = Vault::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(matches!(Vault::open(&path), Err(RunError::Busy { .. })));
        drop(vault);
        assert!(Vault::open(&path).is_ok());
        // An empty folder is made a vault; what others may have looked into is not.
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        assert!(Vault::open(&path).is_ok());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(path.join("index.csv"), "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(Vault::open(&path), Err(RunError::VaultMode { mode: 0o750, .. })));
        assert!(private_folder(&path).is_err());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
    }

    #[test]
    fn a_key_to_sign_with_is_made_once_and_a_lost_one_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        let _vault = Vault::open(&path).unwrap();
        let first = signer_of(&path).unwrap().public();
        assert_eq!(signer_of(&path).unwrap().public(), first);
        fs::remove_file(path.join("signing.key")).unwrap();
        assert!(matches!(signer_of(&path), Err(RunError::SigningKeyLost { .. })));
        assert!(!path.join("signing.key").exists());
    }

    #[test]
    fn what_differs_from_the_release_is_named() {
        let there = Terms {
            digest: "off".into(),
            guard_scope: "study".into(),
            key: "k".into(),
            profile: "p".into(),
            scheme: "s".into(),
            site: "h".into(),
            mask_rules: String::new(),
            purpose: String::new(),
            consent: String::new(),
        };
        let here = Terms { key: "other".into(), site: "g".into(), ..there.clone() };
        let Err(RunError::Mismatch { differences, .. }) = here.agree(&there, Path::new("r")) else { panic!() };
        assert_eq!(differences.iter().map(|d| d.what).collect::<Vec<_>>(), ["key"]);
        let here = Terms { profile: "q".into(), site: "g".into(), ..there.clone() };
        let Err(RunError::Mismatch { differences, .. }) = here.agree(&there, Path::new("r")) else { panic!() };
        assert_eq!(differences.iter().map(|d| d.what).collect::<Vec<_>>(), ["profile", "site"]);
        assert!(there.agree(&there.clone(), Path::new("r")).is_ok());
        let asked = Terms { purpose: "research".into(), ..there.clone() };
        assert!(asked.agree(&there, Path::new("r")).is_ok() && there.agree(&asked, Path::new("r")).is_err());
    }
}
