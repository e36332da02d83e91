//! One request from a connection, and its answer. Every length is limited before it is believed.
//!
//! No more of HTTP than a browser needs on one machine: HTTP/1.1 without chunks, one request a connection (RFC 9112).

use httparse::{EMPTY_HEADER, Status};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// The longest head of a request in bytes.
const HEAD: usize = 16 << 10;
/// The longest body of a request in bytes: a few thousand rectangles.
pub const BODY: u64 = 256 << 10;
const HEADERS: usize = 64;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The head of a request.
#[derive(Debug)]
pub struct Head {
    /// The method, as it stands.
    pub method: String,
    /// Path and query, as they stand: nothing is decoded.
    pub target: String,
    /// Names in small letters, and values.
    headers: Vec<(String, String)>,
    /// What has arrived behind the head.
    rest: Vec<u8>,
    length: u64,
}

/// Why a request is answered without being looked at further, as the id of a refusal.
pub type Fault = &'static str;

impl Head {
    /// Returns the value of a header that stands once; `None` where it is absent.
    ///
    /// # Errors
    /// `malformed` where it stands more than once, since readers differ in which one they take.
    pub fn only(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (first, None) => Ok(first.map(|(_, value)| value.as_str())),
            _ => Err("malformed"),
        }
    }
}

/// Reads the head of a request; `None` when the other side ends or falls silent before it is whole.
pub fn head(stream: &mut TcpStream) -> Option<Result<Head, Fault>> {
    let deadline = Instant::now() + PATIENCE;
    let (mut bytes, mut block) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some(parse(&bytes, rest));
        }
        if bytes.len() > HEAD {
            return Some(Err("too-large"));
        }
        match read(stream, &mut block, deadline)? {
            0 => return None,
            read => bytes.extend_from_slice(&block[..read]),
        }
    }
}

fn parse(bytes: &[u8], rest: Vec<u8>) -> Result<Head, Fault> {
    if bytes.len() > HEAD {
        return Err("too-large");
    }
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err("too-large"),
        _ => return Err("malformed"),
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "malformed");
    let named = |header: &httparse::Header<'_>| Ok((header.name.to_ascii_lowercase(), text(header.value)?));
    let mut head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers: request.headers.iter().map(named).collect::<Result<_, Fault>>()?,
        rest,
        length: 0,
    };
    if head.only("transfer-encoding")?.is_some() {
        return Err("malformed");
    }
    if let Some(length) = head.only("content-length")? {
        let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        head.length = length.parse().ok().filter(|_| digits).ok_or("malformed")?;
    }
    Ok(head)
}

/// Reads the body; `None` when the other side ends or falls silent before it is whole.
pub fn body(stream: &mut TcpStream, head: &mut Head) -> Option<Result<Vec<u8>, Fault>> {
    if head.length > BODY {
        return Some(Err("too-large"));
    }
    let (deadline, length) = (Instant::now() + PATIENCE, head.length as usize);
    let (mut bytes, mut block) = (std::mem::take(&mut head.rest), [0; 4096]);
    while bytes.len() < length {
        match read(stream, &mut block, deadline)? {
            0 => return None,
            read => bytes.extend_from_slice(&block[..read]),
        }
    }
    // One request a connection: what follows is none.
    bytes.truncate(length);
    Some(Ok(bytes))
}

fn read(stream: &mut TcpStream, block: &mut [u8], deadline: Instant) -> Option<usize> {
    loop {
        let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        stream.set_read_timeout(Some(left)).ok()?;
        match stream.read(block) {
            Ok(read) => return Some(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The content type.
    pub kind: &'static str,
    /// The content.
    pub body: Vec<u8>,
    /// Headers of this answer alone.
    pub more: Vec<(&'static str, String)>,
}

impl Answer {
    /// Returns an answer of this kind.
    pub fn new(status: u16, kind: &'static str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, kind, body: body.into(), more: Vec::new() }
    }

    /// Returns a JSON value as an answer.
    pub fn json(status: u16, value: &impl serde::Serialize) -> Answer {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Answer::new(status, "application/json", body)
    }
}

/// What every answer says: nothing is kept, nothing is framed, nothing comes from elsewhere.
const ALWAYS: &[(&str, &str)] = &[
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Connection", "close"),
];

/// Writes an answer and ends the connection. A closed connection is the reader's choice.
pub fn write(stream: &mut TcpStream, answer: &Answer) {
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, phrase(answer.status));
    let length = answer.body.len().to_string();
    let own = [("Content-Type", answer.kind), ("Content-Length", length.as_str())];
    let more = answer.more.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in own.into_iter().chain(ALWAYS.iter().copied()).chain(more) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body));
    if sent.is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
        // What was not read would make the system take the answer back.
        let (deadline, mut block, mut left) = (Instant::now() + Duration::from_secs(1), [0; 4096], 1 << 20);
        while let Some(read @ 1..) = read(stream, &mut block, deadline) {
            left -= read as i64;
            if left < 0 {
                break;
            }
        }
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Head, Fault> {
        parse(text.as_bytes(), Vec::new())
    }

    #[test]
    fn a_header_that_two_readers_could_read_in_two_ways_is_refused() {
        let head = parsed("GET / HTTP/1.1\r\nHost: a\r\nHOST: b\r\nOrigin: c\r\n\r\n").unwrap();
        assert_eq!(head.only("host"), Err("malformed"));
        assert_eq!(head.only("origin"), Ok(Some("c")));
        for text in [
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/9\r\n\r\n",
            "\r\n\r\n\r\n",
            "GET / HTTP/1.1\r\nBad Name: 1\r\n\r\n",
        ] {
            assert_eq!(parsed(text).map(|_| ()), Err("malformed"), "{text}");
        }
    }

    #[test]
    fn heads_without_end_and_headers_without_number_are_too_large() {
        let many: String = (0..=HEADERS).map(|number| format!("A{number}: 1\r\n")).collect();
        assert_eq!(parsed(&format!("GET / HTTP/1.1\r\n{many}\r\n")).map(|_| ()), Err("too-large"));
        let long = "a".repeat(HEAD);
        assert_eq!(parsed(&format!("GET /{long} HTTP/1.1\r\n\r\n")).map(|_| ()), Err("too-large"));
    }
}
