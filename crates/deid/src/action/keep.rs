//! K: the value stays, if it is what its value representation says.

use tokumei_core::Vr;

/// Tells whether a kept string is of the repertoire that its value representation allows.
///
/// A name under a number's or a code's tag is no number and no code; such a value is cleaned, not kept.
///
/// # Standard
/// PS3.5 2026d, 6.2.
pub fn fits(vr: Vr, bytes: &[u8]) -> bool {
    let allowed: fn(u8) -> bool = match vr {
        Vr::DS => |b| b.is_ascii_digit() || b"+-.eE \\\0".contains(&b),
        Vr::IS => |b| b.is_ascii_digit() || b"+- \\\0".contains(&b),
        Vr::CS => |b| b.is_ascii_alphanumeric() || b" _\\\0-/.+*".contains(&b),
        Vr::UI => |b| b.is_ascii_digit() || b".\\ \0".contains(&b),
        Vr::AE => |b| (0x20..0x7F).contains(&b) || b == 0,
        Vr::AS => |b| b.is_ascii_digit() || b"DWMY\\ \0".contains(&b),
        Vr::DA => |b| b.is_ascii_digit() || b"-.\\ \0".contains(&b),
        Vr::TM => |b| b.is_ascii_digit() || b"-:.\\ \0".contains(&b),
        Vr::DT => |b| b.is_ascii_digit() || b"+-.\\ \0".contains(&b),
        _ => return true,
    };
    // Signs alone, such as `***`, name nobody's age.
    if vr == Vr::AS && bytes.iter().all(|b| b.is_ascii_punctuation() || b" \0".contains(b)) {
        return bytes.len() <= 64;
    }
    // Numbers of more digits than the standard has are common, and no less numbers.
    bytes.iter().all(|b| allowed(*b))
        && bytes.split(|b| *b == b'\\').all(|part| crate::value::trim_bytes(part).len() <= 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_under_a_number_does_not_fit() {
        assert!(fits(Vr::DS, b"1.5e-3\\2 "));
        assert!(!fits(Vr::DS, b"Yamada"));
        assert!(fits(Vr::CS, b"ORIGINAL\\PRIMARY\\M_SE"));
        assert!(!fits(Vr::CS, "山田".as_bytes()));
        assert!(!fits(Vr::UI, b"1.2.yamada"));
        assert!(fits(Vr::AS, b"*** ") && fits(Vr::AS, b"067Y") && !fits(Vr::AS, b"*Ann"));
    }
}
