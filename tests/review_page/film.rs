//! A person's way through the page, in a browser and as pictures.

use super::browser::{self, Browser};
use super::{Page, held_back, study};
use crate::support::{index, left_out, outputs};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use std::path::Path;

/// Takes a step of the film in both languages, and goes on in the one that was chosen.
fn film(step: &str, browser: &mut Browser) {
    for _ in 0..2 {
        let language = browser.tell("document.documentElement.lang");
        shoot(&format!("{step}-{}", language.as_str().unwrap()), browser);
        let said = "['unshown', 'release-text', 'say'].map(id => document.getElementById(id)).filter(part => part.checkVisibility()).map(part => part.textContent).join('')";
        let foreign =
            browser.tell(&format!("document.documentElement.lang === 'en' && /[ぁ-んァ-ヶ一-龠]/.test({said})"));
        assert_eq!(foreign, false, "{step}: Japanese in the English page");
        browser.tell("document.getElementById('language').click()");
        browser.wait(&format!("document.documentElement.lang !== {language}"));
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

/// Puts a picture into the papers where `TOKUMEI_FILM` names a folder for it.
fn shoot(name: &str, browser: &mut Browser) {
    let png = browser.shot();
    let mut picture = image::load_from_memory(&png).unwrap().to_rgb8();
    let bright = picture.pixels().filter(|pixel| pixel.0.iter().all(|part| *part > 150)).count();
    assert!(bright > 1_000, "{name}: an empty page");
    if let Ok(folder) = std::env::var("TOKUMEI_FILM") {
        std::fs::create_dir_all(&folder).unwrap();
        let file = std::fs::File::create(Path::new(&folder).join(format!("{name}.png"))).unwrap();
        // Fewer shades: the papers stay small.
        picture.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|part| part & 0xFC));
        let small = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::Adaptive);
        picture.write_with_encoder(small).unwrap();
    }
}

#[test]
fn a_person_goes_from_quarantine_to_release_in_a_browser() {
    let Some(name) = browser::installed() else {
        return left_out("there is no Chromium to look at the review page with");
    };
    let folder = tempfile::Builder::new().prefix("demo-").tempdir().unwrap();
    let (out, vault) = held_back(folder.path(), 1);
    assert_eq!(outputs(&out).len(), 0);
    study::write_plain(&folder.path().join("in"));
    let page = Page::open(&vault, "en");
    let mut browser = Browser::start(name, folder.path());
    browser.open(&page.address);
    browser.wait("document.body.dataset.ready");
    assert_eq!(browser.tell("location.href"), format!("http://127.0.0.1:{}/", page.port));
    let ready = "document.querySelector('[data-pane=before]').dataset.ready";
    for item in ["SC0003.dcm", "US0001.dcm"] {
        browser.tell(&format!(
            "[...document.querySelectorAll('#items button')].find(b => b.title.endsWith('{item}')).click()"
        ));
        browser.wait(&format!("document.getElementById('source').textContent.endsWith('{item}') && {ready} === '0'"));
    }
    film("1-waiting", &mut browser);

    // Keys choose the window; the one of the header is there where there is one.
    let window = "document.getElementById('window').value";
    assert_eq!(browser.tell(window), "full");
    browser.key("w");
    browser.wait(&format!("{window} === 'even'"));
    browser.key("w");

    // A box is drawn with the mouse, another by key and taken away again; the picture after follows.
    let place = browser.tell(
        "(() => { const r = document.querySelector('[data-pane=before] img').getBoundingClientRect(); return [r.x, r.y, r.width / 640] })()",
    );
    let number = |index: usize| place[index].as_f64().unwrap();
    let at = |x: f64, y: f64| (number(0) + x * number(2), number(1) + y * number(2));
    let [x, y, width, height] = study::NAME.map(f64::from);
    browser.drag(at(x, y), at(x + width, y + height));
    browser.wait("document.querySelectorAll('#boxes li').length === 1");
    browser.key("n");
    browser.wait("document.querySelectorAll('#boxes li').length === 2");
    browser.key("Delete");
    browser.wait("document.querySelectorAll('#boxes li').length === 1");
    // Keys and mouse move and resize it, and bring it back.
    browser.key("]");
    let fields = "[...document.querySelectorAll('#boxes input')].map(i => Number(i.value))";
    let shape = |browser: &mut Browser| serde_json::from_value::<Vec<i64>>(browser.tell(fields)).unwrap();
    let first = shape(&mut browser);
    let moved = |by: [i64; 4]| first.iter().zip(by).map(|(at, by)| at + by).collect::<Vec<_>>();
    browser.key("ArrowRight");
    browser.chord(8, "ArrowDown");
    browser.chord(1, "ArrowRight");
    browser.chord(9, "ArrowDown");
    assert_eq!(shape(&mut browser), moved([1, 10, 1, 10]));
    let middle = at(x + 100.0, y + 20.0);
    browser.drag(middle, (middle.0 - number(2), middle.1 - 10.0 * number(2)));
    assert_eq!(shape(&mut browser), moved([0, 0, 1, 10]));
    let corner = at(first[0] as f64 + first[2] as f64 + 1.0, first[1] as f64 + first[3] as f64 + 10.0);
    browser.drag(corner, (corner.0 - number(2), corner.1 - 10.0 * number(2)));
    assert_eq!(shape(&mut browser), first);
    browser.key("b");
    browser.wait("document.querySelector('[data-pane=after]').dataset.ready === '0'");
    std::thread::sleep(std::time::Duration::from_millis(600));
    film("2-boxes", &mut browser);
    let drawn: Vec<u32> = serde_json::from_value(
        browser.tell("[...document.querySelectorAll('#boxes input')].map(i => Number(i.value))"),
    )
    .unwrap();
    assert!(drawn.iter().zip(study::NAME).all(|(drawn, asked)| drawn.abs_diff(asked) <= 2), "{drawn:?}");

    // Without a name and a reason nothing is put on record.
    browser.key("a");
    browser.wait("document.activeElement.id === 'reviewer'");
    browser.write("Ito Ken");
    browser.key("Escape");
    browser.key("a");
    browser.wait("document.activeElement.id === 'reason'");
    assert!(!vault.join("review").exists());
    browser.write("name in the top line, hidden");
    browser.key("Escape");

    // A second tab looks at the same; the first decides; the second is told.
    let first = browser.page();
    browser.open(&page.address);
    browser.wait("document.body.dataset.ready");
    browser.tell("document.querySelector('#items button[title$=\"US0001.dcm\"]').click()");
    browser.wait("document.getElementById('source').textContent.endsWith('US0001.dcm')");
    let second = browser.turn_to(first);
    browser.key("a");
    browser.wait("document.getElementById('say').className === 'good'");
    let record = std::fs::read_to_string(vault.join("review/decisions.jsonl")).unwrap();
    assert!(
        record.contains("Ito Ken")
            && record.contains(&format!("{:?}", [drawn[0], drawn[1], drawn[2], drawn[3]]).replace(' ', ""))
    );
    let first = browser.turn_to(second);
    browser.tell("document.getElementById('reviewer').value = 'Mori Yui'; document.getElementById('reason').value = 'x'; document.getElementById('reject').click()");
    browser.wait("document.getElementById('say').className === 'bad'");
    assert_eq!(std::fs::read_to_string(vault.join("review/decisions.jsonl")).unwrap(), record);
    browser.turn_to(first);

    // In Japanese: the loop, its frames, a rejection, what cannot be shown.
    browser.click("#items button[title$='US0002.dcm']");
    browser.wait(&format!("document.getElementById('source').textContent.endsWith('US0002.dcm') && {ready} === '0'"));
    browser.click("#language");
    browser.wait("document.documentElement.lang === 'ja'");
    browser.key("b");
    browser.key("ArrowRight");
    browser.wait(&format!("{ready} === '1'"));
    browser.key("p");
    browser.wait("document.getElementById('say').textContent.includes('提案')");
    std::thread::sleep(std::time::Duration::from_millis(400));
    film("3-loop", &mut browser);
    browser.key("e");
    browser.write("氏名を隠しきれない");
    browser.key("Escape");
    // The page takes no decision while something that is in view is on its way.
    browser.wait("!document.getElementById('reject').disabled");
    browser.key("r");
    browser.wait("document.getElementById('say').className === 'good'");
    // Somebody else may not approve it, and may open it again with a reason.
    browser.tell("document.querySelector('[data-filter=all]').click()");
    browser.click("#items button[title$='US0002.dcm']");
    browser.wait(&format!("document.getElementById('source').textContent.endsWith('US0002.dcm') && {ready} === '0'"));
    assert_eq!(browser.tell("document.getElementById('approve').disabled"), false);
    let name = |name: &str| {
        format!(
            "(() => {{ const field = document.getElementById('reviewer'); field.value = '{name}'; field.dispatchEvent(new Event('input')) }})()"
        )
    };
    browser.tell(&name("Mori Yui"));
    browser.wait("document.getElementById('approve').disabled && !document.getElementById('reopen').hidden");
    film("4-rejected", &mut browser);
    browser.key("o");
    browser.wait("document.activeElement.id === 'reason'");
    browser.write("見直しのため");
    browser.key("Escape");
    browser.key("o");
    browser.wait("document.querySelector('#decisions .reopen') && document.getElementById('reopen').hidden");
    browser.tell(&name("Ito Ken"));
    browser.click("#items button[title$='SC0005.dcm']");
    browser.wait("!document.getElementById('unshown').hidden");
    film("5-not-shown", &mut browser);
    browser.key("?");
    browser.wait("document.getElementById('help').open");
    film("6-keys", &mut browser);
    browser.key("Escape");
    browser.tell("document.getElementById('help').close()");

    browser.click("#release-open");
    browser.wait("document.getElementById('release').open && !document.getElementById('release-go').disabled");
    film("7-release", &mut browser);
    browser.click("#release-go");
    browser.wait("document.getElementById('release-text').textContent.startsWith('完了')");
    browser.tell("document.getElementById('release').close()");
    browser.click("#items button[title$='US0001.dcm']");
    browser.wait("document.querySelector('#items button[aria-current=true]').classList.contains('released')");
    browser.click("#language");
    browser.key("b");
    browser.wait("document.querySelector('[data-pane=after]').dataset.ready === '0'");
    std::thread::sleep(std::time::Duration::from_millis(400));
    film("8-released", &mut browser);

    // What left by rules alone is looked at now.
    let row = index(&vault).into_iter().find(|row| row.source.ends_with("US0001.dcm")).unwrap();
    let released = std::fs::read(out.join(row.release)).unwrap();
    assert!(hidden(&released, [drawn[0], drawn[1], drawn[2], drawn[3]]));
    assert_eq!(outputs(&out).len(), 3);
    browser.click("#items button[title$='CT0008.dcm']");
    browser.wait(&format!("document.getElementById('source').textContent.endsWith('CT0008.dcm') && {ready} === '0'"));
    browser.wait("document.querySelector('[data-pane=after]').dataset.ready === '0'");
    std::thread::sleep(std::time::Duration::from_millis(400));
    film("9-sampled", &mut browser);
    browser.key("e");
    browser.write("nothing to be read");
    browser.key("Escape");
    browser.key("a");
    browser.wait("document.getElementById('say').className === 'good'");
    browser.click("#language");
    browser.click("#items button[title$='CT0009.dcm']");
    browser.wait(&format!("document.getElementById('source').textContent.endsWith('CT0009.dcm') && {ready} === '0'"));
    browser.key("e");
    browser.write("対象外の部位");
    browser.key("Escape");
    browser.key("r");
    browser.wait("document.getElementById('say').className === 'good'");
    browser.click("#items button[title$='CT0009.dcm']");
    browser.wait(&format!("document.getElementById('source').textContent.endsWith('CT0009.dcm') && {ready} === '0'"));
    std::thread::sleep(std::time::Duration::from_millis(400));
    film("10-held-back", &mut browser);
    // The browser is closed at this moment, and what it was told is there.
    let record = std::fs::read_to_string(vault.join("review/decisions.jsonl")).unwrap();
    assert!(record.contains("nothing to be read") && record.contains("対象外の部位"));
    let own = format!("http://127.0.0.1:{}/", page.port);
    let outside: Vec<_> =
        browser.asked.iter().filter(|url| !url.starts_with(&own) && !url.starts_with("blob:")).collect();
    assert!(outside.is_empty(), "{outside:?}");
    // What the browser complains of are refusals that were asked for.
    let wrong: Vec<_> =
        browser.complaints.iter().filter(|text| !text.contains("409") && !text.contains("422")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(page.end(), Some(0));
}

/// Tells whether a rectangle of the first frame is black, and what lies right of it is as it was drawn.
fn hidden(file: &[u8], [x, y, width, height]: [u32; 4]) -> bool {
    let object = dicom_object::from_reader(file).expect("an output is DICOM");
    let pixels = object.element(dicom_core::Tag(0x7FE0, 0x0010)).unwrap().to_bytes().unwrap().into_owned();
    let columns = u32::from(study::SIZE.0);
    let mut inside = (y..y + height).flat_map(|row| (x..x + width).map(move |column| row * columns + column));
    inside.all(|at| pixels[at as usize] == 0) && pixels.iter().any(|value| *value > 100)
}
