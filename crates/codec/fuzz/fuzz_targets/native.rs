//! Any bytes as a native frame: nothing panics, and masking leaves every sample outside as it was.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tokumei_codec::replay::replay("1.2.840.10008.1.2.1", bytes));
