//! Columns of text that line up, also with characters of double width.

use unicode_width::UnicodeWidthStr;

/// Returns the rows as lines; columns but the last are as wide as their widest cell.
pub fn lines(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Returns the text cut to at most `width` columns, with a mark where it was cut.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_string();
    }
    let mut out = String::new();
    for c in text.chars() {
        let mut buffer = [0; 4];
        if out.width() + c.encode_utf8(&mut buffer).width() >= width {
            break;
        }
        out.push(c);
    }
    out + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_behind_kanji() {
        let rows = [vec!["山".to_string(), "1".into()], vec!["abc".to_string(), "2".into()]];
        assert_eq!(lines(&rows), "山   1\nabc  2\n");
    }

    #[test]
    fn cut_text_is_never_wider_than_asked() {
        assert_eq!(cut("見本^桜", 5), "見本…");
        assert_eq!(cut("abc", 3), "abc");
    }
}
