//! A run that dies at any moment leaves a valid release, and running again finishes it.

use crate::support::{index, key, outputs, program, random_inputs, run, said, signing_key, tree};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokumei_testkit::random::Numbers;

#[test]
fn killed_run_is_finished_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    random_inputs(&input, 2000..2060);
    let key = key(folder.path());
    let key = key.to_string_lossy();
    let signing = signing_key(folder.path());
    let undisturbed = folder.path().join("undisturbed");
    let start = Instant::now();
    run("pseudonymized", &undisturbed, &["--key", &key, "--signing-key", &signing], &[&input]);
    let time = start.elapsed();
    let expected = tree(&undisturbed);
    let finished = outputs(&undisturbed);
    let mut numbers = Numbers::new(9);
    // Each round kills two runs. More rounds take more time: TOKUMEI_ROUNDS=25 makes it fifty kills.
    let rounds = std::env::var("TOKUMEI_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    for round in 0..rounds {
        let release = folder.path().join(format!("killed{round}"));
        // Twice, so that a run that goes on is killed too.
        for _ in 0..2 {
            kill_after(&release, [&key, &signing], &input, time.mul_f64(numbers.below(1000) as f64 / 1000.0));
            for (name, bytes) in outputs(&release) {
                assert!(finished.get(&name) == Some(&bytes), "round {round}: {} is not whole", name.display());
            }
        }
        let again = run("pseudonymized", &release, &["--key", &key, "--signing-key", &signing], &[&input]);
        assert_eq!(again.status.code(), Some(0), "round {round}: {}", said(&again));
        assert!(tree(&release) == expected, "round {round}: another release than undisturbed");
        let waiting = folder.path().join(format!(".killed{round}.staging"));
        assert!(tree(&waiting).is_empty(), "round {round}: something waits still");
        std::fs::remove_dir_all(&release).unwrap();
    }
}

fn kill_after(release: &Path, [key, signing]: [&str; 2], input: &Path, delay: Duration) {
    let mut child = program()
        .args(["run", "--profile", "pseudonymized", "--key", key, "--signing-key", signing, "--out"])
        .args([release, input])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn killed_anonymized_run_leaves_nothing_that_looks_like_a_release() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    random_inputs(&input, 2000..2060);
    for round in 1..6 {
        let release = folder.path().join(format!("out{round}"));
        let mut child = program()
            .args(["run", "--profile", "anonymized", "--out"])
            .args([&release, &input])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(8 * round));
        let _ = child.kill();
        let ended = child.wait().unwrap();
        if !ended.success() {
            assert!(tree(&release).is_empty(), "round {round}");
        }
    }
}

#[test]
fn interrupt_finishes_the_files_in_hand_and_leaves_a_valid_release() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    random_inputs(&input, 2000..2120);
    let release = folder.path().join("out");
    let child = program()
        .args(["run", "--profile", "pseudonymized", "--threads", "1", "--out"])
        .args([&release, &input])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let watch = Instant::now();
    while outputs(&release).is_empty() && watch.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().unwrap();
    let rows = index(&folder.path().join("out.vault"));
    let pending = rows.iter().filter(|row| row.state == "pending").count();
    if pending > 0 {
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("stopped before its end"), "{}", said(&output));
    }
    let released = rows.iter().filter(|row| row.state == "released").count();
    assert_eq!(released, outputs(&release).len());
    let verified = crate::support::tokumei([std::ffi::OsStr::new("audit"), "verify".as_ref(), release.as_os_str()]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let again = run("pseudonymized", &release, &[], &[&input]);
    // A random study may state more than can be searched for, and is held back then; nothing stays undone.
    let rows = index(&folder.path().join("out.vault"));
    let done = |state: &str| matches!(state, "released" | "excluded" | "quarantined");
    assert!(rows.iter().all(|row| done(&row.state)), "{}", said(&again));
    assert!(rows.iter().filter(|row| row.state == "released").count() > 250, "{}", said(&again));
}
