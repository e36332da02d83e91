//! The lines `key: value` of a recipe.

use super::{Draft, Recipe, body};
use crate::{Encoding, Meta, Piece, Preamble, literal};
use tokumei_core::State;

/// Returns key and value of a line `key: value`; a key is of small letters, so it is never a keyword or a tag.
pub(super) fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let small = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    small.then(|| (key, value.split(" #").next().unwrap_or_default().trim()))
}

/// Does what the line says.
pub(super) fn apply(
    recipe: &mut Recipe,
    draft: &mut Draft,
    key: &str,
    value: &str,
    base: &dyn Fn(&str) -> Option<String>,
) -> Result<(), String> {
    let wrong = || format!("`{value}` is not a value of `{key}`");
    match key {
        "expect" => draft.expect = Some(State::parse(value).ok_or_else(wrong)?),
        "why" => recipe.why = value.into(),
        "reason" => draft.reason = Some(value.into()),
        "profile" => recipe.profile = Some(value.into()),
        "forbid" => recipe.forbid.push(value.into()),
        "use" => apply_use(draft, value, base)?,
        "drop" => {
            for name in value.split_whitespace() {
                let tag = body::tag(name).ok_or_else(wrong)?;
                draft.elements.retain(|element| element.tag != tag);
            }
        }
        "encoding" => draft.layout.encoding = encoding(value).ok_or_else(wrong)?,
        "transfer-syntax" => draft.layout.transfer_syntax = Some(if value == "none" { "" } else { value }.into()),
        "preamble" => draft.layout.preamble = preamble(value)?,
        "meta" => draft.layout.meta = meta(value).ok_or_else(wrong)?,
        "lengths" => draft.layout.undefined = one_of(value, "defined", "undefined").ok_or_else(wrong)?,
        "order" => draft.as_written = one_of(value, "sorted", "as-written").ok_or_else(wrong)?,
        "append" => draft.layout.append = bytes(value)?,
        "truncate" => draft.layout.truncate = value.parse().map_err(|_| wrong())?,
        "deep" => draft.deep = value.parse().map_err(|_| wrong())?,
        "raw" => draft.raw = Some(bytes(value)?),
        other => return Err(format!("`{other}` is not a key of recipes")),
    }
    Ok(())
}

fn apply_use(draft: &mut Draft, names: &str, base: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
    for name in names.split_whitespace().filter(|name| *name != "none") {
        let text = base(name).ok_or_else(|| format!("there is no base `{name}`"))?;
        let mut lines = body::lines(&text);
        while let Some(line) = lines.next() {
            let element = body::element(line, &mut lines).map_err(|what| format!("base `{name}`: {what}"))?;
            draft.put(element);
        }
    }
    Ok(())
}

fn encoding(value: &str) -> Option<Encoding> {
    match value {
        "explicit-le" => Some(Encoding::ExplicitLittle),
        "implicit-le" => Some(Encoding::ImplicitLittle),
        "explicit-be" => Some(Encoding::ExplicitBig),
        "deflated" => Some(Encoding::Deflated),
        _ => None,
    }
}

fn preamble(value: &str) -> Result<Preamble, String> {
    Ok(match value {
        "zero" => Preamble::Zero,
        "magic-only" => Preamble::MagicOnly,
        "none" => Preamble::None,
        other => Preamble::Bytes(bytes(other)?),
    })
}

fn meta(value: &str) -> Option<Meta> {
    match value {
        "proper" => Some(Meta::Proper),
        "no-group-length" => Some(Meta::NoGroupLength),
        "wrong-group-length" => Some(Meta::WrongGroupLength),
        "implicit" => Some(Meta::Implicit),
        "none" => Some(Meta::None),
        _ => None,
    }
}

fn one_of(value: &str, no: &str, yes: &str) -> Option<bool> {
    if value == yes { Some(true) } else { (value == no).then_some(false) }
}

/// Returns the bytes of literals that stand outside any element; numbers have no width there.
fn bytes(value: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for piece in literal::parse(value)? {
        match piece {
            Piece::Raw(raw) => out.extend(raw),
            Piece::Number(_) => return Err("a number needs a value representation".into()),
        }
    }
    Ok(out)
}
