//! Outputs against their originals.

mod harvest;
mod search;
mod utility;

use crate::instance::{self, Instance};
use crate::papers::Leaf;
use crate::pixels::{self, Stored};
use crate::report::Findings;
use crate::single::marks;
use crate::vault::Index;
use search::Searcher;
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokumei_profile::Profile;
use tokumei_text::Identifiers;

/// The originals of a release.
pub(crate) enum Originals {
    /// None were given.
    Absent,
    /// Each output has its source.
    Linked { sources: HashMap<String, PathBuf>, roots: Vec<PathBuf>, searchers: Searchers },
    /// The links were not kept: every output is searched for the strong identifiers of all originals.
    Pooled { searcher: Box<Searcher>, unread: usize },
}

/// Most spellings that are searched for at once when links were not kept.
const MOST: usize = 400_000;

/// An output, ready to be compared.
pub(crate) struct Output<'a> {
    pub path: &'a Path,
    pub instance: &'a Instance,
    /// The data set of a deflated file.
    pub inflated: Option<&'a [u8]>,
    pub leaf: Option<&'a Leaf>,
}

impl Output<'_> {
    /// Returns where its bytes are.
    pub(crate) fn stored(&self) -> Stored<'_> {
        Stored { instance: self.instance, path: self.path, inflated: self.inflated }
    }
}

impl Originals {
    /// Finds the originals by the vault's index.
    pub(crate) fn find(given: &[PathBuf], index: Option<&Index>, profile: &Profile) -> Result<Originals, &'static str> {
        let (false, Some(index)) = (given.is_empty(), index) else { return Ok(Originals::Absent) };
        let roots: Vec<PathBuf> = given.iter().filter_map(|root| fs::canonicalize(root).ok()).collect();
        if index.has_links() {
            let linked = index.0.iter().filter(|row| !row.release.is_empty());
            let sources = linked.map(|row| (row.release.clone(), row.source.clone())).collect();
            return Ok(Originals::Linked { sources, roots, searchers: Searchers::default() });
        }
        let (mut pool, mut uids, mut unread) = (Identifiers::new(), Vec::new(), 0);
        for row in index.0.iter().filter(|row| row.state == "released") {
            match read(&row.source, &roots) {
                Ok((original, _)) => {
                    let found = harvest::harvest(&original, profile);
                    pool.merge(&found.identifiers);
                    uids.extend(found.uids);
                }
                Err(_) => unread += 1,
            }
            if pool.len() + uids.len() > MOST {
                return Err("too-many-identifiers");
            }
        }
        uids.sort_unstable();
        uids.dedup();
        let searcher = Searcher::strong_only(&pool, &uids).ok_or("too-many-identifiers")?;
        Ok(Originals::Pooled { searcher: Box::new(searcher), unread })
    }

    /// Compares an output and tells whether it was compared with its own original.
    pub(crate) fn compare(
        &self,
        file: &str,
        output: &Output<'_>,
        profile: &Profile,
        findings: &mut Findings<'_>,
    ) -> Result<bool, &'static str> {
        match self {
            Originals::Absent => Ok(false),
            Originals::Pooled { searcher, .. } => {
                searcher.search(output, findings).map_err(|_| "io-error")?;
                Ok(false)
            }
            Originals::Linked { sources, roots, searchers } => {
                let source = sources.get(file).ok_or("original-not-linked")?;
                let (original, inflated) = read(source, roots)?;
                let found = harvest::harvest(&original, profile);
                let searcher = searchers.of(found.identifiers).ok_or("too-many-identifiers")?;
                let uids = Searcher::strong_only(&Identifiers::new(), &found.uids).ok_or("too-many-identifiers")?;
                for searcher in [&*searcher, &uids] {
                    searcher.search(output, findings).map_err(|_| "io-error")?;
                }
                utility::check(&original, output.instance, profile, &searcher, findings);
                marks::check_claims(&original, output.instance, output.leaf, findings);
                let masks = output.leaf.map(|leaf| leaf.masks.as_slice()).unwrap_or_default();
                let original = Stored { instance: &original, path: source, inflated: inflated.as_deref() };
                pixels::compare(&original, &output.stored(), masks, findings)?;
                Ok(true)
            }
        }
    }
}

/// The searches for the patients met last: instances of one series mostly share theirs.
#[derive(Default)]
pub(crate) struct Searchers(Mutex<VecDeque<(Identifiers, Arc<Searcher>)>>);

impl Searchers {
    fn of(&self, identifiers: Identifiers) -> Option<Arc<Searcher>> {
        const KEPT: usize = 8;
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().iter().find(|(known, _)| *known == identifiers) {
            return Some(Arc::clone(known));
        }
        let searcher = Arc::new(Searcher::new(&identifiers)?);
        let mut known = lock();
        known.push_front((identifiers, Arc::clone(&searcher)));
        known.truncate(KEPT);
        Some(searcher)
    }
}

/// Reads an original, if it lies in what was given.
fn read(source: &Path, roots: &[PathBuf]) -> Result<(Instance, Option<Vec<u8>>), &'static str> {
    let real = fs::canonicalize(source).map_err(|_| "original-missing")?;
    if !roots.iter().any(|root| real.starts_with(root)) {
        return Err("original-not-given");
    }
    instance::open_original(&real).and_then(instance::Opened::read).map_err(|_| "original-unreadable")
}
