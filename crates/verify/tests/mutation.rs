//! A small release is clean; broken in one way after the other, each way is named.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod release;

use release::{Element, Release, bytes, sequence, text, uid};
use std::fs;
use std::path::Path;
use tokumei_verify::{Check, Report};

fn verified(release: &Release, then: impl Fn(&Path)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    release.write(folder.path());
    let root = folder.path().join("release");
    then(&root);
    release::verify(&root)
}

fn has(report: &Report, check: Check) -> bool {
    report.counts.get(&check).is_some_and(|count| *count > 0)
}

/// Breaks the release before it is written, papers in step, and expects the check.
fn broken(check: Check, change: impl Fn(&mut Release)) {
    let mut release = Release::new();
    change(&mut release);
    let report = verified(&release, |_| {});
    assert!(has(&report, check), "{check}: {:?} {:?}", report.findings, report.not_checked);
}

/// Breaks the release on disk and expects the check.
fn damaged(check: Check, damage: impl Fn(&Path)) {
    let report = verified(&Release::new(), damage);
    assert!(has(&report, check), "{check}: {:?} {:?}", report.findings, report.not_checked);
}

fn first(change: impl Fn(&mut Vec<Element>)) -> impl Fn(&mut Release) {
    move |release| change(&mut release.instances[0].data)
}

fn put(new: Element) -> impl Fn(&mut Release) {
    first(move |data| release::put(data, new.clone()))
}

fn original(change: impl Fn(&mut Vec<Element>)) -> impl Fn(&mut Release) {
    move |release| change(&mut release.instances[0].original)
}

#[test]
fn the_whole_release_is_clean() {
    let report = verified(&Release::new(), |_| {});
    assert!(report.findings.is_empty() && report.not_checked.is_empty(), "{report:#?}");
    assert!(report.is_clean());
    assert_eq!((report.checked, report.compared), (2, 2));
}

#[test]
fn broken_containers_are_named() {
    broken(Check::PreambleNotZero, |release| release.instances[0].preamble[3] = b'M');
    damaged(Check::NotPart10, |root| {
        let file = release::file(root, 0);
        let content = fs::read(&file).unwrap();
        fs::write(&file, &content[132..]).unwrap();
    });
    broken(Check::TrailingBytes, |release| release.instances[0].tail = vec![1, 2, 3]);
    let meta = |new: Element| move |release: &mut Release| release::put(&mut release.instances[0].meta, new.clone());
    broken(Check::MetaInstance, meta(text(0x0002, 0x0003, "UI", &uid(99))));
    broken(Check::MetaClass, meta(text(0x0002, 0x0002, "UI", "1.2.840.10008.5.1.4.1.1.4")));
    broken(Check::MetaAddress, meta(text(0x0002, 0x0016, "AE", "HOSPITAL_PACS")));
    broken(Check::MetaPrivate, meta(text(0x0002, 0x0100, "UI", "1.2.3")));
    broken(Check::MetaIncomplete, |release| release.instances[0].meta.retain(|element| element.tag != (2, 0x12)));
}

#[test]
fn broken_rules_are_named() {
    broken(Check::RemovedPresent, put(text(0x0010, 0x1040, "LO", "Bunkyo")));
    broken(Check::NotEmptied, put(text(0x0008, 0x0090, "PN", "Suzuki^Jiro")));
    broken(Check::NotEmptied, put(text(0x0010, 0x0010, "PN", "Yamada^Tarou")));
    broken(Check::UidNotReplaced, put(text(0x0020, 0x0052, "UI", "1.2.392.200036.9116.2.5.1.48")));
    broken(Check::DateNotModified, put(text(0x0008, 0x0022, "DA", "2019")));
    broken(Check::TooPrecise, put(text(0x0010, 0x1010, "AS", "097Y")));
    broken(Check::GroupLength, put(bytes(0x0010, 0x0000, "UL", &[8, 0, 0, 0])));
    broken(Check::MisplacedGroup, put(text(0x0004, 0x1500, "CS", "YAMADA")));
    broken(Check::CurveOrOverlay, put(text(0x6000, 0x4000, "LT", "drawn by hand")));
    broken(Check::CurveOrOverlay, put(bytes(0x5000, 0x3000, "OW", &[0, 0])));
    broken(Check::NestedPixelData, |release| {
        let icon = vec![bytes(0x7FE0, 0x0010, "OW", &[1, 2])];
        release::put(&mut release.instances[0].data, sequence(0x0008, 0x1140, vec![icon]));
    });
    broken(Check::Pattern, put(text(0x0008, 0x103E, "LO", "chest 03-3815-5411")));
    broken(Check::TypeOneEmpty, put(text(0x0020, 0x000E, "UI", "")));
    broken(Check::Unknown, put(text(0x0008, 0x7777, "LO", "what is this")));
    broken(Check::Doubled, first(|data| data.insert(4, data[4].clone())));
}

#[test]
fn private_attributes_off_the_list_are_named() {
    broken(Check::PrivateNotAllowed, |release| {
        let data = &mut release.instances[0].data;
        release::put(data, text(0x0009, 0x0010, "LO", "SOME VENDOR"));
        release::put(data, text(0x0009, 0x1001, "LO", "anything"));
    });
    broken(Check::PrivateWithoutCreator, put(text(0x0009, 0x1101, "LO", "anything")));
    broken(Check::PrivateCreatorUnused, put(text(0x0009, 0x0010, "LO", "Yamada Taro")));
}

#[test]
fn untrue_marks_are_named() {
    broken(Check::IdentityRemoved, put(text(0x0012, 0x0062, "CS", "NO")));
    broken(Check::Method, first(|data| data.retain(|element| element.tag != (0x0012, 0x0063))));
    broken(Check::MethodCodes, first(|data| data.retain(|element| element.tag != (0x0012, 0x0064))));
    broken(Check::TemporalMark, put(text(0x0028, 0x0303, "CS", "UNMODIFIED")));
    broken(Check::BurnedInClaim, put(text(0x0028, 0x0301, "CS", "NO")));
    broken(Check::BurnedInWritten, |release| {
        release::put(&mut release.instances[0].data, text(0x0028, 0x0301, "CS", "NO"));
        release.instances[0].changed = vec!["(0028,0301)".into()];
    });
    broken(Check::PixelCleaningClaimed, |release| {
        let mut codes = release::codes();
        codes.push("113101".into());
        release::put(&mut release.instances[0].data, release::code_sequence(&codes));
    });
    broken(Check::MethodCodesExtra, |release| {
        release.instances[0].options.retain(|code| code != "113105");
    });
}

#[test]
fn wrong_places_are_named() {
    broken(Check::PatientFolder, |release| release.instances[0].patient = "QQQQQQQQQQQQQQQQ".into());
    broken(Check::StudyFolder, |release| release.instances[0].study = uid(70));
    broken(Check::SeriesFolder, |release| release.instances[0].series = uid(71));
    broken(Check::InstanceName, |release| release.instances[0].name = uid(72));
    damaged(Check::StrayFile, |root| fs::write(root.join("dicom/notes.txt"), "call Dr Suzuki").unwrap());
    damaged(Check::StrayFile, |root| fs::create_dir(root.join("originals")).unwrap());
    broken(Check::InstanceDoubled, |release| {
        let again = uid(1);
        release::put(&mut release.instances[1].data, text(0x0008, 0x0018, "UI", &again));
        release::put(&mut release.instances[1].meta, text(0x0002, 0x0003, "UI", &again));
    });
    broken(Check::StudyInTwoPatients, |release| {
        let other = "CCCCCCCCCCCCCCCC";
        release.instances[1].patient = other.into();
        release::put(&mut release.instances[1].data, text(0x0010, 0x0020, "LO", other));
    });
}

#[test]
fn wrong_references_are_named() {
    let reference = |class: &str, instance: &str| {
        sequence(0x0008, 0x1140, vec![vec![text(0x0008, 0x1150, "UI", class), text(0x0008, 0x1155, "UI", instance)]])
    };
    broken(Check::ReferenceOutside, put(reference(release::CT, &uid(77))));
    broken(Check::ReferenceClass, put(reference("1.2.840.10008.5.1.4.1.1.4", &uid(2))));
}

#[test]
fn papers_that_disagree_are_named() {
    let edit = |name: &'static str, from: &'static str, to: &'static str| {
        move |root: &Path| {
            let path = root.join(name);
            let content = fs::read_to_string(&path).unwrap();
            assert!(content.contains(from), "{from}");
            fs::write(path, content.replacen(from, to, 1)).unwrap();
        }
    };
    let drop_line = |name: &'static str| {
        move |root: &Path| {
            let content = fs::read_to_string(root.join(name)).unwrap();
            let (_, rest) = content.split_once('\n').unwrap();
            fs::write(root.join(name), rest).unwrap();
        }
    };
    damaged(Check::LedgerNoLeaf, drop_line("audit/ledger.jsonl"));
    damaged(Check::LedgerCount, drop_line("audit/ledger.jsonl"));
    damaged(Check::LedgerNoFile, |root| fs::remove_file(release::file(root, 1)).unwrap());
    damaged(Check::LedgerUnreadable, |root| fs::remove_file(root.join("audit/root.json")).unwrap());
    damaged(Check::LedgerLine, edit("audit/ledger.jsonl", "{", "["));
    damaged(Check::LedgerLine, drop_line("audit/treatments.jsonl"));
    damaged(Check::LedgerUnreadable, edit("audit/treatments.jsonl", "{", "["));
    damaged(Check::LedgerState, edit("audit/ledger.jsonl", "released", "quarantined"));
    damaged(Check::LedgerProfile, edit("audit/root.json", "\"hash\":\"", "\"hash\":\"0"));
    damaged(Check::Manifest, drop_line("manifest.jsonl"));
    damaged(Check::Counts, edit("audit/root.json", "\"released\":2", "\"released\":3"));
    damaged(Check::IndexNoFile, |root| fs::remove_file(release::file(root, 1)).unwrap());
    damaged(Check::IndexNoRow, drop_line("../vault/index.csv"));
    damaged(Check::Digest, |root| {
        let file = release::file(root, 0);
        let mut content = fs::read(&file).unwrap();
        *content.last_mut().unwrap() ^= 1;
        fs::write(file, content).unwrap();
    });
}

#[test]
fn what_the_original_says_and_the_output_should_not_is_named() {
    broken(Check::OriginalValue, put(text(0x0018, 0x1030, "LO", "abdomen yamada")));
    broken(Check::OriginalValue, put(bytes(0x0018, 0x1030, "LO", b"\x1b$B;3EDB@O:\x1b(B ")));
    broken(Check::OriginalValue, put(bytes(0x0028, 0x1201, "OW", "12345678".as_bytes())));
    broken(Check::OriginalUid, put(text(0x0018, 0x1030, "LO", "1.2.392.200036.9116.7.1")));
    broken(Check::OriginalKept, |release| {
        // The original is itself an output: its UIDs have the right form and must change all the same.
        let instance = &mut release.instances[0];
        release::put(&mut instance.original, text(0x0020, 0x0052, "UI", &uid(50)));
        release::put(&mut instance.data, text(0x0020, 0x0052, "UI", &uid(50)));
    });
}

#[test]
fn changed_pixel_data_is_named() {
    let other = || bytes(0x7FE0, 0x0010, "OW", &[9, 9, 9, 9, 9, 9, 9, 8]);
    broken(Check::PixelData, put(other()));
    broken(Check::PixelData, first(|data| data.retain(|element| element.tag != (0x7FE0, 0x0010))));
    // Two columns and two rows of 16 bits; the mask covers the first column, the last sample differs.
    broken(Check::PixelDataOutsideMask, |release| {
        release.instances[0].masks = vec![[0, 0, 1, 2]];
        release::put(&mut release.instances[0].data, other());
    });
    broken(Check::MaskNotSet, |release| release.instances[0].masks = vec![[0, 0, 1, 2]]);
    broken(Check::MaskNotConstant, |release| release.instances[0].masks = vec![[0, 0, 1, 2]]);
    broken(Check::MaskWithoutPixelData, |release| {
        let instance = &mut release.instances[0];
        instance.masks = vec![[0, 0, 1, 2]];
        for data in [&mut instance.data, &mut instance.original] {
            data.retain(|element| element.tag != (0x7FE0, 0x0010));
        }
    });
    broken(Check::CleaningWithoutMask, |release| release.instances[0].options.push("113101".into()));
}

/// Two columns and two rows of 16 bits, coded as RLE: the high bytes, then the low ones, each as one run of literals.
fn rle(samples: [u16; 4], tail: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 64];
    (frame[0], frame[4], frame[8]) = (2, 64, 70);
    for shift in [8, 0] {
        frame.push(3);
        frame.extend(samples.map(|sample| (sample >> shift) as u8));
        frame.push(0);
    }
    frame.extend(tail);
    frame
}

/// Makes the first instance one of RLE, in original and output.
fn compressed(before: Vec<u8>, after: Vec<u8>, table: &'static [u32]) -> impl Fn(&mut Release) {
    move |release| {
        let instance = &mut release.instances[0];
        release::put(&mut instance.meta, text(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.5"));
        release::put(&mut instance.original, release::fragments(&[], &[&before]));
        release::put(&mut instance.data, release::fragments(table, &[&after]));
    }
}

const SAMPLES: [u16; 4] = [0x102, 0x304, 0x506, 0x708];

#[test]
fn broken_compressed_frames_are_named() {
    let plain = rle(SAMPLES, b"");
    broken(Check::PixelDataText, compressed(plain.clone(), rle(SAMPLES, b"YAMADA"), &[]));
    broken(Check::OffsetTable, compressed(plain.clone(), plain.clone(), &[2]));
    broken(Check::PixelData, compressed(plain.clone(), rle([0x102, 0x304, 0x506, 0x709], b""), &[]));
    let masked = |after: [u16; 4]| {
        let change = compressed(plain.clone(), rle(after, b""), &[]);
        move |release: &mut Release| {
            change(release);
            release.instances[0].masks = vec![[0, 0, 1, 2]];
        }
    };
    broken(Check::PixelDataOutsideMask, masked([9, 0x304, 9, 0x709]));
    broken(Check::MaskNotConstant, masked([9, 0x304, 8, 0x708]));
}

#[test]
fn frames_that_were_masked_or_cleaned_as_told_are_clean() {
    let plain = rle(SAMPLES, b"");
    let report = |change: &dyn Fn(&mut Release)| {
        let mut release = Release::new();
        change(&mut release);
        verified(&release, |_| {})
    };
    let cleaned = report(&compressed(rle(SAMPLES, b"YAMADA"), plain.clone(), &[0]));
    assert!(cleaned.is_clean() && cleaned.compared == 2, "{cleaned:#?}");
    let change = compressed(plain.clone(), rle([9, 0x304, 9, 0x708], b""), &[]);
    let masked = report(&|release| {
        change(release);
        release.instances[0].masks = vec![[0, 0, 1, 2]];
    });
    assert!(masked.is_clean() && masked.compared == 2, "{masked:#?}");
    let native = report(&|release| {
        release.instances[0].masks = vec![[0, 0, 1, 2]];
        let pixels = bytes(0x7FE0, 0x0010, "OW", &[9, 9, 3, 4, 9, 9, 7, 8]);
        release::put(&mut release.instances[0].data, pixels);
    });
    assert!(native.is_clean() && native.compared == 2, "{native:#?}");
}

#[test]
fn frames_without_a_second_decoder_are_told_as_not_checked() {
    let mut release = Release::new();
    let (before, after) = (b"\xff\x0a\x01\x02".to_vec(), b"\xff\x0a\x01\x03".to_vec());
    compressed(before, after, &[])(&mut release);
    let jpeg_xl = text(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.4.110");
    release::put(&mut release.instances[0].meta, jpeg_xl);
    let report = verified(&release, |_| {});
    let reasons: Vec<&str> = report.not_checked.iter().map(|one| one.reason).collect();
    assert_eq!(reasons, ["decoder-missing"]);
    // The original is of a syntax that is known, but its frame is none of it.
    release.instances[0].original_meta = Some(release.instances[1].meta.clone());
    let old = release.instances[0].original_meta.as_mut().unwrap();
    release::put(old, text(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.4.90"));
    let report = verified(&release, |_| {});
    assert_eq!(report.not_checked[0].reason, "frame-refused");
}

#[test]
fn broken_promises_of_use_are_named() {
    broken(Check::UtilityMissing, first(|data| data.retain(|element| element.tag != (0x0028, 0x1053))));
    broken(Check::UtilityMissing, put(text(0x0018, 0x0060, "DS", "")));
    broken(Check::UtilityDiffers, put(text(0x0028, 0x1052, "DS", "-1000")));
    broken(Check::DateShift, put(text(0x0008, 0x0022, "DA", "20180115")));
    broken(Check::DateNotModified, original(|data| release::put(data, text(0x0008, 0x0020, "DA", "20180110"))));
}

#[test]
fn an_output_that_cannot_be_parsed_is_an_error() {
    let report = verified(&Release::new(), |root| {
        let file = release::file(root, 0);
        let content = fs::read(&file).unwrap();
        fs::write(&file, &content[..content.len() - 3]).unwrap();
    });
    assert!(report.not_checked.is_empty(), "{report:#?}");
    for check in [Check::Unreadable, Check::Digest, Check::Manifest] {
        assert!(has(&report, check), "{check}: {:?}", report.findings);
    }
    assert!(!has(&report, Check::LedgerNoFile));
}

#[test]
fn what_has_no_original_is_told_as_not_checked() {
    let report = verified(&Release::new(), |root| fs::remove_file(root.join("../in/0.dcm")).unwrap());
    assert_eq!(report.not_checked[0].reason, "original-missing");
}

#[test]
fn no_finding_holds_a_value() {
    let mut release = Release::new();
    for new in [text(0x0010, 0x1040, "LO", "Bunkyo-ku"), text(0x0018, 0x1030, "LO", "abdomen yamada 12345678")] {
        release::put(&mut release.instances[0].data, new);
    }
    let report = verified(&release, |_| {});
    let told = format!("{report:?}").to_lowercase();
    assert!(report.errors() > 1);
    assert!(!told.contains("bunkyo") && !told.contains("yamada") && !told.contains("12345678"));
}

#[test]
fn one_thread_and_many_report_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut release = Release::new();
    release::put(&mut release.instances[0].data, text(0x0010, 0x1040, "LO", "Bunkyo-ku"));
    release.write(folder.path());
    let root = folder.path().join("release");
    assert_eq!(release::verify_by(&root, 1), release::verify_by(&root, 7));
}

#[test]
fn any_damage_of_a_file_ends_in_a_report() {
    let release = Release::new();
    let folder = tempfile::tempdir().unwrap();
    release.write(folder.path());
    let file = release::file(&folder.path().join("release"), 0);
    let whole = fs::read(&file).unwrap();
    let mut state = 88_172_645_463_325_252_u64;
    for _ in 0..300 {
        let mut content = whole.clone();
        for _ in 0..3 {
            // Xorshift of 64 bits: any sequence will do, as long as it is the same in each run.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = 132 + (state >> 16) as usize % (content.len() - 132);
            content[at] = state as u8;
        }
        fs::write(&file, content).unwrap();
        let report = release::verify_alone(&folder.path().join("release"));
        assert!(has(&report, Check::Digest) || !report.is_clean());
    }
}
