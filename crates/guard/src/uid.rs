//! The search for UIDs that were replaced or removed.

use std::collections::HashMap;

/// Bytes at the end of a UID by which it is looked up. UIDs of one device begin alike and end differently.
const KEY: usize = 8;

/// Characters from which a UID is rare enough to be searched for: a shorter one may stand in any longer one.
const SHORTEST: usize = 12;

/// Bits of the sieve.
const SIEVE: usize = 1 << 12;

/// UIDs of one original, ready for a search.
///
/// Unlike names they differ from instance to instance, and there may be thousands in one, so that the preparation has
/// to be cheap: they are looked up by their ends, and only where digits and points stand.
///
/// ```
/// use tokumei_guard::UidSearch;
/// let search = UidSearch::new(["1.2.392.200036.9116.2"]);
/// assert_eq!(search.find(b"see 1.2.392.200036.9116.2.5 there"), Some(4));
/// assert_eq!(search.find(b"1.2.392.200036.9116.3"), None);
/// ```
pub struct UidSearch<'a> {
    by_end: HashMap<u64, Vec<&'a str>>,
    sieve: Box<[u64; SIEVE / 64]>,
}

impl<'a> UidSearch<'a> {
    /// Prepares the search; UIDs under 12 characters are left out.
    pub fn new(uids: impl IntoIterator<Item = &'a str>) -> UidSearch<'a> {
        let mut search = UidSearch { by_end: HashMap::new(), sieve: Box::new([0; SIEVE / 64]) };
        for uid in uids.into_iter().filter(|uid| uid.len() >= SHORTEST) {
            let Some(key) = key(uid.as_bytes(), uid.len()) else { continue };
            let same_end = search.by_end.entry(key).or_default();
            if !same_end.contains(&uid) {
                same_end.push(uid);
            }
            let bit = hash(key);
            search.sieve[bit / 64] |= 1 << (bit % 64);
        }
        search
    }

    /// Tells whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.by_end.is_empty()
    }

    /// Returns the offset at which the first of the UIDs begins, in other text or as the beginning of a longer UID too.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        let mut run = 0;
        let mut at = 0;
        while at < bytes.len() {
            // Where the byte that a run of twelve would have here is no digit or point, no run reaches over it.
            if run == 0 {
                match bytes.get(at + SHORTEST - 1) {
                    None => return None,
                    Some(byte) if !is_of_uid(*byte) => {
                        at += SHORTEST;
                        continue;
                    }
                    Some(_) => {}
                }
            }
            run = if is_of_uid(bytes[at]) { run + 1 } else { 0 };
            at += 1;
            let found = (run >= SHORTEST).then(|| self.ending(&bytes[..at])).flatten();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Returns where one of the UIDs begins that ends with these bytes.
    fn ending(&self, bytes: &[u8]) -> Option<usize> {
        let key = key(bytes, bytes.len())?;
        let bit = hash(key);
        if self.sieve[bit / 64] & (1 << (bit % 64)) == 0 {
            return None;
        }
        let found = |uid: &&&str| bytes.ends_with(uid.as_bytes());
        let uid = self.by_end.get(&key).into_iter().flatten().find(found)?;
        Some(bytes.len() - uid.len())
    }
}

fn is_of_uid(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

/// Returns the eight bytes before `end` as a number; `None` where there are fewer.
fn key(bytes: &[u8], end: usize) -> Option<u64> {
    let last: [u8; KEY] = bytes.get(end.checked_sub(KEY)?..end)?.try_into().ok()?;
    Some(u64::from_le_bytes(last))
}

fn hash(key: u64) -> usize {
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize % SIEVE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_found_wherever_it_stands() {
        let search = UidSearch::new(["1.2.392.200036.9.1", "1.3.12.2.1107.5.1"]);
        assert_eq!(search.find(b"x1.2.392.200036.9.1.5"), Some(1));
        assert_eq!(search.find(b"\x08\x00\x18\x00UI\x12\x001.3.12.2.1107.5.1\x00"), Some(8));
        assert_eq!(search.find(b"1.2.392.200036.9.2 1.3.12.2.1107.5."), None);
    }

    #[test]
    fn a_uid_is_found_at_every_distance_from_other_digits() {
        let uid = "1.2.392.2000";
        let search = UidSearch::new([uid]);
        for before in 0..40 {
            for filling in ["x", "1", "x1", "1x.", "11.x"] {
                let mut text: String = filling.chars().cycle().take(before).collect();
                text.push_str(uid);
                let expected = text.find(uid);
                assert_eq!(search.find(text.as_bytes()), expected, "{text}");
                text.push('x');
                assert_eq!(search.find(text.as_bytes()), expected, "{text}");
                assert_eq!(search.find(&text.as_bytes()[..text.len() - 2]), None, "{text}");
            }
        }
    }

    #[test]
    fn one_uid_at_the_end_of_another_is_found_too() {
        let search = UidSearch::new(["9.1.2.392.200036.9.1", "1.2.392.200036.9.1"]);
        assert_eq!(search.find(b"1.2.392.200036.9.1"), Some(0));
    }

    #[test]
    fn short_uids_are_left_out() {
        assert!(UidSearch::new(["1.2.3", "", "1.2.3.4.5.6"]).is_empty());
        assert_eq!(UidSearch::new(["1.2.3"]).find(b"1.2.3"), None);
    }

    #[test]
    fn thousands_of_uids_that_begin_alike_are_found_in_no_time() {
        let uids: Vec<String> = (0..5000).map(|number| format!("1.2.392.200036.9116.2.6.1.48.{number}.7")).collect();
        let search = UidSearch::new(uids.iter().map(String::as_str));
        assert_eq!(search.find(uids[4321].as_bytes()), Some(0));
        let classes = b"1.2.840.10008.5.1.4.1.1.2\\".repeat(20_000);
        assert_eq!(search.find(&classes), None);
    }
}
