//! Value representations.

use std::fmt;

macro_rules! vrs {
    ($($name:ident),* $(,)?) => {
        /// A value representation (PS3.5 2026d, 6.2).
        #[allow(missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Vr { $($name),* }

        impl Vr {
            /// Every value representation of the standard.
            pub const ALL: &'static [Vr] = &[$(Vr::$name),*];

            /// Returns the two letters of this value representation.
            pub const fn as_str(self) -> &'static str {
                match self { $(Vr::$name => stringify!($name)),* }
            }
        }
    };
}

vrs!(
    AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, OB, OD, OF, OL, OV, OW, PN, SH, SL, SQ, SS, ST, SV, TM, UC, UI, UL,
    UN, UR, US, UT, UV,
);

impl Vr {
    /// Returns the value representation with these two letters, or `None` when the standard has none.
    pub fn from_bytes(letters: [u8; 2]) -> Option<Vr> {
        let [first, second] = letters.map(|letter| usize::from(letter.wrapping_sub(b'A')));
        if first < LETTERS && second < LETTERS { BY_LETTERS[first * LETTERS + second] } else { None }
    }

    /// Returns the value representation with these two letters, or `None` when the standard has none.
    pub fn parse(letters: &str) -> Option<Vr> {
        letters.as_bytes().try_into().ok().and_then(Vr::from_bytes)
    }

    /// Tells whether the explicit header has two reserved bytes and a 32-bit length (PS3.5 2026d, 7.1.2).
    pub const fn has_long_header(self) -> bool {
        use Vr::*;
        matches!(self, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
    }

    /// Tells whether the value is a character string of any repertoire.
    pub const fn is_string(self) -> bool {
        use Vr::*;
        matches!(self, AE | AS | CS | DA | DS | DT | IS | LO | LT | PN | SH | ST | TM | UC | UI | UR | UT)
    }

    /// Tells whether SpecificCharacterSet (0008,0005) governs the value (PS3.5 2026d, 6.1.2.2).
    pub const fn is_text(self) -> bool {
        use Vr::*;
        matches!(self, LO | LT | PN | SH | ST | UC | UT)
    }

    /// Tells whether a backslash separates values in this value representation.
    pub const fn is_multi_valued(self) -> bool {
        use Vr::*;
        self.is_string() && !matches!(self, LT | ST | UT | UR)
    }

    /// Returns the byte that pads a value to even length.
    pub const fn padding(self) -> u8 {
        if self.is_string() && !matches!(self, Vr::UI) { b' ' } else { 0 }
    }

    /// Returns the most characters (bytes, where only the default repertoire is legal) of one value.
    ///
    /// `None` where the standard sets no small bound. For PN the bound is of one component group.
    pub const fn max_characters(self) -> Option<usize> {
        use Vr::*;
        match self {
            AE | CS | DS | SH => Some(16),
            AS => Some(4),
            DA => Some(8),
            DT => Some(26),
            IS => Some(12),
            LO | PN | UI => Some(64),
            TM => Some(14),
            ST => Some(1024),
            LT => Some(10240),
            _ => None,
        }
    }
}

/// Letters of the alphabet.
const LETTERS: usize = 26;

/// The value representation of each two letters: every header of every data element asks for one.
const BY_LETTERS: [Option<Vr>; LETTERS * LETTERS] = {
    let mut table = [None; LETTERS * LETTERS];
    let mut next = 0;
    while next < Vr::ALL.len() {
        let letters = Vr::ALL[next].as_str().as_bytes();
        table[(letters[0] - b'A') as usize * LETTERS + (letters[1] - b'A') as usize] = Some(Vr::ALL[next]);
        next += 1;
    }
    table
};

impl fmt::Display for Vr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_letters_name_no_value_representation() {
        assert_eq!(Vr::from_bytes(*b"??"), None);
        assert_eq!(Vr::from_bytes(*b"pn"), None);
        assert_eq!(Vr::from_bytes([0xFF, b'N']), None);
        assert_eq!(Vr::from_bytes(*b"A["), None);
        assert_eq!(Vr::parse("UT"), Some(Vr::UT));
        assert_eq!(Vr::parse("UTF"), None);
    }

    #[test]
    fn every_value_representation_is_found_by_its_letters() {
        for vr in Vr::ALL {
            assert_eq!(Vr::parse(vr.as_str()), Some(*vr));
        }
    }

    #[test]
    fn uid_is_padded_with_zero_and_text_with_space() {
        assert_eq!(Vr::UI.padding(), 0);
        assert_eq!(Vr::PN.padding(), b' ');
        assert_eq!(Vr::OB.padding(), 0);
    }
}
