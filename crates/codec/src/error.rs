//! Why a frame could not be decoded or coded.

/// What is wrong with a frame. It names kinds and structure, never a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The frame ends before its last sample.
    #[error("the frame ends before its last sample")]
    Truncated,
    /// The code stream breaks the rules of its standard.
    #[error("the code stream is malformed: {0}")]
    Malformed(&'static str),
    /// The code stream is legal, but of a kind that cannot be handled.
    #[error("the code stream uses {0}, which is not supported")]
    Unsupported(&'static str),
    /// The code stream and the data set disagree.
    #[error("code stream and data set disagree on {0}")]
    Mismatch(&'static str),
    /// The decoded frame would need more memory than [`crate::MAX_FRAME`].
    #[error("the decoded frame is too large")]
    TooLarge,
}

impl Damage {
    /// Returns the stable name of the kind, for reasons in index and ledger.
    pub fn id(self) -> &'static str {
        match self {
            Damage::Truncated => "truncated",
            Damage::Malformed(_) => "malformed",
            Damage::Unsupported(_) => "unsupported",
            Damage::Mismatch(_) => "mismatch",
            Damage::TooLarge => "too-large",
        }
    }
}
