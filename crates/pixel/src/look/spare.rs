//! Memory of the frame before, for the next one of the thread.
//!
//! Slices of a series are as large as each other; without this the system would hand out, clear and take back the pages of each.

use std::cell::RefCell;

/// Larger ones are not kept, in bytes.
const MOST: usize = 8 << 20;

thread_local! {
    static BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static WORDS: RefCell<Vec<u16>> = const { RefCell::new(Vec::new()) };
}

/// Returns so many bytes, whatever is in them.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut bytes = BYTES.take();
    if bytes.capacity() < length {
        return vec![0; length];
    }
    bytes.resize(length, 0);
    bytes
}

/// Keeps bytes that are not needed any more.
pub(crate) fn keep_bytes(bytes: Vec<u8>) {
    if bytes.capacity() <= MOST {
        BYTES.set(bytes);
    }
}

/// Returns a row of no words.
pub(crate) fn words() -> Vec<u16> {
    let mut words = WORDS.take();
    words.clear();
    words
}

/// Keeps words that are not needed any more.
pub(crate) fn keep_words(words: Vec<u16>) {
    if words.capacity() <= MOST / 2 {
        WORDS.set(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_handed_out_again_and_a_large_one_is_not_kept() {
        keep_bytes(vec![7; 1000]);
        let again = bytes(600);
        assert_eq!((again.len(), again.capacity() >= 1000), (600, true));
        keep_bytes(again);
        assert_eq!(bytes(2000), vec![0; 2000]);
        keep_bytes(Vec::with_capacity(MOST + 1));
        assert_eq!(BYTES.take().capacity(), 0);
        keep_words(vec![1; 10]);
        assert_eq!((words().len(), words().capacity()), (0, 0));
    }
}
