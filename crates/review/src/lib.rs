//! The review page and its local server.
//!
//! A [`Server`] listens on 127.0.0.1 and gives the page to whoever holds its token; what the page asks goes to a [`Desk`],
//! which keeps the rules of the review. The page needs no network beyond this server, no framework and no build step: its
//! files are part of the program.
//!
//! The token is in the address that the operator opens. The page keeps it in its tab and sends it in a header with every
//! request for data. A cookie opens the files of the page alone, since other servers on 127.0.0.1 are sent it too.
//!
//! ```no_run
//! # fn desk() -> std::sync::Arc<dyn tokumei_review::Desk> { unimplemented!() }
//! use tokumei_review::Server;
//! let server = Server::bind(0)?;
//! println!("{}", server.address());
//! server.serve(desk(), &std::sync::atomic::AtomicBool::new(false))?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod api;
mod desk;
mod door;
mod http;
mod page;
mod server;

pub use desk::{
    Ask, Asked, Decision, Desk, Entry, Instance, Made, Mark, Queue, Reason, Refusal, Rejection, Release, Text, Why,
    Window, Words,
};
pub use server::Server;
