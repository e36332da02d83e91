//! What stands in a compressed frame beside its entropy-coded samples.

use std::ops::Range;

/// Returns the marker segments at the start of a frame of the JPEG family, and what follows the end of its image.
///
/// `frame` is one fragment, whole or its beginning. Bytes that are no frame of the family give nothing: a run-length
/// header has no room for text.
///
/// # Standard
/// ISO/IEC 10918-1, B.1; ISO/IEC 14495-1, C.1; ISO/IEC 15444-1, A.1.
pub fn segments(frame: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Some(([0xFF, 0xD8 | 0x4F], _)) = frame.split_first_chunk::<2>() else { return found };
    let mut at = 2;
    while let Some([0xFF, marker, high, low]) = frame.get(at..at + 4) {
        // Start of scan, of tile part, of data: samples follow.
        if matches!(marker, 0xDA | 0x90 | 0x93) {
            break;
        }
        let length = usize::from(u16::from_be_bytes([*high, *low])).max(2);
        at = (at + 2 + length).min(frame.len());
    }
    found.push(2..at);
    let end = frame.windows(2).rposition(|pair| pair == [0xFF, 0xD9]).map(|at| at + 2);
    found.extend(end.filter(|end| *end < frame.len()).map(|end| end..frame.len()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_and_trailing_bytes_are_found_and_samples_are_not() {
        let frame = b"\xFF\xD8\xFF\xFE\0\x06MINE\xFF\xDA\0\x02samples\xFF\xD9tail";
        let texts: Vec<&[u8]> = segments(frame).into_iter().map(|range| &frame[range]).collect();
        assert_eq!(texts, [&b"\xFF\xFE\0\x06MINE"[..], b"tail"]);
    }

    #[test]
    fn lengths_beyond_the_frame_end_with_it() {
        assert_eq!(segments(b"\xFF\xD8\xFF\xFE\xFF\xFFx").first(), Some(&(2..7)));
        assert!(segments(b"").is_empty() && segments(b"\x01\0\0\0").is_empty());
    }
}
