//! Cutting parts out of a text so that nothing tells that they were there.

use super::Removal;

/// Returns `text` without the removals, which are sorted and may overlap, and with one separator where each was.
pub(super) fn cut(text: &str, removals: &[Removal]) -> String {
    let (mut pieces, mut at) = (Vec::new(), 0);
    for removal in removals {
        let gap = text.get(at..removal.range.start).unwrap_or_default();
        // Separators between two cuts belong to neither side.
        if gap.chars().any(char::is_alphanumeric) || (pieces.is_empty() && !gap.is_empty()) {
            pieces.push(gap);
        }
        at = at.max(removal.range.end);
    }
    pieces.push(&text[at..]);
    // A first piece has nothing before it: it is kept from its start.
    let mut result = String::with_capacity(text.len());
    for (count, piece) in pieces.into_iter().enumerate() {
        if count == 0 { result.push_str(piece) } else { join(&mut result, piece) }
    }
    let trimmed = result.trim_matches(is_loose);
    if trimmed.chars().any(char::is_alphanumeric) { balanced(trimmed) } else { String::new() }
}

fn join(result: &mut String, piece: &str) {
    let kept = result.trim_end_matches(is_loose).len();
    let left = result[kept..].to_owned();
    let mut right = piece.trim_start_matches(is_loose);
    // A pair of brackets around what was cut goes with it.
    if left.contains(is_opening) {
        right = right.trim_start_matches(is_closing).trim_start_matches(is_loose);
    }
    result.truncate(kept);
    if kept > 0 {
        result.push(separator(&left, &piece[..piece.len() - right.len()]));
    }
    result.push_str(right);
}

/// Returns the one separator that stands for those on both sides of a cut.
fn separator(left: &str, right: &str) -> char {
    let both = || left.chars().chain(right.chars());
    if both().any(|c| matches!(c, '\n' | '\r')) {
        return '\n';
    }
    both().find(|c| matches!(c, '_' | '^' | '\u{3000}')).unwrap_or(' ')
}

/// What loses its sense at the edge of a cut.
fn is_loose(character: char) -> bool {
    const LOOSE: &str = "_-^=,;:/|&@#~*+.・、。:,/-<>\"'’\u{3099}\u{309A}ﾞﾟ";
    character.is_whitespace() || is_opening(character) || LOOSE.contains(character)
}

fn is_opening(character: char) -> bool {
    matches!(character, '(' | '[' | '{' | '\u{FF08}' | '「')
}

fn is_closing(character: char) -> bool {
    matches!(character, ')' | ']' | '}' | '\u{FF09}' | '」')
}

/// Drops brackets whose partner is gone, and what the rest does not need at its end.
fn balanced(text: &str) -> String {
    let mut kept = text.to_owned();
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('\u{FF08}', '\u{FF09}'), ('「', '」')] {
        if kept.matches(open).count() != kept.matches(close).count() {
            kept = kept.replace([open, close], "").replace("  ", " ");
        }
    }
    kept.trim_matches(is_loose).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    fn without(text: &str, part: &str) -> String {
        let start = text.find(part).expect("part of the text");
        cut(text, &[Removal { range: start..start + part.len(), kind: Kind::Other }])
    }

    #[test]
    fn one_separator_is_left_of_those_around_a_cut() {
        assert_eq!(without("a - X - b", "X"), "a b");
        assert_eq!(without("a_X_b", "X"), "a_b");
        assert_eq!(without("a\nX\nb", "X"), "a\nb");
        assert_eq!(without("aXb", "X"), "a b");
        assert_eq!(without("X, b", "X"), "b");
        assert_eq!(without("a (X)", "X"), "a");
        assert_eq!(without("a (X) b", "X"), "a b");
        assert_eq!(without("a (X b", "X"), "a b");
        assert_eq!(without("(X)", "X"), "");
    }
}
