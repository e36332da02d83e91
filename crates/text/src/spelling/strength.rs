//! How much a spelling says by itself.

use super::name::is_han;
use crate::vocabulary;

/// How far a spelling may be searched for.
///
/// The rule looks at the folded spelling. Each digit counts 3.3 bits, a Latin letter 3, a kana 4, a kanji or a syllable
/// of Korean 8. From 15 bits on a spelling is strong: five letters, four kana, two kanji. Digits alone are strong from
/// seven on, since six occur by chance in times and measurements. Whatever is a word of the vocabulary, or part of one
/// (`Hand`, `Stern` in `sternum`, 中心), is weak whatever its length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strength {
    /// Only as a whole word: not inside a longer run of the same kind of characters.
    Weak,
    /// Everywhere, also inside a word or in raw bytes.
    Strong,
}

/// Returns the strength of a folded spelling, or `None` when it is too common to mean anything.
pub(crate) fn strength(folded: &str) -> Option<Strength> {
    let mut tenths = 0_u32;
    let (mut digits, mut others) = (0_u32, 0_u32);
    for character in folded.chars() {
        let (bits, digit) = match character {
            '0'..='9' => (33, true),
            'ァ'..='ヺ' => (40, false),
            c if is_han(c) || matches!(c, '가'..='힣') => (80, false),
            'a'..='z' => (30, false),
            _ => (40, false),
        };
        tenths += bits;
        if digit { digits += 1 } else { others += 1 }
    }
    if others == 0 {
        return match digits {
            0..=3 => None,
            4..=6 => Some(Strength::Weak),
            _ => Some(Strength::Strong),
        };
    }
    if tenths < 60 {
        return None;
    }
    let strong = tenths >= 150 && !vocabulary::is_part_of_a_word(folded);
    Some(if strong { Strength::Strong } else { Strength::Weak })
}
