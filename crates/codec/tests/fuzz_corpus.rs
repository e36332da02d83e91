//! Replays the seeds of the fuzz targets.

use std::path::Path;

/// The folder of each target's seeds with its transfer syntax.
const TARGETS: &[(&str, &str)] = &[
    ("native", "1.2.840.10008.1.2.1"),
    ("native", "1.2.840.10008.1.2.2"),
    ("rle", "1.2.840.10008.1.2.5"),
    ("dct", "1.2.840.10008.1.2.4.51"),
    ("lossless", "1.2.840.10008.1.2.4.57"),
    ("lossless", "1.2.840.10008.1.2.4.70"),
    ("jpegls", "1.2.840.10008.1.2.4.81"),
    ("jpeg2000", "1.2.840.10008.1.2.4.91"),
    ("jpeg2000", "1.2.840.10008.1.2.4.203"),
];

#[test]
fn every_seed_is_masked_or_refused_without_a_panic() {
    for (target, transfer_syntax) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/fuzz").join(target);
        let mut seeds = 0;
        for entry in std::fs::read_dir(folder).expect("the seeds are part of the repository") {
            let bytes = std::fs::read(entry.expect("a seed").path()).expect("a seed");
            tokumei_codec::replay::replay(transfer_syntax, &bytes);
            // Prefixes are frames that are cut off.
            let ends = (0..bytes.len()).step_by(bytes.len() / 200 + 1);
            ends.for_each(|end| tokumei_codec::replay::replay(transfer_syntax, &bytes[..end]));
            seeds += 1;
        }
        assert!(seeds > 0, "no seeds for {target}");
    }
}
