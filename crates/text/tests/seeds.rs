//! Replays the seeds of the fuzz target `decode`.

#[path = "../fuzz/check.rs"]
mod check;

#[test]
fn every_seed_passes_the_check() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/fuzz/decode");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the seeds are part of the repository") {
        let bytes = std::fs::read(entry.expect("readable").path()).expect("readable");
        check::check(&bytes);
        count += 1;
    }
    assert!(count >= 8);
}
