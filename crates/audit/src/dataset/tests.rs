use super::*;
use crate::{FORMAT, Leaf, LedgerWriter, ProfileMark, Root, Signer};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;
use tokumei_core::State;

/// The key of these tests.
fn key() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| Signer::generate().unwrap())
}

/// A release with one file for each number; patients have three files each.
fn release(folder: &Path, numbers: impl IntoIterator<Item = u32>, digest: bool) {
    let mut numbers: Vec<u32> = numbers.into_iter().collect();
    numbers.sort_unstable();
    let _ = fs::remove_dir_all(folder.join("dicom"));
    fs::create_dir_all(folder.join("audit")).unwrap();
    fs::create_dir_all(folder.join("dicom")).unwrap();
    let mut ledger = LedgerWriter::new(Vec::new());
    let mut manifest = String::new();
    for number in numbers {
        let (instance, path) = (format!("2.25.{number:05}"), format!("dicom/{number}.dcm"));
        let bytes = format!("content {number}");
        fs::write(folder.join(&path), &bytes).unwrap();
        let mut leaf = Leaf::new(&instance, "p", State::Released);
        leaf.output = digest.then(|| crate::ledger::hex(&Sha256::digest(&bytes)));
        if number % 50 == 7 {
            let region = tokumei_core::Region { x: 0, y: 0, width: 1, height: 1 };
            leaf.masks = vec![crate::Mask { by: "r".into(), effective: region, requested: region, score: None }];
        }
        ledger.push(&instance, leaf.line().as_bytes()).unwrap();
        manifest += &serde_json::json!({
            "bytes": bytes.len(), "digest": leaf.output, "instance": instance, "modality": "CT", "path": path,
            "patient": format!("P{}", number / 3), "series": "2.25.8", "sop_class": "1.2", "study": "2.25.9",
        })
        .to_string();
        manifest.push('\n');
    }
    let (lines, seal) = ledger.finish().unwrap();
    fs::write(folder.join("audit/ledger.jsonl"), lines).unwrap();
    fs::write(folder.join("manifest.jsonl"), manifest).unwrap();
    fs::write(folder.join("audit/root.json"), root(&seal).line()).unwrap();
}

fn root(seal: &crate::Seal) -> Root {
    serde_json::from_value(serde_json::json!({
        "counts": {"released": seal.leaves}, "digest": "sha256", "edition": "2026d", "format": FORMAT, "key": "k",
        "leaves": seal.leaves, "merkle_root": seal.root, "parameters": {},
        "profile": ProfileMark { hash: "p".into(), name: "n".into(), version: "1".into() },
        "reasons": {}, "tool": "tokumei 0",
    }))
    .unwrap()
}

fn terms(reason: &str) -> Terms {
    Terms {
        name: "set".into(),
        legal_class: "anonymized".into(),
        legal_basis: "APPI Art. 43".into(),
        responsible: "Sato Hanako".into(),
        reason: reason.into(),
        tool: "tokumei 0".into(),
        ..Terms::default()
    }
}

fn frozen(folder: &Path, reason: &str) -> Frozen {
    freeze(folder, &terms(reason), &SplitRequest::default(), key()).unwrap()
}

fn checked(folder: &Path, version: Option<u32>) -> Verified {
    verify(folder, &Request { version, ..Request::default() }).unwrap()
}

fn kinds(folder: &Path) -> Vec<FindingKind> {
    checked(folder, None).findings.iter().map(|finding| finding.kind).collect()
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn rewrite(path: &Path, lines: &[String]) {
    fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

#[test]
fn a_second_freeze_of_the_same_release_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..10, true);
    let first = frozen(folder.path(), "");
    assert_eq!((first.signed.statement.files, first.signed.statement.patients, first.unchanged), (10, 4, false));
    let second = frozen(folder.path(), "");
    assert!(second.unchanged && second.signed == first.signed);
    assert_eq!(fs::read_dir(folder.path().join("dataset")).unwrap().count(), 3);
    assert!(checked(folder.path(), None).findings.is_empty());
}

#[test]
fn digests_that_the_run_did_not_take_are_taken_by_the_freeze() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..2, false);
    frozen(folder.path(), "");
    let row: Row = serde_json::from_str(&lines(&manifest_path(folder.path(), 1))[1]).unwrap();
    // sha256sum of "content 1".
    assert_eq!(row.sha256, "d1988cd3019824f075f61677e1a6f54b16035868488e4051757dde53adeef80f");
}

#[test]
fn a_version_without_class_basis_name_or_person_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..2, true);
    type Blank = fn(&mut Terms);
    let blanks: [(Blank, &str); 4] = [
        (|terms| terms.name.clear(), "name"),
        (|terms| terms.legal_class = " ".into(), "legal-class"),
        (|terms| terms.legal_basis.clear(), "legal-basis"),
        (|terms| terms.responsible = "\u{3000}".into(), "responsible"),
    ];
    for (blank, expected) in blanks {
        let mut terms = terms("");
        blank(&mut terms);
        let refused = freeze(folder.path(), &terms, &SplitRequest::default(), key());
        assert!(matches!(refused, Err(DatasetError::Missing { what }) if what == expected), "{expected}");
    }
    assert!(!folder.path().join("dataset").exists());
}

#[test]
fn one_person_under_two_spellings_does_not_approve_twice() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..2, true);
    let with = |names: &[&str]| Terms {
        approvals: 2,
        sample: None,
        approved_by: names.iter().map(|name| name.to_string()).collect(),
        ..terms("")
    };
    let freeze = |names: &[&str]| freeze(folder.path(), &with(names), &SplitRequest::default(), key());
    for names in
        [&["Ito Ken"][..], &["Ito Ken", " ito  KEN "], &["Ito Ken", ""], &["Ito Ken", "Ｉto\u{200b}Ken", "\u{200b}"]]
    {
        assert!(matches!(freeze(names), Err(DatasetError::Approvals { needed: 2, given: 1 })), "{names:?}");
    }
    assert_eq!(freeze(&["Ito Ken", "Mori Yui"]).unwrap().signed.statement.approved_by, ["Ito Ken", "Mori Yui"]);
}

#[test]
fn a_release_edited_by_hand_is_not_frozen_and_every_edit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..6, true);
    fs::write(folder.path().join("dicom/1.dcm"), "content X").unwrap();
    fs::remove_file(folder.path().join("dicom/3.dcm")).unwrap();
    fs::write(folder.path().join("dicom/mine.dcm"), "").unwrap();
    fs::remove_file(folder.path().join("dicom/5.dcm")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("dicom/5.dcm")).unwrap();
    let refused = freeze(folder.path(), &terms(""), &SplitRequest::default(), key());
    let Err(DatasetError::Edited { files, more: 0 }) = refused else { panic!("{refused:?}") };
    let expected = [
        ("dicom/1.dcm", Edit::Differs),
        ("dicom/3.dcm", Edit::Missing),
        ("dicom/5.dcm", Edit::NotAFile),
        ("dicom/mine.dcm", Edit::Added),
    ];
    assert_eq!(files, expected.map(|(path, edit)| (path.to_owned(), edit)));
    assert!(!folder.path().join("dataset").exists());
}

#[test]
fn version_two_states_what_went_and_why_and_verifies_against_one() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..10, true);
    let first = frozen(folder.path(), "");
    release(folder.path(), (0..12).filter(|number| *number != 4), true);
    let refused = freeze(folder.path(), &terms(""), &SplitRequest::default(), key());
    assert!(matches!(refused, Err(DatasetError::Reason { removed: 1, changed: 0 })));
    let second = frozen(folder.path(), "P1 asked for it").signed;
    let statement = &second.statement;
    assert_eq!((statement.added, statement.removed, statement.changed), (2, 1, 0));
    assert_eq!(statement.previous, Some(first.signed.digest()));
    let changes = [
        r#"{"change":"removed","instance":"2.25.00004","path":"dicom/4.dcm"}"#,
        r#"{"change":"added","instance":"2.25.00010","path":"dicom/10.dcm"}"#,
        r#"{"change":"added","instance":"2.25.00011","path":"dicom/11.dcm"}"#,
    ];
    assert_eq!(lines(&changes_path(folder.path(), 2)), changes);
    assert!(checked(folder.path(), None).findings.is_empty());
    let old = checked(folder.path(), Some(1));
    assert!(old.findings.is_empty(), "{:?}", old.findings);
    assert_eq!((old.files, old.removed_since, old.later), (9, 1, 2));
}

#[test]
fn a_withdrawal_takes_out_its_instances_and_lets_nothing_new_in() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..10, true);
    let gone: BTreeSet<String> = ["2.25.00003", "2.25.00004", "2.25.77777"].map(String::from).into();
    assert!(withdraw(folder.path(), &gone, "withdrawn", "tokumei 0", key()).unwrap().is_none());
    let approved = Terms { approved_by: vec!["Ito Ken".into()], ..terms("") };
    freeze(folder.path(), &approved, &SplitRequest::default(), key()).unwrap();
    release(folder.path(), (0..11).filter(|number| ![3, 4].contains(number)), true);
    let second = withdraw(folder.path(), &gone, "withdrawn", "tokumei 0", key()).unwrap().unwrap().signed;
    let statement = &second.statement;
    assert_eq!((statement.version, statement.files, statement.added, statement.removed), (2, 8, 0, 2));
    assert!(statement.approved_by.is_empty());
    assert_eq!((statement.reason.as_str(), statement.responsible.as_str()), ("withdrawn", "Sato Hanako"));
    let found = checked(folder.path(), None);
    assert!(found.findings.is_empty() && found.later == 1, "{found:?}");
    assert!(withdraw(folder.path(), &gone, "withdrawn", "tokumei 0", key()).unwrap().is_none());
    assert_eq!(versions(folder.path()).unwrap(), 2);
}

#[test]
fn one_changed_byte_in_one_of_many_files_is_named() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..200, true);
    frozen(folder.path(), "");
    fs::write(folder.path().join("dicom/137.dcm"), "content 136").unwrap();
    let found = checked(folder.path(), None).findings;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].file.as_deref()), (FindingKind::FileDiffers, Some("dicom/137.dcm")));
    fs::write(folder.path().join("dicom/x.dcm"), "").unwrap();
    fs::remove_file(folder.path().join("dicom/0.dcm")).unwrap();
    assert_eq!(kinds(folder.path()), [FindingKind::FileMissing, FindingKind::FileDiffers, FindingKind::FileAdded]);
}

#[test]
fn a_patient_stays_in_one_share_when_data_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let split = |seed: &str| SplitRequest {
        shares: Some(Shares::parse("train=50,test=50").unwrap()),
        seed: Some(seed.into()),
        ..SplitRequest::default()
    };
    let shares = |version| {
        let rows = lines(&manifest_path(folder.path(), version));
        let rows = rows.iter().map(|line| serde_json::from_str::<Row>(line).unwrap());
        rows.map(|row| (row.patient, row.split.unwrap())).collect::<BTreeSet<_>>()
    };
    release(folder.path(), 0..60, true);
    freeze(folder.path(), &terms(""), &split("one"), key()).unwrap();
    release(folder.path(), 0..120, true);
    // The seed of the first version stays, whatever is drawn later.
    let second = freeze(folder.path(), &terms(""), &split("two"), key()).unwrap().signed.statement;
    let (first, later) = (shares(1), shares(2));
    assert!(first.is_subset(&later) && first.len() == 20 && later.len() == 40);
    let stated = second.split.unwrap();
    assert_eq!((stated.seed.as_deref(), stated.patients.values().sum::<u64>()), (Some("one"), 40));
    assert!(checked(folder.path(), None).findings.is_empty());
    let other = SplitRequest { shares: Some(Shares::parse("train=60,test=40").unwrap()), ..SplitRequest::default() };
    assert!(matches!(
        freeze(folder.path(), &terms("why"), &other, key()),
        Err(DatasetError::SplitDiffers { stated }) if stated == "test=50,train=50"
    ));
}

#[test]
fn a_split_under_the_key_needs_the_key_again() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..9, true);
    let keyed = |patient: &str| Sha256::digest(patient).into();
    let shares = || Some(Shares::parse("train=50,test=50").unwrap());
    let split = SplitRequest { shares: shares(), keyed: Some(&keyed), ..SplitRequest::default() };
    let first = freeze(folder.path(), &terms(""), &split, key()).unwrap().signed.statement;
    assert_eq!(first.split.unwrap().seed, None);
    let without = SplitRequest { shares: shares(), ..SplitRequest::default() };
    assert!(matches!(freeze(folder.path(), &terms(""), &without, key()), Err(DatasetError::SplitKey)));
}

#[test]
fn statements_that_were_altered_replaced_or_taken_out_are_named() {
    let fresh = || {
        let folder = tempfile::tempdir().unwrap();
        for count in [3, 6, 9] {
            release(folder.path(), 0..count, true);
            frozen(folder.path(), "");
        }
        folder
    };
    let folder = fresh();
    let path = statement_path(folder.path(), 2);
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("APPI Art. 43", "APPI Art. 41")).unwrap();
    assert_eq!(kinds(folder.path()), [FindingKind::SignatureWrong, FindingKind::ChainBroken]);
    let folder = fresh();
    fs::remove_file(statement_path(folder.path(), 2)).unwrap();
    assert_eq!(kinds(folder.path()), [FindingKind::VersionMissing]);
    let folder = fresh();
    let mut forged = Signed::read(folder.path(), 3).unwrap().statement;
    forged.responsible = "nobody".into();
    fs::write(statement_path(folder.path(), 3), forged.sign(&Signer::generate().unwrap()).line()).unwrap();
    assert_eq!(kinds(folder.path()), [FindingKind::SignerDiffers]);
    let folder = fresh();
    let last = Signed::read(folder.path(), 3).unwrap().digest();
    for path in [statement_path, manifest_path, table_path, changes_path] {
        fs::remove_file(path(folder.path(), 3)).unwrap();
    }
    // The root states it; and where somebody has an old copy of all, who knows the last digest knows that it is not the last.
    assert_eq!(kinds(folder.path()), [FindingKind::VersionMissing]);
    let request = Request { last: Some(last), ..Request::default() };
    let found = verify(folder.path(), &request).unwrap().findings;
    assert_eq!(found.last().map(|finding| finding.kind), Some(FindingKind::LastDiffers));
}

#[test]
fn a_freeze_that_died_leaves_the_version_before_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..3, true);
    frozen(folder.path(), "");
    for name in [".new.manifest.jsonl", ".new.json", "v2.manifest.jsonl", "v2.manifest.csv"] {
        fs::write(folder.path().join("dataset").join(name), "torn").unwrap();
    }
    release(folder.path(), 0..4, true);
    assert_eq!(frozen(folder.path(), "").signed.statement.version, 2);
    assert_eq!(kinds(folder.path()), []);
    assert_eq!(fs::read_dir(folder.path().join("dataset")).unwrap().count(), 7);
}

/// What somebody may do to a file of lines.
#[derive(Clone, Debug)]
enum Harm {
    Flip(usize, u8),
    Delete(usize),
    Insert(usize, usize),
    Swap(usize, usize),
    Cut(usize),
    /// Behind the last line feed; a longer line than any is, with another after it, where true.
    Append(bool),
}

fn harm() -> impl Strategy<Value = Harm> {
    let any = any::<usize>();
    let long = proptest::bool::ANY;
    prop_oneof![
        (any, 0_u8..8).prop_map(|(at, bit)| Harm::Flip(at, bit)),
        any.prop_map(Harm::Delete),
        (any, any).prop_map(|(from, to)| Harm::Insert(from, to)),
        (any, any).prop_map(|(one, other)| Harm::Swap(one, other)),
        any.prop_map(Harm::Cut),
        long.prop_map(Harm::Append),
    ]
}

/// Does harm to a file; returns the number of the first line that is not what it was, `None` when nothing changed.
fn inflict(path: &Path, harm: &Harm) -> Option<u64> {
    let before = fs::read(path).unwrap();
    let mut rows = lines(path);
    let count = rows.len();
    match *harm {
        Harm::Flip(at, bit) => {
            let mut bytes = before.clone();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            fs::write(path, bytes).unwrap();
        }
        Harm::Delete(at) => {
            rows.remove(at % count);
            rewrite(path, &rows);
        }
        Harm::Insert(from, to) => {
            let copy = rows[from % count].replace("dicom/", "dicom/9");
            rows.insert(to % (count + 1), copy);
            rewrite(path, &rows);
        }
        Harm::Swap(one, other) => {
            rows.swap(one % count, other % count);
            rewrite(path, &rows);
        }
        Harm::Cut(at) => fs::write(path, &before[..at % before.len()]).unwrap(),
        Harm::Append(long) => {
            let more = if long { "x".repeat(1 << 20) + "\nmore\n" } else { "x".to_owned() };
            fs::write(path, [before.as_slice(), more.as_bytes()].concat()).unwrap();
        }
    }
    let after = fs::read(path).unwrap();
    let first = before.iter().zip(&after).position(|(one, other)| one != other);
    let first = first.or((before.len() != after.len()).then_some(before.len().min(after.len())))?;
    Some(before[..first].iter().filter(|byte| **byte == b'\n').count() as u64 + 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_harm_to_a_manifest_is_noticed_and_its_first_line_named(harm in harm()) {
        let folder = tempfile::tempdir().unwrap();
        release(folder.path(), 0..12, true);
        frozen(folder.path(), "");
        let Some(line) = inflict(&manifest_path(folder.path(), 1), &harm) else { return Ok(()) };
        let found = checked(folder.path(), None).findings;
        let first = found.first().map(|finding| (finding.kind, finding.line));
        prop_assert_eq!(first, Some((FindingKind::ManifestLine, Some(line))), "{:?} {:?}", harm, found);
    }

    #[test]
    fn any_harm_to_a_table_a_statement_or_a_list_of_changes_is_noticed(harm in harm(), which in 0_usize..4) {
        let folder = tempfile::tempdir().unwrap();
        release(folder.path(), 0..9, true);
        frozen(folder.path(), "");
        release(folder.path(), 3..12, true);
        frozen(folder.path(), "new");
        let path = match which {
            0 => table_path(folder.path(), 1),
            1 => statement_path(folder.path(), 1),
            2 => statement_path(folder.path(), 2),
            _ => changes_path(folder.path(), 2),
        };
        if inflict(&path, &harm).is_some() {
            prop_assert!(!checked(folder.path(), None).findings.is_empty(), "{:?} {}", harm, which);
        }
    }
}

#[test]
fn a_sample_is_drawn_by_the_key_and_stays_when_data_are_added() {
    let keyed = |key: u8| move |instance: &str| -> [u8; 32] { Sha256::digest(format!("{key}{instance}")).into() };
    let folder = tempfile::tempdir().unwrap();
    let draw = |key: u8| sample(folder.path(), Some(&keyed(key))).unwrap();
    release(folder.path(), 0..60, true);
    let first = draw(1);
    assert_eq!((first.files.len(), first.mark.files), (20, 20));
    assert_eq!(draw(1), first);
    assert_ne!(draw(2).files, first.files);
    release(folder.path(), 0..66, true);
    let later = draw(1);
    assert!(first.files.iter().filter(|file| later.files.contains(file)).count() >= 14);
    // All of a small release is looked at.
    release(folder.path(), 0..7, false);
    assert_eq!(sample(folder.path(), None).unwrap().files.len(), 7);
}

#[test]
fn a_sample_of_what_was_masked_holds_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    release(folder.path(), 0..3000, true);
    let keyed =
        |key: u8| move |instance: &str| -> [u8; 32] { Sha256::digest([&[key], instance.as_bytes()].concat()).into() };
    let draw = |key: u8| masked_sample(folder.path(), Some(&keyed(key))).unwrap();
    // One of a hundred of 3,000; 60 are masked.
    assert_eq!(draw(1).len(), 30);
    let number = |file: &String| file.trim_start_matches("dicom/").trim_end_matches(".dcm").parse::<u32>().unwrap();
    assert!(draw(1).iter().all(|file| number(file) % 50 == 7));
    assert_ne!(draw(1), draw(2));
    assert_eq!(draw(1), draw(1));
}
