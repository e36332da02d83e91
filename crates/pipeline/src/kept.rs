//! What a run over a release that is kept finds there, checked before anything is written to it.

use crate::begun::{agree, has_root, is_unedited, read_root};
use crate::execution::Past;
use crate::journal::Journal;
use crate::linkage::People;
use crate::places::Places;
use crate::readmission::{self, Excluded};
use crate::standing::{self, Standing};
use crate::vault::{Key, Terms, Vault};
use crate::{Config, RunError, put};
use std::path::Path;
use tokumei_audit::{Root, Signer};
use tokumei_pseudonym::linkage::Withdrawn;

/// What a run knows of people before it has read the first file.
pub(crate) struct Before {
    pub withdrawn: Withdrawn,
    pub people: Option<People>,
}

impl Before {
    pub(crate) fn of(config: &Config, vault: &Path, past: &Past, root: Option<&Root>) -> Result<Before, RunError> {
        let withdrawn = standing::withdrawn(vault, past, root)?;
        let writes_table = !config.linkage_recipients.is_empty() && !config.dry_run;
        Ok(Before { withdrawn, people: writes_table.then(People::default) })
    }
}

/// A release and its vault, as the last run left them.
pub(crate) struct Kept {
    pub vault: Vault,
    pub key: Key,
    pub terms: Terms,
    /// The root of the release, if it has one.
    pub earlier: Option<Root>,
    /// Whether this run is the first of the release that asks for consent.
    pub taken_up: bool,
    pub past: Past,
    pub standing: Standing,
    pub before: Before,
    pub excluded: Excluded,
    pub signer: Signer,
}

impl Kept {
    /// Reads what is there. A run that is refused makes no vault.
    ///
    /// # Errors
    /// [`RunError`] for whatever contradicts this run: other terms, a lost signing key, an old copy, an older consent file.
    pub(crate) fn check(config: &Config, places: &Places) -> Result<Kept, RunError> {
        let vault_error = |source| RunError::Vault { path: places.vault.clone(), source };
        let root = read_root(&places.release)?;
        root.as_ref().map_or(Ok(()), |root| is_unedited(root, &places.release))?;
        let there = places.vault.exists().then(|| Vault::open(&places.vault)).transpose()?;
        let key = Key::find(config, &places.vault)?;
        let terms = Terms::of(config, &key.pseudonyms);
        let earlier_terms = Terms::read(&terms_of(&places.vault)).map_err(vault_error)?;
        // As long as the root says that nobody was asked, whoever is not in has not been taken out.
        let earlier = root.as_ref().map(Terms::of_root).or_else(|| earlier_terms.clone());
        let taken_up = earlier.is_some_and(|earlier| terms.takes_up_consent(&earlier));
        agree(&terms, root.as_ref(), earlier_terms, &places.release)?;
        let vault = there.map_or_else(|| Vault::open(&places.vault), Ok)?;
        // A key drawn anew would be another signer's, and whoever knows the old one would trust nothing from then on.
        if root.is_some() && !vault.can_sign(config) {
            return Err(RunError::SigningKeyLost { path: vault.signing_key() });
        }
        root.as_ref().map_or(Ok(()), |root| vault.has_signed(root, config))?;
        let past = Past::of(&vault.folder)?;
        let standing = Standing::of(&past, root.as_ref());
        // What was put back from an old copy loses first what has gone since; then it is missed too.
        let lacking = standing::lacks_version(&places.release, &past, root.as_ref());
        if let Some(version) = lacking.filter(|_| standing != Standing::Older) {
            return Err(RunError::VersionMissing { path: places.release.clone(), version });
        }
        if root.is_none() {
            has_root(&places.release, &past)?;
        }
        let before = Before::of(config, &vault.folder, &past, root.as_ref())?;
        readmission::newest_consent(config, &terms, &past)?;
        let excluded = Excluded::load(&vault.folder)?;
        let signer = vault.signer(config)?;
        Ok(Kept { vault, key, terms, earlier: root, taken_up, past, standing, before, excluded, signer })
    }
}

/// Stores the key and the terms of the run and opens the journal.
pub(crate) fn begin(places: &Places, vault: &Vault, key: &mut Key, terms: &Terms) -> Result<Journal, RunError> {
    let vault_error = |source| RunError::Vault { path: places.vault.clone(), source };
    let folder = vault.folder("journal")?;
    key.store()?;
    put::put(&terms_of(&places.vault), &folder, put::Readers::Owner, |to| terms.write(to)).map_err(vault_error)?;
    Journal::open(vault.file(&folder.join("instances"))?).map_err(vault_error)
}

fn terms_of(vault: &Path) -> std::path::PathBuf {
    vault.join("journal").join("run.json")
}
