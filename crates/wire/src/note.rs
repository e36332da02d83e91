//! Oddities that were tolerated.

use crate::Encoding;
use tokumei_core::TagPath;

/// Something that the standard does not allow and that reading tolerated. It never holds a value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Note {
    /// The 128 bytes and `DICM` of PS3.10 2026d, 7.1 are missing, or `DICM` stands alone.
    NoPreamble,
    /// There is no group 0002.
    NoMeta,
    /// Group 0002 has no group length.
    NoMetaGroupLength,
    /// The group length of group 0002 is wrong.
    MetaGroupLengthWrong,
    /// Group 0002 is not explicit little endian.
    MetaEncoding(Encoding),
    /// Group 0002 breaks off and was left by its group length.
    MetaDamaged,
    /// The data set is not encoded as its transfer syntax says.
    EncodingDiffers {
        /// What the transfer syntax says.
        declared: Encoding,
        /// What the bytes are.
        found: Encoding,
    },
    /// The transfer syntax says deflated, the bytes are not.
    NotDeflated,
    /// Elements of a command, group 0000, stand before the data set.
    CommandGroup,
    /// So many zero bytes follow the last element.
    TrailingZeros(u64),
    /// The element is there a second time.
    DuplicateTag(TagPath),
    /// The element comes after one with a larger tag; noted once for each item.
    UnorderedTags(TagPath),
    /// A value whose header does not say so is a sequence.
    HiddenSequence(TagPath),
    /// A value begins like a sequence, but does not parse as one; it was left as a value.
    BrokenHiddenSequence(TagPath),
    /// The items of this sequence are encoded unlike the data set around.
    ItemEncoding(TagPath),
    /// The value has an odd length.
    OddLength(TagPath),
    /// The value representation is none of the standard's.
    UnknownVr(TagPath),
    /// The value representation is in lower case, or its header has the wrong form.
    OddHeader(TagPath),
    /// A delimiter stands where none belongs.
    StrayDelimiter(TagPath),
    /// A delimiter is missing.
    MissingDelimiter(TagPath),
    /// A delimiter has a length other than zero.
    DelimiterLength(TagPath),
}
