//! The form of a UID that replaces another.

/// Tells whether every value is empty, well known, or of the form that replaces UIDs.
pub(crate) fn are_replaced(value: &str) -> bool {
    value.split('\\').map(|uid| uid.trim_matches([' ', '\0'])).all(|uid| uid.is_empty() || is_replaced(uid))
}

/// Tells whether a UID is one of the standard, or `2.25.` and a UUID of version 8.
///
/// # Standard
/// PS3.6 2026d, Annex A; PS3.5 2026d, B.2; RFC 9562 sections 4.1 and 5.8.
pub(crate) fn is_replaced(uid: &str) -> bool {
    is_well_known(uid) || is_new(uid)
}

/// Tells whether the standard defines a legal UID under its own root.
pub(crate) fn is_well_known(uid: &str) -> bool {
    uid.starts_with("1.2.840.10008.") && is_legal(uid)
}

fn is_new(uid: &str) -> bool {
    let Some(number) = uid.strip_prefix("2.25.").filter(|_| is_legal(uid)) else { return false };
    // The version stands in bits 76 to 79 from the right, the variant in bits 62 and 63.
    number.parse::<u128>().is_ok_and(|uuid| uuid >> 76 & 0xF == 8 && uuid >> 62 & 0b11 == 0b10)
}

/// Tells whether a text is a legal UID (PS3.5 2026d, 9.1).
pub(crate) fn is_legal(uid: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    uid.len() <= 64 && uid.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_version_8_of_the_right_variant_is_new() {
        // 00000000-0000-8000-8000-000000000000, then version 4, then variant 0.
        assert!(is_replaced("2.25.604472133179351442128896"));
        assert!(!is_replaced(&format!("2.25.{}", 0x4000_8000_0000_0000_0000_u128)));
        assert!(!is_replaced(&format!("2.25.{}", 0x8000_0000_0000_0000_0000_u128)));
    }

    #[test]
    fn other_roots_and_illegal_uids_are_not_new() {
        assert!(is_replaced("1.2.840.10008.5.1.4.1.1.2"));
        for uid in ["1.2.392.200036.1", "2.25.x", "2.25.0604472133179351442128896", "1.2.840.10008.YAMADA"] {
            assert!(!is_replaced(uid), "{uid}");
        }
        assert!(are_replaced("\\1.2.840.10008.1.2\0"));
    }
}
