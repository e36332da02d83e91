//! The files of the page.

use crate::http::Answer;

/// Path, content type, content.
const FILES: &[(&str, &str, &str)] = &[
    ("/", "text/html; charset=utf-8", include_str!("../page/index.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../page/style.css")),
    ("/main.js", SCRIPT, include_str!("../page/main.js")),
    ("/ask.js", SCRIPT, include_str!("../page/ask.js")),
    ("/words.js", SCRIPT, include_str!("../page/words.js")),
    ("/queue.js", SCRIPT, include_str!("../page/queue.js")),
    ("/stage.js", SCRIPT, include_str!("../page/stage.js")),
    ("/boxes.js", SCRIPT, include_str!("../page/boxes.js")),
    ("/icon.svg", "image/svg+xml", include_str!("../page/icon.svg")),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Returns a file of the page by its path, which is compared as it stands: no path leads anywhere else.
pub fn file(path: &str) -> Option<Answer> {
    let (_, kind, text) = FILES.iter().find(|(known, ..)| *known == path)?;
    Some(Answer::new(200, kind, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_nothing_outside_of_itself() {
        for (path, _, text) in FILES {
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for word in ["http:", "https:", "//cdn", "@import", "eval(", "innerHTML", "style=\"", "onclick="] {
                assert!(!text.contains(word), "{path}: {word}");
            }
        }
    }
}
