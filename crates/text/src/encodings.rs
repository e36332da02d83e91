//! The bytes that one spelling can have in a file.

use crate::charset::CharacterSets;
use std::sync::OnceLock;
use tokumei_core::Vr;

/// The shortest byte form worth searching for in a large file.
const SHORTEST: usize = 3;

/// Returns every byte form of `text` that a search must look for, sorted and without duplicates.
///
/// The forms are: UTF-8 (which is ASCII for ASCII text, to be searched without regard to case), UTF-16 in both byte
/// orders, base64 at its three alignments, hexadecimal in small letters (to be searched without regard to case), and for other text Shift_JIS, EUC-JP, the bytes of JIS X 0208
/// and 0212 with escape sequences and (if there are enough) without, half-width katakana, GB18030, EUC-KR and the ISO
/// 8859 family. Of ASCII text UTF-16, base64 and hexadecimal come as written, in capitals and in small letters. Forms
/// under three bytes are left out; so is what a set cannot express.
pub fn encodings(text: &str) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    if text.is_ascii() {
        let small = text.to_ascii_lowercase();
        let mut cases = vec![text.to_owned(), text.to_ascii_uppercase(), small.clone()];
        // Of digits all three are the same.
        cases.sort_unstable();
        cases.dedup();
        for cased in cases {
            wide(&cased, &mut forms);
            embedded(cased.as_bytes(), &mut forms);
        }
        forms.push(small.into_bytes());
    } else {
        forms.push(text.as_bytes().to_vec());
        wide(text, &mut forms);
        embedded(text.as_bytes(), &mut forms);
        national(text, &mut forms);
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn wide(text: &str, forms: &mut Vec<Vec<u8>>) {
    let (mut little, mut big) = (Vec::with_capacity(text.len() * 2), Vec::with_capacity(text.len() * 2));
    for unit in text.encode_utf16() {
        little.extend_from_slice(&unit.to_le_bytes());
        big.extend_from_slice(&unit.to_be_bytes());
    }
    forms.extend([little, big]);
}

/// Adds the forms inside base64 and hexadecimal, where they are long enough to mean something.
fn embedded(bytes: &[u8], forms: &mut Vec<Vec<u8>>) {
    if bytes.len() < 6 {
        return;
    }
    forms.extend((0..3).map(|offset| base64_core(bytes, offset)).filter(|core| core.len() >= 8));
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hexadecimal = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        hexadecimal.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    forms.push(hexadecimal);
}

/// Returns the base64 characters that depend on `bytes` alone when they start `offset` bytes into a group of three.
fn base64_core(bytes: &[u8], offset: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // The stream's sextet boundaries, seen from the first bit of `bytes`.
    let first = (6 - (offset * 8) % 6) % 6;
    let sextets = (bytes.len() * 8 - first) / 6;
    let sextet = |bit: usize| {
        let pair = u16::from(bytes[bit / 8]) << 8 | u16::from(bytes.get(bit / 8 + 1).copied().unwrap_or(0));
        pair >> (10 - bit % 8) & 0x3F
    };
    (0..sextets).map(|n| ALPHABET[usize::from(sextet(first + n * 6))]).collect()
}

/// Adds the forms of text that is not ASCII in the sets of Japan, China, Korea or Europe.
fn national(text: &str, forms: &mut Vec<Vec<u8>>) {
    static SETS: OnceLock<[Vec<CharacterSets>; 2]> = OnceLock::new();
    const EAST: [&str; 7] = [
        "\\ISO 2022 IR 87\\ISO 2022 IR 159",
        "\\ISO 2022 IR 87\\ISO 2022 IR 159\\ISO 2022 IR 13",
        "SHIFT_JIS",
        "EUC-JP",
        "GB18030",
        "\\ISO 2022 IR 149",
        "\\ISO 2022 IR 58",
    ];
    const WEST: [u16; 12] = [100, 101, 109, 110, 126, 127, 138, 144, 148, 166, 203, 87];
    let parsed = SETS.get_or_init(|| {
        let west = WEST.map(|number| CharacterSets::parse(format!("\\ISO 2022 IR {number}").as_bytes()));
        [EAST.map(|declared| CharacterSets::parse(declared.as_bytes())).to_vec(), west.to_vec()]
    });
    let is_east = text
        .chars()
        .any(|c| matches!(c, '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{10FFFF}'));
    for sets in &parsed[usize::from(!is_east)] {
        let Ok(bytes) = sets.encode(text, Vr::UN) else { continue };
        let bare = without_escapes(&bytes);
        // Pairs without escapes are printable ASCII: a short one would be found everywhere.
        if bare.len() >= 6 || bare.iter().any(|&b| b >= 0x80) {
            forms.push(bare);
        }
        forms.push(trimmed(bytes));
    }
}

/// Leaves out the closing escape, which more text of the same set would push away.
fn trimmed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.ends_with(b"\x1b(B") || bytes.ends_with(b"\x1b(J") {
        bytes.truncate(bytes.len() - 3);
    }
    bytes
}

fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut bare = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if first != 0x1B {
            bare.push(first);
            rest = after;
            continue;
        }
        let between = after.iter().take_while(|b| matches!(b, 0x20..=0x2F)).count();
        rest = after.get(between + 1..).unwrap_or_default();
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn has(text: &str, form: &[u8]) -> bool {
        encodings(text).iter().any(|f| f == form)
    }

    #[test]
    fn kanji_have_their_japanese_bytes() {
        assert!(has("山本", "山本".as_bytes()));
        assert!(has("山本", b"\x8e\x52\x96\x7b"));
        assert!(has("山本", b"\xbb\xb3\xcb\xdc"));
        assert!(has("山本", b"\x1b$B;3K\\"));
        assert!(has("山本", b"\x71\x5c\x2c\x67"));
        assert!(has("山本太郎", b";3K\\B@O:"));
    }

    #[test]
    fn half_width_kana_are_single_bytes() {
        assert!(has("ﾔﾏﾀﾞ", b"\xd4\xcf\xc0\xde"));
    }

    #[test]
    fn ascii_is_small_and_wide_forms_come_in_three_cases() {
        assert!(has("Abcd", b"abcd"));
        assert!(has("Abcd", b"A\0b\0c\0d\0"));
        assert!(has("Abcd", b"\0A\0B\0C\0D"));
    }

    #[test]
    fn base64_cores_are_found_at_each_alignment() {
        // base64 of "xSecretsy" shifted by 0, 1 and 2 bytes.
        assert!(has("Secrets", b"U2VjcmV0c"));
        assert!(has("Secrets", b"NlY3JldH"));
        assert!(has("Secrets", b"TZWNyZXRz"));
    }

    #[test]
    fn forms_are_unique_and_long_enough() {
        for text in ["a", "ab", "Abcdefg", "é", "森", "홍길동"] {
            let forms = encodings(text);
            let set: BTreeSet<_> = forms.iter().collect();
            assert_eq!(set.len(), forms.len());
            assert!(forms.iter().all(|form| form.len() >= 3));
        }
    }
}
