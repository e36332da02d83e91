//! Any bytes as a frame of JPEG 2000 and of HTJ2K: nothing panics, and masking leaves every sample outside as it was.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    tokumei_codec::replay::replay("1.2.840.10008.1.2.4.91", bytes);
    tokumei_codec::replay::replay("1.2.840.10008.1.2.4.203", bytes);
});
