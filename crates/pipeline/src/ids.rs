//! A clinical table gets the pseudonyms and date shifts of a release, so that its rows still join the images.
//!
//! Of every column somebody says what it holds, or that it stays; a column of which nobody says anything refuses the table.
//! What stays is the caller's to judge. But where it says the ID of the row's patient, or is the ID of anybody else of the
//! table or the release, the table is refused: it would undo the whole. Columns are told by their numbers, cells never.

use crate::execution::{Event, ExecutionLog};
use crate::identities::Identities;
use crate::kin::Kin;
use crate::places::Places;
use crate::readmission::Excluded;
use crate::sheet::{Line, Sheet, SheetError};
use crate::vault::{Key, Terms, check_mode};
use crate::written_date::WrittenDate;
use crate::{Config, Consent, RunError, csv, paths, standing};
use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokumei_audit::Root;
use tokumei_deid::Context;
use tokumei_profile::policy::Dates;
use tokumei_pseudonym::date::{Day, Precision, coarsen_da};
use tokumei_pseudonym::linkage::Withdrawn;
use tokumei_pseudonym::{IdKind, Patient};

/// Which columns of a table hold what, by their names.
#[derive(Clone, Debug, Default)]
pub struct IdColumns {
    /// Patient IDs.
    pub patient: String,
    /// Issuers of the patient IDs; empty for none.
    pub issuer: Option<String>,
    /// Dates, with times behind them or without.
    pub dates: Vec<String>,
    /// Accession numbers.
    pub accessions: Vec<String>,
    /// UIDs of studies, series or instances.
    pub uids: Vec<String>,
    /// Patient IDs of other people than the row's, such as the mother's, under the same issuer.
    pub others: Vec<String>,
    /// Columns that are left out.
    pub dropped: Vec<String>,
    /// Columns that stay as they are.
    pub kept: Vec<String>,
    /// Whether every column that is not named stays as it is.
    pub keep_others: bool,
    /// Whether rows of people without an image in the release are left out.
    pub released_only: bool,
    /// Whether another consent file is meant than that of the run.
    pub other_consent: bool,
}

/// What became of a table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapped {
    /// Its rows.
    pub rows: u64,
    /// Rows without a patient ID: their identifiers and dates are emptied.
    pub without_id: u64,
    /// Rows left out: their people have withdrawn, are not in by the consent file, or have no image in the release and were not asked for.
    pub left_out: u64,
    /// Rows that stay although their people have no image in the release.
    pub without_images: u64,
    /// Lines with a date that could not be read, and is emptied; the first hundred of them.
    pub unread_dates: Vec<u64>,
    /// How many dates that were.
    pub emptied_dates: u64,
    /// IDs of other people than the row's that are emptied, since these have withdrawn or are not in by the consent file.
    pub emptied_others: u64,
    /// Numbers of the columns that are as they were, from 1. Their names may be cells, where a table has no head.
    pub untouched: Vec<usize>,
}

/// Why a table got no pseudonyms. Lines are counted from 1; no cell is ever told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdsError {
    /// The key, the vault or the release do not fit together.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The release has no such papers, or is none.
    #[error("{} is no release", path.display())]
    NoRelease {
        /// The release.
        path: PathBuf,
    },
    /// The key of the release was destroyed: nothing joins it any more.
    #[error("the key of {} was destroyed", path.display())]
    KeyDestroyed {
        /// The release.
        path: PathBuf,
    },
    /// The consent file is another than that of the run, and it was not said that it is meant.
    #[error("the consent file is not that of {}", path.display())]
    OtherConsent {
        /// The release.
        path: PathBuf,
    },
    /// The table cannot be read, or lacks a column.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// A row holds a patient ID in a column that stays: of its own patient, or of another.
    #[error("line {line} holds a patient ID in column {column}, which stays")]
    Leak {
        /// The line.
        line: u64,
        /// The number of the column, from 1.
        column: usize,
    },
    /// Nobody says what becomes of a column.
    #[error("nothing says what becomes of the columns {columns:?}")]
    Unnamed {
        /// Their numbers, from 1.
        columns: Vec<usize>,
    },
    /// The first line holds a number, a date or a patient ID: it is no head, but a row.
    #[error("the first line is no head")]
    NoHead {
        /// The number of the column, from 1.
        column: usize,
    },
    /// The consent file names a row's patient with more or fewer zeros before the number.
    #[error("the patient ID in line {line} and one of the consent file differ in their leading zeros")]
    Zeros {
        /// The line.
        line: u64,
    },
    /// The new table cannot be written, or is there already.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The new table.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Gives a table the pseudonyms of a release and writes it to a new file.
///
/// `reason` is why, in the operator's words, for the execution log. `config` says what the release was made with: profile, site,
/// key and vault. They are compared with what the release
/// states before the table is read. The new table is written whole or not at all, in the encoding of the old one.
///
/// # Errors
/// [`IdsError`]; no new table is there then.
pub fn map_ids(
    config: &Config,
    table: &Path,
    columns: &IdColumns,
    out: &Path,
    reason: &str,
) -> Result<Mapped, IdsError> {
    let places = Places::find(&[], &config.out, config.vault.as_deref())?;
    check_mode(&places.vault)?;
    let (key, root) = key_of(config, &places)?;
    let withdrawn = standing::check(&places.release, &places.vault, Some(&root))?;
    let other = consent_of(config, columns, &key, &root)?;
    let excluded = Excluded::load(&places.vault)?;
    let context = Context { profile: &config.profile, pseudonyms: &key.pseudonyms, site: &config.site };
    let kin = Kins::of(config, &key, &excluded, &places.vault)?;
    let (sheet, _) = Sheet::load(table)?;
    let plan = Plan::of(&sheet, columns, context, &places.release)?;
    let mut mapped = Mapped { untouched: plan.untouched(), ..Mapped::default() };
    let mut text = String::from(if sheet.marked { "\u{FEFF}" } else { "" });
    let end = if sheet.returns { "\r\n" } else { "\n" };
    plan.write(&sheet.head, end, &mut text);
    let people: HashSet<String> = sheet.rows.iter().map(|row| plan.person(row).1).collect();
    let mut guard = Others { people, release: &places.release, known: HashMap::new() };
    for row in &sheet.rows {
        mapped.rows += 1;
        let (_, id) = plan.person(row);
        if config.consent.as_ref().is_some_and(|consent| consent.differs_in_zeros(&id)) {
            return Err(IdsError::Zeros { line: row.line });
        }
        if plan.is_kept(row, config.consent.as_ref())
            || plan.was_excluded(row, &kin, &places.release)
            || plan.is_out(row, &places.release, &withdrawn, columns.released_only, &mut mapped)
        {
            mapped.left_out += 1;
            continue;
        }
        let mut cells = plan.row(row, &mut mapped, &mut guard)?;
        for (at, other) in plan.others(row) {
            let (_, id) = plan.person(&other);
            if config.consent.as_ref().is_some_and(|consent| consent.differs_in_zeros(&id)) {
                return Err(IdsError::Zeros { line: row.line });
            }
            let is_out = plan.is_kept(&other, config.consent.as_ref())
                || plan.was_excluded(&other, &kin, &places.release)
                || plan.is_out(&other, &places.release, &withdrawn, false, &mut Mapped::default());
            if is_out {
                cells[at].clear();
                mapped.emptied_others += 1;
            }
        }
        plan.write(&cells, end, &mut text);
    }
    let (bytes, ..) = sheet.encoding.encode(&text);
    let event = Event::new("ids-map")
        .because(reason)
        .to(paths::absolute(&config.out))
        .count("rows", mapped.rows - mapped.left_out)
        .count("left_out", mapped.left_out)
        .count("emptied_others", mapped.emptied_others)
        .with("table_sha256", tokumei_audit::digest(&bytes));
    let event = other.into_iter().fold(event, |event, consent| event.with("consent", consent));
    let event = config.operator.iter().fold(event, |event, operator| event.by(operator));
    // Before the table is there: whoever turns identities into pseudonyms leaves a line.
    let logged = ExecutionLog::open(&places.vault).and_then(|log| log.append(&event));
    logged.map_err(|source| RunError::Vault { path: places.vault.clone(), source })?;
    write_new(out, &bytes).map_err(|source| IdsError::Write { path: out.to_owned(), source })?;
    Ok(mapped)
}

/// Returns the keyed digest of the consent file where it is another than that of the run, which must be said: by an old one
/// people would come in who are not in the images.
fn consent_of(config: &Config, columns: &IdColumns, key: &Key, root: &Root) -> Result<Option<String>, IdsError> {
    let given = Terms::of(config, &key.pseudonyms).consent;
    let stated = root.parameters.get("consent").filter(|stated| **stated != given);
    match (stated, columns.other_consent) {
        (None, _) => Ok(None),
        (Some(_), true) => Ok(Some(given)),
        (Some(_), false) => Err(IdsError::OtherConsent { path: config.out.clone() }),
    }
}

/// Finds the key and compares it, and all else that pseudonyms come from, with what the release states.
fn key_of(config: &Config, places: &Places) -> Result<(Key, Root), IdsError> {
    let root = Root::read(&places.release.join("audit/root.json"))
        .map_err(|_| IdsError::NoRelease { path: places.release.clone() })?;
    if root.key.is_none() {
        return Err(IdsError::KeyDestroyed { path: places.release.clone() });
    }
    let file = config.key_file.clone().unwrap_or_else(|| places.vault.join("project.key"));
    let key = Key::kept(config, &file)?;
    let there = Terms::of_root(&root);
    let here = Terms::of(config, &key.pseudonyms);
    let same = Terms { key: here.key, profile: here.profile, scheme: here.scheme, site: here.site, ..there.clone() };
    // Whoever was kept out of the images must not come in by the table: what was made for a purpose asks for consent again.
    let purpose = if there.purpose.is_empty() { String::new() } else { here.purpose };
    let same = Terms { purpose, ..same };
    same.agree(&there, &places.release)?;
    Ok((key, root))
}

/// What happens to each column.
struct Plan<'a> {
    kinds: Vec<Kind>,
    patient: usize,
    issuer: Option<usize>,
    context: Context<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Patient,
    Issuer,
    Date,
    Accession,
    Uid,
    Other,
    Dropped,
    Untouched,
}

/// Whose IDs must not stand in a column that stays.
struct Others<'a> {
    /// The canonical IDs of the table.
    people: HashSet<String>,
    release: &'a Path,
    /// What was looked up in the release.
    known: HashMap<String, bool>,
}

/// Who is out, under whichever of their IDs.
struct Kins<'a> {
    /// By the consent file.
    now: Kin,
    /// By what runs have kept out.
    before: Kin,
    excluded: &'a Excluded,
}

impl<'a> Kins<'a> {
    fn of(config: &Config, key: &Key, excluded: &'a Excluded, vault: &Path) -> Result<Kins<'a>, IdsError> {
        let identities = Identities::load(vault)?;
        let now = Kin::of_consent(config.consent.as_ref(), &config.site, &key.pseudonyms, &identities);
        Ok(Kins {
            now,
            before: Kin::of(excluded.decided().map(|(person, reason)| ((person, None), reason)), &identities),
            excluded,
        })
    }
}

impl<'a> Plan<'a> {
    fn of(sheet: &Sheet, columns: &IdColumns, context: Context<'a>, release: &Path) -> Result<Plan<'a>, IdsError> {
        let find = |name: &String| sheet.column(&[name])?.ok_or_else(|| SheetError::NoColumn { column: name.clone() });
        let mut kinds = vec![columns.keep_others.then_some(Kind::Untouched); sheet.head.len()];
        let lists = [
            (&columns.kept, Kind::Untouched),
            (&columns.dates, Kind::Date),
            (&columns.accessions, Kind::Accession),
            (&columns.uids, Kind::Uid),
            (&columns.others, Kind::Other),
            (&columns.dropped, Kind::Dropped),
        ];
        for (names, kind) in lists {
            for name in names {
                kinds[find(name)?] = Some(kind);
            }
        }
        let issuer = columns.issuer.as_ref().map(find).transpose()?;
        if let Some(at) = issuer {
            kinds[at] = Some(Kind::Issuer);
        }
        let patient = find(&columns.patient)?;
        kinds[patient] = Some(Kind::Patient);
        let unnamed: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at].is_none()).map(|at| at + 1).collect();
        if !unnamed.is_empty() {
            return Err(IdsError::Unnamed { columns: unnamed });
        }
        let plan = Plan { kinds: kinds.into_iter().flatten().collect(), patient, issuer, context };
        plan.has_head(sheet, release)?;
        Ok(plan)
    }

    /// Refuses a first line that is a row: its cells would leave as names of columns.
    fn has_head(&self, sheet: &Sheet, release: &Path) -> Result<(), IdsError> {
        let leaves = |at: &usize| !matches!(self.kinds[*at], Kind::Dropped | Kind::Issuer);
        let is_cell = |at: &usize| {
            let cell = sheet.head[*at].trim();
            let id = tokumei_deid::canonical_id(self.context.profile, cell);
            let number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
            number || WrittenDate::parse(cell).is_some() || !id.is_empty() && self.is_released(&id, release)
        };
        match (0..self.kinds.len()).filter(leaves).find(is_cell) {
            Some(at) => Err(IdsError::NoHead { column: at + 1 }),
            None => Ok(()),
        }
    }

    /// Tells whether the release has images of the patient with an ID, at this site.
    fn is_released(&self, id: &str, release: &Path) -> bool {
        let patient = self.context.pseudonyms.patient(self.context.site, id);
        release.join("dicom").join(patient.pseudonym()).is_dir()
    }

    fn untouched(&self) -> Vec<usize> {
        (0..self.kinds.len()).filter(|at| self.kinds[*at] == Kind::Untouched).map(|at| at + 1).collect()
    }

    /// Returns a row as it leaves.
    fn row(&self, row: &Line, mapped: &mut Mapped, guard: &mut Others<'_>) -> Result<Vec<String>, IdsError> {
        let patient = self.patient(row);
        mapped.without_id += u64::from(patient.is_none());
        self.no_leak(row, guard)?;
        let cells = row.cells.iter().zip(&self.kinds);
        let cell = |(cell, kind): (&String, &Kind)| match kind {
            Kind::Other => self.other(cell, row),
            kind => self.cell(*kind, cell, patient.as_ref(), row.line, mapped),
        };
        Ok(cells.map(cell).collect())
    }

    /// Returns a row for each other person that a row names, with the number of the cell.
    fn others(&self, row: &Line) -> Vec<(usize, Line)> {
        let named = (0..row.cells.len()).filter(|at| self.kinds[*at] == Kind::Other);
        let named = named.filter(|at| !tokumei_deid::canonical_id(self.context.profile, &row.cells[*at]).is_empty());
        let other = |at: usize| {
            let mut other = row.clone();
            other.cells[self.patient].clone_from(&row.cells[at]);
            (at, other)
        };
        named.map(other).collect()
    }

    /// Tells whether consent keeps a row here.
    fn is_kept(&self, row: &Line, consent: Option<&Consent>) -> bool {
        let (namespace, id) = self.person(row);
        let issuer = self.issuer.map(|at| row.cells[at].as_str()).unwrap_or_default();
        consent.is_some_and(|consent| consent.keeps_row(namespace, &id, issuer))
    }

    /// Tells whether a row's person is out under another of their IDs, or the run has kept them out and there is no image of
    /// them: another consent file than the run's lets nobody in.
    fn was_excluded(&self, row: &Line, kin: &Kins<'_>, release: &Path) -> bool {
        let (namespace, id) = self.person(row);
        let blinded = self.context.pseudonyms.blinded_patient(namespace, &id);
        if id.is_empty() || kin.now.holds(&blinded) {
            return !id.is_empty();
        }
        let held = kin.excluded.holds(&blinded) || kin.before.holds(&blinded);
        held && self.patient(row).is_some_and(|patient| !release.join("dicom").join(patient.pseudonym()).is_dir())
    }

    /// Tells whether a row stays out: of a person who has withdrawn, or one without images where only others are wanted.
    fn is_out(&self, row: &Line, release: &Path, withdrawn: &Withdrawn, strict: bool, mapped: &mut Mapped) -> bool {
        let Some(patient) = self.patient(row) else { return strict };
        let (namespace, id) = self.person(row);
        if withdrawn.holds(namespace, &id, patient.pseudonym()) {
            return true;
        }
        let absent = !release.join("dicom").join(patient.pseudonym()).is_dir();
        mapped.without_images += u64::from(absent && !strict);
        absent && strict
    }

    /// Returns whom a row is about, by namespace and canonical ID.
    fn person<'r>(&'r self, row: &'r Line) -> (&'r str, String) {
        let profile = self.context.profile;
        let id = tokumei_deid::canonical_id(profile, &row.cells[self.patient]);
        let issuer = self.issuer.map(|at| row.cells[at].trim()).filter(|issuer| !issuer.is_empty());
        let namespace = issuer.filter(|_| profile.policy().issuer_as_namespace);
        (namespace.unwrap_or(self.context.site), id)
    }

    fn patient(&self, row: &Line) -> Option<Patient> {
        let (namespace, id) = self.person(row);
        (!id.is_empty()).then(|| self.context.pseudonyms.patient(namespace, &id))
    }

    /// Refuses a row whose patient ID stands in a cell that stays, or with such a cell that is another patient's ID. IDs of one
    /// or two letters stand everywhere, and short numbers are measured.
    fn no_leak(&self, row: &Line, guard: &mut Others<'_>) -> Result<(), IdsError> {
        let profile = self.context.profile;
        let own = tokumei_deid::canonical_id(profile, &row.cells[self.patient]);
        let stays = (0..row.cells.len()).filter(|at| self.kinds[*at] == Kind::Untouched);
        for at in stays.collect::<Vec<_>>() {
            let cell = tokumei_deid::canonical_id(profile, &row.cells[at]);
            let holds_own = own.chars().count() >= 3 && cell.contains(&own);
            if holds_own || cell.chars().count() >= 5 && self.is_somebody(&cell, guard) {
                return Err(IdsError::Leak { line: row.line, column: at + 1 });
            }
        }
        Ok(())
    }

    /// Tells whether a cell is the ID of somebody of the table or the release.
    fn is_somebody(&self, cell: &str, guard: &mut Others<'_>) -> bool {
        if guard.people.contains(cell) {
            return true;
        }
        if !cell.bytes().any(|byte| byte.is_ascii_digit()) || cell.len() > 64 {
            return false;
        }
        if let Some(known) = guard.known.get(cell) {
            return *known;
        }
        let is_known = self.is_released(cell, guard.release);
        if guard.known.len() < MOST_KNOWN {
            guard.known.insert(cell.to_owned(), is_known);
        }
        is_known
    }

    /// Returns the pseudonym of another person than the row's, under the same issuer.
    fn other(&self, cell: &str, row: &Line) -> String {
        let id = tokumei_deid::canonical_id(self.context.profile, cell);
        let (namespace, _) = self.person(row);
        match id.is_empty() {
            true => String::new(),
            false => self.context.pseudonyms.patient(namespace, &id).pseudonym().to_owned(),
        }
    }

    fn cell(&self, kind: Kind, cell: &str, patient: Option<&Patient>, line: u64, mapped: &mut Mapped) -> String {
        let pseudonyms = self.context.pseudonyms;
        match (kind, patient) {
            (Kind::Untouched, _) => cell.to_owned(),
            (Kind::Uid, _) => pseudonyms.uid(cell.trim()),
            (Kind::Dropped | Kind::Issuer | Kind::Other, _) | (_, None) => String::new(),
            (Kind::Patient, Some(patient)) => patient.pseudonym().to_owned(),
            (Kind::Accession, Some(patient)) => {
                pseudonyms.short_id(IdKind::Accession, patient.pseudonym(), cell.trim())
            }
            (Kind::Date, Some(patient)) if !cell.trim().is_empty() => self.date(cell, patient).unwrap_or_else(|| {
                mapped.emptied_dates += 1;
                if mapped.unread_dates.len() < 100 {
                    mapped.unread_dates.push(line);
                }
                String::new()
            }),
            (Kind::Date, Some(_)) => String::new(),
        }
    }

    /// Returns a date as the profile leaves dates: moved, made coarse, kept or empty.
    fn date(&self, cell: &str, patient: &Patient) -> Option<String> {
        use tokumei_profile::policy::Times;
        let policy = self.context.profile.policy();
        let written = WrittenDate::parse(cell)?;
        let moved = match policy.dates {
            Dates::Remove => return Some(String::new()),
            Dates::Keep => written.day,
            Dates::Shift => written.day.shifted(patient.shift_days())?,
            Dates::ShiftMonthOutsideStudy => coarse(written.day.shifted(patient.shift_days())?, Precision::Month)?,
            Dates::YearOnly => coarse(written.day, Precision::Year)?,
        };
        let time = if policy.times == Times::Keep { written.time.as_str() } else { "" };
        Some(written.write(moved) + time)
    }

    /// Adds a line of the new table.
    fn write(&self, cells: &[String], end: &str, text: &mut String) {
        let kept = cells.iter().zip(&self.kinds).filter(|(_, kind)| !matches!(kind, Kind::Dropped | Kind::Issuer));
        let line = kept.map(|(cell, _)| csv::cell(cell)).collect::<Vec<_>>().join(",");
        text.push_str(&line);
        text.push_str(end);
    }
}

/// So many cells are remembered of those that were looked up.
const MOST_KNOWN: usize = 1 << 20;

fn coarse(day: Day, precision: Precision) -> Option<Day> {
    Day::parse_da(&coarsen_da(&day.to_da(), precision)?)
}

/// Writes a new file of mode 0600, whole or not at all.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| drop(fs::remove_file(path)))
}
