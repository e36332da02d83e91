//! What all processes of JPEG share: markers, frame and scan headers, Huffman tables, entropy-coded bits, and the rule
//! for which segments a frame needs.
//!
//! It is not a decoder: the DCT processes and the lossless one read the entropy-coded bits each in their way.
//!
//! ITU-T T.81 (09/92) | ISO/IEC 10918-1; PS3.5 2026d, 8.2.1 and A.4.1.

pub(crate) mod bits;
pub(crate) mod entropy;
pub(crate) mod frame;
pub(crate) mod huffman;
pub(crate) mod keep;
pub(crate) mod stream;

use crate::{Damage, Fill, Format};
use frame::Process;
use stream::Stream;

/// Reads a code stream of a process that is wanted, and compares its frame header with what the data set says.
pub(crate) fn read<'a>(bytes: &'a [u8], format: &Format, wanted: &[Process]) -> Result<Stream<'a>, Damage> {
    format.check()?;
    let stream = Stream::parse(bytes)?;
    let frame = &stream.frame;
    if !wanted.contains(&frame.process) {
        return Err(Damage::Mismatch("the process of JPEG"));
    }
    if u32::from(frame.rows) != format.rows || u32::from(frame.columns) != format.columns {
        return Err(Damage::Mismatch("rows and columns"));
    }
    if frame.components.len() != usize::from(format.samples) {
        return Err(Damage::Mismatch("samples per pixel"));
    }
    Ok(stream)
}

/// Tells whether two code streams are the same but for one byte that makes the length of the first even.
///
/// The byte should be zero; 0xFF is as common and holds as little. PS3.5 2026d, A.4.
pub(crate) fn same(padded: &[u8], bytes: &[u8]) -> bool {
    match padded.strip_prefix(bytes) {
        Some([]) => true,
        Some([0x00 | 0xFF]) => padded.len().is_multiple_of(2),
        _ => false,
    }
}

/// Returns the fill value in the colours that the stream is coded in.
///
/// A data set may say RGB of a stream that itself says, by JFIF or Adobe segment, that it holds YCbCr, or the reverse.
/// Decoders believe the stream. JFIF 1.02, "Color space"; PS3.5 2026d, 8.2.1.
pub(crate) fn fill(stream: &Stream, format: &Format, fill: &Fill) -> [u32; 4] {
    let highest = (1u32 << stream.frame.precision) - 1;
    let coded = fill.0.map(|value| value & highest);
    if format.samples != 3 || stream.frame.precision != 8 {
        return coded;
    }
    let [a, b, c, rest] = coded.map(f64::from);
    let sample = |value: f64| value.round().clamp(0.0, 255.0) as u32;
    match (keep::transformed(stream), format.photometric) {
        (Some(true), crate::Photometric::Rgb) => [
            sample(0.299 * a + 0.587 * b + 0.114 * c),
            sample(-0.168_735_9 * a - 0.331_264_1 * b + 0.5 * c + 128.0),
            sample(0.5 * a - 0.418_687_6 * b - 0.081_312_4 * c + 128.0),
            rest as u32,
        ],
        (Some(false), crate::Photometric::YbrFull | crate::Photometric::YbrFull422) => [
            sample(a + 1.402 * (c - 128.0)),
            sample(a - 0.344_136_3 * (b - 128.0) - 0.714_136_3 * (c - 128.0)),
            sample(a + 1.772 * (b - 128.0)),
            rest as u32,
        ],
        _ => coded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_that_makes_the_length_even_is_no_difference() {
        assert!(same(b"abc", b"abc"));
        assert!(same(b"abc\0", b"abc"));
        assert!(same(b"abc\xFF", b"abc"));
        assert!(!same(b"abcd", b"abc"), "a byte that says something");
        assert!(!same(b"ab\0", b"ab"), "an odd length");
        assert!(!same(b"ab", b"abc"));
    }
}
