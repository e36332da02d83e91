//! `tokumei inspect`: one instance, before and after, nothing written.

use crate::arguments::InspectArgs;
use crate::command::run::{mask_rules, problem};
use crate::console::Console;
use crate::message::printable;
use crate::place::outside_releases;
use crate::problem::Problem;
use crate::{picture, table};
use encoding_rs::{Encoding, GB18030, ISO_2022_JP, UTF_8};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use tokumei_audit::{Look, Mask};
use tokumei_core::{Region, State, Vr, dictionary};
use tokumei_pipeline::{Config, Inspection, View};
use tokumei_profile::Profile;
use tokumei_pseudonym::ProjectKey;

/// Prints what a run would change in a file. Values before are shown on demand only.
pub fn inspect(args: InspectArgs, console: &Console) -> Result<u8, Problem> {
    let there = std::fs::metadata(&args.file);
    let there = there.map_err(|error| Problem::new("run-input").at(&args.file).because(&error))?;
    if !there.is_file() {
        return Err(Problem::new("inspect-no-file").at(&args.file));
    }
    // The picture shows the original.
    args.picture.as_deref().map_or(Ok(()), outside_releases)?;
    let mut config = Config::new(Profile::load(&args.profile)?, vec![args.file.clone()], Default::default());
    // Without a key of a project the pseudonyms shown are examples.
    config.key = Some(match &args.key {
        Some(file) => ProjectKey::load(file)?,
        None => ProjectKey::generate()?,
    });
    config.site = args.site;
    config.mask_rules.site = mask_rules(&args.mask_rules)?;
    let inspection = tokumei_pipeline::inspect(&args.file, &config).map_err(|error| problem(error, console))?;
    let show = args.show_values;
    console.result(|| text(&inspection, show, console), || value(&inspection, show));
    if let Some(path) = &args.picture {
        draw(&args.file, path, &config, args.frame, console)?;
    }
    if args.key.is_none() {
        console.note("inspect-example-key", &[]);
    }
    Ok(if matches!(inspection.state, State::Released | State::Excluded) { 0 } else { 1 })
}

/// Writes a picture of one frame, before and after. It shows the original, so only its owner may read it.
fn draw(file: &Path, path: &Path, config: &Config, frame: u64, console: &Console) -> Result<(), Problem> {
    let (preview, requests) = tokumei_pipeline::pictures(file, config, frame - 1).map_err(|(_, reason)| {
        let why = console.say(&format!("reason-{}", reason.id), &[]);
        Problem::new("inspect-no-picture").at(file).with("why", format!("{why} {}", reason.place).trim_end())
    })?;
    let (before, after) = (console.say("inspect-before", &[]), console.say("inspect-after", &[]));
    // The font has no kanji.
    let titles = if before.is_ascii() { [before.as_str(), after.as_str()] } else { ["before", "after"] };
    let unwritable = |error: std::io::Error| Problem::new("inspect-picture-unwritable").at(path).because(&error);
    let png = picture::png(&preview, &requests, titles).ok_or_else(|| unwritable(ErrorKind::InvalidData.into()))?;
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unwritable)?;
    to.write_all(&png).map_err(unwritable)?;
    console.note("inspect-picture", &[("path", &path.display().to_string())]);
    Ok(())
}

fn text(inspection: &Inspection, show: bool, console: &Console) -> String {
    let mut head = vec!["inspect-tag", "inspect-keyword", "inspect-vr", "inspect-action", "inspect-rule"];
    head.extend(["inspect-before", "inspect-after"]);
    let mut rows = vec![head.into_iter().map(|id| console.say(id, &[])).collect::<Vec<_>>()];
    for view in &inspection.views {
        let change = &view.change;
        let before = match (show, &view.before) {
            (true, Some(bytes)) => readable(bytes, change.vr, &inspection.character_set),
            _ => length(change.before, console),
        };
        rows.push(vec![
            change.path.to_string(),
            keyword(view).to_string(),
            change.vr.to_string(),
            change.action.to_string(),
            change.rule.clone(),
            table::cut(&before, 40),
            table::cut(&after(view, inspection, console), 40),
        ]);
    }
    let state = console.say(&format!("state-{}", inspection.state), &[]);
    let why = inspection.reason.as_ref().map(|reason| {
        let text = console.say(&format!("reason-{}", reason.id), &[]);
        format!(": {}, {text} {}", reason.id, reason.place)
    });
    let body = if inspection.views.is_empty() { String::new() } else { table::lines(&rows) + "\n" };
    let masks: String = inspection.masks.iter().map(|mask| masked(mask, console) + "\n").collect();
    let looked = inspection.look.as_ref().map(|look| looked(look, console) + "\n").unwrap_or_default();
    format!("{body}{looked}{masks}{state}{}\n", why.unwrap_or_default().trim_end())
}

/// One line for one rectangle.
fn masked(mask: &Mask, console: &Console) -> String {
    let place = |region: Region| format!("x {} y {} w {} h {}", region.x, region.y, region.width, region.height);
    let (asked, hidden) = (place(mask.requested), place(mask.effective));
    let line = console.say("inspect-mask", &[("by", &mask.by), ("asked", &asked), ("hidden", &hidden)]);
    match mask.score {
        None => line,
        Some(score) => console.say("inspect-score", &[("line", &line), ("score", &share(score))]),
    }
}

/// What was searched for text.
fn looked(look: &Look, console: &Console) -> String {
    let numbers = [look.searched, look.frames, look.found].map(|number| number.to_string());
    let [searched, frames, found] = numbers;
    let facts = [("by", &look.by), ("searched", &searched), ("frames", &frames), ("class", &look.class)];
    let more = [("found", &found), ("threshold", &share(look.threshold))];
    let all: Vec<(&str, &str)> = facts.into_iter().chain(more).map(|(name, value)| (name, value.as_str())).collect();
    console.say("inspect-look", &all)
}

/// Thousandths as a decimal fraction.
fn share(thousandths: u16) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

fn after(view: &View, inspection: &Inspection, console: &Console) -> String {
    match (&view.after, view.change.after, view.change.before) {
        (Some(bytes), ..) => readable(bytes, view.change.vr, &inspection.character_set),
        (None, None, Some(_)) => console.say("inspect-removed", &[]),
        (None, bytes, _) => console.say("inspect-added", &[("length", &length(bytes, console))]),
    }
}

fn length(bytes: Option<u64>, console: &Console) -> String {
    bytes.map_or_else(|| "–".into(), |bytes| console.say("inspect-bytes", &[("count", &bytes.to_string())]))
}

fn keyword(view: &View) -> &'static str {
    view.change.path.leaf().and_then(dictionary::keyword).unwrap_or("–")
}

fn value(inspection: &Inspection, show: bool) -> Value {
    let set = &inspection.character_set;
    let row = |view: &View| {
        let read = |bytes: &Vec<u8>| readable(bytes, view.change.vr, set);
        json!({
            "path": view.change.path.to_string(), "keyword": keyword(view), "vr": view.change.vr.as_str(),
            "action": view.change.action.as_str(), "rule": view.change.rule,
            "length_before": view.change.before, "length_after": view.change.after,
            "before": view.before.as_ref().filter(|_| show).map(read), "after": view.after.as_ref().map(read),
        })
    };
    json!({
        "state": inspection.state.as_str(),
        "reason": inspection.reason.as_ref().map(|reason| json!({ "id": reason.id, "place": reason.place })),
        "changes": inspection.views.iter().map(row).collect::<Vec<_>>(),
        "look": inspection.look,
        "masks": inspection.masks,
    })
}

/// Returns a value as somebody can read it on a terminal; what is no text is counted.
fn readable(bytes: &[u8], vr: Vr, set: &[u8]) -> String {
    if !vr.is_string() && vr != Vr::UN {
        return format!("{} B", bytes.len());
    }
    let encoding = encoding(bytes, set);
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let text = text.trim_end_matches(['\0', ' ']);
    if text.is_empty() { "∅".into() } else { printable(&text.replace(['\r', '\n'], " ")) }
}

/// Returns the encoding of a value, by its bytes first and by what is declared where they leave it open.
fn encoding(bytes: &[u8], set: &[u8]) -> &'static Encoding {
    let declared = String::from_utf8_lossy(set);
    let number =
        |digits: &str| declared.contains(&format!("IR {digits}")) || declared.contains(&format!("IR_{digits}"));
    let labels = [
        ("100", "windows-1252"),
        ("101", "iso-8859-2"),
        ("109", "iso-8859-3"),
        ("110", "iso-8859-4"),
        ("144", "iso-8859-5"),
        ("127", "iso-8859-6"),
        ("126", "iso-8859-7"),
        ("138", "iso-8859-8"),
        ("148", "windows-1254"),
        ("166", "windows-874"),
        ("13", "shift_jis"),
        ("149", "euc-kr"),
        ("58", "gb18030"),
    ];
    if bytes.windows(2).any(|pair| pair == b"\x1b$") && !number("149") && !number("58") {
        return ISO_2022_JP;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    if declared.starts_with("GB") {
        return GB18030;
    }
    let known = labels.iter().find(|(digits, _)| number(digits));
    known.and_then(|(_, label)| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_the_character_set_that_their_bytes_show() {
        assert_eq!(readable(b"\x1B$B;n:n\x1B(B^\x1B$B2V\x1B(B ", Vr::PN, b"\\ISO 2022 IR 87"), "試作^花");
        assert_eq!(readable("見本".as_bytes(), Vr::LO, b"ISO_IR 192"), "見本");
        assert_eq!(readable(b"Z\xFCrich", Vr::LO, b"ISO_IR 100"), "Zürich");
        assert_eq!(readable(b"", Vr::PN, b""), "∅");
        assert_eq!(readable(&[0; 128], Vr::OW, b""), "128 B");
    }

    #[test]
    fn control_characters_of_a_value_are_shown_as_escapes() {
        assert_eq!(readable(b"a\x1b[2J", Vr::LO, b""), "a\\u{1b}[2J");
    }
}
