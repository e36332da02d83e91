//! The value literals of a recipe: quoted text in a character set, bytes in hexadecimal, numbers, fillings.

use crate::Piece;
use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GB18030, ISO_2022_JP, ISO_8859_2, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8,
    SHIFT_JIS, WINDOWS_874, WINDOWS_1252, WINDOWS_1254,
};

/// Parses literals, separated by blanks, up to the end of the line.
pub(crate) fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (piece, after) = one(rest)?;
        pieces.push(piece);
        rest = after.trim_start();
    }
    Ok(pieces)
}

fn one(text: &str) -> Result<(Piece, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.')).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if let Some(quoted) = rest.strip_prefix('"') {
        let close = quoted.find('"').ok_or("a quotation mark is not closed")?;
        return Ok((Piece::Raw(encode(word, &quoted[..close])?), &quoted[close + 1..]));
    }
    if let Some(inner) = rest.strip_prefix('(') {
        let close = inner.find(')').ok_or("a bracket is not closed")?;
        return Ok((Piece::Raw(filling(word, &inner[..close])?), &inner[close + 1..]));
    }
    let number = word.parse().map_err(|_| format!("`{word}` is not a value"))?;
    Ok((Piece::Number(number), rest))
}

/// Encodes `text` in the character set called `set`; no name means UTF-8, which is ASCII for ASCII text.
fn encode(set: &str, text: &str) -> Result<Vec<u8>, String> {
    let encoding: &'static Encoding = match set {
        "" | "utf8" => return Ok(text.as_bytes().to_vec()),
        "jis" => ISO_2022_JP,
        "sjis" => SHIFT_JIS,
        "eucjp" => EUC_JP,
        "euckr" => EUC_KR,
        "gb18030" => GB18030,
        "latin1" => WINDOWS_1252,
        "latin2" => ISO_8859_2,
        "cyrillic" => ISO_8859_5,
        "arabic" => ISO_8859_6,
        "greek" => ISO_8859_7,
        "hebrew" => ISO_8859_8,
        "latin5" => WINDOWS_1254,
        "thai" => WINDOWS_874,
        other => return Err(format!("`{other}` is not a character set of recipes")),
    };
    let (bytes, _, lost) = encoding.encode(text);
    if lost { Err(format!("the text does not fit into `{set}`")) } else { Ok(bytes.into_owned()) }
}

fn filling(kind: &str, inner: &str) -> Result<Vec<u8>, String> {
    let count = |text: &str| text.trim().parse::<usize>().map_err(|_| format!("`{text}` is not a count"));
    match kind {
        "hex" => hex(inner),
        "zeros" => Ok(vec![0; count(inner)?]),
        "ramp" => Ok((0..count(inner)?).map(|index| (index % 251) as u8).collect()),
        "fill" => {
            let (byte, times) = inner.split_once(',').ok_or("fill needs a byte and a count")?;
            Ok(hex(byte)?.repeat(count(times)?))
        }
        other => Err(format!("`{other}` is not a filling")),
    }
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if digits.len() % 2 == 1 {
        return Err("an odd number of hexadecimal digits".into());
    }
    let digit = |byte: u8| (byte as char).to_digit(16).ok_or("not a hexadecimal digit");
    digits.chunks_exact(2).map(|pair| Ok((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(bytes: &[u8]) -> Piece {
        Piece::Raw(bytes.to_vec())
    }

    #[test]
    fn literals_follow_each_other_on_a_line() {
        let pieces = parse(r#""A^B=" jis"山" hex(1B 2842) zeros(2) 512 -1.5 # the rest is a remark"#).unwrap();
        let expected = [
            raw(b"A^B="),
            raw(b"\x1B$B;3\x1B(B"),
            raw(b"\x1B(B"),
            raw(&[0, 0]),
            Piece::Number(512.0),
            Piece::Number(-1.5),
        ];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn half_width_katakana_of_shift_jis_is_one_byte_each() {
        assert_eq!(parse("sjis\"ﾔﾏﾀﾞ\"").unwrap(), [raw(&[0xD4, 0xCF, 0xC0, 0xDE])]);
    }

    #[test]
    fn open_quotation_unknown_words_and_odd_digits_are_refused() {
        for text in ["\"abc", "fly(3)", "klingon\"a\"", "hex(123)", "hex(zz)", "word", "latin1\"山\""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
