//! How much a file may ask for.

/// The bounds within which a file is read; beyond them it is refused, never cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most sequences within each other.
    pub depth: u16,
    /// Most data elements, items and fragments.
    pub nodes: u32,
    /// Most bytes before the value of the pixel data.
    pub head: u64,
    /// Most bytes after it.
    pub tail: u64,
    /// Most bytes of a deflated data set once it is inflated.
    pub inflated: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 64, nodes: 4_000_000, head: 256 << 20, tail: 64 << 20, inflated: 512 << 20 }
    }
}
