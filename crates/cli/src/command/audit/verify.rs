//! `tokumei audit verify`: a release, a log, a proof or a certificate against what was signed.

use crate::arguments::{AuditVerifyArgs, FileChoice};
use crate::command::run;
use crate::console::{Console, show};
use crate::problem::Problem;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};
use tokumei_audit::{
    AuditError, Certificate, ChainError, FileScrutiny, Proof, PublicKey, Root, Scrutiny, Verified, verify_release,
};
use tokumei_pipeline::execution::{VaultFault, check_vault};
use tokumei_pipeline::{ExecutionLog, check_mode};

/// Checks whatever is named, and says what was checked and with which key.
pub fn verify(args: AuditVerifyArgs, console: &Console) -> Result<u8, Problem> {
    let wanted = args.public_key.as_deref().map(public_key).transpose()?;
    let mut root = None;
    let mut checked = Checked { console, text: String::new(), value: Map::new(), known: wanted.is_some() };
    let mut papers: Vec<(&Path, Root, PublicKey)> = Vec::new();
    if let Some(path) = &args.proof {
        let (root, signer) = checked.proof(path, wanted.as_ref())?;
        papers.push((path, root, signer));
    }
    if let Some(path) = &args.certificate {
        let (root, signer) = checked.certificate(path, wanted.as_ref())?;
        papers.push((path, root, signer));
    }
    if let Some(release) = &args.release {
        let files = match args.files {
            FileChoice::Contents => FileScrutiny::Contents,
            FileChoice::Sizes => FileScrutiny::Sizes,
            FileChoice::Off => FileScrutiny::Off,
        };
        let verified = verify_release(release, &Scrutiny { public_key: wanted, files })?;
        let speaks = |(_, root, signer): &&(&Path, Root, PublicKey)| {
            let same = root.merkle_root == verified.root.merkle_root && root.people == verified.root.people;
            same && *signer == verified.signer
        };
        // What a paper says of another state of the release, or of another release, is no word about this one.
        if let Some((path, ..)) = papers.iter().find(|paper| !speaks(paper)) {
            return Err(Problem::finding("audit-paper-elsewhere").at(path).with("release", show(release)));
        }
        checked.release(release, &verified, files);
        if files != FileScrutiny::Off {
            checked.report(release, args.profile.as_deref(), &verified.root)?;
        }
        root = Some((release.as_path(), verified.root));
    }
    if let Some(vault) = &args.vault {
        checked.vault(vault, root.as_ref().map(|(release, root)| (*release, root)))?;
    }
    checked.value.insert("holds".into(), json!(true));
    let Checked { text, value, .. } = checked;
    console.result(|| text, || Value::Object(value));
    Ok(0)
}

/// What has been checked so far, in words and as JSON.
struct Checked<'a> {
    console: &'a Console,
    text: String,
    value: Map<String, Value>,
    /// Whether the key was got by another way than what was checked.
    known: bool,
}

impl Checked<'_> {
    fn release(&mut self, release: &Path, verified: &Verified, files: FileScrutiny) {
        let numbers = [
            ("path", show(release)),
            ("leaves", verified.root.leaves.to_string()),
            ("root", verified.root.merkle_root.clone()),
            ("entries", verified.runs.entries.to_string()),
            ("others", verified.runs.other_signers.to_string()),
            ("sizes", verified.sizes.to_string()),
            ("contents", verified.contents.to_string()),
        ];
        self.say("audit-holds", &numbers);
        self.say(
            match (files, verified.contents == verified.sizes) {
                (FileScrutiny::Off, _) => "audit-files-off",
                (FileScrutiny::Sizes, _) => "audit-files-sizes",
                (FileScrutiny::Contents, true) => "audit-files-contents",
                (FileScrutiny::Contents, false) => "audit-files-no-digest",
            },
            &numbers,
        );
        self.say("audit-runs", &numbers);
        if verified.runs.other_signers > 0 {
            self.say("audit-runs-others", &numbers);
        }
        if verified.versions > 0 {
            self.say("audit-versions", &[("versions", verified.versions.to_string())]);
        }
        self.signer(&verified.signer);
        self.value.extend([
            ("dataset_versions".to_string(), json!(verified.versions)),
            ("leaves".to_string(), json!(verified.root.leaves)),
            ("merkle_root".to_string(), json!(verified.root.merkle_root)),
            ("runs".to_string(), json!(verified.runs.entries)),
            ("runs_by_other_signers".to_string(), json!(verified.runs.other_signers)),
            ("files_present".to_string(), json!(verified.sizes)),
            ("files_digested".to_string(), json!(verified.contents)),
        ]);
    }

    /// Writes the report anew, in memory, and compares it with the one that is there: nobody signs it, since it follows from what
    /// is signed. One that another version of the program wrote is said not to be checked. One that is not there is a
    /// finding; one whose profile is not at hand is said not to be checked, with what that needs.
    fn report(&mut self, release: &Path, profile: Option<&str>, root: &Root) -> Result<(), Problem> {
        let path = release.join("report.html");
        let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        let there = std::fs::read(&path).map_err(|error| match missing(&error) {
            true => Problem::finding("audit-report-missing").at(&path),
            false => Problem::new("audit-read").at(&path).because(&error),
        })?;
        let made = match crate::command::verify::profile(profile, release) {
            Ok(profile) => Some(crate::command::report::page(release, &profile)?),
            Err(problem) if profile.is_some() => return Err(problem),
            Err(_) => None,
        };
        let outcome = match made {
            None => "audit-report-unchecked",
            Some(made) if made.as_bytes() == there => "audit-report-holds",
            Some(_) if root.tool == TOOL => return Err(Problem::finding("audit-report-altered").at(&path)),
            Some(_) => "audit-report-tool",
        };
        self.say(outcome, &[("tool", root.tool.clone()), ("profile", root.profile.name.clone())]);
        self.value.insert("report_checked".into(), json!(outcome == "audit-report-holds"));
        Ok(())
    }

    fn proof(&mut self, path: &Path, wanted: Option<&PublicKey>) -> Result<(Root, PublicKey), Problem> {
        let bytes = read(path)?;
        let proof = Proof::parse(&bytes, path).map_err(|error| no_paper(error, &bytes, "audit-proof"))?;
        let signer = proof.verify(wanted).map_err(|error| not_proven(error, path, "audit-proof-altered"))?;
        let numbers = [
            ("path", show(path)),
            ("instance", proof.leaf.instance.clone()),
            ("number", (proof.index + 1).to_string()),
            ("leaves", proof.root.leaves.to_string()),
            ("root", proof.root.merkle_root.clone()),
        ];
        self.say("audit-proof-holds", &numbers);
        self.signer(&signer);
        self.value.insert("instance".into(), json!(proof.leaf.instance));
        self.value.insert("merkle_root".into(), json!(proof.root.merkle_root));
        Ok((proof.root, signer))
    }

    fn certificate(&mut self, path: &Path, wanted: Option<&PublicKey>) -> Result<(Root, PublicKey), Problem> {
        let bytes = read(path)?;
        let certificate =
            Certificate::parse(&bytes, path).map_err(|error| no_paper(error, &bytes, "audit-certificate"))?;
        let altered = |error| not_proven(error, path, "audit-certificate-altered");
        let signer = certificate.verify(wanted).map_err(altered)?;
        let people = certificate.root.people.as_ref().map_or(0, |people| people.count).to_string();
        let numbers = [("path", show(path)), ("people", people), ("root", certificate.root.merkle_root.clone())];
        self.say("audit-certificate-holds", &numbers);
        if !certificate.others.is_empty() {
            let identities = (certificate.others.len() + 1).to_string();
            self.say("audit-certificate-identities", &[("count", identities)]);
        }
        self.value.insert("identities".into(), json!(certificate.others.len() + 1));
        self.signer(&signer);
        self.value.insert("person".into(), json!(certificate.person));
        self.value.insert("merkle_root".into(), json!(certificate.root.merkle_root));
        Ok((certificate.root, signer))
    }

    fn vault(&mut self, vault: &Path, release: Option<(&Path, &Root)>) -> Result<(), Problem> {
        // Opening would make a folder that is not there.
        if !vault.join("journal").is_dir() {
            return Err(Problem::new("audit-no-log").at(vault));
        }
        check_mode(vault).map_err(|error| run::problem(error, self.console))?;
        let log = ExecutionLog::open(vault).map_err(|error| Problem::new("audit-read").at(vault).because(&error))?;
        let end = log.verify().map_err(|error| broken(vault, error))?;
        let fault =
            check_vault(vault, release).map_err(|error| Problem::new("audit-read").at(vault).because(&error))?;
        if let Some(fault) = fault {
            let id = match fault {
                VaultFault::LogMissing => "audit-log-missing",
                VaultFault::ReleaseUnknown => "audit-log-release",
                VaultFault::ReleaseOlder => "audit-log-older",
                VaultFault::VersionMissing => "audit-log-version",
                VaultFault::WithdrawnLost => "audit-withdrawn-lost",
                VaultFault::ListLost => "audit-list-lost",
                VaultFault::TableMissing => "audit-table-missing",
                _ => "audit-table-altered",
            };
            return Err(Problem::finding(id).at(vault));
        }
        self.say("audit-log-holds", &[("path", show(vault)), ("entries", end.entries.to_string())]);
        self.value.insert("log_entries".into(), json!(end.entries));
        Ok(())
    }

    /// Says whose signature it was, and how much that is worth.
    fn signer(&mut self, signer: &PublicKey) {
        let id = if self.known { "audit-signed-known" } else { "audit-signed-found" };
        self.say(id, &[("fingerprint", signer.fingerprint())]);
        self.value.insert("signer".into(), json!(signer.to_string()));
        self.value.insert("signer_fingerprint".into(), json!(signer.fingerprint()));
        self.value.insert("signer_given".into(), json!(self.known));
    }

    fn say(&mut self, id: &str, variables: &[(&str, String)]) {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.text.push_str(&self.console.say(id, &variables));
        self.text.push('\n');
    }
}

/// Returns the problem of a log that does not hold, which is the vault's and no paper of the release.
fn broken(vault: &Path, error: ChainError) -> Problem {
    let path = vault.join("journal").join("execution.jsonl");
    match error {
        ChainError::Read(source) => Problem::new("audit-read").at(&path).because(&source),
        ChainError::Malformed { entry }
        | ChainError::Broken { entry }
        | ChainError::CutOff { entry }
        | ChainError::Signature { entry } => Problem::finding("audit-log-broken").at(&path).with("record", entry + 1),
        _ => Problem::finding("audit-other"),
    }
}

/// Takes a public key from a file, or as it stands.
pub fn public_key(text: &str) -> Result<PublicKey, Problem> {
    match text.parse() {
        Ok(key) => Ok(key),
        Err(_) => Ok(PublicKey::load(&PathBuf::from(text))?),
    }
}

/// Returns the problem of a proof or certificate that does not hold: another's signature is no alteration.
fn not_proven(error: AuditError, path: &Path, altered: &'static str) -> Problem {
    match &error {
        AuditError::Fault(fault) if !matches!(fault.kind.as_str(), "unsigned" | "other-signer") => {
            Problem::finding(altered).at(path)
        }
        _ => error.into(),
    }
}

/// Returns the problem of a proof or certificate that cannot be read as one: what looks like one was altered.
fn no_paper(error: AuditError, bytes: &[u8], kind: &str) -> Problem {
    let AuditError::Format { path } = error else { return error.into() };
    let has = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let looks = bytes.starts_with(b"{") || has("tokumei-proof-") || has("tokumei-exclusion-");
    match (looks, kind) {
        (true, "audit-proof") => Problem::finding("audit-proof-altered").at(&path),
        (true, _) => Problem::finding("audit-certificate-altered").at(&path),
        (false, _) => Problem::new("audit-no-paper").at(&path),
    }
}

/// Reads a proof or certificate, which is never large.
fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
    read.map_err(|error| Problem::new("audit-paper").at(path).because(&error))?;
    Ok(text)
}

const LONGEST: u64 = 256 << 20;
/// This program, as a root names it.
const TOOL: &str = concat!("tokumei ", env!("CARGO_PKG_VERSION"));

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Read { path, source } => Problem::new("audit-read").at(&path).because(&source),
            AuditError::Format { path } => Problem::new("audit-format").at(&path),
            AuditError::NoLeaf => Problem::new("audit-no-such-leaf"),
            AuditError::Fault(fault) => {
                let id = match (fault.record, fault.kind.as_str()) {
                    (Some(_), "altered") => "audit-record-altered",
                    (Some(_), "missing") => "audit-record-missing",
                    (Some(_), "added") => "audit-record-added",
                    (Some(_), "moved") => "audit-record-moved",
                    (Some(_), "malformed") => "audit-record-malformed",
                    (Some(_), "signature") => "audit-record-signature",
                    (Some(_), _) => "audit-record-broken",
                    (None, "missing") => "audit-paper-missing",
                    (None, "added") => "audit-paper-added",
                    (None, "unsigned") => "audit-unsigned",
                    (None, "other-signer") => "audit-other-signer",
                    (None, "signature") => "audit-signature",
                    (None, "counts") => "audit-counts",
                    (None, _) => "audit-paper-altered",
                };
                let record = fault.record.map(|record| record.to_string()).unwrap_or_default();
                Problem::finding(id).with("path", fault.paper).with("record", record)
            }
            _ => Problem::finding("audit-other"),
        }
    }
}
