//! Who may ask the server of the page, and what is no request: tried with raw sockets.

use super::{Page, held_back};
use crate::support::tree;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

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
