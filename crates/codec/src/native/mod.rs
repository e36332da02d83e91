//! Native pixel data: samples as they are, neither compressed nor in fragments.
//!
//! [`Native`] overwrites any window of the pixel data of all frames, so that gigabytes stream through; the [`Codec`]
//! does the same for one frame.
//!
//! PS3.5 2026d, 8.1.1, 8.2 and Annexes A.1 to A.3; PS3.3 2026d, C.7.6.3.1.2 and C.7.6.3.1.3.

mod decode;
mod layout;
mod overwrite;

use crate::{Codec, Damage, Fill, Format, MAX_FRAME, Masked};
use layout::Layout;
pub(crate) use overwrite::fill_bits;
use std::borrow::Cow;
use std::ops::Range;
use tokumei_core::Region;

/// Native pixel data of one shape, with the regions to hide in each of its frames.
///
/// ```
/// use tokumei_codec::{Fill, Format, Native, Photometric};
/// # use tokumei_core::Region;
/// let format = Format {
///     rows: 2,
///     columns: 3,
///     samples: 1,
///     allocated: 8,
///     stored: 8,
///     signed: false,
///     planar: false,
///     photometric: Photometric::Monochrome2,
///     big_endian: false,
/// };
/// let region = Region { x: 1, y: 0, width: 9, height: 1 };
/// let native = Native::new(&format, 2, false, &[region], &Fill([0; 4]))?;
/// let mut second_half = [7; 8];
/// native.overwrite(&mut second_half, 4);
/// assert_eq!(second_half, [7, 7, 7, 0, 0, 7, 7, 7]);
/// # Ok::<(), tokumei_codec::Damage>(())
/// ```
#[derive(Clone, Debug)]
pub struct Native {
    format: Format,
    layout: Layout,
    frames: u64,
    effective: Vec<Region>,
    /// The bytes of one hidden row, as wide as the widest region; the first one of each pair of 4:2:2.
    patterns: Vec<Vec<u8>>,
}

impl Native {
    /// Makes what hides `regions` in every one of `frames` frames.
    ///
    /// Frames follow each other without padding, even those of 1 bit. `words` says that the pixel data is OW rather
    /// than OB, OF or OD, which decides the order of bytes in big endian. Regions may overlap and may reach beyond the
    /// frame. With 4:2:2 a frame has two samples for each pixel; a caller whose pixel data is as long as with three
    /// says [`crate::Photometric::YbrFull`], since such files exist.
    ///
    /// # Errors
    /// [`Damage::Mismatch`] for a shape that no frame can have, [`Damage::TooLarge`] for more samples than can be
    /// counted, [`Damage::Unsupported`] for 1 bit with several samples.
    pub fn new(format: &Format, frames: u64, words: bool, regions: &[Region], fill: &Fill) -> Result<Native, Damage> {
        let layout = Layout::new(format, words)?;
        // Offsets are counted in bits, signed beside unsigned.
        let bits = layout.frame_bits().checked_mul(frames);
        bits.filter(|bits| *bits < 1 << 62).ok_or(Damage::TooLarge)?;
        let grown = regions.iter().filter_map(|region| format.cut(*region)).map(|region| layout.grow(region));
        let effective: Vec<Region> = grown.collect();
        let widest = effective.iter().map(|region| region.width).max().unwrap_or(0);
        let patterns = overwrite::patterns(format, &layout, fill, widest);
        Ok(Native { format: *format, layout, frames, effective, patterns })
    }

    /// Returns the bits of one frame.
    pub fn frame_bits(&self) -> u64 {
        self.layout.frame_bits()
    }

    /// Returns the bytes of all frames, without padding to even length.
    pub fn len(&self) -> u64 {
        (self.frame_bits() * self.frames).div_ceil(8)
    }

    /// Returns whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Returns what is hidden in each frame: the regions cut to the frame, and grown to whole pairs with 4:2:2.
    pub fn effective(&self) -> &[Region] {
        &self.effective
    }

    /// Overwrites the samples of the regions as far as they lie in a block of the pixel data.
    ///
    /// The block starts `offset` bytes behind the start of the first frame. All allocated bits of a sample are
    /// overwritten, those above Bits Stored too. Bytes behind the last frame stay as they are.
    pub fn overwrite(&self, block: &mut [u8], offset: u64) {
        overwrite::overwrite(self, block, offset);
    }

    /// Returns where the bytes of a frame lie in the pixel data; with 1 bit the first and the last byte may be shared
    /// with its neighbours. `None` when there is no such frame; frames count from 0.
    pub fn span(&self, frame: u64) -> Option<Range<u64>> {
        let bits = (frame < self.frames).then(|| frame * self.frame_bits()..(frame + 1) * self.frame_bits())?;
        let (start, end) = (bits.start / 8, bits.end.div_ceil(8));
        Some(if self.layout.swapped { start & !1..(end + 1) & !1 } else { start..end })
    }

    /// Decodes a frame from the bytes of its [`span`](Native::span), as [`Codec::decode`] does.
    ///
    /// The bytes are handed back where they are samples in the right order already.
    ///
    /// # Errors
    /// [`Damage::Truncated`] when there are fewer bytes, [`Damage::TooLarge`] beyond [`MAX_FRAME`],
    /// [`Damage::Mismatch`] when there is no such frame.
    pub fn decode<'b>(&self, bytes: impl Into<Cow<'b, [u8]>>, frame: u64) -> Result<Cow<'b, [u8]>, Damage> {
        decode::decode(self, bytes.into(), frame)
    }
}

/// Frames of the transfer syntaxes that do not compress pixel data.
pub(crate) struct Frames {
    writes: &'static str,
}

impl Frames {
    pub(crate) const fn new(writes: &'static str) -> Frames {
        Frames { writes }
    }

    /// Returns the bytes of one frame, without padding.
    pub(crate) fn len(&self, format: &Format) -> Result<usize, Damage> {
        usize::try_from(one(format)?.len()).map_err(|_| Damage::TooLarge)
    }
}

/// Returns the codec of a transfer syntax with native frames, or with uncompressed ones in fragments.
pub(crate) fn codec(transfer_syntax: &str) -> Option<&'static dyn Codec> {
    let found = SYNTAXES.iter().find(|frames| frames.writes == transfer_syntax);
    found.map(|frames| frames as &dyn Codec)
}

/// Implicit and explicit little endian, deflated, explicit big endian, encapsulated uncompressed.
static SYNTAXES: [Frames; 5] = [
    Frames::new("1.2.840.10008.1.2"),
    Frames::new("1.2.840.10008.1.2.1"),
    Frames::new("1.2.840.10008.1.2.1.99"),
    Frames::new("1.2.840.10008.1.2.2"),
    Frames::new("1.2.840.10008.1.2.1.98"),
];

impl Codec for Frames {
    fn writes(&self) -> &'static str {
        self.writes
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        let native = Native::new(format, 1, false, regions, fill)?;
        let mut bytes = self.clean(frame, format)?.unwrap_or_else(|| frame.to_vec());
        native.overwrite(&mut bytes, 0);
        Ok(Masked { bytes, effective: native.effective })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        let bits = one(format)?.frame_bits();
        let length = needed(frame, bits)?;
        // Above the last pixel of 1 bit there are up to seven bits that are none.
        let beyond = (8 - bits % 8) % 8;
        let last = frame[length - 1] & 0xFF >> beyond;
        let padding = &frame[length..];
        let harmless = padding.is_empty() || length % 2 == 1 && padding == [0];
        if harmless && last == frame[length - 1] {
            return Ok(None);
        }
        let mut bytes = frame[..length].to_vec();
        bytes[length - 1] = last;
        Ok(Some(bytes))
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        Ok(one(format)?.decode(frame, 0)?.into_owned())
    }
}

/// Returns one frame with nothing to hide.
fn one(format: &Format) -> Result<Native, Damage> {
    let native = Native::new(format, 1, false, &[], &Fill([0; 4]))?;
    if native.len() > MAX_FRAME { Err(Damage::TooLarge) } else { Ok(native) }
}

/// Returns the bytes of a frame, at least one, when there are as many.
fn needed(frame: &[u8], bits: u64) -> Result<usize, Damage> {
    let length = usize::try_from(bits.div_ceil(8)).map_err(|_| Damage::TooLarge)?;
    if frame.len() < length { Err(Damage::Truncated) } else { Ok(length) }
}

#[cfg(test)]
mod tests;
