//! The whole of it: every file by itself, then all of them together.

use crate::across::{self, Facts, Unparsed};
use crate::check::Check;
use crate::error::VerifyError;
use crate::files;
use crate::instance::{self, Unread};
use crate::originals::{Originals, Output};
use crate::papers::Papers;
use crate::pixels;
use crate::report::{Finding, Findings, NotChecked, Report};
use crate::single::{self, Place};
use crate::vault::Index;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokumei_core::hex;
use tokumei_profile::Profile;

/// What to verify, and against what.
#[derive(Clone, Debug)]
pub struct Options {
    /// The release.
    pub release: PathBuf,
    /// The vault of the runs that made it: its index tells what became of each source.
    pub vault: Option<PathBuf>,
    /// Files or folders with originals, which outputs are then compared with; needs the vault.
    pub originals: Vec<PathBuf>,
    /// The profile that the release was made with.
    pub profile: Profile,
    /// How many threads read; 0 counts as 1.
    pub threads: usize,
}

/// Looks at a release and returns what it found.
///
/// Nothing is written. The report is the same whatever the number of threads.
///
/// # Errors
/// [`VerifyError`] when the release or the index cannot be read at all, or originals are given without a vault. Whatever
/// is wrong with single files or papers is in the report.
///
/// ```
/// use tokumei_profile::Profile;
/// use tokumei_verify::{Options, VerifyError, verify};
/// let options = Options {
///     release: "/nowhere".into(),
///     vault: None,
///     originals: Vec::new(),
///     profile: Profile::builtin("ps315-basic")?,
///     threads: 2,
/// };
/// assert!(matches!(verify(&options), Err(VerifyError::Release { .. })));
/// # Ok::<(), tokumei_profile::ProfileError>(())
/// ```
pub fn verify(options: &Options) -> Result<Report, VerifyError> {
    if !options.originals.is_empty() && options.vault.is_none() {
        return Err(VerifyError::OriginalsWithoutVault);
    }
    let (files, strays) = files::list(&options.release)?;
    let index = options.vault.as_deref().map(Index::read).transpose()?;
    let (papers, on_papers) = Papers::read(&options.release, &options.profile);
    let mut report = Report::default();
    let originals = Originals::find(&options.originals, index.as_ref(), &options.profile);
    let (originals, trouble) = match originals {
        Ok(originals) => (originals, None),
        Err(reason) => (Originals::Absent, Some(reason)),
    };
    let whole = |reason| NotChecked { file: String::new(), reason };
    report.not_checked.extend(trouble.map(whole));
    if let Originals::Pooled { unread, .. } = &originals {
        report.not_checked.push(whole("links-not-kept"));
        report.not_checked.extend((*unread > 0).then(|| whole("original-unreadable")));
    }
    let work = Work { options, papers: &papers, originals: &originals };
    let outcomes = work.all(&files);
    report.take(strays);
    report.take(on_papers);
    let (mut facts, mut unread) = (Vec::new(), Vec::new());
    for (file, outcome) in files.iter().zip(outcomes) {
        report.take(outcome.findings);
        report.compared += u64::from(outcome.compared);
        let reasons = outcome.not_checked.into_iter();
        report.not_checked.extend(reasons.map(|reason| NotChecked { file: file.clone(), reason }));
        match outcome.facts {
            Some(fact) => facts.push(fact),
            None => unread.push(Unparsed { file, bulk: outcome.bulk }),
        }
    }
    report.checked = facts.len() as u64;
    report.take(across::files(&facts));
    report.take(across::papers(&facts, &unread, &papers));
    if let Some(index) = &index {
        report.take(across::index(&files, &papers, index));
    }
    Ok(report.finish())
}

struct Work<'a> {
    options: &'a Options,
    papers: &'a Papers,
    originals: &'a Originals,
}

/// What became of one file.
#[derive(Default)]
struct Outcome {
    findings: Vec<Finding>,
    facts: Option<Facts>,
    not_checked: BTreeSet<&'static str>,
    compared: bool,
    /// Its length and digest, also where it could not be parsed.
    bulk: Option<(u64, String)>,
}

impl Work<'_> {
    /// Checks every file and returns the outcomes in the order of the files.
    fn all(&self, files: &[String]) -> Vec<Outcome> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(files.len()));
        std::thread::scope(|scope| {
            for _ in 0..self.options.threads.clamp(1, 256) {
                scope.spawn(|| {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let outcome = self.one(file);
                        done.lock().expect("no thread panics while it holds the lock").push((file, outcome));
                    }
                });
            }
        });
        let mut done = done.into_inner().expect("no thread panics while it holds the lock");
        done.sort_by_key(|(file, _)| *file);
        done.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn one(&self, file: &str) -> Outcome {
        let path = self.options.release.join(file);
        let mut outcome = Outcome { bulk: digest(&path).ok(), ..Outcome::default() };
        let mut findings = Findings::of(file);
        match (instance::open(&path).and_then(instance::Opened::read), Place::of(file)) {
            (Ok((instance, inflated)), Some(place)) => {
                let leaf = self.papers.leaves.get(&place.instance);
                let output = Output { path: &path, instance: &instance, inflated: inflated.as_deref(), leaf };
                self.parsed(file, &place, &output, &mut outcome, &mut findings);
            }
            (Ok(_), None) => {}
            (Err(Unread::NOT_PART_10), _) => findings.whole(Check::NotPart10),
            // It may be whole: this reader has limits, and so has the disk.
            (Err(unread), _) if unread.is_limit() => _ = outcome.not_checked.insert(unread.0),
            (Err(unread), _) => findings.add(Check::Unreadable, unread.0),
        }
        outcome.findings = findings.into_list();
        outcome
    }

    /// Checks a file that was read to its end.
    fn parsed(
        &self,
        file: &str,
        place: &Place,
        output: &Output<'_>,
        outcome: &mut Outcome,
        findings: &mut Findings<'_>,
    ) {
        let profile = &self.options.profile;
        single::check(output.instance, place, output.leaf, profile, findings);
        let pixels = pixels::check(&output.stored(), output.leaf, findings);
        let compared = self.originals.compare(file, output, profile, findings);
        outcome.not_checked.extend(pixels.err().into_iter().chain(compared.err()));
        outcome.compared = compared.unwrap_or_default();
        match outcome.bulk.take() {
            Some((bytes, digest)) => outcome.facts = Some(Facts::of(file, output.instance, bytes, digest)),
            None => _ = outcome.not_checked.insert("io-error"),
        }
    }
}

/// Returns the length and the SHA-256 of a file in hexadecimal digits.
fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut length = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            let digest = hasher.finalize();
            return Ok((length, hex(&digest)));
        }
        hasher.update(&buffer[..read]);
        length += read as u64;
    }
}
