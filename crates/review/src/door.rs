//! Who may ask: this machine's browser, from this page, with the token.

use crate::http::{Fault, Head};
use std::io;
use tokumei_core::hex;

/// What a request must show.
pub struct Door {
    /// `127.0.0.1:PORT`.
    host: String,
    /// Opens everything; it is in the address and in a header.
    token: String,
    /// Opens the files of the page alone; it is in a cookie.
    pass: String,
    cookie: String,
}

impl Door {
    /// Returns the door of a server, with a new token of 128 random bits.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(port: u16) -> io::Result<Door> {
        let (token, pass) = (random()?, random()?);
        Ok(Door { host: format!("127.0.0.1:{port}"), token, pass, cookie: format!("tokumei-{port}") })
    }

    /// Returns the address to open.
    pub fn address(&self) -> String {
        format!("http://{}/?token={}", self.host, self.token)
    }

    /// Returns the cookie that opens the files of the page.
    pub fn cookie(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie, self.pass)
    }

    /// Refuses what does not come from this page on this machine: a name that somebody else's server has given this address
    /// (DNS rebinding), another site, another server on this machine.
    pub fn origin(&self, head: &Head) -> Result<(), Fault> {
        if head.only("host")? != Some(self.host.as_str()) {
            return Err("host");
        }
        let origin = head.only("origin")?;
        let own = origin.and_then(|origin| origin.strip_prefix("http://")) == Some(self.host.as_str());
        // A browser names the origin of whatever changes something.
        if !own && (origin.is_some() || head.method != "GET") {
            return Err("origin");
        }
        match head.only("sec-fetch-site")? {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err("origin"),
        }
    }

    /// Tells whether the address holds the token, as the operator opens it.
    pub fn is_address(&self, target: &str) -> bool {
        target.strip_prefix("/?token=").is_some_and(|token| same(token, &self.token))
    }

    /// Refuses a request for data without the token.
    pub fn token(&self, head: &Head) -> Result<(), Fault> {
        match head.only("x-tokumei-token")? {
            Some(token) if same(token, &self.token) => Ok(()),
            _ => Err("token"),
        }
    }

    /// Refuses a request for a file of the page by who has not opened its address.
    pub fn pass(&self, head: &Head) -> Result<(), Fault> {
        let cookies = head.only("cookie")?.unwrap_or_default().split(';');
        let mut own = cookies.filter_map(|one| one.trim().split_once('=')).filter(|(name, _)| *name == self.cookie);
        let held = own.any(|(_, value)| same(value, &self.pass));
        if held { Ok(()) } else { self.token(head) }
    }
}

/// Compares without telling by its time how much is right.
fn same(one: &str, other: &str) -> bool {
    let difference = one.bytes().zip(other.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && difference == 0
}

/// Returns 128 random bits.
fn random() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_new_each_time_and_compared_whole() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert!(one.len() == 32 && one != other);
        assert!(same("abc", "abc") && !same("abc", "ab") && !same("abc", "abd") && !same("", "a"));
    }
}
