//! Comma-separated values (RFC 4180), as spreadsheets and scripts read them.

use std::borrow::Cow;

/// Returns a cell, in quotes where it needs them.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

/// Returns the rows of a text that [`cell`] wrote, lines ending with a line feed.
pub(crate) fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = vec![String::new()];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = row.len() - 1;
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                row[last].push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(std::mem::replace(&mut row, vec![String::new()])),
            letter => row[last].push(letter),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cell_comes_back() {
        let cells = ["a", "b,c", "say \"hi\"", "two\nlines", "", "患者"];
        let line = cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\n";
        assert_eq!(rows(&line), [cells.map(str::to_owned).to_vec()]);
        assert_eq!(cell("b\"c"), "\"b\"\"c\"");
    }
}
