//! Any bytes: reading never panics, and what reads can be patched, written and read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tokumei_wire::replay::replay(bytes));
