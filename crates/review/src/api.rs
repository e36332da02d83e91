//! What the page asks for, as JSON.

use crate::desk::{Ask, Decision, Desk, Refusal, Why};
use crate::http::{Answer, Fault};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokumei_pixel::Effort;

/// The paths that are asked with POST.
pub const PATHS: [&str; 7] = ["texts", "queue", "open", "picture", "propose", "decide", "release"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    item: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    item: String,
    frame: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    language: String,
}

/// Answers one question.
///
/// # Errors
/// The id of the refusal where the question cannot be understood.
pub fn answer(desk: &dyn Desk, path: &str, body: &[u8]) -> Result<Answer, Fault> {
    Ok(match path {
        "texts" => {
            let (texts, language) = desk.texts();
            Answer::json(200, &json!({ "texts": texts, "language": language }))
        }
        "queue" => said(desk.queue()),
        "open" => said(desk.open(&read::<Item>(body)?.item)),
        "picture" => match desk.picture(&read::<Ask>(body)?) {
            Ok(picture) => match picture.png(Effort::Least) {
                Some(png) => Answer::new(200, "image/png", png),
                None => Answer::json(500, &Value::Null),
            },
            Err(refusal) => refused(&refusal),
        },
        "propose" => {
            let Frame { item, frame } = read(body)?;
            said(desk.propose(&item, frame))
        }
        "decide" => said(desk.decide(&read::<Decision>(body)?)),
        "release" => said(desk.release(&read::<Language>(body)?.language)),
        _ => return Err("path"),
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|_| "malformed")
}

fn said<T: serde::Serialize>(answer: Result<T, Refusal>) -> Answer {
    match answer {
        Ok(value) => Answer::json(200, &value),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let status = match refusal.why {
        Why::Missing => 404,
        Why::Stale => 409,
        Why::Refused => 422,
        Why::Broken => 500,
    };
    Answer::json(status, &json!({ "error": refusal }))
}
