//! Text in DICOM, from bytes to meaning: character sets, the spellings of what identifies a person, and cleaning.
//!
//! What it is not: it reads no files, knows no tags, decides no actions.
//!
//! ```
//! use tokumei_core::Vr;
//! use tokumei_text::CharacterSets;
//! let sets = CharacterSets::parse(b"ISO_IR 100");
//! assert_eq!(sets.decode(b"J\xe9r\xf4me", Vr::PN).text, "Jérôme");
//! assert_eq!(sets.encode("Jérôme", Vr::PN)?, b"J\xe9r\xf4me");
//! # Ok::<(), tokumei_text::Unencodable>(())
//! ```

mod charset;
mod clean;
pub mod detect;
mod encodings;
mod identifiers;
mod issue;
mod kind;
pub mod normal;
mod spelling;
pub mod vocabulary;

pub use charset::{CharacterSets, Decoded, Unencodable};
pub use clean::{Cleaned, Cleaner, Strictness};
pub use encodings::encodings;
pub use identifiers::{Identifiers, Spelling, names_nobody};
pub use issue::{Issue, Issues};
pub use kind::Kind;
pub use spelling::strength::Strength;
