//! `tokumei audit prove` and `certify`: papers that can be checked without the rest.

use crate::arguments::CertifyArgs;
use crate::command::linkage::{patients, unclear};
use crate::command::run;
use crate::command::verify::profile;
use crate::console::{Console, show};
use crate::place::outside_releases;
use crate::problem::Problem;
use serde_json::{Value, json};
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tokumei_audit::Proof;
use tokumei_pipeline::{Asked, CertificateError, CertificateRequest, Issued, certify as issue};

/// Proves that an instance stands in the ledger of a release.
pub fn prove(release: &Path, instance: &str, out: Option<&Path>, console: &Console) -> Result<u8, Problem> {
    let proof = Proof::of(release, instance).map_err(|error| match error {
        tokumei_audit::AuditError::NoLeaf => Problem::new("audit-no-leaf").at(release).with("instance", instance),
        other => other.into(),
    })?;
    hand_out(&proof.line(), out, 0o666, "audit-proof-made", console)
}

/// Certifies that nothing of a person is in a release; of several people, in a folder of certificates.
pub fn certify(args: CertifyArgs, console: &Console) -> Result<u8, Problem> {
    args.out.as_deref().map_or(Ok(()), outside_releases)?;
    let people = patients(args.patient.as_ref(), args.patients.as_ref())?;
    let Some(first) = people.first().cloned() else { return Err(Problem::new("certify-no-patient")) };
    let out = args.out.clone();
    let mut request = request(args, first.id.clone())?;
    if people.len() == 1 {
        let issued = issue(&request).map_err(|error| certificate_problem(error, &request, &first, console))?;
        if !issued.known {
            console.note("certify-never-met", &[("count", "1")]);
        }
        // It names the person: for its owner alone.
        return hand_out(&issued.certificate.line(), out.as_deref(), 0o600, "audit-certificate-made", console);
    }
    let Some(folder) = out else { return Err(Problem::new("certify-folder")) };
    let (all, mut made) = (people.len(), Vec::new());
    for asked in &people {
        request.patient.clone_from(&asked.id);
        match issue(&request) {
            Ok(issued) => made.push(issued),
            Err(CertificateError::Included) => {}
            Err(error) => return Err(certificate_problem(error, &request, asked, console)),
        }
    }
    let folder_made = DirBuilder::new().mode(0o700).create(&folder);
    folder_made.map_err(|error| Problem::new("audit-paper-write").at(&folder).because(&error))?;
    for Issued { certificate, .. } in &made {
        let path = folder.join(format!("{}.json", &certificate.person[..16]));
        // Two spellings of one ID have one certificate.
        if !path.exists() {
            write_new(&path, &certificate.line(), 0o600)?;
        }
    }
    let included = all - made.len();
    let never = made.iter().filter(|issued| !issued.known).count();
    if never > 0 {
        console.note("certify-never-met", &[("count", &never.to_string())]);
    }
    let (count, others, path) = (made.len().to_string(), included.to_string(), show(&folder));
    let numbers = [("path", path.as_str()), ("made", &count), ("included", &others)];
    console.result(
        || console.say("audit-certificates-made", &numbers) + "\n",
        || json!({ "folder": path, "certificates": made.len(), "included": included, "never_met": never }),
    );
    Ok(u8::from(included > 0))
}

fn request(args: CertifyArgs, patient: String) -> Result<CertificateRequest, Problem> {
    Ok(CertificateRequest {
        vault: args.vault.unwrap_or_else(|| vault_beside(&args.release)),
        profile: profile(args.profile.as_deref(), &args.release)?,
        release: args.release,
        key_file: args.key,
        signing_key: args.signing_key,
        site: args.site,
        patient,
        naming: args.naming.into(),
        operator: args.operator,
    })
}

/// Writes a paper to a new file, or to standard output.
fn hand_out(line: &str, out: Option<&Path>, mode: u32, id: &str, console: &Console) -> Result<u8, Problem> {
    let Some(path) = out else {
        console.print(line);
        return Ok(0);
    };
    write_new(path, line, mode)?;
    let shown = show(path);
    let text = || format!("{}\n", console.say(id, &[("path", &shown)]));
    console.result(text, || json!({ "file": shown, "paper": serde_json::from_str::<Value>(line).unwrap_or_default() }));
    Ok(0)
}

fn write_new(path: &Path, line: &str, mode: u32) -> Result<(), Problem> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|error| Problem::new("audit-paper-write").at(path).because(&error))
}

/// Returns the folder where a run puts the vault of a release.
pub fn vault_beside(release: &Path) -> PathBuf {
    let release = std::path::absolute(release).unwrap_or_else(|_| release.to_owned());
    let mut name = release.file_name().unwrap_or_default().to_os_string();
    name.push(".vault");
    release.with_file_name(name)
}

fn certificate_problem(
    error: CertificateError,
    request: &CertificateRequest,
    asked: &Asked,
    console: &Console,
) -> Problem {
    match error {
        CertificateError::Included => Problem::finding("certify-included").at(&request.release),
        CertificateError::OtherRelease => Problem::new("certify-other-release").at(&request.release),
        CertificateError::OtherSite => Problem::new("certify-other-site").at(&request.release),
        CertificateError::Stale => Problem::new("certify-stale").at(&request.vault),
        CertificateError::Unclear(why) => unclear(why, &[asked.line.unwrap_or_default()], console),
        CertificateError::Run(error) => run::problem(error, console),
        CertificateError::Vault { path, source } => Problem::new("run-vault-problem").at(&path).because(&source),
        CertificateError::KeyDestroyed => Problem::new("certify-key-destroyed").at(&request.release),
        CertificateError::Root(error) => error.into(),
        CertificateError::Key(error) => error.into(),
        CertificateError::Signing(error) => error.into(),
        _ => Problem::new("audit-other"),
    }
}
