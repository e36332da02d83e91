//! What a release states of itself: signed, chained, provable, and united from shares (R4-10, R4-11, R4-26).

use crate::kit::{Desk, Instance, go, tree};
use std::fs;
use std::path::{Path, PathBuf};
use tokumei_audit::{
    AuditError, FaultKind, FileScrutiny, MergeError, Proof, PublicKey, Scrutiny, Signer, verify_release,
};
use tokumei_core::Tag;
use tokumei_pipeline::{
    CertificateError, CertificateRequest, ExecutionLog, MergeRequest, Naming, Shard, UniteError, Who,
    WithdrawalRequest, certify, merge, withdraw,
};
use tokumei_profile::Profile;
use tokumei_pseudonym::linkage::Withdrawn;

fn scrutiny(public_key: Option<PublicKey>) -> Scrutiny {
    Scrutiny { public_key, ..Scrutiny::default() }
}

fn fault(release: &Path) -> (String, Option<u64>, FaultKind) {
    match verify_release(release, &scrutiny(None)) {
        Err(AuditError::Fault(fault)) => (fault.paper, fault.record, fault.kind),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it holds"),
    }
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn rewrite(path: &Path, lines: &[String]) {
    fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

fn signer(desk: &Desk) -> PublicKey {
    Signer::load(&desk.path("signing.key")).unwrap().public()
}

#[test]
fn r4_11_a_recipient_checks_everything_with_the_public_key_alone() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let verified = verify_release(&desk.path("out"), &scrutiny(Some(signer(&desk)))).unwrap();
    assert_eq!((verified.root.leaves, verified.sizes, verified.contents, verified.runs.entries), (9, 9, 9, 1));
    assert_eq!(verified.root.people.unwrap().count, 2);
    let other = Signer::generate().unwrap().public();
    let refused = verify_release(&desk.path("out"), &scrutiny(Some(other)));
    assert!(matches!(refused, Err(AuditError::Fault(fault)) if fault.kind == FaultKind::OtherSigner));
}

#[test]
fn r4_11_the_first_bad_record_is_named_after_any_change_of_ledger_hashes_and_manifests() {
    let desk = Desk::with_studies();
    const MORE: [&[Tag]; 3] =
        [&[Tag(0x0008, 0x0080)], &[Tag(0x0008, 0x0081)], &[Tag(0x0008, 0x0080), Tag(0x0008, 0x0081)]];
    for (number, more) in (7..).zip(MORE) {
        desk.put(&format!("{number}.dcm"), &Instance { more, ..Instance::new(number, 1) }.bytes());
    }
    desk.run("pseudonymized", "out");
    let release = desk.path("out");
    assert_eq!(lines(&release.join("audit/treatments.jsonl")).len(), 4);
    for paper in
        ["audit/ledger.jsonl", "audit/ledger.hashes", "audit/treatments.jsonl", "manifest.jsonl", "manifest.csv"]
    {
        let path = release.join(paper);
        let good = lines(&path);
        let check = |bad: &[String], record: usize, kind: FaultKind| {
            rewrite(&path, bad);
            assert_eq!(fault(&release), (paper.to_owned(), Some(record as u64 + 1), kind), "{paper} {record}");
        };
        for at in 0..good.len() {
            let mut bad = good.clone();
            let middle = bad[at].len() / 2;
            let flipped = if bad[at].as_bytes()[middle] == b'7' { "5" } else { "7" };
            bad[at].replace_range(middle..=middle, flipped);
            check(&bad, at, FaultKind::Altered);
            let mut bad = good.clone();
            bad.remove(at);
            check(&bad, at, FaultKind::Missing);
            let mut bad = good.clone();
            bad.insert(at, good[at].replace(['1', '2'], "3") + "x");
            check(&bad, at, FaultKind::Added);
            check(&good[..at], at, FaultKind::Missing);
        }
        let mut bad = good.clone();
        bad.swap(2, 3);
        check(&bad, 2, FaultKind::Moved);
        let mut bad = good.clone();
        bad.push("x".into());
        check(&bad, good.len(), FaultKind::Added);
        rewrite(&path, &good);
    }
    verify_release(&release, &scrutiny(None)).unwrap();
}

#[test]
fn r4_11_no_flipped_bit_of_a_small_paper_passes() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let release = desk.path("out");
    let only = Scrutiny { files: FileScrutiny::Off, ..Scrutiny::default() };
    for paper in ["audit/root.json", "audit/chain.jsonl", "audit/public.key"] {
        let good = fs::read(release.join(paper)).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(release.join(paper), &bad).unwrap();
            assert!(verify_release(&release, &only).is_err(), "{paper} {at}");
        }
        fs::write(release.join(paper), &good).unwrap();
    }
}

#[test]
fn r4_11_ledger_and_list_changed_together_are_noticed_and_the_manifest_names_the_record() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let release = desk.path("out");
    for paper in ["audit/ledger.jsonl", "audit/ledger.hashes"] {
        let mut bad = lines(&release.join(paper));
        bad.remove(4);
        rewrite(&release.join(paper), &bad);
    }
    assert_eq!(fault(&release), ("audit/ledger.jsonl".into(), Some(5), FaultKind::Missing));
}

#[test]
fn r4_11_an_output_changed_removed_or_added_is_named() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let release = desk.path("out");
    let name = desk.release("out").into_keys().find(|name| name.starts_with("dicom/")).unwrap();
    let good = fs::read(release.join(&name)).unwrap();
    let mut bad = good.clone();
    bad[900] ^= 1;
    fs::write(release.join(&name), &bad).unwrap();
    assert_eq!(fault(&release), (name.clone(), None, FaultKind::Altered));
    fs::remove_file(release.join(&name)).unwrap();
    assert_eq!(fault(&release), (name.clone(), None, FaultKind::Missing));
    fs::write(release.join(&name), &good).unwrap();
    fs::write(release.join("dicom/more.dcm"), b"x").unwrap();
    assert_eq!(fault(&release), ("dicom/more.dcm".into(), None, FaultKind::Added));
}

#[test]
fn r4_11_each_run_that_changes_a_release_adds_one_entry_to_its_chain() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    desk.run("pseudonymized", "out");
    let path = desk.path("out/audit/chain.jsonl");
    assert_eq!(lines(&path).len(), 1);
    for number in 4..7 {
        desk.put(&format!("more{number}.dcm"), &Instance::new(number, 1).bytes());
        desk.run("pseudonymized", "out");
    }
    let good = lines(&path);
    assert_eq!(verify_release(&desk.path("out"), &scrutiny(None)).unwrap().runs.entries, 4);
    let bad = |lines: &[String]| {
        rewrite(&path, lines);
        let (paper, record, _) = fault(&desk.path("out"));
        assert_eq!(paper, "audit/chain.jsonl");
        record.unwrap()
    };
    for at in 0..4 {
        let mut less = good.clone();
        less.remove(at);
        assert_eq!(bad(&less), at as u64 + 1);
        let mut more = good.clone();
        more.insert(at, good[at].clone());
        assert_eq!(bad(&more), at as u64 + 2);
        assert_eq!(bad(&good[..at]), at as u64 + 1);
    }
    let mut moved = good.clone();
    moved.swap(1, 2);
    assert_eq!(bad(&moved), 2);
}

#[test]
fn an_instance_is_proven_without_the_rest_and_no_flipped_bit_passes() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let release = desk.path("out");
    let key = signer(&desk);
    let ledger = lines(&release.join("audit/ledger.jsonl"));
    for line in &ledger {
        let leaf: tokumei_audit::Leaf = serde_json::from_str(line).unwrap();
        let proof = Proof::of(&release, &leaf.instance).unwrap();
        let text = proof.line();
        assert_eq!(Proof::parse(text.as_bytes(), Path::new("p")).unwrap().verify(Some(&key)).unwrap(), key);
    }
    let leaf: tokumei_audit::Leaf = serde_json::from_str(&ledger[5]).unwrap();
    let good = Proof::of(&release, &leaf.instance).unwrap().line().into_bytes();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        let passes = Proof::parse(&bad, Path::new("p")).and_then(|proof| proof.verify(Some(&key)));
        assert!(passes.is_err(), "{at}");
    }
    assert!(matches!(Proof::of(&release, "2.25.1"), Err(AuditError::NoLeaf)));
}

fn shares(desk: &Desk, count: u32) -> Vec<PathBuf> {
    (0..count)
        .map(|index| {
            let out = format!("share{index}of{count}");
            let mut config = desk.config("pseudonymized", &out);
            config.shard = Shard { index, count };
            go(&config).unwrap();
            desk.path(&out)
        })
        .collect()
}

fn united(desk: &Desk, shards: Vec<PathBuf>, out: &str) -> Result<(), UniteError> {
    let vault = desk.path(&format!("{out}.vault"));
    fs::create_dir_all(&vault).unwrap();
    fs::set_permissions(&vault, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    fs::copy(desk.path("signing.key"), vault.join("signing.key")).unwrap();
    let request =
        MergeRequest { shards, shard_vaults: Vec::new(), out: desk.path(out), vault, operator: Some("tester".into()) };
    merge(&request).map(drop)
}

#[test]
fn shares_of_any_number_in_any_order_unite_to_the_release_of_one_run() {
    let desk = Desk::with_studies();
    desk.put("notes.txt", b"no DICOM");
    desk.run("pseudonymized", "whole");
    for count in [1, 2, 5] {
        let mut shards = shares(&desk, count);
        shards.reverse();
        let out = format!("united{count}");
        united(&desk, shards, &out).unwrap();
        assert_eq!(tree(&desk.path(&out)), tree(&desk.path("whole")), "{count}");
    }
    // Alike in two shares is once in the whole.
    let mut shards = shares(&desk, 2);
    shards.push(shards[0].clone());
    united(&desk, shards, "twice").unwrap();
    verify_release(&desk.path("twice"), &scrutiny(None)).unwrap();
    assert_eq!(desk.release("twice")["audit/ledger.jsonl"], desk.release("whole")["audit/ledger.jsonl"]);
}

#[test]
fn shares_that_still_hold_whoever_has_withdrawn_from_another_are_not_united() {
    let desk = Desk::with_studies();
    let shards = shares(&desk, 2);
    // Somebody of the second share is on the list beside the first.
    let name = fs::read_dir(shards[1].join("dicom")).unwrap().next().unwrap().unwrap().file_name();
    let name = name.to_string_lossy().into_owned();
    let mut list = Withdrawn::load(&desk.path("share0of2.vault/linkage.withdrawn")).unwrap();
    list.add(&[], std::slice::from_ref(&name)).unwrap();
    let refused = united(&desk, shards.clone(), "united");
    assert!(matches!(refused, Err(UniteError::Withdrawn { path }) if shards.contains(&path)));
    assert!(!desk.path("united").exists());
    // Once the shares have let them go, the release knows who must not come back.
    for share in ["share0of2", "share1of2"] {
        let mut config = desk.config("pseudonymized", share);
        config.inputs = Vec::new();
        let (who, naming) = (Who::Pseudonym(name.clone()), Naming::default());
        let request =
            WithdrawalRequest { who: &who, naming: &naming, identity: None, reason: "asked", also_unknown: false };
        withdraw(&config, &request).unwrap();
    }
    let stranger = desk.path(".united.merging/theirs");
    fs::create_dir_all(&stranger).unwrap();
    assert!(matches!(united(&desk, shards.clone(), "united"), Err(UniteError::Merge(MergeError::OutExists { .. }))));
    assert!(stranger.exists());
    fs::remove_dir(&stranger).unwrap();
    united(&desk, shards, "united").unwrap();
    assert!(!desk.path(".united.merging").exists());
    let list = Withdrawn::load(&desk.path("united.vault/linkage.withdrawn")).unwrap();
    assert!(list.holds("", "", &name));
}

#[test]
fn shares_that_differ_in_one_instance_or_in_what_made_them_or_do_not_hold_are_refused() {
    let desk = Desk::with_studies();
    let shards = shares(&desk, 2);
    // The same instance with another output, made by the same key and profile.
    let mut other = Instance::new(1, 1);
    other.maker = "OTHER";
    let odd = desk.path("odd");
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("i.dcm"), other.bytes()).unwrap();
    let mut config = desk.config("pseudonymized", "conflict");
    config.inputs = vec![odd];
    go(&config).unwrap();
    let all = [shards.clone(), vec![desk.path("conflict")]].concat();
    let refused = united(&desk, all, "a").unwrap_err();
    assert!(matches!(refused, UniteError::Merge(MergeError::Conflict { .. })), "{refused}");

    desk.run("ps315-basic", "foreign");
    let all = [shards.clone(), vec![desk.path("foreign")]].concat();
    let refused = united(&desk, all, "b").unwrap_err();
    assert!(matches!(refused, UniteError::Merge(MergeError::Terms { what: "profile", .. })), "{refused}");

    let path = shards[1].join("manifest.csv");
    let mut bad = lines(&path);
    bad.pop();
    rewrite(&path, &bad);
    let refused = united(&desk, shards, "c").unwrap_err();
    assert!(matches!(refused, UniteError::Merge(MergeError::Shard { .. })), "{refused}");
    assert!(!desk.path("a").exists() && !desk.path("b").exists() && !desk.path("c").exists());
}

fn request(desk: &Desk, patient: &str) -> CertificateRequest {
    // The second request finds the key there.
    let _ = tokumei_pseudonym::ProjectKey::from_bytes([7; 32]).store_new(&desk.path("project.key"));
    CertificateRequest {
        release: desk.path("out"),
        vault: desk.path("out.vault"),
        profile: Profile::load("pseudonymized").unwrap(),
        key_file: Some(desk.path("project.key")),
        signing_key: Some(desk.path("signing.key")),
        site: "site".into(),
        patient: patient.into(),
        naming: Naming::default(),
        operator: Some("tester".into()),
    }
}

#[test]
fn r4_10_who_is_not_in_a_release_gets_a_certificate_and_who_is_gets_none() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    for patient in ["P-4711", "p-4711 ", "Ｐ-0815"] {
        assert!(matches!(certify(&request(&desk, patient)), Err(CertificateError::Included)), "{patient}");
    }
    let issued = certify(&request(&desk, "P-1")).unwrap();
    assert!(!issued.known);
    let certificate = issued.certificate;
    assert_eq!(certificate.verify(Some(&signer(&desk))).unwrap(), signer(&desk));
    let mut elsewhere = request(&desk, "P-4711");
    elsewhere.site = "other".into();
    assert!(matches!(certify(&elsewhere), Err(CertificateError::OtherSite)));
    let log = ExecutionLog::open(&desk.path("out.vault")).unwrap();
    let entries = log.entries().unwrap();
    let last = entries.last().unwrap();
    assert_eq!((last.kind.as_str(), last.actor.as_str()), ("exclusion-certificate", "tester"));
    assert_eq!(last.subject.as_ref(), Some(&certificate.person));
    assert_eq!(log.verify().unwrap().entries, 3);
}

#[test]
fn r4_10_no_blinded_identifier_is_in_the_release() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    let people = lines(&desk.path("out.vault/people.list"));
    assert_eq!(people.len(), 2);
    for (name, bytes) in tree(&desk.path("out")) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(people.iter().all(|person| !text.contains(person.as_str())), "{name}");
    }
}

#[test]
fn r4_26_the_last_thing_a_run_with_a_key_of_its_own_logs_is_the_end_of_that_key() {
    let desk = Desk::with_studies();
    let mut config = desk.config("anonymized", "out");
    config.key = None;
    config.operator = Some("tester".into());
    go(&config).unwrap();
    let log = ExecutionLog::open(&desk.path("out.vault")).unwrap();
    let entries = log.entries().unwrap();
    assert_eq!(entries.iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(), ["seal", "run", "key-destroyed"]);
    assert!(entries.iter().all(|entry| entry.actor == "tester"));
    assert_eq!(log.verify().unwrap().entries, 3);
}
