//! D: a non-empty dummy value, legal for the value representation and the same wherever it is written.

use tokumei_core::Vr;

/// The word that stands for a text that was replaced.
pub const WORD: &str = "ANONYMIZED";

/// Returns a dummy of this value representation, without padding.
///
/// Numbers are zero and dates are the first day of 1900: values that no reader can take for a fact of the patient,
/// and that do not depend on the original in any way, its length included. Sequences get their dummies item by item
/// and UIDs their mapping, so both are empty here.
///
/// # Standard
/// PS3.5 2026d, 6.2; PS3.15 2026d, Table E.1-1a.
pub fn dummy(vr: Vr) -> Vec<u8> {
    use Vr::*;
    let text = match vr {
        AE | CS | LO | LT | PN | SH | ST | UC | UT => WORD,
        AS => "000Y",
        DA => "19000101",
        DT => "19000101000000",
        TM => "000000",
        DS | IS => "0",
        UR => "urn:anonymized",
        UI | SQ => "",
        AT | FL | OF | OL | SL | UL => return vec![0; 4],
        FD | OD | OV | SV | UV => return vec![0; 8],
        OB | OW | SS | UN | US => return vec![0; 2],
    };
    text.as_bytes().to_vec()
}

/// Returns a dummy with as many values as the original has, where a count is part of the structure: numbers and tags.
pub fn like(vr: Vr, original: &[u8]) -> Vec<u8> {
    use Vr::*;
    match vr {
        AT | FD | FL | SL | SS | SV | UL | US | UV if !original.is_empty() => vec![0; original.len()],
        DS | IS => vec!["0"; original.split(|byte| *byte == b'\\').count()].join("\\").into_bytes(),
        _ => dummy(vr),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_count() {
        assert_eq!(like(Vr::US, &[1, 0, 2, 0]), [0; 4]);
        assert_eq!(like(Vr::DS, b"1.5\\2.5\\3 "), b"0\\0\\0");
        assert_eq!(like(Vr::LO, b"one\\two"), b"ANONYMIZED");
    }

    #[test]
    fn every_dummy_but_uid_and_sequence_is_not_empty_and_fits_its_vr() {
        for vr in Vr::ALL {
            let bytes = dummy(*vr);
            assert_eq!(bytes.is_empty(), matches!(vr, Vr::UI | Vr::SQ), "{vr}");
            assert!(vr.max_characters().is_none_or(|most| bytes.len() <= most), "{vr}");
        }
    }
}
