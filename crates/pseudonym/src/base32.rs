//! Base32 of RFC 4648 section 6, without padding: upper-case letters and digits only, legal in every string VR.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Returns the first `characters` base32 characters of `bytes`; fewer when the bytes run out.
pub(crate) fn encode(bytes: &[u8], characters: usize) -> String {
    let bit = |index: usize| bytes[index / 8] >> (7 - index % 8) & 1;
    let whole = (bytes.len() * 8 / 5).min(characters);
    (0..whole)
        .map(|at| (0..5).fold(0, |letter, offset| letter << 1 | bit(at * 5 + offset)))
        .map(|letter| char::from(ALPHABET[usize::from(letter)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4648_hold() {
        assert_eq!(encode(b"fooba", 8), "MZXW6YTB");
        assert_eq!(encode(b"foobar\0\0\0\0", 16), "MZXW6YTBOIAAAAAA");
    }
}
