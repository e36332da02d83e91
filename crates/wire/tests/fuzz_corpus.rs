//! Replays the seeds of the fuzz target.

use std::path::Path;

#[test]
fn every_seed_reads_or_is_refused_without_a_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/fuzz/read");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).expect("the seeds are part of the repository") {
        let bytes = std::fs::read(entry.expect("a seed").path()).expect("a seed");
        tokumei_wire::replay::replay(&bytes);
        // Every prefix is a file cut off at some place.
        (0..bytes.len().min(1500)).for_each(|end| tokumei_wire::replay::replay(&bytes[..end]));
        seeds += 1;
    }
    assert!(seeds > 0);
}
