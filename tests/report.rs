//! The report of a release, as a page and as a browser shows it (R3-05, R4-06, R6-01).

use crate::support::{all_recipes, cook, left_out, program, random_inputs, recipe, run, tokumei, tree};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a release of random people and a few masked and held-back instances.
fn release(folder: &Path, profile: &str) -> PathBuf {
    let (input, out) = (folder.join("in"), folder.join("out"));
    random_inputs(&input, 0..4);
    for recipe in all_recipes().iter().filter(|recipe| recipe.name.starts_with("ct_explicit-le_p")) {
        cook(recipe, &input.join(&recipe.name));
    }
    run(profile, &out, &[], &[&input]);
    out
}

fn page(release: &Path) -> String {
    std::fs::read_to_string(release.join("report.html")).expect("a run leaves a report")
}

/// Returns the numbers of a table's last column, its rows of reasons left out.
fn counts(page: &str) -> Vec<u64> {
    let table = page.split("class=\"whole\"").nth(1).and_then(|rest| rest.split("</table>").next()).unwrap();
    let rows = table.split("<tr").skip(1).filter(|row| !row.starts_with(" class=\"reason\""));
    let number = |row: &str| row.split("class=\"n\">").nth(1)?.split('<').next()?.replace(',', "").parse().ok();
    rows.map(|row| number(row).expect("a number")).collect()
}

#[test]
fn counts_of_the_report_add_up_to_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), "pseudonymized");
    let counts = counts(&page(&out));
    let (sum, states) = counts.split_last().unwrap();
    assert_eq!(states.iter().sum::<u64>(), *sum);
    assert_eq!(*sum as usize, tree(&folder.path().join("in")).len());
}

#[test]
fn r6_01_frames_that_wait_because_of_text_are_counted_until_somebody_has_decided() {
    let folder = tempfile::tempdir().unwrap();
    let [input, more, out] = ["in", "more", "out"].map(|name| folder.path().join(name));
    let held = recipe("ct_explicit-le_burned-in-yes");
    cook(&held, &input);
    cook(&recipe("ct_explicit-le_plain"), &more);
    run("pseudonymized", &out, &[], &[&input]);
    let held = || {
        let root = std::fs::read_to_string(out.join("audit/root.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&root).unwrap()["text"]["frames-held"].clone()
    };
    assert_eq!(held(), 1);
    assert!(page(&out).contains("frames of these, of all frames looked at or waiting"));
    // A run that does not meet it again knows of it still.
    run("pseudonymized", &out, &[], &[&more]);
    assert_eq!(held(), 1);
    let vault = folder.path().join("out.vault");
    let words = ["--reviewer", "Ito Ken", "--reason", "seen"];
    let item = std::fs::read_dir(&input).unwrap().next().unwrap().unwrap().path();
    assert!(program().arg("review").arg(&vault).arg("approve").arg(item).args(words).status().unwrap().success());
    program().arg("review").arg(&vault).arg("release").status().unwrap();
    assert_eq!(held(), serde_json::Value::Null);
}

#[test]
fn a_report_is_a_function_of_its_release_and_names_no_original() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), "pseudonymized");
    let before = tree(&out);
    let input = folder.path().join("in");
    run("pseudonymized", &out, &[], &[&input]);
    assert_eq!(tree(&out), before);
    std::fs::remove_file(out.join("report.html")).unwrap();
    assert!(tokumei(["report".as_ref(), out.as_os_str()]).status.success());
    assert_eq!(tree(&out), before);
    let page = page(&out);
    for seed in 0..4 {
        for marker in tokumei_testkit::random::study(seed).markers {
            assert!(marker.text.len() < 8 || !page.contains(&marker.text), "{}", marker.path);
        }
    }
    assert!(!page.contains(&*folder.path().to_string_lossy()));
}

#[test]
fn people_who_stand_out_are_counted_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    cook(&all_recipes().into_iter().find(|recipe| recipe.name == "ct_explicit-le_plain").unwrap(), &input);
    let profile = folder.path().join("risk.toml");
    let why = "risk_report = { en = \"asked for\", ja = \"必要\", clause = \"R3-05\" }";
    let text = format!(
        "name = \"risk\"\nversion = \"1\"\nextends = \"pseudonymized\"\n[policy]\nrisk_report = \"required\"\n[why]\n{why}\n"
    );
    std::fs::write(&profile, text).unwrap();
    run(profile.to_str().unwrap(), &out, &[], &[&input]);
    let page = page(&out);
    // One person alone is a group of one, and the profile accepts five.
    assert!(page.contains("<p class=\"alarm\"><b>1</b>") && page.contains("fewer than 5 people"), "no warning");
}

#[test]
fn the_contact_sheet_shows_what_is_in_the_release_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), "pseudonymized");
    let text = page(&out);
    let sheet = text.split("class=\"sheet\"").nth(1).and_then(|rest| rest.split("</section>").next()).expect("a sheet");
    let places: Vec<&str> = sheet.split("alt=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(!places.is_empty() && places.len() <= 24, "{}", places.len());
    assert!(places.iter().all(|place| out.join(place).is_file()));
    // In the order of the new UIDs, which is not that of the inputs.
    let uids: Vec<&str> = places.iter().map(|place| place.rsplit('/').next().unwrap()).collect();
    assert!(uids.is_sorted());
    assert!(text.len() < 4 << 20);
    // It is part of the report that `audit verify` makes anew: a picture put in its place is noticed.
    let (before, after) = (sheet.split("base64,").nth(1).unwrap(), "iVBORw0KGgo=");
    let picture = before.split('"').next().unwrap();
    std::fs::write(out.join("report.html"), text.replacen(picture, after, 1)).unwrap();
    assert_eq!(tokumei(["audit".as_ref(), "verify".as_ref(), out.as_os_str()]).status.code(), Some(1));
    std::fs::write(out.join("report.html"), &text).unwrap();
    assert_eq!(tokumei(["audit".as_ref(), "verify".as_ref(), out.as_os_str()]).status.code(), Some(0));
}

#[test]
fn a_browser_shows_the_report_in_both_languages() {
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
    else {
        return left_out("there is no Chromium to look at the report with");
    };
    let folder = tempfile::tempdir().unwrap();
    let out = release(folder.path(), "pseudonymized");
    let english = page(&out).replace("id=\"ja\" checked", "id=\"ja\"").replace("id=\"en\">", "id=\"en\" checked>");
    let pages = [("ja", page(&out)), ("en", english)];
    let mut pictures = Vec::new();
    for (name, text) in pages {
        let (html, png) = (folder.path().join(format!("{name}.html")), folder.path().join(format!("{name}.png")));
        std::fs::write(&html, text).unwrap();
        let output = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,2400"])
            .arg(format!("--user-data-dir={}", folder.path().join("browser").display()))
            .arg(format!("--screenshot={}", png.display()))
            .arg(format!("file://{}", html.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let picture = image::open(&png).unwrap().to_rgb8();
        // Text, the green of what was released, and a warning or its absence: not an empty page.
        let dark = picture.pixels().filter(|pixel| pixel.0.iter().all(|part| *part < 100)).count();
        let green = picture.pixels().filter(|pixel| pixel.0 == [0x2d, 0x7d, 0x6f]).count();
        assert!(dark > 10_000 && green > 1_000, "{name}: {dark} dark pixels, {green} green ones");
        pictures.push(picture);
    }
    assert_ne!(pictures[0], pictures[1]);
}

#[test]
fn a_date_that_was_moved_makes_nobody_stand_out_and_another_sex_does() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    // Twelve people alike in all but the days by which their dates move.
    crate::people::hospital(&input, 0..12);
    run("pseudonymized", &out, &[], &[&input]);
    let text = page(&out);
    assert!(text.contains("Every group has at least") && !text.contains("groups have fewer than"));
    let person = crate::people::Person(20);
    crate::support::write(&input.join("0020/1.dcm"), &person.image(1, "PatientSex \"F\"\n"));
    run("pseudonymized", &out, &[], &[&input]);
    assert!(page(&out).contains("groups have fewer than"));
}
