//! Random studies: no marker survives, wherever it stands.

use crate::support::{holds, run, said, tree, write};
use tokumei_testkit::random::study;

#[test]
fn no_marker_of_a_random_study_survives() {
    let seeds: Vec<u64> = std::fs::read_to_string(crate::support::root().join("seeds/random.txt"))
        .map(|text| text.lines().filter_map(|line| line.trim().parse().ok()).collect())
        .unwrap_or_default();
    assert!(!seeds.is_empty(), "seeds/random.txt holds the seeds");
    for (number, seed) in seeds.into_iter().enumerate() {
        // Not ai-training: it keeps words of descriptions that nothing marks as somebody's, as markers are.
        let profile = ["ps315-basic", "jp-pseudonymized", "jp-anonymized"][number % 3];
        let folder = tempfile::tempdir().unwrap();
        let study = study(seed);
        for (number, bytes) in study.files.iter().enumerate() {
            write(&folder.path().join(format!("in/{number}.dcm")), bytes);
        }
        let release = folder.path().join("out");
        let output = run(profile, &release, &[], &[&folder.path().join("in")]);
        assert_eq!(output.status.code(), Some(0), "seed {seed}, {profile}: {}", said(&output));
        let spoken = said(&output);
        let files = tree(&release);
        for marker in &study.markers {
            assert!(!spoken.contains(&marker.text), "seed {seed}: {} was said", marker.path);
            for (name, bytes) in &files {
                assert!(
                    !holds(bytes, marker.text.as_bytes()),
                    "seed {seed}, {profile}: {} in {}",
                    marker.path,
                    name.display()
                );
            }
        }
    }
}
