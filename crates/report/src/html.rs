//! HTML by hand: everything is escaped unless it is known to be markup.

use crate::Bilingual;

/// Returns a text as it may stand in an element or an attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // What changes the direction of writing could turn a line round.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            letter if letter.is_control() && letter != '\n' => {}
            letter => out.push(letter),
        }
    }
    out
}

/// Returns a text in both languages, one of which the style shows.
pub(crate) fn both(text: &Bilingual) -> String {
    if text.en == text.ja {
        return escape(&text.en);
    }
    let (en, ja) = (escape(&text.en), escape(&text.ja));
    format!("<span class=\"en\" lang=\"en\">{en}</span><span class=\"ja\" lang=\"ja\">{ja}</span>")
}

/// Returns a fixed text in both languages.
pub(crate) fn say(en: &str, ja: &str) -> String {
    both(&Bilingual::new(en, ja))
}

/// Returns a number with its thousands apart.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = {
        let first = digits.len() % 3;
        let (head, rest) = digits.split_at(first);
        let rest = rest.as_bytes().chunks(3).map(|chunk| std::str::from_utf8(chunk).unwrap_or_default());
        std::iter::once(head).filter(|head| !head.is_empty()).chain(rest).collect()
    };
    groups.join(",")
}

/// Returns a number of bytes in a unit that people read.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        (value, unit) = (value / 1000.0, unit + 1);
    }
    if unit == 0 || value >= 99.5 {
        format!("{value:.0} {}", units[unit])
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

/// Returns bytes in base 64.
///
/// # Standard
/// RFC 4648, 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_given_becomes_markup() {
        assert_eq!(escape("<b a='\"'>&\u{202e}\u{7}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }

    #[test]
    fn vectors_of_rfc_4648_hold() {
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (text, expected) in vectors {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn numbers_are_set_apart_by_thousands() {
        assert_eq!(
            ["0", "12", "999", "1,000", "12,345", "1,234,567"],
            [0, 12, 999, 1000, 12345, 1_234_567].map(number)[..]
        );
        assert_eq!([size(999), size(1000), size(32_242), size(419_000_000)], ["999 B", "1.0 kB", "32.2 kB", "419 MB"]);
    }
}
