//! Masks rectangles in one frame of pixel data so that every sample outside stays exact, in each transfer syntax.
//!
//! A codec takes the bytes of one encoded frame and gives bytes of a frame of the syntax that it [writes](Codec::writes).
//! Nothing here knows data sets, offset tables or fragments, and no byte of a frame is believed.
//!
//! PS3.5 2026d, section 8 and Annex A.

mod boxes;
mod dct;
mod deflated;
mod error;
mod format;
mod jpeg;
mod jpeg2000;
mod jpegls;
mod jpegxl;
mod lossless;
mod native;
mod raster;
#[doc(hidden)]
pub mod replay;
mod rle;

pub use error::Damage;
pub use format::{Fill, Format, MAX_FRAME, Photometric};
pub use native::Native;

use tokumei_core::Region;

/// One way of coding frames.
pub trait Codec: Sync {
    /// Returns the UID of the transfer syntax of the frames that [`mask`](Codec::mask) gives.
    ///
    /// It is the syntax of what comes in wherever that can be written.
    fn writes(&self) -> &'static str;

    /// Returns the photometric interpretation of the frames that [`mask`](Codec::mask) gives.
    fn photometric(&self, of_input: Photometric) -> Photometric {
        of_input
    }

    /// Masks regions of a frame; with no region it codes the frame anew where [`writes`](Codec::writes) is another
    /// syntax, and else gives it back as it is, but for what [`clean`](Codec::clean) removes.
    ///
    /// Regions may overlap and may reach beyond the frame, where they are cut. Every decoded sample outside the effective
    /// regions is what it was.
    ///
    /// # Errors
    /// [`Damage`] when the frame cannot be decoded, is not what `format` says, or cannot be written.
    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage>;

    /// Removes from a frame what is neither sample nor needed to decode samples: comments, application segments, bytes
    /// behind the end of the image. `None` when it holds nothing of the kind.
    ///
    /// # Errors
    /// [`Damage`] when it cannot be told what the frame holds.
    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage>;

    /// Decodes a frame: samples interleaved by pixel whatever the planar configuration is, little endian, in one byte
    /// each for up to 8 bits allocated, in two for up to 16, in four above. No colour is converted, no rescale applied;
    /// subsampled components are repeated to the full grid.
    ///
    /// # Errors
    /// [`Damage`] when the frame cannot be decoded or is not what `format` says.
    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage>;
}

/// A masked frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Masked {
    /// The encoded frame, without padding to even length.
    pub bytes: Vec<u8>,
    /// What was hidden: the regions that were asked for, cut to the frame and grown to the blocks that the codec can
    /// hide without changing others.
    pub effective: Vec<Region>,
}

/// Returns the codec for a transfer syntax, `None` for one that cannot be masked (video, unknown ones).
///
/// `transfer_syntax` is the UID in (0002,0010), without padding.
pub fn codec(transfer_syntax: &str) -> Option<&'static dyn Codec> {
    let native = native::codec(transfer_syntax);
    if native.is_some() {
        return native;
    }
    Some(match transfer_syntax {
        "1.2.840.10008.1.2.5" => &rle::Rle,
        "1.2.840.10008.1.2.8.1" => &deflated::Deflated,
        "1.2.840.10008.1.2.4.50" => &dct::Dct::Baseline,
        "1.2.840.10008.1.2.4.51" => &dct::Dct::Extended,
        "1.2.840.10008.1.2.4.57" => &lossless::Lossless::Any,
        "1.2.840.10008.1.2.4.70" => &lossless::Lossless::First,
        "1.2.840.10008.1.2.4.80" => &jpegls::LOSSLESS,
        "1.2.840.10008.1.2.4.81" => &jpegls::NEAR_LOSSLESS,
        "1.2.840.10008.1.2.4.90" => &jpeg2000::LOSSLESS,
        "1.2.840.10008.1.2.4.91" => &jpeg2000::GENERAL,
        "1.2.840.10008.1.2.4.201" | "1.2.840.10008.1.2.4.202" | "1.2.840.10008.1.2.4.203" => &jpeg2000::HIGH_THROUGHPUT,
        "1.2.840.10008.1.2.4.110" => &jpegxl::JpegXl::Lossless,
        "1.2.840.10008.1.2.4.111" => &jpegxl::recompressed::Recompressed,
        "1.2.840.10008.1.2.4.112" => &jpegxl::JpegXl::General,
        _ => return None,
    })
}
