//! Mask rules: which parts of an image to hide, by what its header says.
//!
//! A file of rules is TOML. It can only ask for more mask; nothing in it clears an image. This room says which rules
//! match what a header says; it neither reads nor writes DICOM.
//!
//! PS3.15 2026d, E.3.1.

/// Mask rules of one file or of several, in the order in which they were read.
#[derive(Clone, Default, Debug)]
pub struct Rules {
    _rules: Vec<()>,
}

impl Rules {
    /// Tells whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self._rules.is_empty()
    }
}
