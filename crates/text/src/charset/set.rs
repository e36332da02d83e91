//! The coded character sets of PS3.3 C.12.1.1.2 that code extensions can name, one character at a time.

use encoding_rs::Encoding;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The code element a set is designated to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    G0,
    G1,
}

/// A coded character set (PS3.3 2026d, C.12.1.1.2, Tables C.12-2 to C.12-4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Set {
    Ascii,
    Romaji,
    Katakana,
    Latin1,
    Latin2,
    Latin3,
    Latin4,
    Cyrillic,
    Arabic,
    Greek,
    Hebrew,
    Latin5,
    Thai,
    Latin9,
    Jis0208,
    Jis0212,
    KsX1001,
    Gb2312,
}

/// The bytes of one character in one set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    One(u8),
    Two(u8, u8),
}

/// Each set with its registration number, its slot and its escape sequence without ESC.
const REGISTER: [(Set, u16, Slot, &[u8]); 18] = [
    (Set::Ascii, 6, Slot::G0, b"(B"),
    (Set::Romaji, 14, Slot::G0, b"(J"),
    (Set::Katakana, 13, Slot::G1, b")I"),
    (Set::Latin1, 100, Slot::G1, b"-A"),
    (Set::Latin2, 101, Slot::G1, b"-B"),
    (Set::Latin3, 109, Slot::G1, b"-C"),
    (Set::Latin4, 110, Slot::G1, b"-D"),
    (Set::Cyrillic, 144, Slot::G1, b"-L"),
    (Set::Arabic, 127, Slot::G1, b"-G"),
    (Set::Greek, 126, Slot::G1, b"-F"),
    (Set::Hebrew, 138, Slot::G1, b"-H"),
    (Set::Latin5, 148, Slot::G1, b"-M"),
    (Set::Thai, 166, Slot::G1, b"-T"),
    (Set::Latin9, 203, Slot::G1, b"-b"),
    (Set::Jis0208, 87, Slot::G0, b"$B"),
    (Set::Jis0212, 159, Slot::G0, b"$(D"),
    (Set::KsX1001, 149, Slot::G1, b"$)C"),
    (Set::Gb2312, 58, Slot::G1, b"$)A"),
];

impl Set {
    /// Returns the set that `ISO_IR number` or `ISO 2022 IR number` adds, except that 14 names the G0 half of 13.
    pub(super) fn from_number(number: u16) -> Option<Set> {
        REGISTER.iter().find(|row| row.1 == number).map(|row| row.0)
    }

    /// Returns the set that an escape sequence designates, and the sequence's length without ESC.
    ///
    /// `ESC $ @` (JIS C 6226-1978) and `ESC $ ( B` are read as JIS X 0208, since old writers use them.
    pub(super) fn from_escape(after_esc: &[u8]) -> Option<(Set, usize)> {
        if after_esc.starts_with(b"$@") {
            return Some((Set::Jis0208, 2));
        }
        if after_esc.starts_with(b"$(B") || after_esc.starts_with(b"$(@") {
            return Some((Set::Jis0208, 3));
        }
        REGISTER.iter().find(|row| after_esc.starts_with(row.3)).map(|row| (row.0, row.3.len()))
    }

    pub(super) fn escape(self) -> &'static [u8] {
        REGISTER.iter().find(|row| row.0 == self).map_or(b"(B", |row| row.3)
    }

    pub(super) fn slot(self) -> Slot {
        REGISTER.iter().find(|row| row.0 == self).map_or(Slot::G0, |row| row.2)
    }

    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }

    pub(super) fn is_multi_byte(self) -> bool {
        matches!(self, Set::Jis0208 | Set::Jis0212 | Set::KsX1001 | Set::Gb2312)
    }

    /// Returns the character of one byte, G0 sets from 0x20 to 0x7E, G1 sets from 0xA0 to 0xFF.
    pub(super) fn one(self, byte: u8) -> Option<char> {
        match self {
            Set::Ascii => matches!(byte, 0x20..=0x7E).then_some(byte as char),
            Set::Romaji => match byte {
                0x5C => Some('¥'),
                0x7E => Some('‾'),
                0x20..=0x7D => Some(byte as char),
                _ => None,
            },
            Set::Katakana => match byte {
                0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(byte - 0xA1)),
                _ => None,
            },
            Set::Latin1 => (byte >= 0xA0).then_some(byte as char),
            Set::Jis0208 | Set::Jis0212 | Set::KsX1001 | Set::Gb2312 => None,
            _ => byte.checked_sub(0xA0).and_then(|at| self.upper_half()[usize::from(at)]),
        }
    }

    /// Returns the character of two bytes, whose eighth bits don't matter.
    pub(super) fn two(self, lead: u8, trail: u8) -> Option<char> {
        let (lead, trail) = (lead | 0x80, trail | 0x80);
        if !matches!(lead, 0xA1..=0xFE) || !matches!(trail, 0xA1..=0xFE) {
            return None;
        }
        match self {
            Set::Jis0208 => single(encoding_rs::EUC_JP, &[lead, trail]).map(to_jis),
            Set::Jis0212 => single(encoding_rs::EUC_JP, &[0x8F, lead, trail]),
            Set::KsX1001 => single(encoding_rs::EUC_KR, &[lead, trail]),
            Set::Gb2312 => single(encoding_rs::GBK, &[lead, trail]),
            _ => None,
        }
    }

    /// Returns the bytes of `character` in this set: below 0x80 for G0 sets, above for G1 sets.
    pub(super) fn code(self, character: char) -> Option<Code> {
        match self {
            Set::Ascii => matches!(character, ' '..='~').then_some(Code::One(character as u8)),
            Set::Romaji => match character {
                '¥' => Some(Code::One(0x5C)),
                '‾' => Some(Code::One(0x7E)),
                '\\' | '~' => None,
                ' '..='}' => Some(Code::One(character as u8)),
                _ => None,
            },
            Set::Katakana => match character as u32 {
                code @ 0xFF61..=0xFF9F => Some(Code::One((code - 0xFF61) as u8 + 0xA1)),
                _ => None,
            },
            Set::Latin1 => matches!(character, '\u{A0}'..='\u{FF}').then_some(Code::One(character as u8)),
            Set::Jis0208 => pair(encoding_rs::EUC_JP, from_jis(character)).map(|(a, b)| Code::Two(a & 0x7F, b & 0x7F)),
            Set::Jis0212 => jis0212().get(&character).map(|&(a, b)| Code::Two(a & 0x7F, b & 0x7F)),
            Set::KsX1001 => pair(encoding_rs::EUC_KR, character).map(|(a, b)| Code::Two(a, b)),
            Set::Gb2312 => pair(encoding_rs::GBK, character).map(|(a, b)| Code::Two(a, b)),
            _ => self.upper_half().iter().position(|&c| c == Some(character)).map(|at| Code::One(at as u8 + 0xA0)),
        }
    }

    /// Returns the characters of the bytes 0xA0 to 0xFF of a single-byte set.
    fn upper_half(self) -> &'static [Option<char>; 96] {
        static HALVES: [OnceLock<[Option<char>; 96]>; 10] = [const { OnceLock::new() }; 10];
        // windows-1254 and windows-874 differ from ISO 8859-9 and -11 only below 0xA0.
        let (index, encoding) = match self {
            Set::Latin2 => (0, encoding_rs::ISO_8859_2),
            Set::Latin3 => (1, encoding_rs::ISO_8859_3),
            Set::Latin4 => (2, encoding_rs::ISO_8859_4),
            Set::Cyrillic => (3, encoding_rs::ISO_8859_5),
            Set::Arabic => (4, encoding_rs::ISO_8859_6),
            Set::Greek => (5, encoding_rs::ISO_8859_7),
            Set::Hebrew => (6, encoding_rs::ISO_8859_8),
            Set::Latin5 => (7, encoding_rs::WINDOWS_1254),
            Set::Thai => (8, encoding_rs::WINDOWS_874),
            _ => (9, encoding_rs::ISO_8859_15),
        };
        HALVES[index].get_or_init(|| std::array::from_fn(|at| single(encoding, &[0xA0 + at as u8])))
    }
}

/// Decodes `bytes` to the one character they stand for, without allocating.
pub(super) fn single(encoding: &'static Encoding, bytes: &[u8]) -> Option<char> {
    if bytes.len() > 4 {
        return None;
    }
    let number = bytes.iter().fold(bytes.len() as u64, |number, byte| number << 8 | u64::from(*byte));
    let table = std::ptr::from_ref(encoding).addr();
    DECODED.with(|answers| {
        let place = &answers[(table >> 3 ^ (number as usize).wrapping_mul(7)) % PLACES];
        match place.get() {
            (known, of, answer) if known == table && of == number => answer,
            _ => {
                let answer = decoded(encoding, bytes);
                place.set((table, number, answer));
                answer
            }
        }
    })
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let mut buffer = [0_u8; 16];
    let (result, read, written) =
        encoding.new_decoder_without_bom_handling().decode_to_utf8_without_replacement(bytes, &mut buffer, true);
    if result != encoding_rs::DecoderResult::InputEmpty || read != bytes.len() {
        return None;
    }
    let mut characters = std::str::from_utf8(&buffer[..written]).ok()?.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// Encodes `character` to the two bytes of a 94 × 94 set in its EUC form.
fn pair(encoding: &'static Encoding, character: char) -> Option<(u8, u8)> {
    let (bytes, length) = encoded(encoding, character)?;
    (length == 2 && matches!(bytes[0], 0xA1..=0xFE) && matches!(bytes[1], 0xA1..=0xFE)).then_some((bytes[0], bytes[1]))
}

/// The bytes of one character.
pub(super) type Bytes = ([u8; 4], u8);

/// A question to the tables of the web's encodings, and its answer.
type Encoded = (usize, char, Option<Bytes>);
type Decoded = (usize, u64, Option<char>);

/// How many answers a thread remembers.
const PLACES: usize = 1024;

thread_local! {
    /// The last answer for each place: the few characters of a name are encoded in hundreds of spellings, and to ask the tables
    /// takes long.
    static ENCODED: [Cell<Encoded>; PLACES] = const { [const { Cell::new((0, '\0', None)) }; PLACES] };
    /// The same the other way round, where the bytes are one number under their count.
    static DECODED: [Cell<Decoded>; PLACES] = const { [const { Cell::new((0, 0, None)) }; PLACES] };
}

/// Encodes one character, or tells that it cannot be.
pub(super) fn encoded(encoding: &'static Encoding, character: char) -> Option<Bytes> {
    let table = std::ptr::from_ref(encoding).addr();
    ENCODED.with(|answers| {
        let place = &answers[(table >> 3 ^ (character as usize).wrapping_mul(7)) % PLACES];
        match place.get() {
            (known, of, answer) if known == table && of == character => answer,
            _ => {
                let answer = look_up(encoding, character);
                place.set((table, character, answer));
                answer
            }
        }
    })
}

fn look_up(encoding: &'static Encoding, character: char) -> Option<Bytes> {
    let (mut utf8, mut buffer) = ([0_u8; 4], [0_u8; 16]);
    let text = character.encode_utf8(&mut utf8);
    let (result, _, written) = encoding.new_encoder().encode_from_utf8_without_replacement(text, &mut buffer, true);
    let bytes = (buffer[..4].try_into().ok()?, u8::try_from(written).ok().filter(|written| *written <= 4)?);
    (result == encoding_rs::EncoderResult::InputEmpty).then_some(bytes)
}

/// Characters that the web's tables map in another way than JIS X 0208 does: (web, JIS).
const JIS_VARIANTS: [(char, char); 6] = [
    ('\u{FF5E}', '\u{301C}'),
    ('\u{FF0D}', '\u{2212}'),
    ('\u{2225}', '\u{2016}'),
    ('\u{FFE0}', '\u{A2}'),
    ('\u{FFE1}', '\u{A3}'),
    ('\u{FFE2}', '\u{AC}'),
];

/// Returns the character as JIS X 0208 has it.
pub(super) fn to_jis(character: char) -> char {
    JIS_VARIANTS.iter().find(|pair| pair.0 == character).map_or(character, |pair| pair.1)
}

fn from_jis(character: char) -> char {
    JIS_VARIANTS.iter().find(|pair| pair.1 == character).map_or(character, |pair| pair.0)
}

/// The supplementary kanji inverted, since no encoder emits them.
fn jis0212() -> &'static HashMap<char, (u8, u8)> {
    static TABLE: OnceLock<HashMap<char, (u8, u8)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for lead in 0xA1..=0xFE {
            for trail in 0xA1..=0xFE {
                if let Some(character) = decoded(encoding_rs::EUC_JP, &[0x8F, lead, trail]) {
                    table.entry(character).or_insert((lead, trail));
                }
            }
        }
        table
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supplementary_kanji_go_both_ways() {
        // 鷗 is row 76 cell 34 of JIS X 0212.
        assert_eq!(Set::Jis0212.two(0x6C, 0x3F), Some('鷗'));
        assert!(matches!(Set::Jis0212.code('鷗'), Some(Code::Two(0x6C, 0x3F))));
    }

    #[test]
    fn half_width_katakana_and_yen_are_not_jis_x_0208() {
        assert!(Set::Jis0208.code('ﾔ').is_none());
        assert!(Set::Jis0208.code('¥').is_none());
        assert!(Set::Jis0208.code('A').is_none());
    }

    #[test]
    fn turkish_and_thai_have_their_own_letters() {
        assert_eq!(Set::Latin5.one(0xFE), Some('ş'));
        assert_eq!(Set::Thai.one(0xA1), Some('ก'));
        assert_eq!(Set::Latin9.one(0xA4), Some('€'));
    }
}
