//! What one instance of a study lets out and another one states.

use crate::kit::{Desk, Instance, count, go, row, tree};
use tokumei_core::State;
use tokumei_pipeline::GuardScope;

/// The first instance keeps, as its maker, a name that only the second one says is a person's.
fn telling_each_other() -> Desk {
    let desk = Desk::with_studies();
    desk.put("s9/i1.dcm", &Instance { maker: "Brzezicka Scanners", ..Instance::new(9, 1) }.bytes());
    desk.put("../late/i2.dcm", &Instance { operator: "Brzezicka^Wilhelmina", ..Instance::new(9, 2) }.bytes());
    desk
}

#[test]
fn a_name_that_another_instance_states_holds_back_and_changes_no_byte() {
    let desk = telling_each_other();
    let mut config = desk.config("pseudonymized", "study");
    config.inputs = vec![desk.path("in"), desk.path("late")];
    let report = go(&config).unwrap();
    assert_eq!(row(&report, "s9/i1.dcm"), (State::Quarantined, "study-identifier-in-output"));
    assert_eq!(count(&report, State::Quarantined), 1);
    let reason = report.rows.iter().find_map(|row| row.reason.as_ref()).unwrap().to_string();
    assert!(reason.contains("(0008,0070)") && !reason.contains("Brze"), "{reason}");

    config.out = desk.path("instance");
    config.guard_scope = GuardScope::Instance;
    let report = go(&config).unwrap();
    assert_eq!(count(&report, State::Quarantined), 0);
    let (narrow, wide) = (tree(&desk.path("instance/dicom")), tree(&desk.path("study/dicom")));
    assert_eq!(narrow.len(), wide.len() + 1);
    assert!(wide.iter().all(|(name, bytes)| narrow.get(name) == Some(bytes)));
    for (out, scope) in [("study", "study"), ("instance", "instance")] {
        let root = std::fs::read_to_string(desk.path(out).join("audit/root.json")).unwrap();
        assert!(root.contains(&format!("\"guard-scope\":\"{scope}\"")));
    }
}

#[test]
fn what_a_later_batch_states_withdraws_what_was_released() {
    let desk = telling_each_other();
    let report = desk.run("pseudonymized", "out");
    assert_eq!(count(&report, State::Quarantined), 0);
    let mut config = desk.config("pseudonymized", "out");
    config.inputs = vec![desk.path("in"), desk.path("late")];
    let report = go(&config).unwrap();
    assert_eq!(row(&report, "s9/i1.dcm"), (State::Quarantined, "study-identifier-in-output"));
    assert_eq!((report.written, count(&report, State::Released)), (1, 10));
    config.out = desk.path("fresh");
    go(&config).unwrap();
    assert_eq!(desk.release("out"), desk.release("fresh"));
}

#[test]
fn what_a_later_batch_states_without_harm_is_searched_for_and_changes_nothing() {
    let desk = Desk::with_studies();
    desk.run("pseudonymized", "out");
    desk.put("s1/i9.dcm", &Instance { operator: "Brzezicka^Wilhelmina", ..Instance::new(1, 9) }.bytes());
    let report = desk.run("pseudonymized", "out");
    assert_eq!((report.written, report.reused, count(&report, State::Released)), (1, 9, 10));
    desk.run("pseudonymized", "fresh");
    assert_eq!(desk.release("out"), desk.release("fresh"));
    assert!(desk.run("pseudonymized", "out").unchanged);
}

#[test]
fn an_instance_that_is_held_back_tells_of_its_study_too() {
    let desk = telling_each_other();
    let mut nameless = Instance { operator: "Brzezicka^Wilhelmina", ..Instance::new(9, 3) }.bytes();
    let class = nameless.windows(4).rposition(|tag| tag == [8, 0, 0x16, 0]).unwrap();
    // Without its SOP Class UID, which becomes another element.
    nameless[class + 2] = 0x15;
    desk.put("s9/i3.dcm", &nameless);
    let report = desk.run("pseudonymized", "out");
    assert_eq!(row(&report, "s9/i3.dcm"), (State::Quarantined, "sop-class-uid-missing"));
    assert_eq!(row(&report, "s9/i1.dcm"), (State::Quarantined, "study-identifier-in-output"));
}
