//! The review page: who may ask its server, and a person's way from quarantine to release (R4-24, R3-06, R6-01, R6-02).

mod browser;
mod door;
mod film;
mod study;

use crate::support::{freeze, outputs, program, root, run, said};
use browser::Browser;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running page.
struct Page {
    child: Child,
    address: String,
    port: u16,
    token: String,
}

impl Page {
    fn open(vault: &Path, language: &str) -> Page {
        let mut child = program()
            .args(["--lang", language, "review"])
            .arg(vault)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was built for this test");
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let (host, token) = address.strip_prefix("http://127.0.0.1:").unwrap().split_once("/?token=").unwrap();
        Page { port: host.parse().unwrap(), token: token.to_owned(), address, child }
    }

    /// Sends bytes and returns the status and the whole answer; 0 where there is none.
    fn send(&self, text: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let _ = stream.write_all(text.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
    }

    /// Sends a question as the page would, with some headers of its own or none.
    fn question(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let host = format!("127.0.0.1:{}", self.port);
        let (origin, length) = (format!("http://{host}"), body.len().to_string());
        let usual = [
            ("Host", host.as_str()),
            ("Origin", &origin),
            ("X-Tokumei-Token", &self.token),
            ("Content-Type", "application/json"),
            ("Content-Length", &length),
        ];
        let replaced = |name: &str| headers.iter().any(|(own, _)| *own == name);
        let kept = usual.into_iter().filter(|(name, _)| !replaced(name));
        let lines = kept.chain(headers.iter().copied().filter(|(_, value)| !value.is_empty()));
        let head: String = lines.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.send(&format!("POST /api/{path} HTTP/1.1\r\n{head}\r\n{body}"))
    }

    fn ask(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, answer) = self.question(path, &body.to_string(), &[]);
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn items(&self) -> Vec<Value> {
        self.ask("queue", &json!({})).1["items"].as_array().expect("a queue").clone()
    }

    fn item(&self, name: &str) -> Value {
        let named = |item: &Value| item["source"].as_str().is_some_and(|source| source.ends_with(name));
        self.items().into_iter().find(named).expect("it is in the queue")
    }

    fn decide(&self, item: &Value, reviewer: &str, approve: bool, masks: &[[u32; 4]]) -> (u16, Value) {
        let (id, stamp) = (&item["id"], &item["stamp"]);
        let verdict = if approve { "approve" } else { "reject" };
        let question = json!({ "item": id, "stamp": stamp, "reviewer": reviewer, "reason": "seen", "verdict": verdict, "masks": masks });
        self.ask("decide", &question)
    }

    /// Releases and waits for the end; returns the exit code.
    fn release(&self) -> u64 {
        assert_eq!(self.ask("release", &json!({ "language": "en" })).0, 200);
        loop {
            let state = self.ask("queue", &json!({})).1["release"].clone();
            if state["state"] == "ended" {
                return state["code"].as_u64().unwrap();
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Ends the page as Ctrl-C does. Returns the exit code.
    fn end(mut self) -> Option<i32> {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs over the images by a profile that leaves burned-in text to so many people, and returns release and vault.
fn held_back(folder: &Path, reviewers: u32) -> (PathBuf, PathBuf) {
    study::write(&folder.join("in"));
    let (out, profile) = (folder.join("release"), folder.join("by-people.toml"));
    let why = |name: &str| format!("{name} = {{ en = \"people look\", ja = \"人が見る\", clause = \"R3-06\" }}\n");
    let text = format!(
        "name = \"by-people\"\nversion = \"1\"\nextends = \"pseudonymized\"\n[policy]\nreviewers = {reviewers}\n\
         text_search = \"off\"\n[why]\n{}{}",
        why("reviewers"),
        why("text_search")
    );
    std::fs::write(&profile, text).unwrap();
    let output = run(profile.to_str().unwrap(), &out, &[], &[&folder.join("in")]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    (out, folder.join("release.vault"))
}

#[test]
fn two_tabs_do_not_contradict_each_other_and_the_rules_are_those_of_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    let (out, vault) = held_back(folder.path(), 2);
    let page = Page::open(&vault, "en");
    let seen = page.item("US0001.dcm");
    let (status, made) = page.decide(&seen, "Ito Ken", true, &[study::NAME]);
    assert_eq!((status, &made["state"], &made["approvals"]), (200, &json!("in-review"), &json!(1)));
    let record = std::fs::read_to_string(vault.join("review/decisions.jsonl")).unwrap();
    assert!(record.contains("Ito Ken") && record.contains("[8,8,420,26]"));
    // The other tab has not seen this; nor has it seen what a command has decided.
    let (status, refused) = page.decide(&seen, "Mori Yui", false, &[]);
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("review-stale")));
    assert!(refused["error"]["what"]["ja"].as_str().is_some_and(|text| text.contains("表示した後")));
    let again = page.item("US0001.dcm");
    let other = program()
        .args(["review"])
        .arg(&vault)
        .args(["reject", again["id"].as_str().unwrap(), "--reviewer", "Abe Rin", "--reason", "blurred"])
        .output()
        .unwrap();
    assert!(other.status.success(), "{}", said(&other));
    assert_eq!(page.decide(&again, "Mori Yui", true, &[study::NAME]).0, 409);
    // The rejection stands until it is lifted by its number.
    let rejected = page.item("US0001.dcm");
    assert_eq!(page.decide(&rejected, "Mori Yui", true, &[]).1["error"]["id"], "review-rejected-by");
    let lift = |lifts: Value| {
        let reopen = json!({ "item": rejected["id"], "stamp": rejected["stamp"], "reviewer": "Mori Yui", "reason": "sharp enough",
            "verdict": "reopen", "masks": [], "lifts": lifts });
        page.ask("decide", &reopen)
    };
    assert_eq!(lift(json!([])).1["error"]["id"], "review-not-rejected");
    assert_eq!(lift(json!([0])).1["error"]["id"], "review-not-rejected");
    assert_eq!(lift(json!([rejected["rejections"][0]["number"]])).1["state"], "in-review");
    let approve = |name: &str| page.decide(&page.item("US0001.dcm"), name, true, &[study::NAME]).1["state"].clone();
    assert_eq!([approve("Ito Ken"), approve("ITO  ken"), approve("Mori Yui")], ["in-review", "in-review", "approved"]);
    // What the commands refuse, the page refuses.
    let broken = page.item("CT0006.dcm");
    assert_eq!(broken["approvable"], false, "{broken}");
    assert_eq!(page.decide(&broken, "Ito Ken", true, &[]).1["error"]["id"], "review-cannot-approve");
    assert_eq!(page.decide(&page.item("SC0003.dcm"), " ", true, &[]).1["error"]["id"], "review-nameless");
    assert_eq!(page.decide(&page.item("SC0003.dcm"), "Ito Ken", true, &[[1, 1, 0, 5]]).1["error"]["id"], "review-mask");
    let beside = page.decide(&page.item("SC0003.dcm"), "Ito Ken", true, &[[60_000, 1, 5, 5]]);
    assert_eq!(beside.1["error"]["id"], "review-mask-beside");
    // What nobody can look at is approved neither here nor by command.
    let unseen = page.item("SC0005.dcm");
    assert_eq!(page.ask("open", &json!({ "item": unseen["id"] })).0, 422);
    assert_eq!(page.decide(&unseen, "Ito Ken", true, &[]).1["error"]["id"], "review-unseen");
    let blind = program()
        .args(["--lang", "en", "review"])
        .arg(&vault)
        .args(["approve", page.item("SC0003.dcm")["id"].as_str().unwrap(), unseen["id"].as_str().unwrap()])
        .args(["--reviewer", "Ito Ken", "--reason", "seen"])
        .output()
        .unwrap();
    assert!(blind.status.code() == Some(2) && said(&blind).contains("cannot be shown"), "{}", said(&blind));
    assert_eq!(page.item("SC0003.dcm")["decisions"], json!([]));
    assert_eq!(page.release(), 1);
    assert_eq!(outputs(&out).len(), 1);
    let more = page.decide(&page.item("US0001.dcm"), "Ito Ken", true, &[study::NAME]);
    assert_eq!(more.1["error"]["id"], "review-released");
    assert_eq!(page.end(), Some(0));
}

#[test]
fn a_sample_of_what_left_is_looked_at_and_what_is_held_back_leaves_the_release() {
    let folder = tempfile::tempdir().unwrap();
    let (out, vault) = held_back(folder.path(), 1);
    let page = Page::open(&vault, "en");
    assert!(page.items().iter().all(|item| item["state"] != "sampled"));
    assert_eq!(page.decide(&page.item("US0001.dcm"), "Ito Ken", true, &[study::NAME]).0, 200);
    study::write_plain(&folder.path().join("in"));
    assert_eq!(page.release(), 1);
    // One of them left because somebody had looked at it; what left by rules alone is looked at now.
    let left =
        |state: &str| page.items().iter().filter(|item| item["in_release"] == true && item["state"] == state).count();
    assert_eq!((outputs(&out).len(), left("released"), left("sampled")), (3, 1, 2));
    let files = outputs(&out);
    // After is the file of the release: the mask is there whatever the page asks to be hidden.
    let approved = page.item("US0001.dcm");
    let picture = |masks: Value| {
        let ask = json!({ "item": approved["id"], "frame": 0, "area": study::NAME, "side": 420, "window": "full", "masks": masks });
        page.question("picture", &ask.to_string(), &[]).1.len()
    };
    assert!(picture(json!([])) * 2 < picture(Value::Null), "a black picture is a small one");
    let [good, bad] = ["CT0008.dcm", "CT0009.dcm"].map(|name| page.item(name));
    assert_eq!(page.ask("open", &json!({ "item": good["id"] })).0, 200);
    assert_eq!(page.decide(&good, "Mori Yui", true, &[[0, 0, 2, 2]]).1["error"]["id"], "review-released");
    assert_eq!(page.decide(&good, "Mori Yui", true, &[]).1["state"], "released");
    let made = page.decide(&bad, "Mori Yui", false, &[]).1;
    assert_eq!((&made["state"], &made["in_release"]), (&json!("rejected"), &json!(true)), "{made}");
    // No version holds what is to come back.
    let profile = folder.path().join("by-people.toml");
    let freeze = || freeze(&out, "pseudonymized", &["--profile", profile.to_str().unwrap()]);
    let refused = freeze();
    assert!(refused.status.code() == Some(2) && said(&refused).contains("rejected by reviewers"), "{}", said(&refused));
    page.release();
    assert_eq!(outputs(&out).len(), 2);
    let stays = outputs(&out).into_iter().all(|(name, bytes)| files.get(&name) == Some(&bytes));
    assert!(stays, "what was good is as it was");
    let gone = page.item("CT0009.dcm");
    assert_eq!((&gone["state"], &gone["in_release"]), (&json!("rejected"), &json!(false)));
    let frozen = freeze();
    assert_eq!(frozen.status.code(), Some(0), "{}", said(&frozen));
    assert_eq!(page.end(), Some(0));
}

#[test]
fn a_frame_of_900_megapixels_is_shown_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    std::fs::create_dir_all(&input).unwrap();
    study::write_huge(&input.join("huge.dcm"));
    let out = folder.path().join("release");
    run("pseudonymized", &out, &[], &[&input]);
    let vault = folder.path().join("release.vault");
    let page = Page::open(&vault, "en");
    let id = page.item("huge.dcm")["id"].clone();
    let (status, opened) = page.ask("open", &json!({ "item": id }));
    assert_eq!((status, &opened["columns"]), (200, &json!(30_000)), "{opened}");
    for (area, masks) in
        [([0, 0, 30_000, 30_000], Value::Null), ([29_000, 29_000, 1_000, 1_000], json!([[0, 0, 9, 9]]))]
    {
        let ask = json!({ "item": id, "frame": 0, "area": area, "side": 1280, "window": "header", "masks": masks });
        let (status, answer) = page.question("picture", &ask.to_string(), &[]);
        assert!(status == 200 && answer.contains("image/png"), "{status}");
    }
    if let Some(name) = browser::installed() {
        // The part in view is asked for at its own scale.
        let mut browser = Browser::start(name, folder.path());
        browser.open(&page.address);
        browser.wait("document.querySelector('[data-pane=before]').dataset.ready === '0'");
        let part = "document.querySelectorAll('[data-pane=before] img')[1]";
        (0..14).for_each(|_| browser.key("+"));
        browser.wait(&format!("{part}.src && !{part}.hidden && {part}.naturalWidth > 300"));
        let wide =
            browser.tell(&format!("{part}.getBoundingClientRect().width / {part}.naturalWidth")).as_f64().unwrap();
        assert!(wide < 2.0, "a pixel of the picture is {wide} of the screen");
    }
    // To search all of it for text at once is refused, with its reason.
    assert_eq!(page.ask("propose", &json!({ "item": id, "frame": 0 })).0, 422);
    let status = std::fs::read_to_string(format!("/proc/{}/status", page.child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 300_000, "{peak} kB");
}

#[test]
fn words_of_the_page_that_are_none_are_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let (_, vault) = held_back(folder.path(), 1);
    let page = Page::open(&vault, "ja");
    let texts = page.ask("texts", &json!({})).1;
    assert_eq!(texts["language"], "ja");
    // Every text that the files of the page name is there.
    let mut missing = Vec::new();
    for file in ["index.html", "main.js", "stage.js", "queue.js"] {
        let text = std::fs::read_to_string(root().join("crates/review/page").join(file)).unwrap();
        for mark in ["data-t=\"", "data-label=\"", "data-title=\"", "say(\"", "\"key-"] {
            for rest in text.split(mark).skip(1) {
                let id = rest.split('"').next().unwrap();
                let id = if mark == "\"key-" { format!("key-{id}") } else { id.to_owned() };
                let known = texts["texts"]["ja"].get(&id).is_some() || id.ends_with('-');
                missing.extend((!known).then(|| format!("{file}: {id}")));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    let taken = program().args(["review"]).arg(&vault).args(["--port", &page.port.to_string()]).output().unwrap();
    assert_eq!(taken.status.code(), Some(2));
    assert!(said(&taken).contains("--port") && said(&taken).contains(&page.port.to_string()), "{}", said(&taken));
    let both = program().args(["review"]).arg(&vault).args(["--port", "0", "release"]).output().unwrap();
    assert_eq!(both.status.code(), Some(2), "{}", said(&both));
}
