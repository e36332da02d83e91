//! The transfer syntaxes of the registry (PS3.6 2026d, Table A-1) and what each means for the bytes.

use crate::Encoding;

/// Where the pixel data of a transfer syntax is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pixels {
    /// Plain samples with a defined length.
    Native,
    /// Fragments with an undefined length.
    Encapsulated,
    /// Elsewhere: behind a JPIP address or in a real-time stream.
    Elsewhere,
}

/// What a transfer syntax says about the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Syntax {
    pub encoding: Encoding,
    pub deflated: bool,
    pub pixels: Pixels,
}

pub(crate) const IMPLICIT_LITTLE: &str = "1.2.840.10008.1.2";
pub(crate) const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";
pub(crate) const EXPLICIT_BIG: &str = "1.2.840.10008.1.2.2";

/// Returns what this transfer syntax says, `None` for one that is not listed.
pub(crate) fn lookup(uid: &str) -> Option<Syntax> {
    use Encoding::{ExplicitBig, ExplicitLittle, ImplicitLittle};
    use Pixels::{Elsewhere, Encapsulated, Native};
    let (encoding, deflated, pixels) = match uid {
        IMPLICIT_LITTLE => (ImplicitLittle, false, Native),
        // Papyrus 3, retired; and the private one of GE whose samples, not headers, are big endian.
        "1.2.840.10008.1.20" | "1.2.840.113619.5.2" => (ImplicitLittle, false, Native),
        EXPLICIT_LITTLE => (ExplicitLittle, false, Native),
        EXPLICIT_BIG => (ExplicitBig, false, Native),
        "1.2.840.10008.1.2.1.99" => (ExplicitLittle, true, Native),
        "1.2.840.10008.1.2.1.98" | "1.2.840.10008.1.2.5" | "1.2.840.10008.1.2.8.1" => {
            (ExplicitLittle, false, Encapsulated)
        }
        _ if uid.starts_with("1.2.840.10008.1.2.7.") => match &uid["1.2.840.10008.1.2.7.".len()..] {
            "1" | "2" | "3" => (ExplicitLittle, false, Elsewhere),
            _ => return None,
        },
        _ => match uid.strip_prefix("1.2.840.10008.1.2.4.")? {
            "94" | "204" => (ExplicitLittle, false, Elsewhere),
            "95" | "205" => (ExplicitLittle, true, Elsewhere),
            "50" | "51" | "52" | "53" | "54" | "55" | "56" | "57" | "58" | "59" | "60" | "61" | "62" | "63" | "64"
            | "65" | "66" | "70" | "80" | "81" | "90" | "91" | "92" | "93" | "100" | "100.1" | "101" | "101.1"
            | "102" | "102.1" | "103" | "103.1" | "104" | "104.1" | "105" | "105.1" | "106" | "106.1" | "107"
            | "108" | "110" | "111" | "112" | "201" | "202" | "203" => (ExplicitLittle, false, Encapsulated),
            _ => return None,
        },
    };
    Some(Syntax { encoding, deflated, pixels })
}

/// Returns the native transfer syntax with this encoding.
pub(crate) fn native(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::ImplicitLittle => IMPLICIT_LITTLE,
        Encoding::ExplicitLittle => EXPLICIT_LITTLE,
        Encoding::ExplicitBig => EXPLICIT_BIG,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_transfer_syntaxes_are_known() {
        assert_eq!(lookup("1.2.840.10008.1.2.4.95").map(|s| (s.deflated, s.pixels)), Some((true, Pixels::Elsewhere)));
        assert_eq!(lookup("1.2.840.10008.1.2.4.70").map(|s| s.pixels), Some(Pixels::Encapsulated));
        assert_eq!(lookup("1.2.840.113619.5.2").map(|s| s.encoding), Some(Encoding::ImplicitLittle));
        for uid in ["", "1.2.840.10008.1.2.4", "1.2.840.10008.1.2.4.71", "1.2.840.10008.1.2.6.1", "1.2.3"] {
            assert_eq!(lookup(uid), None, "{uid}");
        }
    }
}
