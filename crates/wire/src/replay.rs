//! What the fuzz target and its replay in the tests do with bytes. No part of the library's interface.

/// Placeholder until the fuzz target is there.
#[doc(hidden)]
pub fn replay(_bytes: &[u8]) {}
