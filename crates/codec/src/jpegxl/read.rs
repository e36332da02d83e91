//! Decodes a code stream, through jxl-oxide.

use crate::{Damage, Format};
use jxl_oxide::color::ColourEncoding;
use jxl_oxide::frame::Encoding;
use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, InitializeResult, JxlImage};
use jxl_render::ImageBuffer;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A decoded image.
pub(super) struct Image {
    /// Bits of a sample.
    pub precision: u32,
    /// Samples, interleaved by pixel.
    pub values: Vec<u16>,
}

/// Decodes an image whose samples are integers without loss.
pub(super) fn read(stream: &[u8], format: &Format) -> Result<Image, Damage> {
    guarded(|| {
        let image = open(stream, format)?;
        if !image.is_loading_done() {
            return Err(Damage::Truncated);
        }
        let precision = precision(&image, format)?;
        check_exact(&image)?;
        samples(&image, format, precision)
    })
}

/// Returns the length of a code stream without what follows it.
pub(super) fn length(stream: &[u8], format: &Format) -> Result<usize, Damage> {
    guarded(|| {
        let done = |length: usize| match open(&stream[..length], format) {
            Ok(image) => Ok(image.is_loading_done()),
            Err(Damage::Truncated) => Ok(false),
            Err(damage) => Err(damage),
        };
        let whole = open(stream, format)?;
        check_names(&whole)?;
        if !whole.is_loading_done() {
            return Err(Damage::Truncated);
        }
        if !done(stream.len().saturating_sub(1))? {
            return Ok(stream.len());
        }
        let (mut short, mut long) = (0, stream.len() - 1);
        while long - short > 1 {
            let middle = short.midpoint(long);
            if done(middle)? { long = middle } else { short = middle }
        }
        Ok(long)
    })
}

/// Runs foreign code that is safe but may panic.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Damage>) -> Result<T, Damage> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Damage::Malformed("a JPEG XL code stream")))
}

/// Reads the headers of an image and its frames.
pub(super) fn open(stream: &[u8], format: &Format) -> Result<JxlImage, Damage> {
    let malformed = |_| Damage::Malformed("a JPEG XL code stream");
    // A sample takes four bytes, in several steps of decoding.
    let limit = (format.decoded_len() as usize).saturating_mul(32).saturating_add(64 << 20);
    let mut waiting = JxlImage::builder().alloc_tracker(AllocTracker::with_limit(limit)).build_uninit();
    // The header of an image is small, an embedded profile being the largest of it.
    let mut fed = 0;
    let mut image = loop {
        if fed == stream.len() {
            return Err(Damage::Truncated);
        }
        let end = stream.len().min(fed.max(4096) * 2);
        waiting.feed_bytes(&stream[fed..end]).map_err(malformed)?;
        fed = end;
        match waiting.try_init().map_err(malformed)? {
            InitializeResult::NeedMoreData(more) => waiting = more,
            InitializeResult::Initialized(image) => break image,
        }
    };
    check_shape(&image, format)?;
    image.feed_bytes(&stream[fed..]).map_err(malformed)?;
    Ok(image)
}

fn check_shape(image: &JxlImage, format: &Format) -> Result<(), Damage> {
    let header = image.image_header();
    if header.size.width != format.columns || header.size.height != format.rows {
        return Err(Damage::Mismatch("rows and columns"));
    }
    let metadata = &header.metadata;
    if format.samples != if metadata.grayscale() { 1 } else { 3 } {
        return Err(Damage::Mismatch("samples per pixel"));
    }
    if !metadata.ec_info.is_empty() || metadata.animation.is_some() || metadata.preview.is_some() {
        return Err(Damage::Unsupported("more than one image of plain samples"));
    }
    if metadata.orientation != 1 {
        return Err(Damage::Unsupported("an orientation"));
    }
    Ok(())
}

fn precision(image: &JxlImage, format: &Format) -> Result<u32, Damage> {
    match image.image_header().metadata.bit_depth {
        BitDepth::IntegerSample { bits_per_sample } if bits_per_sample > u32::from(format.allocated) => {
            Err(Damage::Mismatch("bits allocated"))
        }
        BitDepth::IntegerSample { bits_per_sample: bits @ 1..=16 } => Ok(bits),
        _ => Err(Damage::Unsupported("samples that are no integers of up to 16 bits")),
    }
}

/// Refuses what readers may round.
fn check_exact(image: &JxlImage) -> Result<(), Damage> {
    check_names(image)?;
    let frames = (0..image.num_loaded_frames()).filter_map(|index| image.frame(index));
    let lossy = frames.into_iter().any(|frame| frame.header().encoding != Encoding::Modular || frame.header().do_ycbcr);
    let metadata = &image.image_header().metadata;
    if lossy || metadata.xyb_encoded || image.num_loaded_keyframes() != 1 {
        return Err(Damage::Unsupported("lossy coding of JPEG XL"));
    }
    match &metadata.colour_encoding {
        ColourEncoding::Enum(_) => Ok(()),
        // A profile would be lost.
        ColourEncoding::IccProfile(_) => Err(Damage::Unsupported("an embedded profile")),
    }
}

/// Refuses frames with names: they are text that nothing removes.
fn check_names(image: &JxlImage) -> Result<(), Damage> {
    let mut frames = (0..image.num_loaded_frames()).filter_map(|index| image.frame(index));
    let named = frames.any(|frame| !frame.header().name.is_empty());
    if named { Err(Damage::Unsupported("frames with names")) } else { Ok(()) }
}

fn samples(image: &JxlImage, format: &Format, precision: u32) -> Result<Image, Damage> {
    let lossy = Damage::Unsupported("lossy coding of JPEG XL");
    let render = image.render_frame(0).map_err(|_| Damage::Malformed("a JPEG XL code stream"))?;
    let channels = render.color_channels();
    let samples = usize::from(format.samples);
    let (columns, rows) = (format.columns as usize, format.rows as usize);
    if channels.len() != samples {
        return Err(Damage::Mismatch("samples per pixel"));
    }
    let mut values = vec![0; columns * rows * samples];
    let max = (1 << precision) - 1;
    for (i, channel) in channels.iter().enumerate() {
        let sample = |x: usize, y: usize| match channel {
            ImageBuffer::I16(grid) => grid.try_get_ref(x, y).map(|&value| i32::from(value)),
            ImageBuffer::I32(grid) => grid.try_get_ref(x, y).copied(),
            ImageBuffer::F32(_) => None,
        };
        for (pixel, target) in values.iter_mut().skip(i).step_by(samples).enumerate() {
            let value = sample(pixel % columns, pixel / columns).ok_or(lossy)?;
            if !(0..=max).contains(&value) {
                return Err(Damage::Unsupported("samples beyond their range"));
            }
            *target = value as u16;
        }
    }
    Ok(Image { precision, values })
}
