//! The review page: who may ask its server, and a person's way from quarantine to release (R4-24, R3-06, R6-01, R6-02).

mod browser;
mod study;

use crate::support::{index, left_out, outputs, program, root, run, said, tree};
use browser::Browser;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
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
fn whoever_is_not_the_page_of_this_server_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, vault) = held_back(folder.path(), 1);
    let page = Page::open(&vault, "en");
    let port = page.port;
    let (own, token) = (format!("127.0.0.1:{port}"), page.token.clone());
    assert_eq!(page.question("queue", "{}", &[]).0, 200);
    let before = tree(&vault);
    let strange = [
        ("Host", "evil.example"),
        ("Host", &format!("localhost:{port}")),
        ("Host", "127.0.0.1"),
        ("Host", ""),
        ("Origin", "http://evil.example"),
        ("Origin", &format!("https://{own}")),
        ("Origin", &format!("http://127.0.0.1:{}", port ^ 1)),
        ("Origin", "null"),
        ("Origin", ""),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("X-Tokumei-Token", ""),
        ("X-Tokumei-Token", &token[1..]),
        ("X-Tokumei-Token", &"0".repeat(32)),
    ];
    let item = page.item("US0001.dcm");
    let decision = json!({ "item": item["id"], "stamp": item["stamp"], "reviewer": "a", "reason": "b", "verdict": "approve", "masks": [] });
    for (name, value) in strange {
        for path in ["queue", "decide"] {
            let (status, answer) = page.question(path, &decision.to_string(), &[(name, value)]);
            assert_eq!(status, 403, "{name}: {value}\n{answer}");
            assert!(!answer.contains("US0001") && !answer.contains(&token), "{answer}");
        }
    }
    let get = |target: &str, more: &str| page.send(&format!("GET {target} HTTP/1.1\r\nHost: {own}\r\n{more}\r\n"));
    // Nothing of the page is given without its address, and the token is no cookie.
    for target in ["/", "/main.js", "/?token=", "/?token=0123456789abcdef0123456789abcdef", "/api/queue"] {
        assert_eq!(get(target, "").0, 403, "{target}");
        assert_eq!(get(target, &format!("Cookie: tokumei-{port}={token}\r\n")).0, 403, "{target}");
    }
    // The cookie opens the files of the page, and no data.
    let (status, answer) = get(&format!("/?token={token}"), "");
    let cookie = answer.split("Set-Cookie: ").nth(1).and_then(|rest| rest.split(';').next()).unwrap().to_owned();
    assert!(status == 200 && answer.contains("; HttpOnly; SameSite=Strict; Path=/"), "{answer}");
    assert_eq!(get("/main.js", &format!("Cookie: {cookie}\r\n")).0, 200);
    assert_eq!(page.question("queue", "{}", &[("X-Tokumei-Token", ""), ("Cookie", &cookie)]).0, 403);
    for line in ["default-src 'none'", "frame-ancestors 'none'", "no-store", "nosniff", "no-referrer"] {
        assert!(answer.contains(line), "{line}");
    }
    assert_eq!(tree(&vault), before);
}

#[test]
fn paths_methods_and_bodies_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, vault) = held_back(folder.path(), 1);
    let page = Page::open(&vault, "en");
    let own = format!(
        "Host: 127.0.0.1:{0}\r\nOrigin: http://127.0.0.1:{0}\r\nX-Tokumei-Token: {1}\r\n",
        page.port, page.token
    );
    let send = |first: &str, more: &str| page.send(&format!("{first} HTTP/1.1\r\n{own}{more}\r\n")).0;
    for target in [
        "/../../etc/passwd",
        "/%2e%2e/index.csv",
        "//main.js",
        "/main.js/..",
        "/MAIN.JS",
        "/main.js?a",
        "/api/../index.csv",
    ] {
        assert_eq!(send(&format!("GET {target}"), ""), 404, "{target}");
    }
    assert_eq!(send("POST /api/queue/", "Content-Type: application/json\r\nContent-Length: 2\r\n"), 404);
    assert_eq!(send("GET http://evil.example/", ""), 404);
    for first in ["GET /api/queue", "PUT /api/queue", "DELETE /", "POST /", "OPTIONS /api/decide", "HEAD /", "TRACE /"]
    {
        assert_eq!(send(first, ""), 405, "{first}");
    }
    assert_eq!(send("CONNECT a:1", ""), 404);
    let json = "Content-Type: application/json\r\n";
    assert_eq!(send("POST /api/queue", "Content-Length: 2\r\nContent-Type: text/plain\r\n"), 415);
    assert_eq!(send("POST /api/queue", &format!("{json}Content-Length: 10000000000\r\n")), 413);
    assert_eq!(send("POST /api/queue", &format!("{json}Transfer-Encoding: chunked\r\n")), 400);
    assert_eq!(send("POST /api/queue", &format!("{json}Content-Length: 2\r\nContent-Length: 3\r\n")), 400);
    assert_eq!(send("GET /", &format!("A: {}\r\n", "a".repeat(1 << 17))), 413);
    assert_eq!(page.send("\u{16}\u{3}\u{1}\r\n\r\n").0, 400);
    assert_eq!(page.question("decide", &"[".repeat(200_000), &[]).0, 400);
    for body in ["", "{}", "null", "{\"item\":1}", "{\"item\":\"x\",\"more\":1}"] {
        assert_eq!(page.question("open", body, &[]).0, 400, "{body}");
    }
    assert_eq!(page.ask("open", &json!({ "item": "../../index.csv" })).0, 404);
    let picture = |change: &dyn Fn(&mut Value)| {
        let id = page.item("US0001.dcm")["id"].clone();
        let mut ask =
            json!({ "item": id, "frame": 0, "area": [0, 0, 640, 480], "side": 64, "window": "full", "masks": null });
        change(&mut ask);
        page.ask("picture", &ask).0
    };
    assert_eq!(picture(&|_| ()), 200);
    assert_eq!(picture(&|ask| ask["frame"] = json!(u64::MAX)), 422);
    assert_eq!(picture(&|ask| ask["area"] = json!([640, 0, 1, 1])), 422);
    assert_eq!(picture(&|ask| ask["area"] = json!([u32::MAX, u32::MAX, u32::MAX, u32::MAX])), 422);
    assert_eq!(picture(&|ask| ask["side"] = json!(u32::MAX)), 200);
    assert_eq!(picture(&|ask| ask["side"] = json!(0)), 200);
    assert_eq!(picture(&|ask| ask["window"] = json!({ "levels": [1e308, -5] })), 200);
    assert_eq!(picture(&|ask| ask["masks"] = json!([[u32::MAX, 0, u32::MAX, 0], [0, 0, u32::MAX, u32::MAX]])), 200);
    // A half request neither holds up others nor the end.
    let mut silent = TcpStream::connect(("127.0.0.1", page.port)).unwrap();
    silent.write_all(b"POST /api/queue HTTP/1.1\r\nHost:").unwrap();
    assert_eq!(page.items().len(), 6);
    assert_eq!(page.end(), Some(0));
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
fn a_request_that_breaks_off_decides_nothing_and_one_that_is_whole_decides_once() {
    let folder = tempfile::tempdir().unwrap();
    let (_, vault) = held_back(folder.path(), 1);
    let page = Page::open(&vault, "en");
    let item = page.item("US0001.dcm");
    let decision = json!({ "item": item["id"], "stamp": item["stamp"], "reviewer": "a", "reason": "b", "verdict": "approve", "masks": [] });
    let body = decision.to_string();
    let host = format!("127.0.0.1:{}", page.port);
    let head = |more: &str| {
        format!(
            "POST /api/decide HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nX-Tokumei-Token: {}\r\n{more}\r\n",
            page.token
        )
    };
    let json = "Content-Type: application/json\r\n";
    let length = format!("{json}Content-Length: {}\r\n", body.len());
    let gone = |text: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", page.port)).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        drop(stream);
    };
    // Half of it, and then the browser is gone.
    gone(&(head(&length) + &body[..body.len() / 2]));
    gone(&head(&length)[..60]);
    // Heads that two readers could read in two ways, and bodies that are not what the head says.
    let strange = [
        head(&format!("{json}Content-Length: {0}, {0}\r\n", body.len())) + &body,
        head(&format!("{json}Content-Length: 0x{:x}\r\n", body.len())) + &body,
        head(&format!("{json}Content-Length : {}\r\n", body.len())) + &body,
        head(&format!("{json} folded: 1\r\nContent-Length: {}\r\n", body.len())) + &body,
        head(&format!("{length}X-Tokumei-Token: {}\r\n", "0".repeat(32))) + &body,
        head(&format!("{length}Host: evil.example\r\n")) + &body,
        head(&format!("{length}Origin: http://evil.example\r\n")) + &body,
        head(&format!("Content-Type: application/json; charset=x\r\nContent-Length: {}\r\n", body.len())) + &body,
        head(&format!("{json}Content-Length: {}\r\n", body.len() - 1)) + &body,
        head(json) + &body,
        (head(&length) + &body).replace("\r\n", "\n"),
        (head(&length) + &body).replace("HTTP/1.1", "HTTP/2.0"),
        (head(&length) + &body).replace("/api/decide", "/api//decide"),
        (head(&length) + &body).replace("/api/decide", "/api/decide?x"),
        (head(&length) + &body).replace("/api/decide", &format!("http://{host}/api/decide")),
        (head(&length) + &body).replace(&format!("Host: {host}"), &format!("Host: {host}.")),
        (head(&length) + &body).replace(&format!("Host: {host}"), &format!("Host: a@{host}")),
        (head(&length) + &body).replace(&format!("Origin: http://{host}"), &format!("Origin: http://{host}/")),
    ];
    for text in strange {
        // The end of what is sent is told, so that nobody waits for more.
        let mut stream = TcpStream::connect(("127.0.0.1", page.port)).unwrap();
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{text}");
    }
    assert!(!vault.join("review").exists());
    // What stands behind a whole request is none.
    let (status, answer) = page.send(&(head(&length) + &body + &head(&length) + &body));
    assert_eq!((status, answer.matches("HTTP/1.1").count()), (200, 1));
    assert_eq!(page.item("US0001.dcm")["decisions"].as_array().unwrap().len(), 1);
    // A browser that is closed at the moment of its decision has decided.
    let other = page.item("SC0003.dcm");
    let body = json!({ "item": other["id"], "stamp": other["stamp"], "reviewer": "a", "reason": "b", "verdict": "reject", "masks": [] });
    let body = body.to_string();
    gone(&(head(&format!("{json}Content-Length: {}\r\n", body.len())) + &body));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while page.item("SC0003.dcm")["state"] != "rejected" {
        assert!(std::time::Instant::now() < deadline, "the decision is lost");
    }
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
    let sample = || {
        let drawn =
            program().args(["--format", "json", "dataset", "sample"]).arg(&out).arg("--profile").arg(&profile).output();
        let drawn: Value = serde_json::from_slice(&drawn.unwrap().stdout).unwrap();
        drawn["digest"].as_str().unwrap().to_owned()
    };
    let freeze = || {
        program()
            .args(["--lang", "en", "dataset", "freeze"])
            .arg(&out)
            .args(["--profile", profile.to_str().unwrap(), "--name", "set"])
            .args(["--legal-class", "pseudonymized", "--legal-basis", "APPI 41", "--responsible", "Ito"])
            .args(["--approved-by", "Ito Ken", "--sample", &sample()])
            .output()
            .unwrap()
    };
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

/// Where the pictures of the film go: into the papers where this is set, else nowhere.
fn film(name: &str, browser: &mut Browser) {
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
    film("1-waiting-en", &mut browser);

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
    film("2-boxes-en", &mut browser);
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
    film("3-loop-ja", &mut browser);
    browser.key("e");
    browser.write("氏名を隠しきれない");
    browser.key("Escape");
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
    film("4-rejected-ja", &mut browser);
    browser.key("o");
    browser.wait("document.activeElement.id === 'reason'");
    browser.write("見直しのため");
    browser.key("Escape");
    browser.key("o");
    browser.wait("document.querySelector('#decisions .reopen') && document.getElementById('reopen').hidden");
    browser.tell(&name("Ito Ken"));
    browser.click("#items button[title$='SC0005.dcm']");
    browser.wait("!document.getElementById('unshown').hidden");
    film("5-not-shown-ja", &mut browser);
    browser.key("?");
    browser.wait("document.getElementById('help').open");
    film("6-keys-ja", &mut browser);
    browser.key("Escape");
    browser.tell("document.getElementById('help').close()");

    browser.click("#release-open");
    browser.wait("document.getElementById('release').open && !document.getElementById('release-go').disabled");
    film("7-release-ja", &mut browser);
    browser.click("#release-go");
    browser.wait("document.getElementById('release-text').textContent.startsWith('完了')");
    browser.tell("document.getElementById('release').close()");
    browser.click("#items button[title$='US0001.dcm']");
    browser.wait("document.querySelector('#items button[aria-current=true]').classList.contains('released')");
    browser.click("#language");
    browser.key("b");
    browser.wait("document.querySelector('[data-pane=after]').dataset.ready === '0'");
    std::thread::sleep(std::time::Duration::from_millis(400));
    film("8-released-en", &mut browser);

    // What left by rules alone is looked at now.
    let row = index(&vault).into_iter().find(|row| row.source.ends_with("US0001.dcm")).unwrap();
    let released = std::fs::read(out.join(row.release)).unwrap();
    assert!(hidden(&released, [drawn[0], drawn[1], drawn[2], drawn[3]]));
    assert_eq!(outputs(&out).len(), 3);
    browser.click("#items button[title$='CT0008.dcm']");
    browser.wait(&format!("document.getElementById('source').textContent.endsWith('CT0008.dcm') && {ready} === '0'"));
    browser.wait("document.querySelector('[data-pane=after]').dataset.ready === '0'");
    std::thread::sleep(std::time::Duration::from_millis(400));
    film("9-sampled-en", &mut browser);
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
    film("10-held-back-ja", &mut browser);
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
