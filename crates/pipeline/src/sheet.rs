//! Tables that people make: comma-separated values (RFC 4180) in UTF-8 or Shift_JIS, with the line of every row.
//!
//! Strict, since a table that is read otherwise than it was meant decides about people: a quote in the wrong place, a row
//! with a cell too many, a byte that its encoding does not allow are refused, never mended.

use crate::Asked;
use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A table with a head.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// How its bytes were letters.
    pub encoding: &'static Encoding,
    /// Whether it began with a byte order mark.
    pub marked: bool,
    /// Whether its lines end with a carriage return too.
    pub returns: bool,
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows below the head, each with as many cells as that.
    pub rows: Vec<Line>,
}

/// A row of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    /// The line it begins in, counted from 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// Why a table could not be read. Lines are counted from 1; no cell is ever told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is larger than any such table.
    #[error("the table is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// A line is neither UTF-8 nor Shift_JIS, or not in the encoding of the rest.
    #[error("line {line} is neither UTF-8 nor Shift_JIS")]
    Encoding {
        /// The line.
        line: u64,
    },
    /// A quote stands where none may, or is never closed.
    #[error("a quote of line {line} stands alone")]
    Quote {
        /// The line.
        line: u64,
    },
    /// A row has more or fewer cells than the head.
    #[error("line {line} has {found} cells and the head has {expected}")]
    Cells {
        /// The line.
        line: u64,
        /// How many the head has.
        expected: usize,
        /// How many the row has.
        found: usize,
    },
    /// Its cells stand apart by semicolons, which a cell may hold too.
    #[error("the cells of the table stand apart by semicolons")]
    Semicolons,
    /// There is no head.
    #[error("the table has no head")]
    Empty,
    /// No column has the name asked for.
    #[error("no column is called {column}")]
    NoColumn {
        /// The name.
        column: String,
    },
    /// Two columns have the name asked for.
    #[error("two columns are called {column}")]
    TwoColumns {
        /// The name.
        column: String,
    },
}

impl Sheet {
    /// Reads a table from a file.
    pub(crate) fn load(path: &Path) -> Result<(Sheet, Vec<u8>), SheetError> {
        let at = |source| SheetError::Read { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        File::open(path).map_err(at)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(at)?;
        if bytes.len() as u64 > LARGEST {
            return Err(SheetError::TooLarge { limit: LARGEST });
        }
        Ok((Sheet::parse(&bytes)?, bytes))
    }

    /// Reads a table from its bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Sheet, SheetError> {
        let (encoding, text) = decoded(bytes)?;
        let marked = text.starts_with('\u{FEFF}');
        // Some programs end lines with a carriage return alone.
        let text = if text.contains('\n') { text } else { text.replace('\r', "\n") };
        let plain = text.trim_start_matches('\u{FEFF}');
        let mut lines = Reader::new(plain, separator(plain)).rows()?.into_iter();
        let head = lines.next().ok_or(SheetError::Empty)?.cells;
        if matches!(head.as_slice(), [only] if only.contains(';')) {
            return Err(SheetError::Semicolons);
        }
        let blank = |line: &Line| line.cells.len() == 1 && line.cells[0].trim().is_empty();
        let rows: Vec<Line> = lines.filter(|line| head.len() == 1 || !blank(line)).collect();
        if let Some(odd) = rows.iter().find(|line| line.cells.len() != head.len()) {
            return Err(SheetError::Cells { line: odd.line, expected: head.len(), found: odd.cells.len() });
        }
        let returns = text.contains("\r\n");
        Ok(Sheet { encoding, marked, returns, head, rows })
    }

    /// Returns the number of the column with one of these names, `None` where there is none.
    ///
    /// Names are compared without case, width of letters, spaces and underscores.
    pub(crate) fn column(&self, names: &[&str]) -> Result<Option<usize>, SheetError> {
        let names: Vec<String> = names.iter().map(|name| folded(name)).collect();
        let mut found = (0..self.head.len()).filter(|at| names.contains(&folded(&self.head[*at])));
        let first = found.next();
        match found.next() {
            Some(second) => Err(SheetError::TwoColumns { column: self.head[second].clone() }),
            None => Ok(first),
        }
    }
}

/// Returns the cells of the column of patient IDs, or of the only column, that are not empty.
///
/// # Errors
/// [`SheetError`] when the file is no table, or has several columns and none of patient IDs.
pub fn patients(path: &Path) -> Result<Vec<Asked>, SheetError> {
    let (sheet, _) = Sheet::load(path)?;
    let named = sheet.column(PATIENT)?;
    let at = match named {
        Some(at) => at,
        None if sheet.head.len() == 1 => 0,
        None => return Err(SheetError::NoColumn { column: PATIENT[..2].join(" / ") }),
    };
    // A list of a single column need not have a head.
    let head = named.is_none().then(|| Line { line: 1, cells: sheet.head.clone() });
    let cells = head.into_iter().chain(sheet.rows).map(|mut row| (row.line, row.cells.swap_remove(at)));
    let cells = cells.filter(|(_, cell)| !cell.trim().is_empty());
    Ok(cells.map(|(line, id)| Asked { id, line: Some(line) }).collect())
}

/// Names of the column of patient IDs.
pub(crate) const PATIENT: &[&str] = &["patient_id", "患者ID", "患者番号", "ID", "patient"];

/// Returns a name of a column or a word of a cell as it is compared.
pub(crate) fn folded(text: &str) -> String {
    let rule = tokumei_pseudonym::canonical::Rule {
        upper: false,
        leading_zeros: tokumei_pseudonym::canonical::LeadingZeros::Keep,
        ..Default::default()
    };
    let skipped = |letter: &char| !letter.is_whitespace() && !matches!(letter, '_' | '-' | '\u{FEFF}');
    rule.apply(text).to_lowercase().chars().filter(skipped).collect()
}

/// Returns what stands between the cells: a tab where the head has tabs and no comma, as in what spreadsheets save as text.
fn separator(text: &str) -> char {
    let head = text.lines().next().unwrap_or_default();
    if head.contains('\t') && !head.contains(',') { '\t' } else { ',' }
}

/// Reads UTF-16 with its mark, in which spreadsheets save "Unicode text".
fn wide(bytes: &[u8]) -> Option<Result<(&'static Encoding, String), SheetError>> {
    let (encoding, rest) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (UTF_16LE, rest),
        [0xFE, 0xFF, rest @ ..] => (UTF_16BE, rest),
        _ => return None,
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
    let text = text.filter(|text| !text.chars().any(is_no_text)).ok_or(SheetError::Encoding { line: 1 });
    Some(text.map(|text| (encoding, format!("\u{FEFF}{text}"))))
}

/// Finds the encoding: UTF-16 where the mark says so, UTF-8 where all of it is, else Shift_JIS where all of it is.
fn decoded(bytes: &[u8]) -> Result<(&'static Encoding, String), SheetError> {
    if let Some(wide) = wide(bytes) {
        return wide;
    }
    let utf8 = std::str::from_utf8(bytes).ok();
    let text = match utf8 {
        Some(text) => Some((UTF_8, text.to_owned())),
        None => SHIFT_JIS
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(|text| (SHIFT_JIS, text.into_owned())),
    };
    match text {
        Some((encoding, _)) if encoding == SHIFT_JIS && may_be_euc(bytes) => {
            Err(SheetError::Encoding { line: first_wrong(bytes) })
        }
        Some((encoding, text)) if !text.chars().any(is_no_text) => Ok((encoding, text)),
        _ => Err(SheetError::Encoding { line: first_wrong(bytes) }),
    }
}

/// Tells whether bytes that Shift_JIS allows may be EUC-JP too: then nobody can tell which names they are. Text in
/// Shift_JIS with a single kanji or kana of two bytes never is.
fn may_be_euc(bytes: &[u8]) -> bool {
    EUC_JP.decode_without_bom_handling_and_without_replacement(bytes).is_some()
}

/// Tells whether a character stands in no table. Zero bytes are of an encoding with wider letters; an escape begins letters
/// of ISO-2022-JP, which would be read as ASCII.
fn is_no_text(letter: char) -> bool {
    letter.is_ascii_control() && !('\t'..='\r').contains(&letter)
}

/// Returns the first line that is in neither encoding. A line feed is never half of a letter in either.
fn first_wrong(bytes: &[u8]) -> u64 {
    let wrong = |line: &&[u8]| {
        let shift_jis = || SHIFT_JIS.decode_without_bom_handling_and_without_replacement(line).is_some();
        let no_text = line.iter().any(|byte| is_no_text(char::from(*byte)));
        no_text || (std::str::from_utf8(line).is_err() && !shift_jis())
    };
    let at = bytes.split(|byte| *byte == b'\n').position(|line| wrong(&line));
    // Each line alone may be in one encoding and the file in none: then the first that is not UTF-8 is told.
    let at = at.or_else(|| bytes.split(|byte| *byte == b'\n').position(|line| std::str::from_utf8(line).is_err()));
    at.unwrap_or(0) as u64 + 1
}

/// Cuts text into rows and cells.
struct Reader<'a> {
    letters: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: u64,
}

/// What stands behind a cell.
enum After {
    Cell,
    Row,
    End,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, separator: char) -> Self {
        Reader { letters: text.chars().peekable(), separator, line: 1 }
    }

    fn rows(mut self) -> Result<Vec<Line>, SheetError> {
        let mut rows = Vec::new();
        let mut row = Line { line: 1, cells: Vec::new() };
        if self.letters.peek().is_none() {
            return Ok(rows);
        }
        loop {
            let (cell, after) = self.cell()?;
            row.cells.push(cell);
            match after {
                After::Cell => {}
                After::Row | After::End => {
                    rows.push(std::mem::replace(&mut row, Line { line: self.line, cells: Vec::new() }));
                    if matches!(after, After::End) || self.letters.peek().is_none() {
                        return Ok(rows);
                    }
                }
            }
        }
    }

    fn cell(&mut self) -> Result<(String, After), SheetError> {
        if self.letters.next_if_eq(&'"').is_some() {
            return self.quoted();
        }
        let mut cell = String::new();
        loop {
            match self.letters.next() {
                Some('"') => return Err(SheetError::Quote { line: self.line }),
                Some(letter) if letter == self.separator => return Ok((cell, After::Cell)),
                Some('\r') if self.letters.peek() == Some(&'\n') => {}
                Some('\n') => return Ok((cell, self.next_line())),
                Some(letter) => cell.push(letter),
                None => return Ok((cell, After::End)),
            }
        }
    }

    fn quoted(&mut self) -> Result<(String, After), SheetError> {
        let began = self.line;
        let mut cell = String::new();
        loop {
            match self.letters.next() {
                Some('"') if self.letters.next_if_eq(&'"').is_some() => cell.push('"'),
                Some('"') => break,
                Some(letter) => {
                    self.line += u64::from(letter == '\n');
                    cell.push(letter);
                }
                None => return Err(SheetError::Quote { line: began }),
            }
        }
        self.letters.next_if_eq(&'\r');
        match self.letters.next() {
            Some(letter) if letter == self.separator => Ok((cell, After::Cell)),
            Some('\n') => Ok((cell, self.next_line())),
            None => Ok((cell, After::End)),
            Some(_) => Err(SheetError::Quote { line: self.line }),
        }
    }

    fn next_line(&mut self) -> After {
        self.line += 1;
        After::Row
    }
}

/// No table of people is larger; a larger one would only fill the memory.
const LARGEST: u64 = 256 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let sheet = Sheet::parse(text.as_bytes()).unwrap();
        std::iter::once(sheet.head).chain(sheet.rows.into_iter().map(|row| row.cells)).collect()
    }

    #[test]
    fn quoted_cells_hold_commas_quotes_and_line_ends() {
        assert_eq!(cells("a,b\r\n\"x,\"\"y\"\"\nz\",2\r\n"), [["a", "b"], ["x,\"y\"\nz", "2"]]);
        assert_eq!(cells("a,b\n1,"), [["a", "b"], ["1", ""]]);
    }

    #[test]
    fn rows_know_their_lines() {
        let sheet = Sheet::parse(b"a,b\n\"1\n2\",x\n\n3,y\n").unwrap();
        assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_line() {
        let refused = |bytes: &[u8]| Sheet::parse(bytes).unwrap_err().to_string();
        assert_eq!(refused(b"a,b\n1,2\n3\n"), "line 3 has 1 cells and the head has 2");
        assert_eq!(refused(b"a\n1\"2\n"), "a quote of line 2 stands alone");
        assert_eq!(refused(b"a\n\n\"1\n2\n"), "a quote of line 3 stands alone");
        assert_eq!(refused(b"a\n\"1\"2\n"), "a quote of line 2 stands alone");
        assert_eq!(refused(b"a\n1\n\xff\n"), "line 3 is neither UTF-8 nor Shift_JIS");
        assert_eq!(refused(b"a\0\n\0"), "line 1 is neither UTF-8 nor Shift_JIS");
        assert_eq!(refused(b"\xff\xfea\0\0\0"), "line 1 is neither UTF-8 nor Shift_JIS");
        assert_eq!(refused(b"\xff\xfe\0\xd8"), "line 1 is neither UTF-8 nor Shift_JIS");
        assert_eq!(refused(b"a;b\n1;2\n"), "the cells of the table stand apart by semicolons");
        assert_eq!(refused(b""), "the table has no head");
        // 患者,山田 in EUC-JP and 山 in ISO-2022-JP, by Python's codecs.
        assert_eq!(refused(b"a,b\n\xb4\xb5\xbc\xd4,\xbb\xb3\xc5\xc4\n"), "line 2 is neither UTF-8 nor Shift_JIS");
        assert_eq!(refused(b"a\n1\n\x1b$B;3\x1b(B\n"), "line 3 is neither UTF-8 nor Shift_JIS");
    }

    #[test]
    fn tabs_carriage_returns_and_unicode_text_of_spreadsheets_are_read() {
        let expected = [["a", "b"], ["1,5", "2"]];
        assert_eq!(cells("a\tb\n1,5\t2\n"), expected);
        assert_eq!(cells("a\tb\r\"1,5\"\t2\r"), expected);
        // 患\tb CR LF 1\t2 in UTF-16, by Python's codec.
        let sheet = Sheet::parse(b"\xff\xfe\xa3`\t\0b\0\r\0\n\x001\0\t\x002\0").unwrap();
        assert_eq!(
            (sheet.head, sheet.rows[0].cells.clone()),
            (vec!["患".into(), "b".into()], vec!["1".into(), "2".into()])
        );
        assert!(sheet.marked && sheet.returns);
    }

    #[test]
    fn half_width_kana_beside_a_kanji_are_shift_jis() {
        // ﾔﾏﾀﾞ,山田 in Shift_JIS, by Python's codec.
        let sheet = Sheet::parse(b"a,b\n\xd4\xcf\xc0\xde,\x8eR\x93c\n").unwrap();
        assert_eq!(sheet.rows[0].cells, ["ﾔﾏﾀﾞ", "山田"]);
    }

    #[test]
    fn shift_jis_is_read_and_a_mark_is_no_part_of_a_name() {
        // 患者 in Shift_JIS, by Python's codec.
        let sheet = Sheet::parse(b"\x8a\xb3\x8e\xd2ID\n1\n").unwrap();
        assert_eq!((sheet.encoding, sheet.head[0].as_str()), (SHIFT_JIS, "患者ID"));
        let sheet = Sheet::parse("\u{FEFF}患者 ＩＤ\n1\n".as_bytes()).unwrap();
        assert!(sheet.marked);
        assert_eq!(sheet.column(&["患者ID"]).unwrap(), Some(0));
        assert!(matches!(
            Sheet::parse(b"patient_id,Patient ID\n1,2\n").unwrap().column(&["patientid"]),
            Err(SheetError::TwoColumns { .. })
        ));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(0u8..=255, 0..200)) {
            let _ = Sheet::parse(&bytes);
        }

        #[test]
        fn any_table_comes_back(table in proptest::collection::vec(proptest::collection::vec("[a-z,\"\n 患]{0,5}", 2), 1..6)) {
            let line = |cells: &Vec<String>| cells.iter().map(|one| crate::csv::cell(one)).collect::<Vec<_>>().join(",") + "\n";
            let text: String = table.iter().map(line).collect();
            proptest::prop_assert_eq!(cells(&text), table);
        }
    }
}
