//! Shares of one run united into one release, the same that one run over all of them would have made.

use crate::check::papers::digest_of_file;
use crate::check::{CHAIN, HASHES, LEDGER, MANIFEST, PUBLIC_KEY, ROOT, TABLE, TREATMENTS, open};
use crate::fault::{AuditError, Fault, FaultKind};
use crate::ledger::hex;
use crate::lines::Lines;
use crate::{
    ChainEnd, FileScrutiny, Leaf, LedgerWriter, ListMark, ManifestRow, People, Root, RunEntry, Scrutiny, Signer,
    verify_release,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What is to be united.
pub struct Merge<'a> {
    /// The shares, in any order.
    pub shards: &'a [PathBuf],
    /// The people of the shares, in any order; each share finds its own by the root it states.
    pub people: &'a [People],
    /// The release to make, which must not be there yet, or be an empty folder.
    pub out: &'a Path,
    /// The key to sign with.
    pub signer: &'a Signer,
    /// What the release states of those who have withdrawn.
    pub withdrawn: Option<ListMark>,
    /// What the root states of those whom consent has kept out.
    pub excluded: Option<ListMark>,
}

/// What was made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Merged {
    /// What was signed.
    pub root: Root,
    /// The people of the release.
    pub people: People,
    /// How many instances stood in more than one share, alike in all.
    pub united: u64,
}

impl Merge<'_> {
    /// Checks every share, unites them in a folder beside `out`, and gives that its name when it is whole.
    ///
    /// Outputs are linked where that is possible, and copied where not.
    ///
    /// # Errors
    /// [`MergeError`] when a share does not pass its check, two differ in what made them, or two have another leaf for one
    /// instance; nothing is left behind then.
    pub fn unite(&self) -> Result<Merged, MergeError> {
        let roots = self.roots()?;
        let people = self.united_people(&roots)?;
        let write = |source| MergeError::Write { path: self.out.to_owned(), source };
        if !is_free(self.out).map_err(write)? {
            return Err(MergeError::OutExists { path: self.out.to_owned() });
        }
        let staged = staged(self.out).ok_or_else(|| write(io::ErrorKind::InvalidInput.into()))?;
        prepare(&staged).map_err(write)?.then_some(()).ok_or_else(|| MergeError::OutExists { path: staged.clone() })?;
        let whole = staged.join("release");
        let result = self.fill(&whole, &roots, people);
        let result = result.and_then(|merged| {
            fs::rename(&whole, self.out).map_err(write)?;
            Ok(merged)
        });
        // What is left is ours: it bears the mark.
        let _ = fs::remove_dir_all(&staged);
        result
    }

    /// Returns what the shares state, once all of them hold and agree on what made them.
    fn roots(&self) -> Result<Vec<Root>, MergeError> {
        let scrutiny = Scrutiny { public_key: None, files: FileScrutiny::Contents };
        let mut roots: Vec<Root> = Vec::new();
        for shard in self.shards {
            let verified = verify_release(shard, &scrutiny);
            let root = verified.map_err(|source| MergeError::Shard { path: shard.clone(), source })?.root;
            if root.key.is_none() {
                return Err(MergeError::NoKey { path: shard.clone() });
            }
            if let Some(what) = roots.first().and_then(|first| difference(first, &root)) {
                return Err(MergeError::Terms { path: shard.clone(), what });
            }
            roots.push(root);
        }
        if roots.is_empty() {
            return Err(MergeError::NoShards);
        }
        whole(&roots)?;
        Ok(roots)
    }

    fn united_people(&self, roots: &[Root]) -> Result<People, MergeError> {
        let mut all = Vec::new();
        for (root, shard) in roots.iter().zip(self.shards) {
            let own = self.people.iter().find(|people| root.people == Some(people.mark()));
            // Of nobody there is nothing to be found.
            let none = root.people == Some(People::default().mark());
            match own {
                Some(people) => all.extend_from_slice(people.identifiers()),
                None if none => {}
                None => return Err(MergeError::NoPeople { path: shard.clone() }),
            }
        }
        Ok(People::new(all))
    }

    fn fill(&self, to: &Path, roots: &[Root], people: People) -> Result<Merged, MergeError> {
        let write = |source| MergeError::Write { path: self.out.to_owned(), source };
        fs::create_dir_all(to.join("audit")).map_err(write)?;
        fs::create_dir_all(to.join("dicom")).map_err(write)?;
        let create = |paper: &str| File::create(to.join(paper)).map(BufWriter::new).map_err(write);
        let mut ledger = LedgerWriter::new(create(LEDGER)?);
        let (mut hashes, mut manifest, mut table) = (create(HASHES)?, create(MANIFEST)?, create(TABLE)?);
        writeln!(table, "{}", ManifestRow::COLUMNS).map_err(write)?;
        let mut shards = self.shards.iter().map(|path| Share::open(path)).collect::<Result<Vec<_>, _>>()?;
        let mut united = 0;
        while let Some((first, others)) = next(&mut shards)? {
            united += others;
            let Record { line, row, instance, .. } = &first;
            let pushed = ledger.push(instance, line);
            let hash = pushed.map_err(|error| write(io::Error::other(error)))?;
            let written = writeln!(hashes, "{}", hex(&hash))
                .and_then(|()| writeln!(manifest, "{}", row.line()))
                .and_then(|()| writeln!(table, "{}", row.csv()));
            written.map_err(write)?;
            bring(&first.shard.join(&row.path), &to.join(&row.path)).map_err(write)?;
        }
        let (file, seal) = ledger.finish().map_err(|error| write(io::Error::other(error)))?;
        let mut treatments = create(TREATMENTS)?;
        self.unite_treatments(&mut treatments)?;
        for paper in [file, hashes, manifest, table, treatments] {
            paper
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| file.sync_all())
                .map_err(write)?;
        }
        let mut root = sum(roots, united);
        root.leaves = seal.leaves;
        root.merkle_root = seal.root;
        for paper in [MANIFEST, TABLE, TREATMENTS] {
            root.papers.insert(paper.to_owned(), digest_of_file(&to.join(paper)).map_err(write)?);
        }
        root.people = Some(people.mark());
        root.withdrawn.clone_from(&self.withdrawn);
        root.excluded.clone_from(&self.excluded);
        let root = root.signed_by(self.signer);
        let entry = RunEntry::new(&ChainEnd::default(), &root, self.signer);
        let texts = [(PUBLIC_KEY, self.signer.public().line()), (ROOT, root.line()), (CHAIN, entry.line() + "\n")];
        for (paper, text) in texts {
            let mut file = File::create(to.join(paper)).map_err(write)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(write)?;
        }
        Ok(Merged { root, people, united })
    }

    /// Writes every treatment of the shares once. Each share has those of its leaves alone, in their order.
    fn unite_treatments(&self, to: &mut impl Write) -> Result<(), MergeError> {
        let write = |source| MergeError::Write { path: self.out.to_owned(), source };
        let mut shards = Vec::new();
        for path in self.shards {
            let lines = open(path, TREATMENTS).map_err(|source| MergeError::Shard { path: path.clone(), source })?;
            shards.push(lines);
        }
        let mut heads = shards.iter_mut().map(Lines::next).collect::<io::Result<Vec<_>>>().map_err(write)?;
        // A line begins with its digest, so the order of the lines is theirs.
        while let Some(first) = heads.iter().flatten().min().cloned() {
            to.write_all(&first).and_then(|()| to.write_all(b"\n")).map_err(write)?;
            for (head, lines) in heads.iter_mut().zip(&mut shards) {
                if head.as_ref() == Some(&first) {
                    *head = lines.next().map_err(write)?;
                }
            }
        }
        Ok(())
    }
}

/// Refuses releases that state their shares, and are not all of one division. What was made before shares were stated is
/// taken as it is.
fn whole(roots: &[Root]) -> Result<(), MergeError> {
    let stated: BTreeSet<&str> =
        roots.iter().filter_map(|root| root.parameters.get(SHARES)).flat_map(|shares| shares.split(' ')).collect();
    let Some(of) = stated.iter().filter_map(|share| share.split_once('/')?.1.parse::<u32>().ok()).max() else {
        return Ok(());
    };
    let all = (1..=of).all(|index| stated.contains(format!("{index}/{of}").as_str()));
    let none_else = u32::try_from(stated.len()) == Ok(of);
    match all && none_else {
        true => Ok(()),
        false => Err(MergeError::Incomplete { have: stated.into_iter().collect::<Vec<_>>().join(", "), of }),
    }
}

/// The parameter of a root that states which shares of a run a release holds, where it holds not all.
pub const SHARES: &str = "shares";

/// Returns the first thing in which two shares differ that one run has in common.
fn difference(one: &Root, other: &Root) -> Option<&'static str> {
    let same = [
        ("key", one.key == other.key),
        ("profile", one.profile == other.profile),
        ("tool", one.tool == other.tool),
        ("digest", one.digest == other.digest),
        ("edition", one.edition == other.edition),
    ];
    const PARAMETERS: [&str; 6] = ["site", "purpose", "consent", "mask-rules", "scheme", "guard-scope"];
    let same_parameter = |name: &&str| one.parameters.get(*name) == other.parameters.get(*name);
    if let Some(what) = PARAMETERS.into_iter().find(|name| !same_parameter(name)) {
        return same.into_iter().find(|(_, same)| !same).map_or(Some(what), |(what, _)| Some(what));
    }
    let mut same = same.into_iter().chain([("parameters", parameters(one) == parameters(other))]);
    same.find(|(_, same)| !same).map(|(what, _)| what)
}

/// Returns what a root has in common with the other shares.
fn parameters(root: &Root) -> BTreeMap<&String, &String> {
    root.parameters.iter().filter(|(name, _)| *name != SHARES).collect()
}

/// Returns the first root with the counts of all. What stood in two shares was one file, discovered twice.
fn sum(roots: &[Root], united: u64) -> Root {
    let mut sum = roots[0].clone();
    sum.parameters.remove(SHARES);
    (sum.counts, sum.reasons, sum.text, sum.dataset) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), None);
    for root in roots {
        for (state, count) in &root.counts {
            *sum.counts.entry(state.clone()).or_default() += count;
        }
        for (word, count) in &root.text {
            *sum.text.entry(word.clone()).or_default() += count;
        }
        for (state, reasons) in &root.reasons {
            let of_state = sum.reasons.entry(state.clone()).or_default();
            reasons.iter().for_each(|(reason, count)| *of_state.entry(reason.clone()).or_default() += count);
        }
    }
    if let Some(released) = sum.counts.get_mut(tokumei_core::State::Released.as_str()) {
        *released = released.saturating_sub(united);
    }
    sum
}

/// One instance of a share.
struct Record {
    shard: PathBuf,
    instance: String,
    line: Vec<u8>,
    row: ManifestRow,
}

/// A share that is read instance by instance.
struct Share {
    path: PathBuf,
    ledger: Lines,
    manifest: Lines,
    head: Option<Record>,
}

impl Share {
    fn open(path: &Path) -> Result<Share, MergeError> {
        let at = |source| MergeError::Shard { path: path.to_owned(), source };
        let (ledger, manifest) = (open(path, LEDGER).map_err(at)?, open(path, MANIFEST).map_err(at)?);
        let mut share = Share { path: path.to_owned(), ledger, manifest, head: None };
        share.advance()?;
        Ok(share)
    }

    /// Takes the record in hand and reads the next one.
    fn advance(&mut self) -> Result<Option<Record>, MergeError> {
        let read = |source| MergeError::Write { path: self.path.clone(), source };
        let bad =
            || MergeError::Shard { path: self.path.clone(), source: Fault::whole(MANIFEST, FaultKind::Malformed) };
        let next = match (self.ledger.next().map_err(read)?, self.manifest.next().map_err(read)?) {
            (None, None) => None,
            (Some(line), Some(row)) => {
                let leaf: Leaf = serde_json::from_slice(&line).map_err(|_| bad())?;
                let row: ManifestRow = serde_json::from_slice(&row).map_err(|_| bad())?;
                if leaf.instance != row.instance {
                    return Err(bad());
                }
                Some(Record { shard: self.path.clone(), instance: leaf.instance, line, row })
            }
            _ => return Err(bad()),
        };
        Ok(std::mem::replace(&mut self.head, next))
    }
}

/// Takes the first instance of all shares, and how many others have it too.
fn next(shards: &mut [Share]) -> Result<Option<(Record, u64)>, MergeError> {
    let first = shards.iter().filter_map(|share| share.head.as_ref()).map(|record| record.instance.clone()).min();
    let Some(instance) = first else { return Ok(None) };
    let mut taken: Option<Record> = None;
    let mut others = 0;
    for share in shards {
        if share.head.as_ref().is_none_or(|record| record.instance != instance) {
            continue;
        }
        let Some(record) = share.advance()? else { continue };
        match &taken {
            None => taken = Some(record),
            Some(known) if known.line == record.line && known.row == record.row => others += 1,
            Some(known) => {
                let (first, second) = (known.shard.clone(), record.shard);
                return Err(MergeError::Conflict { instance, first, second });
            }
        }
    }
    Ok(taken.map(|record| (record, others)))
}

/// Gives an output its place in the new release: the same file under another name, or a copy.
fn bring(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ()))
}

fn is_free(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Makes the folder where a merge works, and tells whether it could: what lies there without the mark of a merge that died
/// is somebody else's, and stays.
fn prepare(staged: &Path) -> io::Result<bool> {
    if !is_free(staged)? {
        if !staged.join(MARK).is_file() {
            return Ok(false);
        }
        fs::remove_dir_all(staged)?;
    }
    fs::create_dir_all(staged)?;
    File::create(staged.join(MARK))?.sync_all()?;
    Ok(true)
}

/// Says of a folder that a merge has made it.
const MARK: &str = ".tokumei-merge";

fn staged(out: &Path) -> Option<PathBuf> {
    let name = out.file_name()?.to_string_lossy();
    Some(out.with_file_name(format!(".{name}.merging")))
}

/// Why shares are not united.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is nothing to unite.
    #[error("there is no share")]
    NoShards,
    /// A share is not as it was signed.
    #[error("the share {} does not hold", path.display())]
    Shard {
        /// The share.
        path: PathBuf,
        /// What is wrong with it.
        source: AuditError,
    },
    /// The key of a share was destroyed, so no other can be of the same run.
    #[error("the key of the share {} was destroyed", path.display())]
    NoKey {
        /// The share.
        path: PathBuf,
    },
    /// A share was made with something else than the first.
    #[error("the share {} was made with another {what}", path.display())]
    Terms {
        /// The share.
        path: PathBuf,
        /// What differs: `key`, `profile`, `tool`, `digest`, `edition`, the name of a parameter such as `consent`, or `parameters`.
        what: &'static str,
    },
    /// Not all shares are there, or not of one division.
    #[error("of {of} shares these are {have}")]
    Incomplete {
        /// The shares that are there.
        have: String,
        /// How many there are.
        of: u32,
    },
    /// No list of people is that of a share.
    #[error("there is no list of the people of the share {}", path.display())]
    NoPeople {
        /// The share.
        path: PathBuf,
    },
    /// Two shares have another leaf, or another output, for one instance.
    #[error("two shares differ in one instance")]
    Conflict {
        /// The new SOP Instance UID.
        instance: String,
        /// The share that has the one.
        first: PathBuf,
        /// The share that has the other.
        second: PathBuf,
    },
    /// The place of the release is taken.
    #[error("{} is there already", path.display())]
    OutExists {
        /// The folder.
        path: PathBuf,
    },
    /// The release could not be written.
    #[error("{} could not be written", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
