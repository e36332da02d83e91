//! Why a file was not read, or not written.

use std::io;
use tokumei_core::{Reason, TagPath};

/// Why a file could not be read as DICOM. It names a place, never a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The medium failed.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    /// The bytes are no DICOM at all.
    #[error("not a DICOM file ({what})")]
    NotDicom {
        /// What was seen: `empty`, `no-magic` or `no-elements`.
        what: &'static str,
    },
    /// The value ends after the file does.
    #[error("the value of {path} at offset {offset} is cut off by the end of the file")]
    ValueCutOff {
        /// The element.
        path: TagPath,
        /// The offset of its header.
        offset: u64,
    },
    /// An element or item is longer than what contains it.
    #[error("{path} at offset {offset} is longer than what contains it")]
    LengthBeyondParent {
        /// The element.
        path: TagPath,
        /// The offset of its header.
        offset: u64,
    },
    /// More sequences within each other than [`Limits::depth`](crate::Limits::depth).
    #[error("too many nested sequences at offset {offset}")]
    TooDeep {
        /// The offset.
        offset: u64,
    },
    /// More elements, or more oddities, than the limit.
    #[error("too many elements at offset {offset}")]
    TooManyElements {
        /// The offset.
        offset: u64,
    },
    /// More bytes before the pixel data than [`Limits::head`](crate::Limits::head).
    #[error("more bytes before the pixel data than the limit allows")]
    HeaderTooLarge,
    /// More bytes after the pixel data than [`Limits::tail`](crate::Limits::tail).
    #[error("more bytes after the pixel data than the limit allows")]
    TailTooLarge,
    /// The data set inflates to more bytes than [`Limits::inflated`](crate::Limits::inflated).
    #[error("the deflated data set is larger than the limit allows")]
    InflatedTooLarge,
    /// The deflate stream breaks off or is not one.
    #[error("the deflated data set is damaged")]
    DeflateDamaged,
    /// The bytes cannot be what the transfer syntax says, or need one and have none.
    #[error("the encoding at offset {offset} contradicts the transfer syntax")]
    EncodingContradicts {
        /// The offset where it showed.
        offset: u64,
    },
    /// The transfer syntax is none of the standard's.
    #[error("the transfer syntax is unknown")]
    UnknownTransferSyntax,
    /// The bytes are no data element.
    #[error("no data element can be read at offset {offset}, in {path}")]
    Unparsable {
        /// Where in the data set.
        path: TagPath,
        /// The offset.
        offset: u64,
    },
    /// The fragments of encapsulated pixel data are no items.
    #[error("the fragments of {path} are damaged at offset {offset}")]
    FragmentsDamaged {
        /// The element.
        path: TagPath,
        /// The offset of the fragment.
        offset: u64,
    },
    /// Bytes after the last element are neither an element nor zero.
    #[error("bytes that are no element follow the data set at offset {offset}")]
    TrailingBytes {
        /// The offset of the first of them.
        offset: u64,
    },
}

impl ReadError {
    /// Returns the id and place that the index and the ledger record.
    pub fn reason(&self) -> Reason {
        let place = |path: &TagPath, offset: &u64| {
            if path.steps().is_empty() { format!("@{offset}") } else { format!("{path} @{offset}") }
        };
        match self {
            ReadError::Io(error) => Reason::at("read-error", error.kind()),
            ReadError::NotDicom { what } => Reason::at("not-dicom", what),
            ReadError::ValueCutOff { path, offset } => Reason::at("value-cut-off", place(path, offset)),
            ReadError::LengthBeyondParent { path, offset } => Reason::at("length-beyond-parent", place(path, offset)),
            ReadError::TooDeep { offset } => Reason::at("too-deep", format_args!("@{offset}")),
            ReadError::TooManyElements { offset } => Reason::at("too-many-elements", format_args!("@{offset}")),
            ReadError::HeaderTooLarge => Reason::new("header-too-large"),
            ReadError::TailTooLarge => Reason::new("tail-too-large"),
            ReadError::InflatedTooLarge => Reason::new("inflated-too-large"),
            ReadError::DeflateDamaged => Reason::new("deflate-damaged"),
            ReadError::EncodingContradicts { offset } => {
                Reason::at("encoding-contradicts-transfer-syntax", format_args!("@{offset}"))
            }
            ReadError::UnknownTransferSyntax => Reason::new("unknown-transfer-syntax"),
            ReadError::Unparsable { path, offset } => Reason::at("unparsable-bytes", place(path, offset)),
            ReadError::FragmentsDamaged { path, offset } => Reason::at("fragments-damaged", place(path, offset)),
            ReadError::TrailingBytes { offset } => Reason::at("trailing-bytes", format_args!("@{offset}")),
        }
    }

    /// Tells whether the medium failed rather than the content.
    pub const fn is_io(&self) -> bool {
        matches!(self, ReadError::Io(_))
    }

    /// Tells whether the bytes are no DICOM at all.
    pub const fn is_not_dicom(&self) -> bool {
        matches!(self, ReadError::NotDicom { .. })
    }

    /// Tells whether a value that only looks like a sequence may be left as a value after this.
    pub(crate) const fn is_structural(&self) -> bool {
        matches!(
            self,
            ReadError::ValueCutOff { .. }
                | ReadError::LengthBeyondParent { .. }
                | ReadError::Unparsable { .. }
                | ReadError::FragmentsDamaged { .. }
                | ReadError::EncodingContradicts { .. }
        )
    }
}

/// Why a patched data set could not be written. It names a place, never a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpliceError {
    /// Reading the source or writing the output failed.
    #[error("the output could not be written")]
    Io(#[from] io::Error),
    /// The source got shorter after it was read.
    #[error("the source is shorter than when it was read")]
    Shrunk,
    /// A patch names a node that the data set does not have.
    #[error("a patch names a node that is not there")]
    NoSuchNode,
    /// The patch does not fit the node: a value for an item, an insertion into a value.
    #[error("the patch does not fit {path}")]
    Misplaced {
        /// The node.
        path: TagPath,
    },
    /// A length does not fit into 32 bits.
    #[error("{path} is too long for its length field")]
    TooLong {
        /// The element.
        path: TagPath,
    },
    /// The transfer syntax to be written is unknown or encodes elements unlike the data set.
    #[error("the transfer syntax to be written does not fit the data set")]
    TransferSyntax,
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::Tag;

    #[test]
    fn reason_names_the_place_and_nothing_else() {
        let error = ReadError::ValueCutOff { path: TagPath::root(Tag(0x0010, 0x0010)), offset: 340 };
        assert_eq!(error.reason(), Reason { id: "value-cut-off", place: "(0010,0010) @340".into() });
        assert!(ReadError::NotDicom { what: "empty" }.is_not_dicom());
        assert!(ReadError::Io(io::ErrorKind::NotFound.into()).is_io());
    }
}
