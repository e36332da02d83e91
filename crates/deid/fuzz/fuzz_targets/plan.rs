//! Any bytes: planning never panics, a plan is pure, and what it writes can be read and planned again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tokumei_deid::replay::replay(bytes));
