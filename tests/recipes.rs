//! Every recipe ends in the state it names, and its outputs open in another reader.

use crate::support::{Row, all_recipes, cook, holds, index, outputs, run, said, tree};
use std::path::Path;
use tokumei_testkit::{Recipe, dump};

/// Returns what is wrong with the program's treatment of a recipe.
fn check(recipe: &Recipe) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (study, release) = (folder.path().join("study"), folder.path().join("release"));
    cook(recipe, &study);
    let output = run(recipe.profile.as_deref().unwrap_or("ps315-basic"), &release, &[], &[&study]);
    let mut wrong = Vec::new();
    let complete = recipe.files.iter().all(|file| matches!(file.expect.as_str(), "released" | "excluded"));
    let expected = if complete { 0 } else { 1 };
    if output.status.code() != Some(expected) {
        wrong.push(format!("exit code {:?}, not {expected}", output.status.code()));
    }
    if !folder.path().join("release.vault/index.csv").exists() {
        wrong.push(format!("no index: {}", said(&output)));
        return wrong;
    }
    let rows = index(&folder.path().join("release.vault"));
    if rows.len() != recipe.files.len() {
        wrong.push(format!("{} files, {} rows", recipe.files.len(), rows.len()));
    }
    for file in &recipe.files {
        let Some(row) = rows.iter().find(|row| Path::new(&row.source).ends_with(&file.name)) else { continue };
        if row.state != file.expect.as_str() {
            wrong.push(format!("{} is {} ({}), not {}", file.name, row.state, row.reason, file.expect));
        }
        let reason = row.reason.split(' ').next().unwrap_or_default();
        if file.reason.as_deref().is_some_and(|named| named != reason) {
            wrong.push(format!("{}: the reason is {reason}", file.name));
        }
    }
    wrong.extend(leaks(recipe, &release, &said(&output)));
    wrong.extend(unreadable(&release, &rows));
    wrong
}

/// Returns the forbidden texts that stand in the release or in what the program said, in any usual encoding.
fn leaks(recipe: &Recipe, release: &Path, said: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, bytes) in tree(release) {
        let inflated = inflated(&bytes);
        for text in &recipe.forbid {
            let spelled = |bytes: &[u8]| spellings(text).iter().any(|needle| holds(bytes, needle));
            if spelled(&bytes) || spelled(&inflated) || holds(name.to_string_lossy().as_bytes(), text.as_bytes()) {
                found.push(format!("`{text}` is in {}", name.display()));
            }
        }
    }
    let spoken = recipe.forbid.iter().filter(|text| said.contains(text.as_str()));
    found.extend(spoken.map(|text| format!("`{text}` was said")));
    found
}

/// Returns what a deflated data set behind the file meta information holds, empty for other files.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let syntax = b"1.2.840.10008.1.2.1.99";
    if bytes.len() < 144 || !holds(&bytes[..bytes.len().min(600)], syntax) {
        return Vec::new();
    }
    let length = u32::from_le_bytes(bytes[140..144].try_into().unwrap()) as usize;
    let mut out = Vec::new();
    let _ = flate2::read::DeflateDecoder::new(&bytes[144 + length..]).read_to_end(&mut out);
    out
}

fn spellings(text: &str) -> Vec<Vec<u8>> {
    let encodings = [
        encoding_rs::UTF_8,
        encoding_rs::SHIFT_JIS,
        encoding_rs::EUC_JP,
        encoding_rs::EUC_KR,
        encoding_rs::GB18030,
        encoding_rs::WINDOWS_1252,
        encoding_rs::ISO_8859_5,
        encoding_rs::ISO_8859_6,
        encoding_rs::ISO_8859_7,
        encoding_rs::ISO_8859_8,
        encoding_rs::WINDOWS_874,
    ];
    let encoded = |encoding: &'static encoding_rs::Encoding| {
        let (bytes, _, lost) = encoding.encode(text);
        (!lost).then(|| bytes.into_owned())
    };
    let mut all: Vec<Vec<u8>> = encodings.into_iter().filter_map(encoded).collect();
    let (jis, _, lost) = encoding_rs::ISO_2022_JP.encode(text);
    if !lost {
        // Between the escape sequences, so that other text in the same run of kanji hides nothing.
        let plain = jis.strip_prefix(b"\x1b$B").and_then(|jis| jis.strip_suffix(b"\x1b(B"));
        all.push(plain.unwrap_or(&jis).to_vec());
    }
    all.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    all
}

/// Returns the outputs that dicom-object cannot read although it reads what they were made of.
fn unreadable(release: &Path, rows: &[Row]) -> Vec<String> {
    let released = rows.iter().filter(|row| row.state == "released").count();
    let outputs = outputs(release);
    let mut wrong = Vec::new();
    if outputs.len() != released {
        wrong.push(format!("{released} released, {} outputs", outputs.len()));
    }
    for (name, bytes) in outputs {
        let source = rows.iter().find(|row| Path::new(&row.release) == Path::new("dicom").join(&name));
        let original = source.and_then(|row| std::fs::read(&row.source).ok());
        let was_readable = original.is_none_or(|bytes| dump(&bytes) != "unreadable\n");
        if !was_readable && dump(&bytes) == "unreadable\n" {
            continue;
        }
        // The reader of the tests is built without an inflater.
        let deflated = !inflated(&bytes).is_empty();
        let text = dump(&bytes);
        if !deflated
            && (!text.contains("(0008,0018) UI SOPInstanceUID") || !text.contains("PatientIdentityRemoved [YES]"))
        {
            wrong.push(format!("{} does not open or is not marked:\n{text}", name.display()));
        }
        if bytes[..128] != [0; 128] {
            wrong.push(format!("{} has a preamble", name.display()));
        }
    }
    wrong
}

#[test]
fn every_recipe_ends_in_the_state_it_names() {
    let recipes = all_recipes();
    assert!(recipes.len() >= 40);
    let wrong: Vec<String> = recipes
        .iter()
        .flat_map(|recipe| check(recipe).into_iter().map(|what| format!("{}: {what}", recipe.name)))
        .collect();
    assert!(wrong.is_empty(), "{} findings\n{}", wrong.len(), wrong.join("\n"));
}
