//! Reads the bytes of a DICOM file as a tree of data elements, and writes them back with changes spliced in.
//!
//! It is tolerant of what real files do, believes no length, and never decodes a value: what it hands out are byte
//! ranges. What no patch touches is copied as it was. It knows nothing of profiles, character sets or pixels.
//!
//! ```
//! use tokumei_core::{Tag, Vr};
//! use tokumei_wire::{Limits, NewElement, NewMeta, Patches, encode, read, splice};
//! let meta = NewMeta {
//!     sop_class_uid: "1.2.840.10008.5.1.4.1.1.7".into(),
//!     sop_instance_uid: "2.25.1".into(),
//!     transfer_syntax: "1.2.840.10008.1.2.1".into(),
//!     implementation_class_uid: "2.25.2".into(),
//!     implementation_version_name: "EXAMPLE".into(),
//! };
//! let file = encode(&meta, &[NewElement::bytes(Tag(0x0010, 0x0010), Vr::PN, b"Yamada^Tarou".to_vec())]);
//! let data_set = read(&file, &Limits::default())?;
//! let mut patches = Patches::new();
//! patches.empty(data_set.first(Tag(0x0010, 0x0010)).expect("it was just written"));
//! let mut out = Vec::new();
//! splice(&data_set, &patches, &meta)?.write(&file, &mut out)?;
//! assert!(!out.windows(6).any(|bytes| bytes == b"Yamada"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod data_set;
mod encode;
mod error;
mod fragments;
mod frames;
mod header;
mod inflate;
mod limits;
mod meta;
mod node;
mod note;
mod patch;
mod read;
#[doc(hidden)]
pub mod replay;
mod sniff;
mod source;
mod splice;
mod stream;
mod syntax;
mod walk;
mod write;

pub use data_set::{Children, DataSet, PixelData};
pub use encode::encode;
pub use error::{ReadError, SpliceError};
pub use frames::{FrameError, Frames};
pub use limits::Limits;
pub use meta::{MetaElement, NewMeta};
pub use node::{Encoding, Node, NodeId, NodeKind};
pub use note::Note;
pub use patch::{NewElement, NewValue, Patches};
pub use read::read;
pub use source::{Measured, Source};
pub use splice::splice;
pub use write::{Splice, with_block};
