//! Digits and consonants, legal in every string VR: without A, E, I, O and U a random text spells no name and no word.

const ALPHABET: &[u8; 31] = b"0123456789BCDFGHJKLMNPQRSTVWXYZ";

/// How many characters an identifier has: 79 bits, and room in every string VR.
const LENGTH: usize = 16;

/// Returns the last [`LENGTH`] digits, to the base of 31, of the number that the first 16 bytes of `digest` are.
pub(crate) fn encode(digest: &[u8; 32]) -> String {
    let (head, _) = digest.split_first_chunk().expect("32 bytes hold 16");
    let mut rest = u128::from_be_bytes(*head);
    let mut characters = [0; LENGTH];
    for character in characters.iter_mut().rev() {
        *character = ALPHABET[usize::try_from(rest % 31).expect("a remainder of 31 is small")];
        rest /= 31;
    }
    characters.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: Python's integers.
    #[test]
    fn a_number_is_written_to_the_base_of_31() {
        let mut digest = [0; 32];
        digest[15] = 31;
        assert_eq!(encode(&digest), "0000000000000010");
        assert_eq!(encode(&[0xFF; 32]), "3JJ16PQT8XWR1MG7");
    }
}
