use super::*;
use proptest::prelude::*;
use std::fs;

const PROFILE: &str = "p";

/// A vault whose index holds one instance back.
fn vault(folder: &Path, reason: &str) -> PathBuf {
    fs::write(folder.join("original.dcm"), "bytes").unwrap();
    let vault = folder.join("vault");
    crate::vault::private_folder(&vault).unwrap();
    index(&vault, folder, "quarantined", reason);
    vault
}

fn index(vault: &Path, folder: &Path, state: &str, reason: &str) {
    let source = folder.join("original.dcm");
    fs::write(
        vault.join("index.csv"),
        format!("source,state,reason,release\n{},{state},{reason},\n", source.display()),
    )
    .unwrap();
}

fn only(vault: &Path, reviewers: u32) -> Item {
    Review::open(vault).unwrap().items(reviewers, PROFILE).unwrap().remove(0)
}

fn decide(
    vault: &Path,
    verdict: Verdict,
    reviewer: &str,
    masks: &[Region],
    reviewers: u32,
) -> Result<Item, ReviewError> {
    let mut review = Review::open(vault)?;
    let item = review.items(reviewers, PROFILE)?.remove(0);
    let decide = Decide { reviewer, reason: "seen", verdict, masks, lifts: &[], seen: None };
    review.decide(&item, &decide, &mut sight, reviewers, PROFILE)
}

/// An image of 100 columns and 50 rows that can be shown.
fn sight() -> Result<Sight, (State, Reason)> {
    Ok(Sight { size: (100, 50) })
}

/// Lifts the rejections with these numbers.
fn reopen(vault: &Path, reviewer: &str, lifts: &[u64], reviewers: u32) -> Result<Item, ReviewError> {
    let mut review = Review::open(vault)?;
    let item = review.items(reviewers, PROFILE)?.remove(0);
    let decide = Decide { reviewer, reason: "seen", verdict: Verdict::Reopen, masks: &[], lifts, seen: None };
    review.decide(&item, &decide, &mut sight, reviewers, PROFILE)
}

/// Tells what a run would be allowed to do with the original.
fn passes(vault: &Path, folder: &Path, profile: &str, reviewers: u32, reason: &str) -> Option<Vec<Region>> {
    let approvals = Approvals::read(vault, profile, reviewers).unwrap();
    let file = fs::File::open(folder.join("original.dcm")).unwrap();
    approvals.of(&file, reason).unwrap().map(|approved| approved.reviewed.masks)
}

const TEXT: &str = "burned-in-text-risk";

#[test]
fn an_approval_holds_for_its_original_profile_and_reason_alone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), "burned-in-text-risk modality");
    assert_eq!(only(&vault, 1).state, ReviewState::InReview);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, TEXT), None);
    let mask = Region { x: 1, y: 2, width: 3, height: 4 };
    assert_eq!(decide(&vault, Verdict::Approve, "Ito Ken", &[mask], 1).unwrap().state, ReviewState::Approved);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, TEXT), Some(vec![mask]));
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, "face-risk"), None);
    assert_eq!(passes(&vault, folder.path(), "other", 1, TEXT), None);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 2, TEXT), None);
    fs::write(folder.path().join("original.dcm"), "Bytes").unwrap();
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, TEXT), None);
    let item = only(&vault, 1);
    assert!(item.state == ReviewState::InReview && item.outdated);
}

#[test]
fn what_nobody_can_see_in_a_picture_cannot_be_approved() {
    for reason in ["unreadable", "frame-damaged 1", "identifier-in-output @3", "identity-conflict", "value-cut-off"] {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path(), reason);
        let refused = decide(&vault, Verdict::Approve, "Ito Ken", &[], 1);
        assert!(matches!(refused, Err(ReviewError::NotApprovable { .. })), "{reason}");
        assert!(!vault.join("review").exists());
        assert_eq!(decide(&vault, Verdict::Reject, "Ito Ken", &[], 1).unwrap().state, ReviewState::Rejected);
    }
}

#[test]
fn two_people_agree_when_they_want_the_same_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    let mask = Region { x: 0, y: 0, width: 8, height: 8 };
    let state = |name: &str, masks: &[Region]| decide(&vault, Verdict::Approve, name, masks, 2).unwrap().state;
    assert_eq!(state("Ito Ken", &[mask]), ReviewState::InReview);
    for spelling in ["ito  ken", "Ｉｔｏ Ken", "Ito\u{200b} Ken", "ItoKen"] {
        assert_eq!(state(spelling, &[mask]), ReviewState::InReview, "{spelling}");
    }
    assert_eq!(state("Mori Yui", &[]), ReviewState::InReview);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 2, TEXT), None);
    assert_eq!(state("Mori Yui", &[mask]), ReviewState::Approved);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 2, TEXT), Some(vec![mask]));
}

#[test]
fn a_decision_needs_a_name_and_a_reason_and_what_left_is_not_decided_again() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    for (reviewer, reason) in [("", "seen"), ("\u{3000} ", "seen"), ("\u{200b}", "seen"), ("Ito Ken", " ")] {
        let mut review = Review::open(&vault).unwrap();
        let item = review.items(1, PROFILE).unwrap().remove(0);
        let nameless = Decide { reviewer, reason, verdict: Verdict::Approve, masks: &[], lifts: &[], seen: None };
        assert!(matches!(review.decide(&item, &nameless, &mut sight, 1, PROFILE), Err(ReviewError::Nameless)));
    }
    decide(&vault, Verdict::Approve, "Ito Ken", &[], 1).unwrap();
    index(&vault, folder.path(), "released", "");
    assert_eq!(only(&vault, 1).state, ReviewState::Released);
    let mask = Region { x: 0, y: 0, width: 8, height: 8 };
    let more = decide(&vault, Verdict::Approve, "Ito Ken", &[mask], 1);
    assert!(matches!(more, Err(ReviewError::Released { .. })));
    // It is good, or it is to come back.
    assert_eq!(decide(&vault, Verdict::Approve, "Ito Ken", &[], 1).unwrap().state, ReviewState::Released);
    let back = decide(&vault, Verdict::Reject, "Ito Ken", &[], 1).unwrap();
    assert_eq!((back.state, back.is_out), (ReviewState::Rejected, true));
}

#[test]
fn a_rejection_stands_against_the_approvals_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    assert_eq!(decide(&vault, Verdict::Approve, "Ito Ken", &[], 2).unwrap().state, ReviewState::InReview);
    assert_eq!(decide(&vault, Verdict::Reject, "Mori Yui", &[], 2).unwrap().state, ReviewState::Rejected);
    for name in ["Abe Rin", "Ito Ken"] {
        let refused = decide(&vault, Verdict::Approve, name, &[], 2);
        assert!(matches!(refused, Err(ReviewError::Rejected { reviewer, .. }) if reviewer == "Mori Yui"), "{name}");
    }
    // Whoever rejected it may think better of it; what others approved before they knew counts no more.
    let one = decide(&vault, Verdict::Approve, "mori yui", &[], 2).unwrap();
    assert_eq!((one.state, one.approvals), (ReviewState::InReview, 1));
    assert_eq!(passes(&vault, folder.path(), PROFILE, 2, TEXT), None);
    assert_eq!(decide(&vault, Verdict::Approve, "Ito Ken", &[], 2).unwrap().state, ReviewState::Approved);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 2, TEXT), Some(vec![]));
}

#[test]
fn an_instance_is_opened_again_by_naming_each_rejection_that_stands() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    for lifts in [&[][..], &[0]] {
        assert!(matches!(reopen(&vault, "Ito Ken", lifts, 1), Err(ReviewError::NotRejected { .. })));
    }
    decide(&vault, Verdict::Reject, "Mori Yui", &[], 1).unwrap();
    let two = decide(&vault, Verdict::Reject, "Abe Rin", &[], 1).unwrap();
    let numbers: Vec<u64> = two.rejections.iter().map(|rejection| rejection.number).collect();
    assert_eq!(numbers, [0, 1]);
    assert!(matches!(reopen(&vault, "Ito Ken", &[0, 7], 1), Err(ReviewError::NotRejected { .. })));
    assert_eq!(reopen(&vault, "Ito Ken", &[0], 1).unwrap().state, ReviewState::Rejected);
    assert!(matches!(reopen(&vault, "Ito Ken", &[0], 1), Err(ReviewError::NotRejected { .. })));
    assert_eq!(reopen(&vault, "Ito Ken", &[1], 1).unwrap().state, ReviewState::InReview);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, TEXT), None);
    assert_eq!(decide(&vault, Verdict::Approve, "Ito Ken", &[], 1).unwrap().state, ReviewState::Approved);
}

/// A record of a program that let others' approvals override a rejection is read as it is meant now.
#[test]
fn approvals_on_record_beside_a_rejection_that_stands_let_nothing_out() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    let item = decide(&vault, Verdict::Reject, "Mori Yui", &[], 1).unwrap();
    let mut review = Review::open(&vault).unwrap();
    let forced = Decision { verdict: Verdict::Approve, reviewer: "Ito Ken".into(), ..item.decisions[0].clone() };
    review.log.append(forced).unwrap();
    assert_eq!(only(&vault, 1).state, ReviewState::Rejected);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, TEXT), None);
}

#[test]
fn a_rejection_holds_under_every_profile_and_for_every_reason() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    let objection = |profile: &str| {
        let approvals = Approvals::read(&vault, profile, 1).unwrap();
        let file = fs::File::open(folder.path().join("original.dcm")).unwrap();
        let bytes = file.metadata().unwrap().len();
        [bytes, bytes + 1].map(|bytes| approvals.objection(&file, bytes).unwrap())
    };
    assert_eq!(objection(PROFILE), [None, None]);
    decide(&vault, Verdict::Reject, "Mori Yui", &[], 1).unwrap();
    for profile in [PROFILE, "other"] {
        assert_eq!(objection(profile), [Some(Objection::Stands), None]);
    }
    reopen(&vault, "Ito Ken", &[0], 1).unwrap();
    assert_eq!(objection(PROFILE), [Some(Objection::Lifted), None]);
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, REJECTED), None);
    decide(&vault, Verdict::Approve, "Abe Rin", &[], 1).unwrap();
    assert_eq!(passes(&vault, folder.path(), PROFILE, 1, REJECTED), Some(vec![]));
    fs::write(folder.path().join("original.dcm"), "Bytes").unwrap();
    assert_eq!(objection(PROFILE), [None, None]);
}

#[test]
fn an_original_that_only_begins_as_a_rejected_one_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    let path = folder.path().join("original.dcm");
    let long = |last: u8| [vec![7; 100_000], vec![last]].concat();
    fs::write(&path, long(1)).unwrap();
    let stamp = only(&vault, 1);
    let rejected = decide(&vault, Verdict::Reject, "Mori Yui", &[], 1).unwrap();
    assert_eq!(stamp.id, rejected.id);
    let objection = || {
        let file = fs::File::open(&path).unwrap();
        let approvals = Approvals::read(&vault, PROFILE, 1).unwrap();
        approvals.objection(&file, file.metadata().unwrap().len()).unwrap()
    };
    assert_eq!(objection(), Some(Objection::Stands));
    fs::write(&path, long(2)).unwrap();
    assert_eq!(objection(), None);
    // A record that says neither length nor beginning is compared whole.
    let mut review = Review::open(&vault).unwrap();
    fs::write(&path, long(3)).unwrap();
    let original = review.log.original(&path).unwrap();
    let old = Decision { bytes: None, head: None, original, ..rejected.decisions[0].clone() };
    review.log.append(old).unwrap();
    assert_eq!(objection(), Some(Objection::Stands));
}

fn approve(masks: &[Region]) -> Decide<'_> {
    Decide { reviewer: "Ito Ken", reason: "seen", verdict: Verdict::Approve, masks, lifts: &[], seen: None }
}

#[test]
fn what_cannot_be_shown_and_a_mask_beside_the_image_are_not_approved() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    let mut review = Review::open(&vault).unwrap();
    let item = only(&vault, 1);
    let mut blind = || Err((State::Quarantined, Reason::new("not-maskable")));
    let refused = review.decide(&item, &approve(&[]), &mut blind, 1, PROFILE);
    assert!(matches!(refused, Err(ReviewError::Unseen { reason, .. }) if reason.id == "not-maskable"));
    for (x, y, width, height) in [(100, 0, 4, 4), (0, 50, 4, 4), (0, 0, 0, 4), (0, 0, 4, 0), (u32::MAX, 0, 4, 4)] {
        let masks = [Region { x: 0, y: 0, width: 1, height: 1 }, Region { x, y, width, height }];
        let refused = review.decide(&item, &approve(&masks), &mut sight, 1, PROFILE);
        assert!(matches!(refused, Err(ReviewError::MaskOutside { size: (100, 50), .. })), "{x} {y} {width} {height}");
    }
    assert!(!vault.join("review").exists());
    let edge = [Region { x: 99, y: 49, width: u32::MAX, height: u32::MAX }];
    assert!(review.decide(&item, &approve(&edge), &mut sight, 1, PROFILE).is_ok());
}

#[test]
fn a_record_changed_cut_or_forged_lets_nothing_out() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    decide(&vault, Verdict::Approve, "Ito Ken", &[], 1).unwrap();
    decide(&vault, Verdict::Reject, "Mori Yui", &[], 1).unwrap();
    let path = vault.join("review/decisions.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let first = whole.lines().next().unwrap().to_owned() + "\n";
    // Without the last line the rejection would be forgotten.
    let harmed =
        [first.clone(), whole.replace("reject", "approve"), whole.replace("Mori Yui", "Mori Rui"), String::new()];
    for harmed in harmed {
        fs::write(&path, &harmed).unwrap();
        assert!(matches!(Approvals::read(&vault, PROFILE, 1), Err(ReviewError::Record(_))), "{harmed}");
        assert!(Review::open(&vault).is_err());
    }
    fs::remove_file(&path).unwrap();
    assert!(Approvals::read(&vault, PROFILE, 1).is_err());
    fs::write(&path, &whole).unwrap();
    assert!(Approvals::read(&vault, PROFILE, 1).is_ok());
}

#[derive(Clone, Debug)]
enum Step {
    Decide(Verdict, usize, usize),
    Edit,
    Lift,
}

fn step() -> impl Strategy<Value = Step> {
    let verdict = prop_oneof![3 => Just(Verdict::Approve), 1 => Just(Verdict::Reject)];
    prop_oneof![
        8 => (verdict, 0_usize..3, 0_usize..2).prop_map(|(verdict, who, mask)| Step::Decide(verdict, who, mask)),
        1 => Just(Step::Edit),
        1 => Just(Step::Lift),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // The states by their definition: an instance may leave when nobody's rejection of these bytes stands, and since the last
    // rejection of them so many different people have approved them with the same masks.
    #[test]
    fn no_path_skips_approval(steps in prop::collection::vec(step(), 0..10), reviewers in 1_u32..3) {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path(), TEXT);
        let masks = [vec![], vec![Region { x: 0, y: 0, width: 8, height: 8 }]];
        let people = ["Ito Ken", "Mori Yui", "Abe Rin"];
        let mut since: Vec<(usize, usize)> = Vec::new();
        let mut against: Vec<usize> = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            match *step {
                Step::Edit => {
                    fs::write(folder.path().join("original.dcm"), format!("bytes {number}")).unwrap();
                    since.clear();
                    against.clear();
                }
                Step::Lift => {
                    let item = only(&vault, reviewers);
                    let stand: Vec<u64> = item.rejections.iter().map(|rejection| rejection.number).collect();
                    prop_assert_eq!(reopen(&vault, "Sato Mei", &stand, reviewers).is_ok(), !against.is_empty());
                    against.clear();
                }
                Step::Decide(verdict, who, mask) => {
                    let found = decide(&vault, verdict, people[who], &masks[mask], reviewers);
                    if verdict == Verdict::Approve && against.iter().any(|other| *other != who) {
                        let refused = matches!(found, Err(ReviewError::Rejected { .. }));
                        prop_assert!(refused);
                        continue;
                    }
                    if verdict == Verdict::Reject {
                        since.clear();
                        against.push(who);
                    } else {
                        against.clear();
                        since.push((who, mask));
                    }
                    let agree = |mask| (0..3).filter(|who| since.contains(&(*who, mask))).count();
                    let enough = (0..2).any(|mask| agree(mask) as u32 >= reviewers);
                    let expected = match (against.is_empty(), enough) {
                        (false, _) => ReviewState::Rejected,
                        (true, true) => ReviewState::Approved,
                        (true, false) => ReviewState::InReview,
                    };
                    prop_assert_eq!(found.unwrap().state, expected);
                }
            }
            let agree = |mask| (0..3).filter(|who| since.contains(&(*who, mask))).count();
            let may_leave = against.is_empty() && (0..2).any(|mask| agree(mask) as u32 >= reviewers);
            prop_assert_eq!(passes(&vault, folder.path(), PROFILE, reviewers, TEXT).is_some(), may_leave);
        }
    }
}

#[test]
fn a_decision_about_what_is_no_longer_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), TEXT);
    let (mut first, mut second) = (Review::open(&vault).unwrap(), Review::open(&vault).unwrap());
    let looked = only(&vault, 2);
    let decide = |review: &mut Review, item: &Item, seen: &str| {
        let decide = Decide {
            reviewer: "Ito Ken",
            reason: "seen",
            verdict: Verdict::Reject,
            masks: &[],
            lifts: &[],
            seen: Some(seen),
        };
        review.decide(item, &decide, &mut sight, 2, PROFILE)
    };
    let after = decide(&mut first, &looked, &looked.stamp).unwrap();
    assert_ne!(after.stamp, looked.stamp);
    // Another process has not heard of it yet; when it has, what its reviewer had in view is old.
    assert!(matches!(decide(&mut second, &looked, &looked.stamp), Err(ReviewError::Stale { .. })));
    second.refresh().unwrap();
    let now = second.items(2, PROFILE).unwrap().remove(0);
    assert_eq!(now.stamp, after.stamp);
    assert!(matches!(decide(&mut second, &now, &looked.stamp), Err(ReviewError::Stale { .. })));
    fs::write(folder.path().join("original.dcm"), "other bytes").unwrap();
    let changed = second.items(2, PROFILE).unwrap().remove(0);
    assert!(matches!(decide(&mut second, &changed, &now.stamp), Err(ReviewError::Stale { .. })));
    assert_eq!(decide(&mut second, &changed, &changed.stamp).unwrap().decisions.len(), 2);
}
