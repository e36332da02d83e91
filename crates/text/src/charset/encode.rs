//! From characters to bytes that are legal under the declared sets.

use super::set::{self, Code, Set, Slot};
use super::{Scheme, Unencodable, allows_control, decode, resets};
use std::ops::Range;
use tokumei_core::Vr;

pub(super) fn encode(scheme: Scheme, text: &str, vr: Vr) -> Result<Vec<u8>, Unencodable> {
    if let Some(position) = text.chars().position(|c| is_forbidden(c, vr)) {
        return Err(Unencodable { position });
    }
    let bytes = match scheme {
        Scheme::Iso2022 { g0, g1, declared } => Writer::new(g0, g1, declared, vr, text.len()).write(text)?,
        Scheme::Utf8 => text.as_bytes().to_vec(),
        Scheme::Gb18030 => whole(encoding_rs::GB18030, text)?,
        Scheme::Gbk => whole(encoding_rs::GBK, text)?,
        Scheme::ShiftJis => whole(encoding_rs::SHIFT_JIS, text)?,
        Scheme::EucJp => whole(encoding_rs::EUC_JP, text)?,
    };
    differs(scheme, text, &bytes, vr).map_or(Ok(bytes), |position| Err(Unencodable { position }))
}

fn is_forbidden(character: char, vr: Vr) -> bool {
    (character.is_control() && !allows_control(vr, character))
        || character == char::REPLACEMENT_CHARACTER
        || (vr.is_string() && !vr.is_text() && !character.is_ascii())
}

/// Returns the position of the first character that would not be read back: the tables of two directions may differ.
fn differs(scheme: Scheme, text: &str, bytes: &[u8], vr: Vr) -> Option<usize> {
    let back = decode::decode(scheme, bytes, vr).text;
    let (mut written, mut read) = (text.chars(), back.chars());
    for position in 0.. {
        match (written.next(), read.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if set::to_jis(a) == set::to_jis(b) => {}
            _ => return Some(position),
        }
    }
    None
}

fn whole(encoding: &'static encoding_rs::Encoding, text: &str) -> Result<Vec<u8>, Unencodable> {
    let mut bytes = Vec::with_capacity(text.len());
    for (position, character) in text.chars().enumerate() {
        let (code, length) = set::encoded(encoding, character).ok_or(Unencodable { position })?;
        bytes.extend_from_slice(&code[..usize::from(length)]);
    }
    Ok(bytes)
}

struct Writer {
    vr: Vr,
    initial: (Set, Option<Set>),
    g0: Set,
    g1: Option<Set>,
    /// The sets to choose from, the preferred first.
    sets: Vec<Set>,
    bytes: Vec<u8>,
}

/// JIS X 0208 before 0212, and G0 before G1: what readers know best comes first.
const PREFERENCE: [Set; 18] = [
    Set::Ascii,
    Set::Romaji,
    Set::Katakana,
    Set::Latin1,
    Set::Latin9,
    Set::Latin2,
    Set::Latin3,
    Set::Latin4,
    Set::Latin5,
    Set::Cyrillic,
    Set::Greek,
    Set::Hebrew,
    Set::Arabic,
    Set::Thai,
    Set::Jis0208,
    Set::Jis0212,
    Set::KsX1001,
    Set::Gb2312,
];

impl Writer {
    fn new(g0: Set, g1: Option<Set>, declared: u32, vr: Vr, length: usize) -> Writer {
        let sets = PREFERENCE.into_iter().filter(|set| declared & set.bit() != 0).collect();
        Writer { vr, initial: (g0, g1), g0, g1, sets, bytes: Vec::with_capacity(length) }
    }

    fn write(mut self, text: &str) -> Result<Vec<u8>, Unencodable> {
        let characters: Vec<char> = text.chars().collect();
        let mut start = 0;
        for (position, &character) in characters.iter().enumerate() {
            if resets(character, self.vr) {
                self.segment(&characters, start..position)?;
                self.bytes.push(character as u8);
                start = position + 1;
            }
        }
        self.segment(&characters, start..characters.len())?;
        Ok(self.bytes)
    }

    /// Writes text without delimiters, from the initial sets back to them.
    fn segment(&mut self, characters: &[char], range: Range<usize>) -> Result<(), Unencodable> {
        (self.g0, self.g1) = self.initial;
        if let Some(set) = self.leading_set(&characters[range.clone()]) {
            self.designate(set);
        }
        for position in range {
            let (set, code) = self.choose(characters[position]).ok_or(Unencodable { position })?;
            self.designate(set);
            match code {
                Code::One(byte) => self.bytes.push(byte),
                Code::Two(lead, trail) => self.bytes.extend([lead, trail]),
            }
        }
        self.designate(self.initial.0);
        if let Some(set) = self.initial.1 {
            self.designate(set);
        }
        Ok(())
    }

    /// Returns the Korean set, if all of a line is of it: it is designated at the head of the line (PS3.5 2026d, I.3),
    /// where the Chinese one is designated before its first character (K.3).
    fn leading_set(&self, characters: &[char]) -> Option<Set> {
        let upper = |c: &&char| !c.is_ascii() && self.initial.1.is_none_or(|set| set.code(**c).is_none());
        let first = characters.iter().find(upper)?;
        let set = Some(Set::KsX1001).filter(|set| self.sets.contains(set))?;
        let others = |c: &char| c.is_ascii() || set.code(*c).is_some();
        (set.code(*first).is_some() && characters.iter().all(others)).then_some(set)
    }

    /// Returns the set to write a character in: an active one, else the first that has it.
    fn choose(&self, character: char) -> Option<(Set, Code)> {
        // ASCII must not be written in the double-width cells of another set, nor in a national variant of it.
        [Some(self.g0), self.g1]
            .into_iter()
            .flatten()
            .chain(self.sets.iter().copied())
            .find_map(|set| set.code(character).map(|code| (set, code)))
    }

    fn designate(&mut self, set: Set) {
        let active = match set.slot() {
            Slot::G0 => self.g0 == set,
            Slot::G1 => self.g1 == Some(set),
        };
        if active {
            return;
        }
        match set.slot() {
            Slot::G0 => self.g0 = set,
            Slot::G1 => self.g1 = Some(set),
        }
        self.bytes.push(0x1B);
        self.bytes.extend_from_slice(set.escape());
    }
}
