//! Any declaration and any bytes: no panic, a true round trip, a cleaning that is whole.

#![no_main]

#[path = "../check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check::check(input));
