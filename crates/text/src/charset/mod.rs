//! The character sets of a data set: SpecificCharacterSet (0008,0005) and what it means for bytes.

mod decode;
mod encode;
mod parse;
mod set;
mod sniff;
#[cfg(test)]
mod tests;

use crate::issue::{Issue, Issues};
use set::Set;
use std::fmt;
use std::ops::Range;
use tokumei_core::Vr;

/// The character sets that hold for the text of one data set or item.
///
/// The declaration is scoped: an item without its own SpecificCharacterSet (0008,0005) uses that of the data set
/// around it (PS3.5 2026d, 6.1.2.1), which the caller keeps track of.
///
/// ```
/// use tokumei_core::Vr;
/// use tokumei_text::CharacterSets;
/// let sets = CharacterSets::parse(b"\\ISO 2022 IR 87");
/// let decoded = sets.decode(b"Yamamoto^Taro=\x1b$B;3K\\\x1b(B^\x1b$BB@O:\x1b(B", Vr::PN);
/// assert_eq!(decoded.text, "Yamamoto^Taro=山本^太郎");
/// assert!(decoded.issues.is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CharacterSets {
    scheme: Scheme,
    issues: Issues,
}

/// How bytes become characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scheme {
    /// ISO 2022 with a G0 and a G1 set; without code extensions `declared` holds just the initial ones.
    Iso2022 {
        g0: Set,
        g1: Option<Set>,
        declared: u32,
    },
    Utf8,
    Gb18030,
    Gbk,
    ShiftJis,
    EucJp,
}

/// Text, and what was wrong with its bytes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Decoded {
    /// The characters; U+FFFD stands for each part that could not be decoded.
    pub text: String,
    /// What was wrong; empty when the bytes are legal.
    pub issues: Issues,
}

impl fmt::Debug for Decoded {
    /// Prints the length only: the text may identify a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("length", &self.text.len()).field("issues", &self.issues).finish()
    }
}

/// The text holds a character that the declared sets, or the value representation, do not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unencodable {
    /// How many characters stand before the first one that cannot be encoded.
    pub position: usize,
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {} of the text is in none of the declared character sets", self.position + 1)
    }
}

impl std::error::Error for Unencodable {}

impl CharacterSets {
    /// Returns the default repertoire, ISO_IR 6, which holds where nothing is declared.
    pub const fn default_repertoire() -> CharacterSets {
        let scheme = Scheme::Iso2022 { g0: Set::Ascii, g1: None, declared: 1 << Set::Ascii as u32 };
        CharacterSets { scheme, issues: Issues::none() }
    }

    /// Returns UTF-8, `ISO_IR 192`.
    pub const fn utf8() -> CharacterSets {
        CharacterSets { scheme: Scheme::Utf8, issues: Issues::none() }
    }

    /// Reads the value of SpecificCharacterSet (0008,0005).
    ///
    /// Known misspellings are understood; what is not understood counts as the default repertoire. Both are told by
    /// [`CharacterSets::issues`].
    ///
    /// # Standard
    /// PS3.3 2026d, C.12.1.1.2.
    pub fn parse(value: &[u8]) -> CharacterSets {
        parse::parse(value)
    }

    /// Returns what was wrong with the declaration itself.
    pub fn issues(&self) -> Issues {
        self.issues
    }

    /// Tells whether ASCII text stands for itself at the start of a value: not so under ISO_IR 13, where the bytes of
    /// the backslash and the tilde mean a yen sign and an overline.
    pub fn is_ascii_superset(&self) -> bool {
        !matches!(self.scheme, Scheme::Iso2022 { g0: Set::Romaji, .. })
    }

    /// Decodes a whole value field, delimiters included.
    ///
    /// Bytes that contradict the declaration are read as Shift_JIS, EUC-JP, UTF-8 or ISO 8859-1 if they clearly are
    /// that, and the issue says so. Trailing NUL bytes are dropped, trailing spaces kept. Never fails.
    ///
    /// # Standard
    /// PS3.5 2026d, 6.1.2.5.
    pub fn decode(&self, bytes: &[u8], vr: Vr) -> Decoded {
        if let Some(text) = plain(self.scheme, bytes) {
            return Decoded { text: text.to_owned(), issues: Issues::none() };
        }
        let (bytes, padding) = unpadded(bytes);
        let (scheme, sniffed) = sniff::scheme(self.scheme, bytes, vr);
        let mut decoded = decode::decode(scheme, bytes, vr);
        decoded.issues = decoded.issues.union(sniffed).union(padding);
        if vr.is_string() && !vr.is_text() && !decoded.text.is_ascii() {
            decoded.issues.insert(Issue::OutsideRepertoire);
        }
        decoded
    }

    /// Returns the byte ranges of the values of a value field.
    ///
    /// Only true backslashes separate: the byte 0x5C inside a multi-byte character does not. A value representation
    /// without multiplicity has one value. Ranges are in order and leave out the backslashes.
    pub fn split(&self, bytes: &[u8], vr: Vr) -> Vec<Range<usize>> {
        if !separates(vr) {
            return std::iter::once(0..bytes.len()).collect();
        }
        let (scheme, _) = sniff::scheme(self.scheme, unpadded(bytes).0, vr);
        decode::split(scheme, bytes, vr)
    }

    /// Encodes text so that it is legal under this declaration and decodes to the same text.
    ///
    /// In a value representation with multiplicity a backslash separates values, in PN `^` and `=` separate
    /// components and groups: before each of them, before line ends and at the end the initial sets are active
    /// again. Nothing is padded and no length is checked.
    ///
    /// # Errors
    /// [`Unencodable`] when a character is in none of the declared sets, or the value representation forbids it.
    ///
    /// # Standard
    /// PS3.5 2026d, 6.1.2.5.3.
    pub fn encode(&self, text: &str, vr: Vr) -> Result<Vec<u8>, Unencodable> {
        encode::encode(self.scheme, text, vr)
    }
}

impl Default for CharacterSets {
    fn default() -> CharacterSets {
        CharacterSets::default_repertoire()
    }
}

/// Returns printable ASCII as it is: most values are that.
fn plain(scheme: Scheme, bytes: &[u8]) -> Option<&str> {
    let romaji = matches!(scheme, Scheme::Iso2022 { g0: Set::Romaji, .. });
    let legal = |&b: &u8| matches!(b, 0x20..=0x7E) && !(romaji && matches!(b, 0x5C | 0x7E));
    bytes.iter().all(legal).then(|| std::str::from_utf8(bytes).ok()).flatten()
}

fn unpadded(bytes: &[u8]) -> (&[u8], Issues) {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    let issues = if end < bytes.len() { Issue::NulPadding.into() } else { Issues::none() };
    (&bytes[..end], issues)
}

/// Tells whether a backslash separates values: also where the value representation is not known.
fn separates(vr: Vr) -> bool {
    vr.is_multi_valued() || vr == Vr::UN
}

/// Tells whether a character ends the reach of an invoked set.
fn resets(character: char, vr: Vr) -> bool {
    match character {
        '\\' => separates(vr),
        '^' | '=' => vr == Vr::PN,
        '\t' | '\n' | '\u{C}' | '\r' => true,
        _ => false,
    }
}

/// Tells whether a control character may stand in text of this value representation (PS3.5 2026d, Table 6.2-1).
fn allows_control(vr: Vr, character: char) -> bool {
    matches!(vr, Vr::LT | Vr::ST | Vr::UT) && matches!(character, '\t' | '\n' | '\u{C}' | '\r')
}
