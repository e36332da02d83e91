//! Test material for tokumei: recipes turned into DICOM files, random studies with planted markers, frames with text,
//! dumps.
//!
//! The emitter shares no code with the program's own reader and writer and does not mind writing files that the
//! standard forbids. Everybody in the recipes is invented. Nothing here is part of the program.
//!
//! ```
//! let text = "expect: released\nwhy: nothing is odd about it\nuse: none\nPatientName \"TEST^ONE\"\n";
//! let recipe = tokumei_testkit::Recipe::parse("ct_one", text, &|_| None).unwrap();
//! assert_eq!(&recipe.files[0].bytes[128..132], b"DICM");
//! ```

mod drawn;
mod dump;
mod element;
mod emit;
mod literal;
pub mod random;
mod recipe;

pub use drawn::written;
pub use dump::dump;
pub use element::{Element, Item, Piece, Value};
pub use emit::{Encoding, Layout, Meta, Preamble, emit};
pub use recipe::{Recipe, RecipeError, RecipeFile, recipes};
