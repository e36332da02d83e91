//! Certificates that nothing of a person is in a release.

use crate::gate::WITHDRAWN;
use crate::identities::{self, Identities, Naming, Shown, Unclear};
use crate::put::{Readers, put};
use crate::readmission::{Excluded, NOT_NOTIFIED, OPTED_OUT};
use crate::vault::private_folder;
use crate::{ExecutionLog, RunError, execution::Event, execution::Past, seal::Sealed, standing};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokumei_audit::{Certificate, LedgerError, People, Root, Signer, SigningError};
use tokumei_deid::{Context, Person};
use tokumei_profile::Profile;
use tokumei_pseudonym::{KeyError, ProjectKey, Pseudonyms, Settings};

/// The people whom a rule has kept out of a run, by blinded identifier.
#[derive(Default)]
pub(crate) struct Refused {
    people: Mutex<BTreeMap<[u8; 32], Out>>,
    /// Other identities of theirs under which nothing states who they are, and why.
    joined: Mutex<BTreeMap<[u8; 32], &'static str>>,
}

/// Who is out, and why.
struct Out {
    namespace: String,
    patient: String,
    pseudonym: String,
    reason: &'static str,
}

impl Refused {
    /// Adds a person; without a patient ID there is nobody to certify anything to.
    pub(crate) fn add(&self, person: &Person, reason: &'static str, context: &Context<'_>) {
        if let Some(id) = &person.id {
            let blinded = context.pseudonyms.blinded_patient(&person.namespace, id);
            let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
            let (namespace, patient) = (person.namespace.clone(), id.clone());
            let pseudonym = tokumei_deid::pseudonym_of(person, context).pseudonym().to_owned();
            let known = people.entry(blinded).or_insert(Out { namespace, patient, pseudonym, reason });
            // Whatever the order in which threads come: one reason stays.
            known.reason = known.reason.min(reason);
        }
    }

    /// Adds another identity of somebody who is out.
    pub(crate) fn join(&self, person: [u8; 32], reason: &'static str) {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).insert(person, reason);
    }

    /// Returns the reason of each.
    pub(crate) fn reasons(&self) -> BTreeMap<[u8; 32], String> {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        let joined = joined.iter().map(|(person, reason)| (*person, (*reason).to_owned()));
        joined.chain(people.iter().map(|(person, out)| (*person, out.reason.to_owned()))).collect()
    }

    /// Returns those who are out whatever their other IDs are, and why: they have decided so, or do not know that they may.
    pub(crate) fn decided(&self) -> Vec<([u8; 32], &'static str)> {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let decided = people.iter().filter(|(_, out)| [WITHDRAWN, OPTED_OUT, NOT_NOTIFIED].contains(&out.reason));
        decided.map(|(person, out)| (*person, out.reason)).collect()
    }

    /// Returns the pseudonym of each.
    pub(crate) fn pseudonyms(&self) -> BTreeSet<String> {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.values().map(|out| out.pseudonym.clone()).collect()
    }

    /// Writes a certificate into the vault for each of them of whom nothing was released under whichever of their IDs, and
    /// returns how many.
    pub(crate) fn certify(
        &self,
        vault: &Path,
        sealed: &Sealed,
        signer: &Signer,
        identities: &Identities,
    ) -> io::Result<u64> {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let mut written = 0;
        for (blinded, out) in people.iter() {
            let shown = Shown { blinded: *blinded, pseudonym: out.pseudonym.clone() };
            let names = (out.namespace.as_str(), out.patient.as_str());
            let all = identities.all_of([shown].into());
            let issued = all.and_then(|all| issue(&sealed.people, &sealed.root, names, *blinded, &all, signer));
            if let Some(certificate) = issued {
                let folder = vault.join("certificates");
                private_folder(&folder)?;
                let line = certificate.line();
                let path = folder.join(format!("{}.json", &certificate.person[..16]));
                put(&path, &folder, Readers::Owner, |to| to.write_all(line.as_bytes()))?;
                written += 1;
            }
        }
        Ok(written)
    }
}

/// What a certificate is asked for.
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    /// The release.
    pub release: PathBuf,
    /// Its vault.
    pub vault: PathBuf,
    /// The profile that made it, for its rule on patient IDs.
    pub profile: Profile,
    /// The project key; `None` is that of the vault.
    pub key_file: Option<PathBuf>,
    /// The key to sign with; `None` is that of the vault.
    pub signing_key: Option<PathBuf>,
    /// The site of the run.
    pub site: String,
    /// The patient ID, in any spelling.
    pub patient: String,
    /// What else says whom it means.
    pub naming: Naming,
    /// Who asks for it, for the execution log; `None` is the account.
    pub operator: Option<String>,
}

/// Issues the certificate that nothing of a person is in a release, under whichever of the IDs that the originals state of them,
/// and logs it.
///
/// # Errors
/// [`CertificateError`] when the person is in the release, or the vault does not belong to it.
pub fn certify(request: &CertificateRequest) -> Result<Issued, CertificateError> {
    let root = Root::read(&request.release.join("audit/root.json"))?;
    if root.key.is_none() {
        return Err(CertificateError::KeyDestroyed);
    }
    let key = ProjectKey::load(&request.key_file.clone().unwrap_or_else(|| request.vault.join("project.key")))?;
    let signing = request.signing_key.clone().unwrap_or_else(|| request.vault.join("signing.key"));
    let signer = Signer::load(&signing)?;
    root.check_signature(Some(&signer.public())).map_err(|_| CertificateError::OtherRelease)?;
    let pseudonyms = Pseudonyms::new(&key, Settings::default());
    if root.key != Some(pseudonyms.key_id().to_string()) || root.profile.hash != request.profile.hash() {
        return Err(CertificateError::OtherRelease);
    }
    let people = read_people(&request.vault)?;
    if root.people != Some(people.mark()) {
        return Err(CertificateError::Stale);
    }
    if root.parameters.get("site").is_none_or(|site| *site != pseudonyms.blind(&request.site)) {
        // Under another site everybody is somebody else, and so excluded.
        return Err(CertificateError::OtherSite);
    }
    let past = Past::of(&request.vault)?;
    let withdrawn = standing::withdrawn(&request.vault, &past, Some(&root))?;
    let (identities, excluded) = (Identities::load(&request.vault)?, Excluded::load(&request.vault)?);
    if !identities.is_begun() {
        return Err(CertificateError::Stale);
    }
    let context = Context { profile: &request.profile, pseudonyms: &pseudonyms, site: &request.site };
    let there = |shown: &Shown| {
        people.has(&shown.blinded) || excluded.holds(&shown.blinded) || withdrawn.holds("", "", &shown.pseudonym)
    };
    let meant = identities::meant(&request.patient, &request.naming, &context, &identities, there)?;
    let names = (meant.namespace.as_str(), meant.id.as_str());
    let certificate = issue(&people, &root, names, meant.shown.blinded, &meant.all, &signer);
    let certificate = certificate.ok_or(CertificateError::Included)?;
    let mut event = Event::new("exclusion-certificate")
        .on(&certificate.person)
        .to(request.release.display().to_string())
        .with("merkle_root", &root.merkle_root)
        .count("identities", 1 + certificate.others.len() as u64);
    if let Some(operator) = &request.operator {
        event = event.by(operator);
    }
    ExecutionLog::open(&request.vault)
        .and_then(|log| log.append(&event))
        .map_err(|source| CertificateError::Vault { path: request.vault.clone(), source })?;
    Ok(Issued { certificate, known: meant.known })
}

/// Signs that none of a person's identities is among the people.
fn issue(
    people: &People,
    root: &Root,
    names: (&str, &str),
    person: [u8; 32],
    all: &BTreeSet<Shown>,
    signer: &Signer,
) -> Option<Certificate> {
    let others: Vec<[u8; 32]> = all.iter().map(|one| one.blinded).filter(|other| *other != person).collect();
    Certificate::issue(people, root, names, person, &others, signer)
}

/// A certificate that was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether the vault has met the patient ID: of one that it never met, a certificate says little more than that.
    pub known: bool,
}

/// Where a vault keeps the people of its release.
pub(crate) const PEOPLE: &str = "people.list";

/// Reads the people of a release from its vault.
pub(crate) fn read_people(vault: &Path) -> Result<People, CertificateError> {
    let path = vault.join(PEOPLE);
    let text = fs::read_to_string(&path).map_err(|source| CertificateError::Vault { path, source })?;
    People::parse(&text).ok_or(CertificateError::Stale)
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Something of the person is in the release.
    #[error("something of this person is in the release")]
    Included,
    /// Release, key and profile do not belong together, or the release was signed with another key.
    #[error("the release was made with another key or profile")]
    OtherRelease,
    /// The key of the release was destroyed.
    #[error("the key of the release was destroyed")]
    KeyDestroyed,
    /// The release was made for another site.
    #[error("the release was made for another site")]
    OtherSite,
    /// The vault's list of people is not that of the release, or it has no list of whose IDs are one person's.
    #[error("the vault's list of people is not that of the release")]
    Stale,
    /// Nobody can tell whom the patient ID means.
    #[error("it is not clear whom the patient ID means")]
    Unclear(#[from] Unclear),
    /// The vault's lists are not what release and log say they were.
    #[error("the vault's lists do not hold")]
    Run(#[from] RunError),
    /// The vault cannot be read or written.
    #[error("the vault {} cannot be read or written", path.display())]
    Vault {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The root cannot be read.
    #[error("the root of the release cannot be read")]
    Root(#[from] LedgerError),
    /// The project key cannot be had.
    #[error("there is no key")]
    Key(#[from] KeyError),
    /// The key to sign with cannot be had.
    #[error("there is no signing key")]
    Signing(#[from] SigningError),
}
