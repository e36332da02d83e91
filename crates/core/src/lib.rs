//! The vocabulary that every room of tokumei shares: tags, value representations, paths, action codes,
//! options, changes and states of an instance. No I/O and no rules live here.
//!
//! ```
//! use tokumei_core::{Tag, TagPath, Vr};
//! let path = TagPath::root(Tag(0x0008, 0x1140)).item(0).element(Tag(0x0008, 0x1155));
//! assert_eq!(path.to_string(), "(0008,1140)[0](0008,1155)");
//! assert_eq!(Vr::from_bytes(*b"PN"), Some(Vr::PN));
//! ```

mod action;
mod change;
pub mod dictionary;
mod hex;
mod path;
mod state;
mod tag;
mod vr;

pub use action::{ActionCode, AttributeType, OptionName, TableCode};
pub use change::{Change, Region};
pub use hex::hex;
pub use path::{Step, TagPath};
pub use state::{Reason, State};
pub use tag::{Tag, tags};
pub use vr::Vr;
