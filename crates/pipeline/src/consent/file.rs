//! The rows of a consent file.

use super::{ConsentError, Purpose, Statement, state_of};
use crate::sheet::{Line, PATIENT, Sheet, SheetError};
use crate::written_date::WrittenDate;
use std::collections::HashMap;
use tokumei_profile::Profile;
use tokumei_pseudonym::canonical::Rule;
use tokumei_pseudonym::date::Day;

/// Returns what the file says of each person, by issuer and canonical ID; `home` stands for no issuer.
pub(super) fn people(
    sheet: &Sheet,
    profile: &Profile,
    home: &str,
    known: &[&Purpose],
) -> Result<HashMap<(String, String), Vec<Statement>>, ConsentError> {
    let columns = Columns::find(sheet)?;
    let mut people: HashMap<(String, String), Vec<Statement>> = HashMap::new();
    for row in &sheet.rows {
        let id = tokumei_deid::canonical_id(profile, &row.cells[columns.patient]);
        if id.is_empty() {
            return Err(ConsentError::NoPatient { line: row.line });
        }
        if is_rounded(&id) {
            return Err(ConsentError::Rounded { line: row.line });
        }
        let issuer = columns.issuer.map(|at| row.cells[at].trim()).filter(|issuer| !issuer.is_empty());
        let namespace = match issuer {
            Some(issuer) if profile.policy().issuer_as_namespace => issuer.to_owned(),
            Some(issuer) => self::issuer(issuer),
            None => home.to_owned(),
        };
        let statement = columns.statement(row)?;
        if statement.purposes.iter().flatten().any(|purpose| !known.contains(&purpose)) {
            return Err(ConsentError::UnknownPurpose { line: row.line });
        }
        let earlier = people.entry((namespace, id)).or_default();
        agree(earlier, &statement)?;
        earlier.push(statement);
    }
    Ok(people)
}

/// Returns an issuer as it is compared where it is no namespace.
pub(crate) fn issuer(text: &str) -> String {
    Rule::default().apply(text)
}

/// Tells whether a canonical ID is a number as a spreadsheet rounds it: `7.712E+07`.
fn is_rounded(id: &str) -> bool {
    let Some((number, power)) = id.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
    whole.len() == 1 && digits(whole) && digits(rest) && power.len() >= 2 && digits(power)
}

/// Refuses a second row about a person and a purpose.
fn agree(earlier: &[Statement], statement: &Statement) -> Result<(), ConsentError> {
    let shared = |one: &&Statement| match (&one.purposes, &statement.purposes) {
        (Some(one), Some(other)) => one.iter().any(|purpose| other.contains(purpose)),
        _ => true,
    };
    let Some(there) = earlier.iter().find(shared) else { return Ok(()) };
    let (first, second) = (there.line, statement.line);
    let same = Statement { line: second, ..there.clone() } == *statement;
    Err(if same { ConsentError::Duplicate { first, second } } else { ConsentError::Contradiction { first, second } })
}

/// Where the columns stand.
struct Columns {
    patient: usize,
    issuer: Option<usize>,
    state: usize,
    from: Option<usize>,
    to: Option<usize>,
    purposes: Option<usize>,
}

impl Columns {
    fn find(sheet: &Sheet) -> Result<Columns, ConsentError> {
        let needed = |names: &[&str]| {
            sheet.column(names)?.ok_or_else(|| SheetError::NoColumn { column: names[..2].join(" / ") })
        };
        let columns = Columns {
            patient: needed(PATIENT)?,
            issuer: sheet.column(&["issuer", "issuer_of_patient_id", "発行者", "発行元", "施設"])?,
            state: needed(&["state", "状態", "同意状態", "status", "consent", "同意"])?,
            from: sheet.column(&["from", "start", "開始日", "開始", "valid_from"])?,
            to: sheet.column(&["to", "end", "終了日", "終了", "valid_to", "until"])?,
            purposes: sheet.column(&["purposes", "purpose", "目的", "利用目的"])?,
        };
        columns.all_known(sheet)?;
        Ok(columns)
    }

    /// Refuses a column that would be passed over: it may be the one that says until when.
    fn all_known(&self, sheet: &Sheet) -> Result<(), ConsentError> {
        let optional = [self.issuer, self.from, self.to, self.purposes];
        let known = |at: &usize| *at == self.patient || *at == self.state || optional.contains(&Some(*at));
        match (0..sheet.head.len()).find(|at| !known(at)) {
            Some(at) => Err(ConsentError::UnknownColumn { number: at + 1 }),
            None => Ok(()),
        }
    }

    fn statement(&self, row: &Line) -> Result<Statement, ConsentError> {
        let line = row.line;
        let state = state_of(&row.cells[self.state]).ok_or(ConsentError::State { line })?;
        let (from, to) = (self.day(row, self.from)?, self.day(row, self.to)?);
        if matches!((from, to), (Some(from), Some(to)) if to < from) {
            return Err(ConsentError::Dates { line });
        }
        let purposes = self.purposes(row)?;
        if state == super::ConsentState::Consented && purposes.as_ref().is_some_and(Vec::is_empty) {
            return Err(ConsentError::Purposes { line });
        }
        // Whoever is out and names no purpose is out of all.
        let purposes = purposes.filter(|purposes| !purposes.is_empty());
        Ok(Statement { line, state, from, to, purposes })
    }

    fn day(&self, row: &Line, column: Option<usize>) -> Result<Option<Day>, ConsentError> {
        let cell = column.map(|at| row.cells[at].trim()).unwrap_or_default();
        if cell.is_empty() {
            return Ok(None);
        }
        let date = WrittenDate::parse(cell).filter(|date| date.time.is_empty());
        date.map(|date| Some(date.day)).ok_or(ConsentError::Dates { line: row.line })
    }

    /// Returns the purposes of a row: `None` for every one, empty where the cell is.
    fn purposes(&self, row: &Line) -> Result<Option<Vec<Purpose>>, ConsentError> {
        let Some(at) = self.purposes else { return Ok(None) };
        let words = row.cells[at].split([';', '|', ',', ' ', '、', '；', '　', '\n']);
        let words: Vec<&str> = words.map(str::trim).filter(|word| !word.is_empty()).collect();
        if words.iter().any(|word| matches!(*word, "*" | "すべて" | "全て")) {
            return Ok(None);
        }
        let purpose = |word: &&str| Purpose::parse(word).ok_or(ConsentError::Purposes { line: row.line });
        words.iter().map(purpose).collect::<Result<Vec<_>, _>>().map(Some)
    }
}
