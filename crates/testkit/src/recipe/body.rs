//! The elements of a recipe: a tag or keyword, a value representation, flags, literals; items by indentation.

use crate::{Element, Item, Piece, Value, literal};
use std::iter::Peekable;
use tokumei_core::{Tag, dictionary};

/// A line that says something.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// Blanks before the text.
    pub indent: usize,
    /// The text without blanks around it.
    pub text: &'a str,
}

/// Returns the lines of `text` that are neither empty nor remarks.
pub(super) fn lines(text: &str) -> Peekable<impl Iterator<Item = Line<'_>>> {
    text.lines()
        .enumerate()
        .map(|(index, line)| Line {
            number: index + 1,
            indent: line.len() - line.trim_start().len(),
            text: line.trim(),
        })
        .filter(|line| !line.text.is_empty() && !line.text.starts_with('#'))
        .peekable()
}

/// Returns the element that `line` opens, with the deeper lines that belong to it.
pub(super) fn element<'a>(
    line: Line<'a>,
    lines: &mut Peekable<impl Iterator<Item = Line<'a>>>,
) -> Result<Element, String> {
    let (name, mut rest) = word(line.text);
    let tag = tag(name).ok_or_else(|| format!("`{name}` is neither a tag nor a keyword"))?;
    let mut vr = dictionary::vr(tag).map_or("UN", |vr| vr.as_str());
    let (first, after) = word(rest);
    if first.len() == 2 && !first.contains('"') && first.bytes().all(|byte| !byte.is_ascii_digit()) && first != "un" {
        (vr, rest) = (first, after);
    }
    let mut element = Element::new(tag, vr, Value::Bytes(Vec::new()));
    let mut fragments = false;
    loop {
        let (flag, after) = word(rest);
        match flag {
            "undefined" => element.undefined = Some(true),
            "defined" => element.undefined = Some(false),
            "un" => element.un = true,
            "odd" => element.odd = true,
            "open" => element.open = true,
            "again" => element.again = true,
            "fragments" => fragments = true,
            _ => match length(flag)? {
                Some(length) => element.length = Some(length),
                None => break,
            },
        }
        rest = after;
    }
    let own = literal::parse(rest)?;
    element.value = if fragments {
        Value::Fragments(fragment_lines(line.indent, lines)?)
    } else if own.is_empty() && (vr == "SQ" || lines.peek().is_some_and(|next| next.indent > line.indent)) {
        Value::Items(item_lines(line.indent, lines)?)
    } else {
        Value::Bytes(own)
    };
    Ok(element)
}

fn item_lines<'a>(indent: usize, lines: &mut Peekable<impl Iterator<Item = Line<'a>>>) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    while let Some(line) = lines.next_if(|line| line.indent > indent) {
        let (name, rest) = word(line.text);
        if name != "item" {
            return Err(format!("line {}: `item` was expected", line.number));
        }
        let mut item = Item::default();
        for flag in rest.split_whitespace() {
            match flag {
                "undefined" => item.undefined = Some(true),
                "defined" => item.undefined = Some(false),
                other => item.length = Some(length(other)?.ok_or(format!("`{other}` is not a flag of items"))?),
            }
        }
        while let Some(inner) = lines.next_if(|inner| inner.indent > line.indent) {
            item.elements.push(element(inner, lines)?);
        }
        items.push(item);
    }
    Ok(items)
}

fn fragment_lines<'a>(
    indent: usize,
    lines: &mut Peekable<impl Iterator<Item = Line<'a>>>,
) -> Result<Vec<Vec<Piece>>, String> {
    let mut fragments = Vec::new();
    while let Some(line) = lines.next_if(|line| line.indent > indent) {
        let (name, rest) = word(line.text);
        if name != "fragment" {
            return Err(format!("line {}: `fragment` was expected", line.number));
        }
        fragments.push(literal::parse(rest)?);
    }
    Ok(fragments)
}

/// Returns the tag `(gggg,eeee)` or the one with this keyword.
pub(super) fn tag(name: &str) -> Option<Tag> {
    match name.strip_prefix('(').and_then(|name| name.strip_suffix(')')) {
        Some(numbers) => Tag::parse_hex(&numbers.replace(',', "")),
        None => dictionary::tag(name),
    }
}

fn length(flag: &str) -> Result<Option<u32>, String> {
    let Some(text) = flag.strip_prefix("length=") else { return Ok(None) };
    text.parse().map(Some).map_err(|_| format!("`{text}` is not a length"))
}

/// Splits the first word off; a quoted literal is not a word of its own.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}
