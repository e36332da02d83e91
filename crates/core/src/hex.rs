//! Bytes as hexadecimal digits.

/// Returns bytes as lower-case hexadecimal digits, two each.
///
/// ```
/// assert_eq!(tokumei_core::hex(&[0x00, 0x9F, 0xFF]), "009fff");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(digits));
    text
}
