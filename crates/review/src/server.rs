//! The server: one thread a connection, few connections.

use crate::desk::Desk;
use crate::door::Door;
use crate::http::{self, Answer, Fault, Head};
use crate::{api, page};
use serde_json::json;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A server on 127.0.0.1 that is not asked yet.
pub struct Server {
    listener: TcpListener,
    door: Door,
}

/// So many connections at once; a browser opens six.
const CONNECTIONS: usize = 64;
/// So long is waited at the end for answers in hand.
const LAST: Duration = Duration::from_secs(30);

impl Server {
    /// Takes a port of 127.0.0.1, any free one for 0, and draws a token.
    ///
    /// # Errors
    /// When the port is taken or forbidden, or the system gives no randomness.
    pub fn bind(port: u16) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let door = Door::new(listener.local_addr()?.port())?;
        Ok(Server { listener, door })
    }

    /// Returns the address to open in a browser. Whoever knows it can decide: it is for the operator alone.
    pub fn address(&self) -> String {
        self.door.address()
    }

    /// Answers until `stop` is set, then finishes what is in hand.
    ///
    /// # Errors
    /// When the thread that listens cannot be started.
    pub fn serve(self, desk: Arc<dyn Desk>, stop: &AtomicBool) -> io::Result<()> {
        let Server { listener, door } = self;
        let hall =
            Arc::new(Hall { desk: Arc::clone(&desk), door, inside: AtomicUsize::new(0), busy: AtomicUsize::new(0) });
        let inside = Arc::clone(&hall);
        thread::Builder::new().spawn(move || listen(&listener, &inside))?;
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(50));
        }
        let deadline = Instant::now() + LAST;
        while hall.busy.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        desk.close();
        Ok(())
    }
}

/// What all connections share.
struct Hall {
    desk: Arc<dyn Desk>,
    door: Door,
    /// Open connections.
    inside: AtomicUsize,
    /// Questions that are being answered.
    busy: AtomicUsize,
}

/// Counts down when it goes, also when a thread panics.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn up(counter: &'a AtomicUsize) -> Counted<'a> {
        counter.fetch_add(1, Ordering::SeqCst);
        Counted(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn listen(listener: &TcpListener, hall: &Arc<Hall>) {
    loop {
        let Ok((mut stream, _)) = listener.accept() else {
            // Too many open files, or the like: it passes.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        if hall.inside.load(Ordering::SeqCst) >= CONNECTIONS {
            continue;
        }
        let hall = Arc::clone(hall);
        // Without a thread there is no answer, and the page says so.
        let _ = thread::Builder::new().spawn(move || {
            let _inside = Counted::up(&hall.inside);
            hall.receive(&mut stream);
        });
    }
}

impl Hall {
    fn receive(&self, stream: &mut TcpStream) {
        let Some(head) = http::head(stream) else { return };
        let _busy = Counted::up(&self.busy);
        let answer = match head {
            Err(fault) => self.refuse(fault, None),
            Ok(mut head) => match self.answer(stream, &mut head) {
                None => return,
                Some(Ok(answer)) => answer,
                Some(Err(fault)) => self.refuse(fault, Some(&head)),
            },
        };
        http::write(stream, &answer);
    }

    /// Looks at who asks before it looks at what is asked; `None` when the other side falls silent.
    fn answer(&self, stream: &mut TcpStream, head: &mut Head) -> Option<Result<Answer, Fault>> {
        if let Err(fault) = self.door.origin(head) {
            return Some(Err(fault));
        }
        match head.target.strip_prefix("/api/").map(str::to_owned) {
            None => Some(self.file(head)),
            Some(path) => self.question(stream, head, &path),
        }
    }

    fn file(&self, head: &Head) -> Result<Answer, Fault> {
        let opened = self.door.is_address(&head.target);
        if !opened {
            self.door.pass(head)?;
        }
        let file = page::file(if opened { "/" } else { &head.target }).ok_or("path")?;
        if head.method != "GET" {
            return Err("method");
        }
        let more = if opened { vec![("Set-Cookie", self.door.cookie())] } else { Vec::new() };
        Ok(Answer { more, ..file })
    }

    fn question(&self, stream: &mut TcpStream, head: &mut Head, path: &str) -> Option<Result<Answer, Fault>> {
        let known = || match () {
            () if !api::PATHS.contains(&path) => Err("path"),
            () if head.method != "POST" => Err("method"),
            () if head.only("content-type")? != Some("application/json") => Err("kind"),
            () => Ok(()),
        };
        if let Err(fault) = self.door.token(head).and_then(|()| known()) {
            return Some(Err(fault));
        }
        let body = match http::body(stream, head)? {
            Ok(body) => body,
            Err(fault) => return Some(Err(fault)),
        };
        Some(api::answer(&*self.desk, path, &body))
    }

    fn refuse(&self, fault: Fault, head: Option<&Head>) -> Answer {
        let status = match fault {
            "host" | "origin" | "token" => 403,
            "path" => 404,
            "method" => 405,
            "too-large" => 413,
            "kind" => 415,
            _ => 400,
        };
        let text = self.desk.words(fault);
        let mut answer = if head.is_some_and(|head| head.target.starts_with("/api/")) {
            Answer::json(status, &json!({ "error": { "id": fault, "what": text, "next": { "en": "", "ja": "" } } }))
        } else {
            Answer::new(status, "text/plain; charset=utf-8", format!("{}\n{}\n", text.en, text.ja))
        };
        if fault == "method" {
            let data = head.is_some_and(|head| head.target.starts_with("/api/"));
            answer.more.push(("Allow", if data { "POST" } else { "GET" }.to_owned()));
        }
        answer
    }
}
